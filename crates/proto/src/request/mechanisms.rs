//! Other ways to sign in than a password said or OPAQUE: a client's certificate, and SCRAM, which IRC
//! clients know (RFC 5802, RFC 7677).

use serde::{Deserialize, Serialize};

use crate::{Scope, Secret};

/// Lets a certificate in from now on, as an app token that is never said: it is listed and revoked as
/// one (DECISIONS 14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddCertificate {
    /// What it is for, to know it by later: `laptop`.
    pub label: String,
    /// The SHA-256 of the certificate's DER as 64 hexadecimal digits, colons between bytes or not. If not
    /// said, the certificate that this connection showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// What it may be used for; `irc` if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
}

/// Signs in by the certificate that this connection showed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInCertificate {
    /// Who; if said, it has to be whose certificate it is. It has to be said the first time where the certificate was
    /// added by its fingerprint, and not by connecting with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Lets SCRAM-SHA-256 sign in to one's account, or no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetScram {
    /// One's password, which the verifier is made of. Changing the password voids the verifier.
    pub password: Secret,
    /// Take the verifier away instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub off: bool,
}

/// A message of SCRAM-SHA-256: the client's first, and then its final one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInScram {
    /// The message of RFC 5802 §7.
    pub message: String,
}

/// Ends what two [`SignInScram`] proved, on the same connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInScramFinish {}

impl std::fmt::Debug for SignInScram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A password can be guessed at by a whole exchange.
        f.write_str("SignInScram(…)")
    }
}
