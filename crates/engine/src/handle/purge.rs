//! Taking back all that somebody said, and undoing that (M4).
//!
//! What a purge took back stands in the log for nobody to read until it cannot be undone any more; then its words are gone
//! (DECISIONS 8). It is done by the server's authority, which the log says: who runs the server need not be in a room, nor
//! does it matter who is out of it since.

use std::sync::Arc;

use snug_proto::{
    AuditAction, Body, ErrorClass, ErrorCode, Purge, Purged, Refusal, Response, RoomId, Timestamp,
};
use snug_rules::{ServerDeed, Target};
use snug_store::{NewAudit, Words, WordsKind};

use crate::{
    door::stored,
    engine::Engine,
    handle::governing::{NotDone, fit_reason, governed},
    person::Person,
    room::Act,
    session::SignedInAs,
};

/// Messages and other words that one purge takes back, or restores; it is asked again for more.
const MOST: u32 = 5_000;
/// Messages that are taken back at once.
const AT_ONCE: usize = 200;
/// For so long it can be undone, in milliseconds: a day.
const UNDO_MS: u64 = 24 * 3_600_000;

impl Engine {
    pub(crate) async fn purge(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: Purge,
    ) -> Result<Response, Refusal> {
        let now = self.now();
        let since = match (request.since, request.last_s, request.undo) {
            (Some(since), None, false) => since,
            (None, Some(last_s), false) => {
                let ago = last_s.saturating_mul(1000);
                Timestamp::from_ms(now.ms().saturating_sub(ago))
            }
            (None, None, true) if !request.for_good => return self.undo_purge(who, request).await,
            _ => {
                let text = "Say since when, or of the last how many seconds, or to undo it.";
                return Err(Refusal::with_text(ErrorCode::BadRequest, text));
            }
        };
        let reason = fit_reason(request.reason)?;
        let whose = self.people.find(&self.storage, &request.who).await?;
        let (actor, account, until) = (who.person.id, whose.id, now.plus_ms(UNDO_MS));
        let (why, for_good) = (reason.clone(), request.for_good);
        let noted = self.storage.write(move |transaction| {
            governed(transaction, &actor, ServerDeed::Purge, &account)?;
            let audit = NewAudit::new(now, Some(actor), AuditAction::Purged).about(account);
            let told = if for_good { ", for good" } else { "" };
            transaction.audit(&audit.details(format!("since {since}{told}")).why(why))?;
            // Before anything is taken back: whatever happens, its words do not stay for ever.
            transaction.purge_ends(&account, until)?;
            Ok::<_, NotDone>(())
        });
        noted.await?;
        let words = self
            .storage
            .read(move |reader| reader.words_since(&account, since, MOST + 1));
        let mut words = stored(words.await)?;
        let more = words.len() > MOST as usize;
        words.truncate(MOST as usize);
        let (asides, words): (Vec<_>, Vec<_>) = words
            .into_iter()
            .partition(|words| words.kind == WordsKind::Aside);
        let mut messages = self.blank_asides(asides).await?;
        let mut left = u64::from(more);
        let acts = words.iter().map(|words| {
            let reason = reason.clone();
            let purge = move |target| Act::Purge(target, reason);
            (words.room, words.seq, purge)
        });
        let (taken, stayed) = self.act_on_words(&who.person, acts.collect()).await?;
        messages += taken;
        left += stayed;
        if for_good {
            let gone = self
                .storage
                .write(move |transaction| transaction.purge_ends(&account, now));
            stored(gone.await)?;
        }
        let by = &who.person.name;
        let text = format!("{by} took back what you said since {}", since.said());
        self.tell_purged(&whose, text, reason.as_deref());
        let until = (!for_good).then_some(until);
        Ok(Purged {
            messages,
            left,
            until,
        }
        .into())
    }

    async fn undo_purge(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: Purge,
    ) -> Result<Response, Refusal> {
        let reason = fit_reason(request.reason)?;
        let whose = self.people.find(&self.storage, &request.who).await?;
        let (actor, account, now) = (who.person.id, whose.id, self.now());
        let why = reason.clone();
        let noted = self.storage.write(move |transaction| {
            governed(transaction, &actor, ServerDeed::Purge, &account)?;
            let audit = NewAudit::new(now, Some(actor), AuditAction::PurgeUndone).about(account);
            transaction.audit(&audit.why(why))?;
            Ok::<_, NotDone>(())
        });
        noted.await?;
        let purged = self
            .storage
            .read(move |reader| reader.purged(&account, now, MOST + 1));
        let mut purged = stored(purged.await)?;
        let mut left = u64::from(purged.len() > MOST as usize);
        purged.truncate(MOST as usize);
        let acts = purged.into_iter().map(|words| {
            let body = Body::parse(words.body).map_err(|_| ErrorCode::Internal)?;
            let restore = move |target| Act::Restore(target, body);
            Ok((words.room, words.seq, restore))
        });
        let acts = acts.collect::<Result<_, Refusal>>()?;
        let (messages, stayed) = self.act_on_words(&who.person, acts).await?;
        left += stayed;
        if messages > 0 {
            let text = format!("{} put back what was taken back of yours", who.person.name);
            self.tell_purged(&whose, text, reason.as_deref());
        }
        Ok(Purged {
            messages,
            left,
            until: None,
        }
        .into())
    }

    fn tell_purged(&self, whose: &Person, mut text: String, reason: Option<&str>) {
        if let Some(reason) = reason {
            text = format!("{text}: {reason}");
        }
        for core in self.online.sessions_of(&whose.id) {
            core.notify(text.as_str());
        }
    }

    /// Takes out what was said beside messages. Nobody is told: who is there heard it, and what is read from
    /// now on is without it. How many were.
    async fn blank_asides(&self, asides: Vec<Words>) -> Result<u64, Refusal> {
        for part in asides.chunks(AT_ONCE) {
            let part: Vec<_> = part.iter().map(|words| (words.room, words.seq)).collect();
            let blanked = self
                .storage
                .write(move |transaction| transaction.blank_asides(&part));
            stored(blanked.await)?;
        }
        Ok(u64::try_from(asides.len()).unwrap_or(u64::MAX))
    }

    /// Does this to the message of each number, in its room. How many were done, and how many not, because there is none
    /// any more or it may not be; what was done meanwhile is neither.
    async fn act_on_words(
        self: &Arc<Self>,
        by: &Arc<Person>,
        mut acts: Vec<(RoomId, u64, impl FnOnce(Target) -> Act)>,
    ) -> Result<(u64, u64), Refusal> {
        let (mut done, mut left) = (0, 0);
        while !acts.is_empty() {
            let mut pending = Vec::new();
            for (id, seq, act) in acts.drain(..acts.len().min(AT_ONCE)) {
                let room = self.room(id);
                self.loaded(&room).await?;
                let target = self.storage.read(move |reader| reader.target(&id, seq));
                match stored(target.await)? {
                    Some(target) => pending.push(self.submit_for_us(by, &room, act(target), None)),
                    None => left += 1,
                }
            }
            for answer in pending {
                match answer.await {
                    Ok(_) => done += 1,
                    Err(refused) if refused.code == ErrorCode::Gone => {}
                    Err(refused) if refused.code.class() == ErrorClass::Rejection => left += 1,
                    Err(refused) => return Err(refused),
                }
            }
        }
        Ok((done, left))
    }
}
