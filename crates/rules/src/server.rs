//! Who may run the server: its owner and its moderators (A6, M2, M6).

use snug_proto::{ErrorCode, Role};

use crate::account::Actor;

/// May this account read the audit log? Only the owner does (M6).
pub fn may_audit(actor: &Actor) -> Result<(), ErrorCode> {
    if actor.role == Role::Owner {
        Ok(())
    } else {
        Err(ErrorCode::Forbidden)
    }
}
