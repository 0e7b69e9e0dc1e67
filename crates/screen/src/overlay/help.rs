//! The keys as they are bound, and every command with its usage and an example.

mod examples;

use super::{
    parts::chooser::{Act, Chooser, opens},
    parts::pick::Row,
    parts::shown::Shown,
};
use crate::{Action, CommandInfo, Context, state::State};
pub use examples::EXAMPLES;
use examples::example;

/// The help: keys first, then commands; letters narrow both. With this sought to begin with.
pub(super) fn help(state: &State, sought: &str) -> Chooser {
    let mut rows: Vec<Row<Act>> = Vec::new();
    for action in Action::ALL {
        let keys = keys_of(*action, state);
        if !keys.is_empty() {
            let act: Act = Box::new(|_| Vec::new());
            // The key stands first, so that a narrow screen cuts the words and not the key.
            let line = format!("{keys:<18} {}", action.help());
            rows.push(Row::new("", &line, "", act));
        }
    }
    for command in state.settings.commands.iter() {
        let info = *command;
        let brief = info.help.split_inclusive(". ").next().unwrap_or_default();
        let act = opens(move |_| of_command(&info));
        rows.push(Row::new("/", command.name, brief.trim_end(), act));
    }
    let keys = "Letters narrow · Enter on a command says more · Esc closes";
    Chooser::new("Keys and commands", keys, rows).seeking(sought)
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
