//! Who decides about a report (M5, DECISIONS 22).

use snug_proto::{AccountId, ErrorCode, ReportState, Role, RoomRole};

use crate::view::{RoomKind, RoomView};

/// Does this account keep order in this room, as its founder or one of its admins?
pub fn keeps_order(view: &RoomView, account: &AccountId) -> bool {
    let member = view.members.get(account);
    view.founder.as_ref() == Some(account)
        || member.is_some_and(|member| member.role >= RoomRole::Admin)
}

/// Whose a new report is to decide: that of the room's founder and admins (`Open`), or the server's
/// moderators' (`Escalated`), if it is about one of them, from a direct conversation, or from a room where
/// nobody but the reporter is above the members.
pub fn report_goes_to(view: &RoomView, author: &AccountId, reporter: &AccountId) -> ReportState {
    let ordinary = view.kind == RoomKind::Ordinary;
    let decides = |who: &AccountId| who != reporter && keeps_order(view, who);
    if ordinary && !keeps_order(view, author) && view.members.keys().any(decides) {
        ReportState::Open
    } else {
        ReportState::Escalated
    }
}

/// May one of this role decide what is reported of that author? Nobody decides about themselves, nor a
/// moderator about another or the owner.
pub fn may_decide(
    role: Role,
    decider: &AccountId,
    of: Role,
    author: &AccountId,
) -> Result<(), ErrorCode> {
    let above = role == Role::Owner || of == Role::Member || role > of;
    if decider != author && above {
        Ok(())
    } else {
        Err(ErrorCode::Forbidden)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn person(number: u8) -> AccountId {
        AccountId::from_bytes([number; 16])
    }

    #[test]
    fn nobody_decides_about_themselves_nor_a_moderator_about_another() {
        let (ann, bob) = (person(1), person(2));
        let may = |role, of| may_decide(role, &ann, of, &bob).is_ok();
        assert!(may(Role::Moderator, Role::Member) && may(Role::Member, Role::Member));
        assert!(!may(Role::Moderator, Role::Moderator) && !may(Role::Moderator, Role::Owner));
        assert!(may(Role::Owner, Role::Moderator) && !may(Role::Member, Role::Moderator));
        assert!(may_decide(Role::Owner, &ann, Role::Owner, &ann).is_err());
    }
}
