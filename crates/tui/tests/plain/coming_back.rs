//! Lost connections, stopped servers, other identities.

use crate::house::{House, PASSWORD, Way};

#[test]
fn o5_a_server_that_stops_and_starts_loses_nothing_and_what_was_typed_meanwhile_is_sent_once() {
    let mut house = House::new();
    let (mut ann, mut ben) = house.two();
    ann.say("before");
    ben.expect("<<ann>> : before");
    house.stop();
    ann.expect("-- connection lost, trying again in");
    ben.expect("-- connection lost, trying again in");
    ann.type_lines(&["one", "two"]);
    ann.expect("-- kept; it is sent when the connection is back");
    ann.expect("-- kept; it is sent when the connection is back");
    house.start();
    ann.expect("-- connected again");
    ann.expect("<<You>> : one");
    ann.expect("<<You>> : two");
    ben.expect("-- connected again");
    ben.expect("<<ann>> : one");
    ben.expect("<<ann>> : two");
    ann.say("after");
    ben.expect("<<ann>> : after");
    ben.type_lines(&["/history 3", "quit"]);
    let (lines, _) = ben.rest();
    let said: Vec<_> = lines.iter().filter(|line| line.starts_with('[')).collect();
    assert_eq!(said.len(), 3, "{lines:#?}");
    for (line, words) in said.iter().zip(["one", "two", "after"]) {
        assert!(line.ends_with(&format!("<<ann>> : {words}")), "{lines:#?}");
    }
}

#[test]
fn r6_a_log_that_ran_back_is_told_and_what_is_there_now_is_shown() {
    let mut house = House::new();
    let (mut ann, mut ben) = house.two();
    ann.say("kept");
    ben.expect("<<ann>> : kept");
    house.stop();
    house.copy_data(Way::Away);
    house.start();
    ann.expect("-- connected again");
    ben.expect("-- connected again");
    ann.say("lost");
    ann.say("lost too");
    ben.expect("<<ann>> : lost too");
    house.stop();
    house.copy_data(Way::Back);
    house.start();
    // The session's newest tokens ran back too: a password is asked once.
    ann.expect("!! That session has ended. Sign in again.");
    ben.expect("!! That session has ended. Sign in again.");
    let mut ann = house.window("ann", &[]);
    ann.type_line(PASSWORD);
    ann.expect("-- the server's log of #lobby began anew");
    ann.expect("<<You>> : kept");
    let mut ben = house.window("ben", &[]);
    ben.type_line(PASSWORD);
    ben.expect("-- the server's log of #lobby began anew");
    ben.expect("<<ann>> : kept");
    ann.say("new");
    ben.expect("<<ann>> : new");
    ben.type_lines(&["/history", "quit"]);
    let (lines, _) = ben.rest();
    assert!(
        !lines.iter().any(|line| line.contains("lost")),
        "{lines:#?}"
    );
}

#[test]
fn k9_after_a_kill_one_comes_back_into_the_same_rooms_with_nothing_missed() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ben.type_line("/create den");
    ben.expect("-- you are in #den now");
    ann.type_line("/join den");
    ann.expect("-- you are in #den now");
    ben.expect("ann has entered");
    ben.kill();
    ann.say("while you were gone");
    let mut ben = house.window("ben", &[]);
    ben.expect("-- your rooms: #lobby, #den (1 unread)");
    ben.expect("#den <<ann>> : while you were gone");
}

#[test]
fn k9_two_programs_of_one_profile_do_not_break_each_other() {
    let mut house = House::new();
    let (mut ann, mut first) = house.two();
    let mut second = house.again("ben");
    for _ in 0..2 {
        house.stop();
        first.expect("-- connection lost");
        second.expect("-- connection lost");
        house.start();
        first.expect("-- connected again");
        second.expect("-- connected again");
    }
    // However often she came back, what she says is said once.
    ann.say("to both");
    first.expect("<<ann>> : to both");
    second.expect("<<ann>> : to both");
    first.say("from one");
    second.expect("<<You>> : from one");
    first.quit();
    second.quit();
    house.again("ben").quit();
}

#[test]
fn s1_a_changed_fingerprint_is_refused_loudly_by_link_and_on_the_wire() {
    let house = House::new();
    let other = House::new();
    house.newcomer("ann", &house.code).quit();
    let mine = house.link();
    let (_, fingerprint) = mine.split_once('#').unwrap();
    let theirs = other.link();
    let (place, _) = theirs.split_once('#').unwrap();
    let forged = format!("{place}#{fingerprint}");
    let (said, status) = house
        .window("x", &["join", &forged, "--name", "ann"])
        .complaints();
    assert!(said.contains("THE SERVER'S IDENTITY HAS CHANGED"), "{said}");
    assert!(said.contains("snug servers forget"), "{said}");
    assert_eq!(status, 1);
    let (place, _) = mine.split_once('#').unwrap();
    let (_, fingerprint) = theirs.split_once('#').unwrap();
    let link = format!("{place}#{fingerprint}");
    let (said, status) = house
        .window("ann", &["join", &link, "--name", "ann"])
        .complaints();
    assert!(said.contains("THIS LINK NAMES ANOTHER IDENTITY"), "{said}");
    assert_eq!(status, 1);
}

#[test]
fn a_server_that_is_not_there_and_a_link_that_is_none_are_told_apart() {
    let mut house = House::new();
    house.newcomer("ann", &house.code).quit();
    house.stop();
    let (said, status) = house.window("ann", &[]).complaints();
    assert!(said.contains("cannot be reached"), "{said}");
    assert!(said.contains("Is the server running"), "{said}");
    assert_eq!(status, 1);
    let (said, status) = house
        .window("ann", &["join", "snug://127.0.0.1/#CUT"])
        .complaints();
    assert!(said.contains("was it cut off?"), "{said}");
    assert_eq!(status, 2);
    house.start();
}
