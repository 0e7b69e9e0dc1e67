//! Messages to `NickServ`, as people know them from other networks: plain sentences over the same
//! requests that every client has. Nobody of that name is here.

mod recovering;

use snug_proto::{
    AddAccount, AddCertificate, Answer, ChangePassword, ErrorCode, NewToken, ProveCode,
    RevokeToken, Scope, SecondFactor, Secret, SetScram, SignIn, Tokens,
};

use crate::{
    Connection,
    connection::{RegisterBy, SignInBy, Then, expected},
    line::{Line, Writer},
    names,
    registration::SignInCode,
};

/// What people call it.
const NAME: &str = "NickServ";

/// What it does, a line each.
const HELP: &[&str] = &[
    "REGISTER <password> [code]: makes an account of your nick.",
    "IDENTIFY [account] <password or app token>: signs you in to an account.",
    "IDENTIFY <account> <password> <code>: the same with the code of a second factor.",
    "CODE <code>: the code of your second factor, where one is asked for.",
    "PASSWD <old> <new>: changes your password, and ends your other sessions.",
    "CERT ADD <label> [fingerprint]: lets a certificate sign in; CERT LIST, CERT DEL <label>.",
    "SCRAM ON <password>, SCRAM OFF <password>: lets SCRAM-SHA-256 sign in, or no more.",
    "SAREGISTER <account> <password>: makes an account for somebody (the server's owner).",
    "TOKEN <label>: makes an app token, a password for one client.",
    "A password with spaces stands in quotes: IDENTIFY \"seven red lamps\". In them \\\" is a quote.",
    "GHOST <nick> [password]: ends your other IRC clients, where one hangs; RECOVER is the same.",
    "REGAIN <nick> [password]: gives you your account's nick again; RELEASE is the same.",
    "With the password they sign you in first. Your nick is yours by your account: several clients share \
     it, nobody else can take it, and there is nothing to group or to register twice.",
];

/// To who sends more words than a command takes: they would be tried as something that they are not.
const QUOTE: &str =
    "Those are too many words. A password with spaces stands in quotes, \"like this\".";

/// Is this nick the service's?
pub(crate) fn is_service(nick: &str) -> bool {
    nick.eq_ignore_ascii_case(NAME)
}

/// What was asked of it and is not answered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Password,
    Code,
    Token,
    Tokens,
    /// The one that the client shows.
    CertificateAdded,
    /// One by its fingerprint.
    CertificateNamed,
    Revoked,
    Scram,
    /// An account for somebody else.
    Added,
    /// The sessions of which some are to be ended.
    Ghosts,
    /// One that was to be ended.
    Ghost,
}

impl Connection {
    /// `PRIVMSG NickServ :<words>`: true if it was for it.
    pub(crate) fn asked_of_service(&mut self, line: &Line<'_>) -> bool {
        if !line.param(0).is_some_and(is_service) {
            return false;
        }
        self.serve(line.param(1).unwrap_or_default());
        true
    }

    /// `NICKSERV <words>`, `NS <words>`
    pub(crate) fn nickserv(&mut self, line: &Line<'_>) {
        let words = line.params.join(" ");
        self.serve(&words);
    }

    /// `PRIVMSG NickServ :CODE …` or `NS CODE …` before the welcome, where nothing else is taken: true if it
    /// was that.
    pub(crate) fn says_code(&mut self, command: &str, line: &Line<'_>) -> bool {
        let words = match command {
            "PRIVMSG" if line.param(0).is_some_and(is_service) => {
                line.param(1).unwrap_or_default().to_owned()
            }
            "PRIVMSG" => return false,
            _ => line.params.join(" "),
        };
        let first = words.split_ascii_whitespace().next();
        let is_code = first.is_some_and(|word| word.eq_ignore_ascii_case("CODE"));
        if is_code {
            self.serve(&words);
        }
        is_code
    }

    fn serve(&mut self, text: &str) {
        let Some(words) = words_of(text) else {
            return self
                .service_says("A quote is not closed: a quoted word ends with the same quote.");
        };
        let words: Vec<&str> = words.iter().map(Secret::expose).collect();
        let (command, rest) = words.split_first().unwrap_or((&"HELP", &[]));
        match (command.to_ascii_uppercase().as_str(), rest) {
            ("REGISTER", [_, code, _, ..]) if !is_mail(code) => self.service_says(QUOTE),
            ("REGISTER", [password, code @ ..]) => self.service_register(password, code),
            ("IDENTIFY" | "LOGIN", [password]) => {
                let account = self.account_name().unwrap_or_else(|| self.nick.clone());
                self.service_identify(&account, password);
            }
            ("IDENTIFY" | "LOGIN", [account, password]) => {
                self.service_identify(account, password);
            }
            ("IDENTIFY" | "LOGIN", [account, password, code]) => {
                self.registering.second = Some(Secret::new(*code));
                self.service_identify(account, password);
            }
            ("IDENTIFY" | "LOGIN", [_, _, _, _, ..])
            | (
                "PASSWD" | "SCRAM" | "SAREGISTER" | "GHOST" | "RECOVER" | "REGAIN" | "RELEASE",
                [_, _, _, ..],
            ) => {
                self.service_says(QUOTE);
            }
            ("CODE", code) if !code.is_empty() => {
                let code = Secret::new(code.concat());
                let owed = self.registering.sign_in == SignInCode::Owed;
                if self.account_name().is_some() && !owed {
                    self.ask(ProveCode { code }, Then::Service(Service::Code));
                } else {
                    self.ask(SecondFactor { code }, Then::SignIn(SignInBy::Service));
                }
            }
            (recover @ ("GHOST" | "RECOVER" | "REGAIN" | "RELEASE"), [nick, password @ ..])
                if password.len() < 2 =>
            {
                self.service_recover(recover, nick, password.first().copied());
            }
            ("PASSWD", [old, new]) => {
                let change = ChangePassword {
                    old: Secret::new(*old),
                    new: Secret::new(*new),
                    keep_sessions: false,
                };
                self.ask(change, Then::Service(Service::Password));
            }
            ("TOKEN", [label]) => {
                let token = NewToken {
                    label: (*label).to_owned(),
                    scope: Some(Scope::Irc),
                };
                self.ask(token, Then::Service(Service::Token));
            }
            ("CERT", [what, rest @ ..]) => self.service_certificate(what, rest),
            ("SCRAM", [switch, password]) if is_switch(switch) => {
                let set = SetScram {
                    password: Secret::new(*password),
                    off: switch.eq_ignore_ascii_case("off"),
                };
                self.ask(set, Then::Service(Service::Scram));
            }
            ("SAREGISTER", [name, password]) => {
                let add = AddAccount {
                    name: names::account(name).to_owned(),
                    password: Secret::new(*password),
                };
                self.ask(add, Then::Service(Service::Added));
            }
            ("HELP", about) => self.service_helps(about.first().copied()),
            ("INFO" | "STATUS" | "ACC", who) => self.service_tells(who.first().copied()),
            (command, _) => self.service_says(&elsewhere(command)),
        }
    }

    /// `HELP [command]`
    fn service_helps(&mut self, about: Option<&str>) {
        let about = about.map(str::to_ascii_uppercase);
        let of = |line: &&&str| {
            let command = line.split([' ', ',', ':']).next();
            about.as_deref() == command
        };
        let found: Vec<_> = HELP.iter().filter(of).collect();
        let all = HELP.iter().collect();
        for line in if found.is_empty() { all } else { found } {
            self.service_says(line);
        }
    }

    /// `INFO`, `STATUS` and `ACC`: whether one is signed in, and as whom. What others are, WHOIS tells.
    fn service_tells(&mut self, who: Option<&str>) {
        if let Some(who) = who.filter(|who| !names::is_account(who, names::account(&self.nick))) {
            return self.service_says(&format!("/whois {who} says who that is."));
        }
        let told = match self.account_name() {
            Some(name) => {
                format!("You are signed in as {name}. CERT LIST names its tokens and certificates.")
            }
            None => "You are not signed in.".to_owned(),
        };
        self.service_says(&told);
    }

    fn service_register(&mut self, password: &str, rest: &[&str]) {
        if let Some(name) = self.account_name() {
            return self.service_says(&format!("You are signed in as {name} already."));
        }
        // Other networks take an email here; only what cannot be one is a code.
        let code = rest.iter().find(|word| !is_mail(word));
        let code = code.map(|code| Secret::new(*code));
        let nick = self.nick.clone();
        self.make_account(RegisterBy::Service, &nick, Secret::new(password), code);
    }

    fn service_certificate(&mut self, what: &str, rest: &[&str]) {
        match (what.to_ascii_uppercase().as_str(), rest) {
            ("ADD", [label, rest @ ..]) => {
                let add = AddCertificate {
                    label: (*label).to_owned(),
                    certificate: rest.first().map(|text| (*text).to_owned()),
                    scope: None,
                };
                let of = match rest {
                    [] => Service::CertificateAdded,
                    _ => Service::CertificateNamed,
                };
                self.ask(add, Then::Service(of));
            }
            ("LIST", _) => self.ask(Tokens {}, Then::Service(Service::Tokens)),
            ("DEL", [label]) => {
                let token = (*label).to_owned();
                self.ask(RevokeToken { token }, Then::Service(Service::Revoked));
            }
            _ => {
                self.service_says("CERT ADD <label> [fingerprint], CERT LIST or CERT DEL <label>.");
            }
        }
    }

    fn service_identify(&mut self, account: &str, password: &str) {
        let own = self.account_name();
        let stays = |own: &String| !self.again || names::is_account(account, own);
        if let Some(name) = own.filter(stays) {
            return self.service_says(&format!("You are signed in as {name} already."));
        }
        let sign_in = SignIn {
            name: names::account(account).to_owned(),
            password: Secret::new(password),
            device: None,
            code: None,
        };
        self.ask(sign_in, Then::SignIn(SignInBy::Service));
    }

    /// The answer to what was asked of it.
    pub(crate) fn service_answered(&mut self, of: Service, answer: Answer) {
        let done = |answer, sentence: &str| expected!(answer, Done).map(|_| sentence.to_owned());
        let said = match of {
            Service::Password => done(answer, "Your password is changed."),
            Service::Code => done(answer, "That is right. Say again what it was asked for."),
            Service::CertificateAdded => done(answer, "The certificate signs you in from now on."),
            Service::CertificateNamed => done(
                answer,
                "The certificate signs you in from now on, once a client has shown it and named your account: SASL \
                 EXTERNAL with it as the authorization identity.",
            ),
            Service::Revoked => done(answer, "It is void from now on."),
            Service::Scram => done(answer, "Done."),
            Service::Added => done(answer, "Account created. It signs in with that password."),
            Service::Ghosts => return self.end_ghosts(answer),
            Service::Ghost => done(answer, "Another IRC client of yours is gone."),
            Service::Token => expected!(answer, TokenMade)
                .map(|made| format!("Your token, shown this once: {}", made.token.expose())),
            Service::Tokens => expected!(answer, TokenList).map(|list| {
                let labels = list.tokens.iter().map(|token| token.label.as_str());
                let labels = labels.collect::<Vec<_>>().join(", ");
                let labels = Some(labels).filter(|labels| !labels.is_empty());
                let labels = labels.as_deref().unwrap_or("none");
                format!("Your tokens and certificates: {labels}")
            }),
        };
        match said {
            Ok(said) => self.service_says(&said),
            Err(refusal) if refusal.code == ErrorCode::SecondFactorNeeded => {
                self.registering.sign_in = SignInCode::NotOwed;
                let how = "Send it: /msg NickServ CODE 123456";
                self.service_says(&format!("{} {how}", refusal.text));
            }
            Err(refusal) => self.service_says(&refusal.text),
        }
    }

    /// A sentence of the service.
    pub(crate) fn service_says(&mut self, text: &str) {
        let (host, nick, out) = self.reply_parts();
        let source = format!("{NAME}!{}@{host}", names::user());
        Writer::new(out)
            .source(&source)
            .command("NOTICE")
            .word(nick)
            .trailing(text);
    }
}

/// `ON` or `OFF`?
fn is_switch(word: &str) -> bool {
    word.eq_ignore_ascii_case("on") || word.eq_ignore_ascii_case("off")
}

/// Where that is done which such services do elsewhere, and not here.
fn elsewhere(command: &str) -> String {
    match command {
        "LOGOUT" => "/quit ends this client. SNUG HELP says how to end one's other sessions.",
        "DROP" => "SNUG HELP says how to end an account for good.",
        "GROUP" | "UNGROUP" | "NICK" => {
            "Your nick is yours by your account, and no other can be kept beside it."
        }
        "SET" => "PASSWD <old> <new> changes your password; SNUG HELP lists what else can be set.",
        _ => return format!("That is not understood. /msg {NAME} HELP says what is."),
    }
    .to_owned()
}

/// Is it what other networks take for an email, or says that there is none?
fn is_mail(word: &str) -> bool {
    word.contains('@') || word == "*"
}

/// What was said, word by word: those in quotes may hold spaces, and `\` before a quote or another `\`
/// stands for it. A quote within a word is a letter like any other. `None` if a quote is not closed.
fn words_of(text: &str) -> Option<Vec<Secret>> {
    let mut words = Vec::new();
    let mut rest = text.trim_ascii_start();
    while !rest.is_empty() {
        let (word, after) = if let Some(text) = rest.strip_prefix('"') {
            quoted(text)?
        } else {
            let word = rest.split_once(|letter: char| letter.is_ascii_whitespace());
            let (word, after) = word.unwrap_or((rest, ""));
            (Secret::new(word), after)
        };
        words.push(word);
        rest = after.trim_ascii_start();
    }
    Some(words)
}

/// Up to the closing quote, which is followed by a space or nothing; and what is behind it.
pub(crate) fn quoted(text: &str) -> Option<(Secret, &str)> {
    let mut word = String::with_capacity(text.len());
    let mut chars = text.char_indices();
    while let Some((index, letter)) = chars.next() {
        match letter {
            '\\' => {
                let (_, next) = chars.next()?;
                if !matches!(next, '"' | '\\') {
                    word.push(letter);
                }
                word.push(next);
            }
            '"' => {
                let after = text.get(index + 1..)?;
                let ends = after.is_empty() || after.starts_with([' ', '\t']);
                return ends.then(|| (Secret::new(word), after));
            }
            _ => word.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<String>> {
        let words = words_of(text)?;
        Some(words.iter().map(|word| word.expose().to_owned()).collect())
    }

    #[test]
    fn words_in_quotes_may_hold_spaces() {
        let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
        assert_eq!(
            read("  IDENTIFY  ann  pw "),
            words(&["IDENTIFY", "ann", "pw"])
        );
        assert_eq!(
            read(r#"IDENTIFY "a b" 'c d"#),
            words(&["IDENTIFY", "a b", "'c", "d"])
        );
        assert_eq!(read(r#"X "a \"b\" \\ \c""#), words(&["X", r#"a "b" \ \c"#]));
        assert_eq!(read(r#"X o'clock 5" "#), words(&["X", "o'clock", "5\""]));
        assert_eq!(read(r#"X "" y"#), words(&["X", "", "y"]));
        assert_eq!(read(""), words(&[]));
        for bad in [r#"X "a"#, r#"X "a"b"#, r#"X "a\"#] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
