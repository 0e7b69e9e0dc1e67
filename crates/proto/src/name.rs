//! Names of accounts and rooms: types that only parsing makes, with case folding inside (DECISIONS 1–2).

use std::fmt;

use precis_profiles::{UsernameCaseMapped, precis_core::profile::PrecisFastInvocation};

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

fn enforce(text: &str, max_chars: usize) -> Result<String, NotAName> {
    // Bounded before any work: no character maps to fewer than a quarter of its bytes.
    if text.is_empty() || text.len() > max_chars * 4 {
        return Err(NotAName);
    }
    let name = UsernameCaseMapped::enforce(text).map_err(|_| NotAName)?;
    let fits = name.chars().count() <= max_chars
        && name
            .chars()
            .all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || ASCII_MARKS.contains(c));
    if fits {
        Ok(name.into_owned())
    } else {
        Err(NotAName)
    }
}

fn skeleton(name: &str) -> String {
    unicode_security::skeleton(&name.to_lowercase())
        .collect::<String>()
        .to_lowercase()
}
