//! Bans from the server, of accounts and of addresses (M2): made, lifted and listed.

use std::sync::Arc;

use snug_proto::{
    AuditAction, Done, ErrorCode, PersonRef, Refusal, Response, Role, ServerBan, ServerBanEntry,
    ServerBanList, ServerBans, ServerUnban, Timestamp,
    limits::{MAX_LIST_BYTES, MAX_SANCTION_S, MAX_SERVER_BANS},
};
use snug_rules::{Network, ServerDeed, may_run};
use snug_store::{Banned, NewAudit, NewServerBan, ServerBanRow, Transaction};

use crate::{
    bans::shut_out,
    engine::Engine,
    guests,
    handle::governing::{NotDone, fit_reason, governed, governing},
    person::refusal,
    session::{Core, SignedInAs},
};

/// What an entry of the list weighs at most.
const ENTRY_BYTES: usize = 1536;

impl Engine {
    pub(crate) async fn server_ban(
        &self,
        core: &Core,
        who: &SignedInAs,
        request: ServerBan,
    ) -> Result<Response, Refusal> {
        let reason = fit_reason(request.reason)?;
        let whom = self.whom_to_ban(request.who, request.address).await?;
        if let Banned::Addresses(network) = whom {
            fit_network(&network)?;
            let mine = core
                .origin
                .address
                .is_some_and(|mine| network.contains(mine));
            if mine && !request.even_me {
                let text = "Your own address is among these. To ban them all the same, say so: \
                            even-me (on the wire, even_me).";
                return Err(Refusal::with_text(ErrorCode::BadRequest, text));
            }
        }
        let (actor, now, rules) = (who.person.id, self.now(), Self::random_counter());
        let until = self.sanction_ends(request.for_s)?;
        let banned = self.storage.write(move |transaction| {
            let rank = may_ban(transaction, &actor, &whom)?;
            if transaction.count_server_bans()? >= MAX_SERVER_BANS {
                return Err(ErrorCode::TooMany.into());
            }
            let ban = NewServerBan {
                whom,
                by: Some(actor),
                rank,
                at: now,
                until,
                reason: reason.clone(),
            };
            transaction.ban_from_server(&ban, rules)?;
            let audit = match whom {
                Banned::Account(id) => {
                    NewAudit::new(now, Some(actor), AuditAction::AccountBanned).about(id)
                }
                Banned::Addresses(network) => {
                    NewAudit::new(now, Some(actor), AuditAction::AddressBanned)
                        .at_address(network.to_string())
                }
            };
            transaction.audit(&audit.until(until).why(reason))?;
            now_kept(transaction, &whom)
        });
        let row = banned.await?;
        self.hold_guest(&whom, row.as_ref());
        self.learn_ban(whom, row.map(|row| row.ban)).await?;
        self.end_shut_out(&whom, now);
        Ok(Done {}.into())
    }

    pub(crate) async fn server_unban(
        &self,
        who: &SignedInAs,
        request: ServerUnban,
    ) -> Result<Response, Refusal> {
        if let Some(banned) = self.banned_guest(request.who.as_ref()).await? {
            return self.unban_guest(who, banned).await;
        }
        let whom = self.whom_to_ban(request.who, request.address).await?;
        self.lift_ban(whom, Some(who.person.id)).await?;
        Ok(Done {}.into())
    }

    /// Lifts the ban of an address or a network, by the operator on the machine itself.
    pub async fn operator_unban(&self, address: &str) -> Result<(), Refusal> {
        let whom = self.whom_to_ban(None, Some(address.to_owned())).await?;
        self.lift_ban(whom, None).await
    }

    /// Lifts a ban; in the name of nobody, who may lift any, by the operator.
    async fn lift_ban(
        &self,
        whom: Banned,
        by: Option<snug_proto::AccountId>,
    ) -> Result<(), Refusal> {
        let (now, rules) = (self.now(), Self::random_counter());
        let lifted = self.storage.write(move |transaction| {
            let rank = match &by {
                Some(actor) => may_ban(transaction, actor, &whom)?,
                None => Role::Owner,
            };
            let row = transaction.server_ban_now(&whom)?;
            let Some(row) = row else {
                let text = "There is no such ban. The list of bans shows them as they were made.";
                return Err(Refusal::with_text(ErrorCode::UnknownPerson, text).into());
            };
            if !row.ban.may_be_lifted_by(rank) {
                let text = "The owner made that ban; only the owner lifts it.";
                return Err(Refusal::with_text(ErrorCode::Forbidden, text).into());
            }
            transaction.unban_from_server(&whom, rules)?;
            let audit = match whom {
                Banned::Account(id) => {
                    NewAudit::new(now, by, AuditAction::AccountUnbanned).about(id)
                }
                Banned::Addresses(network) => NewAudit::new(now, by, AuditAction::AddressUnbanned)
                    .at_address(network.to_string()),
            };
            transaction.audit(&audit)?;
            Ok::<_, NotDone>(())
        });
        lifted.await?;
        self.learn_ban(whom, None).await
    }

    pub(crate) async fn server_bans(
        &self,
        who: &SignedInAs,
        request: ServerBans,
    ) -> Result<Response, Refusal> {
        const PAGE: usize = MAX_LIST_BYTES / ENTRY_BYTES;
        may_run(&who.person.actor(), ServerDeed::SeeBans)?;
        let limit = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
        let page = self
            .storage
            .read(move |reader| reader.server_bans(request.before, limit));
        let mut rows = page.await.map_err(refusal)?;
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        // Those whose time is over bind nobody; they are swept away in their turn.
        let now = self.now();
        rows.retain(|row| row.ban.holds(now));
        // Those of guests, who are gone, are held in memory: the first page has them.
        let guests = match request.before {
            None => self.guests.bans(now),
            Some(_) => Vec::new(),
        };
        // One who was banned a moment ago may not be gone yet.
        let gone = |whom| {
            let of = |banned: &guests::Banned| Banned::Account(banned.guest) == whom;
            guests.iter().any(of)
        };
        rows.retain(|row| !gone(row.whom));
        let guests = guests.into_iter().take(PAGE).map(guest_entry);
        Ok(ServerBanList {
            bans: guests.chain(rows.into_iter().map(entry)).collect(),
            more,
        }
        .into())
    }

    /// A ban of a guest holds for where they come from: they are gone a moment later.
    fn hold_guest(&self, whom: &Banned, row: Option<&ServerBanRow>) {
        if let (Banned::Account(id), Some(row)) = (whom, row)
            && let Some(guest) = self.people.known(id)
            && guest.role == Role::Guest
        {
            let (name, ban) = (guest.name.clone(), row.ban.clone());
            self.guests.was_banned(*id, name, ban, row.at);
        }
    }

    /// The ban of a guest who is gone, where nobody else is so called.
    async fn banned_guest(
        &self,
        who: Option<&PersonRef>,
    ) -> Result<Option<guests::Banned>, Refusal> {
        let Some(who) = who else { return Ok(None) };
        match (self.people.find(&self.storage, who).await, who) {
            // A guest so called is on their way out, or came after the one who is banned.
            (Ok(found), PersonRef::Name(_)) if found.role != Role::Guest => Ok(None),
            (Err(refused), _) if refused.code != ErrorCode::UnknownPerson => Err(refused),
            _ => Ok(self.guests.find_ban(who, self.now())),
        }
    }

    async fn unban_guest(
        &self,
        who: &SignedInAs,
        banned: guests::Banned,
    ) -> Result<Response, Refusal> {
        let (actor, now) = (who.person.id, self.now());
        let guests::Banned {
            guest, name, ban, ..
        } = banned;
        let lifted = self.storage.write(move |transaction| {
            let by = governing(transaction, &actor, ServerDeed::Ban)?;
            if !ban.may_be_lifted_by(by.role) {
                let text = "The owner made that ban; only the owner lifts it.";
                return Err(Refusal::with_text(ErrorCode::Forbidden, text).into());
            }
            let audit = NewAudit::new(now, Some(actor), AuditAction::AccountUnbanned);
            transaction.audit(&audit.details(format!("guest {name}")))?;
            Ok::<_, NotDone>(())
        });
        lifted.await?;
        self.guests.unbanned(&guest);
        Ok(Done {}.into())
    }

    async fn whom_to_ban(
        &self,
        who: Option<snug_proto::PersonRef>,
        address: Option<String>,
    ) -> Result<Banned, Refusal> {
        match (who, address) {
            (Some(who), None) => {
                let person = self.people.find(&self.storage, &who).await?;
                Ok(Banned::Account(person.id))
            }
            (None, Some(address)) => match address.parse() {
                Ok(network) => Ok(Banned::Addresses(network)),
                Err(bad) => {
                    let text = format!("{bad}.").replacen("it is", "That is", 1);
                    Err(Refusal::with_text(ErrorCode::BadRequest, text))
                }
            },
            _ => {
                let text = "Say whom: exactly one of \"who\" and \"address\".";
                Err(Refusal::with_text(ErrorCode::BadRequest, text))
            }
        }
    }

    /// When something ends by itself that lasts so many seconds.
    pub(crate) fn sanction_ends(&self, for_s: Option<u64>) -> Result<Option<Timestamp>, Refusal> {
        match for_s {
            None => Ok(None),
            Some(seconds @ 1..=MAX_SANCTION_S) => Ok(Some(self.now().plus_ms(seconds * 1000))),
            Some(_) => {
                let text = "That is no time to ban for: from a second to ten years.";
                Err(Refusal::with_text(ErrorCode::BadRequest, text))
            }
        }
    }

    /// What changed in the store is known here too, and what the account may do is asked anew.
    async fn learn_ban(
        &self,
        whom: Banned,
        ban: Option<snug_rules::ServerBan>,
    ) -> Result<(), Refusal> {
        self.tell_door_of_ban(&whom, ban.as_ref());
        self.bans.learn(whom, ban);
        if let Banned::Account(id) = whom {
            let known = self.people.refresh(&self.storage, id).await;
            known.map_err(refusal)?;
        }
        Ok(())
    }

    /// Ends the sessions that a new ban shuts out; each is told why.
    fn end_shut_out(&self, whom: &Banned, now: Timestamp) {
        if let Banned::Addresses(network) = whom {
            for core in self.threshold.outsiders() {
                let address = core.origin.address;
                if address.is_some_and(|of| network.contains(of)) && !self.is_exempt(&core) {
                    core.revoke("Your address is banned from this server.");
                }
            }
        }
        let cores: Vec<Arc<Core>> = match whom {
            Banned::Account(id) => self.online.sessions_of(id),
            Banned::Addresses(_) => self.online.everyone(),
        };
        for core in cores {
            let Some(who) = core.signed_in() else {
                continue;
            };
            let role = self.role_now(&who.person);
            if let Err(refusal) = self.bans.check(&core, &who.person.id, role, now) {
                core.revoke(&refusal.text);
            }
        }
    }

    /// The refusal for one who was shut out since they asked.
    pub(crate) fn refuse_banned(&self, id: &snug_proto::AccountId) -> Result<(), Refusal> {
        match self.bans.of_account(id, || self.now()) {
            Some(ban) => Err(shut_out("You are banned from this server", &ban)),
            None => Ok(()),
        }
    }

    fn role_now(&self, person: &crate::person::Person) -> snug_proto::Role {
        let known = self.people.known(&person.id);
        known.map_or(person.role, |person| person.role)
    }
}

/// The role of who bans or lifts, if they may.
fn may_ban(
    transaction: &mut dyn Transaction,
    actor: &snug_proto::AccountId,
    whom: &Banned,
) -> Result<snug_proto::Role, NotDone> {
    let by = match whom {
        Banned::Account(id) => governed(transaction, actor, ServerDeed::Ban, id)?.0,
        Banned::Addresses(_) => governing(transaction, actor, ServerDeed::BanAddress)?,
    };
    Ok(by.role)
}

fn now_kept(
    transaction: &mut dyn Transaction,
    whom: &Banned,
) -> Result<Option<ServerBanRow>, NotDone> {
    Ok(transaction.server_ban_now(whom)?)
}

fn fit_network(network: &Network) -> Result<(), Refusal> {
    if network.is_too_wide() {
        let text = "That is too many addresses for one ban: at least 8 bits of IPv4, 16 of IPv6.";
        return Err(Refusal::with_text(ErrorCode::BadRequest, text));
    }
    Ok(())
}

fn guest_entry(banned: guests::Banned) -> ServerBanEntry {
    ServerBanEntry {
        ban: 0,
        name: Some(banned.name),
        account: Some(banned.guest),
        address: None,
        by: banned.ban.by,
        at: banned.at,
        until: banned.ban.until,
        reason: banned.ban.reason,
    }
}

fn entry(row: ServerBanRow) -> ServerBanEntry {
    let (account, address) = match row.whom {
        Banned::Account(id) => (Some(id), None),
        Banned::Addresses(network) => (None, Some(network.to_string())),
    };
    ServerBanEntry {
        ban: row.number,
        name: row.name,
        account,
        address,
        by: row.ban.by,
        at: row.at,
        until: row.ban.until,
        reason: row.ban.reason,
    }
}
