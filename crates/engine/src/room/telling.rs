//! Telling a room's readers what was published: all that came together in one pass over them, since most of what
//! a reader costs is to find it and its outbox in memory.

use std::{cell::OnceCell, sync::Arc};

use snug_proto::{AccountId, Delivery, Event, Marked, Sent, Timestamp};
use snug_rules::{Entry, RoomKind};

use crate::{
    outbox::{Full, Put},
    room::{
        ForReaders, Position, Reader, Room, State,
        marks::Mark,
        newest::Keeping,
        publish::{Ticket, event_of},
    },
};

/// When the readers of an event are written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Haste {
    /// At once.
    AtOnce,
    /// With what comes next, or a moment later: a large room is told of who joins and leaves together, so
    /// that a storm of it costs each reader two writes a second.
    Gathered,
}

/// An event for a room's readers.
pub(crate) struct Telling {
    pub(crate) seq: u64,
    pub(crate) author: AccountId,
    pub(crate) delivery: ForReaders,
    pub(crate) keeping: Keeping,
    pub(crate) haste: Haste,
    /// What it did to the author's read marker, if it did anything.
    pub(crate) mark: Option<MarkMoved>,
}

/// A message that is in the log, and that nobody was told of yet.
pub(super) struct Said {
    ticket: Ticket,
    telling: Telling,
    at: Timestamp,
}

/// An author's marker that moved with what they said: for all of their sessions but the one that it was said on.
pub(crate) struct MarkMoved {
    pub(crate) session: u64,
    pub(crate) to: Marked,
    /// Made for the first who is to be told.
    delivery: OnceCell<Arc<Delivery>>,
}

impl MarkMoved {
    pub(crate) fn new(session: u64, to: Marked) -> Self {
        Self {
            session,
            to,
            delivery: OnceCell::new(),
        }
    }
}

impl Telling {
    /// The marker that this reader is to be told of.
    fn mark_for(&self, reader: &Reader) -> Option<&Arc<Delivery>> {
        let mark = self.mark.as_ref()?;
        if self.author != reader.account || mark.session == reader.core.number {
            return None;
        }
        let new = || Arc::new(Delivery::new(Event::Marked(mark.to.clone())));
        Some(mark.delivery.get_or_init(new))
    }

    /// Is this reader told of it when it is next told of anything?
    fn waits_for_more(&self, reader: &Reader) -> bool {
        self.haste == Haste::Gathered && self.author != reader.account
    }
}

impl State {
    /// Is this the number after what was published last, in a room with a log?
    pub(super) fn is_next(&self, seq: u64) -> bool {
        let next = self.head.map_or(seq, |head| head.seq + 1);
        !self.is_ram() && self.held.is_empty() && seq == next
    }

    /// A message that was committed, for the readers.
    pub(super) fn said(
        &mut self,
        mut ticket: Ticket,
        entry: Entry,
        stored: (u64, Timestamp, u64),
    ) -> Said {
        let (seq, at, _) = stored;
        self.committed(&entry, seq);
        let event = event_of(entry, stored);
        let (engine, person) = (Arc::clone(&ticket.engine), Arc::clone(&ticket.person));
        let quote = self.quote_now(&engine, &event.content, ticket.quoting.take());
        self.is_published(&event);
        engine.was_said(self.view.as_ref(), &person, &event);
        // Sending moved the marker (DECISIONS 6).
        let mark = ticket.flight.as_ref().map(|flight| {
            let mark = Mark::at_the_head(seq, at);
            MarkMoved::new(
                flight.session(),
                self.marked(&engine, &ticket.room, &person, mark),
            )
        });
        let telling = Telling {
            seq,
            author: person.id,
            keeping: Keeping::of(&event.content),
            delivery: self.for_readers_of(&engine, &ticket.room, &person, event, quote),
            haste: Haste::AtOnce,
            mark,
        };
        Said {
            ticket,
            telling,
            at,
        }
    }

    /// Tells the readers what was said, then answers those who said it.
    pub(super) fn tell_said(&mut self, room: &Arc<Room>, said: Vec<Said>) {
        if said.is_empty() {
            return;
        }
        let (mut tellings, mut answers) = (Vec::new(), Vec::new());
        for Said {
            ticket,
            telling,
            at,
        } in said
        {
            answers.push((ticket, telling.seq, at));
            tellings.push(telling);
        }
        self.tell_readers(room, tellings);
        for (ticket, seq, at) in answers {
            let room = self.label(&ticket.engine, &ticket.person);
            let away = match self.row.as_ref().map(|row| row.kind) {
                Some(RoomKind::Direct(one, other)) if one != other => {
                    let me = ticket.person.id;
                    let other = if one == me { other } else { one };
                    ticket.engine.online.away_of(&other)
                }
                _ => None,
            };
            let sent = Sent {
                room,
                room_id: ticket.room.id,
                seq,
                at,
                away,
            };
            self.answer(ticket, Ok(sent.into()));
        }
    }

    /// Puts events, in their order, into the outbox of every reader who hears live; those whose outbox is full are
    /// read to from the log from there on.
    pub(crate) fn tell_readers(&mut self, room: &Arc<Room>, events: Vec<Telling>) {
        let live = self.readers.values();
        for reader in live.filter(|reader| reader.position == Position::Live) {
            reader.core.outbox.bring_near();
        }
        let mut behind = 0;
        for reader in self.readers.values_mut() {
            if reader.take_in(room, &events) == Put::ReaderWaits {
                self.unreached.add(&reader.core);
            }
            behind += usize::from(reader.position != Position::Live);
        }
        for event in events {
            self.newest
                .take_in(event.seq, event.keeping, event.delivery, behind);
        }
    }

    /// Has those reached who wait for what was put into their outboxes without their being told.
    pub(crate) fn tell_untold(&mut self) {
        for reader in self.readers.values() {
            if reader.core.outbox.is_owed() {
                self.unreached.add(&reader.core);
            }
        }
    }
}

impl Reader {
    fn take_in(&mut self, room: &Arc<Room>, events: &[Telling]) -> Put {
        let mut live = self.position == Position::Live;
        if !live && events.iter().all(|event| event.mark_for(self).is_none()) {
            return Put::ReaderComes;
        }
        let mut outbox = self.core.outbox.open();
        let mut missed = None;
        for event in events {
            if live {
                let delivery = event.delivery.to(&self.account);
                let put = if event.waits_for_more(self) {
                    outbox.put_untold(delivery)
                } else {
                    outbox.put(delivery)
                };
                if put == Err(Full) {
                    live = false;
                    missed = Some(event.seq);
                }
            }
            if let Some(mark) = event.mark_for(self) {
                // It does not last: a list of rooms has it too.
                let _full = outbox.put(mark);
            }
        }
        let put = outbox.done();
        if let Some(seq) = missed {
            self.missed(room, seq);
        }
        put
    }
}

#[cfg(test)]
mod tests {
    use snug_proto::{Body, Delete, Pending, Send, Session};
    use snug_rules::Content;
    use snug_store::{Append, Appended};

    use super::*;
    use crate::{
        room::{
            Act, Submission,
            newest::MANY_BEHIND,
            readers::tests::{come_in, engine, heard},
        },
        storage::AppendEnd,
    };

    fn say(body: String) -> Send {
        Send {
            manner: None,
            room: Some("lobby".into()),
            to: None,
            body,
            reply_to: None,
            key: None,
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_told_together_is_heard_in_order_and_by_nobody_who_left_before_it() {
        let engine = engine().await;
        let (ann, bob) = (come_in(&engine, "ann").await, come_in(&engine, "bob").await);
        let room = engine.room(engine.lobby());
        let (newest, ann_is, bob_is) = {
            let state = room.state();
            let is = |name: &str| {
                let mut cores = state.readers.values().map(|reader| &reader.core);
                let person = cores.find_map(|core| {
                    let person = &core.signed_in()?.person;
                    (person.name == name).then(|| Arc::clone(person))
                });
                person.unwrap()
            };
            (state.head.unwrap().seq, is("ann"), is("bob"))
        };
        let message = |body: &str| Content::Message {
            body: body.into(),
            deleted: false,
            about: snug_rules::About::default(),
        };
        let together = [
            (&ann_is, message("one")),
            (&bob_is, message("two")),
            (&bob_is, Content::Left { reason: None }),
            (&ann_is, message("three")),
            (&ann_is, message("four")),
        ];
        let (mut settled, mut answers) = (Vec::new(), Vec::new());
        for (seq, (who, content)) in (newest + 1..).zip(together) {
            let (answering, answer) = Pending::new();
            let submission = Submission {
                flight: None,
                person: Arc::clone(who),
                act: Act::Send(Body::parse("as it was asked".into()).unwrap(), None),
                key: None,
                answering,
                tries: 0,
            };
            let append = Append {
                room: room.id,
                expect: snug_store::Expect {
                    room_rules: 0,
                    account_rules: 0,
                },
                entry: Entry {
                    actor: who.id,
                    content,
                },
                key: None,
                rules_after: 0,
                password_tag: None,
                begin_log: None,
                deletes_of: None,
                apart: Vec::new(),
                keep: true,
            };
            let (at, messages) = (engine.now(), seq);
            let end = AppendEnd::Done(Ok(Appended::New { seq, at, messages }));
            settled.push((append, Ticket::new(&room, &engine, submission), end));
            answers.push(answer);
        }
        drop(Ticket::settle_together(settled));
        assert_eq!(heard(&ann).await, ["one", "two", "three", "four"]);
        assert_eq!(heard(&bob).await, ["one", "two"]);
        assert_eq!(room.state().head.unwrap().seq, newest + 5);
        for answer in answers {
            assert!(answer.await.is_ok());
        }
        engine.shut_down().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_fell_behind_with_many_hears_all_but_what_was_taken_back_and_the_log_is_not_read() {
        const SAID: usize = 60;
        let engine = engine().await;
        let ann = come_in(&engine, "ann").await;
        let mut readers = Vec::new();
        for number in 0..MANY_BEHIND {
            readers.push(come_in(&engine, &format!("reader{number}")).await);
        }
        let long = "x".repeat(8 * 1024);
        let mut seqs = Vec::new();
        for number in 0..SAID {
            let said = ann.request(say(format!("{number} {long}")).into()).await;
            let Ok(snug_proto::Response::Sent(sent)) = said else {
                panic!("not sent")
            };
            seqs.push(sent.seq);
        }
        let delete = Delete {
            room: "lobby".into(),
            seq: seqs[40],
            reason: None,
            key: None,
        };
        assert!(ann.request(delete.into()).await.is_ok());
        let last = ann.request(say("last".into()).into()).await;
        assert!(last.is_ok());
        {
            let room = engine.room(engine.lobby());
            let state = room.state();
            let head = state.head.unwrap().seq;
            let account = state.readers.values().next().unwrap().account;
            let kept = |after| state.newest.after(after, account).map(Iterator::count);
            assert_eq!(kept(seqs[40] - 1), None, "it was taken back");
            assert_eq!(kept(seqs[40]), usize::try_from(head - seqs[40]).ok());
            let behind = state.readers.values();
            let behind = behind.filter(|reader| matches!(reader.position, Position::Behind(_)));
            assert!(behind.count() >= MANY_BEHIND);
        }
        for reader in &readers {
            let mut numbers: Vec<String> = Vec::new();
            while numbers.last().is_none_or(|last| last != "last") {
                let bodies = heard(reader).await;
                let first = bodies.iter().filter_map(|body| body.split(' ').next());
                numbers.extend(first.filter(|word| !word.is_empty()).map(str::to_owned));
            }
            let all = (0..SAID).filter(|number| *number != 40);
            let all = all.map(|number| number.to_string());
            assert_eq!(numbers, all.chain(["last".to_owned()]).collect::<Vec<_>>());
        }
        engine.shut_down().await;
    }
}
