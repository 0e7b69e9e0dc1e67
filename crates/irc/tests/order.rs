//! Keeping order as an IRC client sees it: KICK, MODE, TOPIC, INVITE where IRC has a word, else a sentence.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what is not there fails the test"
)]

mod world;

use snug_proto::{
    Author, Event, Invitation, Place, RoleChanged, RoomChanges, RoomRole, Sanctioned,
    SettingsChanged, Subject,
};
use world::World;

fn sanctioned(reason: Option<&str>) -> impl FnOnce(Place, Author, Subject) -> Sanctioned {
    let reason = reason.map(str::to_owned);
    move |place, author, subject| Sanctioned {
        place,
        author,
        subject: Box::new(subject),
        until: None,
        reason,
        by_server: false,
    }
}

fn settings(changes: RoomChanges) -> impl FnOnce(Place, Author, Subject) -> Event {
    move |place, author, _| {
        Event::SettingsChanged(SettingsChanged {
            was_access: None,
            place,
            author,
            changes: Box::new(changes),
            was: None,
            new_password: false,
            reason: None,
            by_server: false,
        })
    }
}

#[test]
fn r4_a_kick_is_a_kick_and_for_oneself_the_end_of_the_channel() {
    let world = World::new(&["ann", "bob", "cat"]);
    world.room("den", &["ann", "bob", "cat"], None);
    let (mut bob, mut cat) = (world.client("bob", ""), world.client("cat", ""));
    let _ann = world.client("ann", "");
    bob.read();
    cat.read();
    world.order(("ann", "den", "cat"), |place, author, subject| {
        Event::Kicked(sanctioned(Some("enough"))(place, author, subject))
    });
    let kick = ":ann!u@snug.test KICK #den cat :enough";
    assert_eq!(bob.read(), [kick]);
    assert_eq!(cat.read(), [kick]);
    world.say("ann", "den", "she is gone");
    assert_eq!(bob.read(), [":ann!u@snug.test PRIVMSG #den :she is gone"]);
    assert!(
        cat.send("NAMES #den")[0].contains(" 366 "),
        "she is not in it"
    );
}

#[test]
fn r4_bans_roles_and_topics_are_modes_and_topics_and_the_rest_is_a_sentence() {
    let world = World::new(&["ann", "bob", "cat"]);
    world.room("den", &["ann", "bob", "cat"], None);
    let _cat = world.client("cat", "");
    let mut bob = world.client("bob", "");
    bob.read();
    world.order(("ann", "den", "cat"), |place, author, subject| {
        Event::Banned(sanctioned(None)(place, author, subject))
    });
    assert_eq!(
        bob.read(),
        [
            ":ann!u@snug.test MODE #den +b ~a:cat",
            ":ann!u@snug.test NOTICE #den :* ann banned cat.",
            ":ann!u@snug.test KICK #den cat :ann",
        ]
    );
    world.order(("ann", "den", "cat"), |place, author, subject| {
        Event::Unbanned(sanctioned(None)(place, author, subject))
    });
    assert_eq!(bob.read(), [":ann!u@snug.test MODE #den -b ~a:cat"]);
    world.order(("ann", "den", "bob"), |place, author, subject| {
        Event::RoleChanged(RoleChanged {
            place,
            author,
            subject: Box::new(subject),
            role: RoomRole::Admin,
            by_server: false,
        })
    });
    assert_eq!(bob.read(), [":ann!u@snug.test MODE #den +o bob"]);
    world.order(("ann", "den", "bob"), |place, author, subject| {
        Event::Muted(sanctioned(Some("noise"))(place, author, subject))
    });
    assert_eq!(
        bob.read(),
        [":ann!u@snug.test NOTICE #den :* ann muted bob: noise"]
    );
    let topic = RoomChanges {
        topic: Some("tea".into()),
        ..RoomChanges::default()
    };
    world.order(("ann", "den", "bob"), settings(topic));
    assert_eq!(bob.read(), [":ann!u@snug.test TOPIC #den :tea"]);
    let slow = RoomChanges {
        slow_mode_ms: Some(10_000),
        ..RoomChanges::default()
    };
    world.order(("ann", "den", "bob"), settings(slow));
    assert_eq!(bob.read(), [":ann!u@snug.test MODE #den +W 10"]);
    let history = RoomChanges {
        history: Some(snug_proto::HistoryPolicy::All),
        ..RoomChanges::default()
    };
    world.order(("ann", "den", "bob"), settings(history));
    let sentence = ":ann!u@snug.test NOTICE #den :* ann let newcomers read all that is kept.";
    assert_eq!(bob.read(), [sentence]);
}

#[test]
fn r2_an_invitation_into_a_room_is_an_invite() {
    let world = World::new(&["ann", "bob"]);
    let room_id = world.room("den", &["ann"], None);
    let mut bob = world.client("bob", "");
    bob.read();
    world.tell_all(Event::Invitation(Invitation {
        room: "den".into(),
        room_id,
        author: Author {
            from: "ann".into(),
            from_id: snug_proto::AccountId::from_bytes([7; 16]),
            from_display: None,
            from_worn: None,
            bot: false,
            from_guest: false,
        },
    }));
    assert_eq!(bob.read(), [":ann!u@snug.test INVITE bob #den"]);
}

/// `IRCv3` labeled-response: a command that takes several steps has one answer.
#[test]
fn a_label_holds_over_all_steps_of_a_command_about_a_channel() {
    let world = World::new(&["ann", "bob"]);
    world.room("den", &["ann", "bob"], None);
    world.room("attic", &["ann", "bob"], None);
    let mut ann = world.client("ann", "batch labeled-response");
    let _bob = world.client("bob", "");
    ann.read();
    for (command, lines) in [
        ("MODE #den", 4),
        ("NAMES #den,#attic", 5),
        ("LIST", 7),
        ("INVITE", 1),
    ] {
        let seen = ann.send(&format!("@label=a1 {command}"));
        assert_eq!(seen.len(), lines, "{command}: {seen:#?}");
        assert!(seen[0].starts_with("@label=a1"), "{command}: {seen:#?}");
        let labelled = seen.iter().filter(|line| line.contains("label=a1"));
        assert_eq!(labelled.count(), 1, "{command}: {seen:#?}");
    }
    let seen = ann.send("@label=a2 MODE #den +b");
    assert!(seen[0].contains("label=a2"), "{seen:#?}");
    // What changes nothing is acknowledged.
    let seen = ann.send("@label=a3 JOIN #den");
    assert_eq!(seen, ["@label=a3 :snug.test ACK"]);
}
