//! Requests that keep order in a room, and those that ask how it is set up.

use std::sync::Arc;

use snug_proto::{
    AboutRoom, AccountId, Answer, Answering, BanEntry, BanList, Bans, ErrorCode, Event, Invitation,
    PersonRef, Refusal, Request, RequestKind, Response, Role, RoomAbout, RoomName, RoomRef,
    RoomRole, SetRoom,
    limits::{MAX_LIST_BYTES, MAX_SANCTION_S, MAX_TOPIC_CHARS},
    same_name,
};
use snug_rules::{Concerned, Deed, Order, RoomView, Sanction, Stay, may_see, permit};
use snug_store::Footing;

use crate::{
    engine::Engine,
    guests::Kind,
    handle::{allowed_kind, governing::fit_reason, is_line, key_of, rooms},
    person::{Person, refusal},
    roll::List,
    room::{Act, Key, Ordered, Room},
    session::{Core, SignedInAs},
};

/// What a ban's entry weighs at most.
const BAN_BYTES: usize = 1024;
/// Invitations that a sign-in is told of, the newest of them. The list of rooms has all.
const TOLD_INVITATIONS: u32 = 50;

/// An order as it was asked, before its room and its people are found.
struct Asked {
    kind: RequestKind,
    room: RoomRef,
    who: PersonRef,
    key: Option<String>,
    /// What tells it from another of its kind, besides whom it is about.
    parts: Vec<Vec<u8>>,
}

impl Engine {
    /// Carries out one of the requests that keep order.
    pub(crate) async fn order(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: Request,
        answering: Answering,
    ) {
        match self.ordered(core, request).await {
            Ok((who, room, ordered, key)) if lifts_from_guest(&ordered).is_some() => {
                let answer = self.lift_from_guest(who, &room, ordered, key).await;
                answering.answer(answer);
            }
            Ok((who, room, ordered, key)) => {
                self.submit(
                    core,
                    &who.person,
                    &room,
                    Act::Order(Box::new(ordered)),
                    key,
                    answering,
                );
            }
            Err(refusal) => answering.answer(Err(refusal)),
        }
    }

    async fn ordered<'a>(
        self: &Arc<Self>,
        core: &'a Core,
        request: Request,
    ) -> Result<(&'a SignedInAs, Arc<Room>, Ordered, Option<Key>), Refusal> {
        let kind = request.kind();
        match request {
            Request::Kick(of) => {
                let reason = fit_reason(of.reason)?;
                let parts = vec![reason.clone().unwrap_or_default().into_bytes()];
                let asked = Asked::about(kind, of.room, of.who, of.key).told_by(parts);
                self.about_somebody(core, asked, |whom| Order::Kick(whom, reason))
                    .await
            }
            Request::Ban(of) => {
                let (sanction, parts) = self.sanction(of.for_s, of.reason)?;
                let asked = Asked::about(kind, of.room, of.who, of.key).told_by(parts);
                self.about_somebody(core, asked, |whom| Order::Ban(whom, sanction))
                    .await
            }
            Request::Mute(of) => {
                let (sanction, parts) = self.sanction(of.for_s, of.reason)?;
                let asked = Asked::about(kind, of.room, of.who, of.key).told_by(parts);
                self.about_somebody(core, asked, |whom| Order::Mute(whom, sanction))
                    .await
            }
            Request::Unban(of) => {
                let asked = Asked::about(kind, of.room, of.who, of.key);
                self.about_somebody(core, asked, Order::Unban).await
            }
            Request::Unmute(of) => {
                let asked = Asked::about(kind, of.room, of.who, of.key);
                self.about_somebody(core, asked, Order::Unmute).await
            }
            Request::InviteTo(of) => {
                let asked = Asked::about(kind, of.room, of.who, of.key);
                self.about_somebody(core, asked, Order::Invite).await
            }
            Request::SetRole(of) => {
                let parts = vec![vec![of.role as u8]];
                let asked = Asked::about(kind, of.room, of.who, of.key).told_by(parts);
                let asked = self
                    .about_somebody(core, asked, |whom| Order::SetRole(whom, of.role))
                    .await?;
                self.may_be_given(&asked.1, &asked.2).await?;
                Ok(asked)
            }
            Request::SetRoom(request) => self.set_room(core, request).await,
            Request::SetMask(request) => self.mask_order(core, request).await,
            // Only those above are sent here.
            _ => Err(ErrorCode::Internal.into()),
        }
    }

    /// Finds the room and the person that an order is about.
    async fn about_somebody<'a>(
        self: &Arc<Self>,
        core: &'a Core,
        asked: Asked,
        order: impl FnOnce(Concerned) -> Order,
    ) -> Result<(&'a SignedInAs, Arc<Room>, Ordered, Option<Key>), Refusal> {
        let who = allowed_kind(core, asked.kind)?;
        let room = self.find_room(&who.person, &asked.room).await?;
        let person = asked.who;
        let held = self.held_guest(&room, asked.kind, &person);
        let whom = match (self.people.find(&self.storage, &person).await, held) {
            (Err(refused), Some(held)) if refused.code == ErrorCode::UnknownPerson => held,
            // A guest who is gone, by id: what is left under it has no name.
            (Ok(found), Some(held)) if found.id == held.id => held,
            (found, _) => found?,
        };
        let apart = if asked.kind == RequestKind::InviteTo {
            let apart = self.apart_from(who.person.id, vec![whom.id]).await?;
            // Who takes nothing from strangers (D4); blocks are heeded in the decision.
            if apart.closed.is_empty() {
                self.reach(&who.person, &whom).await?;
            }
            Some(apart)
        } else {
            None
        };
        let mut parts: Vec<&[u8]> = vec![whom.id.bytes()];
        parts.extend(asked.parts.iter().map(Vec::as_slice));
        let key = key_of(asked.key, asked.kind.wire(), &room, &parts)?;
        let order = order(Concerned {
            account: whom.id,
            role: whom.role,
        });
        let ordered = Ordered {
            apart,
            ..Ordered::plain(order)
        };
        Ok((who, room, ordered, key))
    }

    /// Refuses to give a room to one who is the founder of as many as they may be.
    async fn may_be_given(&self, room: &Room, ordered: &Ordered) -> Result<(), Refusal> {
        let Order::SetRole(whom, RoomRole::Founder) = &ordered.order else {
            return Ok(());
        };
        let has = |view: &RoomView| view.founder == Some(whom.account);
        // Asked again, it is theirs.
        let theirs = room.state().view.as_ref().is_some_and(has);
        if theirs || whom.role == Role::Guest || self.may_have_another(whom.account).await? {
            return Ok(());
        }
        let text = "They are the founder of too many rooms already.";
        Err(Refusal::with_text(ErrorCode::TooMany, text))
    }

    /// The guest who is gone and for whose address something still holds in this room.
    fn held_guest(&self, room: &Room, kind: RequestKind, who: &PersonRef) -> Option<Arc<Person>> {
        let kind = match kind {
            RequestKind::Unban => Kind::Ban,
            RequestKind::Unmute => Kind::Mute,
            _ => return None,
        };
        let held = self.guests.held_in(room.id, kind, self.now());
        let named = |held: &crate::guests::Held| match who {
            PersonRef::Id(id) => held.guest == *id,
            PersonRef::Name(name) => same_name(&held.name, name),
        };
        held.into_iter()
            .rev()
            .find(named)
            .map(|held| Arc::new(Person::gone_guest(held.guest, held.name)))
    }

    /// Lifts a ban or a mute of a guest for all who come from the same address: also if the guest is gone,
    /// or had it of another, so that there is nothing to lift in the room itself.
    async fn lift_from_guest(
        self: &Arc<Self>,
        who: &SignedInAs,
        room: &Arc<Room>,
        ordered: Ordered,
        key: Option<Key>,
    ) -> Answer {
        let Some((guest, kind)) = lifts_from_guest(&ordered) else {
            return Err(ErrorCode::Internal.into());
        };
        let act = Act::Order(Box::new(ordered));
        let answer = self.submit_for_us(&who.person, room, act, key).await;
        // That there is nobody to lift it from is told only to those who may.
        let may = match &answer {
            Ok(_) => true,
            Err(refused) => refused.code == ErrorCode::UnknownPerson,
        };
        if !may || !self.guests.lifted((room.id, kind), &guest) {
            return answer;
        }
        let mut state = room.state();
        // Whoever was held by it is not any more: the view is read anew.
        state.drop_view();
        if answer.is_ok() {
            return answer;
        }
        state.head_for(self, room.id, &who.person)
    }

    /// Until when, and why; with what tells this from another.
    pub(crate) fn sanction(
        &self,
        for_s: Option<u64>,
        reason: Option<String>,
    ) -> Result<(Sanction, Vec<Vec<u8>>), Refusal> {
        if for_s.is_some_and(|seconds| seconds == 0 || seconds > MAX_SANCTION_S) {
            let text =
                "Say how long in seconds, ten years at most; without, it lasts until it is lifted.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        let reason = fit_reason(reason)?;
        let parts = vec![
            for_s.unwrap_or(0).to_be_bytes().to_vec(),
            reason.clone().unwrap_or_default().into_bytes(),
        ];
        let until = for_s.map(|seconds| self.now().plus_ms(seconds.saturating_mul(1000)));
        Ok((Sanction { until, reason }, parts))
    }

    async fn set_room<'a>(
        self: &Arc<Self>,
        core: &'a Core,
        request: SetRoom,
    ) -> Result<(&'a SignedInAs, Arc<Room>, Ordered, Option<Key>), Refusal> {
        let SetRoom {
            room,
            mut changes,
            password,
            reason,
            key,
        } = request;
        let reason = fit_reason(reason)?;
        let kind = RequestKind::SetRoom;
        let who = allowed_kind(core, kind)?;
        let room = self.find_room(&who.person, &room).await?;
        if let Some(name) = &changes.name {
            let name = RoomName::parse(name).map_err(|_| ErrorCode::BadName)?;
            changes.name = Some(name.shown().to_owned());
        }
        if let Some(topic) = &changes.topic {
            changes.topic = Some(fit_line(
                topic,
                MAX_TOPIC_CHARS,
                "A topic has at most 300 characters, on one line.",
            )?);
        }
        if let Some(groups) = &changes.groups {
            changes.groups = Some(self.groups_named(groups).await?);
        }
        let tag = match &password {
            None => None,
            Some(password) => {
                rooms::fit_password(password)?;
                let id = room.id;
                Some(snug_auth::password_tag(
                    self.keys(),
                    id.bytes(),
                    password.expose(),
                ))
            }
        };
        // Under the server's key: what is kept with the retry key tells nothing of the password.
        let said = format!("{changes:?}");
        let word = tag.as_ref().map_or([].as_slice(), <[u8; 32]>::as_slice);
        let why = reason.as_deref().unwrap_or_default();
        let parts = [said.as_bytes(), word, why.as_bytes()];
        let key = key_of(key, kind.wire(), &room, &parts)?;
        Ok((who, room, Ordered::settings(*changes, tag, reason), key))
    }

    pub(crate) async fn bans(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: Bans,
    ) -> Result<Response, Refusal> {
        const PAGE: usize = MAX_LIST_BYTES / BAN_BYTES;
        let room = self.find_room(&who.person, &request.room).await?;
        let now = self.now();
        let list = {
            let mut state = room.state();
            let actor = state.actor_in(self, room.id, &who.person)?;
            let view = state.view.as_ref().ok_or(ErrorCode::Busy)?;
            permit(view, &actor, Deed::Bans, now)?;
            if request.mutes {
                List::Muted
            } else {
                List::Banned
            }
        };
        let kind = if request.mutes { Kind::Mute } else { Kind::Ban };
        // Guests who are gone, and for whose address it holds.
        let gone = self.guests.held_in(room.id, kind, now).into_iter();
        let after_those = request.after.clone();
        let gone = gone
            .filter(|held| after_those.as_ref().is_none_or(|after| held.name > *after))
            .map(|held| ban_entry((held.name, held.guest), &held.sanction));
        let gone: Vec<BanEntry> = gone.collect();
        let mut after = request.after;
        let mut bans = Vec::new();
        // Those that have ended are listed with the others, but not shown.
        while bans.len() <= PAGE {
            let page = self.page_of(&room, list, after.as_deref(), PAGE + 1);
            let page = self.people_by_name(page.await?).await?;
            let end = page.last().map(|person| person.name.clone());
            // Whoever is renamed at this moment must not lead back.
            if end <= after {
                break;
            }
            after = end;
            let state = room.state();
            let view = state.view.as_ref().ok_or(ErrorCode::Busy)?;
            let entry = |person: &Arc<Person>| {
                let sanction = match list {
                    List::Muted => view.mute_of(&person.id, now),
                    List::Banned | List::Members => view.ban_of(&person.id, now),
                };
                sanction.map(|sanction| ban_entry((person.name.clone(), person.id), sanction))
            };
            bans.extend(page.iter().filter_map(entry));
        }
        bans.extend(gone);
        bans.sort_by(|one, other| one.name.cmp(&other.name));
        let more = bans.len() > PAGE;
        bans.truncate(PAGE);
        Ok(BanList { bans, more }.into())
    }

    pub(crate) async fn about_room(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: AboutRoom,
    ) -> Result<Response, Refusal> {
        let room = self.find_room(&who.person, &request.room).await?;
        let account = who.person.id;
        let (row, founder, groups, footing) = {
            let mut state = room.state();
            let actor = state.actor_in(self, room.id, &who.person)?;
            let view = state.view.as_ref().ok_or(ErrorCode::Busy)?;
            may_see(view, &actor, self.now())?;
            let footing = if view.is_member(&account) {
                Footing::Member
            } else if view.invited.contains(&account) {
                Footing::Invited
            } else if view.admitted.contains(&account) {
                Footing::Admitted
            } else {
                Footing::None
            };
            let row = state.row.clone().ok_or(ErrorCode::Busy)?;
            // A guest's room has admins alone (A9).
            let founder = view.founder.filter(|_| view.stay == Stay::Lasts);
            (row, founder, view.groups.clone(), footing)
        };
        let id = room.id;
        let standing = self
            .storage
            .read(move |reader| reader.standing(&id, &account))
            .await
            .map_err(refusal)?;
        let entry = match standing {
            Some(standing) => self.entry_of(&who.person, &standing).await?,
            None => rooms::entry(&row, footing),
        };
        let topic_by = match row.topic_by {
            Some(id) => {
                let by = self.people.by_id(&self.storage, id).await;
                let by = by.map_err(refusal)?;
                Some(by.map_or_else(|| id.to_string(), |by| by.name.clone()))
            }
            None => None,
        };
        let founder = match founder {
            Some(id) => self
                .people
                .by_id(&self.storage, id)
                .await
                .map_err(refusal)?,
            None => None,
        };
        Ok(RoomAbout {
            entry,
            founder: founder.as_ref().map(|person| person.name.clone()),
            founder_id: founder.map(|person| person.id),
            groups,
            topic_by,
        }
        .into())
    }

    /// Tells a session that was just signed in of the rooms it is invited to.
    pub(crate) async fn tell_invitations(&self, core: &Core, who: &Person) -> Result<(), Refusal> {
        let account = who.id;
        let found = self
            .storage
            .read(move |reader| reader.invitations_of(&account, TOLD_INVITATIONS))
            .await
            .map_err(refusal)?;
        self.people_of(found.iter().map(|row| row.by).collect())
            .await?;
        for row in found.into_iter().rev() {
            let Some(by) = self.people.known(&row.by) else {
                continue;
            };
            let invitation = Invitation {
                room: row.name,
                room_id: row.room,
                author: by.author(),
            };
            core.tell(Event::Invitation(invitation));
        }
        Ok(())
    }

    /// As the rules see somebody now, whatever they were as they signed in, where no room is concerned, or
    /// only whether they may know of it. What they may do in one is asked by `State::actor_in`.
    pub(crate) fn actor(&self, person: &Person) -> snug_rules::Actor {
        let known = self.people.known(&person.id);
        known.map_or_else(|| person.actor(), |known| known.actor())
    }
}

/// The guest from whom this lifts a ban or a mute.
fn lifts_from_guest(ordered: &Ordered) -> Option<(AccountId, Kind)> {
    let (whom, kind) = match &ordered.order {
        Order::Unban(whom) => (whom, Kind::Ban),
        Order::Unmute(whom) => (whom, Kind::Mute),
        _ => return None,
    };
    (whom.role == Role::Guest).then_some((whom.account, kind))
}

fn ban_entry((name, account): (String, AccountId), sanction: &Sanction) -> BanEntry {
    BanEntry {
        name,
        account,
        until: sanction.until,
        reason: sanction.reason.clone(),
    }
}

impl Asked {
    const fn about(kind: RequestKind, room: RoomRef, who: PersonRef, key: Option<String>) -> Self {
        Self {
            kind,
            room,
            who,
            key,
            parts: Vec::new(),
        }
    }

    /// The same, told from others by these parts too.
    fn told_by(self, parts: Vec<Vec<u8>>) -> Self {
        Self { parts, ..self }
    }
}

/// One line of words, without blanks around it.
fn fit_line(line: &str, most: usize, otherwise: &str) -> Result<String, Refusal> {
    let line = line.trim();
    if !is_line(line, most) {
        return Err(Refusal::with_text(ErrorCode::BadRequest, otherwise));
    }
    Ok(line.to_owned())
}
