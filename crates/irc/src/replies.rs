//! Numerics, and how each refusal of the session is said on IRC.

use snug_proto::{ErrorCode, Refusal};

use crate::{Capability, Connection, line::Writer};

/// What a refusal is about: the command as it was named, and what it was aimed at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    command: &'static str,
    target: Option<&'a str>,
}

impl<'a> About<'a> {
    /// A command as a whole.
    pub(crate) const fn command(command: &'static str) -> Self {
        Self {
            command,
            target: None,
        }
    }

    /// A command and the channel or nick it was aimed at.
    pub(crate) const fn target(command: &'static str, target: &'a str) -> Self {
        Self {
            command,
            target: Some(target),
        }
    }
}

/// The form in which a refusal is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A numeric that names the target before the text.
    Target(&'static str),
    /// A numeric that names the command before the text.
    Command(&'static str),
    /// A numeric with the text alone.
    Plain(&'static str),
    /// No numeric fits: `FAIL` (`IRCv3` standard-replies), or a notice to those who do not know it.
    Fail,
}

impl Connection {
    /// Begins a numeric reply to this client.
    pub(crate) fn numeric(&mut self, numeric: &str) -> Writer<'_> {
        let (host, nick, out) = self.reply_parts();
        Writer::new(out).source(host).command(numeric).word(nick)
    }

    /// What every line from the server to this client begins with.
    pub(crate) fn reply_parts(&mut self) -> (&str, &str, &mut Vec<u8>) {
        (self.settings.host(), &self.nick, &mut self.out)
    }

    /// A sentence from the server to this client, or to one of its channels.
    pub(crate) fn server_notice(&mut self, channel: Option<&str>, text: &str) {
        let (host, nick, out) = self.reply_parts();
        Writer::new(out)
            .source(host)
            .command("NOTICE")
            .word(channel.unwrap_or(nick))
            .trailing(text);
    }

    pub(crate) fn need_more_params(&mut self, command: &str) {
        self.numeric("461")
            .word(command)
            .trailing("Not enough parameters");
    }

    pub(crate) fn already_registered(&mut self) {
        self.numeric("462").trailing("You may not reregister");
    }

    pub(crate) fn no_such_channel(&mut self, channel: &str) {
        self.numeric("403")
            .word(channel)
            .trailing("No such channel");
    }

    /// Says a refusal, whatever it is.
    pub(crate) fn refuse(&mut self, about: &About<'_>, refusal: &Refusal) {
        let target = about.target.unwrap_or(about.command);
        match form(refusal.code, about.command) {
            Form::Target(numeric) => self.numeric(numeric).word(target).trailing(&refusal.text),
            Form::Command(numeric) => self
                .numeric(numeric)
                .word(about.command)
                .trailing(&refusal.text),
            Form::Plain(numeric) => self.numeric(numeric).trailing(&refusal.text),
            Form::Fail => {
                let code = refusal.code.wire().to_ascii_uppercase();
                self.fail(about, &code, &refusal.text);
            }
        }
    }

    /// `FAIL` as the specification of a command has it, with whatever stands before the sentence: to
    /// clients that use what asks for it.
    pub(crate) fn fail_with(&mut self, command: &str, code: &str, context: &[&str], text: &str) {
        let (host, _, out) = self.reply_parts();
        let mut line = Writer::new(out)
            .source(host)
            .command("FAIL")
            .word(command)
            .word(code);
        for word in context {
            line = line.word(word);
        }
        line.trailing(text);
    }

    /// `FAIL` to those who asked for standard replies, a notice to the others.
    pub(crate) fn fail(&mut self, about: &About<'_>, code: &str, text: &str) {
        self.fail_about(about.command, code, about.target.as_slice(), text);
    }

    /// The same about any number of things.
    pub(crate) fn fail_about(&mut self, command: &str, code: &str, about: &[&str], text: &str) {
        if !self.caps.has(Capability::StandardReplies) {
            let words = [&[command], about].concat().join(" ");
            return self.server_notice(None, &format!("{words}: {text}"));
        }
        self.fail_with(command, code, about, text);
    }
}

/// One form for every code and command.
fn form(code: ErrorCode, command: &str) -> Form {
    let speaking = matches!(command, "PRIVMSG" | "NOTICE" | "TAGMSG");
    let joining = command == "JOIN";
    let in_channel = matches!(command, "PART" | "TOPIC" | "KICK" | "INVITE" | "MODE");
    match code {
        ErrorCode::NotSignedIn => Form::Plain("451"),
        ErrorCode::AlreadySignedIn => Form::Plain("462"),
        ErrorCode::BadCredentials
        | ErrorCode::SecondFactorNeeded
        | ErrorCode::BadSession
        | ErrorCode::SignInExpired
        | ErrorCode::PlainPasswordsOff => Form::Plain("464"),
        // A room that is there but not shown, or whose name is kept free: JOIN may not make it.
        ErrorCode::NameTaken if joining => Form::Target("437"),
        ErrorCode::NameTaken => Form::Target("433"),
        ErrorCode::BadName if joining => Form::Target("476"),
        ErrorCode::BadName => Form::Target("432"),
        ErrorCode::UnknownRoom => Form::Target("403"),
        ErrorCode::UnknownPerson => Form::Target("401"),
        ErrorCode::NotAMember | ErrorCode::Forbidden if speaking => Form::Target("404"),
        ErrorCode::NotAMember => Form::Target("442"),
        ErrorCode::NotInRoom => Form::Target("441"),
        ErrorCode::InRoom => Form::Target("443"),
        ErrorCode::RoomFull => Form::Target("471"),
        ErrorCode::WrongPassword | ErrorCode::PasswordNeeded => Form::Target("475"),
        ErrorCode::Banned if joining => Form::Target("474"),
        ErrorCode::Forbidden | ErrorCode::InvitationNeeded if joining => Form::Target("473"),
        ErrorCode::Banned | ErrorCode::Muted if speaking => Form::Target("404"),
        // Who is banned is in no such channel.
        ErrorCode::Banned if in_channel => Form::Target("442"),
        ErrorCode::Forbidden | ErrorCode::Muted | ErrorCode::InvitationNeeded => {
            Form::Target("482")
        }
        ErrorCode::NotAccepting => Form::Target("531"),
        ErrorCode::EmptyBody => Form::Plain("412"),
        ErrorCode::BodyTooLong | ErrorCode::LineTooLong => Form::Plain("417"),
        ErrorCode::BadBody => Form::Target("404"),
        ErrorCode::TooFast => Form::Command("263"),
        ErrorCode::TooMany if joining => Form::Target("405"),
        ErrorCode::BadJson
        | ErrorCode::BadRequest
        | ErrorCode::UnknownRequest
        | ErrorCode::NotUtf8
        | ErrorCode::UnsupportedWire
        | ErrorCode::BadCode
        | ErrorCode::CodeNeeded
        | ErrorCode::BadPassword
        | ErrorCode::WeakParameters
        | ErrorCode::Banned
        | ErrorCode::UnknownEvent
        | ErrorCode::CreditsOff
        | ErrorCode::NotEnough
        | ErrorCode::UnknownToken
        | ErrorCode::UnknownSession
        | ErrorCode::NotYours
        | ErrorCode::Gone
        | ErrorCode::KeyReused
        | ErrorCode::Rewound
        | ErrorCode::TooMany
        | ErrorCode::Busy
        | ErrorCode::ShuttingDown
        | ErrorCode::StorageFull
        | ErrorCode::StorageFailed
        | ErrorCode::Internal => Form::Fail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_form_for_every_command() {
        for code in ErrorCode::ALL {
            for command in ["JOIN", "PRIVMSG", "PART", "WHO"] {
                match form(*code, command) {
                    Form::Target(n) | Form::Command(n) | Form::Plain(n) => {
                        assert!(n.len() == 3 && n.bytes().all(|b| b.is_ascii_digit()));
                    }
                    Form::Fail => {}
                }
            }
        }
    }
}
