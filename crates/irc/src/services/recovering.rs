//! `GHOST`, `RECOVER`, `REGAIN`, `RELEASE`: how people get a nick back on other networks. Here a nick is its
//! account's, several clients share it, and nobody else can hold it: so what is left to do is to sign in, to
//! go by it again, and to end clients of one's own that hang.

use snug_proto::{Answer, RevokeSession, SessionList, Sessions};

use super::Service;
use crate::{
    Connection,
    connection::{Then, expected},
    names,
    registration::NickAfter,
};

/// What clients of this front are called in the list of one's sessions.
const FRONT: &str = "irc";

impl Connection {
    /// `GHOST <nick> [password]` and its kin.
    pub(super) fn service_recover(&mut self, command: &str, nick: &str, password: Option<&str>) {
        let Some(own) = self.account_name() else {
            return match password {
                Some(password) => {
                    self.registering.nick_after = NickAfter::Regained;
                    self.service_identify(nick, password);
                }
                None => self.service_says(&format!(
                    "You are not signed in. {command} {nick} <password> signs you in and gives you the nick."
                )),
            };
        };
        let is_own = names::is_account(nick, &own);
        if !is_own && !names::is_account(nick, names::account(&self.nick)) {
            return self.service_says(&format!(
                "You are signed in as {own}, and {nick} is not yours. Whoever has it keeps it."
            ));
        }
        if is_own && !names::is_account(&self.nick, &own) {
            self.rename_account(nick);
        }
        match command {
            "GHOST" | "RECOVER" => self.ask(Sessions {}, Then::Service(Service::Ghosts)),
            _ => self.service_says(&format!(
                "{nick} is yours: nobody else can hold it, so there is nothing to release."
            )),
        }
    }

    /// One's sessions: those of other IRC clients that are connected are ended.
    pub(super) fn end_ghosts(&mut self, answer: Answer) {
        let list: SessionList = match expected!(answer, SessionList) {
            Ok(list) => list,
            Err(refusal) => return self.service_says(&refusal.text),
        };
        let ghosts = list.sessions.iter();
        let ghosts = ghosts
            .filter(|one| one.online && !one.this && one.client.eq_ignore_ascii_case(FRONT))
            .map(|one| one.session_id.to_string());
        let ghosts: Vec<_> = ghosts.collect();
        if ghosts.is_empty() {
            return self.service_says(
                "No other IRC client of yours is here. Clients of one account share its nick.",
            );
        }
        for session in ghosts {
            let ghost = Then::Service(Service::Ghost);
            self.ask_next(RevokeSession { session }, ghost);
        }
    }
}
