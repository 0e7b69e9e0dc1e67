//! What is submitted and not answered yet: numbered, bounded, and each with a key of its own.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use data_encoding::BASE32_NOPAD;
use rand::RngCore;
use snug_proto::Request;

use super::LocalId;

/// Submitted requests that may wait for their answer; past it, [`QueueFull`].
pub(super) const MAX_QUEUED: usize = 1000;

/// A thousand requests wait already, or the client has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much is waiting to be sent already")]
pub struct QueueFull;

/// Counts the places in the queue.
#[derive(Debug, Default)]
pub(super) struct Places {
    last: AtomicU64,
    taken: AtomicUsize,
}

impl Places {
    pub(super) fn take(&self) -> Result<LocalId, QueueFull> {
        let more = |taken| (taken < MAX_QUEUED).then_some(taken + 1);
        self.taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more)
            .map_err(|_full| QueueFull)?;
        Ok(self.last.fetch_add(1, Ordering::AcqRel) + 1)
    }

    pub(super) fn give_back(&self) {
        self.taken.fetch_sub(1, Ordering::AcqRel);
    }

    pub(super) fn taken(&self) -> usize {
        self.taken.load(Ordering::Acquire)
    }
}

/// The request with a key, so that it can be sent twice and is done once (DECISIONS 35).
pub(super) fn with_key(mut request: Request) -> Request {
    let key = match &mut request {
        Request::Send(send) => &mut send.key,
        Request::Edit(edit) => &mut edit.key,
        Request::Delete(delete) => &mut delete.key,
        Request::React(react) => &mut react.key,
        Request::CreateRoom(create) => &mut create.key,
        Request::Kick(kick) => &mut kick.key,
        Request::Ban(ban) => &mut ban.key,
        Request::Unban(unban) => &mut unban.key,
        Request::Mute(mute) => &mut mute.key,
        Request::Unmute(unmute) => &mut unmute.key,
        Request::SetRole(set) => &mut set.key,
        Request::SetMask(set) => &mut set.key,
        Request::InviteTo(invite) => &mut invite.key,
        Request::SetRoom(set) => &mut set.key,
        Request::Grant(grant) => &mut grant.key,
        Request::Transfer(transfer) => &mut transfer.key,
        Request::BuyVip(vip) => &mut vip.key,
        _ => return request,
    };
    key.get_or_insert_with(|| {
        let mut bytes = [0; 16];
        rand::rngs::OsRng.fill_bytes(&mut bytes);
        BASE32_NOPAD.encode(&bytes)
    });
    request
}
