//! What accounts hold, handed on.

use snug_proto::{AccountId, AccountName, AuditAction, RoomId, SessionId, Timestamp};
use snug_rules::Network;
use snug_store::{
    AccountCode, AccountReads, AccountWrites, CodeKind, Erased, Erasure, NewRecord, RosterChange,
    RosterEntry, RosterReads, RosterWrites, ScramReads, ScramRow, ScramWrites, SecondFactorReads,
    SecondFactorRow, SecondFactorWrites, SessionRow, StoreError,
};
use snug_store::{AllowedRow, DoorReads, DoorWrites, LockdownRow};

use super::{HookedReader, HookedTransaction};

impl AccountWrites for HookedTransaction<'_> {
    handed_on! {
        fn erase_account(&mut self, erasure: &Erasure) -> Erased;
        fn trim_sessions(
            &mut self,
            account: &AccountId,
            online: &[SessionId],
            keep: usize,
        ) -> Vec<SessionId>;
        fn touch_sessions(&mut self, sessions: &[SessionId], now: Timestamp) -> ();
        fn move_session(
            &mut self,
            session: &SessionId,
            client: &str,
            address: Option<&str>,
        ) -> ();
        fn end_session_of(&mut self, account: &AccountId, session: &SessionId) -> bool;
        fn end_sessions_of(&mut self, account: &AccountId, but: Option<&SessionId>) -> ();
        fn void_tokens_of(&mut self, account: &AccountId) -> ();
        fn set_record(&mut self, new: &NewRecord) -> bool;
        fn good_invites_of(&mut self, account: &AccountId, now: Timestamp) -> usize;
        fn create_account_code(&mut self, code: &AccountCode) -> ();
        fn void_account_codes(&mut self, account: &AccountId) -> ();
        fn use_account_code(
            &mut self,
            hash: &[u8; 32],
            kind: CodeKind,
            account: &AccountId,
            now: Timestamp,
        ) -> bool;
    }
}

impl AccountReads for HookedReader {
    handed_on! {
        fn sessions_of(&mut self, account: &AccountId) -> Vec<SessionRow>;
        fn joined_rooms(&mut self, account: &AccountId) -> Vec<RoomId>;
        fn words_of(&mut self, account: &AccountId, limit: u32) -> Vec<(RoomId, u64)>;
        fn asides_of(&mut self, account: &AccountId, limit: u32) -> Vec<(RoomId, u64)>;
        fn has_session(&mut self, session: &SessionId) -> bool;
        fn account_of_code(
            &mut self,
            hash: &[u8; 32],
            kind: CodeKind,
            now: Timestamp,
        ) -> Option<AccountId>;
        fn code_waiting(
            &mut self,
            account: &AccountId,
            kind: CodeKind,
            now: Timestamp,
        ) -> Option<Timestamp>;
    }
}

impl RosterWrites for HookedTransaction<'_> {
    handed_on! {
        fn replace_roster(&mut self, entries: &[RosterEntry]) -> RosterChange;
        fn listed(&mut self, name: &AccountName) -> Option<String>;
    }
}

impl RosterReads for HookedReader {
    handed_on! {
        fn roster(&mut self, after: &str, limit: u32) -> Vec<(String, String)>;
        fn listed(&mut self, name: &AccountName) -> Option<String>;
    }
}

impl ScramWrites for HookedTransaction<'_> {
    handed_on! {
        fn set_scram(
            &mut self,
            account: &AccountId,
            record: &[u8],
            verifier: Option<&ScramRow>,
        ) -> bool;
    }
}

impl ScramReads for HookedReader {
    handed_on! {
        fn scram_of(&mut self, account: &AccountId) -> Option<ScramRow>;
    }
}

impl DoorWrites for HookedTransaction<'_> {
    handed_on! {
        fn allow(
            &mut self,
            network: &Network,
            by: &AccountId,
            at: Timestamp,
            until: Option<Timestamp>,
            reason: Option<&str>,
        ) -> ();
        fn disallow(&mut self, network: &Network) -> bool;
        fn count_allowed(&mut self) -> u64;
        fn blank_asides(&mut self, asides: &[(snug_proto::RoomId, u64)]) -> ();
        fn purge_ends(&mut self, account: &AccountId, until: Timestamp) -> ();
        fn set_lockdown(&mut self, lockdown: Option<&LockdownRow>) -> ();
        fn lockdown_now(&mut self) -> Option<LockdownRow>;
        fn lift_lockdown(&mut self, now: Timestamp) -> bool;
    }
}

impl DoorReads for HookedReader {
    handed_on! {
        fn allowed(&mut self, before: Option<u64>, limit: u32) -> Vec<AllowedRow>;
        fn lockdown(&mut self) -> Option<LockdownRow>;
        fn words_since(
            &mut self,
            account: &AccountId,
            since: Timestamp,
            limit: u32,
        ) -> Vec<snug_store::Words>;
        fn purged(
            &mut self,
            account: &AccountId,
            now: Timestamp,
            limit: u32,
        ) -> Vec<snug_store::PurgedWords>;
    }
}

impl SecondFactorWrites for HookedTransaction<'_> {
    handed_on! {
        fn set_second_factor(
            &mut self,
            account: &AccountId,
            salt: &[u8; 16],
            step: u64,
            recovery: &[[u8; 32]],
        ) -> bool;
        fn drop_second_factor(&mut self, account: &AccountId) -> bool;
        fn use_step(&mut self, account: &AccountId, step: u64) -> bool;
        fn use_recovery_code(&mut self, account: &AccountId, tag: &[u8; 32]) -> bool;
    }
}

impl SecondFactorReads for HookedReader {
    handed_on! {
        fn second_factor_news(
            &mut self,
            account: &AccountId,
            after: Timestamp,
            limit: u32,
        ) -> Vec<(AuditAction, Timestamp)>;
        fn second_factor_of(&mut self, account: &AccountId) -> Option<SecondFactorRow>;
    }
}
