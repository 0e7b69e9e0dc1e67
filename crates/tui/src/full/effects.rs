//! Doing what the screen wants done, and telling it what the servers say.

use std::time::Duration;

use snug_client::{Ended, Passed, Update};
use snug_proto::{ErrorCode, Ping, Refusal, Request, Response, Timestamp, Who};
use snug_screen::{Effect, Hole, Input, Link, ServerId, Tag};
use tokio::time::{Instant, timeout};

use super::{
    line::{Submitted, Words},
    outside,
    program::{Done, Ending, Program},
};
use crate::plain::moment;

/// A ping that takes longer tells nothing.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a terminal without the focus is left without pings.
const PING_EVERY_MS: u64 = 60_000;

impl Program {
    /// Does what the screen wants.
    pub(super) fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Ask {
                server,
                tag,
                request,
            } => self.ask(server, tag, *request),
            Effect::Submit {
                server,
                tag,
                request,
            } => self.submit(server, tag, *request),
            Effect::Command { server, room, line } => self.command(server, room, &line),
            Effect::Bell => self.glass.say(outside::BELL),
            Effect::Notify { title, body } => self.glass.say(&outside::note(&title, &body)),
            Effect::Title(title) => self.glass.say(&outside::title(&title)),
            Effect::Copy(words) => match outside::copy(&words) {
                Some(bytes) => self.glass.say(&bytes),
                None => self.note("!! That is too long for the clipboard of a terminal."),
            },
            Effect::Open(link) => {
                if let Err(why) = outside::open(&link) {
                    self.note(&format!("!! {why}"));
                }
            }
            Effect::SaveDraft {
                server,
                room,
                words,
            } => {
                let alias = self.line(server).map(|line| line.known.alias.clone());
                if let Some(alias) = alias {
                    self.kept.draft(&alias, room, &words);
                }
            }
            Effect::SaveSetting { name, value } => self.save_setting(&name, &value),
            Effect::First(step) => self.first(step),
            Effect::Redraw => self.glass.again(),
            Effect::Suspend => {
                self.glass.suspend();
                let size = self.glass.size();
                self.input(Input::Resize(size));
            }
            Effect::Quit => self.end = Some(Ending::Left),
        }
    }

    /// A sentence above the input; one that begins with `!!` went wrong.
    pub(super) fn note(&mut self, sentence: &str) {
        // No server has this number: it stands wherever one is.
        let nowhere = ServerId(0);
        self.input(Input::Said(nowhere, None, vec![sentence.to_owned()]));
    }

    fn ask(&mut self, server: ServerId, tag: Tag, request: Request) {
        let Some(line) = self.line(server) else {
            return;
        };
        let pending = line.client.request(request);
        self.jobs
            .spawn(async move { Done::Answer(server, tag, Box::new(pending.await)) });
    }

    fn submit(&mut self, server: ServerId, tag: Tag, request: Request) {
        let Some(line) = self.line(server) else {
            return;
        };
        let words = Words::of(&request);
        match line.client.submit(request) {
            Ok(id) => {
                line.submitted.insert(id, Submitted::Tag(tag, words));
            }
            Err(full) => {
                let refusal = Refusal::with_text(ErrorCode::Busy, format!("There is {full}."));
                // As a job, so that the screen is not told before it has finished asking.
                self.jobs
                    .spawn(async move { Done::Answer(server, tag, Box::new(Err(refusal))) });
            }
        }
    }

    /// Something happened on a server.
    pub(super) fn update(&mut self, id: ServerId, update: Update) {
        let Some(line) = self.line(id) else {
            return;
        };
        // What commands show needs to know it too; its lines are plain mode's.
        let _lines = line.view.update(&update);
        match update {
            Update::Online {
                account,
                name,
                role,
                rooms,
            } => {
                line.online = true;
                let state = Link::SignedIn {
                    account,
                    name,
                    role,
                    rooms,
                };
                self.input(Input::Link(id, state));
                self.come_in(id);
            }
            Update::CaughtUp => {}
            Update::Offline { why, retry_in } => {
                line.online = false;
                let wait = u64::try_from(retry_in.as_millis()).unwrap_or(u64::MAX);
                let at = Timestamp::from_ms(moment::now().ms().saturating_add(wait));
                self.input(Input::Link(id, Link::Retrying { at, why }));
            }
            Update::Event(event) => self.input(Input::Event(id, Box::new(event))),
            Update::Passed {
                room_id,
                after,
                to,
                why,
                ..
            } => {
                let hole = Hole {
                    room: room_id,
                    after,
                    to,
                    readable: why == Passed::Skipped,
                };
                self.input(Input::Hole(id, hole));
            }
            Update::Restarted { room_id, .. } => self.input(Input::Restarted(id, room_id)),
            Update::Answered { id: of, answer } => match line.submitted.remove(&of) {
                Some(Submitted::Tag(tag, _)) => {
                    self.input(Input::Answer(id, tag, Box::new(answer)));
                }
                Some(Submitted::Command(room, then)) => self.answered(id, room, then, answer),
                None => {}
            },
            Update::Delayed {
                id: of, refusal, ..
            } => {
                if let Some(Submitted::Tag(tag, _)) = line.submitted.get(&of) {
                    let tag = *tag;
                    self.input(Input::Delayed(id, tag, refusal));
                }
            }
            Update::Ended(ended) => self.ended(id, &ended),
        }
    }

    /// One is signed in: what was kept is told, and one is brought to where one was.
    fn come_in(&mut self, id: ServerId) {
        let Some(line) = self.line(id) else {
            return;
        };
        let alias = line.known.alias.clone();
        let first = !std::mem::replace(&mut line.told_drafts, true);
        let here = line.client.request(Who::default());
        self.jobs.spawn(async move {
            match here.await {
                Ok(Response::People(people)) => Done::Here(id, people),
                // Not worth a line: /who asks again.
                _ => Done::Nothing,
            }
        });
        self.ping(id);
        if !first {
            return;
        }
        for (room, words) in self.kept.drafts(&alias) {
            self.input(Input::Draft(id, room, words));
        }
        for (room, lines) in self.kept.typed(&alias) {
            self.input(Input::Typed(id, room, lines));
        }
        if let Some((_, room)) = self
            .place
            .take_if(|(of, _)| of.eq_ignore_ascii_case(&alias))
        {
            self.input(Input::GoTo(id, room));
        }
    }

    /// It is over with a server: by a word of its, or because a password is needed.
    fn ended(&mut self, id: ServerId, ended: &Ended) {
        let wants_password = match ended {
            Ended::SignedOut(refusal) => refusal.code == ErrorCode::BadSession,
            Ended::Open(error) => error.wants_password(),
            Ended::Profile(_) => false,
        };
        let Some(line) = self.line(id) else {
            return;
        };
        line.online = false;
        let known = line.known.clone();
        let advice = if wants_password {
            "your password is needed again".to_owned()
        } else {
            super::advice(ended, &known.alias)
        };
        let why = format!("{ended}; {advice}");
        self.input(Input::Link(id, Link::Offline { why }));
        if wants_password {
            self.want_password(known);
        }
    }

    /// How long the way is, told now and then while somebody looks.
    pub(super) fn ping_now_and_then(&mut self) {
        let on_the_minute = moment::now().ms() % PING_EVERY_MS < 1000;
        if !self.screen.state().focused || !on_the_minute {
            return;
        }
        let ids: Vec<ServerId> = self.lines.iter().map(|line| line.id).collect();
        for id in ids {
            self.ping(id);
        }
    }

    fn ping(&mut self, id: ServerId) {
        let Some(line) = self.line(id).filter(|line| line.online) else {
            return;
        };
        let began = Instant::now();
        let pending = line.client.request(Ping::default());
        self.jobs.spawn(async move {
            let took = match timeout(PING_TIMEOUT, pending).await {
                Ok(Ok(_pong)) => began.elapsed(),
                _ => Duration::MAX,
            };
            Done::Pinged(id, took)
        });
    }

    /// A ping came back, or did not.
    pub(super) fn pinged(&mut self, id: ServerId, took: Duration) {
        if let Ok(ms) = u32::try_from(took.as_millis()) {
            self.input(Input::Link(id, Link::Latency { ms }));
        }
    }
}
