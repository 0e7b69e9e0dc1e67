//! A store that hands everything on to another, but for what a hook of the test's does in between: fail a
//! commit, hold it back, look away.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
    mpsc,
};

use snug_proto::{
    AccountId, Argon2Parameters, Friendship, LogId, RoomId, SessionId, Timestamp, TokenId,
};
use snug_proto::{AccountName, ReportState, Role};
use snug_rules::{Acquaintance, Between, ReadGrant, Retention, Standing, Target};
use snug_store::{
    Account, Append, AppendRefused, Appended, AuditFilter, AuditLog, AuditReader, AuditRow,
    CreditsReading, CreditsWriting, Follower, Footing, FriendRow, FriendsReading, FriendsWriting,
    InvitationRow, InviteRow, KeyUse, MemberRow, MovementMade, MovementRow, NewAccount, NewAudit,
    NewMovement, NewRoom, NewSession, NewToken, NotMoved, OrderReader, Pruning, PruningReads,
    PurseRow, QuoteRow, Range, Reader, RoomCounts, RoomRow, RoomStanding, SanctionRow, Searched,
    Searching, SessionRow, Settings, Store, StoreError, StoredEvent, TalkReading, TokenRow,
    Transaction, Wanted, Writer,
};
use snug_store::{
    AnnouncementReader, AnnouncementRow, Announcing, CircleReading, CircleWriting, GroupRow,
    GuestErased, GuestReads, GuestWrites, KeySet, MetadataOf, NewReport, ReportFilter,
    ReportReader, ReportRow, Reporting, SelfReading, SelfWriting,
};
use snug_store::{Banned, GovernedReader, Governing, NewServerBan, ServerBanRow};
use snug_store::{ReadTarget, ReadUntilReads, ReadUntilWrites};
use tokio::sync::Notify;

/// What each append came to.
pub(crate) type Ends = Vec<Result<Appended, AppendRefused>>;

/// What happens between the engine and the store.
pub(crate) trait Hook: Send + Sync {
    /// A transaction begins.
    fn begin(&self) {}

    /// Appends in it; `eyes` see what is committed.
    fn append(
        &self,
        inner: &mut dyn Transaction,
        _eyes: &mut dyn Reader,
        appends: &[Append],
        now: Timestamp,
    ) -> Result<Ends, StoreError> {
        inner.append(appends, now)
    }

    /// It is about to be committed; an error undoes it.
    fn commit(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// A page of events is about to be read.
    fn events(&self) {}

    /// Quotes were read and are not handed on yet.
    fn quotes(&self) {}
}

/// The store with the hook in it.
pub(crate) struct HookedStore {
    pub(crate) inner: Arc<dyn Store>,
    pub(crate) hook: Arc<dyn Hook>,
}

impl HookedStore {
    /// That store with that hook.
    pub(crate) fn over(inner: Arc<dyn Store>, hook: Arc<dyn Hook>) -> Arc<dyn Store> {
        Arc::new(Self { inner, hook })
    }
}

/// A door that one who comes through waits at, if it was shut for them: once each time it is shut.
pub(crate) struct Door {
    shut: AtomicBool,
    arrived: Notify,
    opened: (mpsc::Sender<()>, Mutex<mpsc::Receiver<()>>),
}

impl Default for Door {
    fn default() -> Self {
        let (open, opened) = mpsc::channel();
        Self {
            shut: AtomicBool::new(false),
            arrived: Notify::new(),
            opened: (open, Mutex::new(opened)),
        }
    }
}

impl Door {
    /// The next who comes waits.
    pub(crate) fn shut(&self) {
        self.shut.store(true, Ordering::SeqCst);
    }

    /// Until somebody waits.
    pub(crate) async fn somebody_waits(&self) {
        self.arrived.notified().await;
    }

    /// Whoever waits goes on.
    pub(crate) fn open(&self) {
        let _nobody_waits = self.opened.0.send(());
    }

    /// Goes through. Blocks.
    pub(crate) fn pass(&self) {
        if self.shut.swap(false, Ordering::SeqCst) {
            self.arrived.notify_one();
            let opened = self.opened.1.lock();
            let _opened = opened.map(|opened| opened.recv());
        }
    }
}

struct HookedWriter {
    inner: Box<dyn Writer>,
    eyes: Box<dyn Reader>,
    hook: Arc<dyn Hook>,
}

struct HookedTransaction<'a> {
    inner: Box<dyn Transaction + 'a>,
    eyes: &'a mut dyn Reader,
    hook: &'a dyn Hook,
}

struct HookedReader {
    inner: Box<dyn Reader>,
    hook: Arc<dyn Hook>,
}

impl Store for HookedStore {
    fn writer(&self) -> Result<Box<dyn Writer>, StoreError> {
        Ok(Box::new(HookedWriter {
            inner: self.inner.writer()?,
            eyes: self.inner.reader()?,
            hook: Arc::clone(&self.hook),
        }))
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(HookedReader {
            inner: self.inner.reader()?,
            hook: Arc::clone(&self.hook),
        }))
    }

    fn follower(&self) -> Result<Box<dyn Follower>, StoreError> {
        self.inner.follower()
    }
}

impl Writer for HookedWriter {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        self.hook.begin();
        Ok(Box::new(HookedTransaction {
            inner: self.inner.begin()?,
            eyes: &mut *self.eyes,
            hook: &*self.hook,
        }))
    }

    fn tidy(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.inner.tidy(now)
    }
}

/// Methods that only hand on.
macro_rules! handed_on {
    ($(fn $name:ident(&mut self $(, $argument:ident: $type:ty)* $(,)?) -> $out:ty;)*) => {
        $(fn $name(&mut self $(, $argument: $type)*) -> Result<$out, StoreError> {
            self.inner.$name($($argument),*)
        })*
    };
}

impl Transaction for HookedTransaction<'_> {
    fn append(&mut self, appends: &[Append], now: Timestamp) -> Result<Ends, StoreError> {
        self.hook.append(&mut *self.inner, self.eyes, appends, now)
    }

    fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.hook.commit()?;
        self.inner.commit()
    }

    handed_on! {
        fn begin_part(&mut self) -> ();
        fn keep_part(&mut self) -> ();
        fn undo_part(&mut self) -> ();
        fn create_account(&mut self, account: &NewAccount) -> ();
        fn has_owner(&mut self) -> bool;
        fn create_room(&mut self, room: &NewRoom) -> ();
        fn renew_log(&mut self, room: &RoomId, log: &LogId) -> ();
        fn rename_logs(&mut self) -> ();
        fn create_session(&mut self, session: &NewSession) -> ();
        fn rotate_session(
            &mut self,
            session: &SessionId,
            used: &[u8; 32],
            next: &[u8; 32],
            now: Timestamp,
        ) -> bool;
        fn end_session(&mut self, session: &SessionId) -> ();
        fn remember_address(&mut self, account: &AccountId, tag: &[u8; 16], now: Timestamp) -> ();
        fn create_token(&mut self, token: &NewToken) -> ();
        fn touch_token(&mut self, token: &TokenId, now: Timestamp) -> ();
        fn find_token_by(&mut self, token: &TokenId, hash: &[u8; 32]) -> ();
        fn revoke_token(&mut self, account: &AccountId, token: &TokenId) -> bool;
        fn create_invite(&mut self, invite: &InviteRow) -> ();
        fn use_invite(&mut self, hash: &[u8; 32], by: &AccountId, now: Timestamp) -> bool;
        fn set_settings(&mut self, settings: &Settings) -> ();
        fn mark(&mut self, room: &RoomId, account: &AccountId, seq: u64) -> ();
    }
}

mod accounts;

impl AuditLog for HookedTransaction<'_> {
    handed_on! {
        fn audit(&mut self, entry: &NewAudit) -> ();
    }
}

impl Governing for HookedTransaction<'_> {
    handed_on! {
        fn account_now(&mut self, id: &AccountId) -> Option<Account>;
        fn set_role(&mut self, id: &AccountId, role: Role, rules: u64) -> ();
        fn rename_account(
            &mut self,
            id: &AccountId,
            name: &AccountName,
            rules: u64,
            now: Timestamp,
            kept_until: Timestamp,
        ) -> ();
        fn ban_from_server(&mut self, ban: &NewServerBan, rules: u64) -> ();
        fn unban_from_server(&mut self, whom: &Banned, rules: u64) -> bool;
        fn server_ban_now(&mut self, whom: &Banned) -> Option<ServerBanRow>;
        fn count_server_bans(&mut self) -> u64;
    }
}

impl CircleWriting for HookedTransaction<'_> {
    handed_on! {
        fn set_label(&mut self, account: &AccountId, label: &str, on: bool) -> bool;
        fn count_labels(&mut self, account: &AccountId) -> u64;
        fn create_group(&mut self, name: &AccountName, now: Timestamp) -> bool;
        fn delete_group(&mut self, skeleton: &str) -> bool;
        fn set_group_member(&mut self, skeleton: &str, account: &AccountId, on: bool) -> bool;
        fn move_rooms_of_group(&mut self, skeleton: &str, rules: u64) -> Vec<RoomId>;
        fn count_groups(&mut self, skeleton: &str) -> (u64, u64);
    }
}

impl SelfWriting for HookedTransaction<'_> {
    handed_on! {
        fn set_display(&mut self, account: &AccountId, display: Option<&str>) -> bool;
        fn set_bot(&mut self, account: &AccountId, bot: bool) -> ();
        fn set_metadata(
            &mut self,
            of: &MetadataOf,
            key: &str,
            value: Option<&str>,
            most: u64,
        ) -> KeySet;
        fn clear_metadata(&mut self, of: &MetadataOf) -> Vec<String>;
    }
}

impl SelfReading for HookedReader {
    handed_on! {
        fn metadata(&mut self, of: &MetadataOf) -> Vec<(String, String)>;
        fn metadata_among(
            &mut self,
            accounts: &[AccountId],
            keys: &[String],
        ) -> Vec<(AccountId, String, String)>;
    }
}

impl CircleReading for HookedReader {
    handed_on! {
        fn labels_of(&mut self, accounts: &[AccountId]) -> Vec<(AccountId, String)>;
        fn groups(&mut self) -> Vec<GroupRow>;
        fn group(&mut self, skeleton: &str) -> Option<(String, Vec<AccountId>)>;
        fn admitted(&mut self, room: &RoomId) -> (Vec<String>, Vec<AccountId>);
    }
}

impl ReadUntilWrites for HookedTransaction<'_> {
    handed_on! {
        fn set_read_until(&mut self, account: &AccountId, target: ReadTarget, until: Timestamp) -> ();
    }
}

impl ReadUntilReads for HookedReader {
    handed_on! {
        fn read_until(&mut self, account: &AccountId, target: ReadTarget) -> Option<Timestamp>;
        fn said_at(&mut self, room: &RoomId, seq: u64) -> Option<Timestamp>;
        fn seq_at(&mut self, room: &RoomId, until: Timestamp) -> u64;
    }
}

impl GuestWrites for HookedTransaction<'_> {
    handed_on! {
        fn mark_passing(&mut self, room: &RoomId) -> ();
        fn remove_passing(&mut self, room: &RoomId) -> bool;
        fn remove_passing_named(&mut self, skeleton: &str) -> Option<RoomId>;
        fn erase_guest(&mut self, guest: &AccountId, rules: u64) -> GuestErased;
    }
}

impl GuestReads for HookedReader {
    handed_on! {
        fn guests(&mut self) -> Vec<AccountId>;
        fn guests_in(&mut self, room: &RoomId) -> Vec<AccountId>;
        fn count_rooms_of(&mut self, account: &AccountId, passing: bool) -> u64;
        fn is_passing(&mut self, room: &RoomId) -> bool;
        fn passed_rooms(&mut self) -> Vec<RoomId>;
    }
}

impl snug_store::WornWrites for HookedTransaction<'_> {
    handed_on! {
        fn wear(&mut self, account: &AccountId, worn: (&AccountName, u64), now: Timestamp) -> ();
        fn take_off(&mut self, account: &AccountId, mark: Option<u64>) -> bool;
        fn take_all_off(&mut self) -> ();
    }
}

impl snug_store::WornReads for HookedReader {
    handed_on! {
        fn account_called(&mut self, skeleton: &str) -> Option<Account>;
    }
}

impl Announcing for HookedTransaction<'_> {
    handed_on! {
        fn announce(&mut self, by: &AccountId, body: &str, at: Timestamp, keep: u64) -> u64;
        fn withdraw_announcement(&mut self, number: u64) -> bool;
        fn seen_announcements(&mut self, account: &AccountId, number: u64) -> ();
    }
}

impl AnnouncementReader for HookedReader {
    handed_on! {
        fn announcements(&mut self, before: Option<u64>, limit: u32) -> Vec<AnnouncementRow>;
        fn unseen_announcements(&mut self, account: &AccountId, limit: u32) -> Vec<AnnouncementRow>;
    }
}

impl Reporting for HookedTransaction<'_> {
    handed_on! {
        fn report(&mut self, new: &NewReport) -> Option<u64>;
        fn open_reports(&mut self, by: &AccountId) -> (u64, u64);
        fn open_reports_of_guests(&mut self) -> u64;
        fn report_now(&mut self, number: u64) -> Option<ReportRow>;
        fn keeps_order_now(&mut self, room: &RoomId, account: &AccountId) -> bool;
        fn decide_report(&mut self, number: u64, state: ReportState, by: &AccountId) -> ();
    }
}

impl ReportReader for HookedReader {
    handed_on! {
        fn reports(&mut self, filter: &ReportFilter, limit: u32) -> Vec<ReportRow>;
    }
}

impl GovernedReader for HookedReader {
    handed_on! {
        fn server_ban_of(&mut self, id: &AccountId) -> Option<ServerBanRow>;
        fn server_bans(&mut self, before: Option<u64>, limit: u32) -> Vec<ServerBanRow>;
    }
}

impl AuditReader for HookedReader {
    handed_on! {
        fn audit_page(&mut self, filter: &AuditFilter, limit: u32) -> Vec<AuditRow>;
    }
}

impl Pruning for HookedTransaction<'_> {
    handed_on! {
        fn expire(&mut self, room: &RoomId, cutoff: Timestamp) -> Option<u64>;
        fn erase(&mut self, most: u32) -> u32;
        fn keep_for(&mut self, room: &RoomId, retention: Retention, log: &LogId) -> ();
    }
}

impl PruningReads for HookedReader {
    handed_on! {
        fn expired(&mut self, now: Timestamp, most: u32) -> Vec<(RoomId, Timestamp)>;
    }
}

impl Searching for HookedReader {
    handed_on! {
        fn standings(&mut self, account: &AccountId, most: u32) -> Vec<Standing>;
        fn search(&mut self, grants: &[ReadGrant], wanted: &Wanted) -> Searched;
    }
}

impl snug_store::MaskReader for HookedReader {
    handed_on! {
        fn masks(&mut self, room: &RoomId) -> Vec<snug_store::MaskRow>;
    }
}

impl OrderReader for HookedReader {
    handed_on! {
        fn sanctions(&mut self, room: &RoomId) -> Vec<SanctionRow>;
        fn invited(&mut self, room: &RoomId) -> Vec<AccountId>;
        fn invitations_of(&mut self, account: &AccountId, limit: u32) -> Vec<InvitationRow>;
        fn room_known_to(
            &mut self,
            account: &AccountId,
            skeleton: &str,
            now: Timestamp,
        ) -> Option<RoomRow>;
    }
}

impl Reader for HookedReader {
    fn events(
        &mut self,
        grant: &ReadGrant,
        range: Range,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.hook.events();
        self.inner.events(grant, range, limit)
    }

    handed_on! {
        fn account(&mut self, id: &AccountId) -> Option<Account>;
        fn account_to_try(&mut self, skeleton: &str, otherwise: u32) -> Option<Account>;
        fn parameters_in_use(&mut self) -> Vec<Argon2Parameters>;
        fn has_owner(&mut self) -> bool;
        fn room(&mut self, id: &RoomId) -> Option<RoomRow>;
        fn room_by_skeleton(&mut self, skeleton: &str) -> Option<RoomRow>;
        fn lobby(&mut self) -> Option<RoomRow>;
        fn direct_room(&mut self, one: &AccountId, other: &AccountId) -> Option<RoomRow>;
        fn counts(&mut self, room: &RoomId) -> Option<RoomCounts>;
        fn members(&mut self, room: &RoomId) -> Vec<MemberRow>;
        fn rooms_of(
            &mut self,
            account: &AccountId,
            after: Option<&RoomId>,
            limit: u32,
        ) -> Vec<RoomStanding>;
        fn listed_rooms(
            &mut self,
            account: &AccountId,
            after: Option<&RoomId>,
            limit: u32,
        ) -> Vec<(RoomRow, Footing)>;
        fn standing(&mut self, room: &RoomId, account: &AccountId) -> Option<RoomStanding>;
        fn target(&mut self, room: &RoomId, seq: u64) -> Option<Target>;
        fn key_use(&mut self, account: &AccountId, key: &str) -> Option<KeyUse>;
        fn session_by_token(&mut self, hash: &[u8; 32]) -> Option<SessionRow>;
        fn token_by_hash(&mut self, hash: &[u8; 32]) -> Option<TokenRow>;
        fn knows_address(&mut self, account: &AccountId, tag: &[u8; 16]) -> bool;
        fn tokens_of(&mut self, account: &AccountId) -> Vec<TokenRow>;
        fn invite_is_good(&mut self, hash: &[u8; 32], now: Timestamp) -> bool;
        fn inviter(&mut self, hash: &[u8; 32]) -> Option<(Role, Timestamp)>;
        fn settings(&mut self) -> Option<Settings>;
    }
}

impl CreditsWriting for HookedTransaction<'_> {
    handed_on! {
        fn move_credits(&mut self, movement: &NewMovement) -> Result<MovementMade, NotMoved>;
        fn count_founded(&mut self, account: &AccountId) -> u64;
    }
}

impl TalkReading for HookedReader {
    fn quotes(&mut self, grant: &ReadGrant, seqs: &[u64]) -> Result<Vec<QuoteRow>, StoreError> {
        let quotes = self.inner.quotes(grant, seqs)?;
        self.hook.quotes();
        Ok(quotes)
    }
}

impl CreditsReading for HookedReader {
    handed_on! {
        fn founded(&mut self, account: &AccountId) -> u64;
        fn purse(&mut self, account: &AccountId) -> PurseRow;
        fn movements(
            &mut self,
            of: Option<&AccountId>,
            before: Option<u64>,
            limit: u32,
        ) -> Vec<MovementRow>;
        fn check_ledger(&mut self) -> (i64, u64);
    }
}

impl FriendsWriting for HookedTransaction<'_> {
    handed_on! {
        fn between(&mut self, me: &AccountId, other: &AccountId) -> Between;
        fn count_friends(&mut self, account: &AccountId) -> (u64, u64);
        fn count_blocks(&mut self, account: &AccountId) -> u64;
        fn set_friendship(
            &mut self,
            me: &AccountId,
            other: &AccountId,
            state: Friendship,
            now: Timestamp,
        ) -> ();
        fn set_block(
            &mut self,
            me: &AccountId,
            other: &AccountId,
            since: Option<Timestamp>,
            rules: u64,
        ) -> Option<RoomId>;
        fn set_strangers(&mut self, account: &AccountId, welcome: bool) -> ();
        fn set_no_guests(&mut self, account: &AccountId, closed: bool) -> ();
    }
}

impl FriendsReading for HookedReader {
    handed_on! {
        fn between(&mut self, me: &AccountId, other: &AccountId) -> Between;
        fn acquaintance(&mut self, me: &AccountId, other: &AccountId) -> Acquaintance;
        fn friends(
            &mut self,
            account: &AccountId,
            after: Option<&str>,
            limit: u32,
        ) -> Vec<FriendRow>;
        fn friend_ids(&mut self, account: &AccountId) -> Vec<AccountId>;
        fn blocks(
            &mut self,
            account: &AccountId,
            after: Option<&str>,
            limit: u32,
        ) -> Vec<FriendRow>;
        fn closed_among(
            &mut self,
            account: &AccountId,
            others: &[AccountId],
        ) -> Vec<AccountId>;
    }
}
