//! A join line's link, as somebody pasted it or a stranger on the network announced it.

use snug_client::{Fingerprint, Link};

/// Nothing panics; what is read is written so that it reads the same, names a place that cannot be taken for
/// something else, and steers no terminal and no shell.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let link = match text.parse::<Link>() {
        Ok(link) => link,
        Err(bad) => {
            assert!(!bad.to_string().is_empty());
            // As an announcement has it: a host, a port, a fingerprint.
            let host = text.split('\n').next().unwrap_or_default();
            match Link::new(host, 7667, Fingerprint::from_bytes([3; 32])) {
                Ok(link) => link,
                Err(_) => return,
            }
        }
    };
    let written = link.to_string();
    assert_eq!(written.parse().as_ref(), Ok(&link));
    assert!(link.port() > 0 && !link.host().is_empty());
    assert!(
        written.chars().all(|letter| letter.is_ascii_graphic()),
        "{written:?}"
    );
    // It is printed between double quotes, to be pasted into a shell.
    assert!(
        !written.contains(['"', '$', '`', '\\', '\'', ' ', '!']),
        "{written:?}"
    );
    let (_, fingerprint) = written.rsplit_once('#').expect("it has one");
    assert_eq!(fingerprint.parse().as_ref(), Ok(&link.fingerprint()));
    assert_eq!(written.matches('#').count(), 1);
}
