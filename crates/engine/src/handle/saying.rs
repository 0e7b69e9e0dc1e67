//! Coming into rooms and leaving them, saying something, and changing what one said.

use std::sync::Arc;

use snug_proto::{
    Answering, Body, Delete, Edit, ErrorCode, Join, Leave, PASSING_PREFIX, Pending, PersonRef,
    Refusal, RequestKind, Role, RoomRef, Send,
};
use snug_rules::may_use;

use super::{allowed_kind, governing, key_of, talking};
use crate::{
    engine::Engine,
    person::Person,
    room::{Act, Aside, Key, Room, Submission},
    session::{Core, SignedInAs},
};

impl Engine {
    /// Whose send it is and where it goes, if that is known without asking the store.
    pub(super) fn room_of_send<'a>(
        &self,
        core: &'a Core,
        send: &Send,
    ) -> Option<Result<(&'a SignedInAs, Arc<Room>), Refusal>> {
        let Some(who) = core.signed_in() else {
            return Some(Err(ErrorCode::NotSignedIn.into()));
        };
        if let Err(code) = may_use(who.scope, RequestKind::Send) {
            return Some(Err(code.into()));
        }
        let room = match (&send.room, &send.to) {
            (Some(RoomRef::Name(name)), None) => {
                let room = self.known_name(name)?;
                if room.is_hidden() && !room.has_member(&who.person.id) {
                    // Known or not, it costs a look into the store (DECISIONS 19).
                    return None;
                }
                room
            }
            (Some(RoomRef::Id(id)), None) => self.known_room(id)?,
            (None, Some(PersonRef::Id(id))) | (Some(RoomRef::Direct(PersonRef::Id(id))), None) => {
                self.known_direct(who.person.id, *id)?
            }
            _ => return None,
        };
        if self.may_be_strangers(&who.person.id, &room) || talking::is_addressed(send) {
            return None;
        }
        Some(Ok((who, room)))
    }

    pub(super) fn send(
        self: &Arc<Self>,
        core: &Arc<Core>,
        who: &SignedInAs,
        room: &Arc<Room>,
        mut send: Send,
        aside: Option<Box<Aside>>,
        answering: Answering,
    ) {
        let prepared = talking::key_of_send(&mut send, room)
            .and_then(|key| Ok((key, Body::parse(send.body)?)));
        match prepared {
            Ok((key, body)) => {
                self.submit(
                    core,
                    &who.person,
                    room,
                    Act::Send(body, aside),
                    key,
                    answering,
                );
            }
            Err(refusal) => answering.answer(Err(refusal)),
        }
    }

    /// Hands something to the room, to be decided in its order.
    pub(crate) fn submit(
        self: &Arc<Self>,
        core: &Arc<Core>,
        person: &Arc<Person>,
        room: &Arc<Room>,
        act: Act,
        key: Option<Key>,
        answering: Answering,
    ) {
        // What may have changed since the sign-in is what the directory knows now.
        let person = self.now_of(person);
        let flight = core.flight();
        room.submit(
            self,
            Submission {
                flight: Some(flight),
                person,
                act,
                key,
                answering,
                tries: 0,
            },
        );
    }

    /// Hands something to the room that is waited for here. It is no submission of the front's: an answer to
    /// one of those is written with what its session reads, and wakes nobody else.
    pub(crate) fn submit_for_us(
        self: &Arc<Self>,
        person: &Arc<Person>,
        room: &Arc<Room>,
        act: Act,
        key: Option<Key>,
    ) -> Pending {
        let (answering, pending) = Pending::new();
        let submission = Submission {
            flight: None,
            person: self.now_of(person),
            act,
            key,
            answering,
            tries: 0,
        };
        room.submit(self, submission);
        pending
    }

    /// Where something is to be said: in a room, or in the conversation with a person, begun for it.
    pub(crate) async fn room_to(
        self: &Arc<Self>,
        who: &Arc<Person>,
        room: Option<&RoomRef>,
        to: Option<&PersonRef>,
    ) -> Result<Arc<Room>, Refusal> {
        match (room, to) {
            (Some(RoomRef::Direct(person)), None) | (None, Some(person)) => {
                self.direct_room_with(who, person).await
            }
            (Some(room), None) => {
                let room = self.find_room(who, room).await?;
                if self.may_be_strangers(&who.id, &room) {
                    self.reach_in(who, &room).await?;
                }
                Ok(room)
            }
            (None, None) | (Some(_), Some(_)) => {
                let text = "Say where: exactly one of \"room\" and \"to\".";
                Err(Refusal::with_text(ErrorCode::BadRequest, text))
            }
        }
    }

    pub(super) async fn send_slowly(
        self: &Arc<Self>,
        core: &Arc<Core>,
        mut send: Send,
        answering: Answering,
    ) {
        let found = async {
            let who = allowed_kind(core, RequestKind::Send)?;
            // Unfit words must not make a conversation before they are refused.
            Body::parse(send.body.clone())?;
            if let Some(manner) = &send.manner {
                manner.check(&send.body)?;
            }
            let room = self.room_to(&who.person, send.room.as_ref(), send.to.as_ref());
            Ok::<_, Refusal>((who, room.await?))
        };
        let (who, room) = match found.await {
            Ok(found) => found,
            Err(refusal) => return answering.answer(Err(refusal)),
        };
        match self.aside(&who.person, &room, &send).await {
            Ok(aside) => self.send(core, who, &room, send, aside, answering),
            // What it answers may have gone since a first try.
            Err(refusal) => {
                let key = talking::key_of_send(&mut send, &room).unwrap_or_default();
                let answer = self.answer_to_retry(&who.person, &room, key, refusal).await;
                answering.answer(answer);
            }
        }
    }

    pub(super) async fn join(self: &Arc<Self>, core: &Arc<Core>, join: Join, answering: Answering) {
        let found = async {
            let who = allowed_kind(core, RequestKind::Join)?;
            let room = self.room_to_join(&who.person, &join).await?;
            // Only guests have few. Who is a member is known under the room's lock, before which nobody else is to
            // stand.
            if who.person.role == Role::Guest && !room.has_member(&who.person.id) {
                let passing = room
                    .state()
                    .row
                    .as_ref()
                    .is_some_and(|row| row.name.starts_with(PASSING_PREFIX));
                self.rooms_left(&who.person, passing).await?;
            }
            Ok::<_, Refusal>((who, room))
        };
        match found.await {
            Ok((who, room)) => {
                self.submit(
                    core,
                    &who.person,
                    &room,
                    Act::Join(join.password),
                    None,
                    answering,
                );
            }
            Err(refusal) => answering.answer(Err(refusal)),
        }
    }

    pub(super) async fn leave(
        self: &Arc<Self>,
        core: &Arc<Core>,
        leave: Leave,
        answering: Answering,
    ) {
        let found = async {
            let who = allowed_kind(core, RequestKind::Leave)?;
            let reason = governing::fit_reason(leave.reason)?;
            let room = self.find_room(&who.person, &leave.room).await?;
            Ok::<_, Refusal>((who, room, Act::Leave(reason)))
        };
        match found.await {
            Ok((who, room, act)) => self.submit(core, &who.person, &room, act, None, answering),
            Err(refusal) => answering.answer(Err(refusal)),
        }
    }

    pub(super) async fn edit(self: &Arc<Self>, core: &Arc<Core>, edit: Edit, answering: Answering) {
        let Edit {
            room,
            seq,
            body,
            key,
        } = edit;
        let (number, words) = (seq.to_be_bytes(), body.clone());
        let parts = [number.as_slice(), words.as_bytes()];
        let prepared = self.changing(core, RequestKind::Edit, &room, key, &parts);
        let (who, room, key) = match prepared.await {
            Ok(prepared) => prepared,
            Err(refusal) => return answering.answer(Err(refusal)),
        };
        let act = async {
            let body = Body::parse(body)?;
            if self.may_be_strangers(&who.person.id, &room) {
                self.reach_in(&who.person, &room).await?;
            }
            Ok(Act::Edit(self.target(&who.person, &room, seq).await?, body))
        };
        let act = act.await;
        self.submit_change(core, who, &room, act, key, answering)
            .await;
    }

    pub(super) async fn delete(
        self: &Arc<Self>,
        core: &Arc<Core>,
        delete: Delete,
        answering: Answering,
    ) {
        let Delete {
            room,
            seq,
            reason,
            key,
        } = delete;
        let reason = match governing::fit_reason(reason) {
            Ok(reason) => reason,
            Err(refusal) => return answering.answer(Err(refusal)),
        };
        let number = seq.to_be_bytes();
        let why = reason.clone().unwrap_or_default();
        let parts = [number.as_slice(), why.as_bytes()];
        // Without a reason the digest is what it was before there were any.
        let parts = parts.get(..1 + usize::from(reason.is_some()));
        let parts = parts.unwrap_or_default();
        let prepared = self.changing(core, RequestKind::Delete, &room, key, parts);
        let (who, room, key) = match prepared.await {
            Ok(prepared) => prepared,
            Err(refusal) => return answering.answer(Err(refusal)),
        };
        let target = self.target(&who.person, &room, seq).await;
        let act = target.map(|target| Act::Delete(target, reason));
        self.submit_change(core, who, &room, act, key, answering)
            .await;
    }

    /// Who changes a message, where, and under which key.
    pub(crate) async fn changing<'a>(
        self: &Arc<Self>,
        core: &'a Core,
        kind: RequestKind,
        room: &RoomRef,
        key: Option<String>,
        parts: &[&[u8]],
    ) -> Result<(&'a SignedInAs, Arc<Room>, Option<Key>), Refusal> {
        let who = allowed_kind(core, kind)?;
        let room = self.find_room(&who.person, room).await?;
        let key = key_of(key, kind.wire(), &room, parts)?;
        Ok((who, room, key))
    }

    /// Submits a change of a message; one that cannot be made now may be a retry of one that was.
    pub(crate) async fn submit_change(
        self: &Arc<Self>,
        core: &Arc<Core>,
        who: &SignedInAs,
        room: &Arc<Room>,
        act: Result<Act, Refusal>,
        key: Option<Key>,
        answering: Answering,
    ) {
        match act {
            Ok(act) => self.submit(core, &who.person, room, act, key, answering),
            Err(refusal) => {
                let answer = self.answer_to_retry(&who.person, room, key, refusal).await;
                answering.answer(answer);
            }
        }
    }
}
