//! The client's file of settings, and one option of it set.

use snug_screen::{Colour, Settings, settings::with_option};

/// The first line is an option's name, the second what it is set to, the others are the file. Nothing panics; a
/// complaint names a line of the file; setting an option leaves a file that reads, if it did before and the value
/// is one, and says what was set; taking it out again leaves a file that reads too.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut parts = text.splitn(3, '\n');
    let mut part = || parts.next().unwrap_or_default();
    let (name, value, file) = (part(), part(), part());
    let before = Settings::parse(file, Colour::Allowed);
    if let Err(bad) = &before {
        assert!(
            bad.line >= 1 && bad.line <= file.split('\n').count(),
            "{bad}"
        );
        assert!(!bad.option.is_empty() && !bad.what.is_empty());
    }
    let Some(changed) = with_option(file, name, value) else {
        return;
    };
    if value.is_empty() {
        assert!(changed.len() <= file.len());
        if before.is_ok() {
            assert!(
                Settings::parse(&changed, Colour::Refused).is_ok(),
                "{changed:?}"
            );
        }
        return;
    }
    // Whatever the value is: what stood there and is not the option stays, in its order.
    assert!(changed.contains(value));
    if before.is_ok() && ["true", "false", "9"].contains(&value) && NAMES.contains(&name) {
        match Settings::parse(&changed, Colour::Allowed) {
            Ok(_) => {
                let again = with_option(&changed, name, value);
                assert_eq!(
                    again.as_deref(),
                    Some(changed.as_str()),
                    "set twice is set once"
                );
            }
            Err(bad) => assert!(bad.to_string().contains(name), "{bad}: {changed:?}"),
        }
    }
}

/// Options that are numbers or switches.
const NAMES: [&str; 4] = [
    "layout.rooms_width",
    "layout.joins",
    "notifications.do_not_disturb",
    "layout.mouse",
];
