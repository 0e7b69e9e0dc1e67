//! What can be typed: the table of commands, and how a line is read.

use snug_proto::{HistoryPolicy, Inviters, Registration, Scope};

/// A command as `/help` tells of it.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) usage: &'static str,
    pub(super) help: &'static str,
}

/// Every command. `/help` prints it in this order.
pub(super) const COMMANDS: &[Entry] = &[
    entry(
        "help",
        "/help [command]",
        "Says what there is, or more about one command.",
    ),
    entry(
        "join",
        "/join ROOM [PASSWORD]",
        "Joins a room and goes there. A password that is needed and not given is asked for, without showing it.",
    ),
    entry(
        "create",
        "/create ROOM [--password [X]] [--history since_joining|all]",
        "Makes a room and goes there. With --password alone the password is asked for. --history says what newcomers may read of the time before.",
    ),
    entry(
        "leave",
        "/leave [ROOM]",
        "Leaves a room for good: this one, or the one named.",
    ),
    entry(
        "room",
        "/room [ROOM]",
        "Goes to another room of yours (/ROOM does too), or to @NAME; alone it says where you are.",
    ),
    entry(
        "msg",
        "/msg NAME TEXT",
        "Says something to one person. It is kept for them while they are away.",
    ),
    entry(
        "edit",
        "/edit N TEXT",
        "Changes your message number N in this room. /history and /numbers on show the numbers.",
    ),
    entry(
        "delete",
        "/delete N",
        "Takes message number N in this room back; its words are erased.",
    ),
    entry(
        "history",
        "/history [N | since TIME | before N]",
        "Shows this room's last lines (20 if not said), those since a time (19:30, 2026-11-20, 2h), or those before a number.",
    ),
    entry(
        "who",
        "/who",
        "Says who is in this room, and who of them is here now.",
    ),
    entry("rooms", "/rooms", "Lists the rooms there are, and yours."),
    entry(
        "invite",
        "/invite",
        "Makes one line to give to a friend: whoever pastes it into a shell can register, once.",
    ),
    entry(
        "token",
        "/token new LABEL [irc|read|send]  or  /token revoke LABEL",
        "Makes a revocable password for another program, or voids one. /token new weechat prints the finished command for WeeChat, /token new irssi those for irssi.",
    ),
    entry("tokens", "/tokens", "Lists your tokens."),
    entry(
        "server",
        "/server [registration open|code [X]|invite] [inviters members|moderators] [plain_passwords on|off]",
        "Shows the server's settings; its owner changes them.",
    ),
    entry(
        "mark",
        "/mark",
        "Marks this room as read. (What is shown here is marked by itself after a second.)",
    ),
    entry(
        "numbers",
        "/numbers on|off",
        "Shows or hides the number of each message.",
    ),
    entry(
        "times",
        "/times on|off",
        "Shows or hides the time of each line.",
    ),
    entry(
        "quit",
        "/quit",
        "Leaves. A line with nothing but quit does too.",
    ),
];

const fn entry(name: &'static str, usage: &'static str, help: &'static str) -> Entry {
    Entry { name, usage, help }
}

/// A line as it was meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Nothing to do.
    Nothing,
    /// Say this in the current room.
    Say(String),
    /// Do this.
    Order(Order),
    /// A command of this name is not known; it may be a room.
    Unknown(String),
    /// The command named is used like this.
    Usage(&'static str),
}

/// A command with what it needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Order {
    Help(Option<String>),
    Join {
        room: String,
        password: Option<String>,
    },
    Create(Create),
    Leave(Option<String>),
    Room(Option<String>),
    Message {
        to: String,
        body: String,
    },
    Edit {
        seq: u64,
        body: String,
    },
    Delete(u64),
    History(Span),
    Who,
    Rooms,
    Invite,
    NewToken {
        label: String,
        scope: Option<Scope>,
    },
    Tokens,
    RevokeToken(String),
    Server(Change),
    Mark,
    Numbers(bool),
    Times(bool),
    Quit,
}

/// A room to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Create {
    pub(super) room: String,
    pub(super) password: Password,
    pub(super) history: Option<HistoryPolicy>,
}

/// Whether a room has a password, and whether it was typed already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Password {
    None,
    Ask,
    Given(String),
}

/// Which part of a room's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Span {
    Last(u32),
    Since(String),
    Before(u64),
}

/// What is to be changed of the server's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) registration: Option<Registration>,
    pub(super) access_code: Option<String>,
    pub(super) inviters: Option<Inviters>,
    pub(super) plain_passwords: Option<bool>,
}

/// How many lines `/history` shows if not told.
const HISTORY: u32 = 20;
/// How many it shows at most.
const MAX_HISTORY: u32 = 1000;

impl Line {
    /// Reads a line as it was typed.
    pub(super) fn parse(line: &str) -> Self {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            return Self::Nothing;
        }
        if trimmed.eq_ignore_ascii_case("quit") {
            return Self::Order(Order::Quit);
        }
        let Some(command) = trimmed.strip_prefix('/') else {
            return Self::Say(line.to_owned());
        };
        if command.starts_with('/') {
            return Self::Say(command.to_owned());
        }
        let (name, rest) = split_word(command);
        let name = name.to_lowercase();
        let Some(entry) = COMMANDS.iter().find(|entry| entry.name == name) else {
            return Self::Unknown(name);
        };
        order(entry.name, rest).map_or(Self::Usage(entry.usage), Self::Order)
    }
}

/// The command that was probably meant.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    COMMANDS
        .iter()
        .map(|entry| (distance(name, entry.name), entry.name))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, name)| name)
}

fn order(name: &str, rest: &str) -> Option<Order> {
    let mut words = rest.split_whitespace();
    let first = words.next();
    Some(match name {
        "help" => Order::Help(first.map(|word| word.trim_start_matches('/').to_lowercase())),
        "join" => Order::Join {
            room: room(first?),
            password: words.next().map(str::to_owned),
        },
        "create" => Order::Create(create(rest)?),
        "leave" => Order::Leave(first.map(room)),
        "room" => Order::Room(first.map(room)),
        "msg" => {
            let (to, body) = split_word(rest);
            let to = to.trim_start_matches('@').to_owned();
            let body = (!body.is_empty() && !to.is_empty()).then(|| body.to_owned())?;
            Order::Message { to, body }
        }
        "edit" => {
            let (seq, body) = split_word(rest);
            let body = (!body.is_empty()).then(|| body.to_owned())?;
            Order::Edit {
                seq: number(seq)?,
                body,
            }
        }
        "delete" => Order::Delete(number(first?)?),
        "history" => Order::History(span(rest)?),
        "who" => Order::Who,
        "rooms" => Order::Rooms,
        "invite" => Order::Invite,
        "token" => match (first?, words.next()?) {
            ("new", label) => Order::NewToken {
                label: label.to_owned(),
                scope: match words.next() {
                    None => None,
                    Some("irc") => Some(Scope::Irc),
                    Some("read") => Some(Scope::Read),
                    Some("send") => Some(Scope::Send),
                    Some(_) => return None,
                },
            },
            ("revoke", token) => Order::RevokeToken(token.to_owned()),
            _ => return None,
        },
        "tokens" => Order::Tokens,
        "server" => Order::Server(change(rest)?),
        "mark" => Order::Mark,
        "numbers" => Order::Numbers(on_or_off(first?)?),
        "times" => Order::Times(on_or_off(first?)?),
        "quit" => Order::Quit,
        _ => return None,
    })
}

fn create(rest: &str) -> Option<Create> {
    let mut words = rest.split_whitespace().peekable();
    let mut create = Create {
        room: room(words.next()?),
        password: Password::None,
        history: None,
    };
    while let Some(word) = words.next() {
        match word {
            "--password" => {
                let given = words.next_if(|word| !word.starts_with("--"));
                create.password = given.map_or(Password::Ask, |word| Password::Given(word.into()));
            }
            "--history" => {
                create.history = Some(match words.next()? {
                    "all" => HistoryPolicy::All,
                    "since_joining" => HistoryPolicy::SinceJoining,
                    _ => return None,
                });
            }
            _ => return None,
        }
    }
    Some(create)
}

fn change(rest: &str) -> Option<Change> {
    let mut words = rest.split_whitespace().peekable();
    let mut change = Change::default();
    while let Some(word) = words.next() {
        match (word, words.next()?) {
            ("registration", "open") => change.registration = Some(Registration::Open),
            ("registration", "invite") => change.registration = Some(Registration::Invite),
            ("registration", "code") => {
                change.registration = Some(Registration::Code);
                let settings = ["registration", "inviters", "plain_passwords"];
                change.access_code = words
                    .next_if(|word| !settings.contains(word))
                    .map(str::to_owned);
            }
            ("inviters", "members") => change.inviters = Some(Inviters::Members),
            ("inviters", "moderators") => change.inviters = Some(Inviters::Moderators),
            ("plain_passwords", word) => change.plain_passwords = Some(on_or_off(word)?),
            _ => return None,
        }
    }
    Some(change)
}

fn span(rest: &str) -> Option<Span> {
    let (first, rest) = split_word(rest);
    match first {
        "" => Some(Span::Last(HISTORY)),
        "since" if !rest.is_empty() => Some(Span::Since(rest.to_owned())),
        "before" => number(rest).map(Span::Before),
        number => {
            let last: u32 = number.parse().ok().filter(|last| *last > 0)?;
            Some(Span::Last(last.min(MAX_HISTORY)))
        }
    }
}

/// `#den` is what the lines here show for `den`.
fn room(word: &str) -> String {
    word.trim_start_matches('#').to_owned()
}

fn number(word: &str) -> Option<u64> {
    word.trim_start_matches('#').parse().ok()
}

fn on_or_off(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.trim_start())
}

/// How many letters must be changed, added, taken away or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) =
        (from.chars().take(20).collect(), to.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX - 1);
            let changed = at(&row, j) + usize::from(a != b);
            let mut least = changed.min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let swapped = i > 0 && j > 0 && from.get(i - 1) == Some(b) && to.get(j - 1) == Some(a);
            if swapped {
                least = least.min(at(&before, j - 1) + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(from.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(line: &str) -> Order {
        match Line::parse(line) {
            Line::Order(order) => order,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn text_is_said_and_slashes_can_be_too() {
        assert_eq!(Line::parse(" hi "), Line::Say(" hi ".into()));
        assert_eq!(Line::parse("//etc/passwd"), Line::Say("/etc/passwd".into()));
        assert_eq!(Line::parse(" \t"), Line::Nothing);
        assert_eq!(Line::parse("quite"), Line::Say("quite".into()));
    }

    #[test]
    fn quit_in_any_case_leaves() {
        for line in ["quit", "QUIT", " Quit ", "/quit", "/QUIT"] {
            assert_eq!(ordered(line), Order::Quit, "{line}");
        }
    }

    #[test]
    fn commands_take_their_words() {
        assert_eq!(
            ordered("/create #den --password --history since_joining"),
            Order::Create(Create {
                room: "den".into(),
                password: Password::Ask,
                history: Some(HistoryPolicy::SinceJoining)
            })
        );
        let Order::Create(create) = ordered("/create den --password sesame") else {
            panic!();
        };
        assert_eq!(create.password, Password::Given("sesame".into()));
        assert_eq!(
            ordered("/msg @ann  hi  there"),
            Order::Message {
                to: "ann".into(),
                body: "hi  there".into()
            }
        );
        let (seq, body) = (12, "new words".into());
        assert_eq!(ordered("/edit 12 new words"), Order::Edit { seq, body });
        assert_eq!(ordered("/history"), Order::History(Span::Last(20)));
        assert_eq!(
            ordered("/history before 40"),
            Order::History(Span::Before(40))
        );
        assert_eq!(
            ordered("/history since 19:30"),
            Order::History(Span::Since("19:30".into()))
        );
        let Order::Server(change) = ordered("/server registration code inviters moderators") else {
            panic!();
        };
        assert_eq!(change.registration, Some(Registration::Code));
        assert_eq!(change.access_code, None);
        assert_eq!(change.inviters, Some(Inviters::Moderators));
    }

    #[test]
    fn a_command_used_wrongly_says_how_it_is_used() {
        for line in [
            "/join",
            "/msg ann",
            "/edit x y",
            "/edit 3",
            "/delete",
            "/history x",
            "/history 0",
            "/token",
            "/token new",
            "/token new x y",
            "/server registration",
            "/numbers maybe",
            "/create den --passwort",
        ] {
            assert!(matches!(Line::parse(line), Line::Usage(_)), "{line}");
        }
    }

    #[test]
    fn an_unknown_command_finds_its_neighbour() {
        assert_eq!(Line::parse("/jion den"), Line::Unknown("jion".into()));
        for (typed, meant) in [
            ("jion", "join"),
            ("histroy", "history"),
            ("dlete", "delete"),
            ("m", "msg"),
        ] {
            assert_eq!(nearest(typed), Some(meant), "{typed}");
        }
        assert_eq!(nearest("frobnicate"), None);
    }
}
