//! Pasting: one line goes into the input as if typed; many lines become one question.

use snug_proto::limits::MAX_BODY_BYTES;

use super::edit;
use crate::{
    Key,
    draw::text,
    editor::MAX_BYTES,
    overlay::{Choice, Deed, Question},
    state::State,
};

/// So many lines are put into the input without a question.
const FEW: usize = 3;
/// Lines of what was pasted that the question shows.
const SHOWN: usize = 5;
/// Messages that one paste may become: more at a time is what the server takes for a flood (DECISIONS 26).
const MAX_MESSAGES: usize = 10;

pub(super) fn pasted(state: &mut State, words: &str) -> Vec<Deed> {
    state.cursor = None;
    let words = words.replace("\r\n", "\n").replace('\r', "\n");
    let words = words.trim_end_matches('\n');
    let lines: Vec<&str> = words
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    if words.lines().count() <= FEW && words.len() <= MAX_BODY_BYTES {
        edit::changed(state, |editor| editor.insert(words));
        return Vec::new();
    }
    let written = state.editor().words().len();
    if words.len() + written > MAX_BYTES {
        let text = format!(
            "That is {} KiB; a message has 16 KiB at most. It was not put in.",
            words.len() / 1024
        );
        return vec![Deed::Note {
            text,
            is_error: true,
        }];
    }
    let count = lines.len();
    let choice = |key: char, label: String, deeds: Vec<Deed>| Choice {
        key: Key::from(key),
        label,
        deeds,
    };
    let mut choices = Vec::new();
    let is_anywhere = state.current().is_some();
    if is_anywhere && words.len() <= MAX_BODY_BYTES {
        choices.push(choice(
            '1',
            "send it as one message".to_owned(),
            vec![Deed::Say(words.to_owned())],
        ));
    }
    let can_be_many = is_anywhere
        && (2..=MAX_MESSAGES).contains(&count)
        && lines.iter().all(|line| line.len() <= MAX_BODY_BYTES);
    if can_be_many {
        let deeds = lines
            .iter()
            .map(|line| Deed::Say((*line).to_owned()))
            .collect();
        choices.push(choice('n', format!("send it as {count} messages"), deeds));
    }
    let into_input = vec![Deed::Insert(words.to_owned())];
    choices.push(choice(
        'i',
        "put it into the input, to look at it first".to_owned(),
        into_input,
    ));
    let mut shown: Vec<String> = words
        .lines()
        .take(SHOWN)
        .map(|line| text::fit(&text::clean(line), 66))
        .collect();
    if words.lines().count() > SHOWN {
        shown.push(format!(
            "… and {} lines more",
            words.lines().count() - SHOWN
        ));
    }
    let title = format!("{} lines were pasted", words.lines().count());
    vec![Deed::Open(Box::new(Question::new(title, shown, choices)))]
}
