//! Sessions, passwords, codes.

use crate::house::{House, PASSWORD};

const NEW: &str = "a new battery";

#[test]
fn a5_sessions_are_listed_and_ended() {
    let house = House::new();
    let mut ann = house.newcomer("ann", &house.code);
    ann.type_line("/sessions");
    let line = ann.expect("this one");
    assert!(
        line.contains("snug") && line.contains("from 127.0.0.1"),
        "{line}"
    );
    let mut other = house.window("laptop", &["join", &house.link(), "--name", "ann"]);
    other.type_lines(&["n", PASSWORD]);
    other.expect("-- you are in #lobby now");
    ann.type_line("/sessions");
    let line = ann.expect(", online");
    let id = line.split_whitespace().nth(1).unwrap().to_owned();
    ann.type_line("/sessions revoke nobody");
    ann.expect("!! There is no session of that id.");
    ann.type_line(&format!("/sessions revoke {id}"));
    ann.expect("-- ended");
    other.expect("ended from another");
}

#[test]
fn a3_a_password_is_changed_and_a_forgotten_one_is_set_anew() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ben.type_lines(&["/password", PASSWORD, NEW, "not the same"]);
    ben.expect("!! The two new passwords are not the same");
    ben.type_lines(&["/password", "not this one", NEW, NEW]);
    ben.expect("!! The old password is wrong.");
    ben.type_lines(&["/password", PASSWORD, NEW, NEW]);
    ben.expect("-- your password is changed");
    ben.type_line("/reset ann");
    ben.expect("!! You may not do that here.");
    ann.type_line("/reset ben");
    let line = ann.expect("snug join snug://");
    ben.expect("set anew");
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut anew = house.window("elsewhere", &words[1..]);
    anew.type_lines(&["ben", PASSWORD, PASSWORD]);
    anew.expect("-- you are ben on");
    ben.expect("this session ends");
}

#[test]
fn a4_a_code_from_a_device_lets_a_new_one_in() {
    let house = House::with(|options| {
        options.guessing.wrong_in_row = 1;
        options.guessing.shut_ms = 3_600_000;
    });
    let mut ann = house.newcomer("ann", &house.code);
    ann.type_line("/device-code");
    let line = ann.expect("snug join snug://");
    let mut guesser = house.window("guesser", &["join", &house.link(), "--name", "ann"]);
    guesser.type_lines(&["n", "not this one"]);
    assert!(guesser.complaints().0.contains("the password is wrong"));
    let mut shut = house.window("shut", &["join", &house.link(), "--name", "ann"]);
    shut.type_lines(&["n", PASSWORD]);
    let complaints = shut.complaints();
    assert!(
        complaints.0.contains("Too many wrong passwords"),
        "{complaints:?}"
    );
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut new = house.window("new", &words[1..]);
    new.type_lines(&["ann", PASSWORD]);
    new.expect("-- you are ann on");
}

#[test]
fn a8_an_account_is_deleted_by_its_name_and_its_password() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ben.say("remember me");
    ben.type_lines(&["/delete-account ann", PASSWORD]);
    ben.expect("!! That is not your own name");
    ann.type_lines(&["/delete-account ann", PASSWORD]);
    ann.expect("!! The owner cannot be deleted.");
    ben.type_lines(&["/delete-account ben", PASSWORD]);
    ben.expect("-- your account is deleted");
    ann.type_line("/history 5");
    ann.expect("<<deleted account>> : remember me");
}

#[test]
fn a8_an_export_has_every_message_that_one_may_read_and_no_other() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ann.type_line("/create secrets --password sesame");
    ann.expect("-- you are in #secrets now");
    ann.say("not for ben");
    ben.say("for everybody");
    ben.type_line("/msg ann between us");
    ann.expect("between us");
    let file = house.home("ben").join("export.jsonl");
    ben.type_line(&format!("/export {}", file.display()));
    ben.expect("lines are in");
    let text = std::fs::read_to_string(&file).unwrap();
    for line in text.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(value[value["is"].as_str().unwrap()].is_object(), "{line}");
    }
    for there in [
        "for everybody",
        "between us",
        r#""is":"account""#,
        r#""is":"session""#,
    ] {
        assert!(text.contains(there), "{there} in {text}");
    }
    assert!(!text.contains("not for ben"), "{text}");
    ben.type_line(&format!("/export {}", file.display()));
    ben.expect("could not be written");
}
