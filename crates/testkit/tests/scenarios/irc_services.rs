//! What people know from other networks' services, and what the front does by itself: on the raw wire,
//! against the real server.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use snug_testkit::{driver::IrcPerson, server::TestServer};

use super::irc_people::{Raw, has, of};

async fn server() -> Result<TestServer> {
    TestServer::open_to_all().await
}

/// Comes in as a guest of this name would, and says this to the service; what it says to that.
async fn asked(server: &TestServer, nick: &str, lines: &[&str]) -> Result<Vec<String>> {
    let mut raw = Raw {
        person: IrcPerson::connect(server).await?,
        pings: 0,
    };
    raw.person
        .send(&format!("NICK {nick}\r\nUSER u 0 * :u"))
        .await?;
    raw.ask("PING welcome").await?;
    let mut said = Vec::new();
    for line in lines {
        said.extend(raw.ask(line).await?);
    }
    Ok(said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nickserv_takes_a_password_with_spaces_in_quotes_and_says_so_where_they_are_missing()
-> Result<()> {
    let server = server().await?;
    let mut owner = server.sign_in("owner").await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    let made = asked(
        &server,
        "ann",
        &[
            "PRIVMSG NickServ :REGISTER seven red lamps",
            "PRIVMSG NickServ :REGISTER \"seven red lamps",
            "PRIVMSG NickServ :REGISTER \"seven \\\"red\\\" lamps\" ann@example.org",
        ],
    )
    .await?;
    has(&made, "too many words")?;
    has(&made, "A quote is not closed")?;
    has(&made, "Account created")?;
    let mut ann = server.wire().await?;
    ann.ok(
        "sign_in",
        json!({"name": "ann", "password": "seven \"red\" lamps"}),
    )
    .await?;
    let said = asked(
        &server,
        "zoe",
        &[
            "PRIVMSG NickServ :IDENTIFY ann seven red lamps",
            "NS IDENTIFY ann \"seven \\\"red\\\" lamps\"",
            "NS PASSWD \"seven \\\"red\\\" lamps\" \"eight blue lamps\"",
        ],
    )
    .await?;
    has(&said, "too many words")?;
    has(&said, "You are signed in as ann now.")?;
    has(&said, "Your password is changed.")?;
    let mut ann = server.wire().await?;
    let new = json!({"name": "ann", "password": "eight blue lamps"});
    ann.ok("sign_in", new).await?;
    server.stop().await
}

/// What a client sends as USER's real name may be more than its owner wants others to read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_given_a_display_name_by_their_client_is_told_so_once_and_how_to_change_it()
-> Result<()> {
    let server = server().await?;
    server
        .add_account("ann", snug_testkit::driver::PASSWORD)
        .await?;
    let mut first = IrcPerson::connect(&server).await?;
    let plain = data_encoding::BASE64
        .encode(format!("\0ann\0{}", snug_testkit::driver::PASSWORD).as_bytes());
    first
        .send(&format!(
            "CAP REQ sasl\r\nAUTHENTICATE PLAIN\r\nAUTHENTICATE {plain}\r\nNICK ann\r\n\
             USER ann 0 * :Ann Lee\r\nCAP END\r\nPING end"
        ))
        .await?;
    let mut told = Vec::new();
    loop {
        let line = first.raw_line().await?.context("closed")?;
        if line.ends_with(":end") {
            break;
        }
        told.extend(line.contains("no display name").then_some(line));
    }
    ensure!(told.len() == 1, "{told:?}");
    has(&told, " NOTICE ann :")?;
    has(&told, "\"Ann Lee\"")?;
    has(&told, "SETNAME :")?;
    // It has one now: no client's real name changes it, and nobody is told of what does not happen.
    let mut again = Raw::sign_in(&server, "ann", "").await?;
    has(&again.ask("WHO ann").await?, ":0 Ann Lee")?;
    again.ask("SETNAME :ann").await?;
    has(&again.ask("WHO ann").await?, ":0 ann")?;
    server.stop().await
}

/// modern.ircdocs.horse, NAMES, TOPIC and MODE: a channel is called as it was made (ADR 10).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_is_called_as_it_was_made_however_it_is_asked_for() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    ann.ask("JOIN #Den").await?;
    ann.ask("TOPIC #dEN :lamps").await?;
    let names = ann.ask("NAMES #dEN").await?;
    has(&names, " 353 ann = #Den :")?;
    has(&names, " 366 ann #Den :")?;
    let topic = ann.ask("TOPIC #DEN").await?;
    has(&topic, " 332 ann #Den :lamps")?;
    has(&topic, " 333 ann #Den ann ")?;
    let modes = ann.ask("MODE #den").await?;
    has(&modes, " 324 ann #Den ")?;
    has(&modes, " 329 ann #Den ")?;
    assert_eq!(of(&names, "353").len(), 1);
    server.stop().await
}

/// ADR 10 holds for groups too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m7_a_group_keeps_the_spelling_that_it_was_made_in() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let mut owner = Raw::sign_in(&server, "owner", "").await?;
    owner.ask("SNUG GROUP add Crew owner").await?;
    owner.ask("SNUG GROUP add cREW ann").await?;
    has(&ann.ask("SNUG GROUPS").await?, ":Crew (2)")?;
    has(&ann.ask("SNUG GROUPS crew").await?, ":Crew (2): ann owner")?;
    owner.ask("JOIN #den").await?;
    owner.ask("SNUG OPEN-TO #den crew").await?;
    has(&owner.ask("SNUG ROOM #den").await?, "Crew")?;
    ann.ask("JOIN #den").await?;
    has(&ann.ask("NAMES #den").await?, "~owner")?;
    server.stop().await
}

/// What a bad night asks of whoever runs the server: the same as `snug` has for it (P3, M4).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_an_owner_keeps_the_door_over_irc_as_by_any_client() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let mut owner = Raw::sign_in(&server, "owner", "").await?;
    // Whoever does not run it is told so, in the words of the session.
    for line in [
        "SHIELD",
        "LOCKDOWN",
        "ALLOW 192.0.2.7",
        "PURGE owner --since 1h",
    ] {
        let said = ann.ask(&format!("SNUG {line}")).await?;
        ensure!(said.len() == 1, "{said:?}");
        has(&said, "NOTICE ann :")?;
        ensure!(!said[0].contains("Done"), "{said:?}");
    }
    has(
        &owner.ask("SNUG SHIELD").await?,
        "The shield is down (auto)",
    )?;
    has(&owner.ask("SNUG SHIELD up").await?, "The shield is up (up)")?;
    has(&owner.ask("SNUG SHIELD auto").await?, "(auto)")?;
    has(&owner.ask("SNUG SHIELD sideways").await?, "That is used so")?;
    has(&owner.ask("SNUG SERVER status").await?, "The shield is")?;
    owner
        .ask("SNUG ALLOW 192.0.2.0/24 --for 2d --why the office")
        .await?;
    has(&owner.ask("SNUG ALLOW list").await?, "192.0.2.0/24 since ")?;
    has(&owner.ask("SNUG ALLOW list").await?, "(the office)")?;
    has(
        &owner.ask("SNUG DISALLOW 192.0.2.0/24").await?,
        "No longer allowed",
    )?;
    has(
        &owner.ask("SNUG ALLOW list").await?,
        "No address is allowed",
    )?;
    let mut stranger = IrcPerson::connect(&server).await?;
    stranger.send("CAP LS 302").await?;
    stranger.raw_line().await?;
    has(
        &owner.ask("SNUG LOCKDOWN --dry-run").await?,
        "Nothing was done. A lockdown would drop 1 of 3 connections.",
    )?;
    has(
        &owner
            .ask("SNUG LOCKDOWN --for 10m --why a flood --dry-run")
            .await?,
        "Nothing was done. A lockdown would drop 1 of 3 connections.",
    )?;
    has(
        &owner
            .ask("SNUG LOCKDOWN --for 10m --closed --why a flood")
            .await?,
        "Locked down (closed) until ",
    )?;
    stranger.closed().await?;
    has(&owner.ask("SNUG SHIELD").await?, "Locked down (closed)")?;
    has(
        &owner.ask("SNUG LOCKDOWN off").await?,
        "There is no lockdown.",
    )?;
    has(
        &ann.ask("SNUG HEAR-GUESTS OFF").await?,
        "Guests are refused",
    )?;
    has(&ann.ask("SNUG HEAR-GUESTS").await?, "Guests are refused")?;
    has(&ann.ask("SNUG STRANGERS").await?, "Strangers may write")?;
    has(&ann.ask("SNUG HEAR-GUESTS on").await?, "Guests may write")?;
    ann.ask("JOIN #den").await?;
    ann.ask("PRIVMSG #den :buy lamps").await?;
    ann.ask("PRIVMSG #den :buy more lamps").await?;
    has(
        &owner.ask("SNUG PURGE ann --since 1h --why spam").await?,
        "2 messages are taken back; until ",
    )?;
    has(&ann.came().await?, "owner took back what you said")?;
    has(
        &owner
            .ask("SNUG SERVER-BAN ann --for 1h --why enough")
            .await?,
        "Banned; SERVER-UNBAN lifts it.",
    )?;
    ann.person.closed().await?;
    has(&owner.ask("SNUG SERVER-BANS").await?, "ann until ")?;
    has(&owner.ask("SNUG SERVER-UNBAN ann").await?, "lifted")?;
    let audit = owner.ask("SNUG AUDIT by owner about ann").await?;
    has(&audit, "purged")?;
    ensure!(!audit.iter().any(|line| line.contains("lockdown")));
    has(
        &owner.ask("SNUG AUDIT action lockdown_changed").await?,
        "lockdown_changed",
    )?;
    let help = owner.ask("HELP LOCKDOWN").await?;
    has(
        &help,
        " 704 owner LOCKDOWN :SNUG LOCKDOWN [--closed] [--dry-run]",
    )?;
    has(&owner.ask("HELPOP PURGE").await?, " 704 owner PURGE :")?;
    server.stop().await
}

/// A7 by IRC: set up, asked for, and turned off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a7_a_second_factor_is_set_up_and_taken_away_over_irc() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let password = snug_testkit::driver::PASSWORD;
    let offered = ann
        .ask(&format!("SNUG SECOND-FACTOR on \"{password}\""))
        .await?;
    has(&offered, "Give this to your authenticator app: ")?;
    has(&offered, "otpauth://totp/")?;
    let refused = ann.ask("SNUG SECOND-FACTOR code 000 000").await?;
    ensure!(refused.len() == 1, "{refused:?}");
    let mut owner = Raw::sign_in(&server, "owner", "").await?;
    let said = owner.ask("SNUG DROP-SECOND-FACTOR ann --why lost").await?;
    ensure!(said.len() == 1, "{said:?}");
    server.stop().await
}

/// `IRCv3` draft/channel-rename: who did it says why, to those who know RENAME and to those who do not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rename_says_why() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "draft/channel-rename").await?;
    let mut bob = Raw::newcomer(&server, "bob", "").await?;
    ann.ask("JOIN #den").await?;
    bob.ask("JOIN #den").await?;
    let mut native = server.sign_in("bob").await?;
    has(
        &ann.ask("RENAME #den #attic :spring is here").await?,
        " RENAME #den #attic :spring is here",
    )?;
    let told = bob.came().await?;
    has(&told, " PART #den :spring is here")?;
    has(&told, " JOIN #attic")?;
    let changed = native.event_named("settings_changed").await?;
    assert_eq!(changed["reason"], "spring is here");
    // It is part of what happened, and told again as that.
    let read = native.ok("read", json!({"room": "attic"})).await?;
    let events = read["events"].as_array().context("no events")?;
    assert!(
        events
            .iter()
            .any(|event| event["reason"] == "spring is here")
    );
    server.stop().await
}

/// RFC 2812 §3.1.7: others read what somebody said as they went, where they could have said it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quit_says_why_where_one_may_speak_and_nowhere_else() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let mut bob = Raw::newcomer(&server, "bob", "").await?;
    let mut cat = Raw::newcomer(&server, "cat", "").await?;
    for room in ["#den", "#quiet"] {
        ann.ask(&format!("JOIN {room}")).await?;
        bob.ask(&format!("JOIN {room}")).await?;
    }
    cat.ask("JOIN #quiet").await?;
    ann.ask("SNUG MUTE #quiet bob").await?;
    let mut native = server.sign_in("ann").await?;
    ann.came().await?;
    bob.person.send("QUIT :off to buy lamps").await?;
    bob.person.closed().await?;
    let mut told = std::collections::BTreeMap::new();
    while told.len() < 2 {
        let gone = native.event_named("presence").await?;
        if gone["name"] == "bob" && gone["room"] != "lobby" {
            let room = gone["room"].as_str().unwrap_or_default().to_owned();
            told.insert(room, gone["reason"].clone());
        }
    }
    assert_eq!(told["den"], "off to buy lamps");
    assert_eq!(told["quiet"], serde_json::Value::Null);
    ann.wait_for(":bob!").await?;
    server.stop().await
}

/// `IRCv3` capability-negotiation, cap-notify: what registering asks for, and that nobody may for now.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cap_new_and_cap_del_follow_who_may_register() -> Result<()> {
    let server = server().await?;
    let mut owner = server.sign_in("owner").await?;
    let mut knows = Raw::newcomer(&server, "ann", "cap-notify").await?;
    let mut old = IrcPerson::connect(&server).await?;
    old.send("CAP LS").await?;
    old.raw_line().await?;
    let mut outside = Raw {
        person: IrcPerson::connect(&server).await?,
        pings: 0,
    };
    outside.person.send("CAP LS 302").await?;
    outside
        .wait_for("draft/account-registration=before-connect,custom-account-name ")
        .await?;
    owner
        .ok("server", json!({"registration": "invite"}))
        .await?;
    let wanted =
        " NEW :draft/account-registration=before-connect,custom-account-name,email-required";
    outside.wait_for(wanted).await?;
    knows.wait_for(wanted).await?;
    owner.ok("lockdown", json!({"level": "on"})).await?;
    knows.wait_for(" DEL :draft/account-registration").await?;
    let listed = knows.ask("CAP LS 302").await?;
    ensure!(
        !listed
            .iter()
            .any(|line| line.contains("account-registration"))
    );
    has(
        &knows.ask("CAP REQ draft/account-registration").await?,
        " NAK :draft/account-registration",
    )?;
    owner.ok("lockdown", json!({"level": "off"})).await?;
    knows.wait_for(wanted).await?;
    has(
        &knows.ask("CAP REQ draft/account-registration").await?,
        " ACK :draft/account-registration",
    )?;
    // Who did not ask to be told is not: dropped by the lockdown, it heard of nothing before that.
    while let Some(line) = old.raw_line().await? {
        ensure!(!line.contains(" NEW "), "{line}");
    }
    server.stop().await
}

/// `IRCv3` account-tag, server-time, message-ids, batch: on everything that somebody says, to who asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_what_is_said_has_the_tags_that_were_asked_for_and_no_others() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    ann.ask("JOIN #den").await?;
    let mut readers = Vec::new();
    for (name, caps, tags) in [
        ("bob", "account-tag", &["account="][..]),
        ("cat", "server-time", &["time="]),
        ("dan", "message-tags account-tag", &["account=", "msgid="]),
        ("eve", "message-tags server-time", &["msgid=", "time="]),
        ("fay", "batch", &[]),
    ] {
        let mut reader = Raw::newcomer(&server, name, caps).await?;
        reader.ask("JOIN #den").await?;
        readers.push((reader, tags));
    }
    ann.ask("PRIVMSG #den :lamps").await?;
    for (mut reader, tags) in readers {
        let line = reader.wait_for(" PRIVMSG #den :lamps").await?;
        let before = line.strip_prefix('@').and_then(|line| line.split_once(' '));
        let mut came: Vec<_> = before.map_or("", |(tags, _)| tags).split(';').collect();
        came.retain(|tag| !tag.is_empty());
        came.sort_unstable();
        ensure!(came.len() == tags.len(), "{line}");
        let all = came.iter().zip(tags).all(|(tag, of)| tag.starts_with(of));
        ensure!(all, "{line}: {tags:?}");
    }
    server.stop().await
}

/// A guest of this name, who asked for these capabilities.
async fn guest(server: &TestServer, nick: &str, caps: &str) -> Result<Raw> {
    let mut raw = Raw {
        person: IrcPerson::connect(server).await?,
        pings: 0,
    };
    let lines = format!("CAP REQ :{caps}\r\nNICK {nick}\r\nUSER u 0 * :u\r\nCAP END");
    raw.person.send(&lines).await?;
    raw.ask("PING welcome").await?;
    Ok(raw)
}

/// `IRCv3` account-tag: the tag is of an account, and a guest has none, whatever the guest does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_nothing_that_a_guest_says_or_does_is_tagged_with_an_account() -> Result<()> {
    let server = server().await?;
    let mut owner = server.sign_in("owner").await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    let caps = "account-tag message-tags away-notify setname draft/channel-rename";
    let mut gus = guest(&server, "gus", "message-tags setname").await?;
    gus.ask("JOIN #den").await?;
    let mut ann = Raw::newcomer(&server, "ann", caps).await?;
    ann.ask("JOIN #den").await?;
    for (line, told) in [
        ("TOPIC #den :lamps", " TOPIC #den :lamps"),
        ("MODE #den +v ann", " MODE #den +v ann"),
        ("MODE #den +b zed!*@*", " MODE #den +b zed!*@*"),
        ("PRIVMSG #den :words", " PRIVMSG #den :words"),
        ("NOTICE #den :notes", " NOTICE #den :notes"),
        ("@+typing=active TAGMSG #den", " TAGMSG #den"),
        ("SETNAME :Gustav", " SETNAME :Gustav"),
        ("AWAY :lunch", " AWAY :lunch"),
        ("PRIVMSG ann :direct", " PRIVMSG ann :direct"),
        ("RENAME #den #attic", " RENAME #den #attic"),
        ("PART #attic :bye", " PART #attic :bye"),
    ] {
        gus.ask(line).await?;
        let seen = ann.wait_for(told).await?;
        ensure!(!seen.contains("account="), "{seen}");
    }
    server.stop().await
}

/// As people know it from networks where a client joins its channels first and identifies then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_who_signs_in_goes_on_in_the_channels_where_the_account_may_be() -> Result<()> {
    let server = server().await?;
    let mut owner = server.sign_in("owner").await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    server.add_account("ann", "seven red lamps").await?;
    let mut bob = Raw::newcomer(&server, "bob", "extended-join").await?;
    for line in ["JOIN #den", "JOIN #attic", "MODE #attic +b ~a:ann"] {
        bob.ask(line).await?;
    }
    let mut zoe = guest(&server, "zoe", "extended-join").await?;
    zoe.ask("JOIN #den,#attic").await?;
    zoe.person
        .send("NS IDENTIFY ann \"seven red lamps\"")
        .await?;
    zoe.wait_for(" PART #den").await?;
    let back = zoe.wait_for(" JOIN #den ann ").await?;
    ensure!(back.starts_with(":zoe!"), "{back}");
    zoe.wait_for(" 474 zoe #attic ").await?;
    bob.wait_for(" JOIN #den ann ").await?;
    zoe.ask("PRIVMSG #den :here still").await?;
    bob.wait_for(" PRIVMSG #den :here still").await?;
    server.stop().await
}

/// A guest's connection is no way for a token to do what it was not made for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_who_signs_in_by_a_token_that_only_reads_goes_into_no_room_by_it() -> Result<()> {
    let server = server().await?;
    let mut owner = server.sign_in("owner").await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    server.add_account("ann", "seven red lamps").await?;
    let mut ann = server.wire().await?;
    let by_password = json!({"name": "ann", "password": "seven red lamps"});
    ann.ok("sign_in", by_password).await?;
    let made = ann.ok("new_token", json!({"label": "x", "scope": "read"}));
    let token = made.await?["token"].clone();
    owner.ok("create_room", json!({"room": "den"})).await?;
    let mut zoe = guest(&server, "zoe", "batch").await?;
    zoe.ask("JOIN #den").await?;
    let token = token.as_str().context("no token")?;
    has(
        &zoe.ask(&format!("NS IDENTIFY ann {token}")).await?,
        " 900 ",
    )?;
    let here = owner.ok("who", json!({"room": "den"})).await?;
    ensure!(!here.to_string().contains("\"ann\""), "{here}");
    server.stop().await
}

/// Whichever is quicker, the guest who goes or the account that comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_guests_rooms_go_on_with_the_account_as_what_the_guest_was_there() -> Result<()> {
    let server = server().await?;
    let mut owner = server.sign_in("owner").await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    // A guest makes so many rooms an hour.
    for round in 0..4 {
        let account = format!("ann{round}");
        server.add_account(&account, "seven red lamps").await?;
        let mut native = server.wire().await?;
        if round % 2 == 1 {
            // An account that is here keeps its own name, and takes over nothing of the guest's.
            let by_password = json!({"name": account, "password": "seven red lamps"});
            native.ok("sign_in", by_password).await?;
        }
        let mut zoe = guest(&server, &format!("zoe{round}"), "extended-join").await?;
        let (cell, den) = (format!("#cell{round}"), format!("#den{round}"));
        for (key, channel) in [("key", &cell), ("", &den)] {
            let joined = zoe.ask(&format!("JOIN {channel} {key}")).await?;
            has(&joined, &format!(" JOIN {channel} "))?;
        }
        for channel in [&cell, &den] {
            zoe.ask(&format!("TOPIC {channel} :lamps")).await?;
        }
        let identify = format!("NS IDENTIFY {account} \"seven red lamps\"");
        zoe.person.send(&identify).await?;
        zoe.wait_for(&format!(" PART {den}")).await?;
        let mut heard = Vec::new();
        // The names of the lobby and of both.
        while of(&heard, "366").len() < 3 {
            let line = zoe.person.raw_line().await;
            let line = line.with_context(|| format!("in round {round} after {heard:?}"))?;
            heard.push(line.context("it was closed")?);
        }
        for channel in [&cell, &den] {
            has(&heard, &format!(" JOIN {channel} {account} "))?;
        }
        for channel in [&cell, &den] {
            has(&zoe.ask(&format!("TOPIC {channel}")).await?, ":lamps")?;
            has(&zoe.ask(&format!("NAMES {channel}")).await?, ":@")?;
        }
    }
    server.stop().await
}

/// `GHOST` and its kin: nobody else can hold an account's nick, so they end one's own clients that hang, sign
/// in, and give the nick back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_ghost_and_regain_give_back_ones_nick_and_end_nobody_elses_client() -> Result<()> {
    let server = server().await?;
    let mut owner = server.sign_in("owner").await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    server.add_account("ann", "lamps-lamps").await?;
    let mut native = server.wire().await?;
    let by_password = json!({"name": "ann", "password": "lamps-lamps"});
    native.ok("sign_in", by_password).await?;

    let mut zoe = guest(&server, "zoe", "batch").await?;
    has(&zoe.ask("NS REGAIN ann").await?, "You are not signed in.")?;
    let wrong = zoe.ask("NS GHOST ann no-lamps-here").await?;
    has(&wrong, "The name or the password is wrong.")?;
    zoe.person.send("NS REGAIN ann lamps-lamps").await?;
    zoe.wait_for(" NICK ann").await?;
    let mut hangs = guest(&server, "zed", "batch").await?;
    hangs.person.send("NS IDENTIFY ann lamps-lamps").await?;
    hangs.wait_for(" NICK ann").await?;

    zoe.ask("NICK zora").await?;
    has(&zoe.ask("NS RELEASE zora").await?, "zora is yours")?;
    zoe.person.send("NS REGAIN ann").await?;
    zoe.wait_for(" NICK ann").await?;
    let others = zoe.ask("PRIVMSG NickServ :GHOST owner").await?;
    has(&others, "owner is not yours")?;
    zoe.person.send("PRIVMSG NickServ :GHOST ann").await?;
    zoe.wait_for("Another IRC client of yours is gone.").await?;
    while hangs.person.raw_line().await?.is_some() {}
    has(
        &zoe.ask("NS RECOVER ann").await?,
        "No other IRC client of yours is here.",
    )?;
    native.ok("ping", json!({})).await?;
    server.stop().await
}
