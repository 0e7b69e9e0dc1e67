//! The thread that writes: all appends that wait in one transaction, and of everything else as much as there is
//! time for.

use std::{
    collections::VecDeque,
    ops::RangeInclusive,
    sync::mpsc,
    time::{Duration, Instant},
};

use snug_store::{Append, AppendRefused, Appended, StoreError, Transaction, Writer};

use super::{AppendEnd, Lane, StoreFault, TIDY_EVERY};
use crate::{config::Clock, room::publish::Ticket, trouble::Trouble};

/// Most jobs in one transaction. What is over it waits for the next.
const MAX_BATCH: usize = 1024;
/// Parts other than appends are run in one transaction for as long as the last commit took, within these bounds;
/// the rest waits for the next, behind the messages that came meanwhile. A thousand rooms that are made at once would
/// else stand in front of every message; and where commits take long, few of them take in many.
const PARTS_FOR: RangeInclusive<Duration> = Duration::from_micros(250)..=Duration::from_millis(1);
/// One that failed is tried again after this long: a reader was in its way.
const RETRY_TIDY: Duration = Duration::from_secs(2);

/// A part of a transaction with an answer of its own.
pub(super) type Part =
    Box<dyn FnOnce(Result<&mut dyn Transaction, StoreError>) -> Option<Finish> + Send>;
/// What a part does once it is known whether the commit went through.
pub(super) type Finish = Box<dyn FnOnce(Result<(), &StoreError>) + Send>;
/// What waits for the writer.
pub(super) enum Job {
    Append(Box<(Append, Ticket)>),
    Part(Part),
}

/// What a transaction came to, for the publisher.
pub(super) enum Published {
    Appends(Vec<(Append, Ticket, AppendEnd)>),
    Finishes(Vec<Finish>, Option<StoreError>),
}

/// Parts that wait for a transaction.
#[derive(Default)]
struct Parts {
    waiting: VecDeque<Part>,
    /// How long the last commit took.
    committing: Duration,
}

/// Writes what comes, until the lane is closed and empty.
pub(super) fn write_until_closed(
    writer: &mut dyn Writer,
    lane: &Lane<Job>,
    published: &mpsc::SyncSender<Published>,
    mut committing: Trouble,
    clock: &dyn Clock,
) {
    let mut jobs = VecDeque::new();
    let mut parts = Parts::default();
    let mut dirty = false;
    let mut tidying = Trouble::new("the database could not be tidied; trying again");
    let mut tidied = Instant::now();
    let mut tried = tidied;
    loop {
        let wait = if parts.waiting.is_empty() {
            wait_for(dirty, tidied)
        } else {
            Duration::ZERO
        };
        if !lane.take(MAX_BATCH, wait, &mut jobs) && parts.waiting.is_empty() {
            break;
        }
        if !jobs.is_empty() || !parts.waiting.is_empty() {
            dirty = true;
            for batch in write_batch(writer, &mut jobs, &mut parts, &mut committing, clock) {
                if published.send(batch).is_err() {
                    tracing::error!("the publisher is gone");
                    return;
                }
            }
        }
        if dirty && tidied.elapsed() >= TIDY_EVERY && tried.elapsed() >= RETRY_TIDY {
            tried = Instant::now();
            match writer.tidy(clock.settled()) {
                Ok(()) => {
                    dirty = false;
                    tidied = tried;
                    tidying.worked(tried);
                }
                Err(error) => {
                    tidying.failed(&error, tried);
                }
            }
        }
    }
    if let Err(error) = writer.tidy(clock.settled()) {
        tracing::warn!(%error, "the database could not be tidied at the end");
    }
}

/// How long the writer may sleep without being woken: until the next tidying is due.
fn wait_for(dirty: bool, tidied: Instant) -> Duration {
    if dirty {
        TIDY_EVERY.saturating_sub(tidied.elapsed()).max(RETRY_TIDY)
    } else {
        TIDY_EVERY
    }
}

/// One transaction over all appends taken, and as many of the parts that wait as there is time for. What it
/// answers goes to the publisher in order.
fn write_batch(
    writer: &mut dyn Writer,
    jobs: &mut VecDeque<Job>,
    parts: &mut Parts,
    trouble: &mut Trouble,
    clock: &dyn Clock,
) -> Vec<Published> {
    let mut appends: Vec<Append> = Vec::new();
    let mut tickets: Vec<Ticket> = Vec::new();
    for job in jobs.drain(..) {
        match job {
            Job::Append(job) => {
                appends.push(job.0);
                tickets.push(job.1);
            }
            Job::Part(part) => parts.waiting.push_back(part),
        }
    }
    let mut finishes = Vec::new();
    let outcome = commit_all(writer, &appends, parts, &mut finishes, clock);
    // Those that a failure kept from running hear of it too.
    let failure = outcome.as_ref().err().map(copy_of);
    if let Some(error) = &failure {
        trouble.failed(error, Instant::now());
        for part in parts.waiting.drain(..) {
            part(Err(copy_of(error)));
        }
    } else {
        trouble.worked(Instant::now());
    }
    let ends: Vec<AppendEnd> = match outcome {
        Ok(ends) => ends.into_iter().map(AppendEnd::Done).collect(),
        Err(error) => {
            let fault = StoreFault::from(&error);
            appends.iter().map(|_| AppendEnd::Failed(fault)).collect()
        }
    };
    let appended = appends.into_iter().zip(tickets).zip(ends);
    let mut batches = Vec::new();
    if appended.len() > 0 {
        let appended = appended.map(|((append, ticket), end)| (append, ticket, end));
        batches.push(Published::Appends(appended.collect()));
    }
    if !finishes.is_empty() {
        batches.push(Published::Finishes(finishes, failure));
    }
    batches
}

fn commit_all(
    writer: &mut dyn Writer,
    appends: &[Append],
    parts: &mut Parts,
    finishes: &mut Vec<Finish>,
    clock: &dyn Clock,
) -> Result<Vec<Result<Appended, AppendRefused>>, StoreError> {
    let mut transaction = writer.begin()?;
    let ends = if appends.is_empty() {
        Vec::new()
    } else {
        transaction.append(appends, clock.now())?
    };
    let (began, time) = (Instant::now(), parts.time());
    while let Some(part) = parts.waiting.pop_front() {
        finishes.extend(part(Ok(&mut *transaction)));
        if began.elapsed() >= time {
            break;
        }
    }
    let committing = Instant::now();
    transaction.commit()?;
    parts.committing = committing.elapsed();
    if ends.len() == appends.len() {
        Ok(ends)
    } else {
        Err(StoreError::Failed(
            "the store lost count of the appends".into(),
        ))
    }
}

impl Parts {
    /// For how long they may be run in one transaction.
    fn time(&self) -> Duration {
        self.committing.clamp(*PARTS_FOR.start(), *PARTS_FOR.end())
    }
}

/// The same error once more.
pub(super) fn copy_of(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full => StoreError::Full,
        other => StoreError::Failed(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use snug_store::{SqliteStore, Store};

    use super::*;
    use crate::config::SystemClock;

    #[test]
    fn what_takes_long_is_shared_out_to_transactions_so_that_messages_come_between() {
        let store = SqliteStore::in_memory().unwrap();
        let mut writer = store.writer().unwrap();
        let ran = Arc::new(AtomicUsize::new(0));
        let long = |ran: &Arc<AtomicUsize>| {
            let ran = Arc::clone(ran);
            let part: Part = Box::new(move |_| {
                let began = Instant::now();
                while began.elapsed() < *PARTS_FOR.end() {
                    std::hint::spin_loop();
                }
                ran.fetch_add(1, Ordering::Relaxed);
                None
            });
            part
        };
        let mut jobs: VecDeque<_> = (0..3).map(|_| Job::Part(long(&ran))).collect();
        let mut parts = Parts::default();
        let mut trouble = Trouble::new("it failed");
        for left in [2, 1, 0] {
            write_batch(
                &mut *writer,
                &mut jobs,
                &mut parts,
                &mut trouble,
                &SystemClock,
            );
            assert!(
                jobs.is_empty(),
                "messages wait for the next transaction only"
            );
            assert_eq!(parts.waiting.len(), left);
            assert_eq!(ran.load(Ordering::Relaxed), 3 - left);
        }
    }

    #[test]
    fn others_than_messages_have_as_long_as_a_commit_takes_and_never_long() {
        let time_after = |committing| {
            let waiting = VecDeque::new();
            Parts {
                waiting,
                committing,
            }
            .time()
        };
        assert_eq!(time_after(Duration::ZERO), Duration::from_micros(250));
        let commit = Duration::from_micros(600);
        assert_eq!(time_after(commit), commit);
        assert_eq!(time_after(Duration::from_secs(1)), Duration::from_millis(1));
    }
}
