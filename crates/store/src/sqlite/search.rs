//! Search by FTS5, in a file of its own beside the database.
//!
//! A file of its own has a writer of its own: putting words into an index costs as much as appending
//! the message did, and no append waits for it. It holds nothing that the logs do not, so it is never
//! backed up and is made anew when it is missing, damaged or of another version.

mod find;
mod follow;
mod index;
#[cfg(test)]
mod tests;
mod text;
mod walk;

pub(super) use find::{search, standings};
pub(super) use follow::SqliteFollower;
pub(super) use index::{Index, memory};

/// The number of a message in the index: the room's, then the message's own, so that a room's messages
/// are one range of numbers and the newest stand last. `None` past 2^27 rooms or 2^36 events.
fn document(room: i64, seq: u64) -> Option<i64> {
    let seq = i64::try_from(seq).ok().filter(|seq| *seq < 1 << SEQ_BITS)?;
    let room = (0..1 << ROOM_BITS).contains(&room).then_some(room)?;
    Some(room << SEQ_BITS | seq)
}

/// The message's own number of a number in the index.
const fn seq_of(document: i64) -> u64 {
    (document & ((1 << SEQ_BITS) - 1)).unsigned_abs()
}

const SEQ_BITS: u32 = 36;
const ROOM_BITS: u32 = 27;
