//! Reading a join line as it was pasted: `snug join snug://… --code …`, or a part of it.

use snug_proto::Secret;

/// The link and the code of a join line; `None` if there is no link in it.
pub(super) fn read(text: &str) -> Option<(String, Option<Secret>)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let link = words.iter().find(|word| {
        let begins = word.get(..7);
        begins.is_some_and(|begins| begins.eq_ignore_ascii_case("snug://"))
    })?;
    let after = words.iter().position(|word| *word == "--code");
    let code = after
        .and_then(|at| words.get(at + 1))
        .map(|code| Secret::from(*code));
    let joined = words.iter().find_map(|word| word.strip_prefix("--code="));
    Some(((*link).to_owned(), code.or(joined.map(Secret::from))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_line_is_read_however_much_of_it_was_pasted() {
        let code = || Some(Secret::from("maple-7"));
        let link = "snug://localhost:7667/#K7";
        for (text, expected) in [
            (
                "$ snug join snug://localhost:7667/#K7 --code maple-7\n",
                code(),
            ),
            ("snug://localhost:7667/#K7 --code=maple-7", code()),
            ("  snug://localhost:7667/#K7", None),
            ("snug join snug://localhost:7667/#K7 --code", None),
        ] {
            assert_eq!(read(text), Some((link.to_owned(), expected)), "{text}");
        }
        for bad in ["", "localhost:7667", "--code x", "snug:/", "日本語日本語"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
