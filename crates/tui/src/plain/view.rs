//! What happened, as lines. Pure: events in, lines out; nothing another person wrote is passed on
//! but through [`crate::sanitize`].

mod log;
mod text;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use snug_client::{Passed, Update};
use snug_proto::{
    AccountChanged, AccountId, Announcement, Author, Event, FriendPresence, LOBBY, People,
    Presence, Role, RoomEntry, RoomId, RoomRole, Signalled, Subject, Timestamp, same_name,
};

use super::commands::Least;
use crate::{arguments::Look, sanitize};
use text::{credits_line, friendship, passed};
pub(in crate::plain) use text::{person, room_title};

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

/// How one came to be in a room no more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gone {
    Left,
    TakenOut,
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
    pub(crate) name: String,
    role: Role,
    pub(super) rooms: BTreeMap<RoomId, Room>,
    pub(crate) current: Option<RoomId>,
    /// One was put into a first room.
    placed: bool,
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
            placed: false,
            here: BTreeSet::new(),
            told_who: false,
            offline: None,
            local_offset_s,
        }
    }

    /// What an update looks like. What was submitted is answered elsewhere.
    pub(crate) fn update(&mut self, update: &Update) -> Vec<String> {
        match update {
            Update::Online {
                account,
                rooms,
                name,
                role,
            } => {
                self.role = *role;
                let anew = *account != self.me;
                let mut lines = self.online(name, rooms);
                if anew {
                    lines.extend(self.somebody_new(*account, rooms));
                }
                lines
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
        if !std::mem::replace(&mut self.placed, true) {
            self.current = rooms.first().map(|entry| entry.room_id);
        }
        match self.offline.take() {
            Some(_) => vec!["-- connected again".to_owned()],
            None => Vec::new(),
        }
    }

    /// A guest who comes back is somebody else to the server, and in no room but the lobby.
    fn somebody_new(&mut self, account: AccountId, rooms: &[RoomEntry]) -> Vec<String> {
        self.me = account;
        let listed = |id: &RoomId| rooms.iter().any(|entry| entry.room_id == *id);
        let before = self.rooms.len();
        self.rooms.retain(|id, _| listed(id));
        if !self.current.as_ref().is_some_and(listed) {
            self.current = rooms.first().map(|entry| entry.room_id);
        }
        if self.rooms.len() == before {
            return Vec::new();
        }
        vec!["-- you are here anew, in the lobby; join again where you were".to_owned()]
    }

    /// Takes a room of one's own in, as a list shows it.
    pub(crate) fn know(&mut self, entry: &RoomEntry) {
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
        if change.display_changed && !mine {
            let shown = person(name, change.subject.display.as_deref());
            return vec![format!(
                "-- {} is shown as {shown} now",
                sanitize::line(name)
            )];
        }
        let Some(was) = &change.was else {
            return Vec::new();
        };
        for room in self.rooms.values_mut().filter(|room| room.direct) {
            if same_name(room.name.trim_start_matches('@'), was) {
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
            Event::Away(away) => vec![text::away_line(away)],
            Event::Hailed(hailed) => {
                let (by, text) = (self.author(&hailed.author), sanitize::line(&hailed.text));
                vec![format!("-- {by} says to everyone here: {text}")]
            }
            Event::Announcement(announcement) => announcement_lines(announcement),
            Event::Watched(watched) => {
                vec![format!("-- {}", sanitize::line(&watched.in_words()))]
            }
            Event::Knocked(knocked) => {
                let room = sanitize::line(&knocked.room);
                let (by, name) = (
                    self.author(&knocked.author),
                    sanitize::line(&knocked.author.from),
                );
                let says = knocked
                    .text
                    .as_deref()
                    .map_or_else(String::new, |text| format!(" ({})", sanitize::line(text)));
                vec![format!(
                    "-- {by} knocks at {room}{says}: /invite {name} {room} lets them in"
                )]
            }
            Event::Invitation(invitation) => {
                let room = sanitize::line(&invitation.room);
                let by = self.author(&invitation.author);
                vec![format!(
                    "-- {by} invites you to {room}: /join {room} goes there"
                )]
            }
            Event::Signalled(signal) => self.signalled(signal).into_iter().collect(),
            // Its first event says the rest: one's own entering, or the first direct message.
            Event::RoomAdded(added) => {
                self.know(&added.entry);
                Vec::new()
            }
            logged => {
                self.note_role(logged);
                let mut lines = self.logged(logged, self.current);
                if let (Some(who), Some(place)) = (logged.ends_membership(), logged.place())
                    && who == self.me
                {
                    let gone = match logged {
                        Event::Left(_) => Gone::Left,
                        _ => Gone::TakenOut,
                    };
                    lines.extend(self.forget(place.room_id, gone));
                }
                lines
            }
        }
    }

    /// Words that were not kept: those to a room's admins. What is between clients is not shown.
    fn signalled(&self, signal: &Signalled) -> Option<String> {
        let words = signal.words.as_deref().filter(|_| !signal.machine)?;
        let (who, words) = (self.author(&signal.author), sanitize::line(words));
        let room = sanitize::line(&signal.room);
        let to = if signal.admins { "the admins of " } else { "" };
        Some(format!("-- {who} to {to}{room}, not kept: {words}"))
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

    /// One is in this room no more. Who was taken out of the room that they were in is in none: what they
    /// are typing is not to be read elsewhere.
    fn forget(&mut self, room: RoomId, gone: Gone) -> Option<String> {
        self.rooms.remove(&room);
        if self.current != Some(room) {
            return None;
        }
        self.current = None;
        if gone == Gone::TakenOut {
            return Some("-- you are in no room now; /room lobby goes to the lobby".to_owned());
        }
        let lobby = self.rooms.iter().find(|(_, room)| room.name == LOBBY);
        let next = lobby.or_else(|| self.rooms.iter().next());
        self.current = next.map(|(id, _)| *id);
        Some(format!("-- you are in {} now", self.current_title()))
    }

    /// Events of one room's past, with their numbers and times.
    pub(crate) fn past(&mut self, events: &[Event]) -> Vec<String> {
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
    pub(crate) fn standing(&self) -> Least {
        let here = self.current.and_then(|current| self.rooms.get(&current));
        match self.role {
            Role::Owner => Least::Owner,
            Role::Moderator => Least::Moderator,
            Role::Member | Role::Guest if here.is_some_and(|room| room.admin) => Least::RoomAdmin,
            Role::Guest => Least::Guest,
            Role::Member => Least::Member,
        }
    }

    /// How far the clock on the wall is ahead of UTC at that moment.
    pub(crate) fn offset_s(&self, at: Timestamp) -> i64 {
        (self.local_offset_s)(at)
    }

    /// Hours and minutes on the wall.
    fn clock(&self, at: Timestamp) -> String {
        let offset_ms = self.offset_s(at).saturating_mul(1000);
        let minutes = at.ms().saturating_add_signed(offset_ms) / 60_000 % (24 * 60);
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
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
        let why = presence.reason.as_deref();
        let why = why.map_or_else(String::new, |why| format!(": {}", sanitize::line(why)));
        vec![format!("{who} has {what}{why}")]
    }

    /// Who is here at the beginning, in one line.
    pub(crate) fn begin_with(&mut self, people: &People) -> Vec<String> {
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
    pub(crate) fn is_lobby(&self, room: Option<RoomId>) -> bool {
        room.and_then(|room| self.rooms.get(&room))
            .is_some_and(|room| room.name == LOBBY)
    }

    pub(crate) fn room_named(&self, name: &str) -> Option<RoomId> {
        let name = name.trim_start_matches('#');
        let found = self
            .rooms
            .iter()
            .find(|(_, room)| same_name(&room.name, name));
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

/// An announcement as lines, its number with it.
pub(super) fn announcement_lines(of: &Announcement) -> Vec<String> {
    let from = text::person(&of.author.from, of.author.from_display.as_deref());
    let head = format!("** {} {from} tells everyone: ", of.announcement);
    text::several(&head, &of.body)
}
