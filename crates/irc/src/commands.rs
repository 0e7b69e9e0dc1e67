//! Which handler a line goes to, and which commands may come before the sign-in.

mod amending;
pub(crate) mod asked;
mod channel_mode;
pub(crate) mod channels;
mod chathistory;
mod contacts;
pub(crate) mod doing;
mod help;
mod invite;
mod isupport;
mod joining;
mod kick;
mod knock;
pub(crate) mod list;
mod markread;
mod mask_lists;
mod members;
pub(crate) mod messages;
mod metadata;
mod mode;
mod monitor;
mod multiline;
mod parting;
mod rename;
mod running;
mod server;
mod service;
mod topic;
pub(crate) mod user_mode;
pub(crate) mod who;
mod whois;

pub(crate) use amending::Amending;
pub(crate) use messages::{Sending, Signalling};
pub(crate) use metadata::Early;
pub(crate) use multiline::{
    MAX_BYTES as MAX_MULTILINE_BYTES, MAX_LINES as MAX_MULTILINE_LINES, Multiline,
};

use crate::{
    Capability, Connection,
    line::{BadLine, Line, MAX_CLIENT_TAGS_BYTES, MAX_FLOOD_BYTES},
    replies::About,
};

/// Most targets of one PRIVMSG or NOTICE; a line with more is refused whole.
pub(crate) const MAX_TARGETS: usize = 4;

impl Connection {
    /// Takes one line, its CR LF taken off or not.
    pub fn receive(&mut self, line: &[u8]) {
        if self.is_closing() {
            return;
        }
        self.heard();
        if line.len() > MAX_FLOOD_BYTES {
            return self.line_without_end();
        }
        if client_tags_too_long(line) {
            return self.too_long();
        }
        match Line::parse(line) {
            Ok(parsed) => self.dispatch_labeled(line, &parsed),
            Err(BadLine::Empty) => {}
            Err(BadLine::TooLong) => self.too_long(),
            Err(BadLine::NotUtf8) => self.not_utf8(line),
            Err(why @ (BadLine::Control | BadLine::NoCommand)) => {
                let text = format!("{why}; it was thrown away.");
                self.fail(&About::command("*"), "BAD_LINE", &text);
            }
        }
    }

    /// No line of IRC is as long as this one, and more of it would come: it is over.
    pub(crate) fn line_without_end(&mut self) {
        self.close("A line was longer than 16 KiB.");
    }

    fn too_long(&mut self) {
        self.numeric("417").trailing("Input line was too long");
    }

    /// What a labeled line brings is told apart from all else (`IRCv3` labeled-response). A batch of lines
    /// has its label from its beginning, and is answered at its end.
    fn dispatch_labeled(&mut self, raw: &[u8], line: &Line<'_>) {
        let start = self.out.len();
        let begins_batch = line.command.eq_ignore_ascii_case("BATCH")
            && line.param(0).is_some_and(|first| first.starts_with('+'));
        if let Some(label) = self.label_of(line).filter(|_| !begins_batch) {
            if self.wait_with(raw) {
                return;
            }
            self.open_label(label);
        }
        if !(self.registered && self.in_multiline(line)) {
            self.dispatch(line);
        }
        self.label_since(start);
    }

    /// A line that is not UTF-8 (`IRCv3` utf8-only): its command and its label are told as far as they are.
    fn not_utf8(&mut self, line: &[u8]) {
        let readable = String::from_utf8_lossy(line);
        let parsed = Line::parse(readable.as_bytes()).ok();
        let command = parsed.as_ref().map(|line| line.command);
        let is_command = |command: &&str| command.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let command = command
            .filter(is_command)
            .unwrap_or("*")
            .to_ascii_uppercase();
        let label = parsed.as_ref().and_then(|line| self.label_of(line));
        let label = label.filter(|_| self.is_at_rest() && !self.labels.are_busy());
        let start = self.out.len();
        if let Some(label) = label {
            self.open_label(label);
        }
        let text = "This server takes UTF-8 only; the line was thrown away.";
        self.fail_with(&command, "INVALID_UTF8", &[], text);
        self.label_since(start);
    }

    fn dispatch(&mut self, line: &Line<'_>) {
        let command = line.command.to_ascii_uppercase();
        match command.as_str() {
            "CAP" => self.cap(line),
            "AUTHENTICATE" => self.authenticate(line),
            "PASS" => self.pass(line),
            "NICK" => self.nick(line),
            "USER" => self.user(line),
            "REGISTER" => self.register(line),
            "VERIFY" => self.verify(line),
            "PING" => self.ping(line),
            "PONG" => {}
            "QUIT" => self.quit(line),
            "AWAY" if self.registered || self.caps.has(Capability::PreAway) => self.away(line),
            "ISUPPORT" if self.caps.has(Capability::ExtendedIsupport) => self.isupport_asked(),
            "METADATA" if !self.registered && self.knows_metadata() => self.early_metadata(line),
            _ if self.registered => self.dispatch_registered(&command, line),
            // What a sign-in still owes can be given before the welcome.
            "PRIVMSG" | "NICKSERV" | "NS" if self.says_code(&command, line) => {}
            _ if is_known(&command) => self.numeric("451").trailing("You have not registered"),
            _ => self.unknown_command(line.command),
        }
    }

    fn dispatch_registered(&mut self, command: &str, line: &Line<'_>) {
        match command {
            "PRIVMSG" if self.asked_of_service(line) => {}
            "NICKSERV" | "NS" => self.nickserv(line),
            "PRIVMSG" => self.privmsg(line),
            "NOTICE" => self.notice(line),
            "TAGMSG" => self.tagmsg(line),
            "BATCH" => self.batch(line),
            "REDACT" => self.redact(line),
            "EDIT" => self.edit(line),
            "EDITMSG" => self.editmsg(line),
            "DELETE" => self.delete(line),
            "MARKREAD" => self.markread(line),
            "CHATHISTORY" => self.chathistory(line),
            "JOIN" => self.join(line),
            "PART" => self.part(line),
            "NAMES" => self.names(line),
            "TOPIC" => self.topic(line),
            "KICK" => self.kick(line),
            "INVITE" => self.invite(line),
            "RENAME" => self.rename(line),
            "KNOCK" => self.knock(line),
            "MODE" => self.mode(line),
            "LIST" => self.list(line),
            "WHO" => self.who(line),
            "WHOIS" => self.whois(line),
            "USERHOST" => self.userhost(line),
            "MOTD" => self.motd(),
            _ => self.dispatch_more(command, line),
        }
    }

    /// The commands about people and the server.
    fn dispatch_more(&mut self, command: &str, line: &Line<'_>) {
        match command {
            "WHOWAS" => self.whowas(line),
            "ISON" => self.ison(line),
            "MONITOR" => self.monitor(line),
            "SETNAME" => self.setname(line),
            "METADATA" => self.metadata(line),
            "SILENCE" => self.silence(line),
            "ACCEPT" => self.accept(line),
            "SNUG" | "SNUGSERV" => self.snug(line),
            "SEARCH" | "REPORT" => self.snug_command(command, line),
            "LUSERS" => self.lusers(),
            "VERSION" => self.version(line),
            "INFO" => self.info(line),
            "TIME" => self.time(line),
            "ADMIN" => self.admin(line),
            "STATS" => self.stats(line),
            "LINKS" => self.links(),
            "HELP" | "HELPOP" => self.help(line),
            "USERS" | "SUMMON" => self.disabled(command),
            "OPER" => self.oper(line),
            "KILL" => self.kill(line),
            "KLINE" => self.kline("KLINE", line),
            "DLINE" => self.kline("DLINE", line),
            "UNKLINE" => self.unkline("UNKLINE", line),
            "UNDLINE" => self.unkline("UNDLINE", line),
            "WALLOPS" => self.wallops(line),
            "ANNOUNCE" => self.announce(line),
            "REHASH" => self.rehash(),
            _ => self.unknown_command(line.command),
        }
    }

    pub(crate) fn unknown_command(&mut self, command: &str) {
        self.numeric("421")
            .word(command)
            .trailing("Unknown command");
    }
}

/// A command of [`Connection::dispatch_registered`].
fn is_known(command: &str) -> bool {
    matches!(
        command,
        "PRIVMSG"
            | "NICKSERV"
            | "NS"
            | "NOTICE"
            | "TAGMSG"
            | "BATCH"
            | "REDACT"
            | "EDIT"
            | "EDITMSG"
            | "DELETE"
            | "MARKREAD"
            | "CHATHISTORY"
            | "JOIN"
            | "PART"
            | "NAMES"
            | "TOPIC"
            | "KICK"
            | "INVITE"
            | "RENAME"
            | "KNOCK"
            | "MODE"
            | "LIST"
            | "WHO"
            | "WHOIS"
            | "USERHOST"
            | "LUSERS"
            | "MOTD"
            | "VERSION"
    ) || MORE.contains(&command)
}

/// The commands of [`Connection::dispatch_more`], and those that are known before the welcome to some.
const MORE: &[&str] = &[
    "ACCEPT", "ADMIN", "ANNOUNCE", "AWAY", "DLINE", "HELP", "HELPOP", "INFO", "ISON", "KILL",
    "KLINE", "LINKS", "METADATA", "MONITOR", "OPER", "REHASH", "REPORT", "SEARCH", "SETNAME",
    "SILENCE", "SNUG", "SNUGSERV", "STATS", "SUMMON", "TIME", "UNDLINE", "UNKLINE", "USERS",
    "WALLOPS", "WHOWAS",
];

/// Clients may send fewer bytes of tags than servers (`IRCv3` message-tags, "Size limit").
fn client_tags_too_long(line: &[u8]) -> bool {
    line.first() == Some(&b'@')
        && line
            .iter()
            .position(|byte| *byte == b' ')
            .unwrap_or(line.len())
            >= MAX_CLIENT_TAGS_BYTES
}
