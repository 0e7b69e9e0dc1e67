//! What the forms of the screen ask for is what their commands ask for.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use snug_client::{Fingerprint, Link};
use snug_proto::{
    ErrorCode, Me, Myself, Pending, PersonRef, Refusal, Request, Role, RoomAbout, RoomChanges,
    RoomId, RoomRef, ServerSettings, SetRoom,
};
use snug_screen::{
    Input, ServerId, Settings, Size, keys,
    overlay::{
        EXAMPLES, Form, Overlay,
        forms::{account, invite, moderation, moderation::Sanction, room, server},
    },
    state::State,
};

use super::*;

const SERVER: ServerId = ServerId(1);

fn den() -> RoomId {
    RoomId::from_bytes([2; 16])
}

/// The request that a command comes to, with this for every secret that it asks for.
fn requested(line: &str, secret: &str) -> Request {
    let Line::Command(command, words) = Line::parse(line) else {
        panic!("{line} is no command");
    };
    let around = Around {
        here: Some(RoomRef::Id(den())),
        in_lobby: false,
        ..around()
    };
    let deed = command.deed(&words, around);
    let mut deed = deed.unwrap_or_else(|wrong| panic!("{line}: {wrong:?}"));
    loop {
        deed = match deed {
            Deed::Queued(queued) => return queued.request,
            Deed::Secret { then, .. } => then(secret.into()),
            Deed::Ask(question) => return asked(question),
            Deed::Here(_) => panic!("{line} asks no server"),
        };
    }
}

/// What a question asks first.
fn asked(question: deed::Question) -> Request {
    let seen = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&seen);
    let server = move |request: Request| {
        noted.lock().unwrap().get_or_insert(request);
        Pending::refused(Refusal::new(ErrorCode::Forbidden))
    };
    let ask = Ask {
        server: Arc::new(server),
        link: Link::new("example.org", 7667, Fingerprint::from_bytes([1; 32])).unwrap(),
        name: "olga".to_owned(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let refused = runtime.unwrap().block_on(question(ask));
    assert!(refused.is_err());
    seen.lock().unwrap().take().unwrap()
}

/// A form, filled in by these keys.
fn filled(mut form: Form, text: &str) -> Form {
    let now = Timestamp::from_ms(1_800_000_000_000);
    let state = State::new(
        Settings::default(),
        Size {
            width: 80,
            height: 24,
        },
        now,
    );
    for key in keys(text) {
        let deeds = form.input(&Input::Key(key), &state);
        assert!(deeds.is_empty(), "{text}: {deeds:?}");
    }
    form
}

fn settings_of_den() -> RoomAbout {
    let about = serde_json::json!({
        "room": "den", "room_id": den(), "member": true, "history": "all", "topic": "old",
    });
    serde_json::from_value(about).unwrap()
}

fn settings_of_server() -> ServerSettings {
    let settings = serde_json::json!({
        "server": "home", "registration": "open", "inviters": "members", "plain_passwords": true,
    });
    serde_json::from_value(settings).unwrap()
}

fn myself() -> Myself {
    Myself {
        account: snug_proto::AccountId::from_bytes([1; 16]),
        name: "olga".to_owned(),
        display: None,
        role: Role::Member,
        strangers: true,
        no_guests: false,
        recovery_codes: None,
        bot: false,
        away: None,
    }
}

fn asks_the_same(form: Form, text: &str, line: &str) {
    let form = filled(form, text);
    let made = form
        .made()
        .unwrap_or_else(|wrong| panic!("{line}: {wrong}"));
    assert_eq!(made.commands, [line]);
    assert_eq!(made.request, requested(line, "sesame"), "{line}");
}

#[test]
fn a_form_asks_for_what_its_command_asks_for() {
    let sanction = |what| moderation::sanction(SERVER, den(), "ann", what);
    for (form, text, line) in [
        (
            sanction(Sanction::Ban),
            "2d<Tab>spam and more",
            "/ban ann --for 2d --why spam and more",
        ),
        (sanction(Sanction::Ban), "", "/ban ann"),
        (sanction(Sanction::Mute), "1h30m", "/mute ann --for 1h30m"),
        (sanction(Sanction::Kick), "spam", "/kick ann --why spam"),
        (
            sanction(Sanction::ServerKick),
            "spam",
            "/server-kick ann --why spam",
        ),
        (
            sanction(Sanction::ServerBan),
            "2d<Tab>spam",
            "/server-ban ann --for 2d --why spam",
        ),
        (
            moderation::report(SERVER, den(), 42, "ann"),
            "It is spam.",
            "/report 42 It is spam.",
        ),
        (
            moderation::report(SERVER, den(), 42, "ann"),
            "",
            "/report 42",
        ),
        (invite::invite(SERVER), "<Ctrl-U>3d", "/invite --for 3d"),
        (invite::invite(SERVER), "<Ctrl-U>", "/invite"),
        (room::create(SERVER, "#attic"), "", "/create attic"),
        (
            room::create(SERVER, "attic"),
            "<Tab><Right><Tab>sesame",
            "/create attic --password",
        ),
        (
            room::create(SERVER, "attic"),
            "<Tab><Left><Tab><Tab><Right><Tab><Right><Tab>30d",
            "/create attic --invitation --hidden --history since_joining --keep 30d",
        ),
        (room::join(SERVER, "attic"), "", "/join attic"),
        (account::token(SERVER), "weechat", "/token new weechat"),
        (
            account::token(SERVER),
            "bot<Tab><Right>",
            "/token new bot read",
        ),
        (account::befriend(SERVER), "@ann", "/friend ann"),
        (
            account::myself(SERVER, &myself()),
            "Olga of the den",
            "/display Olga of the den",
        ),
        (
            account::myself(SERVER, &myself()),
            "<Tab><Right>",
            "/strangers off",
        ),
    ] {
        asks_the_same(form, text, line);
    }
}

#[test]
fn settings_ask_for_what_their_commands_ask_for() {
    let settings = || room::settings(SERVER, den(), &settings_of_den());
    let of_server = || server::settings(SERVER, &settings_of_server());
    for (form, text, line) in [
        (settings(), "<Ctrl-U>The trip", "/topic The trip"),
        (settings(), "<Ctrl-U>", "/topic -"),
        (settings(), "<Tab><Ctrl-U>attic", "/rename-room attic"),
        (settings(), "<Tab><Tab><Left>", "/access invitation"),
        (settings(), "<Tab><Tab><Tab>sesame", "/room-password"),
        (settings(), "<Tab><Tab><Tab><Tab><Right>", "/hide"),
        (
            settings(),
            "<Tab><Tab><Tab><Tab><Tab><Right>",
            "/newcomers since_joining",
        ),
        (
            settings(),
            "<BackTab><Tab><Tab><Tab><Tab><Tab><Tab>10s",
            "/slow 10s",
        ),
        (
            settings(),
            "<Tab><Tab><Tab><Tab><Tab><Tab><Tab><Ctrl-U>30d",
            "/keep 30d",
        ),
        (
            settings(),
            "<Tab><Tab><Tab><Tab><Tab><Tab><Tab><Tab>50",
            "/limit 50",
        ),
        (
            settings(),
            "<Tab><Tab><Tab><Tab><Tab><Tab><Tab><Tab><Tab><Right>",
            "/moderated on",
        ),
        (
            settings(),
            "<Tab><Tab><Tab><Tab><Tab><Tab><Tab><Tab><Tab><Tab><Right>",
            "/archive",
        ),
        (of_server(), "<Left>", "/server registration roster"),
        (
            of_server(),
            "<Right><Tab><Tab>sesame",
            "/server registration code",
        ),
        (
            of_server(),
            "<Tab><Right><Tab><Tab><Right><Tab><Right><Tab><Right><Tab><Right><Tab>5",
            "/server guests on inviters moderators plain_passwords off watch_open_rooms on credits \
             on vip_price 5",
        ),
    ] {
        asks_the_same(form, text, line);
    }
}

#[test]
fn a_form_of_settings_asks_once_for_what_its_commands_ask_for_one_by_one() {
    let form = room::settings(SERVER, den(), &settings_of_den());
    let made = filled(form, "<Ctrl-U>The trip<Tab><Tab><Left>")
        .made()
        .unwrap();
    assert_eq!(made.commands, ["/topic The trip", "/access invitation"]);
    let mut together = RoomChanges::default();
    for line in &made.commands {
        let Request::SetRoom(set) = requested(line, "") else {
            panic!("{line}");
        };
        together.topic = set.changes.topic.clone().or(together.topic);
        together.access = set.changes.access.or(together.access);
    }
    let expected = SetRoom {
        room: RoomRef::Id(den()),
        changes: Box::new(together),
        password: None,
        reason: None,
        key: None,
    };
    assert_eq!(made.request, expected.into());
}

#[test]
fn what_is_missing_in_a_form_is_said() {
    let wrong = |form: Form, text: &str| filled(form, text).made().unwrap_err();
    let ban = moderation::sanction(SERVER, den(), "ann", Sanction::Ban);
    assert!(wrong(ban, "soon").starts_with("A length of time is like"));
    assert_eq!(
        wrong(room::create(SERVER, ""), ""),
        "Write the room's name."
    );
    assert_eq!(
        wrong(room::create(SERVER, "two words"), ""),
        "A name has no spaces."
    );
    assert_eq!(
        wrong(room::create(SERVER, "x"), "<Tab><Right>"),
        "Write the password."
    );
    let settings = room::settings(SERVER, den(), &settings_of_den());
    assert_eq!(wrong(settings, ""), "Nothing is changed yet.");
    let _person: PersonRef = "ann".into();
}

#[test]
fn every_command_has_an_example_that_is_used_rightly() {
    let examples: BTreeSet<&str> = EXAMPLES.iter().map(|(name, _)| *name).collect();
    for command in all().filter(|command| command.least > Least::Guest) {
        assert!(
            examples.contains(command.name),
            "/{} has no example",
            command.name
        );
    }
    for (name, line) in EXAMPLES {
        let Line::Command(command, words) = Line::parse(line) else {
            panic!("{line} is no command");
        };
        assert_eq!(command.name, *name);
        let read = command.deed(&words, around());
        assert!(read.is_ok(), "{line}: {:?}", read.err());
    }
}

#[test]
fn what_the_menu_does_by_commands_is_used_rightly() {
    for (_, line) in snug_screen::overlay::KEEPING_ORDER {
        let read = deed(line);
        assert!(read.is_ok(), "{line}: {:?}", read.err());
    }
}

#[test]
fn switches_are_taken_in_any_case_and_without_a_word_show_what_is_set() {
    let nothing = Request::from(Me::default());
    for line in ["/hear-guests", "/strangers"] {
        assert_eq!(requested(line, ""), nothing, "{line}");
    }
    for (line, same) in [
        ("/hear-guests OFF", "/hear-guests off"),
        ("/moderated On", "/moderated on"),
        ("/topic-by ALL", "/topic-by all"),
        ("/limit Off", "/limit off"),
    ] {
        assert_eq!(requested(line, ""), requested(same, ""), "{line}");
    }
}
