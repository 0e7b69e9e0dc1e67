//! `InspIRCd` and ngIRCd as Debian has them, on the loopback address, their throttles off. They need not be
//! installed: what is missing is fetched by apt-get and unpacked, no service is set up.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustls::ClientConfig;
use tempfile::TempDir;

use super::{ALPN, Transport};
use crate::{
    bench::folder_beside_program,
    load::Door,
    pinned::{client_config, fingerprint_of},
};

/// How long one may take until it listens.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server of another kind. Dropped, it is killed.
pub(super) struct Rival {
    child: Child,
    plain: SocketAddr,
    encrypted: SocketAddr,
    config: Arc<ClientConfig>,
    folder: TempDir,
}

/// What a rival's configuration is made of.
struct Setting<'a> {
    folder: &'a Path,
    root: &'a Path,
    ports: [u16; 2],
}

impl Rival {
    /// `InspIRCd` and ngIRCd; in the place of one that cannot be had there is nothing, and it is said so.
    pub(super) fn start_all() -> [Option<Self>; 2] {
        let start = |name: &str, run| match Self::start(name, run) {
            Ok(rival) => Some(rival),
            Err(error) => {
                eprintln!("\n*** SKIPPED: no figures of {name}: {error:#}\n");
                None
            }
        };
        [start("inspircd", inspircd), start("ngircd", ngircd)]
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn door(&self, transport: Transport) -> Door {
        match transport {
            Transport::Plain => Door {
                address: self.plain,
                tls: None,
            },
            Transport::Tls => Door {
                address: self.encrypted,
                tls: Some(Arc::clone(&self.config)),
            },
        }
    }

    fn start(name: &str, configure: fn(&Setting<'_>) -> (String, Vec<String>)) -> Result<Self> {
        let folder = folder_beside_program()?;
        let (program, root) = find(name)?;
        let made = rcgen::generate_simple_self_signed(["rival".to_owned()])?;
        let config = client_config(fingerprint_of(made.cert.der()), ALPN)?;
        fs::write(folder.path().join("cert.pem"), made.cert.pem())?;
        let key = made.signing_key.serialize_pem();
        fs::write(folder.path().join("key.pem"), key)?;
        let ports = [free_port()?, free_port()?];
        let (text, arguments) = configure(&Setting {
            folder: folder.path(),
            root: &root,
            ports,
        });
        let file = folder.path().join("rival.conf");
        fs::write(&file, text)?;
        let child = Command::new(&program)
            .arg("--config")
            .arg(&file)
            .args(arguments)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(fs::File::create(folder.path().join("output"))?)
            .stderr(fs::File::create(folder.path().join("errors"))?)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let [plain, encrypted] = ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let mut rival = Self {
            child,
            plain,
            encrypted,
            config,
            folder,
        };
        rival.wait_until_ready()?;
        Ok(rival)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while [self.plain, self.encrypted]
            .iter()
            .any(|address| TcpStream::connect(address).is_err())
        {
            if let Some(status) = self.child.try_wait()? {
                let said = |file| fs::read_to_string(self.folder.path().join(file));
                bail!(
                    "it ended ({status}): {}{}",
                    said("output")?,
                    said("errors")?
                );
            }
            ensure!(Instant::now() < deadline, "it does not listen");
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// The program and the folder that its files are under.
fn find(name: &str) -> Result<(PathBuf, PathBuf)> {
    let installed = Path::new("/usr/sbin").join(name);
    if installed.exists() {
        return Ok((installed, PathBuf::from("/")));
    }
    let own = std::env::current_exe()?;
    let folder = own.parent().context("a program in no folder")?;
    let folder = folder.join("bench-rivals").join(name);
    let program = folder.join("usr/sbin").join(name);
    if !program.exists() {
        fs::create_dir_all(&folder)?;
        succeed(
            Command::new("apt-get")
                .args(["download", name])
                .current_dir(&folder),
        )?;
        for package in fs::read_dir(&folder)? {
            let package = package?.path();
            if package.extension().is_some_and(|end| end == "deb") {
                succeed(
                    Command::new("dpkg-deb")
                        .arg("--extract")
                        .arg(package)
                        .arg(&folder),
                )?;
            }
        }
    }
    Ok((program, folder))
}

fn succeed(command: &mut Command) -> Result<()> {
    let what = format!("{command:?}");
    let status = command.stdin(Stdio::null()).status().context(what)?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}

/// Free now; whoever asks next gets another one for a while.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// No fake lag, no bound on rate, and none on what waits for a reader that could matter here.
fn inspircd(setting: &Setting<'_>) -> (String, Vec<String>) {
    let Setting {
        folder,
        root,
        ports: [plain, encrypted],
    } = setting;
    let (folder, root) = (folder.display(), root.display());
    let root = root.to_string();
    let root = root.trim_end_matches('/');
    let text = format!(
        r#"<config format="xml">
<path configdir="{folder}" datadir="{folder}" logdir="{folder}" moduledir="{root}/usr/lib/inspircd/modules" runtimedir="{folder}">
<server name="rival.bench" description="bench" network="Bench" id="001">
<admin name="bench" nick="bench" email="bench@localhost">
<bind address="127.0.0.1" port="{plain}" type="clients">
<bind address="127.0.0.1" port="{encrypted}" type="clients" sslprofile="Clients">
<module name="ssl_gnutls">
<sslprofile name="Clients" provider="gnutls" certfile="{folder}/cert.pem" keyfile="{folder}/key.pem">
<connect name="all" allow="*" timeout="60" pingfreq="3600" threshold="4000000" commandrate="1000000000" fakelag="no" hardsendq="100M" softsendq="50M" recvq="10M" localmax="100000" globalmax="100000" maxconnwarn="no" limit="100000" maxchans="100" resolvehostnames="no" useident="no" useconnectban="no">
<performance softlimit="100000" somaxconn="4096" nouserdns="yes" quietbursts="yes">
<dns enabled="no">
"#
    );
    let arguments = ["--nofork", "--nolog", "--nopid", "--runasroot"];
    (text, arguments.map(str::to_owned).into())
}

fn ngircd(setting: &Setting<'_>) -> (String, Vec<String>) {
    let Setting {
        folder,
        ports: [plain, encrypted],
        ..
    } = setting;
    let folder = folder.display();
    let text = format!(
        "[Global]\nName = rival.bench\nInfo = bench\nListen = 127.0.0.1\nPorts = {plain}\n\
         AdminEMail = bench@localhost\nServerUID = 0\nServerGID = 0\nMotdPhrase = bench\n\
         [Limits]\nMaxConnections = 0\nMaxConnectionsIP = 0\nMaxJoins = 0\nMaxPenaltyTime = 0\n\
         PingTimeout = 3600\nPongTimeout = 3600\n\
         [Options]\nDNS = no\nIdent = no\nPAM = no\nSyslogFacility = local1\n\
         [SSL]\nCertFile = {folder}/cert.pem\nKeyFile = {folder}/key.pem\nPorts = {encrypted}\n"
    );
    (text, vec!["--nodaemon".to_owned()])
}
