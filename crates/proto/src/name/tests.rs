//! What may be a name, and which names are one name to the eye.

use proptest::prelude::*;

use super::*;
use crate::{AccountId, PersonRef, RoomRef};

fn account(text: &str) -> Result<String, NotAName> {
    AccountName::parse(text).map(|name| name.as_str().to_owned())
}

fn room(text: &str) -> Result<String, NotAName> {
    RoomName::parse(text).map(|name| name.as_str().to_owned())
}

fn skeleton_of(text: &str) -> String {
    AccountName::parse(text).unwrap().skeleton()
}

#[test]
fn brackets_have_a_case_as_they_have_on_irc() {
    // RFC 1459 §2.2.
    for (one, other) in [("F]|oo{", "f}\\oo["), ("F}o\\o[", "f]o|o{")] {
        let (one, other) = (
            RoomName::parse(one).unwrap(),
            RoomName::parse(other).unwrap(),
        );
        assert_eq!(one, other);
        assert_eq!(one.skeleton(), other.skeleton());
        assert!(same_name(one.shown(), other.shown()));
    }
    let name = AccountName::parse("[Ann]").unwrap();
    assert_eq!((name.as_str(), name.shown()), ("{ann}", "[Ann]"));
    assert_ne!(AccountName::parse("a^n"), AccountName::parse("a`n"));
    assert_eq!(folded_pattern("F]*"), "f}*");
}

#[test]
fn a_name_is_shown_as_it_was_written_and_is_one_name_however_it_is_written() {
    let shown = |text: &str| AccountName::parse(text).map(|name| name.to_string());
    for (text, written) in [
        ("Anna", "Anna"),
        ("anna", "anna"),
        ("ANNA", "ANNA"),
        ("e\u{301}Va", "\u{e9}Va"),
        ("Ｆｕｌｌ", "Full"),
        ("Мария", "Мария"),
        ("Ian", "Ian"),
    ] {
        assert_eq!(shown(text), Ok(written.to_owned()), "{text}");
    }
    let (one, other) = (AccountName::parse("AnNa"), AccountName::parse("anna"));
    assert_eq!(one, other);
    assert_eq!(one.unwrap().written(), Some("AnNa"));
    assert_eq!(other.unwrap().written(), None);
    assert_eq!(RoomName::parse("Den"), RoomName::parse("dEN"));
}

#[test]
fn a_room_that_passes_says_so_by_its_name() {
    let name = RoomName::parse("&Den").unwrap();
    assert_eq!((name.as_str(), name.shown()), ("&den", "&Den"));
    assert!(name.is_passing() && !RoomName::parse("den").unwrap().is_passing());
    assert_ne!(name.skeleton(), RoomName::parse("den").unwrap().skeleton());
    assert!(same_name("&DEN", name.as_str()));
    let longest = format!("&{}", "a".repeat(MAX_ROOM_NAME_CHARS));
    assert!(room(&longest).is_ok() && room(&format!("{longest}a")).is_err());
    for none in ["&", "&&den", "&-den", "d&n", "＆den", "& den"] {
        assert_eq!(room(none), Err(NotAName), "{none}");
    }
    assert_eq!(account("&den"), Err(NotAName));
}

#[test]
fn capitals_that_look_like_other_letters_make_a_look_of_their_own() {
    let look = |text: &str| AccountName::parse(text).unwrap().look();
    assert_eq!(look("paypaI"), Some(skeleton_of("paypal")));
    assert_eq!(look("Ian"), Some(skeleton_of("lan")));
    for plain in ["ian", "Anna", "BOB", "M0DERN", "Weird"] {
        assert_eq!(look(plain), None, "{plain}");
    }
    // The Greek capital is a Latin one to the eye, its small letter is not.
    assert_eq!(look("Νικος"), Some(super::look("Nικος")));
}

#[test]
fn a_name_is_compared_in_lower_case_and_composed() {
    assert_eq!(account("Ann"), Ok("ann".to_owned()));
    assert_eq!(account("ÅSA"), Ok("åsa".to_owned()));
    assert_eq!(account("e\u{301}va"), Ok("\u{e9}va".to_owned()));
    assert_eq!(account("Ｆｕｌｌ"), Ok("full".to_owned()));
    assert_eq!(account("ΣΊΣΥΦΟΣ"), account("σίσυφοσ"));
    assert_eq!(account("Мария"), Ok("мария".to_owned()));
    assert_eq!(account("राम"), Ok("राम".to_owned()));
    assert_eq!(account("דוד"), Ok("דוד".to_owned()));
    assert_eq!(room("Den"), Ok("den".to_owned()));
}

#[test]
fn a_name_has_its_length_in_characters_and_no_more_work_is_done_than_that() {
    assert_eq!(account(""), Err(NotAName));
    assert!(account(&"a".repeat(32)).is_ok());
    assert!(account(&"a".repeat(33)).is_err());
    assert!(room(&"a".repeat(48)).is_ok());
    assert!(room(&"a".repeat(49)).is_err());
    let composed = "\u{d55c}".repeat(32);
    let decomposed = "\u{1112}\u{1161}\u{11ab}".repeat(32);
    assert_eq!(account(&decomposed), Ok(composed));
    assert!(account(&"\u{d55c}".repeat(33)).is_err());
    assert!(account(&"e\u{301}".repeat(40_000)).is_err());
}

#[test]
fn what_would_mislead_a_reader_or_a_terminal_is_no_name() {
    for bad in [
        "a b",
        " a",
        "a\t",
        "a\n",
        "\u{1b}[1m",
        "a:b",
        "@ann",
        "#den",
        "a,b",
        "a@b",
        "a!b",
        "a*",
        "a?b",
        "a/b",
        "a\"b",
        "a'b",
        "a<b",
        "a&b",
        "a=b",
        "a~b",
        "a$b",
        "a%b",
        "a(b",
        "a+b",
        "a;b",
        "a\0b",
        "a\u{7f}b",
        "a\u{9b}b",
        "a\u{a0}b",
        "a\u{3000}b",
    ] {
        assert_eq!(account(bad), Err(NotAName), "{bad:?}");
        assert_eq!(room(bad), Err(NotAName), "{bad:?}");
    }
    for (what, bad) in [
        ("right-to-left override", "a\u{202e}b"),
        ("left-to-right mark", "a\u{200e}b"),
        ("zero width space", "a\u{200b}b"),
        ("zero width joiner", "a\u{200d}b"),
        ("soft hyphen", "a\u{ad}b"),
        ("byte order mark", "\u{feff}a"),
        ("word joiner", "a\u{2060}b"),
        ("variation selector", "a\u{fe0f}"),
        ("hangul filler", "\u{3164}"),
        ("tag", "a\u{e0061}"),
        ("emoji", "a\u{1f600}"),
        ("private use", "a\u{e000}"),
        ("noncharacter", "a\u{fdd0}"),
        ("unassigned", "a\u{e0080}"),
        ("line separator", "a\u{2028}b"),
        ("fullwidth colon", "a\u{ff1a}b"),
        ("fullwidth at", "\u{ff20}ann"),
        ("right to left and left to right in one", "דוד\u{61}"),
    ] {
        assert_eq!(account(bad), Err(NotAName), "{what}");
        assert_eq!(room(bad), Err(NotAName), "{what}");
    }
}

#[test]
fn marks_stand_on_a_letter_and_few_of_them() {
    assert_eq!(account("\u{301}a"), Err(NotAName), "nothing below it");
    assert_eq!(room("\u{940}a"), Err(NotAName), "nothing below it");
    let stacked = |marks: usize| format!("z{}", "\u{33f}".repeat(marks));
    assert!(account(&stacked(MAX_MARKS_IN_A_ROW)).is_ok());
    assert_eq!(account(&stacked(MAX_MARKS_IN_A_ROW + 1)), Err(NotAName));
    assert!(account("नीलकंठ").is_ok());
    assert!(account("สมชาย").is_ok());
}

#[test]
fn the_first_character_follows_decisions_1_and_2() {
    for good in [
        "_ann", "[ann]", "^ann", "`ann", "|ann", "{ann", "\\ann", "7ann", "_a7",
    ] {
        assert!(account(good).is_ok(), "{good}");
    }
    for bad in ["-ann", ".ann", "_7ann", "-", "."] {
        assert_eq!(account(bad), Err(NotAName), "{bad}");
    }
    for good in ["den", "7den", "été", "房間"] {
        assert!(room(good).is_ok(), "{good}");
    }
    for bad in ["_den", "-den", ".den", "[den", "|den", "`den"] {
        assert_eq!(room(bad), Err(NotAName), "{bad}");
    }
}

#[test]
fn names_that_look_alike_have_one_skeleton() {
    for (name, look_alikes) in [
        (
            "paypal",
            &["p\u{430}ypal", "PAYPAL", "paypa1", "ра\u{443}ра1", "pаypa|"][..],
        ),
        ("bob", &["b0b", "B0B", "b\u{43e}b", "bοb"]),
        ("ill", &["i1l", "i11", "I|l", "і1l"]),
        ("scope", &["ѕсоре", "ＳＣＯＰＥ"]),
        ("modern", &["rnodern", "modem"]),
        ("strasse", &["straße", "STRASSE"]),
        ("owner", &["0wner", "\u{43e}wner", "ownеr"]),
        ("maria", &["mаriа", "marıa"]),
    ] {
        for look_alike in look_alikes {
            assert_eq!(skeleton_of(look_alike), skeleton_of(name), "{look_alike}");
        }
    }
}

#[test]
fn names_that_do_not_look_alike_have_skeletons_of_their_own() {
    let names = [
        "ann",
        "anna",
        "bob",
        "bobby",
        "eva",
        "\u{e9}va",
        "åsa",
        "asa",
        "den",
        "lobby",
        "мария",
        "maria",
        "mario",
        "user1",
        "user2",
        "user-1",
        "user_1",
        "user.1",
    ];
    let skeletons: std::collections::HashSet<_> =
        names.iter().map(|name| skeleton_of(name)).collect();
    assert_eq!(skeletons.len(), names.len());
}

/// Anything at all; what looks like names; and letters, marks and look-alikes from all over Unicode.
fn texts() -> impl Strategy<Value = String> {
    let pieces: Vec<char> = "aAbBzZ019_-.[]{}\\`^| @:#\t\u{1b}éÉßİıſΣςσжЖаеоІǅﬃＡａ１\u{301}\u{33f}\u{200d}\u{200c}\u{202e}\u{94d}क한ᄒ\u{1161}\u{11ab}שرab٣ーカｶﾞ\u{10400}\u{1e943}"
        .chars()
        .collect();
    prop_oneof![
        any::<String>(),
        proptest::collection::vec(proptest::sample::select(pieces), 0..60)
            .prop_map(|chars| chars.into_iter().collect()),
        proptest::collection::vec(any::<char>(), 1..4)
            .prop_map(|chars| chars.into_iter().collect()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn parsing_is_bounded_and_what_it_makes_parses_to_itself(text in texts()) {
        if let Ok(name) = AccountName::parse(&text) {
            prop_assert_eq!(AccountName::parse(name.as_str()), Ok(name.clone()));
            prop_assert!(name.as_str().chars().count() <= MAX_ACCOUNT_NAME_CHARS);
            prop_assert!(!name.as_str().is_empty());
            prop_assert!(!name.as_str().contains(|c: char| c.is_whitespace() || c.is_control()));
        }
        if let Ok(name) = RoomName::parse(&text) {
            prop_assert_eq!(RoomName::parse(name.as_str()), Ok(name.clone()));
            let most = MAX_ROOM_NAME_CHARS + usize::from(name.is_passing());
            prop_assert!(name.as_str().chars().count() <= most);
        }
    }

    #[test]
    fn no_name_reads_as_an_id_or_as_a_direct_conversation(text in texts()) {
        if let Ok(name) = AccountName::parse(&text) {
            prop_assert!(name.as_str().parse::<AccountId>().is_err());
            prop_assert_eq!(PersonRef::from(name.shown()), PersonRef::Name(name.to_string()));
        }
        if let Ok(name) = RoomName::parse(&text) {
            prop_assert_eq!(RoomRef::from(name.shown()), RoomRef::Name(name.to_string()));
        }
    }

    #[test]
    fn whatever_the_spelling_it_is_one_name(text in texts()) {
        if let Ok(name) = AccountName::parse(&text) {
            let shown = name.shown();
            let again = AccountName::parse(shown);
            prop_assert_eq!(&again, &Ok(name.clone()), "{}", shown);
            let again = again.unwrap();
            prop_assert_eq!(again.shown(), shown);
            prop_assert_eq!(&again.look(), &name.look());
            prop_assert_eq!(&*folded_name(shown), name.as_str());
            prop_assert!(same_name(shown, name.as_str()));
            prop_assert!(shown.chars().count() <= MAX_ACCOUNT_NAME_CHARS);
            prop_assert!(!shown.contains(|c: char| c.is_whitespace() || c.is_control()));
            prop_assert!(name.look() != Some(name.skeleton()));
        }
    }

    #[test]
    fn names_that_look_alike_as_they_are_written_cannot_both_be_taken(
        one in "[IlLoO01mMrnN]{1,6}",
        other in "[IlLoO01mMrnN]{1,6}",
    ) {
        let (one, other) = (AccountName::parse(&one).unwrap(), AccountName::parse(&other).unwrap());
        let eye = |name: &AccountName| unicode_security::skeleton(name.shown()).collect::<String>();
        if eye(&one) == eye(&other) {
            let looks = |name: &AccountName| [Some(name.skeleton()), name.look()];
            prop_assert!(looks(&one).iter().flatten().any(|look| looks(&other).contains(&Some(look.clone()))));
        }
    }

    #[test]
    fn a_skeleton_is_its_own_skeleton_and_knows_no_case(text in texts()) {
        if let Ok(name) = RoomName::parse(&text) {
            let skeleton = name.skeleton();
            prop_assert!(!skeleton.is_empty());
            prop_assert_eq!(super::skeleton(&skeleton), skeleton.clone());
            prop_assert_eq!(super::skeleton(&name.as_str().to_uppercase()), skeleton);
        }
    }

    #[test]
    fn ascii_needs_no_precis_to_come_to_the_same(text in "[ -~]{1,40}") {
        let both = (text.to_ascii_lowercase(), text.clone());
        let by_precis = by_precis(&text).is_ok_and(|name| name == both);
        if account(&text).is_ok() {
            prop_assert!(by_precis);
        }
    }
}

#[test]
fn every_single_character_keeps_the_invariants() {
    for c in '\0'..=char::MAX {
        let text = c.to_string();
        let Ok(name) = RoomName::parse(&text) else {
            continue;
        };
        assert_eq!(RoomName::parse(name.as_str()), Ok(name.clone()), "{c:?}");
        let skeleton = name.skeleton();
        assert!(!skeleton.is_empty(), "{c:?}");
        assert_eq!(super::skeleton(&skeleton), skeleton, "{c:?}");
    }
}
