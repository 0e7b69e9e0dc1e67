//! How something was said, besides its words: for the clients that know it, the others leave it out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    ErrorCode, Refusal,
    limits::{MAX_JOINTS, MAX_TAG_BYTES, MAX_TAGS},
};

/// How a message was said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Manner {
    /// It asks for no answer, least of all from a machine: what IRC calls a notice.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub notice: bool,
    /// Where its author's client cut a line that was too long for it, in bytes of the body, rising: for
    /// clients that must cut it again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joints: Vec<u32>,
    /// What clients tell each other beside the words: keys that begin with `+` (`IRCv3` message-tags),
    /// passed on unread.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

impl Manner {
    /// Nothing out of the ordinary?
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Can these words have been said so? `bad_request` otherwise.
    pub fn check(&self, body: &str) -> Result<(), Refusal> {
        let mut before = 0;
        let joints = self.joints.len() <= MAX_JOINTS
            && self.joints.iter().all(|joint| {
                let at = *joint as usize;
                let rises = at > before && at < body.len() && body.is_char_boundary(at);
                before = at;
                rises
            });
        if joints {
            check_tags(&self.tags)
        } else {
            let text = "The joints do not lie within the words, one after the other.";
            Err(Refusal::with_text(ErrorCode::BadRequest, text))
        }
    }

    /// About as many bytes as it takes on the wire.
    pub fn bytes(&self) -> usize {
        tag_bytes(&self.tags) * 2 + self.joints.len() * 6 + 64
    }
}

/// Are these tags that a client may send? `bad_request` otherwise.
pub fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let fits = tags.len() <= MAX_TAGS
        && tag_bytes(tags) <= MAX_TAG_BYTES
        && tags.iter().all(|(key, value)| is_tag(key, value));
    if fits {
        return Ok(());
    }
    let text =
        "A tag's key is \"+\" and letters, digits, - . and /; all of them are at most 4094 bytes.";
    Err(Refusal::with_text(ErrorCode::BadRequest, text))
}

fn tag_bytes(tags: &BTreeMap<String, String>) -> usize {
    tags.iter()
        .map(|(key, value)| key.len() + value.len() + 2)
        .sum::<usize>()
        .saturating_sub(1)
}

/// Is this a tag that a client may send and be told?
pub fn is_tag(key: &str, value: &str) -> bool {
    is_key(key) && !value.contains(is_unfit)
}

fn is_key(key: &str) -> bool {
    key.strip_prefix('+').is_some_and(|key| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/');
        !key.is_empty() && key.chars().all(fits)
    })
}

const fn is_unfit(c: char) -> bool {
    c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        owned.collect()
    }

    #[test]
    fn tags_begin_with_a_plus_and_have_a_bound() {
        assert!(check_tags(&tags(&[("+a.b/c-d", "x; y\n"), ("+e", "")])).is_ok());
        for bad in [("a", "x"), ("+", "x"), ("+a b", "x"), ("+a", "\0")] {
            assert!(check_tags(&tags(&[bad])).is_err(), "{bad:?}");
        }
        let long = "a".repeat(MAX_TAG_BYTES - 4);
        assert!(check_tags(&tags(&[("+aa", &long)])).is_ok());
        assert!(check_tags(&tags(&[("+aaaa", &long)])).is_err());
    }

    #[test]
    fn joints_rise_and_lie_between_two_characters() {
        let check = |joints: &[u32]| {
            let joints = joints.to_vec();
            let manner = Manner {
                joints,
                ..Manner::default()
            };
            manner.check("aéb").is_ok()
        };
        assert!(check(&[]) && check(&[1]) && check(&[1, 3]));
        for bad in [&[0][..], &[2], &[4], &[3, 1], &[1, 1]] {
            assert!(!check(bad), "{bad:?}");
        }
    }
}
