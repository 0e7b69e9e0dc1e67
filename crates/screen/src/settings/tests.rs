//! The file, read right and wrong.

use proptest::prelude::*;

use super::*;
use crate::{Action, Context};

fn parse(text: &str) -> Result<Settings, BadSettings> {
    Settings::parse(text, Colour::Allowed)
}

#[test]
fn the_default_file_says_what_is_so_without_it() {
    assert_eq!(parse(DEFAULT_FILE), Ok(Settings::default()));
    assert_eq!(parse(""), Ok(Settings::default()));
}

#[test]
fn every_commented_option_of_the_default_file_is_one_too() {
    let mut text = String::new();
    for line in DEFAULT_FILE.lines() {
        let option = line.strip_prefix("# ").filter(|rest| rest.contains(" = "));
        text.push_str(option.unwrap_or(line));
        text.push('\n');
    }
    let settings = parse(&text).unwrap();
    assert_eq!(settings.bindings, Settings::default().bindings);
    assert_eq!(settings.rooms.len(), 3);
}

#[test]
fn what_is_wrong_is_said_with_its_line_and_its_option() {
    for (text, said) in [
        (
            "theme = \"pink\"",
            "settings, line 1, theme: write one of \"dark\", \"light\", \"high_contrast\", \"no_colour\"",
        ),
        (
            "\n\nthem = \"dark\"",
            "settings, line 3, them: there is no such option; was it theme?",
        ),
        (
            "\"\" = true",
            "settings, line 1, \"\": there is no such option; there are theme, zone, layout, notifications, keys",
        ),
        (
            "[layout]\nrooms_width = 5",
            "settings, line 2, layout.rooms_width: write a number from 8 to 60",
        ),
        (
            "[layout]\njoins = 1",
            "settings, line 2, layout.joins: write true or false",
        ),
        (
            "[notifications]\nbell = \"some\"",
            "settings, line 2, notifications.bell: write one of \"all\", \"mentions\", \"nothing\"",
        ),
        (
            "[notifications.rooms]\nden = \"loud\"",
            "settings, line 2, notifications.rooms.den: write one of \"all\", \"mentions\", \"nothing\"",
        ),
        (
            "[keys.main]\n\"Ctrl-Kk\" = \"go_to\"",
            "settings, line 2, keys.main.Ctrl-Kk: not a key; they are written like Ctrl-K, Alt-Down, F1, PageUp or ?",
        ),
        (
            "[keys.main]\n\"Ctrl-K\" = \"goto\"",
            "settings, line 2, keys.main.Ctrl-K: nothing is called \"goto\"; was it \"go_to\"?",
        ),
        (
            "[keys.there]\nx = \"reply\"",
            "settings, line 1, keys.there: there is no such option; there are main, empty, message",
        ),
        (
            "zone = \"+2\"",
            "settings, line 1, zone: write \"local\", \"utc\", or a distance from UTC like \"+02:00\"",
        ),
        ("layout = 1", "settings, line 1, layout: write [layout]"),
    ] {
        assert_eq!(parse(text).unwrap_err().to_string(), said);
    }
    let broken = parse("theme = \"dark\"\nzone = ").unwrap_err();
    assert_eq!((broken.line, broken.option.as_str()), (2, "the file"));
}

#[test]
fn options_are_taken_and_two_keys_may_swap_what_they_do() {
    let text = "zone = \"-03:30\"\ntheme = \"light\"\n[keys.main]\nCtrl-F = \"go_to\"\n\
                Ctrl-K = \"search\"\nCtrl-Q = \"nothing\"\n[notifications]\nbell = \"nothing\"\n\
                [notifications.rooms]\nden = \"all\"\n\"home/den\" = \"nothing\"";
    let settings = parse(text).unwrap();
    assert_eq!(
        (settings.zone, settings.zone_offset_s),
        (Zone::Fixed(-210), -12_600)
    );
    let action = |key: &str| settings.bindings.find(Context::Main, key.parse().unwrap());
    assert_eq!(action("Ctrl-F"), Some(Action::GoTo));
    assert_eq!(action("Ctrl-K"), Some(Action::Search));
    assert_eq!(action("Ctrl-Q"), None);
    assert_eq!(settings.level_of("home", "den"), Some(Bell::Never));
    assert_eq!(settings.level_of("school", "den"), Some(Bell::Messages));
    assert_eq!(settings.level_of("home", "ops"), None);
    assert_eq!(settings.theme, Theme::light());
    let plain = Settings::parse(text, Colour::Refused).unwrap();
    assert_eq!(
        plain.theme,
        Theme::no_colour(),
        "NO_COLOR goes before the file"
    );
}

#[test]
fn do_not_disturb_goes_before_every_level() {
    let text = "[notifications]\ndo_not_disturb = true\n[notifications.rooms]\nden = \"all\"";
    let settings = parse(text).unwrap();
    assert_eq!(settings.bell_of("home", "den"), Bell::Never);
    assert_eq!(settings.note_of("home", "den"), Bell::Never);
    let settings = Settings {
        do_not_disturb: false,
        ..settings
    };
    assert_eq!(settings.bell_of("home", "den"), Bell::Messages);
    assert_eq!(settings.note_of("home", "ops"), Bell::Mentions);
}

#[test]
fn an_option_is_changed_in_the_text_and_nothing_else_is() {
    let den = setting_of_room("home", "den");
    let level = |text: &str| parse(text).unwrap().rooms.get("home/den").copied();
    let once = with_option(DEFAULT_FILE, &den, "\"all\"").unwrap();
    assert_eq!(level(&once), Some(Bell::Messages));
    assert_eq!(
        once.len(),
        DEFAULT_FILE.len() + "\"home/den\" = \"all\"\n".len()
    );
    let twice = with_option(&once, &den, "\"nothing\"").unwrap();
    assert_eq!(level(&twice), Some(Bell::Never));
    assert_eq!(twice.lines().count(), once.lines().count());
    // No value takes it out again, and its line only.
    assert_eq!(with_option(&once, &den, "").as_deref(), Some(DEFAULT_FILE));
    assert_eq!(
        with_option(DEFAULT_FILE, &den, "").as_deref(),
        Some(DEFAULT_FILE)
    );
    let both = "[notifications.rooms]\n\"home/den\" = \"all\" # mine\nops = \"all\"\n";
    let left = "[notifications.rooms]\nops = \"all\"\n";
    assert_eq!(with_option(both, &den, "").as_deref(), Some(left));
    let inline = "notifications = { rooms = { \"home/den\" = \"all\" } }\n";
    assert_eq!(with_option(inline, &den, ""), None);
    let light = with_option(DEFAULT_FILE, "theme", "\"light\"").unwrap();
    assert_eq!(
        light,
        DEFAULT_FILE.replace("theme = \"dark\"", "theme = \"light\"")
    );
    let quiet = with_option("theme = \"light\"", "notifications.do_not_disturb", "true").unwrap();
    assert!(parse(&quiet).unwrap().do_not_disturb);
    let first = with_option("[layout]\n", "theme", "\"light\"").unwrap();
    assert_eq!(parse(&first).unwrap().theme, Theme::light());
    let last = with_option("[notifications.rooms]", &den, "\"all\"").unwrap();
    assert_eq!(level(&last), Some(Bell::Messages));
    assert_eq!(with_option("a = ", "theme", "\"dark\""), None);
    assert_eq!(
        with_option("notifications = {}", "notifications.bell", "\"all\""),
        None
    );
}

proptest! {
    #[test]
    fn no_text_is_too_odd_to_be_read_or_refused(
        text in "\\PC{0,80}|((theme|zone|\\[keys\\.main\\]|\\[layout\\]|up)( = )?(\"[a-z+:-]{0,8}\"|[0-9]{1,9}|true|\\[\\])\n){0,3}",
    ) {
        let _either = parse(&text);
        let _same = with_option(&text, "theme", "\"dark\"");
    }

    #[test]
    fn a_level_for_any_room_is_read_back(room in "[^\\x00]{0,20}") {
        let text = with_option(DEFAULT_FILE, &setting_of_room("home", &room), "\"all\"").unwrap();
        let settings = parse(&text).unwrap();
        prop_assert_eq!(settings.level_of("home", &room), Some(Bell::Messages));
    }
}
