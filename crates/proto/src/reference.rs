//! How a request names a room or a person: by name or by id, in one string.

use std::{fmt, str::FromStr};

use crate::{AccountId, RoomId};

/// A person, as a request names one: `ann` or `a:…`. The name is not checked yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PersonRef {
    /// By name, as it was written.
    Name(String),
    /// By id.
    Id(AccountId),
}

/// A room, as a request names one: `den`, `r:…`, or `@ann` for the direct conversation with her.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RoomRef {
    /// By name, as it was written.
    Name(String),
    /// By id.
    Id(RoomId),
    /// The direct conversation with this person.
    Direct(PersonRef),
}

impl From<&str> for PersonRef {
    fn from(text: &str) -> Self {
        text.parse()
            .map_or_else(|_| Self::Name(text.to_owned()), Self::Id)
    }
}

impl From<&str> for RoomRef {
    fn from(text: &str) -> Self {
        if let Some(person) = text.strip_prefix('@') {
            return Self::Direct(person.into());
        }
        text.parse()
            .map_or_else(|_| Self::Name(text.to_owned()), Self::Id)
    }
}

impl From<AccountId> for PersonRef {
    fn from(id: AccountId) -> Self {
        Self::Id(id)
    }
}

impl From<RoomId> for RoomRef {
    fn from(id: RoomId) -> Self {
        Self::Id(id)
    }
}

impl fmt::Display for PersonRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Id(id) => id.fmt(f),
        }
    }
}

impl fmt::Display for RoomRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Id(id) => id.fmt(f),
            Self::Direct(person) => write!(f, "@{person}"),
        }
    }
}

macro_rules! as_string {
    ($($name:ident)*) => {$(
        impl FromStr for $name {
            type Err = std::convert::Infallible;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(text.into())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    Self::Name(name) => serializer.serialize_str(name),
                    _ => serializer.collect_str(self),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::deserialize(deserializer)
            }
        }
    )*};
}

as_string! { PersonRef RoomRef }

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_reference_is_a_name_an_id_or_a_direct_conversation() {
        let ann = AccountId::from_bytes([1; 16]);
        let den = RoomId::from_bytes([2; 16]);
        assert_eq!(RoomRef::from("den"), RoomRef::Name("den".to_owned()));
        assert_eq!(RoomRef::from(&*den.to_string()), RoomRef::Id(den));
        assert_eq!(RoomRef::from("@ann"), RoomRef::Direct("ann".into()));
        assert_eq!(
            RoomRef::from(&*format!("@{ann}")),
            RoomRef::Direct(ann.into())
        );
        assert_eq!(PersonRef::from(&*ann.to_string()), PersonRef::Id(ann));
        // An id of another kind, and what is nearly one, is a name that nothing can have.
        let room_id = RoomRef::from(&*ann.to_string());
        assert_eq!(room_id, RoomRef::Name(ann.to_string()));
        assert_eq!(PersonRef::from("a:"), PersonRef::Name("a:".to_owned()));
    }

    proptest! {
        #[test]
        fn a_reference_is_written_as_it_was_read(text in "(a:|r:|@|@a:|@@)?.{0,30}") {
            prop_assert_eq!(PersonRef::from(&*text).to_string(), text.clone());
            prop_assert_eq!(RoomRef::from(&*text).to_string(), text);
        }
    }
}
