//! The audit log: kept with the action or not at all, newest first, by filters.

use snug_proto::AuditAction;

use super::world::{DEN, NOW, account, read, settle, write};
use crate::{AuditFilter, AuditRow, NewAudit, Store};

fn page(store: &dyn Store, filter: AuditFilter, limit: u32) -> Vec<AuditRow> {
    read(store).audit_page(&filter, limit).unwrap()
}

/// Names are those of the time; filters and pages are kept to.
pub fn the_audit_log_is_read_newest_first_by_filter_and_in_pages(store: &dyn Store) {
    settle(store);
    let banned = NewAudit::new(NOW, Some(account(1)), AuditAction::AccountBanned)
        .about(account(2))
        .until(Some(NOW.plus_ms(9)))
        .why(Some("noise".to_owned()));
    let kicked = NewAudit::new(NOW, Some(account(3)), AuditAction::RoomKicked)
        .about(account(2))
        .in_room(DEN)
        .details("of two");
    let address = NewAudit::new(NOW, None, AuditAction::AddressBanned).at_address("192.0.2.0/24");
    for entry in [&banned, &kicked, &address] {
        write(store, |transaction| transaction.audit(entry));
    }
    let all = page(store, AuditFilter::default(), 9);
    let whats: Vec<_> = all.iter().map(|row| row.what.clone()).collect();
    assert_eq!(whats, [address.clone(), kicked.clone(), banned.clone()]);
    assert_eq!(all[1].by_name.as_deref(), Some("cid"));
    assert_eq!(all[1].account_name.as_deref(), Some("bob"));
    assert_eq!(all[1].room_name.as_deref(), Some("den"));
    assert_eq!((&all[0].by_name, &all[0].account_name), (&None, &None));
    let only = |filter| {
        page(store, filter, 9)
            .into_iter()
            .map(|row| row.what)
            .collect::<Vec<_>>()
    };
    let by = AuditFilter {
        by: Some(account(1)),
        ..AuditFilter::default()
    };
    assert_eq!(only(by), std::slice::from_ref(&banned));
    let about = AuditFilter {
        about: Some(account(2)),
        ..AuditFilter::default()
    };
    assert_eq!(only(about), [kicked.clone(), banned.clone()]);
    let action = AuditFilter {
        action: Some(AuditAction::AddressBanned),
        ..AuditFilter::default()
    };
    assert_eq!(only(action), [address]);
    let first = page(store, AuditFilter::default(), 1);
    let before = AuditFilter {
        before: Some(first[0].number),
        ..AuditFilter::default()
    };
    assert_eq!(only(before), [kicked, banned]);
}

/// What is not committed is not in it.
pub fn an_action_undone_leaves_no_entry(store: &dyn Store) {
    settle(store);
    let entry = NewAudit::new(NOW, Some(account(1)), AuditAction::Kicked).about(account(2));
    let mut writer = store.writer().unwrap();
    let mut transaction = writer.begin().unwrap();
    transaction.audit(&entry).unwrap();
    drop(transaction);
    drop(writer);
    assert_eq!(page(store, AuditFilter::default(), 9), []);
}
