//! Answers about the second factor (A7).

use serde::{Deserialize, Serialize};

use crate::Secret;

/// What an authenticator app is to be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactorOffer {
    /// The secret in base32, to be typed in.
    pub secret: Secret,
    /// The same as an `otpauth` link, to be shown as a QR code.
    pub link: Secret,
}

/// The codes that help when the app is lost. Each is good once, and they are shown only now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCodes {
    /// All of them.
    pub codes: Vec<Secret>,
}
