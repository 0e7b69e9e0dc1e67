//! Forms of rooms: making one, joining one, and how one is set up.

use snug_proto::{
    Access, CreateRoom, HistoryPolicy, Join, Response, Retention, RoomAbout, RoomChanges, RoomId,
    RoomRef, Secret, SetRoom,
};

use super::{NO_LENGTH, name, seconds};
use crate::{
    ServerId,
    overlay::{
        Deed,
        parts::field::{Field, Option as Choice},
        parts::form::{Filled, Form, Made},
    },
    sanitize,
};

const ACCESS: &[Choice] = &[
    ("open", "everyone"),
    ("password", "who knows the password"),
    ("invitation", "who is invited"),
];
const LISTED: &[Choice] = &[
    ("listed", "on the list"),
    ("hidden", "hidden: only those in it know"),
];
const HISTORY: &[Choice] = &[
    ("all", "all that is kept"),
    ("since_joining", "from their joining on"),
];
const YES_NO: &[Choice] = &[("off", "no"), ("on", "yes")];

/// Makes a room.
pub fn create(server: ServerId, room: &str) -> Form {
    let keep = "forever, a number of days like 30d, or ram: nothing. Empty: as this server has it.";
    let fields = vec![
        Field::words_field("Name", room, "One word: letters, digits, - and _."),
        Field::choice("Who may join", ACCESS, "open", "By ← and →."),
        Field::secret("Password", "If it asks for one. Never needed twice."),
        Field::choice("Seen by others", LISTED, "listed", "By ← and →."),
        Field::choice(
            "Newcomers read",
            HISTORY,
            "all",
            "What of the time before they came.",
        ),
        Field::words_field("Keeps", "", keep),
    ];
    Form::new("Make a room", server, fields, Box::new(created)).then(enter(server))
}

fn created(filled: Filled<'_>) -> Result<Made, String> {
    let room = name(filled.text("Name"), "the room's name")?;
    let mut command = vec![format!("/create {room}")];
    let mut request = CreateRoom {
        room,
        ..CreateRoom::default()
    };
    match filled.text("Who may join") {
        "password" => {
            let password = filled.some("Password").ok_or("Write the password.")?;
            request.password = Some(Secret::from(password));
            command.push("--password".to_owned());
        }
        "invitation" => {
            request.access = Some(Access::Invitation);
            command.push("--invitation".to_owned());
        }
        _ => {}
    }
    if filled.text("Seen by others") == "hidden" {
        request.hidden = true;
        command.push("--hidden".to_owned());
    }
    if filled.text("Newcomers read") == "since_joining" {
        request.history = Some(HistoryPolicy::SinceJoining);
        command.push("--history since_joining".to_owned());
    }
    if let Some(keep) = filled.some("Keeps") {
        request.retention = Some(kept(keep)?);
        command.push(format!("--keep {keep}"));
    }
    Ok(Made {
        commands: vec![command.join(" ")],
        request: request.into(),
    })
}

fn kept(keep: &str) -> Result<Retention, String> {
    keep.parse()
        .map_err(|no: snug_proto::NotARetention| format!("How long it keeps things: {no}."))
}

/// Joins a room that asks for its password.
pub fn join(server: ServerId, room: &str) -> Form {
    let fields = vec![
        Field::words_field("Name", room, "As the list of rooms has it."),
        Field::secret("Password", "If it asks for one. Never needed twice."),
    ];
    Form::new("Join a room", server, fields, Box::new(joined)).then(enter(server))
}

fn joined(filled: Filled<'_>) -> Result<Made, String> {
    let room = name(filled.text("Name"), "the room's name")?;
    let request = Join {
        room: RoomRef::from(room.as_str()),
        password: filled.some("Password").map(Secret::from),
    };
    Ok(Made {
        commands: vec![format!("/join {room}")],
        request: request.into(),
    })
}

/// Goes into the room that the answer is about.
fn enter(server: ServerId) -> crate::overlay::parts::form::Then {
    Box::new(move |response, _state| match response {
        Response::Entered(entered) => vec![
            Deed::Close,
            Deed::Enter(server, Box::new(entered.entry.clone())),
        ],
        _ => vec![Deed::Close],
    })
}

/// How a room is set up: only what is changed is asked for.
pub fn settings(server: ServerId, room: RoomId, about: &RoomAbout) -> Form {
    let entry = &about.entry;
    let access = match (entry.password, entry.invitation) {
        (true, _) => "password",
        (_, true) => "invitation",
        _ => "open",
    };
    let history = match entry.history {
        HistoryPolicy::All => "all",
        HistoryPolicy::SinceJoining => "since_joining",
    };
    let on = |so: bool| if so { "on" } else { "off" };
    let listed = if entry.hidden { "hidden" } else { "listed" };
    let slow = entry
        .slow_mode_ms
        .map(|ms| format!("{}s", ms.div_ceil(1000)));
    let topic = entry.topic.as_deref().unwrap_or_default();
    let limit = entry.limit.map(|limit| limit.to_string());
    let keeps = entry.retention.to_string();
    let fields = vec![
        Field::words_field("Topic", topic, "What it is about. Empty: nothing."),
        Field::words_field(
            "Name",
            &entry.room,
            "The old name is kept for it for 30 days.",
        ),
        Field::choice("Who may join", ACCESS, access, "By ← and →."),
        Field::secret("New password", "Empty: as it is."),
        Field::choice("Seen by others", LISTED, listed, "By ← and →."),
        Field::choice(
            "Newcomers read",
            HISTORY,
            history,
            "What of the time before they came.",
        ),
        Field::words_field(
            "Slow mode",
            slow.as_deref().unwrap_or_default(),
            "One message in so long each, like 10s or 5m. Empty: off.",
        ),
        Field::words_field(
            "Keeps",
            &keeps,
            "forever, days like 30d, or ram. What is older is erased; there is no way back.",
        ),
        Field::words_field(
            "At most",
            limit.as_deref().unwrap_or_default(),
            "So many members. Empty: any number.",
        ),
        Field::choice(
            "Moderated",
            YES_NO,
            on(entry.moderated),
            "Only those with a voice speak.",
        ),
        Field::choice(
            "Archived",
            YES_NO,
            on(entry.archived),
            "To be read, and nothing more.",
        ),
    ];
    let title = format!("How #{} is set up", sanitize::line(&entry.room));
    let make = move |filled: Filled<'_>| set_up(room, filled);
    Form::new(&title, server, fields, Box::new(make))
}

fn set_up(room: RoomId, filled: Filled<'_>) -> Result<Made, String> {
    let mut commands = Vec::new();
    let mut changes = RoomChanges::default();
    let mut password = None;
    if let Some(topic) = filled.changed("Topic") {
        changes.topic = Some(topic.to_owned());
        commands.push(format!(
            "/topic {}",
            if topic.is_empty() { "-" } else { topic }
        ));
    }
    if let Some(new) = filled.changed("Name") {
        let new = name(new, "the room's name")?;
        commands.push(format!("/rename-room {new}"));
        changes.name = Some(new);
    }
    let access = filled.text("Who may join");
    if let Some(new) = filled.some("New password") {
        if filled.changed("Who may join").is_some() && access != "password" {
            return Err("A room with a password is joined by who knows it.".to_owned());
        }
        password = Some(Secret::from(new));
        commands.push("/room-password".to_owned());
    } else if let Some(access) = filled.changed("Who may join") {
        changes.access = Some(match access {
            "open" => Access::Open,
            "invitation" => Access::Invitation,
            _ => return Err("Write the new password.".to_owned()),
        });
        commands.push(format!("/access {access}"));
    }
    if let Some(listed) = filled.changed("Seen by others") {
        changes.listed = Some(listed == "listed");
        commands.push(if listed == "listed" { "/show" } else { "/hide" }.to_owned());
    }
    if let Some(history) = filled.changed("Newcomers read") {
        changes.history = Some(match history {
            "since_joining" => HistoryPolicy::SinceJoining,
            _ => HistoryPolicy::All,
        });
        commands.push(format!("/newcomers {history}"));
    }
    set_up_rest(filled, &mut changes, &mut commands)?;
    if commands.is_empty() {
        return Err("Nothing is changed yet.".to_owned());
    }
    let request = SetRoom {
        room: RoomRef::Id(room),
        changes: Box::new(changes),
        password,
        reason: None,
        key: None,
    };
    Ok(Made {
        commands,
        request: request.into(),
    })
}

fn set_up_rest(
    filled: Filled<'_>,
    changes: &mut RoomChanges,
    commands: &mut Vec<String>,
) -> Result<(), String> {
    if let Some(slow) = filled.changed("Slow mode") {
        if slow.is_empty() || slow == "off" {
            changes.slow_mode_ms = Some(0);
            commands.push("/slow off".to_owned());
        } else {
            let every = seconds(slow).ok_or(NO_LENGTH)?;
            changes.slow_mode_ms = Some(every.saturating_mul(1000));
            commands.push(format!("/slow {slow}"));
        }
    }
    if let Some(keep) = filled.changed("Keeps") {
        changes.retention = Some(kept(keep)?);
        commands.push(format!("/keep {keep}"));
    }
    if let Some(limit) = filled.changed("At most") {
        let number = match limit {
            "" | "off" => 0,
            limit => limit.parse().map_err(|_| "Write a number of members.")?,
        };
        changes.limit = Some(number);
        let said = if number == 0 {
            "off".to_owned()
        } else {
            number.to_string()
        };
        commands.push(format!("/limit {said}"));
    }
    if let Some(moderated) = filled.changed("Moderated") {
        changes.moderated = Some(moderated == "on");
        commands.push(format!("/moderated {moderated}"));
    }
    if let Some(archived) = filled.changed("Archived") {
        changes.archived = Some(archived == "on");
        commands.push(
            if archived == "on" {
                "/archive"
            } else {
                "/unarchive"
            }
            .to_owned(),
        );
    }
    Ok(())
}
