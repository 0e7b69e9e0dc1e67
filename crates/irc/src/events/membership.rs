//! Who comes into channels and leaves them, oneself and others: JOIN, PART and QUIT.

use snug_proto::{
    AccountId, Delivery, Event, Membership, Place, Presence, RoomAdded, RoomId, RoomRole, Subject,
};

use super::{View, account_of, from_subject};
use crate::{
    Capability, Caps, Connection, Delivered,
    line::Writer,
    names,
    rooms::{Kind, Room},
};

/// The capabilities that change a JOIN.
pub(super) const SHAPE: Caps = super::view::TAGS.with(Capability::ExtendedJoin);

impl Connection {
    /// Where an event happened, if that is a channel which the client has not been put into.
    pub(super) fn unknown_channel<'a>(
        &self,
        event: &'a Event,
        own: AccountId,
    ) -> Option<&'a Place> {
        let farewell = match event {
            Event::Left(left) => left.subject.account == own,
            Event::Kicked(event) | Event::Banned(event) => event.subject.account == own,
            _ => false,
        };
        let place = event.place().filter(|place| !place.direct && !farewell)?;
        (!self.rooms.knows(place.room_id)).then_some(place)
    }

    pub(super) fn room_added(&mut self, added: &RoomAdded) -> Delivered {
        let entry = &added.entry;
        if self.rooms.knows(entry.room_id) {
            return Delivered::Taken;
        }
        if entry.direct {
            // Its events follow, so none of them counts as known.
            self.rooms.insert(entry.room_id, Room::begun(entry));
            return Delivered::Taken;
        }
        if self.entries_in_flight() {
            return Delivered::NotYet;
        }
        self.enter_now(entry.room_id, Room::new(entry).for_newcomer());
        Delivered::Taken
    }

    /// One is not in it any more, as far as the client knows, and why.
    pub(crate) fn own_departure(&mut self, room_id: RoomId, why: Option<&str>) {
        let Some(room) = self.rooms.remove(room_id) else {
            return;
        };
        if room.kind == Kind::Channel {
            let source = self.own_source();
            let line = Writer::new(&mut self.out)
                .source(&source)
                .command("PART")
                .word(&names::channel(&room.name));
            match why {
                Some(why) => line.trailing(why),
                None => line.end(),
            }
        }
    }

    /// One has left, here or elsewhere.
    pub(super) fn own_left(&mut self, delivery: &Delivery, left: &Membership) {
        let Some(room) = self.rooms.remove(left.place.room_id) else {
            return;
        };
        if room.kind == Kind::Channel {
            self.write_shared(delivery);
        }
    }

    pub(super) fn joined_event(&mut self, delivery: &Delivery, joined: &Membership) {
        if !self.is_new(&joined.place) || joined.place.direct {
            return;
        }
        if self.now_present(joined.place.room_id, joined.subject.account) {
            self.write_shared(delivery);
        }
    }

    pub(super) fn left_event(&mut self, delivery: &Delivery, left: &Membership) {
        if !self.is_new(&left.place) || left.place.direct {
            return;
        }
        let tracked = |room: &Room| room.present.is_some();
        let room = self.rooms.room(left.place.room_id);
        if left.quit && room.is_some_and(tracked) {
            return self.gone(delivery, left.place.room_id, left.subject.account);
        }
        let present = self.rooms.room_mut(left.place.room_id).is_some_and(|room| {
            room.signs.remove(&left.subject.account);
            let present = room.present.as_mut();
            present.is_none_or(|present| present.remove(&left.subject.account))
        });
        if present {
            self.write_shared(delivery);
        }
    }

    /// Coming is a JOIN of each room that tells of it; going is one QUIT from all of them.
    pub(super) fn presence(&mut self, delivery: &Delivery, presence: &Presence) {
        let tracked = |room: &Room| room.kind == Kind::Channel && room.present.is_some();
        if presence.online {
            let shown = self.rooms.room(presence.room_id).is_some_and(tracked);
            if shown && self.now_present(presence.room_id, presence.subject.account) {
                self.write_shared(delivery);
                self.write_standing(presence);
            }
            return;
        }
        self.gone(delivery, presence.room_id, presence.subject.account);
    }

    /// Somebody is gone from all rooms. It is told once a room; the first that shows the person takes them
    /// out of all, and the others cost no look at every room each.
    fn gone(&mut self, delivery: &Delivery, room_id: RoomId, who: AccountId) {
        let shown = self.rooms.room(room_id).is_some_and(|room| {
            let present = room.present.as_ref();
            present.is_some_and(|present| present.contains(&who))
        });
        if !shown {
            return;
        }
        for room in self.rooms.all_mut() {
            if let Some(present) = &mut room.present {
                present.remove(&who);
            }
        }
        self.write_shared(delivery);
    }

    /// What somebody who has come back is in the channel, which their JOIN does not say.
    fn write_standing(&mut self, presence: &Presence) {
        let room = self.rooms.room(presence.room_id);
        let role = room.and_then(|room| room.signs.get(&presence.subject.account));
        let letters = match role {
            Some(RoomRole::Founder) => "+q",
            Some(RoomRole::Admin) => "+o",
            Some(RoomRole::Member) | None => return,
        };
        let (host, _, out) = self.reply_parts();
        Writer::new(out)
            .source(host)
            .command("MODE")
            .word(&names::channel(&presence.room))
            .word(letters)
            .word(&names::nick(presence.subject.called()))
            .end();
    }

    /// Notes that somebody is in a room; false if the client shows them already.
    pub(super) fn now_present(&mut self, room_id: RoomId, account: AccountId) -> bool {
        self.rooms.room_mut(room_id).is_some_and(|room| {
            let present = room.present.as_mut();
            present.is_none_or(|present| present.insert(account))
        })
    }
}

/// Who has joined, at this moment of the log.
pub(super) fn joined(out: &mut Vec<u8>, view: View<'_>, event: &Membership) {
    join(
        out,
        view,
        Some(&event.place),
        &event.place.room,
        &event.subject,
    );
}

/// Who has left.
pub(super) fn left(out: &mut Vec<u8>, view: View<'_>, event: &Membership) {
    if event.quit {
        let reason = event.reason.as_deref().unwrap_or("gone");
        return from_subject(out, view, Some(&event.place), &event.subject)
            .command("QUIT")
            .trailing(&format!("Quit: {reason}"));
    }
    let line = from_subject(out, view, Some(&event.place), &event.subject)
        .command("PART")
        .word(&names::channel(&event.place.room));
    match &event.reason {
        Some(reason) => line.trailing(reason),
        None => line.end(),
    }
}

/// Who is here now, or is not any more.
pub(super) fn present(out: &mut Vec<u8>, view: View<'_>, presence: &Presence) {
    if presence.online {
        return join(out, view, None, &presence.room, &presence.subject);
    }
    from_subject(out, view, None, &presence.subject)
        .command("QUIT")
        .trailing(
            &presence
                .reason
                .as_ref()
                .map_or_else(|| "offline".to_owned(), |reason| format!("Quit: {reason}")),
        );
}

/// Somebody's JOIN, their own included: who, and their account if they have one.
pub(crate) fn join(
    out: &mut Vec<u8>,
    view: View<'_>,
    place: Option<&Place>,
    room: &str,
    subject: &Subject,
) {
    let line = from_subject(out, view, place, subject)
        .command("JOIN")
        .word(&names::channel(room));
    if view.caps.has(Capability::ExtendedJoin) {
        let realname = subject.display.as_deref().unwrap_or(&subject.name);
        line.word(account_of(subject).unwrap_or("*"))
            .trailing(realname);
    } else {
        line.end();
    }
}
