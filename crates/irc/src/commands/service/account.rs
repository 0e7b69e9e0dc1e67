//! One's own account: who may come in beside one, one's sessions, codes, and the end of it (A1, A3, A5, A8).

use snug_proto::{
    DeleteAccount, DeviceCode, Invite, ResetCode, Response, RevokeSession, Secret, SessionEntry,
    Sessions,
};

use super::{Command, account_of, list, request};

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "INVITE",
        usage: "INVITE: makes a one-time code by which one person may register",
        read: |_| request(Invite::default(), ""),
    },
    Command {
        name: "SESSIONS",
        usage: "SESSIONS [revoke <id>|others]: lists where you are signed in, or ends it there",
        read: |words| {
            if !words.next_if("revoke") {
                return request(Sessions {}, "");
            }
            let session = words.next()?.to_owned();
            request(RevokeSession { session }, "It is ended.")
        },
    },
    Command {
        name: "RESET",
        usage: "RESET <nick>: makes a code by which somebody sets a forgotten password anew (owner)",
        read: |words| {
            let name = account_of(words.next()?);
            request(ResetCode { name }, "")
        },
    },
    Command {
        name: "DEVICE-CODE",
        usage: "DEVICE-CODE [<nick>]: makes a code by which a new device gets past guessers; for another, as the owner",
        read: |words| {
            let name = words.next().map(account_of);
            request(DeviceCode { name }, "")
        },
    },
    Command {
        name: "DELETE-ACCOUNT",
        usage: "DELETE-ACCOUNT <password> [with-messages]: deletes your account for good",
        read: |words| {
            let password = words.next().map(Secret::from)?;
            let with_messages = match words.next() {
                None => false,
                Some(word) if word.eq_ignore_ascii_case("with-messages") => true,
                Some(_) => return None,
            };
            let delete = DeleteAccount {
                opaque: None,
                password: Some(password),
                with_messages,
            };
            request(delete, "Your account is deleted. Farewell.")
        },
    },
];

/// The sentences for the answers to these.
pub(super) fn said(response: &Response) -> Option<Vec<String>> {
    Some(match response {
        Response::Invited(made) => vec![good_until(&made.code, made.expires_at)],
        Response::CodeMade(made) => vec![good_until(&made.code, made.expires_at)],
        Response::SessionList(of) => {
            let mut lines = list(of.sessions.iter().map(session), "None.");
            if of.more {
                lines.push("There are more; any Snug client shows all.".to_owned());
            }
            lines
        }
        _ => return None,
    })
}

fn good_until(code: &Secret, until: snug_proto::Timestamp) -> String {
    format!("{} (good once, until {until})", code.expose())
}

fn session(one: &SessionEntry) -> String {
    let address = one.address.as_ref();
    let from = address.map_or_else(String::new, |address| format!(" from {address}"));
    let token = one.token.as_ref();
    let by = token.map_or_else(String::new, |label| format!(" by the token {label}"));
    let state = match (one.this, one.online) {
        (true, _) => "this one".to_owned(),
        (false, true) => "online".to_owned(),
        (false, false) => format!("last seen {}", one.seen_at),
    };
    let (id, client, since) = (one.session_id, &one.client, one.created_at);
    format!("{id} {client}{from}{by}, since {since}, {state}")
}
