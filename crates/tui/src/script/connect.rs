//! From a script's options to a signed-in connection. Nothing is ever asked.

use std::path::Path;

use snug_client::{
    Begin, Client, ClientOptions, ConnectOptions, Credential, Deliveries, KnownServer, Link,
    Opened, Profile, Updates, default_folder, open,
};
use snug_proto::{OtherResponse, Quit, Request, Response, Secret, Session};

use super::{Common, Failure, within};
use crate::sanitize;

/// A token is shorter.
const MAX_TOKEN_FILE: usize = 4096;

/// Rooms that a follower has far behind it get no more than this of their past.
const TAIL: u64 = 10_000;

/// The variable that may hold an app token.
const TOKEN_VARIABLE: &str = "SNUG_TOKEN";

/// A server, signed in.
pub(crate) struct Way {
    pub(crate) profile: Profile,
    pub(crate) server: KnownServer,
    pub(crate) opened: Opened,
    options: ClientOptions,
}

impl Way {
    /// For one who only asks.
    pub(crate) async fn to_ask(common: &Common) -> Result<Self, Failure> {
        within(common.timeout, Self::open(common, Deliveries::Discard)).await
    }

    /// For one who follows, too.
    pub(crate) async fn to_follow(common: &Common) -> Result<Self, Failure> {
        within(common.timeout, Self::open(common, Deliveries::Keep)).await
    }

    async fn open(common: &Common, deliveries: Deliveries) -> Result<Self, Failure> {
        let mut options = ClientOptions {
            // As the chat calls itself: it is the same session.
            client: concat!("snug ", env!("CARGO_PKG_VERSION")).into(),
            connect: ConnectOptions {
                deliveries,
                ..ConnectOptions::default()
            },
            tail: TAIL,
            begin: Begin::Now,
            ..ClientOptions::default()
        };
        if let Some(token) = token(common)? {
            return Self::by_token(common, token, options).await;
        }
        let profile = Profile::open(&default_folder()?)?;
        let server = known(&profile, common.server.as_deref())?;
        options.credential = Credential::Session;
        let opened = open(&profile, &server.alias, &server.link, &options).await;
        let opened = opened.map_err(|error| {
            let again = error.wants_password();
            let failure = Failure::from(error);
            if again {
                let alias = sanitize::line(&server.alias);
                let text = format!(
                    "the sign-in kept for {alias} has ended; start `snug {alias}` once to sign in"
                );
                return Failure::sign_in(text);
            }
            failure
        })?;
        Ok(Self {
            profile,
            server,
            opened,
            options,
        })
    }

    /// With an app token, which needs nothing that is kept on this machine.
    async fn by_token(
        common: &Common,
        token: Secret,
        mut options: ClientOptions,
    ) -> Result<Self, Failure> {
        let (link, name, alias) = match common.server.as_deref() {
            Some(link) if link.contains("://") => {
                let link: Link = link
                    .parse()
                    .map_err(|bad| Failure::usage(format!("--server: {bad}")))?;
                let alias = link.host().to_owned();
                (link, None, alias)
            }
            alias => {
                let server = known(&Profile::open(&default_folder()?)?, alias)?;
                (server.link, Some(server.name), server.alias)
            }
        };
        let name = common.name.clone().or(name).ok_or_else(|| {
            Failure::usage("--name (or SNUG_NAME) says whose token it is, if --server is a link")
        })?;
        options.credential = Credential::AppToken {
            name: name.clone(),
            token,
        };
        let profile = Profile::in_memory()?;
        let opened = open(&profile, &alias, &link, &options).await?;
        let server = KnownServer {
            alias,
            link,
            name,
            account: opened.signed_in.account,
        };
        profile.remember(&server, None)?;
        Ok(Self {
            profile,
            server,
            opened,
            options,
        })
    }

    /// Asks once, on this connection.
    pub(crate) async fn request<T>(&self, request: impl Into<Request>) -> Result<T, Failure>
    where
        T: TryFrom<Response, Error = OtherResponse>,
    {
        let connection = &self.opened.connection;
        match connection.request(request.into()).await {
            Ok(response) => Ok(response.try_into()?),
            Err(refusal) => Err(connection.lost().map_or_else(
                || refusal.into(),
                |lost| Failure::connect(format!("the connection was lost: {lost}")),
            )),
        }
    }

    /// Goes on with a client that comes back by itself.
    pub(crate) fn follow(self) -> Result<(Client, Updates), Failure> {
        let Self {
            profile,
            server,
            opened,
            options,
        } = self;
        Ok(Client::start(profile, &server.alias, opened, options)?)
    }

    /// Says goodbye.
    pub(crate) async fn leave(self) {
        let connection = self.opened.connection;
        // If it is gone already, nobody needs telling.
        let _gone = connection.request(Quit::default().into()).await;
        connection.close().await;
    }
}

fn known(profile: &Profile, alias: Option<&str>) -> Result<KnownServer, Failure> {
    let found = match alias {
        Some(alias) => profile.server(alias)?,
        None => profile.last_server()?,
    };
    found.ok_or_else(|| match alias {
        Some(link) if link.contains("://") => Failure::usage(
            "--server takes a link only together with an app token; `snug join LINK` first",
        ),
        Some(alias) => Failure::usage(format!(
            "no server is called {alias} here; `snug servers` lists them"
        )),
        None => Failure::sign_in("no server is known here yet; go to one with `snug join LINK`"),
    })
}

/// The app token to use, if one is given. Never on the command line: others see that.
fn token(common: &Common) -> Result<Option<Secret>, Failure> {
    let token = match &common.token_file {
        Some(path) => Some(token_in(path)?),
        None => std::env::var(TOKEN_VARIABLE)
            .ok()
            .filter(|token| !token.is_empty()),
    };
    let Some(token) = token else {
        return Ok(None);
    };
    let token = zeroize::Zeroizing::new(token);
    match token.trim() {
        "" => Err(Failure::usage("the token's file is empty")),
        token => Ok(Some(Secret::from(token))),
    }
}

fn token_in(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let token = std::fs::read_to_string(path)
        .map_err(|error| Failure::local(format!("the token's file {shown}: {error}")))?;
    if token.len() > MAX_TOKEN_FILE {
        return Err(Failure::usage(format!("{shown} holds more than a token")));
    }
    Ok(token)
}
