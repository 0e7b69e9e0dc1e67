//! Questions to the server that are asked past the queue, and their answers as lines.

use snug_client::{Client, Link};
use snug_proto::{
    Answer, ErrorCode, Invite, NewToken, People, PersonEntry, Read, Refusal, Request, Response,
    Role, RoomEntry, RoomId, Rooms, Server, Timestamp, Tokens, Who,
};

use super::view::{person, room_title};
use crate::sanitize;

/// Pages of one list that are asked for; past it the list says that it goes on.
const MAX_PAGES: usize = 20;

/// A refusal as a line, with what to do next where the sentence does not say it.
pub(super) fn refusal(refusal: &Refusal) -> String {
    let advice = match refusal.code {
        ErrorCode::NotAMember => " /join ROOM does that.",
        ErrorCode::UnknownRoom => " /rooms lists them, /create makes one.",
        ErrorCode::UnknownPerson => " /who says who is in this room.",
        ErrorCode::UnknownEvent => " /history shows the numbers.",
        ErrorCode::UnknownToken => " /tokens lists them.",
        _ => "",
    };
    format!("!! {}{advice}", sanitize::line(&refusal.text))
}

fn unexpected() -> Vec<String> {
    vec!["!! The server's answer could not be read. Is this client older than it?".to_owned()]
}

/// The lines of an answer of the kind expected, or of what came in its place.
fn told<T>(answer: Result<T, Vec<String>>, lines: impl FnOnce(T) -> Vec<String>) -> Vec<String> {
    answer.map_or_else(|other| other, lines)
}

macro_rules! expect {
    ($answer:expr, $kind:ident) => {
        match $answer {
            Ok(Response::$kind(response)) => Ok(response),
            Ok(_other) => Err(unexpected()),
            Err(error) => Err(vec![refusal(&error)]),
        }
    };
}

/// Who is in the room.
pub(super) async fn who(client: Client, room: RoomId) -> Vec<String> {
    let mut people: Vec<PersonEntry> = Vec::new();
    let mut more = true;
    for _page in 0..MAX_PAGES {
        if !more {
            break;
        }
        let request = Who {
            room: Some(room.into()),
            after: people.last().map(|last| last.name.clone()),
        };
        match expect!(client.request(request).await, People) {
            Ok(People {
                people: page,
                more: on,
                ..
            }) => {
                more = on && !page.is_empty();
                people.extend(page);
            }
            Err(lines) => return lines,
        }
    }
    let (here, away): (Vec<_>, Vec<_>) = people.iter().partition(|person| person.online);
    let mut lines = vec![format!("-- here: {}", names(&here))];
    if !away.is_empty() {
        lines.push(format!("-- away: {}", names(&away)));
    }
    if more {
        lines.push("-- and more".to_owned());
    }
    lines
}

fn names(people: &[&PersonEntry]) -> String {
    if people.is_empty() {
        return "nobody".to_owned();
    }
    let name = |entry: &&PersonEntry| {
        let shown = person(&entry.name, entry.display.as_deref());
        let handle = sanitize::line(&entry.name);
        let mut of: Vec<&str> = Vec::new();
        // What to type to reach somebody is the name.
        if shown != handle {
            of.push(&handle);
        }
        of.extend(entry.founder.then_some("founder"));
        match entry.role {
            Role::Owner => of.push("owner"),
            Role::Moderator => of.push("moderator"),
            Role::Member => {}
        }
        if of.is_empty() {
            shown
        } else {
            format!("{shown} ({})", of.join(", "))
        }
    };
    people.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// The rooms there are.
pub(super) async fn rooms(client: Client) -> Vec<String> {
    let mut lines = Vec::new();
    let mut after = None;
    for _page in 0..MAX_PAGES {
        let list = match expect!(client.request(Rooms { mine: false, after }).await, RoomList) {
            Ok(list) => list,
            Err(lines) => return lines,
        };
        lines.extend(list.rooms.iter().map(room_line));
        after = list.rooms.last().map(|room| room.room_id);
        if !list.more || after.is_none() {
            return lines;
        }
    }
    lines.push("-- and more".to_owned());
    lines
}

fn room_line(room: &RoomEntry) -> String {
    let mut about = Vec::new();
    if let Some(members) = room.members.filter(|_| !room.direct) {
        let s = if members == 1 { "" } else { "s" };
        about.push(format!("{members} member{s}"));
    }
    if room.password {
        about.push("asks for a password".to_owned());
    }
    if room.member && !room.direct {
        about.push("yours".to_owned());
    }
    if let Some(unread) = room.unread.filter(|unread| *unread > 0) {
        about.push(format!("{unread} unread"));
    }
    let title = room_title(&room.room);
    if about.is_empty() {
        format!("-- {title}")
    } else {
        format!("-- {title}  {}", about.join(", "))
    }
}

/// One line to give to a friend.
pub(super) async fn invite(client: Client, link: Link) -> Vec<String> {
    told(
        expect!(client.request(Invite::default()).await, Invited),
        |invited| {
            let mut lines = vec![
                format!(
                    "-- for one person, until {}; give them this line:",
                    invited.expires_at
                ),
                format!(
                    "snug join {link} --code {}",
                    sanitize::line(invited.code.expose())
                ),
            ];
            if is_this_machine(link.host()) {
                lines.push(format!(
                "-- it says {}: put the name or address there by which others reach this machine",
                link.host()
            ));
            }
            lines
        },
    )
}

fn is_this_machine(host: &str) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// A token, as the finished command of the program that it is for.
pub(super) async fn new_token(
    client: Client,
    request: NewToken,
    link: Link,
    name: String,
) -> Vec<String> {
    told(expect!(client.request(request).await, TokenMade), |made| {
        let token = sanitize::line(made.token.expose());
        let mut lines = vec!["-- it is shown this once:".to_owned()];
        lines.extend(token_lines(&made.label, &link, &name, &token));
        lines
    })
}

fn token_lines(label: &str, link: &Link, name: &str, token: &str) -> Vec<String> {
    let (host, port) = (link.host(), link.port());
    let fingerprint = link.fingerprint();
    let bytes = fingerprint.bytes().iter();
    let hex: Vec<String> = bytes.map(|byte| format!("{byte:02x}")).collect();
    match label.to_lowercase().as_str() {
        // WeeChat says `tls` from 4.0 on and `ssl` before; each passes over the other's word.
        "weechat" => vec![format!(
            "/server add snug {host}/{port} -tls -tls_fingerprint={hex} -ssl \
             -ssl_fingerprint={hex} -nicks={name} -sasl_mechanism=plain -sasl_username={name} \
             -sasl_password={token} -autoconnect",
            hex = hex.concat()
        )],
        "irssi" => vec![
            format!(
                "/network add -nick {name} -sasl_username {name} -sasl_password {token} \
                 -sasl_mechanism PLAIN snug"
            ),
            format!(
                // No authority vouches for the certificate; the pin is stronger.
                "/server add -auto -tls -notls_verify -tls_pinned_cert {} -network snug {host} \
                 {port}",
                hex.join(":").to_uppercase()
            ),
        ],
        _ => vec![
            format!("{token}"),
            format!(
                "-- for IRC: {host} port {port}, TLS, certificate SHA-256 {}, SASL PLAIN with the \
                 name {name} and this as the password",
                hex.concat()
            ),
        ],
    }
}

/// One's tokens.
pub(super) async fn tokens(client: Client) -> Vec<String> {
    told(
        expect!(client.request(Tokens {}).await, TokenList),
        |list| {
            if list.tokens.is_empty() {
                return vec!["-- no tokens; /token new LABEL makes one".to_owned()];
            }
            let line = |token: &snug_proto::TokenEntry| {
                let used = token
                    .used_at
                    .map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
                let scope = format!("{:?}", token.scope).to_lowercase();
                let label = sanitize::line(&token.label);
                format!("-- {label}  for {scope}, made {}, {used}", token.created_at)
            };
            list.tokens.iter().map(line).collect()
        },
    )
}

/// The server's settings, changed or not.
pub(super) async fn server(client: Client, request: Server) -> Vec<String> {
    told(
        expect!(client.request(request).await, ServerSettings),
        |settings| {
            let word = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
            vec![format!(
                "-- {}: registration {}, inviters {}, plain_passwords {}",
                sanitize::line(&settings.server),
                word(&settings.registration),
                word(&settings.inviters),
                if settings.plain_passwords {
                    "on"
                } else {
                    "off"
                }
            )]
        },
    )
}

/// Anything whose answer says nothing more.
pub(super) async fn simple(client: Client, request: Request, done: String) -> Vec<String> {
    match client.request(request).await {
        Ok(_done) => vec![done],
        Err(error) => vec![refusal(&error)],
    }
}

/// A stretch of a room's log, oldest first; or what to print in its place.
pub(super) async fn history(
    client: Client,
    mut read: Read,
    wanted: usize,
) -> Result<Stretch, Vec<String>> {
    let mut events = Vec::new();
    let mut goes_on = None;
    for _page in 0..MAX_PAGES {
        let left = wanted.saturating_sub(events.len());
        read.limit = u32::try_from(left).ok();
        let answer: Answer = client.request(read.clone()).await;
        let page = expect!(answer, Page)?;
        let newest = page
            .events
            .iter()
            .rev()
            .find_map(|event| Some(event.place()?.seq));
        let oldest = page
            .events
            .iter()
            .find_map(|event| Some(event.place()?.seq));
        let (Some(newest), Some(oldest)) = (newest, oldest) else {
            break;
        };
        if read.since.is_some() || read.after.is_some() {
            let last = page.events.last().and_then(|event| Some(event.place()?.at));
            goes_on = last.filter(|_| page.more);
            events.extend(page.events);
            (read.since, read.after) = (None, Some(newest));
        } else {
            events.splice(0..0, page.events);
            read.before = Some(oldest);
        }
        if !page.more || events.len() >= wanted {
            break;
        }
    }
    Ok(Stretch { events, goes_on })
}

/// A part of a room's history.
pub(super) struct Stretch {
    pub(super) events: Vec<snug_proto::Event>,
    /// There is more after it, from this moment on.
    pub(super) goes_on: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use snug_client::Fingerprint;

    use super::*;

    #[test]
    fn a_token_is_printed_as_the_finished_command_of_its_program() {
        let fingerprint = Fingerprint::from_bytes([0xab; 32]);
        let link = Link::new("example.org", 7667, fingerprint).unwrap();
        let weechat = token_lines("weechat", &link, "ann", "TOKEN");
        let hex = "ab".repeat(32);
        assert_eq!(
            weechat,
            [format!(
                "/server add snug example.org/7667 -tls -tls_fingerprint={hex} -ssl \
                 -ssl_fingerprint={hex} -nicks=ann -sasl_mechanism=plain -sasl_username=ann \
                 -sasl_password=TOKEN -autoconnect"
            )]
        );
        let irssi = token_lines("irssi", &link, "ann", "TOKEN");
        assert!(
            irssi[1].contains("-notls_verify -tls_pinned_cert AB:AB:AB"),
            "{irssi:?}"
        );
    }

    #[test]
    fn a_local_invitation_is_told_from_one_that_travels() {
        for here in ["localhost", "127.0.0.1", "::1", "LOCALHOST"] {
            assert!(is_this_machine(here), "{here}");
        }
        assert!(!is_this_machine("example.org"));
    }
}
