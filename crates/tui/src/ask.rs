//! Questions before the chat begins: from a person without echo where it is a secret, and line by
//! line from standard input where a script answers.

use std::io::{BufRead, IsTerminal, Write, stderr, stdin};

use anyhow::{Context, bail};
use snug_proto::{Secret, limits::MAX_PASSWORD_BYTES};

/// Does a person answer?
pub(crate) fn by_a_person() -> bool {
    stdin().is_terminal()
}

/// Asks for a line.
pub(crate) async fn line(question: &str) -> anyhow::Result<String> {
    let question = question.to_owned();
    blocking(move || read_line(&question)).await
}

/// Asks for a secret; on a terminal it is not shown.
pub(crate) async fn secret(question: &str) -> anyhow::Result<Secret> {
    let question = question.to_owned();
    blocking(move || {
        if by_a_person() {
            let secret = rpassword::prompt_password(question)?;
            return Ok(Secret::new(secret));
        }
        read_line(&question).map(Secret::new)
    })
    .await
}

/// Asks a question that is answered by yes or no (no if just Enter is pressed).
pub(crate) async fn yes_or_no(question: &str) -> anyhow::Result<bool> {
    loop {
        match line(question).await?.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "" | "n" | "no" => return Ok(false),
            _ if by_a_person() => eprintln!("Please answer y or n."),
            other => bail!("the question \"{question}\" is answered by y or n, not by {other:?}"),
        }
    }
}

fn read_line(question: &str) -> anyhow::Result<String> {
    eprint!("{question}");
    stderr().flush()?;
    let mut line = Vec::new();
    // Byte by byte up to the end of the line, so that what follows stays for the chat; bounded.
    let mut input = stdin().lock();
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(buffer.len(), |end| end + 1);
        line.extend_from_slice(buffer.get(..taken).unwrap_or(&[]));
        input.consume(taken);
        if end.is_some() {
            break;
        }
        if line.len() > MAX_PASSWORD_BYTES * 4 {
            bail!("the answer to \"{question}\" is too long");
        }
    }
    if !by_a_person() && !question.is_empty() {
        eprintln!();
    }
    if line.is_empty() && question.is_empty() {
        bail!("the input ended");
    }
    if line.is_empty() {
        bail!("the input ended at the question \"{}\"", question.trim());
    }
    let line = String::from_utf8(line).context("the answer is not UTF-8")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Reading blocks.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await?
}
