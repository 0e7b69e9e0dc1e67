//! LIST: the rooms there are.

mod wanted;

use std::collections::BTreeSet;

use snug_proto::{Answer, RoomEntry, Rooms};

use crate::{
    Connection,
    connection::{PageOf, Then, expected},
    line::Line,
    names,
    replies::About,
    rooms::Room,
    saying::Saying,
};

pub(crate) use wanted::Wanted;

impl Connection {
    /// `LIST [<condition>{,<condition>}]`: channels, masks, and what ELIST names.
    pub(crate) fn list(&mut self, line: &Line<'_>) {
        let wanted = Wanted::read(line.param(0).unwrap_or_default());
        let page = PageOf::First;
        self.ask_next(Rooms::default(), Then::List { wanted, page });
    }

    pub(crate) fn ask_list(&mut self, wanted: Wanted, next: Rooms) {
        let page = PageOf::Later;
        self.ask_next(next, Then::List { wanted, page });
    }

    pub(crate) fn rooms_listed(&mut self, wanted: Wanted, page: PageOf, answer: Answer) {
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
        rooms.retain(|entry| {
            let shown = self.settings.lobby || !entry.is_lobby();
            shown && !entry.direct && wanted.has(entry, self.users_of(entry), page.now)
        });
        self.begin_saying(Saying::List {
            wanted,
            rooms: rooms.into_iter(),
            next,
        });
    }

    /// How many are in a room. The lobby's members are not counted; those who are here are.
    fn users_of(&self, entry: &RoomEntry) -> u64 {
        let present = |room: &Room| room.present.as_ref().map_or(1, BTreeSet::len) as u64;
        let here = || self.rooms.room(entry.room_id).map_or(1, present);
        entry.members.unwrap_or_else(here)
    }

    pub(crate) fn list_line(&mut self, entry: &RoomEntry) {
        let users = self.users_of(entry).to_string();
        self.numeric("322")
            .word(&names::channel(&entry.room))
            .word(&users)
            .trailing(entry.topic.as_deref().unwrap_or_default());
    }

    pub(crate) fn end_of_list(&mut self) {
        self.numeric("323").trailing("End of /LIST");
    }
}
