//! Credits as storage keeps them: purses and the ledger of what moved between them.

use snug_proto::{AccountId, Cause, Timestamp};
use snug_rules::Movement;

use crate::StoreError;

/// A movement to be made.
#[derive(Debug, Clone)]
pub struct NewMovement {
    /// Whose request it is.
    pub by: AccountId,
    /// What moves.
    pub movement: Movement,
    /// What for, in their words.
    pub why: Option<String>,
    /// Their key and a digest of the request that came with it (DECISIONS 35).
    pub key: Option<(String, [u8; 32])>,
    /// Now.
    pub at: Timestamp,
}

/// A movement that was made, now or by the same request before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovementMade {
    /// Its number in the ledger.
    pub no: u64,
    /// Its time.
    pub at: Timestamp,
    /// Made now, not before.
    pub new: bool,
    /// What is in the purse of whoever asked, now.
    pub balance: u64,
    /// What is in the purse that it entered, now; 0 for the server's.
    pub entered: u64,
    /// Whoever asked is VIP until then.
    pub vip_until: Option<Timestamp>,
}

/// Why a movement was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotMoved {
    /// There is not that much in the purse.
    NotEnough,
    /// The purse that it enters would hold too much.
    TooMuch,
    /// The key was used for another request.
    KeyReused,
}

/// An account's purse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurseRow {
    /// What is in it.
    pub balance: u64,
    /// Its account is VIP until then.
    pub vip_until: Option<Timestamp>,
}

/// A movement as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementRow {
    /// Its number.
    pub no: u64,
    /// Its time.
    pub at: Timestamp,
    /// Why.
    pub cause: Cause,
    /// Whose purse it left; none is the server's.
    pub from: Option<(AccountId, String)>,
    /// Whose purse it entered; none is the server's.
    pub to: Option<(AccountId, String)>,
    /// How many.
    pub amount: u64,
    /// What for.
    pub why: Option<String>,
}

/// What a transaction does about credits.
pub trait CreditsWriting {
    /// Moves credits, with its entry in the ledger, its key and the VIP time that it buys.
    fn move_credits(
        &mut self,
        movement: &NewMovement,
    ) -> Result<Result<MovementMade, NotMoved>, StoreError>;
    /// How many rooms an account is the founder of.
    fn count_founded(&mut self, account: &AccountId) -> Result<u64, StoreError>;
}

/// What a reader says of credits.
pub trait CreditsReading {
    /// How many rooms this account is the founder of.
    fn founded(&mut self, account: &AccountId) -> Result<u64, StoreError>;
    /// An account's purse.
    fn purse(&mut self, account: &AccountId) -> Result<PurseRow, StoreError>;
    /// The ledger, newest first: everybody's, or what moved in and out of one purse; those before the
    /// number `before`, at most `limit`.
    fn movements(
        &mut self,
        of: Option<&AccountId>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<MovementRow>, StoreError>;
    /// Everything that is in purses, the server's debt counted against it: 0 in a sound ledger; and how
    /// many purses do not hold what the ledger's movements come to.
    fn check_ledger(&mut self) -> Result<(i64, u64), StoreError>;
}
