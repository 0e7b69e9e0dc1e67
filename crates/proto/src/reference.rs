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
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Ok((&*text).into())
            }
        }
    )*};
}

as_string! { PersonRef RoomRef }
