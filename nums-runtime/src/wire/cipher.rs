//! Whether connections are encrypted, and the stream that comes of it.
//!
//! Beyond this machine they are, unless `NUMS_INSECURE_PLAINTEXT=1` says that the network is trusted; on this machine they are
//! not, unless `NUMS_TLS=1` asks for it. Both ends follow this rule by the addresses that they see, and a dialer and a listener
//! that came to different answers hear so. A build without the feature `tls` refuses what it cannot encrypt.

use super::WireError;
use super::auth::Secret;
use crate::error::{Error, Result};
use std::io::IoSlice;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Allows plaintext beyond this machine.
const PLAINTEXT: &str = "NUMS_INSECURE_PLAINTEXT";
/// Asks for encryption on this machine.
const ENCRYPTED: &str = "NUMS_TLS";

/// How the connections of a member begin.
#[derive(Clone)]
pub struct Cipher {
    rule: Rule,
    #[cfg(feature = "tls")]
    tls: super::tls::Tls,
}

/// What the environment asks for.
#[derive(Clone, Copy)]
struct Rule {
    everywhere: bool,
    nowhere: bool,
}

/// A connection, encrypted or not.
#[derive(Debug)]
pub enum Stream {
    /// As it is.
    Plain(TcpStream),
    /// In TLS.
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::TlsStream<TcpStream>>),
}

impl Rule {
    fn of_env() -> Rule {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| value == "1");
        Rule { everywhere: is_set(ENCRYPTED), nowhere: is_set(PLAINTEXT) }
    }

    /// Whether a connection is encrypted whose other end is there.
    fn wants(self, there: IpAddr) -> bool {
        self.everywhere || (!there.to_canonical().is_loopback() && !self.nowhere)
    }
}

/// Whether this build can listen at `addresses`, which `place` names.
///
/// # Errors
/// `Error::Plaintext` where connections should be encrypted, and this build cannot.
pub fn allow(place: &str, mut addresses: impl Iterator<Item = IpAddr>) -> Result<()> {
    let rule = Rule::of_env();
    if !cfg!(feature = "tls") && addresses.any(|a| rule.wants(a)) {
        return Err(Error::Plaintext { address: place.to_owned() });
    }
    Ok(())
}

impl Cipher {
    /// For the members that know `secret`.
    pub fn new(secret: &Secret) -> Result<Cipher, WireError> {
        #[cfg(not(feature = "tls"))]
        let _ = secret;
        Ok(Cipher {
            rule: Rule::of_env(),
            #[cfg(feature = "tls")]
            tls: super::tls::Tls::new(secret)?,
        })
    }

    /// Whether connections on this machine are encrypted too.
    pub fn is_everywhere(&self) -> bool {
        self.rule.everywhere
    }

    /// The listener's side of a new connection.
    pub async fn accept(&self, stream: TcpStream) -> Result<Stream, WireError> {
        if !self.rule.wants(stream.peer_addr()?.ip()) {
            return Ok(Stream::Plain(stream));
        }
        #[cfg(feature = "tls")]
        return self.tls.accept(stream).await.map(|s| Stream::Tls(Box::new(s)));
        #[cfg(not(feature = "tls"))]
        Err(without())
    }

    /// The dialer's side of a new connection.
    pub async fn connect(&self, stream: TcpStream) -> Result<Stream, WireError> {
        if !self.rule.wants(stream.peer_addr()?.ip()) {
            return Ok(Stream::Plain(stream));
        }
        #[cfg(feature = "tls")]
        return self.tls.connect(stream).await.map(|s| Stream::Tls(Box::new(s)));
        #[cfg(not(feature = "tls"))]
        Err(without())
    }
}

#[cfg(not(feature = "tls"))]
fn without() -> WireError {
    let help = format!("build it with the feature `tls`, or set {PLAINTEXT}=1 where the network is trusted");
    WireError::Unlike(format!("beyond this machine connections are encrypted, and this build has no TLS: {help}"))
}

/// The half that is read.
pub enum ReadHalf {
    /// As it is.
    Plain(tokio::net::tcp::OwnedReadHalf),
    /// In TLS.
    #[cfg(feature = "tls")]
    Tls(tokio::io::ReadHalf<tokio_rustls::TlsStream<TcpStream>>),
}

/// The half that is written. Dropping it closes the connection for writing.
pub enum WriteHalf {
    /// As it is.
    Plain(tokio::net::tcp::OwnedWriteHalf),
    /// In TLS.
    #[cfg(feature = "tls")]
    Tls(tokio::io::WriteHalf<tokio_rustls::TlsStream<TcpStream>>),
}

impl Stream {
    /// Takes it apart.
    pub fn into_split(self) -> (ReadHalf, WriteHalf) {
        match self {
            Stream::Plain(stream) => {
                let (read, write) = stream.into_split();
                (ReadHalf::Plain(read), WriteHalf::Plain(write))
            }
            #[cfg(feature = "tls")]
            Stream::Tls(stream) => {
                let (read, write) = tokio::io::split(*stream);
                (ReadHalf::Tls(read), WriteHalf::Tls(write))
            }
        }
    }
}

/// Hands a call on to the stream inside.
macro_rules! inside {
    ($outer:ident: $inner:ident => $call:expr) => {
        match $outer.get_mut() {
            Self::Plain($inner) => $call,
            #[cfg(feature = "tls")]
            Self::Tls($inner) => $call,
        }
    };
}

macro_rules! reads {
    ($($name:ident)*) => {$(
        impl AsyncRead for $name {
            fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
                inside!(self: s => Pin::new(s).poll_read(cx, into))
            }
        }
    )*};
}

macro_rules! writes {
    ($($name:ident)*) => {$(
        impl AsyncWrite for $name {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
                inside!(self: s => Pin::new(s).poll_write(cx, bytes))
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                slices: &[IoSlice<'_>],
            ) -> Poll<std::io::Result<usize>> {
                inside!(self: s => Pin::new(s).poll_write_vectored(cx, slices))
            }

            fn is_write_vectored(&self) -> bool {
                match self {
                    Self::Plain(s) => s.is_write_vectored(),
                    #[cfg(feature = "tls")]
                    Self::Tls(s) => s.is_write_vectored(),
                }
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
                inside!(self: s => Pin::new(s).poll_flush(cx))
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
                inside!(self: s => Pin::new(s).poll_shutdown(cx))
            }
        }
    )*};
}

reads!(Stream ReadHalf);
writes!(Stream WriteHalf);

#[cfg(test)]
mod tests {
    use super::{Rule, allow};

    #[test]
    fn beyond_this_machine_is_encrypted_or_refused() {
        let rule = |everywhere, nowhere| Rule { everywhere, nowhere };
        let [here, mapped, there] = ["127.0.0.1", "::ffff:127.0.0.1", "10.0.0.1"].map(|a| a.parse().unwrap());
        for inside in [here, mapped] {
            assert!(!rule(false, false).wants(inside) && rule(true, false).wants(inside));
        }
        assert!(rule(false, false).wants(there) && !rule(false, true).wants(there) && rule(true, true).wants(there));
        assert!(allow("here", [here].into_iter()).is_ok());
        let refused = allow("10.0.0.1:7", [here, there].into_iter());
        assert_eq!(refused.is_ok(), cfg!(feature = "tls"));
        if let Err(e) = refused {
            assert!(e.to_string().starts_with("10.0.0.1:7 is beyond this machine, and what is sent"), "{e}");
        }
    }
}
