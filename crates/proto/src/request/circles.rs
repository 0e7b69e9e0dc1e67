//! Labels on accounts, and groups of accounts (M7).

use serde::{Deserialize, Serialize};

use crate::PersonRef;

/// Puts a label on an account, or takes it off. For moderators and the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Whose.
    pub who: PersonRef,
    /// What it says: 1 to 24 characters.
    pub label: String,
    /// Take it off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remove: bool,
}

/// Makes a group of accounts if there is none of that name, and says who is in it and who is not any
/// more; or deletes it. For moderators and the owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetGroup {
    /// Its name: as an account's.
    pub group: String,
    /// Those who are in it from now on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<PersonRef>,
    /// Those who are not in it any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<PersonRef>,
    /// Delete it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete: bool,
}

/// Lists the groups, or who is in one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Groups {
    /// Only this one, with who is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}
