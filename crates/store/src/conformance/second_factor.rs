//! Second factors (A7).

use super::world::{account, read, settle, write};
use snug_proto::{AuditAction, Timestamp};

use crate::{NewAudit, SecondFactorRow, Store};

/// A code of the app is good once and never after a later one; a recovery code is good once; what is dropped
/// is gone.
pub fn a_second_factor_is_used_up_code_by_code(store: &dyn Store) {
    settle(store);
    let (ann, bob) = (account(1), account(2));
    let (salt, one, two) = ([7; 16], [1; 32], [2; 32]);
    let asks = || read(store).account(&ann).unwrap().unwrap().second_factor;
    let step = |step| write(store, |transaction| transaction.use_step(&ann, step));
    let recover = |who, tag| write(store, |transaction| transaction.use_recovery_code(who, tag));
    let set = || {
        write(store, |transaction| {
            transaction.set_second_factor(&ann, &salt, 10, &[one, two])
        })
    };
    assert!(!asks() && !step(11) && !recover(&ann, &one));
    assert!(set());
    assert!(!set());
    assert!(asks());
    assert!(!read(store).account(&bob).unwrap().unwrap().second_factor);
    assert_eq!(read(store).second_factor_of(&bob).unwrap(), None);
    assert!(!step(9) && !step(10) && step(11) && !step(11) && step(13) && !step(12));
    assert!(!recover(&bob, &one) && recover(&ann, &one) && !recover(&ann, &one));
    let row = SecondFactorRow {
        salt,
        step: 13,
        recovery_codes: 1,
    };
    assert_eq!(read(store).second_factor_of(&ann).unwrap(), Some(row));
    assert!(write(store, |transaction| transaction.drop_second_factor(&ann)));
    assert!(!write(store, |transaction| transaction.drop_second_factor(&ann)));
    assert!(!asks() && !recover(&ann, &two));
    assert!(set());
    let note = |at, action, who| {
        let entry = NewAudit::new(Timestamp::from_ms(at), Some(bob), action).about(who);
        write(store, |transaction| transaction.audit(&entry));
    };
    let (used, dropped) = (
        AuditAction::RecoveryCodeUsed,
        AuditAction::SecondFactorDropped,
    );
    note(1_000, used, ann);
    note(2_000, dropped, ann);
    note(3_000, used, bob);
    note(4_000, AuditAction::Kicked, ann);
    let news = |after, limit| {
        let after = Timestamp::from_ms(after);
        read(store).second_factor_news(&ann, after, limit).unwrap()
    };
    let [one, two] = [(used, 1_000), (dropped, 2_000)].map(|(of, at)| (of, Timestamp::from_ms(at)));
    assert_eq!(news(0, 9), [one, two]);
    assert_eq!((news(1_000, 9), news(0, 1)), (vec![two], vec![two]));
}
