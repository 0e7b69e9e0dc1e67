//! Verifiers of SCRAM.

use super::world::{account, new_account, read, settle, write};
use crate::{NewRecord, ScramRow, Store};

/// A verifier is kept for the record that it was made with, and goes with it.
pub fn a_verifier_is_kept_until_the_password_changes(store: &dyn Store) {
    settle(store);
    let ann = account(1);
    let record = read(store).account(&ann).unwrap().unwrap().record;
    let verifier = ScramRow {
        salt: [1; 16],
        iterations: 4096,
        stored_key: [2; 32],
        server_key: [3; 32],
    };
    let set = |record: &[u8], row: Option<&ScramRow>| {
        write(store, |transaction| {
            transaction.set_scram(&ann, record, row)
        })
    };
    assert_eq!(read(store).scram_of(&ann).unwrap(), None);
    assert!(!set(b"another", Some(&verifier)));
    assert_eq!(read(store).scram_of(&ann).unwrap(), None);
    assert!(set(&record, Some(&verifier)));
    assert!(set(&record, Some(&verifier)));
    assert_eq!(read(store).scram_of(&ann).unwrap(), Some(verifier.clone()));
    assert_eq!(read(store).scram_of(&account(2)).unwrap(), None);
    assert!(set(&record, None));
    assert_eq!(read(store).scram_of(&ann).unwrap(), None);
    assert!(set(&record, Some(&verifier)));
    let new = NewRecord {
        account: ann,
        expected: record,
        record: b"new".to_vec(),
        argon2: new_account(1, "ann").account.argon2,
    };
    assert!(write(store, |transaction| transaction.set_record(&new)));
    assert_eq!(read(store).scram_of(&ann).unwrap(), None);
}
