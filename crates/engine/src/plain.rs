//! What costs much before it is known who asks: computed on threads of its own, a few at a time, fairly between
//! address blocks, with a deadline (DECISIONS 15). Plain passwords are one queue: each costs an Argon2id of tens
//! of milliseconds and tens of MiB. OPAQUE's first steps are another, so that they need not wait for those: each
//! costs some tenths of a millisecond.
//!
//! Those who come from where their account was before have a lane of their own, with its own bound and its
//! own thread, so that a crowd of strangers at the door keeps no one out who lives here. The strangers'
//! thread runs behind all others of the server: whoever is in goes first.

use std::{
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use futures_channel::oneshot;
use snug_auth::ServerKeys;
use snug_proto::{ErrorCode, Refusal};
use snug_store::StoreError;

use crate::lock::lock;

/// What may wait in a lane. Past it the answer is `busy`.
const MAX_WAITING: usize = 256;
/// What one address block may have waiting in a lane.
const MAX_WAITING_OF_BLOCK: usize = 32;
/// What waited longer is answered `busy` without being computed.
const DEADLINE: Duration = Duration::from_secs(5);
/// What a busy answer suggests to wait, in milliseconds.
const RETRY_AFTER_MS: u64 = 2_000;
/// The lane of each thread. So many are computed at the same time.
const WORKERS: [Lane; 2] = [Lane::Known, Lane::Strangers];

type Work = Box<dyn FnOnce(&ServerKeys) + Send>;

struct Waiting {
    since: Instant,
    work: Work,
}

/// Whom it is computed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// One who comes from where the account was signed in from before.
    Known,
    /// Anybody else.
    Strangers,
}

/// An IPv4 /24 or an IPv6 /48: those in it share a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Block([u8; 6]);

#[derive(Default)]
struct Queue {
    /// What waits, by block, and the blocks in the order of their turns.
    blocks: BTreeMap<Block, VecDeque<Waiting>>,
    turns: VecDeque<Block>,
    waiting: usize,
}

#[derive(Default)]
struct Queues {
    known: Queue,
    strangers: Queue,
    closed: bool,
}

struct Shared {
    queues: Mutex<Queues>,
    known: Condvar,
    strangers: Condvar,
}

/// The threads that compute, and what waits for them.
pub(crate) struct ProofQueue {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl ProofQueue {
    /// Starts the threads, by this name.
    pub(crate) fn start(name: &str, keys: &Arc<ServerKeys>) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared {
            queues: Mutex::default(),
            known: Condvar::new(),
            strangers: Condvar::new(),
        });
        let mut threads = Vec::new();
        for lane in WORKERS {
            let (shared, keys) = (Arc::clone(&shared), Arc::clone(keys));
            let thread = std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || {
                    if lane == Lane::Strangers {
                        stand_back();
                    }
                    while let Some(work) = shared.next(lane) {
                        work(&keys);
                        if lane == Lane::Strangers {
                            // Else the system looks only at its clock's next tick, milliseconds away, whether one that
                            // serves everybody waits.
                            std::thread::yield_now();
                        }
                    }
                });
            threads
                .push(thread.map_err(|error| StoreError::Failed(format!("no thread: {error}")))?);
        }
        Ok(Self {
            shared,
            threads: Mutex::new(threads),
        })
    }

    /// Runs this on one of the threads when its turn comes.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        lane: Lane,
        from: Option<IpAddr>,
        work: impl FnOnce(&ServerKeys) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let (sender, receiver) = oneshot::channel();
        let work: Work = Box::new(move |keys| {
            // Whoever asked may be gone: then it would be computed for nobody.
            if !sender.is_canceled() {
                let _nobody_waits = sender.send(work(keys));
            }
        });
        if !self.shared.push(lane, Block::of(from), work) {
            return Err(busy());
        }
        receiver.await.map_err(|_dropped_at_its_deadline| busy())
    }

    /// Answers what waits with `busy` and ends the threads.
    pub(crate) fn stop(&self) {
        {
            let mut queues = lock(&self.shared.queues);
            *queues = Queues {
                closed: true,
                ..Queues::default()
            };
        }
        self.shared.known.notify_all();
        self.shared.strangers.notify_all();
        for thread in std::mem::take(&mut *lock(&self.threads)) {
            if thread.join().is_err() {
                tracing::error!("a thread for passwords had panicked");
            }
        }
    }
}

fn busy() -> Refusal {
    Refusal::new(ErrorCode::Busy).retry_after_ms(RETRY_AFTER_MS)
}

/// This thread runs when no other of the server wants to, but for a moment now and then (`SCHED_IDLE`,
/// sched(7)). Other systems, and one that forbids it, go on as before.
fn stand_back() {
    #[cfg(target_os = "linux")]
    {
        use thread_priority::{
            NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
            set_thread_priority_and_policy, thread_native_id,
        };
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let stood = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle);
        if let Err(error) = stood {
            tracing::debug!(%error, "strangers' passwords are not hashed behind everything else");
        }
    }
}

impl Shared {
    /// False if there is no place.
    fn push(&self, lane: Lane, block: Block, work: Work) -> bool {
        let mut queues = lock(&self.queues);
        if queues.closed || !queues.of(lane).push(block, work) {
            return false;
        }
        drop(queues);
        self.filled(lane).notify_one();
        true
    }

    fn filled(&self, lane: Lane) -> &Condvar {
        match lane {
            Lane::Known => &self.known,
            Lane::Strangers => &self.strangers,
        }
    }

    /// The next of a lane whose turn it is; those past their deadline are dropped, which answers them. `None`
    /// at the end.
    fn next(&self, lane: Lane) -> Option<Work> {
        let mut queues = lock(&self.queues);
        loop {
            if queues.closed {
                return None;
            }
            let Some(waiting) = queues.of(lane).take() else {
                queues = self
                    .filled(lane)
                    .wait(queues)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            if waiting.since.elapsed() <= DEADLINE {
                return Some(waiting.work);
            }
        }
    }
}

impl Queues {
    fn of(&mut self, lane: Lane) -> &mut Queue {
        match lane {
            Lane::Known => &mut self.known,
            Lane::Strangers => &mut self.strangers,
        }
    }
}

impl Queue {
    /// False if there is no place.
    fn push(&mut self, block: Block, work: Work) -> bool {
        let of_block = self.blocks.get(&block).map_or(0, VecDeque::len);
        if of_block >= MAX_WAITING_OF_BLOCK {
            return false;
        }
        if self.waiting >= MAX_WAITING && !self.make_room(of_block) {
            return false;
        }
        self.waiting += 1;
        if of_block == 0 {
            self.turns.push_back(block);
        }
        self.blocks.entry(block).or_default().push_back(Waiting {
            since: Instant::now(),
            work,
        });
        true
    }

    /// A full queue gives up the newest of the block that has most, for one that has fewer: so that a
    /// crowd of addresses cannot keep everybody else out. Dropped work answers `busy`.
    fn make_room(&mut self, than: usize) -> bool {
        let most = self.blocks.iter_mut().max_by_key(|(_, line)| line.len());
        match most {
            Some((_, line)) if line.len() > than + 1 => {
                let dropped = line.pop_back();
                self.waiting -= usize::from(dropped.is_some());
                true
            }
            _ => false,
        }
    }

    /// The oldest of the block whose turn it is; the block goes to the end of the line.
    fn take(&mut self) -> Option<Waiting> {
        let block = self.turns.pop_front()?;
        let line = self.blocks.get_mut(&block)?;
        let waiting = line.pop_front();
        if line.is_empty() {
            self.blocks.remove(&block);
        } else {
            self.turns.push_back(block);
        }
        self.waiting -= usize::from(waiting.is_some());
        waiting
    }
}

impl Block {
    /// The block of an address; those without one share theirs.
    pub(crate) fn of(address: Option<IpAddr>) -> Self {
        let mut block = [0; 6];
        let octets: Vec<u8> = match address.map(|address| address.to_canonical()) {
            None => Vec::new(),
            Some(IpAddr::V4(address)) => address.octets().into_iter().take(3).collect(),
            Some(IpAddr::V6(address)) => address.octets().into_iter().take(6).collect(),
        };
        for (to, from) in block.iter_mut().zip(octets) {
            *to = from;
        }
        Self(block)
    }

    /// What tells it from others.
    pub(crate) const fn bytes(&self) -> &[u8; 6] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared() -> Shared {
        // No thread takes anything out: whoever is given up hears of it at once.
        Shared {
            queues: Mutex::default(),
            known: Condvar::new(),
            strangers: Condvar::new(),
        }
    }

    /// Somebody who waits, from 10.0.`third`.1; and whether there was a place.
    fn ask(shared: &Shared, lane: Lane, third: u8) -> (bool, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel::<()>();
        let work: Work = Box::new(move |_| drop(sender));
        let block = Block::of(Some([10, 0, third, 1].into()));
        (shared.push(lane, block, work), receiver)
    }

    fn given_up(waiting: &mut oneshot::Receiver<()>) -> bool {
        waiting.try_recv().is_err()
    }

    #[test]
    fn blocks_take_turns_however_much_one_of_them_asks() {
        let mut queue = Queue::default();
        let greedy = Block::of(Some([10, 0, 0, 1].into()));
        let honest = Block::of(Some([10, 0, 1, 1].into()));
        for _ in 0..30 {
            assert!(queue.push(greedy, Box::new(|_| {})));
        }
        assert!(queue.push(honest, Box::new(|_| {})));
        let first_two = [queue.take().is_some(), queue.take().is_some()];
        assert_eq!(first_two, [true, true]);
        assert!(
            !queue.blocks.contains_key(&honest),
            "the honest one had the second turn"
        );
        assert_eq!(queue.waiting, 29);
    }

    #[test]
    fn an_address_and_its_mapped_form_are_one_block() {
        let mapped: IpAddr = "::ffff:10.0.0.9".parse().unwrap();
        let plain = Block::of(Some([10, 0, 0, 1].into()));
        assert_eq!(Block::of(Some(mapped)), plain);
    }

    #[test]
    fn a_full_queue_still_admits_a_new_block_and_gives_up_the_newest_of_the_longest_line() {
        let shared = shared();
        let ask = |third| ask(&shared, Lane::Strangers, third);
        let mut crowd = Vec::new();
        for third in 0..8 {
            for _ in 0..MAX_WAITING_OF_BLOCK {
                let (taken, receiver) = ask(third);
                assert!(taken);
                crowd.push(receiver);
            }
        }
        assert_eq!(crowd.len(), MAX_WAITING, "the queue is full");
        assert!(!ask(0).0, "a block that has its share gets no more");
        let mut newcomers: Vec<_> = (100..110).map(ask).collect();
        assert!(newcomers.iter().all(|(taken, _)| *taken));
        let gone = crowd.iter_mut().map(given_up).filter(|gone| *gone).count();
        assert_eq!(gone, 10);
        assert!(!newcomers.iter_mut().any(|(_, one)| given_up(one)));
        assert_eq!(lock(&shared.queues).strangers.waiting, MAX_WAITING);
    }

    #[test]
    fn strangers_keep_no_one_waiting_who_is_known_and_are_not_kept_out_by_them() {
        let shared = shared();
        let take = |lane| lock(&shared.queues).of(lane).take().map(drop);
        let mut crowd: Vec<_> = (0..200)
            .map(|third| ask(&shared, Lane::Strangers, third))
            .collect();
        let (_, mut known) = ask(&shared, Lane::Known, 250);
        assert_eq!(take(Lane::Strangers), Some(()));
        assert!(given_up(&mut crowd[0].1), "the strangers' thread goes on");
        assert!(!given_up(&mut known));
        assert_eq!(take(Lane::Known), Some(()));
        assert!(given_up(&mut known), "the first that this thread takes");
        assert_eq!(
            take(Lane::Known),
            None,
            "it computes for nobody whom it does not know"
        );
        // However many strangers there are, the lane has its own room.
        for third in 0..=255 {
            drop(ask(&shared, Lane::Strangers, third));
        }
        assert!(ask(&shared, Lane::Known, 0).0);
    }
}
