//! The rows of one message, one sentence or one line between messages.

use ratatui_core::style::Style;
use snug_proto::{AccountId, Timestamp};

use super::{
    columns::{Columns, Row},
    day::day_long,
    frame, text,
};
use crate::state::{Item, Room, Said, Server, State, Waiting, WaitingState, What};

/// An author's name is not said again within this time.
const SAME_AUTHOR_MS: u64 = 5 * 60_000;
/// Rows of one message that show; it says that there are more.
const MAX_ROWS: usize = 500;

/// What stands before the words of a message.
struct Head<'a> {
    mark: (&'a str, Style),
    clock: String,
    author: String,
    account: AccountId,
    /// The same person goes on: the name is not said again.
    goes_on: bool,
}

/// A person's display name, or the name.
pub fn person(name: &str, display: Option<&str>) -> String {
    let display = display.map(str::trim).filter(|display| !display.is_empty());
    text::clean(display.unwrap_or(name))
}

/// What is shown in one room, and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) state: &'a State,
    pub(crate) server: &'a Server,
    pub(crate) room: &'a Room,
    pub(crate) columns: Columns,
}

impl Context<'_> {
    /// The rows of an event, after the one that shows before it.
    pub(crate) fn item(self, item: &Item, before: Option<&Item>) -> Vec<Row> {
        let theme = &self.state.settings.theme;
        let mut rows = Vec::new();
        let new_day = before.is_none_or(|b| self.state.day(b.at) != self.state.day(item.at));
        if new_day {
            let line = frame::across(self.inner(), &day_long(self.state, item.at));
            rows.push(Self::line(line, theme.dim));
        }
        let is_new = self.begins_new(item, before);
        if is_new {
            let line = match self.room.new_count {
                0 => frame::across(self.inner(), "new"),
                count => frame::across(self.inner(), &format!("new · {count}")),
            };
            rows.push(Self::line(line, theme.new));
        }
        let goes_on = before.filter(|_| !new_day && !is_new);
        match &item.what {
            What::Said(said) => self.said(item, said, goes_on, &mut rows),
            What::Came(words) | What::Done(words) => {
                let clock = self.clock(item.at, goes_on);
                self.sentence(words, &clock, &mut rows);
            }
            What::Told(lines) => {
                for line in lines {
                    for row in text::wrap_plain(line, self.inner()) {
                        rows.push(Self::line(row, theme.dim));
                    }
                }
            }
        }
        rows
    }

    /// The columns that a line across has.
    fn inner(self) -> usize {
        self.columns.all.saturating_sub(2).max(1)
    }

    fn line(words: String, style: Style) -> Row {
        Row {
            pieces: vec![(" ".to_owned(), style), (words, style)],
            ..Row::default()
        }
    }

    /// Does the line "new" stand before it?
    fn begins_new(self, item: &Item, before: Option<&Item>) -> bool {
        let Some(after) = self.room.new_after else {
            return false;
        };
        let told = matches!(item.what, What::Told(_));
        !told && item.spot.seq > after && before.is_none_or(|before| before.spot.seq <= after)
    }

    /// The time, unless what stands before says the same minute.
    fn clock(self, at: Timestamp, before: Option<&Item>) -> String {
        let clock = self.state.clock(at);
        match before {
            Some(before) if self.state.clock(before.at) == clock => String::new(),
            _ => clock,
        }
    }

    fn sentence(self, words: &str, clock: &str, rows: &mut Vec<Row>) {
        let theme = &self.state.settings.theme;
        let mut first = true;
        for words in text::wrap_plain(words, self.columns.words) {
            let (clock, dot) = if std::mem::take(&mut first) {
                (clock, "·")
            } else {
                ("", "")
            };
            let mut row = self
                .columns
                .head(("", theme.dim), (clock, theme.dim), (dot, theme.dim));
            row.pieces.push((words, theme.dim));
            rows.push(row);
        }
    }

    /// The name as its column has it.
    fn name(self, name: &str, display: Option<&str>) -> String {
        let name = person(name, display);
        if self.state.settings.theme.brackets_names() {
            format!(
                "<{}>",
                text::fit(&name, self.columns.name.saturating_sub(2))
            )
        } else {
            name
        }
    }

    fn said(self, item: &Item, said: &Said, before: Option<&Item>, rows: &mut Vec<Row>) {
        let theme = &self.state.settings.theme;
        let same = before.is_some_and(|before| {
            let since = item.at.ms().saturating_sub(before.at.ms());
            since < SAME_AUTHOR_MS && before.said().is_some_and(|b| b.from == said.from)
        });
        let author = self.name(&said.name, said.display.as_deref());
        let clock = self.clock(item.at, before);
        let mark = if said.mentions_me {
            ("@", theme.mention)
        } else {
            ("", theme.text)
        };
        let mut body = Vec::new();
        body.extend(self.reply(said));
        let change = self.room.window.change(item.spot.seq);
        match self.room.window.words(item) {
            Some(words) => self.words(words, &mut body),
            None => body.push(vec![("deleted".to_owned(), theme.dim)]),
        }
        let reactions = change
            .map(|change| change.reactions(self.server.me))
            .unwrap_or_default();
        self.reactions(&reactions, &mut body);
        let edited = change.is_some_and(|change| change.edit.is_some())
            && self.room.window.words(item).is_some();
        let right = edited.then_some(("edited", theme.dim));
        let head = Head {
            mark,
            clock,
            author,
            account: said.from,
            goes_on: same,
        };
        self.headed(&head, body, right, rows);
    }

    /// Rows of words beside a head that stands at the first of them. What stands at the right edge does so
    /// on the first row, or the last, or one of its own: where there is room.
    fn headed(
        self,
        head: &Head<'_>,
        body: Vec<Vec<(String, Style)>>,
        right: Option<(&'static str, Style)>,
        rows: &mut Vec<Row>,
    ) {
        let theme = &self.state.settings.theme;
        let author = (head.author.clone(), theme.name_of(head.account));
        let blank = || {
            let nothing = ("", theme.text);
            self.columns.head(nothing, nothing, nothing)
        };
        let from = rows.len();
        for (index, pieces) in body.into_iter().enumerate() {
            let mut row = if index == 0 {
                let name = if head.goes_on { "" } else { &*author.0 };
                let clock = (&*head.clock, theme.dim);
                self.columns.head(head.mark, clock, (name, author.1))
            } else {
                blank()
            };
            row.pieces.extend(pieces);
            row.author = Some(author.clone());
            rows.push(row);
        }
        let Some((words, style)) = right else {
            return;
        };
        let most = self.columns.all.saturating_sub(text::width(words) + 2);
        let last = rows.len().saturating_sub(1);
        let fits = |row: &Row| {
            let taken: usize = row.pieces.iter().map(|(words, _)| text::width(words)).sum();
            taken <= most
        };
        let place = [from, last]
            .into_iter()
            .find(|at| rows.get(*at).is_some_and(fits));
        match place.and_then(|at| rows.get_mut(at)) {
            Some(row) => row.right = Some((words, style)),
            None => rows.push(Row {
                right: Some((words, style)),
                ..blank()
            }),
        }
    }

    /// `↳ ben: Which mat?`
    fn reply(self, said: &Said) -> Option<Vec<(String, Style)>> {
        let to = said.reply_to?;
        let theme = &self.state.settings.theme;
        let words = match &said.quote {
            Some(quote) => {
                format!(
                    "↳ {}: {}",
                    text::clean(&quote.from),
                    text::clean(&quote.excerpt)
                )
            }
            None => format!("↳ message {to}"),
        };
        Some(vec![(text::fit(&words, self.columns.words), theme.dim)])
    }

    /// The words of a message, with its links.
    fn words(self, words: &str, body: &mut Vec<Vec<(String, Style)>>) {
        let theme = &self.state.settings.theme;
        for line in text::clean_lines(words) {
            let links = text::links(&line);
            for row in text::wrap(&line, self.columns.words) {
                if body.len() >= MAX_ROWS {
                    body.push(vec![("… y copies all of it".to_owned(), theme.dim)]);
                    return;
                }
                let mut pieces = Vec::new();
                let mut at = row.start;
                for link in links
                    .iter()
                    .filter(|l| l.start < row.end && l.end > row.start)
                {
                    let (from, to) = (link.start.max(row.start), link.end.min(row.end));
                    pieces.extend(
                        line.get(at..from)
                            .map(|words| (words.to_owned(), theme.text)),
                    );
                    let style = theme.text.patch(theme.link);
                    pieces.extend(line.get(from..to).map(|words| (words.to_owned(), style)));
                    at = to;
                }
                pieces.extend(
                    line.get(at..row.end)
                        .map(|words| (words.to_owned(), theme.text)),
                );
                body.push(pieces);
            }
        }
    }

    /// `👍 2   🔑 1`, one's own between brackets.
    fn reactions(self, reactions: &[(&str, usize, bool)], body: &mut Vec<Vec<(String, Style)>>) {
        let theme = &self.state.settings.theme;
        let mut row = String::new();
        for (emoji, count, mine) in reactions {
            let emoji = text::clean_lines(emoji).concat();
            let one = if *mine {
                format!("[{emoji} {count}]")
            } else {
                format!("{emoji} {count}")
            };
            if !row.is_empty() && text::width(&row) + 3 + text::width(&one) > self.columns.words {
                body.push(vec![(std::mem::take(&mut row), theme.dim)]);
            }
            if !row.is_empty() {
                row.push_str("   ");
            }
            row.push_str(&one);
        }
        if !row.is_empty() {
            body.push(vec![(row, theme.dim)]);
        }
    }

    /// The rows of a message that waits, after what one said last, and when.
    pub(crate) fn waiting(
        self,
        waiting: &Waiting,
        before: Option<(AccountId, Timestamp)>,
    ) -> Vec<Row> {
        let theme = &self.state.settings.theme;
        let mut rows = Vec::new();
        let mut body = Vec::new();
        let right = match &waiting.state {
            WaitingState::Arrived => return rows,
            WaitingState::Failed(_) => ("not sent", theme.error),
            WaitingState::Sent | WaitingState::Delayed(_) => ("waiting ⟳", theme.waiting),
        };
        self.words(&waiting.body, &mut body);
        let me = self.server.me.unwrap_or(AccountId::from_bytes([0; 16]));
        let same = before.filter(|(from, at)| {
            *from == me && waiting.at.ms().saturating_sub(at.ms()) < SAME_AUTHOR_MS
        });
        let clock = self.state.clock(waiting.at);
        let same_minute = before.is_some_and(|(_, at)| self.state.clock(at) == clock);
        let head = Head {
            mark: ("", theme.text),
            clock: if same_minute { String::new() } else { clock },
            author: self.name(&self.server.name, None),
            account: me,
            goes_on: same.is_some(),
        };
        self.headed(&head, body, Some(right), &mut rows);
        let (why, style) = match &waiting.state {
            WaitingState::Delayed(why) => {
                (format!("{why} It is tried again by itself."), theme.dim)
            }
            WaitingState::Failed(why) => (
                format!(
                    "{why} With the cursor on it: r sends it again, e takes it back, d drops it."
                ),
                theme.error,
            ),
            _ => return rows,
        };
        for words in text::wrap_plain(&why, self.columns.words) {
            let mut row = self
                .columns
                .head(("", theme.dim), ("", theme.dim), ("", theme.dim));
            row.pieces.push((words, style));
            rows.push(row);
        }
        rows
    }
}
