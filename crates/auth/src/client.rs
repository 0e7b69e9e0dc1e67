//! The client's half of RFC 9807: here, and only here, the password is stretched by Argon2id.

use std::fmt;

use opaque_ke::{
    ClientLogin, ClientLoginFinishParameters, ClientRegistration,
    ClientRegistrationFinishParameters, CredentialResponse, Identifiers, RegistrationResponse,
};
use rand::{CryptoRng, RngCore};
use snug_proto::Argon2Parameters;
use zeroize::Zeroizing;

use crate::{
    OpaqueError, ParameterBounds,
    password::prepared,
    suite::{self, Stretching, Suite, exactly},
};

/// A registration that was begun and waits for the server's answer. Never shown by `Debug`.
pub struct Registration {
    state: ClientRegistration<Suite>,
    password: Zeroizing<Vec<u8>>,
}

/// A sign-in that was begun and waits for the server's answer. Never shown by `Debug`.
pub struct SignIn {
    state: ClientLogin<Suite>,
    password: Zeroizing<Vec<u8>>,
}

impl Registration {
    /// Begins: the state to keep, and the `RegistrationRequest` to send (RFC 9807 §5.2.1).
    pub fn start<R: RngCore + CryptoRng>(
        password: &str,
        rng: &mut R,
    ) -> Result<(Self, Vec<u8>), OpaqueError> {
        let password = prepared(password)?;
        let begun =
            ClientRegistration::start(rng, &password).map_err(|_| OpaqueError::BadPassword)?;
        let request = begun.message.serialize().to_vec();
        let state = begun.state;
        Ok((Self { state, password }, request))
    }

    /// Ends: runs Argon2id once and gives the `RegistrationRecord` to upload. Takes as long as the
    /// parameters say, so not on a thread that others wait for.
    pub fn finish<R: RngCore + CryptoRng>(
        self,
        reply: &[u8],
        parameters: Argon2Parameters,
        bounds: &ParameterBounds,
        rng: &mut R,
    ) -> Result<Vec<u8>, OpaqueError> {
        let stretching = Stretching::new(bounds.check(parameters)?)?;
        let reply = exactly(reply, suite::REGISTRATION_RESPONSE)?;
        let reply = RegistrationResponse::deserialize(reply).map_err(|_| OpaqueError::Malformed)?;
        let with =
            ClientRegistrationFinishParameters::new(Identifiers::default(), Some(&stretching));
        let ended = self
            .state
            .finish(rng, &self.password, reply, with)
            .map_err(|_| OpaqueError::Malformed)?;
        Ok(ended.message.serialize().to_vec())
    }
}

impl SignIn {
    /// Begins: the state to keep, and the `KE1` to send (RFC 9807 §6.2.1).
    pub fn start<R: RngCore + CryptoRng>(
        password: &str,
        rng: &mut R,
    ) -> Result<(Self, Vec<u8>), OpaqueError> {
        let password = prepared(password)?;
        let begun = ClientLogin::start(rng, &password).map_err(|_| OpaqueError::BadPassword)?;
        let request = begun.message.serialize().to_vec();
        let state = begun.state;
        Ok((Self { state, password }, request))
    }

    /// Ends: runs Argon2id once and gives the `KE3` to send. A wrong password, an unknown account and a
    /// server that is not the one registered with look the same: `WrongPassword`.
    pub fn finish<R: RngCore + CryptoRng>(
        self,
        reply: &[u8],
        parameters: Argon2Parameters,
        bounds: &ParameterBounds,
        rng: &mut R,
    ) -> Result<Vec<u8>, OpaqueError> {
        let stretching = Stretching::new(bounds.check(parameters)?)?;
        let reply = exactly(reply, suite::KE2)?;
        let reply = CredentialResponse::deserialize(reply).map_err(|_| OpaqueError::Malformed)?;
        let with =
            ClientLoginFinishParameters::new(None, Identifiers::default(), Some(&stretching));
        let ended = self
            .state
            .finish(rng, &self.password, reply, with)
            .map_err(|_| OpaqueError::WrongPassword)?;
        Ok(ended.message.serialize().to_vec())
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Registration(…)")
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignIn(…)")
    }
}
