//! Commands of searching.

use snug_proto::{Found, Hit, Search, Timestamp};

use super::{Command, Least, Misuse, Output, deed::ask, words::Words};
use crate::{
    plain::view::{View, room_title},
    sanitize,
};

/// See the module.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "search",
    aliases: &["find"],
    usage: "/search [--past PLACE] WORDS",
    help: "Finds messages by their words, newest first, in all your rooms. Every word must be \
           there; deplo* is a prefix, \"blue mat\" a phrase; from:ann, in:den, after:2026-11-01 and \
           before:2026-12-01 narrow it. --past goes on where a page ended.",
    least: Least::Member,
    read: |words| {
        let request = search(words)?;
        Ok(ask(async move |ask| {
            let query = request.query.clone();
            let found: Found = ask.request(request).await?;
            let shown = move |view: &mut View| lines(view, &query, &found);
            Ok(Output::Viewed(Box::new(shown)))
        }))
    },
}];

fn search(words: &mut Words<'_>) -> Result<Search, Misuse> {
    let cursor = match words.next_if(|word| word == "--past") {
        Some(_) => Some(words.word()?.to_owned()),
        None => None,
    };
    Ok(Search {
        query: words.text()?,
        cursor,
        ..Search::default()
    })
}

fn lines(view: &View, query: &str, found: &Found) -> Vec<String> {
    if found.hits.is_empty() {
        return vec!["-- nothing found".to_owned()];
    }
    let hits = (1..).zip(&found.hits);
    let mut lines: Vec<String> = hits.map(|(number, hit)| line(view, number, hit)).collect();
    if let Some(cursor) = &found.cursor {
        let (cursor, query) = (sanitize::line(cursor), sanitize::line(query));
        lines.push(format!("-- more: /search --past {cursor} {query}"));
    }
    lines
}

/// `1  #den [42]  2026-11-20 19:41  <<ann>> : the [blue] mat`
fn line(view: &View, number: usize, hit: &Hit) -> String {
    let room = room_title(&hit.place.room);
    let who = if hit.author.from_id == view.me {
        "You".to_owned()
    } else {
        sanitize::line(&hit.author.from)
    };
    let when = on_the_wall(hit.place.at, view.offset_s(hit.place.at));
    let edited = if hit.edited { " (edited)" } else { "" };
    let words = sanitize::lines(&marked(hit)).join(" / ");
    let seq = hit.place.seq;
    format!("{number}  {room} [{seq}]  {when}  <<{who}>> : {words}{edited}")
}

/// The words, with what was sought in brackets.
fn marked(hit: &Hit) -> String {
    let mut marked = String::with_capacity(hit.body.len() + 2 * hit.marks.len());
    let mut marks = hit.marks.iter().peekable();
    let mut open = false;
    for (at, character) in (0_u32..).zip(hit.body.chars()) {
        if open && marks.peek().is_some_and(|mark| mark.1 <= at) {
            marked.push(']');
            marks.next();
            open = false;
        }
        if !open && marks.peek().is_some_and(|mark| mark.0 == at) {
            marked.push('[');
            open = true;
        }
        marked.push(character);
    }
    if open {
        marked.push(']');
    }
    marked
}

/// `2026-11-20 19:41`, as clocks on the wall had it.
fn on_the_wall(at: Timestamp, offset_s: i64) -> String {
    let ms = at.ms().saturating_add_signed(offset_s.saturating_mul(1000));
    let text = Timestamp::from_ms(ms).to_string();
    text.get(..16).unwrap_or(&text).replace('T', " ")
}

#[cfg(test)]
mod tests {
    use snug_proto::{AccountId, Author, Place, RoomId};

    use super::*;

    fn hit(body: &str, marks: &[(u32, u32)]) -> Hit {
        Hit {
            place: Place {
                room: "den".into(),
                room_id: RoomId::from_bytes([1; 16]),
                seq: 42,
                at: Timestamp::from_ms(0),
                direct: false,
            },
            author: Author {
                from: "ann".into(),
                from_id: AccountId::from_bytes([2; 16]),
                from_display: None,
                from_worn: None,
                bot: false,
                from_guest: false,
            },
            body: body.into(),
            cut: false,
            edited: false,
            marks: marks.to_vec(),
        }
    }

    #[test]
    fn what_was_sought_stands_in_brackets() {
        assert_eq!(
            marked(&hit("the blue mat", &[(4, 8), (9, 12)])),
            "the [blue] [mat]"
        );
        assert_eq!(marked(&hit("é東京é", &[(1, 3)])), "é[東京]é");
        // What a server says wrongly does no harm.
        assert_eq!(marked(&hit("abc", &[(2, 1), (9, 99)])), "ab[c]");
        assert_eq!(marked(&hit("abc", &[])), "abc");
    }

    #[test]
    fn the_wall_is_ahead_of_or_behind_utc() {
        let at = "2026-11-20T23:30:00Z".parse().unwrap();
        assert_eq!(on_the_wall(at, 3600), "2026-11-21 00:30");
        assert_eq!(on_the_wall(at, -7200), "2026-11-20 21:30");
    }
}
