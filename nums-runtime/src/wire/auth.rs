//! Who may speak: a mutual challenge over a shared secret, before anything else is read.
//!
//! ```text
//! dialer   -> listener   hello:     its role, a nonce, the cluster, what it was built from
//! listener -> dialer     challenge: the same of itself, its proof
//! dialer   -> listener   proof
//! ```
//!
//! A proof is a BLAKE3 keyed hash, with the secret as key, of who proves (dialer or listener) and both hellos. So neither a
//! recorded nor a reflected proof is of use, a worker cannot pass for the driver or for another worker in the same exchange, and
//! a member of one cluster is nobody in another one with the same token. Builds that would not compute the same bits (`Build`)
//! refuse each other, and each end learns why. Frames are at most 256 bytes here, and the whole must be done within `TIME`.

use super::WireError;
use super::frame::{HEADER, Header, Kind};
use crate::native::{Isa, NumericClass};
use nums_ir::graph::NodeId;
use std::fmt;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Time for the challenge.
pub const TIME: Duration = Duration::from_secs(5);

/// What the members of a cluster share.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Secret([u8; 32]);

/// Which cluster: drawn by its driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ClusterId([u8; 16]);

/// The secret of a cluster, and which one it is.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Key {
    /// What the members share.
    pub secret: Secret,
    /// Which cluster; `ClusterId::UNKNOWN` before a joiner has met the driver.
    pub cluster: ClusterId,
}

/// Who someone is in a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The process with the user's program.
    Driver,
    /// The worker of a node.
    Worker(NodeId),
    /// A worker that the driver did not start: it is told its node when it is welcomed.
    Joiner,
}

/// What decides whether two processes compute the same bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Build {
    /// Of nums: major, minor, patch.
    version: [u16; 3],
    /// Of the operator table.
    table: [u8; 16],
    /// Of the machine.
    class: NumericClass,
}

type Nonce = [u8; 32];

/// Bytes of a role, of a build, and of a hello.
const ROLE: usize = 5;
const BUILD: usize = 6 + 16 + 1;
const HELLO: usize = ROLE + 32 + 16 + BUILD;

impl Secret {
    /// A new secret from the system's generator.
    pub fn random() -> std::io::Result<Secret> {
        random().map(Secret)
    }

    /// A key for another use, which tells nothing of the secret.
    #[cfg(feature = "tls")]
    pub(super) fn derive(&self, context: &str) -> [u8; 32] {
        blake3::derive_key(context, &self.0)
    }

    /// The secret that a token stands for: text that people copy between machines.
    pub fn of_token(token: &[u8]) -> Secret {
        Secret(blake3::derive_key("nums 2026 token of a cluster", token))
    }
}

impl ClusterId {
    /// What a joiner says.
    pub const UNKNOWN: ClusterId = ClusterId([0; 16]);
}

impl Key {
    /// The key of a new cluster.
    pub fn new(secret: Secret) -> std::io::Result<Key> {
        let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = random()?;
        Ok(Key { secret, cluster: ClusterId(id) })
    }
}

/// Proves itself as `me` to a listener that must be `other`; returns the listener's cluster.
pub async fn dial<S>(stream: &mut S, key: &Key, me: Role, other: Role) -> Result<ClusterId, WireError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let steps = async {
        let mine = Hello { role: me, nonce: random()?, cluster: key.cluster, build: Build::this() };
        send(stream, &mine.encode()).await?;
        let answer = receive::<{ HELLO + 32 }, S>(stream).await?;
        let (hello, proof) = answer.split_at(HELLO);
        let theirs = Hello::decode(hello)?;
        let exchange = Exchange { dialer: mine, listener: theirs };
        if exchange.proof(&key.secret, Side::Listener) != *proof {
            return Err(WireError::Refused("the listener does not know the secret"));
        }
        if exchange.listener.role != other {
            return Err(WireError::Refused("the listener is somebody else"));
        }
        exchange.listener.build.fits()?;
        exchange.fits_cluster()?;
        send(stream, exchange.proof(&key.secret, Side::Dialer).as_bytes()).await?;
        Ok(exchange.listener.cluster)
    };
    timed(steps).await
}

/// Lets a dialer prove itself; returns who it is. `allowed` says which roles may dial.
pub async fn accept<S>(stream: &mut S, key: &Key, me: Role, allowed: fn(Role) -> bool) -> Result<Role, WireError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let steps = async {
        let mine = Hello { role: me, nonce: random()?, cluster: key.cluster, build: Build::this() };
        let hello = match receive::<HELLO, S>(stream).await {
            Ok(hello) => hello,
            Err(e @ WireError::Version(_)) => {
                // Our frame tells the other end which version is spoken here.
                send(stream, &mine.encode()).await?;
                return Err(e);
            }
            Err(e) => return Err(e),
        };
        let theirs = Hello::decode(&hello)?;
        if !allowed(theirs.role) {
            return Err(WireError::Refused("nobody of that role dials here"));
        }
        let exchange = Exchange { dialer: theirs, listener: mine };
        let mut answer = exchange.listener.encode().to_vec();
        answer.extend(exchange.proof(&key.secret, Side::Listener).as_bytes());
        send(stream, &answer).await?;
        // Only now: the dialer reads from the answer what does not fit.
        exchange.dialer.build.fits()?;
        exchange.fits_cluster()?;
        let proof = receive::<32, S>(stream).await.map_err(|e| match e {
            WireError::Io(_) => WireError::Refused("it left when it was asked to prove itself: it has another token"),
            e => e,
        })?;
        if exchange.proof(&key.secret, Side::Dialer) != proof {
            return Err(WireError::Refused("the dialer does not know the secret"));
        }
        Ok(exchange.dialer.role)
    };
    timed(steps).await
}

impl Build {
    /// Of this process, on this machine.
    pub fn this() -> Build {
        let number = |text: &str| text.parse().unwrap_or(0);
        let version = [env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"), env!("CARGO_PKG_VERSION_PATCH")];
        Build {
            version: version.map(number),
            table: nums_ir::group::table_fingerprint().to_le_bytes(),
            class: Isa::detected().class(),
        }
    }

    /// Whether the other end's build computes what this one does.
    fn fits(&self) -> Result<(), WireError> {
        let mine = Build::this();
        let unlike = |what: String| Err(WireError::Unlike(what));
        if self.version != mine.version {
            return unlike(format!("the other end is {self}, this is {mine}: build both from one version"));
        }
        if self.table != mine.table {
            return unlike(format!("both ends are {mine}, but their operator tables differ: build both from one source"));
        }
        if self.class != mine.class {
            let has = |class: NumericClass| match class {
                NumericClass::Fma => "has",
                NumericClass::Plain => "lacks",
            };
            return unlike(format!(
                "the other machine {} fused multiply-add and this one {} it: products would differ in their last bits",
                has(self.class),
                has(mine.class)
            ));
        }
        Ok(())
    }
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.version;
        write!(f, "nums {major}.{minor}.{patch}")
    }
}

#[derive(Clone)]
struct Hello {
    role: Role,
    nonce: Nonce,
    cluster: ClusterId,
    build: Build,
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

    /// Only a joiner does not know yet where it is.
    fn fits_cluster(&self) -> Result<(), WireError> {
        let fits = match self.dialer.role {
            Role::Joiner => self.dialer.cluster == ClusterId::UNKNOWN,
            Role::Driver | Role::Worker(_) => self.dialer.cluster == self.listener.cluster,
        };
        if fits { Ok(()) } else { Err(WireError::Refused("a member of another cluster")) }
    }
}

impl Hello {
    fn encode(&self) -> [u8; HELLO] {
        let (tag, node) = match self.role {
            Role::Driver => (0, 0),
            Role::Worker(node) => (1, node.0),
            Role::Joiner => (2, 0),
        };
        let Build { version, table, class } = self.build;
        let mut bytes = [0; HELLO];
        let mut at = 0;
        let mut put = |part: &[u8]| {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        };
        put(&[tag]);
        put(&u32::to_le_bytes(node));
        put(&self.nonce);
        put(&self.cluster.0);
        version.iter().for_each(|n| put(&n.to_le_bytes()));
        put(&table);
        put(&[match class {
            NumericClass::Plain => 0,
            NumericClass::Fma => 1,
        }]);
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Hello, WireError> {
        let broken = || WireError::Broken("a hello that cannot be read".to_owned());
        let bytes: &[u8; HELLO] = bytes.try_into().map_err(|_| broken())?;
        let (role, rest) = bytes.split_first_chunk::<ROLE>().ok_or_else(broken)?;
        let (nonce, rest) = rest.split_first_chunk::<32>().ok_or_else(broken)?;
        let (cluster, rest) = rest.split_first_chunk::<16>().ok_or_else(broken)?;
        let (version, rest) = rest.split_first_chunk::<6>().ok_or_else(broken)?;
        let (table, rest) = rest.split_first_chunk::<16>().ok_or_else(broken)?;
        let [a0, a1, b0, b1, c0, c1] = *version;
        let class = match rest {
            [0] => NumericClass::Plain,
            [1] => NumericClass::Fma,
            _ => return Err(broken()),
        };
        let [tag, node @ ..] = *role;
        let role = match (tag, u32::from_le_bytes(node)) {
            (0, 0) => Role::Driver,
            (1, node) => Role::Worker(NodeId(node)),
            (2, 0) => Role::Joiner,
            (_, _) => return Err(broken()),
        };
        let version = [[a0, a1], [b0, b1], [c0, c1]].map(u16::from_le_bytes);
        Ok(Hello { role, nonce: *nonce, cluster: ClusterId(*cluster), build: Build { version, table: *table, class } })
    }
}

/// Whether bytes are the hello of somebody: for tests that feed decoders.
pub fn is_hello(bytes: &[u8]) -> bool {
    Hello::decode(bytes).is_ok()
}

pub(super) fn random() -> std::io::Result<[u8; 32]> {
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
    use super::{Build, ClusterId, Exchange, HELLO, Hello, Key, Role, Secret, Side, WireError, accept, dial};
    use crate::native::NumericClass;
    use nums_ir::graph::NodeId;

    const ONE: Role = Role::Worker(NodeId(1));

    fn key(secret: &Secret) -> Key {
        Key { secret: secret.clone(), cluster: ClusterId([7; 16]) }
    }

    fn meet(dialer: (Key, Role, Role), listener: (Key, Role)) -> (Result<ClusterId, WireError>, Result<Role, WireError>) {
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
        let key = key(&Secret::random().unwrap());
        let (dialed, accepted) = meet((key.clone(), ONE, Role::Driver), (key, Role::Driver));
        assert!(dialed.is_ok());
        assert_eq!(accepted.unwrap(), ONE);
    }

    #[test]
    fn a_joiner_learns_the_cluster() {
        let key = key(&Secret::of_token(b"text"));
        let new = Key { cluster: ClusterId::UNKNOWN, ..key.clone() };
        let (dialed, accepted) = meet((new, Role::Joiner, Role::Driver), (key.clone(), Role::Driver));
        assert_eq!((dialed.unwrap(), accepted.unwrap()), (key.cluster, Role::Joiner));
    }

    #[test]
    fn strangers_are_refused_on_both_ends() {
        let (a, b) = (Secret::random().unwrap(), Secret::random().unwrap());
        let (dialed, accepted) = meet((key(&a), ONE, Role::Driver), (key(&b), Role::Driver));
        assert_eq!(dialed.unwrap_err().to_string(), "refused: the listener does not know the secret");
        assert_eq!(accepted.unwrap_err().to_string(), "refused: it left when it was asked to prove itself: it has another token");
    }

    #[test]
    fn members_of_another_cluster_are_refused_though_they_share_the_token() {
        let secret = Secret::of_token(b"text");
        let other = Key { secret: secret.clone(), cluster: ClusterId([8; 16]) };
        let (dialed, accepted) = meet((other, ONE, Role::Worker(NodeId(2))), (key(&secret), Role::Worker(NodeId(2))));
        assert_eq!(dialed.unwrap_err().to_string(), "refused: a member of another cluster");
        assert_eq!(accepted.unwrap_err().to_string(), "refused: a member of another cluster");
    }

    #[test]
    fn roles_are_bound() {
        let key = key(&Secret::random().unwrap());
        let (dialed, _) = meet((key.clone(), ONE, Role::Worker(NodeId(2))), (key.clone(), Role::Worker(NodeId(3))));
        assert_eq!(dialed.unwrap_err().to_string(), "refused: the listener is somebody else");
        let (_, accepted) = meet((key.clone(), Role::Driver, ONE), (key, ONE));
        assert_eq!(accepted.unwrap_err().to_string(), "refused: nobody of that role dials here");
    }

    fn hello(role: Role, nonce: u8) -> Hello {
        Hello { role, nonce: [nonce; 32], cluster: ClusterId([7; 16]), build: Build::this() }
    }

    #[test]
    fn a_proof_depends_on_side_roles_nonces_and_cluster() {
        let secret = Secret::random().unwrap();
        let exchange = |role, nonce| Exchange { dialer: hello(role, nonce), listener: hello(Role::Driver, 2) };
        let proof = exchange(ONE, 1).proof(&secret, Side::Dialer);
        assert_ne!(proof, exchange(ONE, 1).proof(&secret, Side::Listener));
        assert_ne!(proof, exchange(Role::Worker(NodeId(2)), 1).proof(&secret, Side::Dialer));
        assert_ne!(proof, exchange(ONE, 3).proof(&secret, Side::Dialer));
        let mut other = exchange(ONE, 1);
        other.listener.cluster = ClusterId([8; 16]);
        assert_ne!(proof, other.proof(&secret, Side::Dialer));
    }

    #[test]
    fn builds_that_differ_say_how() {
        let says = |build: Build| build.fits().unwrap_err().to_string();
        let this = Build::this();
        assert!(this.fits().is_ok());
        let newer = says(Build { version: [9, 1, 0], ..this });
        assert!(newer.starts_with("the other end is nums 9.1.0, this is nums 0."), "{newer}");
        assert!(says(Build { table: [1; 16], ..this }).contains("operator tables differ"));
        let class = match this.class {
            NumericClass::Fma => NumericClass::Plain,
            NumericClass::Plain => NumericClass::Fma,
        };
        assert!(says(Build { class, ..this }).contains("fused multiply-add"));
    }

    #[test]
    fn hellos_are_read_back() {
        for role in [Role::Driver, ONE, Role::Joiner] {
            let bytes = hello(role, 5).encode();
            let back = Hello::decode(&bytes).unwrap();
            assert!((back.role, back.nonce) == (role, [5; 32]) && back.build == Build::this());
        }
        assert!(Hello::decode(&[3; HELLO]).is_err());
    }

    #[test]
    fn anything_but_a_hello_is_refused() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let error = runtime.block_on(async {
            let (mut a, mut b) = tokio::io::duplex(1024);
            tokio::io::AsyncWriteExt::write_all(&mut a, b"GET / HTTP/1.1\r\n\r\nxxxx").await.unwrap();
            accept(&mut b, &key(&Secret::random().unwrap()), Role::Driver, |_| true).await.unwrap_err()
        });
        assert_eq!(error.to_string(), "the other end does not speak nums");
    }

    #[test]
    fn another_protocol_is_told_which_is_spoken_here() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (error, answer) = runtime.block_on(async {
            let (mut a, mut b) = tokio::io::duplex(1024);
            tokio::io::AsyncWriteExt::write_all(&mut a, b"NUMS\x63\x00\x01\0\0\0\0\0\x4c\0\0\0\0\0\0\0").await.unwrap();
            let error = accept(&mut b, &key(&Secret::random().unwrap()), Role::Driver, |_| true).await.unwrap_err();
            let mut answer = [0; 6];
            tokio::io::AsyncReadExt::read_exact(&mut a, &mut answer).await.unwrap();
            (error, answer)
        });
        assert!(error.to_string().starts_with("protocol version 99, expected "), "{error}");
        assert_eq!(answer[4..], crate::wire::frame::VERSION.to_le_bytes());
    }
}
