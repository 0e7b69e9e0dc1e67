//! MODE of oneself: `T` and `w` are this client's, `B`, `R` and `g` the account's, `o` comes by OPER.

use snug_proto::{AccountId, Answer, Me, Operate};

use super::asked::Asked;
use crate::{
    Connection,
    connection::{Then, expected},
    line::Writer,
    names,
    replies::About,
};

/// Every mode of a user, as 004 has them.
pub(crate) const ALL: &str = "BRTgiorw";

/// How this client is set up.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a letter of its own")]
pub(crate) struct UserModes {
    /// `B`: a program speaks here (`IRCv3` bot-mode).
    pub(crate) bot: bool,
    /// `R`: guests are refused, but whom one wrote to.
    pub(crate) no_guests: bool,
    /// `T`: what machines ask by direct message (CTCP) is not shown.
    pub(crate) no_questions: bool,
    /// `g`: strangers are refused (caller-id).
    pub(crate) caller_id: bool,
    /// `i`: in no list for those who share no channel with one.
    pub(crate) invisible: bool,
    /// `o`: may run the server.
    pub(crate) operator: bool,
    /// `w`: hears WALLOPS.
    pub(crate) wallops: bool,
}

impl UserModes {
    fn shown(self) -> String {
        let letters = [
            (self.bot, 'B'),
            (self.no_guests, 'R'),
            (self.no_questions, 'T'),
            (self.caller_id, 'g'),
            (self.invisible, 'i'),
            (self.operator, 'o'),
            (self.wallops, 'w'),
        ];
        let set = letters
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, letter)| *letter);
        format!("+r{}", set.collect::<String>())
    }

    fn set(&mut self, letter: char, on: bool) -> bool {
        let flag = match letter {
            'B' => &mut self.bot,
            'R' => &mut self.no_guests,
            'T' => &mut self.no_questions,
            'g' => &mut self.caller_id,
            'i' => &mut self.invisible,
            'o' => &mut self.operator,
            'w' => &mut self.wallops,
            _ => return false,
        };
        std::mem::replace(flag, on) != on
    }
}

impl Connection {
    /// `MODE <nick> [<modes>]`
    pub(crate) fn user_mode(&mut self, target: &str, change: Option<&str>) {
        if !names::is_account(target, self.own_name()) {
            return self
                .numeric("502")
                .trailing("Cannot change mode for other users");
        }
        let Some(change) = change else {
            let modes = self.modes.shown();
            return self.numeric("221").word(&modes).end();
        };
        let mut on = true;
        let mut unknown = false;
        for letter in change.chars() {
            match letter {
                '+' => on = true,
                '-' => on = false,
                'T' | 'w' => self.show_user_mode(on, letter),
                'i' => {
                    let unlisted = Some(on);
                    self.ask_mode(
                        on,
                        letter,
                        Me {
                            unlisted,
                            ..Me::default()
                        },
                    );
                }
                'B' => self.ask_mode(
                    on,
                    letter,
                    Me {
                        bot: Some(on),
                        ..Me::default()
                    },
                ),
                'R' => {
                    let guests = Some(!on);
                    self.ask_mode(
                        on,
                        letter,
                        Me {
                            guests,
                            ..Me::default()
                        },
                    );
                }
                'g' => {
                    let strangers = Some(!on);
                    self.ask_mode(
                        on,
                        letter,
                        Me {
                            strangers,
                            ..Me::default()
                        },
                    );
                }
                'o' if !on => self.ask_mode(on, letter, Operate::default()),
                // OPER gives it; `r` is whoever has an account.
                'o' | 'r' => {}
                _ => unknown = true,
            }
        }
        if unknown {
            self.numeric("501").trailing("Unknown MODE flag");
        }
    }

    fn ask_mode(&mut self, on: bool, letter: char, request: impl Into<snug_proto::Request>) {
        self.ask(request, Then::People(Asked::UserMode { on, letter }));
    }

    pub(super) fn user_mode_set(&mut self, on: bool, letter: char, answer: Answer) {
        let still = match &answer {
            // An account that runs the server does not stop to.
            Ok(snug_proto::Response::Operating(of)) => of.role > snug_proto::Role::Member,
            _ => false,
        };
        match answer {
            Err(refusal) => self.refuse(&About::command("MODE"), &refusal),
            Ok(_) if still => {}
            Ok(_) => self.show_user_mode(on, letter),
        }
    }

    /// The account may run the server, or not: shown at once, or with the welcome.
    pub(crate) fn may_run(&mut self, may: bool) {
        if self.registered {
            self.show_user_mode(may, 'o');
        } else {
            self.modes.operator = may;
        }
    }

    /// The modes that one has from the start, if there are any.
    pub(crate) fn tell_own_modes(&mut self) {
        if std::mem::take(&mut self.modes.operator) {
            self.show_user_mode(true, 'o');
        }
    }

    /// Sets a mode and tells the client, if that is news.
    pub(crate) fn show_user_mode(&mut self, on: bool, letter: char) {
        if !self.modes.set(letter, on) {
            return;
        }
        let source = self.own_source();
        let nick = self.nick.clone();
        let sign = if on { '+' } else { '-' };
        Writer::new(&mut self.out)
            .source(&source)
            .command("MODE")
            .word(&nick)
            .trailing(&format!("{sign}{letter}"));
    }

    /// One's source as others see it: under the nick that one has, and the cloak of one's account.
    pub(crate) fn own_source(&self) -> String {
        names::source(self.own_name(), &self.own_id())
    }

    /// One's account; nobody's before one has signed in.
    pub(crate) fn own_id(&self) -> AccountId {
        let me = self.me.as_ref().map(|me| me.account);
        me.unwrap_or(AccountId::from_bytes([0; 16]))
    }

    /// The name of one's account, or the guest's.
    pub(crate) fn own_account(&self) -> Option<&str> {
        self.me.as_ref().map(|me| me.name.as_str())
    }

    /// What one goes by.
    pub(crate) fn own_name(&self) -> &str {
        names::account(&self.nick)
    }

    /// `AWAY [<text>]`; before the welcome for those who asked for draft/pre-away.
    pub(crate) fn away(&mut self, line: &crate::line::Line<'_>) {
        let text = line.param(0).map(|text| {
            let most = snug_proto::limits::MAX_AWAY_CHARS;
            text.chars().take(most).collect::<String>()
        });
        let unattended = text.as_deref() == Some("*") && self.caps.has(crate::Capability::PreAway);
        let back = text.is_none();
        let request = snug_proto::Away {
            text: text.filter(|_| !unattended),
            unattended,
        };
        self.ask(request, Then::People(Asked::Away { back }));
    }

    pub(super) fn away_said(&mut self, back: bool, answer: Answer) {
        match expected!(answer, Done) {
            Ok(_) if back => self
                .numeric("305")
                .trailing("You are no longer marked as being away"),
            Ok(_) => self
                .numeric("306")
                .trailing("You have been marked as being away"),
            Err(refusal) => self.refuse(&About::command("AWAY"), &refusal),
        }
    }

    /// `SETNAME :<realname>` (`IRCv3` setname): the account's display name.
    pub(crate) fn setname(&mut self, line: &crate::line::Line<'_>) {
        let Some(name) = line.param(0) else {
            return self.need_more_params("SETNAME");
        };
        let display = Some(name.to_owned());
        let me = Me {
            display,
            ..Me::default()
        };
        self.ask(me, Then::People(Asked::Setname));
    }

    pub(super) fn name_set(&mut self, answer: Answer) {
        match expected!(answer, Myself) {
            Ok(_) => self.named = true,
            Err(refusal) => {
                let code = match refusal.code {
                    snug_proto::ErrorCode::BadName => "INVALID_REALNAME",
                    _ => "CANNOT_CHANGE_REALNAME",
                };
                self.fail(&About::command("SETNAME"), code, &refusal.text);
            }
        }
    }
}
