//! `REGISTER` and `VERIFY` (`IRCv3` draft/account-registration), and what changes for a client when an
//! account takes the place of what it was.

use snug_proto::{AccountId, Answer, ErrorCode, Join, Refusal, Register, Role, Secret, SignedIn};

use crate::{
    Capability, Connection,
    commands::asked::Asked,
    connection::{Me, RegisterBy, Then, expected},
    line::{Line, Writer},
    names,
};

/// When `REGISTER` may come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AccountRegistration {
    /// At any time, also before the connection is registered.
    #[default]
    BeforeConnecting,
    /// Only once the connection is registered, by a guest.
    Connected,
}

impl Connection {
    /// `REGISTER <account> {<email> | "*"} <password>`. There are no emails here: where an account needs
    /// a code, that stands in their place, or came as PASS.
    pub(crate) fn register(&mut self, line: &Line<'_>) {
        let (Some(account), Some(email), Some(password)) =
            (line.param(0), line.param(1), line.param(2))
        else {
            return self.need_more_params("REGISTER");
        };
        if let Some(name) = self.account_name() {
            return self.register_failed(
                "REGISTER",
                "ALREADY_AUTHENTICATED",
                &name,
                "You are signed in to an account already.",
            );
        }
        let late = self.settings.account_registration == AccountRegistration::Connected;
        if late && !self.registered {
            return self.register_failed(
                "REGISTER",
                "COMPLETE_CONNECTION_REQUIRED",
                account,
                "Connect first, then register.",
            );
        }
        let wanted = if account == "*" {
            self.wanted_nick()
        } else {
            Some(account.to_owned())
        };
        let Some(wanted) = wanted else {
            return self.register_failed(
                "REGISTER",
                "NEED_NICK",
                "*",
                "Send NICK first: the account is called so.",
            );
        };
        let code = (email != "*" && !email.contains('@')).then(|| Secret::new(email));
        self.make_account(RegisterBy::Command, &wanted, password.into(), code);
    }

    /// `VERIFY <account> <code>`: no registration here waits for one.
    pub(crate) fn verify(&mut self, line: &Line<'_>) {
        let (Some(account), Some(_)) = (line.param(0), line.param(1)) else {
            return self.need_more_params("VERIFY");
        };
        if let Some(name) = self.account_name() {
            let text = "You are signed in to an account already.";
            return self.register_failed("VERIFY", "ALREADY_AUTHENTICATED", &name, text);
        }
        let text = "No registration waits to be verified.";
        self.register_failed("VERIFY", "INVALID_CODE", account, text);
    }

    /// Asks for an account. Without a code of its own, what came as PASS may be one.
    pub(crate) fn make_account(
        &mut self,
        by: RegisterBy,
        wanted: &str,
        password: Secret,
        code: Option<Secret>,
    ) {
        let account = names::account(wanted).to_owned();
        let register = Register {
            name: account.clone(),
            password,
            code: code.or_else(|| self.pass_as_code()),
        };
        self.ask(register, Then::Registered { by, account });
    }

    /// The answer to [`Self::make_account`].
    pub(crate) fn account_made(&mut self, by: RegisterBy, account: &str, answer: Answer) {
        match expected!(answer, SignedIn) {
            Ok(signed_in) => {
                let name = signed_in.name.clone();
                let was_guest = self.registered && self.is_guest();
                if by == RegisterBy::Service {
                    self.service_says("Account created");
                }
                self.become_account(signed_in);
                self.tell_signed_in(&name, &self.own_id());
                match by {
                    RegisterBy::Command => {
                        let (host, _, out) = self.reply_parts();
                        Writer::new(out)
                            .source(host)
                            .command("REGISTER")
                            .word("SUCCESS")
                            .word(&name)
                            .trailing("The account is yours.");
                    }
                    RegisterBy::Service => {}
                }
                if was_guest && !self.named {
                    self.forget_realname();
                }
                self.try_to_register();
            }
            Err(refusal) => match by {
                RegisterBy::Command => {
                    let code = register_code(&refusal);
                    self.register_failed("REGISTER", &code, account, &refusal.text);
                }
                RegisterBy::Service => self.service_says(&refusal.text),
            },
        }
    }

    /// 900: who this client is from now on.
    pub(crate) fn tell_signed_in(&mut self, name: &str, account: &AccountId) {
        let source = match self.nick.as_str() {
            "*" => names::source(name, account),
            nick => names::source(names::account(nick), account),
        };
        self.numeric("900")
            .word(&source)
            .word(name)
            .trailing("You are now signed in");
    }

    /// The session is that account's. One that was welcomed as somebody else leaves what it was in.
    pub(crate) fn become_account(&mut self, signed_in: SignedIn) {
        self.may_run(signed_in.role > snug_proto::Role::Member);
        let before = self.me.replace(Me {
            account: signed_in.account,
            name: signed_in.name.clone(),
            worn: signed_in.worn.clone(),
            session_token: signed_in.session.is_some(),
            guest: signed_in.role == Role::Guest,
            display: None,
        });
        if !self.registered {
            return self.keep_rooms(signed_in.rooms, signed_in.more);
        }
        let was_guest = before.as_ref().is_some_and(|before| before.guest);
        if was_guest != self.is_guest() && self.caps.has(Capability::ExtendedIsupport) {
            // An account may more than a guest. Other clients do not expect a 005 in the middle of SASL.
            self.isupport_of_channels();
        }
        self.ask_own_display();
        let before = before.filter(|before| before.account == signed_in.account);
        let another = before.is_none();
        let was_in = if another { self.part_all() } else { Vec::new() };
        self.take_nick(signed_in.worn.as_ref().unwrap_or(&signed_in.name));
        if another {
            self.enter_all(&signed_in.rooms, signed_in.more);
            if was_guest {
                self.come_along(was_in);
            }
        }
    }

    /// Who came as a guest and signs in goes on where they were, as far as the account may come in: a client
    /// that joins its channels before it identifies does not join them again.
    fn come_along(&mut self, channels: Vec<String>) {
        for channel in channels {
            if self.channel(&channel).is_some() {
                continue;
            }
            let Some(room) = names::room_ref(&channel) else {
                continue;
            };
            let join = Join {
                room,
                password: None,
            };
            let key = None;
            self.ask(join, Then::Join { channel, key });
        }
    }

    /// Asks for one's own display name, where one's own JOIN is to say it (`IRCv3` extended-join).
    pub(crate) fn ask_own_display(&mut self) {
        if self.caps.has(Capability::ExtendedJoin) {
            let me = snug_proto::Me::default();
            self.ask(me, Then::People(Asked::OwnDisplay));
        }
    }

    /// That is it.
    pub(crate) fn own_display(&mut self, display: Option<String>) {
        if let Some(me) = &mut self.me {
            me.display = display;
        }
    }

    /// The name of the account that is signed in, if one is.
    pub(crate) fn account_name(&self) -> Option<String> {
        let me = self.me.as_ref().filter(|me| !me.guest);
        me.map(|me| me.name.clone())
    }

    /// What was in the name of another is over: the client is told that it left each channel, which are these.
    fn part_all(&mut self) -> Vec<String> {
        let source = self.own_source();
        let left = std::mem::take(&mut self.rooms);
        let left: Vec<_> = left.channels().map(names::channel).collect();
        for channel in &left {
            Writer::new(&mut self.out)
                .source(&source)
                .command("PART")
                .word(channel)
                .end();
        }
        left
    }

    /// The nick is this name from now on.
    fn take_nick(&mut self, name: &str) {
        let nick = names::nick(name).into_owned();
        if nick != self.nick {
            let source = self.own_source();
            Writer::new(&mut self.out)
                .source(&source)
                .command("NICK")
                .word(&nick)
                .end();
            self.nick = nick;
        }
    }

    /// `FAIL`, which the specification gives to every client that sends these commands.
    fn register_failed(&mut self, command: &'static str, code: &str, account: &str, text: &str) {
        let (host, _, out) = self.reply_parts();
        Writer::new(out)
            .source(host)
            .command("FAIL")
            .word(command)
            .word(code)
            .word(account)
            .trailing(text);
    }
}

/// The specification's word for a refusal; where it has none, the session's own.
fn register_code(refusal: &Refusal) -> String {
    match refusal.code {
        // Somebody without an account has the name while they are here.
        ErrorCode::NameTaken if refusal.retry_after_ms.is_some() => "USERNAME_EXISTS",
        ErrorCode::NameTaken => "ACCOUNT_EXISTS",
        ErrorCode::BadName => "BAD_ACCOUNT_NAME",
        ErrorCode::BadPassword => "WEAK_PASSWORD",
        // A code stands where others want an email.
        ErrorCode::CodeNeeded | ErrorCode::BadCode => "INVALID_EMAIL",
        ErrorCode::AlreadySignedIn => "ALREADY_AUTHENTICATED",
        ErrorCode::Busy | ErrorCode::TooFast | ErrorCode::ShuttingDown => "TEMPORARILY_UNAVAILABLE",
        code => return code.wire().to_ascii_uppercase(),
    }
    .to_owned()
}
