//! What others wrote, made fit for a terminal: it can fill lines with characters and nothing else.

use std::fmt::Write;

use unicode_width::UnicodeWidthChar;

/// Marks over or under one character, past which they would climb over other lines.
const MAX_MARKS: usize = 8;

/// Spaces that a tab becomes: the terminal's own tab stops do not know of our prefixes.
const TAB: &str = "    ";

/// The lines of a message's words. Only a line feed begins a new one.
pub fn lines(words: &str) -> Vec<String> {
    words
        .split('\n')
        .map(|words| clean(words, Kind::Words))
        .collect()
}

/// A name, a title, a server's sentence: always one line.
pub fn line(words: &str) -> String {
    clean(words, Kind::Name)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Words,
    /// No joiners: they can make two names look alike.
    Name,
}

fn clean(words: &str, kind: Kind) -> String {
    let mut clean = String::with_capacity(words.len());
    let mut marks = 0;
    let mut before = None;
    for character in words.chars() {
        let shown = show(character, before, kind);
        before = Some(character);
        match shown {
            Shown::AsIs if character.width() == Some(0) => {
                // A mark with nothing to stand on would land on what we wrote before it.
                if clean.is_empty() {
                    clean.push('◌');
                }
                marks += 1;
                if marks <= MAX_MARKS {
                    clean.push(character);
                }
            }
            Shown::AsIs => {
                marks = 0;
                clean.push(character);
            }
            Shown::Instead(text) => {
                marks = 0;
                clean.push_str(text);
            }
            Shown::Number => {
                marks = 0;
                // Writing to a string cannot fail.
                let _always = write!(clean, "[U+{:04X}]", u32::from(character));
            }
        }
    }
    clean
}

enum Shown {
    AsIs,
    Instead(&'static str),
    /// By its number, so that one sees that something invisible stood there.
    Number,
}

fn show(character: char, before: Option<char>, kind: Kind) -> Shown {
    match character {
        '\t' => Shown::Instead(TAB),
        // At line and paragraph separator some terminals and most copies break the line.
        '\n' | '\u{2028}' | '\u{2029}' => Shown::Instead(" "),
        // Joiners make emoji of families and words of Persian and Hindi; between ASCII letters they
        // are a trick.
        '\u{200c}' | '\u{200d}'
            if kind == Kind::Words && before.is_some_and(|before| !before.is_ascii()) =>
        {
            Shown::AsIs
        }
        '\u{fe0e}' | '\u{fe0f}' if kind == Kind::Words => Shown::AsIs,
        character if character.is_control() || is_invisible(character) => Shown::Number,
        _ => Shown::AsIs,
    }
}

/// Characters that turn the direction of text, or that nobody sees.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        // Zero width; left-to-right, right-to-left.
        | '\u{200b}'..='\u{200f}'
        // Embeddings and overrides.
        | '\u{202a}'..='\u{202e}'
        // Invisible operators, isolates, deprecated format characters.
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        // Tags and the variation selectors beyond the basic plane.
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_without_tricks_stay_as_they_are() {
        for words in [
            "plain",
            "žluťoučký кůň",
            "日本語",
            "👩\u{200d}👩\u{200d}👧 ❤\u{fe0f}",
            "می\u{200c}خواهم",
        ] {
            assert_eq!(lines(words), [words]);
        }
        assert_eq!(lines("a\nb\tc\n"), ["a", "b    c", ""]);
    }

    #[test]
    fn nothing_steers_the_terminal_turns_the_text_or_hides() {
        assert_eq!(lines("\u{1b}[2Jx"), ["[U+001B][2Jx"]);
        assert_eq!(lines("\u{9b}31m"), ["[U+009B]31m"]);
        assert_eq!(lines("a\u{202e}b\u{2066}c"), ["a[U+202E]b[U+2066]c"]);
        assert_eq!(
            lines("pay\u{200b}pal \u{200d}x"),
            ["pay[U+200B]pal [U+200D]x"]
        );
        assert_eq!(lines("one\u{2028}two\u{85}"), ["one two[U+0085]"]);
        assert_eq!(line("two\nlines\u{fe0f}"), "two lines[U+FE0F]");
    }

    #[test]
    fn floods_of_marks_are_capped_and_never_land_on_what_stands_before() {
        let flood = format!("a{}b\u{301}", "\u{301}".repeat(500));
        assert_eq!(lines(&flood), [format!("a{}b\u{301}", "\u{301}".repeat(8))]);
        assert_eq!(lines("\u{301}a"), ["◌\u{301}a"]);
    }

    proptest! {
        #[test]
        fn no_output_holds_a_control_or_a_direction(words in any::<String>()) {
            let steers = |c: char| c.is_control() || matches!(c, '\u{200e}' | '\u{200f}'
                | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
            prop_assert!(!line(&words).chars().any(steers));
            let shown = lines(&words);
            prop_assert_eq!(shown.len(), words.matches('\n').count() + 1);
            prop_assert!(!shown.iter().any(|line| line.chars().any(steers)));
        }

        #[test]
        fn no_mixture_of_dangerous_characters_gets_through(
            words in proptest::collection::vec(proptest::sample::select(vec![
                '\u{1b}', '[', '2', 'J', '\r', '\u{8}', '\u{7f}', '\u{9b}', '\u{9d}', '\u{202e}',
                '\u{301}', '\u{200d}', 'é', 'a', '\n', '\u{fe0f}', '\u{e0041}',
            ]), 0..40)
        ) {
            let words: String = words.into_iter().collect();
            for shown in lines(&words) {
                prop_assert!(!shown.chars().any(char::is_control));
                prop_assert!(!shown.starts_with(|c: char| c.width() == Some(0)));
            }
        }
    }
}
