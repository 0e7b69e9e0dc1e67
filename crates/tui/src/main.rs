//! `snug`: the terminal client.

fn main() -> std::process::ExitCode {
    snug_tui::main()
}
