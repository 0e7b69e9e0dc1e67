//! NAMES: who is in a channel.

use snug_proto::Answer;

use crate::{
    Connection,
    connection::{Then, expected},
    line::Line,
};

impl Connection {
    /// `NAMES [<channel>]`
    pub(crate) fn names(&mut self, line: &Line<'_>) {
        let channel = line.param(0).unwrap_or("*");
        let Some((room_id, _)) = self.channel(channel) else {
            return self.end_of_names(channel);
        };
        let channel = channel.to_owned();
        self.ask(crate::replay::who(room_id, None), Then::Names { channel });
    }

    pub(crate) fn names_listed(&mut self, channel: &str, answer: Answer) {
        let room_id = self.channel(channel).map(|(room_id, _)| room_id);
        if let (Ok(mut people), Some(room_id)) = (expected!(answer, People), room_id) {
            let last = people.people.last().filter(|_| people.more);
            let next = last.map(|last| crate::replay::who(room_id, Some(last.name.clone())));
            self.keep_shown(room_id, &mut people.people);
            self.write_names(channel, &people.people);
            if let Some(next) = next {
                let channel = channel.to_owned();
                return self.ask_next(next, Then::Names { channel });
            }
        }
        self.end_of_names(channel);
    }
}
