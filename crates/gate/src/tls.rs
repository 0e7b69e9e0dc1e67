//! The server's side of TLS: 1.3 only, hybrid post-quantum key exchange first (S1).

use std::sync::Arc;

use rustls::{
    ServerConfig,
    crypto::{
        CryptoProvider,
        aws_lc_rs::{self, cipher_suite, kx_group},
    },
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
    version::TLS13,
};

use crate::{Identity, client_certificates::AnyCertificate};

/// Application protocol of the native wire.
pub const ALPN_NATIVE: &[u8] = b"snug/1";
/// Application protocol of IRC (registered with IANA).
pub const ALPN_IRC: &[u8] = b"irc";
/// Application protocol of HTTP (RFC 7301 §6); it is answered with a sentence.
pub const ALPN_HTTP: &[u8] = b"http/1.1";

/// TLS as the server speaks it.
#[derive(Debug)]
pub struct Tls {
    /// For clients that are asked for a certificate: they may have one, and need not.
    asking: Arc<ServerConfig>,
    /// For those who sign in otherwise in any case, or whose owner would be asked which to show.
    silent: Arc<ServerConfig>,
}

impl Tls {
    /// How to speak to a client, by the first bytes that it says: those of its `ClientHello`, where
    /// its application protocols are in clear (RFC 7301 §3.1).
    pub(crate) fn for_client(&self, hello: &[u8]) -> Arc<ServerConfig> {
        let offers = |protocol: &[u8]| {
            let length = u8::try_from(protocol.len()).unwrap_or_default();
            let named = [&[length], protocol].concat();
            hello.windows(named.len()).any(|bytes| bytes == named)
        };
        if offers(ALPN_NATIVE) || offers(ALPN_HTTP) {
            Arc::clone(&self.silent)
        } else {
            Arc::clone(&self.asking)
        }
    }

    /// Is a client that is spoken to like this asked for a certificate?
    pub(crate) fn asks(&self, config: &Arc<ServerConfig>) -> bool {
        Arc::ptr_eq(config, &self.asking)
    }
}

/// TLS for this identity. Every client gets its certificate, whatever name it asks for.
pub fn server_config(identity: &Identity) -> Result<Arc<Tls>, rustls::Error> {
    // SHA-256 suites first, whatever the client prefers: a quarter less CPU for a handshake. No tickets:
    // resuming saves the server nothing. Both measured, see docs/benchmarks.md.
    let provider = CryptoProvider {
        cipher_suites: vec![
            cipher_suite::TLS13_AES_128_GCM_SHA256,
            cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
            cipher_suite::TLS13_AES_256_GCM_SHA384,
        ],
        kx_groups: vec![
            kx_group::X25519MLKEM768,
            kx_group::X25519,
            kx_group::SECP256R1,
        ],
        ..aws_lc_rs::default_provider()
    };
    let provider = Arc::new(provider);
    let any: Arc<dyn ClientCertVerifier> = Arc::new(AnyCertificate(Arc::clone(&provider)));
    Ok(Arc::new(Tls {
        asking: config(identity, &provider, any)?,
        silent: config(identity, &provider, WebPkiClientVerifier::no_client_auth())?,
    }))
}

fn config(
    identity: &Identity,
    provider: &Arc<CryptoProvider>,
    clients: Arc<dyn ClientCertVerifier>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(clients)
        .with_single_cert(
            vec![identity.certificate().clone()],
            identity.key().clone_key(),
        )?;
    config.ignore_client_order = true;
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.alpn_protocols = [ALPN_NATIVE, ALPN_IRC, ALPN_HTTP]
        .map(<[u8]>::to_vec)
        .into();
    Ok(Arc::new(config))
}
