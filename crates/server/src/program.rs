//! What `snugd` does with its command line.

use std::{
    fs::OpenOptions,
    io::{self, BufRead, Read, Write},
    process::ExitCode,
    time::Duration,
};

use clap::ArgMatches;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use snug_proto::{AuditEntry, Role, Secret, limits::MAX_PASSWORD_BYTES};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{Signal, SignalKind, signal},
};

use crate::{
    Options, Profile, Server, StartError,
    admin::{Command, Outcome},
    arguments,
    config::{self, default_file},
    control, doctor,
    firewall::{self, AtFirewall},
    keeping, logging, manual,
    roster::{self, BadLines},
    welcome,
};

/// Threads for what blocks. Storage has threads of its own.
const MAX_BLOCKING_THREADS: usize = 16;
/// Exit status for options that cannot be used, as clap has it.
const BAD_OPTIONS: u8 = 2;

/// Runs the program.
pub fn run() -> ExitCode {
    let matches = arguments::command().get_matches();
    let mut leaf = &matches;
    let mut path = Vec::new();
    while let Some((name, inner)) = leaf.subcommand() {
        path.push(name);
        leaf = inner;
    }
    if path.first() == Some(&"config") {
        return write_default(leaf);
    }
    if let Some(text) = path.first().and_then(|name| manual::text(name, leaf)) {
        // Nobody may be reading.
        let printed = io::stdout().lock().write_all(&text);
        return printed.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    // Options are global, so the innermost command knows them all.
    let options = match config::read(leaf) {
        Ok(options) => options,
        Err(error) => return fail(&error, BAD_OPTIONS),
    };
    if let Some(work) = path.first().and_then(|name| keeping::Work::named(name)) {
        return match keeping::run(&options, work, leaf) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error, 1),
        };
    }
    let command = match path.last() {
        None => return serve(options),
        Some(&"owner-code") => Command::OwnerCode,
        Some(&"invite") => Command::Invite,
        Some(&"reset-code") => Command::ResetCode {
            name: leaf.get_one("name").cloned().unwrap_or_default(),
        },
        Some(&"drop-second-factor") => Command::DropSecondFactor {
            name: leaf.get_one("name").cloned().unwrap_or_default(),
        },
        Some(&"allow") => Command::Allow {
            address: leaf.get_one("address").cloned().unwrap_or_default(),
            for_s: leaf.get_one::<u64>("hours").map(|hours| hours * 3600),
        },
        Some(&"disallow") => Command::Disallow {
            address: leaf.get_one("address").cloned().unwrap_or_default(),
        },
        Some(&"unban") => Command::Unban {
            address: leaf.get_one("address").cloned().unwrap_or_default(),
        },
        Some(&"off") => Command::LockdownOff,
        Some(_) if path.first() == Some(&"roster") => match read_roster(leaf) {
            Ok(command) => command,
            Err(error) => return fail(&error, 1),
        },
        Some(&"export") => return export_audit(&options),
        Some(&"doctor") => return examine(&options),
        Some(&"bans") => return list_bans(&options, leaf.get_flag("nft")),
        Some(_) => match add_account(leaf) {
            Ok(command) => command,
            Err(error) => return fail(&error, 1),
        },
    };
    administer(&options, command)
}

fn fail(error: &dyn std::fmt::Display, status: u8) -> ExitCode {
    // Not eprintln, which panics where nobody reads.
    let _said = writeln!(io::stderr(), "snugd: {error}");
    ExitCode::from(status)
}

fn runtime(options: &Options) -> io::Result<Runtime> {
    // Two at least, since the engine's end blocks one for a moment.
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    Builder::new_multi_thread()
        .worker_threads(options.threads.unwrap_or(cores).max(2))
        .max_blocking_threads(MAX_BLOCKING_THREADS)
        .enable_all()
        .build()
}

fn serve(options: Options) -> ExitCode {
    logging::begin(options.log, &options.log_filter);
    raise_file_limit();
    let runtime = match runtime(&options) {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error, 1),
    };
    match runtime.block_on(serve_until_told(options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, 1),
    }
}

async fn serve_until_told(options: Options) -> Result<(), StartError> {
    let other = |error: io::Error| StartError::Other(error.to_string());
    // Before the start, so that a signal during it does not end the process half way.
    let mut terminate = signal(SignalKind::terminate()).map_err(other)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(other)?;
    let running = Server::start(options.clone()).await?;
    let text = welcome(&options, &running);
    let mut out = io::stdout().lock();
    // Nobody may be reading; the server serves all the same.
    let _said = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    drop(out);
    tracing::info!(listen = ?running.addresses(), profile = %options.profile, "started");
    either(&mut terminate, &mut interrupt).await;
    tracing::info!("stopping");
    tokio::select! {
        () = running.stop() => tracing::info!("stopped"),
        () = either(&mut terminate, &mut interrupt) => {
            tracing::warn!("told twice: ending at once");
            std::process::exit(1);
        }
    }
    Ok(())
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}

/// Each connection is a file; the system's customary 1,024 are soon used up.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(error = %error, "the limit of open files could not be raised");
    }
}

fn read_roster(matches: &ArgMatches) -> Result<Command, String> {
    let path = matches.get_one::<String>("file").cloned();
    let path = path.unwrap_or_default();
    let bad_lines = if matches.get_flag("skip-bad") {
        BadLines::Skip
    } else {
        BadLines::Refuse
    };
    let file = std::fs::File::open(&path);
    let file = file.map_err(|error| format!("{path} could not be opened: {error}."))?;
    let roster = roster::read(io::BufReader::new(file), bad_lines)
        .map_err(|problem| format!("{path}:\n{problem}"))?;
    for line in &roster.skipped {
        let _said = writeln!(io::stderr(), "left out: {line}");
    }
    Ok(Command::Roster {
        members: roster.members,
    })
}

fn add_account(matches: &ArgMatches) -> Result<Command, String> {
    let name = matches.get_one::<String>("name").cloned();
    let role = match matches.get_one::<String>("role").map(String::as_str) {
        Some("owner") => Role::Owner,
        Some("moderator") => Role::Moderator,
        _ => Role::Member,
    };
    // One byte more than a password may have, so that one that is too long is refused, not cut.
    let most = u64::try_from(MAX_PASSWORD_BYTES + 3).unwrap_or(u64::MAX);
    let mut line = String::new();
    let read = io::BufReader::new(io::stdin().take(most)).read_line(&mut line);
    read.map_err(|error| format!("The password could not be read from standard input: {error}."))?;
    let password = line.strip_suffix('\n').unwrap_or(&line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err("Give the account's password on standard input, as one line.".to_owned());
    }
    let password = Secret::new(password);
    let line = Secret::new(line);
    drop(line);
    Ok(Command::AddAccount {
        name: name.unwrap_or_default(),
        password,
        role,
    })
}

/// Asks the running server, or opens the folder if none runs.
fn outcome_of(options: &Options, command: Command) -> Result<Outcome, String> {
    if options.profile == Profile::Ephemeral {
        let sentence = "An ephemeral server has no data folder to be reached through; its owner commands it from the chat.";
        return Err(sentence.to_owned());
    }
    match control::ask(&options.data, &command) {
        Ok(Some(outcome)) => Ok(outcome),
        Ok(None) => without_server(options, command).map_err(|error| error.to_string()),
        Err(error) => Err(format!("The running server could not be asked: {error}.")),
    }
}

/// Writes the whole audit log to standard output, page by page.
fn export_audit(options: &Options) -> ExitCode {
    let mut before = None;
    loop {
        let page = match outcome_of(options, Command::Audit { before }) {
            Ok(Outcome::Ok(page)) => page,
            Ok(Outcome::Error(sentence)) | Err(sentence) => return fail(&sentence, 1),
        };
        let Some(last) = page.lines().last() else {
            return ExitCode::SUCCESS;
        };
        if let Err(error) = writeln!(io::stdout(), "{page}") {
            return fail(&format!("It could not be written: {error}."), 1);
        }
        match serde_json::from_str::<AuditEntry>(last) {
            Ok(last) => before = Some(last.entry),
            Err(error) => return fail(&format!("The answer could not be read: {error}."), 1),
        }
    }
}

/// Prints what the doctor found; a failure where something must be done.
fn examine(options: &Options) -> ExitCode {
    let findings = doctor::examine(options);
    let lines: String = findings.iter().map(ToString::to_string).collect();
    let printed = io::stdout().lock().write_all(lines.as_bytes());
    let well = findings.iter().all(doctor::Finding::is_bearable);
    if printed.is_ok() && well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Prints the bans of addresses and whom the door shuts out, a line each, or the bans as a table for nftables.
fn list_bans(options: &Options, nft: bool) -> ExitCode {
    let list = match outcome_of(options, Command::Bans) {
        Ok(Outcome::Ok(list)) => list,
        Ok(Outcome::Error(sentence)) | Err(sentence) => return fail(&sentence, 1),
    };
    let told: AtFirewall = match serde_json::from_str(&list) {
        Ok(told) => told,
        Err(error) => return fail(&format!("The answer could not be read: {error}."), 1),
    };
    let text = if nft {
        firewall::nft(&told)
    } else {
        firewall::lines(&told)
    };
    if text.is_empty() {
        // Not among the lines, which programs read.
        let _said = writeln!(
            io::stderr(),
            "No address is banned, and the door shuts none out."
        );
    }
    match io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("It could not be written: {error}."), 1),
    }
}

fn administer(options: &Options, command: Command) -> ExitCode {
    let outcome = match outcome_of(options, command) {
        Ok(outcome) => outcome,
        Err(sentence) => return fail(&sentence, 1),
    };
    match outcome {
        Outcome::Ok(line) => {
            if let Err(error) = writeln!(io::stdout(), "{line}") {
                return fail(&format!("It is done but could not be shown: {error}."), 1);
            }
            if line.contains("snug://localhost:") {
                let _said = writeln!(
                    io::stderr(),
                    "Elsewhere, put this machine's name or address in place of localhost, or start \
                     snugd with --server-name."
                );
            }
            ExitCode::SUCCESS
        }
        Outcome::Error(sentence) => fail(&sentence, 1),
    }
}

fn without_server(options: &Options, command: Command) -> Result<Outcome, StartError> {
    if !options.data.exists() {
        return Err(StartError::NoData {
            path: options.data.clone(),
        });
    }
    let runtime = runtime(options).map_err(|error| StartError::Other(error.to_string()))?;
    let outcome = runtime.block_on(Server::without_door(options, async |admin| {
        admin.run(command).await
    }));
    runtime.shutdown_timeout(Duration::from_secs(5));
    outcome
}

fn write_default(matches: &ArgMatches) -> ExitCode {
    let Some(path) = matches.get_one::<String>("write-default") else {
        return ExitCode::from(BAD_OPTIONS);
    };
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    match file.and_then(|mut file| file.write_all(default_file().as_bytes())) {
        Ok(()) => {
            let _said = writeln!(
                io::stdout(),
                "Written: {path}. Start with: snugd --config {path}"
            );
            ExitCode::SUCCESS
        }
        Err(error) => fail(&format!("{path} could not be written: {error}."), 1),
    }
}
