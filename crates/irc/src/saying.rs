//! Answers that are too long for one step: written an entry at a time, so that the output keeps its
//! bound however much there is to say (FEATURES P6).

use std::vec;

use snug_proto::{Event, PersonEntry, RoomEntry, Rooms, Who};

use crate::{
    Connection,
    commands::{list::Wanted, who::WhoAsked},
    connection::Then,
};

/// What is left of such an answer. Nothing else is asked, taken or told before all of it is written.
#[derive(Debug)]
pub(crate) enum Saying {
    /// What was said of late in a room.
    Replay {
        /// The batch that it stands in, if the client knows batches.
        batch: Option<String>,
        events: vec::IntoIter<Event>,
    },
    /// A page of WHO, and the request for the next one.
    Who {
        asked: WhoAsked,
        people: vec::IntoIter<PersonEntry>,
        next: Option<Who>,
    },
    /// A page of LIST, and the request for the next one.
    List {
        wanted: Wanted,
        rooms: vec::IntoIter<RoomEntry>,
        next: Option<Rooms>,
    },
}

/// Is there more to say of it?
enum Left {
    More,
    Nothing,
}

impl Connection {
    /// Begins such an answer.
    pub(crate) fn begin_saying(&mut self, saying: Saying) {
        self.saying = Some(Box::new(saying));
    }

    /// Writes the next entry of an answer that is too long for one step; false if there is none. To be
    /// called while there is room for output, before anything else is asked of this connection.
    pub fn say_more(&mut self) -> bool {
        let start = self.out.len();
        let said = self.say_next();
        self.label_since(start);
        said
    }

    fn say_next(&mut self) -> bool {
        let Some(mut saying) = self.saying.take() else {
            return false;
        };
        let left = match &mut *saying {
            Saying::Replay { batch, events } => self.say_replay(batch.as_deref(), events),
            Saying::Who {
                asked,
                people,
                next,
            } => self.say_who(asked, people, next),
            Saying::List {
                wanted,
                rooms,
                next,
            } => self.say_list(wanted, rooms, next),
        };
        if matches!(left, Left::More) {
            self.saying = Some(saying);
        }
        true
    }

    /// Is such an answer under way?
    pub(crate) fn is_saying(&self) -> bool {
        self.saying.is_some()
    }

    fn say_replay(&mut self, batch: Option<&str>, events: &mut vec::IntoIter<Event>) -> Left {
        if let Some(event) = events.next() {
            self.write_replayed(&event, batch);
            return Left::More;
        }
        if let Some(batch) = batch {
            self.end_batch(batch);
        }
        Left::Nothing
    }

    fn say_who(
        &mut self,
        asked: &mut WhoAsked,
        people: &mut vec::IntoIter<PersonEntry>,
        next: &mut Option<Who>,
    ) -> Left {
        if let Some(person) = people.next() {
            self.who_line(asked, &person);
            return Left::More;
        }
        match next.take() {
            Some(request) => {
                let asked = std::mem::take(asked);
                self.ask_next(request, Then::Who { asked });
            }
            None => self.end_of_who(&asked.mask),
        }
        Left::Nothing
    }

    fn say_list(
        &mut self,
        wanted: &mut Wanted,
        rooms: &mut vec::IntoIter<RoomEntry>,
        next: &mut Option<Rooms>,
    ) -> Left {
        if let Some(entry) = rooms.next() {
            self.list_line(&entry);
            return Left::More;
        }
        match next.take() {
            Some(request) => self.ask_list(std::mem::take(wanted), request),
            None => self.end_of_list(),
        }
        Left::Nothing
    }
}
