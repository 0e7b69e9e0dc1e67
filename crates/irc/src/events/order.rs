//! What keeps order in a room, in IRC's lines where it has some (KICK, MODE, TOPIC), else as one plain
//! sentence (DECISIONS 32).

use snug_proto::{
    AccountId, Author, Delivery, Event, Place, RoomRole, Sanctioned, SettingsChanged,
};

use super::{View, tagged, words::say};
use crate::{Connection, names, rooms::Room};

impl Connection {
    /// Somebody was kicked or banned: a KICK, if the client shows them in the channel.
    pub(super) fn removed(&mut self, delivery: &Delivery, event: &Sanctioned, own: AccountId) {
        let (room_id, who) = (event.place.room_id, event.subject.account);
        if !self.is_new(&event.place) && who != own {
            return;
        }
        let present = self.rooms.room_mut(room_id).is_some_and(|room| {
            let present = room.present.as_mut();
            present.is_none_or(|present| present.remove(&who)) || who == own
        });
        if matches!(delivery.event(), Event::Banned(_)) {
            self.write_shared(delivery);
        }
        if present {
            let view = View::new(self.caps, self.settings.host());
            kick(&mut self.out, view, event);
        }
        if who == own {
            let _gone = self.rooms.remove(room_id);
        }
    }

    /// A room is set up differently. One that was renamed is left and entered under its new name, which is
    /// all that IRC knows of it.
    pub(super) fn set_up(&mut self, delivery: &Delivery, changed: &SettingsChanged) {
        if !self.is_new(&changed.place) {
            return;
        }
        if changed.was.is_some() {
            let room_id = changed.place.room_id;
            self.own_departure(room_id);
            self.enter_now(room_id, Room::renamed(&changed.place));
        }
        self.write_shared(delivery);
    }
}

fn kick(out: &mut Vec<u8>, view: View<'_>, event: &Sanctioned) {
    let reason = event.reason.as_deref().unwrap_or(&event.author.from);
    let source = names::source(&event.author.from, view.host);
    tagged(out, view, Some(&event.place), &event.author.from, true)
        .source(&source)
        .command("KICK")
        .word(&names::channel(&event.place.room))
        .word(&names::nick(&event.subject.name))
        .trailing(reason);
}

/// The line of an event that keeps order, the same for every reader.
pub(super) fn encode(out: &mut Vec<u8>, view: View<'_>, event: &Event) {
    match event {
        Event::Kicked(event) => kick(out, view, event),
        Event::Banned(sanctioned) => {
            mode(out, view, sanctioned, "+b");
            sentence(out, view, &sanctioned.place, &sanctioned.author, event);
        }
        Event::Unbanned(sanctioned) => mode(out, view, sanctioned, "-b"),
        Event::RoleChanged(changed) => {
            let sign = if changed.role == RoomRole::Member {
                "-o"
            } else {
                "+o"
            };
            let source = names::source(&changed.author.from, view.host);
            tagged(out, view, Some(&changed.place), &changed.author.from, true)
                .source(&source)
                .command("MODE")
                .word(&names::channel(&changed.place.room))
                .word(sign)
                .word(&names::nick(&changed.subject.name))
                .end();
            if changed.role == RoomRole::Founder {
                sentence(out, view, &changed.place, &changed.author, event);
            }
        }
        Event::SettingsChanged(changed) => {
            let source = names::source(&changed.author.from, view.host);
            if let Some(topic) = &changed.changes.topic {
                tagged(out, view, Some(&changed.place), &changed.author.from, true)
                    .source(&source)
                    .command("TOPIC")
                    .word(&names::channel(&changed.place.room))
                    .trailing(topic);
            }
            let only_topic = snug_proto::RoomChanges {
                topic: changed.changes.topic.clone(),
                ..snug_proto::RoomChanges::default()
            };
            if *changed.changes != only_topic || changed.new_password {
                sentence(out, view, &changed.place, &changed.author, event);
            }
        }
        Event::Muted(sanctioned) | Event::Unmuted(sanctioned) | Event::Invited(sanctioned) => {
            sentence(out, view, &sanctioned.place, &sanctioned.author, event);
        }
        _ => {}
    }
}

fn mode(out: &mut Vec<u8>, view: View<'_>, event: &Sanctioned, mode: &str) {
    let source = names::source(&event.author.from, view.host);
    let mask = format!("{}!*@*", names::nick(&event.subject.name));
    tagged(out, view, Some(&event.place), &event.author.from, true)
        .source(&source)
        .command("MODE")
        .word(&names::channel(&event.place.room))
        .word(mode)
        .word(&mask)
        .end();
}

fn sentence(out: &mut Vec<u8>, view: View<'_>, place: &Place, author: &Author, event: &Event) {
    if let Some(text) = event.order() {
        say(
            out,
            view,
            "NOTICE",
            place,
            author,
            None,
            &format!("* {text}"),
        );
    }
}
