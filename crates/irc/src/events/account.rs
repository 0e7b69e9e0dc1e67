//! What happens to accounts, one's own and others': names, friends, credits.

use snug_proto::{
    AccountChanged, AccountId, CreditsMoved, FriendChanged, FriendPresence, Friendship,
};

use crate::{Capability, Connection, line::Writer, names};

impl Connection {
    /// Another name is another nick (DECISIONS 31). A role is told by a notice of its own.
    pub(super) fn account_changed(&mut self, change: &AccountChanged, own: AccountId) {
        if change.subject.account == own {
            self.may_run(change.role > snug_proto::Role::Member);
        }
        let Some(was) = &change.was else {
            return self.has_account_now(change, own);
        };
        let (account, name) = (change.subject.account, &change.subject.name);
        if account == own {
            if let Some(me) = &mut self.me {
                me.name.clone_from(name);
            }
            self.nick = names::nick(name).into_owned();
        } else if !self.rooms.renamed(account, was, name) {
            return;
        }
        let source = names::source(was, &account);
        Writer::new(&mut self.out)
            .source(&source)
            .command("NICK")
            .word(&names::nick(name))
            .end();
    }

    /// A friend came or went: a sentence, unless the client watches for them by `MONITOR`.
    pub(super) fn friend_here(&mut self, friend: &FriendPresence) {
        let name = &friend.subject.name;
        if self.watching.contains_key(&names::fold_account(name)) {
            return;
        }
        let what = if friend.online { "is" } else { "is no longer" };
        self.server_notice(
            None,
            &format!("Your friend {} {what} here.", names::nick(name)),
        );
    }

    /// Only of oneself another role is told; of others, that a guest has an account (account-notify).
    fn has_account_now(&mut self, change: &AccountChanged, own: AccountId) {
        let account = change.subject.account;
        let shown = account != own && self.rooms.shows(account);
        if !shown || !self.caps.has(Capability::AccountNotify) {
            return;
        }
        let name = &change.subject.name;
        let source = names::source(name, &account);
        Writer::new(&mut self.out)
            .source(&source)
            .command("ACCOUNT")
            .word(name)
            .end();
    }
}

/// What a client without friends of its own is told of them (DECISIONS 32).
pub(super) fn friendship(change: &FriendChanged) -> Option<String> {
    let name = &change.subject.name;
    match change.state {
        Friendship::Asks => Some(format!("{name} asks to be your friend.")),
        Friendship::Friends => Some(format!("{name} is your friend now.")),
        Friendship::Asked | Friendship::None => None,
    }
}

/// Credits that moved, in a sentence (DECISIONS 32).
pub(super) fn credits(moved: &CreditsMoved, own: AccountId) -> String {
    let CreditsMoved { entry, balance } = moved;
    let amount = entry.amount;
    let what = match (&entry.from, &entry.to) {
        (Some(from), _) if from.account != own => {
            format!("{} paid you {amount} credits", from.name)
        }
        (None, _) => format!("You were given {amount} credits"),
        (Some(_), Some(to)) => format!("You paid {} {amount} credits", to.name),
        (Some(_), None) => format!("You paid {amount} credits for VIP"),
    };
    let why = entry
        .why
        .as_ref()
        .map_or_else(String::new, |why| format!(" ({why})"));
    format!("{what}{why}. You have {balance} now.")
}
