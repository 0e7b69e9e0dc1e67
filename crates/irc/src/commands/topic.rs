//! TOPIC: what a channel is about.

use crate::{Connection, line::Line};

impl Connection {
    /// `TOPIC <channel> [<topic>]`
    pub(crate) fn topic(&mut self, line: &Line<'_>) {
        let Some(channel) = line.param(0) else {
            return self.need_more_params("TOPIC");
        };
        if self.channel(channel).is_none() {
            return self.not_on_channel(channel);
        }
        if line.params.len() > 1 {
            self.numeric("482")
                .word(channel)
                .trailing("Topics cannot be set here yet");
        } else {
            self.numeric("331")
                .word(channel)
                .trailing("No topic is set");
        }
    }
}
