//! How long a room keeps what is said in it (R11).

use std::{fmt, num::NonZeroU16, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::limits::MAX_RETENTION_DAYS;

/// How long events are kept. On the wire `forever`, `ram`, or a number of days as in `30d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Retention {
    /// For ever.
    #[default]
    Forever,
    /// For so many days; what is older is pruned (DECISIONS 9).
    Days(NonZeroU16),
    /// The newest few, in memory, never on disk (DECISIONS 23).
    Ram,
}

/// A text that is no retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("say forever, ram, or a number of days from 1 to 3650, as in 30d")]
pub struct NotARetention;

impl Retention {
    /// So many days; `None` outside 1 to [`MAX_RETENTION_DAYS`].
    pub const fn days(days: u16) -> Option<Self> {
        match NonZeroU16::new(days) {
            Some(days) if days.get() <= MAX_RETENTION_DAYS => Some(Self::Days(days)),
            _ => None,
        }
    }

    /// Milliseconds after which an event is pruned; `None` where age does not matter.
    pub const fn lifetime_ms(self) -> Option<u64> {
        match self {
            // At most 65,535 days: far from overflowing.
            Self::Days(days) => Some(days.get() as u64 * 24 * 3_600_000),
            Self::Forever | Self::Ram => None,
        }
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forever => f.write_str("forever"),
            Self::Ram => f.write_str("ram"),
            Self::Days(days) => write!(f, "{days}d"),
        }
    }
}

impl FromStr for Retention {
    type Err = NotARetention;

    fn from_str(text: &str) -> Result<Self, NotARetention> {
        match text {
            "forever" => Ok(Self::Forever),
            "ram" => Ok(Self::Ram),
            other => {
                let digits = other.strip_suffix('d').ok_or(NotARetention)?;
                // `parse` takes a sign, and leading zeros would be a second way to say one thing.
                if !digits.starts_with(|first: char| matches!(first, '1'..='9')) {
                    return Err(NotARetention);
                }
                let days = digits.parse().map_err(|_| NotARetention)?;
                Self::days(days).ok_or(NotARetention)
            }
        }
    }
}

impl Serialize for Retention {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Retention {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_is_read_as_it_is_written_and_nothing_else_is_one() {
        for text in ["forever", "ram", "1d", "30d", "3650d"] {
            assert_eq!(text.parse::<Retention>().unwrap().to_string(), text);
        }
        for text in [
            "", "Forever", "0d", "030d", "+3d", "3651d", "65536d", "30", "d", "3 d",
        ] {
            assert_eq!(text.parse::<Retention>(), Err(NotARetention), "{text:?}");
        }
        let month = Retention::days(30).unwrap();
        assert_eq!(month.lifetime_ms(), Some(2_592_000_000));
    }
}
