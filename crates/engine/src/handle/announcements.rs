//! The owner tells everyone something (M1; docs/adr/0004).

use std::sync::Arc;

use snug_proto::{
    AccountId, Announce, Announced, Announcement, AnnouncementList, Announcements, AuditAction,
    Body, Delivery, Done, ErrorCode, Event, Refusal, Response, Withdraw,
    limits::{MAX_ANNOUNCEMENT_BYTES, MAX_ANNOUNCEMENTS},
};
use snug_rules::ServerDeed;
use snug_store::{AnnouncementRow, NewAudit};

use crate::{
    config::Front,
    engine::Engine,
    handle::governing::{NotDone, governing},
    person::refusal,
    session::{Core, SignedInAs},
};

/// Announcements in one answer, and the most that a sign-in is followed by: far within an outbox.
const PAGE: u32 = 10;

impl Engine {
    pub(crate) async fn announce(
        &self,
        who: &SignedInAs,
        request: Announce,
    ) -> Result<Response, Refusal> {
        let body = Body::parse(request.body)?.into_string();
        if body.len() > MAX_ANNOUNCEMENT_BYTES {
            let text = "An announcement is at most 4 KiB.";
            return Err(Refusal::with_text(ErrorCode::BodyTooLong, text));
        }
        let (actor, now, words) = (who.person.id, self.now(), body.clone());
        let number = self.storage.write(move |transaction| {
            governing(transaction, &actor, ServerDeed::Announce)?;
            let number = transaction.announce(&actor, &words, now, MAX_ANNOUNCEMENTS)?;
            let audit = NewAudit::new(now, Some(actor), AuditAction::Announced);
            transaction.audit(&audit.details(format!("announcement {number}")))?;
            Ok::<_, NotDone>(number)
        });
        let number = number.await?;
        let announcement = Announcement {
            announcement: number,
            at: now,
            author: who.person.author(),
            body,
        };
        let delivery = Arc::new(Delivery::new(Event::Announcement(announcement)));
        let mut simple = Vec::new();
        for core in self.online.everyone() {
            // What arrives after the close is dropped, and is to come again at the next sign-in.
            let told = core.outbox.push(&delivery).is_ok() && !core.is_closed();
            if told && core.origin.front == Front::Irc {
                simple.extend(core.signed_in().map(|of| of.person.id));
            }
        }
        self.seen_by_simple(simple, number).await?;
        Ok(Announced {
            announcement: number,
        }
        .into())
    }

    pub(crate) async fn withdraw(
        &self,
        who: &SignedInAs,
        request: Withdraw,
    ) -> Result<Response, Refusal> {
        let (actor, now, number) = (who.person.id, self.now(), request.announcement);
        let withdrawn = self.storage.write(move |transaction| {
            governing(transaction, &actor, ServerDeed::Announce)?;
            if !transaction.withdraw_announcement(number)? {
                let text = "There is no announcement of that number.";
                return Err(Refusal::with_text(ErrorCode::UnknownEvent, text).into());
            }
            let audit = NewAudit::new(now, Some(actor), AuditAction::AnnouncementWithdrawn);
            transaction.audit(&audit.details(format!("announcement {number}")))?;
            Ok::<_, NotDone>(())
        });
        withdrawn.await?;
        Ok(Done {}.into())
    }

    pub(crate) async fn announcements(
        &self,
        who: &SignedInAs,
        request: Announcements,
    ) -> Result<Response, Refusal> {
        let Announcements { before, seen } = request;
        let account = who.person.id;
        if let Some(seen) = seen {
            let noted = self
                .storage
                .write(move |transaction| transaction.seen_announcements(&account, seen));
            noted.await.map_err(refusal)?;
        }
        let page = self
            .storage
            .read(move |reader| reader.announcements(before, PAGE + 1));
        let mut rows = page.await.map_err(refusal)?;
        let more = rows.len() > PAGE as usize;
        rows.truncate(PAGE as usize);
        let announcements = self.as_told(rows).await?;
        Ok(AnnouncementList {
            announcements,
            more,
        }
        .into())
    }

    /// Tells a session that just signed in what its account has not seen.
    pub(crate) async fn tell_announcements(
        &self,
        core: &Arc<Core>,
        who: &SignedInAs,
    ) -> Result<(), Refusal> {
        let account = who.person.id;
        let unseen = self
            .storage
            .read(move |reader| reader.unseen_announcements(&account, PAGE));
        let unseen = unseen.await.map_err(refusal)?;
        let Some(last) = unseen.last().map(|row| row.number) else {
            return Ok(());
        };
        for announcement in self.as_told(unseen).await? {
            let delivery = Arc::new(Delivery::new(Event::Announcement(announcement)));
            let _full = core.outbox.push(&delivery);
        }
        if core.origin.front == Front::Irc {
            self.seen_by_simple(vec![account], last).await?;
        }
        Ok(())
    }

    /// IRC has no way to say what was seen: what was sent to it counts as that.
    async fn seen_by_simple(
        &self,
        mut accounts: Vec<AccountId>,
        number: u64,
    ) -> Result<(), Refusal> {
        accounts.sort_unstable();
        accounts.dedup();
        if accounts.is_empty() {
            return Ok(());
        }
        let noted = self.storage.write(move |transaction| {
            let mut noted = accounts
                .iter()
                .map(|account| transaction.seen_announcements(account, number));
            noted.try_for_each(|noted| noted)
        });
        noted.await.map_err(refusal)
    }

    async fn as_told(&self, rows: Vec<AnnouncementRow>) -> Result<Vec<Announcement>, Refusal> {
        self.people_of(rows.iter().map(|row| row.by).collect())
            .await?;
        let told = rows.into_iter().filter_map(|row| {
            Some(Announcement {
                announcement: row.number,
                at: row.at,
                author: self.people.known(&row.by)?.author(),
                body: row.body,
            })
        });
        Ok(told.collect())
    }
}
