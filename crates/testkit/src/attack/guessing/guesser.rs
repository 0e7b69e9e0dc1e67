//! One guesser: an address, a way to try passwords, and what it hears.

use std::{net::IpAddr, time::Duration};

use anyhow::Result;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::{Value, json};
use snug_auth::SignIn;
use tokio::time::Instant;

use crate::{
    attack::{Target, irc::Irc},
    wire::Wire,
};

/// What is tried. It is nobody's password.
const WRONG: &str = "not-this-one";

/// A way to try a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::attack) enum Way {
    /// The exchange that costs the server little.
    Opaque,
    /// A plain password on the native wire.
    Plain,
    /// SASL PLAIN before the welcome.
    Sasl,
    /// `NickServ IDENTIFY`, as a guest.
    Identify,
}

impl Way {
    /// All of them.
    pub(in crate::attack) const ALL: [Self; 4] =
        [Self::Opaque, Self::Plain, Self::Sasl, Self::Identify];
}

/// What came of a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::attack) enum Outcome {
    /// It was looked at, and is wrong.
    Wrong,
    /// It was not looked at: this name is shut.
    Shut,
    /// It was not looked at: there was no place.
    Busy,
    /// It was not looked at: too much came from this address.
    TooMuch,
    /// Somebody came in.
    CameIn,
}

/// What was heard of a guess.
#[derive(Debug)]
pub(in crate::attack) struct Heard {
    pub(in crate::attack) outcome: Outcome,
    /// The answer, but for its numbers, which count seconds.
    pub(in crate::attack) words: String,
    pub(in crate::attack) took: Duration,
}

enum Connection {
    Native(Box<Wire>),
    Irc(Box<Irc>),
}

/// See the module.
pub(in crate::attack) struct Guesser {
    pub(in crate::attack) from: IpAddr,
    pub(in crate::attack) way: Way,
    connection: Option<Connection>,
    /// The first message of an exchange by the wrong password, which may be said again and again.
    opening: String,
}

impl Guesser {
    pub(in crate::attack) fn new(from: IpAddr, way: Way) -> Result<Self> {
        let (_, opening) = SignIn::start(WRONG, &mut rand::thread_rng())?;
        Ok(Self {
            from,
            way,
            connection: None,
            opening: BASE64URL_NOPAD.encode(&opening),
        })
    }

    /// Tries a password of this name, on the connection of before if there is one. An error if there is no
    /// connection to be had, or it ended.
    pub(in crate::attack) async fn guess(&mut self, server: Target, name: &str) -> Result<Heard> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect(server).await?,
        };
        let began = Instant::now();
        let words = match &mut connection {
            Connection::Native(wire) => {
                let heard = self.ask(wire, name).await?;
                // What others say meanwhile is not for a guesser.
                drop(wire.take_events());
                heard
            }
            Connection::Irc(irc) => say(irc, self.way, name).await?,
        };
        let took = began.elapsed();
        self.connection = Some(connection);
        let outcome = outcome_of(&words);
        let words = words.replace(|letter: char| letter.is_ascii_digit(), "");
        Ok(Heard {
            outcome,
            words: words.replace(name, "NAME"),
            took,
        })
    }

    async fn connect(&self, server: Target) -> Result<Connection> {
        if matches!(self.way, Way::Opaque | Way::Plain) {
            let wire = Wire::connect_from(self.from, server.address, server.fingerprint).await?;
            return Ok(Connection::Native(Box::new(wire)));
        }
        let mut irc = Irc::connect(self.from, server).await?;
        let nick = format!("g{}", self.from.to_string().replace('.', "-"));
        let hello = format!("NICK {nick}\r\nUSER g 0 * :g");
        if self.way == Way::Sasl {
            irc.say(&format!("CAP REQ :sasl\r\n{hello}")).await?;
        } else {
            irc.say(&hello).await?;
            irc.line_with(&[" 376 ", " 422 "]).await?;
        }
        Ok(Connection::Irc(Box::new(irc)))
    }

    /// Guesses on the native wire; the answer in words.
    async fn ask(&self, wire: &mut Wire, name: &str) -> Result<String> {
        if self.way == Way::Plain {
            let answer = wire.ask("sign_in", json!({"name": name, "password": WRONG}));
            return Ok(in_words(answer.await?));
        }
        let start = json!({"name": name, "opaque": self.opening});
        let answer = wire.ask("sign_in_start", start).await?;
        let Ok(begun) = &answer else {
            return Ok(in_words(answer));
        };
        // Its length and what it asks for are all that could tell a name from another.
        let length = begun["opaque"].as_str().map_or(0, str::len);
        let asked = format!("{length} letters, {}", begun["argon2"]);
        let finish = json!({"opaque": BASE64URL_NOPAD.encode(&[0; 64])});
        let answer = in_words(wire.ask("sign_in_finish", finish).await?);
        Ok(format!("{answer} after {asked}"))
    }
}

async fn say(irc: &mut Irc, way: Way, name: &str) -> Result<String> {
    if way == Way::Sasl {
        let response = BASE64.encode(format!("\0{name}\0{WRONG}").as_bytes());
        irc.say("AUTHENTICATE PLAIN").await?;
        irc.line_with(&["AUTHENTICATE +", " 90"]).await?;
        irc.say(&format!("AUTHENTICATE {response}")).await?;
        irc.line_with(&[" 903 ", " 904 "]).await
    } else {
        irc.say(&format!("NS IDENTIFY {name} {WRONG}")).await?;
        irc.line_with(&["NickServ!"]).await
    }
}

fn in_words(answer: Result<Value, crate::wire::WireError>) -> String {
    match answer {
        Ok(_) => "signed in as".to_owned(),
        Err(error) => format!("{}: {}", error.code, error.text),
    }
}

/// The sentences are the same on every front.
fn outcome_of(words: &str) -> Outcome {
    let says = |sentence: &str| words.contains(sentence);
    if says("Too many wrong passwords") {
        Outcome::Shut
    } else if says("The name or the password is wrong") {
        Outcome::Wrong
    } else if says("signed in as") || says(" 903 ") {
        Outcome::CameIn
    } else if says("from your address") {
        Outcome::TooMuch
    } else {
        Outcome::Busy
    }
}
