//! How a script command ends: stable exit statuses, and one sentence.

use std::{process::ExitCode, time::Duration};

use serde::Serialize;
use snug_client::{ConnectError, Ended, OpenError, ProfileError, SignInError};
use snug_proto::{ErrorCode, OtherResponse, Refusal};

use crate::{join, plain::commands::Trouble, sanitize};

const REFUSED: u8 = 1;
const USAGE: u8 = 2;
const CONNECT: u8 = 3;
const SIGN_IN: u8 = 4;
const TIMEOUT: u8 = 5;
const LOCAL: u8 = 6;
/// What a shell says of a program that a broken pipe ended: 128 and SIGPIPE.
const PIPE: u8 = 141;

/// Every exit status and what it says. They are stable.
pub(crate) const EXITS: &[(u8, &str)] = &[
    (0, "It is done."),
    (
        REFUSED,
        "It was refused. With --json the error's \"code\" is the wire's.",
    ),
    (USAGE, "The command line is wrong."),
    (
        CONNECT,
        "There is no connection, or the server is not the one that is known.",
    ),
    (
        SIGN_IN,
        "Not signed in: no sign-in is kept, it has ended, or the token is wrong.",
    ),
    (TIMEOUT, "It took longer than --timeout."),
    (
        LOCAL,
        "Something on this machine failed: a file, the input.",
    ),
    (129, "Ended by a hang-up."),
    (130, "Ended by Ctrl-C."),
    (PIPE, "Nobody reads the output any more."),
    (143, "Ended by a signal to terminate."),
];

/// Why a script command did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    status: u8,
    /// The wire's code, or a word of this program's own.
    code: &'static str,
    text: String,
    retry_after_ms: Option<u64>,
}

impl Failure {
    fn new(status: u8, code: &'static str, text: impl Into<String>) -> Self {
        Self {
            status,
            code,
            text: text.into(),
            retry_after_ms: None,
        }
    }

    /// The command line is wrong.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::new(USAGE, "usage", text)
    }

    /// There is no connection.
    pub(crate) fn connect(text: impl Into<String>) -> Self {
        Self::new(CONNECT, "no_connection", text)
    }

    /// One is not signed in.
    pub(crate) fn sign_in(text: impl Into<String>) -> Self {
        Self::new(SIGN_IN, ErrorCode::NotSignedIn.wire(), text)
    }

    /// Something here failed.
    pub(crate) fn local(text: impl Into<String>) -> Self {
        Self::new(LOCAL, "local", text)
    }

    /// It took too long.
    pub(crate) fn timeout(limit: Duration, why: Option<&str>) -> Self {
        let seconds = limit.as_secs();
        let why = why.map_or_else(String::new, |why| format!(" ({why})"));
        let text = format!("it was not done within {seconds} s{why}; --timeout allows more");
        Self::new(TIMEOUT, "timeout", text)
    }

    /// What could not be written; nobody may be reading.
    pub(crate) fn output(error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::new(PIPE, "broken_pipe", "");
        }
        Self::local(format!("the output cannot be written: {error}"))
    }

    /// The same, said of a part of the input.
    pub(crate) fn about(mut self, what: &str) -> Self {
        self.text = format!("{what}: {}", self.text);
        self
    }

    /// Is there nobody to tell?
    pub(crate) const fn is_silent(&self) -> bool {
        self.status == PIPE
    }

    /// The status to end with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.status)
    }

    /// One sentence for a person.
    pub(crate) fn sentence(&self) -> String {
        let mut text = sanitize::line(&self.text);
        if !text.ends_with(['.', '?', '!', ')']) {
            text.push('.');
        }
        text
    }

    /// The error as the wire writes one.
    pub(crate) fn json(&self) -> String {
        #[derive(Serialize)]
        struct Line<'a> {
            error: Error<'a>,
        }
        #[derive(Serialize)]
        struct Error<'a> {
            code: &'a str,
            text: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            retry_after_ms: Option<u64>,
        }
        let error = Error {
            code: self.code,
            text: &self.text,
            retry_after_ms: self.retry_after_ms,
        };
        serde_json::to_string(&Line { error }).unwrap_or_default()
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        use ErrorCode::{BadCredentials, BadSession, NotSignedIn, PlainPasswordsOff};
        let status = match refusal.code {
            BadCredentials | BadSession | NotSignedIn | PlainPasswordsOff => SIGN_IN,
            _ => REFUSED,
        };
        Self {
            status,
            code: refusal.code.wire(),
            text: refusal.text,
            retry_after_ms: refusal.retry_after_ms,
        }
    }
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Refusal::from(code).into()
    }
}

impl From<OtherResponse> for Failure {
    fn from(_: OtherResponse) -> Self {
        Trouble::Unreadable.into()
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        Self::local(error.to_string())
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::SignIn(SignInError::Refused(refusal)) => refusal.into(),
            OpenError::NoToken => Self::sign_in(error.to_string()),
            OpenError::Profile(error) => error.into(),
            OpenError::Connect(ConnectError::FingerprintChanged { .. }) => Self::new(
                CONNECT,
                "identity_changed",
                join::explain(error).to_string(),
            ),
            other => Self::connect(join::explain(other).to_string()),
        }
    }
}

impl From<Ended> for Failure {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::SignedOut(refusal) => Self::sign_in(refusal.text),
            Ended::Open(error) => error.into(),
            Ended::Profile(error) => error.into(),
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(refusal) => refusal.into(),
            Trouble::Unreadable => Self::connect(
                "the server's answer could not be read; is this client older than it?",
            ),
            Trouble::Said(sentence) => Self::new(REFUSED, "refused", sentence),
        }
    }
}
