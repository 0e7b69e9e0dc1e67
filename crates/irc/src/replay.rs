//! Putting a client into a room: its JOIN, the names, and what was said of late.

use std::collections::BTreeSet;

use snug_proto::{
    Answer, Author, Event, Page, People, PersonEntry, Place, Read, RoomEntry, RoomId, RoomRef,
    RoomRole, Rooms, Subject, Who, limits::MAX_PRESENCE_MEMBERS,
};

use crate::{
    Capability, Caps, Connection,
    connection::{PageOf, Then, expected},
    events::{View, encode, membership::join},
    history,
    line::Writer,
    names,
    replies::About,
    rooms::{Kind, Room, Stage},
    saying::Saying,
};

/// Messages shown to a client that comes into a room.
const REPLAY_MESSAGES: usize = 50;
/// Events read to find them: some are no messages.
const REPLAY_EVENTS: u32 = 150;
/// A line of names is filled up to about this many bytes.
const NAMES_BYTES: usize = 380;
/// Names shown to a client that comes into a room, unless it asks for all: a server with ten thousand
/// people must not list them all at every sign-in.
const MAX_ENTERING_NAMES: usize = 1000;

/// What [`date`] puts before words: `[2026-11-20 19:41] `.
const DATE_BYTES: u32 = 19;

impl Connection {
    /// Puts the client into one of its rooms, after those before it.
    pub(crate) fn enter_at_sign_in(&mut self, entry: &RoomEntry) {
        if self.rooms.knows(entry.room_id) {
            return;
        }
        if !self.settings.lobby && entry.is_lobby() {
            return self.rooms.hide(entry.room_id);
        }
        let mut room = Room::new(entry);
        match room.kind {
            Kind::Channel => {
                if room.asks_topic {
                    self.ask_entering_topic(entry.room_id);
                }
                self.ask(
                    who(entry.room_id, None),
                    enter(entry.room_id, PageOf::First, 0),
                );
            }
            Kind::Direct if self.caps.has(Capability::Chathistory) => room.skip_replay(),
            Kind::Direct if room.stage() == Stage::Replay => self.ask(
                read(entry.room_id, room.since),
                Then::Replay {
                    room_id: entry.room_id,
                },
            ),
            Kind::Direct => {}
        }
        self.rooms.insert(entry.room_id, room);
    }

    /// Puts the client into a channel before anything else happens.
    pub(crate) fn enter_now(&mut self, room_id: RoomId, room: Room) {
        self.ask_next(who(room_id, None), enter(room_id, PageOf::First, 0));
        if room.asks_topic {
            self.ask_topic_next(room_id);
        }
        self.rooms.insert(room_id, room);
    }

    /// Asks for the rooms that the sign-in's answer had no place for.
    pub(crate) fn ask_more_rooms(&mut self, last: Option<&RoomEntry>) {
        let rooms = Rooms {
            mine: true,
            after: last.map(|entry| entry.room_id),
        };
        self.ask(rooms, Then::MoreRooms);
    }

    pub(crate) fn more_rooms(&mut self, answer: Answer) {
        match expected!(answer, RoomList) {
            Ok(list) => {
                for entry in &list.rooms {
                    self.enter_at_sign_in(entry);
                }
                if list.more && !list.rooms.is_empty() {
                    self.ask_more_rooms(list.rooms.last());
                }
            }
            Err(refusal) => self.refuse(&About::command("JOIN"), &refusal),
        }
    }

    /// A page of the names of a room being entered.
    pub(crate) fn entered(
        &mut self,
        room_id: RoomId,
        page: PageOf,
        names_before: usize,
        answer: Answer,
    ) {
        if page == PageOf::First {
            self.write_own_join(room_id);
        }
        let people = match expected!(answer, People) {
            Ok(people) => people,
            Err(refusal) => {
                self.refuse(&About::command("NAMES"), &refusal);
                People {
                    people: Vec::new(),
                    online: 0,
                    more: false,
                }
            }
        };
        let more = people.more.then(|| people.people.last()).flatten();
        let after = more.map(|person| person.name.clone());
        self.note_present(room_id, page, &people);
        let mut shown = people.people;
        self.keep_shown(room_id, &mut shown);
        let Some(room) = self.rooms.room(room_id) else {
            return;
        };
        let channel = names::channel(&room.name);
        let shows_names = self.shows_names();
        if shows_names {
            self.write_names(&channel, &shown);
        }
        if after.is_some() {
            let names = names_before + shown.len();
            if names < MAX_ENTERING_NAMES && shows_names {
                return self.ask_next(who(room_id, after), enter(room_id, PageOf::Later, names));
            }
            if shows_names {
                let text =
                    format!("These are the first {names} names; /NAMES {channel} lists all.");
                self.server_notice(Some(&channel), &text);
            }
        }
        if !self.ask_marker(room_id) {
            self.names_done(room_id);
        }
    }

    /// Does the client want names unasked (`IRCv3` no-implicit-names)?
    fn shows_names(&self) -> bool {
        !self.caps.has(Capability::NoImplicitNames)
            && !self.caps.has(Capability::DraftNoImplicitNames)
    }

    /// The end of the names of a room being entered, and what comes after it. A client that can ask for
    /// what was said is not told unasked (`IRCv3` chathistory).
    pub(crate) fn names_done(&mut self, room_id: RoomId) {
        let Some(room) = self.rooms.room(room_id) else {
            return;
        };
        let (channel, stage, since) = (names::channel(&room.name), room.stage(), room.since);
        if self.shows_names() {
            self.end_of_names(&channel);
        }
        if stage == Stage::Replay && !self.caps.has(Capability::Chathistory) {
            self.ask_next(read(room_id, since), Then::Replay { room_id });
        } else {
            self.rooms.has_entered(room_id);
        }
        self.sync_entered(room_id, &channel);
    }

    /// What was said of late, as the end of entering a room.
    pub(crate) fn replayed(&mut self, room_id: RoomId, answer: Answer) {
        self.rooms.has_entered(room_id);
        let Some(room) = self.rooms.room(room_id) else {
            return;
        };
        let (name, kind, read) = (room.name.clone(), room.kind, room.read);
        let title = match kind {
            Kind::Channel => names::channel(&name),
            Kind::Direct => self.conversation_nick(room_id, &name),
        };
        match expected!(answer, Page) {
            Ok(page) => self.begin_replay(page, &title, read),
            Err(refusal) => self.refuse(&About::target("JOIN", &title), &refusal),
        }
    }

    fn begin_replay(&mut self, page: Page, title: &str, read: u64) {
        let told = |event: &Event| matches!(spoken(event), Some((place, _)) if place.seq > read);
        let mut events = page.events;
        events.retain(told);
        events.drain(..events.len().saturating_sub(REPLAY_MESSAGES));
        if events.is_empty() {
            return;
        }
        if !self.caps.has(Capability::ServerTime) {
            // Without the tag nothing would tell old words from new ones, to a person or to a program.
            events.iter_mut().for_each(date);
        }
        let batched = self.caps.has(Capability::Batch);
        let batch = batched.then(|| self.begin_batch("chathistory", Some(title)));
        self.begin_saying(Saying::Replay {
            batch,
            events: events.into_iter(),
        });
    }

    /// One event of a replay.
    pub(crate) fn write_replayed(&mut self, event: &Event, batch: Option<&str>) {
        let place = event.place().filter(|place| place.direct);
        let target = place
            .zip(history::author(event))
            .map(|(place, author)| self.direct_target(place, author));
        let view = View {
            caps: self.caps,
            host: self.settings.host(),
            batch,
        };
        encode(&mut self.out, view, event, target.as_deref());
    }

    /// Begins a batch of this kind, about this target.
    pub(crate) fn begin_batch(&mut self, kind: &str, target: Option<&str>) -> String {
        self.batches += 1;
        let batch = format!("h{}", self.batches);
        let line = self.batch_line(&format!("+{batch}")).word(kind);
        match target {
            Some(target) => line.word(target).end(),
            None => line.end(),
        }
        batch
    }

    pub(crate) fn end_batch(&mut self, batch: &str) {
        self.batch_line(&format!("-{batch}")).end();
    }

    fn batch_line(&mut self, reference: &str) -> Writer<'_> {
        let (host, _, out) = self.reply_parts();
        Writer::new(out)
            .source(host)
            .command("BATCH")
            .word(reference)
    }

    /// One's own JOIN, once.
    pub(crate) fn write_own_join(&mut self, room_id: RoomId) {
        if let Some(room) = self.rooms.room_mut(room_id)
            && std::mem::replace(&mut room.told, true)
        {
            return;
        }
        let (Some(me), Some(room)) = (&self.me, self.rooms.room(room_id)) else {
            return;
        };
        let subject = Subject {
            name: me.name.clone(),
            account: me.account,
            display: me.display.clone(),
            worn: Some(self.own_name().to_owned()),
            guest: me.guest,
        };
        let view = View::new(self.caps, self.settings.host());
        join(&mut self.out, view, None, &room.name, &subject);
    }

    /// Remembers who is shown, where the session will tell who comes and goes (DECISIONS 11).
    fn note_present(&mut self, room_id: RoomId, page: PageOf, people: &People) {
        let own = self.me.as_ref().map(|me| me.account);
        let Some(room) = self.rooms.room_mut(room_id) else {
            return;
        };
        if page == PageOf::First {
            let counted = room.members.unwrap_or(people.online);
            let small = counted <= MAX_PRESENCE_MEMBERS as u64;
            room.present = small.then(|| own.into_iter().collect::<BTreeSet<_>>());
        }
        let signs = people.people.iter().filter_map(|person| {
            let role = match (person.founder, person.admin) {
                (true, _) => RoomRole::Founder,
                (_, true) => RoomRole::Admin,
                _ => return None,
            };
            Some((person.account, role))
        });
        room.signs.extend(signs);
        if let Some(present) = &mut room.present {
            let online = people.people.iter().filter(|person| person.online);
            present.extend(online.map(|person| person.account));
        }
    }

    /// Keeps those whom the client should show: those who are here, or all members of a room where
    /// nobody tells who comes and goes.
    pub(crate) fn keep_shown(&self, room_id: RoomId, people: &mut Vec<PersonEntry>) {
        let Some((me, room)) = self.me.as_ref().zip(self.rooms.room(room_id)) else {
            return people.clear();
        };
        if room.present.is_some() || room.members.is_none() {
            people.retain(|person| person.online || person.account == me.account);
        }
    }

    /// 353, as many lines as it takes.
    pub(crate) fn write_names(&mut self, channel: &str, shown: &[PersonEntry]) {
        let mut line = String::new();
        let caps = self.caps;
        for name in shown.iter().map(|person| listed(person, caps)) {
            if !line.is_empty()
                && line.len() + name.len() > NAMES_BYTES.saturating_sub(channel.len())
            {
                self.names_line(channel, &line);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&name);
        }
        if !line.is_empty() {
            self.names_line(channel, &line);
        }
    }

    pub(crate) fn end_of_names(&mut self, channel: &str) {
        self.numeric("366")
            .word(channel)
            .trailing("End of /NAMES list");
    }

    fn names_line(&mut self, channel: &str, line: &str) {
        let secret = self.channel(channel).is_some_and(|(_, room)| room.secret);
        let sign = if secret { "@" } else { "=" };
        self.numeric("353").word(sign).word(channel).trailing(line);
    }
}

/// A nick with the signs of its standing: the highest, or all (`IRCv3` multi-prefix); as a source to those
/// who want it so (`IRCv3` userhost-in-names).
fn listed(person: &PersonEntry, caps: Caps) -> String {
    let signs = signs_of(person, caps);
    if caps.has(Capability::UserhostInNames) {
        format!("{signs}{}", names::source(person.called(), &person.account))
    } else {
        format!("{signs}{}", names::nick(person.called()))
    }
}

/// The signs of somebody's standing in a channel, as PREFIX has them.
pub(crate) fn signs_of(person: &PersonEntry, caps: Caps) -> String {
    let all = [
        (person.founder, '~'),
        (person.admin, '@'),
        (person.voiced, '+'),
    ];
    let most = if caps.has(Capability::MultiPrefix) {
        all.len()
    } else {
        1
    };
    let signs = all.iter().filter(|(has, _)| *has).map(|(_, sign)| *sign);
    signs.take(most).collect()
}

/// A page of a room's members.
pub(crate) fn who(room_id: RoomId, after: Option<String>) -> Who {
    Who {
        room: Some(RoomRef::Id(room_id)),
        after,
        people: Vec::new(),
    }
}

fn enter(room_id: RoomId, page: PageOf, names: usize) -> Then {
    Then::Enter {
        room_id,
        page,
        names,
    }
}

/// The newest events up to this one.
fn read(room_id: RoomId, seq: u64) -> Read {
    Read {
        room: RoomRef::Id(room_id),
        after: None,
        before: Some(seq.saturating_add(1)),
        since: None,
        limit: Some(REPLAY_EVENTS),
        log: None,
    }
}

/// Puts the time before the words at which they were said, as bouncers write it; in UTC.
fn date(event: &mut Event) {
    let (place, body) = match event {
        Event::Message(message) => {
            let joints = message.manner.as_mut().map(|manner| &mut manner.joints);
            for joint in joints.into_iter().flatten() {
                *joint = joint.saturating_add(DATE_BYTES);
            }
            (&message.place, &mut message.body)
        }
        Event::Edited(edited) => (&edited.place, &mut edited.body),
        _ => return,
    };
    let at = place.at.to_string();
    let (day, time) = (at.get(..10), at.get(11..16));
    let stamp = format!(
        "[{} {}] ",
        day.unwrap_or_default(),
        time.unwrap_or_default()
    );
    *body = match body.strip_prefix("/me ") {
        Some(doing) => format!("/me {stamp}{doing}"),
        None => format!("{stamp}{body}"),
    };
}

/// Where and by whom, of an event that is shown in a replay. Comings and goings are not: they would
/// upset the client's list of who is there now.
fn spoken(event: &Event) -> Option<(&Place, &Author)> {
    match event {
        Event::Message(message) if !message.deleted => Some((&message.place, &message.author)),
        Event::Edited(edited) if !edited.deleted => Some((&edited.place, &edited.author)),
        _ => None,
    }
}
