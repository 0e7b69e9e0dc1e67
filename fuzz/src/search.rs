//! A query from a stranger.

use snug_rules::{SearchQuery, Term};

/// Nothing panics; what is sought stood in the query, holds something to seek, and cannot end a quoted
/// string.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(query) = SearchQuery::parse(text) else {
        return;
    };
    for term in &query.terms {
        let (Term::Words(words) | Term::Prefix(words)) = term;
        assert!(text.contains(words.as_str()));
        assert!(words.chars().any(char::is_alphanumeric));
        assert!(!words.contains('"'));
    }
}
