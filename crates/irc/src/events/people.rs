//! What others are and do beside rooms: away and back, another display name, coming and going of those
//! this client watches for, words to everyone, keys with values.

use snug_proto::{AccountChanged, AccountId, Hailed, IsAway, MetadataChanged, Seen, Subject};

use super::{View, from_subject};
use crate::{Capability, Connection, line::Writer, names};

impl Connection {
    /// `AWAY` of somebody else, to a client that wants to hear of it (`IRCv3` away-notify).
    pub(super) fn away_event(&mut self, away: &IsAway, own: AccountId) {
        let subject = &away.subject;
        if subject.account == own || !self.hears_of(subject, Capability::AwayNotify) {
            return;
        }
        let view = View::new(self.caps, self.settings.host());
        let line = from_subject(&mut self.out, view, None, subject).command("AWAY");
        match &away.text {
            Some(text) => line.trailing(text),
            None => line.end(),
        }
    }

    /// `SETNAME` of somebody (`IRCv3` setname): one's own to all one's clients.
    pub(super) fn display_changed(&mut self, change: &AccountChanged, own: AccountId) {
        let subject = &change.subject;
        let told = if subject.account == own {
            self.own_display(subject.display.clone());
            self.caps.has(Capability::Setname)
        } else {
            self.hears_of(subject, Capability::Setname)
        };
        if told {
            let realname = subject.display.as_deref().unwrap_or(&subject.name);
            let view = View::new(self.caps, self.settings.host());
            from_subject(&mut self.out, view, None, subject)
                .command("SETNAME")
                .trailing(realname);
        }
    }

    /// 730 and 731: somebody came or went whom the client watches for (`IRCv3` monitor).
    pub(super) fn seen_event(&mut self, seen: &Seen) {
        let nick = names::nick(seen.subject.called()).into_owned();
        if seen.online {
            let source = names::source(seen.subject.called(), &seen.subject.account);
            self.numeric("730").trailing(&source);
        } else {
            self.numeric("731").trailing(&nick);
        }
    }

    /// `WALLOPS`, to those who listen to it (mode `w`).
    pub(super) fn hailed(&mut self, hailed: &Hailed) {
        if !self.modes.wallops {
            return;
        }
        let author = &hailed.author;
        let source = names::source(author.called(), &author.from_id);
        Writer::new(&mut self.out)
            .source(&source)
            .command("WALLOPS")
            .trailing(&hailed.text);
    }

    /// A key of a person or a channel changed (`IRCv3` draft/metadata-2 and draft/metadata-3).
    pub(super) fn metadata_event(&mut self, changed: &MetadataChanged) {
        let target = match (&changed.room, &changed.name) {
            (Some(room), _) => names::channel(room),
            (None, Some(name)) => {
                let worn = changed.worn.as_deref();
                if !self.meets(changed.account, [Some(name.as_str()), worn]) {
                    return;
                }
                names::nick(worn.unwrap_or(name)).into_owned()
            }
            (None, None) => return,
        };
        self.tell_metadata(&target, &changed.key, changed.value.as_deref());
    }

    /// Is it told more of those it watches for than that they come and go?
    fn watches_more(&self) -> bool {
        self.caps.has(Capability::ExtendedMonitor)
            || self.caps.has(Capability::ExtendedMonitorDraft)
    }

    /// Is the client told such things of this person: as one it shares a channel with, or watches for?
    pub(super) fn hears_of(&self, subject: &Subject, capability: Capability) -> bool {
        let names = [Some(subject.name.as_str()), subject.worn.as_deref()];
        self.caps.has(capability) && self.meets(Some(subject.account), names)
    }

    /// Is it oneself, or somebody that this client shares a channel with or watches for by one of these
    /// names?
    fn meets(&self, account: Option<AccountId>, names: [Option<&str>; 2]) -> bool {
        let own = self.me.as_ref().map(|me| me.account);
        let watches = |name: &str| self.watching.contains_key(&names::fold_account(name));
        account.is_some_and(|account| own == Some(account) || self.rooms.shows(account))
            || (self.watches_more() && names.into_iter().flatten().any(watches))
    }
}
