//! The real server in this process, on a free port, with a data folder that goes away with it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Once,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use snug_server::{Options, Profile, Running, Server};
use tempfile::TempDir;

use crate::{
    driver::PASSWORD,
    pinned::{Fingerprint, parse_fingerprint},
    wire::Wire,
};

/// Panics on threads of servers. A server that lost a task may go on as if nothing were wrong, and the
/// test must not.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// A running server. A test ends with [`TestServer::stop`], which fails it unless all ended in order.
#[derive(Debug)]
pub struct TestServer {
    running: Running,
    /// Where it listens.
    pub address: SocketAddr,
    /// What its certificate must be.
    pub fingerprint: Fingerprint,
    /// The code for its owner's first sign-in.
    pub owner_code: Option<String>,
    data: PathBuf,
    panics: usize,
    profile: Profile,
    folder: TempDir,
}

impl TestServer {
    /// A new server as everybody starts it, but for cheap passwords. Listens when this returns.
    pub async fn start() -> Result<Self> {
        Self::with(|_| ()).await
    }

    /// A new server that anybody may register on; its owner is `owner`.
    pub async fn open_to_all() -> Result<Self> {
        let server = Self::start().await?;
        let mut owner = server.owner().await?;
        owner.ok("server", json!({"registration": "open"})).await?;
        owner.ok("quit", json!({})).await?;
        owner.read_to_end().await?;
        Ok(server)
    }

    /// A server that keeps nothing.
    pub async fn ephemeral() -> Result<Self> {
        Self::with(|options| {
            let Options { data, listen, .. } = options.clone();
            *options = Options {
                data,
                listen,
                passwords: options.passwords,
                messages_per_second: 0,
                ..Options::new(Profile::Ephemeral)
            };
        })
        .await
    }

    /// A server that keeps nothing, and that anybody may register on.
    pub async fn ephemeral_open() -> Result<Self> {
        Self::with(|options| {
            let Options { data, listen, .. } = options.clone();
            *options = Options {
                data,
                listen,
                passwords: options.passwords,
                messages_per_second: 0,
                registration: snug_proto::Registration::Open,
                ..Options::new(Profile::Ephemeral)
            };
        })
        .await
    }

    /// A new server with other options.
    pub async fn with(change: impl FnOnce(&mut Options)) -> Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(count_panics);
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let mut options = Options::for_tests(&data);
        change(&mut options);
        let panics = PANICS.load(Ordering::SeqCst);
        let profile = options.profile;
        let running = Server::start(options).await?;
        Ok(Self {
            address: running.local_addr(),
            fingerprint: parse_fingerprint(&running.fingerprint().to_string())?,
            owner_code: running.owner_code().map(|code| code.expose().to_owned()),
            running,
            data,
            panics,
            profile,
            folder,
        })
    }

    /// A bare client of it.
    pub async fn wire(&self) -> Result<Wire> {
        Wire::connect(self.address, self.fingerprint).await
    }

    /// A bare client of it that comes from this address of loopback.
    pub async fn wire_from(&self, from: &str) -> Result<Wire> {
        Wire::connect_from(from.parse()?, self.address, self.fingerprint).await
    }

    /// Its owner, signed in: registered with the first code.
    pub async fn owner(&self) -> Result<Wire> {
        let mut owner = self.wire().await?;
        let code = self.owner_code.as_ref().context("it has an owner")?;
        let who = json!({"name": "owner", "password": PASSWORD, "code": code});
        owner.ok("register", who).await?;
        Ok(owner)
    }

    /// Makes an account; registration must be open.
    pub async fn add_account(&self, name: &str, password: &str) -> Result<()> {
        if self.profile == Profile::Ephemeral {
            // Who registers there and quits is gone again.
            let engine = self.running.engine();
            let added = engine.add_account(name, password.into(), snug_proto::Role::Member);
            return added.await.map_err(Into::into);
        }
        let mut wire = self.wire().await?;
        let who = json!({"name": name, "password": password});
        wire.ok("register", who).await?;
        wire.ok("quit", json!({})).await?;
        wire.read_to_end().await
    }

    /// Somebody signed in on the native wire, with an account made for this.
    pub async fn newcomer(&self, name: &str) -> Result<Wire> {
        self.add_account(name, PASSWORD).await?;
        self.sign_in(name).await
    }

    /// The same, with the answer to the sign-in.
    pub async fn newcomer_told(&self, name: &str) -> Result<(Wire, Value)> {
        self.add_account(name, PASSWORD).await?;
        self.sign_in_told(name).await
    }

    /// Somebody who has an account, signed in on the native wire.
    pub async fn sign_in(&self, name: &str) -> Result<Wire> {
        Ok(self.sign_in_told(name).await?.0)
    }

    /// The same, with the answer to the sign-in.
    pub async fn sign_in_told(&self, name: &str) -> Result<(Wire, Value)> {
        let mut wire = self.wire().await?;
        let who = json!({"name": name, "password": PASSWORD});
        let told = wire.ok("sign_in", who).await?;
        Ok((wire, told))
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The server itself.
    pub const fn running(&self) -> &Running {
        &self.running
    }

    /// Stops it; an error if anything in it panicked.
    pub async fn stop(self) -> Result<()> {
        self.stop_and_keep().await.map(drop)
    }

    /// The same, and gives the folder in which its data folder is, which is there until that is dropped.
    pub async fn stop_and_keep(self) -> Result<TempDir> {
        self.running.stop().await;
        let panics = PANICS.load(Ordering::SeqCst) - self.panics;
        ensure!(panics == 0, "{panics} panics in servers; see above");
        Ok(self.folder)
    }
}

/// Counts panics on the threads that servers run on: the runtime's, and their own.
fn count_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let name = thread::current().name().unwrap_or_default().to_owned();
        if name.starts_with("snug-") || name.starts_with("tokio-") {
            PANICS.fetch_add(1, Ordering::SeqCst);
        }
        before(panic);
    }));
}
