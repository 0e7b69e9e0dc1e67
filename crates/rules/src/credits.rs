//! Credits: who may move them, and what a movement does to the two purses it touches (C1, C2, C3).
//! Exact integers; whatever leaves one purse enters another, so that all of them sum to zero.

use snug_proto::{AccountId, Cause, ErrorCode, Role, Timestamp, limits::MAX_GUEST_ROOMS};

use crate::account::Actor;

/// Most credits in one purse, and in one movement: what every JSON reader holds exactly (2^53).
pub const MAX_CREDITS: u64 = 1 << 53;
/// What one payment for VIP buys, in milliseconds: 30 days.
pub const VIP_PERIOD_MS: u64 = 30 * 24 * 3_600_000;
/// VIP that can be bought at once, in such periods.
pub const MAX_VIP_PERIODS: u32 = 12;
/// How many times faster a VIP may talk.
pub const VIP_RATE_FACTOR: u32 = 2;
/// Rooms that a member may be the founder of.
pub const MAX_ROOMS: u64 = 100;
/// Rooms that a VIP may be the founder of.
pub const MAX_VIP_ROOMS: u64 = 500;

/// How this server's credits work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditRules {
    /// Are there any?
    pub on: bool,
    /// What [`VIP_PERIOD_MS`] of VIP costs; 0 if it is not sold.
    pub vip_price: u64,
}

/// Credits that move from one purse to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    /// Out of this account's purse; `None` is the server's, the only one that may owe.
    pub from: Option<AccountId>,
    /// Into this account's purse; `None` is the server's.
    pub to: Option<AccountId>,
    /// How many; never 0.
    pub amount: u64,
    /// Why.
    pub cause: Cause,
    /// VIP that it buys for whoever pays, in milliseconds.
    pub vip_ms: u64,
}

/// May this account be given credits out of the server's purse?
pub fn grant(
    rules: &CreditRules,
    actor: &Actor,
    to: AccountId,
    amount: u64,
) -> Result<Movement, ErrorCode> {
    turned_on(rules)?;
    if actor.role != Role::Owner {
        return Err(ErrorCode::Forbidden);
    }
    Ok(Movement {
        from: None,
        to: Some(to),
        amount: sensible(amount)?,
        cause: Cause::Grant,
        vip_ms: 0,
    })
}

/// May one account pay another?
pub fn transfer(
    rules: &CreditRules,
    actor: &Actor,
    to: AccountId,
    amount: u64,
) -> Result<Movement, ErrorCode> {
    turned_on(rules)?;
    if to == actor.account {
        return Err(ErrorCode::BadRequest);
    }
    Ok(Movement {
        from: Some(actor.account),
        to: Some(to),
        amount: sensible(amount)?,
        cause: Cause::Transfer,
        vip_ms: 0,
    })
}

/// May one buy so many periods of VIP?
pub fn buy_vip(rules: &CreditRules, actor: &Actor, periods: u32) -> Result<Movement, ErrorCode> {
    turned_on(rules)?;
    if rules.vip_price == 0 {
        return Err(ErrorCode::Forbidden);
    }
    if periods == 0 || periods > MAX_VIP_PERIODS {
        return Err(ErrorCode::BadRequest);
    }
    Ok(Movement {
        from: Some(actor.account),
        to: None,
        amount: sensible(rules.vip_price.saturating_mul(u64::from(periods)))?,
        cause: Cause::Vip,
        vip_ms: VIP_PERIOD_MS * u64::from(periods),
    })
}

/// What is in the two purses after a movement, of what was in them before: first the one it leaves, then
/// the one it enters. `None` is the server's purse, which may owe.
pub fn settle(
    from: Option<u64>,
    to: Option<u64>,
    amount: u64,
) -> Result<(Option<u64>, Option<u64>), ErrorCode> {
    let left = match from {
        Some(balance) => Some(balance.checked_sub(amount).ok_or(ErrorCode::NotEnough)?),
        None => None,
    };
    let entered = match to {
        Some(balance) => {
            let sum = balance.checked_add(amount);
            Some(
                sum.filter(|sum| *sum <= MAX_CREDITS)
                    .ok_or(ErrorCode::TooMany)?,
            )
        }
        None => None,
    };
    Ok((left, entered))
}

/// Until when somebody is VIP who buys so much more of it now: what is left of it is kept.
pub fn vip_until(until: Option<Timestamp>, bought_ms: u64, now: Timestamp) -> Timestamp {
    until.map_or(now, |until| until.max(now)).plus_ms(bought_ms)
}

/// Is VIP that lasts until then still good?
pub fn is_vip(until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_some_and(|until| now < until)
}

/// May somebody of this role who is the founder of so many rooms make another?
pub fn may_found(role: Role, vip: bool, rooms: u64) -> Result<(), ErrorCode> {
    let most = match role {
        // So many of each kind (ADR 14).
        Role::Guest => 2 * MAX_GUEST_ROOMS as u64,
        _ if vip => MAX_VIP_ROOMS,
        _ => MAX_ROOMS,
    };
    if rooms < most {
        Ok(())
    } else {
        Err(ErrorCode::TooMany)
    }
}

const fn turned_on(rules: &CreditRules) -> Result<(), ErrorCode> {
    if rules.on {
        Ok(())
    } else {
        Err(ErrorCode::CreditsOff)
    }
}

const fn sensible(amount: u64) -> Result<u64, ErrorCode> {
    if amount == 0 || amount > MAX_CREDITS {
        Err(ErrorCode::BadRequest)
    } else {
        Ok(amount)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);
    const ON: CreditRules = CreditRules {
        on: true,
        vip_price: 100,
    };

    fn actor(role: Role) -> Actor {
        Actor {
            account: AccountId::from_bytes([1; 16]),
            role,
            rules: 0,
            masked: crate::masks::Masked::default(),
        }
    }

    #[test]
    fn only_the_owner_grants_and_nothing_moves_where_credits_are_off() {
        let to = AccountId::from_bytes([2; 16]);
        for role in [Role::Member, Role::Moderator] {
            assert_eq!(grant(&ON, &actor(role), to, 5), Err(ErrorCode::Forbidden));
        }
        assert!(grant(&ON, &actor(Role::Owner), to, 5).is_ok());
        let off = CreditRules { on: false, ..ON };
        let owner = actor(Role::Owner);
        assert_eq!(grant(&off, &owner, to, 5), Err(ErrorCode::CreditsOff));
        assert_eq!(transfer(&off, &owner, to, 5), Err(ErrorCode::CreditsOff));
        assert_eq!(buy_vip(&off, &owner, 1), Err(ErrorCode::CreditsOff));
    }

    #[test]
    fn nothing_and_too_much_are_no_amounts() {
        let member = actor(Role::Member);
        let to = AccountId::from_bytes([2; 16]);
        for amount in [0, MAX_CREDITS + 1, u64::MAX] {
            assert_eq!(
                transfer(&ON, &member, to, amount),
                Err(ErrorCode::BadRequest)
            );
        }
        let oneself = transfer(&ON, &member, member.account, 1);
        assert_eq!(oneself, Err(ErrorCode::BadRequest));
        assert!(buy_vip(&ON, &member, 0).is_err());
        assert!(buy_vip(&ON, &member, MAX_VIP_PERIODS + 1).is_err());
        let free = CreditRules { vip_price: 0, ..ON };
        assert_eq!(buy_vip(&free, &member, 1), Err(ErrorCode::Forbidden));
    }

    #[test]
    fn vip_bought_again_adds_to_what_is_left() {
        let once = vip_until(None, VIP_PERIOD_MS, NOW);
        assert_eq!(once, NOW.plus_ms(VIP_PERIOD_MS));
        assert_eq!(
            vip_until(Some(once), VIP_PERIOD_MS, NOW.plus_ms(5)),
            NOW.plus_ms(2 * VIP_PERIOD_MS)
        );
        // What ran out is not paid back.
        let later = once.plus_ms(7);
        assert!(!is_vip(Some(once), later));
        assert_eq!(
            vip_until(Some(once), VIP_PERIOD_MS, later),
            later.plus_ms(VIP_PERIOD_MS)
        );
    }

    proptest! {
        #[test]
        fn no_movement_makes_or_loses_credits_or_leaves_anybody_below_zero(
            from in 0..=MAX_CREDITS, to in 0..=MAX_CREDITS, amount in 1..=MAX_CREDITS,
        ) {
            match settle(Some(from), Some(to), amount) {
                Ok((Some(left), Some(entered))) => {
                    prop_assert_eq!(left + entered, from + to);
                    prop_assert!(entered <= MAX_CREDITS);
                }
                Err(ErrorCode::NotEnough) => prop_assert!(amount > from),
                Err(ErrorCode::TooMany) => prop_assert!(to + amount > MAX_CREDITS),
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
