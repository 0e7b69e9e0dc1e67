//! Requests about being here: away or back, who somebody is, who is watched for, how many there are.

use serde::{Deserialize, Serialize};

use crate::{PersonRef, Secret};

/// Says that one is away, or with no `text` that one is back. Others see one away while every client that
/// one sits at says so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// Why, or until when: at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Nobody sits at this client: one is away if no other client says otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unattended: bool,
}

/// Goes by another name than the account's while one is here, as IRC clients may: a name that nobody has
/// or goes by. With none, by the account's again. It is the account's, on all its sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wear {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Only if the account was not here before this session: else it goes by what it goes by.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub coming: bool,
}

/// Asks who somebody is, and how they are here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whois {
    /// Who.
    pub person: PersonRef,
}

/// Asks who had a name of late and is not here by it any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whowas {
    /// The name.
    pub name: String,
}

/// Says whose coming and going this session wants to be told of, whatever rooms they share. With nothing
/// said, the answer tells how all of them are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Monitor {
    /// These too; there need be no account of that name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<String>,
    /// These no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
    /// First, none of them any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub clear: bool,
}

/// Asks how many are here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {}

/// Carries out what only those who run the server may do in the name of another account, proved by its
/// password: from now on, on this session. With nothing said, no longer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operate {
    /// The account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
}

/// Says something to everyone who is here now; it is kept nowhere. For moderators and the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hail {
    /// The words, on one line: at most 400 characters.
    pub text: String,
}
