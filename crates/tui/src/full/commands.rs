//! Slash commands, done by the same table as in plain mode.

use std::sync::Arc;

use snug_proto::{Answer, ErrorCode, Response, RoomId, RoomRef, Send};
use snug_screen::{CommandInfo, Input, ServerId};

use super::{
    line::Submitted,
    program::{Done, Ending, Program},
    question::{For, Wanted},
};
use crate::plain::{
    commands::{
        self, Around, Ask, Deed, Line as Typed, Misuse, Output, Queued, Then, Trouble, help,
        refusal, with_password,
    },
    moment,
};

const NO_ROOM: &str = "!! You are in no room. Ctrl-K goes to one.";
const OF_PLAIN_MODE: &str = "-- that is for plain mode (snug --plain)";

/// The commands, for completion and help.
pub(super) fn known() -> Arc<[CommandInfo]> {
    let info = |command: &commands::Command| CommandInfo {
        name: command.name,
        usage: command.usage,
        help: command.help,
    };
    commands::all().map(info).collect()
}

/// May a password or a code stand in this line?
pub(super) fn holds_secret(line: &str) -> bool {
    match Typed::parse(line) {
        Typed::Command(command, words) => {
            let usage = command.usage.to_lowercase();
            !words.is_empty() && (usage.contains("password") || usage.contains("code"))
        }
        _ => false,
    }
}

impl Program {
    /// Does a line that begins with `/`.
    pub(super) fn command(&mut self, id: ServerId, room: Option<RoomId>, typed: &str) {
        let Some(line) = self.line(id) else {
            return;
        };
        line.view.current = room;
        match Typed::parse(typed) {
            Typed::Nothing => {}
            Typed::Say(words) => self.say(id, room, words),
            Typed::Command(command, words) => self.known_command(id, room, command, &words),
            Typed::Unknown(name) => match line.view.room_named(&name) {
                Some(to) => self.input(Input::GoTo(id, to)),
                None => self.said(id, room, vec![help::unknown(&name)]),
            },
        }
    }

    fn known_command(
        &mut self,
        id: ServerId,
        room: Option<RoomId>,
        command: &'static commands::Command,
        words: &str,
    ) {
        let Some(line) = self.line(id) else {
            return;
        };
        match command.name {
            "quit" => {
                self.end = Some(Ending::Left);
                return;
            }
            "help" => {
                let about = words.trim().trim_start_matches('/').to_lowercase();
                let about = (!about.is_empty()).then_some(about.as_str());
                let lines = help::lines(about, line.view.standing());
                return self.said(id, room, lines);
            }
            "room" if !words.trim().is_empty() => {
                let name = words.trim();
                if let Some(to) = line.view.room_named(name) {
                    return self.input(Input::GoTo(id, to));
                }
                // It says why not.
                let lines = commands::go_to(&mut line.view, name);
                return self.said(id, room, lines);
            }
            _ => {}
        }
        let now = moment::now();
        let around = Around {
            here: room.map(Into::into),
            in_lobby: line.view.is_lobby(room),
            now,
            offset_s: line.view.offset_s(now),
        };
        match command.deed(words, around) {
            Ok(deed) => self.perform(id, room, deed),
            Err(Misuse::Usage) => {
                let line = format!("!! It is used so: {}", command.usage);
                self.said(id, room, vec![line]);
            }
            Err(Misuse::NoRoom) => self.said(id, room, vec![NO_ROOM.to_owned()]),
            Err(Misuse::Say(sentence)) => self.said(id, room, vec![format!("!! {sentence}")]),
        }
    }

    fn say(&mut self, id: ServerId, room: Option<RoomId>, words: String) {
        let Some(to) = room else {
            return self.said(id, None, vec![NO_ROOM.to_owned()]);
        };
        let send = Send {
            manner: None,
            room: Some(RoomRef::Id(to)),
            to: None,
            body: words.clone(),
            reply_to: None,
            key: None,
        };
        let queued = Queued {
            request: send.into(),
            then: Then::Words(words),
        };
        self.perform(id, room, Deed::Queued(queued));
    }

    /// Does what a command comes to.
    pub(super) fn perform(&mut self, id: ServerId, room: Option<RoomId>, deed: Deed) {
        let Some(line) = self.line(id) else {
            return;
        };
        match deed {
            Deed::Here(_) => self.said(id, room, vec![OF_PLAIN_MODE.to_owned()]),
            Deed::Secret { what, then } => {
                let wanted = Wanted {
                    what,
                    whose: For::Command(id, room, then),
                };
                self.want(wanted);
            }
            Deed::Queued(Queued { request, then }) => {
                let online = line.online;
                match line.client.submit(request) {
                    Ok(of) => {
                        line.submitted.insert(of, Submitted::Command(room, then));
                        if !online {
                            let kept = "-- kept; it is done when the connection is back";
                            self.said(id, room, vec![kept.to_owned()]);
                        }
                    }
                    Err(full) => self.said(id, room, vec![format!("!! There is {full}.")]),
                }
            }
            Deed::Ask(_) if !line.online => {
                let text = "There is no connection just now. It is being tried again by itself.";
                let trouble = Trouble::Said(text.to_owned());
                self.said(id, room, vec![trouble.line()]);
            }
            Deed::Ask(question) => {
                let client = line.client.clone();
                let asking = Ask {
                    server: Arc::new(move |request| client.request(request)),
                    link: line.known.link.clone(),
                    name: line.view.name.clone(),
                };
                let answer = question(asking);
                self.jobs
                    .spawn(async move { Done::Command(id, room, answer.await) });
            }
        }
    }

    /// A command's question was answered.
    pub(super) fn output(
        &mut self,
        id: ServerId,
        room: Option<RoomId>,
        output: Result<Output, Trouble>,
    ) {
        let Some(line) = self.line(id) else {
            return;
        };
        let lines = match output {
            Ok(Output::Lines(lines)) => lines,
            Ok(Output::Viewed(lines)) => lines(&mut line.view),
            Err(trouble) => vec![trouble.line()],
        };
        self.said(id, room, lines);
    }

    /// What a command had put into the queue was answered.
    pub(super) fn answered(
        &mut self,
        id: ServerId,
        room: Option<RoomId>,
        then: Then,
        answer: Answer,
    ) {
        match (then, answer) {
            (Then::Enter(_), Ok(Response::Entered(entered))) => {
                if let Some(line) = self.line(id) {
                    line.view.know(&entered.entry);
                }
                self.input(Input::Entered(id, Box::new(entered.entry)));
            }
            (Then::Enter(name), Err(refused)) if refused.code == ErrorCode::PasswordNeeded => {
                self.perform(id, room, with_password(name));
            }
            (then, Err(refused)) => {
                self.said(id, room, vec![refusal(&refused)]);
                if let (Then::Words(words), Some(room)) = (then, room) {
                    self.input(Input::Draft(id, room, words));
                }
            }
            (_, Ok(_done)) => {}
        }
    }

    fn said(&mut self, id: ServerId, room: Option<RoomId>, lines: Vec<String>) {
        if !lines.is_empty() {
            self.input(Input::Said(id, room, lines));
        }
    }
}
