//! Commands of keeping order.

use super::Command;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[];
