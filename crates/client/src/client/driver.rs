//! The task that owns a client: connections come and go under it.

mod online;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use snug_proto::{Answer, Cursor, ErrorCode, Refusal, Request, RoomId};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, sleep},
};

use super::{
    Begin, ClientOptions, Command, Ended, LocalId, OpenError, Opened, Shown, Update,
    backoff::Backoff, open::open, queue::Places,
};
use crate::{
    Connection, Link, Lost, Profile, SignInError,
    follow::{Follower, Step},
};

/// A connection that held so long was a good one: the next try begins with a short wait.
const GOOD_AFTER: Duration = Duration::from_secs(10);

/// What a driver is made of.
pub(super) struct Parts {
    pub(super) profile: Profile,
    pub(super) alias: String,
    pub(super) options: ClientOptions,
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) updates: mpsc::Sender<(Update, Option<(RoomId, Cursor)>)>,
    pub(super) connection: watch::Sender<Option<Connection>>,
    pub(super) places: Arc<Places>,
    pub(super) shown: Arc<Shown>,
    /// The next try is wanted now.
    pub(super) hurry: Arc<Notify>,
    pub(super) cursors: BTreeMap<RoomId, Cursor>,
}

/// See the module.
pub(super) struct Driver {
    parts: Parts,
    follower: Follower,
    queue: VecDeque<Queued>,
    /// The server asked to go slower: so long between two of the queue, until the queue is empty, over
    /// lost connections too.
    pace: Option<Duration>,
}

struct Queued {
    id: LocalId,
    request: Request,
    /// Answers that asked to try again, but for those that a full disk gave.
    tries: u32,
    /// Answers that a full disk gave.
    unkept: u32,
}

/// Why the driver stops looking after a connection.
enum Stop {
    Lost(Lost),
    /// Nobody listens any more, or the owner closed the client.
    Closed,
}

impl Driver {
    pub(super) fn new(mut parts: Parts) -> Self {
        let mut follower = Follower::new(parts.options.tail);
        follower.restore(&std::mem::take(&mut parts.cursors));
        Self {
            parts,
            follower,
            queue: VecDeque::new(),
            pace: None,
        }
    }

    /// Runs from this connection on; with none, it makes the first one itself.
    pub(super) async fn run(mut self, first: Option<Opened>) {
        let mut backoff = Backoff::default();
        let mut first = first;
        let mut lost = None;
        loop {
            let opened = match first.take() {
                Some(opened) => opened,
                None => match self.come_back(lost.take(), &mut backoff).await {
                    Ok(Some(again)) => again,
                    Ok(None) => return,
                    Err(ended) => {
                        // If nobody listens, nobody needs to know.
                        let _nobody = self.parts.updates.send((Update::Ended(ended), None)).await;
                        return;
                    }
                },
            };
            let began = Instant::now();
            let stop = self.online(opened).await;
            self.parts.connection.send_replace(None);
            self.save_shown().await;
            let Stop::Lost(why) = stop else {
                return;
            };
            if began.elapsed() >= GOOD_AFTER {
                backoff.reset();
            }
            lost = Some(why);
        }
    }

    /// Tries until there is a connection (`Ok(None)`: until the client was closed); at once where none was
    /// lost before.
    async fn come_back(
        &mut self,
        lost: Option<Lost>,
        backoff: &mut Backoff,
    ) -> Result<Option<Opened>, Ended> {
        let mut at_least = match &lost {
            Some(Lost::Dismissed(refusal)) => refusal.retry_after_ms,
            _ => None,
        };
        let mut why = lost.map(|lost| lost.to_string());
        loop {
            let at_least = at_least.take().map(Duration::from_millis);
            let at_least = at_least.map(|wait| wait.min(online::LONGEST_WAIT));
            if let Some(why) = why.take() {
                let retry_in = backoff.next(&mut rand::thread_rng(), at_least);
                if !self.tell(Update::Offline { why, retry_in }).await {
                    return Ok(None);
                }
                // Whoever cannot wait says so.
                let hurry = Arc::clone(&self.parts.hurry);
                let waited = async {
                    tokio::select! {
                        () = sleep(retry_in) => {}
                        () = hurry.notified() => {}
                    }
                };
                if self.unless_closed(waited).await.is_none() {
                    return Ok(None);
                }
            }
            let link = self.link().await?;
            let (profile, alias) = (self.parts.profile.clone(), self.parts.alias.clone());
            let options = self.parts.options.clone();
            let opening = async move { open(&profile, &alias, &link, &options).await };
            match self.unless_closed(opening).await {
                None => return Ok(None),
                Some(Ok(opened)) => return Ok(Some(opened)),
                Some(Err(error)) => why = Some(tried(error)?),
            }
        }
    }

    /// The address may have been changed in the book meanwhile.
    async fn link(&self) -> Result<Link, Ended> {
        let (profile, alias) = (self.parts.profile.clone(), self.parts.alias.clone());
        let server = tokio::task::spawn_blocking(move || profile.server(&alias)).await;
        match server {
            Ok(Ok(Some(server))) => Ok(server.link),
            Ok(Err(error)) => Err(error.into()),
            _forgotten => Err(Ended::Open(OpenError::NoToken)),
        }
    }

    /// Waits for this while what is submitted is queued. `None` if the client was closed first.
    async fn unless_closed<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(future);
        loop {
            tokio::select! {
                done = &mut future => return Some(done),
                command = self.parts.commands.recv() => match command {
                    Some(Command::Submit(id, request)) => self.enqueue(id, request),
                    Some(Command::Close) | None => return None,
                },
                () = self.parts.updates.closed() => return None,
            }
        }
    }

    fn enqueue(&mut self, id: LocalId, request: Request) {
        self.queue.push_back(Queued {
            id,
            request,
            tries: 0,
            unkept: 0,
        });
    }

    /// Passes an update on; false if nobody listens any more.
    async fn tell(&self, update: Update) -> bool {
        let at = match &update {
            Update::Event(event) => event.place().map(|place| (place.room_id, place.seq)),
            Update::Passed { room_id, to, .. } => Some((*room_id, *to)),
            _ => None,
        };
        let cursor = at.and_then(|(room, seq)| Some((room, self.follower.cursor_at(room, seq)?)));
        self.parts.updates.send((update, cursor)).await.is_ok()
    }

    async fn tell_answer(&self, id: LocalId, answer: Answer) -> bool {
        self.parts.places.give_back();
        self.tell(Update::Answered { id, answer }).await
    }

    /// Saves how far the rooms were shown since the last time.
    async fn save_shown(&self) {
        let shown = self.parts.shown.take();
        if shown.is_empty() || self.parts.options.begin == Begin::Now {
            return;
        }
        let (profile, alias) = (self.parts.profile.clone(), self.parts.alias.clone());
        let save = move || profile.save_cursors(&alias, &shown);
        if let Ok(Err(error)) = tokio::task::spawn_blocking(save).await {
            // Nothing is lost but that something may be shown again after a restart.
            tracing::warn!(%error, "the read positions were not saved");
        }
    }
}

/// Why a try failed, if there is a point in another one.
fn tried(error: OpenError) -> Result<String, Ended> {
    match error {
        OpenError::Connect(ref connect) if connect.passes() => Ok(error.to_string()),
        OpenError::SignIn(SignInError::Refused(refusal)) => passing(refusal),
        OpenError::Profile(error) => Err(error.into()),
        other => Err(Ended::Open(other)),
    }
}

fn passing(refusal: Refusal) -> Result<String, Ended> {
    match refusal.code.retry() {
        // A guest's own name, until the server sees that the connection before is lost.
        _ if refusal.code == ErrorCode::NameTaken => Ok(refusal.to_string()),
        snug_proto::Retry::Later => Ok(refusal.to_string()),
        snug_proto::Retry::Never => Err(Ended::SignedOut(refusal)),
    }
}

/// What a step of the follower is to the outside; a page to fetch is not.
fn to_update(step: Step) -> Result<Update, crate::follow::Fill> {
    match step {
        Step::Show(event) => Ok(Update::Event(event)),
        Step::Passed {
            room_id,
            room,
            after,
            to,
            why,
        } => Ok(Update::Passed {
            room_id,
            room,
            after,
            to,
            why,
        }),
        Step::Restarted { room_id, room } => Ok(Update::Restarted { room_id, room }),
        Step::Fill(fill) => Err(fill),
    }
}
