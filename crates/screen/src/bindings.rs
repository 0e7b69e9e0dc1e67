//! Which key does what: a table of defaults, and what somebody bound otherwise.

use std::collections::BTreeMap;

use crate::{Action, Key};

/// Where a key is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// While something is written.
    Main,
    /// While nothing is written yet; what is not bound here is looked for in [`Self::Main`].
    Empty,
    /// While the cursor is on a message; what is not bound here is looked for in [`Self::Main`].
    Message,
}

impl Context {
    /// Its name in the file of settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Empty => "empty",
            Self::Message => "message",
        }
    }
}

const DEFAULTS: &[(Context, &str, Action)] = &[
    (Context::Main, "Enter", Action::Send),
    (Context::Main, "Alt-Enter", Action::NewLine),
    (Context::Main, "Ctrl-J", Action::NewLine),
    (Context::Main, "Ctrl-K", Action::GoTo),
    (Context::Main, "Alt-Down", Action::NextUnread),
    (Context::Main, "Alt-a", Action::NextUnread),
    (Context::Main, "Alt-Up", Action::LastRoom),
    (Context::Main, "Ctrl-P", Action::PreviousRoom),
    (Context::Main, "Ctrl-N", Action::NextRoom),
    (Context::Main, "Ctrl-F", Action::Search),
    (Context::Main, "F1", Action::Help),
    (Context::Main, "Alt-p", Action::People),
    (Context::Main, "Alt-r", Action::Rooms),
    (Context::Main, "Alt-m", Action::Menu),
    (Context::Main, "Alt-n", Action::JoinOrCreate),
    (Context::Main, "PageUp", Action::ScrollUp),
    (Context::Main, "PageDown", Action::ScrollDown),
    (Context::Main, "Shift-Up", Action::LineUp),
    (Context::Main, "Shift-Down", Action::LineDown),
    (Context::Main, "Alt-Home", Action::Top),
    (Context::Main, "Alt-End", Action::Bottom),
    (Context::Main, "Alt-k", Action::MessageUp),
    (Context::Main, "Alt-j", Action::MessageDown),
    (Context::Main, "Alt-e", Action::EditLast),
    (Context::Main, "Esc", Action::GiveUp),
    (Context::Main, "Tab", Action::Complete),
    (Context::Main, "Alt-q", Action::Quiet),
    (Context::Main, "Ctrl-L", Action::Redraw),
    (Context::Main, "Ctrl-Z", Action::Suspend),
    (Context::Main, "Ctrl-C", Action::Quit),
    (Context::Main, "Ctrl-Q", Action::Quit),
    (Context::Main, "Up", Action::HistoryBack),
    (Context::Main, "Down", Action::HistoryForth),
    (Context::Main, "Left", Action::CursorLeft),
    (Context::Main, "Right", Action::CursorRight),
    (Context::Main, "Ctrl-B", Action::CursorLeft),
    (Context::Main, "Alt-b", Action::WordLeft),
    (Context::Main, "Alt-f", Action::WordRight),
    (Context::Main, "Ctrl-Left", Action::WordLeft),
    (Context::Main, "Ctrl-Right", Action::WordRight),
    (Context::Main, "Alt-Left", Action::WordLeft),
    (Context::Main, "Alt-Right", Action::WordRight),
    (Context::Main, "Home", Action::LineStart),
    (Context::Main, "End", Action::LineEnd),
    (Context::Main, "Ctrl-A", Action::LineStart),
    (Context::Main, "Ctrl-E", Action::LineEnd),
    (Context::Main, "Backspace", Action::DeleteBack),
    (Context::Main, "Ctrl-H", Action::DeleteBack),
    (Context::Main, "Delete", Action::DeleteForth),
    (Context::Main, "Ctrl-D", Action::DeleteForth),
    (Context::Main, "Ctrl-W", Action::KillWordBack),
    (Context::Main, "Alt-Backspace", Action::KillWordBack),
    (Context::Main, "Alt-d", Action::KillWordForth),
    (Context::Main, "Ctrl-U", Action::KillLineBack),
    (Context::Main, "Alt-Delete", Action::KillLineForth),
    (Context::Main, "Ctrl-Y", Action::Yank),
    (Context::Main, "Alt-y", Action::CopyAnswer),
    (Context::Empty, "?", Action::Help),
    (Context::Empty, "Home", Action::Top),
    (Context::Empty, "End", Action::Bottom),
    (Context::Message, "r", Action::Reply),
    (Context::Message, "e", Action::Edit),
    (Context::Message, "d", Action::Delete),
    (Context::Message, "+", Action::React),
    (Context::Message, "y", Action::CopyWords),
    (Context::Message, "o", Action::Open),
    (Context::Message, "i", Action::About),
    (Context::Message, "!", Action::Report),
    (Context::Message, "k", Action::MessageUp),
    (Context::Message, "j", Action::MessageDown),
    (Context::Message, "Up", Action::MessageUp),
    (Context::Message, "Down", Action::MessageDown),
    (Context::Message, "Enter", Action::About),
];

/// Which key does what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bindings(BTreeMap<(Context, Key), Action>);

impl Default for Bindings {
    fn default() -> Self {
        let bound = DEFAULTS
            .iter()
            .filter_map(|(context, key, action)| Some(((*context, key.parse().ok()?), *action)));
        Self(bound.collect())
    }
}

impl Bindings {
    /// Binds a key, or with no action takes its binding away.
    pub fn bind(&mut self, context: Context, key: Key, action: Option<Action>) {
        match action {
            Some(action) => self.0.insert((context, key), action),
            None => self.0.remove(&(context, key)),
        };
    }

    /// What the key does there.
    pub fn find(&self, context: Context, key: Key) -> Option<Action> {
        self.0.get(&(context, key)).copied()
    }

    /// The keys of an action, for the help.
    pub fn keys_of(&self, action: Action) -> impl Iterator<Item = (Context, Key)> {
        let bound = self.0.iter();
        bound.filter_map(move |((context, key), bound)| {
            (*bound == action).then_some((*context, *key))
        })
    }
}

/// The tables of keys for the documents, a table for each place.
pub fn keys_document() -> String {
    let bindings = Bindings::default();
    let places = [
        (Context::Main, "While something is written"),
        (Context::Empty, "While nothing is written"),
        (Context::Message, "On a message under the cursor"),
    ];
    let tables = places.map(|(context, heading)| {
        let row = |action: &Action| {
            let keys = bindings.keys_of(*action).filter(|(at, _)| *at == context);
            let keys: Vec<String> = keys.map(|(_, key)| format!("`{key}`")).collect();
            let (keys, name, help) = (keys.join(", "), action.name(), action.help());
            (!keys.is_empty()).then(|| format!("| {keys} | `{name}` | {help} |\n"))
        };
        let rows: String = Action::ALL.iter().filter_map(row).collect();
        let section = context.name();
        format!(
            "\n### {heading}\n\n`[keys.{section}]`\n\n| keys | name | what it does |\n| --- | --- | --- |\n{rows}"
        )
    });
    format!("{}\n", tables.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_key_and_none_is_bound_twice() {
        assert_eq!(Bindings::default().0.len(), DEFAULTS.len());
    }

    #[test]
    fn every_action_has_a_name_of_its_own() {
        for action in Action::ALL {
            assert_eq!(Action::from_name(action.name()), Some(*action));
        }
    }
}
