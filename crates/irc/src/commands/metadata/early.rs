//! METADATA before the welcome (`IRCv3` metadata, "before-connect"): it is kept until there is somebody that it
//! can be said of.

use std::collections::{BTreeMap, BTreeSet};

use snug_proto::limits::{MAX_METADATA_FOLLOWED, MAX_METADATA_KEYS, MAX_METADATA_VALUE_BYTES};

use super::{MAX_KEYS, is_key};
use crate::{Connection, line::Line, replies::About};

/// What a client said of itself before it was welcomed.
#[derive(Debug, Default)]
pub(crate) struct Early {
    /// Keys with their values, at most as many as an account may have.
    pub(super) set: BTreeMap<String, String>,
    /// The keys that it follows.
    pub(super) follow: BTreeSet<String>,
}

impl Connection {
    /// `METADATA * SET <key> [:<value>]` and `METADATA * SUB <key> …`.
    pub(crate) fn early_metadata(&mut self, line: &Line<'_>) {
        let (Some(target), Some(subcommand)) = (line.param(0), line.param(1)) else {
            return self.need_more_params("METADATA");
        };
        let own = target == "*" || target == self.nick;
        let key = line.param(2).unwrap_or_default().to_ascii_lowercase();
        match subcommand.to_ascii_uppercase().as_str() {
            "SET" | "SUB" if key.is_empty() => self.need_more_params("METADATA"),
            "SET" | "SUB" if !own => {
                let about = About::target("METADATA", target);
                self.fail(&about, "INVALID_TARGET", "Connect first: that is not you.");
            }
            "SET" => self.set_early(&key, line.param(3).unwrap_or_default()),
            "SUB" => {
                let rest = line.params.get(2..).unwrap_or_default();
                let words = rest.iter().flat_map(|word| word.split_ascii_whitespace());
                let keys: Vec<_> = words.take(MAX_KEYS).map(str::to_owned).collect();
                self.follow_early(&keys);
            }
            _ => self.numeric("451").trailing("You have not registered"),
        }
    }

    fn set_early(&mut self, key: &str, value: &str) {
        if !is_key(key) {
            return self.key_invalid(key, None);
        }
        if value.len() > MAX_METADATA_VALUE_BYTES || value.chars().any(char::is_control) {
            return self.value_invalid(key, "A value has at most 300 bytes, on one line.");
        }
        let early = &mut self.registering.early;
        if value.is_empty() {
            early.set.remove(key);
        } else if (early.set.len() as u64) < MAX_METADATA_KEYS || early.set.contains_key(key) {
            early.set.insert(key.to_owned(), value.to_owned());
        } else {
            let about = About::target("METADATA", key);
            return self.fail(&about, "LIMIT_REACHED", "There are too many keys already");
        }
        let value = Some(value).filter(|value| !value.is_empty());
        self.key_line("*", key, value, None);
    }

    fn follow_early(&mut self, keys: &[String]) {
        let mut taken = Vec::new();
        for key in keys.iter().map(|key| key.to_ascii_lowercase()) {
            if !is_key(&key) {
                self.key_invalid(&key, None);
                continue;
            }
            let follow = &mut self.registering.early.follow;
            if follow.len() < MAX_METADATA_FOLLOWED || follow.contains(&key) {
                follow.insert(key.clone());
                taken.push(key);
            } else {
                let about = About::target("METADATA", &key);
                self.fail(&about, "TOO_MANY_SUBS", "Too many keys are followed");
            }
        }
        self.keys_line("770", &taken);
    }
}
