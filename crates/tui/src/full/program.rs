//! The loop of the full screen: what happens goes into the screen, what the screen wants is done, and what
//! changed is drawn, no more often than a person can see. While nothing happens nothing runs.

use std::{pin::pin, process::ExitCode, time::Duration};

use snug_client::{ClientOptions, Connection, KnownServer, Opened, Profile};
use snug_proto::{Answer, People, RoomId, Timestamp};
use snug_screen::{Effect, FirstNews, Input, Screen, ServerId, Tag};
use tokio::{
    sync::mpsc,
    task::{JoinError, JoinSet},
    time::{Instant, sleep_until, timeout},
};

use super::{
    commands,
    door::Came,
    glass::Glass,
    kept::Kept,
    line::{Line, Told},
    question::{Slot, Wanted},
    settings_file::SettingsFile,
};
use crate::{
    guard::{self, Stopping},
    plain::{
        commands::{Output, Trouble},
        moment,
    },
};

/// The shortest time between two drawings: sixty a second.
const FRAME: Duration = Duration::from_millis(16);
/// Things that happened which are taken in before the next drawing; past it the screen is drawn between.
const MAX_AT_ONCE: usize = 512;
/// Updates of all servers that wait; when it is full, nothing more is taken from them.
const MAX_UPDATES: usize = 256;
/// How long saying goodbye to all servers may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// See the module.
pub(super) struct Program {
    pub(super) screen: Screen,
    pub(super) glass: Box<dyn Glass>,
    pub(super) profile: Profile,
    pub(super) options: ClientOptions,
    pub(super) settings: SettingsFile,
    pub(super) kept: Kept,
    pub(super) lines: Vec<Line>,
    next_server: u32,
    /// Questions to servers past their queues, and what else takes a while.
    pub(super) jobs: JoinSet<Done>,
    to_updates: mpsc::Sender<Told>,
    updates: mpsc::Receiver<Told>,
    /// Secrets that wait to be asked for, one after the other.
    pub(super) wanted: std::collections::VecDeque<Wanted>,
    /// The one that is being asked for, and where it comes.
    pub(super) asking: Option<(Wanted, Slot)>,
    /// Where one was last; gone to once its rooms are known.
    pub(super) place: Option<(String, RoomId)>,
    changed: bool,
    pub(super) end: Option<Ending>,
}

/// What something past the queue came to.
pub(super) enum Done {
    /// The screen's question was answered.
    Answer(ServerId, Tag, Box<Answer>),
    /// A command's, typed in this room.
    Command(ServerId, Option<RoomId>, Result<Output, Trouble>),
    /// Who is here at the beginning: for what commands show.
    Here(ServerId, People),
    /// A ping came back.
    Pinged(ServerId, Duration),
    /// Something of the first start.
    First(FirstNews),
    /// One has come in to a server.
    Came(Box<Came>),
    /// The password was right, and a second factor is owed.
    CodeNeeded(KnownServer, Connection),
    /// A sign-in by password failed.
    NotIn(KnownServer, String),
    /// It is done, and nothing follows from it.
    Nothing,
}

/// How it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The person left.
    Left,
    /// The terminal is gone.
    Gone,
    /// By a signal, with this status.
    Signal(u8),
    /// A thread panicked.
    Panic,
}

/// What is left to say once the terminal is back.
pub(super) struct Afterwards {
    pub(super) ending: Ending,
    /// Words that did not go out.
    pub(super) unsent: Vec<String>,
}

impl Afterwards {
    /// The exit status that tells of it.
    pub(super) fn status(&self) -> ExitCode {
        match self.ending {
            Ending::Left => ExitCode::SUCCESS,
            Ending::Gone => ExitCode::FAILURE,
            Ending::Signal(status) => ExitCode::from(status),
            Ending::Panic => ExitCode::from(101),
        }
    }
}

impl Program {
    /// A screen that knows no server yet.
    pub(super) fn new(
        glass: Box<dyn Glass>,
        profile: Profile,
        options: ClientOptions,
        mut settings: SettingsFile,
    ) -> anyhow::Result<Self> {
        let (to_updates, updates) = mpsc::channel(MAX_UPDATES);
        let (read, complaint) = settings.read(&profile);
        let screen = Screen::new(read, glass.size(), moment::now());
        let kept = Kept::open(&profile)?;
        let mut program = Self {
            screen,
            glass,
            options,
            settings,
            place: kept.place(),
            kept,
            profile,
            lines: Vec::new(),
            next_server: 1,
            jobs: JoinSet::new(),
            to_updates,
            updates,
            wanted: std::collections::VecDeque::new(),
            asking: None,
            changed: true,
            end: None,
        };
        if let Some(complaint) = complaint {
            program.note(&complaint);
        }
        Ok(program)
    }

    /// Sits down at a server: over this connection, or one that it makes itself.
    pub(super) fn sit_down(
        &mut self,
        known: KnownServer,
        opened: Option<Opened>,
    ) -> anyhow::Result<ServerId> {
        let id = ServerId(self.next_server);
        self.next_server += 1;
        let (alias, address) = (known.alias.clone(), known.link.to_string());
        let line = Line::start(
            id,
            known,
            opened,
            &self.profile,
            &self.options,
            self.to_updates.clone(),
        )?;
        self.lines.push(line);
        self.input(Input::Server(id, alias));
        self.input(Input::Address(id, address));
        Ok(id)
    }

    /// Runs until it is over. The terminal is given back before what takes longer.
    pub(super) async fn run(mut self, mut keys: mpsc::Receiver<Input>) -> Afterwards {
        let mut signal = pin!(guard::ended_by_signal());
        let mut panicked = pin!(guard::panicked());
        let mut stops = guard::Stops::listen();
        let mut frame_at = Instant::now();
        let ending = loop {
            if let Some(ending) = self.end {
                break ending;
            }
            if self.changed && !self.glass.is_busy() && Instant::now() >= frame_at {
                self.changed = false;
                self.glass.draw(&self.screen);
                frame_at = Instant::now() + FRAME;
            }
            let tick_at = self.tick_at();
            let save_at = self.kept.save_at();
            tokio::select! {
                key = keys.recv() => match key {
                    Some(key) => self.typed(key),
                    None => break Ending::Gone,
                },
                Some((id, update)) = self.updates.recv() => self.update(id, update),
                Some(done) = self.jobs.join_next() => self.done(done),
                () = self.glass.done(), if self.changed => {}
                () = sleep_until(frame_at), if self.changed && !self.glass.is_busy() => {}
                () = until(tick_at), if tick_at.is_some() => self.tick(),
                () = until(save_at), if save_at.is_some() => self.save().await,
                stopping = stops.next() => self.stopping(stopping),
                status = &mut signal => break Ending::Signal(status),
                () = &mut panicked => break Ending::Panic,
            }
            self.take_what_waits(&mut keys);
        };
        self.leave(ending).await
    }

    /// What happened by now is taken in before the next drawing.
    fn take_what_waits(&mut self, keys: &mut mpsc::Receiver<Input>) {
        for _ in 0..MAX_AT_ONCE {
            if self.end.is_some() {
                return;
            }
            // A key comes first: it is what somebody waits for.
            if let Ok(key) = keys.try_recv() {
                self.typed(key);
            } else if let Ok((id, update)) = self.updates.try_recv() {
                self.update(id, update);
            } else {
                return;
            }
        }
    }

    async fn leave(mut self, ending: Ending) -> Afterwards {
        guard::leave();
        let mut unsent = Vec::new();
        for line in &self.lines {
            for (room, words) in line.unsent() {
                unsent.push(words.to_owned());
                // They stand in the input when one is back, unless something else does.
                if let Some(room) = room
                    && self
                        .kept
                        .drafts(&line.known.alias)
                        .iter()
                        .all(|(of, _)| *of != room)
                {
                    self.kept.draft(&line.known.alias, room, words);
                }
            }
        }
        self.save().await;
        self.jobs.abort_all();
        let mut goodbyes = JoinSet::new();
        for line in std::mem::take(&mut self.lines) {
            goodbyes.spawn(line.close());
        }
        let all = async { while goodbyes.join_next().await.is_some() {} };
        let _late = timeout(GOODBYE, all).await;
        Afterwards { ending, unsent }
    }

    /// Takes in what happened, and does what the screen wants.
    pub(super) fn input(&mut self, input: Input) {
        self.changed = true;
        let effects = self.screen.input(moment::now(), input);
        let says =
            |effect: &Effect| matches!(effect, Effect::Submit { .. } | Effect::Command { .. });
        if effects.iter().any(says) {
            self.note_typed();
        }
        for effect in effects {
            self.effect(effect);
        }
        self.note_place();
        self.ask_next();
    }

    fn typed(&mut self, input: Input) {
        #[cfg(debug_assertions)]
        super::panic_if_told(&input);
        if let Input::Resize(size) = &input {
            self.glass.resize(*size);
        }
        let looks = matches!(input, Input::Key(_) | Input::Focus(true));
        self.input(input);
        if looks {
            // After the key, which takes away what was said before it.
            self.read_settings_if_changed();
        }
    }

    fn tick(&mut self) {
        self.read_settings_if_changed();
        self.ping_now_and_then();
        self.input(Input::Tick);
    }

    /// When the screen wants a tick.
    fn tick_at(&self) -> Option<Instant> {
        let at: Timestamp = self.screen.next_tick()?;
        let wait = at.ms().saturating_sub(moment::now().ms());
        Some(Instant::now() + Duration::from_millis(wait))
    }

    /// What was typed here last is kept, but what holds a secret.
    fn note_typed(&mut self) {
        let state = self.screen.state();
        let (Some(here), Some((server, room))) = (state.here, state.current()) else {
            return;
        };
        let lines = room
            .editor
            .typed_before()
            .filter(|line| !commands::holds_secret(line));
        self.kept.was_typed(&server.alias, here.room, lines);
    }

    /// Where one is now is kept.
    fn note_place(&mut self) {
        let Some(here) = self.screen.state().here else {
            return;
        };
        // Not before one was brought to where one was.
        if self.place.is_none()
            && let Some(line) = self.lines.iter().find(|line| line.id == here.server)
        {
            self.kept.at(&line.known.alias, here.room);
        }
    }

    fn stopping(&mut self, stopping: Stopping) {
        match stopping {
            Stopping::Stop => self.glass.suspend(),
            Stopping::GoOn => self.glass.again(),
        }
        let size = self.glass.size();
        self.input(Input::Resize(size));
    }

    async fn save(&mut self) {
        if let Err(error) = self.kept.save().await {
            self.note(&format!("What you write could not be kept: {error}."));
        }
    }

    fn done(&mut self, done: Result<Done, JoinError>) {
        let Ok(done) = done else {
            // What it panicked with is told by the guard, which ends the program.
            return;
        };
        match done {
            Done::Answer(id, tag, answer) => self.input(Input::Answer(id, tag, answer)),
            Done::Command(id, room, output) => self.output(id, room, output),
            Done::Here(id, people) => {
                if let Some(line) = self.line(id) {
                    let _lines = line.view.begin_with(&people);
                }
            }
            Done::Pinged(id, took) => self.pinged(id, took),
            Done::First(news) => self.input(Input::First(news)),
            Done::Came(came) => self.came(*came),
            Done::CodeNeeded(known, connection) => self.want_code(known, connection),
            Done::NotIn(known, why) => self.not_in(known, &why),
            Done::Nothing => {}
        }
    }

    /// The line of a server.
    pub(super) fn line(&mut self, id: ServerId) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.id == id)
    }
}

/// Waits until then; for ever where there is no such moment.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
