//! A reaction, once it is known to be fit to be kept.

use unicode_segmentation::UnicodeSegmentation;

use crate::{Body, limits::MAX_REACTION_BYTES};

/// Longest short name, in characters between its colons.
const MAX_NAME_CHARS: usize = 32;

/// What is put on a message: one emoji (one extended grapheme cluster of UAX 29 that shows something), or
/// a short name of ASCII letters, digits, `_`, `-` and `+` between colons.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reaction(String);

impl Reaction {
    /// Takes the reaction if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text
            .strip_prefix(':')
            .and_then(|rest| rest.strip_suffix(':'));
        let fits = match name {
            Some(name) => {
                let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
                (1..=MAX_NAME_CHARS).contains(&name.len()) && name.chars().all(fits)
            }
            None => is_one_sign(text),
        };
        fits.then(|| Self(text.to_owned()))
    }

    /// The reaction as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The reaction as it is written, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// One sign that shows something. Letters are words, not reactions: an ASCII one only as the base of a
/// sign, as in a keycap.
fn is_one_sign(text: &str) -> bool {
    text.len() <= MAX_REACTION_BYTES
        && !text.is_ascii()
        && !text.contains(char::is_control)
        && text.graphemes(true).count() == 1
        && Body::parse(text.to_owned()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_emoji_or_a_short_name_is_a_reaction() {
        for fine in [
            "👍",
            "❤️",
            "🏳️‍🌈",
            "👩🏽‍🤝‍👨🏿",
            "🇦🇹",
            "1️⃣",
            "👨‍👩‍👧‍👦",
            ":+1:",
            ":party_parrot:",
            "é",
        ] {
            assert!(Reaction::parse(fine).is_some(), "{fine}");
        }
        for bad in [
            "", "a", "+1", "👍👍", "👍 ", "::", ":a b:", ":", ":+1", "\u{200b}", "\u{7}", "\u{9b}",
            "\n", "😀x",
        ] {
            assert_eq!(Reaction::parse(bad), None, "{bad:?}");
        }
        assert!(Reaction::parse(&format!(":{}:", "a".repeat(32))).is_some());
        assert_eq!(Reaction::parse(&format!(":{}:", "a".repeat(33))), None);
        let stacked = format!("e{}", "\u{301}".repeat(40));
        assert_eq!(Reaction::parse(&stacked), None, "it reaches over its line");
    }

    proptest! {
        #[test]
        fn a_reaction_is_short_and_moves_no_cursor(text in "\\PC*|[\\x00-\\x20👍:a\\u{301}\\u{200d}]{0,20}") {
            if let Some(reaction) = Reaction::parse(&text) {
                prop_assert_eq!(reaction.as_str(), &text);
                prop_assert!(text.len() <= MAX_REACTION_BYTES);
                prop_assert!(!text.contains(|c: char| c.is_control() || c.is_ascii_whitespace()));
            }
        }
    }
}
