//! WHOIS and WHOWAS (modern.ircdocs.horse, RFC 2812 §3.6).

use snug_proto::{Answer, Card, ErrorCode, FormerEntry, PersonRef, Role, RoomRole, Whois, Whowas};

use super::{
    MAX_TARGETS,
    asked::Asked,
    monitor::account_of,
    who::{is_guest, realname_of, user_of},
};
use crate::{
    Connection,
    connection::{Then, expected},
    line::Line,
    names,
    replies::About,
};

/// Channels on one line of a WHOIS are filled up to about this many bytes.
const CHANNELS_BYTES: usize = 350;

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) enum WhoisAsked {
    Whois { nick: String },
    Whowas(Box<WhowasAsked>),
}

/// A WHOWAS: of one nick, or of several.
#[derive(Debug, Clone)]
pub(crate) struct WhowasAsked {
    /// The nicks, as they were asked for.
    shown: String,
    /// Those still to be looked for.
    left: Vec<String>,
    found: Vec<FormerEntry>,
    count: usize,
}

impl Connection {
    /// `WHOIS [<server>] <nick>`: of those who are here.
    pub(crate) fn whois(&mut self, line: &Line<'_>) {
        let Some(nick) = line.param(1).or_else(|| line.param(0)) else {
            return self.numeric("431").trailing("No nickname given");
        };
        let nick = nick.split(',').next().unwrap_or_default().to_owned();
        let request = Whois {
            person: PersonRef::Name(account_of(&nick)),
        };
        self.ask(
            request,
            Then::People(Asked::Whois(WhoisAsked::Whois { nick })),
        );
    }

    /// `WHOWAS <nick> [<count>]`
    pub(crate) fn whowas(&mut self, line: &Line<'_>) {
        let Some(nick) = line.param(0) else {
            return self.numeric("431").trailing("No nickname given");
        };
        // Not above nought: all there are (RFC 2812 §3.6.3).
        let count = line.param(1).and_then(|count| count.parse::<i64>().ok());
        let count = count.filter(|count| *count > 0).unwrap_or(i64::MAX);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let mut left: Vec<_> = nick.split(',').filter(|nick| !nick.is_empty()).collect();
        left.truncate(MAX_TARGETS);
        left.reverse();
        let mut asked = WhowasAsked {
            shown: nick.to_owned(),
            left: left.into_iter().map(account_of).collect(),
            found: Vec::new(),
            count,
        };
        match asked.left.pop() {
            Some(name) => self.ask(Whowas { name }, whowas_of(asked)),
            None => self.numeric("431").trailing("No nickname given"),
        }
    }

    pub(super) fn whois_answered(&mut self, asked: WhoisAsked, answer: Answer) {
        match asked {
            WhoisAsked::Whois { nick } => self.whois_found(&nick, answer),
            WhoisAsked::Whowas(asked) => self.whowas_found(*asked, answer),
        }
    }

    fn whois_found(&mut self, nick: &str, answer: Answer) {
        let card = match expected!(answer, Card) {
            Ok(card) if card.entry.online => card,
            Err(refusal) if refusal.code != ErrorCode::UnknownPerson => {
                self.refuse(&About::target("WHOIS", nick), &refusal);
                return self.end_of_whois(nick);
            }
            Ok(_) | Err(_) => {
                self.numeric("401").word(nick).trailing("No such nick");
                return self.end_of_whois(nick);
            }
        };
        let nick = names::nick(card.entry.called()).into_owned();
        self.whois_lines(&nick, &card);
        if self.knows_metadata() {
            self.ask_whois_keys(&nick);
        } else {
            self.end_of_whois(&nick);
        }
    }

    pub(super) fn end_of_whois(&mut self, nick: &str) {
        self.numeric("318")
            .word(nick)
            .trailing("End of /WHOIS list");
    }

    fn whois_lines(&mut self, nick: &str, card: &Card) {
        let person = &card.entry;
        let host = self.settings.host().to_owned();
        let network = self.settings.network.clone();
        self.numeric("311")
            .word(nick)
            .word(user_of(person))
            .word(&person.account.cloak())
            .word("*")
            .trailing(realname_of(person));
        self.whois_channels(nick, card);
        self.numeric("312")
            .word(nick)
            .word(&host)
            .trailing(&network);
        if let Some(away) = &person.away {
            self.numeric("301").word(nick).trailing(away);
        }
        let standing = match person.role {
            Role::Moderator => Some("is a moderator of this server"),
            Role::Owner => Some("is the owner of this server"),
            _ => None,
        };
        if let Some(standing) = standing {
            self.numeric("313").word(nick).trailing(standing);
        }
        if person.vip {
            self.numeric("320").word(nick).trailing("is VIP");
        }
        if !person.labels.is_empty() {
            let labels = person.labels.join(", ");
            self.numeric("320")
                .word(nick)
                .trailing(&format!("is labelled {labels}"));
        }
        if !is_guest(person) {
            self.numeric("330")
                .word(nick)
                .word(&person.name)
                .trailing("is logged in as");
        }
        if person.bot {
            self.numeric("335").word(nick).trailing("is a bot");
        }
        if let Some(address) = &card.address {
            self.numeric("338")
                .word(nick)
                .word(address)
                .trailing("is actually using host");
        }
        if card.secure {
            self.numeric("671")
                .word(nick)
                .trailing("is using a secure connection");
        }
        if let (Some(idle_ms), Some(since)) = (card.idle_ms, card.since) {
            let (idle, since) = (
                (idle_ms / 1000).to_string(),
                (since.ms() / 1000).to_string(),
            );
            self.numeric("317")
                .word(nick)
                .word(&idle)
                .word(&since)
                .trailing("seconds idle, signon time");
        }
    }

    fn whois_channels(&mut self, nick: &str, card: &Card) {
        let mut list = String::new();
        for room in &card.rooms {
            // Who keeps order there: founders are operators too, which every client knows the sign of.
            let sign = match room.role {
                Some(RoomRole::Founder | RoomRole::Admin) => "@",
                _ => "",
            };
            let channel = format!("{sign}{}", names::channel(&room.room));
            if !list.is_empty() && list.len() + channel.len() > CHANNELS_BYTES {
                self.numeric("319").word(nick).trailing(&list);
                list.clear();
            }
            if !list.is_empty() {
                list.push(' ');
            }
            list.push_str(&channel);
        }
        if !list.is_empty() {
            self.numeric("319").word(nick).trailing(&list);
        }
    }

    fn whowas_found(&mut self, mut asked: WhowasAsked, answer: Answer) {
        match expected!(answer, Formerly) {
            Ok(formerly) => asked
                .found
                .extend(formerly.people.into_iter().take(asked.count)),
            Err(refusal) => self.refuse(&About::target("WHOWAS", &asked.shown), &refusal),
        }
        if let Some(name) = asked.left.pop() {
            return self.ask_next(Whowas { name }, whowas_of(asked));
        }
        let WhowasAsked {
            shown: nick,
            found: mut people,
            ..
        } = asked;
        // The most recent first, whoever it was (RFC 2812 §3.6.3).
        people.sort_by_key(|was| std::cmp::Reverse(was.until));
        if people.is_empty() {
            self.numeric("406")
                .word(&nick)
                .trailing("There was no such nickname");
        }
        let host = self.settings.host().to_owned();
        for was in &people {
            let shown = names::nick(&was.name).into_owned();
            let user = was.user.as_deref().filter(|user| !user.is_empty());
            self.numeric("314")
                .word(&shown)
                .word(user.unwrap_or(names::user()))
                .word(&was.account.cloak())
                .word("*")
                .trailing(was.display.as_deref().unwrap_or(&was.name));
            self.numeric("312")
                .word(&shown)
                .word(&host)
                .trailing(&was.until.to_string());
        }
        self.numeric("369").word(&nick).trailing("End of WHOWAS");
    }
}

fn whowas_of(asked: WhowasAsked) -> Then {
    Then::People(Asked::Whois(WhoisAsked::Whowas(Box::new(asked))))
}
