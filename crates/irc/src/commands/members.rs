//! NAMES: who is in channels.

use snug_proto::Answer;

use crate::{
    Connection,
    connection::{Then, expected},
    line::Line,
};

/// Most channels that one NAMES lists, as TARGMAX says.
pub(crate) const MAX_NAMED: usize = 4;

impl Connection {
    /// `NAMES [<channel>{,<channel>}]`: one end for all. Who is in a channel, its members see.
    pub(crate) fn names(&mut self, line: &Line<'_>) {
        let asked = line.param(0).unwrap_or("*").split(',').take(MAX_NAMED);
        let asked: Vec<_> = asked.map(|channel| self.called(channel)).collect();
        let known = asked
            .iter()
            .filter(|channel| self.channel(channel).is_some());
        let mut known: Vec<_> = known.cloned().collect();
        known.reverse();
        self.next_names(asked.join(","), known);
    }

    /// Asks for the names of the last of these, or says that this was all.
    fn next_names(&mut self, asked: String, mut left: Vec<String>) {
        let room = left.last().and_then(|channel| self.channel(channel));
        let Some((room_id, _)) = room else {
            if left.pop().is_some() {
                // Left meanwhile.
                return self.next_names(asked, left);
            }
            return self.end_of_names(&asked);
        };
        let who = crate::replay::who(room_id, None);
        self.ask_next(who, Then::Names { asked, left });
    }

    pub(crate) fn names_listed(&mut self, asked: String, mut left: Vec<String>, answer: Answer) {
        let channel = left.last().cloned().unwrap_or_default();
        let room_id = self.channel(&channel).map(|(room_id, _)| room_id);
        if let (Ok(mut people), Some(room_id)) = (expected!(answer, People), room_id) {
            let last = people.people.last().filter(|_| people.more);
            let next = last.map(|last| crate::replay::who(room_id, Some(last.name.clone())));
            self.keep_shown(room_id, &mut people.people);
            self.write_names(&channel, &people.people);
            if let Some(next) = next {
                return self.ask_next(next, Then::Names { asked, left });
            }
        }
        left.pop();
        self.next_names(asked, left);
    }
}
