//! Whose password is tried: an account's, or what stands in for one where nobody has the name (DECISIONS 13).

use snug_auth::{CredentialId, unknown_credential, unknown_parameters};
use snug_proto::{AccountId, AccountName, Argon2Parameters, Refusal, Role, folded_name};
use snug_store::Account;

use crate::{engine::Engine, person::refusal};

/// What a name that somebody signs in by comes to. Where nobody has it, somebody else's account was read in its place
/// and is asked about, so that the time it takes does not tell.
pub(crate) struct Tried {
    /// Theirs whose name it is, or another's. `None` while the server has no account.
    row: Option<Account>,
    is_theirs: bool,
    /// What the password's exchange is bound to.
    pub(crate) id: CredentialId,
    /// The cost of the password's hash.
    pub(crate) argon2: Argon2Parameters,
}

impl Tried {
    /// The account, if somebody has the name.
    pub(crate) fn account(&self) -> Option<&Account> {
        self.row.as_ref().filter(|_| self.is_theirs)
    }

    /// See [`Tried::account`].
    pub(crate) fn into_account(self) -> Option<Account> {
        self.row.filter(|_| self.is_theirs)
    }

    /// The account, or another that is asked about in its place: nothing that is found of it lets anybody in.
    pub(crate) fn asked_about(&self) -> AccountId {
        let nobody = || AccountId::from_bytes(Engine::random_id());
        self.row.as_ref().map_or_else(nobody, |row| row.id)
    }

    /// The record of its password.
    pub(crate) fn record(&self) -> &[u8] {
        self.row.as_ref().map_or(&[], |row| &row.record)
    }

    /// Is this the account whose name it is?
    pub(crate) fn is(&self, account: &AccountId) -> bool {
        self.account().is_some_and(|theirs| theirs.id == *account)
    }

    /// As if nobody had the name.
    pub(crate) fn nobodys(self) -> Self {
        Self {
            is_theirs: false,
            ..self
        }
    }
}

impl Engine {
    /// Whom this name means to one who signs in.
    pub(crate) async fn whom(&self, name: &str) -> Result<Tried, Refusal> {
        let parsed = AccountName::parse(name).ok();
        let skeleton = parsed
            .as_ref()
            .map_or_else(|| name.to_owned(), AccountName::skeleton);
        let unknown = unknown_credential(self.keys(), name);
        let otherwise = unknown.bytes().first_chunk().copied();
        let otherwise = u32::from_be_bytes(otherwise.unwrap_or_default());
        let found = self.storage.read(move |reader| {
            Ok((
                reader.account_to_try(&skeleton, otherwise)?,
                reader.parameters_in_use()?,
            ))
        });
        let (row, mut in_use) = found.await.map_err(refusal)?;
        if in_use.is_empty() {
            in_use.push(self.config.argon2);
        }
        let pretended = unknown_parameters(self.keys(), name, &in_use);
        let is_theirs = row.as_ref().is_some_and(|account| {
            let named = parsed
                .as_ref()
                .is_some_and(|name| name.as_str() == folded_name(&account.name));
            // Nobody signs in to a guest.
            named && account.role > Role::Guest
        });
        let theirs = row.as_ref().filter(|_| is_theirs);
        let (id, argon2) = theirs.map_or((unknown, pretended), |account| {
            (account.id.into(), account.argon2)
        });
        Ok(Tried {
            row,
            is_theirs,
            id,
            argon2,
        })
    }
}
