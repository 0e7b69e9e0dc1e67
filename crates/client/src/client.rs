//! The client that comes back: one account on one server, over any number of connections. What
//! happens is told once and in order; what is submitted is done once and in order.

mod backoff;
mod driver;
mod open;
mod queue;
mod shown;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use snug_proto::{
    AccountId, Answer, Cursor, ErrorCode, Event, Pending, Refusal, Request, Role, RoomEntry,
    RoomId, Secret, Session,
};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::JoinHandle,
};

pub use open::{OpenError, Opened, open};
pub use queue::QueueFull;

use crate::{ConnectOptions, Connection, Profile, ProfileError, follow::Passed};
use driver::Driver;
use queue::Places;
use shown::Shown;

/// Updates that wait to be taken; when it is full, the connection is read no further.
const MAX_UPDATES: usize = 256;

/// How a client behaves.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// How it connects.
    pub connect: ConnectOptions,
    /// What it calls itself in the list of sessions.
    pub client: String,
    /// Of a room seen for the first time, one that began anew or one that ran far ahead: how many of
    /// the newest events are shown. `u64::MAX` for all.
    pub tail: u64,
    /// Where it begins in its rooms.
    pub begin: Begin,
    /// By what it signs in again after a lost connection.
    pub credential: Credential,
}

/// Where a client begins in its rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Begin {
    /// Where it was, as the profile has kept it; and how far it comes is kept there.
    #[default]
    WhereItWas,
    /// With what comes after its sign-in. Nothing is kept, and others are not told that one is here: for
    /// scripts, which turn nobody's page and come and go all the time.
    Now,
}

/// By what a client signs in.
#[derive(Debug, Clone, Default)]
pub enum Credential {
    /// The session's token that the profile keeps.
    #[default]
    Session,
    /// An app token (DECISIONS 14).
    AppToken {
        /// Whose.
        name: String,
        /// The token.
        token: Secret,
    },
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            connect: ConnectOptions::default(),
            client: concat!("snug-client ", env!("CARGO_PKG_VERSION")).into(),
            tail: u64::MAX,
            begin: Begin::default(),
            credential: Credential::default(),
        }
    }
}

/// Names what was submitted, until it is answered.
pub type LocalId = u64;

/// Something to show or to know.
#[derive(Debug)]
pub enum Update {
    /// Signed in, for the first time or again.
    Online {
        /// Who one is.
        account: AccountId,
        /// By this name.
        name: String,
        /// With this role on the server.
        role: Role,
        /// One's rooms, all of them.
        rooms: Vec<RoomEntry>,
    },
    /// All that was missed up to the sign-in has been told.
    CaughtUp,
    /// The connection is gone; it will be tried again.
    Offline {
        /// Why, in a sentence without its full stop.
        why: String,
        /// When.
        retry_in: Duration,
    },
    /// Something happened. Events of a log come once each, in order.
    Event(Event),
    /// Events `after + 1` to `to` of a room are not shown.
    Passed {
        /// The room.
        room_id: RoomId,
        /// Its name.
        room: String,
        /// The last event before them.
        after: u64,
        /// The last of them.
        to: u64,
        /// Where they are.
        why: Passed,
    },
    /// A room's log began anew; what was shown of it no longer counts.
    Restarted {
        /// The room.
        room_id: RoomId,
        /// Its name.
        room: String,
    },
    /// What was submitted has its answer.
    Answered {
        /// What.
        id: LocalId,
        /// Its answer.
        answer: Answer,
    },
    /// What was submitted cannot be done now, and will be tried again.
    Delayed {
        /// What.
        id: LocalId,
        /// Why.
        refusal: Refusal,
        /// When.
        retry_in: Duration,
    },
    /// It is over; nothing comes after this.
    Ended(Ended),
}

/// Why a client gave up.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// The session was ended or its token is lost: a password is needed again.
    #[error("{0}")]
    SignedOut(Refusal),
    /// The server cannot be trusted or understood.
    #[error(transparent)]
    Open(OpenError),
    /// The profile's folder failed.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

/// A handle to submit and to ask. Clones share one client.
#[derive(Debug, Clone)]
pub struct Client {
    commands: mpsc::Sender<Command>,
    places: Arc<Places>,
    connection: watch::Receiver<Option<Connection>>,
    driver: Arc<Mutex<Option<JoinHandle<()>>>>,
    hurry: Arc<Notify>,
}

/// The stream of what happens. Take from it without pause: what is not taken holds everything up.
#[derive(Debug)]
pub struct Updates {
    incoming: mpsc::Receiver<(Update, Option<(RoomId, Cursor)>)>,
    /// The cursor of the update that was taken last: it counts as shown when the next is asked for.
    taken: Option<(RoomId, Cursor)>,
    shown: Arc<Shown>,
}

#[derive(Debug)]
enum Command {
    Submit(LocalId, Request),
    Close,
}

impl Client {
    /// Goes on from a signed-in connection. Must be called within a tokio runtime.
    pub fn start(
        profile: Profile,
        alias: &str,
        opened: Opened,
        options: ClientOptions,
    ) -> Result<(Self, Updates), ProfileError> {
        let newest = match options.begin {
            Begin::WhereItWas => BTreeMap::new(),
            Begin::Now => newest(&opened.signed_in.rooms),
        };
        Self::run(profile, alias, Some(opened), newest, options)
    }

    /// Begins without a connection, and makes one as soon as it can, by the sign-in that the profile
    /// keeps. Where it needs a password, [`Update::Ended`] comes. Must be called within a tokio runtime.
    pub fn start_away(
        profile: Profile,
        alias: &str,
        options: ClientOptions,
    ) -> Result<(Self, Updates), ProfileError> {
        Self::run(profile, alias, None, BTreeMap::new(), options)
    }

    fn run(
        profile: Profile,
        alias: &str,
        opened: Option<Opened>,
        newest: BTreeMap<RoomId, Cursor>,
        options: ClientOptions,
    ) -> Result<(Self, Updates), ProfileError> {
        let (commands, from_handle) = mpsc::channel(queue::MAX_QUEUED);
        let (to_reader, updates) = mpsc::channel(MAX_UPDATES);
        let (current, connection) = watch::channel(None);
        let places = Arc::new(Places::default());
        let shown = Arc::new(Shown::default());
        let hurry = Arc::new(Notify::new());
        let cursors = match options.begin {
            Begin::WhereItWas => profile.cursors(alias)?,
            Begin::Now => newest,
        };
        let driver = Driver::new(driver::Parts {
            profile,
            alias: alias.to_owned(),
            options,
            commands: from_handle,
            updates: to_reader,
            connection: current,
            places: Arc::clone(&places),
            shown: Arc::clone(&shown),
            hurry: Arc::clone(&hurry),
            cursors,
        });
        let driver = tokio::spawn(driver.run(opened));
        let client = Self {
            commands,
            places,
            connection,
            driver: Arc::new(Mutex::new(Some(driver))),
            hurry,
        };
        let updates = Updates {
            incoming: updates,
            taken: None,
            shown,
        };
        Ok((client, updates))
    }

    /// Puts a request at the end of the queue. It is sent when its turn comes and there is a
    /// connection, and sent again with the same key until it is answered. The answer comes as
    /// [`Update::Answered`].
    pub fn submit(&self, request: impl Into<Request>) -> Result<LocalId, QueueFull> {
        let id = self.places.take()?;
        let request = queue::with_key(request.into());
        match self.commands.try_send(Command::Submit(id, request)) {
            Ok(()) => Ok(id),
            Err(_full_or_ended) => {
                self.places.give_back();
                Err(QueueFull)
            }
        }
    }

    /// Asks at once, past the queue, and only if there is a connection.
    pub fn request(&self, request: impl Into<Request>) -> Pending {
        let connection = self.connection.borrow().clone();
        connection.map_or_else(
            || {
                let text = "There is no connection just now. Try again in a moment.";
                Pending::refused(Refusal::with_text(ErrorCode::Busy, text))
            },
            |connection| connection.request(request.into()),
        )
    }

    /// Tries to connect now, if it is waiting for its next try.
    pub fn try_now(&self) {
        self.hurry.notify_waiters();
    }

    /// How many submitted requests have no answer yet.
    pub fn waiting(&self) -> usize {
        self.places.taken()
    }

    /// Says goodbye, saves how far the rooms were shown, and ends. What waits is not sent any more.
    pub async fn close(self, mut updates: Updates) {
        updates.mark_taken();
        drop(updates);
        // A driver that is gone already needs no telling.
        let _gone = self.commands.send(Command::Close).await;
        let driver = self
            .driver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(driver) = driver {
            // A panic of its was printed when it happened.
            let _panicked = driver.await;
        }
    }
}

/// The end of each room.
fn newest(rooms: &[RoomEntry]) -> BTreeMap<RoomId, Cursor> {
    let cursor = |entry: &RoomEntry| {
        let (log, seq) = (entry.log?, entry.seq?);
        Some((entry.room_id, Cursor { log, seq }))
    };
    rooms.iter().filter_map(cursor).collect()
}

impl Updates {
    /// The next update. `None` after [`Update::Ended`]. What was taken before counts as shown.
    ///
    /// Dropping the future takes nothing.
    pub async fn next(&mut self) -> Option<Update> {
        self.mark_taken();
        let (update, cursor) = self.incoming.recv().await?;
        self.taken = cursor;
        Some(update)
    }

    fn mark_taken(&mut self) {
        if let Some((room, cursor)) = self.taken.take() {
            self.shown.note(room, cursor);
        }
    }
}
