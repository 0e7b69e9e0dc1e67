//! Running the server: OPER, KILL, KLINE and DLINE and back, WALLOPS, ANNOUNCE, REHASH. What one may do is
//! the session's to say; `o` is only shown.

use snug_proto::{
    Announce, Answer, ErrorCode, Hail, Operate, PersonRef, Request, Secret, ServerBan, ServerBans,
    ServerKick, ServerUnban,
};

use super::{asked::Asked, monitor::account_of};
use crate::{
    Connection,
    connection::{Then, expected},
    line::Line,
    replies::About,
};

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) enum RunAsked {
    Oper,
    /// Something that says so when it is done.
    Done {
        command: &'static str,
        said: String,
        target: String,
    },
    /// Something whose effect says it.
    Silently {
        command: &'static str,
    },
    Bans {
        query: char,
    },
}

impl Connection {
    /// `OPER <account> <password>`
    pub(crate) fn oper(&mut self, line: &Line<'_>) {
        let Some(name) = line.param(0) else {
            return self.need_more_params("OPER");
        };
        let Some(password) = line.param(1) else {
            return self.no_operator("OPER takes an account and its password");
        };
        let request = Operate {
            name: Some(name.to_owned()),
            password: Some(Secret::from(password)),
        };
        self.ask_run(request, RunAsked::Oper);
    }

    /// `KILL <nick> [<reason>]`: ends all sessions of an account.
    pub(crate) fn kill(&mut self, line: &Line<'_>) {
        let Some(nick) = line.param(0) else {
            return self.need_more_params("KILL");
        };
        let request = ServerKick {
            who: PersonRef::Name(account_of(nick)),
            reason: reason(line, 1),
        };
        let asked = RunAsked::Done {
            command: "KILL",
            said: format!("All sessions of {nick} were ended."),
            target: nick.to_owned(),
        };
        self.ask_run(request, asked);
    }

    /// `KLINE [<minutes>] <account or address> [<reason>]`, DLINE the same.
    pub(crate) fn kline(&mut self, command: &'static str, line: &Line<'_>) {
        let minutes = line.param(0).and_then(|word| word.parse::<u64>().ok());
        let skipped = usize::from(minutes.is_some());
        let Some(mask) = line.param(skipped) else {
            return self.need_more_params(command);
        };
        let (who, address) = banned(mask);
        let request = ServerBan {
            who,
            address,
            for_s: minutes
                .map(|minutes| minutes.saturating_mul(60))
                .filter(|of| *of > 0),
            reason: reason(line, skipped + 1),
            even_me: false,
        };
        let asked = RunAsked::Done {
            command,
            said: format!("{mask} is banned from this server."),
            target: mask.to_owned(),
        };
        self.ask_run(request, asked);
    }

    /// `UNKLINE <account or address>`, UNDLINE the same.
    pub(crate) fn unkline(&mut self, command: &'static str, line: &Line<'_>) {
        let Some(mask) = line.param(0) else {
            return self.need_more_params(command);
        };
        let (who, address) = banned(mask);
        let asked = RunAsked::Done {
            command,
            said: format!("The ban of {mask} is lifted."),
            target: mask.to_owned(),
        };
        self.ask_run(ServerUnban { who, address }, asked);
    }

    pub(super) fn list_server_bans(&mut self, query: char) {
        self.ask_run(ServerBans::default(), RunAsked::Bans { query });
    }

    /// `WALLOPS <text>`: to everyone who is here and listens.
    pub(crate) fn wallops(&mut self, line: &Line<'_>) {
        let Some(text) = reason(line, 0).filter(|text| !text.is_empty()) else {
            return self.need_more_params("WALLOPS");
        };
        self.ask_run(Hail { text }, RunAsked::Silently { command: "WALLOPS" });
    }

    /// `ANNOUNCE <text>`: to everyone, now or at their next sign-in (M1).
    pub(crate) fn announce(&mut self, line: &Line<'_>) {
        if line.param(0).is_none() {
            return self.need_more_params("ANNOUNCE");
        }
        let body = line.params.join(" ");
        let command = "ANNOUNCE";
        self.ask_run(Announce { body }, RunAsked::Silently { command });
    }

    /// `REHASH`: there is nothing to read anew, and this says so.
    pub(crate) fn rehash(&mut self) {
        if !self.modes.operator {
            return self.no_privileges();
        }
        self.server_notice(
            None,
            "The configuration is read as the server starts. What can change while it runs is \
             changed at once by SNUG SERVER.",
        );
    }

    pub(super) fn ask_run(&mut self, request: impl Into<Request>, asked: RunAsked) {
        self.ask(request, Then::People(Asked::Run(asked)));
    }

    pub(super) fn run_answered(&mut self, asked: RunAsked, answer: Answer) {
        match asked {
            RunAsked::Oper => self.opered(answer),
            RunAsked::Done {
                command,
                said,
                target,
            } => match answer {
                Ok(_) => self.server_notice(None, &said),
                Err(refusal) if refusal.code == ErrorCode::Forbidden => self.no_privileges(),
                Err(refusal) => self.refuse(&About::target(command, &target), &refusal),
            },
            RunAsked::Silently { command } => match answer {
                Ok(_) => {}
                Err(refusal) if refusal.code == ErrorCode::Forbidden => self.no_privileges(),
                Err(refusal) => self.refuse(&About::command(command), &refusal),
            },
            RunAsked::Bans { query } => self.bans_listed(query, answer),
        }
    }

    fn opered(&mut self, answer: Answer) {
        match expected!(answer, Operating) {
            Ok(_) => {
                self.numeric("381").trailing("You are now an IRC operator");
                self.show_user_mode(true, 'o');
            }
            Err(refusal) if refusal.code == ErrorCode::Forbidden => {
                self.no_operator(&refusal.text);
            }
            // One answer to a wrong name and to a wrong password, by the number that other servers give.
            Err(refusal) if refusal.code == ErrorCode::BadCredentials => {
                self.no_operator(&refusal.text);
            }
            Err(refusal) => self.refuse(&About::command("OPER"), &refusal),
        }
    }

    /// 491: whoever this is, runs no server.
    fn no_operator(&mut self, why: &str) {
        self.numeric("491").trailing(why);
    }

    fn bans_listed(&mut self, query: char, answer: Answer) {
        match expected!(answer, ServerBanList) {
            Ok(list) => {
                for ban in &list.bans {
                    let name = ban.name.as_deref();
                    let mask = ban.address.as_deref().or(name).unwrap_or("*");
                    let until = ban.until.map(|until| format!(" (until {})", until.said()));
                    let text = ban.reason.as_deref().unwrap_or("no reason given");
                    let text = format!("{text}{}", until.unwrap_or_default());
                    self.numeric("216")
                        .word("K")
                        .word(mask)
                        .word("*")
                        .word("*")
                        .trailing(&text);
                }
                if list.more {
                    self.server_notice(None, "There are more; any Snug client lists all.");
                }
            }
            Err(refusal) if refusal.code == ErrorCode::Forbidden => self.no_privileges(),
            Err(refusal) => self.refuse(&About::command("STATS"), &refusal),
        }
        self.end_of_stats(query);
    }

    fn no_privileges(&mut self) {
        self.numeric("481")
            .trailing("Permission Denied- You're not an IRC operator");
    }
}

/// The words from here on: people type a reason without a colon before it.
fn reason(line: &Line<'_>, from: usize) -> Option<String> {
    let words = line.params.get(from..).filter(|words| !words.is_empty())?;
    Some(words.join(" "))
}

/// Whom a mask means: `user@192.0.2.0/24` addresses, `ann!*@*` and `ann` an account.
pub(super) fn banned(mask: &str) -> (Option<PersonRef>, Option<String>) {
    let (person, host) = mask.rsplit_once('@').unwrap_or((mask, ""));
    let of_host = if host.is_empty() { mask } else { host };
    if of_host.contains(['.', ':']) && !of_host.contains(['*', '?', '!']) {
        return (None, Some(of_host.to_owned()));
    }
    let nick = person.split('!').next().unwrap_or_default();
    (Some(PersonRef::Name(account_of(nick))), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_means_addresses_or_an_account() {
        let address = |of: &str| (None, Some(of.to_owned()));
        let account = |of: &str| (Some(PersonRef::Name(of.to_owned())), None);
        assert_eq!(banned("192.0.2.7"), address("192.0.2.7"));
        assert_eq!(banned("*@192.0.2.0/24"), address("192.0.2.0/24"));
        assert_eq!(banned("*!*@2001:db8::/32"), address("2001:db8::/32"));
        assert_eq!(banned("Ann"), account("ann"));
        assert_eq!(banned("ann!*@*"), account("ann"));
    }
}
