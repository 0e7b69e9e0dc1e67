//! Asking again for what is so already: a keyed retry, a joining of a room one is in.

use std::sync::Arc;

use snug_proto::{Answering, Entered, ErrorCode, Refusal, RoomId, Sent};
use snug_store::KeyUse;

use crate::{
    engine::Engine,
    person::refusal,
    room::{Room, Submission},
};

impl Engine {
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
                    Engine::answer_used_key((room.id, label), used, answering);
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
}
