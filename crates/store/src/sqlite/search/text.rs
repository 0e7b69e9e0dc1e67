//! Between what people write and what FTS5 takes: words of scripts that set no spaces, questions in its
//! language, and where the words found stand.

use snug_rules::Term;

/// Stands between characters that are words of their own. A body never holds it: it is a control
/// character.
const BREAK: char = '\u{1f}';
/// Around what was found, in FTS5's answer; never in a body either.
pub(super) const OPEN: &str = "\u{2}";
/// See [`OPEN`].
pub(super) const CLOSE: &str = "\u{3}";

/// The text with every character of a script that sets no spaces made a word of its own. A question is
/// treated alike, so that its characters are found one after the other, wherever they stand.
pub(super) fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for character in text.chars() {
        if sets_no_spaces(character) {
            spaced.extend([BREAK, character, BREAK]);
        } else {
            spaced.push(character);
        }
    }
    spaced
}

/// Han, kana, Thai, Lao, Khmer and Burmese. Korean sets spaces.
const fn sets_no_spaces(character: char) -> bool {
    matches!(character,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9d}' | '\u{20000}'..='\u{323af}')
}

/// The word that stands for an author in the index.
pub(super) fn author(account: i64) -> String {
    format!("a{account}")
}

/// The question in FTS5's language: nothing of it but quoted strings, stars and our own columns.
pub(super) fn question(terms: &[Term], by: Option<i64>) -> String {
    let mut parts: Vec<String> = terms
        .iter()
        .map(|term| match term {
            Term::Words(words) => format!("body:{}", quoted(words)),
            Term::Prefix(words) => format!("body:{} *", quoted(words)),
        })
        .collect();
    parts.extend(by.map(|account| format!("by:{}", quoted(&author(account)))));
    parts.join(" AND ")
}

/// A string of FTS5: in quotes, those inside it doubled.
fn quoted(words: &str) -> String {
    format!("\"{}\"", spaced(words).replace('"', "\"\""))
}

/// Where the marks stand that FTS5 set, in characters of the text as it was before.
pub(super) fn marks(highlighted: &str) -> Vec<(u32, u32)> {
    let mut marks: Vec<(u32, u32)> = Vec::new();
    let (mut at, mut opened) = (0, None);
    for character in highlighted.chars() {
        match character {
            '\u{2}' => opened = Some(at),
            '\u{3}' => match (opened.take(), marks.last_mut()) {
                // Characters that are words of their own are found one by one.
                (Some(from), Some(last)) if last.1 == from => last.1 = at,
                (Some(from), _) => marks.push((from, at)),
                (None, _) => {}
            },
            BREAK => {}
            _ => at += 1,
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_quoted_whole() {
        let terms = [
            Term::Words("say \"x\" OR y".into()),
            Term::Prefix("dep".into()),
        ];
        assert_eq!(
            question(&terms, Some(7)),
            r#"body:"say ""x"" OR y" AND body:"dep" * AND by:"a7""#
        );
    }

    #[test]
    fn marks_are_counted_in_characters_of_the_text() {
        let text = format!(
            "né {OPEN}foo{CLOSE} {BREAK}{OPEN}東{CLOSE}{BREAK}{BREAK}{OPEN}京{CLOSE}{BREAK}!"
        );
        assert_eq!(marks(&text), [(3, 6), (7, 9)]);
    }
}
