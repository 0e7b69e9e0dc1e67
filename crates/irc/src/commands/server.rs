//! What is asked about the server: LUSERS, VERSION, INFO, TIME, ADMIN, STATS, LINKS, USERS, SUMMON, and QUIT.

use snug_proto::{Answer, Counts, Quit, limits::MAX_REASON_CHARS};

use super::{asked::Asked, who};
use crate::{
    Connection,
    connection::{Then, expected},
    line::Line,
    names,
    replies::About,
    text::fit_line,
};

impl Connection {
    /// `LUSERS`
    pub(crate) fn lusers(&mut self) {
        self.ask(Counts {}, Then::People(Asked::Lusers));
    }

    pub(super) fn lusers_counted(&mut self, answer: Answer) {
        let counted = match expected!(answer, Counted) {
            Ok(counted) => counted,
            Err(refusal) => return self.refuse(&About::command("LUSERS"), &refusal),
        };
        let (online, most) = (counted.online, counted.most);
        self.numeric("251").trailing(&format!(
            "There are {online} users and 0 invisible on 1 servers"
        ));
        for (numeric, count, what) in [
            ("252", counted.operators, "operator(s) online"),
            ("253", counted.unknown, "unknown connection(s)"),
            ("254", counted.rooms, "channels formed"),
        ] {
            self.numeric(numeric)
                .word(&count.to_string())
                .trailing(what);
        }
        self.numeric("255")
            .trailing(&format!("I have {online} clients and 0 servers"));
        for (numeric, whose) in [("265", "local"), ("266", "global")] {
            self.numeric(numeric)
                .word(&online.to_string())
                .word(&most.to_string())
                .trailing(&format!("Current {whose} users {online}, max {most}"));
        }
    }

    /// Is this the server that a command was meant for? There is one, by its name, a mask of it, or any
    /// nick. If not, says so.
    fn is_here(&mut self, target: Option<&str>) -> bool {
        let Some(target) = target else {
            return true;
        };
        let host = self.settings.host();
        let here = who::matches(target, host) || names::is_account(target, self.own_name());
        if !here {
            self.numeric("402").word(target).trailing("No such server");
        }
        here
    }

    /// `VERSION [<server>]`
    pub(crate) fn version(&mut self, line: &Line<'_>) {
        if !self.is_here(line.param(0)) {
            return;
        }
        let host = self.settings.host().to_owned();
        let version = self.settings.version.clone();
        self.numeric("351")
            .word(&version)
            .word(&host)
            .trailing("Snug, a chat server for a group of one's own");
        self.isupport();
    }

    /// `INFO [<server>]`
    pub(crate) fn info(&mut self, line: &Line<'_>) {
        if !self.is_here(line.param(0)) {
            return;
        }
        let version = self.settings.version.clone();
        for text in [
            version.as_str(),
            "A chat server for a group that runs its own.",
            "Rooms are channels: what is said in them is kept, and shown when one comes back.",
            "SNUG HELP lists what this server can do beyond IRC.",
        ] {
            self.numeric("371").trailing(text);
        }
        self.numeric("374").trailing("End of INFO list");
    }

    /// `TIME [<server>]`
    pub(crate) fn time(&mut self, line: &Line<'_>) {
        if self.is_here(line.param(0)) {
            self.ask(Counts {}, Then::People(Asked::Time));
        }
    }

    pub(super) fn time_told(&mut self, answer: Answer) {
        match expected!(answer, Counted) {
            Ok(counted) => {
                let host = self.settings.host().to_owned();
                let seconds = (counted.now.ms() / 1000).to_string();
                self.numeric("391")
                    .word(&host)
                    .word(&seconds)
                    .word("0")
                    .trailing(&counted.now.to_string());
            }
            Err(refusal) => self.refuse(&About::command("TIME"), &refusal),
        }
    }

    /// `ADMIN [<server>]`
    pub(crate) fn admin(&mut self, line: &Line<'_>) {
        if !self.is_here(line.param(0)) {
            return;
        }
        let host = self.settings.host().to_owned();
        self.numeric("423")
            .word(&host)
            .trailing("The owner of this server has written nothing here");
    }

    /// `STATS <query>`: `u` since when the server runs, `k` who is shut out, for those who run it.
    pub(crate) fn stats(&mut self, line: &Line<'_>) {
        let Some(query) = line.param(0).and_then(|query| query.chars().next()) else {
            return self.need_more_params("STATS");
        };
        match query {
            'u' => self.ask(Counts {}, Then::People(Asked::Uptime)),
            'k' | 'K' | 'd' | 'D' | 'g' | 'G' => self.list_server_bans(query),
            query => self.end_of_stats(query),
        }
    }

    pub(super) fn uptime_told(&mut self, answer: Answer) {
        if let Ok(counted) = expected!(answer, Counted) {
            let seconds = counted.now.ms().saturating_sub(counted.started_at.ms()) / 1000;
            let (days, rest) = (seconds / 86_400, seconds % 86_400);
            let (hours, minutes, seconds) = (rest / 3600, rest % 3600 / 60, rest % 60);
            self.numeric("242").trailing(&format!(
                "Server Up {days} days {hours}:{minutes:02}:{seconds:02}"
            ));
        }
        self.end_of_stats('u');
    }

    pub(super) fn end_of_stats(&mut self, query: char) {
        self.numeric("219")
            .word(&query.to_string())
            .trailing("End of /STATS report");
    }

    /// `LINKS`: this server alone.
    pub(crate) fn links(&mut self) {
        self.numeric("365").word("*").trailing("End of /LINKS list");
    }

    /// `USERS` and `SUMMON`, which nobody has.
    pub(crate) fn disabled(&mut self, command: &str) {
        let numeric = if command == "SUMMON" { "445" } else { "446" };
        self.numeric(numeric)
            .trailing(&format!("{command} has been disabled"));
    }

    /// `QUIT [<reason>]`: ends the session, leaves no room (DECISIONS 31).
    pub(crate) fn quit(&mut self, line: &Line<'_>) {
        let reason = line.param(0).map(|text| fit_line(text, MAX_REASON_CHARS));
        let reason = reason.filter(|reason| !reason.is_empty());
        match &self.me {
            Some(me) => {
                let forget = me.session_token;
                self.ask(Quit { forget, reason }, Then::Quit);
            }
            None => self.close("Goodbye."),
        }
    }
}
