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
        if text
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\t')
        {
            return Err(ErrorCode::BadBody);
        }
        if text.trim().is_empty() {
            return Err(ErrorCode::EmptyBody);
        }
        Ok(Self(text))
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

#[cfg(test)]
mod tests {
    use super::*;

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
