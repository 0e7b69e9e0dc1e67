//! The thread that tells what was written. A large room takes it a millisecond with each message, and a crowd that
//! goes in and out of one brings hundreds at once: what comes of other rooms meanwhile does not wait for all of
//! those, but for one.

use std::{collections::VecDeque, sync::mpsc};

use snug_proto::RoomId;
use snug_store::{Append, StoreError};

use super::{
    AppendEnd,
    writing::{Finish, Published},
};
use crate::room::publish::Ticket;

/// The publisher writes to the readers itself while at most so many appends come at once. With more it
/// leaves that to the other threads, and what comes meanwhile gathers in the outboxes.
const AT_LEISURE: usize = 2;
/// A room with more readers is large.
const MANY_READERS: usize = 256;
/// With more left of large rooms nothing else is taken in before: the writer is to wait then.
const MAX_LEFT: usize = 1024;

/// An append, what is owed for it, and what it came to.
type Settled = (Append, Ticket, AppendEnd);

/// What is left of large rooms and what came after that, in the order in which it was committed.
struct Left<T>(VecDeque<(Option<RoomId>, T)>);

/// Something to tell.
enum Turn {
    Append(Box<Settled>),
    Finishes(Vec<Finish>, Option<StoreError>),
}

/// Tells what comes, until nothing will come any more.
pub(super) fn publish_until_closed(to_publish: &mpsc::Receiver<Published>) {
    let mut left = Left(VecDeque::new());
    loop {
        let next = match left.0.len() {
            0 => match to_publish.recv() {
                Ok(next) => Some(next),
                Err(mpsc::RecvError) => return,
            },
            1..MAX_LEFT => to_publish.try_recv().ok(),
            _ => None,
        };
        match next {
            None => tell_next(&mut left),
            Some(Published::Appends(appends)) => {
                let at_leisure = appends.len() <= AT_LEISURE && left.0.is_empty();
                let placed = appends.into_iter().map(|settled| {
                    let room = &settled.1.room;
                    let (id, readers) = (room.id, room.state().readers.len());
                    (id, readers, Turn::Append(Box::new(settled)))
                });
                left.take_turns(placed, |turn| tell(turn, at_leisure));
            }
            Some(Published::Finishes(finishes, failure)) => {
                // Whoever hears that something is done finds what was done before it.
                left.0.push_back((None, Turn::Finishes(finishes, failure)));
                if left.0.len() == 1 {
                    tell_next(&mut left);
                }
            }
        }
    }
}

fn tell_next(left: &mut Left<Turn>) {
    let at_leisure = left.0.len() <= AT_LEISURE;
    if let Some((_, turn)) = left.0.pop_front() {
        tell(turn, at_leisure);
    }
}

fn tell(turn: Turn, at_leisure: bool) {
    match turn {
        Turn::Append(settled) => {
            let (append, ticket, end) = *settled;
            let unreached = ticket.settle(append, end);
            if at_leisure {
                unreached.reach_here();
            }
        }
        Turn::Finishes(finishes, failure) => {
            for finish in finishes {
                finish(failure.as_ref().map_or(Ok(()), Err));
            }
        }
    }
}

impl<T> Left<T> {
    /// Tells what is of small rooms, and then one of those that were left before: neither waits for all of the
    /// other.
    fn take_turns(
        &mut self,
        turns: impl Iterator<Item = (RoomId, usize, T)>,
        mut tell: impl FnMut(T),
    ) {
        let waited = !self.0.is_empty();
        for (room, readers, turn) in turns {
            if let Some(turn) = self.unless_left(room, readers, turn) {
                tell(turn);
            }
        }
        if waited && let Some((_, first)) = self.0.pop_front() {
            tell(first);
        }
    }

    /// Keeps what is of a large room, or of one of which something is left; gives back the rest.
    fn unless_left(&mut self, room: RoomId, readers: usize, settled: T) -> Option<T> {
        if readers <= MANY_READERS && self.0.iter().all(|(of, _)| *of != Some(room)) {
            return Some(settled);
        }
        self.0.push_back((Some(room), settled));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_rooms_do_not_wait_for_large_ones_and_each_room_keeps_its_order() {
        let (hall, nook) = (RoomId::from_bytes([1; 16]), RoomId::from_bytes([2; 16]));
        let mut left = Left(VecDeque::new());
        assert_eq!(left.unless_left(nook, 20, "nook 1"), Some("nook 1"));
        assert_eq!(left.unless_left(hall, 5_000, "hall 1"), None);
        assert_eq!(left.unless_left(nook, 20, "nook 2"), Some("nook 2"));
        // Most have gone meanwhile.
        assert_eq!(left.unless_left(hall, 20, "hall 2"), None);
        let mut turn = |room, readers, words| {
            let mut told = Vec::new();
            left.take_turns(std::iter::once((room, readers, words)), |words| {
                told.push(words);
            });
            told
        };
        // However much comes of small rooms.
        assert_eq!(turn(nook, 20, "nook 3"), ["nook 3", "hall 1"]);
        assert_eq!(turn(hall, 5_000, "hall 3"), ["hall 2"]);
        let of_hall: Vec<_> = left.0.drain(..).map(|(_, settled)| settled).collect();
        assert_eq!(of_hall, ["hall 3"]);
        assert_eq!(left.unless_left(hall, 20, "hall 4"), Some("hall 4"));
        left.take_turns(std::iter::once((hall, 5_000, "hall 5")), |_| {
            panic!("it is the first, and the next batch may be of a small room");
        });
    }
}
