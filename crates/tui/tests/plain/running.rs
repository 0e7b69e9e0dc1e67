//! A bad night as its owner lives it: bans, lockdown, shield, taking words back, and a second factor.

use std::time::{SystemTime, UNIX_EPOCH};

use totp_rs::{Algorithm, Secret, TOTP};

use crate::house::{House, PASSWORD};

#[test]
fn m2_a_ban_in_the_lobby_is_the_servers_is_told_with_its_reason_and_is_undone() {
    let mut house = House::new();
    let (mut ann, mut ben) = house.two();
    ben.type_line("/ban ann --why spite");
    ben.expect("!! You may not do that here.");
    ann.type_line("/ban ben --for 2d --why spam");
    ann.expect("-- banned from the whole server, as this is the lobby; /server-unban lifts it");
    let line = ben.expect("!! You are banned from this server, by ann, until ");
    assert!(line.ends_with(": spam"), "{line}");
    ben.expect("-- When that is over, start `snug ");
    drop(ann);
    house.stop();
    house.start();
    let (errors, status) = house.window("ben", &[]).complaints();
    assert!(errors.contains(": spam") && status != 0, "{errors}");
    let mut ann = house.again("ann");
    ann.type_line("/server-bans");
    ann.expect(": spam");
    ann.type_line("/unban ben");
    ann.expect("-- the ban is lifted");
    ann.type_line("/unban ben");
    let line = ann.expect("!! There is no such ban.");
    assert!(!line.contains("/who"), "{line}");
    house.again("ben").quit();
    ann.type_line("/audit about ben");
    ann.expect("account_unbanned ben");
    ann.expect("account_banned ben");
}

#[test]
fn m2_a_network_is_banned_and_let_back_by_the_words_that_ban_people() {
    let house = House::new();
    let mut ann = house.newcomer("ann", &house.code);
    ann.type_line("/ban 203.0.113.0/24 --for 1d --why flood");
    ann.expect("-- banned; /server-unban lifts it");
    ann.type_line("/server-bans");
    ann.expect("203.0.113.0/24, by ann");
    ann.type_line("/unban 203.0.113.0/24");
    ann.expect("-- the ban is lifted");
    ann.type_line("/server-bans");
    ann.expect("-- nobody is banned from this server");
    ann.type_line("/ban 127.0.0.0/8");
    ann.expect("say so: even-me");
    ann.type_line("/ban 127.0.0.0/8 even-me --for 1m");
    ann.expect("-- banned; /server-unban lifts it");
}

#[test]
fn m4_a_lockdown_takes_its_options_in_any_order_and_is_rehearsed_and_ended() {
    let house = House::new();
    let mut ann = house.newcomer("ann", &house.code);
    for rehearsal in ["--dry-run", "--for 1h --dry-run", "--closed --dry-run"] {
        ann.type_line(&format!("/lockdown {rehearsal}"));
        ann.expect("-- who would drop: 0 of 1");
    }
    ann.type_line("/server status");
    ann.expect("-- connections: 1 open");
    ann.type_line("/lockdown off");
    ann.expect("-- there is no lockdown");
    for (words, level) in [
        ("--for 1h", "on"),
        ("--for 10m --closed --why a flood", "closed"),
    ] {
        ann.type_line(&format!("/lockdown {words}"));
        ann.expect(&format!("-- locked down ({level}) until "));
        ann.type_line("/server status");
        ann.expect(&format!("-- locked down ({level}) until "));
    }
    ann.type_line("/lockdown off");
    ann.expect("-- there is no lockdown");
    ann.type_line("/lockdown --soon");
    ann.expect("-- it is used so: /lockdown");
    ann.type_line("/audit action lockdown_changed");
    ann.expect("because: a flood");
}

#[test]
fn m4_addresses_are_allowed_listed_and_allowed_no_longer() {
    let house = House::new();
    let mut ann = house.newcomer("ann", &house.code);
    ann.type_line("/allow 198.51.100.7 --why the office");
    ann.expect("-- allowed; /disallow takes it back");
    ann.type_line("/allow list");
    let line = ann.expect("-- 198.51.100.7 since ");
    assert!(line.ends_with("by ann, because: the office"), "{line}");
    ann.type_line("/disallow 198.51.100.7");
    ann.expect("-- no longer allowed");
    ann.type_line("/disallow 198.51.100.7");
    let line = ann.expect("!! That is not allowed.");
    assert!(!line.contains("/who"), "{line}");
}

#[test]
fn m4_what_somebody_wrote_in_the_last_hour_is_taken_back_in_all_rooms() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ben.say("buy lamps");
    ben.type_line("/create den");
    ben.expect("-- you are in #den now");
    ben.say("buy more lamps");
    ann.type_line("/purge ben --since 1h --why spam");
    ann.expect("-- 2 messages of ben are taken back; until ");
    let line = ben.expect("-- the server says: ann took back what you said since ");
    assert!(line.ends_with(": spam"), "{line}");
    ann.type_line("/history");
    ann.expect("-- from the history:");
    let line = ann.expect_any(&["lamps", "-- that was the history"]);
    assert!(!line.contains("lamps"), "{line}");
    ann.type_line("/purge ben --undo --why sorry");
    ben.expect(": buy more lamps");
    ann.expect("-- 2 messages of ben are there again");
    let line = ben.expect("-- the server says: ann put back what was taken back of yours");
    assert!(line.ends_with(": sorry"), "{line}");
    ann.type_line("/purge ben");
    ann.expect("/purge NAME --since TIME");
    ann.type_line("/purge ben --since 1h --for-good");
    ann.expect("-- 2 messages of ben are gone");
}

#[test]
fn p3_the_shield_is_raised_kept_down_and_left_to_itself() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ben.type_line("/shield up");
    ben.expect("!! You may not do that here.");
    for (wanted, shown) in [
        ("up", "up (up)"),
        ("down", "down (down)"),
        ("auto", "down (auto)"),
    ] {
        ann.type_line(&format!("/shield {wanted}"));
        ann.expect(&format!("-- the shield is {shown}"));
    }
    // Newcomers still come in: `snug` pays for them without asking.
    ann.type_line("/shield up");
    ann.expect("-- the shield is up (up)");
    let code = ann.invite();
    house.newcomer("carol", &code).quit();
}

#[test]
fn a7_a_second_factor_is_drawn_set_up_asked_for_and_taken_away() {
    let house = House::new();
    let mut ann = house.newcomer("ann", &house.code);
    ann.type_lines(&["/second-factor on", "not this one"]);
    ann.expect("!! ");
    ann.type_lines(&["/second-factor on", PASSWORD]);
    ann.expect("-- read this with your authenticator app:");
    ann.expect("▀");
    let line = ann.expect("cut off? Then type it in: ");
    let (_, secret) = line.rsplit_once(' ').unwrap();
    let secret = Secret::Encoded(secret.to_owned()).to_bytes().unwrap();
    let app = TOTP::new(Algorithm::SHA1, 6, 0, 30, secret).unwrap();
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs()
    };
    let code = app.generate(now());
    ann.type_line("/second-factor code 12");
    ann.expect("!! ");
    ann.type_line(&format!("/second-factor code {code}"));
    ann.expect("-- it is on.");
    let recovery = ann.expect("-");
    let mut laptop = house.window("laptop", &["join", &house.link(), "--name", "ann"]);
    laptop.type_lines(&["n", PASSWORD, &recovery]);
    laptop.expect("-- you are ann on");
    laptop.type_line("/second-factor");
    laptop.expect("-- on; 7 recovery codes are left");
}
