//! Measures what an idle connection costs the door: opens so many TLS connections from a second process
//! that speak one line each, and prints the server's memory per connection.
//!
//! `cargo run --release -p snug-gate --example idle -- 10000`

use std::{
    error::Error,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr},
    process::{Command, Stdio},
    sync::{Arc, Weak},
    task::{Context, Poll, Waker},
};

use rustls::pki_types::ServerName;
use snug_gate::{
    Arrival, Doorman, Ending, Fingerprint, Flow, Front, Gate, HangUp, Identity, Line, Listener,
    Newcomer, Protocol, Speaks, Times, server_config,
};
use snug_proto::Direct;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
};
use tokio_rustls::TlsConnector;

#[path = "../tests/door/pinned.rs"]
mod pinned;

/// Answers each line with itself; holds nothing while idle.
struct Echo(Option<Vec<u8>>, Option<Waker>, bool);

impl Front for Echo {
    fn line(&mut self, line: Line<'_>) {
        if let Line::Whole(line) = line {
            self.0 = Some(line.to_vec());
        }
    }
    fn wants_input(&self) -> bool {
        self.0.is_none()
    }
    fn poll_output(&mut self, context: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<Flow> {
        if let Some(line) = self.0.take() {
            out.extend(line);
            out.push(b'\n');
            return Poll::Ready(Flow::Open);
        }
        if self.2 {
            return Poll::Ready(Flow::Closing);
        }
        self.1 = Some(context.waker().clone());
        Poll::Pending
    }
    fn arrival(&self) -> Arrival {
        Arrival::In
    }
    fn too_late(&mut self) {}
    fn hang_up(&mut self, _: HangUp) {
        self.2 = true;
    }
}

struct Usher;

/// Nothing is counted here.
struct Standing;

impl snug_gate::Steady for Standing {
    fn steady(&self) -> snug_proto::Timestamp {
        snug_proto::Timestamp::default()
    }
}

impl Doorman for Usher {
    fn open(&self, _: Protocol, _: &Newcomer, _: Weak<dyn Direct>) -> Option<Box<dyn Front>> {
        Some(Box::new(Echo(None, None, false)))
    }
    fn ended(&self, _: SocketAddr, _: Option<Protocol>, _: &Ending) {}
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("dial") => {
            let address = arguments.get(2).ok_or("address")?.parse()?;
            let fingerprint = arguments.get(3).ok_or("fingerprint")?.parse()?;
            let count = arguments.get(4).ok_or("count")?.parse()?;
            dial(address, fingerprint, count).await
        }
        count => serve(count.unwrap_or("2000").parse()?).await,
    }
}

async fn serve(count: usize) -> Result<(), Box<dyn Error>> {
    let identity = Identity::generate()?;
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = Listener::bind(any, Speaks::Everything)?;
    let address = listener.local_addr();
    let config = server_config(&identity)?;
    let door = snug_gate::Door::new(snug_gate::DoorOptions::unlimited(), Arc::new(Standing));
    let gate = Gate::open(
        vec![listener],
        config,
        Arc::new(Usher),
        Times::default(),
        door,
    )?;
    let before = (memory()?, cpu()?);
    let mut dialler = Command::new(std::env::current_exe()?)
        .arg("dial")
        .args([address.to_string(), identity.fingerprint().to_string()])
        .arg(count.to_string())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut out = dialler.stdout.take().ok_or("no output")?;
    let ready = tokio::task::spawn_blocking(move || out.read_exact(&mut [0; 1]));
    ready.await??;
    let after = (memory()?, cpu()?);
    let opened = gate.statistics().opened();
    println!(
        "{opened} connections, {} bytes each, {} µs of CPU each to connect and echo a line",
        (after.0 - before.0) * 1024 / opened,
        (after.1 - before.1) * 10_000 / opened,
    );
    dialler.kill()?;
    dialler.wait()?;
    Ok(())
}

async fn dial(address: SocketAddr, pin: Fingerprint, count: u32) -> Result<(), Box<dyn Error>> {
    let connector = TlsConnector::from(Arc::new(pinned::client_config(pin)));
    let name = ServerName::try_from("localhost")?;
    let mut held = Vec::new();
    for number in 0..count {
        let connecting = TcpSocket::new_v4()?;
        // Loopback has addresses enough that no pair of ports is needed twice.
        let from = Ipv4Addr::from(0x7f00_0002 + number / 20_000);
        connecting.bind(SocketAddr::from((from, 0)))?;
        let tcp = connecting.connect(address).await?;
        let mut tls = connector.connect(name.clone(), tcp).await?;
        tls.write_all(b"{}\n").await?;
        tls.read_exact(&mut [0; 3]).await?;
        held.push(tls);
    }
    print!("+");
    std::io::stdout().flush()?;
    std::future::pending::<()>().await;
    drop(held);
    Ok(())
}

/// This process's proportional memory, in KiB.
fn memory() -> Result<u64, Box<dyn Error>> {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib.ok_or("no Pss")?.parse()?)
}

/// The CPU time that this process has used, in hundredths of a second.
fn cpu() -> Result<u64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("no stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let field = |at: usize| fields.get(at).ok_or("no stat");
    Ok(field(11)?.parse::<u64>()? + field(12)?.parse::<u64>()?)
}
