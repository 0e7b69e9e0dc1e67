//! The store against a plain model of it: random batches by two writers, some of them given up, some
//! parts undone; every answer, and at the end every event, count, member and marker, is the model's.

use std::collections::BTreeMap;

use snug_proto::RoomId;
use snug_rules::{Authority, Content};

use super::world::{
    DEN, LOBBY, NOW, account, edited, entry, events, message, new_room, read, room, settle, write,
};
use crate::{Append, AppendRefused, Appended, KeyUse, Store, StoredEvent};

const STEPS: usize = 400;
const ACCOUNTS: u64 = 3;
const SEEDS: std::ops::Range<u64> = 0..8;

/// Numbers that look random and are the same in every run (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn small(&mut self, bound: u64) -> u8 {
        u8::try_from(self.below(bound)).unwrap()
    }
}

#[derive(Clone, Default)]
struct Log {
    rules: u64,
    messages: u64,
    events: Vec<StoredEvent>,
    members: BTreeMap<u8, u64>,
    markers: BTreeMap<u8, (u64, u64)>,
    /// By message, emoji and account: the event that put the reaction there.
    reactions: BTreeMap<(u64, String, u8), u64>,
}

#[derive(Clone, Default)]
struct Model {
    logs: BTreeMap<RoomId, Log>,
    keys: BTreeMap<(u8, String), KeyUse>,
}

impl Model {
    fn append(&mut self, by: u8, append: &Append) -> Result<Appended, AppendRefused> {
        if let Some((key, digest)) = &append.key
            && let Some(used) = self.keys.get(&(by, key.clone()))
        {
            return if used.digest == *digest {
                Ok(Appended::Again(*used))
            } else {
                Err(AppendRefused::KeyReused)
            };
        }
        let log = self.logs.entry(append.room).or_default();
        let content = append.entry.content.clone();
        let seq = log.events.len() as u64 + 1;
        if log.rules != append.expect.room_rules {
            return Err(AppendRefused::Stale);
        }
        match &content {
            Content::Message { .. } => log.messages += 1,
            Content::Joined if log.members.contains_key(&by) => return Err(AppendRefused::Stale),
            Content::Joined => {
                log.members.insert(by, seq);
                log.rules = append.rules_after;
            }
            Content::Left { .. } => {
                log.members.remove(&by).ok_or(AppendRefused::Stale)?;
                log.rules = append.rules_after;
            }
            Content::Edited { of, .. } | Content::Reacted { of, .. } => {
                let target = usize::try_from(*of).unwrap().checked_sub(1);
                match target.and_then(|target| log.events.get(target)) {
                    Some(StoredEvent {
                        content: Content::Message { deleted: false, .. },
                        ..
                    }) => {}
                    _ => return Err(AppendRefused::Gone),
                }
            }
            Content::Deleted { of, .. } => {
                log.events.iter_mut().for_each(|event| blank(event, *of));
                log.reactions.retain(|(on, ..), _| on != of);
            }
            Content::Unreacted { of, emoji } => {
                let removed = log.reactions.remove(&(*of, emoji.clone(), by));
                removed.ok_or(AppendRefused::Unchanged)?;
            }
            // Nothing is purged here.
            Content::Restored { .. } => return Err(AppendRefused::Gone),
            Content::Tagged { .. } => {}
            Content::Changed { .. } => log.rules = append.rules_after,
        }
        if let Content::Reacted { of, emoji } = &content {
            let reaction = (*of, emoji.clone(), by);
            if let Some(before) = log.reactions.get(&reaction) {
                return Ok(Appended::Again(KeyUse {
                    digest: [0; 32],
                    room: append.room,
                    seq: *before,
                    at: NOW,
                }));
            }
            log.reactions.insert(reaction, seq);
        }
        if matches!(content, Content::Message { .. }) {
            log.markers.insert(by, (seq, log.messages));
        }
        let messages = log.messages;
        log.events.push(StoredEvent {
            seq,
            at: NOW,
            messages,
            actor: account(by),
            content,
        });
        if let Some((key, digest)) = append.key.clone() {
            let used = KeyUse {
                digest,
                room: append.room,
                seq,
                at: NOW,
            };
            self.keys.insert((by, key), used);
        }
        Ok(Appended::New {
            seq,
            at: NOW,
            messages,
        })
    }
}

fn blank(event: &mut StoredEvent, target: u64) {
    match &mut event.content {
        Content::Message {
            body,
            deleted,
            about,
        } if event.seq == target => {
            body.clear();
            about.mentions.clear();
            *deleted = true;
        }
        Content::Edited { of, body, deleted } if *of == target => {
            body.clear();
            *deleted = true;
        }
        _ => {}
    }
}

fn any(random: &mut Random, model: &Model) -> (u8, Append) {
    let to = [LOBBY, DEN, room(50)][usize::from(random.small(3))];
    let by = 1 + random.small(ACCOUNTS);
    let log = model.logs.get(&to).cloned().unwrap_or_default();
    let of = random.below(log.events.len() as u64 + 2);
    let text = format!("text {}", random.below(1000));
    let emoji = ["👍", ":+1:"][usize::from(random.small(2))].to_owned();
    let content = match random.below(15) {
        14 => Content::Restored {
            of,
            body: text,
            deleted: false,
        },
        10 | 11 => Content::Reacted { of, emoji },
        12 | 13 => Content::Unreacted { of, emoji },
        0..5 => message(&text),
        5 => Content::Joined,
        6 => Content::Left { reason: None },
        7 | 8 => edited(of, &text),
        _ => Content::Deleted {
            of,
            reason: None,
            by: Authority::Room,
        },
    };
    // Mostly what a batch before this one left; sometimes not.
    let rules = log.rules + u64::from(random.below(12) == 0);
    let key = (random.below(3) == 0).then(|| {
        let digest = [random.small(2); 32];
        (format!("key {}", random.below(60)), digest)
    });
    let append = Append {
        key,
        ..entry(to, by, rules, content)
    };
    (by, append)
}

/// Whatever two writers do in turn, the store answers and holds what the model does.
pub fn the_store_is_what_a_plain_model_says(store: &dyn Store) {
    settle(store);
    write(store, |transaction| {
        transaction.create_room(&new_room(room(50), "attic"))
    });
    let mut model = Model::default();
    let mut writers = [store.writer().unwrap(), store.writer().unwrap()];
    for seed in SEEDS {
        let mut random = Random(seed);
        for _ in 0..STEPS / usize::try_from(SEEDS.end).unwrap() {
            let before = model.clone();
            let writer = usize::from(random.small(2));
            let mut transaction = writers[writer].begin().unwrap();
            for _ in 0..=random.below(2) {
                let part = random.below(3) == 0;
                let kept = model.clone();
                if part {
                    transaction.begin_part().unwrap();
                }
                let batch: Vec<_> = (0..random.below(6))
                    .map(|_| any(&mut random, &model))
                    .collect();
                let expected: Vec<_> = batch
                    .iter()
                    .map(|(by, append)| model.append(*by, append))
                    .collect();
                let appends: Vec<_> = batch.into_iter().map(|(_, append)| append).collect();
                assert_eq!(transaction.append(&appends, NOW).unwrap(), expected);
                if part && random.below(2) == 0 {
                    transaction.undo_part().unwrap();
                    model = kept;
                } else if part {
                    transaction.keep_part().unwrap();
                }
            }
            if random.below(8) == 0 {
                drop(transaction);
                model = before;
            } else {
                transaction.commit().unwrap();
            }
        }
    }
    compare(store, &model);
}

fn compare(store: &dyn Store, model: &Model) {
    let mut reader = read(store);
    for (id, log) in &model.logs {
        assert_eq!(events(store, *id), log.events);
        let counts = reader.counts(id).unwrap().unwrap();
        assert_eq!(counts.seq, log.events.len() as u64);
        assert_eq!((counts.messages, counts.rules), (log.messages, log.rules));
        assert_eq!(counts.members, log.members.len() as u64);
        let members = reader.members(id).unwrap();
        let mut expected: Vec<_> = log.members.iter().collect();
        expected.sort_by_key(|(_, joined)| **joined);
        let members: Vec<_> = members
            .iter()
            .map(|row| (row.account, row.joined))
            .collect();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(by, joined)| (account(*by), *joined))
            .collect();
        assert_eq!(members, expected);
        for by in 1..=u8::try_from(ACCOUNTS).unwrap() {
            let found = reader.standing(id, &account(by)).unwrap();
            assert_eq!(
                found.is_some(),
                *id == LOBBY || log.members.contains_key(&by)
            );
            let (seq, messages) = log.markers.get(&by).copied().unwrap_or_default();
            if let Some(found) = found {
                assert_eq!((found.read, found.unread), (seq, log.messages - messages));
            }
        }
    }
    assert!(model.keys.len() > 20, "too few keys to mean anything");
    for ((by, key), used) in &model.keys {
        assert_eq!(reader.key_use(&account(*by), key).unwrap(), Some(*used));
    }
}
