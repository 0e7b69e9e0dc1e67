//! What an event's lines depend on besides the event, and what stands before each of them.

use snug_proto::{Author, Place, Subject};

use crate::{Capability, Caps, MessageId, line::Writer, names};

/// The capabilities that change which tags stand before any line.
pub(super) const TAGS: Caps = Caps::of(&[
    Capability::AccountTag,
    Capability::MessageTags,
    Capability::ServerTime,
]);

/// What an event's lines depend on besides the event, the same for many readers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    /// For lines that are shared, those only that [`super::shape`] names.
    pub(crate) caps: Caps,
    /// The server's name.
    pub(crate) host: &'a str,
    /// The batch that the lines stand in; such lines are never shared.
    pub(crate) batch: Option<&'a str>,
}

impl<'a> View<'a> {
    /// Of lines in no batch.
    pub(crate) const fn new(caps: Caps, host: &'a str) -> Self {
        Self {
            caps,
            host,
            batch: None,
        }
    }

    /// Does the reader's client show replies and reactions that come as tags? Nothing says so: of the
    /// clients in the field those do that know labels, and the others only look past tags.
    pub(super) const fn knows_replies(&self) -> bool {
        self.caps.has(Capability::MessageTags) && self.caps.has(Capability::LabeledResponse)
    }
}

/// Begins a line that comes from this person.
pub(crate) fn from_subject<'a>(
    out: &'a mut Vec<u8>,
    view: View<'_>,
    place: Option<&Place>,
    subject: &Subject,
) -> Writer<'a> {
    tagged(out, view, place, account_of(subject), place.is_some())
        .source(&names::source(subject.called(), &subject.account))
}

/// Begins a line about what this account did, with the tags that its readers want.
pub(crate) fn tagged<'a>(
    out: &'a mut Vec<u8>,
    view: View<'_>,
    place: Option<&Place>,
    account: Option<&str>,
    with_id: bool,
) -> Writer<'a> {
    let mut line = Writer::new(out);
    if let Some(batch) = view.batch {
        line = line.tag("batch", batch);
    }
    if let Some(place) = place {
        if view.caps.has(Capability::ServerTime) {
            line = line.tag("time", &place.at.to_string());
        }
        if with_id && view.caps.has(Capability::MessageTags) {
            line = line.tag("msgid", &MessageId::from(place).to_string());
        }
    }
    if let Some(account) = account.filter(|_| view.caps.has(Capability::AccountTag)) {
        line = line.tag("account", account);
    }
    line
}

/// The account of this person; a guest has none, nor has who is gone for good, and no tag that names one
/// (`IRCv3` account-tag).
pub(crate) fn account_of(subject: &Subject) -> Option<&str> {
    let none = subject.guest || names::is_gone(&subject.name);
    (!none).then_some(subject.name.as_str())
}

/// The account of whoever said or did it, as [`account_of`].
pub(crate) fn author_of(author: &Author) -> Option<&str> {
    let none = author.from_guest || names::is_gone(&author.from);
    (!none).then_some(author.from.as_str())
}
