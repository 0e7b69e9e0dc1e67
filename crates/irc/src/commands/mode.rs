//! MODE: how a channel is set up, and how one is oneself.

use crate::{Connection, line::Line, names};

impl Connection {
    /// `MODE <target> [<modes> …]`: shows; changing is not possible here yet.
    pub(crate) fn mode(&mut self, line: &Line<'_>) {
        let Some(target) = line.param(0) else {
            return self.need_more_params("MODE");
        };
        if names::room(target).is_none() {
            return self.user_mode(target, line.param(1));
        }
        let Some((_, room)) = self.channel(target) else {
            return self.no_such_channel(target);
        };
        let modes = if room.password { "+knt" } else { "+nt" };
        let list = line.param(1).map(|modes| modes.trim_start_matches('+'));
        match (list, line.params.len()) {
            (None, _) => self.numeric("324").word(target).word(modes).end(),
            (Some("b"), 2) => {
                self.numeric("368")
                    .word(target)
                    .trailing("End of channel ban list");
            }
            _ => self
                .numeric("482")
                .word(target)
                .trailing("Modes cannot be changed here yet"),
        }
    }
}
