//! The threads that touch the store: one that writes, one that publishes what was written, a few that
//! read. Group commit: the writer takes whatever waits, commits it as one, looks again. No timer.

mod publishing;
mod writing;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use futures_channel::oneshot;
use snug_store::{Append, AppendRefused, Appended, Reader, Store, StoreError, Transaction};

use crate::{config::Clock, room::publish::Ticket, trouble::Trouble};
use publishing::publish_until_closed;
use writing::{Job, Part, copy_of, write_until_closed};

/// Batches that may wait for the publisher; past it the writer waits.
const MAX_UNPUBLISHED: usize = 4;
/// Threads that read beside the writer.
const READERS: usize = 3;
/// The write-ahead log is truncated after at most this long, so that deleted words leave the disk
/// within 60 s (DECISIONS 8).
const TIDY_EVERY: Duration = Duration::from_secs(45);

/// Searches that may wait; past it they are refused as busy. One is carried out at a time, so that they
/// take no reader from those who read.
const MAX_SEARCHES: usize = 64;
/// Events that the index of words takes in at once; others of its file wait no longer.
const INDEX_BATCH: u32 = 500;
/// The index looks for new events this often: it lags the logs by no more, unless there is too much.
const INDEX_EVERY: Duration = Duration::from_millis(400);
/// How many times as long as it worked the follower rests while there is more to take in; and while others
/// wait for the writer besides. What is not in the index yet is searched by itself, so that nothing is missed
/// meanwhile.
const INDEX_REST: u32 = 3;
const INDEX_REST_WHILE_BUSY: u32 = 19;
/// The same for long pages: on a small machine their thread would else be half of what there is.
const PAGES_REST: u32 = 1;
/// A follower that failed tries again after this long.
const RETRY_INDEX: Duration = Duration::from_secs(10);
/// How long the index may go on taking in at the server's end. The rest is taken in at the next start.
const INDEX_AT_END: Duration = Duration::from_secs(2);

/// A question to the store.
type Query = Box<dyn FnOnce(&mut dyn Reader) + Send>;

/// What an append came to, for the publisher.
#[derive(Clone, Copy)]
pub(crate) enum AppendEnd {
    /// It was committed or refused for itself.
    Done(Result<Appended, AppendRefused>),
    /// The commit failed: full disk, or another failure.
    Failed(StoreFault),
}

/// How a commit failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreFault {
    /// The disk is full.
    Full,
    /// It failed.
    Failed,
}

impl From<&StoreError> for StoreFault {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            _ => Self::Failed,
        }
    }
}

/// The store's threads. Dropping it does not stop them: [`Storage::stop`] does.
pub(crate) struct Storage {
    writing: Arc<Lane<Job>>,
    reading: Arc<Lane<Query>>,
    searching: Arc<Lane<Query>>,
    paging: Arc<Lane<Query>>,
    /// Nothing is ever in it: its closing wakes the follower and ends it.
    following: Arc<Lane<()>>,
    /// The last commit failed.
    failing: Arc<AtomicBool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// A queue that threads take from. The lock guards the queue only.
struct Lane<T> {
    queue: Mutex<(VecDeque<T>, bool)>,
    filled: Condvar,
}

impl<T> Lane<T> {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            queue: Mutex::new((VecDeque::new(), false)),
            filled: Condvar::new(),
        })
    }

    /// Puts a job in; gives it back if the lane is closed.
    fn push(&self, job: T) -> Result<(), T> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.1 {
            return Err(job);
        }
        queue.0.push_back(job);
        let first = queue.0.len() == 1;
        drop(queue);
        if first {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// How many wait.
    fn len(&self) -> usize {
        self.queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .len()
    }

    fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.filled.notify_all();
    }

    /// Takes up to `most` jobs into `into`, waiting at most so long for the first. False once the lane
    /// is closed and empty.
    fn take(&self, most: usize, wait: Duration, into: &mut VecDeque<T>) -> bool {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut queue, _) = self
            .filled
            .wait_timeout_while(queue, wait, |(jobs, closed)| jobs.is_empty() && !*closed)
            .unwrap_or_else(PoisonError::into_inner);
        if queue.0.len() <= most {
            std::mem::swap(&mut queue.0, into);
        } else {
            into.extend(queue.0.drain(..most));
        }
        if !queue.0.is_empty() {
            self.filled.notify_one();
        }
        !(queue.1 && into.is_empty())
    }
}

/// Closes a lane when its thread ends, however it ends: what waits is dropped, which answers it, instead
/// of waiting for ever for a thread that panicked.
struct ClosedAtTheEnd<T>(Arc<Lane<T>>);

impl<T> Drop for ClosedAtTheEnd<T> {
    fn drop(&mut self) {
        self.0.close();
        let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let left = std::mem::take(&mut queue.0);
        drop(queue);
        drop(left);
    }
}

impl Storage {
    /// Starts the threads on this store.
    pub(crate) fn start(store: &Arc<dyn Store>, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let writing = Lane::new();
        let reading = Lane::<Query>::new();
        let (published, to_publish) = mpsc::sync_channel(MAX_UNPUBLISHED);
        let mut threads = Vec::new();
        let mut writer = store.writer()?;
        let lane = Arc::clone(&writing);
        let committing = Trouble::new("a commit failed; nothing of it was kept");
        let failing = committing.is_on();
        threads.push(spawn("snug-writer", move || {
            let lane = ClosedAtTheEnd(lane);
            write_until_closed(&mut *writer, &lane.0, &published, committing, &*clock);
        })?);
        threads.push(spawn("snug-publisher", move || {
            publish_until_closed(&to_publish);
        })?);
        for _ in 0..READERS {
            threads.push(spawn_reader(&**store, "snug-reader", &reading, 0)?);
        }
        let searching = Lane::<Query>::new();
        threads.push(spawn_reader(&**store, "snug-searcher", &searching, 0)?);
        let paging = Lane::<Query>::new();
        threads.push(spawn_reader(&**store, "snug-pager", &paging, PAGES_REST)?);
        let following = Lane::<()>::new();
        let (lane, of, busy) = (
            Arc::clone(&following),
            Arc::clone(store),
            Arc::clone(&writing),
        );
        threads.push(spawn("snug-indexer", move || {
            while let Err(error) = follow_until_closed(&*of, &lane, || busy.len() > 0) {
                tracing::warn!(%error, "the index of words is not kept up; trying again");
                if !lane.take(1, RETRY_INDEX, &mut VecDeque::new()) {
                    return;
                }
            }
        })?);
        Ok(Self {
            writing,
            reading,
            searching,
            paging,
            following,
            failing,
            threads: Mutex::new(threads),
        })
    }

    /// Queues an append. Its ticket is honoured after the commit; given back if the storage stopped.
    #[expect(
        clippy::result_large_err,
        reason = "the ticket comes back only at the server's end"
    )]
    pub(crate) fn append(&self, append: Append, ticket: Ticket) -> Result<(), Ticket> {
        match self.writing.push(Job::Append(Box::new((append, ticket)))) {
            Err(Job::Append(job)) => Err(job.1),
            Ok(()) | Err(Job::Part(_)) => Ok(()),
        }
    }

    /// Does something in the next transaction; the answer comes after its commit. An error undoes this
    /// part alone.
    pub(crate) async fn write<T, E, F>(&self, part: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut dyn Transaction) -> Result<T, E> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let part: Part = Box::new(move |transaction| match transaction {
            Ok(transaction) => {
                // An error too may be owed to what is in this transaction (a name that is taken by it),
                // so whoever acts on it must find that committed.
                let done = in_part(transaction, part);
                Some(Box::new(move |committed| {
                    let answer = match committed {
                        Ok(()) => done,
                        Err(error) => Err(copy_of(error).into()),
                    };
                    let _nobody_waits = sender.send(answer);
                }))
            }
            Err(error) => {
                let _nobody_waits = sender.send(Err(error.into()));
                None
            }
        });
        if self.writing.push(Job::Part(part)).is_err() {
            return Err(StoreError::Failed("the server is stopping".into()).into());
        }
        receiver
            .await
            .unwrap_or_else(|_| Err(StoreError::Failed("the writer is gone".into()).into()))
    }

    /// Asks the store something, on a reading thread.
    pub(crate) async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Reader) -> Result<T, StoreError> + Send + 'static,
    {
        ask(&self.reading, query).await
    }

    /// Asks the store for a long page, on a thread for these alone: who exports room upon room takes no reader
    /// from those who look at one, and no more than half a processor from all.
    pub(crate) async fn read_at_length<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Reader) -> Result<T, StoreError> + Send + 'static,
    {
        ask(&self.paging, query).await
    }

    /// Asks the store something that may take long, on a thread of its own kind; `None` if too many wait.
    pub(crate) async fn search<T, F>(&self, query: F) -> Option<Result<T, StoreError>>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Reader) -> Result<T, StoreError> + Send + 'static,
    {
        if self.searching.len() >= MAX_SEARCHES {
            return None;
        }
        Some(ask(&self.searching, query).await)
    }

    /// Did the last commit fail?
    pub(crate) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Writes and publishes what waits, then ends the threads. Blocks.
    pub(crate) fn stop(&self) {
        self.writing.close();
        self.reading.close();
        self.searching.close();
        self.paging.close();
        self.following.close();
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a storage thread had panicked");
            }
        }
    }
}

/// Puts a question on a lane, and waits for its answer.
async fn ask<T, F>(lane: &Lane<Query>, query: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce(&mut dyn Reader) -> Result<T, StoreError> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let query: Query = Box::new(move |reader| {
        let _nobody_waits = sender.send(query(reader));
    });
    if lane.push(query).is_err() {
        return Err(StoreError::Failed("the server is stopping".into()));
    }
    receiver
        .await
        .unwrap_or_else(|_| Err(StoreError::Failed("the reader is gone".into())))
}

/// A thread that answers the questions of a lane, and rests so many times as long as each took while more
/// of them wait.
fn spawn_reader(
    store: &dyn Store,
    name: &str,
    lane: &Arc<Lane<Query>>,
    rest: u32,
) -> Result<JoinHandle<()>, StoreError> {
    let mut reader = store.reader()?;
    let lane = Arc::clone(lane);
    spawn(name, move || {
        let lane = ClosedAtTheEnd(lane);
        let mut queries = VecDeque::new();
        while lane.0.take(1, TIDY_EVERY, &mut queries) {
            for query in queries.drain(..) {
                let began = Instant::now();
                query(&mut *reader);
                if rest > 0 && lane.0.len() > 0 {
                    std::thread::sleep(rest * began.elapsed());
                }
            }
        }
    })
}

/// Keeps the index of words up with the logs. It works a quarter of the time at most, and a twentieth while the
/// server is `busy`, so that those who send have the processor; at the end it catches up, if that does not
/// take long. Without it the server does all else, and a search finds the newest messages.
fn follow_until_closed(
    store: &dyn Store,
    lane: &Lane<()>,
    busy: impl Fn() -> bool,
) -> Result<(), StoreError> {
    let mut follower = store.follower()?;
    let mut nothing = VecDeque::new();
    let mut wait = Duration::ZERO;
    while lane.take(1, wait, &mut nothing) {
        let began = Instant::now();
        let taken = follower.follow(INDEX_BATCH)?;
        follower.tidy()?;
        let times = if busy() {
            INDEX_REST_WHILE_BUSY
        } else {
            INDEX_REST
        };
        let rest = times * began.elapsed();
        wait = if taken == INDEX_BATCH {
            rest
        } else {
            rest.max(INDEX_EVERY)
        };
    }
    // A new one looks at every log, and at those that were pruned a moment ago.
    drop(follower);
    let mut follower = store.follower()?;
    let until = Instant::now() + INDEX_AT_END;
    while Instant::now() < until && follower.follow(INDEX_BATCH)? > 0 {}
    follower.tidy()
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map_err(|error| StoreError::Failed(format!("no thread: {error}")))
}

fn in_part<T, E: From<StoreError>>(
    transaction: &mut dyn Transaction,
    part: impl FnOnce(&mut dyn Transaction) -> Result<T, E>,
) -> Result<T, E> {
    transaction.begin_part()?;
    let result = part(transaction);
    match result {
        Ok(_) => transaction.keep_part()?,
        Err(_) => transaction.undo_part()?,
    }
    result
}
