//! The privileged actions that the audit log tells apart (M6), by names that never change.

macro_rules! actions {
    ($($name:ident $wire:literal $sentence:literal $undo:expr;)*) => {
        /// What was done by somebody with power over others.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum AuditAction {
            $(#[doc = $sentence] $name,)*
        }

        impl AuditAction {
            /// Every action, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name on the wire, in exports and in the store.
            pub const fn wire(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }

            /// What was done, for a person.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }

            /// The command that undoes it; `None` for what cannot be undone.
            pub const fn undo(self) -> Option<&'static str> {
                match self { $(Self::$name => $undo,)* }
            }

            /// The action so named, or `None` for one that this version does not know.
            pub fn from_wire(wire: &str) -> Option<Self> {
                match wire { $($wire => Some(Self::$name),)* _ => None }
            }
        }
    };
}

actions! {
    ServerChanged "server_changed" "The server's settings were changed." Some("/server");
    OwnerCodeMade "owner_code_made" "A code for the owner's first sign-in was made." Some("make another: the one before is void");
    OwnerClaimed "owner_claimed" "An account became the owner by the first code." Some("/owner");
    InviteMade "invite_made" "The operator made an invite." None;
    AccountAdded "account_added" "An account was made by who runs the server." Some("/server-ban");
    RoleGiven "role_given" "An account was given a server role." Some("/role");
    OwnerOffered "owner_offered" "The owner offered the server to another account." Some("/owner withdraw");
    OwnerHandedOver "owner_handed_over" "The server was handed over to another owner." Some("/owner");
    Kicked "kicked" "All sessions of an account were ended." Some("the account may sign in again at once");
    AccountBanned "account_banned" "An account was banned from the server." Some("/server-unban");
    AccountUnbanned "account_unbanned" "An account's ban from the server was lifted." Some("/server-ban");
    AddressBanned "address_banned" "A range of addresses was banned." Some("/server-unban");
    AddressAllowed "address_allowed" "Addresses were let past the door." Some("/disallow");
    AddressDisallowed "address_disallowed" "Addresses are let past the door no more." Some("/allow");
    LockdownChanged "lockdown_changed" "The server was locked down, or opened again." Some("/lockdown");
    ShieldChanged "shield_changed" "The shield was raised or lowered." Some("/shield");
    Purged "purged" "All that an account wrote since some time was taken back." Some("/purge --undo, within a day");
    PurgeUndone "purge_undone" "What an account wrote and a purge took back is there again." Some("/purge");
    AddressUnbanned "address_unbanned" "A ban of addresses was lifted." Some("/server-ban");
    AccountRenamed "account_renamed" "An account was renamed." Some("/rename");
    SecondFactorDropped "second_factor_dropped" "An account's second factor was taken away." None;
    RecoveryCodeUsed "recovery_code_used" "A recovery code of an account's second factor was used." None;
    PasswordReset "password_reset" "A code to set a new password was made." None;
    DeviceCodeMade "device_code_made" "A code for a new device was made for another account." None;
    SessionsEnded "sessions_ended" "Another account's sessions or tokens were ended." None;
    AccountDeleted "account_deleted" "An account was deleted." None;
    RosterImported "roster_imported" "The roster was imported." Some("import the one before");
    Announced "announced" "Everyone was told something." Some("/withdraw");
    Hailed "hailed" "Everyone who was here was told something." None;
    AnnouncementWithdrawn "announcement_withdrawn" "An announcement was erased." None;
    WatchStarted "watch_started" "The owner began to watch the server." Some("/server watch off");
    ReportDecided "report_decided" "A report was decided." None;
    LabelGiven "label_given" "An account was given a label." Some("/label");
    GroupChanged "group_changed" "A group of accounts was changed." Some("/group");
    RoomChanged "room_changed" "A room's settings were changed." Some("/room");
    RoomRoleGiven "room_role_given" "A member was given a role in a room." Some("/admin");
    RoomHandedOver "room_handed_over" "A room was given another founder." Some("/founder");
    RoomKicked "room_kicked" "A member was removed from a room." Some("/join");
    RoomBanned "room_banned" "An account was banned from a room." Some("/unban");
    RoomUnbanned "room_unbanned" "An account's ban from a room was lifted." Some("/ban");
    RoomMuted "room_muted" "A member was muted in a room." Some("/unmute");
    RoomUnmuted "room_unmuted" "A member may speak in a room again." Some("/mute");
    RoomMaskSet "room_mask_set" "A mask was put on a room." Some("/mask");
    RoomMaskLifted "room_mask_lifted" "A mask was taken off a room." Some("/mask");
    RoomInvited "room_invited" "An account was invited into a room." None;
    RoomDeleted "room_deleted" "A room was deleted." None;
    MessageDeleted "message_deleted" "Another's message was deleted." None;
    CreditsGiven "credits_given" "Credits were made or taken." None;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_name_of_its_own_that_it_is_found_by() {
        for action in AuditAction::ALL {
            assert_eq!(AuditAction::from_wire(action.wire()), Some(*action));
        }
        assert_eq!(AuditAction::from_wire("danced"), None);
    }
}
