//! WHO, WHOIS and USERHOST.

use snug_proto::{Answer, People, PersonEntry, Role, RoomRef, Who};

use crate::{
    Connection,
    connection::{Then, expected},
    line::Line,
    names,
    replies::About,
};

/// Pages of people searched for one nick before it counts as not here.
const MAX_WHOIS_PAGES: usize = 50;
/// Nicks answered in one USERHOST (RFC 2812 §4.8).
const MAX_USERHOST_NICKS: usize = 5;

impl Connection {
    /// `WHO <channel or nick>`
    pub(crate) fn who(&mut self, line: &Line<'_>) {
        let Some(mask) = line.param(0) else {
            return self.end_of_who("*");
        };
        let request = match names::room(mask) {
            Some(room) => match self.channel(mask) {
                Some(_) => Who {
                    room: Some(RoomRef::Name(room.to_owned())),
                    after: None,
                },
                None => return self.end_of_who(mask),
            },
            None => Who::default(),
        };
        let mask = mask.to_owned();
        self.ask(request, Then::Who { mask });
    }

    pub(crate) fn who_listed(&mut self, mask: &str, answer: Answer) {
        let people = match expected!(answer, People) {
            Ok(people) => people,
            Err(refusal) => {
                self.refuse(&About::target("WHO", mask), &refusal);
                return self.end_of_who(mask);
            }
        };
        let channel = names::room(mask);
        let wanted = names::fold_account(names::account(mask));
        let room_id = self.channel(mask).map(|(room_id, _)| room_id);
        let listed: Vec<&PersonEntry> = match room_id {
            Some(room_id) => self.shown(room_id, &people.people),
            None => people
                .people
                .iter()
                .filter(|person| person.name == wanted)
                .collect(),
        };
        for person in listed {
            self.who_line(channel.map(|_| mask), person);
        }
        if let Some(last) = people.people.last().filter(|_| people.more) {
            let request = Who {
                room: channel.map(|room| RoomRef::Name(room.to_owned())),
                after: Some(last.name.clone()),
            };
            let mask = mask.to_owned();
            return self.ask_next(request, Then::Who { mask });
        }
        self.end_of_who(mask);
    }

    fn who_line(&mut self, channel: Option<&str>, person: &PersonEntry) {
        let host = self.settings.host().to_owned();
        // Here or gone, then the sign of the room's founder.
        let here = if person.online { "H" } else { "G" };
        let sign = if person.founder { "~" } else { "" };
        let realname = person.display.as_deref().unwrap_or(&person.name);
        self.numeric("352")
            .word(channel.unwrap_or("*"))
            .word(names::user())
            .word(&host)
            .word(&host)
            .word(&names::nick(&person.name))
            .word(&format!("{here}{sign}"))
            .trailing(&format!("0 {realname}"));
    }

    fn end_of_who(&mut self, mask: &str) {
        self.numeric("315").word(mask).trailing("End of WHO list");
    }

    /// `WHOIS [<server>] <nick>`: of those who are here.
    pub(crate) fn whois(&mut self, line: &Line<'_>) {
        let Some(nick) = line.param(1).or_else(|| line.param(0)) else {
            return self.numeric("431").trailing("No nickname given");
        };
        let nick = nick.to_owned();
        self.ask(Who::default(), Then::Whois { nick, pages: 1 });
    }

    pub(crate) fn whois_found(&mut self, nick: &str, pages: usize, answer: Answer) {
        match expected!(answer, People) {
            Ok(people) => {
                let wanted = names::fold_account(names::account(nick));
                if let Some(person) = people.people.iter().find(|one| one.name == wanted) {
                    self.whois_lines(person);
                } else if let Some(request) = next_page(&people, pages) {
                    let (nick, pages) = (nick.to_owned(), pages + 1);
                    return self.ask_next(request, Then::Whois { nick, pages });
                } else {
                    self.numeric("401").word(nick).trailing("No such nick");
                }
            }
            Err(refusal) => self.refuse(&About::target("WHOIS", nick), &refusal),
        }
        self.numeric("318")
            .word(nick)
            .trailing("End of /WHOIS list");
    }

    fn whois_lines(&mut self, person: &PersonEntry) {
        let host = self.settings.host().to_owned();
        let network = self.settings.network.clone();
        let nick = names::nick(&person.name);
        let realname = person.display.as_deref().unwrap_or(&person.name);
        self.numeric("311")
            .word(&nick)
            .word(names::user())
            .word(&host)
            .word("*")
            .trailing(realname);
        self.numeric("312")
            .word(&nick)
            .word(&host)
            .trailing(&network);
        let standing = match person.role {
            Role::Member => None,
            Role::Moderator => Some("is a moderator of this server"),
            Role::Owner => Some("is the owner of this server"),
        };
        if let Some(standing) = standing {
            self.numeric("313").word(&nick).trailing(standing);
        }
        self.numeric("330")
            .word(&nick)
            .word(&person.name)
            .trailing("is logged in as");
    }

    /// `USERHOST <nick>{ <nick>}`: of oneself, which is what clients ask for.
    pub(crate) fn userhost(&mut self, line: &Line<'_>) {
        if line.param(0).is_none() {
            return self.need_more_params("USERHOST");
        }
        let own = names::account(&self.nick).to_owned();
        let asked = line.params.iter().take(MAX_USERHOST_NICKS);
        let found = asked
            .filter(|nick| names::fold_account(names::account(nick)) == own)
            .map(|nick| format!("{nick}=+{}@{}", names::user(), self.settings.host()));
        let found = found.collect::<Vec<_>>().join(" ");
        self.numeric("302").trailing(&found);
    }
}

fn next_page(people: &People, pages: usize) -> Option<Who> {
    let last = people.people.last()?;
    (people.more && pages < MAX_WHOIS_PAGES).then(|| Who {
        room: None,
        after: Some(last.name.clone()),
    })
}
