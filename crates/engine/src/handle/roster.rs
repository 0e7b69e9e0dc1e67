//! The operator's list of members (A1).

use std::collections::HashSet;

use snug_proto::{AuditAction, ErrorCode, Refusal, limits::MAX_ROSTER};
use snug_store::{NewAudit, RosterChange, RosterEntry, StoreError};

use crate::{engine::Engine, person::refusal};

impl Engine {
    /// Puts this roster in the place of the one before. Everyone sees the new display names from the next
    /// thing on that they see of those members.
    pub async fn import_roster(&self, entries: Vec<RosterEntry>) -> Result<RosterChange, Refusal> {
        if entries.len() > MAX_ROSTER {
            let text = format!("A roster has at most {MAX_ROSTER} members.");
            return Err(Refusal::with_text(ErrorCode::TooMany, text));
        }
        let mut seen = HashSet::new();
        if let Some(twice) = entries.iter().find(|of| !seen.insert(of.name.skeleton())) {
            let text = format!("{} stands on the roster twice.", twice.name);
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        let now = self.now();
        let imported = self.storage.write(move |transaction| {
            let change = transaction.replace_roster(&entries)?;
            let details = format!(
                "added {}, changed {}, removed {}",
                change.added, change.changed, change.removed
            );
            let audit = NewAudit::new(now, None, AuditAction::RosterImported).details(details);
            transaction.audit(&audit)?;
            Ok::<_, StoreError>(change)
        });
        let change = imported.await.map_err(refusal)?;
        self.load_roster().await.map_err(refusal)?;
        for id in &change.shown_anew {
            if self.people.known(id).is_none() {
                continue;
            }
            let known = self.people.refresh(&self.storage, *id).await;
            known.map_err(refusal)?;
        }
        Ok(change)
    }
}
