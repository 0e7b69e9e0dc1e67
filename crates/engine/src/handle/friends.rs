//! Requests between people: friends, blocks, whom one lets reach one; and who of one's friends is here.

use std::sync::{Arc, atomic::Ordering};

use snug_proto::{
    AccountId, Befriend, Befriended, Block, BlockEntry, BlockList, Blocks, Delivery, Done,
    ErrorCode, Event, FriendChanged, FriendEntry, FriendList, FriendPresence, Friends, Friendship,
    Me, Myself, PersonRef, Refusal, Response, Unblock, Unfriend,
    limits::{MAX_BLOCKS, MAX_FRIEND_REQUESTS, MAX_FRIENDS, MAX_LIST_BYTES},
};
use snug_rules::{Acquaintance, RoomKind, befriend, may_reach};
use snug_store::{FriendRow, StoreError};

use crate::{
    engine::Engine,
    person::{Person, refusal},
    room::Room,
    session::{Core, SignedInAs},
};

/// What a person's entry weighs at most.
const ENTRY_BYTES: usize = 384;
/// People on one page.
const PAGE: usize = MAX_LIST_BYTES / ENTRY_BYTES;

/// Why nothing was changed between two people.
enum NotChanged {
    /// The rules say no.
    Refused(ErrorCode),
    /// The store says no.
    Failed(StoreError),
}

impl From<StoreError> for NotChanged {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl From<NotChanged> for Refusal {
    fn from(why: NotChanged) -> Self {
        match why {
            NotChanged::Refused(ErrorCode::Forbidden) => Self::with_text(
                ErrorCode::Forbidden,
                "You block that person. Unblock them first.",
            ),
            NotChanged::Refused(code) => code.into(),
            NotChanged::Failed(error) => refusal(error),
        }
    }
}

impl Engine {
    /// Somebody other than oneself.
    async fn other(&self, who: &SignedInAs, person: &PersonRef) -> Result<Arc<Person>, Refusal> {
        let other = self.people.find(&self.storage, person).await?;
        if other.id == who.person.id {
            let text = "That is yourself.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        Ok(other)
    }

    pub(crate) async fn befriend(
        &self,
        who: &SignedInAs,
        request: Befriend,
    ) -> Result<Response, Refusal> {
        let other = self.other(who, &request.person).await?;
        crate::person::refuse_guest(&other)?;
        let (me, them, now) = (who.person.id, other.id, self.now());
        let changed = self.storage.write(move |transaction| {
            let between = transaction.between(&me, &them)?;
            let state = befriend(&between).map_err(NotChanged::Refused)?;
            if state == between.friendship {
                return Ok((state, false));
            }
            if between.friendship == Friendship::None {
                let (mine, _) = transaction.count_friends(&me)?;
                let (_, theirs) = transaction.count_friends(&them)?;
                if mine >= MAX_FRIENDS as u64 || theirs >= MAX_FRIEND_REQUESTS as u64 {
                    return Err(NotChanged::Refused(ErrorCode::TooMany));
                }
            }
            transaction.set_friendship(&me, &them, state, now)?;
            Ok((state, true))
        });
        let (state, changed) = changed.await.map_err(Refusal::from)?;
        if changed {
            self.tell_friendship(&who.person, &other, state);
        }
        Ok(Befriended { state }.into())
    }

    pub(crate) async fn unfriend(
        &self,
        who: &SignedInAs,
        request: Unfriend,
    ) -> Result<Response, Refusal> {
        let other = self.other(who, &request.person).await?;
        let (me, them, now) = (who.person.id, other.id, self.now());
        let changed = self.storage.write(move |transaction| {
            let had = transaction.between(&me, &them)?.friendship != Friendship::None;
            if had {
                transaction.set_friendship(&me, &them, Friendship::None, now)?;
            }
            Ok::<_, StoreError>(had)
        });
        if changed.await.map_err(refusal)? {
            self.tell_friendship(&who.person, &other, Friendship::None);
        }
        Ok(Done {}.into())
    }

    pub(crate) async fn friends(
        &self,
        who: &SignedInAs,
        request: Friends,
    ) -> Result<Response, Refusal> {
        let me = who.person.id;
        let rows = self
            .storage
            .read(move |reader| reader.friends(&me, request.after.as_deref(), page_and_one()));
        let mut rows = rows.await.map_err(refusal)?;
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let ids: Vec<_> = rows.iter().map(|row| row.account).collect();
        let here = self.online.here_of(&ids);
        let entry = |row: FriendRow| FriendEntry {
            // Asking somebody does not yet show when they are here.
            online: row.state == Friendship::Friends && here.contains(&row.account),
            name: row.name,
            account: row.account,
            display: row.display,
            state: row.state,
            since: row.since,
        };
        let friends = rows.into_iter().map(entry).collect();
        Ok(FriendList { friends, more }.into())
    }

    pub(crate) async fn block(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: Block,
    ) -> Result<Response, Refusal> {
        let other = self.other(who, &request.person).await?;
        let (me, them, now) = (who.person.id, other.id, self.now());
        let rules = Self::random_counter();
        let changed = self.storage.write(move |transaction| {
            let between = transaction.between(&me, &them)?;
            if between.blocks {
                return Ok(None);
            }
            if transaction.count_blocks(&me)? >= MAX_BLOCKS as u64 {
                return Err(NotChanged::Refused(ErrorCode::TooMany));
            }
            if between.friendship != Friendship::None {
                transaction.set_friendship(&me, &them, Friendship::None, now)?;
            }
            let room = transaction.set_block(&me, &them, Some(now), rules)?;
            Ok(Some((room, between.friendship)))
        });
        let Some((room, friendship)) = changed.await.map_err(Refusal::from)? else {
            return Ok(Done {}.into());
        };
        self.blocks_changed();
        if let Some(room) = room {
            self.look_again(&room).await?;
        }
        if friendship != Friendship::None {
            self.tell_friendship(&who.person, &other, Friendship::None);
        }
        Ok(Done {}.into())
    }

    pub(crate) async fn unblock(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: Unblock,
    ) -> Result<Response, Refusal> {
        let other = self.other(who, &request.person).await?;
        let (me, them) = (who.person.id, other.id);
        let rules = Self::random_counter();
        let room = self
            .storage
            .write(move |transaction| transaction.set_block(&me, &them, None, rules));
        let room = room.await.map_err(refusal)?;
        self.blocks_changed();
        if let Some(room) = room {
            self.look_again(&room).await?;
        }
        Ok(Done {}.into())
    }

    pub(crate) async fn blocks(
        &self,
        who: &SignedInAs,
        request: Blocks,
    ) -> Result<Response, Refusal> {
        let me = who.person.id;
        let rows = self
            .storage
            .read(move |reader| reader.blocks(&me, request.after.as_deref(), page_and_one()));
        let mut rows = rows.await.map_err(refusal)?;
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let entry = |row: FriendRow| BlockEntry {
            name: row.name,
            account: row.account,
            display: row.display,
            since: row.since,
        };
        let blocks = rows.into_iter().map(entry).collect();
        Ok(BlockList { blocks, more }.into())
    }

    pub(crate) async fn me(
        &self,
        core: &Core,
        who: &SignedInAs,
        request: Me,
    ) -> Result<Response, Refusal> {
        let id = who.person.id;
        if let Some(written) = &request.name {
            self.respell(core, who, written).await?;
        }
        self.change_self(&who.person, &request).await?;
        if let Some(unlisted) = request.unlisted {
            core.unlisted.store(unlisted, Ordering::Release);
        }
        if let Some(welcome) = request.strangers {
            let written = self
                .storage
                .write(move |transaction| transaction.set_strangers(&id, welcome));
            written.await.map_err(refusal)?;
        }
        if let Some(guests) = request.guests {
            let written = self
                .storage
                .write(move |transaction| transaction.set_no_guests(&id, !guests));
            written.await.map_err(refusal)?;
        }
        let factor = self
            .storage
            .read(move |reader| reader.second_factor_of(&id))
            .await
            .map_err(refusal)?;
        let person = self.people.refresh(&self.storage, id).await;
        let person = person.map_err(refusal)?.ok_or(ErrorCode::Internal)?;
        Ok(Myself {
            recovery_codes: factor.map(|factor| factor.recovery_codes),
            account: person.id,
            name: person.name.clone(),
            display: person.display.clone(),
            role: person.role,
            strangers: person.strangers,
            no_guests: person.no_guests,
            bot: person.bot,
            away: self.online.away_of(&person.id),
        }
        .into())
    }

    /// May `who` reach `other` with something meant for them alone (D3, D4)? Whatever is such a thing
    /// asks here: a direct message or an edit of one, an invitation into a room.
    pub(crate) async fn reach(&self, who: &Person, other: &Person) -> Result<(), Refusal> {
        if who.id == other.id {
            return Ok(());
        }
        let shut = other.no_guests && who.role == snug_proto::Role::Guest;
        let (me, them, judged) = (who.id, other.id, !other.strangers || shut);
        let known = self.storage.read(move |reader| {
            let between = reader.between(&me, &them)?;
            let known = judged
                .then(|| reader.acquaintance(&me, &them))
                .transpose()?;
            Ok::<_, StoreError>((between, known))
        });
        let (between, mut known) = known.await.map_err(refusal)?;
        if let Some(known) = &mut known {
            // What is said to a guest is in memory alone.
            let between = self.known_direct(me, them);
            known.was_written_to |= between.is_some_and(|room| room.state().said_in_memory(&them));
        }
        if shut {
            known = known.map(Acquaintance::of_guest);
        }
        may_reach(&between, known.as_ref()).map_err(Into::into)
    }

    /// The same for a room: a direct conversation reaches the other one of it; other rooms nobody alone.
    pub(crate) async fn reach_in(&self, who: &Person, room: &Room) -> Result<(), Refusal> {
        let Some(RoomKind::Direct(one, other)) = room.kind() else {
            return Ok(());
        };
        let other = if one == who.id { other } else { one };
        let other = self.people.by_id(&self.storage, other).await;
        match other.map_err(refusal)? {
            Some(other) => self.reach(who, &other).await,
            None => Err(ErrorCode::UnknownPerson.into()),
        }
    }

    /// Must it be asked whether this account may write in this direct conversation? Blocks are known to
    /// the room itself; who is a stranger is not, and changes with rooms joined and left.
    pub(crate) fn may_be_strangers(&self, who: &AccountId, room: &Room) -> bool {
        match room.kind() {
            None => true,
            Some(RoomKind::Direct(one, other)) => {
                let other = if one == *who { other } else { one };
                *who != other
                    && self
                        .people
                        .known(&other)
                        .is_none_or(|other| !other.strangers || other.no_guests)
            }
            Some(RoomKind::Lobby | RoomKind::Ordinary) => false,
        }
    }

    /// A room's rules changed in the store: its view is read anew before anything else is decided.
    pub(crate) async fn look_again(
        self: &Arc<Self>,
        room: &snug_proto::RoomId,
    ) -> Result<(), Refusal> {
        let Some(room) = self.known_room(room) else {
            return Ok(());
        };
        room.state().drop_view();
        self.loaded(&room).await
    }

    /// Tells all sessions of both how they stand now.
    fn tell_friendship(&self, me: &Person, other: &Person, state: Friendship) {
        let between = snug_rules::Between {
            friendship: state,
            ..snug_rules::Between::STRANGERS
        };
        let tell = |to: &Person, about: &Person, state| {
            let event = FriendChanged {
                subject: about.subject(),
                state,
            };
            self.tell_account(&to.id, &Event::Friend(event));
        };
        tell(me, other, state);
        tell(other, me, between.turned().friendship);
        if state == Friendship::Friends {
            // What later comings and goings would have told.
            for (to, about) in [(me, other), (other, me)] {
                self.a_friend_knows(&about.id);
                if !self.online.here_of(&[about.id]).is_empty() {
                    let event = FriendPresence {
                        subject: about.subject(),
                        online: true,
                    };
                    self.tell_account(&to.id, &Event::FriendPresence(event));
                }
            }
        }
    }

    /// Puts an event that is not logged into every session of an account.
    pub(crate) fn tell_account(&self, account: &AccountId, event: &Event) {
        let delivery = Arc::new(Delivery::new(event.clone()));
        for core in self.online.sessions_of(account) {
            let _full = core.outbox.push(&delivery);
        }
    }
}

fn page_and_one() -> u32 {
    u32::try_from(PAGE + 1).unwrap_or(u32::MAX)
}
