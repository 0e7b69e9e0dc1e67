//! Requests about who runs the server, and who may be on it (A6, M2, M3).

use serde::{Deserialize, Serialize};

use crate::{PersonRef, Role, Secret};

/// Makes a member a moderator, or a moderator a member. For the server's owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetServerRole {
    /// Whose.
    pub who: PersonRef,
    /// What they are from now on: `member` or `moderator`.
    pub role: Role,
    /// Why; they are shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Makes an account, which signs in with this password at once. For the server's owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddAccount {
    /// Its name.
    pub name: String,
    /// Its password, which whoever it is for had better change.
    pub password: Secret,
}

/// Offers the server to another account, which becomes its owner by `accept_server`. For the owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// To whom; with nobody, an offer made before is withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PersonRef>,
}

/// Becomes the owner of the server that its owner offered; the old one becomes a moderator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptServer {}

/// Ends all sessions of an account, which may sign in again at once. For moderators and the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerKick {
    /// Whose.
    pub who: PersonRef,
    /// Why; they are shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Shuts an account or a range of addresses out of the server: exactly one of `who` and `address`. For
/// moderators and the owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerBan {
    /// This account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<PersonRef>,
    /// These addresses, IPv4 or IPv6: one, or a range as `192.0.2.0/24`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// For so many seconds; until it is lifted if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_s: Option<u64>,
    /// Why; whom it shuts out is shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Even if one's own address is among them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub even_me: bool,
}

/// Lifts a ban from the server: exactly one of `who` and `address`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerUnban {
    /// This account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<PersonRef>,
    /// That of these addresses, as it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// Lists the bans from the server, newest first. For moderators and the owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerBans {
    /// Goes on before this ban of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}

/// Gives an account another name. For the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenameAccount {
    /// Whose.
    pub who: PersonRef,
    /// The name from now on.
    pub name: String,
    /// Why; they are shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
