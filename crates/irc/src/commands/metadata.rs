//! METADATA: keys with values of people and channels (`IRCv3` draft/metadata-2 and draft/metadata-3).

mod early;

use snug_proto::{
    Answer, ErrorCode, FollowMetadata, Metadata, MetadataEntry, PersonRef, Refusal, RoomId,
    RoomRef, SetMetadata,
};

pub(crate) use early::Early;

use super::asked::Asked;
use crate::{
    Capability, Connection,
    connection::{Then, expected},
    line::{Line, Writer},
    names,
    replies::About,
};

/// Keys in one command; what is over it is left out.
const MAX_KEYS: usize = 50;

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) struct MetadataAsked {
    /// The nick or channel, as it is shown.
    target: String,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Get {
        keys: Vec<String>,
    },
    List,
    Set {
        key: String,
    },
    Clear,
    Sub {
        keys: Vec<String>,
    },
    Unsub {
        keys: Vec<String>,
    },
    Subs,
    /// One's own, as they were set by whoever did not wait for the welcome; nothing is said to it.
    Early,
    /// One's own keys at the welcome.
    Own,
    /// By the client's word, or because it came into the channel.
    Sync {
        request: Box<Metadata>,
        batch: Option<String>,
    },
    /// What stands in WHOIS.
    Whois,
}

impl Connection {
    /// Does this client know of keys with values?
    pub(crate) fn knows_metadata(&self) -> bool {
        self.caps.has(Capability::Metadata2) || self.caps.has(Capability::Metadata3)
    }

    /// `METADATA <target> <subcommand> [<parameters> …]`
    pub(crate) fn metadata(&mut self, line: &Line<'_>) {
        let (Some(target), Some(subcommand)) = (line.param(0), line.param(1)) else {
            return self.need_more_params("METADATA");
        };
        let rest = line.params.get(2..).unwrap_or_default();
        let keys: Vec<String> = rest
            .iter()
            .flat_map(|word| word.split_ascii_whitespace())
            // One more, so that it is said to be too many.
            .take(MAX_KEYS + 1)
            .map(str::to_owned)
            .collect();
        let subcommand = subcommand.to_ascii_uppercase();
        let needs = matches!(subcommand.as_str(), "GET" | "SET" | "SUB" | "UNSUB");
        if needs && keys.is_empty() {
            return self.need_more_params("METADATA");
        }
        match subcommand.as_str() {
            "GET" => self.ask_metadata(target, Vec::new(), What::Get { keys }),
            "LIST" => self.ask_metadata(target, Vec::new(), What::List),
            "SET" => self.set_metadata(target, rest),
            "CLEAR" => self.ask_set(target, None, None, What::Clear),
            "SUB" => self.follow(keys.clone(), Vec::new(), What::Sub { keys }),
            "UNSUB" => self.follow(Vec::new(), keys.clone(), What::Unsub { keys }),
            "SUBS" => self.follow(Vec::new(), Vec::new(), What::Subs),
            "SYNC" => self.sync_metadata(target),
            _ => {
                let about = About::target("METADATA", &subcommand);
                let text = "METADATA knows GET, LIST, SET, CLEAR, SUB, UNSUB, SUBS and SYNC.";
                self.fail(&about, "SUBCOMMAND_INVALID", text);
            }
        }
    }

    fn set_metadata(&mut self, target: &str, rest: &[&str]) {
        let key = rest.first().copied().unwrap_or_default().to_owned();
        let value = rest.get(1).copied().filter(|value| !value.is_empty());
        let what = What::Set { key: key.clone() };
        self.ask_set(target, Some(key), value.map(str::to_owned), what);
    }

    /// A target as the answers show it.
    fn shown_target(&self, target: &str) -> String {
        if target == "*" {
            self.nick.clone()
        } else {
            target.to_owned()
        }
    }

    fn ask_metadata(&mut self, target: &str, keys: Vec<String>, what: What) {
        let (room, person) = metadata_of(target);
        let request = Metadata {
            room,
            person,
            keys,
            ..Metadata::default()
        };
        let target = self.shown_target(target);
        self.ask_about(request, MetadataAsked { target, what });
    }

    fn ask_set(&mut self, target: &str, key: Option<String>, value: Option<String>, what: What) {
        let (room, person) = metadata_of(target);
        let request = SetMetadata {
            room,
            person,
            key,
            value,
        };
        let target = self.shown_target(target);
        self.ask_about(request, MetadataAsked { target, what });
    }

    fn follow(&mut self, add: Vec<String>, remove: Vec<String>, what: What) {
        let fit = |keys: Vec<String>| {
            let some = keys.into_iter().take(MAX_KEYS);
            some.filter(|key| is_key(key)).collect()
        };
        let request = FollowMetadata {
            add: fit(add),
            remove: fit(remove),
        };
        let target = self.nick.clone();
        self.ask_about(request, MetadataAsked { target, what });
    }

    fn ask_about(&mut self, request: impl Into<snug_proto::Request>, asked: MetadataAsked) {
        self.ask(request, Then::People(Asked::Metadata(Box::new(asked))));
    }

    /// Asks for what stands in a WHOIS of this person, before anything else.
    pub(super) fn ask_whois_keys(&mut self, nick: &str) {
        let request = Metadata {
            person: Some(PersonRef::Name(names::account(nick).to_owned())),
            ..Metadata::default()
        };
        let asked = MetadataAsked {
            target: nick.to_owned(),
            what: What::Whois,
        };
        self.ask_next(request, Then::People(Asked::Metadata(Box::new(asked))));
    }

    fn sync_metadata(&mut self, target: &str) {
        let (room, person) = metadata_of(target);
        let keys: Vec<String> = self.metadata_keys.iter().cloned().collect();
        let members = room.is_some();
        let request = Metadata {
            room,
            person,
            keys,
            members,
            after: None,
        };
        let target = self.shown_target(target);
        let what = What::Sync {
            request: Box::new(request.clone()),
            batch: Some(String::new()),
        };
        self.ask_about(request, MetadataAsked { target, what });
    }

    /// The client came into a channel: it is shown the keys that it follows.
    pub(crate) fn sync_entered(&mut self, room_id: RoomId, channel: &str) {
        if !self.knows_metadata() || self.metadata_keys.is_empty() {
            return;
        }
        let request = Metadata {
            room: Some(RoomRef::Id(room_id)),
            person: None,
            keys: self.metadata_keys.iter().cloned().collect(),
            members: true,
            after: None,
        };
        let what = What::Sync {
            request: Box::new(request.clone()),
            batch: None,
        };
        let target = channel.to_owned();
        self.ask_about(request, MetadataAsked { target, what });
    }

    pub(super) fn metadata_answered(&mut self, asked: MetadataAsked, answer: Answer) {
        let MetadataAsked { target, what } = asked;
        if let Err(refusal) = &answer {
            return self.metadata_refused(&target, &what, refusal);
        }
        match what {
            What::Sub { keys } => self.subscribed(&keys, answer),
            What::Unsub { keys } => self.unsubscribed(&keys, answer),
            What::Subs => self.subscriptions(answer),
            What::Early => {
                if let Ok(snug_proto::Response::MetadataKeys(followed)) = answer {
                    self.metadata_keys = followed.keys.into_iter().collect();
                }
            }
            what => {
                let list = match expected!(answer, MetadataList) {
                    Ok(list) => list,
                    Err(refusal) => return self.metadata_refused(&target, &what, &refusal),
                };
                match what {
                    What::Sync { request, batch } => {
                        let more = list.more_after.clone();
                        self.synced(&target, &list.entries, *request, batch, more);
                    }
                    what => self.listed(&target, &what, &list.entries),
                }
            }
        }
    }

    fn listed(&mut self, target: &str, what: &What, entries: &[MetadataEntry]) {
        match what {
            What::Get { keys } => {
                let batch = self.begin_metadata(target);
                for key in keys {
                    if !is_key(key) {
                        self.key_invalid(key, batch.as_deref());
                        continue;
                    }
                    let found = entries.iter().find(|of| of.key.eq_ignore_ascii_case(key));
                    let value = found.and_then(|of| of.value.as_deref());
                    self.key_line(target, key, value, batch.as_deref());
                }
                self.end_metadata(batch);
            }
            What::List | What::Clear => {
                let batch = self.begin_metadata(target);
                for entry in entries {
                    self.key_line(target, &entry.key, entry.value.as_deref(), batch.as_deref());
                }
                self.end_metadata(batch);
            }
            What::Set { .. } => {
                for entry in entries {
                    self.key_line(target, &entry.key, entry.value.as_deref(), None);
                }
            }
            What::Own if entries.is_empty() => {}
            What::Own => {
                let batch = self.begin_metadata(target);
                for entry in entries {
                    let value = entry.value.as_deref();
                    self.tell_key(target, &entry.key, value, batch.as_deref());
                }
                self.end_metadata(batch);
            }
            What::Whois => {
                for entry in entries {
                    self.numeric("760")
                        .word(target)
                        .word(&entry.key)
                        .word("*")
                        .trailing(entry.value.as_deref().unwrap_or_default());
                }
                self.end_of_whois(target);
            }
            What::Early
            | What::Sub { .. }
            | What::Unsub { .. }
            | What::Subs
            | What::Sync { .. } => {}
        }
    }

    fn synced(
        &mut self,
        target: &str,
        entries: &[MetadataEntry],
        request: Metadata,
        batch: Option<String>,
        more: Option<String>,
    ) {
        let batch = match batch {
            Some(begun) if begun.is_empty() => self.begin_metadata(target),
            other => other,
        };
        for entry in entries {
            let nick = entry
                .worn
                .as_deref()
                .or(entry.name.as_deref())
                .map(|name| names::nick(name).into_owned());
            let of = nick.as_deref().unwrap_or(target);
            let value = entry.value.as_deref();
            self.tell_key(of, &entry.key, value, batch.as_deref());
        }
        let Some(after) = more else {
            return self.end_metadata(batch);
        };
        let request = Metadata {
            after: Some(after),
            ..request
        };
        let what = What::Sync {
            request: Box::new(request.clone()),
            batch,
        };
        let asked = MetadataAsked {
            target: target.to_owned(),
            what,
        };
        self.ask_next(request, Then::People(Asked::Metadata(Box::new(asked))));
    }

    fn subscribed(&mut self, keys: &[String], answer: Answer) {
        let Ok(followed) = expected!(answer, MetadataKeys) else {
            return;
        };
        self.metadata_keys = followed.keys.iter().cloned().collect();
        let mut taken = Vec::new();
        for (index, key) in keys.iter().enumerate() {
            let mut left_out = followed.left_out.iter();
            if !is_key(key) {
                self.key_invalid(key, None);
            } else if index >= MAX_KEYS || left_out.any(|of| of.eq_ignore_ascii_case(key)) {
                self.keys_line("770", &taken);
                let about = About::target("METADATA", key);
                return self.fail(&about, "TOO_MANY_SUBS", "Too many keys are followed");
            } else {
                taken.push(key.to_ascii_lowercase());
            }
        }
        self.keys_line("770", &taken);
        if !self.caps.has(Capability::Metadata3) {
            return;
        }
        // What is set already is to be asked for (draft/metadata-3, "Postponed synchronization").
        let channels: Vec<_> = self.rooms.channels().map(names::channel).collect();
        for channel in channels.iter().take(MAX_KEYS) {
            self.numeric("774").word(channel).end();
        }
    }

    fn unsubscribed(&mut self, keys: &[String], answer: Answer) {
        let Ok(followed) = expected!(answer, MetadataKeys) else {
            return;
        };
        self.metadata_keys = followed.keys.into_iter().collect();
        for key in keys.iter().filter(|key| !is_key(key)) {
            self.key_invalid(key, None);
        }
        let gone = keys.iter().filter(|key| is_key(key));
        let gone: Vec<_> = gone.map(|key| key.to_ascii_lowercase()).collect();
        self.keys_line("771", &gone);
    }

    fn subscriptions(&mut self, answer: Answer) {
        if let Ok(followed) = expected!(answer, MetadataKeys) {
            self.keys_line("772", &followed.keys);
        }
    }

    pub(super) fn keys_line(&mut self, numeric: &str, keys: &[String]) {
        // Eight of the longest fit into a line.
        for some in keys.chunks(6) {
            let mut line = self.numeric(numeric);
            for key in some {
                line = line.word(key);
            }
            line.end();
        }
    }

    /// What was set before the welcome is asked for now, and one's own keys are shown (`IRCv3` metadata,
    /// "Before connection registration").
    pub(crate) fn welcome_keys(&mut self, early: Early) {
        if !self.knows_metadata() {
            return;
        }
        for (key, value) in early.set {
            self.ask_set("*", Some(key), Some(value), What::Early);
        }
        if !early.follow.is_empty() {
            let keys = early.follow.into_iter().collect();
            self.follow(keys, Vec::new(), What::Early);
        }
        self.ask_metadata("*", Vec::new(), What::Own);
    }

    fn metadata_refused(&mut self, target: &str, what: &What, refusal: &Refusal) {
        if matches!(what, What::Own) {
            return;
        }
        if matches!(what, What::Whois) {
            return self.end_of_whois(target);
        }
        let key = match what {
            What::Set { key, .. } => key.as_str(),
            What::Clear => "*",
            _ => "",
        };
        let sets = !key.is_empty();
        match refusal.code {
            ErrorCode::Forbidden | ErrorCode::NotAMember if sets => {
                self.metadata_fail("KEY_NO_PERMISSION", &[target, key], &refusal.text);
            }
            ErrorCode::UnknownPerson
            | ErrorCode::UnknownRoom
            | ErrorCode::NotAMember
            | ErrorCode::Banned
            | ErrorCode::Forbidden => {
                self.metadata_fail("INVALID_TARGET", &[target], &refusal.text);
            }
            ErrorCode::Gone => {
                self.metadata_fail("KEY_NOT_SET", &[target, key], &refusal.text);
            }
            ErrorCode::BadName => self.key_invalid(key, None),
            ErrorCode::BadBody => self.value_invalid(key, &refusal.text),
            ErrorCode::TooMany => {
                self.metadata_fail("LIMIT_REACHED", &[target], &refusal.text);
            }
            ErrorCode::TooFast => {
                let wait = refusal.retry_after_ms.unwrap_or(1000).div_ceil(1000);
                let wait = wait.max(1).to_string();
                self.metadata_fail("RATE_LIMITED", &[target, key, &wait], &refusal.text);
            }
            _ => self.refuse(&About::target("METADATA", target), refusal),
        }
    }

    fn metadata_fail(&mut self, code: &str, words: &[&str], text: &str) {
        let (host, _, out) = self.reply_parts();
        let mut line = Writer::new(out)
            .source(host)
            .command("FAIL")
            .word("METADATA")
            .word(code);
        for word in words.iter().filter(|word| !word.is_empty()) {
            line = line.word(word);
        }
        line.trailing(text);
    }

    /// The second draft and the third have different words for it.
    pub(super) fn value_invalid(&mut self, key: &str, text: &str) {
        if self.caps.has(Capability::Metadata3) {
            self.metadata_fail("INVALID_VALUE", &[key], text);
        } else {
            self.metadata_fail("VALUE_INVALID", &[], text);
        }
    }

    pub(super) fn key_invalid(&mut self, key: &str, batch: Option<&str>) {
        let (host, _, out) = self.reply_parts();
        let mut line = Writer::new(out);
        if let Some(batch) = batch {
            line = line.tag("batch", batch);
        }
        line.source(host)
            .command("FAIL")
            .word("METADATA")
            .word("KEY_INVALID")
            .word(key)
            .trailing("That cannot be a key");
    }

    /// 761 of a key with a value, 766 of one without.
    pub(super) fn key_line(
        &mut self,
        target: &str,
        key: &str,
        value: Option<&str>,
        batch: Option<&str>,
    ) {
        let (host, nick, out) = self.reply_parts();
        let mut line = Writer::new(out);
        if let Some(batch) = batch {
            line = line.tag("batch", batch);
        }
        let line = line.source(host);
        match value {
            Some(value) => line
                .command("761")
                .word(nick)
                .word(target)
                .word(key)
                .word("*")
                .trailing(value),
            None => line
                .command("766")
                .word(nick)
                .word(target)
                .word(key)
                .trailing("key not set"),
        }
    }

    /// A change of a key that the client follows.
    pub(crate) fn tell_metadata(&mut self, target: &str, key: &str, value: Option<&str>) {
        if self.knows_metadata() {
            self.tell_key(target, key, value, None);
        }
    }

    /// A key as the client's version of the draft has it: `METADATA` in the second, numerics in the third.
    fn tell_key(&mut self, target: &str, key: &str, value: Option<&str>, batch: Option<&str>) {
        if self.caps.has(Capability::Metadata3) {
            return self.key_line(target, key, value, batch);
        }
        let (host, _, out) = self.reply_parts();
        let mut line = Writer::new(out);
        if let Some(batch) = batch {
            line = line.tag("batch", batch);
        }
        let line = line
            .source(host)
            .command("METADATA")
            .word(target)
            .word(key)
            .word("*");
        match value {
            Some(value) => line.trailing(value),
            None => line.end(),
        }
    }

    fn begin_metadata(&mut self, target: &str) -> Option<String> {
        if !self.caps.has(Capability::Batch) {
            return None;
        }
        self.batches += 1;
        let batch = format!("m{}", self.batches);
        let (host, _, out) = self.reply_parts();
        Writer::new(out)
            .source(host)
            .command("BATCH")
            .word(&format!("+{batch}"))
            .word("metadata")
            .word(target)
            .end();
        Some(batch)
    }

    fn end_metadata(&mut self, batch: Option<String>) {
        if let Some(batch) = batch {
            self.end_batch(&batch);
        }
    }
}

/// Can it be a key (`IRCv3` metadata, "Keys and Values")?
pub(super) fn is_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= snug_proto::limits::MAX_METADATA_KEY_BYTES
        && !key.starts_with(':')
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_./:-".contains(&byte))
}

/// What a target means to the session.
fn metadata_of(target: &str) -> (Option<RoomRef>, Option<PersonRef>) {
    match names::room(target) {
        _ if target == "*" => (None, None),
        Some(room) => (Some(RoomRef::Name(room.to_owned())), None),
        None => (
            None,
            Some(PersonRef::Name(names::account(target).to_owned())),
        ),
    }
}
