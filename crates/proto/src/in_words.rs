//! Settings in words, the same for every client of lines: how people write those of the server, and how
//! those of the server and of a room are shown.

use crate::{
    GuestPolicy, Happening, HistoryPolicy, Inviters, Registration, Retention, RoomAbout, RoomRole,
    Secret, Server, ServerSettings, Watched,
};

/// Seconds of `2d`, `1h30m`, `90s`, as people write lengths of time. Never none.
pub fn seconds_in_words(word: &str) -> Option<u64> {
    let mut seconds: u64 = 0;
    let mut rest = word;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let (count, unit) = rest.split_at_checked(digits)?;
        let unit_s = match unit.chars().next()? {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            _ => return None,
        };
        // Every unit is one byte.
        rest = unit.get(1..)?;
        let count: u64 = count.parse().ok()?;
        seconds = seconds.checked_add(count.checked_mul(unit_s)?)?;
    }
    (seconds > 0).then_some(seconds)
}

/// A reason, as people write it behind `--why`, and the options behind that: what stands in quotes before
/// nothing or an option; else all that is left but options at its end (`spam --for 2d`), since a ban that was
/// meant for two days shall not be one for ever. `None` if there is no word in it.
pub fn reason_in_words(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let (reason, options) = in_quotes(text).unwrap_or_else(|| {
        let mut reason = text;
        while let Some(before) = without_last_option(reason) {
            reason = before;
        }
        (reason, text.get(reason.len()..).unwrap_or_default())
    });
    let (reason, options) = (reason.trim(), options.trim());
    (!reason.is_empty()).then_some((reason, options))
}

/// `"the office" --for 2d`: what stands in the quotes, and what is behind them, if that is options.
fn in_quotes(text: &str) -> Option<(&str, &str)> {
    let (reason, behind) = text.strip_prefix('"')?.split_once('"')?;
    let options = behind.trim_start();
    let parted = options.len() < behind.len() && options.starts_with("--");
    (behind.is_empty() || parted).then_some((reason, options))
}

/// A reason without the option at its end, if there is one, and words before it.
fn without_last_option(text: &str) -> Option<&str> {
    let (before, last) = text.trim_end().rsplit_once(char::is_whitespace)?;
    let before = before.trim_end();
    match last {
        "--dry-run" | "--closed" => Some(before),
        length => {
            let before = before.strip_suffix("--for")?;
            let parted = before.ends_with(char::is_whitespace);
            (parted && seconds_in_words(length).is_some()).then(|| before.trim_end())
        }
    }
}

/// What a setting is called.
const NAMES: [&str; 7] = [
    "registration",
    "guests",
    "inviters",
    "plain_passwords",
    "watch_open_rooms",
    "credits",
    "vip_price",
];

impl Server {
    /// Settings as they are written, `guests code open-sesame credits on`: each its name in the wire and what
    /// it is to be. `None` for words that are no settings; no words are no change.
    pub fn in_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut words = words.into_iter().peekable();
        let mut change = Self::default();
        while let Some(name) = words.next() {
            let value = words.next()?;
            match name {
                "registration" => {
                    change.registration = Some(match value {
                        "open" => Registration::Open,
                        "code" => Registration::Code,
                        "invite" => Registration::Invite,
                        "roster" => Registration::Roster,
                        _ => return None,
                    });
                }
                "guests" => {
                    change.guests = Some(match value {
                        "off" => GuestPolicy::Off,
                        "on" => GuestPolicy::On,
                        "code" => GuestPolicy::Code,
                        _ => return None,
                    });
                }
                "inviters" => {
                    change.inviters = Some(match value {
                        "members" => Inviters::Members,
                        "moderators" => Inviters::Moderators,
                        _ => return None,
                    });
                }
                "plain_passwords" => change.plain_passwords = Some(on_or_off(value)?),
                "watch_open_rooms" => change.watch_open_rooms = Some(on_or_off(value)?),
                "credits" => change.credits = Some(on_or_off(value)?),
                "vip_price" => change.vip_price = Some(value.parse().ok()?),
                _ => return None,
            }
            // A code may follow; newcomers and guests need the same one.
            if value == "code"
                && let Some(code) = words.next_if(|word| !NAMES.contains(word))
            {
                change.access_code = Some(Secret::from(code));
            }
        }
        Some(change)
    }
}

fn on_or_off(word: &str) -> Option<bool> {
    match word {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

impl ServerSettings {
    /// The settings as they are shown, in the words by which they are changed.
    pub fn in_words(&self) -> String {
        let on = |set| if set { "on" } else { "off" };
        let price = self
            .vip_price
            .map_or_else(String::new, |price| format!(", vip_price {price}"));
        format!(
            "{}: registration {}, inviters {}, plain_passwords {}, guests {}, watch_open_rooms {}, \
             credits {}{price}",
            self.server,
            self.registration.wire(),
            self.inviters.wire(),
            on(self.plain_passwords),
            self.guests.wire(),
            on(self.watch_open_rooms),
            on(self.credits),
        )
    }
}

impl RoomAbout {
    /// How the room is set up, for a person.
    pub fn in_words(&self) -> String {
        let entry = &self.entry;
        let mut said = Vec::new();
        if !entry.direct {
            said.push(
                match (entry.password, entry.invitation) {
                    (true, _) => "asks for a password",
                    (_, true) => "takes an invitation",
                    _ => "open to all",
                }
                .to_owned(),
            );
        }
        if !self.groups.is_empty() {
            said.push(format!("open to the groups {}", self.groups.join(", ")));
        }
        for (so, what) in [
            (entry.hidden, "hidden"),
            (entry.archived, "archived"),
            (entry.moderated, "moderated"),
            (entry.open_topic, "everybody may set the topic"),
            (entry.outside, "those outside may speak here"),
            (entry.quiet_guests, "guests without a voice only read"),
            (entry.quiet_machines, "programs ask nothing here"),
        ] {
            said.extend(so.then(|| what.to_owned()));
        }
        said.push(
            match entry.history {
                HistoryPolicy::All => "newcomers may read what was said before",
                HistoryPolicy::SinceJoining => "newcomers read from their joining on",
            }
            .to_owned(),
        );
        match entry.retention {
            Retention::Forever => {}
            Retention::Days(days) => said.push(format!("keeps what is said for {days} days")),
            Retention::Ram => said.push("keeps nothing of what is said".to_owned()),
        }
        if let Some(ms) = entry.slow_mode_ms {
            said.push(format!("slow mode {} s", ms.div_ceil(1000)));
        }
        if let Some(limit) = entry.limit {
            said.push(format!("{limit} members at most"));
        }
        if let Some(founder) = &self.founder {
            said.push(format!("founded by {founder}"));
        }
        if entry.role == Some(RoomRole::Admin) {
            said.push("you are an admin".to_owned());
        }
        if let Some(topic) = &entry.topic {
            said.push(format!("topic: {topic}"));
        }
        said.join(", ")
    }
}

impl Happening {
    /// What kind of thing happened, for a person.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::SignedIn => "signed in",
            Self::SignInFailed => "sign-in failed",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Said => "said",
            Self::Unknown => "something",
        }
    }
}

impl Watched {
    /// What happened, for a person.
    pub fn in_words(&self) -> String {
        let left_out = match self.left_out {
            0 => String::new(),
            count => format!(" ({count} before it were left out)"),
        };
        format!("watch: {}: {}{left_out}", self.what.in_words(), self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> Option<Server> {
        Server::in_words(words.split_ascii_whitespace())
    }

    #[test]
    fn reasons_end_where_options_begin_that_stand_behind_them() {
        for (text, reason, options) in [
            ("spam", "spam", ""),
            ("two words ", "two words", ""),
            ("spam --for 2d", "spam", "--for 2d"),
            (
                "a flood --dry-run --for 1h30m",
                "a flood",
                "--dry-run --for 1h30m",
            ),
            ("a flood --for 1h --closed", "a flood", "--for 1h --closed"),
            ("he said --for ever", "he said --for ever", ""),
            ("it is --for 2d he said", "it is --for 2d he said", ""),
            ("a--for 2d", "a--for 2d", ""),
            ("\"the office\"", "the office", ""),
            ("\"the office\" --for 2d", "the office", "--for 2d"),
            ("\"--for 2d\"", "--for 2d", ""),
            ("\"hi\" he said", "\"hi\" he said", ""),
            ("\"hi", "\"hi", ""),
        ] {
            assert_eq!(reason_in_words(text), Some((reason, options)), "{text}");
        }
        for none in ["", "  ", "\"\"", "\" \""] {
            assert_eq!(reason_in_words(none), None, "{none}");
        }
    }

    #[test]
    fn settings_are_read_one_after_the_other_and_a_code_stands_after_who_needs_it() {
        let change = read("credits on registration code open-sesame vip_price 30 guests on");
        let wanted = Server {
            registration: Some(Registration::Code),
            access_code: Some(Secret::from("open-sesame")),
            guests: Some(GuestPolicy::On),
            credits: Some(true),
            vip_price: Some(30),
            ..Server::default()
        };
        assert_eq!(change, Some(wanted));
        let guests = read("guests code credits off").unwrap();
        assert_eq!(guests.guests, Some(GuestPolicy::Code));
        assert_eq!((guests.access_code, guests.credits), (None, Some(false)));
        assert_eq!(read(""), Some(Server::default()));
        for wrong in ["credits", "credits maybe", "colour blue", "vip_price -1"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
