//! What the session tells, said in IRC's lines: which event is for this client, and in whose words.
//!
//! Each kind of event has a file of its own beside this one, in two halves. What a client is told at all,
//! and what is noted of it, is decided by methods of the connection. The lines themselves are made by
//! plain functions of the event and a [`View`], and are shared by all readers with the same view.

mod account;
mod gaps;
pub(crate) mod membership;
mod order;
mod people;
mod reactions;
pub(crate) mod signals;
mod told;
mod view;
mod words;

use snug_proto::{
    Author, Deleted, Delivery, Edited, Event, MaskChanged, Message, Place, Reacted, Restored,
    Sanctioned,
};

pub(crate) use view::{View, account_of, author_of, from_subject, tagged};
pub use words::MAX_MESSAGE_LINES;

use crate::{Caps, Connection, Delivered, names, rooms::Room, text};

/// The room that an event is about, logged or not.
fn room_of(event: &Event) -> Option<snug_proto::RoomId> {
    match event {
        Event::Presence(presence) => Some(presence.room_id),
        Event::RoomAdded(added) => Some(added.entry.room_id),
        Event::Gap(gap) => Some(gap.room_id),
        Event::Rewound(rewound) => Some(rewound.room_id),
        event => event.place().map(|place| place.room_id),
    }
}

/// Room that is made for a line before it is written.
const LINE_BYTES: usize = 256;

impl Connection {
    /// Takes an event. One that must wait for an answer is not taken, see [`Delivered::NotYet`].
    pub fn deliver(&mut self, delivery: &Delivery) -> Delivered {
        let start = self.out.len();
        let delivered = self.deal_with(delivery);
        self.label_event(start, delivery.event());
        delivered
    }

    fn deal_with(&mut self, delivery: &Delivery) -> Delivered {
        if let Event::PolicyChanged(policy) = delivery.event() {
            self.policy_changed(*policy);
            return Delivered::Taken;
        }
        let me = self.me.as_ref().filter(|_| self.registered);
        let Some(own) = me.map(|me| me.account) else {
            return match (delivery.event(), &self.me) {
                (Event::Notice(notice), None) => {
                    self.told_by_server(&notice.text);
                    Delivered::Taken
                }
                // The answer to a sign-in may come behind what it brings, announcements among it.
                (_, None) if self.is_asking() => Delivered::NotYet,
                (_, None) => Delivered::Taken,
                (_, Some(_)) => Delivered::NotYet,
            };
        };
        if self.rooms.entering() || self.is_saying() {
            return Delivered::NotYet;
        }
        if room_of(delivery.event()).is_some_and(|room| self.rooms.is_hidden(room)) {
            return Delivered::Taken;
        }
        if let Some(place) = self.unknown_channel(delivery.event(), own) {
            // The answer to JOIN knows more of the room; where none is awaited, its announcement was
            // lost (it is not logged), and the event itself tells of the room.
            if !self.entries_in_flight() {
                self.enter_now(place.room_id, Room::of(place));
            }
            return Delivered::NotYet;
        }
        match delivery.event() {
            Event::Message(message) => return self.message(delivery, message, own),
            Event::Tagged(tagged) => return self.tagged(delivery, tagged, own),
            Event::Typing(typing) => self.typing(typing),
            Event::Signalled(signal) => self.signalled(signal, own),
            Event::Marked(marked) => self.marked(marked),
            Event::Joined(joined) if joined.subject.account == own => {
                self.is_new(&joined.place);
            }
            Event::Left(left) if left.subject.account == own => self.own_left(delivery, left),
            Event::Joined(joined) => self.joined_event(delivery, joined),
            Event::Left(left) => self.left_event(delivery, left),
            Event::Edited(Edited { place, author, .. })
            | Event::Deleted(Deleted { place, author, .. })
            | Event::Restored(Restored { place, author, .. })
            | Event::Reacted(Reacted { place, author, .. })
            | Event::Unreacted(Reacted { place, author, .. }) => {
                self.amended(delivery, place, author);
            }
            Event::Kicked(event) | Event::Banned(event) => self.removed(delivery, event, own),
            Event::SettingsChanged(changed) => self.set_up(delivery, changed),
            Event::RoleChanged(changed) => self.role_changed(delivery, changed),
            Event::Invited(invited) => self.invited_there(delivery, invited, own),
            Event::Unbanned(Sanctioned { place, .. })
            | Event::Muted(Sanctioned { place, .. })
            | Event::Unmuted(Sanctioned { place, .. })
            | Event::MaskChanged(MaskChanged { place, .. }) => {
                if self.is_new(place) {
                    self.write_shared(delivery);
                }
            }
            Event::Invitation(invitation) => self.invitation(invitation),
            Event::Knocked(knocked) => self.knocked(knocked),
            Event::Presence(presence) if presence.subject.account != own => {
                self.presence(delivery, presence);
            }
            Event::RoomAdded(added) => return self.room_added(added),
            Event::Notice(notice) => self.told_by_server(&notice.text),
            Event::Gap(gap) => self.gap(gap),
            Event::Rewound(rewound) => self.rewound(rewound.room_id),
            Event::Credits(moved) => {
                let text = account::credits(moved, own);
                self.server_notice(None, &text);
            }
            Event::Friend(change) => {
                if let Some(text) = account::friendship(change) {
                    self.server_notice(None, &text);
                }
            }
            Event::FriendPresence(friend) => self.friend_here(friend),
            Event::AccountChanged(change) if change.display_changed => {
                self.display_changed(change, own);
            }
            Event::AccountChanged(change) => self.account_changed(change, own),
            Event::Away(away) => self.away_event(away, own),
            Event::Seen(seen) => self.seen_event(seen),
            Event::Hailed(hailed) => self.hailed(hailed),
            Event::Metadata(changed) => self.metadata_event(changed),
            Event::Announcement(announcement) => self.announcement(announcement),
            Event::Watched(watched) => self.watched(watched),
            Event::Presence(_) | Event::Online(_) | Event::PolicyChanged(_) | Event::Unknown => {}
        }
        Delivered::Taken
    }

    /// Notes a logged event; false if this client has had it, or is not in its room.
    fn is_new(&mut self, place: &Place) -> bool {
        if place.direct && !self.rooms.knows(place.room_id) {
            self.rooms.insert(place.room_id, Room::of(place));
        }
        match self.rooms.given_mut(place.room_id) {
            Some(given) if *given < place.seq => {
                *given = place.seq;
                true
            }
            _ => false,
        }
    }

    /// Lines that are the same for every reader with these capabilities.
    ///
    /// They are kept with the event, and so for as long as any reader of any front is behind it, who is
    /// counted by the event's words. A body of many short lines is tens of times longer here, once for
    /// each set of capabilities: that is made for each reader and kept by nobody (FEATURES P6).
    fn write_shared(&mut self, delivery: &Delivery) {
        let event = delivery.event();
        // What makes the lines sees no capability that their key does not name.
        let caps = self.caps.only(shape(event));
        let key = caps.encoding_key();
        if let Some(bytes) = delivery.kept(key) {
            return self.out.extend_from_slice(bytes);
        }
        let view = View::new(caps, self.settings.host());
        if has_many_lines(event) {
            return encode(&mut self.out, view, event, None);
        }
        let bytes = delivery.encoded(key, |event| {
            let mut out = Vec::with_capacity(LINE_BYTES);
            encode(&mut out, view, event, None);
            out
        });
        self.out.extend_from_slice(&bytes);
    }

    /// Lines of a direct conversation, which name the reader.
    fn write_direct(&mut self, event: &Event, place: &Place, author: &Author) {
        if self
            .me
            .as_ref()
            .is_some_and(|me| me.account != author.from_id)
        {
            self.rooms
                .speaks(place.room_id, author.from_worn.as_deref());
        }
        let target = self.direct_target(place, author);
        let view = View::new(self.caps, self.settings.host());
        encode(&mut self.out, view, event, Some(&target));
    }

    /// Whom a line of a direct conversation is to: the reader, or the other if the reader wrote it.
    pub(crate) fn direct_target(&self, place: &Place, author: &Author) -> String {
        match &self.me {
            Some(me) if me.account == author.from_id => {
                self.conversation_nick(place.room_id, &place.room)
            }
            _ => self.nick.clone(),
        }
    }

    /// The nick of whom a direct conversation is with, which is called so.
    pub(crate) fn conversation_nick(&self, room_id: snug_proto::RoomId, name: &str) -> String {
        let known = self.rooms.room(room_id);
        let called = known.map_or(name.trim_start_matches('@'), Room::called);
        names::nick(called).into_owned()
    }
}

/// The capabilities that change an event's lines; no others do. A kind that is not named has its tags.
const fn shape(event: &Event) -> Caps {
    match event {
        Event::Joined(_) | Event::Presence(_) => membership::SHAPE,
        Event::Message(Message {
            reply_to: Some(_), ..
        })
        | Event::Reacted(_)
        | Event::Unreacted(_) => words::REPLY,
        Event::Message(_) | Event::Edited(_) | Event::Deleted(_) => words::SHAPE,
        Event::Invited(_) => order::INVITED,
        _ => view::TAGS,
    }
}

/// Could an event be many times longer in lines than it is in words?
fn has_many_lines(event: &Event) -> bool {
    match event {
        Event::Message(Message { body, manner, .. }) => {
            let cut = manner
                .as_ref()
                .is_some_and(|manner| !manner.joints.is_empty());
            cut || text::has_line_break(body)
        }
        Event::Edited(Edited { body, .. }) | Event::Restored(Restored { body, .. }) => {
            text::has_line_break(body)
        }
        _ => false,
    }
}

/// Writes an event's lines, to this target or to its room's channel.
pub(crate) fn encode(out: &mut Vec<u8>, view: View<'_>, event: &Event, target: Option<&str>) {
    match event {
        Event::Message(message) => words::message(out, view, message, target),
        Event::Edited(edited) => words::edited(out, view, edited, target),
        Event::Deleted(deleted) => words::deleted(out, view, deleted, target),
        Event::Restored(restored) => words::restored(out, view, restored, target),
        Event::Reacted(reacted) => reactions::reacted(out, view, reacted, target),
        Event::Unreacted(reacted) => reactions::unreacted(out, view, reacted, target),
        Event::Joined(joined) => membership::joined(out, view, joined),
        Event::Left(left) => membership::left(out, view, left),
        Event::Presence(presence) => membership::present(out, view, presence),
        Event::Kicked(_)
        | Event::Banned(_)
        | Event::Unbanned(_)
        | Event::Muted(_)
        | Event::Unmuted(_)
        | Event::Invited(_)
        | Event::RoleChanged(_)
        | Event::MaskChanged(_)
        | Event::SettingsChanged(_) => order::encode(out, view, event),
        Event::Tagged(tagged) => signals::tags(out, view, tagged, target),
        Event::Online(_)
        | Event::Typing(_)
        | Event::Signalled(_)
        | Event::Marked(_)
        | Event::Friend(_)
        | Event::FriendPresence(_)
        | Event::Credits(_)
        | Event::AccountChanged(_)
        | Event::Away(_)
        | Event::Seen(_)
        | Event::Hailed(_)
        | Event::Metadata(_)
        | Event::Announcement(_)
        | Event::Watched(_)
        | Event::PolicyChanged(_)
        | Event::Notice(_)
        | Event::Gap(_)
        | Event::Rewound(_)
        | Event::RoomAdded(_)
        | Event::Invitation(_)
        | Event::Knocked(_)
        | Event::Unknown => {}
    }
}

#[cfg(test)]
#[path = "../tests/talking/kinds.rs"]
mod kinds;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use snug_proto::RoomId;

    use super::*;
    use crate::Capability;

    proptest! {
        #[test]
        fn an_event_has_no_capability_in_its_lines_that_its_shape_does_not_name(
            bits in any::<u64>(),
            kind in 0..kinds::KINDS.len(),
        ) {
            let chosen = Capability::ALL.iter().enumerate();
            let chosen = chosen.filter(|(index, _)| bits & (1 << (index % 64)) != 0);
            let caps = chosen.fold(Caps::default(), |caps, (_, one)| caps.with(*one));
            let event = kinds::event(kind, RoomId::from_bytes([3; 16]), 10);
            let (mut shared, mut own) = (Vec::new(), Vec::new());
            encode(&mut shared, View::new(caps.only(shape(&event)), "h"), &event, None);
            encode(&mut own, View::new(caps, "h"), &event, None);
            prop_assert_eq!(
                String::from_utf8_lossy(&shared),
                String::from_utf8_lossy(&own)
            );
        }
    }
}
