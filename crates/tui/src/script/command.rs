//! The commands of the chat as script commands: `snug NAME WORDS…` does what `/NAME WORDS…` does. One
//! table makes both.

use std::{
    io::{IsTerminal, stdin},
    sync::{Arc, Mutex, PoisonError},
};

use clap::{Args, FromArgMatches};
use snug_client::Update;
use snug_proto::{Answer, Refusal, Request, Response, Secret, Session};

use super::{
    Common, Derived, Failure, Output, arguments::DerivedArguments, connect::Way, read::view_of,
};
use crate::{
    arguments::Look,
    ask,
    plain::commands::{self, Around, Ask, Command, Deed, Misuse, Output as Shown, Queued},
    plain::moment,
};

/// Commands that only mean something where somebody sits and reads, beside those of the program itself.
const OF_THE_CHAT: &[&str] = &["mark", "room"];

/// Commands whose own name means something else outside the chat, and what they are called there.
const CALLED: &[(&str, &str)] = &[("join", "enter")];

/// The commands that can be had from a script; those in `taken` are there already.
pub(crate) fn derived(taken: &[String]) -> Vec<clap::Command> {
    commands::AREAS
        .iter()
        .filter(|area| area.title != commands::OF_THE_PROGRAM)
        .flat_map(|area| area.commands)
        .filter(|command| !OF_THE_CHAT.contains(&command.name))
        .map(|command| (command, called(command)))
        .filter(|(_, called)| !taken.iter().any(|name| name == called))
        .map(|(command, called)| {
            let usage = command.usage.trim_start_matches('/');
            let about = format!("{} In the chat: {}", command.help, command.usage);
            let name = command.name;
            let words = usage.strip_prefix(name).unwrap_or_default();
            let shown = format!("snug {called} [OPTIONS]{words}");
            let brief = commands::help::brief_sentence(command);
            // What the arguments say of themselves is not what the command does.
            DerivedArguments::augment_args(clap::Command::new(called))
                .about(brief.trim_end_matches('.'))
                .long_about(about)
                .override_usage(shown)
        })
        .collect()
}

fn called(command: &Command) -> &'static str {
    let otherwise = CALLED.iter().find(|(name, _)| *name == command.name);
    otherwise.map_or(command.name, |(_, called)| called)
}

impl Derived {
    /// Reads a command line that one of [`derived`] took.
    pub(crate) fn from_matches(
        name: &str,
        matches: &clap::ArgMatches,
    ) -> Result<Self, clap::Error> {
        let arguments = DerivedArguments::from_arg_matches(matches)?;
        Ok(Self {
            name: name.to_owned(),
            room: arguments.room,
            words: arguments.words,
            common: arguments.common,
        })
    }
}

/// Does it.
pub(crate) async fn run(derived: Derived, look: Look, output: &mut Output) -> Result<(), Failure> {
    let command = commands::all().find(|command| called(command) == derived.name);
    let command =
        command.ok_or_else(|| Failure::usage(format!("there is no command {}", derived.name)))?;
    let now = moment::now();
    let around = |offset_s| Around {
        here: derived
            .room
            .as_deref()
            .map(|room| room.trim_start_matches('#').into()),
        // Here it is named, if it is.
        in_lobby: false,
        now,
        offset_s,
    };
    let words = derived.words.join(" ");
    // Wrong words need no connection.
    let read = |around| {
        command
            .deed(&words, around)
            .map_err(|misuse| misused(command, misuse))
    };
    read(around(0))?;
    let way = Way::to_ask(&derived.common).await?;
    let mut deed = read(around(way.profile.local_offset_s(now)?))?;
    while let Deed::Secret { what, then } = deed {
        deed = then(secret(&what).await?);
    }
    match deed {
        Deed::Ask(question) => {
            let answers = Answers::default();
            let keep = if output.is_json() {
                Keep::All
            } else {
                Keep::None
            };
            let outcome = question(asking(&way, &answers, keep)).await;
            let lost = way.opened.connection.lost();
            let shown = outcome.map_err(|trouble| match lost {
                Some(lost) => Failure::connect(format!("the connection was lost: {lost}")),
                None => trouble.into(),
            });
            print(shown?, &answers, view_of(&way, look), output).await?;
            way.leave().await;
            Ok(())
        }
        Deed::Queued(queued) => queue(way, queued, &derived.common, output).await,
        Deed::Secret { .. } | Deed::Here(_) => Err(Failure::usage(format!(
            "/{} only means something in the chat",
            derived.name
        ))),
    }
}

fn misused(command: &Command, misuse: Misuse) -> Failure {
    let usage = command.usage.trim_start_matches('/');
    match misuse {
        Misuse::Usage => Failure::usage(format!(
            "it is used so: snug {usage} (options such as --json and --room stand right after `snug {}`)",
            command.name
        )),
        Misuse::NoRoom => Failure::usage("--room ROOM says in which room"),
        Misuse::Say(sentence) => Failure::usage(sentence),
    }
}

/// A secret from whoever starts this: a line of standard input, not shown on a terminal.
async fn secret(what: &str) -> Result<Secret, Failure> {
    let question = if stdin().is_terminal() {
        format!("{what}: ")
    } else {
        String::new()
    };
    let secret = ask::secret(&question).await;
    secret.map_err(|error| Failure::usage(format!("{what} is read from standard input: {error}")))
}

/// The answers of the server: kept only where they are printed, since there may be very many.
#[derive(Default)]
struct Answered {
    kept: Vec<Response>,
    /// Some said more than that it is done.
    said_more: bool,
}

/// Guards what is noted as an answer comes.
type Answers = Arc<Mutex<Answered>>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    All,
    None,
}

fn asking(way: &Way, answers: &Answers, keep: Keep) -> Ask {
    let (connection, answers) = (way.opened.connection.clone(), Arc::clone(answers));
    Ask {
        server: Arc::new(move |request: Request| {
            let (answering, kept) = snug_proto::Pending::new();
            let (pending, answers) = (connection.request(request), Arc::clone(&answers));
            tokio::spawn(async move {
                let answer: Answer = pending.await;
                if let Ok(response) = &answer {
                    let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
                    answers.said_more |= !matches!(response, Response::Done(_));
                    if keep == Keep::All {
                        answers.kept.push(response.clone());
                    }
                }
                answering.answer(answer);
            });
            kept
        }),
        link: way.server.link.clone(),
        name: way.opened.signed_in.name.clone(),
    }
}

async fn print(
    shown: Shown,
    answers: &Answers,
    mut view: crate::plain::view::View,
    output: &mut Output,
) -> Result<(), Failure> {
    let answers = std::mem::take(&mut *answers.lock().unwrap_or_else(PoisonError::into_inner));
    if output.is_json() {
        for answer in &answers.kept {
            output.object(answer).await?;
        }
        return Ok(());
    }
    if !answers.said_more {
        // It is done; a script needs no words for it.
        return Ok(());
    }
    let lines = match shown {
        Shown::Lines(lines) => lines,
        Shown::Viewed(lines) => lines(&mut view),
    };
    for line in lines {
        output
            .line(line.strip_prefix("-- ").unwrap_or(&line))
            .await?;
    }
    Ok(())
}

/// Through the queue: once, over a lost connection too.
async fn queue(
    way: Way,
    queued: Queued,
    common: &Common,
    output: &mut Output,
) -> Result<(), Failure> {
    let (client, mut updates) = way.follow()?;
    let id = client.submit(queued.request);
    let id = id.map_err(|full| Failure::local(full.to_string()))?;
    let answer = loop {
        match updates.next().await {
            Some(Update::Answered { id: of, answer }) if of == id => break answer,
            Some(Update::Ended(ended)) => break Err(ended_as(ended)),
            Some(_) => {}
            None => return Err(Failure::timeout(common.timeout, None)),
        }
    };
    client.close(updates).await;
    let response = answer?;
    if output.is_json() {
        output.object(&response).await?;
    }
    Ok(())
}

fn ended_as(ended: snug_client::Ended) -> Refusal {
    match ended {
        snug_client::Ended::SignedOut(refusal) => refusal,
        other => Refusal::with_text(snug_proto::ErrorCode::Internal, other.to_string()),
    }
}
