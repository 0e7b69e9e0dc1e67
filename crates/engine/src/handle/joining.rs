//! Which room a JOIN means: one that one may know of, or one that whoever knows something of it may join.

use std::sync::Arc;

use snug_proto::{ErrorCode, Join, Refusal, RoomName, RoomRef, folded_name};
use snug_rules::{Access, Stay};

use crate::{
    engine::Engine,
    person::{Person, refusal},
    room::Room,
};

impl Engine {
    /// The room that somebody wants to come into: one they may know of, a guest's that whoever knows its
    /// name may join, or one behind a password that they know.
    pub(crate) async fn room_to_join(
        self: &Arc<Self>,
        who: &Arc<Person>,
        join: &Join,
    ) -> Result<Arc<Room>, Refusal> {
        let found = self.find_room(who, &join.room).await;
        let unknown = |refusal: &Refusal| refusal.code == ErrorCode::UnknownRoom;
        match (&join.room, &join.password) {
            (RoomRef::Name(name), password) if found.as_ref().is_err_and(unknown) => {
                match (self.find_by_name_alone(name).await?, password) {
                    (Some(room), _) => Ok(room),
                    (None, Some(password)) => self.find_behind(who, name, password).await,
                    (None, None) => found,
                }
            }
            _ => found,
        }
    }

    /// A guest's room of this name that is open, though it is in no list.
    async fn find_by_name_alone(
        self: &Arc<Self>,
        name: &str,
    ) -> Result<Option<Arc<Room>>, Refusal> {
        let Ok(parsed) = RoomName::parse(name) else {
            return Ok(None);
        };
        let skeleton = parsed.skeleton();
        let row = self
            .storage
            .read(move |reader| reader.room_by_skeleton(&skeleton))
            .await
            .map_err(refusal)?
            .filter(|row| folded_name(&row.name) == parsed.as_str());
        let Some(row) = row else { return Ok(None) };
        let room = self.room(row.id);
        self.loaded(&room).await?;
        let open = room
            .state()
            .view
            .as_ref()
            .is_some_and(|view| view.stay == Stay::Passes && view.access == Access::Open);
        Ok(open.then_some(room))
    }
}
