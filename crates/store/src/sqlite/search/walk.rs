//! Many rooms in one walk through the index. A question for one room alone begins at the end of each of
//! its words' lists and goes back to that room; asked of a thousand rooms, it reads most of the lists a
//! thousand times.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use snug_proto::limits::MIN_PREFIX_CHARS;
use snug_rules::Term;

use super::{
    SEQ_BITS, document,
    find::{Place, Search},
    seq_of,
};
use crate::StoreError;

/// Rooms from which on one walk is tried before each is asked for by itself.
pub(super) const MANY_ROOMS: usize = 8;
/// Messages that a walk may find: some milliseconds. What is said more often than that stands in the rooms
/// where something was said last, and those are asked first. Tests have less to say.
const MOST_WALKED: usize = if cfg!(test) { 40 } else { 20_000 };
/// The same for a prefix that has no list of its own. FTS5 makes it one from all its words, each time that
/// it is asked: once is better than for each room.
const MOST_WALKED_LONG: usize = 500_000;
/// Messages between two looks at the clock.
const LOOK_EVERY: usize = 4096;

/// What a walk found.
pub(super) struct Walked(HashMap<i64, Vec<u64>>);

impl Walked {
    /// The messages of a room that match, newest first.
    pub(super) fn of(&self, room: i64) -> &[u64] {
        self.0.get(&room).map_or(&[], Vec::as_slice)
    }
}

impl Search<'_> {
    /// Everything that matches in these rooms, and how far the index has each as of the same moment; `None`
    /// if it is too much.
    pub(super) fn walk(&self, rooms: &mut [Place]) -> Result<Option<Walked>, StoreError> {
        let Some(index) = self.index else {
            return Ok(Some(Walked(HashMap::new())));
        };
        index.prepare_cached("SAVEPOINT look")?.execute([])?;
        let walked = self.walk_through(index, rooms);
        index.prepare_cached("RELEASE look")?.execute([])?;
        walked
    }

    fn walk_through(
        &self,
        index: &Connection,
        rooms: &mut [Place],
    ) -> Result<Option<Walked>, StoreError> {
        let mut wanted = HashMap::with_capacity(rooms.len());
        let (mut from, mut to) = (i64::MAX, i64::MIN);
        for room in rooms {
            Self::note_indexed(index, room)?;
            let highest = room.highest.min(room.indexed);
            if let (Some(first), Some(last)) =
                (document(room.no, room.lowest), document(room.no, highest))
                && first <= last
            {
                wanted.insert(room.no, (room.lowest, highest));
                from = from.min(first);
                to = to.max(last);
            }
        }
        let mut found: HashMap<i64, Vec<u64>> = HashMap::new();
        if wanted.is_empty() {
            return Ok(Some(Walked(found)));
        }
        let most = self.most_walked();
        let mut words = index.prepare_cached(
            "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid BETWEEN ?2 AND ?3 \
             ORDER BY rowid DESC",
        )?;
        let mut rows = words.query(params![self.question, from, to])?;
        let mut number = 0_usize;
        while let Some(row) = rows.next()? {
            number += 1;
            if number > most || (number.is_multiple_of(LOOK_EVERY) && self.is_out_of_patience()) {
                return Ok(None);
            }
            let document: i64 = row.get(0)?;
            let (room, seq) = (document >> SEQ_BITS, seq_of(document));
            if let Some((lowest, highest)) = wanted.get(&room)
                && (*lowest..=*highest).contains(&seq)
            {
                found.entry(room).or_default().push(seq);
            }
        }
        Ok(Some(Walked(found)))
    }

    fn most_walked(&self) -> usize {
        let long = |term: &Term| match term {
            Term::Words(_) => false,
            Term::Prefix(prefix) => prefix.chars().count() != MIN_PREFIX_CHARS,
        };
        if self.wanted.terms.iter().any(long) {
            MOST_WALKED_LONG
        } else {
            MOST_WALKED
        }
    }
}
