//! WHO and WHOX (modern.ircdocs.horse, `IRCv3` WHOX), ISON and USERHOST.

use std::borrow::Cow;

use snug_proto::{Answer, PersonEntry, Role, RoomRef, Who};

use super::{asked::Asked, monitor::account_of};
use crate::{
    Connection,
    connection::{Then, expected},
    line::Line,
    names,
    replies::About,
    saying::Saying,
};

/// Nicks answered in one USERHOST (RFC 2812 §4.8).
const MAX_USERHOST_NICKS: usize = 5;
/// Nicks looked for in one ISON.
const MAX_ISON_NICKS: usize = 50;
/// Longest mask that is matched; a longer one matches nobody.
const MAX_MASK_BYTES: usize = 128;

/// What a WHO wants to know.
#[derive(Debug, Clone, Default)]
pub(crate) struct WhoAsked {
    /// The mask as it was written.
    pub(crate) mask: String,
    /// WHOX's fields, as they were written; none for a plain WHO.
    fields: Option<String>,
    /// WHOX's token.
    token: String,
    /// Only those who run the server.
    operators: bool,
    /// The people are chosen already: the mask is a channel or a nick.
    chosen: bool,
}

impl Connection {
    /// `WHO [<mask> [o][%<fields>[,<token>]]]`
    pub(crate) fn who(&mut self, line: &Line<'_>) {
        let mask = line.param(0).unwrap_or("*");
        let (flags, fields) = match line.param(1).unwrap_or_default().split_once('%') {
            Some((flags, fields)) => (flags, Some(fields)),
            None => (line.param(1).unwrap_or_default(), None),
        };
        let (fields, token) = match fields.map(|fields| fields.split_once(',')) {
            Some(Some((fields, token))) => (Some(fields), token),
            Some(None) => (fields, ""),
            None => (None, ""),
        };
        let channel = names::room(mask);
        let exact = channel.is_none() && mask != "0" && !mask.contains(['*', '?']);
        let asked = WhoAsked {
            mask: mask.to_owned(),
            fields: fields.map(str::to_owned),
            token: token.chars().take(3).collect(),
            operators: flags.contains('o'),
            chosen: channel.is_some() || exact,
        };
        let request = match channel {
            Some(room) if self.channel(mask).is_some() => Who {
                room: Some(RoomRef::Name(room.to_owned())),
                ..Who::default()
            },
            Some(_) => return self.end_of_who(mask),
            None if exact => Who {
                people: vec![account_of(mask)],
                ..Who::default()
            },
            None => Who::default(),
        };
        self.ask(request, Then::Who { asked });
    }

    pub(crate) fn who_listed(&mut self, asked: WhoAsked, answer: Answer) {
        let people = match expected!(answer, People) {
            Ok(people) => people,
            Err(refusal) => {
                self.refuse(&About::target("WHO", &asked.mask), &refusal);
                return self.end_of_who(&asked.mask);
            }
        };
        let room = self.channel(&asked.mask).map(|(room_id, _)| room_id);
        let mut listed = people.people;
        let after = listed.last().filter(|_| people.more);
        let next = after.map(|last| Who {
            room: room.map(RoomRef::Id),
            after: Some(last.name.clone()),
            people: Vec::new(),
        });
        if let Some(room_id) = room {
            self.keep_shown(room_id, &mut listed);
        } else if !asked.chosen {
            listed.retain(|person| self.is_meant(&asked.mask, person));
        }
        listed.retain(|person| !asked.operators || person.role > Role::Member);
        self.begin_saying(Saying::Who {
            asked,
            people: listed.into_iter(),
            next,
        });
    }

    /// Does the mask match nick, user, host, server or real name?
    fn is_meant(&self, mask: &str, person: &PersonEntry) -> bool {
        if matches!(mask, "*" | "0") {
            return true;
        }
        let fits = |text: &str| matches(mask, text);
        fits(&names::nick(person.called()))
            || fits(&names::nick(&person.name))
            || fits(user_of(person))
            || fits(self.settings.host())
            || fits(&person.account.cloak())
            || fits(realname_of(person))
    }

    pub(crate) fn who_line(&mut self, asked: &WhoAsked, person: &PersonEntry) {
        // The channel as it is called, however the mask was written.
        let channel = self.channel(&asked.mask);
        let channel = channel.map(|(_, room)| names::channel(&room.name));
        let channel = channel.as_deref().unwrap_or("*");
        let host = self.settings.host().to_owned();
        let cloak = person.account.cloak();
        let nick = names::nick(person.called()).into_owned();
        let flags = self.flags_of(person);
        let (user, realname) = (user_of(person), realname_of(person));
        let Some(fields) = &asked.fields else {
            return self
                .numeric("352")
                .word(channel)
                .word(user)
                .word(&cloak)
                .word(&host)
                .word(&nick)
                .word(&flags)
                .trailing(&format!("0 {realname}"));
        };
        let account = if is_guest(person) { "0" } else { &person.name };
        let mut line = self.numeric("354");
        // In this order, whatever order they were asked for in.
        for field in "tcuihsnfdlao"
            .chars()
            .filter(|field| fields.contains(*field))
        {
            line = line.word(match field {
                't' => &asked.token,
                'c' => channel,
                'u' => user,
                // Where somebody comes from is nobody's business.
                'i' => "255.255.255.255",
                'h' => &cloak,
                's' => &host,
                'n' => &nick,
                'f' => &flags,
                'a' => account,
                'o' => "n/a",
                // Hops, and seconds idle, which WHOIS tells.
                _ => "0",
            });
        }
        if fields.contains('r') {
            line.trailing(realname);
        } else {
            line.end();
        }
    }

    /// Here or gone, `*` who runs the server, signs in the channel, `B` a bot.
    fn flags_of(&self, person: &PersonEntry) -> String {
        let here = if person.away.is_some() || !person.online {
            "G"
        } else {
            "H"
        };
        let operator = if person.role > Role::Member { "*" } else { "" };
        let signs = crate::replay::signs_of(person, self.caps);
        let bot = if person.bot { "B" } else { "" };
        format!("{here}{operator}{signs}{bot}")
    }

    pub(crate) fn end_of_who(&mut self, mask: &str) {
        self.numeric("315").word(mask).trailing("End of WHO list");
    }

    /// `ISON <nick>{ <nick>}`: which of them are here.
    pub(crate) fn ison(&mut self, line: &Line<'_>) {
        if line.param(0).is_none() {
            return self.need_more_params("ISON");
        }
        let words = line
            .params
            .iter()
            .flat_map(|of| of.split_ascii_whitespace());
        let people = words.take(MAX_ISON_NICKS).map(account_of).collect();
        self.ask_people(people, Asked::Ison);
    }

    pub(super) fn ison_listed(&mut self, answer: Answer) {
        match expected!(answer, People) {
            Ok(people) => {
                let here = people.people.iter().map(|one| names::nick(one.called()));
                let here = here.collect::<Vec<_>>().join(" ");
                self.numeric("303").trailing(&here);
            }
            Err(refusal) => self.refuse(&About::command("ISON"), &refusal),
        }
    }

    /// `USERHOST <nick>{ <nick>}`
    pub(crate) fn userhost(&mut self, line: &Line<'_>) {
        if line.param(0).is_none() {
            return self.need_more_params("USERHOST");
        }
        let people = line.params.iter().take(MAX_USERHOST_NICKS);
        let people = people.map(|nick| account_of(nick)).collect();
        self.ask_people(people, Asked::Userhost);
    }

    pub(super) fn userhost_listed(&mut self, answer: Answer) {
        let people = match expected!(answer, People) {
            Ok(people) => people.people,
            Err(refusal) => return self.refuse(&About::command("USERHOST"), &refusal),
        };
        let shown = people.iter().map(|person| {
            let operator = if person.role > Role::Member { "*" } else { "" };
            let here = if person.away.is_some() { '-' } else { '+' };
            let (nick, user) = (names::nick(person.called()), user_of(person));
            let host = person.account.cloak();
            format!("{nick}{operator}={here}{user}@{host}")
        });
        let shown = shown.collect::<Vec<_>>().join(" ");
        self.numeric("302").trailing(&shown);
    }

    fn ask_people(&mut self, people: Vec<String>, asked: Asked) {
        let request = Who {
            people,
            ..Who::default()
        };
        self.ask(request, Then::People(asked));
    }
}

/// What stands for a person's user part.
pub(super) fn user_of(person: &PersonEntry) -> &str {
    let user = person.user.as_deref().filter(|user| !user.is_empty());
    user.unwrap_or(names::user())
}

/// What stands for a person's real name (DECISIONS 1).
pub(super) fn realname_of(person: &PersonEntry) -> &str {
    person.display.as_deref().unwrap_or(&person.name)
}

/// Is somebody here by a name alone?
pub(super) fn is_guest(person: &PersonEntry) -> bool {
    person.role < Role::Member
}

/// Does a mask of `*` and `?` match, capitals counting as small letters? Bounded by mask times text.
pub(super) fn matches(mask: &str, text: &str) -> bool {
    if mask.len() > MAX_MASK_BYTES {
        return false;
    }
    let fold = |text: &str| -> Cow<'static, str> { Cow::Owned(text.to_lowercase()) };
    let (mask, text) = (fold(mask), fold(text));
    let mask: Vec<char> = mask.chars().collect();
    // Which prefixes of the mask match what was read so far.
    let mut reached = vec![false; mask.len() + 1];
    let open = |reached: &mut Vec<bool>| {
        for (at, sign) in mask.iter().enumerate() {
            let here = reached.get(at).copied().unwrap_or_default();
            if let (true, '*', Some(next)) = (here, *sign, reached.get_mut(at + 1)) {
                *next = true;
            }
        }
    };
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    open(&mut reached);
    for letter in text.chars() {
        let mut next = vec![false; mask.len() + 1];
        for (at, sign) in mask.iter().enumerate() {
            if !reached.get(at).copied().unwrap_or_default() {
                continue;
            }
            let to = if *sign == '*' { at } else { at + 1 };
            if (*sign == '*' || *sign == '?' || *sign == letter)
                && let Some(slot) = next.get_mut(to)
            {
                *slot = true;
            }
        }
        open(&mut next);
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_mask_matches_what_it_says_and_nothing_else() {
        for (mask, text) in [
            ("coolni*", "CoolNick"),
            ("*", ""),
            ("?nn", "ann"),
            ("a*n", "ann"),
            ("a**n", "an"),
            ("*.test", "snug.test"),
            ("ann", "Ann"),
        ] {
            assert!(matches(mask, text), "{mask} {text}");
        }
        for (mask, text) in [
            ("ann", "anna"),
            ("?", ""),
            ("a?n", "an"),
            ("b*", "ann"),
            ("", "a"),
        ] {
            assert!(!matches(mask, text), "{mask} {text}");
        }
        assert!(!matches(&"*".repeat(1000), "ann"), "a mask is bounded");
    }
}
