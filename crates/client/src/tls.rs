//! TLS to one server only: the one whose certificate has the pinned fingerprint.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use crate::Fingerprint;

/// What a client offers by ALPN: JSON lines, version 1.
pub const ALPN: &[u8] = b"snug/1";

/// Takes the certificate with this fingerprint and no other. Names, dates and issuers say nothing
/// here: the link said all there is to know.
#[derive(Debug)]
pub struct Pinned {
    expected: Fingerprint,
    /// Guards what the server showed if that was another certificate.
    shown: Mutex<Option<Fingerprint>>,
}

impl Pinned {
    /// Expects this certificate.
    pub const fn new(expected: Fingerprint) -> Self {
        Self {
            expected,
            shown: Mutex::new(None),
        }
    }

    /// The wrong fingerprint that the server showed, if it did.
    pub fn wrong(&self) -> Option<Fingerprint> {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// TLS 1.3 alone, without SNI: a client that pins sends no name, and gets the server's own
/// certificate.
pub fn config(pinned: Arc<Pinned>) -> Result<ClientConfig, Error> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(pinned)
        .with_no_client_auth();
    config.enable_sni = false;
    config.alpn_protocols = vec![ALPN.to_vec()];
    // A resumed handshake skips the verifier; ours are few and cheap enough to be whole each time.
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(aws_lc_rs::default_provider())))
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = Fingerprint::of_certificate(leaf);
        if shown == self.expected {
            return Ok(ServerCertVerified::assertion());
        }
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken here".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        // The fingerprint is public: only the signature proves that the peer holds the key.
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &provider().signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
