//! WHO, WHOIS and USERHOST.

use snug_proto::{Answer, PersonEntry, Role, RoomRef, Who};

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
            None => look_up(mask),
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
        let room = self.channel(mask).map(|(room_id, _)| room_id);
        let mut next = None;
        let mut listed = people.people;
        if let Some(room_id) = room {
            let last = listed.last().filter(|_| people.more);
            next = last.map(|last| crate::replay::who(room_id, Some(last.name.clone())));
            self.keep_shown(room_id, &mut listed);
        } else {
            let wanted = account_named(mask);
            listed.retain(|person| person.name == wanted);
        }
        self.begin_saying(Saying::Who {
            mask: mask.to_owned(),
            people: listed.into_iter(),
            next,
        });
    }

    pub(crate) fn who_line(&mut self, mask: &str, person: &PersonEntry) {
        let host = self.settings.host().to_owned();
        let channel = names::room(mask).map(|_| mask);
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

    pub(crate) fn end_of_who(&mut self, mask: &str) {
        self.numeric("315").word(mask).trailing("End of WHO list");
    }

    /// `WHOIS [<server>] <nick>`: of those who are here.
    pub(crate) fn whois(&mut self, line: &Line<'_>) {
        let Some(nick) = line.param(1).or_else(|| line.param(0)) else {
            return self.numeric("431").trailing("No nickname given");
        };
        let nick = nick.to_owned();
        self.ask(look_up(&nick), Then::Whois { nick });
    }

    pub(crate) fn whois_found(&mut self, nick: &str, answer: Answer) {
        match expected!(answer, People) {
            Ok(people) => {
                let wanted = account_named(nick);
                match people.people.iter().find(|one| one.name == wanted) {
                    Some(person) => self.whois_lines(person),
                    None => self.numeric("401").word(nick).trailing("No such nick"),
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
            Role::Guest => Some("is a guest here, without an account"),
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

/// The account that a client means by a nick.
fn account_named(nick: &str) -> String {
    names::fold_account(names::account(nick))
}

/// Asks for those who are here from this one on: the list is by name, so that one page tells whether
/// this one is here, among however many.
fn look_up(nick: &str) -> Who {
    let mut after = account_named(nick);
    let last = after.pop();
    // Code points are in the order of their bytes; what lies between them and the name is no name.
    after.extend(last.and_then(|last| ('\0'..last).next_back()));
    after.push(char::MAX);
    Who {
        room: None,
        after: last.map(|_| after),
    }
}
