//! What the cheapest possible door costs: a program that accepts and closes.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};

/// The argument by which this program becomes the decoy.
pub const DECOY: &str = "--decoy";

/// Accepts and closes, until it is killed.
pub fn serve() -> Result<()> {
    let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    listener.bind(&any.into())?;
    listener.listen(4096)?;
    let listener = TcpListener::from(listener);
    println!("{}", listener.local_addr()?.port());
    std::io::stdout().flush()?;
    loop {
        drop(listener.accept());
    }
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
        let mut child = Command::new(std::env::current_exe()?)
            .arg(DECOY)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
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
