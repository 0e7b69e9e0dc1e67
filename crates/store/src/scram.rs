//! Verifiers of SCRAM, for accounts that asked for one.

use snug_proto::AccountId;

use crate::StoreError;

/// What is kept of a password for SCRAM-SHA-256 (RFC 5802 §3).
#[derive(Clone, PartialEq, Eq)]
pub struct ScramRow {
    /// Random.
    pub salt: [u8; 16],
    /// Rounds of PBKDF2.
    pub iterations: u32,
    /// What a client's proof is checked against.
    pub stored_key: [u8; 32],
    /// What the server proves itself by.
    pub server_key: [u8; 32],
}

impl std::fmt::Debug for ScramRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScramRow(…)")
    }
}

/// Writing verifiers. A new record of an account takes its verifier away.
pub trait ScramWrites {
    /// Gives an account this verifier, or none; false if its record is not the one that it was made with.
    fn set_scram(
        &mut self,
        account: &AccountId,
        record: &[u8],
        verifier: Option<&ScramRow>,
    ) -> Result<bool, StoreError>;
}

/// Reading verifiers.
pub trait ScramReads {
    /// An account's verifier.
    fn scram_of(&mut self, account: &AccountId) -> Result<Option<ScramRow>, StoreError>;
}
