//! An authenticator app, as people have it on their telephone (RFC 6238).

use anyhow::{Context, Result};
use data_encoding::BASE32_NOPAD;
use serde_json::Value;
use snug_proto::Timestamp;
use totp_rs::{Algorithm, TOTP};

/// One account in the app.
#[derive(Debug)]
pub struct Authenticator(TOTP);

impl Authenticator {
    /// The account of the answer to `offer_second_factor`.
    pub fn of(offer: &Value) -> Result<Self> {
        let secret = offer["secret"].as_str().context("no secret")?;
        let secret = BASE32_NOPAD.decode(secret.as_bytes())?;
        Ok(Self(TOTP::new(Algorithm::SHA1, 6, 0, 30, secret)?))
    }

    /// The digits that it shows at this time.
    pub fn code_at(&self, time: Timestamp) -> String {
        self.0.generate(time.ms() / 1000)
    }
}
