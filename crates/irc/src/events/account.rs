//! What happens to accounts, one's own and others': names, friends, credits.

use snug_proto::{
    AccountChanged, AccountId, CreditsMoved, FriendChanged, FriendPresence, Friendship,
};

use crate::{Capability, Connection, line::Writer, names};

impl Connection {
    /// Whoever goes by another name has another nick (DECISIONS 31, ADR 13). A role is told by a notice of its own.
    pub(super) fn account_changed(&mut self, change: &AccountChanged, own: AccountId) {
        if change.subject.account == own {
            self.may_run(change.role > snug_proto::Role::Member);
        }
        let subject = &change.subject;
        let (account, name) = (subject.account, &subject.name);
        if change.was.is_none() && change.wore.is_none() {
            return self.has_account_now(change, own);
        }
        let was = change.was.as_ref().unwrap_or(name);
        let nick = names::nick(subject.called()).into_owned();
        let before = if account == own {
            if let Some(me) = &mut self.me {
                me.name.clone_from(name);
            }
            std::mem::replace(&mut self.nick, nick.clone())
        } else {
            let before = match (&change.wore, &subject.worn) {
                (Some(wore), _) => wore,
                // Whoever has another name and goes by what they went by before has the same nick.
                (None, Some(worn)) => worn,
                (None, None) => was,
            };
            let before = names::nick(before).into_owned();
            if !self.rooms.renamed(was, subject) {
                return;
            }
            before
        };
        if before == nick {
            return;
        }
        let source = names::source(names::account(&before), &account);
        Writer::new(&mut self.out)
            .source(&source)
            .command("NICK")
            .word(&nick)
            .end();
    }

    /// A friend came or went: a sentence, unless the client watches for them by `MONITOR`.
    pub(super) fn friend_here(&mut self, friend: &FriendPresence) {
        let subject = &friend.subject;
        let watched = |name: &str| self.watching.contains_key(&names::fold_account(name));
        if watched(&subject.name) || subject.worn.as_deref().is_some_and(watched) {
            return;
        }
        let what = if friend.online { "is" } else { "is no longer" };
        self.server_notice(
            None,
            &format!("Your friend {} {what} here.", names::whole(subject)),
        );
    }

    /// Only of oneself another role is told; of others, that a guest has an account (account-notify).
    fn has_account_now(&mut self, change: &AccountChanged, own: AccountId) {
        let subject = &change.subject;
        if subject.account == own || !self.hears_of(subject, Capability::AccountNotify) {
            return;
        }
        let name = &subject.name;
        let source = names::source(subject.called(), &subject.account);
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
