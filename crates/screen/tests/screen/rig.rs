//! A screen with a server made of vectors behind it: it answers what is asked, so that tests say only what
//! they are about.

use std::collections::BTreeMap;

use ratatui_core::{buffer::Buffer, layout::Rect};
use snug_proto::{
    AccountId, Author, Delete, Deleted, Edit, Edited, Event, HistoryPolicy, LogId, Membership,
    Message, Page, People, PersonEntry, Place, Quote, React, Reacted, Read, Refusal, Request,
    Response, Restored, Retention, Role, RoomEntry, RoomId, RoomRef, Send, Sent, Subject,
    Timestamp,
};
use snug_screen::{Effect, Input, Key, Link, Screen, ServerId, Settings, Size, keys};

pub(crate) const HOME: ServerId = ServerId(1);
pub(crate) const ME: u8 = 1;
/// 20 November 2026, 18:41 UTC.
pub(crate) const NOW: u64 = 1_795_200_060_000;
const LOG: LogId = LogId::from_bytes([9; 16]);

pub(crate) const fn account(n: u8) -> AccountId {
    AccountId::from_bytes([n; 16])
}

pub(crate) const fn room_id(n: u8) -> RoomId {
    RoomId::from_bytes([n; 16])
}

pub(crate) const fn name(n: u8) -> &'static str {
    match n {
        1 => "ann",
        2 => "olga",
        3 => "ben",
        4 => "cem",
        5 => "dana",
        _ => "emil",
    }
}

/// A room of the server's.
#[derive(Default)]
pub(crate) struct Room {
    pub(crate) name: String,
    pub(crate) direct: bool,
    pub(crate) topic: Option<String>,
    pub(crate) log: Vec<Event>,
    pub(crate) read: u64,
    pub(crate) mentions: u64,
}

pub(crate) struct Rig {
    pub(crate) screen: Screen,
    pub(crate) size: Size,
    pub(crate) now: u64,
    pub(crate) rooms: BTreeMap<u8, Room>,
    pub(crate) people: Vec<PersonEntry>,
    /// Effects that ask the server nothing.
    pub(crate) effects: Vec<Effect>,
    /// The connection is there, and answers.
    pub(crate) online: bool,
    /// What was submitted and is not answered.
    pub(crate) queue: Vec<(u64, Request)>,
    pub(crate) asked: Vec<Request>,
    pub(crate) refuse: Option<Refusal>,
}

impl Rig {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        Self::with(width, height, Settings::default())
    }

    pub(crate) fn with(width: u16, height: u16, settings: Settings) -> Self {
        let size = Size { width, height };
        let settings = Settings {
            zone_offset_s: 3600,
            ..settings
        };
        let screen = Screen::new(settings, size, Timestamp::from_ms(NOW));
        Self {
            screen,
            size,
            now: NOW,
            rooms: BTreeMap::new(),
            people: Vec::new(),
            effects: Vec::new(),
            online: false,
            queue: Vec::new(),
            asked: Vec::new(),
            refuse: None,
        }
    }

    pub(crate) fn room(&mut self, n: u8, name: &str) -> &mut Room {
        let known = self.rooms.entry(n).or_default();
        name.clone_into(&mut known.name);
        known.direct = name.starts_with('@');
        known
    }

    pub(crate) fn person(&mut self, n: u8, online: bool) -> &mut PersonEntry {
        self.people.push(PersonEntry {
            name: name(n).to_owned(),
            account: account(n),
            display: None,
            worn: None,
            online,
            away: None,
            bot: false,
            user: None,
            role: Role::Member,
            vip: false,
            founder: false,
            admin: false,
            voiced: false,
            muted: false,
            labels: Vec::new(),
        });
        self.people.last_mut().unwrap()
    }

    fn place(&mut self, n: u8) -> Place {
        let at = Timestamp::from_ms(self.now);
        let known = self.rooms.get_mut(&n).unwrap();
        Place {
            room: known.name.clone(),
            room_id: room_id(n),
            seq: known.log.len() as u64 + 1,
            at,
            direct: known.direct,
        }
    }

    /// Puts an event into a room's log, and tells it if the connection is there.
    pub(crate) fn log(&mut self, n: u8, event: Event) {
        self.rooms.get_mut(&n).unwrap().log.push(event.clone());
        if self.online {
            self.input(Input::Event(HOME, Box::new(event)));
        }
    }

    /// Somebody says something.
    pub(crate) fn say(&mut self, n: u8, who: u8, body: &str) {
        let message = self.message(n, who, body);
        self.log(n, Event::Message(message));
    }

    pub(crate) fn message(&mut self, n: u8, who: u8, body: &str) -> Message {
        let mentions = (1..=6)
            .filter(|n| body.contains(&format!("@{}", name(*n))))
            .map(account);
        Message {
            place: self.place(n),
            author: author(who),
            body: body.to_owned(),
            deleted: false,
            reply_to: None,
            quote: None,
            mentions: mentions.collect(),
            manner: None,
        }
    }

    pub(crate) fn reply(&mut self, n: u8, who: u8, to: u64, body: &str) {
        let mut message = self.message(n, who, body);
        message.reply_to = Some(to);
        let found = self.rooms[&n].log.iter().find_map(|event| match event {
            Event::Message(m) if m.place.seq == to => Some(m),
            _ => None,
        });
        message.quote = found.map(|m| {
            Box::new(Quote {
                seq: to,
                from: m.author.from.clone(),
                from_id: m.author.from_id,
                excerpt: m.body.clone(),
            })
        });
        self.log(n, Event::Message(message));
    }

    pub(crate) fn edit(&mut self, n: u8, who: u8, of: u64, body: &str) {
        let place = self.place(n);
        let edited = Edited {
            place,
            author: author(who),
            of,
            body: body.to_owned(),
            deleted: false,
        };
        self.log(n, Event::Edited(edited));
    }

    pub(crate) fn delete(&mut self, n: u8, who: u8, of: u64) {
        let place = self.place(n);
        self.log(
            n,
            Event::Deleted(Deleted {
                place,
                author: author(who),
                of,
                reason: None,
                by_server: false,
            }),
        );
    }

    pub(crate) fn restore(&mut self, n: u8, who: u8, of: u64, body: &str) {
        let place = self.place(n);
        let restored = Restored {
            place,
            author: author(who),
            of,
            body: body.to_owned(),
            deleted: false,
        };
        self.log(n, Event::Restored(restored));
    }

    pub(crate) fn react(&mut self, n: u8, who: u8, of: u64, emoji: &str) {
        let place = self.place(n);
        let emoji = emoji.to_owned();
        self.log(
            n,
            Event::Reacted(Reacted {
                place,
                author: author(who),
                of,
                emoji,
                quote: None,
            }),
        );
    }

    pub(crate) fn joins(&mut self, n: u8, who: u8) {
        let place = self.place(n);
        let subject = subject(who);
        self.log(
            n,
            Event::Joined(Membership {
                place,
                subject,
                quit: false,
                reason: None,
            }),
        );
    }

    pub(crate) fn later(&mut self, seconds: u64) {
        self.now += seconds * 1000;
    }

    /// Connects, and signs in.
    pub(crate) fn sign_in(&mut self) {
        self.online = true;
        self.input(Input::Server(HOME, "home".to_owned()));
        let rooms = self
            .rooms
            .iter()
            .map(|(n, known)| entry(*n, known))
            .collect();
        let link = Link::SignedIn {
            account: account(ME),
            name: name(ME).to_owned(),
            role: Role::Member,
            rooms,
        };
        self.input(Input::Link(HOME, link));
        self.input(Input::Link(HOME, Link::Latency { ms: 11 }));
        self.flush();
    }

    /// The connection is lost.
    pub(crate) fn lose(&mut self) {
        self.online = false;
        let at = Timestamp::from_ms(self.now + 4000);
        let why = "the server is gone".to_owned();
        self.input(Input::Link(HOME, Link::Retrying { at, why }));
    }

    pub(crate) fn input(&mut self, input: Input) {
        let effects = self.screen.input(Timestamp::from_ms(self.now), input);
        for effect in effects {
            match effect {
                Effect::Ask { tag, request, .. } => {
                    self.asked.push((*request).clone());
                    let answer = if self.online {
                        self.answer(*request)
                    } else {
                        Err(Refusal::from(snug_proto::ErrorCode::Busy))
                    };
                    self.input(Input::Answer(HOME, tag, Box::new(answer)));
                }
                Effect::Submit { tag, request, .. } => self.queue.push((tag, *request)),
                other => self.effects.push(other),
            }
        }
    }

    /// What was submitted goes out.
    pub(crate) fn flush(&mut self) {
        while self.online && !self.queue.is_empty() {
            let (tag, request) = self.queue.remove(0);
            let answer = match self.refuse.take() {
                Some(refusal) => Err(refusal),
                None => self.answer(request),
            };
            self.input(Input::Answer(HOME, tag, Box::new(answer)));
        }
    }

    /// Presses these keys, and lets the server answer.
    pub(crate) fn press(&mut self, text: &str) {
        self.type_only(text);
        self.flush();
    }

    pub(crate) fn type_only(&mut self, text: &str) {
        for key in keys(text) {
            self.key(key);
        }
    }

    pub(crate) fn key(&mut self, key: Key) {
        self.input(Input::Key(key));
    }

    fn answer(&mut self, request: Request) -> Result<Response, Refusal> {
        let done = || Ok(Response::Done(snug_proto::Done {}));
        match request {
            Request::Read(read) => Ok(Response::Page(self.page(&read))),
            Request::Who(_) => Ok(Response::People(People {
                people: self.people.clone(),
                online: self.people.iter().filter(|person| person.online).count() as u64,
                more: false,
            })),
            Request::Send(Send {
                room,
                body,
                reply_to,
                ..
            }) => {
                let n = number(room.as_ref().unwrap());
                match reply_to {
                    Some(to) => self.reply(n, ME, to, &body),
                    None => self.say(n, ME, &body),
                }
                Ok(self.sent(n))
            }
            Request::Edit(Edit {
                room, seq, body, ..
            }) => {
                let n = number(&room);
                self.edit(n, ME, seq, &body);
                Ok(self.sent(n))
            }
            Request::Delete(Delete { room, seq, .. }) => {
                let n = number(&room);
                self.delete(n, ME, seq);
                Ok(self.sent(n))
            }
            Request::React(React {
                room, seq, emoji, ..
            }) => {
                let n = number(&room);
                self.react(n, ME, seq, &emoji);
                Ok(self.sent(n))
            }
            _ => done(),
        }
    }

    fn sent(&self, n: u8) -> Response {
        let known = &self.rooms[&n];
        Response::Sent(Sent {
            room: known.name.clone(),
            room_id: room_id(n),
            seq: known.log.len() as u64,
            at: Timestamp::from_ms(self.now),
            away: None,
        })
    }

    fn page(&self, read: &Read) -> Page {
        let log = &self.rooms[&number(&read.room)].log;
        let limit = read.limit.unwrap_or(100) as usize;
        let (events, more) = if let Some(after) = read.after {
            let from = (after as usize).min(log.len());
            let to = (from + limit).min(log.len());
            (log[from..to].to_vec(), to < log.len())
        } else {
            let to = read
                .before
                .map_or(log.len(), |before| before as usize - 1)
                .min(log.len());
            let from = to.saturating_sub(limit);
            (log[from..to].to_vec(), from > 0)
        };
        Page {
            events,
            first: 1,
            seq: log.len() as u64,
            log: LOG,
            more,
        }
    }

    /// What is drawn, as text; a wide character takes two columns, of which the second is left out.
    pub(crate) fn picture(&self) -> String {
        let area = Rect {
            x: 0,
            y: 0,
            width: self.size.width,
            height: self.size.height,
        };
        let mut buffer = Buffer::empty(area);
        let cursor = self.screen.draw(area, &mut buffer);
        let mut picture = String::new();
        for y in 0..area.height {
            let mut line = String::new();
            let mut x = 0;
            while x < area.width {
                let symbol = buffer[(x, y)].symbol();
                if cursor.is_some_and(|cursor| (cursor.x, cursor.y) == (x, y)) {
                    line.push(if symbol == " " { '_' } else { '|' });
                    if symbol == " " {
                        x += 1;
                        continue;
                    }
                }
                line.push_str(symbol);
                x += u16::try_from(snug_screen::draw::text::width(symbol))
                    .unwrap()
                    .max(1);
            }
            picture.push_str(line.trim_end());
            picture.push('\n');
        }
        picture
    }

    pub(crate) fn draft(&self) -> String {
        self.screen.state().editor().words().to_owned()
    }

    /// The name of the room that is shown.
    pub(crate) fn here(&self) -> String {
        self.screen
            .state()
            .current()
            .map(|(_, room)| room.name.clone())
            .unwrap_or_default()
    }

    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        self.size = Size { width, height };
        self.input(Input::Resize(self.size));
    }
}

fn number(room: &RoomRef) -> u8 {
    match room {
        RoomRef::Id(id) => id.bytes()[0],
        other => panic!("the screen names rooms by id, not {other}"),
    }
}

pub(crate) fn author(n: u8) -> Author {
    Author {
        from: name(n).to_owned(),
        from_id: account(n),
        from_display: None,
        from_worn: None,
        bot: false,
        from_guest: false,
    }
}

pub(crate) fn subject(n: u8) -> Subject {
    Subject {
        name: name(n).to_owned(),
        account: account(n),
        display: None,
        worn: None,
        guest: false,
    }
}

fn entry(n: u8, known: &Room) -> RoomEntry {
    let seq = known.log.len() as u64;
    let unread = known.log.iter().filter(|event| {
        matches!(event, Event::Message(m) if m.place.seq > known.read && m.author.from_id != account(ME))
    });
    RoomEntry {
        room: known.name.clone(),
        room_id: room_id(n),
        member: true,
        direct: known.direct,
        worn: None,
        password: false,
        invitation: false,
        hidden: false,
        retention: Retention::Forever,
        archived: false,
        invited: false,
        admitted: false,
        role: None,
        topic: known.topic.clone(),
        slow_mode_ms: None,
        moderated: false,
        open_topic: false,
        outside: false,
        quiet_guests: false,
        quiet_machines: false,
        limit: None,
        created_at: None,
        topic_at: None,
        history: HistoryPolicy::All,
        members: Some(12),
        log: Some(LOG),
        seq: Some(seq),
        last_at: None,
        read: Some(known.read),
        unread: Some(unread.count() as u64),
        mentions: known.mentions,
    }
}
