//! What newcomers have the server compute before anybody knows who they are: the public-key steps of TLS, on
//! threads of their own that the system lets run behind all others of the server. So a storm of newcomers
//! takes what is left of the processors, and who is in already goes first: on the threads that serve
//! everybody, each message would stand in line behind all steps that came before it.
//!
//! Newcomers take turns by the network that they come from, so that a crowd from one keeps nobody from others
//! out, however long the line is. Who gives up meanwhile leaves nothing of theirs in it.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    net::IpAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle, available_parallelism},
};

use snug_rules::Block;
use tokio::sync::{
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    oneshot,
};

/// Most that waits. Who comes then is not served: each unfinished handshake has one step here at a time, but
/// while the threads are not let run, those whose time is over leave an empty place until they are.
const MAX_WAITING: usize = 16_384;

type Work = Box<dyn FnOnce() + Send>;

/// Whose step it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whose {
    network: Block,
    /// Not their first: those go before the others of their network, so that what was computed is not for nothing.
    further: bool,
}

impl Whose {
    /// The first step of one who comes from there.
    pub(crate) fn first(address: IpAddr) -> Self {
        Self {
            network: Block::of(address).around(),
            further: false,
        }
    }

    /// The next of the same one.
    pub(crate) const fn next(self) -> Self {
        Self {
            further: true,
            ..self
        }
    }
}

/// The threads. Dropped, they end.
pub(crate) struct Strangers {
    /// `None` at the end. Putting something in takes no lock, which one of the threads could keep while it is
    /// not let run.
    queue: Option<UnboundedSender<(Whose, Work)>>,
    /// So many wait: at most [`MAX_WAITING`].
    waiting: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

/// Those who wait, in the order of their turns. Only the threads have it.
struct Line {
    coming: UnboundedReceiver<(Whose, Work)>,
    networks: BTreeMap<Block, VecDeque<Work>>,
    turns: VecDeque<Block>,
}

/// What is to be done for one who may give up: then it is dropped at once, with all that it holds.
struct Wanted<W>(Arc<Mutex<Option<W>>>);

impl<W> Drop for Wanted<W> {
    fn drop(&mut self) {
        // Never waited for: a thread that takes it out at this moment may not be let run.
        let given_up = self.0.try_lock().ok().and_then(|mut work| work.take());
        drop(given_up);
    }
}

impl Strangers {
    /// Starts the threads: as many as processors, so that none is idle while somebody waits at the door.
    pub(crate) fn start() -> io::Result<Self> {
        Self::with_threads(available_parallelism().map_or(1, usize::from))
    }

    fn with_threads(count: usize) -> io::Result<Self> {
        let (queue, coming) = unbounded_channel();
        let line = Arc::new(Mutex::new(Line::new(coming)));
        let waiting = Arc::new(AtomicUsize::new(0));
        let threads = (0..count).map(|_| {
            let (line, waiting) = (Arc::clone(&line), Arc::clone(&waiting));
            thread::Builder::new()
                .name("snug-newcomers".to_owned())
                .spawn(move || {
                    stand_back();
                    while let Some(work) = next(&line) {
                        waiting.fetch_sub(1, Ordering::Relaxed);
                        // Like a task that panics: it is lost, and those behind it are not.
                        let _lost = catch_unwind(AssertUnwindSafe(work));
                        let_others_run();
                    }
                })
        });
        Ok(Self {
            threads: threads.collect::<io::Result<_>>()?,
            waiting,
            queue: Some(queue),
        })
    }

    /// Does it when its turn comes. `None` at the end, if too many wait, or if it panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        whose: Whose,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (sender, done) = oneshot::channel();
        let wanted = Wanted(Arc::new(Mutex::new(Some(work))));
        let work = Arc::clone(&wanted.0);
        let work: Work = Box::new(move || {
            let work = work.lock().unwrap_or_else(PoisonError::into_inner).take();
            // Whoever asked may be gone: then it would be done for nobody.
            if let Some(work) = work.filter(|_| !sender.is_closed()) {
                let _nobody_waits = sender.send(work());
            }
        });
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= MAX_WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        self.queue.as_ref()?.send((whose, work)).ok()?;
        done.await.ok()
    }
}

impl Line {
    const fn new(coming: UnboundedReceiver<(Whose, Work)>) -> Self {
        Self {
            coming,
            networks: BTreeMap::new(),
            turns: VecDeque::new(),
        }
    }

    fn push(&mut self, (whose, work): (Whose, Work)) {
        let of_network = self.networks.entry(whose.network).or_default();
        if of_network.is_empty() {
            self.turns.push_back(whose.network);
        }
        if whose.further {
            of_network.push_front(work);
        } else {
            of_network.push_back(work);
        }
    }

    /// The next of the network whose turn it is, which goes to the end of the line.
    fn take(&mut self) -> Option<Work> {
        let network = self.turns.pop_front()?;
        let of_network = self.networks.get_mut(&network)?;
        let work = of_network.pop_front();
        if of_network.is_empty() {
            self.networks.remove(&network);
        } else {
            self.turns.push_back(network);
        }
        work
    }

    /// What comes next, once there is something; `None` at the end.
    fn next(&mut self) -> Option<Work> {
        loop {
            while let Ok(came) = self.coming.try_recv() {
                self.push(came);
            }
            if let Some(work) = self.take() {
                return Some(work);
            }
            let came = self.coming.blocking_recv()?;
            self.push(came);
        }
    }
}

impl Drop for Strangers {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread for newcomers had panicked");
            }
        }
    }
}

/// What comes next; `None` at the end. Only these threads wait for the lock.
fn next(line: &Mutex<Line>) -> Option<Work> {
    line.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// The system looks whether another thread should run here. By itself it looks at a thread that only computes no
/// more often than its clock ticks, every 4 ms on most: also where one of everybody's waits, which may have had
/// its share of the processor and is not let before one that is due a moment (EEVDF), or which was woken elsewhere
/// (lazy preemption). So long a message would wait, and not for one handshake, but for a dozen in a row.
fn let_others_run() {
    thread::yield_now();
}

/// This thread runs when no other of the server wants to, but for a moment now and then: `SCHED_IDLE`
/// (sched(7)). A higher nice value is not enough: those of it keep a processor that they have for milliseconds.
/// Other systems, and one that forbids it, go on as before.
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
            tracing::debug!(%error, "newcomers are not served behind everybody else");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn from(third: u8) -> Whose {
        Whose::first([10, 0, third, 1].into())
    }

    fn ann() -> Whose {
        from(7)
    }

    #[test]
    fn p3_newcomers_take_turns_by_network_and_who_has_begun_goes_before_its_neighbours() {
        let (queue, coming) = unbounded_channel();
        let mut line = Line::new(coming);
        let said = Arc::new(Mutex::new(Vec::new()));
        let come = |whose, name| {
            let said = Arc::clone(&said);
            let work: Work = Box::new(move || said.lock().unwrap().push(name));
            queue.send((whose, work)).unwrap();
        };
        for _ in 0..100 {
            come(from(1), "crowd");
        }
        come(from(2), "ann");
        come(from(3), "bob");
        come(from(1).next(), "begun");
        for _ in 0..5 {
            line.next().unwrap()();
        }
        assert_eq!(
            *said.lock().unwrap(),
            ["begun", "ann", "bob", "crowd", "crowd"]
        );
    }

    #[test]
    fn p3_what_waits_is_bounded_and_who_gives_up_leaves_nothing_behind() {
        let strangers = Strangers::with_threads(1).unwrap();
        let mut context = Context::from_waker(Waker::noop());
        // The thread is at work on something else as long as this lasts.
        let (end, ends) = std::sync::mpsc::channel::<()>();
        let (begin, begins) = std::sync::mpsc::channel();
        let mut busy = Box::pin(strangers.run(from(1), move || {
            begin.send(()).unwrap();
            let _ended = ends.recv();
        }));
        assert!(busy.as_mut().poll(&mut context).is_pending());
        begins.recv().unwrap();
        let socket = Arc::new(());
        for _ in 0..MAX_WAITING {
            let held = Arc::clone(&socket);
            let mut waits = Box::pin(strangers.run(ann(), move || drop(held)));
            assert_eq!(waits.as_mut().poll(&mut context), Poll::Pending);
            assert_eq!(Arc::strong_count(&socket), 2);
            drop(waits);
            assert_eq!(Arc::strong_count(&socket), 1, "its time is over");
        }
        let mut over = Box::pin(strangers.run(ann(), || ()));
        assert_eq!(over.as_mut().poll(&mut context), Poll::Ready(None));
        drop(end);
    }

    #[tokio::test]
    async fn what_panics_is_lost_alone() {
        let strangers = Strangers::start().unwrap();
        for _ in 0..2 * strangers.threads.len() {
            let lost = strangers.run(ann(), || panic!("as the test wants")).await;
            assert_eq!(lost, None::<()>);
        }
        assert_eq!(strangers.run(ann(), || 7).await, Some(7));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn p3_newcomers_are_computed_for_behind_everybody_else() {
        // proc_pid_stat(5): the 41st field; sched(7): 5 is SCHED_IDLE.
        let policy = || {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            let (_, fields) = stat.rsplit_once(") ").unwrap();
            fields.split(' ').nth(41 - 3).unwrap().to_owned()
        };
        let strangers = Strangers::start().unwrap();
        assert_eq!(strangers.run(ann(), policy).await.as_deref(), Some("5"));
        assert_eq!(policy(), "0");
    }
}
