//! The full screen: what only a real terminal shows.

use std::{fmt::Write as _, fs, thread, time::Duration};

use crate::scene::Scene;

const SNUG: &str = env!("CARGO_BIN_EXE_snug");
/// What stands on the screen while it is the full one.
const FULL: &str = "Ctrl-K go to";

/// Ann has an account; the shell stands ready below a line of its own.
fn scene() -> Option<Scene> {
    let scene = Scene::new()?;
    scene.joins();
    scene.types("quit");
    scene.sees_the_shell();
    scene.types("stty -g > \"$SNUG_HOME.before\"");
    scene.sees_the_shell();
    Some(scene)
}

/// Opens the full screen over what the shell shows; gives that.
fn opens(scene: &Scene) -> String {
    scene.clears();
    scene.types("echo what stood here \"before\"");
    scene.sees("what stood here before");
    scene.sees_the_shell();
    scene.types(SNUG);
    scene.sees(FULL);
    scene.sees("● ann");
    scene.tmux(&["send-keys", "-l", "half a line"]);
    scene.sees("> half a line");
    "what stood here before".to_owned()
}

/// The terminal is the shell's again, as it was.
fn is_as_it_was(scene: &Scene, ending: &str, stood: &str) {
    scene.sees_the_shell();
    let screen = scene.screen();
    assert!(screen.contains(stood), "after {ending}:\n{screen}");
    assert!(!screen.contains(FULL), "after {ending}:\n{screen}");
    let modes = "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_flag}";
    assert_eq!(scene.about(modes), "0 1 0 0", "after {ending}");
    scene.clears();
    scene.types("stty -g | diff - \"$SNUG_HOME.before\" && echo 'the same,' after all");
    // The quotes tell the command from what it prints.
    scene.sees("the same, after all");
    scene.sees_the_shell();
}

fn pastes(scene: &Scene, words: &str) {
    let file = scene.folder.path().join("paste");
    fs::write(&file, words).unwrap();
    scene.tmux(&["load-buffer", file.to_str().unwrap()]);
    scene.tmux(&["paste-buffer", "-p"]);
}

#[test]
fn k9_the_terminal_is_as_it_was_after_a_quit_a_signal_and_a_panic() {
    let Some(scene) = scene() else { return };
    let types = |keys: &[&str]| {
        for key in keys {
            scene.tmux(&["send-keys", key]);
        }
    };
    let endings: [(&str, &dyn Fn()); 7] = [
        ("/quit", &|| {
            types(&["C-u"]);
            scene.types("/quit");
        }),
        ("Ctrl-Q", &|| types(&["C-q"])),
        ("SIGTERM", &|| scene.kills("-TERM")),
        ("SIGHUP", &|| scene.kills("-HUP")),
        ("SIGINT", &|| scene.kills("-INT")),
        ("a panic", &|| pastes(&scene, "panic here")),
        ("a panic of a thread", &|| pastes(&scene, "panic elsewhere")),
    ];
    for (ending, leave) in endings {
        let stood = opens(&scene);
        leave();
        scene.sees_the_shell();
        if ending.contains("panic") {
            scene.sees("as a test asked for");
        }
        is_as_it_was(&scene, ending, &stood);
    }
}

#[test]
fn k9_the_terminal_is_as_it_was_after_the_server_died_and_while_the_program_is_stopped() {
    let Some(mut scene) = scene() else { return };
    let stood = opens(&scene);
    scene.tmux(&["send-keys", "C-z"]);
    scene.sees("Stopped");
    is_as_it_was(&scene, "Ctrl-Z", &stood);
    scene.types("fg");
    scene.sees("> half a line");
    scene.kills("-TSTP");
    scene.sees_the_shell();
    is_as_it_was(&scene, "SIGTSTP", "ready>");
    scene.types("fg");
    scene.sees("> half a line");
    scene.stops_the_server();
    scene.sees("retrying in");
    scene.tmux(&["send-keys", "Enter"]);
    scene.sees("waiting");
    scene.starts_the_server();
    scene.waits("it is sent", |screen| {
        screen.contains("half a line")
            && !screen.contains("waiting")
            && !screen.contains("retrying")
    });
    scene.stops_the_server();
    scene.sees("retrying in");
    scene.types("/quit");
    scene.sees_the_shell();
    is_as_it_was(&scene, "a dead server", "ready>");
}

#[test]
fn k1_a_resize_drops_panes_and_brings_them_back_and_a_long_paste_is_one_message() {
    let Some(scene) = scene() else { return };
    opens(&scene);
    scene.tmux(&["resize-window", "-x", "40", "-y", "12"]);
    scene.sees("half a line");
    scene.waits("the small screen", |screen| {
        !screen.contains(FULL) && !screen.contains("HERE")
    });
    scene.tmux(&["resize-window", "-x", "120", "-y", "40"]);
    scene.sees(FULL);
    scene.sees("HERE 1 of 1");
    scene.tmux(&["send-keys", "C-u"]);
    scene.waits("an empty input", |screen| !screen.contains("half a line"));
    let mut paste = String::new();
    for number in 0..500 {
        writeln!(paste, "line {number} of a paste").unwrap();
    }
    pastes(&scene, &paste);
    scene.sees("send it as one message");
    scene.tmux(&["send-keys", "1"]);
    scene.sees("line 499 of a paste");
    scene.waits("it is sent", |screen| !screen.contains("waiting"));
    scene.tmux(&["send-keys", "C-q"]);
    scene.sees_the_shell();
    let history = scene.aside("/history 600\nquit\n");
    let said = history
        .lines()
        .filter(|line| line.contains("<<You>> : line"));
    assert_eq!(said.count(), 1, "one message:\n{history}");
    assert!(history.contains("line 499 of a paste"), "{history}");
}

#[test]
#[cfg(target_os = "linux")]
fn k1_while_nothing_happens_nothing_runs() {
    let Some(scene) = scene() else { return };
    opens(&scene);
    // What the start left behind is done by then.
    thread::sleep(Duration::from_secs(2));
    let program = scene.program();
    let before = work(&program);
    thread::sleep(Duration::from_secs(5));
    let after = work(&program);
    let (ticks, wakes) = (after.0 - before.0, after.1 - before.1);
    assert!(
        ticks <= 1,
        "it took {ticks} hundredths of a second of CPU in 5 s"
    );
    assert!(wakes <= 40, "it was woken {wakes} times in 5 s");
}

/// Hundredths of a second of CPU, and how often one of its threads was woken.
#[cfg(target_os = "linux")]
fn work(program: &str) -> (u64, u64) {
    let stat = fs::read_to_string(format!("/proc/{program}/stat")).unwrap();
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .collect();
    let times = fields.get(11..13).unwrap().iter();
    let ticks: u64 = times.map(|time| time.parse::<u64>().unwrap()).sum();
    let threads = fs::read_dir(format!("/proc/{program}/task")).unwrap();
    let wakes = threads.map(|thread| {
        let status = fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.unwrap().trim().parse::<u64>().unwrap()
    });
    (ticks, wakes.sum())
}
