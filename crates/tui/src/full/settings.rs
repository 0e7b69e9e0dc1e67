//! Settings while the screen runs: read again when their file changed, and set from the screen.

use snug_screen::Input;

use super::program::Program;

impl Program {
    /// Reads the file again if it is another one than last time.
    pub(super) fn read_settings_if_changed(&mut self) {
        match self.settings.read_again(&self.profile) {
            None => {}
            Some(Ok(settings)) => {
                self.glass.mouse(settings.mouse);
                self.input(Input::Settings(Box::new(settings)));
            }
            Some(Err(complaint)) => self.note(&complaint),
        }
    }

    /// Sets an option from the screen.
    pub(super) fn save_setting(&mut self, name: &str, value: &str) {
        match self.settings.set(name, value) {
            Ok(()) => self.read_settings_if_changed(),
            Err(why) => self.note(&format!("!! {why}")),
        }
    }
}
