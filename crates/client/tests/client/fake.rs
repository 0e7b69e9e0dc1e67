//! A scripted server: a certificate, a listener, and lines in and out of each connection.

use std::sync::Arc;

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};
use serde_json::Value;
use snug_client::{Fingerprint, Link, tls::ALPN};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, ReadHalf, WriteHalf},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

pub(crate) struct FakeServer {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    fingerprint: Fingerprint,
}

pub(crate) struct Peer {
    reader: BufReader<ReadHalf<TlsStream<TcpStream>>>,
    writer: WriteHalf<TlsStream<TcpStream>>,
}

impl FakeServer {
    pub(crate) async fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(["snug".to_owned()]).unwrap();
        let der: CertificateDer<'static> = made.cert.der().clone();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        Self::showing(der, key).await
    }

    /// A server that shows this certificate, with this key, whether they belong together or not.
    pub(crate) async fn showing(
        der: CertificateDer<'static>,
        key: PrivatePkcs8KeyDer<'static>,
    ) -> Self {
        let fingerprint = Fingerprint::of_certificate(&der);
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let key = provider.key_provider.load_private_key(key.into()).unwrap();
        let certified = rustls::sign::CertifiedKey::new(vec![der], key);
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![ALPN.to_vec()];
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
            fingerprint,
        }
    }

    pub(crate) fn link(&self) -> Link {
        let port = self.listener.local_addr().unwrap().port();
        Link::new("127.0.0.1", port, self.fingerprint).unwrap()
    }

    pub(crate) async fn accept(&self) -> Peer {
        let peer = self.try_accept().await.unwrap();
        assert_eq!(peer.get_ref().1.alpn_protocol(), Some(ALPN));
        assert_eq!(peer.get_ref().1.server_name(), None, "no SNI is sent");
        let (reader, writer) = tokio::io::split(peer);
        Peer {
            reader: BufReader::new(reader),
            writer,
        }
    }

    pub(crate) async fn try_accept(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let (tcp, _address) = self.listener.accept().await?;
        self.acceptor.accept(tcp).await
    }
}

impl Peer {
    /// The next line, or `None` when the client is gone.
    pub(crate) async fn line(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.reader.read_line(&mut line).await {
            Ok(read) if read > 0 => Some(serde_json::from_str(&line).unwrap()),
            _ => None,
        }
    }

    /// The next request, which must be this one.
    pub(crate) async fn expect(&mut self, what: &str) -> Value {
        let line = self.line().await.expect("the client is gone");
        assert_eq!(line["do"], what, "{line}");
        line
    }

    pub(crate) async fn say(&mut self, line: &Value) {
        self.write(format!("{line}\n").as_bytes()).await;
    }

    /// Answers a request with this `ok`.
    pub(crate) async fn answer(&mut self, request: &Value, ok: Value) {
        let line = serde_json::json!({"re": request["id"], "ok": ok});
        self.say(&line).await;
    }

    /// Refuses a request with this code.
    pub(crate) async fn refuse(&mut self, request: &Value, code: &str) {
        let error = serde_json::json!({"code": code, "text": code, "retry_after_ms": 1});
        let line = serde_json::json!({"re": request["id"], "error": error});
        self.say(&line).await;
    }

    /// Writes these bytes; false when the client is gone.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> bool {
        self.writer.write_all(bytes).await.is_ok() && self.writer.flush().await.is_ok()
    }
}
