//! Requests about talking with each other (R10): what words answer and whom they mention, reactions,
//! who is writing.

use std::{collections::HashSet, sync::Arc};

use snug_proto::{
    AccountId, AccountName, Answering, Delivery, Done, ErrorCode, Event, IsTyping, Manner, React,
    Reaction, Refusal, RequestKind, Response, RoomRef, Send, Typing, folded_name,
    limits::{TYPING_EVERY_MS, TYPING_LASTS_MS},
};
use snug_rules::{Addressed, RoomKind, may_type, names_in};
use snug_store::StoreError;

use crate::{
    engine::Engine,
    handle::key_of,
    person::{Person, is_called, refusal},
    room::{Act, Aside, ForReaders, Key, Position, Reacting, Room, Way, apart::Apart},
    session::{Core, SignedInAs},
};

/// Must something be looked up before it is said?
pub(crate) fn is_addressed(send: &Send) -> bool {
    send.reply_to.is_some()
        || send.manner.is_some()
        || (send.body.contains('@') && !names_in(&send.body).is_empty())
}

/// The retry key of a send, with the digest of all that it says. It is taken out of it.
pub(crate) fn key_of_send(send: &mut Send, room: &Room) -> Result<Option<Key>, Refusal> {
    let key = send.key.take();
    let reply_to = send.reply_to.map(u64::to_be_bytes);
    let words = send.body.as_bytes();
    let manner = send.manner.as_ref().map(|manner| {
        let Manner {
            notice,
            joints,
            tags,
        } = manner.as_ref();
        format!("{notice}{joints:?}{tags:?}").into_bytes()
    });
    // A plain send's digest is what it was before there were any others.
    let parts = [
        Some(words),
        reply_to.as_ref().map(<[u8; 8]>::as_slice),
        manner.as_deref(),
    ];
    let parts: Vec<&[u8]> = parts.into_iter().flatten().collect();
    key_of(key, "send", room, &parts)
}

impl Engine {
    /// What these words are addressed to, if to anything: looked up before they are decided on.
    pub(crate) async fn aside(
        &self,
        who: &Arc<Person>,
        room: &Arc<Room>,
        send: &Send,
    ) -> Result<Option<Box<Aside>>, Refusal> {
        if !is_addressed(send) {
            return Ok(None);
        }
        let (reply_to, quoting) = match send.reply_to {
            None => (None, None),
            Some(seq) => {
                let (target, quoting) = self.quoting(who, room, seq).await?;
                (Some(target), quoting)
            }
        };
        let (names, groups, apart) = self.named(who, &send.body).await?;
        let addressed = Addressed {
            reply_to,
            names,
            groups,
            manner: send.manner.clone().filter(|manner| !manner.is_plain()),
        };
        Ok(Some(Box::new(Aside {
            addressed,
            apart,
            quoting: quoting.map(Box::new),
        })))
    }

    /// The accounts that these words name, and those of the groups that they name (M7), members of the
    /// room or not; and which of them a block lies between.
    async fn named(
        &self,
        who: &Person,
        body: &str,
    ) -> Result<(Vec<AccountId>, Vec<AccountId>, Apart), Refusal> {
        let names: Vec<AccountName> = names_in(body)
            .into_iter()
            .filter_map(|name| AccountName::parse(name).ok())
            .collect();
        if names.is_empty() {
            return Ok((Vec::new(), Vec::new(), Apart::default()));
        }
        let found = self.storage.read(move |reader| {
            let (mut people, mut groups) = (Vec::new(), Vec::new());
            for name in names {
                // A look-alike is neither that person nor that group.
                match reader.account_called(&name.skeleton())? {
                    Some(account) if is_called(&account, &name) => {
                        people.push(account.id);
                    }
                    Some(_) => {}
                    None => {
                        let group = reader.group(&name.skeleton())?;
                        let group = group.filter(|(kept, _)| folded_name(kept) == name.as_str());
                        groups.extend(group.into_iter().flat_map(|(_, members)| members));
                    }
                }
            }
            groups.sort_unstable();
            groups.dedup();
            Ok::<_, StoreError>((people, groups))
        });
        let (people, groups) = found.await.map_err(refusal)?;
        let all = [people.as_slice(), groups.as_slice()].concat();
        let apart = self.apart_from(who.id, all).await?;
        Ok((people, groups, apart))
    }

    pub(crate) async fn react(
        self: &Arc<Self>,
        core: &Arc<Core>,
        react: React,
        answering: Answering,
    ) {
        let React {
            room,
            seq,
            emoji,
            remove,
            key,
        } = react;
        let number = seq.to_be_bytes();
        let parts = [number.as_slice(), emoji.as_bytes(), &[u8::from(remove)]];
        let prepared = self.changing(core, RequestKind::React, &room, key, &parts);
        let (who, room, key) = match prepared.await {
            Ok(prepared) => prepared,
            Err(refusal) => return answering.answer(Err(refusal)),
        };
        let way = if remove { Way::Off } else { Way::On };
        let act = self.reaction(&who.person, &room, seq, &emoji, way).await;
        self.submit_change(core, who, &room, act, key, answering)
            .await;
    }

    async fn reaction(
        &self,
        who: &Arc<Person>,
        room: &Arc<Room>,
        seq: u64,
        emoji: &str,
        way: Way,
    ) -> Result<Act, Refusal> {
        let reaction = Reaction::parse(emoji).ok_or_else(|| {
            let text = "A reaction is one emoji, or a short name between colons, like :+1:.";
            Refusal::with_text(ErrorCode::BadRequest, text)
        })?;
        if self.may_be_strangers(&who.id, room) {
            self.reach_in(who, room).await?;
        }
        let (target, quoting) = self.quoting(who, room, seq).await?;
        let author = (way == Way::On).then_some(target.author);
        let apart = self.apart_from(who.id, author.into_iter().collect());
        Ok(Act::React(Box::new(Reacting {
            target,
            reaction,
            way,
            apart: apart.await?,
            quoting: quoting.map(Box::new),
        })))
    }

    /// Tells the others of a room that one is writing. What comes too often, or to too many, is taken and
    /// not passed on: it does not last anyway.
    pub(crate) async fn typing(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: Typing,
    ) -> Result<Response, Refusal> {
        let me = &who.person;
        let room = match (request.room, request.to) {
            (Some(room), None) => room,
            (None, Some(person)) => RoomRef::Direct(person),
            (None, None) | (Some(_), Some(_)) => {
                let text = "Say where: exactly one of \"room\" and \"to\".";
                return Err(Refusal::with_text(ErrorCode::BadRequest, text));
            }
        };
        let begun = matches!(room, RoomRef::Direct(_));
        let room = match self.find_room(me, &room).await {
            // A conversation that its first message will begin.
            Err(refusal) if begun && refusal.code == ErrorCode::UnknownRoom => {
                return Ok(Done {}.into());
            }
            found => found?,
        };
        if self.may_be_strangers(&me.id, &room) {
            self.reach_in(me, &room).await?;
        }
        let Some(others) = room.may_hear_typing(self, me)? else {
            return Ok(Done {}.into());
        };
        let id = me.id;
        let closed = self
            .storage
            .read(move |reader| reader.closed_among(&id, &others));
        let closed = closed.await.map_err(refusal)?;
        room.tell_typing(self, me, &closed.into_iter().collect());
        Ok(Done {}.into())
    }
}

impl Room {
    /// Those who would hear that this account is writing; none if nobody is to hear it now.
    fn may_hear_typing(
        &self,
        engine: &Engine,
        who: &Person,
    ) -> Result<Option<Vec<AccountId>>, Refusal> {
        let mut state = self.state();
        let now = engine.now();
        let actor = state.actor_in(engine, self.id, who)?;
        may_type(state.view.as_ref().ok_or(ErrorCode::Busy)?, &actor, now)?;
        if !state.tells_presence() {
            return Ok(None);
        }
        let readers = state.readers.values().map(|reader| reader.account);
        let readers: HashSet<AccountId> = readers.collect();
        state
            .typing
            .retain(|_, told| *told <= now && now < told.plus_ms(TYPING_LASTS_MS));
        let lately = |told: &snug_proto::Timestamp| now < told.plus_ms(TYPING_EVERY_MS);
        if state.typing.get(&who.id).is_some_and(lately) {
            return Ok(None);
        }
        state.typing.insert(who.id, now);
        Ok(Some(
            readers.into_iter().filter(|id| *id != who.id).collect(),
        ))
    }

    fn tell_typing(&self, engine: &Engine, person: &Person, closed: &HashSet<AccountId>) {
        let state = self.state();
        let event = |room: String| {
            Arc::new(Delivery::new(Event::Typing(IsTyping {
                room,
                room_id: self.id,
                subject: person.subject(),
            })))
        };
        let delivery = match state.row.as_ref().map(|row| (row.kind, &row.name)) {
            None => return,
            Some((RoomKind::Direct(one, other), _)) => ForReaders::Direct(
                one,
                event(engine.direct_label(&other)),
                event(engine.direct_label(&one)),
            ),
            Some((RoomKind::Lobby | RoomKind::Ordinary, name)) => {
                ForReaders::Same(event(name.clone()))
            }
        };
        for reader in state.readers.values() {
            if reader.account != person.id
                && reader.position == Position::Live
                && !closed.contains(&reader.account)
            {
                let _full = reader.core.outbox.push(delivery.to(&reader.account));
            }
        }
    }
}
