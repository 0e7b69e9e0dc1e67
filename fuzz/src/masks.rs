//! Whom a ban or an exception means, as strangers and rooms' admins write it: networks, masks; and how long a
//! room keeps what was said.

use std::net::IpAddr;

use snug_proto::{AccountId, AccountName, DisplayName, Reaction, Retention};
use snug_rules::{Bearer, Belonging, Network, Networks, fits, parse_mask};

/// A mask, and by whom it may be borne, on a line each. Nothing panics; what parses is written so that it
/// parses to itself; a mask fits a name however its letters are written.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut lines = text.split('\n');
    let (first, name, user) = (lines.next(), lines.next(), lines.next());
    let first = first.unwrap_or_default();
    network(first, name.and_then(|name| name.parse().ok()));
    mask(first, name.unwrap_or("ann"), user);
    if let Ok(kept) = first.parse::<Retention>() {
        assert_eq!(kept.to_string().parse(), Ok(kept));
    }
    if let Ok(display) = DisplayName::parse(first) {
        assert_eq!(DisplayName::parse(display.as_str()).as_ref(), Ok(&display));
        assert!(!display.as_str().chars().any(char::is_control));
    }
    if let Some(reaction) = Reaction::parse(first) {
        assert_eq!(Reaction::parse(reaction.as_str()).as_ref(), Some(&reaction));
        assert!(!reaction.as_str().chars().any(char::is_control));
    }
}

fn network(text: &str, address: Option<IpAddr>) {
    let Ok(network) = text.parse::<Network>() else {
        return;
    };
    assert_eq!(network.to_string().parse(), Ok(network));
    assert!(network.contains(network.address()));
    assert_eq!(network.address(), network.address().to_canonical());
    assert_eq!(Network::of(network.address(), network.prefix()), network);
    let Some(address) = address else { return };
    let mut networks = Networks::default();
    networks.insert(network, ());
    let found = networks.of(address).next().is_some();
    assert_eq!(found, network.contains(address));
}

fn mask(text: &str, name: &str, user: Option<&str>) {
    let Some(mask) = parse_mask(text) else {
        return;
    };
    assert_eq!(parse_mask(&mask).as_ref(), Some(&mask), "of {text:?}");
    let id = AccountId::from_bytes([4; 16]);
    let bearer = |name, standing| Bearer {
        name,
        worn: None,
        user,
        id: &id,
        standing,
    };
    // Whoever is somebody has a name that is one.
    let Ok(name) = AccountName::parse(name) else {
        return;
    };
    let (name, louder) = (name.shown(), name.shown().to_ascii_uppercase());
    for standing in [Belonging::Account, Belonging::Guest] {
        let fit = fits(&mask, bearer(name, standing));
        // Not each is: a middle dot stands between two small letters l only (RFC 5892, appendix A.3).
        if AccountName::parse(&louder).is_ok() {
            assert_eq!(fit, fits(&mask, bearer(&louder, standing)));
        }
        let all = fits("*", bearer(name, standing));
        assert!(all, "a star fits everybody");
    }
    // A guest has no account, whatever is asked of one.
    let accounts = mask.starts_with("account:");
    assert!(!accounts || !fits(&mask, bearer(name, Belonging::Guest)));
}
