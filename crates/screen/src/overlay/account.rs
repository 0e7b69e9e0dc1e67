//! Lists of one's own account: where one is signed in, and the tokens of other programs.

use snug_proto::{Response, Sessions, TokenEntry, Tokens};

use super::{
    forms,
    parts::chooser::{Act, Chooser, opens},
    parts::pick::Row,
    people::command,
    when,
};
use crate::{ServerId, sanitize, state::State};

/// Letters of a session's id that commands name it by.
const SHORT: usize = 6;
const KEYS: &str = "Enter: what can be done · letters narrow · Esc closes";

/// Where one is signed in.
pub(super) fn sessions(server: ServerId) -> Chooser {
    let page = |response: Response, state: &State| {
        let Response::SessionList(page) = response else {
            return (Vec::new(), None);
        };
        let rows = page.sessions.iter().map(|session| {
            let id = session.session_id.to_string();
            let start = id.find(':').map_or(0, |at| at + 1);
            let short: String = id.chars().skip(start).take(SHORT).collect();
            let seen = match (session.this, session.online) {
                (true, _) => "this one".to_owned(),
                (_, true) => "here now".to_owned(),
                _ => format!("last seen {}", when(state, session.seen_at)),
            };
            let mut about = vec![seen];
            about.extend(session.address.clone());
            about.extend(
                session
                    .token
                    .as_ref()
                    .map(|token| format!("by the token {token}")),
            );
            let sign = if session.online { "●" } else { " " };
            let title = session.client.clone();
            let act = opens(move |_| {
                let end = command("End it there at once", format!("/sessions revoke {short}"));
                let others = "/sessions revoke others".to_owned();
                let rows = vec![end, command("End all but this one", others)];
                Chooser::new(&title, "Enter does it · Esc closes", rows)
            });
            Row::new(sign, &session.client, &about.join(", "), act)
        });
        (rows.collect(), None)
    };
    Chooser::asking(
        "Where you are signed in",
        KEYS,
        server,
        Sessions {},
        Box::new(page),
    )
}

/// The tokens of other programs.
pub(super) fn tokens(server: ServerId) -> Chooser {
    let page = |response: Response, state: &State| {
        let Response::TokenList(page) = response else {
            return (Vec::new(), None);
        };
        let rows = page.tokens.iter().map(|token| token_row(token, state));
        (rows.collect(), None)
    };
    let new = Row::new(
        "+",
        "A new token",
        "/token new LABEL",
        opens(move |_| forms::account::token(server)),
    );
    Chooser::asking(
        "Tokens of other programs",
        KEYS,
        server,
        Tokens {},
        Box::new(page),
    )
    .beginning_with(vec![new])
}

fn token_row(token: &TokenEntry, state: &State) -> Row<Act> {
    let used = token.used_at.map_or_else(
        || "never used".to_owned(),
        |at| format!("last used {}", when(state, at)),
    );
    let scope = format!("{:?}", token.scope).to_lowercase();
    let label = sanitize::line(&token.label);
    let act = opens(move |_| {
        let rows = vec![command("Void it at once", format!("/token revoke {label}"))];
        Chooser::new(&label, "Enter does it · Esc closes", rows)
    });
    Row::new("", &token.label, &format!("for {scope}, {used}"), act)
}
