//! TLS as the simplest client does it: one certificate, known by its fingerprint, and nothing else.

use std::sync::Arc;

use anyhow::{Context, Result};
use data_encoding::BASE32_NOPAD;
use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        WantsClientCert,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime},
};
use sha2::{Digest, Sha256};

/// SHA-256 of a certificate's DER.
pub type Fingerprint = [u8; 32];

/// The fingerprint as a join link carries it.
pub fn parse_fingerprint(text: &str) -> Result<Fingerprint> {
    let bytes = BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes());
    let bytes = bytes.with_context(|| format!("no fingerprint: {text}"))?;
    <[u8; 32]>::try_from(bytes).ok().context("not 32 bytes")
}

/// The fingerprint of a certificate.
pub fn fingerprint_of(der: &[u8]) -> Fingerprint {
    Sha256::digest(der).into()
}

/// A client that believes this certificate only, and speaks this protocol (ALPN).
pub fn client_config(fingerprint: Fingerprint, alpn: &[u8]) -> Result<Arc<ClientConfig>> {
    let config = pinning(fingerprint)?.with_no_client_auth();
    Ok(finished(config, alpn))
}

/// The same with a certificate of its own, made for it; and the fingerprint of that.
pub fn client_with_certificate(
    fingerprint: Fingerprint,
    alpn: &[u8],
) -> Result<(Arc<ClientConfig>, Fingerprint)> {
    let own = rcgen::generate_simple_self_signed(vec!["client".to_owned()])?;
    let leaf = own.cert.der().clone();
    let print = fingerprint_of(&leaf);
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der());
    let key = key.map_err(|error| anyhow::anyhow!("no key: {error}"))?;
    let config = pinning(fingerprint)?.with_client_auth_cert(vec![leaf], key)?;
    Ok((finished(config, alpn), print))
}

fn pinning(fingerprint: Fingerprint) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(Pinned {
        fingerprint,
        provider: Arc::clone(&provider),
    });
    Ok(ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(verifier))
}

fn finished(mut config: ClientConfig, alpn: &[u8]) -> Arc<ClientConfig> {
    config.enable_sni = false;
    config.alpn_protocols = vec![alpn.to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    Arc::new(config)
}

#[derive(Debug)]
struct Pinned {
    fingerprint: Fingerprint,
    provider: Arc<CryptoProvider>,
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
        if fingerprint_of(leaf) == self.fingerprint {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
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
        let schemes = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, schemes)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
