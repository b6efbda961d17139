//! TLS 1.3 between members, with nothing to set up but the token.
//!
//! Both ends derive one Ed25519 key pair from the token and accept exactly that public key, as a raw key (RFC 7250): there is no
//! certificate, no name, no authority and no date to go wrong. Whoever completes the handshake knows the token, at either
//! end; the challenge of `auth` follows inside, so that roles, cluster and build are checked as without TLS.

use super::WireError;
use super::auth::Secret;
use rustls::client::AlwaysResolvesClientRawPublicKeys;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::AlwaysResolvesServerRawPublicKeys;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme, version};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

/// What stands before the 32 bytes of an Ed25519 seed in PKCS #8.
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// How members of one token speak.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    connector: TlsConnector,
}

impl Tls {
    /// For the members that know `secret`.
    pub fn new(secret: &Secret) -> Result<Tls, WireError> {
        let provider = Arc::new(ring::default_provider());
        let pkcs8 = [&PKCS8[..], &secret.derive("nums 2026 key of TLS")].concat();
        let signer = ring::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(pkcs8)).map_err(broken)?;
        let public = signer.public_key().ok_or_else(|| WireError::Broken("TLS: a key without a public key".to_owned()))?;
        let public = CertificateDer::from(public.as_ref().to_vec());
        let only = Arc::new(Only { public: public.clone(), provider: Arc::clone(&provider) });
        let key = Arc::new(CertifiedKey::new(vec![public], signer));
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&version::TLS13])
            .map_err(broken)?
            .with_client_cert_verifier(Arc::clone(&only) as Arc<dyn ClientCertVerifier>)
            .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(Arc::clone(&key))));
        let client = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13])
            .map_err(broken)?
            .dangerous()
            .with_custom_certificate_verifier(only)
            .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(key)));
        Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(server)), connector: TlsConnector::from(Arc::new(client)) })
    }

    /// The listener's side.
    pub async fn accept(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, WireError> {
        Ok(TlsStream::Server(self.acceptor.accept(stream).await.map_err(unfit)?))
    }

    /// The dialer's side.
    pub async fn connect(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, WireError> {
        // A name must be said; nobody looks at it.
        let name = ServerName::try_from("nums").map_err(|e| WireError::Broken(format!("TLS: {e}")))?;
        Ok(TlsStream::Client(self.connector.connect(name, stream).await.map_err(unfit)?))
    }
}

fn broken(e: rustls::Error) -> WireError {
    WireError::Broken(format!("TLS: {e}"))
}

/// A handshake that failed, in the words of this library where they are known.
fn unfit(e: std::io::Error) -> WireError {
    let inner = e.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidMessage(_)) => WireError::Refused("the other end does not speak TLS"),
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::AlertReceived(_)) => {
            WireError::Refused("the other end has another token (TLS)")
        }
        Some(e) => WireError::Broken(format!("TLS: {e}")),
        None => WireError::Io(e),
    }
}

/// Accepts one public key.
#[derive(Debug)]
struct Only {
    public: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl Only {
    fn is(&self, key: &CertificateDer<'_>) -> Result<(), rustls::Error> {
        if key.as_ref() == self.public.as_ref() { Ok(()) } else { Err(CertificateError::ApplicationVerificationFailure.into()) }
    }

    fn signed(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let key = SubjectPublicKeyInfoDer::from(key.as_ref());
        verify_tls13_signature_with_raw_key(message, &key, signature, &self.provider.signature_verification_algorithms)
    }

    fn older() -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS before 1.3".to_owned()))
    }
}

impl ServerCertVerifier for Only {
    fn verify_server_cert(
        &self,
        key: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.is(key).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _key: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Only::older()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed(message, key, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for Only {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        key: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.is(key).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _key: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Only::older()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed(message, key, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Tls;
    use crate::wire::auth::Secret;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    /// What each end says when one dials with a token and the other listens with one; `None` dials without TLS.
    fn meet(dialer: Option<&[u8]>, listener: &[u8]) -> (String, String) {
        let tls = |token: &[u8]| Tls::new(&Secret::of_token(token)).unwrap();
        let (dialer, listener) = (dialer.map(tls), tls(listener));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut stream = TcpStream::connect(door.local_addr().unwrap()).await.unwrap();
            let (accepted, _) = door.accept().await.unwrap();
            let left = async {
                let Some(tls) = dialer else {
                    stream.write_all(b"NUMS\x02\0\x01\0 and so on").await.unwrap();
                    return "plain".to_owned();
                };
                match tls.connect(stream).await {
                    Ok(mut stream) => {
                        let mut word = [0; 5];
                        match stream.read_exact(&mut word).await {
                            Ok(_) => String::from_utf8(word.to_vec()).unwrap(),
                            Err(e) => e.to_string(),
                        }
                    }
                    Err(e) => e.to_string(),
                }
            };
            let right = async {
                match listener.accept(accepted).await {
                    Ok(mut stream) => {
                        stream.write_all(b"hello").await.unwrap();
                        stream.flush().await.unwrap();
                        "ok".to_owned()
                    }
                    Err(e) => e.to_string(),
                }
            };
            tokio::join!(left, right)
        })
    }

    #[test]
    fn who_has_the_token_speaks_and_nobody_else_does() {
        assert_eq!(meet(Some(b"a token"), b"a token"), ("hello".to_owned(), "ok".to_owned()));
        let (left, right) = meet(Some(b"another"), b"a token");
        assert_eq!(left, "refused: the other end has another token (TLS)");
        assert_eq!(right, "refused: the other end has another token (TLS)");
        let (_, right) = meet(None, b"a token");
        assert_eq!(right, "refused: the other end does not speak TLS");
    }
}
