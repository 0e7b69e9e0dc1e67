//! What a screen keeps over restarts: drafts, what was typed, where one was. Words under names of the
//! screen's own choosing; they lie encrypted like the rest of the profile.

use std::collections::BTreeMap;

use rusqlite::params;

use super::{Profile, ProfileError};

/// So many bytes may be kept under one name; a longer value is cut by whoever keeps it, or not kept.
pub const MAX_KEPT_BYTES: usize = 64 * 1024;

impl Profile {
    /// All that is kept, by name.
    pub fn kept(&self) -> Result<BTreeMap<String, String>, ProfileError> {
        let database = self.lock();
        let mut select = database.prepare("SELECT what, value FROM kept")?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Keeps these values in the place of those before; `None` forgets one. It is on the disk when this
    /// returns. What is longer than [`MAX_KEPT_BYTES`] is not kept.
    pub fn keep(&self, values: &BTreeMap<String, Option<String>>) -> Result<(), ProfileError> {
        let mut database = self.lock();
        let change = database.transaction()?;
        for (what, value) in values {
            match value.as_ref().filter(|value| value.len() <= MAX_KEPT_BYTES) {
                Some(value) => change.execute(
                    "INSERT INTO kept (what, value) VALUES (?1, ?2)
                     ON CONFLICT (what) DO UPDATE SET value = excluded.value",
                    params![what, value],
                )?,
                None => change.execute("DELETE FROM kept WHERE what = ?1", [what])?,
            };
        }
        change.commit()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_there_after_a_restart_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let value = |text: &str| Some(text.to_owned());
        let keep = |what: &str, text| BTreeMap::from([(what.to_owned(), text)]);
        let profile = Profile::open(folder.path()).unwrap();
        profile.keep(&keep("draft", value("one"))).unwrap();
        profile.keep(&keep("draft", value("two"))).unwrap();
        profile.keep(&keep("place", value("den"))).unwrap();
        let long = Some("x".repeat(MAX_KEPT_BYTES + 1));
        profile.keep(&keep("long", long)).unwrap();
        drop(profile);
        let profile = Profile::open(folder.path()).unwrap();
        let kept = profile.kept().unwrap();
        let kept: Vec<_> = kept.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(kept, [("draft", "two"), ("place", "den")]);
        profile.keep(&keep("draft", None)).unwrap();
        assert_eq!(profile.kept().unwrap().len(), 1);
    }
}
