//! Earlier messages beside what refers to them: replies and reactions (R10). A quote is read before the
//! decision and told after the commit; in between the message may be taken back, and then it is not told.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use snug_proto::{AccountId, Quote, Refusal};
use snug_rules::{Content, ReadGrant, RoomKind, Target, excerpt, may_read};
use snug_store::StoredEvent;

use crate::{
    engine::Engine,
    person::{Person, refusal},
    room::{ForReaders, Room, State},
};

/// Deletions remembered for quotes on their way; a quote that is older than all of them is not told.
const MAX_BLANKED: usize = 64;

/// An event with who did it, and what it refers to as its reader may see it.
pub(crate) type Told = (StoredEvent, Arc<Person>, Option<Quote>);

/// The beginning of an earlier message, as it was when the log stood at `as_of`.
#[derive(Debug, Clone)]
pub(crate) struct Quoting {
    quote: Quote,
    as_of: u64,
}

/// The newest deletions: which event took which message back.
#[derive(Debug, Default)]
pub(crate) struct Blanked {
    newest: VecDeque<(u64, u64)>,
    /// Those up to this event are forgotten.
    forgotten: u64,
}

impl Blanked {
    /// Notes a deletion that is published.
    pub(crate) fn note(&mut self, event: u64, of: u64) {
        self.newest.push_back((event, of));
        if self.newest.len() > MAX_BLANKED
            && let Some((event, _)) = self.newest.pop_front()
        {
            self.forgotten = event;
        }
    }

    /// Does the message still have the words that were read of it then?
    fn stands(&self, quoting: &Quoting) -> bool {
        let after = |(event, of): &(u64, u64)| *event > quoting.as_of && *of == quoting.quote.seq;
        quoting.as_of >= self.forgotten && !self.newest.iter().any(after)
    }
}

/// The earlier message that an event refers to and that is quoted beside it.
pub(crate) const fn quoted_by(content: &Content) -> Option<u64> {
    match content {
        Content::Message {
            deleted: false,
            about,
            ..
        } => about.reply_to,
        Content::Reacted { of, .. } => Some(*of),
        _ => None,
    }
}

impl Engine {
    /// What a reply, a reaction or the like is about, as this person may know it, and how it begins.
    pub(crate) async fn quoting(
        &self,
        who: &Person,
        room: &Arc<Room>,
        seq: u64,
    ) -> Result<(Target, Option<Quoting>), Refusal> {
        let as_of = room.state().head.map_or(0, |head| head.seq);
        let grant = self.grant(room, who)?;
        let target = self.target(who, room, seq).await?;
        let quotes = self.quotes(room, grant, vec![seq]).await?;
        let quoting = quotes
            .into_iter()
            .next()
            .map(|quote| Quoting { quote, as_of });
        Ok((target, quoting))
    }

    /// Events read for one who has this grant, each with who did it and what it refers to.
    pub(crate) async fn told(
        &self,
        room: &Arc<Room>,
        grant: ReadGrant,
        events: Vec<StoredEvent>,
    ) -> Result<Vec<Told>, Refusal> {
        let mut wanted: Vec<u64> = events
            .iter()
            .filter_map(|event| quoted_by(&event.content))
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let quotes = if wanted.is_empty() {
            Vec::new()
        } else {
            self.quotes(room, grant, wanted).await?
        };
        let quote = |event: &StoredEvent| {
            let seq = quoted_by(&event.content)?;
            quotes.iter().find(|quote| quote.seq == seq).cloned()
        };
        let events = self.with_authors(events).await?;
        let told = events.into_iter().map(|(event, author)| {
            let quote = quote(&event);
            (event, author, quote)
        });
        Ok(told.collect())
    }

    async fn quotes(
        &self,
        room: &Arc<Room>,
        grant: ReadGrant,
        seqs: Vec<u64>,
    ) -> Result<Vec<Quote>, Refusal> {
        {
            let state = room.state();
            if state.is_ram() {
                let quotes = seqs.into_iter().filter(|seq| covers(&grant, *seq));
                return Ok(quotes
                    .filter_map(|seq| state.quote_in_memory(self, seq))
                    .collect());
            }
        }
        let rows = self
            .storage
            .read(move |reader| reader.quotes(&grant, &seqs))
            .await
            .map_err(refusal)?;
        self.people_of(rows.iter().map(|row| row.author).collect())
            .await?;
        let quotes = rows.into_iter().filter_map(|row| {
            let author = self.people.known(&row.author)?;
            Some(quote(row.seq, &author, row.excerpt))
        });
        Ok(quotes.collect())
    }
}

impl State {
    /// The quote to tell beside an event that is published now: none if the message was taken back.
    pub(crate) fn quote_now(
        &self,
        engine: &Engine,
        content: &Content,
        quoting: Option<Box<Quoting>>,
    ) -> Option<Quote> {
        let seq = quoted_by(content)?;
        if self.is_ram() {
            return self.quote_in_memory(engine, seq);
        }
        let quoting = quoting.filter(|quoting| quoting.quote.seq == seq)?;
        self.blanked.stands(&quoting).then_some(quoting.quote)
    }

    /// The event for this node's readers, the quote in it only for those who may read what it quotes
    /// (DECISIONS 5).
    pub(crate) fn for_readers_of(
        &self,
        engine: &Engine,
        room: &Room,
        author: &Person,
        event: StoredEvent,
        quote: Option<Quote>,
    ) -> ForReaders {
        let Some(quote) = quote else {
            return self.for_readers(engine, room.id, author, event, None);
        };
        let everyone = self.view.as_ref().is_some_and(|view| {
            view.kind != RoomKind::Ordinary || view.history == snug_proto::HistoryPolicy::All
        });
        if everyone {
            return self.for_readers(engine, room.id, author, event, Some(quote));
        }
        let may = |account: &AccountId| {
            let grant = self.view.as_ref().map(|view| may_read(view, account));
            matches!(grant, Some(Ok(grant)) if covers(&grant, quote.seq))
        };
        let accounts: HashSet<AccountId> = self
            .readers
            .values()
            .map(|reader| reader.account)
            .filter(may)
            .collect();
        let with = self.for_readers(engine, room.id, author, event.clone(), Some(quote));
        let without = self.for_readers(engine, room.id, author, event, None);
        match (with, without) {
            (ForReaders::Same(with), ForReaders::Same(without)) => ForReaders::Some {
                accounts,
                with,
                without,
            },
            (_, without) => without,
        }
    }

    /// The quote beside an event of a `ram` room, for one who has this grant.
    pub(crate) fn quote_within(
        &self,
        engine: &Engine,
        grant: &ReadGrant,
        content: &Content,
    ) -> Option<Quote> {
        let seq = quoted_by(content).filter(|seq| covers(grant, *seq))?;
        self.quote_in_memory(engine, seq)
    }

    fn quote_in_memory(&self, engine: &Engine, seq: u64) -> Option<Quote> {
        let kept = self.ram.iter().find(|kept| kept.event.seq == seq)?;
        let Content::Message {
            body,
            deleted: false,
            ..
        } = &kept.event.content
        else {
            return None;
        };
        let edits = self.ram.iter().rev();
        let mut newer = edits.filter_map(|kept| match &kept.event.content {
            Content::Edited {
                of,
                body,
                deleted: false,
            } if *of == seq => Some(body),
            _ => None,
        });
        let author = engine.people.known(&kept.event.actor)?;
        Some(quote(seq, &author, excerpt(newer.next().unwrap_or(body))))
    }
}

fn covers(grant: &ReadGrant, seq: u64) -> bool {
    (grant.from()..=grant.to()).contains(&seq)
}

fn quote(seq: u64, author: &Person, excerpt: String) -> Quote {
    Quote {
        seq,
        from: author.name.clone(),
        from_id: author.id,
        excerpt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_whose_message_was_taken_back_meanwhile_does_not_stand() {
        let quoting = |seq, as_of| Quoting {
            quote: Quote {
                seq,
                from: "ann".into(),
                from_id: AccountId::from_bytes([1; 16]),
                excerpt: "secret".into(),
            },
            as_of,
        };
        let mut blanked = Blanked::default();
        assert!(blanked.stands(&quoting(3, 0)));
        blanked.note(10, 3);
        assert!(!blanked.stands(&quoting(3, 9)));
        assert!(blanked.stands(&quoting(4, 9)));
        for event in 11..=200 {
            blanked.note(event, 1_000 + event);
        }
        assert!(!blanked.stands(&quoting(4, 9)), "who knows");
        assert!(blanked.stands(&quoting(4, 150)));
    }
}
