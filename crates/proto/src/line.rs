//! The native wire: one JSON object a line. What a stranger sends is parsed here and nowhere else.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

use crate::{
    Answer, ErrorCode, Event, Refusal, Request, RequestKind, Response, limits::MAX_LINE_BYTES,
};

/// Names a request on its connection, chosen by the client.
pub type RequestLabel = u64;

/// A line that is no request, and what to answer: `re` is absent where not even the id could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// The id, if the line had one.
    pub id: Option<RequestLabel>,
    /// What is wrong with it.
    pub refusal: Refusal,
}

/// A line from a server, as a client reads it.
#[derive(Debug, Clone)]
pub enum ServerLine {
    /// The answer to a request: the `ok` object is read by [`Response::parse`] when its kind is known.
    Answer {
        /// The request's id; `None` where the server could not read one.
        re: Option<RequestLabel>,
        /// The `ok` object as text, or the refusal.
        answer: Result<String, Refusal>,
    },
    /// Something happened.
    Event(Event),
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(default)]
    id: Option<RequestLabel>,
    #[serde(default, borrow, rename = "do")]
    what: Option<Cow<'a, str>>,
}

/// Reads one request line, its line feed taken off.
pub fn decode_request(line: &[u8]) -> Result<(RequestLabel, Request), BadLine> {
    let bad = |id, refusal: Refusal| BadLine { id, refusal };
    if line.len() > MAX_LINE_BYTES {
        return Err(bad(None, ErrorCode::LineTooLong.into()));
    }
    if std::str::from_utf8(line).is_err() {
        return Err(bad(None, ErrorCode::NotUtf8.into()));
    }
    let head: Head<'_> = serde_json::from_slice(line).map_err(|error| {
        bad(
            None,
            if error.is_data() {
                bad_request(&error)
            } else {
                ErrorCode::BadJson.into()
            },
        )
    })?;
    let Some(id) = head.id else {
        return Err(bad(
            None,
            Refusal::with_text(ErrorCode::BadRequest, "The request has no id."),
        ));
    };
    let Some(what) = head.what else {
        let text = "The request does not say what to do: \"do\" is missing.";
        return Err(bad(
            Some(id),
            Refusal::with_text(ErrorCode::BadRequest, text),
        ));
    };
    let Some(kind) = RequestKind::from_wire(&what) else {
        return Err(bad(Some(id), ErrorCode::UnknownRequest.into()));
    };
    match kind.parse(line) {
        Ok(request) => Ok((id, request)),
        Err(error) => Err(bad(Some(id), bad_request(&error))),
    }
}

/// serde's sentence names the field; it can also quote a value, which may be a password, so only the
/// part about a missing field is passed on.
fn bad_request(error: &serde_json::Error) -> Refusal {
    let text = error.to_string();
    match text
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split_once('`'))
    {
        Some((field, _)) => Refusal::with_text(
            ErrorCode::BadRequest,
            format!("The request lacks \"{field}\"."),
        ),
        None => ErrorCode::BadRequest.into(),
    }
}

/// Writes one request line, its line feed included.
pub fn encode_request(id: RequestLabel, request: &Request) -> Bytes {
    #[derive(Serialize)]
    struct Line<'a> {
        id: RequestLabel,
        #[serde(rename = "do")]
        what: &'static str,
        #[serde(flatten)]
        request: &'a Request,
    }
    to_line(&Line {
        id,
        what: request.kind().wire(),
        request,
    })
}

/// Writes the line that answers a request, its line feed included.
pub fn encode_answer(re: Option<RequestLabel>, answer: &Answer) -> Bytes {
    #[derive(Serialize)]
    struct Ok<'a> {
        re: Option<RequestLabel>,
        ok: &'a Response,
    }
    #[derive(Serialize)]
    struct Error<'a> {
        re: Option<RequestLabel>,
        error: &'a Refusal,
    }
    match answer {
        Result::Ok(ok) => to_line(&Ok { re, ok }),
        Err(error) => to_line(&Error { re, error }),
    }
}

/// Writes an event's line, its line feed included.
pub fn encode_event(event: &Event) -> Bytes {
    to_line(event)
}

/// Reads one line from a server. Unknown events become [`Event::Unknown`].
pub fn decode_server_line(line: &[u8]) -> Result<ServerLine, serde_json::Error> {
    #[derive(Deserialize)]
    struct Raw<'a> {
        #[serde(default)]
        re: Option<RequestLabel>,
        #[serde(default, borrow)]
        ok: Option<&'a serde_json::value::RawValue>,
        #[serde(default)]
        error: Option<Refusal>,
        #[serde(default, borrow)]
        ev: Option<Cow<'a, str>>,
    }
    let raw: Raw<'_> = serde_json::from_slice(line)?;
    if raw.ev.is_some() {
        return serde_json::from_slice(line).map(ServerLine::Event);
    }
    let answer = match (raw.ok, raw.error) {
        (Some(ok), _) => Ok(ok.get().to_owned()),
        (None, Some(refusal)) => Err(refusal),
        (None, None) => return Err(serde::de::Error::custom("neither ev, ok nor error")),
    };
    Ok(ServerLine::Answer { re: raw.re, answer })
}

fn to_line<T: Serialize>(value: &T) -> Bytes {
    let mut line = Vec::with_capacity(256);
    // Our own types have string keys only and no failing Serialize: nothing can go wrong.
    if serde_json::to_writer(&mut line, value).is_err() {
        line.clear();
        line.extend_from_slice(
            br#"{"error":{"code":"internal","text":"An answer could not be written."}}"#,
        );
    }
    line.push(b'\n');
    line.into()
}
