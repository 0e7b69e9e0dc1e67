//! Forms of one's own account: an app token, one's name as others see it, asking somebody to be a friend.

use snug_proto::{Befriend, Me, Myself, NewToken, PersonRef, Response, Scope};

use super::name;
use crate::{
    Effect, ServerId,
    overlay::{
        Deed,
        parts::field::{Field, Option as Choice},
        parts::form::{Filled, Form, Made, done},
        parts::shown::Shown,
    },
    sanitize,
};

const SCOPES: &[Choice] = &[
    ("irc", "an IRC client: all but tokens and the server"),
    ("read", "reading only"),
    ("send", "reading and sending"),
    ("moderate", "an IRC client, and moderating"),
];
const YES_NO: &[Choice] = &[("on", "yes"), ("off", "no")];

/// Makes a password for one other program.
pub fn token(server: ServerId) -> Form {
    let fields = vec![
        Field::words_field("Label", "", "What it is for, to know it by later: weechat."),
        Field::choice("May be used for", SCOPES, "irc", "By ← and →."),
    ];
    let then = |response: &Response, _state: &crate::state::State| match response {
        Response::TokenMade(made) => {
            let token = sanitize::line(made.token.expose());
            let lines = vec![
                "It is shown this once:".to_owned(),
                String::new(),
                token.clone(),
            ];
            let title = format!("The token {}", made.label);
            vec![
                Deed::Close,
                Deed::Open(Box::new(Shown::new(&title, &lines, Some(token.clone())))),
                Deed::Effect(Effect::Copy(token)),
                done("Copied, where your terminal lets programs copy."),
            ]
        }
        _ => vec![Deed::Close],
    };
    Form::new(
        "A token for a program",
        server,
        fields,
        Box::new(token_made),
    )
    .then(Box::new(then))
}

fn token_made(filled: Filled<'_>) -> Result<Made, String> {
    let label = name(filled.text("Label"), "what it is for")?;
    let word = filled.text("May be used for");
    let scope = match word {
        "read" => Some(Scope::Read),
        "send" => Some(Scope::Send),
        "moderate" => Some(Scope::Moderate),
        _ => None,
    };
    let rest = scope.map_or_else(String::new, |_| format!(" {word}"));
    Ok(Made {
        commands: vec![format!("/token new {label}{rest}")],
        request: NewToken { label, scope }.into(),
    })
}

/// Asks somebody to be a friend.
pub fn befriend(server: ServerId) -> Form {
    let help = "Friends see each other come and go, whatever rooms they are in.";
    let fields = vec![Field::words_field("Name", "", help)];
    let make = |filled: Filled<'_>| {
        let name = name(filled.text("Name"), "a name")?;
        let person = PersonRef::from(name.as_str());
        Ok(Made {
            commands: vec![format!("/friend {name}")],
            request: Befriend { person }.into(),
        })
    };
    Form::new(
        "Ask somebody to be your friend",
        server,
        fields,
        Box::new(make),
    )
}

/// How others see one, and who may write to one.
pub fn myself(server: ServerId, now: &Myself) -> Form {
    let shown = now.display.as_deref().unwrap_or_default();
    let strangers = if now.strangers { "on" } else { "off" };
    let fields = vec![
        Field::words_field(
            "Shown as",
            shown,
            "Beside your name. Empty: your name alone.",
        ),
        Field::choice(
            "Strangers",
            YES_NO,
            strangers,
            "May people who share no room with you write to you?",
        ),
    ];
    Form::new("You", server, fields, Box::new(myself_made))
}

fn myself_made(filled: Filled<'_>) -> Result<Made, String> {
    let mut commands = Vec::new();
    let mut request = Me::default();
    if let Some(shown) = filled.changed("Shown as") {
        request.display = Some(shown.to_owned());
        commands.push(format!("/display {shown}").trim_end().to_owned());
    }
    if let Some(strangers) = filled.changed("Strangers") {
        request.strangers = Some(strangers == "on");
        commands.push(format!("/strangers {strangers}"));
    }
    if commands.is_empty() {
        return Err("Nothing is changed yet.".to_owned());
    }
    Ok(Made {
        commands,
        request: request.into(),
    })
}
