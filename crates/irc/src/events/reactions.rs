//! Reactions, each as a sentence beside what is said.

use snug_proto::{Quote, Reacted};

use super::{View, words::aside};

/// A reaction.
pub(super) fn reacted(out: &mut Vec<u8>, view: View<'_>, reacted: &Reacted, target: Option<&str>) {
    let text = sentence(reacted);
    aside(out, view, &reacted.place, &reacted.author, target, &text);
}

/// A reaction that was taken back.
pub(super) fn unreacted(
    out: &mut Vec<u8>,
    view: View<'_>,
    reacted: &Reacted,
    target: Option<&str>,
) {
    let text = format!("* {} took {} back", reacted.author.from, reacted.emoji);
    aside(out, view, &reacted.place, &reacted.author, target, &text);
}

fn sentence(reacted: &Reacted) -> String {
    let (who, emoji) = (&reacted.author.from, &reacted.emoji);
    match reacted.quote.as_deref() {
        Some(Quote { from, excerpt, .. }) => {
            format!("* {who} reacted with {emoji} to <{from}> {excerpt}")
        }
        None => format!("* {who} reacted with {emoji} to an earlier message"),
    }
}
