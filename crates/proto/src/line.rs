//! The native wire: one JSON object a line. What a stranger sends is parsed here and nowhere else.

use std::{convert::Infallible, str::FromStr};

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::{
    Answer, ErrorCode, Event, Refusal, Request, RequestKind, Response, limits::MAX_LINE_BYTES, text,
};

/// Names a request on its connection, chosen by the client.
pub type RequestLabel = u64;

/// A line that is no request, and what to answer: `re` is null where not even the id could be read.
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

/// What every request has, read before its own fields. Unknown fields are skipped, never kept.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    id: Option<RequestLabel>,
    #[serde(default, rename = "do", deserialize_with = "what")]
    what: Option<What>,
}

/// The value of `do`.
enum What {
    Known(RequestKind),
    Unknown,
}

impl FromStr for What {
    type Err = Infallible;
    fn from_str(wire: &str) -> Result<Self, Infallible> {
        Ok(RequestKind::from_wire(wire).map_or(Self::Unknown, Self::Known))
    }
}

fn what<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<What>, D::Error> {
    text::deserialize(deserializer).map(Some)
}

/// Reads one request line, its line feed taken off.
///
/// The codes: `line_too_long`, `not_utf8`, `bad_json` (not one JSON object), `bad_request` (an object, but
/// a field is missing, twice there or of the wrong kind), `unknown_request`. Work and memory are bounded by
/// the line's length: what no request has is skipped, however deeply it nests.
pub fn decode_request(line: &[u8]) -> Result<(RequestLabel, Request), BadLine> {
    let bad = |id, refusal: Refusal| BadLine { id, refusal };
    if line.len() > MAX_LINE_BYTES {
        return Err(bad(None, ErrorCode::LineTooLong.into()));
    }
    let Ok(line) = std::str::from_utf8(line) else {
        return Err(bad(None, ErrorCode::NotUtf8.into()));
    };
    // serde would take an array for a struct, its members in the order of the fields.
    if !line.trim_ascii_start().starts_with('{') {
        return Err(bad(None, ErrorCode::BadJson.into()));
    }
    let head: Head = serde_json::from_str(line).map_err(|error| {
        if error.is_data() {
            bad(id_of(line), bad_request(&error))
        } else {
            bad(None, ErrorCode::BadJson.into())
        }
    })?;
    let Some(id) = head.id else {
        let text = "The request has no id.";
        return Err(bad(None, Refusal::with_text(ErrorCode::BadRequest, text)));
    };
    let kind = match head.what {
        Some(What::Known(kind)) => kind,
        Some(What::Unknown) => return Err(bad(Some(id), ErrorCode::UnknownRequest.into())),
        None => {
            let text = "The request does not say what to do: \"do\" is missing.";
            let refusal = Refusal::with_text(ErrorCode::BadRequest, text);
            return Err(bad(Some(id), refusal));
        }
    };
    match kind.parse(line) {
        Ok(request) => Ok((id, request)),
        Err(error) => Err(bad(Some(id), bad_request(&error))),
    }
}

/// The id of an object whose other fields could not be read, so that its sender knows which it was.
fn id_of(line: &str) -> Option<RequestLabel> {
    #[derive(Deserialize)]
    struct Id {
        id: RequestLabel,
    }
    serde_json::from_str(line).ok().map(|Id { id }| id)
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
        ok: Option<&'a RawValue>,
        #[serde(default)]
        error: Option<Refusal>,
        #[serde(default)]
        ev: Option<IgnoredAny>,
    }
    let malformed = |why| Err(serde::de::Error::custom(why));
    if line.len() > MAX_LINE_BYTES {
        return malformed("longer than a line may be");
    }
    // serde would take an array for a struct.
    if !line.trim_ascii_start().starts_with(b"{") {
        return malformed("not an object");
    }
    // Servers write "ev" first: then there is no need to look for it.
    if line.starts_with(br#"{"ev":"#) {
        return serde_json::from_slice(line).map(ServerLine::Event);
    }
    let raw: Raw<'_> = serde_json::from_slice(line)?;
    if raw.ev.is_some() {
        return serde_json::from_slice(line).map(ServerLine::Event);
    }
    let answer = match (raw.ok, raw.error) {
        (Some(ok), _) => Ok(ok.get().to_owned()),
        (None, Some(refusal)) => Err(refusal),
        (None, None) => return malformed("neither ev, ok nor error"),
    };
    Ok(ServerLine::Answer { re: raw.re, answer })
}

fn to_line<T: Serialize>(value: &T) -> Bytes {
    let mut line = Vec::with_capacity(512);
    // Our own types have string keys only and no failing Serialize: nothing can go wrong.
    if serde_json::to_writer(&mut line, value).is_err() {
        line.clear();
        line.extend_from_slice(
            br#"{"re":null,"error":{"code":"internal","text":"An answer could not be written."}}"#,
        );
    }
    line.push(b'\n');
    // To its length: an outbox is bounded by bytes, and a vector that grew may hold twice as many.
    line.into_boxed_slice().into()
}
