//! Talking with each other: how fast.

use crate::house::House;

#[test]
fn p1_a_pasted_block_arrives_whole_and_in_order_and_ends_nothing() {
    let house = House::with(|options| options.messages_per_second = 4);
    let (mut ann, mut ben) = house.two();
    let lines: Vec<String> = (0..16).map(|number| format!("pasted {number}")).collect();
    let typed: Vec<&str> = lines.iter().map(String::as_str).collect();
    ann.type_lines(&typed);
    for line in &lines {
        assert!(ben.expect("<<ann>> : ").ends_with(line), "in order");
    }
    ann.say("that was all");
}

#[test]
fn r10_replies_reactions_and_mentions_are_seen_for_what_they_are() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ann.type_line("/numbers on");
    ann.expect("-- numbers are shown");
    ben.say("who has the keys?");
    let line = ann.expect("<<ben>> : who has the keys?");
    let number = line.trim_start_matches('[').split(']').next().unwrap();
    ann.type_line(&format!("/reply {number} @ben I do"));
    assert_eq!(
        ben.expect("> <<You>> : who has the keys?").trim(),
        "> <<You>> : who has the keys?"
    );
    assert_eq!(ben.expect("I do"), "(!) <<ann>> : @ben I do");
    ann.expect("  > <<ben>> : who has the keys?");
    assert!(
        !ann.expect("<<You>> : @ben I do").contains("(!)"),
        "not her own"
    );
    ann.type_line(&format!("/react {number} :+1:"));
    ben.expect(&format!(
        "ann reacted with :+1: to message {number}, <<You>> : who has the keys?"
    ));
    ann.type_line(&format!("/unreact {number} :+1:"));
    ben.expect(&format!("ann took :+1: back from message {number}"));
    ann.type_line(&format!("/react {number} :+1: :-1:"));
    ann.expect("-- it is used so: /react N EMOJI");
    ann.type_line(&format!("/react {number} word"));
    ann.expect("!! A reaction is one emoji");
    ann.type_line("/reply 99 what?");
    ann.expect("!! There is no message of that number in this room.");
    ben.type_line("/bell on");
    ben.expect("-- the bell is on");
    ann.type_line("hey @ben");
    assert_eq!(ben.expect("hey @ben"), "(!) <<ann>> : hey @ben\u{7}");
}
