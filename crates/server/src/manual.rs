//! `snugd man` and `snugd completions`, made from the command line itself.

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::{Shell, generate};
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

use crate::arguments;

const EXITS: &[(&str, &str)] = &[
    (
        "0",
        "The server stopped as it was told, or the command was done.",
    ),
    ("1", "It failed; the reason is on standard error."),
    ("2", "The options cannot be used."),
];

/// The two commands.
pub(crate) fn commands() -> [Command; 2] {
    let shell = Arg::new("shell")
        .value_name("SHELL")
        .required(true)
        .value_parser(value_parser!(Shell));
    [
        Command::new("completions")
            .about("Print the completions of a shell: snugd completions bash")
            .arg(shell),
        Command::new("man").about("Print the manual page"),
    ]
}

/// What one of them prints; none if it is another command.
pub(crate) fn text(name: &str, matches: &ArgMatches) -> Option<Vec<u8>> {
    match name {
        "completions" => {
            let mut script = Vec::new();
            let shell: Shell = *matches.get_one("shell")?;
            generate(shell, &mut arguments::command(), "snugd", &mut script);
            Some(script)
        }
        "man" => page().ok(),
        _ => None,
    }
}

fn page() -> std::io::Result<Vec<u8>> {
    let mut command = arguments::command();
    command.build();
    let mut page = Vec::new();
    Man::new(command).section("8").render(&mut page)?;
    let mut more = Roff::new();
    more.control("SH", ["EXIT STATUS"]);
    for (status, meaning) in EXITS {
        more.control("TP", []);
        more.text([bold(*status)]);
        more.text([roman(*meaning)]);
    }
    more.to_writer(&mut page)?;
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k3_the_manual_and_the_completions_name_every_command_and_option() {
        let manual = String::from_utf8(page().unwrap()).unwrap();
        let matches = arguments::command()
            .try_get_matches_from(["snugd", "completions", "bash"])
            .unwrap();
        let (name, inner) = matches.subcommand().unwrap();
        let completions = String::from_utf8(text(name, inner).unwrap()).unwrap();
        let command = arguments::command();
        let shown = command
            .get_arguments()
            .filter(|option| !option.is_hide_set());
        for option in shown.filter_map(Arg::get_long) {
            assert!(completions.contains(&format!("--{option}")), "{option}");
            let escaped = option.replace('-', "\\-");
            assert!(manual.contains(&format!("\\-\\-{escaped}\\fR")), "{option}");
        }
        for command in command.get_subcommands() {
            let name = command.get_name();
            assert!(completions.contains(name), "{name}");
            assert!(manual.contains(&name.replace('-', "\\-")), "{name}");
        }
    }
}
