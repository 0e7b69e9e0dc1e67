//! One's own account: who may come in beside one, one's sessions, codes, and the end of it (A1, A3, A5, A8).

use snug_proto::{
    DeleteAccount, DeviceCode, DropSecondFactor, Invite, OfferSecondFactor, Request, ResetCode,
    Response, RevokeSession, Secret, SessionEntry, Sessions, SetSecondFactor,
};

use super::{Command, Words, account_of, door::Terms, list, request};

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "INVITE",
        usage: "INVITE [--for <time>]: makes a one-time code by which one person may register",
        read: |words| {
            let Terms {
                for_s: expires_in_s,
                why: None,
            } = words.terms()?
            else {
                return None;
            };
            request(Invite { expires_in_s }, "")
        },
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
        name: "SECOND-FACTOR",
        usage: "SECOND-FACTOR on <password>, then SECOND-FACTOR code <digits>: signing in by password asks \
                for an app's code too; SECOND-FACTOR off <digits>",
        read: second_factor,
    },
    Command {
        name: "DROP-SECOND-FACTOR",
        usage: "DROP-SECOND-FACTOR <nick> [--why <text>]: takes it from who lost it; be sure that it is \
                they who ask (owner)",
        read: |words| {
            let who = Some(account_of(words.next()?));
            let Terms {
                for_s: None,
                why: reason,
            } = words.terms()?
            else {
                return None;
            };
            let code = None;
            let drop = DropSecondFactor { who, code, reason };
            request(drop, "The password is enough for them now.")
        },
    },
    Command {
        name: "DELETE-ACCOUNT",
        usage: "DELETE-ACCOUNT <password> [with-messages]: deletes your account for good",
        read: |words| {
            let password = words.password()?;
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

fn second_factor(words: &mut Words<'_>) -> Option<(Request, &'static str)> {
    if words.next_if("on") {
        let password = Some(words.password()?);
        let offer = OfferSecondFactor {
            opaque: None,
            password,
        };
        return request(offer, "");
    }
    let off = !words.next_if("code");
    if off && !words.next_if("off") {
        return None;
    }
    // Apps show it in two groups, or in one.
    let code = Secret::new(words.rest()?.replace(' ', ""));
    if !off {
        return request(SetSecondFactor { code }, "");
    }
    let drop = DropSecondFactor {
        code: Some(code),
        ..DropSecondFactor::default()
    };
    request(drop, "It is off: your password is enough.")
}

/// The sentences for the answers to these.
pub(super) fn said(response: &Response) -> Option<Vec<String>> {
    Some(match response {
        Response::Invited(made) => vec![good_until(&made.code, made.expires_at)],
        Response::CodeMade(made) => vec![good_until(&made.code, made.expires_at)],
        Response::SecondFactorOffer(offer) => vec![
            format!(
                "Give this to your authenticator app: {}",
                offer.secret.expose()
            ),
            format!("Or this link: {}", offer.link.expose()),
            "Then, within ten minutes: SECOND-FACTOR code <digits>".to_owned(),
        ],
        Response::RecoveryCodes(of) => {
            let codes = of.codes.iter().map(|code| code.expose().to_owned());
            let on = "It is on. Each of these gets you in once without the app; they are shown only now:";
            std::iter::once(on.to_owned()).chain(codes).collect()
        }
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
    let until = until.said();
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
        (false, false) => format!("last seen {}", one.seen_at.said()),
    };
    let (id, client, since) = (one.session_id, &one.client, one.created_at.said());
    format!("{id} {client}{from}{by}, since {since}, {state}")
}
