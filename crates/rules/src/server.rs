//! Who may run the server: the one table of what its owner and its moderators may do (A6, M1, M2, M3, M5,
//! M6, M7, O7).

use snug_proto::{ErrorCode, LockdownLevel, Role, Timestamp, limits::MAX_SANCTION_S};

use crate::account::Actor;

macro_rules! table {
    ($($deed:ident $from:ident $whom:ident $says:literal;)*) => {
        /// Something that only those who run the server may do: a line of the table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ServerDeed {
            $(#[doc = $says] $deed,)*
        }

        impl ServerDeed {
            /// All, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$deed,)*];

            /// What it is, for people.
            pub const fn says(self) -> &'static str {
                match self { $(Self::$deed => $says,)* }
            }

            /// The least role that may do it.
            pub const fn from(self) -> Role {
                match self { $(Self::$deed => Role::$from,)* }
            }

            /// May it be done to a guest? What lasts may not: a guest does not.
            pub const fn reaches_guests(self) -> bool {
                !matches!(self, Self::GiveRole | Self::HandOver | Self::Label | Self::Group)
            }

            /// To whom it may be done.
            pub const fn whom(self) -> Whom {
                match self { $(Self::$deed => Whom::$whom,)* }
            }
        }
    };
}

/// To whom a deed may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// It is done to nobody.
    Nobody,
    /// Those whose role is below one's own: so nobody does it to the owner, nor to oneself.
    Below,
    /// Anyone but the owner, and the owner by themselves.
    Anyone,
}

table! {
    ReadAudit Owner Nobody "read the audit log";
    GiveRole Owner Below "make a member a moderator, and a moderator a member";
    HandOver Owner Below "hand the server over";
    Rename Owner Anyone "rename an account";
    Announce Owner Nobody "tell everyone something";
    Watch Owner Nobody "watch what happens on the server";
    Hail Moderator Nobody "say something to everyone who is here";
    Kick Moderator Below "end all sessions of an account";
    Ban Moderator Below "ban an account from the server, and lift the ban";
    BanAddress Moderator Nobody "ban addresses, and lift the ban";
    SeeBans Moderator Nobody "see who is banned from the server";
    Door Moderator Nobody "let addresses past the door, raise the shield, lock the server down";
    Purge Owner Below "take back all that an account said since some time";
    SeeReports Moderator Nobody "see and decide the reports to the server";
    Label Moderator Anyone "label an account";
    Group Moderator Nobody "make groups of accounts and say who is in them";
}

/// May an account of this role do this, to one of that role?
pub fn may_govern(actor: Role, deed: ServerDeed, subject: Option<Role>) -> Result<(), ErrorCode> {
    if subject == Some(Role::Guest) && !deed.reaches_guests() {
        return Err(ErrorCode::Forbidden);
    }
    let touches = match (deed.whom(), subject) {
        (_, None) | (Whom::Nobody, _) => true,
        (Whom::Below, Some(subject)) => subject < actor,
        (Whom::Anyone, Some(subject)) => subject <= actor,
    };
    if actor >= deed.from() && touches {
        Ok(())
    } else {
        Err(ErrorCode::Forbidden)
    }
}

/// May this account do this, which is done to nobody?
pub fn may_run(actor: &Actor, deed: ServerDeed) -> Result<(), ErrorCode> {
    may_govern(actor.role, deed, None)
}

/// How long somebody may lock the server down (M4), in seconds: the owner as long as any sanction lasts.
/// Others a day, and an hour where nobody at all is let in, since that keeps the owner out too.
pub fn longest_lockdown_s(role: Role, level: LockdownLevel) -> u64 {
    match level {
        _ if role == Role::Owner => MAX_SANCTION_S,
        LockdownLevel::Closed => 3600,
        LockdownLevel::Off | LockdownLevel::On => 24 * 3600,
    }
}

/// May somebody change a lockdown, or end it, that lasts so many seconds still? Not one for longer than they may lock the
/// server down: that is the owner's.
pub fn may_change_lockdown(role: Role, level: LockdownLevel, left_s: u64) -> bool {
    left_s <= longest_lockdown_s(role, level)
}

/// A ban from the server, of an account or of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerBan {
    /// The role of whoever made it, at that time.
    pub rank: Role,
    /// Their name.
    pub by: Option<String>,
    /// It ends by itself then.
    pub until: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
}

impl ServerBan {
    /// Does it still hold?
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// Does a ban of addresses bind one of this role? Those as high as its maker are let through, so that
    /// nobody shuts the owner out, nor a moderator another, by where they come from.
    pub fn binds(&self, role: Role) -> bool {
        role < self.rank
    }

    /// May one of this role lift it? What the owner banned is not the moderators' to let in.
    pub fn may_be_lifted_by(&self, role: Role) -> bool {
        role >= self.rank
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 3] = [Role::Member, Role::Moderator, Role::Owner];

    #[test]
    fn a_member_may_do_none_of_it() {
        for deed in ServerDeed::ALL {
            for subject in ROLES {
                let answer = may_govern(Role::Member, *deed, Some(subject));
                assert_eq!(answer, Err(ErrorCode::Forbidden), "{deed:?} {subject:?}");
            }
        }
    }

    #[test]
    fn nobody_touches_the_owner_nor_a_moderator_another() {
        for deed in [ServerDeed::Kick, ServerDeed::Ban] {
            let allowed = |actor| ROLES.map(|of| may_govern(actor, deed, Some(of)).is_ok());
            assert_eq!(allowed(Role::Moderator), [true, false, false]);
            assert_eq!(allowed(Role::Owner), [true, true, false]);
        }
    }

    #[test]
    fn only_the_owner_gives_roles_renames_watches_and_reads_the_audit_log() {
        for deed in ServerDeed::ALL {
            let may = may_govern(Role::Moderator, *deed, Some(Role::Member)).is_ok();
            assert_eq!(may, deed.from() == Role::Moderator, "{deed:?}");
            assert!(may_govern(Role::Owner, *deed, Some(Role::Member)).is_ok());
        }
        assert!(may_govern(Role::Owner, ServerDeed::Rename, Some(Role::Owner)).is_ok());
    }

    #[test]
    fn a_ban_ends_at_its_time_and_spares_those_as_high_as_its_maker() {
        let now = Timestamp::from_ms(1000);
        let ban = ServerBan {
            rank: Role::Moderator,
            by: None,
            until: Some(now),
            reason: None,
        };
        assert!(ban.holds(Timestamp::from_ms(999)) && !ban.holds(now));
        assert_eq!(ROLES.map(|role| ban.binds(role)), [true, false, false]);
        assert_eq!(
            ROLES.map(|role| ban.may_be_lifted_by(role)),
            [false, true, true]
        );
    }
}
