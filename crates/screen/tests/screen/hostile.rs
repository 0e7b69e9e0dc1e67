//! What others wrote, and any input at all: no panic, no escape, no lost words.

use proptest::prelude::*;
use ratatui_core::{buffer::Buffer, layout::Rect};
use snug_screen::{Input, Key, KeyCode, Mouse, MouseKind, Size};

use crate::rig::Rig;

/// Nothing that is drawn steers the terminal, whatever was said.
fn check(rig: &Rig) {
    let area = Rect {
        x: 0,
        y: 0,
        width: rig.size.width,
        height: rig.size.height,
    };
    let mut buffer = Buffer::empty(area);
    rig.screen.draw(area, &mut buffer);
    for (at, cell) in buffer.content().iter().enumerate() {
        let symbol = cell.symbol();
        // The cells that a wide character reaches into are its own.
        for reached in 1..snug_screen::draw::text::width(symbol) {
            assert_eq!(
                buffer.content()[at + reached].symbol(),
                " ",
                "{symbol:?} at {at}"
            );
        }
        assert!(symbol.chars().count() <= 13, "{symbol:?}");
        for c in symbol.chars() {
            let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            assert!(!c.is_control() && !turns && c != '\u{200b}', "{symbol:?}");
        }
    }
}

#[test]
fn nothing_anybody_wrote_controls_the_terminal() {
    let mut rig = Rig::new(80, 24);
    let nasty = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\r\u{8}\u{202e}\u{2066}\u{200b}\u{e0041}x";
    rig.room(1, nasty).topic = Some(nasty.to_owned());
    rig.person(2, true).name = nasty.to_owned();
    rig.say(1, 2, nasty);
    let marks = format!("a{}b", "\u{301}".repeat(10_000));
    rig.say(1, 2, &marks);
    rig.say(1, 2, &vec!["👩"; 3000].join("\u{200d}"));
    rig.say(1, 2, &"\n".repeat(16_000));
    rig.say(1, 2, &"\u{301}".repeat(5000));
    rig.react(1, 3, 1, nasty);
    rig.reply(1, 3, 1, nasty);
    let mut message = rig.message(1, 2, "x");
    message.author.from = nasty.to_owned();
    message.author.from_display = Some(nasty.to_owned());
    rig.log(1, snug_proto::Event::Message(message));
    rig.sign_in();
    for _ in 0..20 {
        check(&rig);
        rig.press("<PageUp>");
    }
    rig.press("<Alt-k><Alt-k>i");
    check(&rig);
}

#[derive(Debug, Clone)]
enum Step {
    Keys(String),
    Key(Key),
    Paste(String),
    Mouse(Mouse),
    Resize(u16, u16),
    Said(u8, u8, String),
    Changed(u8, u64),
    Lose,
    Return,
    Focus(bool),
    Tick(u64),
}

fn any_key() -> impl Strategy<Value = Key> {
    let code = prop_oneof![
        any::<char>().prop_map(KeyCode::Char),
        proptest::sample::select("abcdefhijklnopruvwyz!+ ".chars().collect::<Vec<_>>())
            .prop_map(KeyCode::Char),
        proptest::sample::select(vec![
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Tab,
            KeyCode::Backspace,
            KeyCode::Delete,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::Home,
            KeyCode::End,
            KeyCode::PageUp,
            KeyCode::PageDown,
        ]),
    ];
    (code, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(code, ctrl, alt, shift)| {
        let shift = shift && !matches!(code, KeyCode::Char(_));
        Key {
            code,
            ctrl: ctrl && !alt,
            alt,
            shift,
        }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let kinds = vec![MouseKind::Press, MouseKind::ScrollUp, MouseKind::ScrollDown];
    prop_oneof![
        4 => any_key().prop_map(Step::Key),
        2 => "[a-z 日👩]{1,6}".prop_map(Step::Keys),
        1 => "(\\PC{0,6}\n){0,6}".prop_map(Step::Paste),
        1 => (proptest::sample::select(kinds), 0_u16..130, 0_u16..50)
            .prop_map(|(kind, column, row)| Step::Mouse(Mouse { kind, column, row })),
        1 => (1_u16..130, 1_u16..50).prop_map(|(width, height)| Step::Resize(width, height)),
        2 => (1_u8..4, 1_u8..5, "\\PC{0,40}|[\\x00-\\x1fa日\u{301}\u{200d}👩 \n]{0,60}")
            .prop_map(|(room, who, body)| Step::Said(room, who, body)),
        1 => (1_u8..4, 1_u64..8).prop_map(|(room, of)| Step::Changed(room, of)),
        1 => Just(Step::Lose),
        1 => Just(Step::Return),
        1 => any::<bool>().prop_map(Step::Focus),
        1 => (0_u64..10_000).prop_map(Step::Tick),
    ]
}

fn take(rig: &mut Rig, step: Step) {
    match step {
        Step::Keys(text) => rig.press(&text),
        Step::Key(key) => {
            rig.key(key);
            rig.flush();
        }
        Step::Paste(text) => rig.input(Input::Paste(text)),
        Step::Mouse(mouse) => rig.input(Input::Mouse(mouse)),
        Step::Resize(width, height) => rig.resize(width, height),
        Step::Said(room, who, body) => rig.say(room, who, &body),
        Step::Changed(room, of) => {
            rig.edit(room, 2, of, "other");
            rig.react(room, 2, of, "👍");
            rig.delete(room, 3, of);
        }
        Step::Lose => rig.lose(),
        Step::Return => rig.sign_in(),
        Step::Focus(focused) => rig.input(Input::Focus(focused)),
        Step::Tick(ms) => {
            rig.now += ms;
            rig.input(Input::Tick);
        }
    }
}

fn world(width: u16, height: u16) -> Rig {
    let mut rig = Rig::new(width, height);
    for (n, name) in [(1, "lobby"), (2, "den"), (3, "@ben")] {
        rig.room(n, name);
        rig.say(n, 2, "hello");
    }
    rig.person(2, true);
    rig.sign_in();
    rig
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_inputs_at_any_size_are_drawn_without_a_panic(
        (width, height) in (1_u16..130, 1_u16..50),
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let mut rig = world(width, height);
        for step in steps {
            take(&mut rig, step);
            check(&rig);
        }
    }

    #[test]
    fn a_draft_outlives_everything_but_sending_and_changing_it(
        steps in proptest::collection::vec(step(), 1..30),
    ) {
        let mut rig = world(80, 24);
        rig.press("/den<Enter>my words<Ctrl-P>");
        let room = |rig: &Rig| rig.screen.state().room(crate::rig::HOME, crate::rig::room_id(2)).unwrap().editor.words().to_owned();
        prop_assert_eq!(room(&rig), "my words");
        for step in steps {
            // What is typed into this room changes it; all else must not.
            if rig.here() == "den" {
                rig.press("<Esc><Esc><Esc><Ctrl-N>");
            }
            prop_assert_ne!(rig.here(), "den");
            take(&mut rig, step);
            prop_assert_eq!(room(&rig), "my words");
        }
    }
}

#[test]
fn every_size_down_to_one_cell_is_drawn() {
    let mut rig = world(120, 40);
    rig.press("some words that are longer than any of the narrow screens are wide");
    for width in 1..60 {
        for height in 1..20 {
            rig.resize(width, height);
            check(&rig);
            for key in ["<Alt-p>", "<Alt-r>", "<PageUp>", "<Alt-k>"] {
                rig.press(key);
                check(&rig);
            }
            rig.press("<Esc><Esc><Esc>");
            let small = Size { width, height };
            assert_eq!(rig.screen.state().size, small);
        }
    }
}
