//! Rooms and events as one reader sees them: under which name, with whose.

use std::sync::Arc;

use snug_proto::{
    Deleted, Delivery, Edited, ErrorCode, Event, Membership, Message, Place, Quote, Reacted,
    Refusal, Restored, Role, RoomEntry, RoomId, RoomRole, Tagged,
};
use snug_rules::{Access, Authority, Content, RoomKind};
use snug_store::StoredEvent;

use crate::{
    engine::Engine,
    person::Person,
    room::{ForReaders, State},
};

/// A stored event as its readers see it.
pub(crate) fn shown(
    engine: &Engine,
    place: Place,
    author: &Person,
    event: StoredEvent,
    quote: Option<Quote>,
) -> Event {
    match event.content {
        Content::Message {
            body,
            deleted,
            about,
        } => Event::Message(Message {
            place,
            author: author.author(),
            body,
            deleted,
            reply_to: about.reply_to,
            quote: quote.map(Box::new),
            mentions: about.mentions,
            manner: about.manner,
        }),
        Content::Reacted { of, emoji } => Event::Reacted(Reacted {
            place,
            author: author.author(),
            of,
            emoji,
            quote: quote.map(Box::new),
        }),
        Content::Unreacted { of, emoji } => Event::Unreacted(Reacted {
            place,
            author: author.author(),
            of,
            emoji,
            quote: None,
        }),
        Content::Joined => Event::Joined(Membership {
            place,
            subject: author.subject(),
            quit: false,
            reason: None,
        }),
        Content::Left { reason } => Event::Left(Membership {
            place,
            subject: author.subject(),
            quit: author.role == Role::Guest && engine.is_leaving(&author.id),
            reason,
        }),
        Content::Edited { of, body, deleted } => Event::Edited(Edited {
            place,
            author: author.author(),
            of,
            body,
            deleted,
        }),
        Content::Deleted { of, reason, by } => Event::Deleted(Deleted {
            place,
            author: author.author(),
            of,
            reason,
            by_server: by == Authority::Server,
        }),
        Content::Restored { of, body, deleted } => Event::Restored(Restored {
            place,
            author: author.author(),
            of,
            body,
            deleted,
        }),
        Content::Tagged { tags } => Event::Tagged(Tagged {
            place,
            author: author.author(),
            tags,
        }),
        Content::Changed { change, by } => {
            crate::room::order::shown(engine, place, author, change, by)
        }
    }
}

impl State {
    /// The event as each reader must get it.
    pub(crate) fn for_readers(
        &self,
        engine: &Engine,
        room_id: RoomId,
        author: &Person,
        event: StoredEvent,
        quote: Option<Quote>,
    ) -> ForReaders {
        let deliver = |place: Place, event, quote| {
            Arc::new(Delivery::new(shown(engine, place, author, event, quote)))
        };
        let place = |room: String, direct| Place {
            room,
            room_id,
            seq: event.seq,
            at: event.at,
            direct,
        };
        match self.row.as_ref().map(|row| (row.kind, &row.name)) {
            Some((RoomKind::Direct(one, other), _)) => {
                let for_one = place(engine.direct_label(&other), true);
                let for_other = place(engine.direct_label(&one), true);
                let copy = event.clone();
                let quoted = quote.clone();
                ForReaders::Direct(
                    one,
                    deliver(for_one, event, quote),
                    deliver(for_other, copy, quoted),
                )
            }
            Some((RoomKind::Lobby | RoomKind::Ordinary, name)) => {
                let place = place(name.clone(), false);
                ForReaders::Same(deliver(place, event, quote))
            }
            None => ForReaders::Same(deliver(place(String::new(), false), event, quote)),
        }
    }

    /// The room as a list shows it to this account.
    pub(crate) fn entry_for(
        &self,
        engine: &Engine,
        room_id: RoomId,
        who: &Person,
        read: u64,
        unread: u64,
    ) -> Result<RoomEntry, Refusal> {
        let row = self.row.as_ref().ok_or(ErrorCode::Internal)?;
        let head = self.head.ok_or(ErrorCode::Internal)?;
        Ok(RoomEntry {
            room: self.label(engine, who),
            worn: self
                .other_of(&who.id)
                .and_then(|other| engine.worn_by(&other)),
            room_id,
            member: true,
            direct: matches!(row.kind, RoomKind::Direct(..)),
            password: row.access == Access::Password,
            invitation: row.access == Access::Invitation,
            hidden: !row.listed,
            archived: row.archived,
            invited: false,
            admitted: false,
            role: self
                .view
                .as_ref()
                .and_then(|view| view.role_of(&who.id))
                .filter(|role| *role > RoomRole::Member),
            topic: (!row.topic.is_empty()).then(|| row.topic.clone()),
            retention: row.retention,
            slow_mode_ms: (row.slow_mode_ms > 0).then_some(row.slow_mode_ms),
            moderated: row.moderated,
            outside: row.outside,
            quiet_guests: row.quiet_guests,
            quiet_machines: row.quiet_machines,
            open_topic: row.open_topic,
            limit: (row.limit > 0).then_some(row.limit),
            created_at: Some(row.created_at),
            topic_at: row.topic_at,
            history: row.history,
            members: (row.kind == RoomKind::Ordinary).then_some(row.counts.members),
            log: Some(head.log),
            seq: Some(head.seq),
            last_at: None,
            read: Some(read),
            unread: Some(unread),
            mentions: 0,
        })
    }

    /// What this account calls the room.
    pub(crate) fn label(&self, engine: &Engine, who: &Person) -> String {
        match (self.other_of(&who.id), &self.row) {
            (Some(other), _) => engine.direct_label(&other),
            (None, Some(row)) => row.name.clone(),
            (None, None) => String::new(),
        }
    }
}
