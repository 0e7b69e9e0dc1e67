//! What a member counts, and how many members' counts become one.

/// Counts of one or many members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Messages delivered.
    pub deliveries: u64,
    /// Numbers that were skipped in a room's order.
    pub lost: u64,
    /// Numbers that came again or came back.
    pub repeated: u64,
    /// Requests answered.
    pub answers: u64,
    /// Requests refused.
    pub refusals: u64,
    /// Bytes of lines heard.
    pub bytes: u64,
    /// Microseconds from a message's sending to its delivery, sampled.
    pub delivery_us: Vec<u32>,
    /// Microseconds from a request to its answer.
    pub answer_us: Vec<u32>,
}

/// What most, nearly all and all were under, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Percentiles {
    /// The median.
    pub p50: u32,
    /// 99 of a hundred were no longer.
    pub p99: u32,
    /// The longest.
    pub max: u32,
}

impl Tally {
    /// Adds another's counts.
    pub fn add(&mut self, other: Self) {
        self.deliveries += other.deliveries;
        self.lost += other.lost;
        self.repeated += other.repeated;
        self.answers += other.answers;
        self.refusals += other.refusals;
        self.bytes += other.bytes;
        self.delivery_us.extend(other.delivery_us);
        self.answer_us.extend(other.answer_us);
    }
}

impl Percentiles {
    /// Of these measurements; all 0 if there are none.
    pub fn of(measured: &mut [u32]) -> Self {
        measured.sort_unstable();
        let at = |hundredths: usize| {
            let index = (measured.len() * hundredths / 100).min(measured.len().saturating_sub(1));
            measured.get(index).copied().unwrap_or_default()
        };
        Self {
            p50: at(50),
            p99: at(99),
            max: at(100),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_measurements() {
        let mut measured: Vec<u32> = (1..=1000).rev().collect();
        let found = Percentiles::of(&mut measured);
        assert_eq!((found.p50, found.p99, found.max), (501, 991, 1000));
        assert_eq!(Percentiles::of(&mut []), Percentiles::default());
    }
}
