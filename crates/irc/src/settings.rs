//! What a front is told of its server and of the connection that it speaks over.

use crate::AccountRegistration;

/// As much of a server's name as other servers show of a host's (RFC 2812 §2.3.1).
const MAX_HOST_BYTES: usize = 63;

/// What a front says about its server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The server's name on IRC: one word, at most 63 bytes of it are used.
    pub server_name: String,
    /// The network's name as clients show it.
    pub network: String,
    /// Name and version of the program.
    pub version: String,
    /// The message of the day; none if empty.
    pub motd: String,
    /// Since when it runs, as people read it.
    pub started: String,
    /// Where TLS is, for clients that come without it (`IRCv3` sts); `None` to say nothing of it.
    pub sts: Option<Sts>,
    /// When `REGISTER` may come.
    pub account_registration: AccountRegistration,
    /// The room that every account is in from the start is entered at the sign-in like the others. If
    /// not, only who joins it sees it.
    pub lobby: bool,
}

/// A policy of strict transport security.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sts {
    /// The port with TLS.
    pub port: u16,
    /// For how long clients are to keep to it.
    pub duration_s: u64,
}

/// The connection that a front speaks over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Link {
    /// Nobody on the way can read along.
    pub secure: bool,
    /// The client showed a certificate (TLS): it can sign in by it.
    pub certificate: bool,
}

impl Settings {
    /// A server of this name and program, with nothing said of all the rest.
    pub fn new(server_name: &str, network: &str, version: &str) -> Self {
        Self {
            server_name: server_name.to_owned(),
            network: network.to_owned(),
            version: version.to_owned(),
            motd: String::new(),
            started: "some time ago".to_owned(),
            sts: None,
            account_registration: AccountRegistration::default(),
            lobby: true,
        }
    }

    /// The server's name as it stands on lines, so long that it leaves room for the rest.
    pub(crate) fn host(&self) -> &str {
        let name = self.server_name.as_str();
        let mut end = name.len().min(MAX_HOST_BYTES);
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.get(..end).unwrap_or_default()
    }
}
