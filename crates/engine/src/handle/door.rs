//! Allowed addresses, the lockdown, and the shield (P3, M4).

use std::sync::Arc;

use snug_proto::{
    AccountId, Allow, Allowed, AllowedEntry, AllowedList, AuditAction, Disallow, Done, DoorState,
    ErrorCode, Lockdown, LockdownLevel, LockdownState, Refusal, Request, Response, Role, Shield,
    ShieldWanted, Timestamp,
    limits::{LOCKDOWN_S, MAX_ALLOWED, MAX_LIST_BYTES},
};
use snug_rules::{
    Network, ServerDeed, ShieldWish, longest_lockdown_s, may_change_lockdown, may_run,
};
use snug_store::{AllowedRow, LockdownRow, NewAudit, StoreError, Transaction};

use crate::{
    door::{locked_down, stored},
    engine::Engine,
    handle::governing::{NotDone, fit_reason, governing},
    session::{Core, SignedInAs},
};

/// What an entry of the list weighs at most.
const ENTRY_BYTES: usize = 1536;
/// Stands where an account's id is wanted for what the operator did on the machine: no account has it.
const NOBODY: AccountId = AccountId::from_bytes([0; 16]);

impl Engine {
    /// The requests of this file; the rest is named in `handle/presence.rs`.
    pub(crate) async fn answer_at_door(
        self: &Arc<Self>,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: Request,
    ) -> Result<Response, Refusal> {
        match request {
            Request::Allow(request) => self.allow(who, request).await,
            Request::Disallow(request) => self.disallow(who, request).await,
            Request::Allowed(request) => self.allowed(who, request).await,
            Request::Lockdown(request) => self.lockdown(core, who, request).await,
            Request::Shield(request) => self.shield(who, request).await,
            Request::Purge(request) => self.purge(who, request).await,
            other => self.answer_presence(core, who, other).await,
        }
    }

    async fn allow(&self, who: &SignedInAs, request: Allow) -> Result<Response, Refusal> {
        let reason = fit_reason(request.reason)?;
        let network = network(&request.address)?;
        let until = self.sanction_ends(request.for_s)?;
        self.let_past(Some(who.person.id), network, until, reason)
            .await?;
        Ok(Done {}.into())
    }

    /// Lets an address or a network past everything at the door, by the operator on the machine itself: for so many
    /// seconds, or for good.
    pub async fn operator_allow(&self, address: &str, for_s: Option<u64>) -> Result<(), Refusal> {
        let (network, until) = (network(address)?, self.sanction_ends(for_s)?);
        self.let_past(None, network, until, None).await
    }

    /// Takes that back, by the operator.
    pub async fn operator_disallow(&self, address: &str) -> Result<(), Refusal> {
        self.let_past_no_more(None, network(address)?).await
    }

    /// Lets addresses past everything at the door; in the name of nobody, by the operator.
    async fn let_past(
        &self,
        by: Option<AccountId>,
        network: Network,
        until: Option<Timestamp>,
        reason: Option<String>,
    ) -> Result<(), Refusal> {
        let now = self.now();
        let allowed = self.storage.write(move |transaction| {
            if let Some(actor) = &by {
                governing(transaction, actor, ServerDeed::Door)?;
            }
            if transaction.count_allowed()? >= MAX_ALLOWED {
                return Err(ErrorCode::TooMany.into());
            }
            let actor = by.unwrap_or(NOBODY);
            transaction.allow(&network, &actor, now, until, reason.as_deref())?;
            let audit = NewAudit::new(now, by, AuditAction::AddressAllowed);
            let audit = audit.at_address(network.to_string()).until(until);
            transaction.audit(&audit.why(reason))?;
            Ok::<_, NotDone>(())
        });
        allowed.await?;
        if let Some(door) = &self.config.door {
            door.allow(network, until);
        }
        Ok(())
    }

    async fn disallow(&self, who: &SignedInAs, request: Disallow) -> Result<Response, Refusal> {
        let network = network(&request.address)?;
        self.let_past_no_more(Some(who.person.id), network).await?;
        Ok(Done {}.into())
    }

    async fn let_past_no_more(
        &self,
        by: Option<AccountId>,
        network: Network,
    ) -> Result<(), Refusal> {
        let now = self.now();
        let gone = self.storage.write(move |transaction| {
            if let Some(actor) = &by {
                governing(transaction, actor, ServerDeed::Door)?;
            }
            if !transaction.disallow(&network)? {
                let text = "That is not allowed. The list shows addresses as they were allowed.";
                return Err(Refusal::with_text(ErrorCode::UnknownPerson, text).into());
            }
            let audit = NewAudit::new(now, by, AuditAction::AddressDisallowed);
            transaction.audit(&audit.at_address(network.to_string()))?;
            Ok::<_, NotDone>(())
        });
        gone.await?;
        if let Some(door) = &self.config.door {
            door.disallow(&network);
        }
        Ok(())
    }

    async fn allowed(&self, who: &SignedInAs, request: Allowed) -> Result<Response, Refusal> {
        const PAGE: usize = MAX_LIST_BYTES / ENTRY_BYTES;
        may_run(&who.person.actor(), ServerDeed::Door)?;
        let limit = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
        let page = self
            .storage
            .read(move |reader| reader.allowed(request.before, limit));
        let mut rows = stored(page.await)?;
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let now = self.now();
        rows.retain(|row| row.until.is_none_or(|until| now < until));
        let allowed = rows.into_iter().map(entry).collect();
        Ok(AllowedList { allowed, more }.into())
    }

    async fn lockdown(
        &self,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: Lockdown,
    ) -> Result<Response, Refusal> {
        may_run(&who.person.actor(), ServerDeed::Door)?;
        let reason = fit_reason(request.reason)?;
        let Some(level) = request.level.filter(|_| !request.dry_run) else {
            let (dropped, of) = self.dropped_by_lockdown(core);
            let now = self.lockdown_now();
            return Ok(state(now, dropped.len(), of).into());
        };
        let for_s = request.for_s.unwrap_or(LOCKDOWN_S);
        let until = self.sanction_ends(Some(for_s))?;
        let row = until
            .filter(|_| level != LockdownLevel::Off)
            .map(|until| LockdownRow {
                level,
                until,
                reason: reason.clone(),
            });
        let (actor, now, kept) = (who.person.id, self.now(), row.clone());
        let set = self.storage.write(move |transaction| {
            let by = governing(transaction, &actor, ServerDeed::Door)?;
            if kept.is_some() && for_s > longest_lockdown_s(by.role, level) {
                return Err(too_long(by.role, level).into());
            }
            let before = transaction.lockdown_now()?;
            let holding = before.filter(|row| now < row.until);
            if let Some(row) = holding {
                let left_s = row.until.ms().saturating_sub(now.ms()) / 1000;
                if !may_change_lockdown(by.role, row.level, left_s) {
                    let text = "The owner locked the server down for longer than you may; only the owner changes that.";
                    return Err(Refusal::with_text(ErrorCode::Forbidden, text).into());
                }
            }
            set_lockdown(transaction, kept.as_ref(), now, Some(actor), reason)?;
            Ok::<_, NotDone>(())
        });
        set.await?;
        self.lockdown_as_stored(row.clone()).await;
        // Only now: whoever came in while that was written is on the list, and nobody comes in after it.
        let (dropped, of) = self.dropped_by_lockdown(core);
        let mut drops = 0;
        if let Some(row) = &row {
            let why = locked_down(row).text;
            drops = dropped.len();
            for core in dropped {
                core.revoke(&why);
            }
        }
        let by = &who.person.name;
        self.tell_runners(&match &row {
            Some(row) => format!(
                "{by} locked the server down ({}) until {}: {drops} of {of} connections were ended.",
                level.wire(),
                row.until.said()
            ),
            None => format!("{by} ended the lockdown."),
        });
        Ok(state(row, drops, of).into())
    }

    /// Ends a lockdown, by the operator on the machine itself: the way in that nobody can close. Was there one?
    pub async fn operator_lockdown_off(&self) -> Result<bool, Refusal> {
        let was = self.lockdown_now().is_some();
        let now = self.now();
        let set = self
            .storage
            .write(move |transaction| set_lockdown(transaction, None, now, None, None));
        stored(set.await)?;
        self.lockdown_as_stored(None).await;
        if was {
            self.tell_runners("The operator of this machine ended the lockdown.");
        }
        Ok(was)
    }

    /// Those whom a lockdown drops: who has not signed in, and guests, unless they come from an allowed
    /// address; of how many. Never the one who asks.
    fn dropped_by_lockdown(&self, asks: &Arc<Core>) -> (Vec<Arc<Core>>, usize) {
        let inside = self.online.everyone();
        let outside = self.threshold.outsiders();
        let of = inside.len() + outside.len();
        let guests = inside.into_iter().filter(|core| {
            let who = core.signed_in();
            who.is_some_and(|who| self.now_of(&who.person).role == Role::Guest)
        });
        let dropped = guests
            .chain(outside)
            .filter(|core| !Arc::ptr_eq(core, asks) && !self.is_exempt(core));
        (dropped.collect(), of)
    }

    async fn shield(&self, who: &SignedInAs, request: Shield) -> Result<Response, Refusal> {
        may_run(&who.person.actor(), ServerDeed::Door)?;
        if let Some(wanted) = request.wanted {
            let (actor, now) = (who.person.id, self.now());
            let noted = self.storage.write(move |transaction| {
                governing(transaction, &actor, ServerDeed::Door)?;
                let audit = NewAudit::new(now, Some(actor), AuditAction::ShieldChanged);
                transaction.audit(&audit.details(wanted.wire().to_owned()))?;
                Ok::<_, NotDone>(())
            });
            noted.await?;
            if let Some(door) = &self.config.door {
                door.want_shield(match wanted {
                    ShieldWanted::Auto => ShieldWish::Auto,
                    ShieldWanted::Up => ShieldWish::Up,
                    ShieldWanted::Down => ShieldWish::Down,
                });
            }
        }
        Ok(self.door_state().into())
    }

    /// How things stand at the door, for its owner and for metrics.
    pub fn door_state(&self) -> DoorState {
        let door = self.config.door.as_ref();
        let at_door = door.map(|door| door.state()).unwrap_or_default();
        let lockdown = self.lockdown_now();
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        DoorState {
            up: at_door.up,
            wanted: match at_door.wish {
                ShieldWish::Auto => ShieldWanted::Auto,
                ShieldWish::Up => ShieldWanted::Up,
                ShieldWish::Down => ShieldWanted::Down,
            },
            newcomers: at_door.newcomers,
            from: at_door.from,
            handshakes: at_door.handshakes,
            open: at_door.open,
            outside: count(self.threshold.outsiders().len()),
            refused: at_door.refused,
            shut_out: at_door.shut_out,
            shut_for: at_door.shut_for,
            offenders: at_door.offenders,
            lockdown: lockdown
                .as_ref()
                .map_or(LockdownLevel::Off, |row| row.level),
            until: lockdown.map(|row| row.until),
        }
    }

    /// Writes into the audit log what the shield did by itself.
    pub async fn note_shield(&self, details: String) {
        let audit = NewAudit::new(self.now(), None, AuditAction::ShieldChanged).details(details);
        let noted = self
            .storage
            .write(move |transaction| transaction.audit(&audit));
        if let Err(error) = noted.await {
            tracing::warn!(error = %error, "what the shield did could not be noted");
        }
    }
}

/// Locks the server down or opens it again, and notes who did.
fn set_lockdown(
    transaction: &mut dyn Transaction,
    row: Option<&LockdownRow>,
    now: Timestamp,
    by: Option<AccountId>,
    reason: Option<String>,
) -> Result<(), StoreError> {
    transaction.set_lockdown(row)?;
    let level = row.map_or(LockdownLevel::Off, |row| row.level);
    let audit = NewAudit::new(now, by, AuditAction::LockdownChanged);
    let audit = audit.until(row.map(|row| row.until)).why(reason);
    transaction.audit(&audit.details(level.wire().to_owned()))
}

fn too_long(role: Role, level: LockdownLevel) -> Refusal {
    let hours = longest_lockdown_s(role, level) / 3600;
    let text = format!(
        "For so long only the owner locks the server down; you may for {hours} h, and again after that."
    );
    Refusal::with_text(ErrorCode::Forbidden, text)
}

fn network(text: &str) -> Result<Network, Refusal> {
    text.parse().map_err(|bad| {
        let text = format!("{bad}.").replacen("it is", "That is", 1);
        Refusal::with_text(ErrorCode::BadRequest, text)
    })
}

fn state(lockdown: Option<LockdownRow>, drops: usize, of: usize) -> LockdownState {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let level = lockdown
        .as_ref()
        .map_or(LockdownLevel::Off, |row| row.level);
    LockdownState {
        lockdown: level,
        until: lockdown.as_ref().map(|row| row.until),
        reason: lockdown.and_then(|row| row.reason),
        drops: count(drops),
        of: count(of),
    }
}

fn entry(row: AllowedRow) -> AllowedEntry {
    AllowedEntry {
        number: row.number,
        address: row.network.to_string(),
        by: row.by,
        at: row.at,
        until: row.until,
        reason: row.reason,
    }
}
