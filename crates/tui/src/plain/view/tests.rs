//! What lines look like.

use snug_proto::{Deleted, Edited, Membership, Message, PersonEntry, Place, RoleChanged};

use super::*;

const ME: AccountId = AccountId::from_bytes([1; 16]);
const ANN: AccountId = AccountId::from_bytes([2; 16]);
const DEN: RoomId = RoomId::from_bytes([3; 16]);

fn view() -> View {
    let look = Look {
        plain: true,
        times: false,
        numbers: false,
    };
    let mut view = View::new(look, ME, "bob".into(), Box::new(|_| 3600));
    view.current = Some(DEN);
    view
}

fn message(from: AccountId, body: &str) -> Message {
    Message {
        manner: None,
        place: Place {
            room: "den".into(),
            room_id: DEN,
            seq: 12,
            at: "2026-11-20T19:41:07.118Z".parse().unwrap(),
            direct: false,
        },
        author: Author {
            from: if from == ME { "bob" } else { "ann" }.into(),
            from_id: from,
            from_display: None,
            from_worn: None,
            bot: false,
            from_guest: false,
        },
        body: body.into(),
        deleted: false,
        reply_to: None,
        quote: None,
        mentions: Vec::new(),
    }
}

#[test]
fn k2_messages_are_lines_with_a_name() {
    let mut view = view();
    assert_eq!(
        view.event(&Event::Message(message(ANN, "hi"))),
        ["<<ann>> : hi"]
    );
    assert_eq!(
        view.event(&Event::Message(message(ME, "hi"))),
        ["<<You>> : hi"]
    );
    view.numbers = true;
    view.times = true;
    let lines = view.event(&Event::Message(message(ANN, "one\n<<ben>> : two")));
    assert_eq!(
        lines,
        [
            "[12 20:41] <<ann>> : one",
            "                     <<ben>> : two"
        ]
    );
    view.current = None;
    view.times = false;
    let lines = view.event(&Event::Message(message(ANN, "hi")));
    assert_eq!(lines, ["[12] #den <<ann>> : hi"]);
}

#[test]
fn direct_messages_look_different_whatever_room_one_is_in() {
    let mut view = view();
    let mut direct = message(ANN, "hi");
    direct.place.direct = true;
    direct.place.room = "@ann".into();
    direct.place.room_id = RoomId::from_bytes([9; 16]);
    assert_eq!(
        view.event(&Event::Message(direct.clone())),
        ["<<ann -> You>> : hi"]
    );
    direct.author.from_id = ME;
    assert_eq!(view.event(&Event::Message(direct)), ["<<You -> ann>> : hi"]);
}

#[test]
fn nobody_can_pass_for_another_by_a_display_name_or_steer_the_terminal() {
    let mut view = view();
    let mut evil = message(ANN, "\u{1b}[2J");
    for (display, shown) in [
        ("You", "<<ann>> : [U+001B][2J"),
        ("Pranav Gupta", "<<Pranav Gupta>> : [U+001B][2J"),
        ("x>> : hi\n<<ben", "<<x›› : hi ‹‹ben>> : [U+001B][2J"),
    ] {
        evil.author.from_display = Some(display.into());
        assert_eq!(view.event(&Event::Message(evil.clone())), [shown]);
    }
}

#[test]
fn edits_deletions_and_comings_and_goings_are_whole_lines() {
    let mut view = view();
    let Message { place, author, .. } = message(ANN, "");
    let edited = Edited {
        place: place.clone(),
        author: author.clone(),
        of: 12,
        body: "new".into(),
        deleted: false,
    };
    assert_eq!(
        view.event(&Event::Edited(edited)),
        ["ann changed message 12: new"]
    );
    let (of, at) = (12, place.clone());
    let deleted = Deleted {
        reason: None,
        place: at,
        author,
        of,
        by_server: false,
    };
    assert_eq!(
        view.event(&Event::Deleted(deleted)),
        ["ann deleted message 12"]
    );
    let subject = Subject {
        name: "ann".into(),
        account: ANN,
        display: None,
        worn: None,
        guest: false,
    };
    let joined = Membership {
        place,
        subject: subject.clone(),
        quit: false,
        reason: None,
    };
    assert_eq!(
        view.event(&Event::Joined(joined.clone())),
        ["ann has entered"]
    );
    assert_eq!(view.event(&Event::Left(joined)), ["ann has left"]);
    let presence = |online| {
        Event::Presence(Presence {
            room: "den".into(),
            room_id: DEN,
            subject: subject.clone(),
            online,
            reason: None,
        })
    };
    assert!(
        view.event(&presence(true)).is_empty(),
        "not before it was told who is here"
    );
    let entry = |name: &str, account| PersonEntry {
        name: name.into(),
        account,
        display: None,
        worn: None,
        online: true,
        away: None,
        bot: false,
        user: None,
        role: snug_proto::Role::Member,
        vip: false,
        founder: false,
        admin: false,
        voiced: false,
        muted: false,
        labels: Vec::new(),
    };
    let people = People {
        people: vec![entry("ann", ANN), entry("bob", ME)],
        online: 2,
        more: false,
    };
    assert_eq!(view.begin_with(&people), ["-- here now: ann"]);
    assert!(view.event(&presence(true)).is_empty(), "here already");
    assert_eq!(view.event(&presence(false)), ["ann has left"]);
    assert_eq!(view.event(&presence(true)), ["ann has entered"]);
}

#[test]
fn a_lost_connection_is_one_line_until_something_changes() {
    let mut view = view();
    let offline = |why: &str, s| Update::Offline {
        why: why.into(),
        retry_in: std::time::Duration::from_secs(s),
    };
    let lines = view.update(&offline("gone", 2));
    assert_eq!(lines, ["-- connection lost, trying again in 2 s (gone)"]);
    assert!(view.update(&offline("gone", 4)).is_empty());
    assert_eq!(view.update(&offline("no route", 8)).len(), 1);
    assert!(!view.is_online());
    let online = Update::Online {
        account: ME,
        name: "bob".into(),
        role: snug_proto::Role::Member,
        rooms: Vec::new(),
    };
    assert_eq!(view.update(&online), ["-- connected again"]);
    assert!(view.is_online());
}

#[test]
fn a6_an_admin_of_a_room_is_shown_what_keeps_order_there_and_nowhere_else() {
    let mut view = view();
    assert_eq!(view.standing(), Least::Member);
    let place = message(ANN, "hi").place;
    let change = |role| {
        Event::RoleChanged(RoleChanged {
            place: place.clone(),
            author: message(ANN, "hi").author,
            subject: Box::new(Subject {
                name: "bob".into(),
                account: ME,
                display: None,
                worn: None,
                guest: false,
            }),
            role,
            by_server: false,
        })
    };
    view.event(&change(RoomRole::Admin));
    assert_eq!(view.standing(), Least::RoomAdmin);
    view.current = None;
    assert_eq!(view.standing(), Least::Member);
    view.current = Some(DEN);
    view.event(&change(RoomRole::Member));
    assert_eq!(view.standing(), Least::Member);
}
