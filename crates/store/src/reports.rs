//! Reports of messages (M5).

use snug_proto::{AccountId, ReportState, RoomId, Timestamp};

use crate::StoreError;

/// A report to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReport {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: AccountId,
    /// The room.
    pub room: RoomId,
    /// The message.
    pub seq: u64,
    /// Who wrote it.
    pub author: AccountId,
    /// Its words as the reporter saw them.
    pub body: String,
    /// What is wrong with it.
    pub why: Option<String>,
    /// `Open` for the room's own to decide, `Escalated` for the server's.
    pub state: ReportState,
}

/// A report as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// Its number: later ones are higher.
    pub number: u64,
    /// What was reported, and what became of it.
    pub what: NewReport,
    /// Who decided it.
    pub decided_by: Option<AccountId>,
}

/// Which reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportFilter {
    /// Only those by this account.
    pub by: Option<AccountId>,
    /// Those of rooms that this account is the founder or an admin of, as long as they are the room's to
    /// decide.
    pub keeper: Option<AccountId>,
    /// Those that are or were the server's to decide, too.
    pub server: bool,
    /// Decided ones too.
    pub decided: bool,
    /// Only those before this one.
    pub before: Option<u64>,
}

/// Writing reports.
pub trait Reporting {
    /// Keeps a report; its number, or none if this account reported this message before.
    fn report(&mut self, new: &NewReport) -> Result<Option<u64>, StoreError>;
    /// How many reports are not decided: of this account, and in all.
    fn open_reports(&mut self, by: &AccountId) -> Result<(u64, u64), StoreError>;
    /// How many reports of guests are not decided, of those who are gone too.
    fn open_reports_of_guests(&mut self) -> Result<u64, StoreError>;
    /// The report of this number, as it is within this transaction.
    fn report_now(&mut self, number: u64) -> Result<Option<ReportRow>, StoreError>;
    /// Is this account the founder or an admin of this room, as it is within this transaction?
    fn keeps_order_now(&mut self, room: &RoomId, account: &AccountId) -> Result<bool, StoreError>;
    /// Decides a report, or hands it on.
    fn decide_report(
        &mut self,
        number: u64,
        state: ReportState,
        by: &AccountId,
    ) -> Result<(), StoreError>;
}

/// Reading reports.
pub trait ReportReader {
    /// The newest reports that pass the filter, newest first, at most `limit`.
    fn reports(&mut self, filter: &ReportFilter, limit: u32) -> Result<Vec<ReportRow>, StoreError>;
}
