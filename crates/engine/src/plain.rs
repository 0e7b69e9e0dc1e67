//! Plain passwords: hashed on threads of their own, a few at a time, fairly between address blocks, with
//! a deadline (DECISIONS 15). Each costs an Argon2id of tens of milliseconds and tens of MiB.

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

/// Passwords that may wait in all. Past it the answer is `busy`.
const MAX_WAITING: usize = 256;
/// Passwords that one address block may have waiting.
const MAX_WAITING_OF_BLOCK: usize = 32;
/// One that waited longer is answered `busy` without being hashed.
const DEADLINE: Duration = Duration::from_secs(5);
/// What a busy answer suggests to wait, in milliseconds.
const RETRY_AFTER_MS: u64 = 2_000;
/// Hashed at the same time.
const WORKERS: usize = 2;

type Work = Box<dyn FnOnce(&ServerKeys) + Send>;

struct Waiting {
    since: Instant,
    work: Work,
}

/// An IPv4 /24 or an IPv6 /48: those in it share a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Block([u8; 6]);

#[derive(Default)]
struct Queue {
    /// What waits, by block, and the blocks in the order of their turns.
    blocks: BTreeMap<Block, VecDeque<Waiting>>,
    turns: VecDeque<Block>,
    waiting: usize,
    closed: bool,
}

struct Shared {
    queue: Mutex<Queue>,
    filled: Condvar,
}

/// The threads that hash plain passwords, and what waits for them.
pub(crate) struct PlainQueue {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl PlainQueue {
    /// Starts the threads.
    pub(crate) fn start(keys: &Arc<ServerKeys>) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            filled: Condvar::new(),
        });
        let mut threads = Vec::new();
        for _ in 0..WORKERS {
            let (shared, keys) = (Arc::clone(&shared), Arc::clone(keys));
            let thread = std::thread::Builder::new()
                .name("snug-passwords".into())
                .spawn(move || {
                    while let Some(work) = shared.next() {
                        work(&keys);
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
        from: Option<IpAddr>,
        work: impl FnOnce(&ServerKeys) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let (sender, receiver) = oneshot::channel();
        let work: Work = Box::new(move |keys| {
            // Whoever asked may be gone: then it would be hashed for nobody.
            if !sender.is_canceled() {
                let _nobody_waits = sender.send(work(keys));
            }
        });
        if !self.shared.push(block_of(from), work) {
            return Err(busy());
        }
        receiver.await.map_err(|_dropped_at_its_deadline| busy())
    }

    /// Answers what waits with `busy` and ends the threads.
    pub(crate) fn stop(&self) {
        {
            let mut queue = lock(&self.shared.queue);
            queue.closed = true;
            queue.blocks.clear();
            queue.turns.clear();
        }
        self.shared.filled.notify_all();
        for thread in std::mem::take(&mut *lock(&self.threads)) {
            if thread.join().is_err() {
                tracing::error!("a password thread had panicked");
            }
        }
    }
}

fn busy() -> Refusal {
    Refusal::new(ErrorCode::Busy).retry_after_ms(RETRY_AFTER_MS)
}

impl Shared {
    /// False if there is no place.
    fn push(&self, block: Block, work: Work) -> bool {
        let mut queue = lock(&self.queue);
        let of_block = queue.blocks.get(&block).map_or(0, VecDeque::len);
        if queue.closed || of_block >= MAX_WAITING_OF_BLOCK {
            return false;
        }
        if queue.waiting >= MAX_WAITING && !queue.make_room(of_block) {
            return false;
        }
        queue.waiting += 1;
        if of_block == 0 {
            queue.turns.push_back(block);
        }
        queue.blocks.entry(block).or_default().push_back(Waiting {
            since: Instant::now(),
            work,
        });
        drop(queue);
        self.filled.notify_one();
        true
    }

    /// The next whose turn it is; those past their deadline are dropped, which answers them. `None` at
    /// the end.
    fn next(&self) -> Option<Work> {
        let mut queue = lock(&self.queue);
        loop {
            if queue.closed {
                return None;
            }
            let Some(waiting) = queue.take() else {
                queue = self
                    .filled
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            if waiting.since.elapsed() <= DEADLINE {
                return Some(waiting.work);
            }
        }
    }
}

impl Queue {
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

fn block_of(address: Option<IpAddr>) -> Block {
    let mut block = [0; 6];
    let octets: Vec<u8> = match address.map(|address| address.to_canonical()) {
        None => Vec::new(),
        Some(IpAddr::V4(address)) => address.octets().into_iter().take(3).collect(),
        Some(IpAddr::V6(address)) => address.octets().into_iter().take(6).collect(),
    };
    for (to, from) in block.iter_mut().zip(octets) {
        *to = from;
    }
    Block(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_take_turns_however_much_one_of_them_asks() {
        let mut queue = Queue::default();
        let mut push = |block, count: usize| {
            for _ in 0..count {
                let waiting = Waiting {
                    since: Instant::now(),
                    work: Box::new(|_| {}),
                };
                queue
                    .blocks
                    .entry(block)
                    .or_insert_with(|| {
                        queue.turns.push_back(block);
                        VecDeque::new()
                    })
                    .push_back(waiting);
                queue.waiting += 1;
            }
        };
        let greedy = block_of(Some([10, 0, 0, 1].into()));
        let honest = block_of(Some([10, 0, 1, 1].into()));
        push(greedy, 30);
        push(honest, 1);
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
        assert_eq!(block_of(Some(mapped)), block_of(Some([10, 0, 0, 1].into())));
    }

    #[test]
    fn a_full_queue_still_admits_a_new_block_and_gives_up_the_newest_of_the_longest_line() {
        let shared = Shared {
            queue: Mutex::default(),
            filled: Condvar::new(),
        };
        // No thread takes anything out: whoever is given up hears of it at once.
        let ask = |third: u8| {
            let (sender, receiver) = oneshot::channel::<()>();
            let work: Work = Box::new(move |_| drop(sender));
            let taken = shared.push(block_of(Some([10, 0, third, 1].into())), work);
            (taken, receiver)
        };
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
        let given_up = |waiting: &mut oneshot::Receiver<()>| waiting.try_recv().is_err();
        assert_eq!(
            crowd.iter_mut().map(given_up).filter(|gone| *gone).count(),
            10
        );
        assert!(!newcomers.iter_mut().any(|(_, one)| given_up(one)));
        assert_eq!(lock(&shared.queue).waiting, MAX_WAITING);
    }
}
