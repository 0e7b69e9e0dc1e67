//! The newest events of a room as its readers were told them, kept while many of them are behind. In a flood
//! thousands fall behind at once, and are owed the same: read from the log for each alone, decoded and encoded
//! anew, it would keep the whole server from what else there is to do.

use std::{collections::VecDeque, sync::Arc};

use snug_proto::{AccountId, Delivery, limits::MAX_CATCH_UP_EVENTS};
use snug_rules::Content;

use crate::{outbox::weight, room::ForReaders, room::quote::quoted_by};

/// Kept while so many readers are behind, so that all that is kept is little beside their outboxes. For fewer the
/// log is read.
pub(crate) const MANY_BEHIND: usize = 32;
/// So many bytes at most, as outboxes count them; the oldest make room. Nobody is told of more events at once than
/// [`MAX_CATCH_UP_EVENTS`].
const MAX_BYTES: usize = 1024 * 1024;
/// What an account counts that may see more of an event than others.
const ACCOUNT_BYTES: usize = 32;

/// See the module. Without a hole from the first to the last.
#[derive(Default)]
pub(crate) struct Newest {
    told: VecDeque<Kept>,
    bytes: usize,
}

struct Kept {
    seq: u64,
    /// The message whose words it brings beside or instead of its own.
    about: Option<u64>,
    bytes: usize,
    delivery: ForReaders,
}

/// What becomes of an event here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// It is kept; it may bring words of that message.
    Kept(Option<u64>),
    /// It takes that message back, and is kept.
    TakesBack(u64),
    /// What is said in it may be taken out of the log without an event that says so.
    Not,
}

impl Keeping {
    /// Of an event of this content.
    pub(crate) const fn of(content: &Content) -> Self {
        match content {
            Content::Message { .. } | Content::Reacted { .. } => Self::Kept(quoted_by(content)),
            Content::Edited { of, .. } | Content::Restored { of, .. } => Self::Kept(Some(*of)),
            Content::Unreacted { .. } | Content::Joined | Content::Left { reason: None } => {
                Self::Kept(None)
            }
            Content::Deleted {
                of, reason: None, ..
            } => Self::TakesBack(*of),
            Content::Deleted { .. }
            | Content::Left { .. }
            | Content::Tagged { .. }
            | Content::Changed { .. } => Self::Not,
        }
    }
}

impl Newest {
    /// An event was told, with so many readers behind.
    pub(crate) fn take_in(
        &mut self,
        seq: u64,
        keeping: Keeping,
        delivery: ForReaders,
        behind: usize,
    ) {
        let follows = self.told.back().is_none_or(|last| last.seq + 1 == seq);
        if behind < MANY_BEHIND || !follows {
            *self = Self::default();
        }
        let about = match keeping {
            Keeping::Not => {
                *self = Self::default();
                return;
            }
            Keeping::TakesBack(of) => {
                self.forget_words_of(of);
                None
            }
            Keeping::Kept(about) => about,
        };
        if behind < MANY_BEHIND {
            return;
        }
        let bytes = delivery.bytes();
        self.bytes += bytes;
        self.told.push_back(Kept {
            seq,
            about,
            bytes,
            delivery,
        });
        while self.bytes > MAX_BYTES || self.told.len() as u64 > MAX_CATCH_UP_EVENTS {
            self.forget_first();
        }
    }

    /// What this account is told after that event; `None` if not all of it is here.
    pub(crate) fn after(
        &self,
        seq: u64,
        account: AccountId,
    ) -> Option<impl Iterator<Item = &Arc<Delivery>>> {
        let first = self.told.front()?.seq;
        let known = usize::try_from(seq.checked_add(1)?.checked_sub(first)?).ok()?;
        let rest = (known <= self.told.len()).then(|| self.told.range(known..))?;
        Some(rest.map(move |kept| kept.delivery.to(&account)))
    }

    /// What stands before the last of its words is forgotten with them.
    fn forget_words_of(&mut self, message: u64) {
        let has_words = |kept: &Kept| kept.seq == message || kept.about == Some(message);
        if let Some(last) = self.told.iter().rposition(has_words) {
            for _ in 0..=last {
                self.forget_first();
            }
        }
    }

    fn forget_first(&mut self) {
        if let Some(first) = self.told.pop_front() {
            self.bytes -= first.bytes;
        }
    }
}

impl ForReaders {
    /// What it counts as.
    fn bytes(&self) -> usize {
        match self {
            Self::Same(delivery) => weight(delivery.event()),
            Self::Direct(_, one, other) => weight(one.event()) + weight(other.event()),
            Self::Some {
                accounts,
                with,
                without,
            } => {
                weight(with.event()) + weight(without.event()) + accounts.capacity() * ACCOUNT_BYTES
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snug_proto::{Event, Notice};

    fn said(text: &str) -> ForReaders {
        let text = text.to_owned();
        ForReaders::Same(Arc::new(Delivery::new(Event::Notice(Notice { text }))))
    }

    /// What one is told after that.
    fn after(newest: &Newest, seq: u64) -> Option<Vec<String>> {
        let told = newest.after(seq, AccountId::from_bytes([1; 16]))?;
        let texts = told.map(|delivery| match delivery.event() {
            Event::Notice(notice) => notice.text.clone(),
            other => panic!("{other:?}"),
        });
        Some(texts.collect())
    }

    fn of(events: impl IntoIterator<Item = (u64, Keeping)>) -> Newest {
        let mut newest = Newest::default();
        for (seq, keeping) in events {
            newest.take_in(seq, keeping, said(&seq.to_string()), MANY_BEHIND);
        }
        newest
    }

    const PLAIN: Keeping = Keeping::Kept(None);

    #[test]
    fn it_tells_all_that_came_after_an_event_or_nothing() {
        let newest = of((5..8).map(|seq| (seq, PLAIN)));
        assert_eq!(after(&newest, 3), None, "the fourth is not here");
        assert_eq!(after(&newest, 4).unwrap(), ["5", "6", "7"]);
        assert_eq!(after(&newest, 6).unwrap(), ["7"]);
        assert_eq!(after(&newest, 7).unwrap(), [""; 0]);
        assert_eq!(after(&newest, 8), None);
        assert_eq!(after(&Newest::default(), 0), None);
        let after_a_hole = of([(5, PLAIN), (7, PLAIN)]);
        assert_eq!(after(&after_a_hole, 4), None);
        assert_eq!(after(&after_a_hole, 6).unwrap(), ["7"]);
    }

    #[test]
    fn nothing_is_kept_while_few_are_behind_and_never_more_than_its_bounds() {
        let mut newest = of((1..5).map(|seq| (seq, PLAIN)));
        newest.take_in(5, PLAIN, said("5"), MANY_BEHIND - 1);
        assert_eq!((newest.told.len(), newest.bytes), (0, 0));
        for seq in 6..6 + 2 * MAX_CATCH_UP_EVENTS {
            newest.take_in(seq, PLAIN, said(""), MANY_BEHIND);
        }
        assert_eq!(newest.told.len() as u64, MAX_CATCH_UP_EVENTS);
        let long = "x".repeat(MAX_BYTES / 8);
        for seq in 3_000..3_020 {
            newest.take_in(seq, PLAIN, said(&long), MANY_BEHIND);
        }
        assert!(newest.bytes <= MAX_BYTES && newest.told.len() == 7);
    }

    #[test]
    fn words_that_were_taken_back_are_told_to_nobody_any_more() {
        let taken_back = of([
            (1, PLAIN),
            (2, PLAIN),
            (3, PLAIN),
            (4, Keeping::TakesBack(2)),
        ]);
        assert_eq!(after(&taken_back, 1), None);
        assert_eq!(after(&taken_back, 2).unwrap(), ["3", "4"]);
        let quoted = of([
            (1, PLAIN),
            (2, Keeping::Kept(Some(1))),
            (3, PLAIN),
            (4, Keeping::TakesBack(1)),
        ]);
        assert_eq!(after(&quoted, 1), None);
        assert_eq!(after(&quoted, 2).unwrap(), ["3", "4"]);
        let long_ago = of([(5, PLAIN), (6, Keeping::TakesBack(2))]);
        assert_eq!(after(&long_ago, 4).unwrap(), ["5", "6"]);
        let unsaid = of([(1, PLAIN), (2, Keeping::Not), (3, PLAIN)]);
        assert_eq!(after(&unsaid, 1), None);
        assert_eq!(after(&unsaid, 2).unwrap(), ["3"]);
        assert_eq!(unsaid.bytes, said("3").bytes());
    }
}
