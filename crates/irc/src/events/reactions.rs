//! Reactions: as tags to those who know them, else each as a sentence beside what is said.

use snug_proto::{Quote, Reacted};

use super::{
    View, author_of, tagged,
    words::{aside, id_in},
};
use crate::names;

/// A reaction.
pub(super) fn reacted(out: &mut Vec<u8>, view: View<'_>, reacted: &Reacted, target: Option<&str>) {
    if react(out, view, reacted, target, "+draft/react") {
        return;
    }
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
    if react(out, view, reacted, target, "+draft/unreact") {
        return;
    }
    let text = format!("* {} took {} back", reacted.author.called(), reacted.emoji);
    aside(out, view, &reacted.place, &reacted.author, target, &text);
}

/// The reaction as tags, to those who know tags (`IRCv3` react).
fn react(
    out: &mut Vec<u8>,
    view: View<'_>,
    reacted: &Reacted,
    target: Option<&str>,
    key: &str,
) -> bool {
    if !view.knows_replies() {
        return false;
    }
    let Reacted { place, author, .. } = reacted;
    let channel = names::channel(&place.room);
    let of = id_in(place, reacted.of);
    tagged(out, view, Some(place), author_of(author), true)
        .tag(key, &reacted.emoji)
        .tag("+draft/reply", &of)
        .tag("+reply", &of)
        .source(&names::source(author.called(), &author.from_id))
        .command("TAGMSG")
        .word(target.unwrap_or(&channel))
        .end();
    true
}

fn sentence(reacted: &Reacted) -> String {
    let (who, emoji) = (reacted.author.called(), &reacted.emoji);
    match reacted.quote.as_deref() {
        Some(Quote { from, excerpt, .. }) => {
            format!("* {who} reacted with {emoji} to <{from}> {excerpt}")
        }
        None => format!("* {who} reacted with {emoji} to an earlier message"),
    }
}
