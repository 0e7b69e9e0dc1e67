//! What is typed, pasted and clicked: read by a thread of its own, and told in the screen's words.

use ratatui_crossterm::crossterm::event::{
    self, Event, KeyCode as Code, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};
use snug_screen::{Input, Key, KeyCode, Mouse, MouseKind, Size};
use tokio::sync::mpsc;

/// Keys typed ahead of what is drawn; past it the terminal keeps them.
const MAX_TYPED_AHEAD: usize = 1024;

/// Reads from now on. The stream ends when the terminal is gone.
pub(super) fn listen() -> anyhow::Result<mpsc::Receiver<Input>> {
    let (to_screen, keys) = mpsc::channel(MAX_TYPED_AHEAD);
    // It waits for what may never come, and ends with the process.
    std::thread::Builder::new()
        .name("keyboard".to_owned())
        .spawn(move || {
            while let Ok(event) = event::read() {
                if let Some(input) = told(event)
                    && to_screen.blocking_send(input).is_err()
                {
                    return;
                }
            }
        })?;
    Ok(keys)
}

fn told(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => self::key(key).map(Input::Key),
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::Resize(width, height) => Some(Input::Resize(Size { width, height })),
        Event::FocusGained => Some(Input::Focus(true)),
        Event::FocusLost => Some(Input::Focus(false)),
        Event::Mouse(mouse) => self::mouse(mouse).map(Input::Mouse),
        Event::Key(_) => None,
    }
}

fn key(key: KeyEvent) -> Option<Key> {
    let held = |modifier| key.modifiers.contains(modifier);
    let mut told = Key {
        code: code(key.code)?,
        ctrl: held(KeyModifiers::CONTROL),
        alt: held(KeyModifiers::ALT) || held(KeyModifiers::META),
        shift: held(KeyModifiers::SHIFT),
    };
    if let KeyCode::Char(character) = told.code {
        // What Shift does to a character is in the character already, where the terminal is not a very
        // exact one.
        if told.shift && character.is_lowercase() {
            let mut upper = character.to_uppercase();
            if let (Some(upper), None) = (upper.next(), upper.next()) {
                told.code = KeyCode::Char(upper);
            }
        }
        told.shift = false;
        if told.ctrl {
            told.code = KeyCode::Char(character.to_ascii_lowercase());
        }
    }
    if told.code == KeyCode::BackTab {
        told.shift = false;
    }
    Some(told)
}

const fn code(code: Code) -> Option<KeyCode> {
    Some(match code {
        Code::Char(character) => KeyCode::Char(character),
        Code::F(number) => KeyCode::F(number),
        Code::Enter => KeyCode::Enter,
        Code::Esc => KeyCode::Esc,
        Code::Tab => KeyCode::Tab,
        Code::BackTab => KeyCode::BackTab,
        Code::Backspace => KeyCode::Backspace,
        Code::Delete => KeyCode::Delete,
        Code::Insert => KeyCode::Insert,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Left => KeyCode::Left,
        Code::Right => KeyCode::Right,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        _ => return None,
    })
}

const fn mouse(mouse: MouseEvent) -> Option<Mouse> {
    let kind = match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseKind::Press,
        MouseEventKind::ScrollUp => MouseKind::ScrollUp,
        MouseEventKind::ScrollDown => MouseKind::ScrollDown,
        _ => return None,
    };
    Some(Mouse {
        kind,
        column: mouse.column,
        row: mouse.row,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_as_they_are_written() {
        for (code, modifiers, written) in [
            (Code::Char('k'), KeyModifiers::CONTROL, "Ctrl-K"),
            (Code::Char('K'), KeyModifiers::SHIFT, "K"),
            (Code::Char('k'), KeyModifiers::SHIFT, "K"),
            (Code::Char('?'), KeyModifiers::SHIFT, "?"),
            (Code::Down, KeyModifiers::ALT, "Alt-Down"),
            (Code::Enter, KeyModifiers::ALT, "Alt-Enter"),
            (Code::BackTab, KeyModifiers::SHIFT, "BackTab"),
        ] {
            let told = key(KeyEvent::new(code, modifiers)).unwrap();
            assert_eq!(told.to_string(), written);
        }
        let released =
            KeyEvent::new_with_kind(Code::Char('a'), KeyModifiers::NONE, KeyEventKind::Release);
        assert!(told(Event::Key(released)).is_none());
    }
}
