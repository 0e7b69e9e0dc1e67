//! Whom each request is open to: guests, and app tokens by what they are for. One line a request; in rooms the table
//! of permissions decides besides.

use snug_proto::{RequestKind, Scope};

/// Which app tokens a request is open to (DECISIONS 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tokens {
    /// All: it reads, or comes before a sign-in.
    All,
    /// Those that talk.
    Talking,
    /// Those that do what people do in rooms and with each other: more than to talk.
    Doing,
    /// Those that were made to run the server: DECISIONS 14 names no such use of a lesser one.
    Running,
    /// None: what is about the password and what stands for it, and about whose the server is.
    None,
}

/// Is a request open to guests? What is about an account a guest has none for, and what is about running the server
/// is not theirs (A9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guests {
    /// It is.
    Too,
    /// It wants an account.
    Never,
}

impl Tokens {
    pub(crate) const fn has(self, scope: Scope) -> bool {
        match self {
            Self::All => true,
            Self::Talking => matches!(scope, Scope::Irc | Scope::Send | Scope::Moderate),
            Self::Doing => matches!(scope, Scope::Irc | Scope::Moderate),
            Self::Running => matches!(scope, Scope::Moderate),
            Self::None => false,
        }
    }
}

/// Whom this request is open to, beside accounts on sessions of their password.
#[expect(clippy::too_many_lines, reason = "a line a request")]
pub(crate) const fn open_to(request: RequestKind) -> (Tokens, Guests) {
    use RequestKind as K;
    match request {
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
        | K::Blocks
        | K::Who
        | K::Bans
        | K::Masks
        | K::Announcements
        | K::Whois
        | K::Whowas
        | K::Monitor
        | K::Counts
        | K::Metadata
        | K::FollowMetadata
        | K::AboutRoom => (Tokens::All, Guests::Too),
        K::Friends | K::Credits | K::Ledger | K::Groups => (Tokens::All, Guests::Never),
        K::Send | K::React | K::Typing | K::Tag | K::Signal => (Tokens::Talking, Guests::Too),
        K::Edit
        | K::Delete
        | K::CreateRoom
        | K::Join
        | K::Leave
        | K::Block
        | K::Unblock
        | K::Me
        | K::Away
        | K::Operate
        | K::SetMetadata
        | K::Report
        | K::Kick
        | K::Ban
        | K::Unban
        | K::Mute
        | K::Unmute
        | K::SetMask
        | K::SetRole
        | K::InviteTo
        | K::Knock
        | K::SetRoom => (Tokens::Doing, Guests::Too),
        K::Befriend
        | K::Unfriend
        | K::Wear
        | K::Transfer
        | K::BuyVip
        | K::Reports
        | K::DecideReport
        | K::Invite => (Tokens::Doing, Guests::Never),
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
        | K::ServerBans => (Tokens::Running, Guests::Never),
        K::Server | K::RenameAccount => (Tokens::None, Guests::Too),
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
        | K::AddAccount
        | K::ProveStart
        | K::DeleteAccount
        | K::DeviceCode
        | K::Audit
        | K::SetServerRole
        | K::HandOver
        | K::AcceptServer
        | K::Announce
        | K::Watch
        | K::Withdraw => (Tokens::None, Guests::Never),
    }
}
