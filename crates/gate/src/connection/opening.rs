//! How a connection begins: which protocol it speaks, by ALPN, by its first bytes, or in a WebSocket.

use std::{net::SocketAddr, sync::Weak};

use snug_proto::Direct;
use snug_rules::forwarded_for;

use super::{Connection, Ending, Stage};
use crate::{
    Newcomer, Protocol, Sniffed,
    scratch::Scratch,
    sniff::sniff,
    tls::{ALPN_IRC, ALPN_NATIVE},
    transport::Transport,
    websocket::{Accepted, Handshake, shake_hands},
};

/// Said to HTTP that asks for no WebSocket.
const NOT_A_WEB_SERVER: &str =
    "This is a Snug chat server. Come in with: snug join, or an IRC client.\n";

/// Said to a web page of another host.
const FOREIGN_PAGE: &str = "This page is of another host than this chat server. Its operator may welcome it: --web-origins\n";

/// What the first bytes came to.
enum Told {
    Speaks(Protocol),
    /// More bytes have to come.
    NotYet,
    /// It was answered; there is no front.
    Answered,
}

impl Connection {
    /// ALPN decides, else the first bytes (DESIGN "The native wire").
    pub(super) fn tell_protocol(&mut self, scratch: &mut Scratch) -> Result<(), Ending> {
        let Told::Speaks(protocol) = self.told(scratch)? else {
            return Ok(());
        };
        if self.guest.behind().is_some() {
            // A proxy that has not said for whom it connects is a peer like any other: what comes through it
            // is counted as its own.
            if !self.guest.comes_for_itself() {
                return Err(Ending::TurnedAway);
            }
            self.guest.shaken();
        }
        let mut front = self
            .shared
            .doorman
            .open(
                protocol,
                &self.newcomer(),
                Weak::clone(&self.direct) as Weak<dyn Direct>,
            )
            .ok_or(Ending::TurnedAway)?;
        self.protocol = Some(protocol);
        self.stage = Stage::Open;
        self.lines.resume(front.as_mut());
        self.front = Some(front);
        Ok(())
    }

    fn told(&mut self, scratch: &mut Scratch) -> Result<Told, Ending> {
        let plain = matches!(self.transport, Transport::Plain);
        let framed = self.websocket.is_some();
        let protocol = match self.transport.alpn() {
            Some(ALPN_NATIVE) => Protocol::Native,
            Some(ALPN_IRC) => Protocol::Irc,
            _ => match sniff(self.lines.held()) {
                Sniffed::NeedMore if self.input_ended => return Err(Ending::Closed),
                Sniffed::NeedMore => return Ok(Told::NotYet),
                Sniffed::Http if !framed => return self.upgrade(scratch),
                // Without TLS there is IRC and nothing else.
                _ if plain => Protocol::Irc,
                Sniffed::Native => Protocol::Native,
                Sniffed::Irc => Protocol::Irc,
                Sniffed::Http | Sniffed::Unknown => return Err(Ending::UnknownProtocol),
            },
        };
        Ok(Told::Speaks(protocol))
    }

    /// Looks at a request for a WebSocket, and grants it if it is one.
    fn upgrade(&mut self, scratch: &mut Scratch) -> Result<Told, Ending> {
        let accepted = match shake_hands(self.lines.held()) {
            Handshake::NeedMore if self.input_ended => return Err(Ending::Closed),
            Handshake::NeedMore => return Ok(Told::NotYet),
            Handshake::Accepted(accepted) => accepted,
            Handshake::Other => {
                self.say_and_close(&http("404 Not Found", NOT_A_WEB_SERVER), scratch)?;
                return Ok(Told::Answered);
            }
            Handshake::Refused(why) => {
                self.say_and_close(&http("400 Bad Request", why), scratch)?;
                return Ok(Told::Answered);
            }
        };
        let Accepted {
            used,
            answer,
            socket,
            forwarded,
            foreign,
            named,
            irc,
        } = accepted;
        // A page cannot say for whom it asks; a proxy does, and had the name's certificate.
        let direct = matches!(self.transport, Transport::Plain) && forwarded.is_none();
        let foreign = foreign.or(named.filter(|_| direct));
        if foreign.is_some_and(|page| !self.shared.door.welcomes_page(&page)) {
            self.say_and_close(&http("403 Forbidden", FOREIGN_PAGE), scratch)?;
            return Ok(Told::Answered);
        }
        if let Some(door) = self.guest.behind() {
            let let_in = match forwarded {
                // Who could not be told from the proxy would be past every budget and every list: whoever
                // sends what cannot be read is nobody's guest.
                Some(header) => forwarded_for(&header, |address| door.is_proxy(address))
                    .is_some_and(|source| self.guest.comes_from(SocketAddr::new(source, 0))),
                None => self.guest.comes_for_itself(),
            };
            if !let_in {
                return Err(Ending::TurnedAway);
            }
            self.guest.shaken();
            self.peer = self.guest.address();
        }
        self.send_now(&answer, scratch)?;
        self.websocket = Some(socket);
        let came = self.lines.take_held();
        if !self.unframe(came.get(used..).unwrap_or_default(), scratch)? {
            return Err(Ending::Closed);
        }
        self.lines.hold(&scratch.plain);
        if irc {
            return Ok(Told::Speaks(Protocol::Irc));
        }
        self.told(scratch)
    }

    /// Takes lines out of their frames, into the scratch buffer, and answers what frames ask by
    /// themselves. False if the peer has ended the WebSocket.
    pub(super) fn unframe(&mut self, frames: &[u8], scratch: &mut Scratch) -> Result<bool, Ending> {
        scratch.plain.clear();
        let Some(websocket) = &mut self.websocket else {
            return Ok(true);
        };
        let open = websocket.open(frames, &mut scratch.plain);
        let answers = websocket.take_outgoing();
        self.send_now(&answers, scratch)?;
        Ok(open)
    }

    /// Encrypts bytes that stand before all that the front says from now on.
    fn send_now(&mut self, bytes: &[u8], scratch: &mut Scratch) -> Result<(), Ending> {
        if bytes.is_empty() {
            return Ok(());
        }
        scratch.outgoing.clear();
        self.transport
            .seal(&mut self.kept, bytes, &mut scratch.outgoing)
            .map_err(|failure| Ending::Tls(failure.to_string()))?;
        self.unsent.extend_from_slice(scratch.outgoing.filled());
        Ok(())
    }

    fn newcomer(&self) -> Newcomer {
        Newcomer {
            address: self.peer,
            secure: !matches!(self.transport, Transport::Plain),
            certificate: self.transport.certificate(),
            told: Some(self.guest.told()),
        }
    }

    fn say_and_close(&mut self, words: &[u8], scratch: &mut Scratch) -> Result<(), Ending> {
        self.send_now(words, scratch)?;
        scratch.outgoing.clear();
        self.transport
            .close(&mut self.kept, &mut scratch.outgoing)
            .map_err(|failure| Ending::Tls(failure.to_string()))?;
        self.unsent.extend_from_slice(scratch.outgoing.filled());
        self.ending = Ending::Http;
        self.stage = Stage::Flushing;
        Ok(())
    }
}

/// An answer in HTTP/1.1 after which the connection is closed.
fn http(status: &str, text: &str) -> Vec<u8> {
    let length = text.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{text}"
    )
    .into_bytes()
}
