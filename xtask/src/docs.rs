//! The generated parts of docs/: each stands between two marker comments in an otherwise written file.

use std::{fs, iter};

use anyhow::{Context, Result, bail};
use snug_proto::{ErrorClass, ErrorCode, RequestKind, Retry};
use snug_rules::{Condition, Deed, Part, Verdict, guest_may, verdict};

use crate::run::root;

/// A generated part of a document: which document, between which marks, and what makes it.
struct Generated {
    document: &'static str,
    mark: &'static str,
    make: fn() -> String,
}

/// All of them.
const PARTS: [Generated; 4] = [
    Generated {
        document: "docs/protocol.md",
        mark: "errors",
        make: error_table,
    },
    Generated {
        document: "docs/permissions.md",
        mark: "permissions",
        make: permission_tables,
    },
    Generated {
        document: "docs/terminal.md",
        mark: "keys",
        make: snug_screen::keys_document,
    },
    Generated {
        document: "docs/terminal.md",
        mark: "settings",
        make: settings_file,
    },
];

/// Writes the generated parts.
pub(crate) fn write() -> Result<()> {
    for part in &PARTS {
        let path = root().join(part.document);
        let written = fs::read_to_string(&path).context(part.document)?;
        let current = with_part(&written, part.mark, &(part.make)())?;
        if current != written {
            fs::write(&path, current)?;
            println!("{} rewritten", part.document);
        }
    }
    Ok(())
}

/// Fails if a generated part is not what `write` would make of it.
pub(crate) fn check() -> Result<()> {
    for part in &PARTS {
        let written = fs::read_to_string(root().join(part.document)).context(part.document)?;
        if with_part(&written, part.mark, &(part.make)())? != written {
            let document = part.document;
            bail!("{document} has drifted from the code: run `cargo xtask docs`");
        }
    }
    Ok(())
}

fn with_part(document: &str, mark: &str, part: &str) -> Result<String> {
    let (begin_mark, end_mark) = (
        format!("<!-- {mark}:begin -->"),
        format!("<!-- {mark}:end -->"),
    );
    let begin = document
        .find(&begin_mark)
        .with_context(|| format!("no begin of {mark}"))?;
    let begin = begin + begin_mark.len();
    let end = document
        .find(&end_mark)
        .with_context(|| format!("no end of {mark}"))?;
    let before = document.get(..begin).context("markers out of order")?;
    let after = document.get(end..).context("markers out of order")?;
    Ok(format!("{before}\n{part}{after}"))
}

/// A table for every state of a room: a line for every deed, a column for everybody.
fn permission_tables() -> String {
    let guests = guest_requests();
    let tables = Condition::ALL.map(|condition| {
        let parts = Part::ALL
            .into_iter()
            .filter(|part| verdict(Deed::Read, condition, *part) != Verdict::Nobody);
        let parts: Vec<Part> = parts.collect();
        let heads: Vec<_> = parts.iter().map(|part| part_name(*part)).collect();
        let lines = Deed::ALL.iter().map(|deed| {
            let cells = parts
                .iter()
                .map(|part| match verdict(*deed, condition, *part) {
                    Verdict::Yes => "yes".to_owned(),
                    Verdict::No(denial) => denial.code().to_string(),
                    Verdict::Nobody => "—".to_owned(),
                });
            let cells: Vec<_> = cells.collect();
            format!("| {} | {} |", deed.says(), cells.join(" | "))
        });
        let lines: Vec<_> = lines.collect();
        let rule = " --- |".repeat(parts.len());
        let title = condition_name(condition);
        {
            let (heads, lines) = (heads.join(" | "), lines.join("\n"));
            format!("\n## {title}\n\n| | {heads} |\n| --- |{rule}\n{lines}\n")
        }
    });
    format!("{}{guests}\n", tables.concat())
}

/// What guests may ask at all, and what not.
fn guest_requests() -> String {
    let list = |may: bool| {
        let kinds = RequestKind::ALL
            .iter()
            .filter(|kind| guest_may(**kind) == may);
        let names: Vec<_> = kinds.map(|kind| format!("`{}`", kind.wire())).collect();
        names.join(", ")
    };
    let (may, not) = (list(true), list(false));
    format!("\n## What guests may ask\n\nThey may: {may}.\n\n`forbidden`: {not}.\n")
}

const fn part_name(part: Part) -> &'static str {
    match part {
        Part::Founder => "founder",
        Part::Admin => "admin",
        Part::Member => "member",
        Part::Guest => "guest",
        Part::Muted => "muted",
        Part::Banned => "banned",
        Part::Stranger => "stranger",
        Part::Moderator => "server's moderator",
        Part::Owner => "server's owner",
    }
}

const fn condition_name(condition: Condition) -> &'static str {
    match condition {
        Condition::Hidden => "A hidden room",
        Condition::Archived => "An archived room",
        Condition::Open => "An open room",
        Condition::Password => "A room behind a password",
        Condition::Invitation => "A room by invitation",
        Condition::Lobby => "The lobby",
        Condition::Direct => "A direct conversation",
    }
}

/// The file of settings as it is first written.
fn settings_file() -> String {
    format!("```toml\n{}```\n", snug_screen::settings::DEFAULT_FILE)
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
        let (begin, end) = ("<!-- errors:begin -->", "<!-- errors:end -->");
        let document = format!("before\n{begin}\nold\n{end}\nafter\n");
        let new = with_part(&document, "errors", "new\n").unwrap();
        assert_eq!(new, format!("before\n{begin}\nnew\n{end}\nafter\n"));
        assert_eq!(with_part(&new, "errors", "new\n").unwrap(), new);
        assert!(with_part("no markers", "errors", "new").is_err());
    }

    #[test]
    fn the_table_holds_every_code() {
        let table = error_table();
        for code in ErrorCode::ALL {
            assert!(table.contains(&format!("| {code} |")), "{code}");
        }
    }
}
