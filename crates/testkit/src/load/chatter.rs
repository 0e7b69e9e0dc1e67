//! One IRC connection of the load generator, to any IRC server.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, Result, bail};
use rustls::ClientConfig;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
    net::TcpStream,
    sync::{Mutex as AsyncMutex, Semaphore},
    task::JoinHandle,
    time::timeout,
};

use super::{Tally, irc_reader::IrcReader};
use crate::wire::{PATIENCE, connect_tls};

/// Where an IRC server listens, and how it is spoken to there.
#[derive(Debug, Clone)]
pub struct Door {
    /// The address.
    pub address: SocketAddr,
    /// With TLS, if so.
    pub tls: Option<Arc<ClientConfig>>,
}

/// A client that reads all the time.
pub struct Chatter {
    writer: Arc<AsyncMutex<Writer>>,
    /// Guards what the reading task counts; held while one piece of input is searched.
    reader: Arc<Mutex<IrcReader>>,
    /// One for each PONG.
    answers: Arc<Semaphore>,
    reading: JoinHandle<()>,
}

type Reading = Box<dyn AsyncRead + Send + Unpin>;
type Writer = Box<dyn AsyncWrite + Send + Unpin>;

impl Door {
    async fn open(&self) -> Result<(Reading, Writer)> {
        if let Some(config) = &self.tls {
            let (reading, writer) = split(connect_tls(self.address, Arc::clone(config)).await?);
            return Ok((Box::new(reading), Box::new(writer)));
        }
        let socket = timeout(PATIENCE, TcpStream::connect(self.address)).await??;
        socket.set_nodelay(true)?;
        let (reading, writer) = socket.into_split();
        Ok((Box::new(reading), Box::new(writer)))
    }
}

impl Chatter {
    /// Connects, asks for these capabilities, and is welcomed under this nick.
    pub async fn connect(
        door: &Door,
        nick: &str,
        password: Option<&str>,
        capabilities: &str,
    ) -> Result<Self> {
        let (reading, writer) = door.open().await?;
        let reader = Arc::new(Mutex::new(IrcReader::default()));
        let answers = Arc::new(Semaphore::new(0));
        let writer = Arc::new(AsyncMutex::new(writer));
        let task = read_on(
            reading,
            Arc::clone(&writer),
            Arc::clone(&reader),
            Arc::clone(&answers),
        );
        let chatter = Self {
            writer,
            reader,
            answers,
            reading: tokio::spawn(task),
        };
        let pass = password.map(|password| format!("PASS :{nick}:{password}\r\n"));
        let pass = pass.unwrap_or_default();
        let caps = match capabilities {
            "" => String::new(),
            some => format!("CAP REQ :{some}\r\nCAP END\r\n"),
        };
        let hello = format!("{caps}{pass}NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n");
        chatter.write(&hello).await?;
        chatter.answered().await.context(nick.to_owned())?;
        Ok(chatter)
    }

    /// Writes lines without waiting for anything.
    pub async fn write(&self, lines: &str) -> Result<()> {
        let mut writer = self.writer.lock().await;
        timeout(PATIENCE, writer.write_all(lines.as_bytes())).await??;
        timeout(PATIENCE, writer.flush()).await??;
        Ok(())
    }

    /// Waits for the next PONG.
    pub async fn answered(&self) -> Result<()> {
        match timeout(PATIENCE, self.answers.acquire()).await {
            Ok(Ok(answer)) => {
                answer.forget();
                Ok(())
            }
            _ => bail!("no answer; {:?}", self.complaint()),
        }
    }

    /// Writes lines, and waits until the server has dealt with them. A refusal is an error.
    pub async fn settle(&self, lines: &str) -> Result<()> {
        self.write(&format!("{lines}PING :settle\r\n")).await?;
        self.answered().await?;
        match self.complaint() {
            Some(complaint) => bail!("{} was refused: {complaint}", lines.trim_end()),
            None => Ok(()),
        }
    }

    /// What was counted since the last call.
    pub fn tally(&self) -> Tally {
        self.lock().tally()
    }

    /// Messages counted since the last tally.
    pub fn deliveries(&self) -> u64 {
        self.lock().counted().deliveries
    }

    /// Has the server closed the connection?
    pub fn is_closed(&self) -> bool {
        self.answers.is_closed()
    }

    /// What was refused since this was last asked.
    pub fn complaint(&self) -> Option<String> {
        self.lock().complaint()
    }

    fn lock(&self) -> MutexGuard<'_, IrcReader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Chatter {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

async fn read_on(
    mut reading: Reading,
    writer: Arc<AsyncMutex<Writer>>,
    reader: Arc<Mutex<IrcReader>>,
    answers: Arc<Semaphore>,
) {
    let mut buffer = vec![0; 16 * 1024];
    // An error is the end, as zero bytes are: whoever waits for more finds that nothing comes.
    while let Ok(got @ 1..) = reading.read(&mut buffer).await {
        let bytes = buffer.get(..got).unwrap_or_default();
        let heard = reader
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(bytes);
        if heard.answers > 0 {
            answers.add_permits(heard.answers);
        }
        for _ in 0..heard.pings {
            let mut writer = writer.lock().await;
            if writer.write_all(b"PONG :here\r\n").await.is_err() || writer.flush().await.is_err() {
                break;
            }
        }
    }
    answers.close();
}
