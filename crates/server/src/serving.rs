//! Answers those who come to a side door, the control socket or the address of metrics: a few at a time, each within
//! a bound of time.

use std::{
    future::poll_fn,
    io,
    task::{Context, Poll},
    time::Duration,
};

use tokio::task::JoinSet;

/// How many are answered at a time, more waiting in the backlog, and how long each may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) at_once: usize,
    pub(crate) patience: Duration,
}

/// Where the system has no descriptor left for whoever comes, it is asked again so much later.
const WAIT: Duration = Duration::from_millis(100);

/// Accepts and answers without end. Dropped, it leaves those whom it answers, too.
pub(crate) async fn serve<S, F>(
    mut poll_accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<S>>,
    bounds: Bounds,
    answer: impl Fn(S) -> F,
) where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let mut serving = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = serving.join_next(), if !serving.is_empty() => {}
            accepted = poll_fn(&mut poll_accept), if serving.len() < bounds.at_once => {
                let Ok(stream) = accepted else {
                    tokio::time::sleep(WAIT).await;
                    continue;
                };
                let answered = tokio::time::timeout(bounds.patience, answer(stream));
                serving.spawn(async move {
                    if !matches!(answered.await, Ok(Ok(()))) {
                        tracing::debug!("one who came to a side door went unanswered");
                    }
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    /// Five come, and what answers them never ends: who of them is begun with.
    async fn begun(patience: Duration) -> mpsc::Receiver<u32> {
        let (come, mut coming) = mpsc::channel(8);
        let (tell, begun) = mpsc::channel(8);
        for number in 0..5 {
            come.send(number).await.unwrap();
        }
        let bounds = Bounds {
            at_once: 2,
            patience,
        };
        tokio::spawn(serve(
            move |context| {
                coming
                    .poll_recv(context)
                    .map(|came| came.ok_or_else(|| io::ErrorKind::WouldBlock.into()))
            },
            bounds,
            move |number| {
                let tell = tell.clone();
                async move {
                    let _told = tell.send(number).await;
                    std::future::pending().await
                }
            },
        ));
        begun
    }

    #[tokio::test]
    async fn so_many_are_answered_at_a_time() {
        let mut begun = begun(Duration::from_hours(1)).await;
        assert_eq!((begun.recv().await, begun.recv().await), (Some(0), Some(1)));
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(begun.try_recv().is_err(), "a third while two are answered");
    }

    #[tokio::test]
    async fn who_takes_too_long_makes_room_for_the_next() {
        let mut begun = begun(Duration::from_millis(1)).await;
        for number in 0..5 {
            assert_eq!(begun.recv().await, Some(number));
        }
    }
}
