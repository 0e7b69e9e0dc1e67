//! What a pure crate's own sources may not name: sockets, clocks, files and threads of the standard
//! library, which no table of dependencies shows. Tests, at the end of a file, may.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::{arrows::PURE, run::root};

const FORBIDDEN: &[&str] = &[
    "std::net",
    "std::fs",
    "std::thread",
    "std::process",
    "std::time::Instant",
    "std::time::SystemTime",
];

/// Names that say the same without their path.
const FORBIDDEN_CALLS: &[&str] = &["SystemTime::now", "Instant::now", "now_utc(", "thread_rng("];

/// Fails with every forbidden name in the pure crates' sources.
pub(crate) fn purity() -> Result<()> {
    let mut found = Vec::new();
    for pure in PURE {
        let short = pure.trim_start_matches("snug-");
        let folder = root().join("crates").join(short).join("src");
        if folder.is_dir() {
            search(&folder, &mut found)?;
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    bail!("{}", found.join("\n"));
}

fn search(folder: &Path, found: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            search(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path)?;
            let names = impurities(&source);
            let file = path.display();
            found.extend(names.iter().map(|name| format!("{file} names {name}")));
        }
    }
    Ok(())
}

/// The forbidden names in a file's code.
fn impurities(source: &str) -> Vec<String> {
    let code = without_comments(source);
    let code = code.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut paths = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find("std::") {
        rest = rest.get(at + "std::".len()..).unwrap_or_default();
        expand("std", rest, &mut paths);
    }
    let mut found: Vec<String> = FORBIDDEN
        .iter()
        .filter(|bad| paths.iter().any(|path| begins_with(path, bad)))
        .map(|bad| (*bad).to_owned())
        .collect();
    let calls = FORBIDDEN_CALLS.iter().filter(|call| code.contains(**call));
    found.extend(calls.map(|call| (*call).to_owned()));
    found
}

fn begins_with(path: &str, bad: &str) -> bool {
    path == bad
        || path
            .strip_prefix(bad)
            .is_some_and(|rest| rest.starts_with("::"))
}

fn without_comments(source: &str) -> String {
    let code = source
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    code.collect::<Vec<_>>().join("\n")
}

/// Every path that `prefix::` followed by this text names, `{…}` groups taken apart.
fn expand(prefix: &str, text: &str, paths: &mut Vec<String>) {
    let text = text.trim_start();
    if let Some(group) = text.strip_prefix('{') {
        for part in split_group(group) {
            expand(prefix, part, paths);
        }
        return;
    }
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        return;
    }
    let path = format!("{prefix}::{name}");
    match rest.strip_prefix("::") {
        Some(rest) => {
            paths.push(path.clone());
            expand(&path, rest, paths);
        }
        None => paths.push(path),
    }
}

/// The parts of a `{a, b::{c, d}}` whose opening brace was taken off, up to its closing one.
fn split_group(group: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' | ',' if depth == 0 => {
                parts.push(group.get(start..at).unwrap_or_default());
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_names_are_found_however_they_are_imported() {
        for source in [
            "use std::net::TcpStream;",
            "use std::{fmt, fs};",
            "use std::{\n    sync::Arc,\n    time::{Duration, Instant},\n};",
            "fn f() { std::thread::yield_now(); }",
            "fn f() { let x = std::time::SystemTime::UNIX_EPOCH; }",
            "use time::OffsetDateTime;\nfn f() { OffsetDateTime::now_utc(); }",
        ] {
            assert_eq!(impurities(source).len(), 1, "{source}");
        }
    }

    #[test]
    fn comments_tests_and_harmless_names_pass() {
        let source = "//! No std::net here.\nuse std::{fmt, time::Duration, sync::{Arc, Mutex}};\n\
                      use std::fmt::Write;\n#[cfg(test)]\nmod tests { use std::fs; }";
        assert_eq!(impurities(source), Vec::<String>::new());
    }
}
