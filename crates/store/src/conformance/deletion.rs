//! Taking words back.

use snug_rules::{About, Authority, Content, TargetKind};

use super::world::{LOBBY, append, edited, entry, events, message, read, say, seqs, settle};
use crate::{AppendRefused, Store};

/// The message and every edit of it lose their words and keep their place; nothing else does.
pub fn a_deletion_blanks_the_message_and_all_its_edits(store: &dyn Store) {
    settle(store);
    let batch = [
        say(1, "secret"),
        say(1, "other"),
        entry(LOBBY, 1, 0, edited(1, "more secret")),
        entry(LOBBY, 1, 0, edited(2, "another")),
        entry(LOBBY, 1, 0, edited(1, "")),
        entry(
            LOBBY,
            1,
            0,
            Content::Deleted {
                of: 1,
                reason: None,
                by: Authority::Room,
            },
        ),
    ];
    assert_eq!(seqs(store, &batch), [1, 2, 3, 4, 5, 6]);
    let found: Vec<_> = events(store, LOBBY)
        .into_iter()
        .map(|event| event.content)
        .collect();
    let blank_edit = Content::Edited {
        of: 1,
        body: String::new(),
        deleted: true,
    };
    assert_eq!(
        found,
        [
            Content::Message {
                body: String::new(),
                deleted: true,
                about: About::default(),
            },
            message("other"),
            blank_edit.clone(),
            edited(2, "another"),
            blank_edit,
            Content::Deleted {
                of: 1,
                reason: None,
                by: Authority::Room
            },
        ]
    );
    let mut reader = read(store);
    let kind = |target: Option<snug_rules::Target>| target.map(|target| target.kind);
    let mut target = |seq| kind(reader.target(&LOBBY, seq).unwrap());
    assert_eq!(target(1), Some(TargetKind::DeletedMessage));
    assert_eq!(target(2), Some(TargetKind::Message));
    assert_eq!(target(3), Some(TargetKind::Other));
    assert_eq!(target(7), None);
}

/// An edit that was decided before the deletion comes too late; so does one of what is no message.
pub fn what_is_deleted_cannot_be_edited(store: &dyn Store) {
    settle(store);
    let edit = |of| entry(LOBBY, 1, 0, edited(of, "new"));
    let deleted = entry(
        LOBBY,
        1,
        0,
        Content::Deleted {
            of: 1,
            reason: None,
            by: Authority::Room,
        },
    );
    assert_eq!(seqs(store, &[say(1, "old"), deleted]), [1, 2]);
    let gone = Err(AppendRefused::Gone);
    assert_eq!(append(store, &[edit(1), edit(2), edit(9)]), [gone; 3]);
    assert_eq!(seqs(store, &[say(1, "next")]), [3]);
}
