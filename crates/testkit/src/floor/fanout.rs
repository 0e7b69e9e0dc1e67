//! The cheapest fan-out there can be: one thread that hands each line to the TLS library and makes one
//! write call for each reader. It runs as a process of its own, so that its CPU time is its own.

use std::{
    io::{BufRead, BufReader, Write, stdin, stdout},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustls::{
    ServerConfig, ServerConnection,
    crypto::{
        CryptoProvider,
        aws_lc_rs::{self, cipher_suite},
    },
};
use tokio::{io::AsyncReadExt, task::JoinSet};

use crate::{
    load::body_of,
    pinned::{client_config, fingerprint_of, parse_fingerprint},
    proc::cpu_time,
    wire::{ALPN, connect_tls},
};

/// What is fanned out.
#[derive(Debug, Clone, Copy)]
pub struct Fanout {
    /// Rooms.
    pub rooms: u32,
    /// Readers in each.
    pub members: u32,
    /// Messages a second in all rooms together.
    pub messages_per_second: u32,
    /// Bytes of a line.
    pub line_bytes: usize,
    /// For so long.
    pub seconds: u32,
}

/// Runs the floor in a child process with readers in this one, and gives the CPU time of a delivery in
/// microseconds.
pub async fn measure(fanout: Fanout) -> Result<f64> {
    let mut child = Floor::start(fanout)?;
    let (address, fingerprint) = child.ready()?;
    let config = client_config(fingerprint, ALPN)?;
    let mut readers = JoinSet::new();
    for _ in 0..fanout.rooms * fanout.members {
        let mut stream = connect_tls(address, Arc::clone(&config)).await?;
        readers.spawn(async move {
            let mut buffer = vec![0; 16 * 1024];
            while let Ok(1..) = stream.read(&mut buffer).await {}
        });
    }
    // The child's end is waited for on a thread, so that the readers go on reading.
    let cpu_us = tokio::task::spawn_blocking(move || child.run()).await??;
    readers.abort_all();
    let messages = fanout.messages_per_second * fanout.seconds;
    Ok(cpu_us / f64::from(messages * fanout.members))
}

struct Floor {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Floor {
    fn start(fanout: Fanout) -> Result<Self> {
        let Fanout {
            rooms,
            members,
            messages_per_second,
            line_bytes,
            seconds,
        } = fanout;
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--fanout-floor")
            .args([rooms, members, messages_per_second, seconds].map(|n| n.to_string()))
            .arg(line_bytes.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = BufReader::new(child.stdout.take().context("no output")?);
        Ok(Self { child, output })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            bail!("the floor's process ended");
        }
        Ok(line.trim_end().to_owned())
    }

    fn ready(&mut self) -> Result<(SocketAddr, [u8; 32])> {
        let line = self.line()?;
        let (address, fingerprint) = line.split_once(' ').context("no address")?;
        Ok((address.parse()?, parse_fingerprint(fingerprint)?))
    }

    /// Starts the writing, and gives the CPU time of all of it in microseconds.
    fn run(&mut self) -> Result<f64> {
        let input = self.child.stdin.as_mut().context("no input")?;
        input.write_all(b"go\n")?;
        Ok(self.line()?.parse()?)
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// The child's side; its arguments are those that [`measure`] starts it with.
pub fn serve(arguments: &[String]) -> Result<()> {
    let numbers: Vec<u32> = arguments
        .iter()
        .map(|argument| argument.parse())
        .collect::<Result<_, _>>()?;
    let [rooms, members, messages_per_second, seconds, line_bytes] = numbers[..] else {
        bail!("five numbers are needed");
    };
    let (config, fingerprint) = server_config()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base32 = data_encoding::BASE32_NOPAD.encode(&fingerprint);
    println!("{} {base32}", listener.local_addr()?);
    stdout().flush()?;
    let mut readers = Vec::new();
    for _ in 0..rooms * members {
        readers.push(accept(&listener, &config)?);
    }
    let mut go = String::new();
    stdin().read_line(&mut go)?;

    let line = body_of(usize::try_from(line_bytes)?);
    let before = cpu_time(std::process::id())?;
    let (began, step) = (Instant::now(), Duration::from_secs(1) / messages_per_second);
    for message in 0..messages_per_second * seconds {
        let due = step * message;
        sleep(due.saturating_sub(began.elapsed()));
        let room = usize::try_from(message % rooms)?;
        let size = usize::try_from(members)?;
        for (tls, socket) in readers.iter_mut().skip(room * size).take(size) {
            tls.writer().write_all(line.as_bytes())?;
            tls.write_tls(socket)?;
        }
    }
    let used = cpu_time(std::process::id())?.saturating_sub(before);
    println!("{}", used.as_micros());
    Ok(())
}

fn accept(
    listener: &TcpListener,
    config: &Arc<ServerConfig>,
) -> Result<(ServerConnection, TcpStream)> {
    let (mut socket, _) = listener.accept()?;
    socket.set_nodelay(true)?;
    let mut tls = ServerConnection::new(Arc::clone(config))?;
    while tls.is_handshaking() {
        tls.complete_io(&mut socket)?;
    }
    Ok((tls, socket))
}

/// The server's choices: TLS 1.3, AES-128 first, no tickets.
fn server_config() -> Result<(Arc<ServerConfig>, [u8; 32])> {
    let made = rcgen::generate_simple_self_signed(["floor".to_owned()])?;
    let fingerprint = fingerprint_of(made.cert.der());
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = CryptoProvider {
        cipher_suites: vec![cipher_suite::TLS13_AES_128_GCM_SHA256],
        ..aws_lc_rs::default_provider()
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())?;
    config.send_tls13_tickets = 0;
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok((Arc::new(config), fingerprint))
}
