//! Names of accounts and rooms: types that only parsing makes, with case folding inside (DECISIONS 1–2,
//! ADR 10). A name is shown as it was written, and is the same name however it is written.

use std::{
    borrow::Cow,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

use precis_profiles::{
    UsernameCaseMapped, UsernameCasePreserved, precis_core::profile::PrecisFastInvocation,
};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::limits::{MAX_ACCOUNT_NAME_CHARS, MAX_ROOM_NAME_CHARS};

/// The text cannot be a name of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a name of this kind")]
pub struct NotAName;

/// What an account is called: PRECIS `UsernameCaseMapped` (RFC 8265 §3.3), 1–32 characters, shown as
/// `UsernameCasePreserved` (§3.4) has it.
#[derive(Debug, Clone)]
pub struct AccountName(Spelt);

/// What a room is called: as an account's name, 1–48 characters, any first letter or digit; before them a `&`
/// if it is one that passes (ADR 14).
#[derive(Debug, Clone)]
pub struct RoomName(Spelt);

/// Before the name of a room that keeps nothing and goes with its last member, whoever makes it (RFC 2811 §2.1
/// has `&` for channels that are one server's, and no network's).
pub const PASSING_PREFIX: char = '&';

/// The name of the room where everybody is.
pub const LOBBY: &str = "lobby";

/// A name, and how it was written where that is another thing.
#[derive(Debug, Clone)]
struct Spelt {
    folded: String,
    written: Option<String>,
}

impl AccountName {
    /// The name of any spelling.
    pub fn parse(text: &str) -> Result<Self, NotAName> {
        let name = enforce(text, MAX_ACCOUNT_NAME_CHARS)?;
        let mut chars = name.folded.chars();
        match (chars.next(), chars.next()) {
            (Some('-' | '.'), _) => Err(NotAName),
            (Some('_'), Some(second)) if second.is_ascii_digit() => Err(NotAName),
            _ => Ok(Self(name)),
        }
    }
}

impl RoomName {
    /// The name of any spelling.
    pub fn parse(text: &str) -> Result<Self, NotAName> {
        let bare = text.strip_prefix(PASSING_PREFIX);
        let name = enforce(bare.unwrap_or(text), MAX_ROOM_NAME_CHARS)?;
        match name.folded.chars().next() {
            Some(first) if first.is_alphanumeric() => Ok(Self(match bare {
                None => name,
                Some(_) => Spelt {
                    folded: format!("{PASSING_PREFIX}{}", name.folded),
                    written: name.written.map(|name| format!("{PASSING_PREFIX}{name}")),
                },
            })),
            _ => Err(NotAName),
        }
    }

    /// Is it the name of a room that keeps nothing and goes with its last member?
    pub fn is_passing(&self) -> bool {
        self.as_str().starts_with(PASSING_PREFIX)
    }
}

macro_rules! names {
    ($($name:ident)*) => {$(
        impl $name {
            /// The name as it is compared and looked up: in lower case.
            pub fn as_str(&self) -> &str {
                &self.0.folded
            }

            /// The name as it is shown: as it was written.
            pub fn shown(&self) -> &str {
                self.0.written.as_deref().unwrap_or(&self.0.folded)
            }

            /// How it was written, if that is not in lower case.
            pub fn written(&self) -> Option<&str> {
                self.0.written.as_deref()
            }

            /// What two names that look alike have in common (UTS 39 §4): names are unique by it.
            pub fn skeleton(&self) -> String {
                skeleton(&self.0.folded)
            }

            /// The skeleton of how it was written, if that is another: the capital I of `paypaI` looks
            /// like the last letter of `paypal`. No other name may have it for a skeleton.
            pub fn look(&self) -> Option<String> {
                let look = look(self.0.written.as_deref()?);
                (look != self.skeleton()).then_some(look)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.folded == other.0.folded
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                self.0.folded.cmp(&other.0.folded)
            }
        }

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.folded.hash(state);
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.shown())
            }
        }
    )*};
}

names! { AccountName RoomName }

/// A shown name as names are compared; what cannot be a name stays as it is.
pub fn folded_name(shown: &str) -> Cow<'_, str> {
    if !shown.is_ascii() {
        let composed: String = shown.nfc().collect();
        let folded = UsernameCaseMapped::enforce(&*composed);
        return folded.map_or(Cow::Borrowed(shown), |folded| Cow::Owned(lower(&folded)));
    }
    if shown.contains(is_upper) {
        Cow::Owned(lower(shown))
    } else {
        Cow::Borrowed(shown)
    }
}

/// Has this a lower case in ASCII as IRC has it? There `{`, `}` and `|` are that of `[`, `]` and `\`
/// (RFC 1459 §2.2).
const fn is_upper(c: char) -> bool {
    matches!(c, 'A'..='Z' | '['..=']')
}

fn lower(text: &str) -> String {
    let lower = |c| match c {
        '[' => '{',
        '\\' => '|',
        ']' => '}',
        c => c.to_ascii_lowercase(),
    };
    text.chars().map(lower).collect()
}

/// A pattern of names as names are compared.
pub fn folded_pattern(pattern: &str) -> String {
    lower(&pattern.to_lowercase())
}

/// Are these one name, however each is written?
pub fn same_name(one: &str, other: &str) -> bool {
    one == other || folded_name(one) == folded_name(other)
}

/// Of ASCII, a name may hold these besides letters and digits (DECISIONS 1).
const ASCII_MARKS: &str = "_-.[]{}\\`^|";

/// Marks that stand on one letter: more than any language's, and they would cover the line above (UTS 39 §5.4).
const MAX_MARKS_IN_A_ROW: usize = 4;

fn enforce(text: &str, max_chars: usize) -> Result<Spelt, NotAName> {
    // Bounded before any work: nothing longer can compose into so few characters (a Hangul syllable is
    // written in three letters of three bytes).
    if text.is_empty() || text.len() > max_chars * 9 {
        return Err(NotAName);
    }
    let (folded, written) = if text.is_ascii() {
        (lower(text), text.to_owned())
    } else {
        let (folded, written) = by_precis(text)?;
        (lower(&folded), written)
    };
    let fits = |name: &str| {
        name.chars().count() <= max_chars
            && name
                .chars()
                .all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || ASCII_MARKS.contains(c))
    };
    if !fits(&folded) {
        return Err(NotAName);
    }
    // How it was written is shown only if it is as harmless.
    let written = Some(written).filter(|written| *written != folded && fits(written));
    Ok(Spelt { folded, written })
}

/// RFC 8265 §3.3 and §3.4. For ASCII alone the one only lowers the case and the other does nothing, so
/// that is not sent here.
fn by_precis(text: &str) -> Result<(String, String), NotAName> {
    // Composed first, as well as last: PRECIS knows no decomposed Hangul, which some systems write.
    let composed: String = text.nfc().collect();
    let name = UsernameCaseMapped::enforce(&*composed).map_err(|_| NotAName)?;
    // RFC 8264 §7: what its own rules would change again, or refuse, was not fit.
    if !UsernameCaseMapped::enforce(&*name).is_ok_and(|again| again == name) || stacks_marks(&name)
    {
        return Err(NotAName);
    }
    let written = UsernameCasePreserved::enforce(&*composed).ok();
    let written = written.filter(|written| {
        UsernameCasePreserved::enforce(&**written).is_ok_and(|again| again == *written)
            && UsernameCaseMapped::enforce(&**written).is_ok_and(|folded| folded == name)
            && !stacks_marks(written)
    });
    let written = written.unwrap_or_else(|| name.clone()).into_owned();
    Ok((name.into_owned(), written))
}

/// Does it begin with a mark, or has it more in a row than any language's?
fn stacks_marks(name: &str) -> bool {
    if name.starts_with(is_combining_mark) {
        return true;
    }
    let mut marks_in_a_row = 0;
    name.chars().any(|c| {
        marks_in_a_row = if is_combining_mark(c) {
            marks_in_a_row + 1
        } else {
            0
        };
        marks_in_a_row > MAX_MARKS_IN_A_ROW
    })
}

/// Alike for names that look alike, whatever their case.
pub(crate) fn skeleton(name: &str) -> String {
    settled(case_folded(name.chars()))
}

/// Alike for names that look alike as they are written.
pub(crate) fn look(written: &str) -> String {
    settled(case_folded(unicode_security::skeleton(written)))
}

/// A look-alike's lower case may look like yet another letter, so it is taken until nothing changes; three
/// times are enough for all of Unicode.
fn settled(mut skeleton: String) -> String {
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
