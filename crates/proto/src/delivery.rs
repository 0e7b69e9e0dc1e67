//! An event on its way to many readers: encoded once per encoding, as shared bytes.

use std::{borrow::Cow, sync::OnceLock};

use bytes::Bytes;

use crate::Event;

/// Names an encoding other than JSON. A front makes its own: the irc crate packs its capability set
/// in, so that all readers with the same set share the bytes.
pub type EncodingKey = u64;

/// So many encodings other than JSON are kept with an event; a further one is made for each reader anew.
/// Clients choose which capabilities they ask for, so they must not choose how much is kept.
pub const MAX_KEPT_ENCODINGS: usize = 16;

/// An event with the encodings that were made of it so far. Shared by all its readers.
#[derive(Debug)]
pub struct Delivery {
    event: Event,
    json: OnceLock<Bytes>,
    /// The first of a chain, to which encodings are only added: whoever reads takes no lock and counts
    /// nothing, since all readers of an event pass here at once.
    others: Link,
}

type Link = OnceLock<Box<Encoding>>;

#[derive(Debug)]
struct Encoding {
    key: EncodingKey,
    bytes: Box<[u8]>,
    next: Link,
}

impl Delivery {
    /// The delivery of this event.
    pub const fn new(event: Event) -> Self {
        Self {
            event,
            json: OnceLock::new(),
            others: OnceLock::new(),
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

    /// The bytes of another encoding, if it was made and is kept.
    pub fn kept(&self, key: EncodingKey) -> Option<&[u8]> {
        let mut link = &self.others;
        while let Some(kept) = link.get() {
            if kept.key == key {
                return Some(&kept.bytes);
            }
            link = &kept.next;
        }
        None
    }

    /// The bytes of another encoding, made by `encode` for the first who asks. Owned only if
    /// [`MAX_KEPT_ENCODINGS`] others are kept already.
    pub fn encoded(
        &self,
        key: EncodingKey,
        encode: impl FnOnce(&Event) -> Vec<u8>,
    ) -> Cow<'_, [u8]> {
        let mut encode = Some(encode);
        let mut make = || encode.take().map(|encode| encode(&self.event));
        let mut link = &self.others;
        for _ in 0..MAX_KEPT_ENCODINGS {
            // Whoever comes while it is made waits for it, and finds it is theirs or goes on.
            let kept = link.get_or_init(|| {
                Box::new(Encoding {
                    key,
                    bytes: make().unwrap_or_default().into(),
                    next: OnceLock::new(),
                })
            });
            if kept.key == key {
                return Cow::Borrowed(&kept.bytes);
            }
            link = &kept.next;
        }
        Cow::Owned(make().unwrap_or_default())
    }
}

impl From<Event> for Delivery {
    fn from(event: Event) -> Self {
        Self::new(event)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;
    use crate::Notice;

    fn delivery() -> Delivery {
        let text = "hi".to_owned();
        Delivery::new(Event::Notice(Notice { text }))
    }

    fn bytes_of(key: EncodingKey) -> Vec<u8> {
        format!("encoding {key}\r\n").into()
    }

    #[test]
    fn each_encoding_is_made_once_however_many_ask_at_the_same_time() {
        let (delivery, made) = (delivery(), AtomicUsize::new(0));
        let keys: EncodingKey = 5;
        let together = Barrier::new(4);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    together.wait();
                    for key in (0..keys).chain(0..keys) {
                        let bytes = delivery.encoded(key, |_| {
                            made.fetch_add(1, Ordering::SeqCst);
                            bytes_of(key)
                        });
                        assert_eq!(bytes, bytes_of(key));
                    }
                });
            }
        });
        assert_eq!(made.into_inner(), 5);
    }

    #[test]
    fn so_many_are_kept_and_the_others_are_right_all_the_same() {
        let delivery = delivery();
        let most = MAX_KEPT_ENCODINGS as EncodingKey;
        for key in 0..most + 2 {
            assert_eq!(delivery.encoded(key, |_| bytes_of(key)), bytes_of(key));
        }
        for key in 0..most + 2 {
            let again = delivery.encoded(key, |_| b"made again".to_vec());
            let kept = matches!(again, Cow::Borrowed(_));
            assert_eq!(kept, key < most);
            assert_eq!(*again != b"made again"[..], kept);
        }
    }
}
