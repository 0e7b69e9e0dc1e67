//! What goes past the screen: the terminal's bell, notes, title and clipboard, and links that are opened.
//! What others wrote goes into a sequence only without anything that could end it.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use data_encoding::BASE64;

/// What a clipboard takes at most; terminals cut longer ones.
const MAX_COPIED_BYTES: usize = 74_000;
/// A link is no longer than this.
const MAX_LINK_BYTES: usize = 2048;

/// Rings the bell.
pub(super) const BELL: &[u8] = b"\x07";

/// The terminal's title.
pub(super) fn title(title: &str) -> Vec<u8> {
    format!("\x1b]2;{}\x07", harmless(title)).into_bytes()
}

/// A note that the terminal shows outside of itself, as this one does it.
pub(super) fn note(title: &str, body: &str) -> Vec<u8> {
    let (title, body) = (harmless(title), harmless(body));
    let term = std::env::var("TERM").unwrap_or_default();
    let is_777 = std::env::var_os("VTE_VERSION").is_some()
        || term.starts_with("rxvt")
        || term.starts_with("foot");
    if is_777 {
        let title = title.replace(';', ",");
        return format!("\x1b]777;notify;{title};{body}\x07").into_bytes();
    }
    format!("\x1b]9;{title}: {body}\x07").into_bytes()
}

/// Puts this on the clipboard, if it is not too much.
pub(super) fn copy(words: &str) -> Option<Vec<u8>> {
    if words.len() > MAX_COPIED_BYTES {
        return None;
    }
    let mut bytes = b"\x1b]52;c;".to_vec();
    // A vector takes everything.
    let _always = bytes.write_all(BASE64.encode(words.as_bytes()).as_bytes());
    bytes.push(b'\x07');
    Some(bytes)
}

/// Nothing that ends a sequence or begins one.
fn harmless(words: &str) -> String {
    words
        .chars()
        .filter(|c| !c.is_control())
        .take(250)
        .collect()
}

/// Opens a link by whatever this machine opens links with; why not, where it does not.
pub(super) fn open(link: &str) -> Result<(), String> {
    if !is_link(link) {
        return Err("Only links that begin with https:// or http:// are opened.".to_owned());
    }
    let mut command = opener(link);
    let spawned = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match spawned {
        Ok(mut child) => {
            // It is waited for, or it would stay in the system's list until the end.
            std::thread::spawn(move || child.wait());
            Ok(())
        }
        Err(error) => Err(format!(
            "{} could not be started: {error}. `y` copies the message.",
            command.get_program().to_string_lossy()
        )),
    }
}

#[cfg(target_os = "macos")]
fn opener(link: &str) -> Command {
    let mut command = Command::new("open");
    command.arg(link);
    command
}

/// Not `start`, which is the shell's and reads signs in its argument.
#[cfg(windows)]
fn opener(link: &str) -> Command {
    let mut command = Command::new("rundll32.exe");
    command.args(["url.dll,FileProtocolHandler", link]);
    command
}

#[cfg(not(any(target_os = "macos", windows)))]
fn opener(link: &str) -> Command {
    let mut command = Command::new("xdg-open");
    command.arg(link);
    command
}

/// Is it a link to a page, and nothing a program could take for something else?
fn is_link(link: &str) -> bool {
    let lower = link.get(..8).unwrap_or(link).to_ascii_lowercase();
    (lower.starts_with("https://") || lower.starts_with("http://"))
        && link.len() <= MAX_LINK_BYTES
        && !link
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || "\"'`<>\\".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_to_pages_are_opened_and_nothing_in_them_is_a_program_s_option() {
        for good in [
            "https://example.org/a?b=c#d",
            "HTTP://example.org",
            "http://[::1]:80/ä",
        ] {
            assert!(is_link(good), "{good}");
        }
        for bad in [
            "",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "-https://example.org",
            "https://example.org/ --option",
            "https://example.org/\"&calc",
            "https://a\u{7}b",
            "mailto:ann@example.org",
            "xhttps://example.org",
        ] {
            assert!(!is_link(bad), "{bad}");
        }
    }

    #[test]
    fn nothing_ends_a_sequence_but_we() {
        let title = title("den\x07\x1b]52;c;AAAA\u{9c}");
        assert_eq!(title, b"\x1b]2;den]52;c;AAAA\x07");
        let note = note("a\x1b", "b\x07c");
        let note = String::from_utf8(note).unwrap();
        assert_eq!(note.matches('\x07').count(), 1);
        assert_eq!(copy("hi").unwrap(), b"\x1b]52;c;aGk=\x07");
        assert_eq!(copy(&"x".repeat(MAX_COPIED_BYTES + 1)), None);
    }
}
