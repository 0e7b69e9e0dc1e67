//! Lines in and lines out. On a terminal a line editor reads, and what arrives is printed above the
//! line being typed; elsewhere lines are read and written as they are.

use std::{
    borrow::Cow,
    io::{BufRead, Write, stdin, stdout},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustyline::{
    ColorMode, Config, Editor, ExternalPrinter, Helper,
    completion::Completer,
    error::ReadlineError,
    highlight::{CmdKind, Highlighter},
    hint::Hinter,
    history::MemHistory,
    validate::{ValidationContext, ValidationResult, Validator},
};
use tokio::sync::mpsc::{self, error::TrySendError};
use unicode_width::UnicodeWidthStr;
use zeroize::Zeroizing;

/// Blocks of lines that wait to be printed; when it is full, nothing more is taken from the server.
const MAX_OUTPUT: usize = 64;
/// Lines that are typed or pasted ahead of those worked on. What comes when it is full is not taken, and
/// that is said. The editor must not wait here: the chat may be waiting for it, to print.
const MAX_TYPED_AHEAD: usize = 10_000;
/// A line typed into a pipe is cut off after so many bytes; no message may be so long.
const MAX_INPUT_BYTES: usize = 64 * 1024;
/// How long the editor waits for the next prompt before it shows the old one again.
const PROMPT_TIMEOUT: Duration = Duration::from_millis(300);
/// How long a line waits for the editor to be ready to draw it.
const GATE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the last lines may take to be printed.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(500);

/// What was typed.
#[derive(Debug)]
pub(super) enum Input {
    /// A line. It may be a secret.
    Line(Zeroizing<String>),
    /// There is no more.
    End,
    /// Ctrl-C.
    Interrupted,
}

/// What the editor is to do next.
#[derive(Default)]
struct Next {
    /// `None` before the first.
    prompt: Option<String>,
    /// So many lines were worked on.
    handled: u64,
    /// A line is being typed: what is printed now is drawn above it by the editor, in order. Between
    /// two lines it would overtake what the editor has not drawn yet, so it waits.
    editing: bool,
    stop: bool,
}

/// Guards what the chat tells the editor; held for no longer than it takes to look.
type Shared = Arc<(Mutex<Next>, Condvar)>;

/// See the module.
pub(super) struct Terminal {
    pub(super) input: mpsc::Receiver<Input>,
    output: Option<mpsc::Sender<String>>,
    next: Shared,
    hidden: Arc<AtomicBool>,
    printed: tokio::sync::oneshot::Receiver<()>,
    edits: bool,
    /// A person types, not a script.
    pub(super) is_interactive: bool,
}

impl Terminal {
    /// Takes standard input and output.
    pub(super) fn start() -> anyhow::Result<Self> {
        let edits = crate::guard::can_edit();
        let (lines, input) = mpsc::channel(if edits { MAX_TYPED_AHEAD } else { 1 });
        let (output, text) = mpsc::channel(MAX_OUTPUT);
        let next = Shared::default();
        let (done, printed) = tokio::sync::oneshot::channel();
        let hidden = Arc::new(AtomicBool::new(false));
        if edits {
            let mut editor = editor(Arc::clone(&hidden), Arc::clone(&next))?;
            let above = editor.create_external_printer()?;
            let (hidden, next) = (Arc::clone(&hidden), Arc::clone(&next));
            let gate = Arc::clone(&next);
            std::thread::spawn(move || edit(&mut editor, &hidden, &lines, &next));
            std::thread::spawn(move || {
                print_above(above, text, &gate);
                // Nobody may wait any more.
                let _nobody = done.send(());
            });
        } else {
            std::thread::spawn(move || read(&lines));
            std::thread::spawn(move || {
                write(text);
                let _nobody = done.send(());
            });
        }
        Ok(Self {
            input,
            output: Some(output),
            next,
            hidden,
            printed,
            edits,
            is_interactive: crate::guard::is_terminal(),
        })
    }

    /// Prints these lines above the one being typed; false if nobody reads them any more.
    pub(super) async fn print(&self, lines: Vec<String>) -> bool {
        let Some(output) = &self.output else {
            return false;
        };
        if lines.is_empty() {
            return true;
        }
        let mut text = lines.join("\n");
        text.push('\n');
        output.send(text).await.is_ok()
    }

    /// So many lines were worked on: the next one may be typed, at this prompt.
    pub(super) fn prompt(&self, prompt: String, handled: u64) {
        tell(&self.next, |next| {
            next.prompt = Some(prompt);
            next.handled = handled;
        });
    }

    /// Shows what is typed, or not.
    pub(super) fn hide(&self, hidden: bool) {
        self.hidden.store(hidden, Ordering::Release);
        if self.is_interactive && !self.edits {
            crate::guard::echo(!hidden);
        }
    }

    /// Prints what is left to print and gives the terminal back.
    pub(super) async fn finish(mut self) {
        tell(&self.next, |next| next.stop = true);
        self.output = None;
        // A terminal that takes nothing any more is not waited for.
        let _late = tokio::time::timeout(FLUSH_TIMEOUT, self.printed).await;
        crate::guard::restore();
        let (next, _) = &*self.next;
        if next.lock().unwrap_or_else(PoisonError::into_inner).editing {
            // The shell's prompt is to stand below the line that was being typed.
            print_plainly("\n");
        }
    }
}

fn tell(next: &Shared, change: impl FnOnce(&mut Next)) {
    let (next, changed) = &**next;
    change(&mut next.lock().unwrap_or_else(PoisonError::into_inner));
    changed.notify_all();
}

/// Draws nothing of a secret, and tells when the editor draws at all.
struct Veil {
    hidden: Arc<AtomicBool>,
    next: Shared,
}

impl Completer for Veil {
    type Candidate = String;
}

impl Hinter for Veil {
    type Hint = String;
}

impl Validator for Veil {
    /// Enter was pressed.
    fn validate(&self, _line: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        tell(&self.next, |next| next.editing = false);
        Ok(ValidationResult::Valid(None))
    }
}

impl Helper for Veil {}

impl Highlighter for Veil {
    /// The prompt is drawn: a line can be typed.
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(
        &'s self,
        prompt: &'p str,
        _default: bool,
    ) -> Cow<'b, str> {
        tell(&self.next, |next| next.editing = true);
        Cow::Borrowed(prompt)
    }

    fn highlight<'l>(&self, line: &'l str, _position: usize) -> Cow<'l, str> {
        if self.hidden.load(Ordering::Acquire) {
            Cow::Owned(" ".repeat(line.width()))
        } else {
            Cow::Borrowed(line)
        }
    }

    fn highlight_char(&self, _line: &str, _position: usize, _kind: CmdKind) -> bool {
        self.hidden.load(Ordering::Acquire)
    }
}

fn editor(hidden: Arc<AtomicBool>, next: Shared) -> rustyline::Result<Editor<Veil, MemHistory>> {
    let config = Config::builder()
        .auto_add_history(false)
        // Without it the editor would not ask how to draw, and a secret would be seen.
        .color_mode(ColorMode::Forced)
        .build();
    let history = MemHistory::with_config(&config);
    let mut editor = Editor::with_history(config, history)?;
    editor.set_helper(Some(Veil { hidden, next }));
    Ok(editor)
}

fn edit(
    editor: &mut Editor<Veil, MemHistory>,
    hidden: &AtomicBool,
    lines: &mpsc::Sender<Input>,
    next: &Shared,
) {
    let mut typed = 0;
    while let Some(prompt) = next_prompt(next, typed) {
        let input = match editor.readline(&prompt) {
            Ok(line) => {
                if !hidden.load(Ordering::Acquire) {
                    // A line that is not remembered can be typed again.
                    let _full = editor.add_history_entry(&line);
                }
                Input::Line(Zeroizing::new(line))
            }
            Err(ReadlineError::Interrupted) => Input::Interrupted,
            Err(_end_or_broken) => Input::End,
        };
        tell(next, |next| next.editing = false);
        let last = !matches!(input, Input::Line(_));
        match lines.try_send(input) {
            Ok(()) => typed += 1,
            Err(TrySendError::Full(_)) => {
                print_plainly("!! Too many lines at once: this one was not taken.\n");
            }
            Err(TrySendError::Closed(_)) => return,
        }
        if last {
            return;
        }
    }
}

/// Waits until the lines typed so far were worked on, but not for long: whoever waits for an answer
/// may go on typing. `None` when it is over.
fn next_prompt(next: &Shared, typed: u64) -> Option<String> {
    let (next, changed) = &**next;
    let next = next.lock().unwrap_or_else(PoisonError::into_inner);
    let (next, _late) = changed
        .wait_timeout_while(next, PROMPT_TIMEOUT, |next| {
            !next.stop && (next.prompt.is_none() || next.handled < typed)
        })
        .unwrap_or_else(PoisonError::into_inner);
    (!next.stop).then(|| next.prompt.clone().unwrap_or_default())
}

fn print_above(mut printer: impl ExternalPrinter, mut text: mpsc::Receiver<String>, gate: &Shared) {
    while let Some(block) = gathered(&mut text) {
        let (next, changed) = &**gate;
        let next = next.lock().unwrap_or_else(PoisonError::into_inner);
        let waited =
            changed.wait_timeout_while(next, GATE_TIMEOUT, |next| !next.editing && !next.stop);
        drop(waited);
        if let Err(_editor_gone) = printer.print(block.clone()) {
            print_plainly(&block);
        }
    }
}

/// All that waits, as one block.
fn gathered(text: &mut mpsc::Receiver<String>) -> Option<String> {
    let mut block = text.blocking_recv()?;
    while let Ok(more) = text.try_recv() {
        block.push_str(&more);
    }
    Some(block)
}

fn write(mut text: mpsc::Receiver<String>) {
    while let Some(block) = gathered(&mut text) {
        if !print_plainly(&block) {
            return;
        }
    }
}

fn print_plainly(block: &str) -> bool {
    let mut out = stdout().lock();
    out.write_all(block.as_bytes()).is_ok() && out.flush().is_ok()
}

fn read(lines: &mpsc::Sender<Input>) {
    loop {
        let input = read_line().map_or(Input::End, Input::Line);
        let last = matches!(input, Input::End);
        if lines.blocking_send(input).is_err() || last {
            return;
        }
    }
}

/// A line, of which no more is kept than a little over what a message may hold.
fn read_line() -> Option<Zeroizing<String>> {
    let mut line = Zeroizing::new(Vec::new());
    let mut input = stdin().lock();
    let mut any = false;
    loop {
        let buffer = input.fill_buf().ok().filter(|buffer| !buffer.is_empty());
        let Some(buffer) = buffer else {
            break;
        };
        any = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(buffer.len(), |end| end + 1);
        let room = MAX_INPUT_BYTES.saturating_sub(line.len());
        let kept = end.unwrap_or(buffer.len()).min(room);
        line.extend_from_slice(buffer.get(..kept).unwrap_or(&[]));
        input.consume(taken);
        if end.is_some() {
            break;
        }
    }
    let line = String::from_utf8_lossy(&line);
    any.then(|| Zeroizing::new(line.trim_end_matches('\r').to_owned()))
}
