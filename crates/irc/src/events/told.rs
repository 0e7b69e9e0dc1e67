//! What the server tells this client: announcements, what moderators watch, invitations.

use snug_proto::{Announcement, Invitation, Knocked, Watched};

use super::{MAX_MESSAGE_LINES, View, author_of, tagged};
use crate::{Connection, names};

impl Connection {
    /// What the owner tells everyone comes from the server itself, line by line.
    pub(super) fn announcement(&mut self, announcement: &Announcement) {
        let from = &announcement.author.from;
        for line in announcement.body.lines().take(MAX_MESSAGE_LINES) {
            self.server_notice(None, &format!("Announcement by {from}: {line}"));
        }
    }

    /// What the owner watches.
    pub(super) fn watched(&mut self, watched: &Watched) {
        self.server_notice(None, &watched.in_words());
    }

    /// 710: somebody asks to be let into a channel that this client's account keeps order in.
    pub(super) fn knocked(&mut self, knocked: &Knocked) {
        let author = &knocked.author;
        let source = names::source(author.called(), &author.from_id);
        let channel = names::channel(&knocked.room);
        let text = match &knocked.text {
            Some(text) => format!("has asked for an invite ({text})"),
            None => "has asked for an invite".to_owned(),
        };
        self.numeric("710")
            .word(&channel)
            .word(&source)
            .trailing(&text);
    }

    /// Somebody asks this client's account into a room.
    pub(super) fn invitation(&mut self, invitation: &Invitation) {
        let source = names::source(invitation.author.called(), &invitation.author.from_id);
        let nick = self.nick.clone();
        let view = View::new(self.caps, self.settings.host());
        tagged(
            &mut self.out,
            view,
            None,
            author_of(&invitation.author),
            false,
        )
        .source(&source)
        .command("INVITE")
        .word(&nick)
        .word(&names::channel(&invitation.room))
        .end();
    }
}
