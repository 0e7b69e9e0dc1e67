//! From the first line to 001: PASS, NICK, USER, signing in, and the welcome.

use snug_proto::{
    Answer, ErrorCode, Hello, Me, Refusal, Response, RoomEntry, SecondFactor, Secret, SignIn,
    SignedIn, Wear,
};

use crate::{
    Connection,
    commands::{Early, asked::Asked, user_mode},
    connection::{SignInBy, Then, expected},
    line::{Line, Writer},
    modes, names,
    replies::About,
    sasl::Exchange,
};

/// Real names that clients send for everybody who sets none: no name of a person.
const OF_THE_CLIENT: &[&str] = &[
    "The Lounge User",
    "realname",
    "Unknown",
    "Quassel IRC User",
    "Textual User",
    "https://kiwiirc.com/",
];

/// What to do where a code is owed, which nothing of IRC asks for.
const HOW_TO_SAY_CODE: &str = "Send it: /msg NickServ CODE 123456; as a guest, all of it: /msg NickServ \
     IDENTIFY account password 123456. Or use an app token as the password.";

/// Does a sign-in wait for a code of the second factor?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum SignInCode {
    /// None does.
    #[default]
    NotOwed,
    /// One does.
    Owed,
}

/// What does a client go by that signs in after its welcome?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum NickAfter {
    /// By what it went by before, if that can be.
    #[default]
    Kept,
    /// By the account's name: it asked for that.
    Regained,
}

/// What a client has said of itself so far.
#[derive(Debug, Default)]
pub(crate) struct Registering {
    nick: Option<String>,
    /// What USER says.
    user: Option<String>,
    /// The real name of USER: a guest's display name.
    realname: Option<String>,
    pass: Option<Secret>,
    /// What came as PASS and may be the access code of guests.
    code: Option<Secret>,
    /// A code that came with a password, for when it is asked for.
    pub(crate) second: Option<Secret>,
    pub(crate) sign_in: SignInCode,
    pub(crate) nick_after: NickAfter,
    /// Why it was no password.
    no_password: Option<Refusal>,
    asked: bool,
    /// METADATA that did not wait for the welcome.
    pub(crate) early: Early,
    /// One's rooms, entered after the welcome.
    rooms: Vec<RoomEntry>,
    more_rooms: bool,
}

impl Connection {
    /// `PASS account:password`, or `PASS token` with the account as NICK.
    pub(crate) fn pass(&mut self, line: &Line<'_>) {
        if self.me.is_some() {
            return self.already_registered();
        }
        match line.param(0) {
            Some(pass) => self.registering.pass = Some(pass.into()),
            None => self.need_more_params("PASS"),
        }
    }

    /// `NICK <nick>`: before the sign-in a wish, afterwards what one goes by.
    pub(crate) fn nick(&mut self, line: &Line<'_>) {
        let Some(wanted) = line.param(0) else {
            return self.numeric("431").trailing("No nickname given");
        };
        if !self.registered {
            if !names::may_be_nick(wanted) {
                return self
                    .numeric("432")
                    .word(wanted)
                    .trailing("That cannot be a nickname");
            }
            wanted.clone_into(&mut self.nick);
            self.registering.nick = Some(wanted.to_owned());
            return self.try_to_register();
        }
        if wanted == self.nick {
            return;
        }
        if self.is_guest() {
            return self.rename_guest(wanted);
        }
        self.rename_account(wanted);
    }

    /// `USER <user> <mode> <unused> :<realname>`
    pub(crate) fn user(&mut self, line: &Line<'_>) {
        if self.registered || self.registering.user.is_some() {
            return self.already_registered();
        }
        // None of the four may be empty (modern.ircdocs.horse, USER).
        if (0..4).any(|index| line.param(index).is_none()) {
            return self.need_more_params("USER");
        }
        self.registering.user = line.param(0).map(str::to_owned);
        self.registering.realname = line.param(3).map(str::to_owned);
        // What the client calls its user is told before anybody signs in.
        let hello = hello(line.param(0));
        self.ask(hello, Then::People(Asked::Named));
        self.try_to_register();
    }

    /// Goes on as soon as nick, user and the end of the negotiation are there, in whatever order.
    pub(crate) fn try_to_register(&mut self) {
        let waits = self.negotiation.open
            || self.registering.nick.is_none()
            || self.registering.user.is_none()
            || self.registering.asked
            || matches!(self.sasl, Exchange::Asked);
        if self.registered || waits || self.is_closing() {
            return;
        }
        if let Some(me) = &self.me {
            let is_own = names::is_account(&self.nick, &me.name);
            if me.guest || is_own || me.worn.is_some() {
                return self.welcome();
            }
            // Whoever comes by another nick than their account's name goes by that, if it is free.
            self.registering.asked = true;
            let wear = Wear {
                name: Some(names::account(&self.nick).to_owned()),
                coming: true,
            };
            return self.ask(wear, Then::Worn);
        }
        // An exchange given up by CAP END counts as aborted (IRCv3 sasl 3.1).
        if matches!(std::mem::take(&mut self.sasl), Exchange::Gathering(..)) {
            self.sasl_aborted();
        }
        if let Some(pass) = self.registering.pass.take() {
            self.registering.asked = true;
            let sign_in = credentials(pass.expose(), &self.nick);
            if sign_in.password == pass {
                // No account is named in it: if it is no password, it may be the guests' access code.
                self.registering.code = Some(pass);
            }
            self.ask(sign_in, Then::SignIn(SignInBy::Pass));
        } else {
            self.registering.asked = true;
            let code = self.registering.code.clone();
            self.come_as_guest(code, SignInBy::Nick);
        }
    }

    /// The answer to the wish for a nick: if it was none to have, one goes by the account's name.
    pub(crate) fn worn(&mut self, answer: Answer) {
        if let (Ok(goes_by), Some(me)) = (expected!(answer, GoesBy), &mut self.me) {
            me.worn = Some(goes_by.name);
        }
        self.welcome();
    }

    /// Another nick may be sent, and is then asked for.
    pub(crate) fn forget_nick(&mut self) {
        self.registering.nick = None;
    }

    /// The answer to a sign-in, by whichever way it was asked for.
    pub(crate) fn signed_in(&mut self, by: SignInBy, answer: Answer) {
        self.sasl = Exchange::None;
        self.registering.asked = false;
        match (expected!(answer, SignedIn), by) {
            (Ok(signed_in), by) => self.let_in(by, signed_in),
            (Err(refusal), SignInBy::Sasl) => {
                self.sasl_refused(&refusal);
                if refusal.code == ErrorCode::SecondFactorNeeded {
                    self.registering.sign_in = SignInCode::Owed;
                    self.service_says(&format!("{} {HOW_TO_SAY_CODE}", refusal.text));
                }
                self.try_to_register();
            }
            (Err(refusal), SignInBy::Service) if refusal.code == ErrorCode::SecondFactorNeeded => {
                if let Some(code) = self.registering.second.take() {
                    return self.ask(SecondFactor { code }, Then::SignIn(SignInBy::Service));
                }
                self.registering.sign_in = SignInCode::Owed;
                self.service_says(&format!("{} {HOW_TO_SAY_CODE}", refusal.text));
            }
            (Err(refusal), SignInBy::Service) => {
                self.registering.nick_after = NickAfter::Kept;
                self.service_says(&refusal.text);
            }
            (Err(refusal), SignInBy::Nick) => self.no_guest(&refusal),
            (Err(refusal), SignInBy::Code) => {
                // That it was no password says more than that it is no access code either.
                let no_code = matches!(refusal.code, ErrorCode::Forbidden | ErrorCode::BadCode);
                match self.registering.no_password.take() {
                    Some(refusal) if no_code => {
                        self.refuse(&About::command("PASS"), &refusal);
                        self.close(&refusal.text);
                    }
                    _ => self.no_guest(&refusal),
                }
            }
            (Err(refusal), SignInBy::Pass)
                if matches!(
                    refusal.code,
                    ErrorCode::BadCredentials | ErrorCode::PlainPasswordsOff
                ) && self.registering.code.is_some() =>
            {
                self.registering.asked = true;
                let code = self.registering.code.clone();
                self.registering.no_password = Some(refusal);
                self.come_as_guest(code, SignInBy::Code);
            }
            (Err(refusal), SignInBy::Pass) => {
                self.refuse(&About::command("PASS"), &refusal);
                self.close(&refusal.text);
            }
        }
    }

    fn let_in(&mut self, by: SignInBy, signed_in: SignedIn) {
        self.registering.sign_in = SignInCode::NotOwed;
        let name = signed_in.name.clone();
        match by {
            SignInBy::Sasl => {
                self.tell_signed_in(&name, &signed_in.account);
                self.numeric("903")
                    .trailing("SASL authentication successful");
            }
            SignInBy::Service => {
                self.service_says(&format!("You are signed in as {name} now."));
                self.tell_signed_in(&name, &signed_in.account);
            }
            SignInBy::Pass | SignInBy::Nick | SignInBy::Code => {}
        }
        self.become_account(signed_in);
        if std::mem::take(&mut self.registering.nick_after) == NickAfter::Regained {
            self.rename_account(names::nick(&name).as_ref());
        }
        self.try_to_register();
    }

    /// The real name of USER.
    pub(crate) fn wanted_realname(&self) -> Option<String> {
        self.registering.realname.clone()
    }

    /// The nick that was asked for, or that one has.
    pub(crate) fn wanted_nick(&self) -> Option<String> {
        if self.registered {
            return Some(self.nick.clone());
        }
        self.registering.nick.clone()
    }

    /// What came as PASS, if it is not a name and a password: the server's access code, it may be.
    pub(crate) fn pass_as_code(&self) -> Option<Secret> {
        let pass = self.registering.pass.as_ref()?;
        (!pass.expose().contains(':')).then(|| pass.clone())
    }

    /// One's rooms, to be entered after the welcome.
    pub(crate) fn keep_rooms(&mut self, rooms: Vec<RoomEntry>, more: bool) {
        self.registering.rooms = rooms;
        self.registering.more_rooms = more;
    }

    /// Enters rooms, and asks for those that did not fit into the answer.
    pub(crate) fn enter_all(&mut self, rooms: &[RoomEntry], more: bool) {
        for entry in rooms {
            self.enter_at_sign_in(entry);
        }
        if more {
            self.ask_more_rooms(rooms.last());
        }
    }

    /// 001 to 005, the message of the day, and the account's name as nick.
    fn welcome(&mut self) {
        self.registered = true;
        let Registering {
            rooms,
            more_rooms,
            realname,
            user,
            early,
            ..
        } = std::mem::take(&mut self.registering);
        // The name of a login, which clients send as both unasked, is nobody's choice.
        let realname = realname.filter(|realname| user.as_ref() != Some(realname));
        let wanted = self.take_own_nick();
        let host = self.settings.host().to_owned();
        let network = self.settings.network.clone();
        let version = self.settings.version.clone();
        let greeting = format!("Welcome to {network}, {}", self.nick);
        self.numeric("001").trailing(&greeting);
        self.numeric("002")
            .trailing(&format!("Your host is {host}, running {version}"));
        let started = format!("This server was started {}", self.settings.started);
        self.numeric("003").trailing(&started);
        self.numeric("004")
            .word(&host)
            .word(&version)
            .word(user_mode::ALL)
            .word(modes::ALL)
            .word(modes::WITH_PARAMETER)
            .end();
        self.isupport();
        self.motd();
        self.tell_own_nick(&wanted);
        self.tell_own_modes();
        self.ask_own_display();
        self.enter_all(&rooms, more_rooms);
        self.offer_realname(realname);
        self.welcome_keys(early);
    }

    /// An account without a display name takes the real name that its client sent: is it one?
    fn offer_realname(&mut self, realname: Option<String>) {
        let Some(me) = self.me.as_ref().filter(|me| !me.guest) else {
            return;
        };
        let says = |name: &String| {
            let letters = name.chars().filter(|letter| letter.is_alphabetic()).count();
            letters > 1
                && !name.eq_ignore_ascii_case(&me.name)
                && !OF_THE_CLIENT.contains(&name.as_str())
        };
        if let Some(realname) = realname.filter(says) {
            let realname = Some(realname);
            self.ask(Me::default(), Then::People(Asked::Realname { realname }));
        }
    }

    /// What a guest's client called its real name is no choice of the account that the guest makes: each
    /// sign-in offers its own.
    pub(crate) fn forget_realname(&mut self) {
        let me = Me {
            display: Some(String::new()),
            ..Me::default()
        };
        self.ask(me, Then::People(Asked::Realname { realname: None }));
    }

    /// The answer to that. A roster's names are not the client's to give: then nothing changes.
    pub(crate) fn realname_offered(&mut self, realname: Option<String>, answer: &Answer) {
        let has_none = matches!(answer, Ok(Response::Myself(myself)) if myself.display.is_none());
        if let Some(realname) = realname.filter(|_| has_none) {
            let me = Me {
                display: Some(realname.clone()),
                ..Me::default()
            };
            self.ask_next(me, Then::People(Asked::RealnameTaken { realname }));
        }
    }

    /// Others see it from now on: whoever did not mean them to is told.
    pub(crate) fn realname_taken(&mut self, realname: &str, answer: &Answer) {
        if answer.is_ok() {
            let nick = self.nick.clone();
            self.server_notice(
                None,
                &format!(
                    "Your account had no display name, so others see the real name that your client \
                     sent: \"{realname}\". Another one: SETNAME :<name>; your nick alone: \
                     SETNAME :{nick}."
                ),
            );
        }
    }

    pub(crate) fn motd(&mut self) {
        if self.settings.motd.trim().is_empty() {
            return self
                .numeric("422")
                .trailing("There is no message of the day");
        }
        let motd = self.settings.motd.clone();
        let start = format!("- {} message of the day -", self.settings.host());
        self.numeric("375").trailing(&start);
        for text in motd.lines() {
            self.numeric("372").trailing(&format!("- {text}"));
        }
        self.numeric("376").trailing("End of MOTD");
    }

    /// A signed-in client's nick is what its account goes by (DECISIONS 31, ADR 13). Answers what it was before.
    fn take_own_nick(&mut self) -> String {
        let own = self.me.as_ref();
        let own = own.map(|me| names::nick(me.worn.as_ref().unwrap_or(&me.name)).into_owned());
        let own = own.unwrap_or_else(|| self.nick.clone());
        std::mem::replace(&mut self.nick, own)
    }

    /// 001 has told the nick already; a client that did not look there believes a NICK.
    fn tell_own_nick(&mut self, wanted: &str) {
        if wanted != self.nick {
            let source = names::source("", &self.own_id());
            Writer::new(&mut self.out)
                .source(&format!("{wanted}{source}"))
                .command("NICK")
                .word(&self.nick)
                .end();
        }
    }
}

/// A greeting, with what the client calls its user if that is known.
pub(crate) fn hello(user: Option<&str>) -> Hello {
    Hello {
        client: "IRC".to_owned(),
        wire: 1,
        quiet: false,
        user: user.map(str::to_owned),
    }
}

/// The part before the first colon is a name if it can be one: no name holds a colon.
fn credentials(pass: &str, nick: &str) -> SignIn {
    let (name, password) = match pass.split_once(':') {
        Some((name, password)) if snug_proto::AccountName::parse(names::account(name)).is_ok() => {
            (name, password)
        }
        _ => (nick, pass),
    };
    SignIn {
        name: names::account(name).to_owned(),
        password: password.into(),
        device: None,
        code: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pass_holds_a_name_and_a_password_or_a_token_alone() {
        let read = |pass: &str| {
            let sign_in = credentials(pass, "_7up");
            (sign_in.name.clone(), sign_in.password.expose().to_owned())
        };
        assert_eq!(read("ann:p:w"), ("ann".to_owned(), "p:w".to_owned()));
        assert_eq!(read("token"), ("7up".to_owned(), "token".to_owned()));
        assert_eq!(
            read("no name:x"),
            ("7up".to_owned(), "no name:x".to_owned())
        );
    }
}
