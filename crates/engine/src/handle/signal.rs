//! Requests of clients that tell each other more than words: tags, signals that are not kept, and until
//! when one has read by the clock.

use std::{collections::HashSet, sync::Arc};

use snug_proto::{
    AccountId, Answering, Delivery, ErrorCode, Event, HaveRead, ReadUntil, Refusal, RequestKind,
    Response, RoomId, RoomRef, RoomRole, Signal, SignalSent, Signalled, Tag, Timestamp, check_tags,
    limits::{MAX_MACHINE_BYTES, MAX_SIGNAL_BYTES},
};
use snug_rules::{RoomKind, is_heard, may_signal};
use snug_store::{ReadTarget, StoreError};

use crate::{
    engine::Engine,
    handle::{key_of, people::has_voice},
    person::{Person, refusal},
    room::{Act, ForReaders, Position, Room},
    session::{Core, SignedInAs},
};

/// Clients show what comes after this word for machines to people.
const ACTION: &str = "ACTION";

impl Engine {
    /// Tags without words, to be kept.
    pub(crate) async fn tag(self: &Arc<Self>, core: &Arc<Core>, tag: Tag, answering: Answering) {
        let Tag {
            room,
            to,
            tags,
            key,
        } = tag;
        let prepared = async {
            let who = super::allowed_kind(core, RequestKind::Tag)?;
            check_tags(&tags)?;
            if tags.is_empty() {
                let text = "Name at least one tag.";
                return Err(Refusal::with_text(ErrorCode::BadRequest, text));
            }
            let room = self
                .room_to(&who.person, room.as_ref(), to.as_ref())
                .await?;
            let said = format!("{tags:?}");
            let key = key_of(key, RequestKind::Tag.wire(), &room, &[said.as_bytes()])?;
            Ok((who, room, key))
        };
        match prepared.await {
            Ok((who, room, key)) => {
                self.submit(core, &who.person, &room, Act::Tag(tags), key, answering);
            }
            Err(refusal) => answering.answer(Err(refusal)),
        }
    }

    /// Passes something on to those who are here now. As with words, a block between the two of a direct
    /// conversation refuses it; in a room those it lies between do not hear it (DECISIONS 21).
    pub(crate) async fn signal(
        self: &Arc<Self>,
        core: &Core,
        who: &SignedInAs,
        signal: Signal,
    ) -> Result<Response, Refusal> {
        fit(&signal)?;
        let me = &who.person;
        let room = self
            .room_to(me, signal.room.as_ref(), signal.to.as_ref())
            .await?;
        let hearers = room.hearers(self, me, &signal)?;
        let id = me.id;
        let others = hearers.iter().copied().filter(|hearer| *hearer != id);
        let others: Vec<AccountId> = others.collect();
        let closed = self
            .storage
            .read(move |reader| reader.closed_among(&id, &others));
        let closed = closed.await.map_err(refusal)?;
        let hearers = hearers.into_iter().filter(|id| !closed.contains(id));
        let name = data_encoding::HEXLOWER.encode(&Self::random_id());
        let sent = SignalSent {
            room: room.state().label(self, me),
            room_id: room.id,
            signal: name,
            at: self.now(),
        };
        room.tell_signal(self, core, me, &hearers.collect(), &sent, &signal);
        Ok(sent.into())
    }

    /// Until when one has read; moves the read marker along.
    pub(crate) async fn read_until(
        self: &Arc<Self>,
        core: &Core,
        who: &SignedInAs,
        request: ReadUntil,
    ) -> Result<Response, Refusal> {
        let me = &who.person;
        let (target, room) = self.reading(me, &request.room).await?;
        let account = me.id;
        if let Some(until) = request.until {
            let until = until.min(self.now());
            let set = self
                .storage
                .write(move |transaction| transaction.set_read_until(&account, target, until));
            set.await.map_err(refusal)?;
            let stored = self
                .storage
                .read(move |reader| reader.read_until(&account, target));
            let stored = stored.await.map_err(refusal)?;
            if let Some(room) = &room {
                let until = until.max(stored.unwrap_or(until));
                self.move_marker(core, me, room, until).await?;
            }
        }
        let in_memory = room.as_ref().and_then(|room| room.read_in_memory(&account));
        let room = room.map(|room| room.id);
        let found = self.storage.read(move |reader| {
            let until = reader.read_until(&account, target)?;
            let Some(room) = room else {
                return Ok(until);
            };
            let read = reader
                .standing(&room, &account)?
                .map_or(0, |standing| standing.read);
            Ok::<_, StoreError>(until.max(reader.said_at(&room, read)?))
        });
        let until = found.await.map_err(refusal)?.max(in_memory);
        Ok(HaveRead { until }.into())
    }

    /// What is read there, and the room, if there is one that one may read.
    async fn reading(
        self: &Arc<Self>,
        me: &Arc<Person>,
        room: &RoomRef,
    ) -> Result<(ReadTarget, Option<Arc<Room>>), Refusal> {
        if let RoomRef::Direct(person) = room {
            let other = self.people.find(&self.storage, person).await?;
            let room = self.existing_direct(me.id, other.id).await?;
            return Ok((ReadTarget::Person(other.id), room));
        }
        let room = self.find_room(me, room).await?;
        self.grant(&room, me)?;
        Ok((room.read_target(&me.id), Some(room)))
    }

    /// Moves the marker to the newest event up to then, and tells the account's other sessions.
    async fn move_marker(
        self: &Arc<Self>,
        core: &Core,
        me: &Arc<Person>,
        room: &Arc<Room>,
        until: Timestamp,
    ) -> Result<(), Refusal> {
        if room.mark_until_in_memory(self, me, core.number, until) {
            return Ok(());
        }
        let id: RoomId = room.id;
        let seq = self.storage.read(move |reader| reader.seq_at(&id, until));
        let seq = seq.await.map_err(refusal)?;
        if self.mark_to(core, me, room, seq).await? {
            return Ok(());
        }
        self.tell_standing(core, me, room).await
    }
}

/// A signal says something, on one line. Words are for the admins or for machines: what people tell a whole
/// room or each other is said, so that it can be slowed, taken back and reported.
fn fit(signal: &Signal) -> Result<(), Refusal> {
    check_tags(&signal.tags)?;
    let words = signal.words.as_deref();
    if words.is_some() && !signal.machine && !signal.admins {
        let text =
            "Words of a signal are for the room's admins or for machines. Say these by send.";
        return Err(Refusal::with_text(ErrorCode::BadRequest, text));
    }
    if (signal.voices || signal.founder) && !signal.admins || signal.voices && signal.founder {
        let text =
            "Say with \"admins\" whether those with a voice hear it too, or the founder alone.";
        return Err(Refusal::with_text(ErrorCode::BadRequest, text));
    }
    if let (true, Some(words)) = (signal.machine, words) {
        for_machines(words, signal.room.as_ref())?;
    }
    let fits = words.is_none_or(|words| {
        !words.is_empty() && words.len() <= MAX_SIGNAL_BYTES && !words.contains(char::is_control)
    });
    if fits && (words.is_some() || !signal.tags.is_empty()) {
        return Ok(());
    }
    let text = "A signal has tags, or words of at most 512 bytes on one line.";
    Err(Refusal::with_text(ErrorCode::BadRequest, text))
}

/// What machines ask each other is short, and an action is words of a person, whatever it is wrapped in:
/// clients would show it.
fn for_machines(words: &str, room: Option<&RoomRef>) -> Result<(), Refusal> {
    let verb = words.split(' ').next().unwrap_or_default();
    if verb.eq_ignore_ascii_case(ACTION) {
        let text = "What somebody does is said: send it, with /me before it.";
        return Err(Refusal::with_text(ErrorCode::BadRequest, text));
    }
    let many = !matches!(room, None | Some(RoomRef::Direct(_)));
    if many && words.len() > MAX_MACHINE_BYTES {
        let text =
            format!("To a room, words for machines are of at most {MAX_MACHINE_BYTES} bytes.");
        return Err(Refusal::with_text(ErrorCode::BadRequest, text));
    }
    Ok(())
}

impl Room {
    /// What this account reads here.
    pub(crate) fn read_target(&self, account: &AccountId) -> ReadTarget {
        match self.kind() {
            Some(RoomKind::Direct(one, other)) => {
                ReadTarget::Person(if one == *account { other } else { one })
            }
            _ => ReadTarget::Room(self.id),
        }
    }

    /// Those who are to hear a signal of this account, itself among them.
    fn hearers(
        &self,
        engine: &Engine,
        who: &Person,
        signal: &Signal,
    ) -> Result<HashSet<AccountId>, Refusal> {
        let now = engine.now();
        let mut state = self.state();
        let actor = state.actor_in(engine, self.id, who)?;
        let view = state.view.as_mut().ok_or(ErrorCode::Busy)?;
        may_signal(view, &actor, signal, now)?;
        if is_heard(signal) {
            view.says(who.id, now);
        }
        let view = state.view.as_ref().ok_or(ErrorCode::Busy)?;
        let voiced = |account: &AccountId| {
            let person = engine.people.known(account);
            person.is_some_and(|person| has_voice(view, &person, now))
        };
        let least = if signal.founder {
            RoomRole::Founder
        } else {
            RoomRole::Admin
        };
        let hears = |account: &AccountId| {
            !signal.admins
                || *account == who.id
                || view.role_of(account).is_some_and(|role| role >= least)
                || signal.voices && view.is_member(account) && voiced(account)
        };
        let readers = state.readers.values().map(|reader| reader.account);
        Ok(readers.filter(|account| hears(account)).collect())
    }

    /// Tells them, but for the session that asked.
    fn tell_signal(
        &self,
        engine: &Engine,
        core: &Core,
        author: &Person,
        hearers: &HashSet<AccountId>,
        sent: &SignalSent,
        signal: &Signal,
    ) {
        let state = self.state();
        let event = |room: String, direct| {
            Arc::new(Delivery::new(Event::Signalled(Signalled {
                room,
                room_id: self.id,
                signal: sent.signal.clone(),
                at: sent.at,
                direct,
                author: author.author(),
                words: signal.words.clone(),
                machine: signal.machine,
                notice: signal.notice,
                admins: signal.admins,
                voices: signal.voices,
                founder: signal.founder,
                tags: signal.tags.clone(),
            })))
        };
        let delivery = match state.row.as_ref().map(|row| (row.kind, &row.name)) {
            None => return,
            Some((RoomKind::Direct(one, other), _)) => ForReaders::Direct(
                one,
                event(engine.direct_label(&other), true),
                event(engine.direct_label(&one), true),
            ),
            Some((RoomKind::Lobby | RoomKind::Ordinary, name)) => {
                ForReaders::Same(event(name.clone(), false))
            }
        };
        for reader in state.readers.values() {
            if reader.core.number != core.number
                && reader.position == Position::Live
                && hearers.contains(&reader.account)
            {
                let _full = reader.core.outbox.push(delivery.to(&reader.account));
            }
        }
    }
}
