//! What Snug can do and IRC has no words for (DECISIONS 32): `SNUG <command>` or a message to `SnugServ`,
//! answered in plain sentences. The commands are called as in the plain client; each area's are in a file
//! of their own beside this one, with the sentences for their answers.

mod account;
mod credits;
mod door;
mod people;
mod rooms;
mod running;

use snug_proto::{Answer, PersonRef, Refusal, Request, Response, RoomRef, Secret};

use super::{asked::Asked, monitor::account_of};
use crate::{
    Capability, Connection, MessageId,
    connection::Then,
    line::{Line, Writer},
    names,
    services::quoted,
};

/// The nick that the service answers to.
pub(crate) const SERVICE: &str = "SnugServ";
/// Entries of a list that are shown; then a sentence says that there are more.
const MAX_SHOWN: usize = 40;
/// Entries on a page of a list that one can go on in.
const MAX_PAGE: usize = 20;

/// How the usage ends of what is not for everyone.
const FOR_OTHERS: [&str; 2] = ["(owner)", "(moderators)"];

/// Every command, by area.
const AREAS: &[&[Command]] = &[
    people::COMMANDS,
    rooms::COMMANDS,
    account::COMMANDS,
    credits::COMMANDS,
    door::COMMANDS,
    running::COMMANDS,
];

/// An area's sentences for the answers to its commands; `None` for those of others.
type Sentences = fn(&Response) -> Option<Vec<String>>;

/// Every area's sentences.
const SENTENCES: &[Sentences] = &[
    people::said,
    rooms::said,
    account::said,
    credits::said,
    door::said,
    running::said,
];

/// What was asked for: by which command, and how done is said where nothing else is to be said.
#[derive(Debug, Clone)]
pub(crate) struct ServiceAsked {
    command: &'static str,
    said: &'static str,
}

/// A command: its name, how it is used, and how it is read; `None` for wrong usage.
struct Command {
    name: &'static str,
    usage: &'static str,
    read: fn(&mut Words<'_>) -> Option<(Request, &'static str)>,
}

/// The words after a command. Every reading takes what it reads.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start();
        let (word, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }

    /// A password: the next word, or what stands in quotes.
    fn password(&mut self) -> Option<Secret> {
        match self.0.trim_start().strip_prefix('"') {
            Some(rest) => {
                let (password, rest) = quoted(rest)?;
                self.0 = rest;
                Some(password)
            }
            None => self.next().map(Secret::from),
        }
    }

    /// The next word, if it is this one.
    fn next_if(&mut self, wanted: &str) -> bool {
        let before = self.0;
        let is = self
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case(wanted));
        if !is {
            self.0 = before;
        }
        is
    }

    /// One of these words, as what it stands for.
    fn one_of<T: Copy>(&mut self, choices: &[(&str, T)]) -> Option<T> {
        let word = self.next()?;
        let chosen = choices
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word));
        chosen.map(|(_, choice)| *choice)
    }

    fn person(&mut self) -> Option<PersonRef> {
        self.next().map(person)
    }

    /// Everybody that is named in what is left; somebody must be.
    fn people(&mut self) -> Option<Vec<PersonRef>> {
        let people: Vec<_> = std::iter::from_fn(|| self.person()).collect();
        (!people.is_empty()).then_some(people)
    }

    fn room(&mut self) -> Option<RoomRef> {
        names::room_ref(self.next()?)
    }

    /// A channel, or the direct conversation with a nick.
    fn room_or_nick(&mut self) -> Option<RoomRef> {
        let word = self.next()?;
        names::room_ref(word).or_else(|| Some(RoomRef::Direct(person(word))))
    }

    fn number<T: std::str::FromStr>(&mut self) -> Option<T> {
        self.next()?.parse().ok()
    }

    /// `before <number>`, to go on in a list.
    fn before(&mut self) -> Option<u64> {
        self.next_if("before").then(|| self.number()).flatten()
    }

    /// `[<minutes>]`, in seconds: a number that stands before other words, or alone.
    fn minutes(&mut self) -> Option<u64> {
        let before = self.0;
        let minutes: Option<u64> = self.number();
        if minutes.is_none() {
            self.0 = before;
        }
        minutes
            .map(|minutes| minutes.saturating_mul(60))
            .filter(|seconds| *seconds > 0)
    }

    /// All that is left, if anything is.
    fn rest(&mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.0).trim();
        (!rest.is_empty()).then(|| rest.to_owned())
    }
}

fn person(nick: &str) -> PersonRef {
    PersonRef::Name(account_of(nick))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "what every command's reading ends with"
)]
fn request(request: impl Into<Request>, said: &'static str) -> Option<(Request, &'static str)> {
    Some((request.into(), said))
}

/// These lines, or a sentence that there are none.
fn list(lines: impl Iterator<Item = String>, none: &str) -> Vec<String> {
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        vec![none.to_owned()]
    } else {
        lines
    }
}

/// A page of a list that goes on by `before <number>`.
fn page<T>(
    command: &str,
    (entries, more): (&[T], bool),
    line: fn(&T) -> String,
    number: fn(&T) -> u64,
) -> Vec<String> {
    let shown = entries.get(..MAX_PAGE).unwrap_or(entries);
    let mut lines: Vec<_> = shown.iter().map(line).collect();
    if let Some(last) = shown.last().filter(|_| more || shown.len() < entries.len()) {
        lines.push(format!("And more: {command} before {}", number(last)));
    }
    lines
}

/// ` (why)`, where a reason was given.
fn because(why: Option<&str>) -> String {
    why.map_or_else(String::new, |why| format!(" ({why})"))
}

/// A message's number, as such or in its msgid.
fn number_of(word: &str) -> Option<u64> {
    let of_id = || word.parse::<MessageId>().ok().map(|id| id.seq);
    word.parse().ok().or_else(of_id)
}

impl Connection {
    /// `SNUG <command> [<words> …]`
    pub(crate) fn snug(&mut self, line: &Line<'_>) {
        let text = line.params.join(" ");
        self.serve_snug(&text);
    }

    /// `SEARCH` and `REPORT`, as if said to the service.
    pub(crate) fn snug_command(&mut self, command: &str, line: &Line<'_>) {
        let text = format!("{command} {}", line.params.join(" "));
        self.serve_snug(&text);
    }

    /// Is this said to the service? Then it is done.
    pub(crate) fn said_to_service(&mut self, target: &str, text: &str) -> bool {
        let meant = target.eq_ignore_ascii_case(SERVICE);
        if meant {
            self.serve_snug(text);
        }
        meant
    }

    /// A notice of the server.
    pub(crate) fn told_by_server(&mut self, text: &str) {
        self.server_notice(None, &as_typed_here(text));
    }

    fn serve_snug(&mut self, text: &str) {
        let mut words = Words(text);
        let name = words.next().unwrap_or("HELP").to_ascii_uppercase();
        // As `snug` has it: `/shield up`.
        let name = name.trim_start_matches('/');
        if name == "HELP" {
            return self.service_help(words.next());
        }
        let mut commands = AREAS.iter().copied().flatten();
        let Some(command) = commands.find(|command| command.name == name) else {
            return self.service_line("There is no such command. HELP lists them.");
        };
        match (command.read)(&mut words) {
            Some((request, said)) => {
                let command = command.name;
                let asked = ServiceAsked { command, said };
                self.ask(request, Then::People(Asked::Service(asked)));
            }
            None => self.service_line(&format!("That is used so: {}", command.usage)),
        }
    }

    /// `HELP [<command>]`: how those are used that are one's own to use (A6), or the one of this name.
    fn service_help(&mut self, about: Option<&str>) {
        let about = about.map(str::to_ascii_uppercase);
        let runs = self.modes.operator;
        let meant = |command: &&Command| match &about {
            Some(name) => command.name == name,
            None => {
                runs || !FOR_OTHERS
                    .iter()
                    .any(|whose| command.usage.ends_with(whose))
            }
        };
        let mut usages = AREAS
            .iter()
            .copied()
            .flatten()
            .filter(meant)
            .map(|command| command.usage)
            .peekable();
        self.service_line(if usages.peek().is_some() {
            "What Snug can do beyond IRC:"
        } else {
            "There is no such command. HELP lists them."
        });
        for usage in usages {
            self.service_line(usage);
        }
    }

    /// A sentence from the service.
    fn service_line(&mut self, text: &str) {
        let host = self.settings.host().to_owned();
        let nick = self.nick.clone();
        Writer::new(&mut self.out)
            .source(&format!("{SERVICE}!{SERVICE}@{host}"))
            .command("NOTICE")
            .word(&nick)
            .trailing(text);
    }

    pub(super) fn service_said(&mut self, asked: &ServiceAsked, answer: Answer) {
        let lines = match answer {
            Ok(response) => said(&response, asked.said),
            Err(refusal) => return self.service_refused(asked.command, &refusal),
        };
        let more = lines.len() > MAX_SHOWN;
        for line in lines.iter().take(MAX_SHOWN) {
            self.service_line(line);
        }
        if more {
            self.service_line("There is more; any Snug client shows all of it.");
        }
    }

    /// To clients that know standard replies the code comes too: `FAIL SNUG NOT_ENOUGH PAY :…`.
    fn service_refused(&mut self, command: &'static str, refusal: &Refusal) {
        if self.caps.has(Capability::StandardReplies) {
            let code = refusal.code.wire().to_ascii_uppercase();
            self.fail_with("SNUG", &code, &[command], &as_typed_here(&refusal.text));
        } else {
            self.service_line(&as_typed_here(&refusal.text));
        }
    }
}

/// A sentence in which commands stand as `snug` has them (`/shield up`), as one types them here: a client
/// of IRC knows none of them.
fn as_typed_here(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('/') {
        said.push_str(before);
        let begins = said.chars().next_back().is_none_or(|of| " (`".contains(of));
        let name = from.split(|of: char| !(of.is_ascii_lowercase() || of == '-'));
        let name = name.into_iter().next().unwrap_or_default();
        let is_ours = |command: &Command| command.name.eq_ignore_ascii_case(name);
        if begins && AREAS.iter().copied().flatten().any(is_ours) {
            said.push_str("/msg ");
            said.push_str(SERVICE);
            said.push(' ');
            said.push_str(&name.to_ascii_uppercase());
        } else {
            said.push('/');
            said.push_str(name);
        }
        rest = from.get(name.len()..).unwrap_or_default();
    }
    said.push_str(rest);
    said
}

/// An answer in sentences; `done` where there is nothing else to say.
fn said(response: &Response, done: &str) -> Vec<String> {
    if let (Response::LockdownState(state), door::DRY_RUN) = (response, done) {
        return vec![door::would_drop(state)];
    }
    let of_area = SENTENCES.iter().find_map(|said| said(response));
    of_area.unwrap_or_else(|| {
        let done = if done.is_empty() { "Done." } else { done };
        vec![done.to_owned()]
    })
}

#[cfg(test)]
mod tests {
    use super::as_typed_here;

    #[test]
    fn commands_in_what_the_server_says_are_those_of_this_service() {
        for (said, here) in [
            (
                "/shield up or /server status",
                "/msg SnugServ SHIELD up or /msg SnugServ SERVER status",
            ),
            ("in hand: (/reports).", "in hand: (/msg SnugServ REPORTS)."),
            (
                "/me is no such, nor 10.0.0.0/8, and/or a/",
                "/me is no such, nor 10.0.0.0/8, and/or a/",
            ),
            (
                "banned: see http://ban/unban",
                "banned: see http://ban/unban",
            ),
            ("/", "/"),
            ("", ""),
        ] {
            assert_eq!(as_typed_here(said), here);
        }
    }
}
