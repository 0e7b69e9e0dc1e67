//! SILENCE and ACCEPT, as other servers have them: blocks and friends.

use snug_proto::{
    Answer, Befriend, Block, Blocks, ErrorCode, Friends, Friendship, PersonRef, Request, Unblock,
    Unfriend,
};

use super::{asked::Asked, monitor::account_of};
use crate::{
    Connection,
    connection::{Then, expected},
    line::{Line, Writer},
    names,
    replies::About,
};

/// Nicks in one ACCEPT.
const MAX_ACCEPTED: usize = 20;

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) enum ContactAsked {
    Silences,
    Silence { sign: char, nick: String },
    Accepted,
    Accept { nick: String },
    Unaccept { nick: String },
}

impl Connection {
    /// `SILENCE [+|-<mask>]`: blocks; a mask is a nick and nothing else.
    pub(crate) fn silence(&mut self, line: &Line<'_>) {
        let own = [Some(self.own_name()), self.own_account()];
        let own = own.map(|name| name.map(names::fold_account));
        let mask = line
            .param(0)
            .filter(|mask| !own.contains(&Some(account_of(mask))));
        let Some(mask) = mask else {
            return self.ask_contact(Blocks::default(), ContactAsked::Silences);
        };
        let (sign, mask) = match mask.split_at_checked(1) {
            Some(("+", mask)) => ('+', mask),
            Some(("-", mask)) => ('-', mask),
            _ => ('+', mask),
        };
        let nick = mask.split(['!', '@']).next().unwrap_or_default().to_owned();
        if nick.is_empty() || nick.contains(['*', '?']) {
            let text = "Whom one blocks is named by nick; a mask of many is not kept.";
            return self.fail(&About::target("SILENCE", mask), "INVALID_MASK", text);
        }
        let person = PersonRef::Name(account_of(&nick));
        let request: Request = if sign == '+' {
            Block { person }.into()
        } else {
            Unblock { person }.into()
        };
        self.ask_contact(request, ContactAsked::Silence { sign, nick });
    }

    /// `ACCEPT <nick>{,[-]<nick>}` or `ACCEPT *`: friends.
    pub(crate) fn accept(&mut self, line: &Line<'_>) {
        let Some(list) = line.param(0) else {
            return self.need_more_params("ACCEPT");
        };
        for nick in list
            .split(',')
            .filter(|nick| !nick.is_empty())
            .take(MAX_ACCEPTED)
        {
            let person = |nick: &str| PersonRef::Name(account_of(nick));
            if nick == "*" {
                self.ask_contact(Friends::default(), ContactAsked::Accepted);
            } else if let Some(nick) = nick.strip_prefix('-') {
                let (person, nick) = (person(nick), nick.to_owned());
                self.ask_contact(Unfriend { person }, ContactAsked::Unaccept { nick });
            } else {
                let (person, nick) = (person(nick), nick.to_owned());
                self.ask_contact(Befriend { person }, ContactAsked::Accept { nick });
            }
        }
    }

    fn ask_contact(&mut self, request: impl Into<Request>, asked: ContactAsked) {
        self.ask(request, Then::People(Asked::Contact(asked)));
    }

    pub(super) fn contact_answered(&mut self, asked: ContactAsked, answer: Answer) {
        match asked {
            ContactAsked::Silences => self.silences(answer),
            ContactAsked::Silence { sign, nick } => self.silenced(sign, &nick, answer),
            ContactAsked::Accepted => self.accepted(answer),
            ContactAsked::Accept { nick } => match expected!(answer, Befriended) {
                Ok(made) if made.state == Friendship::Friends => {
                    self.server_notice(None, &format!("{nick} is your friend now."));
                }
                Ok(_) => self.server_notice(None, &format!("{nick} was asked to be your friend.")),
                Err(refusal) if refusal.code == ErrorCode::TooMany => {
                    self.numeric("456").trailing(&refusal.text);
                }
                Err(refusal) => self.refuse(&About::target("ACCEPT", &nick), &refusal),
            },
            ContactAsked::Unaccept { nick } => match answer {
                Ok(_) => self.server_notice(None, &format!("{nick} is no friend of yours now.")),
                Err(refusal) if refusal.code == ErrorCode::UnknownPerson => self
                    .numeric("458")
                    .word(&nick)
                    .trailing("is not on your accept list"),
                Err(refusal) => self.refuse(&About::target("ACCEPT", &nick), &refusal),
            },
        }
    }

    fn silences(&mut self, answer: Answer) {
        let nick = self.nick.clone();
        match expected!(answer, BlockList) {
            Ok(list) => {
                for block in &list.blocks {
                    let mask = format!("{}!*@*", names::nick(&block.name));
                    self.numeric("271").word(&nick).word(&mask).end();
                }
                if list.more {
                    self.server_notice(None, "There are more; any Snug client lists all.");
                }
            }
            Err(refusal) => self.refuse(&About::command("SILENCE"), &refusal),
        }
        self.numeric("272")
            .word(&nick)
            .trailing("End of Silence List");
    }

    fn silenced(&mut self, sign: char, nick: &str, answer: Answer) {
        match answer {
            Ok(_) => {
                let source = self.own_source();
                Writer::new(&mut self.out)
                    .source(&source)
                    .command("SILENCE")
                    .word(&format!("{sign}{nick}!*@*"))
                    .end();
            }
            Err(refusal) if refusal.code == ErrorCode::TooMany => self
                .numeric("511")
                .word(&format!("{nick}!*@*"))
                .trailing("Your silence list is full"),
            Err(refusal) => self.refuse(&About::target("SILENCE", nick), &refusal),
        }
    }

    fn accepted(&mut self, answer: Answer) {
        match expected!(answer, FriendList) {
            Ok(list) => {
                let friends = list.friends.iter();
                let friends = friends.filter(|one| one.state == Friendship::Friends);
                let nicks: Vec<_> = friends.map(|one| names::nick(&one.name)).collect();
                for some in nicks.chunks(10) {
                    self.numeric("281").trailing(&some.join(" "));
                }
            }
            Err(refusal) => self.refuse(&About::command("ACCEPT"), &refusal),
        }
        self.numeric("282").trailing("End of /ACCEPT list");
    }
}
