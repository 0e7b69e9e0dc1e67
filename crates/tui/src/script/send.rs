//! `snug send`: words from the command line or a pipe. Each message has a key of its own, so that a lost
//! connection neither loses nor doubles it.

use std::{
    collections::BTreeMap,
    io::{BufRead, IsTerminal, Read, stdin},
};

use snug_client::{Client, LocalId, Update, Updates};
use snug_proto::{Answer, ErrorCode, Refusal, RoomRef, limits::MAX_BODY_BYTES};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{Common, Failure, Output, Send, connect::Way};

/// Lines on their way; past it the input waits.
const MAX_AHEAD: usize = 64;

/// A message, and which line of the input it was (none if it is all of it).
type Message = (Option<u64>, Result<String, Failure>);

/// See the module.
pub(crate) async fn run(send: Send, output: &mut Output) -> Result<(), Failure> {
    let Send {
        to,
        text,
        lines,
        common,
    } = send;
    if lines {
        let way = Way::to_follow(&common).await?;
        return Sending::new(way, &to, common)?
            .run(lines_of_input(), output)
            .await;
    }
    let body = if text.is_empty() {
        let read = tokio::task::spawn_blocking(whole_input).await;
        read.map_err(|stopped| Failure::local(stopped.to_string()))??
    } else {
        text.join(" ")
    };
    // Before anybody is connected to: no server takes these.
    check(&body)?;
    let way = Way::to_follow(&common).await?;
    let (sender, messages) = mpsc::channel(1);
    sender.try_send((None, Ok(body))).ok();
    drop(sender);
    Sending::new(way, &to, common)?.run(messages, output).await
}

struct Sending {
    client: Client,
    updates: Updates,
    to: String,
    common: Common,
    /// What waits for its answer, and its line.
    waiting: BTreeMap<LocalId, Option<u64>>,
    /// The first thing that went wrong: the others are told as they happen.
    failed: Option<Failure>,
    /// Why there is no connection just now.
    offline: Option<String>,
    /// Why what waits cannot be done just now.
    delayed: Option<Refusal>,
}

impl Sending {
    fn new(way: Way, to: &str, common: Common) -> Result<Self, Failure> {
        let (client, updates) = way.follow()?;
        Ok(Self {
            client,
            updates,
            to: to.to_owned(),
            common,
            waiting: BTreeMap::new(),
            failed: None,
            offline: None,
            delayed: None,
        })
    }

    async fn run(
        mut self,
        mut messages: mpsc::Receiver<Message>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let sent = self.send_all(&mut messages, output).await;
        self.client.close(self.updates).await;
        sent?;
        self.failed.map_or(Ok(()), Err)
    }

    async fn send_all(
        &mut self,
        messages: &mut mpsc::Receiver<Message>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let limit = self.common.timeout;
        let mut late = Instant::now() + limit;
        let mut ended = false;
        while !ended || !self.waiting.is_empty() {
            tokio::select! {
                message = messages.recv(), if !ended && self.waiting.len() < MAX_AHEAD => {
                    if self.waiting.is_empty() {
                        late = Instant::now() + limit;
                    }
                    match message {
                        Some(message) => self.submit(message)?,
                        None => ended = true,
                    }
                }
                update = self.updates.next() => {
                    let update = update.ok_or_else(|| Failure::local("the client has ended"))?;
                    if self.update(update, output).await? {
                        late = Instant::now() + limit;
                    }
                }
                // The input may take its time; the server may not.
                () = sleep_until(late), if !self.waiting.is_empty() => {
                    let refused = self.delayed.take().filter(|_| self.offline.is_none());
                    return Err(refused.map_or_else(
                        || Failure::timeout(limit, self.offline.as_deref()),
                        Failure::from,
                    ));
                }
            }
        }
        Ok(())
    }

    fn submit(&mut self, (line, body): Message) -> Result<(), Failure> {
        let body = match body.and_then(|body| check(&body).map(|()| body)) {
            Ok(body) => body,
            Err(failure) => {
                self.fail(failure, line);
                return Ok(());
            }
        };
        let (room, to) = match self.to.strip_prefix('@') {
            Some(person) => (None, Some(person.into())),
            None => (Some(RoomRef::from(self.to.trim_start_matches('#'))), None),
        };
        let key = None;
        let request = snug_proto::Send {
            manner: None,
            room,
            to,
            body,
            reply_to: None,
            key,
        };
        let id = self.client.submit(request);
        let id = id.map_err(|full| Failure::local(full.to_string()))?;
        self.waiting.insert(id, line);
        Ok(())
    }

    /// Takes an update in; true if it is an answer.
    async fn update(&mut self, update: Update, output: &mut Output) -> Result<bool, Failure> {
        match update {
            Update::Delayed { refusal, .. } => {
                self.delayed = Some(refusal);
                Ok(false)
            }
            Update::Answered { id, answer } => {
                self.delayed = None;
                let line = self.waiting.remove(&id).flatten();
                self.answered(line, answer, output).await?;
                Ok(true)
            }
            Update::Online { .. } => {
                self.offline = None;
                Ok(false)
            }
            Update::Offline { why, .. } => {
                self.offline = Some(why);
                Ok(false)
            }
            Update::Ended(ended) => Err(ended.into()),
            _ => Ok(false),
        }
    }

    async fn answered(
        &mut self,
        line: Option<u64>,
        answer: Answer,
        output: &mut Output,
    ) -> Result<(), Failure> {
        match answer {
            Ok(sent) if output.is_json() => {
                output.object(&sent).await?;
                output.flush().await
            }
            Ok(_sent) => Ok(()),
            Err(refusal) => {
                self.fail(refusal.into(), line);
                Ok(())
            }
        }
    }

    /// The first failure is told at the end, by the status too; what comes after it, at once.
    fn fail(&mut self, failure: Failure, line: Option<u64>) {
        let failure = match line {
            Some(line) => failure.about(&format!("line {line}")),
            None => failure,
        };
        if self.failed.is_none() {
            self.failed = Some(failure);
        } else {
            eprintln!("snug: {}", failure.sentence());
        }
    }
}

/// What any server refuses.
fn check(body: &str) -> Result<(), Failure> {
    if body.len() > MAX_BODY_BYTES {
        return Err(ErrorCode::BodyTooLong.into());
    }
    if body.trim().is_empty() {
        return Err(ErrorCode::EmptyBody.into());
    }
    Ok(())
}

/// All of standard input, without the line feed at its end.
fn whole_input() -> Result<String, Failure> {
    // One byte more than may be, and the end of the line, tell that it is too long.
    let most = u64::try_from(MAX_BODY_BYTES).unwrap_or(u64::MAX) * 2;
    let mut bytes = Vec::new();
    if stdin().is_terminal() {
        eprintln!("Type the message; Ctrl-D at the beginning of a line ends it.");
    }
    let read = stdin().lock().take(most).read_to_end(&mut bytes);
    read.map_err(|error| Failure::local(format!("the input cannot be read: {error}")))?;
    if bytes.len() > MAX_BODY_BYTES + 2 {
        return Err(Failure::from(ErrorCode::BodyTooLong)
            .about("standard input (--lines sends each line by itself)"));
    }
    text(bytes)
}

/// The lines of standard input, as they come, on a thread of their own: reading blocks.
fn lines_of_input() -> mpsc::Receiver<Message> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        let mut input = stdin().lock();
        for number in 1.. {
            let line = match next_line(&mut input) {
                Ok(None) => return,
                Ok(Some(line)) => text(line),
                Err(error) => {
                    let failure = Failure::local(format!("the input cannot be read: {error}"));
                    // Nobody listens once the program ends.
                    let _ended = sender.blocking_send((Some(number), Err(failure)));
                    return;
                }
            };
            if matches!(&line, Ok(line) if line.trim().is_empty()) {
                continue;
            }
            if sender.blocking_send((Some(number), line)).is_err() {
                return;
            }
        }
    });
    lines
}

/// A line without its end. Of one that is too long, enough to tell.
fn next_line(input: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut any = false;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(any.then_some(line));
        }
        any = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(buffer.len(), |end| end + 1);
        let room = (MAX_BODY_BYTES + 2).saturating_sub(line.len());
        let words = end.unwrap_or(taken).min(room);
        line.extend_from_slice(buffer.get(..words).unwrap_or(&[]));
        input.consume(taken);
        if end.is_some() {
            return Ok(Some(line));
        }
    }
}

fn text(bytes: Vec<u8>) -> Result<String, Failure> {
    if bytes.len() > MAX_BODY_BYTES + 2 {
        return Err(ErrorCode::BodyTooLong.into());
    }
    let text =
        String::from_utf8(bytes).map_err(|_other| Failure::local("the input is not UTF-8 text"))?;
    let text = text.replace("\r\n", "\n");
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_without_its_end_and_an_endless_one_is_bounded() {
        let mut input = "one\n\ntwo\r\nlast".as_bytes();
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut input).unwrap() {
            lines.push(text(line).unwrap());
        }
        assert_eq!(lines, ["one", "", "two", "last"]);
        let endless = vec![b'x'; 1024 * 1024];
        let line = next_line(&mut endless.as_slice()).unwrap().unwrap();
        assert_eq!(line.len(), MAX_BODY_BYTES + 2);
        assert!(check(&text(line).unwrap()).is_err());
        assert!(text(vec![0xff]).is_err());
    }
}
