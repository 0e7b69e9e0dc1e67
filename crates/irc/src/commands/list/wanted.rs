//! Which rooms a LIST asks for (ISUPPORT ELIST: C, M, N, T, U).

use snug_proto::{RoomEntry, Timestamp, folded_pattern, like};

use crate::names;

/// The conditions of one LIST: a room is shown if it fits one of the masks, where there are any, and all
/// of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    masks: Vec<String>,
    not: Vec<String>,
    bounds: Vec<Bound>,
}

/// A number that a room is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bound {
    of: Measure,
    side: Side,
    number: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    /// How many are in it.
    Users,
    /// Minutes since it was made.
    Made,
    /// Minutes since its topic was set.
    Topic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Less,
    More,
}

/// Milliseconds in a minute.
const MINUTE_MS: u64 = 60_000;

impl Wanted {
    /// Reads the conditions, separated by commas. What is none is a mask.
    pub(crate) fn read(words: &str) -> Self {
        let mut wanted = Self::default();
        for word in words.split(',').filter(|word| !word.is_empty()) {
            if let Some(bound) = Bound::read(word) {
                wanted.bounds.push(bound);
            } else if let Some(mask) = word.strip_prefix('!') {
                wanted.not.push(folded(mask));
            } else {
                wanted.masks.push(folded(word));
            }
        }
        wanted
    }

    /// Is this room asked for? Ages are counted to `now`, where the session says it.
    pub(crate) fn has(&self, entry: &RoomEntry, users: u64, now: Option<Timestamp>) -> bool {
        let channel = names::channel(&names::fold_room(&entry.room));
        let fits = |mask: &String| like(mask, &channel);
        (self.masks.is_empty() || self.masks.iter().any(fits))
            && !self.not.iter().any(fits)
            && self
                .bounds
                .iter()
                .all(|bound| bound.holds(entry, users, now))
    }
}

impl Bound {
    fn read(word: &str) -> Option<Self> {
        let mut letters = word.chars();
        let (of, side) = match letters.next()? {
            'C' | 'c' => (Measure::Made, letters.next()?),
            'T' | 't' => (Measure::Topic, letters.next()?),
            side => (Measure::Users, side),
        };
        let side = match side {
            '<' => Side::Less,
            '>' => Side::More,
            _ => return None,
        };
        let number = letters.as_str().parse().ok()?;
        Some(Self { of, side, number })
    }

    fn holds(self, entry: &RoomEntry, users: u64, now: Option<Timestamp>) -> bool {
        let (value, number) = match self.of {
            Measure::Users => (Some(users), self.number),
            Measure::Made => (age(entry.created_at, now), self.ms()),
            Measure::Topic => (age(entry.topic_at, now), self.ms()),
        };
        let Some(value) = value else { return false };
        match self.side {
            Side::Less => value < number,
            // More than no minutes ago is ever, however short ago.
            Side::More => value > number || (number == 0 && self.of != Measure::Users),
        }
    }

    fn ms(self) -> u64 {
        self.number.saturating_mul(MINUTE_MS)
    }
}

/// Milliseconds since then.
fn age(then: Option<Timestamp>, now: Option<Timestamp>) -> Option<u64> {
    Some(now?.ms().saturating_sub(then?.ms()))
}

/// A name without a wildcard is folded as names are; with one, in the letters that it has.
fn folded(mask: &str) -> String {
    match names::room(mask) {
        Some(room) if !mask.contains(['*', '?']) => names::channel(&names::fold_room(room)),
        _ => folded_pattern(mask),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_told_from_masks() {
        let wanted = Wanted::read("#Den,*an?,!#x*,>3,<10,C>5,T<60,C>x");
        assert_eq!(wanted.masks, ["#den", "*an?", "c>x"]);
        assert_eq!(wanted.not, ["#x*"]);
        assert_eq!(wanted.bounds.len(), 4);
    }
}
