//! Commands of credits.

use super::Command;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[];
