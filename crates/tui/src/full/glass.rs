//! Where the screen is shown: the person's terminal, or a test's buffer.

use std::{future::Future, pin::Pin};

use snug_screen::{Screen, Size};

/// Waits until what was drawn before is out.
pub(super) type Done<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// See the module.
pub(super) trait Glass: Send {
    /// How large it is.
    fn size(&self) -> Size;

    /// It is another size now.
    fn resize(&mut self, size: Size);

    /// Shows the screen as it is now. What [`Glass::say`] was given goes out before it.
    fn draw(&mut self, screen: &Screen);

    /// Says this to the terminal, with what is drawn next.
    fn say(&mut self, bytes: &[u8]);

    /// Is what was drawn before not out yet?
    fn is_busy(&self) -> bool {
        false
    }

    /// Waits until what was drawn before is out.
    fn done(&self) -> Done<'_> {
        Box::pin(std::future::pending())
    }

    /// Takes the mouse, or leaves it to the terminal.
    fn mouse(&mut self, on: bool) {
        let _ = on;
    }

    /// Gives the terminal back, stops the program, and takes the terminal again when it goes on.
    fn suspend(&mut self) {}

    /// The terminal may have been used by something else: takes it again, and draws all of it anew.
    fn again(&mut self) {}
}
