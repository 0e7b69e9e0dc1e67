//! The screen: one input in, effects out, and a drawing of what is.

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
};
use snug_proto::Timestamp;

use crate::{
    Effect, Input, Settings, Size, act, draw,
    overlay::{Deed, Overlay},
    reduce,
    state::{Anchor, Here, State},
};

/// A second, in milliseconds.
const SECOND_MS: u64 = 1000;
/// A minute, in milliseconds.
const MINUTE_MS: u64 = 60_000;
/// Overlays that one can come back to.
const MAX_UNDER: usize = 8;

/// See the module.
#[derive(Debug)]
pub struct Screen {
    state: State,
    overlay: Option<Box<dyn Overlay>>,
    /// Those that it was opened over.
    under: Vec<Box<dyn Overlay>>,
    /// The title that the terminal has.
    title: String,
}

impl Screen {
    /// A screen that knows nothing yet.
    pub fn new(settings: Settings, size: Size, now: Timestamp) -> Self {
        Self {
            state: State::new(settings, size, now),
            overlay: None,
            under: Vec::new(),
            title: String::new(),
        }
    }

    /// Takes in what happened. What is to be done, in this order.
    pub fn input(&mut self, now: Timestamp, input: Input) -> Vec<Effect> {
        self.state.now = now.max(self.state.now);
        match input {
            Input::Key(_) | Input::Paste(_) | Input::Mouse(_) => self.by_hand(&input),
            Input::Tick => {
                reduce::tick(&mut self.state);
                if let Some(overlay) = self.overlay.as_mut().filter(|overlay| overlay.needs_tick())
                {
                    let deeds = overlay.input(&Input::Tick, &self.state);
                    self.perform(deeds);
                }
            }
            Input::First(_) => {
                if let Some(overlay) = &mut self.overlay {
                    let deeds = overlay.input(&input, &self.state);
                    self.perform(deeds);
                }
            }
            Input::Answer(server, tag, answer) => {
                if let Some(number) = reduce::answered(&mut self.state, server, tag, *answer) {
                    self.overlay_answered(&number);
                }
            }
            other => reduce::take_in(&mut self.state, other),
        }
        reduce::settle(&mut self.state);
        let title = draw::title(&self.state);
        if title != self.title {
            self.state.effects.push(Effect::Title(title.clone()));
            self.title = title;
        }
        std::mem::take(&mut self.state.effects)
    }

    /// Draws all of it; gives where the terminal's cursor is, if it shows.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return None;
        }
        let cursor = draw::main_view(area, buffer, &self.state);
        match &self.overlay {
            Some(overlay) => overlay.draw(area, buffer, &self.state),
            None => cursor,
        }
    }

    /// Draws what lies over the main view, and nothing else.
    #[cfg(test)]
    pub(crate) fn draw_overlay(&self, area: Rect, buffer: &mut Buffer) {
        if let Some(overlay) = &self.overlay {
            overlay.draw(area, buffer, &self.state);
        }
    }

    /// When a [`Input::Tick`] is wanted, if one is: something shown changes with time alone.
    pub fn next_tick(&self) -> Option<Timestamp> {
        let state = &self.state;
        let now = state.now.ms();
        let second = Timestamp::from_ms((now / SECOND_MS + 1) * SECOND_MS);
        let minute = Timestamp::from_ms((now / MINUTE_MS + 1) * MINUTE_MS);
        let retrying =
            |server: &crate::state::Server| matches!(server.link, crate::Link::Retrying { .. });
        if state.servers.iter().any(retrying)
            || self
                .overlay
                .as_ref()
                .is_some_and(|overlay| overlay.needs_tick())
        {
            return Some(second);
        }
        let writers = state.current().map(|(_, room)| room.writers.iter());
        let typing = writers
            .into_iter()
            .flatten()
            .map(|writer| writer.until)
            .min();
        // The clock at the top.
        Some(typing.map_or(minute, |until| until.min(minute)))
    }

    /// What it knows.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Is something laid over the main view?
    pub const fn has_overlay(&self) -> bool {
        self.overlay.is_some()
    }

    /// Lays this over the main view, in place of what may be there.
    pub fn lay_over(&mut self, overlay: Box<dyn Overlay>) {
        self.overlay = Some(overlay);
        self.begin();
    }

    /// An overlay was laid over just now. What the one before it asked is no business of its.
    fn begin(&mut self) {
        let asked = &mut self.state.asked;
        asked.retain(|_, asked| !matches!(asked, reduce::Asked::Overlay(_)));
        if let Some(overlay) = &mut self.overlay {
            let deeds = overlay.begin(&self.state);
            self.perform(deeds);
        }
    }

    fn by_hand(&mut self, input: &Input) {
        self.state.note = None;
        self.state.last_used = self.state.now;
        let deeds = match &mut self.overlay {
            Some(overlay) => overlay.input(input, &self.state),
            None => act::by_hand(&mut self.state, input),
        };
        self.perform(deeds);
    }

    fn overlay_answered(&mut self, number: &reduce::OverlayAnswer) {
        if let Some(overlay) = &mut self.overlay {
            let deeds = overlay.answer(number.number, &number.answer, &self.state);
            self.perform(deeds);
        }
    }

    fn perform(&mut self, deeds: Vec<Deed>) {
        let state = &mut self.state;
        let mut opened = false;
        for deed in deeds {
            match deed {
                Deed::Close => {
                    self.overlay = None;
                    self.under.clear();
                }
                Deed::Back => self.overlay = self.under.pop(),
                Deed::Over(overlay) => {
                    let below = self.overlay.replace(overlay);
                    // Past the bound one comes back to an earlier one.
                    self.under
                        .extend(below.filter(|_| self.under.len() < MAX_UNDER));
                    opened = true;
                }
                Deed::Open(overlay) => {
                    self.overlay = Some(overlay);
                    opened = true;
                }
                Deed::Enter(server, entry) => {
                    reduce::take_in(state, Input::Entered(server, entry));
                }
                Deed::GoTo(server, room) => act::go_to(state, Here { server, room }),
                Deed::Show(server, room, seq) => act::show(state, Here { server, room }, seq),
                Deed::Action(action) => {
                    let more = act::action(state, action);
                    // An action opens at most one overlay and gives no further actions.
                    for deed in more {
                        if let Deed::Open(overlay) = deed {
                            self.overlay = Some(overlay);
                            opened = true;
                        }
                    }
                }
                Deed::Command(line) => act::command(state, &line),
                Deed::Say(words) => act::say(state, words),
                Deed::Insert(words) => act::insert(state, &words),
                Deed::Replace { from, to, with } => act::replace(state, from, to, &with),
                Deed::Ask {
                    server,
                    number,
                    request,
                } => {
                    reduce::ask(state, server, *request, reduce::Asked::Overlay(number));
                }
                Deed::Submit { server, request } => {
                    reduce::submit(state, server, *request, reduce::Asked::Done);
                }
                Deed::Note { text, is_error } => state.say(&text, is_error),
                Deed::Effect(effect) => state.effects.push(effect),
            }
        }
        if state.anchor == Anchor::End
            && let Some(room) = state.current_mut()
        {
            room.anchor = Anchor::End;
        }
        if opened {
            self.begin();
        }
    }
}
