//! Sending, reading, following.

use std::{
    io::{BufRead, BufReader, Write},
    thread,
};

use super::{Script, bodies};
use crate::house::House;

#[test]
fn k3_words_come_from_arguments_and_pipes_and_what_went_well_is_silent() {
    let house = House::new();
    let (ann, mut ben) = house.two();
    ann.quit();
    let script = Script::of(&house, "ann");
    assert_eq!(script.done(&["send", "lobby", "from", "arguments"]), "");
    ben.expect("<<ann>> : from arguments");
    for (arguments, input) in [
        (vec!["send", "#lobby"], "two\nlines\n"),
        (vec!["send", "@ben"], "to you alone"),
        (
            vec!["send", "lobby", "--lines"],
            "one\r\n\ntwo\nlast without an end",
        ),
    ] {
        let ended = script.fed(&arguments, input.as_bytes());
        assert_eq!(
            (ended.status, ended.out, ended.err),
            (0, String::new(), String::new())
        );
    }
    assert_eq!(
        bodies(&script, "lobby"),
        [
            "from arguments",
            "two\nlines",
            "one",
            "two",
            "last without an end"
        ]
    );
    assert_eq!(bodies(&script, "@ben"), ["to you alone"]);
}

#[test]
fn k3_lines_are_sent_as_they_come_and_a_wrong_one_stops_no_other() {
    let house = House::new();
    house.newcomer("ann", &house.code).quit();
    let script = Script::of(&house, "ann");
    let mut sending = script.start(&["send", "lobby", "--lines", "--json"]);
    let mut input = sending.stdin.take().unwrap();
    let mut answers = BufReader::new(sending.stdout.take().unwrap()).lines();
    writeln!(input, "first").unwrap();
    let answer = answers.next().unwrap().unwrap();
    assert!(
        answer.contains("\"seq\":"),
        "answered while the pipe is open: {answer}"
    );
    writeln!(input, "not \x1b[31mthis").unwrap();
    writeln!(input, "{}", "x".repeat(1024 * 1024)).unwrap();
    writeln!(input, "but this").unwrap();
    drop(input);
    let ended = sending.wait_with_output().unwrap();
    let errors = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        errors.contains("line 2: The message holds control characters."),
        "{errors}"
    );
    assert!(
        errors.contains("line 3: The message is longer than 16 KiB."),
        "{errors}"
    );
    assert_eq!(bodies(&script, "lobby"), ["first", "but this"]);
}

#[test]
fn k3_what_is_unread_is_read_by_pages_and_marked_only_if_asked() {
    let house = House::new();
    let (mut ann, ben) = house.two();
    ben.quit();
    let lines: Vec<String> = (0..30).map(|number| format!("message {number}")).collect();
    for line in &lines {
        ann.say(line);
    }
    let script = Script::of(&house, "ben");
    let unread = |arguments: &[&str]| {
        let events = script.objects(arguments);
        let bodies = events.iter().filter_map(|event| event["body"].as_str());
        bodies.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(unread(&["read", "lobby", "--json"]), lines);
    assert_eq!(
        unread(&["read", "lobby", "--json", "--mark", "-n", "10"]),
        lines[..10]
    );
    assert_eq!(unread(&["read", "lobby", "--json", "--mark"]), lines[10..]);
    assert_eq!(script.done(&["read", "lobby"]), "");
    let rooms = script.objects(&["rooms", "--mine", "--json"]);
    assert_eq!(rooms[0]["unread"], serde_json::json!(0));
    assert_eq!(
        unread(&["read", "lobby", "--json", "--before", "3"]),
        lines[..2]
    );
    assert_eq!(
        unread(&["read", "lobby", "--json", "--after", "28"]),
        lines[28..]
    );
    assert_eq!(unread(&["read", "lobby", "--json", "--since", "1h"]), lines);
    assert_eq!(unread(&["tail", "lobby", "--json", "-n", "3"]), lines[27..]);
    let shown = script.done(&["tail", "lobby", "-n", "1"]);
    assert_eq!(shown, "<<ann>> : message 29\n");
    assert_eq!(script.done(&["tail", "lobby", "-n", "0"]), "");
}

#[test]
fn k3_tail_goes_on_over_a_restart_of_the_server_with_nothing_missed_and_nothing_twice() {
    let mut house = House::new();
    let (mut ann, ben) = house.two();
    ben.quit();
    ann.say("before");
    let script = Script::of(&house, "ben");
    let mut following = script.start(&["tail", "lobby", "-f", "-n", "1"]);
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    assert_eq!(next(), "<<ann>> : before");
    ann.say("live");
    assert_eq!(next(), "<<ann>> : live");
    house.stop();
    ann.expect("-- connection lost");
    ann.type_line("meanwhile");
    house.start();
    assert_eq!(next(), "<<ann>> : meanwhile");
    ann.say("after");
    assert_eq!(next(), "<<ann>> : after");
    // A person's page was not turned by it.
    let mut window = house.window("ben", &[]);
    window.expect("<<ann>> : before");
    window.expect("<<ann>> : after");
    following.kill().unwrap();
    following.wait().unwrap();
}

#[test]
fn k3_a_message_on_its_way_while_the_server_restarts_arrives_once() {
    let mut house = House::new();
    house.newcomer("ann", &house.code).quit();
    let script = Script::of(&house, "ann");
    let mut sending = script.start(&["send", "lobby", "--lines", "--json"]);
    let mut input = sending.stdin.take().unwrap();
    let mut answers = BufReader::new(sending.stdout.take().unwrap()).lines();
    let lines: Vec<String> = (0..100).map(|number| format!("line {number}")).collect();
    for line in &lines[..50] {
        writeln!(input, "{line}").unwrap();
    }
    // Some are in the log, some are on their way.
    answers.next().unwrap().unwrap();
    house.stop();
    for line in &lines[50..] {
        writeln!(input, "{line}").unwrap();
    }
    house.start();
    drop(input);
    assert_eq!(answers.count(), 99);
    let ended = sending.wait_with_output().unwrap();
    let errors = String::from_utf8(ended.stderr).unwrap();
    assert_eq!((ended.status.code(), errors.as_str()), (Some(0), ""));
    assert_eq!(bodies(&script, "lobby"), lines);
}

#[test]
fn k3_many_scripts_at_once_share_one_sign_in_with_the_person_who_chats() {
    let house = House::new();
    let mut ann = house.newcomer("ann", &house.code);
    thread::scope(|scope| {
        for number in 0..12 {
            let script = Script::of(&house, "ann");
            scope.spawn(move || script.done(&["send", "lobby", &format!("number {number}")]));
        }
    });
    let mut sent = bodies(&Script::of(&house, "ann"), "lobby");
    sent.sort();
    let mut expected: Vec<String> = (0..12).map(|number| format!("number {number}")).collect();
    expected.sort();
    assert_eq!(sent, expected);
    ann.say("still here");
    ann.quit();
    house.again("ann").quit();
}
