//! Every overlay as it is drawn, and what its keys do.

mod keys;
mod pictures;
mod world;

use proptest::prelude::*;

use super::*;
use crate::{Key, KeyCode};
use world::World;

/// Actions that open something, and sizes down to nothing.
fn any_key() -> impl Strategy<Value = Key> {
    let code = prop_oneof![
        "[a-z#@/:0-9 é日]".prop_map(|text| KeyCode::Char(text.chars().next().unwrap_or('x'))),
        proptest::sample::select(vec![
            KeyCode::Enter,
            KeyCode::Tab,
            KeyCode::BackTab,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Home,
            KeyCode::Backspace,
            KeyCode::Delete,
        ]),
    ];
    (code, proptest::bool::weighted(0.1)).prop_map(|(code, ctrl)| Key {
        ctrl: ctrl && code != KeyCode::Char('c'),
        ..Key::plain(code)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_keys_at_no_size_break_any_overlay(
        action in proptest::sample::select(vec![
            Action::GoTo, Action::Help, Action::Menu, Action::Complete, Action::Search,
            Action::JoinOrCreate, Action::React, Action::Report,
        ]),
        width in 0_u16..90,
        height in 0_u16..30,
        keys in proptest::collection::vec(any_key(), 0..25),
    ) {
        let mut world = World::new(width, height);
        world.type_in("@be");
        if matches!(action, Action::React | Action::Report) {
            world.press("<Alt-k>");
        }
        world.open(action);
        world.draw();
        for key in keys {
            world.input(Input::Key(key));
            world.answer_all();
            world.draw();
        }
    }

    #[test]
    fn no_names_of_others_reach_the_terminal_raw(name in "[a\u{1b}\u{9b}\u{202e}\u{301}\n\t👩\u{200d}]{1,12}") {
        let steers = |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
        for keys in [
            "<Ctrl-K>", "<Ctrl-F>a<Enter>", "<Alt-n>", "@<Tab>", "<Alt-k>!", "<Alt-m>friends<Enter>",
            "<Alt-m>people of this room<Enter><Down><Enter>", "<Alt-m>what this room<Enter>",
        ] {
            let mut world = World::named(60, 16, &name);
            for key in crate::keys(keys) {
                world.input(Input::Key(key));
                world.answer_all();
            }
            let drawn = world.draw();
            prop_assert!(!drawn.chars().any(steers), "{} {:?}", keys, drawn);
        }
    }
}
