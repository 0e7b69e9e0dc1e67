//! Events about who may be in a room, who may do what there, and how it is set up.

use serde::{Deserialize, Serialize};

use crate::{
    Access, Author, Event, HistoryPolicy, Place, Retention, RoomChanges, RoomId, RoomRole, Subject,
    Timestamp,
};

/// Somebody was kicked, banned, unbanned, muted, unmuted or invited by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sanctioned {
    /// Where and when.
    #[serde(flatten)]
    pub place: Place,
    /// Who did it.
    #[serde(flatten)]
    pub author: Author,
    /// To whom.
    #[serde(flatten)]
    pub subject: Box<Subject>,
    /// Until then; until it is lifted if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Done by the server's authority, not by the room's (DECISIONS 20).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_server: bool,
}

/// Somebody became an admin, the founder, or a member like others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleChanged {
    /// Where and when.
    #[serde(flatten)]
    pub place: Place,
    /// Who did it; the founder who left, where the room passed on.
    #[serde(flatten)]
    pub author: Author,
    /// Whose role.
    #[serde(flatten)]
    pub subject: Box<Subject>,
    /// What they are now. A new founder makes the old one an admin.
    pub role: RoomRole,
    /// Done by the server's authority, not by the room's (DECISIONS 20).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_server: bool,
}

/// A room is set up differently. `room` is its name from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsChanged {
    /// Where and when.
    #[serde(flatten)]
    pub place: Place,
    /// Who did it.
    #[serde(flatten)]
    pub author: Author,
    /// What changed.
    #[serde(flatten)]
    pub changes: Box<RoomChanges>,
    /// The name it had, if it has another now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// Who might join before, if that is others now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was_access: Option<Access>,
    /// It has another password.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub new_password: bool,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Done by the server's authority, not by the room's (DECISIONS 20).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_server: bool,
}

/// One is invited to a room that one is not in. Sent as it happens and after each sign-in, until one
/// joins. Not logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The room.
    pub room: String,
    /// That room.
    pub room_id: RoomId,
    /// Who invited.
    #[serde(flatten)]
    pub author: Author,
}

/// The rest of a sentence about a ban or a mute: until when, and why, and the stop.
pub fn until_and_why(until: Option<Timestamp>, reason: Option<&str>) -> String {
    let until = until.map(|until| until.to_string());
    let until = until.as_deref().and_then(|until| {
        let (day, time) = until.split_once('T')?;
        Some(format!(" until {day} {} UTC", time.get(..5)?))
    });
    let until = until.unwrap_or_default();
    reason.map_or_else(
        || format!("{until}."),
        |reason| format!("{until}: {reason}"),
    )
}

impl Event {
    /// What was done to keep order in a room, in a sentence; `None` for all other events.
    pub fn order(&self) -> Option<String> {
        let done = |event: &Sanctioned, did: &str| {
            let (by, who) = (&event.author.from, &event.subject.name);
            let rest = until_and_why(event.until, event.reason.as_deref());
            let server = of_server(event.by_server);
            format!("{by}{server} {did} {who}{rest}")
        };
        Some(match self {
            Self::Kicked(event) => done(event, "kicked"),
            Self::Banned(event) => done(event, "banned"),
            Self::Unbanned(event) => done(event, "lifted the ban of"),
            Self::Muted(event) => done(event, "muted"),
            Self::Unmuted(event) => done(event, "lifted the mute of"),
            Self::Invited(event) => done(event, "invited"),
            Self::RoleChanged(event) => {
                let (by, who) = (&event.author.from, &event.subject.name);
                let server = of_server(event.by_server);
                match event.role {
                    RoomRole::Founder => format!("{who} is the room's founder now."),
                    RoomRole::Admin => format!("{by}{server} made {who} an admin."),
                    RoomRole::Member => format!("{by}{server} made {who} a member like others."),
                }
            }
            Self::SettingsChanged(event) => {
                let (by, server) = (&event.author.from, of_server(event.by_server));
                let why = event.reason.as_deref();
                let why = why.map_or_else(|| ".".to_owned(), |why| format!(": {why}"));
                format!("{by}{server} {}{why}", event.what())
            }
            Self::MaskChanged(event) => {
                let (by, server) = (&event.author.from, of_server(event.by_server));
                format!("{by}{server} {}", event.what())
            }
            _ => return None,
        })
    }
}

const fn of_server(by_server: bool) -> &'static str {
    if by_server { " (for the server)" } else { "" }
}

/// What is said of something that was turned on, or off.
fn either(turned: Option<bool>, on: &str, off: &str) -> Option<String> {
    turned.map(|is_on| if is_on { on } else { off }.to_owned())
}

impl SettingsChanged {
    /// What was changed: `renamed den to attic, set the topic: tea`.
    fn what(&self) -> String {
        let changes = &self.changes;
        let mut what = Vec::new();
        if let (Some(name), Some(was)) = (&changes.name, &self.was) {
            what.push(format!("renamed {was} to {name}"));
        }
        what.extend(changes.topic.as_ref().map(|topic| match topic.as_str() {
            "" => "took the topic away".to_owned(),
            topic => format!("set the topic: {topic}"),
        }));
        what.extend(changes.slow_mode_ms.map(|ms| match ms {
            0 => "ended slow mode".to_owned(),
            ms => format!("set slow mode: one message every {} s", ms.div_ceil(1000)),
        }));
        what.extend(either(
            changes.moderated,
            "made the room moderated",
            "ended moderation",
        ));
        what.extend(either(
            changes.outside,
            "let those outside speak here",
            "let members only speak here",
        ));
        what.extend(either(
            changes.quiet_guests,
            "let guests only read here",
            "let guests speak here",
        ));
        what.extend(either(
            changes.quiet_machines,
            "let programs ask nothing here",
            "let programs ask each other here",
        ));
        what.extend(changes.open_topic.map(|open| {
            let who = if open { "everybody" } else { "admins only" };
            format!("let {who} set the topic")
        }));
        what.extend(changes.limit.map(|limit| match limit {
            0 => "took the limit of members away".to_owned(),
            limit => format!("limited the room to {limit} members"),
        }));
        what.extend(changes.access.map(|access| {
            let access = match access {
                Access::Open => "open to all",
                Access::Password => "ask for a password",
                Access::Invitation => "take an invitation",
            };
            format!("made the room {access}")
        }));
        if self.new_password {
            what.push("set a new password".to_owned());
        }
        what.extend(changes.listed.map(|listed| {
            let how = if listed { "listed" } else { "hid" };
            format!("{how} the room")
        }));
        what.extend(changes.history.map(|history| match history {
            HistoryPolicy::All => "let newcomers read all that is kept".to_owned(),
            HistoryPolicy::SinceJoining => "let newcomers read from their joining on".to_owned(),
        }));
        what.extend(changes.retention.map(|retention| match retention {
            Retention::Forever => "let the room keep everything from now on".to_owned(),
            Retention::Ram => "let the room keep nothing, and erased what it had".to_owned(),
            Retention::Days(days) => {
                format!("let the room keep {days} days, and erased what is older")
            }
        }));
        what.extend(
            changes
                .groups
                .as_ref()
                .map(|groups| match groups.as_slice() {
                    [] => "opened the room to no group any more".to_owned(),
                    groups => format!("opened the room to the groups {}", groups.join(", ")),
                }),
        );
        what.extend(either(
            changes.archived,
            "archived the room",
            "opened the room again",
        ));
        what.join(", ")
    }
}
