//! What a scenario can do, whatever front it is played over.

mod deed;
mod irc;
mod native;

pub use deed::{Answered, Deed, Outcome, Told};
pub use irc::{IrcPerson, Line as IrcLine};
pub use native::NativePerson;

use anyhow::{Result, anyhow, bail};

use crate::server::TestServer;

/// The password of everybody in a scenario who needs no particular one.
pub const PASSWORD: &str = "seven red lamps";

/// Why somebody may not, as far as every front can say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum No {
    /// A room's password is wrong or missing.
    RoomPassword,
    /// No such room.
    UnknownRoom,
    /// No such person.
    UnknownPerson,
    /// One is not in that room.
    NotAMember,
    /// There is nothing in the message.
    EmptyBody,
    /// The name or the account's password is wrong.
    Credentials,
    /// The name cannot be had.
    NameTaken,
    /// One may not.
    Forbidden,
    /// The other one takes nothing from one.
    NotAccepting,
    /// One is kept out of that room.
    Banned,
}

impl No {
    /// The code that says so on the native wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RoomPassword => "wrong_password",
            Self::UnknownRoom => "unknown_room",
            Self::UnknownPerson => "unknown_person",
            Self::NotAMember => "not_a_member",
            Self::EmptyBody => "empty_body",
            Self::Credentials => "bad_credentials",
            Self::NameTaken => "name_taken",
            Self::Forbidden => "forbidden",
            Self::NotAccepting => "not_accepting",
            Self::Banned => "banned",
        }
    }
}

/// What came of it.
pub type Done = std::result::Result<(), No>;

/// What somebody notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noticed {
    /// Words in a room.
    Said {
        /// Where.
        room: String,
        /// By whom.
        from: String,
        /// What.
        words: String,
        /// Names the event on this front; the same event has the same id for everybody.
        id: String,
    },
    /// Words to oneself, or one's own to another.
    Told {
        /// By whom.
        from: String,
        /// What.
        words: String,
    },
    /// Somebody came in, for the first time or again.
    Entered {
        /// Who.
        name: String,
    },
    /// Somebody left, for good or for now.
    Left {
        /// Who.
        name: String,
    },
}

/// Somebody signed in over some front.
#[allow(
    async_fn_in_trait,
    reason = "used by tests with known types only; no bounds on the futures are needed"
)]
pub trait Person: Sized {
    /// Signs in. An account that is not there is an error of the scenario's making.
    async fn try_sign_in(
        server: &TestServer,
        name: &str,
        password: &str,
    ) -> Result<Result<Self, No>>;

    /// Says something in a room, and waits until it is said.
    async fn say(&mut self, room: &str, words: &str) -> Result<Done>;

    /// Says something to a person, and waits until it is said.
    async fn tell(&mut self, person: &str, words: &str) -> Result<Done>;

    /// Comes into a room; one that nobody knows of is made, with this password.
    async fn enter(&mut self, room: &str, password: Option<&str>) -> Result<Done>;

    /// Leaves a room for good.
    async fn leave(&mut self, room: &str) -> Result<Done>;

    /// What one was shown in a room of the time before one came into it: by whom, and what.
    async fn shown_before(&mut self, room: &str) -> Result<Vec<(String, String)>>;

    /// What others told one while one was away.
    async fn told_before(&mut self, person: &str) -> Result<Vec<String>>;

    /// Who is in a room now.
    async fn present(&mut self, room: &str) -> Result<Vec<String>>;

    /// The next thing to be noticed.
    async fn notice(&mut self) -> Result<Noticed>;

    /// Does something beyond talking.
    async fn does(&mut self, deed: &Deed) -> Result<Outcome>;

    /// Waits until one is told this; what one was told before it is forgotten.
    async fn is_told(&mut self, wanted: &Told) -> Result<()>;

    /// What one was told up to now and has not taken, as the front says it.
    async fn told_until_now(&mut self) -> Result<Vec<String>>;

    /// Waits until the server has closed the connection.
    async fn ends(self) -> Result<()>;

    /// Goes away, for now.
    async fn quit(self) -> Result<()>;

    /// Signs in.
    async fn sign_in(server: &TestServer, name: &str) -> Result<Self> {
        let signed_in = Self::try_sign_in(server, name, PASSWORD).await?;
        signed_in.map_err(|no| anyhow!("{name} cannot sign in: {no:?}"))
    }

    /// Does something, and it is done.
    async fn has_done(&mut self, deed: &Deed) -> Result<Answered> {
        let outcome = self.does(deed).await?;
        outcome.map_err(|code| anyhow!("{deed:?} was refused: {code}"))
    }

    /// Makes an account, open to all as the test's server is, and signs in.
    async fn newcomer(server: &TestServer, name: &str) -> Result<Self> {
        server.add_account(name, PASSWORD).await?;
        Self::sign_in(server, name).await
    }

    /// Waits until these words were said in this room by this person, and gives the event's id.
    async fn hears(&mut self, wanted_room: &str, by: &str, wanted: &str) -> Result<String> {
        loop {
            if let Noticed::Said {
                room,
                from,
                words,
                id,
            } = self.notice().await?
                && words == wanted
            {
                if room != wanted_room || from != by {
                    bail!("{wanted:?} was said by {from} in {room}");
                }
                return Ok(id);
            }
        }
    }

    /// Waits until something like this is noticed.
    async fn notices(&mut self, wanted: &Noticed) -> Result<()> {
        while self.notice().await? != *wanted {}
        Ok(())
    }

    /// The words said in a room from now on, up to these last ones.
    async fn hears_up_to(&mut self, wanted_room: &str, last: &str) -> Result<Vec<String>> {
        let mut heard = Vec::new();
        loop {
            if let Noticed::Said { room, words, .. } = self.notice().await?
                && room == wanted_room
            {
                if words == last {
                    return Ok(heard);
                }
                heard.push(words);
            }
        }
    }
}
