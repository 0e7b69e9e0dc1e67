//! Retry keys (DECISIONS 35).

use snug_proto::limits::KEY_LIFETIME_MS;
use snug_rules::Content;

use super::world::{
    DEN, LOBBY, NOW, account, append, entry, events, message, read, say, seq, seqs, settle, write,
};
use crate::{Append, AppendRefused, Appended, KeyUse, Store};

fn keyed(append: Append, key: &str, digest: u8) -> Append {
    Append {
        key: Some((key.to_owned(), [digest; 32])),
        ..append
    }
}

fn used(seq: u64, digest: u8) -> KeyUse {
    KeyUse {
        digest: [digest; 32],
        room: LOBBY,
        seq,
        at: NOW,
    }
}

/// In one batch or in two: the same request is answered as the first was, another is refused, and
/// another account may use the same key.
pub fn the_same_request_under_its_key_is_kept_once(store: &dyn Store) {
    settle(store);
    let again = Ok(Appended::Again(used(1, 7)));
    let outcomes = append(
        store,
        &[
            keyed(say(1, "once"), "k", 7),
            keyed(say(1, "once"), "k", 7),
            keyed(say(1, "other"), "k", 8),
            keyed(say(2, "mine"), "k", 8),
        ],
    );
    assert_eq!(outcomes[1..3], [again, Err(AppendRefused::KeyReused)]);
    assert_eq!((seq(outcomes[0]), seq(outcomes[3])), (1, 2));
    let later = append(
        store,
        &[keyed(say(1, "once"), "k", 7), keyed(say(1, "x"), "k", 9)],
    );
    assert_eq!(later, [again, Err(AppendRefused::KeyReused)]);
    assert_eq!(events(store, LOBBY).len(), 2);
    let mut reader = read(store);
    let mut key_use = |by| reader.key_use(&account(by), "k").unwrap();
    assert_eq!(key_use(1), Some(used(1, 7)));
    assert_eq!(key_use(2), Some(used(2, 8)));
    assert_eq!(key_use(3), None);
}

/// What a retry was decided on may be long past: it was appended then. One that was refused then left
/// its key free.
pub fn a_retry_is_answered_even_after_the_rules_moved(store: &dyn Store) {
    settle(store);
    let join = keyed(entry(DEN, 1, 0, Content::Joined), "j", 1);
    let stale = keyed(entry(DEN, 1, 9, message("hello")), "m", 2);
    let outcomes = append(store, &[join.clone(), stale]);
    assert_eq!(seq(outcomes[0]), 1);
    assert_eq!(outcomes[1], Err(AppendRefused::Stale));
    let again = append(store, &[join]);
    assert!(matches!(
        again[0],
        Ok(Appended::Again(KeyUse {
            seq: 1,
            room: DEN,
            ..
        }))
    ));
    let fresh = keyed(entry(DEN, 1, 1, message("hello")), "m", 2);
    assert_eq!(seqs(store, &[fresh]), [2]);
    // Stale now, and answered all the same.
    let retried = keyed(entry(DEN, 1, 0, message("hello")), "m", 2);
    assert!(matches!(
        append(store, &[retried])[0],
        Ok(Appended::Again(KeyUse { seq: 2, .. }))
    ));
}

/// A key past its lifetime is free again, and tidying forgets it.
pub fn a_key_is_forgotten_after_its_lifetime(store: &dyn Store) {
    settle(store);
    let batch = [keyed(say(1, "a"), "a", 1), keyed(say(1, "b"), "b", 2)];
    assert_eq!(seqs(store, &batch), [1, 2]);
    let much_later = NOW.plus_ms(KEY_LIFETIME_MS + 1);
    let outcomes = write(store, |transaction| {
        transaction.append(&[keyed(say(1, "c"), "a", 3)], much_later)
    });
    assert_eq!(outcomes.into_iter().map(seq).collect::<Vec<_>>(), [3]);
    let mut writer = store.writer().unwrap();
    writer.tidy(NOW.plus_ms(KEY_LIFETIME_MS)).unwrap();
    let find = |key| read(store).key_use(&account(1), key).unwrap();
    assert_eq!(find("b"), Some(used(2, 2)));
    writer.tidy(much_later).unwrap();
    assert_eq!(find("b"), None);
    assert_eq!(find("a").map(|used| used.seq), Some(3));
}
