//! JOIN, PART, NAMES, TOPIC, MODE and LIST.

use std::collections::BTreeSet;

use snug_proto::{
    Answer, CreateRoom, Entered, ErrorCode, Join, Leave, RoomEntry, RoomRef, Rooms, Secret,
};

use crate::{
    Connection,
    connection::{PageOf, Then, expected},
    line::Line,
    names,
    replies::About,
    rooms::Room,
    saying::Saying,
};

impl Connection {
    /// `JOIN <channel>{,<channel>} [<key>{,<key>}]`, or `JOIN 0` to leave all.
    pub(crate) fn join(&mut self, line: &Line<'_>) {
        let Some(channels) = line.param(0) else {
            return self.need_more_params("JOIN");
        };
        if channels == "0" {
            return self.leave_all();
        }
        let mut keys = line.param(1).unwrap_or_default().split(',');
        for channel in channels.split(',').filter(|channel| !channel.is_empty()) {
            let key = keys.next().filter(|key| !key.is_empty()).map(Secret::from);
            let Some(room) = names::room(channel).filter(|room| !room.is_empty()) else {
                self.no_such_channel(channel);
                continue;
            };
            if self.rooms.channel(&names::fold_room(room)).is_some() {
                continue;
            }
            let join = Join {
                room: RoomRef::Name(room.to_owned()),
                password: key.clone(),
            };
            let channel = channel.to_owned();
            self.ask(join, Then::Join { channel, key });
        }
    }

    /// The answer to a join: an unknown room is made, with oneself as founder (DECISIONS 31). A key
    /// given with it becomes its password, so that nothing is more open than was asked for.
    pub(crate) fn joined(&mut self, channel: &str, key: Option<Secret>, answer: Answer) {
        match expected!(answer, Entered) {
            Ok(Entered { entry }) => self.enter_answered(&entry),
            Err(refusal) if refusal.code == ErrorCode::UnknownRoom => {
                let create = CreateRoom {
                    room: names::room(channel).unwrap_or_default().to_owned(),
                    password: key,
                    access: None,
                    hidden: false,
                    retention: None,
                    history: None,
                    key: None,
                };
                let channel = channel.to_owned();
                self.ask_next(create, Then::Create { channel });
            }
            Err(refusal) => self.refuse(&About::target("JOIN", channel), &refusal),
        }
    }

    pub(crate) fn created(&mut self, channel: &str, answer: Answer) {
        match expected!(answer, Entered) {
            Ok(Entered { entry }) => self.enter_answered(&entry),
            Err(refusal) => self.refuse(&About::target("JOIN", channel), &refusal),
        }
    }

    fn enter_answered(&mut self, entry: &RoomEntry) {
        if !self.rooms.knows(entry.room_id) && !entry.direct {
            self.enter_now(entry.room_id, Room::new(entry).for_newcomer());
        }
    }

    /// `PART <channel>{,<channel>} [<reason>]`: leaves the rooms for good (DECISIONS 31).
    pub(crate) fn part(&mut self, line: &Line<'_>) {
        let Some(channels) = line.param(0) else {
            return self.need_more_params("PART");
        };
        for channel in channels.split(',').filter(|channel| !channel.is_empty()) {
            match names::room(channel) {
                Some(room) => self.leave(room.to_owned(), channel.to_owned()),
                None => self.no_such_channel(channel),
            }
        }
    }

    fn leave_all(&mut self) {
        let channels: Vec<_> = self.rooms.channels().map(str::to_owned).collect();
        for room in channels {
            let channel = names::channel(&room);
            self.leave(room, channel);
        }
    }

    fn leave(&mut self, room: String, channel: String) {
        let leave = Leave {
            room: RoomRef::Name(room),
        };
        self.ask(leave, Then::Part { channel });
    }

    pub(crate) fn parted(&mut self, channel: &str, answer: Answer) {
        match expected!(answer, Done) {
            Ok(_) => {
                // Its event has done this already, unless it is late.
                if let Some(room_id) = self.channel(channel).map(|(room_id, _)| room_id) {
                    self.own_departure(room_id);
                }
            }
            Err(refusal) => self.refuse(&About::target("PART", channel), &refusal),
        }
    }

    /// `NAMES [<channel>]`
    pub(crate) fn names(&mut self, line: &Line<'_>) {
        let channel = line.param(0).unwrap_or("*");
        let Some((room_id, _)) = self.channel(channel) else {
            return self.end_of_names(channel);
        };
        let channel = channel.to_owned();
        self.ask(crate::replay::who(room_id, None), Then::Names { channel });
    }

    pub(crate) fn names_listed(&mut self, channel: &str, answer: Answer) {
        let room_id = self.channel(channel).map(|(room_id, _)| room_id);
        if let (Ok(mut people), Some(room_id)) = (expected!(answer, People), room_id) {
            let last = people.people.last().filter(|_| people.more);
            let next = last.map(|last| crate::replay::who(room_id, Some(last.name.clone())));
            self.keep_shown(room_id, &mut people.people);
            self.write_names(channel, &people.people);
            if let Some(next) = next {
                let channel = channel.to_owned();
                return self.ask_next(next, Then::Names { channel });
            }
        }
        self.end_of_names(channel);
    }

    /// `TOPIC <channel> [<topic>]`
    pub(crate) fn topic(&mut self, line: &Line<'_>) {
        let Some(channel) = line.param(0) else {
            return self.need_more_params("TOPIC");
        };
        if self.channel(channel).is_none() {
            return self.not_on_channel(channel);
        }
        if line.params.len() > 1 {
            self.numeric("482")
                .word(channel)
                .trailing("Topics cannot be set here yet");
        } else {
            self.numeric("331")
                .word(channel)
                .trailing("No topic is set");
        }
    }

    /// `MODE <target> [<modes> …]`: shows; changing is not possible here yet.
    pub(crate) fn mode(&mut self, line: &Line<'_>) {
        let Some(target) = line.param(0) else {
            return self.need_more_params("MODE");
        };
        if names::room(target).is_none() {
            return self.user_mode(target, line.param(1));
        }
        let Some((_, room)) = self.channel(target) else {
            return self.no_such_channel(target);
        };
        let modes = if room.password { "+knt" } else { "+nt" };
        let list = line.param(1).map(|modes| modes.trim_start_matches('+'));
        match (list, line.params.len()) {
            (None, _) => self.numeric("324").word(target).word(modes).end(),
            (Some("b"), 2) => {
                self.numeric("368")
                    .word(target)
                    .trailing("End of channel ban list");
            }
            _ => self
                .numeric("482")
                .word(target)
                .trailing("Modes cannot be changed here yet"),
        }
    }

    fn user_mode(&mut self, target: &str, change: Option<&str>) {
        if names::fold_account(names::account(target)) != names::account(&self.nick) {
            return self
                .numeric("502")
                .trailing("Cannot change mode for other users");
        }
        match change {
            None => self.numeric("221").word("+r").end(),
            // Clients turn `i` on unasked; everyone is out of strangers' sight here anyway.
            Some("+i" | "i") => {}
            Some(_) => self.numeric("501").trailing("Unknown MODE flag"),
        }
    }

    /// `LIST [<channel>{,<channel>}]`
    pub(crate) fn list(&mut self, line: &Line<'_>) {
        let wanted = line.param(0).unwrap_or_default().split(',');
        let wanted = wanted
            .filter_map(names::room)
            .map(names::fold_room)
            .collect();
        let page = PageOf::First;
        self.ask_next(Rooms::default(), Then::List { wanted, page });
    }

    pub(crate) fn ask_list(&mut self, wanted: Vec<String>, next: Rooms) {
        let page = PageOf::Later;
        self.ask_next(next, Then::List { wanted, page });
    }

    pub(crate) fn rooms_listed(&mut self, wanted: Vec<String>, page: PageOf, answer: Answer) {
        if page == PageOf::First {
            self.numeric("321").word("Channel").trailing("Users Name");
        }
        let page = match expected!(answer, RoomList) {
            Ok(page) => page,
            Err(refusal) => {
                self.refuse(&About::command("LIST"), &refusal);
                return self.end_of_list();
            }
        };
        let last = page.rooms.last().filter(|_| page.more);
        let next = last.map(|entry| Rooms {
            mine: false,
            after: Some(entry.room_id),
        });
        let mut rooms = page.rooms;
        rooms.retain(|entry| !entry.direct && (wanted.is_empty() || wanted.contains(&entry.room)));
        self.begin_saying(Saying::List {
            wanted,
            rooms: rooms.into_iter(),
            next,
        });
    }

    pub(crate) fn list_line(&mut self, entry: &RoomEntry) {
        // The lobby's members are not counted; those who are here are.
        let present = |room: &Room| room.present.as_ref().map_or(1, BTreeSet::len) as u64;
        let here = || self.rooms.room(entry.room_id).map_or(1, present);
        let users = entry.members.unwrap_or_else(here).to_string();
        self.numeric("322")
            .word(&names::channel(&entry.room))
            .word(&users)
            .trailing("");
    }

    pub(crate) fn end_of_list(&mut self) {
        self.numeric("323").trailing("End of /LIST");
    }

    /// One of this client's channels, by the name it has on IRC in any case.
    pub(crate) fn channel(&self, channel: &str) -> Option<(snug_proto::RoomId, &Room)> {
        let room = names::room(channel)?;
        self.rooms.channel(&names::fold_room(room))
    }

    fn not_on_channel(&mut self, channel: &str) {
        self.numeric("442")
            .word(channel)
            .trailing("You're not on that channel");
    }
}
