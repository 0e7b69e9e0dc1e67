//! Requests about credits: purses, grants, transfers, VIP and the ledger (C1–C3).

use std::sync::Arc;

use snug_proto::{
    BuyVip, CreditsMoved, ErrorCode, Event, Grant, Ledger, LedgerPage, Moved, MovementEntry, Party,
    Purse, Refusal, Response, Role, Transfer, limits::MAX_LEDGER_MOVEMENTS,
};
use snug_rules::{CreditRules, Movement, buy_vip, grant, is_vip, transfer};
use snug_store::{MovementMade, MovementRow, NewMovement, NotMoved};

use crate::{
    engine::Engine,
    handle::{
        digest, fit_key,
        governing::{NotDone, fit_reason},
    },
    lock::read,
    person::{Person, refusal},
    session::SignedInAs,
};

/// Movements on a page when nothing is said.
const PAGE: u32 = 50;

impl Engine {
    fn credit_rules(&self) -> CreditRules {
        read(&self.settings).rules.credits
    }

    pub(crate) async fn credits(&self, who: &SignedInAs) -> Result<Response, Refusal> {
        let rules = self.credit_rules();
        if !rules.on {
            return Err(ErrorCode::CreditsOff.into());
        }
        let me = who.person.id;
        let purse = self.storage.read(move |reader| reader.purse(&me)).await;
        let purse = purse.map_err(refusal)?;
        let now = self.now();
        Ok(Purse {
            balance: purse.balance,
            vip_until: purse.vip_until.filter(|until| is_vip(Some(*until), now)),
            vip_price: rules.vip_price,
        }
        .into())
    }

    pub(crate) async fn grant_credits(
        &self,
        who: &SignedInAs,
        request: Grant,
    ) -> Result<Response, Refusal> {
        let to = self
            .people
            .find_account(&self.storage, &request.person)
            .await?;
        let actor = self.now_of(&who.person).actor();
        let movement = grant(&self.credit_rules(), &actor, to.id, request.amount)?;
        let asked = ("grant", request.why, request.key);
        self.moved(who, movement, asked, Some((&to, Ok(())))).await
    }

    pub(crate) async fn transfer(
        &self,
        who: &SignedInAs,
        request: Transfer,
    ) -> Result<Response, Refusal> {
        let to = self
            .people
            .find_account(&self.storage, &request.person)
            .await?;
        let actor = who.person.actor();
        let movement = transfer(&self.credit_rules(), &actor, to.id, request.amount)?;
        // What it is for are words that reach the other: no way around a block (D3, D4). A retry of one that
        // went through before it moves nothing, and is answered as that was.
        let reach = match self.reach(&who.person, &to).await {
            Err(refused) if refused.code != ErrorCode::NotAccepting => return Err(refused),
            reach => reach,
        };
        let asked = ("transfer", request.why, request.key);
        self.moved(who, movement, asked, Some((&to, reach))).await
    }

    pub(crate) async fn buy_vip(
        &self,
        who: &SignedInAs,
        request: BuyVip,
    ) -> Result<Response, Refusal> {
        let periods = request.periods.unwrap_or(1);
        let movement = buy_vip(&self.credit_rules(), &who.person.actor(), periods)?;
        self.moved(who, movement, ("buy_vip", None, request.key), None)
            .await
    }

    /// Makes a movement that was decided, and tells whom it concerns.
    async fn moved(
        &self,
        who: &SignedInAs,
        movement: Movement,
        (what, why, key): (&str, Option<String>, Option<String>),
        to: Option<(&Arc<Person>, Result<(), Refusal>)>,
    ) -> Result<Response, Refusal> {
        let (to, reach) = to.map_or((None, Ok(())), |(to, reach)| (Some(to), reach));
        let why = fit_reason(why)?;
        let key = key.map(fit_key).transpose()?.map(|key| {
            let about = movement.to.map(|to| to.to_string()).unwrap_or_default();
            // Of what was asked, not of what it cost: a retry after the price changed is a retry.
            let number = match movement.vip_ms {
                0 => movement.amount,
                vip_ms => vip_ms,
            };
            let words = why.as_deref().unwrap_or_default().as_bytes();
            let parts = [number.to_be_bytes().as_slice(), words].concat();
            (key, digest(what, about.as_bytes(), &[&parts]))
        });
        let new = NewMovement {
            by: who.person.id,
            movement,
            why: why.clone(),
            key,
            at: self.now(),
        };
        let me = who.person.id;
        // Grants pass every block, as whatever the owner does.
        let other = (what == "transfer").then_some(movement.to).flatten();
        let made = self.storage.write(move |transaction| {
            let made = transaction.move_credits(&new)?;
            if let (Ok(made), Some(other)) = (&made, other)
                && made.new
            {
                reach?;
                if transaction.between(&me, &other)?.is_closed() {
                    return Err(ErrorCode::NotAccepting.into());
                }
            }
            Ok::<_, NotDone>(made)
        });
        let made = match made.await? {
            Ok(made) => made,
            Err(NotMoved::NotEnough) => return Err(ErrorCode::NotEnough.into()),
            Err(NotMoved::TooMuch) => {
                let text = "No purse holds so many credits.";
                return Err(Refusal::with_text(ErrorCode::TooMany, text));
            }
            Err(NotMoved::KeyReused) => return Err(ErrorCode::KeyReused.into()),
        };
        if made.new && movement.vip_ms > 0 {
            let known = self.people.refresh(&self.storage, me).await;
            known.map_err(refusal)?;
        }
        if made.new {
            self.tell_movement(&who.person, to, movement, why, &made);
        }
        Ok(Moved {
            movement: made.no,
            at: made.at,
            balance: made.balance,
            vip_until: made.vip_until,
        }
        .into())
    }

    /// Tells the sessions of both sides.
    fn tell_movement(
        &self,
        by: &Person,
        to: Option<&Arc<Person>>,
        movement: Movement,
        why: Option<String>,
        made: &MovementMade,
    ) {
        let party = |person: &Person| Party {
            name: person.name.clone(),
            account: person.id,
        };
        let entry = MovementEntry {
            movement: made.no,
            at: made.at,
            cause: movement.cause,
            from: movement.from.is_some().then(|| party(by)),
            to: to.map(|to| party(to)),
            amount: movement.amount,
            why,
        };
        let tell = |whom, balance| {
            let event = CreditsMoved {
                entry: entry.clone(),
                balance,
            };
            self.tell_account(&whom, &Event::Credits(event));
        };
        if movement.from.is_some() {
            tell(by.id, made.balance);
        }
        if let Some(to) = to {
            tell(to.id, made.entered);
        }
    }

    pub(crate) async fn ledger(
        &self,
        who: &SignedInAs,
        request: Ledger,
    ) -> Result<Response, Refusal> {
        if !self.credit_rules().on {
            return Err(ErrorCode::CreditsOff.into());
        }
        if request.all && self.now_of(&who.person).role != Role::Owner {
            return Err(ErrorCode::Forbidden.into());
        }
        let me = (!request.all).then_some(who.person.id);
        let limit = request.limit.unwrap_or(PAGE).clamp(1, MAX_LEDGER_MOVEMENTS);
        let rows = self
            .storage
            .read(move |reader| reader.movements(me.as_ref(), request.before, limit + 1));
        let mut rows = rows.await.map_err(refusal)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let movements = rows.into_iter().map(shown).collect();
        Ok(LedgerPage { movements, more }.into())
    }
}

fn shown(row: MovementRow) -> MovementEntry {
    let party = |side: Option<(snug_proto::AccountId, String)>| {
        side.map(|(account, name)| Party { name, account })
    };
    MovementEntry {
        movement: row.no,
        at: row.at,
        cause: row.cause,
        from: party(row.from),
        to: party(row.to),
        amount: row.amount,
        why: row.why,
    }
}
