//! The form that makes one line to give to a friend.

use snug_proto::{Invite, Response};

use super::length;
use crate::{
    Effect, ServerId,
    overlay::{
        Deed,
        parts::field::Field,
        parts::form::{Filled, Form, Made, done},
        parts::shown::Shown,
        when,
    },
    sanitize,
    state::State,
};

/// Makes an invitation to the server.
pub fn invite(server: ServerId) -> Form {
    let help = "Good for so long: 12h, 7d, at most 30d. Empty: 7 days.";
    let fields = vec![Field::words_field("For", "7d", help)];
    let then = move |response: &Response, state: &State| made_it(server, response, state);
    Form::new("Invite somebody", server, fields, Box::new(made)).then(Box::new(then))
}

fn made(filled: Filled<'_>) -> Result<Made, String> {
    let text = filled.text("For");
    let expires_in_s = length(text)?;
    let command = match expires_in_s {
        Some(_) => format!("/invite --for {text}"),
        None => "/invite".to_owned(),
    };
    Ok(Made {
        commands: vec![command],
        request: Invite { expires_in_s }.into(),
    })
}

fn made_it(server: ServerId, response: &Response, state: &State) -> Vec<Deed> {
    let Response::Invited(invited) = response else {
        return vec![Deed::Close];
    };
    let code = sanitize::line(invited.code.expose());
    let address = state
        .server(server)
        .and_then(|server| server.address.as_deref());
    let line = match address {
        Some(address) => format!("snug join {} --code {code}", sanitize::line(address)),
        None => format!("--code {code}"),
    };
    let until = format!("For one person, until {}.", when(state, invited.expires_at));
    let mut lines = vec![
        "Give them this line:".to_owned(),
        String::new(),
        line.clone(),
    ];
    lines.extend([String::new(), until]);
    if address.is_some_and(is_this_machine) {
        let text = "Put the name or address there by which others reach this machine.";
        lines.push(text.to_owned());
    }
    vec![
        Deed::Close,
        Deed::Open(Box::new(Shown::new(
            "The invitation",
            &lines,
            Some(line.clone()),
        ))),
        Deed::Effect(Effect::Copy(line)),
        done("Copied, where your terminal lets programs copy."),
    ]
}

/// Does a link name a host that nobody else reaches by that name?
fn is_this_machine(link: &str) -> bool {
    let host = link.trim_start_matches("snug://");
    ["localhost", "127.", "[::1]"]
        .iter()
        .any(|name| host.starts_with(name))
}
