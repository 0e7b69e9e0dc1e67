//! Plain mode.

use std::{fmt::Write as _, fs};

use crate::scene::Scene;

#[test]
fn k2_hundreds_of_pasted_lines_are_each_said_once_and_in_order() {
    let Some(scene) = Scene::new() else { return };
    scene.joins();
    let mut paste = String::new();
    for number in 0..500 {
        writeln!(paste, "line {number} of a paste").unwrap();
    }
    let file = scene.folder.path().join("paste");
    fs::write(&file, paste).unwrap();
    scene.tmux(&["load-buffer", file.to_str().unwrap()]);
    scene.tmux(&["paste-buffer"]);
    scene.sees("<<You>> : line 499 of a paste");
    let history = scene.aside("/history 600\nquit\n");
    let said: Vec<&str> = history
        .lines()
        .filter_map(|line| line.strip_prefix('[')?.split_once("<<You>> : "))
        .map(|(_, words)| words)
        .collect();
    let typed: Vec<String> = (0..500)
        .map(|number| format!("line {number} of a paste"))
        .collect();
    assert_eq!(said, typed);
}

#[test]
fn k9_the_terminal_is_given_back_as_it_was_after_a_quit_ctrl_c_and_a_kill() {
    let Some(scene) = Scene::new() else { return };
    // A quit, Ctrl-C, a kill.
    let endings: [&dyn Fn(); 3] = [
        &|| scene.types("quit"),
        &|| {
            scene.tmux(&["send-keys", "-l", "half a line"]);
            scene.tmux(&["send-keys", "C-c"]);
        },
        &|| {
            let kill = "run-shell -b 'pkill -TERM -P #{pane_pid}'";
            scene.tmux(&["if-shell", "true", kill]);
        },
    ];
    scene.types("stty -g > \"$SNUG_HOME.before\"");
    scene.joins();
    for leave in endings {
        leave();
        scene.sees_the_shell();
        scene.clears();
        scene.types("stty -g | diff - \"$SNUG_HOME.before\" && echo 'the same,' after all");
        // The quotes tell the command from what it prints.
        scene.sees("the same, after all");
        scene.sees_the_shell();
        scene.clears();
        scene.types(concat!(env!("CARGO_BIN_EXE_snug"), " --plain"));
        // The prompt may stand there before the greeting above it.
        scene.sees("you are ann on");
        scene.sees("#lobby> ");
    }
}
