//! Asking for a secret, laid over the screen: it is not shown, and is gone once it was used.

use std::sync::{Arc, Mutex, PoisonError};

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
};
use snug_client::{Connection, KnownServer};
use snug_proto::{RoomId, Secret, limits::MAX_PASSWORD_BYTES};
use snug_screen::{
    Input, Key, KeyCode, ServerId,
    draw::{frame, text},
    overlay::{Deed, Overlay},
    state::State,
};
use zeroize::Zeroizing;

use super::program::Program;
use crate::{plain::commands::Deed as Done, sanitize};

/// The columns of its box.
const WIDE: u16 = 64;
/// Secrets that wait to be asked for; nobody types so many commands ahead of the first answer.
const MAX_WANTED: usize = 16;

/// A secret that is needed.
pub(super) struct Wanted {
    /// What it is: `the password of den`.
    pub(super) what: String,
    /// What it is for.
    pub(super) whose: For,
}

/// What a secret is for.
pub(super) enum For {
    /// A command, typed in this room, goes on with it.
    Command(
        ServerId,
        Option<RoomId>,
        Box<dyn FnOnce(Secret) -> Done + Send>,
    ),
    /// Signing in again.
    SignIn(KnownServer),
    /// Ending a sign-in that a second factor is owed for, on its own connection (A7).
    SecondFactor(KnownServer, Connection),
}

impl Program {
    /// Asks for a secret, when those before it are answered.
    pub(super) fn want(&mut self, wanted: Wanted) {
        if self.wanted.len() < MAX_WANTED {
            self.wanted.push_back(wanted);
        }
        self.ask_next();
    }

    /// Asks for a password, to sign in again.
    pub(super) fn want_password(&mut self, known: KnownServer) {
        let what = format!("the password of {} on {}", known.name, known.alias);
        let whose = For::SignIn(known);
        self.want(Wanted { what, whose });
    }

    /// Does what follows from an answer, and asks the next question, where nothing is laid over the screen.
    pub(super) fn ask_next(&mut self) {
        if self.screen.has_overlay() {
            return;
        }
        if let Some((wanted, slot)) = self.asking.take() {
            // An empty one was given up.
            if let Some(secret) = take(&slot) {
                return self.with_secret(wanted, secret);
            }
        }
        if let Some(wanted) = self.wanted.pop_front() {
            let slot = Slot::default();
            let question = Question {
                what: wanted.what.clone(),
                typed: Zeroizing::new(String::with_capacity(MAX_PASSWORD_BYTES)),
                answer: Arc::clone(&slot),
            };
            self.asking = Some((wanted, slot));
            self.screen.lay_over(Box::new(question));
        }
    }

    fn with_secret(&mut self, wanted: Wanted, secret: Secret) {
        match wanted.whose {
            For::Command(id, room, then) => self.perform(id, room, then(secret)),
            For::SignIn(known) => self.sign_in(known, secret),
            For::SecondFactor(known, connection) => self.end_sign_in(known, connection, secret),
        }
    }
}

/// Guards a secret from the question to whoever asked; held for one move.
pub(super) type Slot = Arc<Mutex<Option<Secret>>>;

fn take(slot: &Slot) -> Option<Secret> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// The question itself.
struct Question {
    what: String,
    typed: Zeroizing<String>,
    answer: Slot,
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question")
            .field("what", &self.what)
            .finish_non_exhaustive()
    }
}

impl Question {
    fn type_in(&mut self, words: &str) {
        for character in words.chars().filter(|c| !c.is_control()) {
            if self.typed.len() + character.len_utf8() > MAX_PASSWORD_BYTES {
                return;
            }
            // It never moves, so that nothing of it is left behind.
            self.typed.push(character);
        }
    }

    fn key(&mut self, key: Key) -> Vec<Deed> {
        match key.code {
            KeyCode::Esc => return vec![Deed::Close],
            KeyCode::Char('c') if key.ctrl => return vec![Deed::Close],
            KeyCode::Char('u') if key.ctrl => self.typed.clear(),
            KeyCode::Backspace => {
                self.typed.pop();
            }
            KeyCode::Enter if !self.typed.is_empty() => {
                let secret = Secret::from(self.typed.as_str());
                self.typed.clear();
                *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(secret);
                return vec![Deed::Close];
            }
            _ => {
                if let Some(character) = key.types() {
                    self.type_in(character.encode_utf8(&mut [0; 4]));
                }
            }
        }
        Vec::new()
    }
}

impl Overlay for Question {
    fn input(&mut self, input: &Input, _state: &State) -> Vec<Deed> {
        match input {
            Input::Key(key) => self.key(*key),
            Input::Paste(words) => {
                self.type_in(words.trim_end_matches(['\r', '\n']));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, state: &State) -> Option<Position> {
        let theme = &state.settings.theme;
        let inner = frame::popup(area, buffer, theme, "A secret is needed", WIDE, 4);
        let typed = self.typed.chars().count();
        let width = usize::from(inner.width);
        let hidden = "•".repeat(typed.min(width.saturating_sub(1)));
        let what = sanitize::line(&self.what);
        let rows = [
            (what.as_str(), theme.text),
            (hidden.as_str(), theme.text),
            ("", theme.text),
            ("Not shown · Enter goes on · Esc ends", theme.dim),
        ];
        for (y, (words, style)) in (inner.y..inner.bottom()).zip(rows) {
            text::put_line(buffer, inner.x, y, inner.width, words, style);
        }
        let column = u16::try_from(hidden.chars().count()).unwrap_or(0);
        (inner.height > 1).then(|| Position::new(inner.x + column, inner.y + 1))
    }
}
