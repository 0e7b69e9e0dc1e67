//! docs/protocol.md is normative: every example in it is read here by the code, written again, and
//! compared; every request and every event has one; every field is named; no rule's number is given twice.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;
use snug_proto::{
    ErrorCode, Event, RequestKind, Response,
    line::{
        ServerLine, decode_request, decode_server_line, encode_answer, encode_event, encode_request,
    },
};

const TEXT: &str = include_str!("../../../docs/protocol.md");

#[expect(clippy::unwrap_used, reason = "a test: what is no JSON fails it")]
fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn examples(arrow: &str) -> impl Iterator<Item = &'static str> {
    TEXT.lines()
        .filter_map(move |line| line.strip_prefix(arrow))
        .map(str::trim)
}

#[test]
fn every_request_has_an_example_that_the_code_reads_and_writes_alike() {
    let mut seen = BTreeSet::new();
    for line in examples("→ ") {
        let (id, request) = decode_request(line.as_bytes()).unwrap_or_else(|bad| {
            panic!("{line}: {bad:?}");
        });
        assert_eq!(
            json(&encode_request(id, &request)),
            json(line.as_bytes()),
            "{line}"
        );
        seen.insert(request.kind().wire());
    }
    let all: BTreeSet<_> = RequestKind::ALL.iter().map(|kind| kind.wire()).collect();
    assert_eq!(seen, all);
}

#[test]
fn every_answer_and_event_in_the_text_is_read_and_written_alike() {
    let mut asked: HashMap<u64, RequestKind> = HashMap::new();
    let mut events = BTreeSet::new();
    for line in TEXT.lines() {
        if let Some(line) = line.strip_prefix("→ ") {
            let (id, request) = decode_request(line.as_bytes()).unwrap();
            asked.insert(id, request.kind());
        }
        let Some(line) = line.strip_prefix("← ") else {
            continue;
        };
        let written = match decode_server_line(line.as_bytes()).unwrap() {
            ServerLine::Event(event) => {
                assert_ne!(event, Event::Unknown, "{line}");
                events.insert(json(line.as_bytes())["ev"].to_string());
                encode_event(&event)
            }
            ServerLine::Answer { re, answer } => {
                let answer = answer.map(|ok| Response::parse(asked[&re.unwrap()], &ok).unwrap());
                encode_answer(re, &answer)
            }
        };
        assert_eq!(json(&written), json(line.as_bytes()), "{line}");
    }
    // One for every variant of `Event` but `Unknown`.
    assert_eq!(events.len(), 37, "{events:?}");
}

/// What is written into the object around it, and no field itself.
const FLATTENED: [&str; 4] = ["place", "author", "subject", "changes"];

#[test]
fn every_field_of_the_wire_is_named_in_the_text() {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let said: BTreeSet<&str> = TEXT.split(|letter| !is_part(letter)).collect();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let mut fields = 0;
    for area in ["request", "response", "event"] {
        for file in std::fs::read_dir(format!("{root}/{area}")).unwrap() {
            let path = file.unwrap().path();
            let code = std::fs::read_to_string(&path).unwrap();
            let lines = code
                .lines()
                .filter_map(|line| line.strip_prefix("    pub "));
            for field in lines.filter_map(|line| line.split_once(": ")) {
                let name = field.0.trim_start_matches("r#");
                if name.chars().all(is_part) && !FLATTENED.contains(&name) {
                    fields += 1;
                    assert!(said.contains(name), "{name}, in {}", path.display());
                }
            }
        }
    }
    assert!(fields > 300, "{fields}");
}

#[test]
fn every_error_code_stands_in_the_table_once_and_no_other_does() {
    let table = TEXT.split("<!-- errors:begin -->").nth(1).unwrap();
    let table = table.split("<!-- errors:end -->").next().unwrap();
    let rows: Vec<_> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .map(|cell| cell.trim_matches('`'))
        .filter(|cell| *cell != "code" && !cell.starts_with('-'))
        .collect();
    let codes: Vec<_> = ErrorCode::ALL.iter().map(|code| code.wire()).collect();
    assert_eq!(rows, codes);
}

#[test]
fn no_rule_has_the_number_of_another_and_they_rise() {
    let numbers: Vec<u32> = TEXT
        .lines()
        .filter_map(|line| line.strip_prefix("- **P-")?.split_once("**"))
        .map(|(number, _)| number.parse().unwrap())
        .collect();
    assert!(numbers.len() > 50);
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}
