//! What a typed line sets going.

use snug_client::QueueFull;
use snug_proto::{
    CreateRoom, Delete, Edit, Join, Leave, NewToken, Read, Request, RevokeToken, RoomRef, Secret,
    Send, Server, Timestamp, limits::MAX_BODY_BYTES,
};
use zeroize::Zeroizing;

use super::{Chat, Done, Waiting, Wanted};
use crate::{
    plain::{
        command::{self, COMMANDS, Change, Create, Line, Order, Password, Span},
        moment, orders,
    },
    sanitize,
};

/// Did a line get done, or must it wait for those before it?
enum Start {
    Done(Vec<String>),
    Wait,
}

/// Words that did not go out, so that they are not lost.
pub(super) fn not_sent(words: &str) -> String {
    const SHOWN: usize = 300;
    let shown: String = words.chars().take(SHOWN).collect();
    let more = if shown.len() < words.len() { "…" } else { "" };
    format!("-- not sent: {}{more}", sanitize::line(&shown))
}

impl Chat {
    /// Begins with as many of the typed lines as can be begun now.
    pub(super) fn work_off(&mut self) {
        // Before the greeting there is no room to say anything in.
        while self.greeted && self.blocked_on.is_none() && self.jobs.is_empty() {
            let Some(line) = self.backlog.pop_front() else {
                return;
            };
            match self.start(&line) {
                Start::Done(lines) => {
                    if !lines.is_empty() {
                        // By way of a job, so that all printing happens in one place.
                        self.jobs.spawn(async { Done::Lines(lines) });
                    }
                }
                Start::Wait => {
                    self.backlog.push_front(line);
                    return;
                }
            }
        }
    }

    fn start(&mut self, line: &Zeroizing<String>) -> Start {
        if let Some(wanted) = self.wanted.take() {
            self.terminal.hide(false);
            // A secret never waits in a queue of words.
            return match self.secret(wanted, line) {
                Start::Wait => Start::Done(vec![format!("!! {QueueFull}. Try again.")]),
                done @ Start::Done(_) => done,
            };
        }
        match Line::parse(line) {
            Line::Nothing => Start::Done(Vec::new()),
            Line::Say(words) => self.say(words),
            Line::Order(order) => self.order(order),
            Line::Unknown(name) => Start::Done(self.unknown(&name)),
            Line::Usage(usage) => Start::Done(vec![format!("-- it is used so: {usage}")]),
        }
    }

    fn say(&mut self, words: String) -> Start {
        let Some(room) = self.view.current else {
            return Start::Done(vec!["!! You are in no room. /join ROOM first.".to_owned()]);
        };
        let send = Send {
            room: Some(room.into()),
            to: None,
            body: words.clone(),
            key: None,
        };
        self.words(send, words)
    }

    fn words(&mut self, request: impl Into<Request>, words: String) -> Start {
        if words.len() > MAX_BODY_BYTES {
            let text = snug_proto::ErrorCode::BodyTooLong.sentence();
            return Start::Done(vec![format!("!! {text}"), not_sent(&words)]);
        }
        self.submit(request, Waiting::Words(words))
            .map_or(Start::Wait, |_id| {
                let kept = "-- kept; it is sent when the connection is back".to_owned();
                let kept = (!self.view.is_online()).then_some(kept);
                Start::Done(kept.into_iter().collect())
            })
    }

    fn submit(
        &mut self,
        request: impl Into<Request>,
        waiting: Waiting,
    ) -> Result<snug_client::LocalId, QueueFull> {
        let id = self.client.submit(request)?;
        self.waiting.insert(id, waiting);
        Ok(id)
    }

    /// Submits what the lines after it depend on.
    fn submit_first(&mut self, request: impl Into<Request>, waiting: Waiting) -> Start {
        self.submit(request, waiting).map_or(Start::Wait, |id| {
            self.blocked_on = Some(id);
            let kept = "-- kept; it is done when the connection is back, and what you type after it \
                        waits for that";
            let kept = (!self.view.is_online()).then(|| kept.to_owned());
            Start::Done(kept.into_iter().collect())
        })
    }

    fn order(&mut self, order: Order) -> Start {
        match order {
            Order::Help(about) => Start::Done(help(about.as_deref())),
            Order::Join { room, password } => self.join(room, password.map(Secret::new)),
            Order::Create(create) => self.create(create),
            Order::Leave(room) => self.leave_room(room),
            Order::Room(room) => Start::Done(self.go_to(room)),
            Order::Message { to, body } => {
                let send = Send {
                    room: None,
                    to: Some(to.as_str().into()),
                    body: body.clone(),
                    key: None,
                };
                self.words(send, body)
            }
            Order::Edit { seq, body } => match self.view.current {
                Some(room) => {
                    let edit = Edit {
                        room: room.into(),
                        seq,
                        body: body.clone(),
                        key: None,
                    };
                    self.words(edit, body)
                }
                None => Start::Done(Vec::new()),
            },
            Order::Delete(seq) => match self.view.current {
                Some(room) => {
                    let room = room.into();
                    let delete = Delete {
                        room,
                        seq,
                        key: None,
                    };
                    self.submit(delete, Waiting::Other)
                        .map_or(Start::Wait, |_id| Start::Done(Vec::new()))
                }
                None => Start::Done(Vec::new()),
            },
            Order::Mark => {
                self.mark_read();
                Start::Done(vec![format!(
                    "-- {} is marked as read",
                    self.view.current_title()
                )])
            }
            Order::Numbers(on) => {
                self.view.numbers = on;
                Start::Done(vec![format!("-- numbers are {}", shown(on))])
            }
            Order::Times(on) => {
                self.view.times = on;
                Start::Done(vec![format!("-- times are {}", shown(on))])
            }
            Order::Quit => {
                self.quit();
                Start::Done(Vec::new())
            }
            question => self.question(question),
        }
    }

    /// What is asked past the queue waits until the queue is empty, so that it sees what was said
    /// before it.
    fn question(&mut self, question: Order) -> Start {
        if !self.view.is_online() {
            let text = "!! There is no connection just now. It is being tried again by itself.";
            return Start::Done(vec![text.to_owned()]);
        }
        if !self.waiting.is_empty() {
            // Put back as it was: the line itself is kept by the caller.
            return Start::Wait;
        }
        self.asked(question)
            .map_or_else(Start::Done, |()| Start::Done(Vec::new()))
    }

    fn asked(&mut self, question: Order) -> Result<(), Vec<String>> {
        let client = self.client.clone();
        let link = self.server.link.clone();
        match question {
            Order::Who => {
                let room = self.view.current.ok_or_else(Vec::new)?;
                self.spawn(orders::who(client, room));
            }
            Order::Rooms => self.spawn(orders::rooms(client)),
            Order::Invite => self.spawn(orders::invite(client, link)),
            Order::Tokens => self.spawn(orders::tokens(client)),
            Order::NewToken { label, scope } => {
                let name = sanitize::line(&self.view.name);
                let request = NewToken { label, scope };
                self.spawn(orders::new_token(client, request, link, name));
            }
            Order::RevokeToken(token) => {
                let done = "-- it is void from now on".to_owned();
                let request = RevokeToken { token }.into();
                self.spawn(orders::simple(client, request, done));
            }
            Order::Server(change) => return self.server(change),
            Order::History(span) => return self.read_history(&span),
            _ => {}
        }
        Ok(())
    }

    fn spawn(&mut self, lines: impl Future<Output = Vec<String>> + std::marker::Send + 'static) {
        self.jobs.spawn(async { Done::Lines(lines.await) });
    }

    fn server(&mut self, change: Change) -> Result<(), Vec<String>> {
        use snug_proto::Registration::Code;
        if change.registration == Some(Code) && change.access_code.is_none() {
            return Err(self.ask(
                Wanted::AccessCode(change),
                "the access code that newcomers need",
            ));
        }
        self.change_server(change);
        Ok(())
    }

    fn change_server(&mut self, change: Change) {
        let request = Server {
            registration: change.registration,
            access_code: change.access_code.map(Secret::new),
            inviters: change.inviters,
            plain_passwords: change.plain_passwords,
        };
        self.spawn(orders::server(self.client.clone(), request));
    }

    fn read_history(&mut self, span: &Span) -> Result<(), Vec<String>> {
        /// Lines of a stretch that is not given in lines.
        const STRETCH: usize = 200;
        const PAGE: usize = 20;
        let room = self.view.current.ok_or_else(Vec::new)?;
        let mut read = Read {
            room: room.into(),
            after: None,
            before: None,
            since: None,
            limit: None,
            log: None,
        };
        let wanted = match span {
            Span::Last(count) => usize::try_from(*count).unwrap_or(PAGE),
            Span::Before(seq) => {
                read.before = Some(*seq);
                PAGE
            }
            Span::Since(text) => {
                let now = now();
                let since = moment::parse(text, now, self.view.offset_s(now)).ok_or_else(|| {
                    vec![
                        "-- a time is like 19:30, 2026-11-20, 2026-11-20 19:30, 2h or 3d"
                            .to_owned(),
                    ]
                })?;
                read.since = Some(since);
                STRETCH
            }
        };
        let client = self.client.clone();
        self.jobs.spawn(async move {
            match orders::history(client, read, wanted).await {
                Ok(stretch) => Done::History(room, stretch),
                Err(lines) => Done::Lines(lines),
            }
        });
        Ok(())
    }

    fn join(&mut self, room: String, password: Option<Secret>) -> Start {
        let request = Join {
            room: RoomRef::from(room.as_str()),
            password,
        };
        self.submit_first(request, Waiting::Enter(room))
    }

    fn create(&mut self, create: Create) -> Start {
        let password = match create.password.clone() {
            Password::None => None,
            Password::Given(password) => Some(Secret::new(password)),
            Password::Ask => {
                let what = format!("the password of {}", sanitize::line(&create.room));
                return Start::Done(self.ask(Wanted::Create(create), &what));
            }
        };
        let request = CreateRoom {
            room: create.room.clone(),
            password,
            history: create.history,
            key: None,
        };
        self.submit_first(request, Waiting::Enter(create.room))
    }

    fn secret(&mut self, wanted: Wanted, line: &Zeroizing<String>) -> Start {
        if line.is_empty() {
            return Start::Done(vec!["-- given up".to_owned()]);
        }
        match wanted {
            Wanted::Join(room) => self.join(room, Some(Secret::from(line.as_str()))),
            Wanted::Create(mut create) => {
                create.password = Password::Given(line.to_string());
                self.create(create)
            }
            Wanted::AccessCode(mut change) => {
                change.access_code = Some(line.to_string());
                self.change_server(change);
                Start::Done(Vec::new())
            }
        }
    }

    fn leave_room(&mut self, room: Option<String>) -> Start {
        let room = match (room, self.view.current) {
            (Some(room), _) => RoomRef::from(room.as_str()),
            (None, Some(room)) => room.into(),
            (None, None) => return Start::Done(Vec::new()),
        };
        self.submit_first(Leave { room }, Waiting::Other)
    }

    fn go_to(&mut self, room: Option<String>) -> Vec<String> {
        let Some(room) = room else {
            return vec![format!("-- you are in {}", self.view.current_title())];
        };
        match self.view.room_named(&room) {
            Some(id) => {
                self.view.current = Some(id);
                vec![format!("-- you are in {} now", self.view.current_title())]
            }
            None if room.starts_with('@') => {
                let person = sanitize::line(room.trim_start_matches('@'));
                vec![format!(
                    "!! You have not spoken with {person} yet. /msg {person} TEXT does."
                )]
            }
            None => {
                let room = sanitize::line(&room);
                vec![format!(
                    "!! You are in no room called {room}. /join {room} joins it."
                )]
            }
        }
    }

    fn unknown(&mut self, name: &str) -> Vec<String> {
        if self.view.room_named(name).is_some() {
            return self.go_to(Some(name.to_owned()));
        }
        let shown = sanitize::line(name);
        let meant = command::nearest(name).map_or_else(
            || "/help lists the commands.".to_owned(),
            |meant| format!("Was it /{meant}?"),
        );
        vec![format!(
            "!! There is no command /{shown}. {meant} (//{shown} says /{shown}.)"
        )]
    }
}

const fn shown(on: bool) -> &'static str {
    if on { "shown" } else { "not shown" }
}

fn help(about: Option<&str>) -> Vec<String> {
    let Some(about) = about else {
        let mut lines: Vec<String> = COMMANDS
            .iter()
            .map(|entry| format!("-- {}", entry.usage))
            .collect();
        lines.push(
            "-- /help COMMAND says more. A line without / is said to all in the room.".into(),
        );
        return lines;
    };
    match COMMANDS.iter().find(|entry| entry.name == about) {
        Some(entry) => vec![format!("-- {}", entry.usage), format!("-- {}", entry.help)],
        None => vec![format!(
            "!! There is no command /{}.",
            sanitize::line(about)
        )],
    }
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let ms = since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    });
    Timestamp::from_ms(ms)
}
