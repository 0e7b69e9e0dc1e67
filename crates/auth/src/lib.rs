//! Who one is, proved without telling: OPAQUE (RFC 9807) from both sides, plain passwords against the
//! same records, tokens, codes and keyed tags. Pure: no clock, no socket, no storage, no runtime; chance
//! is passed in. It knows nothing of sessions, accounts' names or who may do what.

mod client;
mod code;
mod credential;
mod device;
mod error;
mod keys;
mod opaque;
mod parameters;
mod password;
mod plain;
mod scram;
mod second_factor;
mod suite;
mod tag;
mod token;
mod work;

pub use client::{Registration, SignIn};
pub use code::{code_hash, new_invite_code, new_word_code};
pub use credential::{CredentialId, unknown_credential, unknown_parameters};
pub use device::{device_of, new_device_cookie};
pub use error::OpaqueError;
pub use keys::{KeysError, ServerKeys};
pub use opaque::{Record, SignInState, register_finish, register_start, sign_in_start};
pub use parameters::{CHEAP, ParameterBounds, RELEASE};
pub use password::may_be_password;
pub use plain::{register_plain, verify_plain};
pub use scram::{NotScram, SCRAM_ITERATIONS, ScramExchange, ScramFirst, ScramVerifier};
pub use second_factor::{AppSecret, new_recovery_code, recovery_tag};
pub use tag::{address_tag, password_tag, verify_tag};
pub use token::{new_token, token_hash};
pub use work::{MAX_WORK_BITS, do_work, is_work};
