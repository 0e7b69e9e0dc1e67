//! Lines in WebSocket messages (RFC 6455, `IRCv3` websocket): the handshake, messages in, lines out.
//! No sockets: bytes go in and out. The handshake's rules and the frames are tungstenite's.

use std::io::{self, Read, Write};

use snug_proto::limits::MAX_LINE_BYTES;
use tungstenite::{
    Message,
    error::{CapacityError, Error, ProtocolError},
    handshake::{
        machine::TryParse,
        server::{Request, create_response, write_response},
    },
    http::{HeaderValue, header},
    protocol::{CloseFrame, Role, WebSocketConfig, WebSocketContext, frame::coding::CloseCode},
};

use crate::origin::{foreign, named};

/// The head of a request is at most so long, as elsewhere; a browser's is a tenth of it.
pub(crate) const MAX_HEAD_BYTES: usize = 8 * 1024;
/// A frame is read in parts of so many bytes: a connection keeps no more than that while it is idle.
const READ_BYTES: usize = 1024;
const SUBPROTOCOLS: &str = "sec-websocket-protocol";
const FORWARDED_FOR: &str = "x-forwarded-for";

/// What the messages of a connection are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Binary,
}

/// What came of a request's first bytes.
pub(crate) enum Handshake {
    /// Its head is not whole yet.
    NeedMore,
    /// It is HTTP, and asks for no WebSocket.
    Other,
    /// It cannot be granted, and why.
    Refused(&'static str),
    /// It is granted.
    Accepted(Accepted),
}

/// A handshake that is granted.
pub(crate) struct Accepted {
    /// The length of the request's head: what follows it are frames.
    pub(crate) used: usize,
    /// The answer to the request.
    pub(crate) answer: Vec<u8>,
    /// What speaks from now on.
    pub(crate) socket: Box<WebSocket>,
    /// For whom a proxy asks, as it says: whatever bytes these are, they are not to be taken for silence.
    pub(crate) forwarded: Option<Vec<u8>>,
    /// The page that asks is another host's: who decides looks whether the operator named it.
    pub(crate) foreign: Option<String>,
    /// The page that asks is of a host with a name, which without TLS may be anybody's.
    pub(crate) named: Option<String>,
    /// A subprotocol of IRC was agreed on; else the first message tells what is spoken.
    pub(crate) irc: bool,
}

/// A WebSocket after its handshake.
pub(crate) struct WebSocket {
    context: WebSocketContext,
    pipe: Pipe,
    form: Form,
    /// The peer has ended it, or broke its rules.
    ended: bool,
}

/// Both directions, in memory.
#[derive(Default)]
struct Pipe {
    incoming: Vec<u8>,
    read: usize,
    outgoing: Vec<u8>,
}

/// Looks at the first bytes of a connection that speaks HTTP.
pub(crate) fn shake_hands(bytes: &[u8]) -> Handshake {
    let request = match Request::try_parse(bytes) {
        Ok(None) if bytes.len() > MAX_HEAD_BYTES => {
            return Handshake::Refused("The request is too long.");
        }
        Ok(None) => return Handshake::NeedMore,
        // It may come whole in one read.
        Ok(Some((used, _))) if used > MAX_HEAD_BYTES => {
            return Handshake::Refused("The request is too long.");
        }
        Ok(Some((used, request))) => (used, request),
        Err(Error::Protocol(ProtocolError::WrongHttpMethod)) => return Handshake::Other,
        Err(_) => return Handshake::Refused("The request is not understood."),
    };
    let (used, request) = request;
    if !request.headers().contains_key(header::UPGRADE) {
        return Handshake::Other;
    }
    let Ok(mut response) = create_response(&request) else {
        return Handshake::Refused("This WebSocket handshake is not RFC 6455's.");
    };
    let agreed = subprotocol(&request);
    if let Some((name, _)) = agreed {
        let name = HeaderValue::from_static(name);
        response.headers_mut().insert(SUBPROTOCOLS, name);
    }
    let mut answer = Vec::new();
    if write_response(&mut answer, &response).is_err() {
        return Handshake::Refused("This WebSocket handshake is not RFC 6455's.");
    }
    // Each proxy adds its peer at the end of the last of them.
    let forwarded = request
        .headers()
        .get_all(FORWARDED_FOR)
        .into_iter()
        .next_back();
    let forwarded = forwarded.map(|value| value.as_bytes().to_vec());
    Handshake::Accepted(Accepted {
        used,
        answer,
        forwarded,
        foreign: foreign(&request),
        named: named(&request),
        socket: Box::new(WebSocket::new(agreed.map_or(Form::Text, |(_, form)| form))),
        irc: agreed.is_some(),
    })
}

/// The first that the client names and that there is (`IRCv3` websocket: its order decides).
fn subprotocol(request: &Request) -> Option<(&'static str, Form)> {
    let offered = request.headers().get_all(SUBPROTOCOLS).into_iter();
    let mut names = offered
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    names.find_map(|name| match name.trim() {
        "text.ircv3.net" => Some(("text.ircv3.net", Form::Text)),
        "binary.ircv3.net" => Some(("binary.ircv3.net", Form::Binary)),
        _ => None,
    })
}

impl WebSocket {
    fn new(form: Form) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(MAX_LINE_BYTES))
            .max_frame_size(Some(MAX_LINE_BYTES));
        Self {
            context: WebSocketContext::new(Role::Server, Some(config)),
            pipe: Pipe::default(),
            form,
            ended: false,
        }
    }

    /// Takes bytes from the peer, and appends each message that they complete as a line. What is to be
    /// answered to them is fetched by [`Self::take_outgoing`]. False once the peer has ended it.
    pub(crate) fn open(&mut self, bytes: &[u8], lines: &mut Vec<u8>) -> bool {
        self.pipe.incoming.extend_from_slice(bytes);
        while !self.ended {
            match self.context.read(&mut self.pipe) {
                Ok(Message::Text(text)) => push_line(lines, text.as_bytes()),
                Ok(Message::Binary(bytes)) => push_line(lines, &bytes),
                Ok(Message::Close(_)) => self.ended = true,
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => {
                    self.ended = true;
                    self.end(close_code(&error));
                }
            }
        }
        // The answer to a ping or to a close.
        let _written_to_memory = self.context.flush(&mut self.pipe);
        self.pipe.forget_read();
        !self.ended
    }

    /// Puts each line into a message of its own, without the end of the line (`IRCv3` websocket).
    pub(crate) fn seal(&mut self, lines: &[u8]) -> Vec<u8> {
        // Looked at once for all of them: much is said to many at once.
        match (self.form, std::str::from_utf8(lines)) {
            (Form::Text, Ok(lines)) => self.seal_each(lines.split('\n').map(|line| {
                let line = line.strip_suffix('\r').unwrap_or(line);
                (!line.is_empty()).then(|| Message::text(line))
            })),
            (form, _) => self.seal_each(lines.split(|byte| *byte == b'\n').map(|line| {
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                (!line.is_empty()).then(|| match form {
                    Form::Text => Message::text(String::from_utf8_lossy(line).into_owned()),
                    Form::Binary => Message::binary(line.to_vec()),
                })
            })),
        }
        self.take_outgoing()
    }

    fn seal_each(&mut self, messages: impl Iterator<Item = Option<Message>>) {
        for message in messages.flatten() {
            if self.context.write(&mut self.pipe, message).is_err() {
                // It has ended: nobody reads what else there is.
                break;
            }
        }
    }

    /// Ends it from our side.
    pub(crate) fn close(&mut self) -> Vec<u8> {
        self.end(CloseCode::Normal);
        self.take_outgoing()
    }

    /// What is to be sent.
    pub(crate) fn take_outgoing(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.pipe.outgoing)
    }

    fn end(&mut self, code: CloseCode) {
        let frame = CloseFrame {
            code,
            reason: "".into(),
        };
        let _ended_already = self.context.close(&mut self.pipe, Some(frame));
    }
}

/// Why it is ended, as RFC 6455 §7.4.1 numbers it.
fn close_code(error: &Error) -> CloseCode {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => CloseCode::Size,
        Error::Utf8(_) => CloseCode::Invalid,
        _ => CloseCode::Protocol,
    }
}

/// A message is one line, whatever ends it.
fn push_line(lines: &mut Vec<u8>, message: &[u8]) {
    let end = message
        .iter()
        .rposition(|byte| !matches!(byte, b'\r' | b'\n'));
    let line = end.and_then(|end| message.get(..=end)).unwrap_or_default();
    // A line feed inside would make two of it, a NUL is refused by whoever reads the line.
    lines.extend(
        line.iter()
            .map(|byte| if *byte == b'\n' { 0 } else { *byte }),
    );
    lines.push(b'\n');
}

impl Pipe {
    fn forget_read(&mut self) {
        if self.read >= self.incoming.len() {
            self.incoming = Vec::new();
        } else {
            self.incoming.drain(..self.read);
        }
        self.read = 0;
    }
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut rest = self.incoming.get(self.read..).unwrap_or_default();
        if rest.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let read = rest.read(into)?;
        self.read += read;
        Ok(read)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
