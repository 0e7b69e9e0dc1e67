//! The second factor of accounts that asked for one (A7).

use snug_proto::{AccountId, AuditAction, Timestamp};

use crate::StoreError;

/// What is kept of an account's second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecondFactorRow {
    /// What the app's secret is made of, beside the server's key.
    pub salt: [u8; 16],
    /// The newest step of time whose code was used.
    pub step: u64,
    /// Recovery codes that are not used up.
    pub recovery_codes: u64,
}

/// Writing second factors.
pub trait SecondFactorWrites {
    /// Gives an account a second factor and these tags of recovery codes; false if it has one already.
    fn set_second_factor(
        &mut self,
        account: &AccountId,
        salt: &[u8; 16],
        step: u64,
        recovery: &[[u8; 32]],
    ) -> Result<bool, StoreError>;
    /// Takes an account's second factor away; false if it has none.
    fn drop_second_factor(&mut self, account: &AccountId) -> Result<bool, StoreError>;
    /// Uses up the code of a step of time; false if one of it or a later one was used.
    fn use_step(&mut self, account: &AccountId, step: u64) -> Result<bool, StoreError>;
    /// Uses a recovery code up; false if it is none.
    fn use_recovery_code(
        &mut self,
        account: &AccountId,
        tag: &[u8; 32],
    ) -> Result<bool, StoreError>;
}

/// Reading second factors.
pub trait SecondFactorReads {
    /// What was done about an account's second factor after this time, by whoever it was, oldest first: the
    /// last so many.
    fn second_factor_news(
        &mut self,
        account: &AccountId,
        after: Timestamp,
        limit: u32,
    ) -> Result<Vec<(AuditAction, Timestamp)>, StoreError>;
    /// An account's second factor.
    fn second_factor_of(
        &mut self,
        account: &AccountId,
    ) -> Result<Option<SecondFactorRow>, StoreError>;
}
