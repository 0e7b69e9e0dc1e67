//! What somebody does beyond talking and hears beyond words, as each front says it.

use serde_json::Value;

/// Something that somebody does or asks for: a request, and a line of IRC that comes to the same.
#[derive(Debug, Clone)]
pub struct Deed {
    pub(super) request: &'static str,
    pub(super) fields: Value,
    pub(super) line: String,
}

impl Deed {
    /// The same thing twice.
    pub fn new(request: &'static str, fields: Value, line: impl Into<String>) -> Self {
        let line = line.into();
        Self {
            request,
            fields,
            line,
        }
    }
}

/// What came of a deed: what was answered, as the front answers it; or the code of the refusal.
pub type Outcome = std::result::Result<Answered, String>;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// An object.
    Object(Value),
    /// Lines, each as its command and its parameters.
    Lines(Vec<String>),
}

impl Answered {
    /// Is this in it? In an object as a field of it, or of anything in it; in a line as words of it.
    pub fn says(&self, field: &str, value: &Value, words: &str) -> bool {
        match self {
            Self::Object(object) => holds(object, field, value),
            Self::Lines(lines) => lines.iter().any(|line| line.contains(words)),
        }
    }
}

fn holds(object: &Value, field: &str, value: &Value) -> bool {
    match object {
        Value::Object(fields) => fields
            .iter()
            .any(|(name, of)| (name == field && of == value) || holds(of, field, value)),
        Value::Array(values) => values.iter().any(|of| holds(of, field, value)),
        _ => false,
    }
}

/// Something that somebody is told: an event with these fields at least, and a line with these words in it.
#[derive(Debug, Clone)]
pub struct Told {
    pub(super) fields: Value,
    pub(super) words: String,
}

impl Told {
    /// The same thing twice.
    pub fn new(fields: Value, words: impl Into<String>) -> Self {
        let words = words.into();
        Self { fields, words }
    }

    /// A sentence of the server's.
    pub fn notice(text: &str) -> Self {
        Self::new(serde_json::json!({"ev": "notice", "text": text}), text)
    }

    /// Is it this event?
    pub(super) fn is(&self, event: &Value) -> bool {
        let wanted = self.fields.as_object().into_iter().flatten();
        let mut wanted = wanted.map(|(name, value)| event.get(name) == Some(value));
        wanted.all(|same| same)
    }
}
