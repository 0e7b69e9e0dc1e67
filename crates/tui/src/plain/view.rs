//! What happened, as lines. Pure: events in, lines out; nothing another person wrote is passed on
//! but through [`crate::sanitize`].

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use snug_client::{Passed, Update};
use snug_proto::{
    AccountChanged, AccountId, Author, CreditsMoved, Deleted, Edited, Event, FriendChanged,
    FriendPresence, Friendship, Membership, Message, Party, People, Place, Presence, Quote,
    Reacted, Role, RoomEntry, RoomId, RoomRole, Subject, Timestamp,
};
use unicode_width::UnicodeWidthStr;

use super::commands::Least;
use crate::{arguments::Look, sanitize};

/// A room as this client knows it.
#[derive(Debug, Clone, Default)]
pub(super) struct Room {
    /// `den`, or `@ann` for a direct conversation.
    pub(super) name: String,
    pub(super) direct: bool,
    /// One keeps order in it.
    admin: bool,
    /// The newest event that was printed.
    pub(super) shown: u64,
    /// The newest event that the server was told is read.
    pub(super) marked: u64,
}

/// See the module.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting that one turns on or off"
)]
pub(crate) struct View {
    pub(super) numbers: bool,
    pub(super) times: bool,
    /// Mentions of oneself ring the terminal's bell.
    pub(super) bell: bool,
    pub(crate) me: AccountId,
    pub(super) name: String,
    role: Role,
    pub(super) rooms: BTreeMap<RoomId, Room>,
    pub(super) current: Option<RoomId>,
    /// Who is known to be here, so that nobody enters twice.
    here: BTreeSet<AccountId>,
    /// Until it was told who is here, nobody enters.
    told_who: bool,
    offline: Option<String>,
    local_offset_s: Box<dyn Fn(Timestamp) -> i64 + Send>,
}

impl View {
    pub(crate) fn new(
        look: Look,
        me: AccountId,
        name: String,
        local_offset_s: Box<dyn Fn(Timestamp) -> i64 + Send>,
    ) -> Self {
        Self {
            numbers: look.numbers,
            times: look.times,
            bell: false,
            me,
            name,
            role: Role::Member,
            rooms: BTreeMap::new(),
            current: None,
            here: BTreeSet::new(),
            told_who: false,
            offline: None,
            local_offset_s,
        }
    }

    /// What an update looks like. What was submitted is answered elsewhere.
    pub(super) fn update(&mut self, update: &Update) -> Vec<String> {
        match update {
            Update::Online {
                rooms, name, role, ..
            } => {
                self.role = *role;
                self.online(name, rooms)
            }
            Update::Offline { why, retry_in } => self.offline(why, retry_in.as_secs_f64()),
            Update::Event(event) => self.event(event),
            Update::Passed {
                room_id,
                room,
                after,
                to,
                why,
            } => {
                if *why != Passed::Skipped {
                    // What can still be read is not read yet.
                    self.rooms.entry(*room_id).or_default().shown = *to;
                }
                vec![passed(room, *after, *to, *why)]
            }
            Update::Restarted { room_id, room } => {
                let known = self.rooms.entry(*room_id).or_default();
                (known.shown, known.marked) = (0, 0);
                let room = room_title(room);
                vec![format!(
                    "-- the server's log of {room} began anew; what follows is what it has now"
                )]
            }
            Update::CaughtUp
            | Update::Answered { .. }
            | Update::Delayed { .. }
            | Update::Ended(_) => Vec::new(),
        }
    }

    pub(super) const fn is_online(&self) -> bool {
        self.offline.is_none()
    }

    fn online(&mut self, name: &str, rooms: &[RoomEntry]) -> Vec<String> {
        name.clone_into(&mut self.name);
        for entry in rooms {
            self.know(entry);
        }
        if self.current.is_none() {
            self.current = rooms.first().map(|entry| entry.room_id);
        }
        match self.offline.take() {
            Some(_) => vec!["-- connected again".to_owned()],
            None => Vec::new(),
        }
    }

    /// Takes a room of one's own in, as a list shows it.
    pub(super) fn know(&mut self, entry: &RoomEntry) {
        let room = self.rooms.entry(entry.room_id).or_default();
        room.name.clone_from(&entry.room);
        room.direct = entry.direct;
        room.admin = entry.role.is_some_and(keeps_order);
        room.marked = room.marked.max(entry.read.unwrap_or(0));
    }

    /// A line for the first loss, and for each change of the reason; not one for every try.
    fn offline(&mut self, why: &str, seconds: f64) -> Vec<String> {
        let why = sanitize::line(why);
        let seconds = seconds.ceil().max(1.0);
        let line = match &self.offline {
            None => format!("-- connection lost, trying again in {seconds} s ({why})"),
            Some(before) if *before != why => {
                format!("-- still no connection, trying again in {seconds} s ({why})")
            }
            Some(_) => return Vec::new(),
        };
        self.offline = Some(why);
        vec![line]
    }

    /// Another role is told by a notice of its own; another name is shown, and the conversation with
    /// whom it was given to is called after it.
    fn account_changed(&mut self, change: &AccountChanged) -> Vec<String> {
        let name = &change.subject.name;
        let mine = change.subject.account == self.me;
        if mine {
            self.role = change.role;
            self.name.clone_from(name);
        }
        let Some(was) = &change.was else {
            return Vec::new();
        };
        let old = format!("@{was}");
        for room in self.rooms.values_mut().filter(|room| room.direct) {
            if room.name == old {
                room.name = format!("@{name}");
            }
        }
        if mine {
            return Vec::new();
        }
        let (was, name) = (sanitize::line(was), sanitize::line(name));
        vec![format!("-- {was} is called {name} now")]
    }

    /// What an event looks like, as it happens.
    pub(super) fn event(&mut self, event: &Event) -> Vec<String> {
        if let Some(place) = event.place() {
            let room = self.rooms.entry(place.room_id).or_default();
            room.name.clone_from(&place.room);
            room.direct = place.direct;
            room.shown = room.shown.max(place.seq);
        }
        match event {
            // Read on another of one's devices: it need not be marked from here.
            Event::Marked(marked) => {
                if let Some(room) = self.rooms.get_mut(&marked.room_id) {
                    room.marked = room.marked.max(marked.seq);
                }
                Vec::new()
            }
            Event::Presence(presence) => self.presence(presence),
            Event::Notice(notice) => {
                vec![format!(
                    "-- the server says: {}",
                    sanitize::line(&notice.text)
                )]
            }
            Event::Friend(change) => friendship(change),
            Event::FriendPresence(friend) => self.friend_presence(friend),
            Event::Credits(moved) => vec![credits_line(moved, self.me)],
            Event::AccountChanged(change) => self.account_changed(change),
            Event::Invitation(invitation) => {
                let room = sanitize::line(&invitation.room);
                let by = self.author(&invitation.author);
                vec![format!(
                    "-- {by} invites you to {room}: /join {room} goes there"
                )]
            }
            // Its first event says the rest: one's own entering, or the first direct message.
            Event::RoomAdded(added) => {
                self.know(&added.entry);
                Vec::new()
            }
            logged => {
                self.note_role(logged);
                let lines = self.logged(logged, self.current);
                if let (Some(who), Some(place)) = (logged.ends_membership(), logged.place())
                    && who == self.me
                {
                    self.forget(place.room_id);
                }
                lines
            }
        }
    }

    /// One's own role in a room may have changed.
    fn note_role(&mut self, event: &Event) {
        let Event::RoleChanged(change) = event else {
            return;
        };
        let room = self.rooms.entry(change.place.room_id).or_default();
        if change.subject.account == self.me {
            room.admin = keeps_order(change.role);
        }
    }

    /// A friend who came or went, unless a room one shares with them said so a moment ago.
    fn friend_presence(&mut self, friend: &FriendPresence) -> Vec<String> {
        let account = friend.subject.account;
        let changed = if friend.online {
            self.here.insert(account)
        } else {
            self.here.remove(&account)
        };
        if !changed {
            return Vec::new();
        }
        let name = self.subject(&friend.subject);
        let what = if friend.online { "is here" } else { "has gone" };
        vec![format!("-- your friend {name} {what}")]
    }

    fn forget(&mut self, room: RoomId) {
        self.rooms.remove(&room);
        if self.current == Some(room) {
            let lobby = self.rooms.iter().find(|(_, room)| room.name == "lobby");
            self.current = lobby
                .or_else(|| self.rooms.iter().next())
                .map(|(id, _)| *id);
        }
    }

    /// What an event of a log looks like to one who is in the room `current`.
    pub(crate) fn logged(&self, event: &Event, current: Option<RoomId>) -> Vec<String> {
        let Some(place) = event.place() else {
            return Vec::new();
        };
        let before = self.before(place, current);
        match event {
            Event::Message(message) => self.message(&before, message),
            Event::Edited(edited) => self.edited(&before, edited),
            Event::Deleted(Deleted { author, of, .. }) => {
                let who = self.author(author);
                vec![format!("{before}{who} deleted message {of}")]
            }
            Event::Joined(Membership { subject, .. }) => {
                vec![format!("{before}{} entered", self.subject(subject))]
            }
            Event::Left(Membership { subject, .. }) => {
                vec![format!("{before}{} left", self.subject(subject))]
            }
            Event::Reacted(reacted) => vec![self.reacted(&before, reacted)],
            Event::Unreacted(Reacted {
                author, of, emoji, ..
            }) => {
                let (who, emoji) = (self.author(author), sanitize::line(emoji));
                vec![format!("{before}{who} took {emoji} back from message {of}")]
            }
            order => {
                let told = order.order();
                let told = told.map(|told| format!("{before}-- {}", sanitize::line(&told)));
                told.into_iter().collect()
            }
        }
    }

    fn reacted(&self, before: &str, reacted: &Reacted) -> String {
        let (who, emoji) = (self.author(&reacted.author), sanitize::line(&reacted.emoji));
        let of = reacted.of;
        match &reacted.quote {
            Some(quote) => {
                let quote = self.quote(quote);
                format!("{before}{who} reacted with {emoji} to message {of}, {quote}")
            }
            None => format!("{before}{who} reacted with {emoji} to message {of}"),
        }
    }

    /// The beginning of an earlier message: whose, and how it goes.
    fn quote(&self, quote: &Quote) -> String {
        let who = if quote.from_id == self.me {
            "You".to_owned()
        } else {
            person(&quote.from, None)
        };
        format!("<<{who}>> : {}", sanitize::line(&quote.excerpt))
    }

    /// Number, time and room, where they are wanted.
    fn before(&self, place: &Place, current: Option<RoomId>) -> String {
        let time = self.times.then(|| self.clock(place.at));
        let mut before = match (self.numbers.then_some(place.seq), time) {
            (None, None) => String::new(),
            (Some(seq), None) => format!("[{seq}] "),
            (None, Some(time)) => format!("[{time}] "),
            (Some(seq), Some(time)) => format!("[{seq} {time}] "),
        };
        let elsewhere = current != Some(place.room_id);
        if elsewhere && !place.direct {
            before.push_str(&room_title(&place.room));
            before.push(' ');
        }
        before
    }

    /// Events of one room's past, with their numbers and times.
    pub(super) fn past(&mut self, events: &[Event]) -> Vec<String> {
        let before = (self.numbers, self.times, self.bell);
        (self.numbers, self.times, self.bell) = (true, true, false);
        let lines = events
            .iter()
            .flat_map(|event| self.logged(event, event.place().map(|place| place.room_id)))
            .collect();
        (self.numbers, self.times, self.bell) = before;
        lines
    }

    /// Which commands concern this person here.
    pub(super) fn standing(&self) -> Least {
        let here = self.current.and_then(|current| self.rooms.get(&current));
        match self.role {
            Role::Owner => Least::Owner,
            Role::Moderator => Least::Moderator,
            Role::Member if here.is_some_and(|room| room.admin) => Least::RoomAdmin,
            Role::Member => Least::Member,
        }
    }

    /// How far the clock on the wall is ahead of UTC at that moment.
    pub(super) fn offset_s(&self, at: Timestamp) -> i64 {
        (self.local_offset_s)(at)
    }

    /// Hours and minutes on the wall.
    fn clock(&self, at: Timestamp) -> String {
        let offset_ms = self.offset_s(at).saturating_mul(1000);
        let minutes = at.ms().saturating_add_signed(offset_ms) / 60_000 % (24 * 60);
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    }

    fn message(&self, before: &str, message: &Message) -> Vec<String> {
        let Message {
            place,
            author,
            body,
            deleted,
            reply_to,
            quote,
            mentions,
        } = message;
        let who = self.author(author);
        let who = match (place.direct, author.from_id == self.me) {
            (false, _) => who,
            (true, true) => format!("You -> {}", other_person(&place.room)),
            (true, false) => format!("{who} -> You"),
        };
        let head = format!("{before}<<{who}>> : ");
        if *deleted {
            return vec![format!("{head}(deleted)")];
        }
        let mut lines = match (reply_to, quote) {
            (None, _) => Vec::new(),
            (Some(_), Some(quote)) => vec![format!("{before}  > {}", self.quote(quote))],
            (Some(of), None) => vec![format!("{before}  > message {of}")],
        };
        // One that is meant for oneself stands out, whatever is on the screen besides.
        let mentioned = mentions.contains(&self.me);
        let mark = if mentioned { "(!) " } else { "" };
        lines.extend(several(&format!("{mark}{head}"), body));
        if let Some(last) = lines.last_mut().filter(|_| mentioned && self.bell) {
            last.push('\u{7}');
        }
        lines
    }

    fn edited(&self, before: &str, edited: &Edited) -> Vec<String> {
        let (who, of) = (self.author(&edited.author), edited.of);
        if edited.deleted {
            return vec![format!(
                "{before}{who} changed message {of}, which was deleted later"
            )];
        }
        several(
            &format!("{before}{who} changed message {of}: "),
            &edited.body,
        )
    }

    fn presence(&mut self, presence: &Presence) -> Vec<String> {
        let account = presence.subject.account;
        if account == self.me {
            return Vec::new();
        }
        let changed = if presence.online {
            self.here.insert(account)
        } else {
            self.here.remove(&account)
        };
        if !changed || !self.told_who {
            return Vec::new();
        }
        let who = person(&presence.subject.name, presence.subject.display.as_deref());
        let what = if presence.online { "entered" } else { "left" };
        vec![format!("{who} has {what}")]
    }

    /// Who is here at the beginning, in one line.
    pub(super) fn begin_with(&mut self, people: &People) -> Vec<String> {
        self.told_who = true;
        let others = people
            .people
            .iter()
            .filter(|entry| entry.account != self.me);
        let names: Vec<String> = others
            .map(|entry| {
                self.here.insert(entry.account);
                person(&entry.name, entry.display.as_deref())
            })
            .collect();
        if names.is_empty() {
            return vec!["-- nobody else is here now".to_owned()];
        }
        let more = if people.more { ", and more" } else { "" };
        vec![format!("-- here now: {}{more}", names.join(", "))]
    }

    fn author(&self, author: &Author) -> String {
        if author.from_id == self.me {
            return "You".to_owned();
        }
        person(&author.from, author.from_display.as_deref())
    }

    fn subject(&self, subject: &Subject) -> String {
        if subject.account == self.me {
            return "You have".to_owned();
        }
        format!("{} has", person(&subject.name, subject.display.as_deref()))
    }

    /// One's own room of this name, as it is typed: `den`, `#den` or `@ann`.
    pub(super) fn room_named(&self, name: &str) -> Option<RoomId> {
        let name = name.trim_start_matches('#').to_lowercase();
        let found = self
            .rooms
            .iter()
            .find(|(_, room)| room.name.to_lowercase() == name);
        found.map(|(id, _)| *id)
    }

    /// What the current room is called in a line: `#den`, `@ann`.
    pub(super) fn current_title(&self) -> String {
        let current = self.current.and_then(|id| self.rooms.get(&id));
        current.map_or_else(|| "no room".to_owned(), |room| room_title(&room.name))
    }
}

/// Does one of this role keep order in a room?
const fn keeps_order(role: RoomRole) -> bool {
    matches!(role, RoomRole::Admin | RoomRole::Founder)
}

fn friendship(change: &FriendChanged) -> Vec<String> {
    let name = person(&change.subject.name, change.subject.display.as_deref());
    let handle = sanitize::line(&change.subject.name);
    match change.state {
        Friendship::Asks => vec![format!(
            "-- {name} asks to be your friend: /friend {handle} or /unfriend {handle}"
        )],
        Friendship::Friends => vec![format!("-- {name} is your friend now")],
        // One's own doing here or elsewhere, or nothing that needs a line.
        Friendship::Asked | Friendship::None => Vec::new(),
    }
}

/// A person's display name if there is one that cannot be taken for something else, or the name.
pub(super) fn person(name: &str, display: Option<&str>) -> String {
    let fit = |display: &&str| {
        let display = display.trim();
        !display.is_empty() && !display.eq_ignore_ascii_case("you")
    };
    let shown = sanitize::line(display.filter(fit).unwrap_or(name));
    shown.replace('<', "‹").replace('>', "›")
}

/// `#den`; a direct conversation stays `@ann`.
pub(super) fn room_title(room: &str) -> String {
    let room = sanitize::line(room);
    if room.starts_with('@') {
        room
    } else {
        format!("#{room}")
    }
}

fn other_person(room: &str) -> String {
    sanitize::line(room.strip_prefix('@').unwrap_or(room))
}

/// Words under a head. Their further lines stand under the first, so that none can pass for a line
/// of somebody else's.
fn several(head: &str, body: &str) -> Vec<String> {
    let indent = " ".repeat(head.width());
    let mut lines = sanitize::lines(body);
    for (index, line) in lines.iter_mut().enumerate() {
        let before = if index == 0 { head } else { &indent };
        line.insert_str(0, before);
    }
    lines
}

fn passed(room: &str, after: u64, to: u64, why: Passed) -> String {
    let (room, first) = (room_title(room), after.saturating_add(1));
    match why {
        Passed::Gone => format!("-- {room}: numbers {first} to {to} are no longer kept"),
        Passed::Skipped => format!(
            "-- {room}: numbers {first} to {to} are not shown here; /history before {} in that room \
             shows them",
            to.saturating_add(1)
        ),
        Passed::Unknown => {
            format!("-- {room}: something happened that this version of snug does not know")
        }
    }
}

/// Credits that moved, in a line.
fn credits_line(moved: &CreditsMoved, me: AccountId) -> String {
    let CreditsMoved { entry, balance } = moved;
    let amount = entry.amount;
    let name = |party: &Party| sanitize::line(&party.name);
    let what = match (&entry.from, &entry.to) {
        (Some(from), _) if from.account != me => format!("{} paid you {amount}", name(from)),
        (None, _) => format!("you were given {amount}"),
        (Some(_), Some(to)) => format!("you paid {} {amount}", name(to)),
        (Some(_), None) => format!("you paid {amount} for VIP"),
    };
    let why = entry
        .why
        .as_ref()
        .map_or_else(String::new, |why| format!(" ({})", sanitize::line(why)));
    format!("-- {what} credits{why}; you have {balance} now")
}
