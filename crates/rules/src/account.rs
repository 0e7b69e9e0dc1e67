//! The one who acts, and what the way they came in lets them do.

use snug_proto::{AccountId, ErrorCode, RequestKind, Role, Scope};

use crate::{asking::open_to, masks::Masked};

/// An account that asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub account: AccountId,
    /// Their role on the server.
    pub role: Role,
    /// Advances whenever what the account may do changes; appends expect it.
    pub rules: u64,
    /// What the masks of the room where they act say of them.
    pub masked: Masked,
}

/// May a session that an app token opened ask this (DECISIONS 14)? `None` is a session of the
/// password, which may ask everything.
pub const fn may_use(scope: Option<Scope>, request: RequestKind) -> Result<(), ErrorCode> {
    match scope {
        Some(scope) if !open_to(request).0.has(scope) => Err(ErrorCode::Forbidden),
        _ => Ok(()),
    }
}

/// What somebody is to the server on a session of this scope: app tokens run it only if they were made to.
pub fn role_by(scope: Option<Scope>, role: Role) -> Role {
    match scope {
        None | Some(Scope::Moderate) => role,
        Some(Scope::Irc | Scope::Read | Scope::Send) => role.min(Role::Member),
    }
}
