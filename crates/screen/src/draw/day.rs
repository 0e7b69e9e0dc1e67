//! Days as a person names them.

use snug_proto::Timestamp;

use crate::state::State;

const DAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The name of the day, its number, the month, and the year.
fn date(state: &State, at: Timestamp) -> (&'static str, u64, &'static str, u64) {
    let day = state.day(at);
    let text = Timestamp::from_ms(day.saturating_mul(86_400_000)).to_string();
    let number = |from: usize, to: usize| -> u64 {
        text.get(from..to)
            .and_then(|digits| digits.parse().ok())
            .unwrap_or_default()
    };
    let nth = |at: u64| usize::try_from(at).unwrap_or_default();
    let weekday = DAYS.get(nth(day % 7)).copied().unwrap_or_default();
    let month = MONTHS
        .get(nth(number(5, 7).saturating_sub(1)))
        .copied()
        .unwrap_or_default();
    (weekday, number(8, 10), month, number(0, 4))
}

/// `Thursday 19 November`, with the year if it is another one than now.
pub fn day_long(state: &State, at: Timestamp) -> String {
    let (weekday, day, month, year) = date(state, at);
    if date(state, state.now).3 == year {
        format!("{weekday} {day} {month}")
    } else {
        format!("{weekday} {day} {month} {year}")
    }
}

/// `Fri 20 Nov`.
pub(super) fn day_short(state: &State, at: Timestamp) -> String {
    let (weekday, day, month, _) = date(state, at);
    let three = |name: &str| name.get(..3).unwrap_or_default().to_owned();
    format!("{} {day} {}", three(weekday), three(month))
}
