//! What is said at the control socket: a command, and the server's answer about bans, of which a firewall's table
//! is made.

use super::rehearsal::{command, nft};

/// The first byte says which of the two the others are. Nothing panics; a command is written so that it reads the
/// same, and shows no password; a table holds nothing that could be anything but a table, and no set of it an
/// element within another.
pub fn check(data: &[u8]) {
    let [kind, rest @ ..] = data else {
        return;
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    match kind % 2 {
        0 => said(text),
        _ => answered(text),
    }
}

fn said(line: &str) {
    let Some(understood) = command(line) else {
        return;
    };
    let written = serde_json::to_string(&understood).expect("it was read");
    assert!(!written.contains('\n'), "a command is one line");
    let again = command(&written).expect("it reads what it wrote");
    assert_eq!(serde_json::to_string(&again).expect("it was read"), written);
    let value: serde_json::Value = serde_json::from_str(&written).expect("it is JSON");
    if let Some(password) = value.get("password").and_then(serde_json::Value::as_str)
        // Longer than any word that is always shown.
        && password.len() >= 32
        && value["name"].as_str().is_none_or(|name| !name.contains(password))
    {
        assert!(!format!("{understood:?}").contains(password));
    }
}

fn answered(answer: &str) {
    let Some(table) = nft(answer) else {
        return;
    };
    assert!(table.starts_with("# Bans of snugd.") && table.ends_with("\t}\n}\n"));
    let (_, table) = table.split_once('\n').expect("its first line is a comment");
    assert!(
        table
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"\t\n {}=,;:./@_-".contains(&byte)),
        "{table:?}"
    );
    for line in table.lines() {
        let Some(elements) = line.trim().strip_prefix("elements = { ") else {
            continue;
        };
        let elements = elements.strip_suffix(" }").expect("it ends on its line");
        let networks: Vec<snug_rules::Network> = elements
            .split(", ")
            .map(|element| element.split(' ').next().expect("there is one"))
            .map(|network| network.parse().expect("a network as nft reads it"))
            .collect();
        for (at, one) in networks.iter().enumerate() {
            for other in networks.iter().skip(at + 1) {
                assert!(
                    !one.contains(other.address()) && !other.contains(one.address()),
                    "{one} and {other} in one set"
                );
            }
        }
    }
}
