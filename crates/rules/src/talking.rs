//! Talking with each other (R10): whom words mention, what they answer, reactions, and what is shown of
//! an earlier message.

use std::{collections::HashSet, hash::BuildHasher};

use snug_proto::{
    AccountId, ErrorCode, Manner, Refusal, Signal, Timestamp,
    limits::{MAX_ACCOUNT_NAME_CHARS, MAX_EXCERPT_CHARS, MAX_MENTIONED, MAX_MENTIONS},
};

use crate::{
    account::Actor,
    change::Change,
    permission::{Deed, permit},
    room::{Target, TargetKind, reach, within_grant},
    slow::slowly,
    view::{Content, Entry, RoomView},
};

/// Of `+typing` (`IRCv3` typing) the longest value is `active` or `paused`.
const MAX_TYPING_BYTES: usize = 6;

/// What a message is about, besides its words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The message that it answers.
    pub reply_to: Option<u64>,
    /// Whom it mentions, each once; never its author.
    pub mentions: Vec<AccountId>,
    /// How it was said, where that is out of the ordinary.
    pub manner: Option<Box<Manner>>,
}

/// What words that are to be said are addressed to, as it was looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addressed {
    /// The message that they answer.
    pub reply_to: Option<Target>,
    /// Those whom they name, members or not.
    pub names: Vec<AccountId>,
    /// Those who are in the groups that they name, members or not (M7).
    pub groups: Vec<AccountId>,
    /// How they are said, checked.
    pub manner: Option<Box<Manner>>,
}

/// What a message is about: one answers only what one may read, and only members are mentioned.
pub(crate) fn about(
    view: &RoomView,
    who: &AccountId,
    addressed: Addressed,
) -> Result<About, Refusal> {
    let reply_to = match addressed.reply_to {
        None => None,
        Some(target) => {
            within_grant(view, who, &target)?;
            match target.kind {
                TargetKind::Other => return Err(ErrorCode::UnknownEvent.into()),
                TargetKind::DeletedMessage | TargetKind::Purged => {
                    return Err(ErrorCode::Gone.into());
                }
                TargetKind::Message => Some(target.seq),
            }
        }
    };
    let mut seen: HashSet<AccountId> = HashSet::from([*who]);
    let mut mentioned = |of: &AccountId| view.is_member(of) && seen.insert(*of);
    let mut mentions = addressed.names;
    mentions.truncate(MAX_MENTIONS);
    mentions.retain(&mut mentioned);
    let mut groups = addressed.groups;
    groups.retain(&mut mentioned);
    if mentions.len() + groups.len() > MAX_MENTIONED {
        let text = format!(
            "Those groups have {} people in this room; a message mentions at most {MAX_MENTIONED}. \
             Write the group without the @.",
            groups.len()
        );
        return Err(Refusal::with_text(ErrorCode::TooMany, text));
    }
    mentions.append(&mut groups);
    Ok(About {
        reply_to,
        mentions,
        manner: addressed.manner,
    })
}

/// The message that this member may put a reaction on.
pub(crate) fn reacted(
    view: &RoomView,
    actor: &Actor,
    target: &Target,
    now: Timestamp,
) -> Result<u64, Refusal> {
    permit(view, actor, Deed::React, now)?;
    reach(view)?;
    within_grant(view, &actor.account, target)?;
    match target.kind {
        TargetKind::Other => Err(ErrorCode::UnknownEvent.into()),
        TargetKind::DeletedMessage | TargetKind::Purged => Err(ErrorCode::Gone.into()),
        TargetKind::Message => Ok(target.seq),
    }
}

/// What blocks leave of an entry (DECISIONS 21): `closed` are those of whom it reaches that one lies between.
/// They are not mentioned, and neither learns why; a reaction to what one of them said and an invitation of
/// one are refused.
pub fn heed_blocks<S: BuildHasher>(
    entry: &mut Entry,
    closed: &HashSet<AccountId, S>,
) -> Result<(), ErrorCode> {
    let refused = match &mut entry.content {
        Content::Message { about, .. } => {
            about
                .mentions
                .retain(|mentioned| !closed.contains(mentioned));
            false
        }
        Content::Reacted { .. } => !closed.is_empty(),
        Content::Changed {
            change: Change::Invited { who },
            ..
        } => closed.contains(who),
        _ => false,
    };
    if refused {
        Err(ErrorCode::NotAccepting)
    } else {
        Ok(())
    }
}

/// May this account tell the room that it is writing? Whoever may speak there may.
pub fn may_type(view: &RoomView, actor: &Actor, now: Timestamp) -> Result<(), Refusal> {
    permit(view, actor, Deed::Send, now)?;
    Ok(reach(view)?)
}

/// May this account pass this on to those who are there? Whoever may speak there may, and what is as good as
/// words waits as words do.
pub fn may_signal(
    view: &RoomView,
    actor: &Actor,
    signal: &Signal,
    now: Timestamp,
) -> Result<(), Refusal> {
    may_type(view, actor, now)?;
    if signal.machine && view.quiet_machines {
        let text = "Programs ask nothing of each other in this room: its admins want it so.";
        return Err(Refusal::with_text(ErrorCode::Muted, text));
    }
    if is_heard(signal) {
        slowly(view, actor, now)?;
    }
    Ok(())
}

/// Is this signal as good as words? One that only says whether somebody is writing is not: it goes before
/// the words that one waits for.
pub fn is_heard(signal: &Signal) -> bool {
    let mut tags = signal.tags.iter();
    let short = |tag: Option<(&String, &String)>| {
        tag.is_some_and(|(key, value)| key == "+typing" && value.len() <= MAX_TYPING_BYTES)
    };
    signal.words.is_some() || !short(tags.next()) || tags.next().is_some()
}

/// Is the room told what this account says as it goes? Whoever could have said it there is heard.
pub fn may_say_farewell(view: &RoomView, actor: &Actor, now: Timestamp) -> bool {
    permit(view, actor, Deed::Send, now).is_ok() && slowly(view, actor, now).is_ok()
}

/// The names that words may mention, as they were written after an `@` that begins a word: at most
/// [`MAX_MENTIONS`] of them. Where a name ends in a mark that may end a sentence too, the one without
/// it follows. One pass, however many there are.
pub fn names_in(body: &str) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    let mut rest = body;
    let mut before = None;
    while let Some(at) = rest.find('@') {
        let (head, tail) = rest.split_at(at);
        let begins = head
            .chars()
            .next_back()
            .or(before)
            .is_none_or(|c| !in_name(c));
        let tail = tail.get(1..).unwrap_or_default();
        let length = tail.find(|c: char| !in_name(c)).unwrap_or(tail.len());
        let (word, after) = tail.split_at(length);
        if begins && !word.is_empty() {
            for name in [word, word.trim_end_matches(ends_sentence)] {
                if names.len() >= MAX_MENTIONS {
                    return names;
                }
                let short = name.len() <= 4 * MAX_ACCOUNT_NAME_CHARS;
                if short && !name.is_empty() && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        before = word.chars().next_back().or(Some('@'));
        rest = after;
    }
    names
}

/// The beginning of a message, on one line.
pub fn excerpt(body: &str) -> String {
    let mut excerpt = String::new();
    let mut chars = 0;
    let mut space = false;
    for c in body.chars() {
        if c.is_whitespace() {
            space = !excerpt.is_empty();
            continue;
        }
        let more = 1 + usize::from(space);
        if chars + more >= MAX_EXCERPT_CHARS {
            excerpt.push('…');
            return excerpt;
        }
        if space {
            excerpt.push(' ');
            space = false;
        }
        excerpt.push(c);
        chars += more;
    }
    excerpt
}

/// May this stand in an account's name (DECISIONS 1)? Beyond ASCII whatever is no space and no mark of
/// punctuation: the look-up knows the rest.
fn in_name(c: char) -> bool {
    match c {
        '\u{a0}'..='\u{bf}'
        | '\u{2000}'..='\u{206f}'
        | '\u{3000}'..='\u{303f}'
        | '\u{ff00}'..='\u{ff0f}' => false,
        _ if c.is_ascii() => c.is_ascii_alphanumeric() || ends_sentence(c),
        _ => !c.is_whitespace() && !c.is_control(),
    }
}

/// The marks of names, which may also stand right behind a name that is mentioned.
const fn ends_sentence(c: char) -> bool {
    matches!(
        c,
        '_' | '-' | '.' | '[' | ']' | '{' | '}' | '\\' | '`' | '^' | '|'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_after_an_at_that_begins_a_word_is_a_mention() {
        for (body, names) in [
            ("@ann", vec!["ann"]),
            ("hi @ann, and @bob!", vec!["ann", "bob"]),
            ("(@ann)", vec!["ann"]),
            ("ask @ann.", vec!["ann.", "ann"]),
            ("@dr.no", vec!["dr.no"]),
            ("@jürgen “@ann”", vec!["jürgen", "ann"]),
            ("ann@example.org", vec![]),
            ("x@ann@bob", vec![]),
            ("@@ann", vec!["ann"]),
            ("@ann @ann @ANN", vec!["ann", "ANN"]),
            ("@ @", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(names_in(body), names, "{body:?}");
        }
    }

    #[test]
    fn ten_thousand_mentions_are_the_first_fifty() {
        let people: Vec<_> = (0..10_000).map(|n| format!("@p{n}")).collect();
        let body = people.join(" ");
        let names = names_in(&body);
        assert_eq!(names.len(), MAX_MENTIONS);
        assert_eq!(names[..2], ["p0", "p1"]);
        assert_eq!(names_in(&"@".repeat(16_384)), Vec::<&str>::new());
        assert_eq!(
            names_in(&format!("@{}", "x".repeat(16_000))),
            Vec::<&str>::new()
        );
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt("  two\n\nlines\tand more "), "two lines and more");
        assert_eq!(excerpt(""), "");
        let long = excerpt(&"word ".repeat(100));
        assert!(long.ends_with('…') && long.chars().count() <= MAX_EXCERPT_CHARS);
    }

    proptest! {
        #[test]
        fn names_are_words_of_the_body_and_excerpts_its_beginning(body in "(@|a|é|\\.| |\n|“|\\PC){0,60}") {
            for name in names_in(&body) {
                let written = format!("@{name}");
                prop_assert!(body.contains(&written));
            }
            let excerpt = excerpt(&body);
            prop_assert!(excerpt.chars().count() <= MAX_EXCERPT_CHARS);
            prop_assert!(!excerpt.contains(['\n', '\t']));
            let words: Vec<&str> = body.split_whitespace().collect();
            let joined = words.join(" ");
            prop_assert!(joined.starts_with(excerpt.trim_end_matches('…')) || excerpt == joined);
        }
    }
}
