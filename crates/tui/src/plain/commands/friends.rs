//! Commands of friends and blocks.

use super::Command;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[];
