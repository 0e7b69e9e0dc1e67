//! Which handler a line goes to, and which commands may come before the sign-in.

mod channels;
mod joining;
mod list;
mod members;
mod messages;
mod mode;
mod parting;
mod people;
mod server;
mod topic;

use crate::{
    Connection,
    line::{BadLine, Line, MAX_CLIENT_TAGS_BYTES},
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
        if client_tags_too_long(line) {
            return self.line_too_long();
        }
        match Line::parse(line) {
            Ok(line) => self.dispatch(&line),
            Err(BadLine::Empty) => {}
            Err(BadLine::TooLong) => self.line_too_long(),
            Err(BadLine::NotUtf8) => {
                let text = "This server takes UTF-8 only; the line was thrown away.";
                self.fail(&About::command("*"), "INVALID_UTF8", text);
            }
            Err(why @ (BadLine::Control | BadLine::NoCommand)) => {
                let text = format!("{why}; it was thrown away.");
                self.fail(&About::command("*"), "BAD_LINE", &text);
            }
        }
    }

    /// A line was longer than [`crate::MAX_INPUT_BYTES`] and has been thrown away by its reader.
    pub fn line_too_long(&mut self) {
        self.heard();
        self.numeric("417").trailing("Input line was too long");
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
            "QUIT" => self.quit(),
            _ if self.registered => self.dispatch_registered(&command, line),
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
            // Tags of clients are not passed on yet, as CLIENTTAGDENY says.
            "TAGMSG" => {}
            "JOIN" => self.join(line),
            "PART" => self.part(line),
            "NAMES" => self.names(line),
            "TOPIC" => self.topic(line),
            "MODE" => self.mode(line),
            "LIST" => self.list(line),
            "WHO" => self.who(line),
            "WHOIS" => self.whois(line),
            "USERHOST" => self.userhost(line),
            "LUSERS" => self.lusers(),
            "MOTD" => self.motd(),
            "VERSION" => self.version(),
            _ => self.unknown_command(line.command),
        }
    }

    fn unknown_command(&mut self, command: &str) {
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
            | "JOIN"
            | "PART"
            | "NAMES"
            | "TOPIC"
            | "MODE"
            | "LIST"
            | "WHO"
            | "WHOIS"
            | "USERHOST"
            | "LUSERS"
            | "MOTD"
            | "VERSION"
    )
}

/// Clients may send fewer bytes of tags than servers (`IRCv3` message-tags, "Size limit").
fn client_tags_too_long(line: &[u8]) -> bool {
    line.first() == Some(&b'@')
        && line
            .iter()
            .position(|byte| *byte == b' ')
            .unwrap_or(line.len())
            >= MAX_CLIENT_TAGS_BYTES
}
