//! The door of a listener: strangers wait here until they have proved who they are, and only so many at a time.
//!
//! Everybody may connect, so a connection costs little before the challenge: a task and a buffer of 256 bytes, for at most
//! `auth::TIME`. When `STRANGERS` wait, the one that has waited longest goes, but everybody has `GRACE`: whoever knows the
//! secret needs a few round trips. Connections beyond that stay with the kernel. A stranger never costs a member anything but
//! time, and whoever opened the door hears of each one that was turned away.

use super::WireError;
use super::auth::{self, Key, Role};
use super::cipher::{Cipher, Stream};
use super::socket;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

/// Connections that may be open and not have proved themselves.
pub const STRANGERS: usize = 256;
/// Time that each of them has even if others wait.
const GRACE: Duration = Duration::from_millis(500);
/// Pause when the system has no more sockets.
const PAUSE: Duration = Duration::from_millis(20);

/// A listener with a lock.
pub struct Door {
    listener: TcpListener,
    key: Key,
    cipher: Cipher,
    me: Role,
    allowed: fn(Role) -> bool,
}

/// Somebody at the door.
#[derive(Debug)]
pub enum Visitor {
    /// A member, who has proved it.
    Member(Role, Stream, SocketAddr),
    /// Somebody who was turned away, and why.
    Refused(SocketAddr, WireError),
}

impl Door {
    /// Opens a door at `address` for who knows `key` and has a role that is `allowed`.
    pub async fn open(address: impl ToSocketAddrs, key: Key, me: Role, allowed: fn(Role) -> bool) -> std::io::Result<Door> {
        let cipher = Cipher::new(&key.secret).map_err(std::io::Error::other)?;
        Ok(Door { listener: TcpListener::bind(address).await?, key, cipher, me, allowed })
    }

    /// Where it is.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Who opens it from now on.
    pub fn become_role(&mut self, me: Role) {
        self.me = me;
    }

    /// Lets visitors in until `greet` says that it is enough.
    pub async fn attend(self, mut greet: impl FnMut(Visitor) -> bool) {
        let mut challenges = JoinSet::new();
        let mut waiting: VecDeque<(Instant, AbortHandle)> = VecDeque::new();
        loop {
            waiting.retain(|(_, challenge)| !challenge.is_finished());
            let full = waiting.len() >= STRANGERS;
            let overdue = waiting.front().map_or_else(Instant::now, |(since, _)| *since + GRACE);
            tokio::select! {
                Some(ended) = challenges.join_next() => {
                    // A challenge that was broken off had its time.
                    if let Ok(visitor) = ended && !greet(visitor) {
                        return;
                    }
                }
                accepted = self.listener.accept(), if !full => match accepted {
                    Ok((stream, from)) => {
                        let (key, cipher, me, allowed) = (self.key.clone(), self.cipher.clone(), self.me, self.allowed);
                        let challenge = challenges.spawn(async move {
                            match challenge(stream, (&key, &cipher), me, allowed).await {
                                Ok((role, stream)) => Visitor::Member(role, stream, from),
                                Err(e) => Visitor::Refused(from, e),
                            }
                        });
                        waiting.push_back((Instant::now(), challenge));
                    }
                    // A dialer that went away, or too many open files for the moment.
                    Err(_) => tokio::time::sleep(PAUSE).await,
                },
                () = tokio::time::sleep_until(overdue), if full => {
                    if let Some((_, challenge)) = waiting.pop_front() {
                        challenge.abort();
                    }
                }
            }
        }
    }
}

async fn challenge(
    stream: TcpStream,
    (key, cipher): (&Key, &Cipher),
    me: Role,
    allowed: fn(Role) -> bool,
) -> Result<(Role, Stream), WireError> {
    socket::prepare(&stream)?;
    let stream = tokio::time::timeout(auth::TIME, cipher.accept(stream)).await;
    let mut stream = stream.unwrap_or(Err(WireError::Late("the beginning of TLS")))?;
    let role = auth::accept(&mut stream, key, me, allowed).await?;
    Ok((role, stream))
}
