//! MODE: how a channel is set up, and how one is oneself.

use crate::{Connection, line::Line, names};

impl Connection {
    /// `MODE <target> [<modes> …]`
    pub(crate) fn mode(&mut self, line: &Line<'_>) {
        let Some(target) = line.param(0) else {
            return self.need_more_params("MODE");
        };
        if names::room(target).is_none() {
            return self.user_mode(target, line.param(1));
        }
        self.channel_mode(line, target);
    }
}
