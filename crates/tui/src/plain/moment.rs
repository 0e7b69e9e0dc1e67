//! A moment as a person writes it: `/history since 19:30`.

use snug_proto::Timestamp;

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// `19:30` (the last time it was that), `2026-11-20`, `2026-11-20 19:30`, `2h`, `30m`, `3d`, or RFC
/// 3339. `offset_s` is how far the clock on the wall is ahead of UTC.
pub(crate) fn parse(text: &str, now: Timestamp, offset_s: i64) -> Option<Timestamp> {
    if let Ok(exact) = text.parse() {
        return Some(exact);
    }
    if let Some(ago) = ago(text) {
        return Some(Timestamp::from_ms(now.ms().saturating_sub(ago)));
    }
    let local_now = shift(now.ms(), offset_s)?;
    let (date, clock) = match text.split_once([' ', 'T']) {
        Some((date, clock)) => (Some(date), Some(clock)),
        None if text.contains(':') => (None, Some(text)),
        None => (Some(text), None),
    };
    let since_midnight = clock.map_or(Some(0), minutes)?.checked_mul(MINUTE_MS)?;
    let local = if let Some(date) = date {
        let midnight: Timestamp = format!("{date}T00:00:00Z").parse().ok()?;
        midnight.ms() + since_midnight
    } else {
        let today = local_now - local_now % DAY_MS + since_midnight;
        if today > local_now {
            today.checked_sub(DAY_MS)?
        } else {
            today
        }
    };
    shift(local, offset_s.checked_neg()?).map(Timestamp::from_ms)
}

/// This moment.
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let ms = since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    });
    Timestamp::from_ms(ms)
}

fn shift(ms: u64, seconds: i64) -> Option<u64> {
    ms.checked_add_signed(seconds.checked_mul(1000)?)
}

fn ago(text: &str) -> Option<u64> {
    let unit = match text.chars().last()? {
        'm' => MINUTE_MS,
        'h' => HOUR_MS,
        'd' => DAY_MS,
        _ => return None,
    };
    let count: u64 = text.get(..text.len() - 1)?.parse().ok()?;
    count.checked_mul(unit)
}

fn minutes(clock: &str) -> Option<u64> {
    let (hours, minutes) = clock.split_once(':')?;
    let hours = hours.parse::<u64>().ok().filter(|hours| *hours < 24)?;
    let minutes = minutes
        .parse::<u64>()
        .ok()
        .filter(|minutes| *minutes < 60)?;
    Some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_the_persons_own_zone() {
        let now: Timestamp = "2026-11-20T19:41:07.118Z".parse().unwrap();
        let read = |text: &str| parse(text, now, 3600).map(|at| at.to_string());
        let at = |text: &str| Some(text.to_owned());
        assert_eq!(read("20:30"), at("2026-11-20T19:30:00.000Z"));
        assert_eq!(
            read("21:00"),
            at("2026-11-19T20:00:00.000Z"),
            "not yet today"
        );
        assert_eq!(read("00:10"), at("2026-11-19T23:10:00.000Z"));
        assert_eq!(read("2026-11-19"), at("2026-11-18T23:00:00.000Z"));
        assert_eq!(read("2026-11-19 08:15"), at("2026-11-19T07:15:00.000Z"));
        assert_eq!(read("2h"), at("2026-11-20T17:41:07.118Z"));
        assert_eq!(read("2026-11-20T19:00:00Z"), at("2026-11-20T19:00:00.000Z"));
        for bad in [
            "",
            "yesterday",
            "25:00",
            "12:60",
            "2026-13-01",
            "99999999999999999999d",
            "é",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
