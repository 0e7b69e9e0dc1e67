//! Requests about a room's log: reading it, following it, marking how far one has read.

use std::sync::Arc;

use snug_proto::{
    Done, ErrorCode, Follow, Manner, Mark, Page, Read, Refusal, Response,
    limits::{DEFAULT_READ_EVENTS, MAX_FOLLOW_CURSORS, MAX_LIST_BYTES, MAX_READ_EVENTS},
};
use snug_rules::{Content, Deed, Target, may_read, permit};
use snug_store::{Range, Reader, StoredEvent};

use crate::{
    engine::Engine,
    person::{Person, refusal},
    room::Room,
    session::{Core, SignedInAs},
};

/// What the details of a change weigh at most: a topic, or a reason, and names.
const CHANGE_BYTES: usize = 4096;
/// What an event's line weighs besides its words, at most.
const EVENT_BYTES: usize = 512;

/// What a quote weighs at most.
const QUOTE_BYTES: usize = 1024;
/// What an id in a list weighs.
const ID_BYTES: usize = 32;

impl Engine {
    pub(crate) async fn mark(
        self: &Arc<Self>,
        core: &Core,
        who: &SignedInAs,
        request: Mark,
    ) -> Result<Response, Refusal> {
        let room = self.find_room(&who.person, &request.room).await?;
        self.grant(&room, &who.person)?;
        self.mark_to(core, &who.person, &room, request.seq).await?;
        Ok(Done {}.into())
    }

    /// Leave to read this room now.
    pub(crate) fn grant(
        &self,
        room: &Room,
        who: &Person,
    ) -> Result<snug_rules::ReadGrant, Refusal> {
        let mut state = room.state();
        // Loaded a moment ago; dropped again only by a commit that failed just now.
        let actor = state.actor_in(self, room.id, who)?;
        let view = state.view.as_ref().ok_or(ErrorCode::Busy)?;
        // Says more than that there is no grant: until when one is banned, and why.
        permit(view, &actor, Deed::Read, self.now())?;
        Ok(may_read(view, &who.id)?)
    }

    /// Leave to do this in this room now.
    pub(crate) fn permitted(&self, room: &Room, who: &Person, deed: Deed) -> Result<(), Refusal> {
        let mut state = room.state();
        let actor = state.actor_in(self, room.id, who)?;
        let view = state.view.as_ref().ok_or(ErrorCode::Busy)?;
        permit(view, &actor, deed, self.now())
    }

    pub(crate) async fn read(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: Read,
    ) -> Result<Response, Refusal> {
        let anchors = [
            request.after.is_some(),
            request.before.is_some(),
            request.since.is_some(),
        ];
        if anchors.iter().filter(|given| **given).count() > 1 {
            let text = "Say at most one of \"after\", \"before\" and \"since\".";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        let room = self.find_room(&who.person, &request.room).await?;
        let grant = self.grant(&room, &who.person)?;
        let (head, ram) = {
            let state = room.state();
            (state.head.ok_or(ErrorCode::Busy)?, state.is_ram())
        };
        let beyond = request.after.is_some_and(|after| after > head.seq);
        if request.log.is_some_and(|log| log != head.log || beyond) {
            return Err(ErrorCode::Rewound.into());
        }
        let range = match (request.after, request.before, request.since) {
            (Some(after), ..) => Range::After(after),
            (_, Some(before), _) => Range::Before(before),
            (.., Some(since)) => Range::Since(since),
            (None, None, None) => Range::Before(u64::MAX),
        };
        let limit = request
            .limit
            .unwrap_or(DEFAULT_READ_EVENTS)
            .clamp(1, MAX_READ_EVENTS);
        let events = if ram {
            room.state().page_from_memory(&grant, range, limit)
        } else {
            let page = move |reader: &mut dyn Reader| reader.events(&grant, range, limit);
            let page = if limit > DEFAULT_READ_EVENTS {
                self.storage.read_at_length(page).await
            } else {
                self.storage.read(page).await
            };
            page.map_err(refusal)?
        };
        // What is committed but not published yet comes live.
        let published = events.into_iter().filter(|event| event.seq <= head.seq);
        let from = match range {
            Range::Before(_) => Keep::Newest,
            Range::After(_) | Range::Since(_) => Keep::Oldest,
        };
        let events = cut(published.collect(), from);
        let first = head.first.max(grant.from()).min(head.seq + 1);
        // Numbers have no gaps: what is missing towards an end is more to read.
        let more = match from {
            Keep::Newest => events.first().is_some_and(|event| event.seq > first),
            Keep::Oldest => events.last().is_some_and(|event| event.seq < head.seq),
        };
        let events = self.told(&room, grant, events).await?;
        let state = room.state();
        let shown = events.into_iter().map(|(event, author, quote)| {
            let readers = state.for_readers(self, room.id, &author, event, quote);
            readers.to(&who.person.id).event().clone()
        });
        let events: Vec<_> = shown.collect();
        Ok(Page {
            events,
            first,
            seq: head.seq,
            log: head.log,
            more,
        }
        .into())
    }

    pub(crate) async fn follow(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: Follow,
    ) -> Result<Response, Refusal> {
        if request.cursors.len() > MAX_FOLLOW_CURSORS {
            let text = "At most 400 cursors at once. Follow the rest with another request.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        for (id, cursor) in request.cursors {
            // A room that one is not in any more has nothing to follow; the list of rooms says so.
            for room in Self::heard(core, std::iter::once(id)) {
                self.loaded(&room).await?;
                room.state().follow(self, &room, core, cursor);
            }
        }
        core.pump();
        Ok(Done {}.into())
    }

    /// What an edit or a deletion is about, as this person may know it.
    pub(crate) async fn target(
        &self,
        who: &Person,
        room: &Arc<Room>,
        seq: u64,
    ) -> Result<Target, Refusal> {
        let grant = self.grant(room, who)?;
        let (in_memory, first) = {
            let state = room.state();
            let first = state.head.map_or(1, |head| head.first);
            (state.is_ram().then(|| state.target_in_memory(seq)), first)
        };
        if (grant.from()..first).contains(&seq) {
            // It was there once, and is kept no longer (DECISIONS 8).
            return Err(ErrorCode::Gone.into());
        }
        let target = if let Some(target) = in_memory {
            target
        } else {
            let id = room.id;
            self.storage
                .read(move |reader| reader.target(&id, seq))
                .await
                .map_err(refusal)?
        };
        target.ok_or_else(|| ErrorCode::UnknownEvent.into())
    }
}

/// Which end of a page is kept where not all of it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    Oldest,
    Newest,
}

/// As many events as one answer holds: [`MAX_LIST_BYTES`] of them.
fn cut(mut events: Vec<StoredEvent>, keep: Keep) -> Vec<StoredEvent> {
    if keep == Keep::Newest {
        events.reverse();
    }
    let mut bytes = 0;
    let fits = events.iter().take_while(|event| {
        bytes += EVENT_BYTES + words(event);
        bytes <= MAX_LIST_BYTES
    });
    // One event always fits: a body is at most 16 KiB.
    let fits = fits.count().max(1);
    events.truncate(fits);
    if keep == Keep::Newest {
        events.reverse();
    }
    events
}

/// Bytes of an event's words as JSON writes them.
fn words(event: &StoredEvent) -> usize {
    let (body, beside) = match &event.content {
        Content::Message { body, about, .. } => {
            let quote = about.reply_to.map_or(0, |_| QUOTE_BYTES);
            let manner = about.manner.as_deref().map_or(0, Manner::bytes);
            (body, quote + manner + about.mentions.len() * ID_BYTES)
        }
        Content::Edited { body, .. } | Content::Restored { body, .. } => (body, 0),
        Content::Reacted { emoji, .. } => (emoji, QUOTE_BYTES),
        Content::Unreacted { emoji, .. } => (emoji, 0),
        Content::Joined | Content::Left { .. } => return 0,
        Content::Deleted { reason, .. } => return 2 * reason.as_ref().map_or(0, String::len),
        Content::Tagged { tags } => {
            let bytes = tags.iter().map(|(key, value)| key.len() + value.len() + 6);
            return 2 * bytes.sum::<usize>();
        }
        Content::Changed { .. } => return CHANGE_BYTES,
    };
    let escaped = body
        .bytes()
        .filter(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\t'))
        .count();
    body.len() + escaped + beside
}
