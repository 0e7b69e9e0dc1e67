//! The thread that tells what was written. A large room takes it a millisecond with each message, and a crowd that
//! goes in and out of one brings hundreds at once: what comes of other rooms meanwhile does not wait for all of
//! those, but for a few.

use std::{collections::VecDeque, sync::mpsc};

use snug_proto::RoomId;
use snug_store::StoreError;

use super::writing::{Finish, Published};
use crate::room::publish::{Settled, Ticket};

/// The publisher writes to the readers itself while at most so many appends come at once. With more it
/// leaves that to the other threads, and what comes meanwhile gathers in the outboxes.
const AT_LEISURE: usize = 2;
/// A room with more readers is large.
const MANY_READERS: usize = 256;
/// With more left of large rooms nothing else is taken in before: the writer is to wait then.
const MAX_LEFT: usize = 1024;
/// So much of one large room is told together: to go through its readers for each message alone takes nearly as
/// long as for so many, and small rooms wait for it.
const MOST_TOGETHER: usize = 16;

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
                // Most that come at once are of one room.
                let mut last = None;
                let placed = appends.into_iter().map(|settled| {
                    let room = &settled.1.room;
                    let readers = match last {
                        Some((id, readers)) if id == room.id => readers,
                        _ => room.state().readers.len(),
                    };
                    last = Some((room.id, readers));
                    (room.id, readers, Turn::Append(Box::new(settled)))
                });
                left.take_turns(placed, |turns| tell(turns, at_leisure));
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
    tell(left.next(), at_leisure);
}

/// Tells what comes of one room, or is of none.
fn tell(turns: Vec<Turn>, at_leisure: bool) {
    let mut together = Vec::with_capacity(turns.len());
    for turn in turns {
        match turn {
            Turn::Append(settled) => together.push(*settled),
            Turn::Finishes(finishes, failure) => {
                for finish in finishes {
                    finish(failure.as_ref().map_or(Ok(()), Err));
                }
            }
        }
    }
    let unreached = Ticket::settle_together(together);
    if at_leisure {
        unreached.reach_here();
    }
}

impl<T> Left<T> {
    /// Tells what is of small rooms, and then the first of those that were left before: neither waits for all of
    /// the other.
    fn take_turns(
        &mut self,
        turns: impl Iterator<Item = (RoomId, usize, T)>,
        mut tell: impl FnMut(Vec<T>),
    ) {
        let waited = !self.0.is_empty();
        for (room, readers, turn) in turns {
            if let Some(turn) = self.unless_left(room, readers, turn) {
                tell(vec![turn]);
            }
        }
        if waited {
            tell(self.next());
        }
    }

    /// The first that was left, and what follows it of the same room.
    fn next(&mut self) -> Vec<T> {
        let mut together = Vec::new();
        let room = self.0.front().and_then(|(room, _)| *room);
        while together.len() < MOST_TOGETHER
            && (together.is_empty()
                || self
                    .0
                    .front()
                    .is_some_and(|(of, _)| room.is_some() && *of == room))
            && let Some((_, turn)) = self.0.pop_front()
        {
            together.push(turn);
        }
        together
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
                told.extend(words);
            });
            told
        };
        // However much comes of small rooms.
        assert_eq!(turn(nook, 20, "nook 3"), ["nook 3", "hall 1", "hall 2"]);
        assert_eq!(turn(hall, 5_000, "hall 3"), [""; 0]);
        let of_hall: Vec<_> = left.0.drain(..).map(|(_, settled)| settled).collect();
        assert_eq!(of_hall, ["hall 3"]);
        assert_eq!(left.unless_left(hall, 20, "hall 4"), Some("hall 4"));
        left.take_turns(std::iter::once((hall, 5_000, "hall 5")), |_| {
            panic!("it is the first, and the next batch may be of a small room");
        });
    }

    #[test]
    fn what_was_left_of_one_room_is_told_together_up_to_a_bound_and_never_out_of_its_order() {
        let (hall, nook) = (RoomId::from_bytes([1; 16]), RoomId::from_bytes([2; 16]));
        let rooms = [Some(hall), Some(hall), Some(nook), Some(hall), None, None];
        let mut left = Left(rooms.into_iter().zip(0..).collect());
        let mut together = Vec::new();
        while !left.0.is_empty() {
            together.push(left.next());
        }
        let expected: [&[i32]; 5] = [&[0, 1], &[2], &[3], &[4], &[5]];
        assert_eq!(together, expected);
        left.0.extend((0..40).map(|number| (Some(hall), number)));
        assert_eq!(left.next(), (0..16).collect::<Vec<_>>());
        assert_eq!(left.next(), (16..32).collect::<Vec<_>>());
        assert_eq!(left.next(), (32..40).collect::<Vec<_>>());
    }
}
