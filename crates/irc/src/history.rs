//! Reading what was said before for CHATHISTORY: pages of a log, until there is enough of it.

use snug_proto::{
    Answer, Author, ErrorCode, Event, Page, Place, Read, RoomEntry, RoomRef, Rooms, Timestamp,
};

use crate::{
    Capability, Connection,
    connection::{Then, expected},
    names,
    saying::Saying,
};

/// The most messages of one answer (ISUPPORT `CHATHISTORY`).
pub(crate) const MAX_MESSAGES: usize = 100;
/// Pages read for one answer: in a log with few messages among many comings and goings it may have fewer
/// than were asked for.
const MAX_PAGES: usize = 10;
/// Events of one page.
const PAGE_EVENTS: u32 = 200;
/// Words gathered for one answer, in bytes: past it there are fewer messages than were asked for.
const MAX_GATHERED_BYTES: usize = 128 * 1024;
/// Rooms looked through for TARGETS.
const MAX_ROOMS: usize = 2000;

/// An end of what is asked for, itself left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    Open,
    Event(u64),
    Time(Timestamp),
}

/// Where to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    OldestFirst,
    NewestFirst,
    /// From the first end towards the second, whichever is earlier.
    Between,
    /// On both sides of the second.
    Around,
}

/// A CHATHISTORY on its way.
#[derive(Debug, Clone)]
pub(crate) struct History {
    subcommand: String,
    target: String,
    room: RoomRef,
    /// Both as they were given; times become numbers first.
    low: Bound,
    high: Bound,
    order: Order,
    limit: usize,
    /// What is read now.
    reading: Reading,
    pages: usize,
    bytes: usize,
    /// Oldest first.
    found: Vec<Event>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// The number that a time is at.
    Low,
    High,
    /// The newest below this number, down to the other end and so many in all.
    Before {
        below: u64,
        down_to: u64,
        until: usize,
    },
    /// Those after this number.
    After {
        after: u64,
        up_to: u64,
    },
}

/// What is to be done next.
enum Next {
    Read(Box<History>, Read),
    Done(Box<History>),
}

impl History {
    pub(crate) fn new(
        subcommand: String,
        target: String,
        room: RoomRef,
        (low, high, order): (Bound, Bound, Order),
        limit: usize,
    ) -> Box<Self> {
        Box::new(Self {
            subcommand,
            target,
            room,
            low,
            high,
            order,
            limit,
            reading: Reading::Low,
            pages: 0,
            bytes: 0,
            found: Vec::new(),
        })
    }

    /// The first read: of a number for a time, or of events at once.
    fn begin(mut self: Box<Self>) -> Next {
        // What is after a time begins a millisecond later; what is before it ends at it.
        let (low, high) = (self.low, self.high);
        let earlier_first = self.order != Order::Between || is_before(low, high);
        if !earlier_first {
            (self.low, self.high) = (high, low);
            self.order = Order::NewestFirst;
        } else if self.order == Order::Between {
            self.order = Order::OldestFirst;
        }
        self.resolve()
    }

    fn resolve(mut self: Box<Self>) -> Next {
        if let Bound::Time(at) = self.low {
            self.reading = Reading::Low;
            let read = self.read_since(at.plus_ms(1));
            return Next::Read(self, read);
        }
        if let Bound::Time(at) = self.high {
            self.reading = Reading::High;
            let read = self.read_since(at);
            return Next::Read(self, read);
        }
        let low = match self.low {
            Bound::Event(seq) => seq,
            _ => 0,
        };
        let high = match self.high {
            Bound::Event(seq) => seq,
            _ => u64::MAX,
        };
        self.reading = match self.order {
            Order::OldestFirst | Order::Between => Reading::After {
                after: low,
                up_to: high,
            },
            Order::NewestFirst => Reading::Before {
                below: high,
                down_to: low,
                until: self.limit,
            },
            Order::Around => Reading::Before {
                below: high,
                down_to: 0,
                until: self.limit / 2,
            },
        };
        self.go_on()
    }

    /// Takes a page, and says what is next.
    fn take(mut self: Box<Self>, page: Page, playback: bool) -> Next {
        let first = page.events.first().and_then(Event::place);
        let next = first.map_or(page.seq.saturating_add(1), |place| place.seq);
        match self.reading {
            Reading::Low => {
                self.low = Bound::Event(next.saturating_sub(1));
                self.resolve()
            }
            Reading::High => {
                self.high = Bound::Event(next);
                self.resolve()
            }
            Reading::Before { down_to, until, .. } => {
                let below = first.map_or(0, |place| place.seq);
                self.gather_before(page.events, down_to, until, playback);
                let more = page.more && below > down_to.saturating_add(1);
                if more && self.found.len() < until && self.may_read_on() {
                    self.reading = Reading::Before {
                        below,
                        down_to,
                        until,
                    };
                    return self.go_on();
                }
                self.other_side()
            }
            Reading::After { up_to, .. } => {
                let last = page.events.last().and_then(Event::place);
                let after = last.map_or(u64::MAX, |place| place.seq);
                self.gather_after(page.events, up_to, playback);
                let more = page.more && after < up_to;
                if more && self.found.len() < self.limit && self.may_read_on() {
                    self.reading = Reading::After { after, up_to };
                    return self.go_on();
                }
                Next::Done(self)
            }
        }
    }

    /// After what is before the middle comes the middle, and what is after it.
    fn other_side(mut self: Box<Self>) -> Next {
        let Bound::Event(middle) = self.high else {
            return Next::Done(self);
        };
        if self.order != Order::Around {
            return Next::Done(self);
        }
        self.reading = Reading::After {
            after: middle.saturating_sub(1),
            up_to: u64::MAX,
        };
        self.go_on()
    }

    fn go_on(mut self: Box<Self>) -> Next {
        let (after, before) = match self.reading {
            Reading::Before { until: 0, .. } => return self.other_side(),
            Reading::Before {
                below: u64::MAX, ..
            } => (None, None),
            Reading::Before { below, .. } => (None, Some(below)),
            Reading::After { after, .. } => (Some(after), None),
            Reading::Low | Reading::High => return Next::Done(self),
        };
        self.pages += 1;
        let read = Read {
            after,
            before,
            limit: Some(PAGE_EVENTS),
            ..self.read_since(Timestamp::from_ms(0))
        };
        let read = Read {
            since: None,
            ..read
        };
        Next::Read(self, read)
    }

    fn gather_before(&mut self, events: Vec<Event>, down_to: u64, until: usize, playback: bool) {
        let mut newer = std::mem::take(&mut self.found);
        let mut older = Vec::new();
        for event in events.into_iter().rev() {
            let within = is_told(&event, playback).is_some_and(|place| place.seq > down_to);
            if within && newer.len() + older.len() < until && self.weigh(&event) {
                older.push(event);
            }
        }
        older.reverse();
        older.append(&mut newer);
        self.found = older;
    }

    fn gather_after(&mut self, events: Vec<Event>, up_to: u64, playback: bool) {
        for event in events {
            let within = is_told(&event, playback).is_some_and(|place| place.seq < up_to);
            if within && self.found.len() < self.limit && self.weigh(&event) {
                self.found.push(event);
            }
        }
    }

    /// Counts an event's words; false if there are too many already.
    fn weigh(&mut self, event: &Event) -> bool {
        let fits = self.bytes < MAX_GATHERED_BYTES;
        self.bytes += match event {
            Event::Message(message) => {
                message.body.len()
                    + message
                        .manner
                        .as_deref()
                        .map_or(0, snug_proto::Manner::bytes)
            }
            Event::Edited(edited) => edited.body.len(),
            _ => 0,
        };
        fits
    }

    fn may_read_on(&self) -> bool {
        self.pages < MAX_PAGES && self.bytes < MAX_GATHERED_BYTES
    }

    fn read_since(&self, since: Timestamp) -> Read {
        Read {
            room: self.room.clone(),
            after: None,
            before: None,
            since: Some(since),
            limit: Some(1),
            log: None,
        }
    }
}

/// Of two ends of one kind, is the first the earlier one? A number and a time are taken as they are given.
fn is_before(one: Bound, other: Bound) -> bool {
    match (one, other) {
        (Bound::Event(one), Bound::Event(other)) => one <= other,
        (Bound::Time(one), Bound::Time(other)) => one <= other,
        _ => true,
    }
}

/// Where an event happened that is part of the history of a client: words, and with event-playback
/// whatever it would have been told.
fn is_told(event: &Event, playback: bool) -> Option<&Place> {
    match event {
        Event::Message(message) => (!message.deleted).then_some(&message.place),
        Event::Edited(edited) => (!edited.deleted).then_some(&edited.place),
        // What was taken back is not there to be taken back again.
        // What is there again stands where it was said.
        Event::Deleted(_) | Event::Restored(_) => None,
        event if playback => event.place(),
        _ => None,
    }
}

/// Who did what is told, where that decides to whom a line of a direct conversation is.
pub(crate) fn author(event: &Event) -> Option<&Author> {
    match event {
        Event::Message(event) => Some(&event.author),
        Event::Edited(event) => Some(&event.author),
        Event::Reacted(event) | Event::Unreacted(event) => Some(&event.author),
        Event::Tagged(event) => Some(&event.author),
        _ => None,
    }
}

/// A CHATHISTORY TARGETS on its way.
#[derive(Debug, Clone)]
pub(crate) struct Targets {
    after: Timestamp,
    before: Timestamp,
    limit: usize,
    seen: usize,
    found: Vec<(Timestamp, String)>,
}

impl Targets {
    pub(crate) fn new(after: Timestamp, before: Timestamp, limit: usize) -> Self {
        Self {
            after,
            before,
            limit,
            seen: 0,
            found: Vec::new(),
        }
    }

    fn take(&mut self, entry: &RoomEntry) {
        self.seen += 1;
        let Some(at) = entry
            .last_at
            .filter(|_| entry.seq.is_some_and(|seq| seq > 0))
        else {
            return;
        };
        if self.after < at && at < self.before {
            let target = match entry.room.strip_prefix('@') {
                Some(name) => names::nick(entry.worn.as_deref().unwrap_or(name)).into_owned(),
                None => names::channel(&entry.room),
            };
            self.found.push((at, target));
        }
    }
}

impl Connection {
    /// Begins to read.
    pub(crate) fn go_on_with(&mut self, history: Box<History>) {
        self.do_next(history.begin());
    }

    pub(crate) fn history_read(&mut self, history: History, answer: Answer) {
        let playback = self.caps.has(Capability::EventPlayback);
        let history = Box::new(history);
        match expected!(answer, Page) {
            Ok(page) => self.do_next(history.take(page, playback)),
            // Nobody has said anything to this person yet.
            Err(refusal)
                if refusal.code == ErrorCode::UnknownRoom
                    && matches!(history.room, RoomRef::Direct(_)) =>
            {
                self.do_next(Next::Done(history));
            }
            Err(refusal) => {
                let code = match refusal.code {
                    ErrorCode::UnknownRoom
                    | ErrorCode::UnknownPerson
                    | ErrorCode::NotAMember
                    | ErrorCode::Banned
                    | ErrorCode::Forbidden => "INVALID_TARGET",
                    _ => "MESSAGE_ERROR",
                };
                let about = [history.subcommand.as_str(), &history.target];
                self.fail_with("CHATHISTORY", code, &about, &refusal.text);
            }
        }
    }

    fn do_next(&mut self, next: Next) {
        match next {
            Next::Read(history, read) => self.ask_next(read, Then::History(history)),
            Next::Done(history) => {
                let batch = self.begin_batch("chathistory", Some(&history.target));
                self.begin_saying(Saying::Replay {
                    batch: Some(batch),
                    events: history.found.into_iter(),
                });
            }
        }
    }

    pub(crate) fn targets_listed(&mut self, mut targets: Targets, answer: Answer) {
        let list = match expected!(answer, RoomList) {
            Ok(list) => list,
            Err(refusal) => {
                return self.fail_with("CHATHISTORY", "MESSAGE_ERROR", &["TARGETS"], &refusal.text);
            }
        };
        for entry in &list.rooms {
            targets.take(entry);
        }
        if let Some(last) = list.rooms.last().filter(|_| list.more)
            && targets.seen < MAX_ROOMS
        {
            let next = Rooms {
                mine: true,
                after: Some(last.room_id),
            };
            return self.ask_next(next, Then::Targets(Box::new(targets)));
        }
        targets.found.sort();
        targets.found.truncate(targets.limit);
        let batch = self.begin_batch("draft/chathistory-targets", None);
        for (at, target) in &targets.found {
            let (host, _, out) = self.reply_parts();
            crate::line::Writer::new(out)
                .tag("batch", &batch)
                .source(host)
                .command("CHATHISTORY")
                .word("TARGETS")
                .word(target)
                .word(&at.to_string())
                .end();
        }
        self.end_batch(&batch);
    }
}
