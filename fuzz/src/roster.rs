//! A roster: a CSV file of member id and display name.

use std::collections::HashSet;

use super::rehearsal::{no_member, roster, roster_without_bad_lines};

/// Nothing panics; who is read is a member, no two by one id; a line that is left out makes the whole be refused;
/// what is read is written so that it reads the same; what is said of the file is bounded and quotes nothing.
pub fn check(data: &[u8]) {
    let (members, left_out) =
        roster_without_bad_lines(data).expect("bytes in memory are always read");
    assert!(left_out.len() <= 21);
    assert!(
        left_out
            .iter()
            .all(|line| line.is_ascii() && line.len() < 200)
    );
    let ids: HashSet<&str> = members.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids.len(), members.len());
    for (id, display) in &members {
        assert_eq!(no_member(id, display), None);
    }
    match roster(data) {
        Ok(all) => assert_eq!((all, 0), (members.clone(), left_out.len())),
        Err(said) => assert!(!left_out.is_empty() && said.contains("Nothing was imported")),
    }
    let quoted = members.iter().map(|(id, display)| {
        let (id, display) = (id.replace('"', "\"\""), display.replace('"', "\"\""));
        format!("\"{id}\",\"{display}\"\n")
    });
    let written: String = ["id,display\n".to_owned()]
        .into_iter()
        .chain(quoted)
        .collect();
    assert_eq!(roster(written.as_bytes()), Ok(members));
}
