//! TLS driven by hand, without buffers of its own: an idle connection holds rustls' state and nothing
//! else. Bytes come out of and go into the thread's scratch buffers.

use rustls::{
    HandshakeKind,
    server::UnbufferedServerConnection,
    unbuffered::{ConnectionState, EncodeError, EncryptError, UnbufferedStatus},
};

use crate::{Fingerprint, scratch::Outgoing};

/// A record's header, content type and tag (RFC 8446 §5.2).
const RECORD_OVERHEAD: usize = 5 + 1 + 16;
const RECORD_BYTES: usize = 16 * 1024;

/// What lies between the lines and the socket.
pub(crate) enum Transport {
    /// Nothing.
    Plain,
    /// TLS 1.3.
    Tls(Box<UnbufferedServerConnection>),
}

/// What became of some incoming bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opened {
    /// So many bytes at the front are dealt with. The others must be kept, as they now are.
    pub(crate) used: usize,
    /// The peer has ended its side.
    pub(crate) closed: bool,
}

/// TLS failed: the peer sent what it must not, or a key is used up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsFailure {
    #[error("{0}")]
    Peer(#[from] rustls::Error),
    #[error("the encryption could not go on")]
    Sealing,
}

impl Transport {
    /// Decrypts what came. Plain bytes are appended to `plain`, what TLS itself has to say (handshake,
    /// alerts, key updates) to `outgoing`, on failure too.
    pub(crate) fn open(
        &mut self,
        incoming: &mut [u8],
        plain: &mut Vec<u8>,
        outgoing: &mut Outgoing,
    ) -> Result<Opened, TlsFailure> {
        let tls = match self {
            Self::Plain => {
                plain.extend_from_slice(incoming);
                let used = incoming.len();
                let closed = false;
                return Ok(Opened { used, closed });
            }
            Self::Tls(tls) => tls,
        };
        let mut used = 0;
        let mut closed = false;
        loop {
            let rest = incoming.get_mut(used..).unwrap_or_default();
            let UnbufferedStatus { mut discard, state } = tls.process_tls_records(rest);
            let done = match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record?;
                        discard += record.discard;
                        plain.extend_from_slice(record.payload);
                    }
                    false
                }
                Ok(ConnectionState::EncodeTlsData(data)) => {
                    encode(data, outgoing)?;
                    false
                }
                Ok(ConnectionState::TransmitTlsData(data)) => {
                    // Whoever called writes `outgoing` before anything else.
                    data.done();
                    false
                }
                Ok(ConnectionState::PeerClosed) => {
                    closed = true;
                    false
                }
                // Blocked, ready to write, or closed on both sides: nothing more in these bytes.
                Ok(_) => true,
                Err(error) => {
                    let rest = incoming.get_mut(used + discard..).unwrap_or_default();
                    last_words(tls, rest, outgoing);
                    return Err(error.into());
                }
            };
            used += discard;
            if done {
                return Ok(Opened { used, closed });
            }
        }
    }

    /// Encrypts `plain` into as few and full records as it takes. `kept` are the bytes that the last
    /// [`Transport::open`] did not use.
    pub(crate) fn seal(
        &mut self,
        kept: &mut [u8],
        plain: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), TlsFailure> {
        let Self::Tls(tls) = self else {
            outgoing.extend(plain);
            return Ok(());
        };
        if plain.is_empty() {
            return Ok(());
        }
        let records = plain.len().div_ceil(RECORD_BYTES);
        let mut room = plain.len() + records * RECORD_OVERHEAD;
        writing(tls, kept, outgoing, |traffic, outgoing| {
            loop {
                match traffic.encrypt(plain, outgoing.spare(room)) {
                    Ok(written) => {
                        outgoing.advance(written);
                        return Ok(());
                    }
                    Err(EncryptError::InsufficientSize(needed)) if needed.required_size > room => {
                        room = needed.required_size;
                    }
                    Err(_) => return Err(TlsFailure::Sealing),
                }
            }
        })
    }

    /// Has the processor fetch the parts of it that are needed to write.
    pub(crate) fn bring_near(&self) {
        if let Self::Tls(tls) = self {
            let read = (tls.is_handshaking(), tls.wants_write());
            std::hint::black_box((read, tls.negotiated_cipher_suite(), tls.alpn_protocol()));
        }
    }

    /// Is the handshake done?
    pub(crate) fn is_ready(&self) -> bool {
        match self {
            Self::Plain => true,
            Self::Tls(tls) => !tls.is_handshaking(),
        }
    }

    /// Has the server answered a client's keys with its own?
    pub(crate) fn has_exchanged_keys(&self) -> bool {
        match self {
            Self::Plain => false,
            Self::Tls(tls) => tls.handshake_kind() == Some(HandshakeKind::Full),
        }
    }

    /// The application protocol agreed on (RFC 7301).
    pub(crate) fn alpn(&self) -> Option<&[u8]> {
        match self {
            Self::Plain => None,
            Self::Tls(tls) => tls.alpn_protocol(),
        }
    }

    /// The certificate that the peer showed. It has proved that it holds the key to it.
    pub(crate) fn certificate(&self) -> Option<Fingerprint> {
        match self {
            Self::Plain => None,
            Self::Tls(tls) => tls
                .peer_certificates()?
                .first()
                .map(|leaf| Fingerprint::of(leaf)),
        }
    }

    /// Says that nothing more will be written (RFC 8446 §6.1).
    pub(crate) fn close(
        &mut self,
        kept: &mut [u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), TlsFailure> {
        let Self::Tls(tls) = self else {
            return Ok(());
        };
        writing(tls, kept, outgoing, |traffic, outgoing| {
            let room = outgoing.spare(1024);
            match traffic.queue_close_notify(room) {
                Ok(written) => {
                    outgoing.advance(written);
                    Ok(())
                }
                Err(_) => Err(TlsFailure::Sealing),
            }
        })
    }
}

type Data = rustls::server::ServerConnectionData;

fn writing(
    tls: &mut UnbufferedServerConnection,
    kept: &mut [u8],
    outgoing: &mut Outgoing,
    mut write: impl FnMut(
        &mut rustls::unbuffered::WriteTraffic<'_, Data>,
        &mut Outgoing,
    ) -> Result<(), TlsFailure>,
) -> Result<(), TlsFailure> {
    loop {
        // `kept` is no whole record, so nothing in it is used up here.
        let UnbufferedStatus { state, .. } = tls.process_tls_records(kept);
        match state? {
            ConnectionState::WriteTraffic(mut traffic) => return write(&mut traffic, outgoing),
            ConnectionState::EncodeTlsData(data) => encode(data, outgoing)?,
            ConnectionState::TransmitTlsData(data) => data.done(),
            ConnectionState::PeerClosed => {}
            _ => return Err(TlsFailure::Sealing),
        }
    }
}

fn encode(
    mut data: rustls::unbuffered::EncodeTlsData<'_, Data>,
    outgoing: &mut Outgoing,
) -> Result<(), TlsFailure> {
    let mut room = 4096;
    loop {
        match data.encode(outgoing.spare(room)) {
            Ok(written) => {
                outgoing.advance(written);
                return Ok(());
            }
            Err(EncodeError::InsufficientSize(needed)) if needed.required_size > room => {
                room = needed.required_size;
            }
            Err(_) => return Err(TlsFailure::Sealing),
        }
    }
}

/// The alert that tells the peer why it failed. Asked only while there is something to say: rustls must
/// not be made to work on the same bad bytes again.
fn last_words(tls: &mut UnbufferedServerConnection, rest: &mut [u8], outgoing: &mut Outgoing) {
    while tls.wants_write() {
        let Ok(ConnectionState::EncodeTlsData(data)) = tls.process_tls_records(rest).state else {
            return;
        };
        if encode(data, outgoing).is_err() {
            return;
        }
    }
}
