//! Names of accounts and rooms: types that only parsing makes, with case folding inside (DECISIONS 1–2).

use std::fmt;

use precis_profiles::{UsernameCaseMapped, precis_core::profile::PrecisFastInvocation};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::limits::{MAX_ACCOUNT_NAME_CHARS, MAX_ROOM_NAME_CHARS};

/// The text cannot be a name of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a name of this kind")]
pub struct NotAName;

/// What an account is called: PRECIS `UsernameCaseMapped` (RFC 8265 §3.3), 1–32 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountName(String);

/// What a room is called: as an account's name, 1–48 characters, any first letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomName(String);

impl AccountName {
    /// The name as it is kept and shown; upper case becomes lower.
    pub fn parse(text: &str) -> Result<Self, NotAName> {
        let name = enforce(text, MAX_ACCOUNT_NAME_CHARS)?;
        let mut chars = name.chars();
        match (chars.next(), chars.next()) {
            (Some('-' | '.'), _) => Err(NotAName),
            (Some('_'), Some(second)) if second.is_ascii_digit() => Err(NotAName),
            _ => Ok(Self(name)),
        }
    }
}

impl RoomName {
    /// The name as it is kept and shown; upper case becomes lower.
    pub fn parse(text: &str) -> Result<Self, NotAName> {
        let name = enforce(text, MAX_ROOM_NAME_CHARS)?;
        match name.chars().next() {
            Some(first) if first.is_alphanumeric() => Ok(Self(name)),
            _ => Err(NotAName),
        }
    }
}

macro_rules! names {
    ($($name:ident)*) => {$(
        impl $name {
            /// The name as it is shown.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// What two names that look alike have in common (UTS 39 §4): names are unique by it.
            pub fn skeleton(&self) -> String {
                skeleton(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! { AccountName RoomName }

/// Of ASCII, a name may hold these besides letters and digits (DECISIONS 1).
const ASCII_MARKS: &str = "_-.[]{}\\`^|";

/// Marks that stand on one letter: more than any language's, and they would cover the line above (UTS 39 §5.4).
const MAX_MARKS_IN_A_ROW: usize = 4;

fn enforce(text: &str, max_chars: usize) -> Result<String, NotAName> {
    // Bounded before any work: nothing longer can compose into so few characters (a Hangul syllable is
    // written in three letters of three bytes).
    if text.is_empty() || text.len() > max_chars * 9 {
        return Err(NotAName);
    }
    let name = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        by_precis(text)?
    };
    let fits = name.chars().count() <= max_chars
        && name
            .chars()
            .all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || ASCII_MARKS.contains(c));
    if fits { Ok(name) } else { Err(NotAName) }
}

/// RFC 8265 §3.3. For ASCII alone it only lowers the case, so that is not sent here.
fn by_precis(text: &str) -> Result<String, NotAName> {
    // Composed first, as well as last: PRECIS knows no decomposed Hangul, which some systems write.
    let composed: String = text.nfc().collect();
    let name = UsernameCaseMapped::enforce(&*composed).map_err(|_| NotAName)?;
    // RFC 8264 §7: what its own rules would change again, or refuse, was not fit.
    if !UsernameCaseMapped::enforce(&*name).is_ok_and(|again| again == name) {
        return Err(NotAName);
    }
    if name.starts_with(is_combining_mark) {
        return Err(NotAName);
    }
    let mut marks_in_a_row = 0;
    for c in name.chars() {
        marks_in_a_row = if is_combining_mark(c) {
            marks_in_a_row + 1
        } else {
            0
        };
        if marks_in_a_row > MAX_MARKS_IN_A_ROW {
            return Err(NotAName);
        }
    }
    Ok(name.into_owned())
}

/// Alike for names that look alike, whatever their case. A look-alike's lower case may look like yet
/// another letter, so it is taken until nothing changes; three times are enough for all of Unicode.
fn skeleton(name: &str) -> String {
    let mut skeleton = case_folded(name.chars());
    for _ in 0..4 {
        let next = case_folded(unicode_security::skeleton(&skeleton));
        if next == skeleton {
            break;
        }
        skeleton = next;
    }
    skeleton
}

/// Unicode's full case folding, but for a few letters: up, then down, letter by letter.
fn case_folded(chars: impl Iterator<Item = char>) -> String {
    chars
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests;
