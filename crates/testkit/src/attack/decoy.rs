//! What the cheapest possible door costs: a program that accepts and closes.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};

use crate::cores::spawn_as_server;

/// The argument by which this program becomes the decoy.
pub const DECOY: &str = "--decoy";

/// Accepts and closes, until it is killed: the loop that any server on this runtime begins with, and nothing
/// else.
pub fn serve() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(any)?;
        let listener = socket.listen(4096)?;
        println!("{}", listener.local_addr()?.port());
        std::io::stdout().flush()?;
        loop {
            drop(listener.accept().await);
        }
    })
}

/// The running decoy. Dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Decoy {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Decoy {
    /// This very program again.
    pub(crate) fn start() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg(DECOY)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = spawn_as_server(&mut command)?;
        let out = child.stdout.take().context("no standard output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let port = line.trim().parse()?;
        Ok(Self {
            child,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Decoy {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
