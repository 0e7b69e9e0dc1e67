//! What keeps order in a room, in IRC's lines where it has some (KICK, MODE, TOPIC, RENAME), else as one
//! plain sentence (DECISIONS 32).

use snug_proto::{
    AccountId, Author, Delivery, Event, MaskChanged, MaskKind, Place, RoleChanged, RoomChanges,
    RoomRole, Sanctioned, SettingsChanged,
};

use super::{View, author_of, tagged, view::TAGS, words::say};
use crate::{Capability, Caps, Connection, line::Writer, masks, modes::Modes, names, rooms::Room};

/// The capabilities that change the line of an invitation into a room.
pub(super) const INVITED: Caps = TAGS.with(Capability::InviteNotify);

impl Connection {
    /// Somebody was kicked or banned: a KICK, if the client shows them in the channel.
    pub(super) fn removed(&mut self, delivery: &Delivery, event: &Sanctioned, own: AccountId) {
        let (room_id, who) = (event.place.room_id, event.subject.account);
        if !self.is_new(&event.place) && who != own {
            return;
        }
        let present = self.rooms.room_mut(room_id).is_some_and(|room| {
            room.signs.remove(&who);
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

    /// Somebody is another thing in a room now.
    pub(super) fn role_changed(&mut self, delivery: &Delivery, event: &RoleChanged) {
        if !self.is_new(&event.place) {
            return;
        }
        let who = event.subject.account;
        if let Some(room) = self.rooms.room_mut(event.place.room_id) {
            match event.role {
                RoomRole::Member => {
                    room.signs.remove(&who);
                }
                RoomRole::Admin => {
                    room.signs.insert(who, RoomRole::Admin);
                }
                RoomRole::Founder => {
                    for role in room.signs.values_mut() {
                        *role = RoomRole::Admin;
                    }
                    room.signs.insert(who, RoomRole::Founder);
                }
            }
        }
        self.write_shared(delivery);
    }

    /// Somebody was invited into a room, as its members are told who asked for that (`IRCv3`
    /// invite-notify). Whoever did it has the answer.
    pub(super) fn invited_there(
        &mut self,
        delivery: &Delivery,
        event: &Sanctioned,
        own: AccountId,
    ) {
        if self.is_new(&event.place) && event.author.from_id != own {
            self.write_shared(delivery);
        }
    }

    /// A room is set up differently. One that was renamed is left and entered under its new name, which is
    /// all that older clients know of it (`IRCv3` draft/channel-rename).
    pub(super) fn set_up(&mut self, delivery: &Delivery, event: &SettingsChanged) {
        if !self.is_new(&event.place) {
            return;
        }
        let room_id = event.place.room_id;
        if let Some(room) = self.rooms.room_mut(room_id) {
            let changes = &event.changes;
            room.secret = changes.listed.map_or(room.secret, |listed| !listed);
            room.password = match changes.access {
                Some(access) => access == snug_proto::Access::Password,
                None => room.password || event.new_password,
            };
        }
        match &event.was {
            Some(was) if self.caps.has(Capability::ChannelRename) => {
                let view = View::new(self.caps, self.settings.host());
                by(&mut self.out, view, &event.place, &event.author)
                    .command("RENAME")
                    .word(&names::channel(was))
                    .word(&names::channel(&event.place.room))
                    .trailing(event.reason.as_deref().unwrap_or_default());
                self.rooms.rename_channel(room_id, &event.place.room);
            }
            Some(_) => {
                self.own_departure(room_id, event.reason.as_deref());
                self.enter_now(room_id, Room::renamed(&event.place));
            }
            None => {}
        }
        self.write_shared(delivery);
    }
}

/// The line of an event that keeps order, the same for every reader.
pub(super) fn encode(out: &mut Vec<u8>, view: View<'_>, event: &Event) {
    match event {
        Event::Kicked(event) => kick(out, view, event),
        Event::Banned(sanctioned) => {
            account_ban(out, view, sanctioned, "+b");
            sentence(out, view, &sanctioned.place, &sanctioned.author, event);
        }
        Event::Unbanned(sanctioned) => account_ban(out, view, sanctioned, "-b"),
        Event::RoleChanged(changed) => {
            role(out, view, changed);
            if changed.role == RoomRole::Founder {
                sentence(out, view, &changed.place, &changed.author, event);
            }
        }
        Event::SettingsChanged(changed) => settings(out, view, changed),
        Event::MaskChanged(changed) => mask(out, view, changed, event),
        Event::Muted(sanctioned) | Event::Unmuted(sanctioned) => {
            sentence(out, view, &sanctioned.place, &sanctioned.author, event);
        }
        Event::Invited(sanctioned) if view.caps.has(Capability::InviteNotify) => {
            by(out, view, &sanctioned.place, &sanctioned.author)
                .command("INVITE")
                .word(&names::nick(sanctioned.subject.called()))
                .word(&names::channel(&sanctioned.place.room))
                .end();
        }
        _ => {}
    }
}

/// Begins a line that comes from whoever did something in a room.
fn by<'a>(out: &'a mut Vec<u8>, view: View<'_>, place: &Place, author: &Author) -> Writer<'a> {
    tagged(out, view, Some(place), author_of(author), true)
        .source(&names::source(author.called(), &author.from_id))
}

fn kick(out: &mut Vec<u8>, view: View<'_>, event: &Sanctioned) {
    let reason = event.reason.as_deref().unwrap_or(event.author.called());
    by(out, view, &event.place, &event.author)
        .command("KICK")
        .word(&names::channel(&event.place.room))
        .word(&names::nick(event.subject.called()))
        .trailing(reason);
}

fn mode<'a>(out: &'a mut Vec<u8>, view: View<'_>, place: &Place, author: &Author) -> Writer<'a> {
    by(out, view, place, author)
        .command("MODE")
        .word(&names::channel(&place.room))
}

fn account_ban(out: &mut Vec<u8>, view: View<'_>, event: &Sanctioned, letters: &str) {
    mode(out, view, &event.place, &event.author)
        .word(letters)
        .word(&masks::account(&event.subject.name))
        .end();
}

fn role(out: &mut Vec<u8>, view: View<'_>, changed: &RoleChanged) {
    let letters = match changed.role {
        RoomRole::Member => "-o",
        RoomRole::Admin => "+o",
        RoomRole::Founder => "+q",
    };
    mode(out, view, &changed.place, &changed.author)
        .word(letters)
        .word(&names::nick(changed.subject.called()))
        .end();
}

fn mask(out: &mut Vec<u8>, view: View<'_>, changed: &MaskChanged, event: &Event) {
    let (place, author) = (&changed.place, &changed.author);
    let sign = if changed.removed { '-' } else { '+' };
    let (letter, word) = match changed.kind {
        MaskKind::Ban => ('b', masks::write(&changed.mask)),
        MaskKind::Exempt => ('e', masks::write(&changed.mask)),
        MaskKind::Invite => ('I', masks::write(&changed.mask)),
        MaskKind::Voice if changed.mask.contains(['*', '?', ':']) => {
            // A voice for many is nobody's mode.
            return sentence(out, view, place, author, event);
        }
        MaskKind::Voice => {
            let goes_by = changed.worn.as_deref().unwrap_or(&changed.mask);
            ('v', names::nick(goes_by).into_owned())
        }
    };
    mode(out, view, place, author)
        .word(&format!("{sign}{letter}"))
        .word(&word)
        .end();
    if changed.until.is_some() || changed.reason.is_some() {
        sentence(out, view, place, author, event);
    }
}

fn settings(out: &mut Vec<u8>, view: View<'_>, event: &SettingsChanged) {
    let (place, author) = (&event.place, &event.author);
    let changes = &event.changes;
    if let Some(topic) = &changes.topic {
        by(out, view, place, author)
            .command("TOPIC")
            .word(&names::channel(&place.room))
            .trailing(topic);
    }
    let modes = Modes::changed(event);
    if !modes.is_empty() {
        let mut line = mode(out, view, place, author);
        for word in modes.words() {
            line = line.word(&word);
        }
        line.end();
    }
    // What no mode says.
    let rest = RoomChanges {
        history: changes.history,
        retention: changes.retention,
        groups: changes.groups.clone(),
        ..RoomChanges::default()
    };
    if rest != RoomChanges::default() {
        let rest = SettingsChanged {
            changes: Box::new(rest),
            was: None,
            was_access: None,
            new_password: false,
            ..event.clone()
        };
        sentence(out, view, place, author, &Event::SettingsChanged(rest));
    } else if event.reason.is_some() && event.was.is_none() {
        // Neither TOPIC nor MODE says why.
        sentence(
            out,
            view,
            place,
            author,
            &Event::SettingsChanged(event.clone()),
        );
    }
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
