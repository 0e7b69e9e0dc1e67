//! Reading the audit log (M6).

use snug_proto::{
    Audit, AuditAction, AuditEntry, AuditPage, ErrorCode, Refusal, Response, limits::MAX_LIST_BYTES,
};
use snug_rules::{ServerDeed, may_run};
use snug_store::{AuditFilter, AuditRow, StoreError};

use crate::{engine::Engine, person::refusal, session::SignedInAs};

/// What an entry weighs at most.
const ENTRY_BYTES: usize = 1536;
/// Entries in one page of the operator's export.
const EXPORT_PAGE: u32 = 1000;

impl Engine {
    pub(crate) async fn audit(
        &self,
        who: &SignedInAs,
        request: Audit,
    ) -> Result<Response, Refusal> {
        const PAGE: usize = MAX_LIST_BYTES / ENTRY_BYTES;
        may_run(&who.person.actor(), ServerDeed::ReadAudit)?;
        let action = match &request.action {
            None => None,
            Some(wire) => Some(AuditAction::from_wire(wire).ok_or_else(|| {
                let text = "There is no such action. The protocol's text lists them.";
                Refusal::with_text(ErrorCode::BadRequest, text)
            })?),
        };
        let mut filter = AuditFilter {
            action,
            before: request.before,
            ..AuditFilter::default()
        };
        if let Some(by) = &request.by {
            filter.by = Some(self.people.find(&self.storage, by).await?.id);
        }
        if let Some(about) = &request.about {
            filter.about = Some(self.people.find(&self.storage, about).await?.id);
        }
        let limit = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
        let page = self
            .storage
            .read(move |reader| reader.audit_page(&filter, limit));
        let mut rows = page.await.map_err(refusal)?;
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        Ok(AuditPage {
            entries: rows.into_iter().map(entry).collect(),
            more,
        }
        .into())
    }

    /// The entries of the audit log before this one, newest first, for the operator's export. None are
    /// left once the page is empty.
    pub async fn audit_before(&self, before: Option<u64>) -> Result<Vec<AuditEntry>, StoreError> {
        let filter = AuditFilter {
            before,
            ..AuditFilter::default()
        };
        let rows = self
            .storage
            .read(move |reader| reader.audit_page(&filter, EXPORT_PAGE))
            .await?;
        Ok(rows.into_iter().map(entry).collect())
    }
}

fn entry(row: AuditRow) -> AuditEntry {
    let what = row.what;
    AuditEntry {
        entry: row.number,
        at: what.at,
        by: row.by_name,
        by_id: what.by,
        action: what.action.wire().to_owned(),
        name: row.account_name,
        account: what.account,
        room: row.room_name,
        room_id: what.room,
        address: what.address,
        until: what.until,
        why: what.why,
        details: what.details,
        undo: what.action.undo().map(str::to_owned),
    }
}
