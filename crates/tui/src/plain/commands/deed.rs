//! What a command does, once its words were read.

use std::{future::Future, pin::Pin, sync::Arc};

use snug_client::Link;
use snug_proto::{ErrorCode, OtherResponse, Pending, Refusal, Request, Response, Secret};

use crate::{
    plain::{chat::Chat, view::View},
    sanitize,
};

/// What is to be done.
pub(crate) enum Deed {
    /// Ask the server and show its answer. It is asked when all that was typed before is answered, and
    /// only if there is a connection. See [`ask`].
    Ask(Question),
    /// Put a request into the queue: it goes out once, in its turn, over lost connections too.
    Queued(Queued),
    /// Read a line that is not shown, then do what follows from it.
    Secret {
        /// What it is: `the password of den`.
        what: String,
        /// What follows.
        then: Box<dyn FnOnce(Secret) -> Deed + Send>,
    },
    /// Something of this program's own, for which the server is not asked.
    Here(LinesOf<Chat>),
}

/// Lines that something makes, later.
pub(crate) type LinesOf<T> = Box<dyn FnOnce(&mut T) -> Vec<String> + Send>;

/// See [`ask`].
pub(crate) type Question =
    Box<dyn FnOnce(Ask) -> Pin<Box<dyn Future<Output = Result<Output, Trouble>> + Send>> + Send>;

/// A request for the queue.
pub(crate) struct Queued {
    pub(crate) request: Request,
    pub(crate) then: Then,
}

/// What is done about the answer to a [`Queued`] request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Then {
    /// Words: if they are refused, they are shown again.
    Words(String),
    /// Go to this room. Later lines wait for it.
    Enter(String),
    /// Nothing, but later lines wait for it.
    First,
    /// Nothing.
    Other,
}

/// Something to show.
pub(crate) enum Output {
    /// These lines.
    Lines(Vec<String>),
    /// What the view makes of it: for events, which look as they do live.
    Viewed(LinesOf<View>),
}

/// Why there is no answer to show.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The server said no.
    Refused(Refusal),
    /// Its answer is not what was asked for.
    Unreadable,
    /// This, in a sentence.
    Said(String),
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<OtherResponse> for Trouble {
    fn from(_: OtherResponse) -> Self {
        Self::Unreadable
    }
}

impl Trouble {
    /// The line that says so.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Refused(refused) => refusal(refused),
            Self::Unreadable => {
                "!! The server's answer could not be read. Is this client older than it?".to_owned()
            }
            Self::Said(sentence) => format!("!! {sentence}"),
        }
    }
}

/// A refusal as a line, with what to do next where the sentence does not say it.
pub(crate) fn refusal(refusal: &Refusal) -> String {
    let advice = match refusal.code {
        ErrorCode::NotAMember => " /join ROOM does that.",
        ErrorCode::UnknownRoom => " /rooms lists them, /create makes one.",
        // What else is unknown under this code (a ban, a group) is no matter of who is here.
        ErrorCode::UnknownPerson if refusal.text != refusal.code.sentence() => "",
        ErrorCode::UnknownPerson => " /who says who is in this room.",
        ErrorCode::UnknownEvent => " /history shows the numbers.",
        ErrorCode::SecondFactorNeeded => " /second-factor code 123456 gives one.",
        ErrorCode::UnknownToken => " /tokens lists them.",
        _ => "",
    };
    format!("!! {}{advice}", sanitize::line(&refusal.text))
}

/// Whoever asks: the chat or a script.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) server: Arc<dyn Fn(Request) -> Pending + Send + Sync>,
    /// How this server is reached.
    pub(crate) link: Link,
    /// One's own name.
    pub(crate) name: String,
}

impl Ask {
    /// Asks, and gives the answer of the kind that is expected.
    pub(crate) async fn request<T>(&self, request: impl Into<Request>) -> Result<T, Trouble>
    where
        T: TryFrom<Response, Error = OtherResponse>,
    {
        let response = (self.server)(request.into()).await?;
        Ok(response.try_into()?)
    }
}

/// The deed that asks the server.
pub(crate) fn ask<F, A>(question: F) -> Deed
where
    F: FnOnce(Ask) -> A + Send + 'static,
    A: Future<Output = Result<Output, Trouble>> + Send + 'static,
{
    Deed::Ask(Box::new(move |asking| Box::pin(question(asking))))
}

/// The deed that puts a request into the queue.
pub(crate) fn queued(request: impl Into<Request>, then: Then) -> Deed {
    let request = request.into();
    Deed::Queued(Queued { request, then })
}

/// The deed of this program's own.
pub(crate) fn here(deed: impl FnOnce(&mut Chat) -> Vec<String> + Send + 'static) -> Deed {
    Deed::Here(Box::new(deed))
}

/// The deed that reads a secret first.
pub(crate) fn secret(
    what: impl Into<String>,
    then: impl FnOnce(Secret) -> Deed + Send + 'static,
) -> Deed {
    Deed::Secret {
        what: what.into(),
        then: Box::new(then),
    }
}

/// These lines as what there is to show.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the last word of a question, whose every request may fail"
)]
pub(crate) fn lines(lines: Vec<String>) -> Result<Output, Trouble> {
    Ok(Output::Lines(lines))
}

/// One line to show.
pub(crate) fn said(line: impl Into<String>) -> Result<Output, Trouble> {
    lines(vec![line.into()])
}
