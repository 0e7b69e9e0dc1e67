//! SASL over AUTHENTICATE (`IRCv3` sasl 3.1 and 3.2): PLAIN, SCRAM-SHA-256, EXTERNAL.

use data_encoding::BASE64;
use snug_proto::{
    Answer, ErrorCode, Refusal, Request, Secret, SignIn, SignInCertificate, SignInScram,
    SignInScramFinish,
};

use crate::{
    Connection,
    connection::{SignInBy, Then, expected},
    line::{Line, Writer},
};

/// A chunk of exactly this length is followed by another, `+` if there is nothing more.
const CHUNK_BYTES: usize = 400;
/// Most base64 of one exchange: two names and the longest password fit well.
const MAX_ENCODED_BYTES: usize = 8 * CHUNK_BYTES;

/// How far an exchange is.
#[derive(Debug, Default)]
pub(crate) enum Exchange {
    #[default]
    None,
    /// A message of this kind is awaited; its base64 gathers.
    Gathering(Awaiting, Encoded),
    /// The session was asked.
    Asked,
}

/// What the client says next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaiting {
    /// Name and password (RFC 4616).
    Plain,
    /// Whose certificate it is, or nothing (RFC 4422, appendix A).
    External,
    /// SCRAM's first message of the client, or its final one (RFC 5802).
    Scram,
    /// Nothing: the client has seen that the server knows the verifier too.
    ScramEnd,
}

/// Base64 of a secret: not for `Debug`.
#[derive(Default)]
pub(crate) struct Encoded(String);

impl std::fmt::Debug for Encoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Encoded({} bytes)", self.0.len())
    }
}

impl Connection {
    /// `AUTHENTICATE <mechanism>`, then `AUTHENTICATE <chunk>` until the last one.
    pub(crate) fn authenticate(&mut self, line: &Line<'_>) {
        let Some(word) = line.param(0) else {
            return self.need_more_params("AUTHENTICATE");
        };
        let again = self.registered && self.again;
        if self.account_name().is_some() && !again {
            return self.sasl_already();
        }
        match std::mem::take(&mut self.sasl) {
            Exchange::None | Exchange::Gathering(..) if word == "*" => self.sasl_aborted(),
            Exchange::None => self.sasl_mechanism(word),
            Exchange::Gathering(awaiting, encoded) => self.sasl_chunk(awaiting, encoded, word),
            // Input waits for the answer, so nothing can come here; were it to, the answer decides.
            Exchange::Asked => self.sasl = Exchange::Asked,
        }
    }

    /// What this client can sign in by.
    pub(crate) fn mechanisms(&self) -> Vec<&'static str> {
        let mut mechanisms = vec!["PLAIN", "SCRAM-SHA-256"];
        if self.link.certificate {
            mechanisms.push("EXTERNAL");
        }
        mechanisms
    }

    fn sasl_mechanism(&mut self, mechanism: &str) {
        let awaiting = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => Awaiting::Plain,
            "SCRAM-SHA-256" => Awaiting::Scram,
            "EXTERNAL" if self.link.certificate => Awaiting::External,
            _ => {
                let mechanisms = self.mechanisms().join(",");
                self.numeric("908")
                    .word(&mechanisms)
                    .trailing("are available SASL mechanisms");
                return self.sasl_failed("SASL authentication failed");
            }
        };
        self.sasl = Exchange::Gathering(awaiting, Encoded::default());
        self.sasl_say(b"");
    }

    fn sasl_chunk(&mut self, awaiting: Awaiting, Encoded(mut encoded): Encoded, chunk: &str) {
        if chunk.len() > CHUNK_BYTES || encoded.len() + chunk.len() > MAX_ENCODED_BYTES {
            return self.numeric("905").trailing("SASL message too long");
        }
        if chunk != "+" {
            encoded.push_str(chunk);
        }
        if chunk.len() == CHUNK_BYTES {
            self.sasl = Exchange::Gathering(awaiting, Encoded(encoded));
            return;
        }
        // From here on the text wipes itself.
        let encoded = Secret::new(encoded);
        match request_of(awaiting, encoded.expose()) {
            Some((request, then)) => {
                self.sasl = Exchange::Asked;
                self.ask(request, then);
            }
            None => self.sasl_failed("SASL authentication failed: that message is not understood"),
        }
    }

    /// The session's part of SCRAM.
    pub(crate) fn scram_answered(&mut self, next: Awaiting, answer: Answer) {
        self.sasl = Exchange::None;
        match expected!(answer, ScramReply) {
            Ok(reply) => {
                self.sasl = Exchange::Gathering(next, Encoded::default());
                self.sasl_say(reply.message.as_bytes());
            }
            Err(refusal) => {
                self.sasl_refused(&refusal);
                self.try_to_register();
            }
        }
    }

    /// Says a message of the server, in chunks.
    fn sasl_say(&mut self, message: &[u8]) {
        let encoded = BASE64.encode(message);
        let mut rest = encoded.as_str();
        loop {
            let end = rest.len().min(CHUNK_BYTES);
            let Some((chunk, more)) = rest.split_at_checked(end) else {
                return;
            };
            Writer::new(&mut self.out)
                .command("AUTHENTICATE")
                .word(if chunk.is_empty() { "+" } else { chunk })
                .end();
            if chunk.len() < CHUNK_BYTES {
                return;
            }
            rest = more;
        }
    }

    pub(crate) fn sasl_aborted(&mut self) {
        self.numeric("906").trailing("SASL authentication aborted");
    }

    /// The session does not let this client in.
    pub(crate) fn sasl_refused(&mut self, refusal: &Refusal) {
        match refusal.code {
            ErrorCode::AlreadySignedIn => self.sasl_already(),
            // In its own words: who is shut out for a while hears for how long.
            _ => self.sasl_failed(&format!("SASL authentication failed: {}", refusal.text)),
        }
    }

    fn sasl_already(&mut self) {
        self.numeric("907")
            .trailing("You have already authenticated using SASL");
    }

    /// A failure leaves the connection usable: the client may try again.
    pub(crate) fn sasl_failed(&mut self, why: &str) {
        self.numeric("904").trailing(why);
    }
}

/// What a message asks of the session.
fn request_of(awaiting: Awaiting, encoded: &str) -> Option<(Request, Then)> {
    let decoded = || String::from_utf8(BASE64.decode(encoded.as_bytes()).ok()?).ok();
    let sign_in = Then::SignIn(SignInBy::Sasl);
    Some(match awaiting {
        Awaiting::Plain => (credentials(encoded)?.into(), sign_in),
        Awaiting::External => {
            let name = Some(decoded()?).filter(|name| !name.is_empty());
            let name = name.map(|name| crate::names::account(&name).to_owned());
            (SignInCertificate { name }.into(), sign_in)
        }
        Awaiting::Scram => {
            let message = decoded()?;
            let next = if message.starts_with("c=") {
                Awaiting::ScramEnd
            } else {
                Awaiting::Scram
            };
            (SignInScram { message }.into(), Then::Scram(next))
        }
        Awaiting::ScramEnd => (SignInScramFinish {}.into(), sign_in),
    })
}

/// `[authzid] NUL authcid NUL password` (RFC 4616 §2). Nobody acts for another here, so an authzid can
/// only be the same.
fn credentials(encoded: &str) -> Option<SignIn> {
    let message = BASE64.decode(encoded.as_bytes()).ok()?;
    let message = Secret::new(String::from_utf8(message).ok()?);
    let mut parts = message.expose().split('\0');
    let (acting_as, name, password) = (parts.next()?, parts.next()?, parts.next()?);
    let fits = parts.next().is_none()
        && !name.is_empty()
        && !password.is_empty()
        && (acting_as.is_empty() || acting_as == name);
    fits.then(|| SignIn {
        name: crate::names::account(name).to_owned(),
        password: password.into(),
        device: None,
        code: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(message: &str) -> Option<(String, String)> {
        let sign_in = credentials(&BASE64.encode(message.as_bytes()))?;
        Some((sign_in.name.clone(), sign_in.password.expose().to_owned()))
    }

    #[test]
    fn plain_messages_are_read_and_impersonation_is_not() {
        let ann = Some(("ann".to_owned(), "p:w".to_owned()));
        assert_eq!(plain("\0ann\0p:w"), ann);
        assert_eq!(plain("ann\0ann\0p:w"), ann);
        for bad in ["bob\0ann\0p", "ann\0p", "\0\0p", "\0ann\0", "\0a\0b\0c", ""] {
            assert_eq!(plain(bad), None, "{bad:?}");
        }
        assert!(credentials("!!!!").is_none());
        assert!(credentials("/////w==").is_none());
    }

    #[test]
    fn a_half_sent_secret_is_not_shown_by_debug() {
        let exchange = Exchange::Gathering(Awaiting::Plain, Encoded("AGFubgBzZWNyZXQ=".to_owned()));
        assert!(!format!("{exchange:?}").contains("AGFu"));
    }
}
