//! One signed-in connection of the load generator.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result, bail};
use rustls::ClientConfig;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    net::TcpStream,
    sync::{Mutex as AsyncMutex, Semaphore},
    task::JoinHandle,
};
use tokio_rustls::client::TlsStream;

use super::{Tally, now_us, reader::Reader};
use crate::{
    pinned::{Fingerprint, client_config},
    wire::{ALPN, Wire},
};

/// The password of everybody here.
pub const PASSWORD: &str = "correct horse battery";

/// The server that is loaded, with the TLS configuration that all members share.
#[derive(Debug, Clone)]
pub struct Site {
    /// Where it listens.
    pub address: SocketAddr,
    config: Arc<ClientConfig>,
}

/// A connection that reads all the time.
#[derive(Debug)]
pub struct Member {
    writer: AsyncMutex<WriteHalf<TlsStream<TcpStream>>>,
    /// Guards what the reading task counts; held while one piece of input is searched.
    reader: Arc<Mutex<Reader>>,
    /// How many requests may be under way; a permit is given back by each answer.
    window: Arc<Semaphore>,
    reading: JoinHandle<()>,
}

impl Site {
    /// The server at this address.
    pub fn new(address: SocketAddr, fingerprint: Fingerprint) -> Result<Self> {
        let config = client_config(fingerprint, ALPN)?;
        Ok(Self { address, config })
    }

    /// A bare client of it.
    pub async fn wire(&self) -> Result<Wire> {
        Wire::connect_with(self.address, Arc::clone(&self.config)).await
    }

    /// Claims the server with its owner's first code, and opens registration to all.
    pub async fn open_to_all(&self, owner_code: &str) -> Result<Wire> {
        let mut owner = self.wire().await?;
        let who = json!({"name": "owner", "password": PASSWORD, "code": owner_code});
        owner.ok("register", who).await?;
        let open = json!({"registration": "open"});
        owner.ok("server", open).await?;
        Ok(owner)
    }
}

impl Member {
    /// Makes an account, and keeps its connection.
    pub async fn register(site: &Site, name: &str) -> Result<Self> {
        let mut wire = site.wire().await?;
        let who = json!({"name": name, "password": PASSWORD});
        wire.ok("register", who).await.context(name.to_owned())?;
        Ok(Self::reading(wire))
    }

    /// Takes a signed-in client over: from now on its lines are only counted.
    pub fn reading(wire: Wire) -> Self {
        let (input, output) = wire.into_halves();
        let reader = Arc::new(Mutex::new(Reader::default()));
        let window = Arc::new(Semaphore::new(0));
        let reading = read_on(input, Arc::clone(&reader), Arc::clone(&window));
        Self {
            writer: AsyncMutex::new(output),
            reader,
            window,
            reading: tokio::spawn(reading),
        }
    }

    /// Lets so many more requests be under way at once.
    pub fn widen(&self, by: usize) {
        self.window.add_permits(by);
    }

    /// Waits until so many places in the window are free, and takes them away.
    pub async fn narrow(&self, by: usize) -> Result<()> {
        let places = self.window.acquire_many(u32::try_from(by)?).await?;
        places.forget();
        Ok(())
    }

    /// Sends a request without waiting for anything; its id is the moment of sending.
    pub async fn submit(&self, what: &str, mut fields: Value) -> Result<()> {
        fields["id"] = json!(now_us());
        fields["do"] = json!(what);
        let mut line = fields.to_string();
        line.push('\n');
        let mut writer = self.writer.lock().await;
        writer.write_all(line.as_bytes()).await?;
        writer.flush().await?;
        Ok(())
    }

    /// Sends a request as soon as fewer than the window's are under way.
    pub async fn submit_in_window(&self, what: &str, fields: impl FnOnce() -> Value) -> Result<()> {
        let permit = self.window.acquire().await?;
        permit.forget();
        self.submit(what, fields()).await
    }

    /// Asks, and waits for the answer to this and to everything asked before.
    pub async fn settle(&self, what: &str, fields: Value) -> Result<()> {
        self.submit(what, fields).await?;
        let answered = self.window.acquire().await?;
        answered.forget();
        if self.counted(|tally| tally.refusals) > 0 {
            bail!("{what} was refused");
        }
        Ok(())
    }

    /// What was counted since the last call.
    pub fn tally(&self) -> Tally {
        self.lock().tally()
    }

    /// Looks at one of the counts.
    pub fn counted(&self, count: impl FnOnce(&Tally) -> u64) -> u64 {
        count(self.lock().counted())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Reader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

async fn read_on(
    mut input: ReadHalf<TlsStream<TcpStream>>,
    reader: Arc<Mutex<Reader>>,
    window: Arc<Semaphore>,
) {
    let mut buffer = vec![0; 16 * 1024];
    // An error is the end, as zero bytes are: whoever waits for more finds that nothing comes.
    while let Ok(got @ 1..) = input.read(&mut buffer).await {
        let bytes = buffer.get(..got).unwrap_or_default();
        let answered = reader
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(bytes);
        if answered > 0 {
            window.add_permits(answered);
        }
    }
    window.close();
}
