//! Those who want to be in no list of all who are here (mode `i` of IRC): they are left out for whoever is in
//! no room with them. Whoever knows their name finds them.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
};

use snug_proto::{AccountId, RoomId};
use snug_rules::RoomKind;

use crate::{engine::Engine, lock::lock, session::Core};

impl Engine {
    /// Takes those away from a list of all who are here who are not to be in it for this account.
    pub(crate) fn leave_out_unlisted(&self, asks: &AccountId, list: &mut Vec<AccountId>) {
        let mut mine = None;
        list.retain(|id| {
            let sessions = self.online.sessions_of(id);
            if id == asks || !are_unlisted(&sessions) {
                return true;
            }
            let mine = mine.get_or_insert_with(|| rooms_of(&self.online.sessions_of(asks)));
            !mine.is_disjoint(&rooms_of(&sessions))
        });
    }
}

/// Do all of these sessions of an account want to be in no list?
pub(crate) fn are_unlisted(sessions: &[Arc<Core>]) -> bool {
    let mut loud = sessions.iter().filter(|of| !of.is_quiet()).peekable();
    loud.peek().is_some() && loud.all(|of| of.unlisted.load(Ordering::Acquire))
}

/// The rooms that these sessions hear, but for the lobby and direct conversations.
fn rooms_of(sessions: &[Arc<Core>]) -> HashSet<RoomId> {
    let mut rooms = HashSet::new();
    for session in sessions {
        let heard = lock(&session.rooms).clone();
        let shared = |kind| !matches!(kind, RoomKind::Lobby | RoomKind::Direct(..));
        let ordinary = heard.iter().filter(|room| room.kind().is_none_or(shared));
        rooms.extend(ordinary.map(|room| room.id));
    }
    rooms
}
