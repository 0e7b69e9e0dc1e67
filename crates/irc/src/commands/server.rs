//! LUSERS, VERSION and QUIT.

use snug_proto::{Answer, Quit, Who};

use crate::{
    Connection,
    connection::{Then, expected},
    replies::About,
};

impl Connection {
    /// `LUSERS`
    pub(crate) fn lusers(&mut self) {
        self.ask(Who::default(), Then::Lusers);
    }

    pub(crate) fn lusers_counted(&mut self, answer: Answer) {
        let online = match expected!(answer, People) {
            Ok(people) => people.online,
            Err(refusal) => return self.refuse(&About::command("LUSERS"), &refusal),
        };
        self.numeric("251").trailing(&format!(
            "There are {online} users and 0 invisible on 1 servers"
        ));
        self.numeric("255")
            .trailing(&format!("I have {online} clients and 0 servers"));
    }

    /// `VERSION`
    pub(crate) fn version(&mut self) {
        let (host, version) = (
            self.settings.host().to_owned(),
            self.settings.version.clone(),
        );
        self.numeric("351")
            .word(&version)
            .word(&host)
            .trailing("Snug, a chat server for a group of one's own");
        self.isupport();
    }

    /// `QUIT [<reason>]`: ends the session, leaves no room (DECISIONS 31).
    pub(crate) fn quit(&mut self) {
        match &self.me {
            Some(me) => {
                let forget = me.session_token;
                self.ask(Quit { forget }, Then::Quit);
            }
            None => self.close("Goodbye."),
        }
    }
}
