//! Who runs the server, and who is shut out of it (A6, M2, M3).

use snug_proto::{AccountId, AccountName, Role, Timestamp};
use snug_rules::{Network, ServerBan};

use crate::{Account, StoreError};

/// Whom a ban from the server shuts out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Banned {
    /// An account.
    Account(AccountId),
    /// All who come from these addresses.
    Addresses(Network),
}

/// A ban to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewServerBan {
    /// Whom.
    pub whom: Banned,
    /// By whom; none for the operator's command.
    pub by: Option<AccountId>,
    /// The role of whoever makes it.
    pub rank: Role,
    /// Now.
    pub at: Timestamp,
    /// It ends by itself then.
    pub until: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
}

/// A ban as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerBanRow {
    /// Its number: later ones are higher.
    pub number: u64,
    /// Whom.
    pub whom: Banned,
    /// The name of the account that it shuts out, now.
    pub name: Option<String>,
    /// Made then.
    pub at: Timestamp,
    /// What it says; with the name that its maker has now.
    pub ban: ServerBan,
}

/// Writing who runs the server and who is shut out of it.
pub trait Governing {
    /// The account of this id, as it is within this transaction: what decides.
    fn account_now(&mut self, id: &AccountId) -> Result<Option<Account>, StoreError>;
    /// Gives an account a server role; its counter becomes `rules`.
    fn set_role(&mut self, id: &AccountId, role: Role, rules: u64) -> Result<(), StoreError>;
    /// Gives an account another name and keeps the old one for it until then (DECISIONS 2); its counter
    /// becomes `rules`. `Taken` if another has the name, or it is kept for another.
    fn rename_account(
        &mut self,
        id: &AccountId,
        name: &AccountName,
        rules: u64,
        now: Timestamp,
        kept_until: Timestamp,
    ) -> Result<(), StoreError>;
    /// Makes a ban, in the place of one of the same. A banned account's counter becomes `rules`.
    fn ban_from_server(&mut self, ban: &NewServerBan, rules: u64) -> Result<(), StoreError>;
    /// Lifts a ban; false if there was none. The account's counter becomes `rules`.
    fn unban_from_server(&mut self, whom: &Banned, rules: u64) -> Result<bool, StoreError>;
    /// The ban of this account or of exactly these addresses, as it is within this transaction.
    fn server_ban_now(&mut self, whom: &Banned) -> Result<Option<ServerBanRow>, StoreError>;
    /// How many bans from the server there are.
    fn count_server_bans(&mut self) -> Result<u64, StoreError>;
}

/// Reading who is shut out of the server.
pub trait GovernedReader {
    /// The ban of this account, whether or not its time is over.
    fn server_ban_of(&mut self, id: &AccountId) -> Result<Option<ServerBanRow>, StoreError>;
    /// The bans before this one, newest first, at most `limit`.
    fn server_bans(
        &mut self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<ServerBanRow>, StoreError>;
}
