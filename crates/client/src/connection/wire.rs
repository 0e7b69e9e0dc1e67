//! The two tasks of a connection: one reads lines, one writes them.

use std::{sync::Arc, time::Duration};

use snug_proto::limits::MAX_LINE_BYTES;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf},
    time::timeout,
};

use super::{Lost, shared::Shared};

/// After so long without a byte the server is asked for a sign of life; after as long again it is
/// taken for dead.
const PING_AFTER: Duration = Duration::from_secs(30);

const READ_BYTES: usize = 16 * 1024;

/// Reads until the connection ends, and ends it for everybody.
pub(super) async fn read<S: AsyncRead>(shared: Arc<Shared>, reader: ReadHalf<S>) {
    let lost = read_lines(&shared, reader).await;
    shared.end(lost);
}

async fn read_lines<S: AsyncRead>(shared: &Shared, mut reader: ReadHalf<S>) -> Lost {
    let mut chunk = vec![0; READ_BYTES];
    let mut begun = Vec::new();
    let mut pinged = false;
    loop {
        shared.room_for_more().await;
        let read = match timeout(PING_AFTER, reader.read(&mut chunk)).await {
            Ok(Ok(0)) => return Lost::Closed,
            Ok(Ok(read)) => read,
            Ok(Err(error)) => return closed_or_network(&error),
            Err(_elapsed) if pinged => return Lost::Silent,
            Err(_elapsed) => {
                shared.ping();
                pinged = true;
                continue;
            }
        };
        pinged = false;
        if let Err(lost) = take_lines(shared, &mut begun, chunk.get(..read).unwrap_or(&[])) {
            return lost;
        }
    }
}

fn take_lines(shared: &Shared, begun: &mut Vec<u8>, mut bytes: &[u8]) -> Result<(), Lost> {
    while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
        let (line, rest) = bytes.split_at(end);
        bytes = rest.get(1..).unwrap_or(&[]);
        if begun.is_empty() {
            receive(shared, line)?;
        } else {
            begun.extend_from_slice(line);
            let line = std::mem::take(begun);
            receive(shared, &line)?;
        }
    }
    begun.extend_from_slice(bytes);
    within_limit(begun)
}

fn receive(shared: &Shared, line: &[u8]) -> Result<(), Lost> {
    within_limit(line)?;
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    shared.receive(line)
}

fn within_limit(line: &[u8]) -> Result<(), Lost> {
    if line.len() > MAX_LINE_BYTES {
        return Err(Lost::Violation("a line over 64 KiB".into()));
    }
    Ok(())
}

/// A peer that goes without a TLS farewell has gone all the same.
fn closed_or_network(error: &std::io::Error) -> Lost {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof
        | std::io::ErrorKind::ConnectionReset
        | std::io::ErrorKind::BrokenPipe => Lost::Closed,
        _ => Lost::Network(error.to_string()),
    }
}

/// Writes what gathers, one call for all of it, until the connection ends or is closed here.
pub(super) async fn write<S: AsyncWrite>(shared: Arc<Shared>, mut writer: WriteHalf<S>) {
    while let Some(bytes) = shared.outgoing().await {
        let written = async {
            writer.write_all(&bytes).await?;
            writer.flush().await
        };
        // The reader is the one that ends a connection: it may still hold the reason for this.
        if written.await.is_err() {
            return;
        }
    }
    // The other side may be gone already.
    let _gone = writer.shutdown().await;
}
