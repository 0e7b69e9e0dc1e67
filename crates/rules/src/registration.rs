//! Who may come in, and who may let others in (A1, A6).

use snug_proto::{AccountId, ErrorCode, GuestPolicy, Inviters, Registration, Role};

use crate::{account::Actor, credits::CreditRules};

/// The server's own settings, as far as decisions depend on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerRules {
    /// Who may register.
    pub registration: Registration,
    /// Who may make invites.
    pub inviters: Inviters,
    /// Are plain passwords taken?
    pub plain_passwords: bool,
    /// How credits work here.
    pub credits: CreditRules,
    /// Who may come in as a guest.
    pub guests: GuestPolicy,
}

/// What is known of the code that came with a registration. The caller compared it, at one cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeCheck {
    /// None came.
    Absent,
    /// It is the owner's first code, and there is no owner yet.
    Owner,
    /// It is an invite that is still good.
    Invite,
    /// It is one, of somebody who is new here: it lets in, and whoever comes by it counts for their address, or one who
    /// came would ask in as many as they like.
    NewcomersInvite,
    /// It is the shared access code.
    Access,
    /// It is nothing that is good now.
    Wrong,
}

/// How somebody may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// As the owner; the code is used up.
    AsOwner,
    /// As a member; the invite is used up.
    ByInvite,
    /// As a member.
    AsMember,
}

/// Does the name that somebody wants stand on the operator's list of members?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// A member whose account is younger, in milliseconds, is new here: a day.
const NEW_HERE_MS: u64 = 24 * 3_600_000;

/// What an invite is that is still good, by the role of who made it and the age of their account.
pub const fn invite_of(role: Role, age_ms: u64) -> CodeCheck {
    if matches!(role, Role::Moderator | Role::Owner) || age_ms >= NEW_HERE_MS {
        CodeCheck::Invite
    } else {
        CodeCheck::NewcomersInvite
    }
}

/// May one register with this code, by this name, under this policy?
pub const fn may_register(
    rules: &ServerRules,
    code: CodeCheck,
    listed: Listed,
) -> Result<Admission, ErrorCode> {
    match (rules.registration, code) {
        (_, CodeCheck::Owner) => Ok(Admission::AsOwner),
        (_, CodeCheck::Wrong) | (Registration::Invite, CodeCheck::Access) => {
            Err(ErrorCode::BadCode)
        }
        // Nobody else may, whoever asked them in.
        (Registration::Roster, _) if matches!(listed, Listed::No) => Err(ErrorCode::Forbidden),
        // A good invite opens the door under every policy: somebody inside asked this person in.
        (_, CodeCheck::Invite | CodeCheck::NewcomersInvite) => Ok(Admission::ByInvite),
        (Registration::Code, CodeCheck::Access)
        | (Registration::Open | Registration::Roster, CodeCheck::Access | CodeCheck::Absent) => {
            Ok(Admission::AsMember)
        }
        (Registration::Code | Registration::Invite, CodeCheck::Absent) => {
            Err(ErrorCode::CodeNeeded)
        }
    }
}

/// May this account make an invite?
pub fn may_invite(rules: &ServerRules, actor: &Actor) -> Result<(), ErrorCode> {
    let needed = match rules.inviters {
        Inviters::Members => Role::Member,
        Inviters::Moderators => Role::Moderator,
    };
    if actor.role >= needed {
        Ok(())
    } else {
        Err(ErrorCode::Forbidden)
    }
}

/// May this account change the server's settings?
pub fn may_set_server(actor: &Actor) -> Result<(), ErrorCode> {
    if actor.role == Role::Owner {
        Ok(())
    } else {
        Err(ErrorCode::Forbidden)
    }
}

/// May this account give another a code by which it sets a new password (A3)? The owner may; its own
/// password the owner changes by proving the old one, or resets from the machine itself.
pub fn may_reset(actor: &Actor, whose: &AccountId) -> Result<(), ErrorCode> {
    if actor.role == Role::Owner && actor.account != *whose {
        Ok(())
    } else {
        Err(ErrorCode::Forbidden)
    }
}

/// May this account make accounts for others, whatever the policy? The owner may.
pub fn may_add_account(actor: &Actor) -> Result<(), ErrorCode> {
    if actor.role == Role::Owner {
        Ok(())
    } else {
        Err(ErrorCode::Forbidden)
    }
}

/// May this account be deleted by its holder (A8)? A server is never without its owner.
pub fn may_delete_account(actor: &Actor) -> Result<(), ErrorCode> {
    if actor.role == Role::Owner {
        Err(ErrorCode::Forbidden)
    } else {
        Ok(())
    }
}

/// May this account make a code by which a new device signs in to that one (A4)?
pub fn may_make_device_code(actor: &Actor, whose: &AccountId) -> Result<(), ErrorCode> {
    if actor.account == *whose || actor.role == Role::Owner {
        Ok(())
    } else {
        Err(ErrorCode::Forbidden)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_meets_every_code() {
        use CodeCheck::{Absent, Access, Invite, Owner, Wrong};
        let try_listed = |registration, listed| {
            let rules = ServerRules {
                registration,
                inviters: Inviters::Members,
                plain_passwords: true,
                credits: CreditRules {
                    on: false,
                    vip_price: 0,
                },
                guests: GuestPolicy::Off,
            };
            [Absent, Owner, Invite, Access, Wrong].map(|code| may_register(&rules, code, listed))
        };
        let try_all = |registration| {
            let outcomes = try_listed(registration, Listed::No);
            assert_eq!(outcomes, try_listed(registration, Listed::Yes));
            outcomes
        };
        let owner = Ok(Admission::AsOwner);
        let invited = Ok(Admission::ByInvite);
        let member = Ok(Admission::AsMember);
        let bad = Err(ErrorCode::BadCode);
        let needed = Err(ErrorCode::CodeNeeded);
        assert_eq!(
            try_all(Registration::Open),
            [member, owner, invited, member, bad]
        );
        assert_eq!(
            try_all(Registration::Code),
            [needed, owner, invited, member, bad]
        );
        assert_eq!(
            try_all(Registration::Invite),
            [needed, owner, invited, bad, bad]
        );
        let forbidden = Err(ErrorCode::Forbidden);
        assert_eq!(
            try_listed(Registration::Roster, Listed::Yes),
            [member, owner, invited, member, bad]
        );
        assert_eq!(
            try_listed(Registration::Roster, Listed::No),
            [forbidden, owner, forbidden, forbidden, bad]
        );
    }
}
