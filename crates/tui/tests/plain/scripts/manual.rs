//! The manual and the completions say what there is.

use super::Script;

#[test]
fn k3_the_manual_and_the_completions_name_every_command_and_every_status() {
    let home = tempfile::tempdir().unwrap();
    let script = Script::at(home.path());
    let help = script.done(&["--help"]);
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect();
    for name in [
        "send", "tail", "read", "rooms", "who", "invite", "enter", "token",
    ] {
        assert!(commands.contains(&name), "{name} in {commands:?}");
    }
    let folder = home.path().join("man");
    script.done(&["man", folder.to_str().unwrap()]);
    let all = script.done(&["man"]);
    for shell in ["bash", "zsh", "fish"] {
        let completions = script.done(&["completions", shell]);
        for name in &commands {
            assert!(completions.contains(name), "{shell} completes {name}");
        }
    }
    for name in &commands {
        let escaped = name.replace('-', "\\-");
        assert!(all.contains(&format!("snug\\-{escaped}(1)")), "{name}");
        if *name == "help" {
            continue;
        }
        let page = std::fs::read_to_string(folder.join(format!("snug-{name}.1"))).unwrap();
        for status in ["0", "1", "2", "3", "4", "5", "6", "141"] {
            assert!(
                page.contains(&format!("\\fB{status}\\fR")),
                "{name}: {status}"
            );
        }
    }
}
