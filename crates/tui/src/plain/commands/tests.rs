//! How lines are read, and the table itself.

use snug_proto::{HistoryPolicy, Request, RoomRef, Timestamp};
use unicode_width::UnicodeWidthStr;

use super::*;

mod forms;

fn around() -> Around {
    Around {
        here: Some(RoomRef::from("lobby")),
        in_lobby: true,
        now: Timestamp::from_ms(1_800_000_000_000),
        offset_s: 0,
    }
}

fn deed(line: &str) -> Result<Deed, Misuse> {
    let Line::Command(command, words) = Line::parse(line) else {
        panic!("{line} is no command");
    };
    command.deed(&words, around())
}

fn queued(line: &str) -> (Request, Then) {
    match deed(line) {
        Ok(Deed::Queued(Queued { request, then })) => (request, then),
        _ => panic!("{line} is queued"),
    }
}

#[test]
fn a_line_is_words_or_a_command() {
    assert!(matches!(Line::parse("  "), Line::Nothing));
    for (line, words) in [
        ("hi  there ", "hi  there "),
        ("//quit", "/quit"),
        ("quit it", "quit it"),
    ] {
        assert!(
            matches!(Line::parse(line), Line::Say(said) if said == words),
            "{line}"
        );
    }
    for line in ["quit", " QUIT ", "/quit", "/Quit", "/exit"] {
        assert!(Line::parse(line).is_quit(), "{line}");
    }
    assert!(matches!(Line::parse("/jion den"), Line::Unknown(name) if name == "jion"));
}

#[test]
fn commands_are_read_with_what_they_need() {
    let (request, then) = queued("/msg @ann  hi  there");
    let Request::Send(send) = request else {
        panic!();
    };
    assert_eq!(send.to, Some("ann".into()));
    assert_eq!(send.body, "hi  there");
    assert_eq!(then, Then::Words("hi  there".into()));
    let (request, then) = queued("/create #den --password sesame --history since_joining");
    let Request::CreateRoom(create) = request else {
        panic!();
    };
    assert_eq!(
        (create.room.as_str(), then),
        ("den", Then::Enter("den".into()))
    );
    assert_eq!(create.password, Some("sesame".into()));
    assert_eq!(create.history, Some(HistoryPolicy::SinceJoining));
    let (Request::Edit(edit), _) = queued("/edit 12 new words") else {
        panic!();
    };
    assert_eq!((edit.seq, edit.body.as_str()), (12, "new words"));
    for asked in [
        "/history",
        "/history 7",
        "/history before 40",
        "/history since 19:30",
        "/who",
    ] {
        assert!(matches!(deed(asked), Ok(Deed::Ask(_))), "{asked}");
    }
}

#[test]
fn a_secret_that_is_not_given_is_asked_for() {
    let Ok(Deed::Secret { then, .. }) = deed("/create den --password --history all") else {
        panic!();
    };
    let Deed::Queued(Queued { request, .. }) = then("sesame".into()) else {
        panic!();
    };
    let Request::CreateRoom(create) = request else {
        panic!();
    };
    assert_eq!(create.password, Some("sesame".into()));
    let code = deed("/server registration code inviters moderators");
    assert!(matches!(code, Ok(Deed::Secret { .. })));
    assert!(matches!(
        deed("/server registration code X"),
        Ok(Deed::Ask(_))
    ));
}

#[test]
fn a_command_used_wrongly_says_how_it_is_used() {
    for line in [
        "/join",
        "/join #",
        "/msg ann",
        "/msg @ hi",
        "/edit x y",
        "/edit 3",
        "/delete",
        "/delete 3 4",
        "/history x",
        "/history 0",
        "/history since",
        "/token",
        "/token new",
        "/token new x y",
        "/server registration",
        "/numbers maybe",
        "/rooms den",
        "/create den --passwort",
    ] {
        assert!(matches!(deed(line), Err(Misuse::Usage)), "{line}");
    }
    assert!(matches!(deed("/history since then"), Err(Misuse::Say(_))));
}

#[test]
fn an_unknown_command_finds_its_neighbour() {
    for (typed, meant) in [
        ("jion", "join"),
        ("histroy", "history"),
        ("dlete", "delete"),
        ("msgg", "msg"),
    ] {
        assert_eq!(nearest(typed), Some(meant), "{typed}");
    }
    assert_eq!(nearest("frobnicate"), None);
}

#[test]
fn every_command_has_one_name_and_says_what_it_does() {
    let mut names = std::collections::BTreeSet::new();
    for command in all() {
        for name in std::iter::once(&command.name).chain(command.aliases) {
            assert!(names.insert(*name), "/{name} is there twice");
            assert_eq!(*name, name.to_lowercase());
        }
        let begins = format!("/{}", command.name);
        assert!(command.usage.starts_with(&begins), "{}", command.usage);
        assert!(
            command.help.ends_with(['.', ')']),
            "/{}: a sentence",
            command.name
        );
    }
}

#[test]
fn a6_help_shows_each_role_its_own_commands_in_eighty_columns() {
    let roles = [
        Least::Member,
        Least::RoomAdmin,
        Least::Moderator,
        Least::Owner,
    ];
    for role in roles {
        let lines = help::lines(None, role);
        for command in all() {
            let name = format!("/{}", command.name);
            let mut words = lines.iter().flat_map(|line| line.split(' '));
            let shown = words.any(|word| word == name);
            let theirs = command.least <= role && command.least > Least::Guest;
            assert_eq!(shown, theirs, "{name} for {role:?}");
        }
        let abouts = all().map(|command| command.name);
        let abouts = abouts.chain(AREAS.iter().map(|area| area.title));
        let all = abouts.flat_map(|about| help::lines(Some(about), role));
        for line in lines.into_iter().chain(all) {
            assert!(line.width() <= 80, "{line}");
        }
    }
}

#[test]
fn a_guest_is_shown_no_command_that_needs_an_account() {
    let shown = help::lines(None, Least::Guest).join(" ");
    for command in ["/msg", "/join", "/create", "/nick", "/report", "/quit"] {
        assert!(shown.contains(command), "{command}: {shown}");
    }
    for command in [
        "/friend",
        "/token",
        "/password",
        "/pay",
        "/invite",
        "/owner",
    ] {
        assert!(!shown.contains(command), "{command}: {shown}");
    }
    assert!(!help::lines(None, Least::Member).join(" ").contains("/nick"));
}
