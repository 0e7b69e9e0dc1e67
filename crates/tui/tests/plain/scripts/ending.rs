//! How a script command ends: statuses, JSON, tokens, nobody to ask or to read.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
};

use super::{Script, objects};
use crate::house::House;

#[test]
fn k3_every_ending_has_its_status_and_one_sentence() {
    let mut house = House::new();
    house.newcomer("ann", &house.code).quit();
    let script = Script::of(&house, "ann");
    let nobody = Script::of(&house, "nobody");
    let ends = |script: &Script, arguments: &[&str], status: i32, sentence: &str| {
        let ended = script.run(arguments);
        assert_eq!(ended.status, status, "{arguments:?}: {}", ended.err);
        assert!(ended.err.contains(sentence), "{arguments:?}: {}", ended.err);
        assert_eq!(ended.out, "", "{arguments:?}");
    };
    ends(&script, &["send", "lobby", "hi"], 0, "");
    ends(
        &script,
        &["send", "nowhere", "hi"],
        1,
        "There is no such room here.",
    );
    ends(
        &script,
        &["send", "@nobody", "hi"],
        1,
        "There is nobody of that name here.",
    );
    ends(&script, &["send", "lobby"], 1, "The message is empty.");
    ends(
        &script,
        &["tail", "nowhere", "-f"],
        1,
        "There is no such room here.",
    );
    ends(&script, &["send"], 2, "Usage: snug send");
    ends(
        &script,
        &["rooms", "--timeout", "soon"],
        2,
        "a length of time is like",
    );
    ends(
        &script,
        &["read", "lobby", "--since", "soon"],
        2,
        "a time is like",
    );
    ends(
        &script,
        &["rooms", "--server", "nowhere"],
        2,
        "no server is called nowhere here",
    );
    ends(
        &script,
        &["edit", "--room", "lobby", "3"],
        2,
        "it is used so: snug edit N TEXT",
    );
    ends(
        &script,
        &["edit", "3", "x"],
        2,
        "--room ROOM says in which room",
    );
    ends(&script, &["kikc", "ben"], 2, "there is no command kikc");
    ends(&nobody, &["rooms"], 4, "no server is known here yet");
    ends(
        &script,
        &["rooms", "--token-file", "/nowhere/token"],
        6,
        "/nowhere/token",
    );
    house.stop();
    ends(&script, &["rooms"], 3, "cannot be reached");
    ends(&script, &["send", "lobby", "hi"], 3, "cannot be reached");
}

#[test]
fn k3_a_server_that_says_nothing_is_given_up_in_time_and_another_identity_at_once() {
    let house = House::new();
    house.newcomer("ann", &house.code).quit();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let link = house.link();
    let (place, fingerprint) = link.rsplit_once('#').unwrap();
    let of_silent = format!("snug://{address}/#{fingerprint}");
    let script = Script::of(&house, "x")
        .with("SNUG_TOKEN", "t")
        .with("SNUG_NAME", "ann");
    let ended = script.run(&["rooms", "--server", &of_silent, "--timeout", "1"]);
    assert_eq!(ended.status, 5, "{}", ended.err);
    assert!(ended.err.contains("--timeout allows more"), "{}", ended.err);
    let other = format!("{place}#{}", "A".repeat(52));
    let ended = script.run(&["rooms", "--server", &other, "--json"]);
    assert_eq!(ended.status, 3);
    assert!(ended.err.contains("IDENTITY HAS CHANGED"), "{}", ended.err);
    assert_eq!(objects(&ended.out)[0]["error"]["code"], "identity_changed");
}

#[test]
fn k3_json_is_one_object_a_line_in_the_shapes_of_the_wire() {
    let house = House::new();
    let (_ann, ben) = house.two();
    ben.quit();
    let script = Script::of(&house, "ann");
    let sent = &script.objects(&["send", "lobby", "--json", "hi"])[0];
    assert_eq!(
        (&sent["room"], sent["seq"].as_u64()),
        (&"lobby".into(), Some(1))
    );
    let event = &script.objects(&["tail", "--json", "lobby"])[0];
    assert_eq!(
        (&event["ev"], &event["from"], &event["body"]),
        (&"message".into(), &"ann".into(), &"hi".into())
    );
    assert_eq!(script.objects(&["rooms", "--json"])[0]["room"], "lobby");
    let names: Vec<_> = script.objects(&["who", "lobby", "--json"]);
    let names: Vec<_> = names.iter().map(|person| &person["name"]).collect();
    assert_eq!(names, ["ann"]);
    let lonely = Script::of(&house, "ben");
    assert_eq!(
        lonely.objects(&["who", "--json"]).len(),
        1,
        "a script is nobody"
    );
    let invited = &script.objects(&["invite", "--json", "--for", "1h"])[0];
    assert_eq!(
        invited["link"].as_str().unwrap().to_lowercase(),
        house.link().to_lowercase()
    );
    let line = script.done(&["invite"]);
    assert!(
        line.starts_with("snug join snug://") && line.contains(" --code "),
        "{line}"
    );
    let refused = script.run(&["send", "nowhere", "hi", "--json"]);
    assert_eq!(objects(&refused.out)[0]["error"]["code"], "unknown_room");
}

#[test]
fn k3_the_commands_of_the_chat_are_done_from_a_script() {
    let house = House::new();
    let (mut ann, ben) = house.two();
    ben.quit();
    ann.type_line("/create den --password sesame");
    ann.expect("-- you are in #den now");
    let script = Script::of(&house, "ben");
    let refused = script.run(&["enter", "den"]);
    assert_eq!(refused.status, 1);
    assert!(
        refused.err.contains("That room asks for a password."),
        "{}",
        refused.err
    );
    assert_eq!(script.done(&["enter", "den", "sesame"]), "");
    ann.expect("ben has entered");
    let entered = &script.objects(&["enter", "--json", "den"])[0];
    assert_eq!(
        (&entered["room"], &entered["member"]),
        (&"den".into(), &true.into())
    );
    script.done(&["send", "den", "frist"]);
    let seq = script.objects(&["tail", "den", "-n", "1", "--json"])[0]["seq"].to_string();
    assert_eq!(script.done(&["edit", "--room", "den", &seq, "first"]), "");
    ann.expect("ben changed message");
    assert!(
        script
            .done(&["history", "--room", "den"])
            .contains("<<You>> : frist")
    );
    assert_eq!(script.done(&["leave", "den"]), "");
    ann.expect("ben has left");
    // A secret that a command asks for is a line of the input.
    let script = Script::of(&house, "ann");
    let made = script.fed(&["create", "attic", "--password"], b"sesame\n");
    assert_eq!(made.status, 0, "{}", made.err);
    let rooms = script.objects(&["rooms", "--json"]);
    let attic = rooms.iter().find(|room| room["room"] == "attic").unwrap();
    assert_eq!(attic["password"], true);
}

#[test]
fn k3_an_app_token_is_enough_and_does_what_it_may() {
    let house = House::new();
    house.newcomer("ann", &house.code).quit();
    let ann = Script::of(&house, "ann");
    let token = |label: &str, scope: &str| {
        let made = &ann.objects(&["token", "--json", "new", label, scope])[0];
        made["token"].as_str().unwrap().to_owned()
    };
    let (may_read, may_send) = (token("reader", "read"), token("sender", "send"));
    // A machine that knows nothing but this.
    let empty = house.home("empty");
    let machine = |token: &str| {
        Script::at(&empty)
            .with("SNUG_TOKEN", token)
            .with("SNUG_SERVER", &house.link())
            .with("SNUG_NAME", "ann")
    };
    assert_eq!(machine(&may_send).done(&["send", "lobby", "by token"]), "");
    assert_eq!(
        machine(&may_read).done(&["tail", "lobby"]),
        "<<You>> : by token\n"
    );
    assert_eq!(machine(&may_read).run(&["send", "lobby", "no"]).status, 1);
    assert_eq!(machine(&may_send).run(&["invite"]).status, 1);
    let wrong = machine("wrong").run(&["rooms", "--json"]);
    assert_eq!(wrong.status, 4);
    assert_eq!(objects(&wrong.out)[0]["error"]["code"], "bad_credentials");
    assert!(!empty.exists(), "nothing is kept there");
    let file = house.home("token");
    std::fs::write(&file, format!("{may_send}\n")).unwrap();
    assert_eq!(
        ann.done(&[
            "send",
            "lobby",
            "--token-file",
            file.to_str().unwrap(),
            "again"
        ]),
        ""
    );
    ann.done(&["token", "revoke", "sender"]);
    assert_eq!(machine(&may_send).run(&["rooms"]).status, 4);
    // Never on the command line, where others see it.
    assert_eq!(ann.run(&["rooms", "--token", &may_read]).status, 2);
}

#[test]
fn k3_nothing_is_asked_of_a_script_whose_sign_in_has_ended() {
    let mut house = House::new();
    house.newcomer("ann", &house.code).quit();
    house.stop();
    house.copy_data(crate::house::Way::Away);
    house.start();
    let script = Script::of(&house, "ann");
    for _each_takes_the_next_token in 0..3 {
        script.done(&["rooms"]);
    }
    house.stop();
    house.copy_data(crate::house::Way::Back);
    house.start();
    let ended = script.fed(&["rooms", "--json"], b"correct horse\n");
    assert_eq!(ended.status, 4);
    assert!(ended.err.contains("once to sign in"), "{}", ended.err);
    assert!(!ended.err.contains("Password"), "{}", ended.err);
    assert_eq!(objects(&ended.out)[0]["error"]["code"], "not_signed_in");
}

#[test]
#[cfg(unix)]
fn k3_whoever_reads_may_go_away_and_nothing_is_said_about_it() {
    let house = House::new();
    let mut ann = house.newcomer("ann", &house.code);
    ann.say("hi");
    let script = Script::of(&house, "ann");
    let mut following = script.start(&["tail", "lobby", "-f"]);
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "<<You>> : hi");
    // Nothing more is said in the room.
    drop(lines);
    let ended = following.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(141));
    assert_eq!(ended.stderr, b"");
}
