//! What is written and what commands answer while no room is shown: before the first connection, and in
//! no room at all.

use super::{Anchor, State};
use crate::Editor;

/// Lines of answers that are kept; the oldest go.
const MAX_TOLD: usize = 500;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Adrift {
    /// The input.
    pub(crate) editor: Editor,
    /// The lines of the last answers.
    pub(crate) told: Vec<String>,
}

impl Adrift {
    /// Lines of a command's.
    pub(crate) fn tell(&mut self, lines: Vec<String>) {
        self.told.extend(lines);
        let over = self.told.len().saturating_sub(MAX_TOLD);
        self.told.drain(..over);
    }
}

impl State {
    /// The input: that of the room that is shown, else the one of no room.
    pub fn editor(&self) -> &Editor {
        self.current()
            .map_or(&self.adrift.editor, |(_, room)| &room.editor)
    }

    /// The same, to be written in.
    pub(crate) fn editor_mut(&mut self) -> &mut Editor {
        if let Some(here) = self.here
            && let mut servers = self.servers.iter_mut()
            && let Some(server) = servers.find(|server| server.id == here.server)
            && let Some(room) = server.rooms.get_mut(&here.room)
        {
            return &mut room.editor;
        }
        &mut self.adrift.editor
    }

    /// What was written and answered before any room was shown goes on in the one that is shown now.
    pub(crate) fn ashore(&mut self) {
        let now = self.now;
        let adrift = std::mem::take(&mut self.adrift);
        let Some(room) = self.current_mut() else {
            self.adrift = adrift;
            return;
        };
        for line in adrift.editor.typed_before() {
            room.editor.remember(line);
        }
        let words = adrift.editor.words();
        if room.editor.is_empty() {
            room.editor.insert(words);
        } else {
            room.editor.remember(words);
        }
        if !adrift.told.is_empty() {
            room.window.tell(now, adrift.told);
            room.anchor = Anchor::End;
            self.anchor = Anchor::End;
        }
    }
}
