//! SASL PLAIN over AUTHENTICATE (`IRCv3` sasl 3.1 and 3.2, RFC 4616).

use data_encoding::BASE64;
use snug_proto::{ErrorCode, Refusal, Secret, SignIn};

use crate::{
    Connection,
    connection::{SignInBy, Then},
    line::Line,
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
    /// The mechanism is agreed on; base64 gathers.
    Gathering(Encoded),
    /// The session was asked.
    Asked,
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
        if self.account_name().is_some() {
            return self.sasl_already();
        }
        match std::mem::take(&mut self.sasl) {
            Exchange::None | Exchange::Gathering(_) if word == "*" => self.sasl_aborted(),
            Exchange::None => self.sasl_mechanism(word),
            Exchange::Gathering(encoded) => self.sasl_chunk(encoded, word),
            // Input waits for the answer, so nothing can come here; were it to, the answer decides.
            Exchange::Asked => self.sasl = Exchange::Asked,
        }
    }

    /// What this client can sign in by.
    #[expect(
        clippy::unused_self,
        reason = "the connection decides about more of them"
    )]
    pub(crate) fn mechanisms(&self) -> Vec<&'static str> {
        vec!["PLAIN"]
    }

    fn sasl_mechanism(&mut self, mechanism: &str) {
        if mechanism.eq_ignore_ascii_case("PLAIN") {
            self.sasl = Exchange::Gathering(Encoded::default());
            crate::line::Writer::new(&mut self.out)
                .command("AUTHENTICATE")
                .word("+")
                .end();
        } else {
            let mechanisms = self.mechanisms().join(",");
            self.numeric("908")
                .word(&mechanisms)
                .trailing("are available SASL mechanisms");
            self.sasl_failed("SASL authentication failed");
        }
    }

    fn sasl_chunk(&mut self, Encoded(mut encoded): Encoded, chunk: &str) {
        if chunk.len() > CHUNK_BYTES || encoded.len() + chunk.len() > MAX_ENCODED_BYTES {
            return self.numeric("905").trailing("SASL message too long");
        }
        if chunk != "+" {
            encoded.push_str(chunk);
        }
        if chunk.len() == CHUNK_BYTES {
            self.sasl = Exchange::Gathering(Encoded(encoded));
            return;
        }
        // From here on the text wipes itself.
        let encoded = Secret::new(encoded);
        match credentials(encoded.expose()) {
            Some(sign_in) => {
                self.sasl = Exchange::Asked;
                self.ask(sign_in, Then::SignIn(SignInBy::Sasl));
            }
            None => self.sasl_failed("SASL authentication failed: that is not a PLAIN message"),
        }
    }

    pub(crate) fn sasl_aborted(&mut self) {
        self.numeric("906").trailing("SASL authentication aborted");
    }

    /// The session does not let this client in.
    pub(crate) fn sasl_refused(&mut self, refusal: &Refusal) {
        match refusal.code {
            ErrorCode::BadCredentials => {
                self.sasl_failed("SASL authentication failed: the name or the password is wrong");
            }
            ErrorCode::AlreadySignedIn => self.sasl_already(),
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
        let exchange = Exchange::Gathering(Encoded("AGFubgBzZWNyZXQ=".to_owned()));
        assert!(!format!("{exchange:?}").contains("AGFu"));
    }
}
