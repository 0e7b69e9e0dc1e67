//! The one who acts, and what the way they came in lets them do.

use snug_proto::{AccountId, ErrorCode, RequestKind, Role, Scope};

use crate::masks::Masked;

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
#[expect(clippy::too_many_lines, reason = "a line a request")]
pub const fn may_use(scope: Option<Scope>, request: RequestKind) -> Result<(), ErrorCode> {
    use RequestKind as K;
    let allowed = match scope {
        None => true,
        Some(scope) => match request {
            K::NewToken
            | K::Tokens
            | K::RevokeToken
            | K::AddCertificate
            | K::SetScram
            | K::OfferSecondFactor
            | K::SetSecondFactor
            | K::ProveCode
            | K::DropSecondFactor
            | K::Sessions
            | K::RevokeSession
            | K::ChangePassword
            | K::ChangePasswordStart
            | K::ChangePasswordFinish
            | K::ResetCode
            | K::ProveStart
            | K::DeleteAccount
            | K::DeviceCode
            | K::Server
            | K::Audit
            | K::SetServerRole
            | K::HandOver
            | K::AcceptServer
            | K::RenameAccount
            | K::Announce
            | K::Watch
            | K::Withdraw => false,
            K::Send | K::React | K::Typing | K::Tag | K::Signal => {
                matches!(scope, Scope::Irc | Scope::Send | Scope::Moderate)
            }
            // A client that was given the least does not run the server (DECISIONS 14 names no such use).
            K::Hail
            | K::Grant
            | K::ServerKick
            | K::Label
            | K::SetGroup
            | K::ServerBan
            | K::ServerUnban
            | K::Allow
            | K::Disallow
            | K::Allowed
            | K::Lockdown
            | K::Shield
            | K::Purge
            | K::ServerBans => matches!(scope, Scope::Moderate),
            K::Edit
            | K::Delete
            | K::CreateRoom
            | K::Join
            | K::Leave
            | K::Befriend
            | K::Unfriend
            | K::Block
            | K::Unblock
            | K::Me
            | K::Away
            | K::Wear
            | K::Operate
            | K::SetMetadata
            | K::Transfer
            | K::BuyVip
            | K::Report
            | K::Reports
            | K::DecideReport
            | K::Invite
            | K::Kick
            | K::Ban
            | K::Unban
            | K::Mute
            | K::Unmute
            | K::SetMask
            | K::SetRole
            | K::InviteTo
            | K::Knock
            | K::SetRoom => matches!(scope, Scope::Irc | Scope::Moderate),
            K::Hello
            | K::Ping
            | K::ProveWork
            | K::Register
            | K::RegisterStart
            | K::RegisterFinish
            | K::SignIn
            | K::SignInStart
            | K::SignInFinish
            | K::SignInCertificate
            | K::SignInScram
            | K::SignInScramFinish
            | K::SecondFactor
            | K::Resume
            | K::ComeAsGuest
            | K::Reset
            | K::ResetStart
            | K::ResetFinish
            | K::Quit
            | K::Follow
            | K::Read
            | K::Mark
            | K::ReadUntil
            | K::Search
            | K::Rooms
            | K::Friends
            | K::Credits
            | K::Ledger
            | K::Blocks
            | K::Who
            | K::Bans
            | K::Masks
            | K::Announcements
            | K::Groups
            | K::Whois
            | K::Whowas
            | K::Monitor
            | K::Counts
            | K::Metadata
            | K::FollowMetadata
            | K::AboutRoom => true,
        },
    };
    if allowed {
        Ok(())
    } else {
        Err(ErrorCode::Forbidden)
    }
}

/// What somebody is to the server on a session of this scope: app tokens run it only if they were made to.
pub fn role_by(scope: Option<Scope>, role: Role) -> Role {
    match scope {
        None | Some(Scope::Moderate) => role,
        Some(Scope::Irc | Scope::Read | Scope::Send) => role.min(Role::Member),
    }
}
