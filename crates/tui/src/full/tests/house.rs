//! A real server in this process, and people at screens that are drawn on paper.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use ratatui_core::{buffer::Buffer, layout::Rect};
use snug_client::{ClientOptions, KnownServer, Link, Opened, Profile, Signer};
use snug_proto::Secret;
use snug_screen::{Input, Screen, Size, keys};
use snug_server::{Options, PasswordCost, Running, Server};
use tempfile::TempDir;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::timeout,
};

use crate::full::{
    glass::Glass,
    program::{Afterwards, Program},
    settings_file::SettingsFile,
};

/// Longer than anything here takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_mins(1);
/// A password that will do.
pub(super) const PASSWORD: &str = "correct horse";
/// The terminal.
pub(super) const SIZE: Size = Size {
    width: 120,
    height: 30,
};

/// A server.
pub(super) struct House {
    pub(super) folder: TempDir,
    options: Options,
    running: Option<Running>,
    link: Link,
    pub(super) code: String,
}

impl House {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::for_tests(folder.path().join("data"));
        options.passwords = PasswordCost::Release;
        options.registration = snug_proto::Registration::Open;
        let running = Server::start(options.clone()).await.unwrap();
        let address = running.local_addr();
        // After a restart it is where it was.
        options.listen = vec![address];
        Self {
            link: format!("snug://{address}/#{}", running.fingerprint())
                .parse()
                .unwrap(),
            code: running.owner_code().unwrap().expose().to_owned(),
            running: Some(running),
            options,
            folder,
        }
    }

    pub(super) fn link(&self) -> String {
        self.link.to_string()
    }

    pub(super) async fn stop(&mut self) {
        self.running.take().unwrap().stop().await;
    }

    pub(super) async fn start(&mut self) {
        self.running = Some(Server::start(self.options.clone()).await.unwrap());
    }

    /// Somebody's own folder.
    pub(super) fn profile(&self, name: &str) -> Profile {
        Profile::open(&self.folder.path().join(name)).unwrap()
    }

    /// Somebody with an account, whose folder knows the server.
    pub(super) async fn member(&self, name: &str) -> Profile {
        let profile = self.profile(name);
        let options = ClientOptions::default();
        let (connection, _) = Opened::hello(&self.link, &options).await.unwrap();
        let password = Secret::from(PASSWORD);
        let signed_in = Signer::default()
            .register(&connection, name, &password, None)
            .await
            .unwrap();
        let known = KnownServer {
            alias: "home".to_owned(),
            link: self.link.clone(),
            name: name.to_owned(),
            account: signed_in.account,
        };
        let session = signed_in.session.as_ref();
        profile.remember(&known, session).unwrap();
        connection.close().await;
        profile
    }

    /// Somebody at a screen, in the lobby.
    pub(super) async fn seated(&self, name: &str) -> Seat {
        let profile = self.member(name).await;
        let mut seat = Seat::take(&profile, None);
        seat.sees("home ●").await;
        seat
    }
}

/// Somebody at a screen.
pub(super) struct Seat {
    keys: mpsc::Sender<Input>,
    drawn: watch::Receiver<String>,
    buffer: Arc<Mutex<Buffer>>,
    said: Arc<Mutex<Vec<u8>>>,
    running: JoinHandle<Afterwards>,
}

impl Seat {
    /// Sits down at all servers that the folder knows.
    pub(super) fn take(profile: &Profile, settings: Option<PathBuf>) -> Self {
        let (to_drawn, drawn) = watch::channel(String::new());
        let said = Arc::new(Mutex::new(Vec::new()));
        let buffer = Arc::new(Mutex::new(Buffer::empty(Rect::default())));
        let paper = Paper {
            size: SIZE,
            buffer: Arc::clone(&buffer),
            drawn: to_drawn,
            said: Arc::clone(&said),
        };
        let options = ClientOptions {
            tail: 200,
            ..ClientOptions::default()
        };
        let settings = SettingsFile::at(settings);
        let mut program =
            Program::new(Box::new(paper), profile.clone(), options, settings).unwrap();
        for known in profile.servers().unwrap() {
            program.sit_down(known, None).unwrap();
        }
        program.welcome_if_new();
        let (keys, typed) = mpsc::channel(1024);
        Self {
            keys,
            drawn,
            buffer,
            said,
            running: tokio::spawn(program.run(typed)),
        }
    }

    /// Types `hello<Enter><Alt-Down>`.
    pub(super) async fn types(&self, text: &str) {
        for key in keys(text) {
            self.keys.send(Input::Key(key)).await.unwrap();
        }
    }

    pub(super) async fn does(&self, input: Input) {
        self.keys.send(input).await.unwrap();
    }

    /// Waits until this stands on the screen, and gives all of it.
    pub(super) async fn sees(&mut self, words: &str) -> String {
        self.waits(words, |screen| screen.contains(words)).await
    }

    /// Waits until this stands on the screen no more.
    pub(super) async fn sees_no(&mut self, words: &str) -> String {
        self.waits(words, |screen| !screen.contains(words)).await
    }

    pub(super) async fn waits(&mut self, what: &str, until: impl Fn(&str) -> bool) -> String {
        let waiting = self.drawn.wait_for(|screen| until(screen));
        match timeout(PATIENCE, waiting).await {
            Ok(Ok(screen)) => return screen.clone(),
            Ok(Err(_ended)) => {}
            Err(_late) => {}
        }
        panic!("{what:?}: not so in\n{}", *self.drawn.borrow());
    }

    /// What was drawn last, with its colours.
    pub(super) fn buffer(&self) -> Buffer {
        self.buffer.lock().unwrap().clone()
    }

    /// What was said to the terminal besides what was drawn.
    pub(super) fn said(&self) -> String {
        String::from_utf8(self.said.lock().unwrap().clone()).unwrap()
    }

    /// Waits until the program has ended.
    pub(super) async fn ends(self) -> Afterwards {
        timeout(PATIENCE, self.running).await.unwrap().unwrap()
    }

    /// The program dies as by `kill -9`.
    pub(super) async fn dies(self) {
        self.running.abort();
        assert!(self.running.await.is_err());
    }
}

/// What is drawn, as text.
struct Paper {
    size: Size,
    buffer: Arc<Mutex<Buffer>>,
    drawn: watch::Sender<String>,
    said: Arc<Mutex<Vec<u8>>>,
}

impl Glass for Paper {
    fn size(&self) -> Size {
        self.size
    }

    fn resize(&mut self, size: Size) {
        self.size = size;
    }

    fn draw(&mut self, screen: &Screen) {
        let area = Rect::new(0, 0, self.size.width, self.size.height);
        let mut buffer = Buffer::empty(area);
        screen.draw(area, &mut buffer);
        let mut text = String::new();
        for row in area.rows() {
            let cells = row.positions().filter_map(|at| buffer.cell(at));
            let line: String = cells.map(ratatui_core::buffer::Cell::symbol).collect();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        *self.buffer.lock().unwrap() = buffer;
        self.drawn.send_replace(text);
    }

    fn say(&mut self, bytes: &[u8]) {
        self.said.lock().unwrap().extend_from_slice(bytes);
    }
}
