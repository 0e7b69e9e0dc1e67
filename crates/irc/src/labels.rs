//! `IRCv3` labeled-response: what a labeled line brings is one response, told apart by its label.
//!
//! While such a line is being dealt with nothing else is taken from the client, so that whatever is
//! written for it belongs to it: at once, by answers, and by the events of what it did itself.

use snug_proto::{AccountId, Event};

use crate::{
    Capability, Connection,
    line::{Line, Writer},
};

/// Longest label (`IRCv3` labeled-response, "Tag value").
const MAX_LABEL_BYTES: usize = 64;

/// The labeled line that is being dealt with, and one that waits for its turn.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    open: Option<Box<Open>>,
    waiting: Option<Box<[u8]>>,
    /// The event being dealt with is of something that the labeled line did.
    related: bool,
    /// What comes with the response and is no part of it: written after it.
    beside: Vec<u8>,
}

#[derive(Debug)]
struct Open {
    label: String,
    said: Said,
}

/// What of the response was written so far.
#[derive(Debug)]
enum Said {
    Nothing,
    /// One line, held back: it has the label itself if no other follows.
    One(Vec<u8>),
    /// A batch of its own, which has the label; nothing of it is held back.
    Batch(String),
    /// That batch has ended.
    Ended,
    /// Lines in a batch made for them.
    Lines(String),
}

impl Labels {
    /// Is a labeled line being dealt with, or waiting?
    pub(crate) fn are_busy(&self) -> bool {
        self.open.is_some() || self.waiting.is_some()
    }

    /// Is one being dealt with?
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The event being dealt with is its doing.
    pub(crate) fn relate(&mut self) {
        self.related = true;
    }
}

impl Connection {
    /// The label of a line, if this client may use one.
    pub(crate) fn label_of(&self, line: &Line<'_>) -> Option<String> {
        if !self.caps.has(Capability::LabeledResponse) {
            return None;
        }
        let (_, label) = line.tags.iter().find(|(key, _)| *key == "label")?;
        let fits = !label.is_empty() && label.len() <= MAX_LABEL_BYTES;
        fits.then(|| label.clone().into_owned())
    }

    /// Keeps a labeled line until all that was asked for before is done; false if it is.
    pub(crate) fn wait_with(&mut self, line: &[u8]) -> bool {
        let waits = !self.is_at_rest();
        if waits {
            self.labels.waiting = Some(line.into());
        }
        waits
    }

    /// What is written from now on may belong to the line of this label.
    pub(crate) fn open_label(&mut self, label: String) {
        self.labels.open = Some(Box::new(Open {
            label,
            said: Said::Nothing,
        }));
    }

    /// What was written since the output was so long belongs to the labeled line, if there is one.
    pub(crate) fn label_since(&mut self, start: usize) {
        let Some(mut open) = self.labels.open.take() else {
            return;
        };
        let written = self.out.split_off(start.min(self.out.len()));
        for line in written.split_inclusive(|byte| *byte == b'\n') {
            self.label_line(&mut open, line);
        }
        self.labels.open = Some(open);
    }

    /// The same, of an event that was just dealt with.
    pub(crate) fn label_event(&mut self, start: usize, event: &Event) {
        let related = std::mem::take(&mut self.labels.related);
        if !self.labels.is_open() {
            return;
        }
        let own = self.me.as_ref().map(|me| me.account);
        if related || (own.is_some() && doer(event) == own) {
            self.label_since(start);
        }
    }

    /// Ends the response if all of it was written, and goes on with the line that waited. True if there
    /// was something to do. To be called when nothing else is left to do.
    pub fn settle(&mut self) -> bool {
        if !self.is_at_rest() && !self.is_closing() {
            return false;
        }
        if let Some(open) = self.labels.open.take() {
            self.end_response(*open);
            self.out.append(&mut self.labels.beside);
            return true;
        }
        if let Some(line) = self.labels.waiting.take() {
            self.receive(&line);
            return true;
        }
        false
    }

    /// Writes what has no label though a labeled line brought it: what one says to oneself comes back as
    /// the answer, and once more as it would to anybody.
    pub(crate) fn unlabelled(&mut self, write: impl FnOnce(&mut Self)) {
        let start = self.out.len();
        write(self);
        if self.labels.is_open() {
            let mut written = self.out.split_off(start);
            self.labels.beside.append(&mut written);
        }
    }

    fn label_line(&mut self, open: &mut Open, line: &[u8]) {
        let said = std::mem::replace(&mut open.said, Said::Nothing);
        open.said = match said {
            Said::Nothing => match batch_of(line, b'+') {
                Some(batch) => {
                    with_tag(&mut self.out, line, "label", &open.label);
                    Said::Batch(batch)
                }
                None => Said::One(line.to_vec()),
            },
            Said::One(first) => {
                self.batches += 1;
                let batch = format!("l{}", self.batches);
                let host = self.settings.host();
                Writer::new(&mut self.out)
                    .tag("label", &open.label)
                    .source(host)
                    .command("BATCH")
                    .word(&format!("+{batch}"))
                    .word("labeled-response")
                    .end();
                in_batch(&mut self.out, &first, &batch);
                in_batch(&mut self.out, line, &batch);
                Said::Lines(batch)
            }
            Said::Batch(batch) => {
                self.out.extend_from_slice(line);
                if batch_of(line, b'-').is_some_and(|ended| ended == batch) {
                    Said::Ended
                } else {
                    Said::Batch(batch)
                }
            }
            Said::Ended => {
                self.out.extend_from_slice(line);
                Said::Ended
            }
            Said::Lines(batch) => {
                in_batch(&mut self.out, line, &batch);
                Said::Lines(batch)
            }
        };
    }

    fn end_response(&mut self, open: Open) {
        let host = self.settings.host();
        match open.said {
            Said::Nothing => Writer::new(&mut self.out)
                .tag("label", &open.label)
                .source(host)
                .command("ACK")
                .end(),
            Said::One(line) => with_tag(&mut self.out, &line, "label", &open.label),
            Said::Lines(batch) => Writer::new(&mut self.out)
                .source(host)
                .command("BATCH")
                .word(&format!("-{batch}"))
                .end(),
            Said::Batch(_) | Said::Ended => {}
        }
    }
}

/// Whose doing an event is, where that can be the answer to a line of theirs. What one says is told apart
/// by its number instead: another client of the same account may be talking too.
fn doer(event: &Event) -> Option<AccountId> {
    match event {
        Event::Joined(event) | Event::Left(event) => Some(event.subject.account),
        Event::Edited(event) => Some(event.author.from_id),
        Event::Deleted(event) => Some(event.author.from_id),
        Event::Restored(event) => Some(event.author.from_id),
        Event::Reacted(event) | Event::Unreacted(event) => Some(event.author.from_id),
        Event::Kicked(event)
        | Event::Banned(event)
        | Event::Unbanned(event)
        | Event::Muted(event)
        | Event::Unmuted(event)
        | Event::Invited(event) => Some(event.author.from_id),
        Event::RoleChanged(event) => Some(event.author.from_id),
        Event::MaskChanged(event) => Some(event.author.from_id),
        Event::SettingsChanged(event) => Some(event.author.from_id),
        Event::AccountChanged(event) => Some(event.subject.account),
        _ => None,
    }
}

/// Writes a line with one more tag.
fn with_tag(out: &mut Vec<u8>, line: &[u8], key: &str, value: &str) {
    let rest = Writer::new(out).tag(key, value);
    rest.before(line);
}

fn in_batch(out: &mut Vec<u8>, line: &[u8], batch: &str) {
    let tags = line.strip_prefix(b"@").unwrap_or_default();
    let tags = tags.split(|byte| *byte == b' ').next().unwrap_or_default();
    let nested = tags
        .split(|byte| *byte == b';')
        .any(|tag| tag.starts_with(b"batch="));
    if nested {
        out.extend_from_slice(line);
    } else {
        with_tag(out, line, "batch", batch);
    }
}

/// The batch that a line begins (`+`) or ends (`-`), unless it does so within another.
fn batch_of(line: &[u8], sign: u8) -> Option<String> {
    let line = Line::parse(line).ok()?;
    let reference = line.param(0).filter(|_| line.command == "BATCH")?;
    let nested = line.tags.iter().any(|(key, _)| *key == "batch");
    let batch = reference.strip_prefix(char::from(sign))?;
    (!nested).then(|| batch.to_owned())
}
