//! Everything a request can be refused with: one closed table. `docs/protocol.md` is generated from it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whose doing an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// The rules said no. Asking again without a change gets the same answer.
    Rejection,
    /// Ours. Logged once, where it was handled.
    Fault,
    /// The peer broke the protocol. Counted; may close the connection.
    Violation,
}

/// May the same request be sent again as it is?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// No: something must change first.
    Never,
    /// Yes, with the same `key`, after `retry_after_ms` where that is given.
    Later,
}

macro_rules! codes {
    ($($name:ident $wire:literal $class:ident $retry:ident $sentence:literal;)*) => {
        /// A wire error. Clients branch on the code, never on the sentence.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorCode {
            $(#[doc = $sentence] $name,)*
        }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as it is written on the wire.
            pub const fn wire(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }

            /// Whose doing it is.
            pub const fn class(self) -> ErrorClass {
                match self { $(Self::$name => ErrorClass::$class,)* }
            }

            /// May the same request be sent again?
            pub const fn retry(self) -> Retry {
                match self { $(Self::$name => Retry::$retry,)* }
            }

            /// What happened and what to do next, for a person.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }

            /// The code so written, or `None` for one this version does not know.
            pub fn from_wire(wire: &str) -> Option<Self> {
                match wire { $($wire => Some(Self::$name),)* _ => None }
            }
        }
    };
}

codes! {
    BadJson "bad_json" Violation Never "The line is not a JSON object. Send one object a line.";
    BadRequest "bad_request" Violation Never "A field of the request is missing or of the wrong kind.";
    UnknownRequest "unknown_request" Violation Never "This server does not know that request. Look at its name, or at the server's version.";
    LineTooLong "line_too_long" Violation Never "The line is longer than 64 KiB and was thrown away.";
    NotUtf8 "not_utf8" Violation Never "The line is not UTF-8 and was thrown away.";
    UnsupportedWire "unsupported_wire" Violation Never "This server does not speak that version of the wire. Use an older client or update the server.";
    NotSignedIn "not_signed_in" Rejection Never "Sign in first.";
    AlreadySignedIn "already_signed_in" Rejection Never "This connection is signed in already. Open another one.";
    BadCredentials "bad_credentials" Rejection Never "The name or the password is wrong.";
    SecondFactorNeeded "second_factor_needed" Rejection Never "The password is right. This account also asks for the code that its authenticator app shows, or for one of its recovery codes.";
    BadSession "bad_session" Rejection Never "That session has ended. Sign in again.";
    SignInExpired "sign_in_expired" Rejection Later "This sign-in or registration was not started here, or took too long. Start it again.";
    PlainPasswordsOff "plain_passwords_off" Rejection Never "This server takes no plain passwords. Use an app token, or a client that speaks OPAQUE.";
    BadCode "bad_code" Rejection Never "That code is wrong, used up or expired. Ask for a new one.";
    CodeNeeded "code_needed" Rejection Never "This server asks for a code before one may register. Ask somebody inside for one.";
    NameTaken "name_taken" Rejection Never "That name is taken, or looks too much like one that is. Choose another.";
    BadName "bad_name" Rejection Never "That cannot be a name. Use letters, digits and a few marks such as _ or -, and begin with a letter or a digit.";
    BadPassword "bad_password" Rejection Never "A password has at least 8 characters and at most 1024 bytes.";
    WeakParameters "weak_parameters" Rejection Never "Those password-hashing parameters are outside what this server takes.";
    UnknownRoom "unknown_room" Rejection Never "There is no such room here. See the list of rooms, or create it.";
    UnknownPerson "unknown_person" Rejection Never "There is nobody of that name here.";
    NotInRoom "not_in_room" Rejection Never "That person is not in this room.";
    InRoom "in_room" Rejection Never "That person is in this room already.";
    UnknownEvent "unknown_event" Rejection Never "There is no message of that number in this room.";
    UnknownToken "unknown_token" Rejection Never "There is no app token of that name or id.";
    UnknownSession "unknown_session" Rejection Never "There is no session of that id. Look at the list of them.";
    NotAMember "not_a_member" Rejection Never "You are not in that room. Join it first.";
    Banned "banned" Rejection Never "You are banned from that room.";
    WrongPassword "wrong_password" Rejection Never "The room's password is wrong.";
    InvitationNeeded "invitation_needed" Rejection Never "That room is by invitation. Ask one of its admins.";
    RoomFull "room_full" Rejection Never "That room has as many members as it takes. Ask one of its admins for an invitation.";
    Muted "muted" Rejection Never "You are muted in that room: you may read, and not speak.";
    PasswordNeeded "password_needed" Rejection Never "That room asks for a password.";
    Forbidden "forbidden" Rejection Never "You may not do that here.";
    NotYours "not_yours" Rejection Never "Only the author may change that message.";
    NotAccepting "not_accepting" Rejection Never "That person does not accept this from you.";
    Gone "gone" Rejection Never "That message was deleted or is no longer kept.";
    CreditsOff "credits_off" Rejection Never "This server has no credits. Its owner can turn them on.";
    NotEnough "not_enough" Rejection Never "There are not that many credits in your purse.";
    EmptyBody "empty_body" Rejection Never "The message is empty.";
    BodyTooLong "body_too_long" Rejection Never "The message is longer than 16 KiB. Send it in parts.";
    BadBody "bad_body" Rejection Never "The message holds control characters. Only tabs and line breaks may be in it.";
    KeyReused "key_reused" Rejection Never "That key was used for another request. Make a new key for every request.";
    Rewound "rewound" Rejection Never "This room's log began anew. Throw your copy away and read again.";
    TooFast "too_fast" Rejection Later "Too many requests. Wait a little.";
    TooMany "too_many" Rejection Never "There are too many of those already. Remove one first.";
    Busy "busy" Fault Later "The server is busy. Try again in a moment.";
    ShuttingDown "shutting_down" Fault Later "The server is stopping. Connect again in a moment.";
    StorageFull "storage_full" Fault Later "The server's disk is full. Nothing was saved; tell its owner, then try again.";
    StorageFailed "storage_failed" Fault Later "The server could not write to its disk. Nothing was saved; try again.";
    Internal "internal" Fault Later "Something went wrong in the server. Its log says what.";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wire())
    }
}

/// A request refused: what the wire's `error` object holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// One of [`ErrorCode::ALL`]; a client keeps what it does not know as `internal`.
    #[serde(with = "code_on_wire")]
    pub code: ErrorCode,
    /// One sentence for a person.
    pub text: String,
    /// Milliseconds to wait before the same request has a chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    /// The refusal with the table's own sentence.
    pub fn new(code: ErrorCode) -> Self {
        Self {
            code,
            text: code.sentence().to_owned(),
            retry_after_ms: None,
        }
    }

    /// The refusal with a sentence that says more than the table's.
    pub fn with_text(code: ErrorCode, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
            retry_after_ms: None,
        }
    }

    /// The same refusal, to be tried again after so many milliseconds.
    #[must_use]
    pub fn retry_after_ms(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

mod code_on_wire {
    use super::ErrorCode;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde's `with` asks for a reference"
    )]
    pub(super) fn serialize<S: Serializer>(
        code: &ErrorCode,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(code.wire())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<ErrorCode, D::Error> {
        let wire = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Ok(ErrorCode::from_wire(&wire).unwrap_or(ErrorCode::Internal))
    }
}
