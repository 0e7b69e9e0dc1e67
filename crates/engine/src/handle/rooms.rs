//! Requests about rooms: finding and listing them.

mod making;

use std::sync::Arc;

use snug_proto::{
    AccountId, ErrorCode, HistoryPolicy, LogId, PersonRef, Refusal, Response, Role, RoomEntry,
    RoomId, RoomList, RoomName, RoomRef, RoomRole, Rooms, Secret, folded_name,
    limits::MAX_LIST_BYTES,
};
use snug_rules::{Access, Retention, RoomKind, may_know};
use snug_store::{Footing, NewRoom, RoomRow, RoomStanding, StoreError};

use crate::{
    engine::Engine,
    guests::Counted,
    lock::lock,
    person::{Person, refusal},
    room::{
        Room,
        door::{MAX_WRONG_PASSWORDS, WRONG_PASSWORD_WINDOW_MS},
    },
    session::SignedInAs,
};

pub(crate) use making::fit_password;

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
                self.if_known(who, &room)?;
                Ok(room)
            }
            RoomRef::Direct(person) => {
                let other = self.people.find(&self.storage, person).await?;
                let found = self.existing_direct(who.id, other.id).await?;
                found.ok_or_else(|| ErrorCode::UnknownRoom.into())
            }
            RoomRef::Name(name) => self.find_named(who, name).await,
        }
    }

    /// Refuses what one may not know of.
    fn if_known(&self, who: &Person, room: &Room) -> Result<(), Refusal> {
        let state = room.state();
        // Loaded a moment ago; dropped again only by a commit that failed just now.
        let view = state.view.as_ref().ok_or(ErrorCode::Busy)?;
        if may_know(view, &self.actor(who), self.now()) {
            Ok(())
        } else {
            Err(ErrorCode::UnknownRoom.into())
        }
    }

    async fn find_named(self: &Arc<Self>, who: &Person, name: &str) -> Result<Arc<Room>, Refusal> {
        if let Some(room) = self.known_name(name)
            && (!room.is_hidden() || room.has_member(&who.id))
        {
            // Its view may have gone with a commit that failed.
            self.loaded(&room).await?;
            return Ok(room);
        }
        let parsed = RoomName::parse(name).map_err(|_| ErrorCode::UnknownRoom)?;
        let skeleton = parsed.skeleton();
        let (account, now) = (who.id, self.now());
        let all = self.actor(who).role == Role::Owner;
        let row = self.storage.read(move |reader| {
            if all {
                reader.room_by_skeleton(&skeleton)
            } else {
                reader.room_known_to(&account, &skeleton, now)
            }
        });
        // A look-alike is not that room.
        let row = row
            .await
            .map_err(refusal)?
            .filter(|row| folded_name(&row.name) == parsed.as_str());
        let room = self.room(row.ok_or(ErrorCode::UnknownRoom)?.id);
        self.loaded(&room).await?;
        let state = room.state();
        if state
            .row
            .as_ref()
            .is_none_or(|row| folded_name(&row.name) != parsed.as_str())
        {
            // Renamed since it was asked for.
            return Err(ErrorCode::UnknownRoom.into());
        }
        self.learn_name(name, &room);
        drop(state);
        Ok(room)
    }

    /// A room that one may not know of, for one who knows its name and its password. Whatever is wrong
    /// has one answer at one cost: a look into the store, and a password compared (DECISIONS 19).
    pub(crate) async fn find_behind(
        self: &Arc<Self>,
        who: &Person,
        name: &str,
        password: &Secret,
    ) -> Result<Arc<Room>, Refusal> {
        let parsed = RoomName::parse(name).map_err(|_| ErrorCode::UnknownRoom)?;
        let counted = self.guests.counted(&who.id);
        self.count_try(counted)?;
        let found = self.looked_behind(&parsed, password).await;
        if !matches!(&found, Err(refused) if refused.code == ErrorCode::UnknownRoom) {
            self.take_try_back(counted);
        }
        found
    }

    async fn looked_behind(
        self: &Arc<Self>,
        name: &RoomName,
        password: &Secret,
    ) -> Result<Arc<Room>, Refusal> {
        let skeleton = name.skeleton();
        let row = self
            .storage
            .read(move |reader| reader.room_by_skeleton(&skeleton))
            .await
            .map_err(refusal)?
            .filter(|row| folded_name(&row.name) == name.as_str());
        let tag = row.as_ref().and_then(|row| row.password_tag);
        let id = row.map_or(RoomId::from_bytes([0; 16]), |row| row.id);
        let right = self.room_password_is(&id, password, &tag.unwrap_or_default());
        if tag.is_none() || !right {
            return Err(ErrorCode::UnknownRoom.into());
        }
        let room = self.room(id);
        self.loaded(&room).await?;
        Ok(room)
    }

    /// Counts a try before it is looked at: so many that come at once are no more than one after the other.
    fn count_try(&self, counted: Counted) -> Result<(), Refusal> {
        let now = self.steady();
        let mut wrong = lock(&self.wrong_behind);
        wrong.retain(|_, (_, since)| now < since.plus_ms(WRONG_PASSWORD_WINDOW_MS));
        let (tries, since) = wrong.entry(counted).or_insert((0, now));
        if *tries >= MAX_WRONG_PASSWORDS {
            let end = since.plus_ms(WRONG_PASSWORD_WINDOW_MS).ms();
            let wait = end.saturating_sub(now.ms());
            return Err(Refusal::new(ErrorCode::TooFast).retry_after_ms(wait));
        }
        *tries += 1;
        Ok(())
    }

    fn take_try_back(&self, counted: Counted) {
        if let Some((tries, _)) = lock(&self.wrong_behind).get_mut(&counted) {
            *tries = tries.saturating_sub(1);
        }
    }

    pub(crate) async fn existing_direct(
        self: &Arc<Self>,
        one: AccountId,
        other: AccountId,
    ) -> Result<Option<Arc<Room>>, Refusal> {
        if let Some(room) = self.known_direct(one, other) {
            self.loaded(&room).await?;
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
            // Whether a block stands between them the room itself knows.
            if self.may_be_strangers(&who.id, &room) {
                self.reach(who, &other).await?;
            }
            return Ok(room);
        }
        self.reach(who, &other).await?;
        // A conversation with a guest goes with the guest.
        let passing = [who.role, other.role].contains(&Role::Guest);
        let both = [(who.id, who.role), (other.id, other.role)];
        let new = NewRoom {
            id: RoomId::from_bytes(Self::random_id()),
            log: LogId::from_bytes(Self::random_id()),
            kind: RoomKind::Direct(who.id.min(other.id), who.id.max(other.id)),
            name: None,
            access: Access::Open,
            password_tag: None,
            history: HistoryPolicy::All,
            retention: if passing {
                Retention::Ram
            } else {
                self.retention()
            },
            founder: None,
            listed: true,
            created_at: self.now(),
        };
        let id = new.id;
        match self
            .storage
            .write(move |transaction| {
                for (id, role) in both {
                    let now = transaction.account_now(&id)?;
                    if passing && now.is_none_or(|now| now.role != role) {
                        // The guest went meanwhile.
                        return Ok(false);
                    }
                }
                transaction.create_room(&new)?;
                if passing {
                    transaction.mark_passing(&new.id)?;
                }
                Ok(true)
            })
            .await
        {
            Ok(true) => {}
            Ok(false) => return Err(ErrorCode::UnknownPerson.into()),
            // The other one began it at the same moment.
            Err(StoreError::Taken) => {
                let found = self.existing_direct(who.id, other.id).await?;
                let room = found.ok_or(ErrorCode::Internal)?;
                self.let_both_in(&room, who, &other);
                return Ok(room);
            }
            Err(error) => return Err(refusal(error)),
        }
        let room = self.room(id);
        self.loaded(&room).await?;
        self.learn_direct(who.id, other.id, &room);
        self.let_both_in(&room, who, &other);
        Ok(room)
    }

    /// Lets the sessions of both hear a conversation that just began, from its first event.
    fn let_both_in(self: &Arc<Self>, room: &Arc<Room>, one: &Arc<Person>, other: &Arc<Person>) {
        let mut state = room.state();
        state.let_in(self, room, one, 0);
        if other.id != one.id {
            state.let_in(self, room, other, 0);
        }
    }

    pub(crate) async fn rooms(
        self: &Arc<Self>,
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
            let page = page.await.map_err(refusal)?;
            self.know_others(account, &page).await?;
            for standing in page {
                rooms.push(self.entry_of(&who.person, &standing).await?);
            }
        } else {
            let page = self.storage.read(move |reader| {
                let page = reader.listed_rooms(&account, after.as_ref(), limit)?;
                let masked = page.into_iter().map(|(row, footing)| {
                    let looked = footing == Footing::None && row.kind == RoomKind::Ordinary;
                    let masks = if looked {
                        reader.masks(&row.id)?
                    } else {
                        Vec::new()
                    };
                    Ok((row, footing, masks))
                });
                masked.collect::<Result<Vec<_>, StoreError>>()
            });
            let owner = self.actor(&who.person).role == Role::Owner;
            for (row, footing, masks) in page.await.map_err(refusal)? {
                let footing = match footing {
                    Footing::Banned if owner => Footing::None,
                    Footing::None if !owner && self.keeps_out(&row, masks, &who.person) => {
                        Footing::Banned
                    }
                    footing => footing,
                };
                rooms.push(entry(&row, footing));
            }
        }
        let mut more = rooms.len() > PAGE;
        rooms.truncate(PAGE);
        let mut bytes = 0;
        let fits = rooms.iter().take_while(|entry| {
            bytes += weight(entry);
            bytes <= MAX_LIST_BYTES
        });
        let fits = fits.count();
        more |= fits < rooms.len();
        rooms.truncate(fits);
        let now = Some(self.now());
        Ok(RoomList { rooms, now, more }.into())
    }

    /// Asks in one read for those with whom an account has direct conversations, whose names the list shows.
    pub(crate) async fn know_others(
        &self,
        account: AccountId,
        standings: &[RoomStanding],
    ) -> Result<(), Refusal> {
        let others = standings
            .iter()
            .filter_map(|standing| match standing.room.kind {
                RoomKind::Direct(one, other) => Some(if one == account { other } else { one }),
                RoomKind::Lobby | RoomKind::Ordinary => None,
            });
        self.people_of(others.collect()).await.map(drop)
    }

    /// A room as its member's list shows it.
    pub(crate) async fn entry_of(
        &self,
        who: &Person,
        standing: &RoomStanding,
    ) -> Result<RoomEntry, Refusal> {
        let row = &standing.room;
        let (direct, room, worn) = match row.kind {
            RoomKind::Direct(one, other) => {
                let other = if one == who.id { other } else { one };
                let known = self
                    .people
                    .by_id(&self.storage, other)
                    .await
                    .map_err(refusal)?;
                let worn = known.as_ref().and_then(|other| other.wears());
                let worn = worn.map(str::to_owned);
                let name = known.map_or_else(|| other.to_string(), |other| other.name.clone());
                (true, format!("@{name}"), worn)
            }
            RoomKind::Lobby | RoomKind::Ordinary => (false, row.name.clone(), None),
        };
        let mut counted = (
            row.counts.log,
            row.counts.seq,
            standing.read,
            standing.unread,
            standing.mentions,
        );
        let mut last_at = Some(row.counts.last_at);
        if row.retention == Retention::Ram
            && let Some(live) = self.known_room(&row.id)
        {
            // The numbers of a `ram` room are its own; the store knows only who is in it.
            let state = live.state();
            if let Some(head) = state.head {
                let (read, unread, mentions) = state.standing_in_memory(&who.id);
                counted = (head.log, head.seq, read, unread, mentions);
                last_at = state.ram.back().map(|kept| kept.event.at);
            }
        }
        let (log, seq, read, unread, mentions) = counted;
        Ok(RoomEntry {
            room,
            direct,
            worn,
            member: true,
            log: Some(log),
            seq: Some(seq),
            last_at,
            read: Some(read),
            unread: Some(unread),
            mentions,
            role: if row.founder == Some(who.id) && row.kind == RoomKind::Ordinary {
                Some(RoomRole::Founder)
            } else {
                Some(standing.role).filter(|role| *role > RoomRole::Member)
            },
            ..entry(row, Footing::Member)
        })
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

/// What a room's entry weighs at most, written as JSON.
pub(crate) fn weight(entry: &RoomEntry) -> usize {
    ENTRY_BYTES + entry.topic.as_ref().map_or(0, |topic| 2 * topic.len())
}

/// A room as the list of all shows it to one who stands so to it. Who is banned sees that it is there, and
/// nothing of what goes on in it.
pub(crate) fn entry(row: &RoomRow, footing: Footing) -> RoomEntry {
    let shown = footing != Footing::Banned;
    RoomEntry {
        room: row.name.clone(),
        room_id: row.id,
        member: footing == Footing::Member,
        direct: false,
        worn: None,
        password: row.access == Access::Password,
        invitation: row.access == Access::Invitation,
        hidden: !row.listed,
        archived: row.archived,
        invited: footing == Footing::Invited,
        admitted: footing == Footing::Admitted,
        role: None,
        topic: (shown && !row.topic.is_empty()).then(|| row.topic.clone()),
        retention: row.retention,
        slow_mode_ms: (row.slow_mode_ms > 0).then_some(row.slow_mode_ms),
        moderated: row.moderated,
        outside: row.outside,
        quiet_guests: row.quiet_guests,
        quiet_machines: row.quiet_machines,
        open_topic: row.open_topic,
        limit: (row.limit > 0).then_some(row.limit),
        created_at: Some(row.created_at),
        topic_at: row.topic_at.filter(|_| shown),
        history: row.history,
        members: (row.kind == RoomKind::Ordinary).then_some(if shown {
            row.counts.members
        } else {
            0
        }),
        log: None,
        seq: None,
        last_at: None,
        read: None,
        unread: None,
        mentions: 0,
    }
}
