//! Coming in, being somebody, and speaking with one person.

use crate::house::{House, PASSWORD};

#[test]
fn a1_one_registers_by_an_invitation_pasted_as_one_line() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ben.say("hello");
    ann.expect("<<ben>> : hello");
    ann.quit();
    ben.expect("ann has left");
}

#[test]
fn a1_without_a_code_one_is_asked_whether_one_is_new_and_then_for_the_code() {
    let house = House::new();
    let mut ann = house.newcomer("ann", &house.code);
    let code = ann.invite();
    let mut ben = house.window("ben", &["join", &house.link()]);
    ben.type_lines(&["y", &code, "ben", PASSWORD, PASSWORD]);
    ben.expect("-- you are ben on");
    ann.type_line("/server registration open");
    ann.expect("registration open");
    let mut cem = house.window("cem", &["join", &house.link(), "--name", "cem"]);
    cem.type_lines(&["y", PASSWORD, PASSWORD]);
    cem.expect("-- you are cem on");
}

#[test]
fn a1_a_used_code_a_taken_name_and_two_different_passwords_are_refused_in_a_sentence() {
    let house = House::new();
    let mut ann = house.newcomer("ann", &house.code);
    let code = ann.invite();
    let join = |code: &str, lines: &[&str]| {
        let mut window = house.window("x", &["join", &house.link(), "--code", code]);
        window.type_lines(lines);
        window.complaints()
    };
    let (said, status) = join(&code, &["ann", PASSWORD, PASSWORD]);
    assert!(said.contains("That name is taken"), "{said}");
    assert_eq!(status, 1);
    let (said, status) = join(&code, &["ben", PASSWORD, "battery staple"]);
    assert!(said.contains("not the same"), "{said}");
    assert_eq!(status, 1);
    let (said, status) = join(&code, &["ben", "short", "short"]);
    assert!(said.contains("at least 8 characters"), "{said}");
    assert_eq!(status, 1);
    let (said, status) = join("wrong", &["ben", PASSWORD, PASSWORD]);
    assert!(said.contains("That code is wrong"), "{said}");
    assert_eq!(status, 1);
    house.newcomer("ben", &code).quit();
    let (said, _) = join(&code, &["cem", PASSWORD, PASSWORD]);
    assert!(
        said.contains("That code is wrong, used up or expired"),
        "{said}"
    );
}

#[test]
fn a2_one_signs_in_by_password_once_and_comes_back_without_it() {
    let house = House::new();
    house.newcomer("ann", &house.code).quit();
    let mut elsewhere = house.window("laptop", &["join", &house.link(), "--as", "club"]);
    elsewhere.type_lines(&["n", "ann", PASSWORD]);
    elsewhere.expect("-- you are ann on club");
    elsewhere.quit();
    let mut back = house.window("laptop", &["club"]);
    back.expect("-- you are ann on club");
    back.quit();
    let (lines, status) = house.window("laptop", &["servers"]).rest();
    assert_eq!(status, 0);
    assert!(lines[0].starts_with("club  as ann  snug://"), "{lines:?}");
    let (_, status) = house
        .window("laptop", &["servers", "forget", "club"])
        .rest();
    assert_eq!(status, 0);
    let (said, status) = house.window("laptop", &["club"]).complaints();
    assert!(said.contains("no server is called club here"), "{said}");
    assert_eq!(status, 1);
}

#[test]
fn a2_a_wrong_password_and_an_unknown_name_are_one_answer() {
    let house = House::new();
    house.newcomer("ann", &house.code).quit();
    for (name, password) in [("ann", "battery staple"), ("nobody", PASSWORD)] {
        let mut window = house.window("x", &["join", &house.link()]);
        window.type_lines(&["n", name, password]);
        let (said, status) = window.complaints();
        assert!(
            said.ends_with("The name or the password is wrong."),
            "{said}"
        );
        assert_eq!(status, 1);
    }
}

#[test]
fn a6_the_first_one_in_by_the_owners_code_owns_the_server_and_others_do_not() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ann.type_line("/who");
    ann.expect("ann (owner)");
    ben.type_line("/server registration open");
    ben.expect("!! You may not do that here.");
    ann.type_line("/server registration open inviters moderators");
    ann.expect("registration open, inviters moderators");
    ben.type_line("/invite");
    ben.expect("!! You may not do that here.");
}

#[test]
fn d1_a_direct_message_looks_different_and_waits_for_who_is_away() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ann.type_line("/msg ben psst");
    ann.expect("<<You -> ben>> : psst");
    ben.expect("<<ann -> You>> : psst");
    ben.quit();
    ann.type_lines(&["/msg ben one", "/msg ben two", "/msg nobody three"]);
    ann.expect("<<You -> ben>> : two");
    ann.expect("!! There is nobody of that name here.");
    ann.expect("-- not sent: three");
    let mut ben = house.window("ben", &[]);
    ben.expect("@ann (2 unread)");
    ben.expect("<<ann -> You>> : one");
    ben.expect("<<ann -> You>> : two");
    ben.type_lines(&["/room @ann", "three"]);
    ben.expect("<<You -> ann>> : three");
    ann.expect("<<ben -> You>> : three");
    ben.quit();
    let mut ben = house.window("ben", &[]);
    let rooms = ben.expect("-- your rooms:");
    assert!(!rooms.contains("unread"), "{rooms}");
    ben.type_line("quit");
    let (lines, _) = ben.rest();
    assert!(
        !lines.iter().any(|line| line.contains("<<")),
        "shown once: {lines:?}"
    );
}

#[test]
fn k2_a_line_quit_in_any_case_leaves_and_two_slashes_say_one() {
    let house = House::new();
    let mut ann = house.newcomer("ann", &house.code);
    ann.say("quite");
    ann.type_line("//quit");
    ann.expect("<<You>> : /quit");
    ann.type_line("/qit");
    ann.expect("!! There is no command /qit. Was it /quit?");
    ann.type_line("/msg ann");
    ann.expect("-- it is used so: /msg NAME TEXT");
    for word in ["QuIt", "/QUIT"] {
        let mut window = house.again("ann");
        window.type_line(word);
        assert_eq!(window.rest().1, 0);
    }
    ann.type_line("/help");
    ann.expect("-- rooms: /join ");
    ann.type_line("/help join");
    ann.expect("-- /join ROOM [PASSWORD]");
    ann.type_line("/help rooms");
    ann.expect("-- /rooms");
    ann.expect("--   /join   ");
    ann.type_line("/help jion");
    ann.expect("!! There is no command /jion. Was it /join?");
    ann.quit();
}

#[test]
fn k2_a_script_is_worked_off_in_order_to_its_end() {
    let house = House::new();
    house.newcomer("ann", &house.code).quit();
    let mut script = house.window("ann", &[]);
    let huge = "x".repeat(1024 * 1024);
    script.type_lines(&[
        "one",
        "/create den",
        "two",
        "/room lobby",
        "three",
        &huge,
        "four",
    ]);
    let (lines, status) = script.rest();
    assert_eq!(status, 0);
    let at = |words: &str| {
        let found = lines.iter().position(|line| line.starts_with(words));
        found.unwrap_or_else(|| panic!("no {words} in {lines:#?}"))
    };
    let in_order = [
        at("<<You>> : one"),
        at("-- you are in #den now"),
        at("<<You>> : three"),
        at("<<You>> : four"),
    ];
    at("!! The message is longer than 16 KiB");
    assert!(in_order.is_sorted(), "{lines:#?}");
    assert!(
        lines.iter().any(|line| line.ends_with("<<You>> : two")),
        "{lines:#?}"
    );
}

#[test]
fn k5_a_token_is_printed_as_weechats_finished_command_and_can_be_revoked() {
    let house = House::new();
    let mut ann = house.newcomer("ann", &house.code);
    ann.type_line("/token new weechat");
    let command = ann.expect("/server add snug 127.0.0.1/");
    assert!(
        command.contains(" -sasl_username=ann -sasl_password="),
        "{command}"
    );
    ann.type_line("/tokens");
    ann.expect("-- weechat  for irc");
    ann.type_line("/token revoke weechat");
    ann.expect("-- it is void from now on");
    ann.type_line("/tokens");
    ann.expect("-- no tokens");
    ann.type_line("/token revoke weechat");
    ann.expect("!! There is no app token of that name or id.");
}
