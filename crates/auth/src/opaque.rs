//! The server's half of RFC 9807: it never sees a password, and pays no Argon2.

use std::{fmt, hint::black_box};

use opaque_ke::{
    CredentialFinalization, CredentialRequest, RegistrationRequest, RegistrationUpload,
    Ristretto255, ServerLogin, ServerLoginParameters, ServerRegistration, keypair::PublicKey,
};
use rand::{CryptoRng, RngCore};
use zeroize::Zeroize;

use crate::{
    CredentialId, OpaqueError, ServerKeys,
    suite::{self, Suite, exactly},
};

/// What a server keeps of a password: a well-formed `RegistrationRecord`. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Record([u8; suite::RECORD]);

/// A sign-in that was begun and waits for the client's proof. Never shown by `Debug`.
pub struct SignInState(ServerLogin<Suite>);

/// Answers a `RegistrationRequest` (RFC 9807 §5.2.2).
pub fn register_start(
    keys: &ServerKeys,
    id: CredentialId,
    request: &[u8],
) -> Result<Vec<u8>, OpaqueError> {
    let request = exactly(request, suite::REGISTRATION_REQUEST)?;
    let request = RegistrationRequest::deserialize(request).map_err(|_| OpaqueError::Malformed)?;
    let reply = ServerRegistration::<Suite>::start(&keys.setup, request, id.bytes())
        .map_err(|_| OpaqueError::Malformed)?;
    Ok(reply.message.serialize().to_vec())
}

/// Takes the `RegistrationRecord` that a client uploads at the end (RFC 9807 §5.2.3).
pub fn register_finish(upload: &[u8]) -> Result<Record, OpaqueError> {
    Record::from_bytes(upload)
}

/// Answers a `KE1` (RFC 9807 §6.3.1), for an account's record or, with `None`, for a name that nobody
/// has: then by a fake record (§10.9), at the same cost and in the same shape.
pub fn sign_in_start<R: RngCore + CryptoRng>(
    keys: &ServerKeys,
    rng: &mut R,
    record: Option<&Record>,
    id: CredentialId,
    request: &[u8],
) -> Result<(SignInState, Vec<u8>), OpaqueError> {
    let request = exactly(request, suite::KE1)?;
    let request = CredentialRequest::deserialize(request).map_err(|_| OpaqueError::Malformed)?;
    // Reading a record costs a point's decompression: who has none reads the decoy in its place.
    let read = black_box(record.unwrap_or(&keys.decoy).read()?);
    let reply = ServerLogin::start(
        rng,
        &keys.setup,
        record.is_some().then_some(read),
        request,
        id.bytes(),
        ServerLoginParameters::default(),
    )
    .map_err(|_| OpaqueError::Malformed)?;
    Ok((SignInState(reply.state), reply.message.serialize().to_vec()))
}

impl SignInState {
    /// Checks the client's `KE3` (RFC 9807 §6.3.1): `Ok` proves that it knew the password.
    pub fn finish(self, ke3: &[u8]) -> Result<(), OpaqueError> {
        let ke3 = exactly(ke3, suite::KE3)?;
        let ke3 = CredentialFinalization::deserialize(ke3).map_err(|_| OpaqueError::Malformed)?;
        self.0
            .finish(ke3, ServerLoginParameters::default())
            .map(|_session_key| ())
            .map_err(|_| OpaqueError::WrongPassword)
    }
}

impl Record {
    /// The record in these bytes, if they are well formed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, OpaqueError> {
        let bytes = bytes.try_into().map_err(|_| OpaqueError::Malformed)?;
        let record = Self(bytes);
        record.read()?;
        Ok(record)
    }

    /// The record in these bytes, which [`Record::from_bytes`] took before they were stored: only their
    /// number is looked at again.
    pub fn from_stored(bytes: &[u8]) -> Result<Self, OpaqueError> {
        let bytes = bytes.try_into().map_err(|_| OpaqueError::Malformed)?;
        Ok(Self(bytes))
    }

    /// The bytes, as they are stored.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A record that no password opens, with any public key that is well formed.
    pub(crate) fn decoy(public: &PublicKey<Ristretto255>) -> Self {
        let mut bytes = [0; suite::RECORD];
        for (to, from) in bytes.iter_mut().zip(public.serialize()) {
            *to = from;
        }
        Self(bytes)
    }

    fn read(&self) -> Result<ServerRegistration<Suite>, OpaqueError> {
        RegistrationUpload::deserialize(&self.0)
            .map(ServerRegistration::finish)
            .map_err(|_| OpaqueError::Malformed)
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Record(…)")
    }
}

impl fmt::Debug for SignInState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignInState(…)")
    }
}
