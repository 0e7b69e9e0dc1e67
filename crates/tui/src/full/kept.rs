//! What is kept over restarts: drafts, and where one was. Written a second after it changed, so that not
//! each key is a write.

use std::{collections::BTreeMap, time::Duration};

use snug_client::{MAX_KEPT_BYTES, Profile, ProfileError};
use snug_proto::RoomId;
use tokio::time::Instant;

/// How long a change waits for those that follow it.
const SAVE_AFTER: Duration = Duration::from_secs(1);
/// Lines typed in a room that are kept, and their bytes; less than a value may have, so that quotes fit.
const MAX_TYPED: usize = 50;
const MAX_TYPED_BYTES: usize = MAX_KEPT_BYTES / 4;
/// The name that the last place is kept by.
const PLACE: &str = "place";

/// See the module.
pub(super) struct Kept {
    profile: Profile,
    values: BTreeMap<String, String>,
    changed: BTreeMap<String, Option<String>>,
    save_at: Option<Instant>,
}

impl Kept {
    /// What was kept.
    pub(super) fn open(profile: &Profile) -> Result<Self, ProfileError> {
        Ok(Self {
            profile: profile.clone(),
            values: profile.kept()?,
            changed: BTreeMap::new(),
            save_at: None,
        })
    }

    /// The drafts of a server.
    pub(super) fn drafts(&self, alias: &str) -> Vec<(RoomId, String)> {
        let prefix = draft_of(alias, "");
        let of_server = self.values.range(prefix.clone()..);
        of_server
            .take_while(|(what, _)| what.starts_with(&prefix))
            .filter_map(|(what, words)| {
                let room = what.strip_prefix(&prefix)?.parse().ok()?;
                Some((room, words.clone()))
            })
            .collect()
    }

    /// Keeps a draft; of no words, none.
    pub(super) fn draft(&mut self, alias: &str, room: RoomId, words: &str) {
        let what = draft_of(alias, &room.to_string());
        let cut = snipped(words);
        self.set(what, (!cut.is_empty()).then(|| cut.to_owned()));
    }

    /// What was typed in the rooms of a server, the oldest first.
    pub(super) fn typed(&self, alias: &str) -> Vec<(RoomId, Vec<String>)> {
        let prefix = typed_of(alias, "");
        let of_server = self.values.range(prefix.clone()..);
        of_server
            .take_while(|(what, _)| what.starts_with(&prefix))
            .filter_map(|(what, lines)| {
                let room = what.strip_prefix(&prefix)?.parse().ok()?;
                Some((room, serde_json::from_str(lines).ok()?))
            })
            .collect()
    }

    /// Keeps what was typed in a room last.
    pub(super) fn was_typed<'a>(
        &mut self,
        alias: &str,
        room: RoomId,
        lines: impl DoubleEndedIterator<Item = &'a str>,
    ) {
        let mut bytes = 0;
        let mut last: Vec<&str> = lines
            .rev()
            .take(MAX_TYPED)
            .take_while(|line| {
                bytes += line.len();
                bytes <= MAX_TYPED_BYTES
            })
            .collect();
        last.reverse();
        self.set(
            typed_of(alias, &room.to_string()),
            serde_json::to_string(&last).ok(),
        );
    }

    /// Where one was: a server's alias, and a room there.
    pub(super) fn place(&self) -> Option<(String, RoomId)> {
        // An alias may hold anything but a blank.
        let (alias, room) = self.values.get(PLACE)?.rsplit_once(' ')?;
        Some((alias.to_owned(), room.parse().ok()?))
    }

    /// One is here now.
    pub(super) fn at(&mut self, alias: &str, room: RoomId) {
        self.set(PLACE.to_owned(), Some(format!("{alias} {room}")));
    }

    fn set(&mut self, what: String, value: Option<String>) {
        if self.values.get(&what) == value.as_ref() {
            return;
        }
        match &value {
            Some(value) => self.values.insert(what.clone(), value.clone()),
            None => self.values.remove(&what),
        };
        self.changed.insert(what, value);
        self.save_at
            .get_or_insert_with(|| Instant::now() + SAVE_AFTER);
    }

    /// When to save, if there is something.
    pub(super) const fn save_at(&self) -> Option<Instant> {
        self.save_at
    }

    /// Saves what changed. What cannot be written is tried again with the next change.
    pub(super) async fn save(&mut self) -> Result<(), ProfileError> {
        self.save_at = None;
        let changed = std::mem::take(&mut self.changed);
        if changed.is_empty() {
            return Ok(());
        }
        let profile = self.profile.clone();
        let saving = tokio::task::spawn_blocking(move || (profile.keep(&changed), changed));
        match saving.await {
            Ok((Ok(()), _)) => Ok(()),
            Ok((Err(error), changed)) => {
                for (what, value) in changed {
                    self.changed.entry(what).or_insert(value);
                }
                Err(error)
            }
            Err(panicked) => Err(ProfileError::Stopped(panicked.to_string())),
        }
    }
}

fn typed_of(alias: &str, room: &str) -> String {
    format!("typed {} {room}", alias.to_lowercase())
}

fn draft_of(alias: &str, room: &str) -> String {
    format!("draft {} {room}", alias.to_lowercase())
}

/// As much of a draft as is kept.
fn snipped(words: &str) -> &str {
    let mut end = words.len().min(MAX_KEPT_BYTES);
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    words.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn drafts_and_the_place_are_there_again_and_each_server_has_its_own() {
        let profile = Profile::in_memory().unwrap();
        let mut kept = Kept::open(&profile).unwrap();
        let (den, ops) = (RoomId::from_bytes([1; 16]), RoomId::from_bytes([2; 16]));
        kept.draft("Home", den, "half a");
        kept.draft("home", den, "half a sentence");
        kept.draft("home", ops, "gone again");
        kept.draft("home2", den, "another");
        kept.at("my home", ops);
        assert!(kept.save_at().is_some());
        kept.draft("home", ops, "");
        kept.save().await.unwrap();
        assert!(kept.save_at().is_none());
        let kept = Kept::open(&profile).unwrap();
        assert_eq!(kept.drafts("HOME"), [(den, "half a sentence".to_owned())]);
        assert_eq!(kept.drafts("home2").len(), 1);
        assert_eq!(kept.place(), Some(("my home".to_owned(), ops)));
    }

    #[tokio::test]
    async fn the_last_lines_typed_in_a_room_are_kept() {
        let profile = Profile::in_memory().unwrap();
        let mut kept = Kept::open(&profile).unwrap();
        let den = RoomId::from_bytes([1; 16]);
        let lines: Vec<String> = (0..80).map(|n| format!("line \"{n}\"")).collect();
        kept.was_typed("home", den, lines.iter().map(String::as_str));
        kept.save().await.unwrap();
        let kept = Kept::open(&profile).unwrap();
        let last = lines.get(30..).unwrap().to_vec();
        assert_eq!(kept.typed("Home"), [(den, last)]);
    }

    #[test]
    fn a_draft_is_cut_between_characters() {
        let long = "ä".repeat(MAX_KEPT_BYTES);
        assert!(snipped(&long).len() <= MAX_KEPT_BYTES);
        assert_eq!(snipped("ä"), "ä");
    }
}
