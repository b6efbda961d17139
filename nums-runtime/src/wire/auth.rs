//! Who may speak: a mutual challenge over a shared secret, before anything else is read.
//!
//! ```text
//! dialer   -> listener   hello:     its role, a nonce, the fingerprint
//! listener -> dialer     challenge: its role, a nonce, the fingerprint, its proof
//! dialer   -> listener   proof
//! ```
//!
//! A proof is a BLAKE3 keyed hash, with the secret as key, of who proves (dialer or listener), both roles, both nonces and
//! the fingerprint. So neither a recorded nor a reflected proof is of use, and a worker cannot pass for the driver or for
//! another worker in the same exchange. The fingerprint (nums version and operator table) makes two builds refuse each
//! other. Frames are at most 256 bytes here, and the whole must be done within `TIME`.

use super::WireError;
use super::frame::{HEADER, Header, Kind};
use nums_ir::graph::NodeId;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Time for the challenge.
pub const TIME: Duration = Duration::from_secs(5);

/// What the members of a cluster share.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Secret([u8; 32]);

/// Who someone is in a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The process with the user's program.
    Driver,
    /// The worker of a node.
    Worker(NodeId),
}

type Nonce = [u8; 32];

/// Bytes of a role, and of a hello.
const ROLE: usize = 5;
const HELLO: usize = ROLE + 32 + 16;

impl Secret {
    /// A new secret from the system's generator.
    pub fn random() -> std::io::Result<Secret> {
        random().map(Secret)
    }
}

/// Proves itself as `me` to a listener that must be `other`.
pub async fn dial<S>(stream: &mut S, secret: &Secret, me: Role, other: Role) -> Result<(), WireError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let steps = async {
        let mine = Hello { role: me, nonce: random()? };
        send(stream, &mine.encode()).await?;
        let answer = receive::<{ HELLO + 32 }, S>(stream).await?;
        let (hello, proof) = answer.split_at(HELLO);
        let theirs = Hello::decode(hello)?;
        let exchange = Exchange { dialer: mine, listener: theirs };
        if exchange.proof(secret, Side::Listener) != *proof {
            return Err(WireError::Refused("the listener does not know the secret"));
        }
        if exchange.listener.role != other {
            return Err(WireError::Refused("the listener is somebody else"));
        }
        send(stream, exchange.proof(secret, Side::Dialer).as_bytes()).await
    };
    timed(steps).await
}

/// Lets a dialer prove itself; returns who it is. `allowed` says which roles may dial.
pub async fn accept<S>(stream: &mut S, secret: &Secret, me: Role, allowed: fn(Role) -> bool) -> Result<Role, WireError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let steps = async {
        let theirs = Hello::decode(&receive::<HELLO, S>(stream).await?)?;
        if !allowed(theirs.role) {
            return Err(WireError::Refused("nobody of that role dials here"));
        }
        let exchange = Exchange { dialer: theirs, listener: Hello { role: me, nonce: random()? } };
        let mut answer = exchange.listener.encode().to_vec();
        answer.extend(exchange.proof(secret, Side::Listener).as_bytes());
        send(stream, &answer).await?;
        if exchange.proof(secret, Side::Dialer) != receive::<32, S>(stream).await? {
            return Err(WireError::Refused("the dialer does not know the secret"));
        }
        Ok(exchange.dialer.role)
    };
    timed(steps).await
}

struct Hello {
    role: Role,
    nonce: Nonce,
}

/// Both hellos of a connection.
struct Exchange {
    dialer: Hello,
    listener: Hello,
}

#[derive(Clone, Copy)]
enum Side {
    Dialer,
    Listener,
}

impl Exchange {
    /// The proof of one side. Comparing `blake3::Hash`es takes the same time wherever they differ.
    fn proof(&self, secret: &Secret, side: Side) -> blake3::Hash {
        let label: &[u8] = match side {
            Side::Dialer => b"nums dialer ",
            Side::Listener => b"nums listener ",
        };
        let text = [label, &self.dialer.encode(), &self.listener.encode()].concat();
        blake3::keyed_hash(&secret.0, &text)
    }
}

impl Hello {
    fn encode(&self) -> [u8; HELLO] {
        let (tag, node) = match self.role {
            Role::Driver => (0, 0),
            Role::Worker(node) => (1, node.0),
        };
        let mut bytes = [0; HELLO];
        bytes[0] = tag;
        bytes[1..ROLE].copy_from_slice(&node.to_le_bytes());
        bytes[ROLE..ROLE + 32].copy_from_slice(&self.nonce);
        bytes[ROLE + 32..].copy_from_slice(&fingerprint());
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Hello, WireError> {
        let broken = || WireError::Broken("a hello that cannot be read".to_owned());
        let bytes: &[u8; HELLO] = bytes.try_into().map_err(|_| broken())?;
        let (role, rest) = bytes.split_first_chunk::<ROLE>().ok_or_else(broken)?;
        let (nonce, print) = rest.split_first_chunk::<32>().ok_or_else(broken)?;
        let [tag, node @ ..] = *role;
        let role = match (tag, u32::from_le_bytes(node)) {
            (0, 0) => Role::Driver,
            (1, node) => Role::Worker(NodeId(node)),
            (_, _) => return Err(broken()),
        };
        if print != fingerprint() {
            return Err(WireError::Refused("another version of nums, or another operator table"));
        }
        Ok(Hello { role, nonce: *nonce })
    }
}

/// Equal for two builds that mean the same by what they say.
fn fingerprint() -> [u8; 16] {
    let table = nums_ir::group::table_fingerprint().to_le_bytes();
    nums_ir::group::fnv128(&[env!("CARGO_PKG_VERSION").as_bytes(), &table]).to_le_bytes()
}

fn random() -> std::io::Result<[u8; 32]> {
    use std::io::Read;
    let mut bytes = [0; 32];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, payload: &[u8]) -> Result<(), WireError> {
    let header = Header { kind: Kind::Auth, epoch: 0, length: payload.len() as u64 };
    stream.write_all(&[&header.encode(), payload].concat()).await?;
    Ok(stream.flush().await?)
}

async fn receive<const N: usize, S: AsyncRead + Unpin>(stream: &mut S) -> Result<[u8; N], WireError> {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header).await?;
    let expected = Header { kind: Kind::Auth, epoch: 0, length: N as u64 };
    if Header::decode(&header)? != Some(expected) {
        return Err(WireError::Refused("a step of the challenge was left out"));
    }
    let mut payload = [0; N];
    stream.read_exact(&mut payload).await?;
    Ok(payload)
}

async fn timed<T>(steps: impl Future<Output = Result<T, WireError>>) -> Result<T, WireError> {
    tokio::time::timeout(TIME, steps).await.unwrap_or(Err(WireError::Late("the challenge")))
}

#[cfg(test)]
mod tests {
    use super::{Exchange, Hello, Role, Secret, Side, WireError, accept, dial};
    use nums_ir::graph::NodeId;

    const ONE: Role = Role::Worker(NodeId(1));

    fn meet(dialer: (Secret, Role, Role), listener: (Secret, Role)) -> (Result<(), WireError>, Result<Role, WireError>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (mut a, mut b) = tokio::io::duplex(1024);
            let left = async move { dial(&mut a, &dialer.0, dialer.1, dialer.2).await };
            let right = async move { accept(&mut b, &listener.0, listener.1, |r| r != Role::Driver).await };
            tokio::join!(left, right)
        })
    }

    #[test]
    fn members_meet() {
        let secret = Secret::random().unwrap();
        let (dialed, accepted) = meet((secret.clone(), ONE, Role::Driver), (secret, Role::Driver));
        assert!(dialed.is_ok());
        assert_eq!(accepted.unwrap(), ONE);
    }

    #[test]
    fn strangers_are_refused_on_both_ends() {
        let (a, b) = (Secret::random().unwrap(), Secret::random().unwrap());
        let (dialed, accepted) = meet((a, ONE, Role::Driver), (b, Role::Driver));
        assert_eq!(dialed.unwrap_err().to_string(), "refused: the listener does not know the secret");
        assert!(accepted.is_err());
    }

    #[test]
    fn roles_are_bound() {
        let secret = Secret::random().unwrap();
        let (dialed, _) = meet((secret.clone(), ONE, Role::Worker(NodeId(2))), (secret.clone(), Role::Worker(NodeId(3))));
        assert_eq!(dialed.unwrap_err().to_string(), "refused: the listener is somebody else");
        let (_, accepted) = meet((secret.clone(), Role::Driver, ONE), (secret, ONE));
        assert_eq!(accepted.unwrap_err().to_string(), "refused: nobody of that role dials here");
    }

    #[test]
    fn a_proof_depends_on_side_roles_and_nonces() {
        let secret = Secret::random().unwrap();
        let exchange = |role, nonce| Exchange {
            dialer: Hello { role, nonce: [nonce; 32] },
            listener: Hello { role: Role::Driver, nonce: [2; 32] },
        };
        let proof = exchange(ONE, 1).proof(&secret, Side::Dialer);
        assert_ne!(proof, exchange(ONE, 1).proof(&secret, Side::Listener));
        assert_ne!(proof, exchange(Role::Worker(NodeId(2)), 1).proof(&secret, Side::Dialer));
        assert_ne!(proof, exchange(ONE, 3).proof(&secret, Side::Dialer));
    }

    #[test]
    fn anything_but_a_hello_is_refused() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let error = runtime.block_on(async {
            let (mut a, mut b) = tokio::io::duplex(1024);
            tokio::io::AsyncWriteExt::write_all(&mut a, b"GET / HTTP/1.1\r\n\r\nxxxx").await.unwrap();
            accept(&mut b, &Secret::random().unwrap(), Role::Driver, |_| true).await.unwrap_err()
        });
        assert_eq!(error.to_string(), "the other end does not speak nums");
    }
}
