//! Asking again for what is so already: a keyed retry, a joining of a room one is in.

use std::sync::Arc;

use snug_proto::{Entered, ErrorCode, Refusal, Response, RoomId, Sent};
use snug_store::KeyUse;

use crate::{
    engine::Engine,
    person::Person,
    person::refusal,
    room::Key,
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
            let answer = engine.answer_to_retry(&person, &room, key, refused).await;
            answering.answer(answer);
            drop(flight);
        });
    }

    /// The answer that this key had, or else the refusal.
    pub(crate) async fn answer_to_retry(
        &self,
        person: &Person,
        room: &Arc<Room>,
        key: Option<Key>,
        refused: Refusal,
    ) -> Result<Response, Refusal> {
        let Some((key, digest)) = key else {
            return Err(refused);
        };
        let account = person.id;
        let used = self
            .storage
            .read(move |reader| reader.key_use(&account, &key))
            .await;
        match used.map_err(refusal)? {
            Some(used) if used.digest == digest => {
                let label = room.state().label(self, person);
                Ok(answer_of((room.id, label), used))
            }
            Some(_) => Err(ErrorCode::KeyReused.into()),
            None => Err(refused),
        }
    }
}

/// The answer that a used key had.
pub(crate) fn answer_of((room_id, room): (RoomId, String), used: KeyUse) -> Response {
    debug_assert_eq!(room_id, used.room, "the digest names the room");
    let (seq, at) = (used.seq, used.at);
    Sent {
        room,
        room_id,
        seq,
        at,
        away: None,
    }
    .into()
}
