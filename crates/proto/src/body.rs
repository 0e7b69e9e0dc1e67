//! The words of a message, once they are known to be fit to be kept.

use crate::{ErrorCode, limits::MAX_BODY_BYTES};

/// A message's words: not empty, at most 16 KiB of UTF-8, no control characters but tab and line feed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Body(String);

impl Body {
    /// Takes the words if they are fit: `empty_body`, `body_too_long` or `bad_body` otherwise.
    pub fn parse(text: String) -> Result<Self, ErrorCode> {
        if text.len() > MAX_BODY_BYTES {
            return Err(ErrorCode::BodyTooLong);
        }
        let mut says_something = false;
        for c in text.chars() {
            if c.is_control() && c != '\n' && c != '\t' {
                return Err(ErrorCode::BadBody);
            }
            says_something = says_something || !shows_nothing(c);
        }
        if says_something {
            Ok(Self(text))
        } else {
            Err(ErrorCode::EmptyBody)
        }
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The words, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// White space, and what Unicode calls default-ignorable: fine among words, nothing without them.
const fn shows_nothing(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    ) || c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_body_is_kept_to_the_byte_or_refused(text in "[\\x00-\\x20\\x7f-\\xa0a\\u{200b}\\u{3164}é💬]{0,4}|\\PC*") {
            match Body::parse(text.clone()) {
                Ok(body) => {
                    let moves_the_cursor = text.contains(['\u{1b}', '\u{8}', '\r', '\u{9b}']);
                    prop_assert!(!moves_the_cursor);
                    prop_assert_eq!(body.into_string(), text);
                }
                Err(ErrorCode::BadBody) => prop_assert!(text.contains(char::is_control)),
                Err(code) => {
                    prop_assert_eq!(code, ErrorCode::EmptyBody);
                    prop_assert!(text.chars().all(shows_nothing));
                }
            }
        }
    }

    #[test]
    fn a_body_that_shows_nothing_is_empty() {
        for blank in [
            "\u{200b}",
            "\u{3164}\u{2060}",
            "\u{feff}",
            "\u{2800}",
            "\u{3000} \n\t",
            "\u{202e}",
        ] {
            assert_eq!(
                Body::parse(blank.to_owned()),
                Err(ErrorCode::EmptyBody),
                "{blank:?}"
            );
        }
        for fine in [
            "\u{1f468}\u{200d}\u{1f469}",
            "\u{2764}\u{fe0f}",
            "a\u{ad}b",
            ".",
        ] {
            assert!(Body::parse(fine.to_owned()).is_ok(), "{fine:?}");
        }
    }

    #[test]
    fn bodies_are_bounded_and_hold_no_control_characters() {
        let parse = |text: &str| Body::parse(text.to_owned()).map(Body::into_string);
        assert_eq!(parse("a\n\tb").as_deref(), Ok("a\n\tb"));
        assert_eq!(parse(" \n"), Err(ErrorCode::EmptyBody));
        assert_eq!(parse(""), Err(ErrorCode::EmptyBody));
        for bad in ["\u{1b}[2J", "a\r", "\0", "\u{7f}", "\u{9b}31m"] {
            assert_eq!(parse(bad), Err(ErrorCode::BadBody), "{bad:?}");
        }
        assert!(parse(&"a".repeat(MAX_BODY_BYTES)).is_ok());
        assert_eq!(
            parse(&"a".repeat(MAX_BODY_BYTES + 1)),
            Err(ErrorCode::BodyTooLong)
        );
    }
}
