//! What the session tells, said in IRC's lines.

pub(crate) mod membership;
mod order;

use bytes::Bytes;
use snug_proto::{
    AccountChanged, AccountId, Announcement, Author, CreditsMoved, Deleted, Delivery, Edited,
    Event, FriendChanged, Friendship, Gap, Message, Place, Quote, Reacted, RoleChanged, RoomId,
    Sanctioned, Subject,
};

use crate::{
    Capability, Caps, Connection, Delivered, MessageId,
    line::Writer,
    names,
    rooms::{Kind, Room},
    text,
};

/// One message is shown as at most this many lines, then a sentence says how many more there are. The
/// longest body allowed could be thousands of short ones, each with all that stands before it: that
/// would cost every reader, live and in replay, many times what it cost its author (FEATURES P6).
pub const MAX_MESSAGE_LINES: usize = 50;

/// What an event's lines depend on besides the event, the same for many readers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) caps: Caps,
    pub(crate) host: &'a str,
    pub(crate) batch: Option<&'a str>,
}

impl Connection {
    /// Takes an event. One that must wait for an answer is not taken, see [`Delivered::NotYet`].
    pub fn deliver(&mut self, delivery: &Delivery) -> Delivered {
        let me = self.me.as_ref().filter(|_| self.registered);
        let Some(own) = me.map(|me| me.account) else {
            return match (delivery.event(), &self.me) {
                (Event::Notice(notice), None) => {
                    self.server_notice(None, &notice.text);
                    Delivered::Taken
                }
                (_, None) => Delivered::Taken,
                (_, Some(_)) => Delivered::NotYet,
            };
        };
        if self.rooms.entering() || self.is_saying() {
            return Delivered::NotYet;
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
            Event::Joined(joined) if joined.subject.account == own => {
                self.is_new(&joined.place);
            }
            Event::Left(left) if left.subject.account == own => {
                self.own_departure(left.place.room_id);
            }
            Event::Joined(joined) => self.joined_event(delivery, joined),
            Event::Left(left) => self.left_event(delivery, left),
            Event::Edited(Edited { place, author, .. })
            | Event::Deleted(Deleted { place, author, .. })
            | Event::Reacted(Reacted { place, author, .. })
            | Event::Unreacted(Reacted { place, author, .. }) => {
                self.amended(delivery, place, author);
            }
            Event::Kicked(event) | Event::Banned(event) => self.removed(delivery, event, own),
            Event::SettingsChanged(changed) => self.set_up(delivery, changed),
            Event::Unbanned(Sanctioned { place, .. })
            | Event::Muted(Sanctioned { place, .. })
            | Event::Unmuted(Sanctioned { place, .. })
            | Event::Invited(Sanctioned { place, .. })
            | Event::RoleChanged(RoleChanged { place, .. }) => {
                if self.is_new(place) {
                    self.write_shared(delivery);
                }
            }
            Event::Invitation(invitation) => {
                let source = names::source(&invitation.author.from, self.settings.host());
                let nick = self.nick.clone();
                Writer::new(&mut self.out)
                    .source(&source)
                    .command("INVITE")
                    .word(&nick)
                    .word(&names::channel(&invitation.room))
                    .end();
            }
            Event::Presence(presence) if presence.subject.account != own => {
                self.presence(delivery, presence);
            }
            Event::RoomAdded(added) => return self.room_added(added),
            Event::Notice(notice) => self.server_notice(None, &notice.text),
            Event::Gap(gap) => self.gap(gap),
            Event::Rewound(rewound) => self.rewound(rewound.room_id),
            Event::Credits(moved) => {
                let text = credits(moved, own);
                self.server_notice(None, &text);
            }
            Event::Friend(change) => {
                if let Some(text) = friendship(change) {
                    self.server_notice(None, &text);
                }
            }
            Event::AccountChanged(change) => self.account_changed(change, own),
            Event::Announcement(announcement) => self.announcement(announcement),
            Event::Watched(watched) => {
                let text = format!("{:?}: {}", watched.what, watched.text);
                self.server_notice(None, &text);
            }
            Event::Presence(_)
            | Event::Online(_)
            | Event::FriendPresence(_)
            | Event::Typing(_)
            | Event::Marked(_)
            | Event::Unknown => {}
        }
        Delivered::Taken
    }

    fn message(&mut self, delivery: &Delivery, message: &Message, own: AccountId) -> Delivered {
        let place = &message.place;
        let by_me = message.author.from_id == own;
        let echo = self.caps.has(Capability::EchoMessage);
        // The event of one's own send comes before the answer that tells which it is.
        if by_me && !echo && self.sends_in_flight() {
            return Delivered::NotYet;
        }
        if !self.is_new(place) {
            return Delivered::Taken;
        }
        let to_myself = place.direct && place.room.trim_start_matches('@') == message.author.from;
        let sent_here = by_me && self.was_own_send(place.room_id, place.seq);
        if sent_here && !echo && !to_myself {
            return Delivered::Taken;
        }
        if place.direct {
            self.write_direct(delivery.event(), place, &message.author);
        } else {
            self.write_shared(delivery);
        }
        Delivered::Taken
    }

    /// An edit, a deletion or a reaction, told as a sentence.
    fn amended(&mut self, delivery: &Delivery, place: &Place, author: &Author) {
        if !self.is_new(place) {
            return;
        }
        if place.direct {
            self.write_direct(delivery.event(), place, author);
        } else {
            self.write_shared(delivery);
        }
    }

    /// What the owner tells everyone comes from the server itself, line by line.
    fn announcement(&mut self, announcement: &Announcement) {
        let from = &announcement.author.from;
        for line in announcement.body.lines().take(MAX_MESSAGE_LINES) {
            self.server_notice(None, &format!("Announcement by {from}: {line}"));
        }
    }

    /// Another name is another nick (DECISIONS 31). A role is told by a notice of its own.
    fn account_changed(&mut self, change: &AccountChanged, own: AccountId) {
        let Some(was) = &change.was else {
            return;
        };
        let (account, name) = (change.subject.account, &change.subject.name);
        if account == own {
            if let Some(me) = &mut self.me {
                me.name.clone_from(name);
            }
            self.nick = names::nick(name).into_owned();
        } else if !self.rooms.renamed(account, was, name) {
            return;
        }
        let source = names::source(was, self.settings.host());
        Writer::new(&mut self.out)
            .source(&source)
            .command("NICK")
            .word(&names::nick(name))
            .end();
    }

    fn gap(&mut self, gap: &Gap) {
        let count = gap.to.saturating_sub(gap.after);
        let text = if gap.lost {
            format!("{count} events of this room are no longer kept and are not shown.")
        } else {
            format!("{count} events of this room were skipped, because this client was behind.")
        };
        self.room_notice(gap.room_id, &text);
        if let Some(room) = self.rooms.room_mut(gap.room_id) {
            room.seq = room.seq.max(gap.to);
        }
    }

    fn rewound(&mut self, room_id: RoomId) {
        self.room_notice(
            room_id,
            "This room's log began anew; what follows may repeat.",
        );
        if let Some(room) = self.rooms.room_mut(room_id) {
            room.seq = 0;
        }
    }

    fn room_notice(&mut self, room_id: RoomId, text: &str) {
        let channel = self
            .rooms
            .room(room_id)
            .filter(|room| room.kind == Kind::Channel)
            .map(|room| names::channel(&room.name));
        self.server_notice(channel.as_deref(), text);
    }

    /// Notes a logged event; false if this client has had it, or is not in its room.
    fn is_new(&mut self, place: &Place) -> bool {
        if place.direct && !self.rooms.knows(place.room_id) {
            self.rooms.insert(place.room_id, Room::of(place));
        }
        match self.rooms.room_mut(place.room_id) {
            Some(room) if room.seq < place.seq => {
                room.seq = place.seq;
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
        let view = View {
            caps: self.caps,
            host: self.settings.host(),
            batch: None,
        };
        let mut shape = self.caps;
        match delivery.event() {
            Event::Message(Message { body, .. }) | Event::Edited(Edited { body, .. })
                if text::has_line_break(body) =>
            {
                return encode(&mut self.out, view, delivery.event(), None);
            }
            Event::Joined(_) | Event::Presence(_) => {}
            _ => shape.remove(Capability::ExtendedJoin),
        }
        let bytes = delivery.encoded(shape.encoding_key(), |event| {
            let mut out = Vec::with_capacity(160);
            encode(&mut out, view, event, None);
            Bytes::from(out)
        });
        self.out.extend_from_slice(&bytes);
    }

    /// Lines of a direct conversation, which name the reader.
    fn write_direct(&mut self, event: &Event, place: &Place, author: &Author) {
        let target = self.direct_target(place, author);
        let view = View {
            caps: self.caps,
            host: self.settings.host(),
            batch: None,
        };
        encode(&mut self.out, view, event, Some(&target));
    }

    /// Whom a line of a direct conversation is to: the reader, or the other if the reader wrote it.
    pub(crate) fn direct_target(&self, place: &Place, author: &Author) -> String {
        match &self.me {
            Some(me) if me.account == author.from_id => {
                names::nick(place.room.trim_start_matches('@')).into_owned()
            }
            _ => self.nick.clone(),
        }
    }
}

/// Writes an event's lines, to this target or to its room's channel.
pub(crate) fn encode(out: &mut Vec<u8>, view: View<'_>, event: &Event, target: Option<&str>) {
    match event {
        Event::Message(message) if !message.deleted => {
            if let Some(text) = in_reply(message) {
                aside(out, view, &message.place, &message.author, target, &text);
            }
            say(
                out,
                view,
                "PRIVMSG",
                &message.place,
                &message.author,
                target,
                &message.body,
            );
        }
        Event::Edited(edited) if !edited.deleted => {
            let text = format!("* {} edited: {}", edited.author.from, edited.body);
            say(
                out,
                view,
                "NOTICE",
                &edited.place,
                &edited.author,
                target,
                &text,
            );
        }
        Event::Deleted(deleted) => {
            let text = format!("* {} deleted a message", deleted.author.from);
            say(
                out,
                view,
                "NOTICE",
                &deleted.place,
                &deleted.author,
                target,
                &text,
            );
        }
        Event::Reacted(reacted) => {
            let text = reaction(reacted);
            aside(out, view, &reacted.place, &reacted.author, target, &text);
        }
        Event::Unreacted(reacted) => {
            let text = format!("* {} took {} back", reacted.author.from, reacted.emoji);
            aside(out, view, &reacted.place, &reacted.author, target, &text);
        }
        Event::Joined(joined) => {
            membership::join(
                out,
                view,
                Some(&joined.place),
                &joined.place.room,
                &joined.subject,
            );
        }
        Event::Kicked(_)
        | Event::Banned(_)
        | Event::Unbanned(_)
        | Event::Muted(_)
        | Event::Unmuted(_)
        | Event::Invited(_)
        | Event::RoleChanged(_)
        | Event::SettingsChanged(_) => order::encode(out, view, event),
        Event::Left(left) => {
            from_subject(out, view, Some(&left.place), &left.subject)
                .command("PART")
                .word(&names::channel(&left.place.room))
                .end();
        }
        Event::Presence(presence) if presence.online => {
            membership::join(out, view, None, &presence.room, &presence.subject);
        }
        Event::Presence(presence) => {
            from_subject(out, view, None, &presence.subject)
                .command("QUIT")
                .trailing("offline");
        }
        Event::Message(_)
        | Event::Edited(_)
        | Event::Online(_)
        | Event::Typing(_)
        | Event::Marked(_)
        | Event::Friend(_)
        | Event::FriendPresence(_)
        | Event::Credits(_)
        | Event::AccountChanged(_)
        | Event::Announcement(_)
        | Event::Watched(_)
        | Event::Notice(_)
        | Event::Gap(_)
        | Event::Rewound(_)
        | Event::RoomAdded(_)
        | Event::Invitation(_)
        | Event::Unknown => {}
    }
}

fn from_subject<'a>(
    out: &'a mut Vec<u8>,
    view: View<'_>,
    place: Option<&Place>,
    subject: &Subject,
) -> Writer<'a> {
    tagged(out, view, place, &subject.name, place.is_some())
        .source(&names::source(&subject.name, view.host))
}

/// What stands before a message that answers another one.
fn in_reply(message: &Message) -> Option<String> {
    message.reply_to?;
    Some(match message.quote.as_deref() {
        Some(Quote { from, excerpt, .. }) => format!("* in reply to <{from}> {excerpt}"),
        None => "* in reply to an earlier message".to_owned(),
    })
}

fn reaction(reacted: &Reacted) -> String {
    let (who, emoji) = (&reacted.author.from, &reacted.emoji);
    match reacted.quote.as_deref() {
        Some(Quote { from, excerpt, .. }) => {
            format!("* {who} reacted with {emoji} to <{from}> {excerpt}")
        }
        None => format!("* {who} reacted with {emoji} to an earlier message"),
    }
}

/// One line beside what is said, without an id of its own.
fn aside(
    out: &mut Vec<u8>,
    view: View<'_>,
    place: &Place,
    author: &Author,
    target: Option<&str>,
    text: &str,
) {
    let source = names::source(&author.from, view.host);
    let channel = names::channel(&place.room);
    let target = target.unwrap_or(&channel);
    let overhead = source.len() + target.len() + "NOTICE".len() + 7;
    let Some(line) = text::pieces(text, overhead).next() else {
        return;
    };
    tagged(out, view, Some(place), &author.from, false)
        .source(&source)
        .command("NOTICE")
        .word(target)
        .trailing(&line.shown());
}

/// A message's lines, [`MAX_MESSAGE_LINES`] at most: its msgid stands on the first.
fn say(
    out: &mut Vec<u8>,
    view: View<'_>,
    command: &str,
    place: &Place,
    author: &Author,
    target: Option<&str>,
    body: &str,
) {
    let source = names::source(&author.from, view.host);
    let channel;
    let target = if let Some(target) = target {
        target
    } else {
        channel = names::channel(&place.room);
        &channel
    };
    // `:source COMMAND target :` and CR LF.
    let overhead = source.len() + command.len() + target.len() + 7;
    let mut pieces = text::pieces(body, overhead);
    for (index, piece) in pieces.by_ref().take(MAX_MESSAGE_LINES).enumerate() {
        tagged(out, view, Some(place), &author.from, index == 0)
            .source(&source)
            .command(command)
            .word(target)
            .trailing(&piece.shown());
    }
    let more = match pieces.count() {
        0 => return,
        1 => "1 more line of this message is".to_owned(),
        more => format!("{more} more lines of this message are"),
    };
    tagged(out, view, Some(place), &author.from, false)
        .source(&source)
        .command("NOTICE")
        .word(target)
        .trailing(&format!(
            "* {more} not shown here; any Snug client shows them."
        ));
}

fn tagged<'a>(
    out: &'a mut Vec<u8>,
    view: View<'_>,
    place: Option<&Place>,
    account: &str,
    with_id: bool,
) -> Writer<'a> {
    let mut line = Writer::new(out);
    if let Some(batch) = view.batch {
        line = line.tag("batch", batch);
    }
    if let Some(place) = place {
        if view.caps.has(Capability::ServerTime) {
            line = line.tag("time", &place.at.to_string());
        }
        if with_id && view.caps.has(Capability::MessageTags) {
            line = line.tag("msgid", &MessageId::from(place).to_string());
        }
    }
    if view.caps.has(Capability::AccountTag) {
        line = line.tag("account", account);
    }
    line
}

/// What a client without friends of its own is told of them (DECISIONS 32).
fn friendship(change: &FriendChanged) -> Option<String> {
    let name = &change.subject.name;
    match change.state {
        Friendship::Asks => Some(format!("{name} asks to be your friend.")),
        Friendship::Friends => Some(format!("{name} is your friend now.")),
        Friendship::Asked | Friendship::None => None,
    }
}

/// Credits that moved, in a sentence (DECISIONS 32).
fn credits(moved: &CreditsMoved, own: AccountId) -> String {
    let CreditsMoved { entry, balance } = moved;
    let amount = entry.amount;
    let what = match (&entry.from, &entry.to) {
        (Some(from), _) if from.account != own => {
            format!("{} paid you {amount} credits", from.name)
        }
        (None, _) => format!("You were given {amount} credits"),
        (Some(_), Some(to)) => format!("You paid {} {amount} credits", to.name),
        (Some(_), None) => format!("You paid {amount} credits for VIP"),
    };
    let why = entry
        .why
        .as_ref()
        .map_or_else(String::new, |why| format!(" ({why})"));
    format!("{what}{why}. You have {balance} now.")
}
