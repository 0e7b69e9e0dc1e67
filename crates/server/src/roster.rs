//! Reads a roster: a CSV file of member id and display name (A1). What is wrong with a line is said by
//! its number.

use std::{collections::HashMap, io::Read};

use snug_proto::{AccountName, DisplayName};
use snug_store::RosterEntry;

/// Bad lines that are named; the others are counted.
const NAMED: usize = 20;

/// What is done about lines that are no member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadLines {
    /// Nothing is imported.
    Refuse,
    /// The others are imported.
    Skip,
}

/// A roster as it was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Roster {
    /// The members, in the order of the file.
    pub(crate) members: Vec<(String, String)>,
    /// Sentences about lines that were left out.
    pub(crate) skipped: Vec<String>,
}

/// Reads the file. A first line of `id,display` (or `id,name`) is passed over.
pub(crate) fn read(file: impl Read, bad_lines: BadLines) -> Result<Roster, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(file);
    let mut members = Vec::new();
    let mut bad = Vec::new();
    let mut lines = HashMap::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) if error.is_io_error() => {
                return Err(format!("it could not be read: {error}."));
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                bad.push(format!("line {line}: it is not UTF-8, or no CSV."));
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let fields: Vec<&str> = record.iter().collect();
        let &[id, display] = fields.as_slice() else {
            bad.push(format!(
                "line {line}: it has {} fields, not two.",
                fields.len()
            ));
            continue;
        };
        if line == 1 && id.eq_ignore_ascii_case("id") {
            continue;
        }
        match entry(id, display) {
            Ok(entry) => match lines.insert(entry.name.skeleton(), line) {
                None => members.push((id.to_owned(), display.to_owned())),
                Some(first) => bad.push(format!(
                    "line {line}: this member id, or one that looks like it, is on line {first} too."
                )),
            },
            Err(problem) => bad.push(format!("line {line}: {problem}")),
        }
    }
    let more = bad.len().saturating_sub(NAMED);
    bad.truncate(NAMED);
    if more > 0 {
        bad.push(format!("and {more} more."));
    }
    if bad_lines == BadLines::Refuse && !bad.is_empty() {
        bad.push(
            "Nothing was imported. Mend these lines, or leave them out: --skip-bad".to_owned(),
        );
        return Err(bad.join("\n"));
    }
    Ok(Roster {
        members,
        skipped: bad,
    })
}

/// A member, or what is wrong.
pub(crate) fn entry(id: &str, display: &str) -> Result<RosterEntry, String> {
    let name = AccountName::parse(id).map_err(|_| {
        "the member id cannot be a name: letters, digits and a few marks such as _ or -, 32 at most."
            .to_owned()
    })?;
    let display = DisplayName::parse(display).map_err(|_| {
        "the display name is empty, longer than 64 characters, or holds what cannot be shown."
            .to_owned()
    })?;
    Ok(RosterEntry { name, display })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_lines_are_members_however_they_are_quoted() {
        let text = "id,display\n19803021,Pranav Gupta\r\n\nb7,\"O'Neil, Zoë\"\n  c8 , Cid \n";
        let read = read(text.as_bytes(), BadLines::Refuse).unwrap();
        let expected = [
            ("19803021", "Pranav Gupta"),
            ("b7", "O'Neil, Zoë"),
            ("c8", "Cid"),
        ];
        let expected = expected.map(|(id, display)| (id.to_owned(), display.to_owned()));
        assert_eq!(read.members, expected);
        assert_eq!(read.skipped, [] as [String; 0]);
    }

    #[test]
    fn bad_lines_are_named_by_number_and_nothing_is_imported_unless_they_are_skipped() {
        let text = b"a1,Ann\nno name,Bob\nc3\nd4,\nA1,Other Ann\ne5,\xff\nf6,Fay,x\ng7,Gus\n";
        let refused = read(&text[..], BadLines::Refuse).unwrap_err();
        for line in [
            "line 2:", "line 3:", "line 4:", "line 5:", "line 6:", "line 7:",
        ] {
            assert!(refused.contains(line), "{line} in {refused}");
        }
        assert!(refused.contains("Nothing was imported"), "{refused}");
        let read = read(&text[..], BadLines::Skip).unwrap();
        let ids: Vec<_> = read.members.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["a1", "g7"]);
        assert_eq!(read.skipped.len(), 6);
    }
}
