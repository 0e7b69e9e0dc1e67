//! Who may come to this server, when that changes.

use serde::{Deserialize, Serialize};

use crate::{GuestPolicy, Registration};

/// Others may register or come as guests from now on than before, or nobody may. Told to everyone who is
/// connected, signed in or not. Not logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyChanged {
    /// Who may register.
    pub registration: Registration,
    /// Whether one may come in as a guest.
    #[serde(default, skip_serializing_if = "GuestPolicy::is_off")]
    pub guests: GuestPolicy,
    /// Nobody registers and nobody comes as a guest, whatever else holds: the server is locked down.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
}
