//! What newcomers have the server compute before anybody knows who they are: the public-key steps of TLS, on
//! threads of their own that the system lets run behind all others of the server. So a storm of newcomers
//! takes what is left of the processors, and who is in already goes first: on the threads that serve
//! everybody, each message would stand in line behind all steps that came before it.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle, available_parallelism},
};

use tokio::sync::{
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    oneshot,
};

type Work = Box<dyn FnOnce() + Send>;

/// The threads. Dropped, they end.
pub(crate) struct Strangers {
    /// `None` at the end. As much waits at most as there are unfinished handshakes: each has one step at a
    /// time. Putting something in takes no lock, which one of the threads could keep while it is not let run.
    queue: Option<UnboundedSender<Work>>,
    threads: Vec<JoinHandle<()>>,
}

impl Strangers {
    /// Starts the threads: as many as processors, so that none is idle while somebody waits at the door.
    pub(crate) fn start() -> io::Result<Self> {
        let (queue, waiting) = unbounded_channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let threads = (0..available_parallelism().map_or(1, usize::from)).map(|_| {
            let waiting = Arc::clone(&waiting);
            thread::Builder::new()
                .name("snug-newcomers".to_owned())
                .spawn(move || {
                    stand_back();
                    while let Some(work) = next(&waiting) {
                        // Like a task that panics: it is lost, and those behind it are not.
                        let _lost = catch_unwind(AssertUnwindSafe(work));
                    }
                })
        });
        Ok(Self {
            threads: threads.collect::<io::Result<_>>()?,
            queue: Some(queue),
        })
    }

    /// Does it when its turn comes. `None` at the end, or if it panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (sender, done) = oneshot::channel();
        let work: Work = Box::new(move || {
            // Whoever asked may be gone: then it would be done for nobody.
            if !sender.is_closed() {
                let _nobody_waits = sender.send(work());
            }
        });
        self.queue.as_ref()?.send(work).ok()?;
        done.await.ok()
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
fn next(waiting: &Mutex<UnboundedReceiver<Work>>) -> Option<Work> {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.blocking_recv()
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
    use super::*;

    #[tokio::test]
    async fn what_panics_is_lost_alone() {
        let strangers = Strangers::start().unwrap();
        for _ in 0..2 * strangers.threads.len() {
            let lost = strangers.run(|| panic!("as the test wants")).await;
            assert_eq!(lost, None::<()>);
        }
        assert_eq!(strangers.run(|| 7).await, Some(7));
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
        assert_eq!(strangers.run(policy).await.as_deref(), Some("5"));
        assert_eq!(policy(), "0");
    }
}
