//! What a driver does while there is a connection: list the rooms, follow them, fill holes, and work
//! the queue off, one request at a time, so that its order holds whatever is refused.

use std::{
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use snug_proto::{
    Answer, Delivery, ErrorCode, Quit, Refusal, Request, Response, Retry, RoomEntry, Rooms, Session,
};
use tokio::{
    task::{JoinError, JoinSet},
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{Driver, Opened, Stop, to_update};
use crate::{
    Connection,
    client::{Command, Update},
    follow::{Fill, Step},
};

/// How long to wait before a request that was refused for now is sent again, if the server does not say.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// Whatever a server asks for, it is asked again after so long.
pub(super) const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// A request that only ever meets faults is given up after so many tries, so that what stands behind
/// it gets its turn. A full disk is none of its own: all that waits goes on waiting, in its order.
const MAX_TRIES: u32 = 10;
/// While the disk is full it is tried again after a second, two, three, and so long at most.
const LONGEST_UNKEPT: Duration = Duration::from_secs(10);
/// The shortest and the longest time between two requests once the server asked to go slower.
const MIN_PACE: Duration = Duration::from_millis(300);
const MAX_PACE: Duration = Duration::from_secs(2);
/// Positions are saved so long after something was shown.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// How long the server may take to list one's rooms.
const LISTING: Duration = Duration::from_secs(20);
/// Rooms that are listed at a sign-in; nobody has more, whatever a server says.
const MAX_LISTED: usize = 100_000;
/// How long the server may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// An answer that came.
enum Done {
    Followed(Answer),
    Page(Fill, Answer),
    /// To the first of the queue.
    Queued(Answer),
    /// The first of the queue may be tried again.
    TryAgain,
}

/// One connection's work.
struct Online {
    connection: Connection,
    jobs: JoinSet<Done>,
    /// `follow` requests not answered yet.
    following: usize,
    /// The first of the queue is on its way, or waits for another try.
    busy: bool,
    told_caught_up: bool,
}

impl Driver {
    pub(super) async fn online(&mut self, opened: Opened) -> Stop {
        let Opened {
            connection,
            mut signed_in,
        } = opened;
        if signed_in.more {
            // One's rooms are told all at once: who shows them takes those not told for gone.
            let rest = rest_of_rooms(&connection, &mut signed_in.rooms);
            // What was listed until then is better than nothing at all.
            let _late = timeout(LISTING, rest).await;
        }
        self.parts.connection.send_replace(Some(connection.clone()));
        self.follower.signed_in(signed_in.account);
        let mut online = Online {
            connection,
            jobs: JoinSet::new(),
            following: 0,
            busy: false,
            told_caught_up: false,
        };
        let steps = self.follower.list(&signed_in.rooms);
        let update = Update::Online {
            account: signed_in.account,
            name: signed_in.name,
            role: signed_in.role,
            rooms: signed_in.rooms,
        };
        if !(self.tell(update).await && self.take(steps, &mut online).await) {
            return Stop::Closed;
        }
        if !self.follow(&mut online).await {
            return Stop::Closed;
        }
        self.attend(online).await
    }

    async fn attend(&mut self, mut online: Online) -> Stop {
        let shown = Arc::clone(&self.parts.shown);
        // Armed by what is shown, so that a client that is only there wakes nobody.
        let mut save_at = None;
        loop {
            self.pump(&mut online);
            if !online.told_caught_up && self.follower.is_caught_up() {
                online.told_caught_up = true;
                if !self.tell(Update::CaughtUp).await {
                    return Stop::Closed;
                }
            }
            let go_on = tokio::select! {
                deliveries = online.connection.deliveries() => {
                    if deliveries.is_empty() {
                        return self.ended(online).await;
                    }
                    self.deliveries(deliveries, &mut online).await
                }
                Some(done) = online.jobs.join_next() => {
                    // Events stand before the answers that they came before.
                    let waiting = online.waiting_deliveries();
                    self.deliveries(waiting, &mut online).await
                        && self.done(done, &mut online).await
                }
                command = self.parts.commands.recv() => match command {
                    Some(Command::Submit(id, request)) => {
                        self.enqueue(id, request);
                        true
                    }
                    Some(Command::Close) | None => false,
                },
                () = self.parts.updates.closed() => false,
                () = shown.changed(), if save_at.is_none() => {
                    save_at = Some(Instant::now() + SAVE_EVERY);
                    true
                }
                () = until(save_at), if save_at.is_some() => {
                    save_at = None;
                    self.save_shown().await;
                    true
                }
            };
            if !go_on {
                // It may be gone already: that is a goodbye too.
                let goodbye = online.connection.request(Quit::default().into());
                let _late = timeout(GOODBYE, goodbye).await;
                return Stop::Closed;
            }
        }
    }

    async fn deliveries(&mut self, deliveries: Vec<Arc<Delivery>>, online: &mut Online) -> bool {
        for delivery in deliveries {
            let steps = self.follower.event(delivery.event().clone());
            if !self.take(steps, online).await {
                return false;
            }
        }
        true
    }

    /// The stream has ended: what was answered before that counts still.
    async fn ended(&mut self, mut online: Online) -> Stop {
        while let Some(done) = online.jobs.try_join_next() {
            if let Ok(Done::Queued(answer)) = done
                && !self.answered(answer, &mut online).await
            {
                return Stop::Closed;
            }
        }
        Stop::Lost(online.connection.ended().await)
    }

    /// Sends the first of the queue if it is its turn.
    fn pump(&mut self, online: &mut Online) {
        if online.busy {
            return;
        }
        let Some(first) = self.queue.front() else {
            self.pace = None;
            return;
        };
        online.busy = true;
        let pace = self.pace.filter(|_| first.tries == 0);
        let (connection, request) = (online.connection.clone(), first.request.clone());
        online.jobs.spawn(async move {
            if let Some(pace) = pace {
                sleep(pace).await;
            }
            Done::Queued(connection.request(request).await)
        });
    }

    async fn follow(&mut self, online: &mut Online) -> bool {
        for follow in self.follower.follow() {
            online.following += 1;
            let pending = online.connection.request(follow.into());
            online.jobs.spawn(async { Done::Followed(pending.await) });
        }
        self.followed(online).await
    }

    async fn followed(&mut self, online: &mut Online) -> bool {
        if online.following > 0 {
            return true;
        }
        let steps = self.follower.followed();
        self.take(steps, online).await
    }

    /// Passes steps on; false if nobody listens any more.
    async fn take(&mut self, steps: Vec<Step>, online: &mut Online) -> bool {
        for step in steps {
            match to_update(step) {
                Ok(update) => {
                    if !self.tell(update).await {
                        return false;
                    }
                }
                Err(fill) => online.fill(fill, Duration::ZERO),
            }
        }
        true
    }

    async fn done(&mut self, done: Result<Done, JoinError>, online: &mut Online) -> bool {
        let Ok(done) = done else {
            // A job only waits for an answer: it cannot panic, and nothing aborts it but the end.
            return true;
        };
        match done {
            Done::Followed(_answer) => {
                online.following = online.following.saturating_sub(1);
                self.followed(online).await
            }
            Done::Page(fill, answer) => self.page(fill, answer, online).await,
            Done::Queued(answer) => self.answered(answer, online).await,
            Done::TryAgain => {
                online.busy = false;
                true
            }
        }
    }

    async fn page(&mut self, fill: Fill, answer: Answer, online: &mut Online) -> bool {
        let answer = match answer {
            Ok(Response::Page(page)) => Ok(page),
            Ok(_other) => Err(ErrorCode::Internal.into()),
            Err(refusal) if refusal.code.retry() == Retry::Later => {
                online.fill(fill, wait(&refusal));
                return true;
            }
            Err(refusal) => Err(refusal),
        };
        let steps = self.follower.page(&fill, answer);
        self.take(steps, online).await
    }

    /// The first of the queue was answered, or the connection was lost before it was.
    async fn answered(&mut self, answer: Answer, online: &mut Online) -> bool {
        let Some(first) = self.queue.front_mut() else {
            online.busy = false;
            return true;
        };
        if let Err(refusal) = &answer
            && refusal.code.retry() == Retry::Later
        {
            if online.connection.lost().is_some() {
                // Nobody knows whether it was done: the next connection asks, with the same key.
                return true;
            }
            let mut retry_in = wait(refusal);
            if refusal.code == ErrorCode::StorageFull {
                first.unkept = first.unkept.saturating_add(1);
                if refusal.retry_after_ms.is_none() {
                    retry_in = TRY_AGAIN.saturating_mul(first.unkept).min(LONGEST_UNKEPT);
                }
            } else {
                first.tries = first.tries.saturating_add(1);
            }
            if first.tries < MAX_TRIES {
                if refusal.code == ErrorCode::TooFast {
                    // Each refusal counts as an offence (DECISIONS 26): do not ask for another.
                    // Another device of the account may be talking too: each time half as fast.
                    let half = self.pace.map_or(MIN_PACE, |pace| pace * 2);
                    self.pace = Some(half.max(retry_in).clamp(MIN_PACE, MAX_PACE));
                }
                online.jobs.spawn(async move {
                    sleep(retry_in).await;
                    Done::TryAgain
                });
                let (id, refusal) = (first.id, refusal.clone());
                let update = Update::Delayed {
                    id,
                    refusal,
                    retry_in,
                };
                return self.tell(update).await;
            }
        }
        online.busy = false;
        if let Ok(Response::Entered(entered)) = &answer {
            let steps = self.follower.list(std::slice::from_ref(&entered.entry));
            if !self.take(steps, online).await {
                return false;
            }
        }
        match self.queue.pop_front() {
            Some(first) => self.tell_answer(first.id, answer).await,
            None => true,
        }
    }
}

impl Online {
    /// What was delivered by now, without waiting for more.
    fn waiting_deliveries(&self) -> Vec<Arc<Delivery>> {
        let mut waiting = Vec::new();
        let mut context = Context::from_waker(Waker::noop());
        // Whether the stream goes on is seen by whoever waits for it.
        let _later = self.connection.poll_deliveries(&mut context, &mut waiting);
        waiting
    }

    fn fill(&mut self, fill: Fill, after: Duration) {
        let connection = self.connection.clone();
        self.jobs.spawn(async move {
            sleep(after).await;
            let answer = connection.request(Request::Read(fill.request())).await;
            Done::Page(fill, answer)
        });
    }
}

/// Adds the rooms that the sign-in had no space for.
async fn rest_of_rooms(connection: &Connection, rooms: &mut Vec<RoomEntry>) {
    while let Some(last) = rooms.last() {
        let next = Rooms {
            mine: true,
            after: Some(last.room_id),
        };
        let Ok(Response::RoomList(list)) = connection.request(next.into()).await else {
            return;
        };
        let none = list.rooms.is_empty();
        rooms.extend(list.rooms);
        if none || !list.more || rooms.len() >= MAX_LISTED {
            return;
        }
    }
}

/// Waits until then; for ever where there is no such moment.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

fn wait(refusal: &Refusal) -> Duration {
    refusal
        .retry_after_ms
        .map_or(TRY_AGAIN, Duration::from_millis)
        .min(LONGEST_WAIT)
}
