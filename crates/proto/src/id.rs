//! Ids: 128 random bits each, a type per thing they name, and a letter in their text form.
//!
//! Names are for people and may change; ids never do. No name can look like an id, because a name
//! cannot hold a colon.

use std::{fmt, str::FromStr};

use data_encoding::{Encoding, Specification};
use std::sync::LazyLock;

/// Lower-case base32 without padding: 26 characters for 16 bytes.
static BASE32: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification
        .symbols
        .push_str("abcdefghijklmnopqrstuvwxyz234567");
    #[expect(
        clippy::expect_used,
        reason = "a constant alphabet of 32 distinct letters"
    )]
    specification.encoding().expect("32 distinct letters")
});

/// The text is not an id of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The id made of these 16 bytes, which must come from a random source.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 16 bytes, as they are stored.
            pub const fn bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(Text::new($prefix, &self.0).as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let body = text.strip_prefix($prefix).ok_or(NotAnId)?;
                let mut bytes = [0; 16];
                if body.len() != 26 {
                    return Err(NotAnId);
                }
                BASE32.decode_mut(body.as_bytes(), &mut bytes).map_err(|_| NotAnId)?;
                Ok(Self(bytes))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(Text::new($prefix, &self.0).as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::deserialize(deserializer)
            }
        }
    )*};
}

ids! {
    /// Who: an account, whatever it is called now.
    AccountId = "a:";
    /// A room, whatever it is called now; a direct conversation is a room of two.
    RoomId = "r:";
    /// One life of a room's log. Replaced whenever its seq may have run back.
    LogId = "l:";
    /// An authenticated presence, resumable by its token.
    SessionId = "s:";
    /// An app token (DECISIONS 14).
    TokenId = "t:";
}

/// So many bytes of an account's id are its cloak.
pub const CLOAK_BYTES: usize = 8;
/// What a cloak ends in. One dot and no more: clients that make masks cut a host at its first of several.
const CLOAK_END: &str = ".cloak";

impl AccountId {
    /// What stands for where somebody comes from, where a host is to be shown: an account's own, never
    /// another. Guests from one address have the same for as long as the server runs.
    pub fn cloak(&self) -> String {
        let mut cloak = BASE32.encode(self.0.get(..CLOAK_BYTES).unwrap_or_default());
        cloak.push_str(CLOAK_END);
        cloak
    }
}

/// An id's text, without an allocation: two characters and 26.
struct Text([u8; 28]);

impl Text {
    fn new(prefix: &str, bytes: &[u8; 16]) -> Self {
        let mut text = [b':'; 28];
        let (before, after) = text.split_at_mut(2);
        for (to, from) in before.iter_mut().zip(prefix.bytes()) {
            *to = from;
        }
        BASE32.encode_mut(bytes, after);
        Self(text)
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloak_is_the_first_half_of_an_id() {
        let id = |last| AccountId::from_bytes([1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, last]);
        assert_eq!(id(0).cloak(), "aebagbafaydqq.cloak");
        assert_eq!(id(1).cloak(), id(0).cloak());
        assert!(id(0).to_string().starts_with("a:aebagbafaydq"));
    }

    #[test]
    fn an_id_survives_its_text_form_and_no_other_kind_reads_it() {
        let id = AccountId::from_bytes([7; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().parse::<RoomId>(), Err(NotAnId));
        for bad in [
            "",
            "a:",
            "a:zz",
            "a:!!!!!!!!!!!!!!!!!!!!!!!!!!",
            "a:\u{e9}aaaaaaaaaaaaaaaaaaaaaaaa",
            "a:AAAAAAAAAAAAAAAAAAAAAAAAAA",
            "a:aaaaaaaaaaaaaaaaaaaaaaaaab",
        ] {
            assert_eq!(bad.parse::<AccountId>(), Err(NotAnId), "{bad}");
        }
    }
}
