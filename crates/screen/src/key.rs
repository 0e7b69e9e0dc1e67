//! Keys and the mouse, as a screen knows them, and how keys are written: `Ctrl-K`, `Alt-Down`, `?`.

use std::{fmt, str::FromStr};

/// Which key, its modifiers apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is written on the key")]
pub enum KeyCode {
    /// A character, as it is with Shift: `A`, not Shift and `a`.
    Char(char),
    /// F1 and so on.
    F(u8),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
}

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Which.
    pub code: KeyCode,
    /// With Ctrl. A letter with it is its small one.
    pub ctrl: bool,
    /// With Alt.
    pub alt: bool,
    /// With Shift; never with a character, which is another one then.
    pub shift: bool,
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseKind {
    /// The first button was pressed.
    Press,
    /// The wheel turned up.
    ScrollUp,
    /// The wheel turned down.
    ScrollDown,
}

/// The mouse, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// What it did.
    pub kind: MouseKind,
    /// The column, from 0.
    pub column: u16,
    /// The row, from 0.
    pub row: u16,
}

const NAMES: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("BackTab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
    ("Space", KeyCode::Char(' ')),
];

impl Key {
    /// This key alone.
    pub const fn plain(code: KeyCode) -> Self {
        Self {
            code,
            ctrl: false,
            alt: false,
            shift: false,
        }
    }

    /// The character that it types, if it types one.
    pub const fn types(self) -> Option<char> {
        match self.code {
            KeyCode::Char(character) if !self.ctrl && !self.alt => Some(character),
            _ => None,
        }
    }
}

impl From<char> for Key {
    fn from(character: char) -> Self {
        Self::plain(KeyCode::Char(character))
    }
}

/// The text names no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAKey;

impl fmt::Display for NotAKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a key; they are written like Ctrl-K, Alt-Down, F1, PageUp or ?")
    }
}

impl std::error::Error for NotAKey {}

impl FromStr for Key {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let mut key = Self::from(' ');
        let mut rest = text;
        loop {
            let is_modifier = |name: &str| {
                let (head, tail) = (rest.get(..name.len())?, rest.get(name.len()..)?);
                (head.eq_ignore_ascii_case(name) && !tail.is_empty()).then_some(tail)
            };
            if let Some(tail) = is_modifier("Ctrl-") {
                (key.ctrl, rest) = (true, tail);
            } else if let Some(tail) = is_modifier("Alt-") {
                (key.alt, rest) = (true, tail);
            } else if let Some(tail) = is_modifier("Shift-") {
                (key.shift, rest) = (true, tail);
            } else {
                break;
            }
        }
        let mut characters = rest.chars();
        key.code = match (characters.next(), characters.next()) {
            (Some(character), None) if key.ctrl => KeyCode::Char(character.to_ascii_lowercase()),
            (Some(character), None) if !character.is_control() => KeyCode::Char(character),
            _ => named(rest).ok_or(NotAKey)?,
        };
        if let KeyCode::Char(character) = key.code
            && std::mem::take(&mut key.shift)
        {
            key.code = KeyCode::Char(character.to_uppercase().next().unwrap_or(character));
        }
        Ok(key)
    }
}

fn named(name: &str) -> Option<KeyCode> {
    if let Some(number) = name.strip_prefix(['F', 'f']).and_then(|n| n.parse().ok()) {
        return (1..=24).contains(&number).then_some(KeyCode::F(number));
    }
    let known = NAMES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    known.map(|(_, code)| *code)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [
            (self.ctrl, "Ctrl-"),
            (self.alt, "Alt-"),
            (self.shift, "Shift-"),
        ] {
            if held {
                f.write_str(name)?;
            }
        }
        if let Some((name, _)) = NAMES.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(character) if self.ctrl => {
                write!(f, "{}", character.to_ascii_uppercase())
            }
            KeyCode::Char(character) => write!(f, "{character}"),
            KeyCode::F(number) => write!(f, "F{number}"),
            _ => Ok(()),
        }
    }
}

/// The keys of a string for a test or a script: `hello<Enter><Alt-Down>`; `<lt>` is `<`.
pub fn keys(text: &str) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let tail = rest.get(character.len_utf8()..).unwrap_or_default();
        if character == '<'
            && let Some((name, after)) = tail.split_once('>')
        {
            if name == "lt" {
                keys.push(Key::from('<'));
                rest = after;
                continue;
            }
            if let Ok(key) = name.parse() {
                keys.push(key);
                rest = after;
                continue;
            }
        }
        keys.push(match character {
            '\n' => Key::plain(KeyCode::Enter),
            character => Key::from(character),
        });
        rest = tail;
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_as_it_is_read() {
        for text in [
            "Ctrl-K",
            "Alt-Down",
            "?",
            "-",
            "Alt--",
            "F12",
            "PageUp",
            "Shift-Tab",
            "Ctrl-Alt-X",
            "Space",
            "Alt-k",
            "K",
            "é",
        ] {
            let key: Key = text.parse().unwrap();
            assert_eq!(key.to_string(), text);
        }
        assert_eq!("ctrl-k".parse::<Key>(), "Ctrl-K".parse());
        assert_eq!("Shift-a".parse(), Ok(Key::from('A')));
        for bad in ["", "Ctrl-", "Hyper-K", "F0", "F99", "\u{1b}"] {
            assert_eq!(bad.parse::<Key>(), Err(NotAKey), "{bad}");
        }
    }

    #[test]
    fn a_string_of_keys_is_read_with_names_between_brackets() {
        let read: Vec<String> = keys("a<Enter><lt>b<Alt-k><c")
            .iter()
            .map(Key::to_string)
            .collect();
        assert_eq!(read, ["a", "Enter", "<", "b", "Alt-k", "<", "c"]);
    }
}
