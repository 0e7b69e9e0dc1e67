//! One IRC client's state: lines and answers go in, bytes and requests come out.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    hint::black_box,
    sync::Arc,
};

use snug_proto::{
    AccountId, Answer, ErrorCode, Request, Response, RoomId, Secret, Timestamp,
    limits::MAX_PENDING_REQUESTS,
};

use crate::{
    Caps, HIGH_WATER_BYTES, Link, Settings,
    caps::Negotiation,
    commands::{
        Amending, Multiline, Sending, Signalling, asked::Asked, doing::Doing, list::Wanted,
        user_mode::UserModes, who::WhoAsked,
    },
    history::{History, Targets},
    labels::Labels,
    registration::Registering,
    rooms::Rooms,
    sasl::{Awaiting, Exchange},
    saying::Saying,
    services::Service,
};

/// An idle connection's reply buffer is freed if it has grown past this.
const MAX_IDLE_BUFFER_BYTES: usize = 1024;

/// A queue that grew past this is freed once it is empty.
pub(crate) const MAX_IDLE_QUEUE: usize = 16;

/// Own sends whose events have not come yet are remembered up to this many; then the oldest is
/// forgotten, and its event would be shown as if from another client.
const MAX_OWN_SENDS: usize = 4 * MAX_PENDING_REQUESTS;

/// A client's state. Plain and synchronous: [`crate::Front`] drives it over a session.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says one thing of the client"
)]
pub struct Connection {
    pub(crate) settings: Arc<Settings>,
    pub(crate) link: Link,
    pub(crate) out: Vec<u8>,
    pub(crate) caps: Caps,
    pub(crate) negotiation: Negotiation,
    pub(crate) registering: Registering,
    pub(crate) sasl: Exchange,
    /// What the client is called now: `*` before it has said anything.
    pub(crate) nick: String,
    pub(crate) me: Option<Me>,
    pub(crate) registered: bool,
    /// One who is in may sign in as somebody else.
    pub(crate) again: bool,
    pub(crate) rooms: Rooms,
    pub(crate) modes: UserModes,
    /// Whom the client watches for: folded names, and as it wrote them.
    pub(crate) watching: BTreeMap<String, String>,
    /// The keys that it follows.
    pub(crate) metadata_keys: BTreeSet<String>,
    /// Until when it has read in channels, by their folded names.
    pub(crate) markers: BTreeMap<String, Timestamp>,
    pub(crate) batches: u64,
    pub(crate) saying: Option<Box<Saying>>,
    pub(crate) labels: Labels,
    pub(crate) multiline: Option<Box<Multiline>>,
    queue: VecDeque<(Request, Step)>,
    in_flight: usize,
    /// Steps other than sends, queued or in flight.
    others: usize,
    sends_in_flight: usize,
    entries_in_flight: usize,
    own_sends: VecDeque<(RoomId, u64)>,
    /// It has named itself by SETNAME.
    pub(crate) named: bool,
    /// A PING is out, and nothing has come since.
    asked_after: bool,
    closing: bool,
}

/// Who has signed in.
#[derive(Debug, Clone)]
pub(crate) struct Me {
    pub(crate) account: AccountId,
    pub(crate) name: String,
    /// What one went by as one signed in, where that is another name.
    pub(crate) worn: Option<String>,
    /// The sign-in made a session token, which IRC never uses: it is voided on QUIT.
    pub(crate) session_token: bool,
    /// Without an account.
    pub(crate) guest: bool,
    /// The display name, once it is known.
    pub(crate) display: Option<String>,
}

/// What an answer is for: given out with its request, handed back with its answer.
#[derive(Debug, Clone)]
pub struct Step(pub(crate) Then);

#[derive(Debug, Clone)]
pub(crate) enum Then {
    SignIn(SignInBy),
    Scram(Awaiting),
    Registered {
        by: RegisterBy,
        account: String,
    },
    MoreRooms,
    Join {
        channel: String,
        key: Option<Secret>,
    },
    Create {
        channel: String,
        key: Option<Secret>,
    },
    JoinAgain {
        channel: String,
        taken: Box<snug_proto::Refusal>,
    },
    Part {
        channel: String,
    },
    Renamed {
        nick: String,
    },
    /// The nick of one who comes in.
    Worn,
    Send(Box<Sending>),
    Signal(Box<Signalling>),
    /// What nobody needs to hear the end of.
    Tell,
    Amend(Box<Amending>),
    Marked {
        target: String,
    },
    EnterMarked {
        room_id: RoomId,
    },
    History(Box<History>),
    Targets(Box<Targets>),
    Enter {
        room_id: RoomId,
        page: PageOf,
        /// Names on the pages before.
        names: usize,
    },
    Replay {
        room_id: RoomId,
    },
    Names {
        /// As it was asked, for the end.
        asked: String,
        /// Channels still to be listed, the next one last.
        left: Vec<String>,
    },
    Who {
        asked: WhoAsked,
    },
    People(Asked),
    List {
        wanted: Wanted,
        page: PageOf,
    },
    Channel(Doing),
    Pong {
        token: String,
    },
    Quit,
    Service(Service),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignInBy {
    Sasl,
    Pass,
    /// A nick alone: as a guest.
    Nick,
    /// The same, with what came as PASS and was no password: the guests' access code, perhaps.
    Code,
    /// A message to `NickServ`.
    Service,
}

/// How an account is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RegisterBy {
    /// `REGISTER`.
    Command,
    /// A message to `NickServ`.
    Service,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speech {
    Privmsg,
    Notice,
    Tagmsg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageOf {
    First,
    Later,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Delivered {
    /// It has been dealt with.
    Taken,
    /// It has to wait until an answer has come; give it again then, before any later one.
    NotYet,
}

impl Connection {
    /// A client of which nothing is known yet.
    pub fn new(settings: impl Into<Arc<Settings>>, link: Link) -> Self {
        Self {
            settings: settings.into(),
            link,
            out: Vec::new(),
            caps: Caps::default(),
            negotiation: Negotiation::default(),
            registering: Registering::default(),
            sasl: Exchange::default(),
            nick: "*".to_owned(),
            me: None,
            registered: false,
            again: false,
            rooms: Rooms::default(),
            modes: UserModes::default(),
            watching: BTreeMap::new(),
            metadata_keys: BTreeSet::new(),
            markers: BTreeMap::new(),
            batches: 0,
            saying: None,
            labels: Labels::default(),
            multiline: None,
            queue: VecDeque::new(),
            in_flight: 0,
            others: 0,
            sends_in_flight: 0,
            entries_in_flight: 0,
            own_sends: VecDeque::new(),
            named: false,
            asked_after: false,
            closing: false,
        }
    }

    /// The next request to submit, if it is time for one. One at a time, so that what a client sees
    /// follows the order of what it sent; only sends are pipelined.
    pub fn next_request(&mut self) -> Option<(Request, Step)> {
        let (_, Step(next)) = self.queue.front()?;
        let sends_only = self.sends_in_flight == self.in_flight;
        let may_join_them = sends_only && next.is_send();
        let in_turn = self.in_flight == 0 || may_join_them;
        if self.in_flight >= MAX_PENDING_REQUESTS || !in_turn || self.is_saying() {
            return None;
        }
        let (request, step) = self.queue.pop_front()?;
        if self.queue.is_empty() && self.queue.capacity() > MAX_IDLE_QUEUE {
            self.queue = VecDeque::new();
        }
        self.count(&step.0, usize::saturating_add);
        Some((request, step))
    }

    /// Takes the answer to a request that [`Self::next_request`] gave out, in the order given out.
    pub fn answered(&mut self, step: Step, answer: Answer) {
        let start = self.out.len();
        self.act_on(step, answer);
        self.label_since(start);
    }

    fn act_on(&mut self, Step(then): Step, answer: Answer) {
        self.count(&then, usize::saturating_sub);
        self.others = self.others.saturating_sub(usize::from(!then.is_send()));
        match then {
            Then::SignIn(by) => self.signed_in(by, answer),
            Then::Scram(next) => self.scram_answered(next, answer),
            Then::Registered { by, account } => self.account_made(by, &account, answer),
            Then::MoreRooms => self.more_rooms(answer),
            Then::Join { channel, key } => self.joined(&channel, key, answer),
            Then::Create { channel, key } => self.created(&channel, key, answer),
            Then::JoinAgain { channel, taken } => self.joined_again(&channel, *taken, answer),
            Then::Part { channel } => self.parted(&channel, answer),
            Then::Renamed { nick } => self.renamed(&nick, answer),
            Then::Worn => self.worn(answer),
            Then::Send(sending) => self.sent(*sending, answer),
            Then::Signal(signalling) => self.signal_sent(&signalling, answer),
            Then::Tell => self.told(answer),
            Then::Amend(amending) => self.amend_answered(&amending, answer),
            Then::Marked { target } => self.marker_told(&target, answer),
            Then::EnterMarked { room_id } => self.entered_marked(room_id, answer),
            Then::History(history) => self.history_read(*history, answer),
            Then::Targets(targets) => self.targets_listed(*targets, answer),
            Then::Enter {
                room_id,
                page,
                names,
            } => self.entered(room_id, page, names, answer),
            Then::Replay { room_id } => self.replayed(room_id, answer),
            Then::Names { asked, left } => self.names_listed(asked, left, answer),
            Then::Who { asked } => self.who_listed(asked, answer),
            Then::People(asked) => self.asked(asked, answer),
            Then::List { wanted, page } => self.rooms_listed(wanted, page, answer),
            Then::Channel(doing) => self.channel_answered(doing, answer),
            Then::Pong { token } => self.pong(&token),
            Then::Quit => self.close("Goodbye."),
            Then::Service(of) => self.service_answered(of, answer),
        }
    }

    /// The session has ended: nothing more will come from it.
    pub fn session_ended(&mut self) {
        self.close("The server has ended this session.");
    }

    /// The client has been silent for as long as its driver lets pass: asks whether it is there, closes
    /// if it did not say so the last time, or if it has yet to sign in.
    pub fn silent(&mut self) {
        let busy = self.in_flight > 0 || !self.queue.is_empty() || self.is_saying();
        if self.closing || busy {
            // It is the client that waits.
        } else if !self.registered {
            self.close("You did not sign in in time.");
        } else if std::mem::replace(&mut self.asked_after, true) {
            self.close("Nothing was heard from you, and the PING was not answered.");
        } else {
            let host = self.settings.host();
            crate::line::Writer::new(&mut self.out)
                .source(host)
                .command("PING")
                .trailing(host);
        }
    }

    /// A line has come, whatever is in it.
    pub(crate) fn heard(&mut self) {
        self.asked_after = false;
    }

    /// May the next line be given to [`Self::receive`]? False while what an earlier one asked for is
    /// still being done, so that effects and answers keep the order of the lines, and while there is
    /// much to write: who only asks and never reads is answered no further.
    pub fn wants_input(&self) -> bool {
        !self.closing
            && self.others == 0
            && !self.is_saying()
            && !self.labels.are_busy()
            && self.out.len() < HIGH_WATER_BYTES
            && self.queue.len() + self.in_flight < MAX_PENDING_REQUESTS
    }

    /// See [`crate::Front::bring_near`].
    pub(crate) fn bring_near(&self) {
        let me = self.me.as_ref().map(|me| me.account);
        black_box((me, self.registered, self.caps, self.wants_input()));
        self.rooms.bring_near();
    }

    /// Is an answer awaited?
    pub(crate) fn is_asking(&self) -> bool {
        self.in_flight > 0
    }

    /// Is all done that was asked for?
    pub(crate) fn is_at_rest(&self) -> bool {
        self.queue.is_empty() && self.in_flight == 0 && !self.is_saying() && !self.rooms.entering()
    }

    /// Moves what is to be written to the end of `into`.
    pub fn take_output(&mut self, into: &mut Vec<u8>) {
        into.append(&mut self.out);
    }

    /// Exchanges the reply buffer for this one, so that much output is written where it is wanted at
    /// once and an idle connection keeps a small buffer of its own. What waited comes along.
    pub(crate) fn borrow_buffer(&mut self, buffer: &mut Vec<u8>) {
        std::mem::swap(&mut self.out, buffer);
        self.out.append(buffer);
    }

    /// Gives a buffer back that was borrowed, and all output with it.
    pub(crate) fn return_buffer(&mut self, buffer: &mut Vec<u8>) {
        std::mem::swap(&mut self.out, buffer);
        if self.out.capacity() > MAX_IDLE_BUFFER_BYTES {
            self.out = Vec::new();
        }
    }

    /// How many bytes wait to be taken.
    pub fn output_bytes(&self) -> usize {
        self.out.len()
    }

    /// Whoever drives it has another session for who signs in as somebody else.
    pub(crate) fn may_sign_in_again(&mut self) {
        self.again = true;
    }

    /// Is the session somebody's?
    pub(crate) fn is_signed_in(&self) -> bool {
        self.me.is_some()
    }

    /// Has the client signed in and been welcomed?
    pub fn is_registered(&self) -> bool {
        self.registered
    }

    /// Is it over? What is to be written should be, and then the connection closed.
    pub fn is_closing(&self) -> bool {
        self.closing
    }

    /// Asks for something after all that waits already.
    pub(crate) fn ask(&mut self, request: impl Into<Request>, then: Then) {
        self.others += usize::from(!then.is_send());
        self.queue.push_back((request.into(), Step(then)));
    }

    /// Asks for something before all that waits: the next step of what was just answered.
    pub(crate) fn ask_next(&mut self, request: impl Into<Request>, then: Then) {
        self.others += usize::from(!then.is_send());
        self.queue.push_front((request.into(), Step(then)));
    }

    /// Says why, and closes.
    pub(crate) fn close(&mut self, why: &str) {
        if !self.closing {
            self.closing = true;
            self.queue.clear();
            self.saying = None;
            crate::line::Writer::new(&mut self.out)
                .command("ERROR")
                .trailing(why);
        }
    }

    /// Remembers which event is this connection's own send, so that it is not echoed.
    pub(crate) fn remember_own_send(&mut self, room_id: RoomId, seq: u64) {
        if self.own_sends.len() >= MAX_OWN_SENDS {
            self.own_sends.pop_front();
        }
        self.own_sends.push_back((room_id, seq));
    }

    /// Was this event sent by this connection? Forgets it: an event comes once.
    pub(crate) fn was_own_send(&mut self, room_id: RoomId, seq: u64) -> bool {
        let found = self.own_sends.iter().position(|own| *own == (room_id, seq));
        found.is_some_and(|index| self.own_sends.remove(index).is_some())
    }

    /// Is a send without its answer, so that one's own message may be its event?
    pub(crate) fn sends_in_flight(&self) -> bool {
        self.sends_in_flight > 0
    }

    /// Is a JOIN without its answer, so that one's own arrival may be its event?
    pub(crate) fn entries_in_flight(&self) -> bool {
        self.entries_in_flight > 0
    }

    fn count(&mut self, then: &Then, change: fn(usize, usize) -> usize) {
        self.in_flight = change(self.in_flight, 1);
        match then {
            Then::Send(_) => self.sends_in_flight = change(self.sends_in_flight, 1),
            Then::Join { .. } | Then::Create { .. } | Then::JoinAgain { .. } => {
                self.entries_in_flight = change(self.entries_in_flight, 1);
            }
            _ => {}
        }
    }
}

impl Step {
    /// Is somebody to be signed in by it?
    pub(crate) const fn signs_in(&self) -> bool {
        matches!(self.0, Then::SignIn(_) | Then::Scram(_))
    }
}

impl Then {
    const fn is_send(&self) -> bool {
        matches!(self, Self::Send(_))
    }
}

/// The part of an answer that was asked for; an answer of another kind is the server's fault.
macro_rules! expected {
    ($answer:expr, $kind:ident) => {
        match $answer {
            Ok(snug_proto::Response::$kind(response)) => Ok(response),
            Ok(other) => Err($crate::connection::unexpected(&other)),
            Err(refusal) => Err(refusal),
        }
    };
}
pub(crate) use expected;

pub(crate) fn unexpected(_: &Response) -> snug_proto::Refusal {
    ErrorCode::Internal.into()
}
