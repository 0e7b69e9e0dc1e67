//! Events of each kind that all readers of a room are told alike.

use snug_proto::{
    AccountId, Event, RoomId,
    line::{ServerLine, decode_server_line},
};

/// One of each kind that all readers of a room are told alike, without `ev`, where and by whom.
pub(crate) const KINDS: [(&str, &str); 19] = [
    ("message", r#""body":"hello there""#),
    ("message", r#""body":"/me waves\nand says more""#),
    ("message", r#""body":"yes","reply_to":1"#),
    (
        "message",
        r#""body":"yes","reply_to":1,"quote":{"seq":1,"from":"ann","from_id":"ID","excerpt":"is it?"}"#,
    ),
    ("edited", r#""of":1,"body":"hello where""#),
    ("edited", r#""of":1,"body":"two\nlines""#),
    ("deleted", r#""of":1"#),
    ("reacted", r#""of":1,"emoji":"+1""#),
    ("unreacted", r#""of":1,"emoji":"+1""#),
    ("joined", r#""name":"zoe","account":"ID","display":"Zoe Z""#),
    ("left", r#""name":"zoe","account":"ID""#),
    ("presence", r#""name":"zoe","account":"ID","online":true"#),
    ("presence", r#""name":"zoe","account":"ID","online":false"#),
    ("kicked", r#""name":"zoe","account":"ID","reason":"noise""#),
    ("banned", r#""name":"yan","account":"ID""#),
    ("unbanned", r#""name":"yan","account":"ID""#),
    ("muted", r#""name":"yan","account":"ID""#),
    (
        "role_changed",
        r#""name":"yan","account":"ID","role":"admin""#,
    ),
    (
        "settings_changed",
        r#""topic":"beer; and more","moderated":true"#,
    ),
];

/// The event of a kind, as the next of the room's log.
pub(crate) fn event(kind: usize, room: RoomId, seq: u64) -> Event {
    let (ev, fields) = KINDS[kind];
    // One account for each name, so that comings and goings fit together.
    let stranger = if fields.contains("zoe") { 77 } else { 78 };
    let id = AccountId::from_bytes([stranger; 16]).to_string();
    let fields = fields.replace("ID", &id);
    let by = AccountId::from_bytes([99; 16]);
    let line = format!(
        r#"{{"ev":"{ev}","room":"lobby","room_id":"{room}","seq":{seq},"at":"2026-11-21T08:00:00.000Z","from":"7up","from_id":"{by}",{fields}}}"#
    );
    match decode_server_line(line.as_bytes()) {
        Ok(ServerLine::Event(event)) => event,
        other => panic!("{line}: {other:?}"),
    }
}
