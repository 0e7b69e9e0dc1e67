//! What people type to find a message: words, prefixes, phrases, and where, when and by whom (R8).
//!
//! A query comes from a stranger and ends in a search engine with a language of its own. So nothing of
//! it is handed on as it is: it is taken apart here, and what comes out holds words and nothing else.

use snug_proto::{
    ErrorCode, PersonRef, Refusal, RoomRef, Timestamp,
    limits::{MAX_QUERY_BYTES, MAX_QUERY_TERMS, MIN_PREFIX_CHARS},
};

/// Something that a message must hold. Each has a letter or a digit in it, and no more than
/// [`MAX_QUERY_TERMS`] words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// These words, one after the other; most often one. What stands between them does not count.
    Words(String),
    /// A word that begins like this.
    Prefix(String),
}

/// A query taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// All of these, in any order.
    pub terms: Vec<Term>,
    /// By this person.
    pub from: Option<PersonRef>,
    /// In this room.
    pub room: Option<RoomRef>,
    /// At or after this moment.
    pub after: Option<Timestamp>,
    /// Before this moment.
    pub before: Option<Timestamp>,
}

impl SearchQuery {
    /// Takes a query apart. What is neither a word nor one of our four keys is sought as words, so that
    /// a pasted line finds itself.
    pub fn parse(query: &str) -> Result<Self, Refusal> {
        if query.len() > MAX_QUERY_BYTES {
            return Err(bad("That is too long to search for: 1024 bytes at most."));
        }
        let mut parsed = Self::default();
        let mut rest = query.trim_start();
        while !rest.is_empty() {
            rest = parsed.take(rest)?.trim_start();
            if parsed.terms.len() > MAX_QUERY_TERMS {
                return Err(bad("Those are too many words to search for: 16 at most."));
            }
        }
        Ok(parsed)
    }

    /// Adds what was said beside the query; what is said twice is refused.
    pub fn narrow(
        &mut self,
        room: Option<RoomRef>,
        from: Option<PersonRef>,
        after: Option<Timestamp>,
        before: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        set(&mut self.room, room)?;
        set(&mut self.from, from)?;
        set(&mut self.after, after)?;
        set(&mut self.before, before)?;
        if self.terms.is_empty() && self.from.is_none() {
            return Err(bad("Say what to look for: a word, or from: and a name."));
        }
        Ok(())
    }

    /// Takes the first thing off `rest` and gives what is left.
    fn take<'a>(&mut self, rest: &'a str) -> Result<&'a str, Refusal> {
        if let Some(quoted) = rest.strip_prefix('"') {
            // A quote that is not closed goes to the end.
            let (phrase, rest) = quoted.split_once('"').unwrap_or((quoted, ""));
            self.words(phrase)?;
            return Ok(rest);
        }
        let end = rest
            .find(|c: char| c.is_whitespace() || c == '"')
            .unwrap_or(rest.len());
        let (word, rest) = rest.split_at(end);
        match word.split_once(':') {
            Some((key, value)) if !value.is_empty() => match key.to_ascii_lowercase().as_str() {
                "from" => set(&mut self.from, Some(value.trim_start_matches('@').into()))?,
                "in" => set(&mut self.room, Some(value.trim_start_matches('#').into()))?,
                "after" => set(&mut self.after, Some(moment(value)?))?,
                "before" => set(&mut self.before, Some(moment(value)?))?,
                _ => self.words(word)?,
            },
            _ => match word.strip_suffix('*') {
                Some(prefix) => self.prefix(prefix)?,
                None => self.words(word)?,
            },
        }
        Ok(rest)
    }

    /// Words one after the other; marks alone are nothing to look for.
    fn words(&mut self, words: &str) -> Result<(), Refusal> {
        let count = words
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .count();
        if count > MAX_QUERY_TERMS {
            return Err(bad("That phrase is too long: 16 words at most."));
        }
        if count > 0 {
            self.terms.push(Term::Words(words.to_owned()));
        }
        Ok(())
    }

    fn prefix(&mut self, prefix: &str) -> Result<(), Refusal> {
        // Of the last word: only that one is a prefix.
        let last = prefix
            .rsplit(|c: char| !c.is_alphanumeric())
            .find(|word| !word.is_empty());
        let letters = last.map_or(0, |word| word.chars().count());
        if letters < MIN_PREFIX_CHARS {
            return Err(bad(
                "A prefix has at least three letters before the star, as in dep*.",
            ));
        }
        self.words(prefix)?;
        if let Some(Term::Words(words)) = self.terms.pop() {
            self.terms.push(Term::Prefix(words));
        }
        Ok(())
    }
}

/// A day (its first moment, in UTC) or a moment.
fn moment(text: &str) -> Result<Timestamp, Refusal> {
    let whole = if text.contains(['T', 't']) {
        text.to_owned()
    } else {
        format!("{text}T00:00:00Z")
    };
    whole
        .parse()
        .map_err(|_| bad("Say a day as 2026-11-01, or a moment as 2026-11-01T19:30:00Z."))
}

fn set<T>(place: &mut Option<T>, value: Option<T>) -> Result<(), Refusal> {
    match (&place, value) {
        (_, None) => Ok(()),
        (None, value) => {
            *place = value;
            Ok(())
        }
        (Some(_), Some(_)) => Err(bad("Say each of from, in, after and before only once.")),
    }
}

fn bad(text: &str) -> Refusal {
    Refusal::with_text(ErrorCode::BadRequest, text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Term {
        Term::Words(text.to_owned())
    }

    #[test]
    fn words_prefixes_phrases_and_keys_are_told_apart() {
        let query = SearchQuery::parse(
            r#"mat "blue mat" deplo* from:@ann IN:#den after:2026-11-01 before:2026-12-01T10:00:00Z"#,
        )
        .unwrap();
        let expected = SearchQuery {
            terms: vec![
                words("mat"),
                words("blue mat"),
                Term::Prefix("deplo".into()),
            ],
            from: Some("ann".into()),
            room: Some("den".into()),
            after: Some("2026-11-01T00:00:00.000Z".parse().unwrap()),
            before: Some("2026-12-01T10:00:00.000Z".parse().unwrap()),
        };
        assert_eq!(query, expected);
    }

    #[test]
    fn what_looks_like_a_search_engines_language_is_words() {
        for text in [
            "a AND (b OR c) NOT d NEAR(e f)",
            "body : x ^y -z {by}:q",
            "x' OR 1=1 --",
            "http://example.org/?q=1",
        ] {
            let query = SearchQuery::parse(text).unwrap();
            assert!(
                query
                    .terms
                    .iter()
                    .all(|term| matches!(term, Term::Words(_)))
            );
            assert_eq!((query.from, query.room), (None, None));
        }
        let open = SearchQuery::parse("say \"never closed").unwrap();
        assert_eq!(open.terms, [words("say"), words("never closed")]);
        assert_eq!(
            SearchQuery::parse(" * \"\" ?! ** ").map_err(|no| no.code),
            Err(ErrorCode::BadRequest)
        );
        assert_eq!(SearchQuery::parse(" \"\" ?! ").unwrap().terms, []);
    }

    #[test]
    fn what_cannot_be_is_refused_with_a_sentence() {
        for text in [
            "ab*",
            "a-bc*",
            "after:yesterday",
            "before:2026-13-01",
            "from:ann from:bob",
            &"w ".repeat(17),
            &format!("\"{}\"", "w ".repeat(17)),
            &"w".repeat(1025),
        ] {
            let no = SearchQuery::parse(text).unwrap_err();
            assert_eq!(no.code, ErrorCode::BadRequest, "{text}");
        }
        let mut nothing = SearchQuery::parse("in:den").unwrap();
        assert!(nothing.narrow(None, None, None, None).is_err());
        let mut twice = SearchQuery::parse("in:den x").unwrap();
        assert!(twice.narrow(Some("den".into()), None, None, None).is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_taken_apart_or_refused(text in "\\PC{0,80}|[a-c:\"* ]{0,40}") {
            if let Ok(query) = SearchQuery::parse(&text) {
                prop_assert!(query.terms.len() <= MAX_QUERY_TERMS);
                for term in &query.terms {
                    let (Term::Words(words) | Term::Prefix(words)) = term;
                    prop_assert!(words.chars().any(char::is_alphanumeric));
                    prop_assert!(text.contains(words.as_str()));
                    prop_assert!(!words.contains('"'));
                }
            }
        }
    }
}
