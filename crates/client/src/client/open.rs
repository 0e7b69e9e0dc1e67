//! From a known server to a signed-in connection, by the token that is kept.

use snug_proto::{
    AccountId, ErrorCode, Hello, ProveWork, Response, Secret, Session, SignedIn, Welcome, Work,
};

use super::{Begin, Client, ClientOptions, Credential, Updates};
use crate::{
    ConnectError, Connection, KnownServer, Link, Profile, ProfileError, SignInError, Signer,
    come_as_guest, resume, sign_in_plain,
};

/// A connection, and who one is on it.
#[derive(Debug)]
pub struct Opened {
    /// The connection.
    pub connection: Connection,
    /// What signing in was answered with.
    pub signed_in: SignedIn,
}

/// Why a known server could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server does not take this client, or the token.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// No token is kept for it: a password is needed.
    #[error("no sign-in is kept for this server")]
    NoToken,
    /// The profile's folder failed.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

impl OpenError {
    /// Does a password help?
    pub fn wants_password(&self) -> bool {
        match self {
            Self::NoToken => true,
            Self::SignIn(SignInError::Refused(refusal)) => refusal.code == ErrorCode::BadSession,
            _ => false,
        }
    }
}

impl Opened {
    /// Connects and says hello; signing in is up to the caller.
    pub async fn hello(
        link: &Link,
        options: &ClientOptions,
    ) -> Result<(Connection, Welcome), OpenError> {
        let connection = Connection::connect(link, options.connect).await?;
        let hello = Hello {
            client: options.client.clone(),
            wire: 1,
            quiet: options.begin == Begin::Now,
            user: None,
        };
        match connection.request(hello.into()).await {
            Ok(Response::Welcome(welcome)) => {
                if let Some(work) = &welcome.work {
                    do_work(&connection, work.clone()).await;
                }
                Ok((connection, welcome))
            }
            Ok(_other) => Err(SignInError::Answer.into()),
            Err(refusal) => Err(SignInError::Refused(refusal).into()),
        }
    }
}

impl Client {
    /// Signs in by a password and goes on, for a program that keeps nothing on the disk: who one is, and the
    /// client. Must be called within a tokio runtime.
    pub async fn sign_in(
        link: &Link,
        name: &str,
        password: &Secret,
        options: ClientOptions,
    ) -> Result<(AccountId, Self, Updates), OpenError> {
        let (connection, _welcome) = Opened::hello(link, &options).await?;
        let signed_in = Signer::default()
            .sign_in(&connection, name, password)
            .await?;
        let (profile, account) = (Profile::in_memory()?, signed_in.account);
        let server = KnownServer {
            alias: IN_MEMORY.to_owned(),
            link: link.clone(),
            name: signed_in.name.clone(),
            account,
        };
        profile.remember(&server, signed_in.session.as_ref())?;
        let opened = Opened {
            connection,
            signed_in,
        };
        let (client, updates) = Self::start(profile, IN_MEMORY, opened, options)?;
        Ok((account, client, updates))
    }
}

/// What a server is called where it is the only one.
const IN_MEMORY: &str = "home";

/// Connects to a server of the profile and signs in by what the options say. A session's next token is
/// on the disk before this returns.
pub async fn open(
    profile: &Profile,
    alias: &str,
    link: &Link,
    options: &ClientOptions,
) -> Result<Opened, OpenError> {
    let (connection, _welcome) = Opened::hello(link, options).await?;
    if let Credential::AppToken { name, token } = &options.credential {
        let signed_in = sign_in_plain(&connection, name, token.clone()).await?;
        return Ok(Opened {
            connection,
            signed_in,
        });
    }
    if let Some(guest) = as_guest(profile, alias).await? {
        return guest.come(profile, connection).await;
    }
    // From reading the token to keeping the next one, no other process of this profile may do the same.
    let (lock, token) = blocking(profile, alias, |profile, alias| {
        let lock = profile.lock_token(alias)?;
        Ok((lock, profile.token(alias)?))
    })
    .await?;
    let token = token.ok_or(OpenError::NoToken)?;
    let signed_in = resume(&connection, &token).await?;
    if let Some(next) = signed_in.session.clone() {
        save(profile, alias, next, options.begin).await?;
    }
    drop(lock);
    Ok(Opened {
        connection,
        signed_in,
    })
}

/// Computes what a server under its shield asks of newcomers. One that cannot waits instead: whether it
/// went well is seen by how long the sign-in takes.
async fn do_work(connection: &Connection, work: Work) {
    let computed =
        tokio::task::spawn_blocking(move || snug_auth::do_work(&work.challenge, work.bits));
    if let Ok(Some(nonce)) = computed.await {
        let _waits_instead = connection.request(ProveWork { nonce }.into()).await;
    }
}

/// Somebody who was a guest on a server, and comes to it again.
struct Guest {
    server: KnownServer,
    code: Option<Secret>,
}

async fn as_guest(profile: &Profile, alias: &str) -> Result<Option<Guest>, OpenError> {
    blocking(profile, alias, |profile, alias| {
        let server = profile.server(alias)?;
        let code = profile.guest(alias)?;
        Ok(server
            .zip(code)
            .map(|(server, code)| Guest { server, code }))
    })
    .await
}

impl Guest {
    /// Comes in by the name of last time.
    async fn come(self, profile: &Profile, connection: Connection) -> Result<Opened, OpenError> {
        let Self { server, code } = self;
        let signed_in = come_as_guest(&connection, &server.name, code.clone()).await?;
        let again = KnownServer {
            account: signed_in.account,
            ..server
        };
        let alias = again.alias.clone();
        blocking(profile, &alias, move |profile, _| {
            profile.remember_guest(&again, code.as_ref())
        })
        .await?;
        Ok(Opened {
            connection,
            signed_in,
        })
    }
}

async fn save(profile: &Profile, alias: &str, next: Secret, begin: Begin) -> Result<(), OpenError> {
    blocking(profile, alias, move |profile, alias| {
        profile.save_token(alias, &next)?;
        match begin {
            Begin::WhereItWas => profile.used(alias),
            // A script does not change which server a person comes back to.
            Begin::Now => Ok(()),
        }
    })
    .await
}

/// The profile touches the disk: off the async threads.
async fn blocking<T: Send + 'static>(
    profile: &Profile,
    alias: &str,
    work: impl FnOnce(&Profile, &str) -> Result<T, ProfileError> + Send + 'static,
) -> Result<T, OpenError> {
    let (profile, alias) = (profile.clone(), alias.to_owned());
    let done = tokio::task::spawn_blocking(move || work(&profile, &alias)).await;
    match done {
        Ok(done) => Ok(done?),
        Err(panicked) => Err(ProfileError::Stopped(panicked.to_string()).into()),
    }
}
