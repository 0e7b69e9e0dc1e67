//! An announcement on the local network, as `snug find` shows it.

use std::net::IpAddr;

use snug_tui::Rehearsal;

/// Its lines are the service's full name, its fingerprint, its port, and addresses. Nothing panics; the name is
/// one line that steers no terminal; the link is written so that it reads the same, and can be pasted.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut lines = text.split('\n');
    let (name, fingerprint) = (
        lines.next().unwrap_or_default(),
        lines.next().unwrap_or_default(),
    );
    let port = lines
        .next()
        .and_then(|port| port.parse().ok())
        .unwrap_or(7667);
    let addresses: Vec<IpAddr> = lines.filter_map(|line| line.parse().ok()).collect();
    let Some((name, link)) = Rehearsal::found(name, fingerprint, &addresses, port) else {
        return;
    };
    assert!(
        !name.chars().any(|letter| letter.is_control()
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')),
        "{name:?}"
    );
    let written = link.to_string();
    assert_eq!(written.parse().as_ref(), Ok(&link));
    assert!(
        addresses
            .iter()
            .any(|address| address.to_string() == link.host()),
        "{written}"
    );
    assert!(
        written.chars().all(|letter| letter.is_ascii_graphic())
            && !written.contains(['"', '$', '`', '\\', '\'', '!']),
        "{written:?}"
    );
}
