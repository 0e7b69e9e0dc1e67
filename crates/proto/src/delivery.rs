//! An event on its way to many readers: encoded once per encoding, as shared bytes.

use std::sync::{Mutex, OnceLock, PoisonError};

use bytes::Bytes;

use crate::Event;

/// Names an encoding other than JSON. A front makes its own: the irc crate packs its capability set
/// in, so that all readers with the same set share the bytes.
pub type EncodingKey = u64;

/// An event with the encodings that were made of it so far. Shared by all its readers.
#[derive(Debug)]
pub struct Delivery {
    event: Event,
    json: OnceLock<Bytes>,
    /// Guards the list only; held while one encoding is made. Few entries: one per capability set.
    others: Mutex<Vec<(EncodingKey, Bytes)>>,
}

impl Delivery {
    /// The delivery of this event.
    pub const fn new(event: Event) -> Self {
        Self {
            event,
            json: OnceLock::new(),
            others: Mutex::new(Vec::new()),
        }
    }

    /// What happened.
    pub const fn event(&self) -> &Event {
        &self.event
    }

    /// The event as a line of the native wire, its line feed included.
    pub fn json(&self) -> &Bytes {
        self.json
            .get_or_init(|| crate::line::encode_event(&self.event))
    }

    /// The bytes of another encoding, made by `encode` for the first who asks.
    pub fn encoded(&self, key: EncodingKey, encode: impl FnOnce(&Event) -> Bytes) -> Bytes {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = others.iter().find(|(of, _)| *of == key) {
            return bytes.clone();
        }
        let bytes = encode(&self.event);
        others.push((key, bytes.clone()));
        bytes
    }
}

impl From<Event> for Delivery {
    fn from(event: Event) -> Self {
        Self::new(event)
    }
}
