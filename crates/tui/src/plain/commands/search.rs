//! Commands of searching.

use super::Command;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[];
