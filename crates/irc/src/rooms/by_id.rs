//! A client's rooms by their ids, made to be looked up once for each event of each reader. Most clients are
//! in a few rooms: a sorted list is one look at memory where a tree of nodes is three, and takes a tenth of
//! the room. One in thousands of them moves some kilobytes when it comes into another.

use snug_proto::RoomId;

use super::Room;

/// Sorted by id.
#[derive(Debug, Default)]
pub(super) struct ById(Vec<Entry>);

/// A room, and beside it what each event of it looks at.
#[derive(Debug)]
struct Entry {
    id: RoomId,
    /// The newest event that this client has been given.
    given: u64,
    room: Box<Room>,
}

impl ById {
    /// See [`crate::Front::bring_near`].
    pub(super) fn bring_near(&self) {
        std::hint::black_box(self.0.first().map(|entry| entry.given));
    }

    /// Puts a room in; one of the same id goes.
    pub(super) fn insert(&mut self, id: RoomId, room: Room) {
        let entry = Entry {
            id,
            given: room.since,
            room: Box::new(room),
        };
        match self.position(id) {
            Ok(at) => self.0.splice(at..=at, [entry]).for_each(drop),
            Err(at) => self.0.insert(at, entry),
        }
    }

    /// The newest event of a room that this client has been given.
    pub(super) fn given_mut(&mut self, id: RoomId) -> Option<&mut u64> {
        let at = self.position(id).ok()?;
        self.0.get_mut(at).map(|entry| &mut entry.given)
    }

    pub(super) fn remove(&mut self, id: RoomId) -> Option<Room> {
        let at = self.position(id).ok()?;
        Some(*self.0.remove(at).room)
    }

    pub(super) fn get(&self, id: RoomId) -> Option<&Room> {
        let at = self.position(id).ok()?;
        self.0.get(at).map(|entry| &*entry.room)
    }

    pub(super) fn get_mut(&mut self, id: RoomId) -> Option<&mut Room> {
        let at = self.position(id).ok()?;
        self.0.get_mut(at).map(|entry| &mut *entry.room)
    }

    pub(super) fn contains(&self, id: RoomId) -> bool {
        self.position(id).is_ok()
    }

    /// All of them, in the order of ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = (RoomId, &Room)> {
        self.0.iter().map(|entry| (entry.id, &*entry.room))
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Room> {
        self.0.iter_mut().map(|entry| &mut *entry.room)
    }

    fn position(&self, id: RoomId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&id, |entry| entry.id)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use snug_proto::{Place, Timestamp};

    use super::*;

    fn room(seq: u64) -> Room {
        Room::of(&Place {
            room: "den".to_owned(),
            room_id: RoomId::from_bytes([0; 16]),
            seq: seq + 1,
            at: Timestamp::from_ms(0),
            direct: true,
        })
    }

    proptest! {
        #[test]
        fn it_holds_what_a_map_would(steps in proptest::collection::vec((0..8_u8, any::<bool>()), 0..40)) {
            let (mut rooms, mut map) = (ById::default(), std::collections::BTreeMap::new());
            for ((number, comes), seq) in steps.into_iter().zip(1_u64..) {
                let id = RoomId::from_bytes([number; 16]);
                if comes {
                    rooms.insert(id, room(seq));
                    map.insert(id, seq);
                } else {
                    prop_assert_eq!(rooms.remove(id).map(|room| room.since), map.remove(&id));
                }
                prop_assert_eq!(rooms.contains(id), comes);
                prop_assert_eq!(rooms.get(id).map(|room| room.since), map.get(&id).copied());
                prop_assert_eq!(rooms.given_mut(id).copied(), map.get(&id).copied());
                let all: Vec<_> = rooms.iter().map(|(id, room)| (id, room.since)).collect();
                prop_assert_eq!(all, map.iter().map(|(id, seq)| (*id, *seq)).collect::<Vec<_>>());
            }
        }
    }
}
