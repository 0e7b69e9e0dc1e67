//! Mentions, reactions and quotes.

use snug_proto::{
    Manner, Timestamp,
    limits::{MAX_REACTIONS, MAX_UNREAD_MENTIONS},
};
use snug_rules::{About, Authority, Content, may_relay};

use super::world::{
    LOBBY, account, append, edited, entry, events, message, read, say, seqs, settle, write,
};
use crate::{Append, AppendRefused, Appended, QuoteRow, ReadTarget, Store};

fn to(names: &[u8], reply_to: Option<u64>) -> Append {
    let mentions = names.iter().map(|name| account(*name)).collect();
    let content = Content::Message {
        body: "hi all".to_owned(),
        deleted: false,
        about: About {
            reply_to,
            mentions,
            manner: None,
        },
    };
    entry(LOBBY, 1, 0, content)
}

fn react(by: u8, of: u64, emoji: &str) -> Append {
    let emoji = emoji.to_owned();
    entry(LOBBY, by, 0, Content::Reacted { of, emoji })
}

fn unreact(by: u8, of: u64, emoji: &str) -> Append {
    let emoji = emoji.to_owned();
    entry(LOBBY, by, 0, Content::Unreacted { of, emoji })
}

fn unread_mentions(store: &dyn Store, of: u8) -> u64 {
    let standing = read(store).standing(&LOBBY, &account(of)).unwrap().unwrap();
    let rooms = read(store).rooms_of(&account(of), None, 10).unwrap();
    assert_eq!(rooms[0].mentions, standing.mentions, "both lists agree");
    standing.mentions
}

/// How something was said comes back with it, and goes with the words.
pub fn a_manner_goes_with_its_words(store: &dyn Store) {
    settle(store);
    let manner = Manner {
        notice: true,
        joints: vec![2],
        tags: [("+x".to_owned(), "y".to_owned())].into(),
    };
    let mut said = to(&[], None);
    if let Content::Message { about, .. } = &mut said.entry.content {
        about.manner = Some(Box::new(manner.clone()));
    }
    let tags = Content::Tagged {
        tags: manner.tags.clone(),
    };
    let why = Content::Deleted {
        of: 1,
        reason: Some("spam".to_owned()),
        by: Authority::Room,
    };
    seqs(store, &[said, entry(LOBBY, 1, 0, tags.clone())]);
    let found = events(store, LOBBY);
    assert!(
        matches!(&found[0].content, Content::Message { about, .. } if about.manner.as_deref() == Some(&manner))
    );
    assert_eq!(found[1].content, tags);
    seqs(store, &[entry(LOBBY, 1, 0, why.clone())]);
    let found = events(store, LOBBY);
    assert!(matches!(&found[0].content, Content::Message { about, .. } if about.manner.is_none()));
    assert_eq!(found[2].content, why);
}

/// Until when one has read only rises, and outlasts everything.
pub fn until_when_one_has_read_only_rises(store: &dyn Store) {
    settle(store);
    let (me, target) = (account(1), ReadTarget::Person(account(2)));
    assert_eq!(read(store).read_until(&me, target).unwrap(), None);
    for at in [20, 10] {
        write(store, |transaction| {
            transaction.set_read_until(&me, target, Timestamp::from_ms(at))
        });
    }
    let until = read(store).read_until(&me, target).unwrap();
    assert_eq!(until, Some(Timestamp::from_ms(20)));
    let other = ReadTarget::Room(LOBBY);
    assert_eq!(read(store).read_until(&me, other).unwrap(), None);
    assert_eq!(read(store).said_at(&LOBBY, 9).unwrap(), None);
    seqs(store, &[to(&[], None), to(&[], None)]);
    let at = events(store, LOBBY)[1].at;
    assert_eq!(read(store).said_at(&LOBBY, 9).unwrap(), Some(at));
    assert_eq!(read(store).seq_at(&LOBBY, at).unwrap(), 2);
    assert_eq!(
        read(store).seq_at(&LOBBY, Timestamp::from_ms(0)).unwrap(),
        0
    );
}

/// A mention is counted until the marker passes it, or the message is taken back.
pub fn mentions_are_counted_after_the_marker(store: &dyn Store) {
    settle(store);
    let batch = [to(&[2, 3], None), to(&[], None), to(&[2], Some(1))];
    assert_eq!(seqs(store, &batch), [1, 2, 3]);
    let found = events(store, LOBBY);
    let about = |seq: usize| match &found[seq - 1].content {
        Content::Message { about, .. } => about.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(about(1).mentions, [account(2), account(3)]);
    assert_eq!(about(2), About::default());
    assert_eq!(
        (about(3).reply_to, about(3).mentions),
        (Some(1), vec![account(2)])
    );
    let counts = |store| [1, 2, 3].map(|of| unread_mentions(store, of));
    assert_eq!(counts(store), [0, 2, 1]);
    write(store, |transaction| {
        transaction.mark(&LOBBY, &account(2), 2)
    });
    assert_eq!(counts(store), [0, 1, 1]);
    seqs(
        store,
        &[entry(
            LOBBY,
            1,
            0,
            Content::Deleted {
                of: 1,
                reason: None,
                by: Authority::Room,
            },
        )],
    );
    assert_eq!(counts(store), [0, 1, 0]);
    let blank = events(store, LOBBY).swap_remove(0).content;
    assert!(
        matches!(blank, Content::Message { deleted: true, about, .. } if about == About::default())
    );
    // Speaking reads what was said before.
    seqs(store, &[say(2, "yes?")]);
    assert_eq!(counts(store), [0, 0, 0]);
    let many: Vec<_> = (0..MAX_UNREAD_MENTIONS + 20)
        .map(|_| to(&[3], None))
        .collect();
    seqs(store, &many);
    assert_eq!(counts(store), [0, 0, MAX_UNREAD_MENTIONS]);
}

/// One of a kind and person; only so many kinds; none on what is no message any more.
pub fn reactions_stand_once_and_are_bounded(store: &dyn Store) {
    settle(store);
    assert_eq!(seqs(store, &[say(1, "one"), say(1, "two")]), [1, 2]);
    assert_eq!(seqs(store, &[react(2, 1, "👍"), react(3, 1, "👍")]), [3, 4]);
    let again = append(store, &[react(2, 1, "👍"), unreact(2, 2, "👍")]);
    assert!(matches!(again[0], Ok(Appended::Again(used)) if used.seq == 3));
    assert_eq!(again[1], Err(AppendRefused::Unchanged));
    assert_eq!(
        seqs(store, &[unreact(2, 1, "👍"), react(2, 1, "👍")]),
        [5, 6]
    );
    let kinds: Vec<_> = (1..MAX_REACTIONS)
        .map(|number| react(1, 1, &format!(":{number}:")))
        .collect();
    seqs(store, &kinds);
    let refused = append(store, &[react(3, 1, ":more:"), react(1, 1, "👍")]);
    assert_eq!(refused[0], Err(AppendRefused::TooMany));
    assert!(
        matches!(refused[1], Ok(Appended::New { .. })),
        "a kind that is there"
    );
    seqs(
        store,
        &[entry(
            LOBBY,
            1,
            0,
            Content::Deleted {
                of: 1,
                reason: None,
                by: Authority::Room,
            },
        )],
    );
    let late = append(
        store,
        &[react(2, 1, "x"), react(2, 3, "x"), unreact(3, 1, "👍")],
    );
    let gone = Err(AppendRefused::Gone);
    assert_eq!(late, [gone, gone, Err(AppendRefused::Unchanged)]);
    assert!(matches!(
        &events(store, LOBBY)[2].content,
        Content::Reacted { of: 1, emoji } if emoji == "👍"
    ));
}

/// A quote says what a message says now, to those who may read it.
pub fn a_quote_is_what_stands_now(store: &dyn Store) {
    settle(store);
    let batch = [
        entry(LOBBY, 1, 0, message("the  keys\nare here")),
        say(2, "old words"),
        say(2, "secret"),
        entry(LOBBY, 2, 0, edited(2, "newer words")),
        entry(LOBBY, 2, 0, edited(2, "new words")),
        entry(LOBBY, 2, 0, edited(3, "secret too")),
        entry(
            LOBBY,
            2,
            0,
            Content::Deleted {
                of: 3,
                reason: None,
                by: Authority::Room,
            },
        ),
    ];
    seqs(store, &batch);
    let quote = |seq, by, excerpt: &str| QuoteRow {
        seq,
        author: account(by),
        excerpt: excerpt.to_owned(),
    };
    let mut reader = read(store);
    let all = may_relay(LOBBY, 0);
    assert_eq!(
        reader.quotes(&all, &[2, 1, 3, 4, 7, 99]).unwrap(),
        [quote(2, 2, "new words"), quote(1, 1, "the keys are here")]
    );
    let later = may_relay(LOBBY, 1);
    assert_eq!(
        reader.quotes(&later, &[1, 2]).unwrap(),
        [quote(2, 2, "new words")]
    );
}
