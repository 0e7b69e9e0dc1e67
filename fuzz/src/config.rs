//! The server's file of options.

use std::fmt::Write as _;

use super::rehearsal::options;

/// The first line is an access code, the others are the file that it stands in. Nothing panics; a complaint is
/// one sentence, names a line that is there, and does not tell the code; nor do the options when they are shown.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    // Another file is not read here, whatever its name.
    if text.contains("motd") {
        return;
    }
    let (code, file) = text.split_once('\n').unwrap_or(("", text));
    let mut escaped = String::new();
    for letter in code.chars() {
        // Writing to a string does not fail.
        let _ = write!(escaped, "\\U{:08X}", u32::from(letter));
    }
    let _never_panics = options(file);
    // Before the file, as its last lines may be within a table or a text that has no end.
    let with_code = format!("access_code = \"{escaped}\"\n{file}");
    // What stands in the file besides may be told, and so may words that are always said.
    let tells = |shown: &str| code.len() >= 32 && !file.contains(code) && shown.contains(code);
    match options(&with_code) {
        Ok(options) => {
            assert!(!tells(&format!("{options:?}")));
            assert_eq!(options.access_code.is_some(), !code.trim().is_empty());
            assert!(!options.listen.is_empty());
            assert!(
                options
                    .threads
                    .is_none_or(|number| (1..=1024).contains(&number))
            );
        }
        Err(bad) => {
            let said = bad.to_string();
            assert!(!tells(&said), "{said}");
            let line = said.rsplit_once("(line ").map(|(_, rest)| rest);
            let line = line.and_then(|rest| rest.strip_suffix(").")?.parse::<usize>().ok());
            assert!(
                line.is_none_or(|line| (1..=with_code.split('\n').count()).contains(&line)),
                "{said}"
            );
        }
    }
}
