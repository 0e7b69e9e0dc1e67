//! The generated parts of docs/: each stands between two marker comments in an otherwise written file.

use std::{fs, iter};

use anyhow::{Context, Result, bail};
use snug_proto::{ErrorClass, ErrorCode, Retry};

use crate::run::root;

const PROTOCOL: &str = "docs/protocol.md";
const BEGIN: &str = "<!-- errors:begin -->";
const END: &str = "<!-- errors:end -->";

/// Writes the generated parts.
pub(crate) fn write() -> Result<()> {
    let path = root().join(PROTOCOL);
    let written = fs::read_to_string(&path).context(PROTOCOL)?;
    let current = with_part(&written, &error_table())?;
    if current != written {
        fs::write(&path, current)?;
        println!("{PROTOCOL} rewritten");
    }
    Ok(())
}

/// Fails if a generated part is not what `write` would make of it.
pub(crate) fn check() -> Result<()> {
    let written = fs::read_to_string(root().join(PROTOCOL)).context(PROTOCOL)?;
    if with_part(&written, &error_table())? != written {
        bail!("{PROTOCOL} has drifted from the code: run `cargo xtask docs`");
    }
    Ok(())
}

fn with_part(document: &str, part: &str) -> Result<String> {
    let begin = document
        .find(BEGIN)
        .context("no marker of the error table")?;
    let begin = begin + BEGIN.len();
    let end = document.find(END).context("no end of the error table")?;
    let before = document.get(..begin).context("markers out of order")?;
    let after = document.get(end..).context("markers out of order")?;
    Ok(format!("{before}\n{part}{after}"))
}

fn error_table() -> String {
    let rows = ErrorCode::ALL.iter().map(|code| {
        let class = match code.class() {
            ErrorClass::Rejection => "rejection",
            ErrorClass::Fault => "fault",
            ErrorClass::Violation => "violation",
        };
        let retry = match code.retry() {
            Retry::Never => "never",
            Retry::Later => "later",
        };
        let sentence = code.sentence().replace('|', "\\|");
        format!("| {code} | {class} | {retry} | {sentence} |\n")
    });
    let head = "| code | class | retry | sentence |\n| --- | --- | --- | --- |\n";
    iter::once(head.to_owned()).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_is_replaced() {
        let document = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let new = with_part(&document, "new\n").unwrap();
        assert_eq!(new, format!("before\n{BEGIN}\nnew\n{END}\nafter\n"));
        assert_eq!(with_part(&new, "new\n").unwrap(), new);
        assert!(with_part("no markers", "new").is_err());
    }

    #[test]
    fn the_table_holds_every_code() {
        let table = error_table();
        for code in ErrorCode::ALL {
            assert!(table.contains(&format!("| {code} |")), "{code}");
        }
    }
}
