//! The keys as they are bound, and every command with its usage and an example.

use super::{
    Deed,
    chooser::{Act, Chooser, opens},
    examples::example,
    pick::Row,
    shown::Shown,
};
use crate::{Action, CommandInfo, Context, state::State};

/// The help: keys first, then commands; letters narrow both.
pub(super) fn help(state: &State) -> Chooser {
    let mut rows: Vec<Row<Act>> = Vec::new();
    for action in Action::ALL {
        let keys = keys_of(*action, state);
        if !keys.is_empty() {
            let act: Act = Box::new(|_| Vec::new());
            rows.push(Row::new("", action.help(), &keys, act));
        }
    }
    for command in state.settings.commands.iter() {
        let info = *command;
        let brief = info.help.split_inclusive(". ").next().unwrap_or_default();
        let act = opens(move |_| of_command(&info));
        rows.push(Row::new("/", command.name, brief.trim_end(), act));
    }
    let keys = "Letters narrow · Enter on a command says more · Esc closes";
    Chooser::new("Keys and commands", keys, rows)
}

/// The keys of an action, those of a message marked so.
fn keys_of(action: Action, state: &State) -> String {
    let keys = state.settings.bindings.keys_of(action);
    let keys = keys.map(|(context, key)| match context {
        Context::Message => format!("{key} on a message"),
        Context::Main | Context::Empty => key.to_string(),
    });
    keys.collect::<Vec<_>>().join(", ")
}

/// What there is to know of one command.
pub(super) fn of_command(command: &CommandInfo) -> Shown {
    let mut lines = vec![
        command.usage.to_owned(),
        String::new(),
        command.help.to_owned(),
    ];
    if let Some(example) = example(command.name) {
        lines.extend([String::new(), format!("For example: {example}")]);
    }
    Shown::new(&format!("/{}", command.name), &lines, None)
}

/// What a wrong command is answered with.
pub(super) fn wrong_command(name: &str, state: &State) -> Vec<Deed> {
    let known = state.settings.commands.iter().map(|command| command.name);
    let text = match crate::nearest::nearest(name, known) {
        Some(meant) => format!("There is no command /{name}. Was it /{meant}?"),
        None => format!("There is no command /{name}. F1 lists them."),
    };
    vec![Deed::Note {
        text: crate::sanitize::line(&text),
        is_error: true,
    }]
}
