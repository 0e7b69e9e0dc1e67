//! The first start, when no server is known: what the screen wants done, and what comes of it. Doing it
//! takes sockets, so the program does it.

use snug_proto::{GuestPolicy, Registration, Secret};

/// Something to do, by [`crate::Effect::First`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstStep {
    /// Look for servers on the local network: [`FirstNews::Found`].
    Look,
    /// Start a server on this machine, and visit it as [`FirstStep::Visit`] does.
    StartHere,
    /// Go to a server by its link and ask how one comes in: [`FirstNews::Server`].
    Visit {
        /// `snug://host:port/#…`, as it was pasted.
        link: String,
    },
    /// Come in: [`FirstNews::Entered`].
    Enter(Box<Entering>),
}

/// How one comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entering {
    /// The server.
    pub link: String,
    /// As what.
    pub as_what: EnterAs,
    /// The name.
    pub name: String,
    /// The password; none for a guest.
    pub password: Option<Secret>,
    /// The invitation's or the access code.
    pub code: Option<Secret>,
    /// The code of a second factor, once [`FirstNews::CodeNeeded`] asked for it.
    pub second_factor: Option<Secret>,
}

/// As what one comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnterAs {
    /// With a new account.
    New,
    /// With the account that one has.
    Known,
    /// By a name alone.
    Guest,
}

/// What came of a [`FirstStep`], by [`crate::Input::First`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstNews {
    /// Servers on the local network: what they call themselves, and their links.
    Found(Vec<(String, String)>),
    /// A server answered.
    Server {
        /// Its link.
        link: String,
        /// What it calls itself.
        name: String,
        /// Who may register there.
        registration: Registration,
        /// Whether one may come in as a guest.
        guests: GuestPolicy,
        /// A code that is known already: the owner's, of a server that was just started.
        code: Option<Secret>,
    },
    /// The password is right, and the account also asks for a code of its second factor:
    /// [`FirstStep::Enter`] again, with it.
    CodeNeeded,
    /// It did not work: why and what to do, in a sentence.
    Failed(String),
    /// One is in. The server comes by [`crate::Input::Server`].
    Entered,
}
