//! What changed about an account. Not logged; a sign-in and `who` tell how it is.

use serde::{Deserialize, Serialize};

use super::Subject;
use crate::Role;

/// An account has another name (M3), another role on the server (A6) or another display name. Another
/// role is told to the account's own sessions, another name to everyone, another display name to those who
/// are told of its coming and going. So is that it goes by another name (`wear`), in the rooms it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountChanged {
    /// Whose, by the name that it has now.
    #[serde(flatten)]
    pub subject: Subject,
    /// Its role now.
    pub role: Role,
    /// The name that it had until now, if that is what changed. The direct conversation with it is
    /// called `@` and the new name from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// The name that they went by until now, if they go by another (`wear`): what they wore, or the
    /// account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wore: Option<String>,
    /// Its display name is what changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub display_changed: bool,
}
