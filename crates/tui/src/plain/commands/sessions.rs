//! Commands of one's sessions and password (A3, A4, A5).

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use snug_client::{SignInError, Signer};
use snug_proto::{
    AddAccount, CodeMade, Delivery, DeviceCode, Done, ErrorCode, Pending, Request, ResetCode,
    RevokeSession, Secret, Session, SessionEntry, SessionList, Sessions, Stream,
};

use super::{
    Command, Deed, Least, Misuse, Trouble,
    deed::{Ask, Output, ask, lines, said, secret},
    words::Words,
};
use crate::sanitize;

/// Letters of a session's id that name it here.
const SHORT: usize = 6;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "sessions",
        aliases: &["devices"],
        usage: "/sessions [revoke ID|others]",
        help: "Lists where you are signed in, or ends it there at once. The ID is the word that a line \
               begins with; others are all but this one. App tokens are ended by /token revoke.",
        least: Least::Member,
        read: sessions,
    },
    Command {
        name: "password",
        aliases: &[],
        usage: "/password [keep-sessions]",
        help: "Changes your password. Your other sessions end, unless you say keep-sessions; app tokens \
               stay.",
        least: Least::Member,
        read: |words| {
            let keep = words.next_if(|word| word == "keep-sessions").is_some();
            Ok(secret("your password until now", move |old| {
                secret("your new password", move |new| {
                    secret("the new one again", move |again| {
                        ask(async move |ask| change_password(ask, old, new, again, keep).await)
                    })
                })
            }))
        },
    },
    Command {
        name: "device-code",
        aliases: &[],
        usage: "/device-code [NAME]",
        help: "Makes a code by which a new device of yours signs in while others guess at your password: \
               snug join LINK --device-code CODE. The owner makes one for anybody by their name.",
        least: Least::Member,
        read: |words| {
            let name = words.next().map(str::to_owned);
            Ok(ask(async move |ask| {
                let made: CodeMade = ask.request(DeviceCode { name }).await?;
                code_lines(&ask, &made, "--device-code")
            }))
        },
    },
    Command {
        name: "delete-account",
        aliases: &[],
        usage: "/delete-account NAME [with-messages]",
        help: "Deletes your account, for good; there is no undo. Say your own name, so that it is not done \
               by a slip, and then your password. What you said stays, under \"deleted account\", unless you \
               say with-messages. Rooms that you founded pass on. /export FILE keeps a copy first.",
        least: Least::Member,
        read: |words| {
            let name = words.word()?.to_owned();
            let with_messages = words.next_if(|word| word == "with-messages").is_some();
            Ok(secret("your password", move |password| {
                ask(async move |ask| delete(ask, &name, password, with_messages).await)
            }))
        },
    },
    Command {
        name: "add-account",
        aliases: &[],
        usage: "/add-account NAME",
        help: "Makes an account for somebody, whoever may register; asks for its password, which they had \
               better change. An /invite lets them choose both.",
        least: Least::Owner,
        read: |words| {
            let name = words.word()?.to_owned();
            Ok(secret(format!("the password of {name}"), move |password| {
                ask(async move |ask| {
                    let Done {} = ask.request(AddAccount { name, password }).await?;
                    said("-- the account can sign in now")
                })
            }))
        },
    },
    Command {
        name: "reset",
        aliases: &[],
        usage: "/reset NAME",
        help: "Makes a line by which somebody who forgot their password sets a new one, once, within a \
               day. It voids the one before; they are told that it is out.",
        least: Least::Owner,
        read: |words| {
            let name = words.word()?.to_owned();
            Ok(ask(async move |ask| {
                let made: CodeMade = ask.request(ResetCode { name }).await?;
                code_lines(&ask, &made, "--reset")
            }))
        },
    },
];

fn sessions(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let Some(what) = words.next() else {
        return Ok(ask(async |ask| {
            let list: SessionList = ask.request(Sessions {}).await?;
            let mut shown: Vec<_> = list.sessions.iter().map(line).collect();
            if list.more {
                shown.push("-- and more".to_owned());
            }
            lines(shown)
        }));
    };
    if what != "revoke" {
        return Err(Misuse::Usage);
    }
    let which = words.word()?.to_owned();
    Ok(ask(async move |ask| {
        let session = if which == "others" {
            which
        } else {
            let list: SessionList = ask.request(Sessions {}).await?;
            let named = |entry: &&SessionEntry| {
                let id = entry.session_id.to_string();
                id == which || short(&id) == which
            };
            let mut found = list.sessions.iter().filter(named);
            match (found.next(), found.next()) {
                (Some(one), None) => one.session_id.to_string(),
                _ => return Err(Trouble::Refused(ErrorCode::UnknownSession.into())),
            }
        };
        let Done {} = ask.request(RevokeSession { session }).await?;
        said("-- ended")
    }))
}

/// The word that names a session here.
fn short(id: &str) -> &str {
    let letters = id.split_once(':').map_or(id, |(_, letters)| letters);
    letters.get(..SHORT).unwrap_or(letters)
}

fn line(entry: &SessionEntry) -> String {
    let id = entry.session_id.to_string();
    let client = match sanitize::line(&entry.client) {
        client if client.is_empty() => "a client without a name".to_owned(),
        client => client,
    };
    let mut line = format!("-- {}  {client}", short(&id));
    if let Some(address) = &entry.address {
        line = format!("{line}, from {}", sanitize::line(address));
    }
    line = format!("{line}, since {}", entry.created_at.said());
    if let Some(token) = &entry.token {
        line = format!("{line}, by the token {}", sanitize::line(token));
    }
    if let Some(scope) = entry.scope {
        line = format!("{line} for {}", format!("{scope:?}").to_lowercase());
    }
    match (entry.this, entry.online) {
        (true, _) => format!("{line}, this one"),
        (false, true) => format!("{line}, online"),
        (false, false) => format!("{line}, last seen {}", entry.seen_at.said()),
    }
}

/// A code, as the line that is pasted.
fn code_lines(ask: &Ask, made: &CodeMade, flag: &str) -> Result<Output, Trouble> {
    let code = sanitize::line(made.code.expose());
    lines(vec![
        format!("-- good once, until {}:", made.expires_at.said()),
        format!("snug join {} {flag} {code}", ask.link),
    ])
}

async fn delete(
    ask: Ask,
    name: &str,
    password: Secret,
    with_messages: bool,
) -> Result<Output, Trouble> {
    if name != ask.name {
        let sentence = "That is not your own name: nothing was deleted.";
        return Err(Trouble::Said(sentence.to_owned()));
    }
    let (signer, asking) = (Signer::default(), Asking(ask));
    let deleted = signer.delete_account(&asking, &password, with_messages);
    match deleted.await {
        Ok(()) => said("-- your account is deleted. Farewell."),
        Err(error) => Err(trouble(error)),
    }
}

/// Why a password was not proved, as trouble.
pub(super) fn trouble(error: SignInError) -> Trouble {
    match error {
        SignInError::Refused(refusal) => refusal.into(),
        error => Trouble::Said(format!("{error}.")),
    }
}

async fn change_password(
    ask: Ask,
    old: Secret,
    new: Secret,
    again: Secret,
    keep_sessions: bool,
) -> Result<Output, Trouble> {
    if new != again {
        let sentence = "The two new passwords are not the same: nothing was changed.";
        return Err(Trouble::Said(sentence.to_owned()));
    }
    let name = ask.name.clone();
    let (signer, asking) = (Signer::default(), Asking(ask));
    let changed = signer.change_password(&asking, &name, &old, &new, keep_sessions);
    match changed.await {
        Ok(()) => said("-- your password is changed"),
        Err(SignInError::Refused(refusal))
            if refusal.code == ErrorCode::BadCredentials && refusal.retry_after_ms.is_none() =>
        {
            Err(Trouble::Said("The old password is wrong.".to_owned()))
        }
        Err(error) => Err(trouble(error)),
    }
}

/// The chat's connection as a session to sign in over.
pub(super) struct Asking(pub(super) Ask);

impl Session for Asking {
    fn request(&self, request: Request) -> Pending {
        (self.0.server)(request)
    }

    fn poll_deliveries(
        &self,
        _context: &mut Context<'_>,
        _into: &mut Vec<Arc<Delivery>>,
    ) -> Poll<Stream> {
        // The chat takes them.
        Poll::Pending
    }
}
