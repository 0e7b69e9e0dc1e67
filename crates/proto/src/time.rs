//! Moments: milliseconds since 1970 in UTC, written as RFC 3339 with milliseconds.

use std::{fmt, str::FromStr};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A moment in milliseconds since 1970-01-01T00:00:00Z. Never before it, never past the year 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(u64);

/// The text is not an RFC 3339 time between 1970 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time like 2026-11-20T19:41:07.118Z")]
pub struct NotATime;

impl Timestamp {
    /// The last millisecond of the year 9999.
    const MAX_MS: u64 = 253_402_300_799_999;

    /// The moment this many milliseconds after 1970 began; later ones than the year 9999 become its end.
    pub const fn from_ms(ms: u64) -> Self {
        Self(if ms > Self::MAX_MS { Self::MAX_MS } else { ms })
    }

    /// Milliseconds since 1970 began.
    pub const fn ms(self) -> u64 {
        self.0
    }

    /// This moment and so many milliseconds more.
    #[must_use]
    pub const fn plus_ms(self, ms: u64) -> Self {
        Self::from_ms(self.0.saturating_add(ms))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
    }
}

impl Timestamp {
    /// `2026-11-20 19:41:07 UTC`: for people, in sentences.
    pub fn said(self) -> String {
        let text = self.to_string();
        match (text.get(..10), text.get(11..19)) {
            (Some(day), Some(time)) => format!("{day} {time} UTC"),
            _ => text,
        }
    }

    /// `2026-11-20T19:41:07.118Z`: every event carries one, so it is made by hand, without an allocation.
    fn text(self) -> [u8; 24] {
        let (days, ms) = (self.0 / 86_400_000, self.0 % 86_400_000);
        let (year, month, day) = civil(days);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let numbers = [
            (0..4, year),
            (5..7, month),
            (8..10, day),
            (11..13, ms / 3_600_000),
            (14..16, ms / 60_000 % 60),
            (17..19, ms / 1000 % 60),
            (20..23, ms % 1000),
        ];
        for (place, mut number) in numbers {
            for digit in text.get_mut(place).unwrap_or_default().iter_mut().rev() {
                *digit += u8::try_from(number % 10).unwrap_or_default();
                number /= 10;
            }
        }
        text
    }
}

/// Year, month and day of the day so many days after 1970-01-01 (Hinnant, "chrono-Compatible Low-Level
/// Date Algorithms", `civil_from_days`: the year begins in March, so that the leap day is its last).
const fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

impl FromStr for Timestamp {
    type Err = NotATime;
    fn from_str(text: &str) -> Result<Self, NotATime> {
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| NotATime)?;
        let ms = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).map_err(|_| NotATime)?;
        if ms > Self::MAX_MS {
            Err(NotATime)
        } else {
            Ok(Self(ms))
        }
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_moment_is_written_as_a_library_writes_it_and_read_back(
            ms in prop_oneof![0..=Timestamp::MAX_MS, (1..2_932_897_u64).prop_map(|day| day * 86_400_000 - 1)],
        ) {
            let at = Timestamp::from_ms(ms);
            prop_assert_eq!(at.to_string().parse(), Ok(at));
            let nanoseconds = i128::from(at.ms()) * 1_000_000;
            let library = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap();
            let library = library.format(&Rfc3339).unwrap();
            let seconds = |text: &str| text[..19].to_owned();
            prop_assert_eq!(seconds(&at.to_string()), seconds(&library));
        }
    }

    #[test]
    fn a_time_is_written_with_milliseconds_and_read_back_from_any_offset() {
        let at: Timestamp = "2026-11-20T20:41:07.118+01:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-11-20T19:41:07.118Z");
        assert_eq!(at.said(), "2026-11-20 19:41:07 UTC");
        assert_eq!(at.to_string().parse(), Ok(at));
        assert_eq!(
            Timestamp::from_ms(u64::MAX).to_string(),
            "9999-12-31T23:59:59.999Z"
        );
        for bad in [
            "",
            "yesterday",
            "1969-12-31T23:59:59Z",
            "2026-13-01T00:00:00Z",
        ] {
            assert_eq!(bad.parse::<Timestamp>(), Err(NotATime), "{bad}");
        }
    }
}
