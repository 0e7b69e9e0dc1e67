//! Coming in: the steps of the first start, and signing in again where a password is needed. Each is a job
//! beside the screen, which waits for none of them.

mod here;

use std::time::Duration;

use snug_client::{
    Brought, ClientOptions, Connection, KnownServer, Link, Opened, Profile, SignInError, Signer,
    come_as_guest, second_factor,
};
use snug_proto::{ErrorCode, Refusal, Secret, SignedIn};
use snug_screen::{EnterAs, Entering, FirstNews, FirstStep, Input, overlay::Welcome};

use super::{
    program::{Done, Program},
    question::{For, Wanted},
};
use crate::{find, join, sanitize};

/// How long the local network is looked at.
const LOOK_FOR: Duration = Duration::from_secs(3);

/// Somebody has come in to a server.
pub(super) struct Came {
    pub(super) known: KnownServer,
    pub(super) opened: Opened,
    /// By the first start, which waits to be told.
    pub(super) first: bool,
}

impl Program {
    /// Where no server is known: the three choices.
    pub(super) fn welcome_if_new(&mut self) {
        if self.lines.is_empty() {
            self.screen.lay_over(Box::new(Welcome::default()));
        }
    }

    /// A step of the first start.
    pub(super) fn first(&mut self, step: FirstStep) {
        let (profile, options) = (self.profile.clone(), self.options.clone());
        match step {
            FirstStep::Look => self.jobs.spawn(async {
                Done::First(match find::look(LOOK_FOR).await {
                    Ok(found) => {
                        let pair = |found: find::Found| (found.name, found.link.to_string());
                        FirstNews::Found(found.into_iter().map(pair).collect())
                    }
                    Err(error) => failed(&error),
                })
            }),
            FirstStep::StartHere => self.jobs.spawn(async move {
                let started = here::start().await;
                let visited = match started {
                    Ok(line) => visit(&profile, &options, &line.link, Some(line.code)).await,
                    Err(error) => Err(error),
                };
                Done::First(visited.unwrap_or_else(|error| failed(&error)))
            }),
            FirstStep::Visit { link } => self.jobs.spawn(async move {
                let visited = visit(&profile, &options, &link, None).await;
                Done::First(visited.unwrap_or_else(|error| failed(&error)))
            }),
            FirstStep::Enter(entering) => self.jobs.spawn(async move {
                match enter(&profile, &options, *entering).await {
                    Ok(came) => Done::Came(Box::new(came)),
                    Err(error) if owes_code(&error) => Done::First(FirstNews::CodeNeeded),
                    Err(error) => Done::First(failed(&error)),
                }
            }),
        };
    }

    /// Signs in again by the password.
    pub(super) fn sign_in(&mut self, known: KnownServer, password: Secret) {
        let (profile, options) = (self.profile.clone(), self.options.clone());
        self.jobs.spawn(async move {
            let opening = Opened::hello(&known.link, &options).await;
            match opening {
                Ok((connection, _welcome)) => {
                    let signed_in = sign_in(&profile, &connection, &known, &password).await;
                    came_back(&profile, known, connection, signed_in)
                }
                Err(error) => Done::NotIn(known, crate::sentence(&join::explain(error))),
            }
        });
    }

    /// Asks for the code of the second factor.
    pub(super) fn want_code(&mut self, known: KnownServer, connection: Connection) {
        let what = format!("the code of your second factor on {}", known.alias);
        let whose = For::SecondFactor(known, connection);
        self.want(Wanted { what, whose });
    }

    /// Ends a sign-in by the code of the second factor.
    pub(super) fn end_sign_in(&mut self, known: KnownServer, connection: Connection, code: Secret) {
        let profile = self.profile.clone();
        self.jobs.spawn(async move {
            let signed_in = second_factor(&connection, code).await;
            came_back(&profile, known, connection, signed_in.map_err(Into::into))
        });
    }

    /// Somebody has come in: the screen sits down there, in the place of what was there before.
    pub(super) fn came(&mut self, came: Came) {
        let Came {
            known,
            opened,
            first,
        } = came;
        let alias = known.alias.clone();
        let before = self.lines.iter().position(|line| line.known.alias == alias);
        if let Some(before) = before {
            let line = self.lines.remove(before);
            self.input(Input::Forget(line.id));
            self.jobs.spawn(async {
                line.close().await;
                Done::Nothing
            });
        }
        if let Err(error) = self.sit_down(known, Some(opened)) {
            self.note(&format!("!! {}", crate::sentence(&error)));
            return;
        }
        if first {
            self.input(Input::First(FirstNews::Entered));
        }
    }

    /// The password was not right, or there was no connection: it is asked for again.
    pub(super) fn not_in(&mut self, known: KnownServer, why: &str) {
        self.note(&format!("!! {why}"));
        self.want_password(known);
    }
}

fn failed(error: &anyhow::Error) -> FirstNews {
    FirstNews::Failed(crate::sentence(error))
}

/// Goes to a server and asks how one comes in.
async fn visit(
    profile: &Profile,
    options: &ClientOptions,
    link: &str,
    code: Option<Secret>,
) -> anyhow::Result<FirstNews> {
    let link: Link = link.parse()?;
    join::refuse_other_identity(profile, &link)?;
    let (connection, welcome) = Opened::hello(&link, options).await.map_err(join::explain)?;
    // What is asked of the person takes longer than the server waits.
    connection.close().await;
    Ok(FirstNews::Server {
        link: link.to_string(),
        name: format!(
            "{} at {}:{}",
            sanitize::line(&welcome.server),
            link.host(),
            link.port()
        ),
        registration: welcome.registration,
        guests: welcome.guests,
        code,
    })
}

/// Comes in.
async fn enter(
    profile: &Profile,
    options: &ClientOptions,
    entering: Entering,
) -> anyhow::Result<Came> {
    let Entering {
        link,
        as_what,
        name,
        password,
        code,
        second_factor: factor,
    } = entering;
    let link: Link = link.parse()?;
    let (connection, _welcome) = Opened::hello(&link, options).await.map_err(join::explain)?;
    let missing = || SignInError::Refused(Refusal::from(ErrorCode::BadPassword));
    let signed_in = match as_what {
        EnterAs::Guest => come_as_guest(&connection, &name, code.clone()).await?,
        EnterAs::New => {
            let password = password.ok_or_else(missing)?;
            Signer::default()
                .register(&connection, &name, &password, code.clone())
                .await?
        }
        EnterAs::Known => {
            let password = password.ok_or_else(missing)?;
            let brought = Brought {
                device: None,
                code: code.clone(),
            };
            let signer = Signer::default();
            let signing = signer.sign_in_with(&connection, &name, &password, brought);
            match (signing.await, factor) {
                (Err(SignInError::Refused(refusal)), Some(given))
                    if refusal.code == ErrorCode::SecondFactorNeeded =>
                {
                    second_factor(&connection, given).await?
                }
                (signed_in, _) => signed_in?,
            }
        }
    };
    let profile = profile.clone();
    let known = tokio::task::spawn_blocking(move || -> anyhow::Result<_> {
        let known = join::known_server(&profile, None, link, &signed_in)?;
        match as_what {
            EnterAs::Guest => profile.remember_guest(&known, code.as_ref())?,
            EnterAs::New | EnterAs::Known => join::remember(&profile, &known, &signed_in)?,
        }
        Ok((known, signed_in))
    });
    let (known, signed_in): (KnownServer, SignedIn) = known.await??;
    Ok(Came {
        known,
        opened: Opened {
            connection,
            signed_in,
        },
        first: true,
    })
}

async fn sign_in(
    profile: &Profile,
    connection: &Connection,
    known: &KnownServer,
    password: &Secret,
) -> anyhow::Result<SignedIn> {
    let brought = Brought {
        device: profile.device(&known.alias)?,
        code: None,
    };
    let signer = Signer::default();
    let signing = signer.sign_in_with(connection, &known.name, password, brought);
    Ok(signing.await?)
}

/// What a sign-in came to.
fn came_back(
    profile: &Profile,
    known: KnownServer,
    connection: Connection,
    signed_in: anyhow::Result<SignedIn>,
) -> Done {
    let kept = signed_in.and_then(|signed_in| {
        join::remember(profile, &known, &signed_in)?;
        Ok(signed_in)
    });
    match kept {
        Ok(signed_in) => Done::Came(Box::new(Came {
            known,
            opened: Opened {
                connection,
                signed_in,
            },
            first: false,
        })),
        Err(error) if owes_code(&error) => Done::CodeNeeded(known, connection),
        Err(error) => Done::NotIn(known, crate::sentence(&error)),
    }
}

fn owes_code(error: &anyhow::Error) -> bool {
    let refused = error.downcast_ref::<SignInError>();
    matches!(refused, Some(SignInError::Refused(refusal)) if refusal.code == ErrorCode::SecondFactorNeeded)
}
