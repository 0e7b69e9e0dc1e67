//! From the command line to a signed-in connection: joining a server, and coming back to one.

use std::time::Duration;

use anyhow::{Context, bail};
use snug_client::{
    Brought, ClientOptions, ConnectError, Connection, KnownServer, Link, OpenError, Opened,
    Profile, SignInError, Signer, come_as_guest, open, second_factor,
};
use snug_proto::{
    ErrorCode, GuestPolicy, Refusal, Registration, Role, Secret, SignedIn, Welcome,
    limits::MIN_PASSWORD_CHARS,
};

use crate::{
    arguments::{self, Join},
    ask::{self, by_a_person},
    sanitize,
};

/// How often a person may answer anew before the program gives up.
const TRIES: usize = 3;

/// A server, and the connection to it.
pub(crate) struct Entered {
    /// As the address book has it.
    pub(crate) server: KnownServer,
    /// Signed in.
    pub(crate) opened: Opened,
}

/// Goes to a server by its link.
pub(crate) async fn join(
    profile: &Profile,
    join: Join,
    options: &ClientOptions,
) -> anyhow::Result<Entered> {
    refuse_other_identity(profile, &join.link)?;
    if let Some(alias) = &join.alias {
        check_alias(profile, alias, &join.link)?;
    }
    let link = join.link.clone();
    let (mut door, welcome) = Door::open(&link, options).await?;
    if let Some(name) = &join.guest {
        let name = name.clone();
        return as_guest(profile, join, door, &welcome, &name).await;
    }
    let comes_with_code = [&join.code, &join.reset, &join.device_code];
    if welcome.guests != GuestPolicy::Off && comes_with_code.iter().all(|code| code.is_none()) {
        eprintln!("To look around without an account, add --guest NAME to this command.");
    }
    let brought = Brought {
        device: None,
        code: join.device_code.as_deref().map(Secret::from),
    };
    let (signed_in, registered) = match &join.code {
        None if join.reset.is_some() || join.device_code.is_some() => match &join.reset {
            Some(code) => (reset(&mut door, join.name.as_deref(), code).await?, false),
            None => (
                sign_in(&mut door, join.name.as_deref(), brought).await?,
                false,
            ),
        },
        Some(code) => {
            let code = Some(Secret::from(code.as_str()));
            (register(&mut door, join.name.as_deref(), code).await?, true)
        }
        None if ask::yes_or_no("Are you new on this server? [y/N] ").await? => {
            let code = ask_code(&welcome).await?;
            (register(&mut door, join.name.as_deref(), code).await?, true)
        }
        None => (
            sign_in(&mut door, join.name.as_deref(), brought).await?,
            false,
        ),
    };
    let connection = door.connection;
    let server = known_server(profile, join.alias, join.link, &signed_in)?;
    remember(profile, &server, &signed_in)?;
    let done = if registered {
        "Registered"
    } else {
        "Signed in"
    };
    eprintln!(
        "{done} as {}. This server is called {} here.",
        sanitize::line(&server.name),
        sanitize::line(&server.alias)
    );
    let opened = Opened {
        connection,
        signed_in,
    };
    Ok(Entered { server, opened })
}

/// The server that one came in to, as it is remembered.
pub(crate) fn known_server(
    profile: &Profile,
    alias: Option<String>,
    link: Link,
    signed_in: &SignedIn,
) -> anyhow::Result<KnownServer> {
    let alias = match alias {
        Some(alias) => alias,
        None => free_alias(profile, &link, signed_in)?,
    };
    Ok(KnownServer {
        alias,
        link,
        name: signed_in.name.clone(),
        account: signed_in.account,
    })
}

/// Goes to a server as a guest.
async fn as_guest(
    profile: &Profile,
    join: Join,
    mut door: Door<'_>,
    welcome: &Welcome,
    name: &str,
) -> anyhow::Result<Entered> {
    let mut code = join.code.map(Secret::from);
    if code.is_none() && welcome.guests == GuestPolicy::Code {
        code = Some(
            ask::line("Access code of this server: ")
                .await?
                .trim()
                .into(),
        );
    }
    let mut wanted = name.to_owned();
    let mut tries = 1;
    let signed_in = loop {
        match come_as_guest(door.connection().await?, &wanted, code.clone()).await {
            Ok(signed_in) => break signed_in,
            Err(SignInError::Refused(refusal))
                if matches!(refusal.code, ErrorCode::BadName | ErrorCode::NameTaken)
                    && by_a_person()
                    && tries < TRIES =>
            {
                eprintln!("{}", sanitize::line(&refusal.text));
                wanted = ask_name(None, "Another name: ").await?;
                tries += 1;
            }
            Err(error) => return Err(error.into()),
        }
    };
    let connection = door.connection;
    let server = known_server(profile, join.alias, join.link, &signed_in)?;
    profile.remember_guest(&server, code.as_ref())?;
    eprintln!(
        "You are here as {}, a guest, for as long as you are connected; only what you say stays. This \
         server is called {} here.",
        sanitize::line(&server.name),
        sanitize::line(&server.alias)
    );
    let opened = Opened {
        connection,
        signed_in,
    };
    Ok(Entered { server, opened })
}

/// Comes back to a server of the address book.
pub(crate) async fn known(
    profile: &Profile,
    alias: Option<&str>,
    options: &ClientOptions,
) -> anyhow::Result<Entered> {
    let server = match alias {
        Some(alias) => profile
            .server(alias)?
            .with_context(|| unknown_alias(alias))?,
        None => profile
            .last_server()?
            .context("no server is known here yet; go to one with `snug join LINK`")?,
    };
    let opened = match open(profile, &server.alias, &server.link, options).await {
        Ok(opened) => opened,
        Err(error) if error.wants_password() => {
            eprintln!("The sign-in kept for {} has ended.", server.alias);
            let (mut door, _welcome) = Door::open(&server.link, options).await?;
            let brought = Brought {
                device: profile.device(&server.alias)?,
                code: None,
            };
            let signed_in = sign_in(&mut door, Some(&server.name), brought).await?;
            remember(profile, &server, &signed_in)?;
            Opened {
                connection: door.connection,
                signed_in,
            }
        }
        Err(error) => return Err(explain(error)),
    };
    Ok(Entered { server, opened })
}

/// What is said of a word that is no server's alias.
pub(crate) fn unknown_alias(alias: &str) -> String {
    format!(
        "no server is called {alias} here (`snug servers` lists them), and there is no such command (`snug \
         --help` lists those)"
    )
}

/// A connection that nobody has signed in on. The server ends one that nobody signs in on for a minute,
/// and a person may think longer about a password.
struct Door<'a> {
    link: &'a Link,
    options: &'a ClientOptions,
    connection: Connection,
}

impl<'a> Door<'a> {
    async fn open(link: &'a Link, options: &'a ClientOptions) -> anyhow::Result<(Self, Welcome)> {
        let (connection, welcome) = Opened::hello(link, options).await.map_err(explain)?;
        let door = Self {
            link,
            options,
            connection,
        };
        Ok((door, welcome))
    }

    /// The connection; a new one if it was ended meanwhile.
    async fn connection(&mut self) -> anyhow::Result<&Connection> {
        if self.connection.lost().is_some() {
            let again = Opened::hello(self.link, self.options).await;
            self.connection = again.map_err(explain)?.0;
        }
        Ok(&self.connection)
    }
}

/// One address shows one identity. A link that says another one needs a decision by a person.
pub(crate) fn refuse_other_identity(profile: &Profile, link: &Link) -> anyhow::Result<()> {
    for server in profile.servers()? {
        let same_place = (server.link.host(), server.link.port()) == (link.host(), link.port());
        if same_place && server.link.fingerprint() != link.fingerprint() {
            bail!(
                "THIS LINK NAMES ANOTHER IDENTITY than the one known for {}: known is {}, the \
                 link says {}. Ask the person who runs the server, by another way than this link. \
                 If it was truly set up anew: snug servers forget {}, then join again",
                server.alias,
                server.link.fingerprint(),
                link.fingerprint(),
                server.alias
            );
        }
    }
    Ok(())
}

fn check_alias(profile: &Profile, alias: &str, link: &Link) -> anyhow::Result<()> {
    let fit = |c: char| c.is_alphanumeric() || "-_.@:".contains(c);
    if alias.is_empty() || alias.starts_with('-') || !alias.chars().all(fit) {
        bail!("an alias is made of letters, digits and -_.@: and does not begin with -");
    }
    if arguments::is_command(alias) {
        bail!("{alias} is a command of snug and cannot be an alias; choose another with --as");
    }
    if let Some(taken) = profile.server(alias)?
        && taken.link != *link
    {
        bail!("{alias} is the alias of another server already; choose another with --as");
    }
    Ok(())
}

/// The host, if that is free or means the same; else something near.
fn free_alias(profile: &Profile, link: &Link, me: &SignedIn) -> anyhow::Result<String> {
    let host = link.host();
    let mut candidates = vec![host.to_owned(), format!("{}@{host}", me.name)];
    candidates.extend((2..100).map(|number| format!("{}@{host}-{number}", me.name)));
    for alias in candidates {
        let free = match profile.server(&alias)? {
            None => true,
            // A guest is somebody new each time, and known by the name.
            Some(taken) if me.role == Role::Guest => {
                taken.link == *link && taken.name == me.name && profile.guest(&alias)?.is_some()
            }
            Some(taken) => taken.link == *link && taken.account == me.account,
        };
        if free {
            return Ok(alias);
        }
    }
    bail!("name this server with --as: every alias that comes to mind is taken")
}

async fn ask_code(welcome: &Welcome) -> anyhow::Result<Option<Secret>> {
    let question = match welcome.registration {
        Registration::Open | Registration::Roster => return Ok(None),
        Registration::Code => "Access code of this server: ",
        Registration::Invite => "Your invitation code: ",
    };
    Ok(Some(ask::line(question).await?.trim().into()))
}

async fn register(
    door: &mut Door<'_>,
    name: Option<&str>,
    code: Option<Secret>,
) -> anyhow::Result<SignedIn> {
    let mut given = name.map(str::to_owned);
    let mut tries = 1;
    loop {
        let name = ask_name(given.take(), "Choose a name: ").await?;
        let password = ask_new_password(&name).await?;
        let made = Signer::default()
            .register(door.connection().await?, &name, &password, code.clone())
            .await;
        match made {
            Ok(signed_in) => return Ok(signed_in),
            Err(SignInError::Refused(refusal)) if by_a_person() && tries < TRIES => {
                use ErrorCode::{BadName, NameTaken};
                if !matches!(refusal.code, BadName | NameTaken) {
                    return Err(SignInError::Refused(refusal).into());
                }
                eprintln!("{}", sanitize::line(&refusal.text));
                tries += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Remembers a server, the token to come back with, and what tells this device.
pub(crate) fn remember(
    profile: &Profile,
    server: &KnownServer,
    signed_in: &SignedIn,
) -> anyhow::Result<()> {
    profile.remember(server, signed_in.session.as_ref())?;
    if let Some(device) = &signed_in.device {
        profile.save_device(&server.alias, device)?;
    }
    Ok(())
}

/// Sets a new password with a code from the owner.
async fn reset(door: &mut Door<'_>, name: Option<&str>, code: &str) -> anyhow::Result<SignedIn> {
    let name = ask_name(name.map(str::to_owned), "Name: ").await?;
    let password = ask_new_password(&name).await?;
    let signed_in = Signer::default()
        .reset(door.connection().await?, &name, &password, code.into())
        .await;
    with_code(door, signed_in).await
}

/// Asks for the code of the second factor where one is owed (A7).
async fn with_code(
    door: &mut Door<'_>,
    mut answer: Result<SignedIn, SignInError>,
) -> anyhow::Result<SignedIn> {
    let mut tries = 0;
    loop {
        let refusal = match answer {
            Ok(signed_in) => return Ok(signed_in),
            Err(SignInError::Refused(refusal)) => refusal,
            Err(error) => return Err(error.into()),
        };
        let owed = match refusal.code {
            ErrorCode::SecondFactorNeeded => true,
            ErrorCode::BadCode => by_a_person() && tries < TRIES,
            _ => false,
        };
        if !owed {
            return Err(SignInError::Refused(refusal).into());
        }
        say_and_wait(&refusal).await;
        let code = ask::secret("Code: ").await?;
        answer = second_factor(door.connection().await?, code).await;
        tries += 1;
    }
}

/// Says why a try was refused, and waits until the next is looked at.
async fn say_and_wait(refusal: &Refusal) {
    eprintln!("{}", sanitize::line(&refusal.text));
    if let Some(ms) = refusal.retry_after_ms {
        let wait = Duration::from_millis(ms);
        eprintln!("One may try again in {} s.", wait.as_secs().max(1));
        tokio::time::sleep(wait).await;
    }
}

async fn sign_in(
    door: &mut Door<'_>,
    name: Option<&str>,
    brought: Brought,
) -> anyhow::Result<SignedIn> {
    let known = name.map(str::to_owned);
    let mut tries = 1;
    loop {
        let name = ask_name(known.clone(), "Name: ").await?;
        let password = ask::secret(&format!("Password of {name}: ")).await?;
        match Signer::default()
            .sign_in_with(door.connection().await?, &name, &password, brought.clone())
            .await
        {
            Ok(signed_in) => return Ok(signed_in),
            Err(SignInError::Refused(refusal)) if refusal.code == ErrorCode::SecondFactorNeeded => {
                return with_code(door, Err(SignInError::Refused(refusal))).await;
            }
            Err(SignInError::Refused(refusal))
                if refusal.code == ErrorCode::BadCredentials && by_a_person() && tries < TRIES =>
            {
                say_and_wait(&refusal).await;
                tries += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

async fn ask_name(given: Option<String>, question: &str) -> anyhow::Result<String> {
    if let Some(name) = given {
        return Ok(name);
    }
    let mut tries = 1;
    loop {
        let name = ask::line(question).await?.trim().to_owned();
        if !name.is_empty() {
            return Ok(name);
        }
        if !by_a_person() || tries >= TRIES {
            bail!("a name is needed");
        }
        tries += 1;
    }
}

async fn ask_new_password(name: &str) -> anyhow::Result<Secret> {
    let mut tries = 1;
    loop {
        let password = ask::secret("Password (at least 8 characters): ").await?;
        let weak = snug_client::may_be_password(password.expose(), name, MIN_PASSWORD_CHARS).err();
        let wrong = if let Some(weak) = weak {
            weak.text
        } else if ask::secret("The same again: ").await? == password {
            return Ok(password);
        } else {
            "The two passwords are not the same.".to_owned()
        };
        if !by_a_person() || tries >= TRIES {
            bail!("{wrong}");
        }
        eprintln!("{wrong}");
        tries += 1;
    }
}

/// Adds what to do about it.
pub(crate) fn explain(error: OpenError) -> anyhow::Error {
    let advice = match &error {
        OpenError::Connect(ConnectError::FingerprintChanged { .. }) => {
            "Do not go on unless the person who runs the server tells you, by another way, that it \
             was set up anew; then forget it (snug servers forget ALIAS) and join with the new link"
        }
        OpenError::Connect(ConnectError::Unreachable { .. } | ConnectError::TimedOut { .. }) => {
            "Is the server running, and is this machine on the network?"
        }
        OpenError::Connect(ConnectError::Handshake { .. }) => {
            "Is that a Snug server, and the right port?"
        }
        _ => return error.into(),
    };
    anyhow::anyhow!("{error}. {advice}")
}
