//! The loop of plain mode: what happens is printed, what is typed is done, in order.

mod ended;
mod start;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    pin::pin,
    process::ExitCode,
    time::Duration,
};

use snug_client::{Client, KnownServer, LocalId, Update, Updates};
use snug_proto::{
    Announcements, Answer, ErrorCode, Event, FriendEntry, Friends, Friendship, Mark, People,
    Response, RoomEntry, Secret, Who,
};
use tokio::{
    task::JoinSet,
    time::{Instant, interval, timeout},
};
use zeroize::Zeroizing;

use super::{
    commands::{self, Deed, Line, Output, Queued, Then, friend_line, refusal, with_password},
    terminal::{Input, Terminal},
    view::{View, room_title},
};
use crate::guard;

/// What is printed is marked as read at most so often.
const MARK_EVERY: Duration = Duration::from_secs(1);
/// How long leaving waits for what was said to be answered.
const LEAVING: Duration = Duration::from_secs(5);
/// How long the last lines may take to be taken by the terminal.
const LAST_LINES: Duration = Duration::from_secs(1);
/// Lines typed while one before them waits for its answer; past it the keyboard waits too.
const MAX_BACKLOG: usize = 1000;

/// See the module.
pub(crate) struct Chat {
    client: Client,
    terminal: Terminal,
    pub(super) view: View,
    server: KnownServer,
    /// A question past the queue, and what to print for its answer.
    jobs: JoinSet<Done>,
    /// What was submitted and not answered yet.
    waiting: BTreeMap<LocalId, Then>,
    /// Later lines wait for the answer to this: it may change the room they go to.
    blocked_on: Option<LocalId>,
    /// Cannot be done yet; what was typed after it waits.
    held: Option<Deed>,
    backlog: VecDeque<Zeroizing<String>>,
    /// Lines that will not get their turn.
    given_up: Vec<Zeroizing<String>>,
    /// Lines typed so far.
    typed: u64,
    /// The next line is a secret, and this follows from it.
    wanted: Option<Box<dyn FnOnce(Secret) -> Deed + Send>>,
    delayed: BTreeSet<LocalId>,
    greeted: bool,
    caught_up: bool,
    leaving: Option<Leaving>,
}

/// What a question past the queue came to.
enum Done {
    Shown(Output),
    /// Who is here at the beginning.
    Here(People),
}

/// How the person leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaving {
    /// The input ended: all that it held is done first.
    InputEnded,
    /// At the latest then.
    Until(Instant),
}

impl Chat {
    pub(super) fn new(client: Client, terminal: Terminal, view: View, server: KnownServer) -> Self {
        Self {
            client,
            terminal,
            view,
            server,
            jobs: JoinSet::new(),
            waiting: BTreeMap::new(),
            blocked_on: None,
            held: None,
            backlog: VecDeque::new(),
            given_up: Vec::new(),
            typed: 0,
            wanted: None,
            delayed: BTreeSet::new(),
            greeted: false,
            caught_up: false,
            leaving: None,
        }
    }

    /// Runs until it is over.
    pub(super) async fn run(mut self, mut updates: Updates) -> anyhow::Result<ExitCode> {
        let mut signal = pin!(guard::ended_by_signal());
        let mut tick = interval(MARK_EVERY);
        let status = loop {
            self.work_off();
            self.prompt();
            if self.is_done() {
                break ExitCode::SUCCESS;
            }
            let lines = tokio::select! {
                update = updates.next() => match update {
                    Some(Update::Ended(ended)) => {
                        self.terminal.print(ended::lines(&ended, &self.server.alias)).await;
                        break ExitCode::FAILURE;
                    }
                    Some(update) => self.update(update),
                    None => break ExitCode::FAILURE,
                },
                Some(done) = self.jobs.join_next() => self.done(done),
                input = self.terminal.input.recv(), if self.takes_input() => {
                    self.typed(input.unwrap_or(Input::End))
                }
                _ = tick.tick() => {
                    self.mark_read();
                    Vec::new()
                }
                status = &mut signal => {
                    break ExitCode::from(status);
                }
            };
            let printed = tokio::select! {
                printed = self.terminal.print(lines) => printed,
                // A terminal that is held still does not hold up a kill.
                status = &mut signal => break ExitCode::from(status),
            };
            if !printed {
                // Nobody reads what is printed.
                break ExitCode::FAILURE;
            }
        };
        self.leave(updates).await;
        Ok(status)
    }

    async fn leave(mut self, updates: Updates) {
        self.mark_read();
        let held = match &self.held {
            Some(Deed::Queued(Queued { then, .. })) => Some(then),
            _ => None,
        };
        let waiting = self.waiting.values().chain(held);
        let unsent = waiting.filter_map(|then| match then {
            Then::Words(words) => Some(start::not_sent(words)),
            _ => None,
        });
        let given_up = self
            .given_up
            .iter()
            .filter_map(|line| match Line::parse(line) {
                Line::Say(words) => Some(start::not_sent(&words)),
                _ => None,
            });
        let unsent = unsent.chain(given_up).collect();
        self.client.close(updates).await;
        // A terminal that is held still is not waited for.
        let _late = timeout(LAST_LINES, self.terminal.print(unsent)).await;
        self.terminal.finish().await;
    }

    fn is_done(&self) -> bool {
        let quiet = self.backlog.is_empty()
            && self.held.is_none()
            && self.waiting.is_empty()
            && self.jobs.is_empty();
        match self.leaving {
            None => false,
            Some(Leaving::InputEnded) => quiet && self.caught_up,
            Some(Leaving::Until(late)) => {
                // A script sees what it missed, whatever it says; a person has seen enough.
                let told = self.caught_up || self.terminal.is_interactive;
                (quiet && told) || !self.view.is_online() || Instant::now() >= late
            }
        }
    }

    /// A person's keys are always listened to, for Ctrl-C; a pipe can wait.
    fn takes_input(&self) -> bool {
        let most = if self.terminal.is_interactive {
            MAX_BACKLOG
        } else {
            1
        };
        self.leaving.is_none() && self.backlog.len() < most
    }

    fn typed(&mut self, input: Input) -> Vec<String> {
        match input {
            Input::Line(line) => {
                self.typed += 1;
                let stuck = !self.greeted || self.is_held_up();
                if stuck && self.terminal.is_interactive && Line::parse(&line).is_quit() {
                    self.quit();
                } else {
                    self.backlog.push_back(line);
                }
            }
            Input::End if !self.terminal.is_interactive => {
                self.leaving = Some(Leaving::InputEnded);
            }
            Input::End | Input::Interrupted => self.quit(),
        }
        Vec::new()
    }

    /// Do typed lines wait for something?
    fn is_held_up(&self) -> bool {
        self.blocked_on.is_some() || self.held.is_some() || !self.jobs.is_empty()
    }

    /// Leaves, but not before what was said is answered, or too much time has passed.
    pub(super) fn quit(&mut self) {
        let waiting = std::mem::take(&mut self.backlog);
        if self.wanted.is_none() {
            self.given_up = waiting.into();
        }
        self.leaving = Some(Leaving::Until(Instant::now() + LEAVING));
    }

    fn update(&mut self, update: Update) -> Vec<String> {
        let mut lines = self.view.update(&update);
        match update {
            Update::Online { rooms, .. } if !self.greeted => {
                self.greeted = true;
                lines.extend(self.greeting(&rooms));
                self.ask_who_asks();
                let here = self.client.request(Who::default());
                self.jobs.spawn(async {
                    match here.await {
                        Ok(Response::People(people)) => Done::Here(people),
                        // Not worth a line: /who asks again.
                        _ => Done::Shown(Output::Lines(Vec::new())),
                    }
                });
            }
            Update::Event(Event::Announcement(announcement)) => {
                // It is printed: it is not shown at the next sign-in again.
                let seen = Some(announcement.announcement);
                drop(self.client.request(Announcements { before: None, seen }));
            }
            Update::CaughtUp => {
                self.caught_up = true;
            }
            Update::Answered { id, answer } => lines.extend(self.answered(id, answer)),
            Update::Delayed {
                id,
                refusal,
                retry_in,
            } if self.delayed.insert(id) => {
                let why = commands::refusal(&refusal);
                let seconds = retry_in.as_secs_f64().ceil();
                lines.push(format!(
                    "{why} It waits, and is tried again in {seconds:.0} s."
                ));
            }
            _ => {}
        }
        lines
    }

    fn greeting(&self, rooms: &[RoomEntry]) -> Vec<String> {
        let KnownServer { alias, link, .. } = &self.server;
        let mut lines = vec![format!(
            "-- you are {} on {alias} ({} port {}); /help lists the commands, /quit leaves",
            crate::sanitize::line(&self.view.name),
            link.host(),
            link.port()
        )];
        let room = |entry: &RoomEntry| {
            let title = room_title(&entry.room);
            match entry.unread.unwrap_or(0) {
                0 => title,
                unread => format!("{title} ({unread} unread)"),
            }
        };
        let rooms: Vec<String> = rooms.iter().map(room).collect();
        lines.push(format!("-- your rooms: {}", rooms.join(", ")));
        lines.push(format!("-- you are in {} now", self.view.current_title()));
        lines
    }

    fn answered(&mut self, id: LocalId, answer: Answer) -> Vec<String> {
        self.delayed.remove(&id);
        if self.blocked_on == Some(id) {
            self.blocked_on = None;
        }
        match (self.waiting.remove(&id), answer) {
            (Some(Then::Enter(_)), Ok(Response::Entered(entered))) => self.entered(&entered.entry),
            (Some(Then::Enter(room)), Err(refused))
                if refused.code == ErrorCode::PasswordNeeded =>
            {
                self.perform(with_password(room))
            }
            (Some(Then::Words(words)), Err(refused)) => {
                vec![refusal(&refused), start::not_sent(&words)]
            }
            (_, Err(refused)) => vec![refusal(&refused)],
            (_, Ok(_done)) => Vec::new(),
        }
    }

    fn entered(&mut self, entry: &RoomEntry) -> Vec<String> {
        self.view.know(entry);
        self.view.current = Some(entry.room_id);
        let history = match entry.history {
            snug_proto::HistoryPolicy::All => "newcomers may read what was said before",
            snug_proto::HistoryPolicy::SinceJoining => "newcomers read from their joining on",
        };
        let title = self.view.current_title();
        vec![format!("-- you are in {title} now; {history}")]
    }

    /// Asks who asked while one was away to be one's friend.
    fn ask_who_asks(&mut self) {
        let friends = self.client.request(Friends::default());
        self.jobs.spawn(async {
            let lines = match friends.await {
                Ok(Response::FriendList(list)) => {
                    let asks = |friend: &&FriendEntry| friend.state == Friendship::Asks;
                    list.friends.iter().filter(asks).map(friend_line).collect()
                }
                // Not worth a line: /friends asks again.
                _ => Vec::new(),
            };
            Done::Shown(Output::Lines(lines))
        });
    }

    /// Shows the prompt for the next line once all before it is done.
    fn prompt(&self) {
        if self.is_held_up() || !self.backlog.is_empty() || !self.greeted || self.leaving.is_some()
        {
            return;
        }
        let prompt = match &self.wanted {
            Some(_) => "secret> ".to_owned(),
            None => format!("{}> ", self.view.current_title()),
        };
        self.terminal.prompt(prompt, self.typed);
    }

    fn done(&mut self, done: Result<Done, tokio::task::JoinError>) -> Vec<String> {
        match done {
            Ok(Done::Shown(Output::Lines(lines))) => lines,
            Ok(Done::Shown(Output::Viewed(lines))) => lines(&mut self.view),
            Ok(Done::Here(people)) => self.view.begin_with(&people),
            Err(panicked) => vec![format!("!! That failed: {panicked}")],
        }
    }

    /// Tells the server how far was printed. It is told again if this is lost.
    pub(super) fn mark_read(&mut self) {
        if !self.view.is_online() {
            return;
        }
        for (room_id, room) in &mut self.view.rooms {
            if room.shown > room.marked {
                room.marked = room.shown;
                let mark = Mark {
                    room: (*room_id).into(),
                    seq: room.shown,
                };
                drop(self.client.request(mark));
            }
        }
    }
}
