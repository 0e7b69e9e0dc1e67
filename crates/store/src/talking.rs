//! Quotes as storage reads them.

use snug_proto::AccountId;
use snug_rules::ReadGrant;

use crate::StoreError;

/// The beginning of a message that still has its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteRow {
    /// Which message.
    pub seq: u64,
    /// Who wrote it.
    pub author: AccountId,
    /// How it begins, as it was edited last, on one line.
    pub excerpt: String,
}

/// What a reader says of earlier messages that later events refer to.
pub trait TalkReading {
    /// The beginnings of those of these messages that the grant covers and that still have their words,
    /// in the order asked for.
    fn quotes(&mut self, grant: &ReadGrant, seqs: &[u64]) -> Result<Vec<QuoteRow>, StoreError>;
}
