//! The cipher suite of every exchange: ristretto255 with SHA-512 for the OPRF, 3DH over ristretto255
//! with SHA-512, Argon2id as the stretching (RFC 9807 §7). Neither identities nor a context are set, so
//! that other implementations of the RFC interoperate with nothing but a name and a password.

use opaque_ke::{
    CipherSuite, Ristretto255, TripleDh,
    argon2::{Algorithm, Argon2, Params, Version},
    errors::InternalError,
    generic_array::{ArrayLength, GenericArray},
    ksf::Ksf,
};
use sha2::Sha512;
use snug_proto::Argon2Parameters;

use crate::{OpaqueError, parameters::RELEASE};

/// Length of a `RegistrationRequest`.
pub(crate) const REGISTRATION_REQUEST: usize = 32;
/// Length of a `RegistrationResponse`.
pub(crate) const REGISTRATION_RESPONSE: usize = 64;
/// Length of a `RegistrationRecord`, as it is uploaded and as it is kept.
pub(crate) const RECORD: usize = 192;
/// Length of a `KE1`.
pub(crate) const KE1: usize = 96;
/// Length of a `KE2`.
pub(crate) const KE2: usize = 320;
/// Length of a `KE3`.
pub(crate) const KE3: usize = 64;

/// Names the parts to opaque-ke.
#[derive(Debug)]
pub(crate) struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, Sha512>;
    type Ksf = Stretching;
}

/// Argon2id with the parameters of one account.
pub(crate) struct Stretching(Argon2<'static>);

impl Stretching {
    /// The stretching that these parameters ask for; they must be possible ones (RFC 9106 §3.1).
    pub(crate) fn new(parameters: Argon2Parameters) -> Result<Self, OpaqueError> {
        let params = Params::new(
            parameters.memory_kib,
            parameters.passes,
            parameters.lanes,
            None,
        )
        .map_err(|_| OpaqueError::Parameters)?;
        Ok(Self(Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            params,
        )))
    }
}

impl Default for Stretching {
    /// opaque-ke asks for a default, for calls that pass no parameters. Ours all do.
    #[expect(
        clippy::expect_used,
        reason = "constant parameters, which every test runs through"
    )]
    fn default() -> Self {
        Self::new(RELEASE).expect("the release parameters are possible ones")
    }
}

impl Ksf for Stretching {
    fn hash<L: ArrayLength<u8>>(
        &self,
        input: GenericArray<u8, L>,
    ) -> Result<GenericArray<u8, L>, InternalError> {
        #[cfg(test)]
        work::count(self.0.params());
        Ksf::hash(&self.0, input)
    }
}

/// Refuses a message of another length before anything looks into it: opaque-ke itself ignores what
/// stands after a message's end.
pub(crate) fn exactly(message: &[u8], length: usize) -> Result<&[u8], OpaqueError> {
    if message.len() == length {
        Ok(message)
    } else {
        Err(OpaqueError::Malformed)
    }
}

/// What Argon2id this thread has run, so that tests can compare the cost of two paths without a clock.
#[cfg(test)]
pub(crate) mod work {
    use std::cell::Cell;

    use opaque_ke::argon2::Params;

    thread_local! {
        static KIB_PASSES: Cell<u64> = const { Cell::new(0) };
    }

    pub(super) fn count(params: &Params) {
        let work = u64::from(params.m_cost()) * u64::from(params.t_cost());
        KIB_PASSES.with(|sum| sum.set(sum.get() + work));
    }

    /// KiB times passes that `run` took, with what it returned.
    pub(crate) fn of<T>(run: impl FnOnce() -> T) -> (u64, T) {
        let before = KIB_PASSES.with(Cell::get);
        let result = run();
        (KIB_PASSES.with(Cell::get) - before, result)
    }
}
