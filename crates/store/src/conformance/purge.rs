//! Taking back all that somebody said, for a while so that it can be undone.

use snug_rules::{About, Authority, Content, TargetKind};

use super::world::{LOBBY, NOW, account, edited, entry, events, read, say, seqs, settle, write};
use crate::{Append, AppendRefused, Appended, Store, StoredEvent};

const GONE: Result<Appended, AppendRefused> = Err(AppendRefused::Gone);

/// Account 2 says two things in the lobby, of which it edits the second, 3 a fourth; then both are purged by 3.
fn purged(store: &dyn Store) -> Vec<StoredEvent> {
    settle(store);
    let said = Content::Message {
        body: "come, ann".to_owned(),
        deleted: false,
        about: About {
            mentions: vec![account(1)],
            ..About::default()
        },
    };
    let words = [
        entry(LOBBY, 2, 0, said),
        say(2, "old"),
        entry(LOBBY, 2, 0, edited(2, "older")),
        say(3, "mine"),
    ];
    seqs(store, &words);
    let before = events(store, LOBBY);
    assert_eq!(mentions_of_ann(store), 1);
    write(store, |transaction| {
        transaction.purge_ends(&account(2), NOW.plus_ms(1000))
    });
    let purge = |of| {
        let reason = Some("spam".to_owned());
        let by = Authority::Server;
        entry(LOBBY, 3, 0, Content::Deleted { of, reason, by })
    };
    assert_eq!(seqs(store, &[purge(1), purge(2)]), [5, 6]);
    before
}

fn restore(of: u64, body: &str) -> Append {
    entry(LOBBY, 3, 0, restored(of, body))
}

fn restored(of: u64, body: &str) -> Content {
    Content::Restored {
        of,
        body: body.to_owned(),
        deleted: body.is_empty(),
    }
}

fn refused(store: &dyn Store, append: Append) -> Vec<Result<Appended, AppendRefused>> {
    write(store, |transaction| transaction.append(&[append], NOW))
}

fn mentions_of_ann(store: &dyn Store) -> u64 {
    let rooms = read(store).rooms_of(&account(1), None, 9).unwrap();
    rooms.iter().map(|room| room.mentions).sum()
}

fn kind(store: &dyn Store, seq: u64) -> Option<TargetKind> {
    let target = read(store).target(&LOBBY, seq).unwrap();
    target.map(|target| target.kind)
}

fn is_blank(event: &StoredEvent) -> bool {
    match &event.content {
        Content::Message { body, deleted, .. } | Content::Edited { body, deleted, .. } => {
            *deleted && body.is_empty()
        }
        _ => false,
    }
}

/// Also its edits and whom it mentions; and all that is there again as it was.
pub fn what_was_purged_is_nobodys_to_read_until_that_is_undone(store: &dyn Store) {
    let before = purged(store);
    let found = events(store, LOBBY);
    let blank: Vec<_> = found.iter().take(4).map(is_blank).collect();
    assert_eq!(blank, [true, true, true, false]);
    assert_eq!(mentions_of_ann(store), 0);
    assert_eq!(kind(store, 1), Some(TargetKind::Purged));
    let words = read(store).words_since(&account(2), NOW, 9).unwrap();
    assert_eq!(words, []);
    let edit = entry(LOBBY, 2, 0, edited(1, "again"));
    assert_eq!(refused(store, edit), [GONE]);
    assert_eq!(refused(store, restore(4, "mine")), [GONE], "it never was");

    let kept = read(store).purged(&account(2), NOW, 9).unwrap();
    let kept: Vec<_> = kept.iter().map(|words| (words.seq, &*words.body)).collect();
    assert_eq!(kept, [(1, "come, ann"), (2, "older")]);
    assert_eq!(seqs(store, &[restore(1, "come, ann")]), [7]);
    assert_eq!(refused(store, restore(1, "come, ann")), [GONE]);
    let found = events(store, LOBBY);
    assert_eq!(found[0], before[0], "as it was");
    assert_eq!(mentions_of_ann(store), 1);
    // Its taking back is there no more; that of the other is.
    assert_eq!(found[4].content, restored(1, "come, ann"));
    let by = Authority::Server;
    let reason = Some("spam".to_owned());
    assert_eq!(found[5].content, Content::Deleted { of: 2, reason, by });
    assert_eq!(seqs(store, &[restore(2, "older")]), [8]);
    assert_eq!(events(store, LOBBY)[..4], before);

    // It is like any other message then: it can be taken back, and its words with it.
    let delete = Content::Deleted {
        of: 1,
        reason: None,
        by: Authority::Room,
    };
    seqs(store, &[entry(LOBBY, 2, 0, delete)]);
    let found = events(store, LOBBY);
    assert!(is_blank(&found[0]));
    for again in [4, 6] {
        assert_eq!(found[again].content, restored(1, ""));
    }
}

/// From then on its words are gone.
pub fn a_purge_cannot_be_undone_when_its_time_is_over(store: &dyn Store) {
    purged(store);
    let end = NOW.plus_ms(1000);
    let mut writer = store.writer().unwrap();
    writer.tidy(NOW.plus_ms(999)).unwrap();
    assert_eq!(read(store).purged(&account(2), NOW, 9).unwrap().len(), 2);
    assert_eq!(read(store).purged(&account(2), end, 9).unwrap().len(), 0);
    writer.tidy(end).unwrap();
    drop(writer);
    assert_eq!(read(store).purged(&account(2), NOW, 9).unwrap().len(), 0);
    assert_eq!(kind(store, 2), Some(TargetKind::DeletedMessage));
    assert_eq!(refused(store, restore(2, "older")), [GONE]);
    assert!(events(store, LOBBY).iter().take(3).all(is_blank));
}
