//! Reading the audit log (M6).

use serde::{Deserialize, Serialize};

use crate::PersonRef;

/// Reads a page of the audit log, newest first. For the server's owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// Only this action: one of [`crate::AuditAction::ALL`] by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Only what this person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonRef>,
    /// Only what concerned this person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<PersonRef>,
    /// Goes on before this entry of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}
