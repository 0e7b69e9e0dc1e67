//! `IRCv3` capability-negotiation and sts, on the raw wire.

use snug_irc::{Capability, Link, Settings, Sts};

use crate::{
    fresh, words,
    world::{Client, World},
};

/// Every capability that LS names, over all its lines, and the lines themselves.
fn listed(client: &mut Client, line: &str) -> (Vec<String>, Vec<String>) {
    let lines = client.send(line);
    let mut caps = Vec::new();
    for line in &lines {
        let (_, list) = line.split_once(" :").unwrap();
        caps.extend(list.split_ascii_whitespace().map(str::to_owned));
    }
    (caps, lines)
}

#[test]
fn a_list_takes_as_many_lines_as_it_needs_and_only_version_302_is_told_of_more() {
    // capability-negotiation, "Multiline replies to CAP LS and CAP LIST".
    let world = World::new(&["ann"]);
    let (caps, lines) = listed(&mut fresh(&world), "CAP LS 302");
    for (index, line) in lines.iter().enumerate() {
        let more = line.starts_with(":snug.test CAP * LS * :");
        assert_eq!(more, index + 1 < lines.len(), "{line}");
    }
    let names = |caps: &[String]| -> Vec<String> {
        let names = caps.iter().map(|cap| cap.split('=').next().unwrap());
        names.map(str::to_owned).collect()
    };
    let all = Capability::ALL
        .iter()
        .filter(|one| **one != Capability::Sts);
    let all: Vec<_> = all.map(|one| one.name().to_owned()).collect();
    assert_eq!(names(&caps), all);
    for asked in ["CAP LS", "CAP LS 301"] {
        let (caps, lines) = listed(&mut fresh(&world), asked);
        assert_eq!(lines.len(), 1, "without version 302 there is one line");
        assert!(lines[0].len() <= 510 && !lines[0].contains(" LS * "));
        // No values, and what is ratified comes before the drafts that fit.
        assert!(caps.iter().all(|cap| all.contains(cap)), "{caps:?}");
        let ratified = all.iter().filter(|cap| !cap.starts_with("draft/"));
        assert!(ratified.clone().all(|cap| caps.contains(cap)), "{caps:?}");
        assert!(caps.len() > ratified.count());
    }
}

#[test]
fn asking_for_everything_is_granted_whole_and_listed() {
    let mut client = fresh(&World::new(&["ann"]));
    let (caps, _) = listed(&mut client, "CAP LS 302");
    let wanted: Vec<&str> = caps
        .iter()
        .map(|cap| cap.split('=').next().unwrap())
        .collect();
    for part in wanted.chunks(12) {
        let granted = client.send(&format!("CAP REQ :{}", part.join(" ")));
        let granted = granted.join(" ");
        assert!(granted.contains(" ACK "), "{granted}");
        for cap in part {
            assert!(words(&granted).any(|word| word == *cap), "{cap}: {granted}");
        }
    }
    let (list, _) = listed(&mut client, "CAP LIST");
    assert_eq!(list, wanted);
}

#[test]
fn a_client_that_asks_for_no_list_is_given_an_empty_one() {
    // "If no capabilities are active, an empty parameter must be sent."
    let mut client = fresh(&World::new(&["ann"]));
    assert_eq!(client.send("CAP LIST"), [":snug.test CAP * LIST :"]);
    assert_eq!(
        client.send("CAP REQ :foo qux bar baz qux quux"),
        [":snug.test CAP * NAK :foo qux bar baz qux quux"]
    );
}

#[test]
fn sts_tells_the_port_without_tls_and_the_duration_with_it_and_is_never_granted() {
    // sts, "Details": a value is required, so version 302 alone is told.
    let world = World::new(&["ann"]);
    let settings = || Settings {
        sts: Some(Sts {
            port: 7667,
            duration_s: 3600,
        }),
        ..Settings::new("snug.test", "Snug Test", "snug-0")
    };
    for (secure, value) in [(false, "sts=port=7667"), (true, "sts=duration=3600")] {
        let link = Link {
            secure,
            ..Link::default()
        };
        let client = || Client::over(world.session(), settings(), link);
        let (caps, _) = listed(&mut client(), "CAP LS 302");
        assert!(caps.iter().any(|cap| cap == value), "{caps:?}");
        let (caps, _) = listed(&mut client(), "CAP LS");
        assert!(!caps.iter().any(|cap| cap.starts_with("sts")), "{caps:?}");
        assert_eq!(client().send("CAP REQ :sts"), [":snug.test CAP * NAK :sts"]);
    }
}
