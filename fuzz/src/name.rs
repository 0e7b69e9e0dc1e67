//! Text from a stranger: as a name, a reference, an id, a time, the words of a message.

use snug_proto::{AccountId, AccountName, Body, PersonRef, RoomName, RoomRef, Timestamp};

/// Nothing panics; what parses, parses to itself; no name reads as an id.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(name) = AccountName::parse(text) {
        assert_eq!(AccountName::parse(name.as_str()).as_ref(), Ok(&name));
        assert!(!name.skeleton().is_empty());
        assert_eq!(
            PersonRef::from(name.shown()),
            PersonRef::Name(name.to_string())
        );
    }
    if let Ok(name) = RoomName::parse(text) {
        assert_eq!(RoomName::parse(name.as_str()).as_ref(), Ok(&name));
        assert_eq!(RoomRef::from(name.shown()), RoomRef::Name(name.to_string()));
    }
    assert_eq!(RoomRef::from(text).to_string(), text);
    assert_eq!(PersonRef::from(text).to_string(), text);
    if let Ok(id) = text.parse::<AccountId>() {
        assert_eq!(id.to_string(), text);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        assert_eq!(at.to_string().parse(), Ok(at));
    }
    if let Ok(body) = Body::parse(text.to_owned()) {
        assert_eq!(body.as_str(), text);
    }
}
