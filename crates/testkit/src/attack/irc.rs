//! A bare IRC client of an attacker or of a victim: lines over TLS, from an address of its own.

use std::net::IpAddr;

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::client::TlsStream;

use super::Target;
use crate::{
    pinned::client_config,
    wire::{PATIENCE, connect_tls_from},
};

/// One connection.
pub(crate) struct Irc {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
}

impl Irc {
    /// Connects, and says nothing yet.
    pub(crate) async fn connect(from: IpAddr, server: Target) -> Result<Self> {
        let config = client_config(server.fingerprint, b"irc")?;
        Ok(Self {
            stream: connect_tls_from(Some(from), server.address, config).await?,
            buffer: Vec::new(),
        })
    }

    /// Says this line, or these.
    pub(crate) async fn say(&mut self, lines: &str) -> Result<()> {
        let lines = format!("{lines}\r\n");
        timeout(PATIENCE, self.stream.write_all(lines.as_bytes())).await??;
        timeout(PATIENCE, self.stream.flush()).await??;
        Ok(())
    }

    /// The next line in which one of these words stands; those before it are dropped. The end of the
    /// connection is an error.
    pub(crate) async fn line_with(&mut self, words: &[&str]) -> Result<String> {
        loop {
            let line = self.line().await?;
            if words.iter().any(|word| line.contains(word)) {
                return Ok(line);
            }
        }
    }

    async fn line(&mut self) -> Result<String> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            let reading = self.stream.read_buf(&mut self.buffer);
            if timeout(PATIENCE, reading).await.context("no line came")?? == 0 {
                bail!("the server closed the connection");
            }
        }
    }
}
