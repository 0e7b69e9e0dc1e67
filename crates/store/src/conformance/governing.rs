//! Roles, other names and bans from the server: each advances the account's counter.

use snug_proto::{AccountName, ReportState, Role, limits::REPORT_KEPT_MS};
use snug_rules::{Network, ServerBan};

use super::world::{DEN, NOW, account, append, new_account, read, say, settle, write};
use crate::{AppendRefused, Banned, NewReport, NewServerBan, ReportFilter, Store, StoreError};

/// What was decided before a role changed is refused after it.
pub fn a_role_is_changed_and_makes_stale_what_was_decided_before(store: &dyn Store) {
    settle(store);
    write(store, |transaction| {
        transaction.set_role(&account(2), Role::Moderator, 77)?;
        let now = transaction.account_now(&account(2))?.unwrap();
        assert_eq!((now.role, now.rules), (Role::Moderator, 77));
        Ok(())
    });
    assert_eq!(append(store, &[say(2, "hi")]), [Err(AppendRefused::Stale)]);
    let kept = read(store).account(&account(2)).unwrap().unwrap();
    assert_eq!(kept.role, Role::Moderator);
}

/// The old name is kept for the one who had it, and for nobody else, for its time.
pub fn a_renamed_account_may_take_its_old_name_back_and_nobody_else_may(store: &dyn Store) {
    settle(store);
    let until = NOW.plus_ms(1000);
    let rename = |number: u8, name: &str, now| {
        let name = AccountName::parse(name).unwrap();
        let mut writer = store.writer().unwrap();
        let mut transaction = writer.begin().unwrap();
        let renamed = transaction.rename_account(&account(number), &name, 5, now, until);
        transaction.commit().unwrap();
        renamed
    };
    assert!(matches!(rename(1, "bob", NOW), Err(StoreError::Taken)));
    rename(1, "anna", NOW).unwrap();
    let found = read(store).account_to_try(&new_account(1, "anna").skeleton, 1);
    assert_eq!(found.unwrap().unwrap().name, "anna");
    assert!(matches!(rename(2, "ann", NOW), Err(StoreError::Taken)));
    let newcomer = write(store, |transaction| {
        Ok(transaction.create_account(&new_account(9, "ann")))
    });
    assert!(matches!(newcomer, Err(StoreError::Taken)));
    rename(1, "ann", NOW).unwrap();
    assert!(matches!(rename(3, "anna", NOW), Err(StoreError::Taken)));
    rename(3, "anna", until).unwrap();
}

/// One of each, newest first; a second takes the place of the first.
pub fn bans_from_the_server_are_found_listed_and_lifted(store: &dyn Store) {
    settle(store);
    let network: Network = "192.0.2.0/24".parse().unwrap();
    let ban = |whom, reason: &str| NewServerBan {
        whom,
        by: Some(account(1)),
        rank: Role::Owner,
        at: NOW,
        until: Some(NOW.plus_ms(9)),
        reason: Some(reason.to_owned()),
    };
    let bob = Banned::Account(account(2));
    write(store, |transaction| {
        transaction.ban_from_server(&ban(bob, "noise"), 7)?;
        transaction.ban_from_server(&ban(Banned::Addresses(network), "flood"), 8)?;
        transaction.ban_from_server(&ban(bob, "more noise"), 9)?;
        assert_eq!(transaction.count_server_bans()?, 2);
        assert!(transaction.server_ban_now(&bob)?.is_some());
        Ok(())
    });
    let mut reader = read(store);
    let listed = reader.server_bans(None, 9).unwrap();
    let whom: Vec<_> = listed.iter().map(|row| row.whom).collect();
    assert_eq!(whom, [bob, Banned::Addresses(network)]);
    assert_eq!(listed[0].name.as_deref(), Some("bob"));
    let says = ServerBan {
        rank: Role::Owner,
        by: Some("ann".to_owned()),
        until: Some(NOW.plus_ms(9)),
        reason: Some("more noise".to_owned()),
    };
    assert_eq!(listed[0].ban, says);
    let older = reader.server_bans(Some(listed[0].number), 9).unwrap();
    assert_eq!(older, listed[1..]);
    assert_eq!(
        reader.server_ban_of(&account(2)).unwrap(),
        Some(listed[0].clone())
    );
    assert_eq!(reader.server_ban_of(&account(3)).unwrap(), None);
    assert_eq!(reader.account(&account(2)).unwrap().unwrap().rules, 9);
    drop(reader);
    write(store, |transaction| {
        assert!(transaction.unban_from_server(&bob, 10)?);
        assert!(!transaction.unban_from_server(&bob, 11)?);
        assert!(transaction.unban_from_server(&Banned::Addresses(network), 12)?);
        Ok(())
    });
    assert_eq!(read(store).server_bans(None, 9).unwrap(), []);
    assert_eq!(read(store).account(&account(2)).unwrap().unwrap().rules, 11);
}

/// An open report stays; a decided one goes with its words once it is old.
pub fn decided_reports_are_forgotten_after_their_time(store: &dyn Store) {
    settle(store);
    let new = |seq| NewReport {
        at: NOW,
        by: account(1),
        room: DEN,
        seq,
        author: account(2),
        body: "words".to_owned(),
        why: None,
        state: ReportState::Escalated,
    };
    write(store, |transaction| {
        assert_eq!(transaction.report(&new(7))?, Some(1));
        assert_eq!(transaction.report(&new(7))?, None);
        assert!(transaction.report(&new(8))?.is_some());
        assert_eq!(transaction.open_reports(&account(1))?, (2, 2));
        transaction.decide_report(1, ReportState::Resolved, &account(3))
    });
    let all = ReportFilter {
        server: true,
        decided: true,
        ..ReportFilter::default()
    };
    let numbers = || {
        let rows = read(store).reports(&all, 9).unwrap();
        rows.iter().map(|row| row.number).collect::<Vec<_>>()
    };
    let tidy = |now| store.writer().unwrap().tidy(now).unwrap();
    tidy(NOW.plus_ms(REPORT_KEPT_MS));
    assert_eq!(numbers().len(), 2);
    tidy(NOW.plus_ms(REPORT_KEPT_MS + 1));
    // The one that nobody decided.
    let left = numbers();
    assert!(left.len() == 1 && left != [1], "{left:?}");
}
