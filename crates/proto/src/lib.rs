//! The vocabulary of Snug: ids, names, requests, answers, events, errors, limits, the [`Session`]
//! trait and the lines of the native wire. Pure: it knows no runtime, socket, clock or database.

mod audit;
mod body;
mod delivery;
mod display;
mod error;
mod event;
mod glob;
mod id;
mod in_words;
pub mod limits;
pub mod line;
mod manner;
mod name;
mod reaction;
mod reference;
mod request;
mod response;
mod retention;
mod secret;
mod session;
mod text;
mod time;

pub use audit::AuditAction;
pub use body::Body;
pub use delivery::{Delivery, EncodingKey, MAX_KEPT_ENCODINGS};
pub use display::DisplayName;
pub use error::{ErrorClass, ErrorCode, Refusal, Retry};
pub use event::*;
pub use glob::like;
pub use id::{AccountId, CLOAK_BYTES, LogId, NotAnId, RoomId, SessionId, TokenId};
pub use in_words::{reason_in_words, seconds_in_words};
pub use manner::{Manner, check_tags, is_tag};
pub use name::{
    AccountName, LOBBY, NotAName, PASSING_PREFIX, RoomName, folded_name, folded_pattern, same_name,
};
pub use reaction::Reaction;
pub use reference::{PersonRef, RoomRef};
pub use request::*;
pub use response::*;
pub use retention::{NotARetention, Retention};
pub use secret::{Blob, Secret};
pub use session::{Answer, Answering, Direct, Pending, Session, Stream};
pub use time::{NotATime, Timestamp};
