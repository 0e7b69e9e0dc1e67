//! BATCH from a client: a message of several lines (`IRCv3` multiline, client-batch).

use std::collections::BTreeMap;

use snug_proto::Manner;

use crate::{
    Capability, Connection,
    connection::Speech,
    line::Line,
    names,
    text::{Incoming, incoming},
};

/// The most that all lines of one message hold, in bytes: what other servers take too.
pub(crate) const MAX_BYTES: usize = 4096;
/// The most lines of one message.
pub(crate) const MAX_LINES: usize = 32;

/// What a batch is for.
const TYPE: &str = "draft/multiline";
/// Goes on where the line before ended.
const CONCAT: &str = "draft/multiline-concat";

/// A message of several lines, of which some are still to come.
#[derive(Debug)]
pub(crate) struct Multiline {
    /// How the client calls the batch.
    reference: String,
    target: String,
    label: Option<String>,
    speech: Option<Speech>,
    tags: BTreeMap<String, String>,
    body: String,
    joints: Vec<u32>,
    lines: usize,
    /// It was refused: the rest of it is thrown away.
    refused: bool,
}

/// What is wrong with such a message.
enum Wrong<'a> {
    Invalid,
    Target(&'a str),
    Bytes,
    Lines,
}

impl Connection {
    /// `BATCH +<reference> draft/multiline <target>`, `BATCH -<reference>`
    pub(crate) fn batch(&mut self, line: &Line<'_>) {
        let Some(reference) = line.param(0) else {
            return self.need_more_params("BATCH");
        };
        if let Some(reference) = reference.strip_prefix('+') {
            self.begin_multiline(reference, line);
        } else if let Some(reference) = reference.strip_prefix('-') {
            self.end_multiline(reference);
        } else {
            self.invalid_batch("That is neither the beginning nor the end of a batch");
        }
    }

    /// Takes a line that is part of a message of several; false if it is a line like any other.
    pub(crate) fn in_multiline(&mut self, line: &Line<'_>) -> bool {
        let Some((_, batch)) = line.tags.iter().find(|(key, _)| *key == "batch") else {
            return false;
        };
        let Some(mut multiline) = self.multiline.take() else {
            let knows = self.caps.has(Capability::Multiline);
            if knows {
                self.invalid_batch("There is no such batch");
            }
            return knows;
        };
        if !multiline.refused
            && let Err(wrong) = multiline.add(line, batch)
        {
            self.refuse_multiline(&mut multiline, &wrong);
        }
        self.multiline = Some(multiline);
        true
    }

    fn begin_multiline(&mut self, reference: &str, line: &Line<'_>) {
        if !self.caps.has(Capability::Multiline) {
            return self.invalid_batch("Ask for draft/multiline first");
        }
        let (Some(TYPE), Some(target)) = (line.param(1), line.param(2)) else {
            return self.invalid_batch("The only batches taken are draft/multiline with a target");
        };
        if self.multiline.take().is_some_and(|open| !open.refused) {
            return self.invalid_batch("One batch at a time");
        }
        self.multiline = Some(Box::new(Multiline {
            reference: reference.to_owned(),
            target: target.to_owned(),
            label: self.label_of(line),
            speech: None,
            tags: self.client_tags(line),
            body: String::new(),
            joints: Vec::new(),
            lines: 0,
            refused: false,
        }));
    }

    fn end_multiline(&mut self, reference: &str) {
        let Some(mut multiline) = self.multiline.take() else {
            return self.invalid_batch("There is no such batch");
        };
        if multiline.refused {
            return;
        }
        if multiline.reference != reference || multiline.body.trim().is_empty() {
            return self.refuse_multiline(&mut multiline, &Wrong::Invalid);
        }
        let Multiline {
            target,
            label,
            speech,
            tags,
            body,
            joints,
            ..
        } = *multiline;
        if let Some(label) = label {
            self.open_label(label);
        }
        let speech = speech.unwrap_or(Speech::Privmsg);
        let manner = Manner {
            notice: speech == Speech::Notice,
            joints,
            tags,
        };
        self.say_to(speech, &target, &body, manner);
    }

    fn refuse_multiline(&mut self, multiline: &mut Multiline, wrong: &Wrong<'_>) {
        multiline.refused = true;
        let start = self.out.len();
        if let Some(label) = multiline.label.take() {
            self.open_label(label);
        }
        let (bytes, lines) = (MAX_BYTES.to_string(), MAX_LINES.to_string());
        let (code, context, text): (_, Vec<&str>, _) = match wrong {
            Wrong::Invalid => ("MULTILINE_INVALID", vec![], "Invalid multiline batch"),
            Wrong::Target(given) => (
                "MULTILINE_INVALID_TARGET",
                vec![&multiline.target, given],
                "Invalid multiline target",
            ),
            Wrong::Bytes => (
                "MULTILINE_MAX_BYTES",
                vec![&bytes],
                "Multiline batch max-bytes exceeded",
            ),
            Wrong::Lines => (
                "MULTILINE_MAX_LINES",
                vec![&lines],
                "Multiline batch max-lines exceeded",
            ),
        };
        self.fail_with("BATCH", code, &context, text);
        self.label_since(start);
    }

    fn invalid_batch(&mut self, text: &str) {
        self.fail_with("BATCH", "MULTILINE_INVALID", &[], text);
    }
}

impl Multiline {
    fn add<'a>(&mut self, line: &Line<'a>, batch: &str) -> Result<(), Wrong<'a>> {
        let speech = match line.command.to_ascii_uppercase().as_str() {
            "PRIVMSG" => Speech::Privmsg,
            "NOTICE" => Speech::Notice,
            _ => return Err(Wrong::Invalid),
        };
        if batch != self.reference || *self.speech.get_or_insert(speech) != speech {
            return Err(Wrong::Invalid);
        }
        let target = line.param(0).ok_or(Wrong::Invalid)?;
        if folded(target) != folded(&self.target) {
            return Err(Wrong::Target(target));
        }
        let text = line.params.get(1).copied().ok_or(Wrong::Invalid)?;
        let concat = line.tags.iter().any(|(key, _)| *key == CONCAT);
        if concat && (text.is_empty() || self.lines == 0) {
            return Err(Wrong::Invalid);
        }
        let Incoming::Words(words) = incoming(text) else {
            return Err(Wrong::Invalid);
        };
        self.lines += 1;
        if self.lines > MAX_LINES {
            return Err(Wrong::Lines);
        }
        if concat {
            self.joints.extend(u32::try_from(self.body.len()));
        } else if self.lines > 1 {
            self.body.push('\n');
        }
        self.body.push_str(&words);
        if self.body.len() > MAX_BYTES {
            return Err(Wrong::Bytes);
        }
        Ok(())
    }
}

fn folded(target: &str) -> String {
    match names::room(target) {
        Some(room) => names::channel(&names::fold_room(room)),
        None => names::fold_account(names::account(target)),
    }
}
