//! HELP and HELPOP (modern.ircdocs.horse, HELP).

use crate::{Connection, line::Line};

/// What is helped with: a subject and its lines.
const TOPICS: &[(&str, &[&str])] = &[
    (
        "JOIN",
        &[
            "JOIN <channel> [<key>]: comes into a room; one that nobody knows of is made.",
            "You stay in it until you PART, also when you are not connected.",
        ],
    ),
    (
        "PART",
        &["PART <channel> [<reason>]: leaves a room for good. QUIT does not leave it."],
    ),
    (
        "TOPIC",
        &["TOPIC <channel> [:<text>]: shows or sets what a channel is about."],
    ),
    ("NAMES", &["NAMES <channel>: lists who is in a channel."]),
    (
        "LIST",
        &[
            "LIST [<masks>]: lists channels, as in LIST *den*,!*old*,>3.",
            ">3 and <10 are of members, C>60 of minutes since it was made, T<60 since its topic was set.",
        ],
    ),
    (
        "INVITE",
        &["INVITE <nick> <channel>: lets somebody in. INVITE alone lists your own invitations."],
    ),
    (
        "KICK",
        &[
            "KICK <channel> <nick> [<reason>]: removes somebody, who may come again unless +b keeps them out.",
        ],
    ),
    (
        "KNOCK",
        &[
            "KNOCK <channel> [:<text>]: asks those who keep order in a channel with i or k to let you in.",
        ],
    ),
    (
        "RENAME",
        &["RENAME <channel> <new name> [:<reason>]: gives a channel another name."],
    ),
    (
        "CHATHISTORY",
        &[
            "CHATHISTORY LATEST|BEFORE|AFTER|AROUND|BETWEEN|TARGETS ...: what was said (draft/chathistory).",
        ],
    ),
    (
        "REGISTER",
        &[
            "REGISTER <account> <code or *> <password>: makes an account.",
            "The same by hand: /msg NickServ REGISTER <password>; /msg NickServ HELP says what else it does.",
        ],
    ),
    (
        "PRIVMSG",
        &["PRIVMSG <channel or nick> :<text>: says something. Who is away reads it later."],
    ),
    (
        "NOTICE",
        &["NOTICE <channel or nick> :<text>: says something that no program answers."],
    ),
    (
        "NICK",
        &[
            "NICK <nick>: what you go by here, one nick for all your clients.",
            "Your account's name stays, and you are found by either.",
        ],
    ),
    (
        "AWAY",
        &[
            "AWAY [<text>]: says that you are away, or with no text that you are back.",
            "Others see you away while all your clients say so.",
        ],
    ),
    (
        "WHO",
        &["WHO <channel, nick or mask> [%<fields>]: lists who is here (WHOX)."],
    ),
    ("WHOIS", &["WHOIS <nick>: shows who somebody is."]),
    (
        "WHOWAS",
        &["WHOWAS <nick> [<count>]: shows who had a nick within the last hour."],
    ),
    (
        "MONITOR",
        &["MONITOR +|- <nicks>, C, L, S: tells you when these come and go."],
    ),
    (
        "SETNAME",
        &["SETNAME :<name>: sets the name that others read beside your nick."],
    ),
    (
        "METADATA",
        &["METADATA <target> GET|LIST|SET|CLEAR|SUB|UNSUB|SUBS|SYNC: keys with values."],
    ),
    (
        "MODE",
        &[
            "MODE <nick> +B: you are a bot. +g: strangers are refused. +w: you hear WALLOPS.",
            "+R: guests are refused, but those you wrote to (accounts only).",
            "+T: what programs ask yours by direct message (CTCP) is not shown to this client.",
            "+i: you are in no list of all, but for those who share a channel with you.",
            "MODE <channel> [<modes>]: shows or changes how a room is set up.",
            "i by invitation, k <key> (one of the two), l <number> most members, m moderated, n no words from outside,",
            "s unlisted, t topic by admins alone, A archived, W <seconds> slow mode, M guests without a voice only read,",
            "C programs ask nothing (CTCP).",
            "o <nick> admin, v <nick> voice, q <nick> founder; b ban, e exempt, I invited: <mask>, or no word to list.",
        ],
    ),
    (
        "SILENCE",
        &["SILENCE [+<nick>|-<nick>]: lists those you block, blocks or unblocks somebody."],
    ),
    (
        "ACCEPT",
        &["ACCEPT <nick>|-<nick>|*: asks to be friends or accepts, ends it, lists friends."],
    ),
    (
        "OPER",
        &["OPER <account> <password>: runs the server in that account's name."],
    ),
    (
        "KILL",
        &["KILL <nick> [<reason>]: ends all sessions of an account (operators)."],
    ),
    (
        "KLINE",
        &[
            "KLINE [<minutes>] <account or address> [<reason>]: bans from the server (operators).",
            "UNKLINE lifts it, STATS k lists them.",
        ],
    ),
    (
        "REHASH",
        &["REHASH: nothing is read anew; SNUG SERVER changes settings at once (operators)."],
    ),
    (
        "SHIELD",
        &["SNUG SHIELD [up|down|auto]: how things stand at the door (moderators)."],
    ),
    (
        "LOCKDOWN",
        &[
            "SNUG LOCKDOWN [--closed] [--dry-run] [--for 1h] [--why text]: lets nobody new in (moderators).",
            "SNUG LOCKDOWN off ends it; it ends by itself after an hour or the time given.",
        ],
    ),
    (
        "ALLOW",
        &[
            "SNUG ALLOW <address> [--for 2d] [--why text]: lets it past limits (moderators).",
            "SNUG DISALLOW <address> takes it back, SNUG ALLOW list lists them.",
        ],
    ),
    (
        "PURGE",
        &["SNUG PURGE <nick> --since 1h [--why text]: takes back what somebody wrote (owner)."],
    ),
    (
        "WALLOPS",
        &["WALLOPS :<text>: to everyone who is here and has mode w (operators)."],
    ),
    (
        "SNUG",
        &["SNUG HELP: what this server can do beyond IRC: friends, search, reports, credits."],
    ),
];

impl Connection {
    /// `HELP [<subject>]`
    pub(crate) fn help(&mut self, line: &Line<'_>) {
        let Some(subject) = line.param(0) else {
            let subjects: Vec<_> = TOPICS.iter().map(|(subject, _)| *subject).collect();
            self.numeric("704")
                .word("INDEX")
                .trailing("HELP <subject> says more. Subjects:");
            for some in subjects.chunks(8) {
                self.numeric("705").word("INDEX").trailing(&some.join(" "));
            }
            return self.numeric("706").word("INDEX").trailing("End of /HELP");
        };
        let subject = subject.to_ascii_uppercase();
        let Some((name, lines)) = TOPICS.iter().find(|(name, _)| *name == subject) else {
            return self
                .numeric("524")
                .word(&subject)
                .trailing("There is no help on this subject");
        };
        let (first, rest) = lines.split_first().unwrap_or((&"", &[]));
        self.numeric("704").word(name).trailing(first);
        for line in rest {
            self.numeric("705").word(name).trailing(line);
        }
        self.numeric("706").word(name).trailing("End of /HELP");
    }
}
