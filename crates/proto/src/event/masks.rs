//! The event about a room's masks.

use serde::{Deserialize, Serialize};

use crate::{Author, MaskKind, Place, Timestamp, until_and_why};

/// A mask was put on a room, or taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskChanged {
    /// Where and when.
    #[serde(flatten)]
    pub place: Place,
    /// Who did it.
    #[serde(flatten)]
    pub author: Author,
    /// What it does.
    pub kind: MaskKind,
    /// The mask.
    pub mask: String,
    /// What somebody goes by whose voice it is (`wear`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worn: Option<Box<str>>,
    /// It was taken away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
    /// Until then; until it is taken away if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Done by the server's authority, not by the room's (DECISIONS 20).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_server: bool,
}

impl MaskChanged {
    /// What was done: `banned all names like spam*.`
    pub(crate) fn what(&self) -> String {
        let (mute, whom) = match self.mask.strip_prefix("mute:") {
            Some(whom) => (true, whom),
            None => (false, self.mask.as_str()),
        };
        let what = match (self.kind, self.removed) {
            (MaskKind::Ban, false) if mute => "muted all names like",
            (MaskKind::Ban, true) if mute => "lifted the mute of names like",
            (MaskKind::Ban, false) => "banned all names like",
            (MaskKind::Ban, true) => "lifted the ban of names like",
            (MaskKind::Exempt, false) => "exempted from bans all names like",
            (MaskKind::Exempt, true) => "exempts from bans no more names like",
            (MaskKind::Invite, false) => "let in without invitation all names like",
            (MaskKind::Invite, true) => "lets in without invitation no more names like",
            (MaskKind::Voice, false) => "gave a voice to",
            (MaskKind::Voice, true) => "took the voice of",
        };
        let rest = until_and_why(self.until, self.reason.as_deref());
        format!("{what} {whom}{rest}")
    }
}
