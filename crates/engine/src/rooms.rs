//! Requests about rooms: finding, making, listing, reading and following them.

use std::sync::Arc;

use snug_proto::{
    AccountId, Answering, CreateRoom, Done, Entered, ErrorCode, Follow, HistoryPolicy, LogId, Mark,
    Page, PersonRef, Read, Refusal, Response, RoomEntry, RoomId, RoomList, RoomName, RoomRef,
    Rooms, Sent,
    limits::{
        DEFAULT_READ_EVENTS, MAX_FOLLOW_CURSORS, MAX_LIST_BYTES, MAX_PASSWORD_BYTES,
        MAX_READ_EVENTS,
    },
};
use snug_rules::{Access, Content, Entry, RoomKind, Target, TargetKind, may_create, may_read};
use snug_store::{
    Append, AppendRefused, Appended, Expect, KeyUse, NewRoom, Range, RoomRow, RoomStanding,
    StoreError, StoredEvent,
};

use crate::{
    engine::Engine,
    handle::{digest, fit_key},
    person::{Person, refusal},
    room::{Room, Submission},
    session::{Core, SignedInAs},
};

/// What an event's line weighs besides its words, at most.
const EVENT_BYTES: usize = 512;
/// What a room's entry weighs at most.
const ENTRY_BYTES: usize = 512;

impl Engine {
    /// The room that a request names. One that this person may not know of is unknown (DECISIONS 19).
    pub(crate) async fn find_room(
        self: &Arc<Self>,
        who: &Arc<Person>,
        room: &RoomRef,
    ) -> Result<Arc<Room>, Refusal> {
        match room {
            RoomRef::Id(id) => {
                let room = self.room(*id);
                self.loaded(&room).await?;
                let direct = room.state().other_of(&who.id);
                let state = room.state();
                let theirs = state
                    .view
                    .as_ref()
                    .is_some_and(|view| view.is_member(&who.id));
                drop(state);
                if direct.is_some() && !theirs {
                    return Err(ErrorCode::UnknownRoom.into());
                }
                Ok(room)
            }
            RoomRef::Direct(person) => {
                let other = self.people.find(&self.storage, person).await?;
                let found = self.existing_direct(who.id, other.id).await?;
                found.ok_or_else(|| ErrorCode::UnknownRoom.into())
            }
            RoomRef::Name(name) => self.find_named(name).await,
        }
    }

    async fn find_named(self: &Arc<Self>, name: &str) -> Result<Arc<Room>, Refusal> {
        if let Some(room) = self.known_name(name) {
            return Ok(room);
        }
        let parsed = RoomName::parse(name).map_err(|_| ErrorCode::UnknownRoom)?;
        let skeleton = parsed.skeleton();
        let row = self
            .storage
            .read(move |reader| reader.room_by_skeleton(&skeleton))
            .await;
        // A look-alike is not that room.
        let row = row
            .map_err(refusal)?
            .filter(|row| row.name == parsed.as_str());
        let room = self.room(row.ok_or(ErrorCode::UnknownRoom)?.id);
        self.loaded(&room).await?;
        self.learn_name(name, &room);
        Ok(room)
    }

    async fn existing_direct(
        self: &Arc<Self>,
        one: AccountId,
        other: AccountId,
    ) -> Result<Option<Arc<Room>>, Refusal> {
        if let Some(room) = self.known_direct(one, other) {
            return Ok(Some(room));
        }
        let row = self
            .storage
            .read(move |reader| reader.direct_room(&one, &other))
            .await;
        let Some(row) = row.map_err(refusal)? else {
            return Ok(None);
        };
        let room = self.room(row.id);
        self.loaded(&room).await?;
        self.learn_direct(one, other, &room);
        Ok(Some(room))
    }

    /// The direct conversation with this person, begun if there is none yet.
    pub(crate) async fn direct_room_with(
        self: &Arc<Self>,
        who: &Arc<Person>,
        person: &PersonRef,
    ) -> Result<Arc<Room>, Refusal> {
        let other = self.people.find(&self.storage, person).await?;
        if let Some(room) = self.existing_direct(who.id, other.id).await? {
            return Ok(room);
        }
        let new = NewRoom {
            id: RoomId::from_bytes(Self::random_id()),
            log: LogId::from_bytes(Self::random_id()),
            kind: RoomKind::Direct(who.id.min(other.id), who.id.max(other.id)),
            name: None,
            access: Access::Open,
            password_tag: None,
            history: HistoryPolicy::All,
            retention: self.retention(),
            founder: None,
            created_at: self.now(),
        };
        let id = new.id;
        match self
            .storage
            .write(move |transaction| transaction.create_room(&new))
            .await
        {
            Ok(()) => {}
            // The other one began it at the same moment.
            Err(StoreError::Taken) => {
                let found = self.existing_direct(who.id, other.id).await?;
                return found.ok_or_else(|| ErrorCode::Internal.into());
            }
            Err(error) => return Err(refusal(error)),
        }
        let room = self.room(id);
        self.loaded(&room).await?;
        self.learn_direct(who.id, other.id, &room);
        let mut state = room.state();
        state.let_in(self, &room, who, 0);
        if other.id != who.id {
            state.let_in(self, &room, &other, 0);
        }
        drop(state);
        Ok(room)
    }

    pub(crate) async fn create_room(
        self: &Arc<Self>,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: CreateRoom,
    ) -> Result<Response, Refusal> {
        may_create(&who.person.actor())?;
        let CreateRoom {
            room,
            password,
            history,
            key,
        } = request;
        let name = RoomName::parse(&room).map_err(|_| ErrorCode::BadName)?;
        if let Some(password) = &password
            && (password.expose().is_empty() || password.expose().len() > MAX_PASSWORD_BYTES)
        {
            let text = "A room's password has 1 to 1024 bytes.";
            return Err(Refusal::with_text(ErrorCode::BadPassword, text));
        }
        let id = RoomId::from_bytes(Self::random_id());
        let tag = |password: &snug_proto::Secret| {
            snug_auth::password_tag(self.keys(), id.bytes(), password.expose())
        };
        let new = NewRoom {
            id,
            log: LogId::from_bytes(Self::random_id()),
            kind: RoomKind::Ordinary,
            name: Some(name.clone()),
            access: if password.is_some() {
                Access::Password
            } else {
                Access::Open
            },
            password_tag: password.as_ref().map(tag),
            history: history.unwrap_or(HistoryPolicy::All),
            retention: self.retention(),
            founder: Some(who.person.id),
            created_at: self.now(),
        };
        let key = match key {
            None => None,
            Some(key) => {
                let words = password.as_ref().map_or("", |password| password.expose());
                let digest = digest("create_room", name.as_str().as_bytes(), &[words.as_bytes()]);
                Some((fit_key(key)?, digest))
            }
        };
        let made = self.make_room(who, new, key).await?;
        let room = self.room(made);
        self.loaded(&room).await?;
        let mut state = room.state();
        let seq = state.head.map_or(0, |head| head.seq);
        state.let_in(self, &room, &who.person, seq);
        let entry = state.entry_for(self, room.id, &who.person, seq, 0)?;
        drop(state);
        debug_assert!(core.is_closed() || core.hears(&room));
        Ok(Entered { entry }.into())
    }

    /// Makes the room with its founder's joining as its first event, or finds the one that the same
    /// request made before.
    async fn make_room(
        &self,
        who: &SignedInAs,
        new: NewRoom,
        key: Option<crate::room::Key>,
    ) -> Result<RoomId, Refusal> {
        let actor = who.person.actor();
        let (id, now) = (new.id, self.now());
        if let Some((key, digest)) = key.clone() {
            let used = self
                .storage
                .read(move |reader| reader.key_use(&actor.account, &key))
                .await;
            match used.map_err(refusal)? {
                Some(used) if used.digest == digest => return Ok(used.room),
                Some(_) => return Err(ErrorCode::KeyReused.into()),
                None => {}
            }
        }
        let keep = new.retention != snug_rules::Retention::Ram;
        let append = Append {
            room: id,
            expect: Expect {
                room_rules: FIRST_RULES,
                account_rules: actor.rules,
            },
            entry: Entry {
                actor: actor.account,
                content: Content::Joined,
            },
            key,
            keep,
        };
        let made = self.storage.write(move |transaction| {
            transaction.create_room(&new)?;
            let appended = transaction.append(&[append], now)?;
            match appended.into_iter().next() {
                Some(Ok(appended)) => Ok(appended),
                Some(Err(AppendRefused::KeyReused)) => Err(StoreError::Failed(KEY_REUSED.into())),
                _ => Err(StoreError::Failed(
                    "the founder's account changed meanwhile".into(),
                )),
            }
        });
        match made.await {
            Ok(Appended::New { .. }) => Ok(id),
            Ok(Appended::Again(used)) => Ok(used.room),
            Err(StoreError::Taken) => Err(ErrorCode::NameTaken.into()),
            Err(StoreError::Failed(why)) if why == KEY_REUSED => Err(ErrorCode::KeyReused.into()),
            Err(error) => Err(refusal(error)),
        }
    }

    pub(crate) async fn rooms(
        self: &Arc<Self>,
        core: &Core,
        who: &SignedInAs,
        request: Rooms,
    ) -> Result<Response, Refusal> {
        const PAGE: usize = MAX_LIST_BYTES / ENTRY_BYTES;
        let Rooms { mine, after } = request;
        let account = who.person.id;
        let limit = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
        let mut rooms = Vec::new();
        if mine {
            let page = self
                .storage
                .read(move |reader| reader.rooms_of(&account, after.as_ref(), limit));
            for standing in page.await.map_err(refusal)? {
                rooms.push(self.entry_of(&who.person, &standing).await?);
            }
        } else {
            let page = self
                .storage
                .read(move |reader| reader.listed_rooms(after.as_ref(), limit));
            for row in page.await.map_err(refusal)? {
                rooms.push(listed(core, &row));
            }
        }
        let more = rooms.len() > PAGE;
        rooms.truncate(PAGE);
        Ok(RoomList { rooms, more }.into())
    }

    /// A room as its member's list shows it.
    pub(crate) async fn entry_of(
        &self,
        who: &Person,
        standing: &RoomStanding,
    ) -> Result<RoomEntry, Refusal> {
        let row = &standing.room;
        let (direct, room) = match row.kind {
            RoomKind::Direct(one, other) => {
                let other = if one == who.id { other } else { one };
                let known = self
                    .people
                    .by_id(&self.storage, other)
                    .await
                    .map_err(refusal)?;
                (
                    true,
                    known.map_or_else(|| format!("@{other}"), |other| format!("@{}", other.name)),
                )
            }
            RoomKind::Lobby | RoomKind::Ordinary => (false, row.name.clone()),
        };
        Ok(RoomEntry {
            room,
            direct,
            member: true,
            log: Some(row.counts.log),
            seq: Some(row.counts.seq),
            read: Some(standing.read),
            unread: Some(standing.unread),
            ..entry(row)
        })
    }

    pub(crate) async fn mark(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: Mark,
    ) -> Result<Response, Refusal> {
        let room = self.find_room(&who.person, &request.room).await?;
        let account = who.person.id;
        self.grant(&room, &account)?;
        let (id, seq) = (room.id, request.seq);
        let marked = self
            .storage
            .write(move |transaction| transaction.mark(&id, &account, seq));
        marked.await.map_err(refusal)?;
        Ok(Done {}.into())
    }

    /// Leave to read this room now.
    fn grant(&self, room: &Room, who: &AccountId) -> Result<snug_rules::ReadGrant, Refusal> {
        let state = room.state();
        // Loaded a moment ago; dropped again only by a commit that failed just now.
        let view = state.view.as_ref().ok_or(ErrorCode::Busy)?;
        Ok(may_read(view, who)?)
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
        let grant = self.grant(&room, &who.person.id)?;
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
            room.state().page_from_memory(&grant, range, limit + 1)
        } else {
            let page = self
                .storage
                .read(move |reader| reader.events(&grant, range, limit + 1));
            page.await.map_err(refusal)?
        };
        let backwards = matches!(range, Range::Before(_));
        let (events, more) = cut(events, limit as usize, backwards);
        let events = self.with_authors(events).await?;
        let state = room.state();
        let shown = events.into_iter().map(|(event, author)| {
            let readers = state.for_readers(self, room.id, &author, event);
            readers.to(&who.person.id).event().clone()
        });
        let events: Vec<_> = shown.collect();
        let first = head.first.max(grant.from()).min(head.seq + 1);
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
        who: &SignedInAs,
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
                room.state().follow(self, &room, core, &who.person, cursor);
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
        self.grant(room, &who.id)?;
        let in_memory = {
            let state = room.state();
            state.is_ram().then(|| state.target_in_memory(seq))
        };
        let target = match in_memory {
            Some(target) => target,
            None => {
                let id = room.id;
                self.storage
                    .read(move |reader| reader.target(&id, seq))
                    .await
                    .map_err(refusal)?
            }
        };
        target.ok_or_else(|| ErrorCode::UnknownEvent.into())
    }

    /// Joining a room one is in: the same answer as the first time.
    pub(crate) fn answer_member_already(
        self: &Arc<Self>,
        room: &Arc<Room>,
        submission: Submission,
    ) {
        let engine = Arc::clone(self);
        let id = room.id;
        self.spawn(async move {
            let Submission {
                person,
                answering,
                flight,
                ..
            } = submission;
            let account = person.id;
            let standing = engine
                .storage
                .read(move |reader| reader.standing(&id, &account))
                .await;
            let answer = match standing {
                Ok(Some(standing)) => match engine.entry_of(&person, &standing).await {
                    Ok(entry) => Ok(Entered { entry }.into()),
                    Err(refusal) => Err(refusal),
                },
                Ok(None) => Err(ErrorCode::NotAMember.into()),
                Err(error) => Err(refusal(error)),
            };
            answering.answer(answer);
            drop(flight);
        });
    }

    /// A keyed request that the rules refuse now: if its first try went through, it gets that answer.
    pub(crate) fn answer_retry(
        self: &Arc<Self>,
        room: &Arc<Room>,
        submission: Submission,
        refused: Refusal,
    ) {
        let engine = Arc::clone(self);
        let room = Arc::clone(room);
        self.spawn(async move {
            let Submission {
                person,
                answering,
                flight,
                key,
                ..
            } = submission;
            let Some((key, digest)) = key else {
                return answering.answer(Err(refused));
            };
            let account = person.id;
            let used = engine
                .storage
                .read(move |reader| reader.key_use(&account, &key))
                .await;
            match used {
                Ok(Some(used)) if used.digest == digest => {
                    let label = room.state().label(&engine, &person);
                    engine.answer_used_key((room.id, label), used, answering);
                }
                Ok(Some(_)) => answering.answer(Err(ErrorCode::KeyReused.into())),
                Ok(None) => answering.answer(Err(refused)),
                Err(error) => answering.answer(Err(refusal(error))),
            }
            drop(flight);
        });
    }

    /// The answer that a used key had.
    pub(crate) fn answer_used_key(
        &self,
        (room_id, room): (RoomId, String),
        used: KeyUse,
        answering: Answering,
    ) {
        debug_assert_eq!(room_id, used.room, "the digest names the room");
        answering.answer(Ok(Sent {
            room,
            room_id,
            seq: used.seq,
            at: used.at,
        }
        .into()));
    }

    /// Loads what presence needs of these rooms: the size and the name.
    pub(crate) async fn prepare_presence(self: &Arc<Self>, rooms: &[Arc<Room>]) {
        for room in rooms {
            let others = {
                let state = room.state();
                state.row.is_none() && state.readers.len() > 1
            };
            if others && let Err(refusal) = self.loaded(room).await {
                tracing::warn!(room.id = %room.id, code = %refusal.code, "presence could not be told");
            }
        }
    }
}

/// The room counter of a new room, before its founder's joining.
const FIRST_RULES: u64 = 0;
/// Marks the one failure of making a room that is no failure of the store.
const KEY_REUSED: &str = "the key was used for another request";

fn listed(core: &Core, row: &RoomRow) -> RoomEntry {
    let lobby = row.kind == RoomKind::Lobby;
    let member = lobby
        || crate::lock::lock(&core.rooms)
            .iter()
            .any(|room| room.id == row.id);
    RoomEntry {
        member,
        ..entry(row)
    }
}

fn entry(row: &RoomRow) -> RoomEntry {
    RoomEntry {
        room: row.name.clone(),
        room_id: row.id,
        member: false,
        direct: false,
        password: row.access == Access::Password,
        history: row.history,
        members: (row.kind == RoomKind::Ordinary).then_some(row.counts.members),
        log: None,
        seq: None,
        read: None,
        unread: None,
    }
}

/// At most `limit` events and [`MAX_LIST_BYTES`], cut at the end that is further from the anchor.
fn cut(mut events: Vec<StoredEvent>, limit: usize, backwards: bool) -> (Vec<StoredEvent>, bool) {
    let whole = events.len();
    if backwards {
        events.reverse();
    }
    events.truncate(limit);
    let mut bytes = 0;
    let fits = events.iter().take_while(|event| {
        bytes += EVENT_BYTES + words(event);
        bytes <= MAX_LIST_BYTES
    });
    // One event always fits: a body is at most 16 KiB.
    let fits = fits.count().max(1);
    events.truncate(fits);
    if backwards {
        events.reverse();
    }
    let more = events.len() < whole;
    (events, more)
}

/// Bytes of an event's words as JSON writes them, at most: a control character takes six.
fn words(event: &StoredEvent) -> usize {
    let body = match &event.content {
        Content::Message { body, .. } | Content::Edited { body, .. } => body,
        Content::Joined | Content::Left | Content::Deleted { .. } => return 0,
    };
    let escaped = body
        .bytes()
        .filter(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\t'))
        .count();
    body.len() + escaped
}

impl crate::room::State {
    fn target_in_memory(&self, seq: u64) -> Option<Target> {
        let kept = self.ram.iter().find(|kept| kept.event.seq == seq)?;
        let kind = match kept.event.content {
            Content::Message { deleted: false, .. } => TargetKind::Message,
            Content::Message { deleted: true, .. } => TargetKind::DeletedMessage,
            _ => TargetKind::Other,
        };
        Some(Target {
            seq,
            author: kept.event.actor,
            kind,
        })
    }

    fn page_from_memory(
        &self,
        grant: &snug_rules::ReadGrant,
        range: Range,
        limit: u32,
    ) -> Vec<StoredEvent> {
        let limit = limit as usize;
        let granted = self.ram.iter().map(|kept| &kept.event);
        let granted = granted.filter(|event| (grant.from()..=grant.to()).contains(&event.seq));
        match range {
            Range::After(after) => granted
                .filter(|event| event.seq > after)
                .take(limit)
                .cloned()
                .collect(),
            Range::Since(since) => granted
                .filter(|event| event.at >= since)
                .take(limit)
                .cloned()
                .collect(),
            Range::Before(before) => {
                let mut page: Vec<_> = granted
                    .rev()
                    .filter(|event| event.seq < before)
                    .take(limit)
                    .cloned()
                    .collect();
                page.reverse();
                page
            }
        }
    }
}
