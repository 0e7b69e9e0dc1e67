//! A client without an account: a guest, where the server takes them. Its nick is its own to change.

use snug_proto::{
    Answer, ComeAsGuest, ErrorCode, Me, PersonRef, Refusal, RenameAccount, Secret, Wear,
};

use crate::{
    Connection,
    connection::{SignInBy, Then},
    names,
    replies::About,
};

/// What a client is told that brought nothing to sign in by, where there are no guests.
const HOW: &str = "Sign in by SASL, or send PASS name:password before NICK and USER.";

impl Connection {
    /// Asks to be let in as a guest, with what came as PASS if it may be the access code.
    pub(crate) fn come_as_guest(&mut self, code: Option<Secret>, by: SignInBy) {
        let name = names::account(&self.nick).to_owned();
        let display = self.wanted_realname();
        let guest = ComeAsGuest {
            name,
            display,
            code,
        };
        self.ask(guest, Then::SignIn(by));
    }

    /// No guest by this nick. Where another nick helps, the client may send one.
    pub(crate) fn no_guest(&mut self, refusal: &Refusal) {
        let nick = self.nick.clone();
        match refusal.code {
            ErrorCode::NameTaken | ErrorCode::BadName => {
                self.refuse(&About::target("NICK", &nick), refusal);
                self.forget_nick();
            }
            ErrorCode::Forbidden => {
                self.numeric("464").trailing(HOW);
                self.close(HOW);
            }
            ErrorCode::CodeNeeded => {
                let how = "Guests send this server's access code as PASS; with an account, sign in by \
                           SASL or by PASS name:password.";
                self.numeric("464").trailing(how);
                self.close(how);
            }
            ErrorCode::Banned => {
                self.numeric("465").trailing(&refusal.text);
                self.close(&refusal.text);
            }
            _ => {
                self.refuse(&About::command("NICK"), refusal);
                self.close(&refusal.text);
            }
        }
    }

    /// Is this client a guest's?
    pub(crate) fn is_guest(&self) -> bool {
        self.me.as_ref().is_some_and(|me| me.guest)
    }

    /// `NICK` of a guest who is here.
    pub(crate) fn rename_guest(&mut self, wanted: &str) {
        if !names::may_be_nick(wanted) {
            return self
                .numeric("432")
                .word(wanted)
                .trailing("That cannot be a nickname");
        }
        let Some(me) = &self.me else { return };
        let rename = RenameAccount {
            who: PersonRef::Id(me.account),
            name: names::account(wanted).to_owned(),
            reason: None,
        };
        let nick = wanted.to_owned();
        self.ask(rename, Then::Renamed { nick });
    }

    /// `NICK` of an account: another name to go by, or its own, in whatever spelling.
    pub(crate) fn rename_account(&mut self, wanted: &str) {
        if !names::may_be_nick(wanted) {
            return self
                .numeric("432")
                .word(wanted)
                .trailing("That cannot be a nickname");
        }
        let nick = wanted.to_owned();
        let name = Some(names::account(wanted).to_owned());
        let own = self.own_account().unwrap_or_default().to_owned();
        if !names::is_account(wanted, &own) {
            let coming = false;
            return self.ask(Wear { name, coming }, Then::Renamed { nick });
        }
        if !names::is_account(&self.nick, &own) {
            let nick = nick.clone();
            self.ask(Wear::default(), Then::Renamed { nick });
        }
        if names::account(wanted) != own {
            let me = Me {
                name,
                ..Me::default()
            };
            self.ask(me, Then::Renamed { nick });
        }
    }

    /// The answer to either: that it worked, the event has said.
    pub(crate) fn renamed(&mut self, nick: &str, answer: Answer) {
        if let Err(refusal) = answer {
            self.refuse(&About::target("NICK", nick), &refusal);
        }
    }
}
