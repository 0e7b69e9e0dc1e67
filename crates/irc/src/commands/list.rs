//! LIST: the rooms there are.

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

impl Connection {
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
}
