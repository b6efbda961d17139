//! How a cluster gets its members: the driver starts them, or opens a door and waits for them.
//!
//! A member has proved that it knows the secret and has said who it is (`Join`). One that was started here must be the process
//! that was started; one that came by itself gets the next node. When all are there they are welcomed together, so that each
//! knows where the others listen. The door stays open. Where workers come by themselves, who comes later is one more node: a
//! number is never given twice, so that nobody takes a replacement for who is gone. Where the driver started them, nobody is
//! replaced: what ended a worker on this machine would end the next one too, and a cluster that shrinks comes to an end.

use crate::error::{Error, Result};
use crate::launch::{self, Launched, Start};
use crate::memory::Memory;
use crate::pool::Listen;
use crate::pool::progress::Progress;
use crate::wire::WireError;
use crate::wire::auth::{self, Key, Role, Secret};
use crate::wire::cipher::Stream;
use crate::wire::door::{Door, Visitor};
use crate::wire::link::{self, Reader, Traffic, Writer};
use crate::wire::message::{Answer, Join, Peer, Welcome};
use crate::wire::shared::Transport;
use nums_ir::graph::NodeId;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

/// Where the members come from.
pub(super) enum Source {
    /// The driver starts them on this machine.
    Launch {
        /// How many.
        nodes: usize,
        /// Compute threads of each.
        threads: usize,
        /// What the blocks of each may take.
        memory: Memory,
        /// How blocks go from one to another.
        transport: Transport,
    },
    /// They come by themselves.
    Listen(Listen),
}

/// The first members, who was started for it, and who comes later.
pub(super) struct Gathered {
    pub(super) workers: Vec<Launched>,
    pub(super) members: Vec<Member>,
    pub(super) late: Late,
}

/// A worker that has joined.
pub(super) struct Member {
    pub(super) reader: Reader,
    pub(super) writer: Writer,
    pub(super) join: Join,
    from: SocketAddr,
}

/// The epoch that frames carry.
pub(super) const EPOCH: u32 = 1;
/// Time until started workers must have joined.
const JOIN: Duration = Duration::from_secs(10);
/// How often a process is looked at.
pub(super) const LOOK: Duration = Duration::from_millis(2);
/// How often a driver that waits for workers looks at the clock.
const WAIT: Duration = Duration::from_millis(100);
/// Refusals that a driver tells of: a stranger who comes again and again does not fill the screen.
const TOLD: usize = 16;

/// Gets all members and welcomes them.
pub(super) async fn gather(source: Source) -> Result<Gathered> {
    let (address, secret) = match &source {
        Source::Launch { .. } => ("127.0.0.1:0".to_owned(), Secret::random()),
        Source::Listen(listen) => (listen.address.clone(), Ok(listen.secret.clone())),
    };
    let failed = |source: std::io::Error| Error::Listen { address: address.clone(), source: Arc::new(source) };
    let transport = match &source {
        Source::Launch { transport, .. } => *transport,
        Source::Listen(_) => Transport::of_env()?,
    };
    let key = secret.and_then(Key::new).map_err(failed)?;
    let allowed: fn(Role) -> bool = match source {
        Source::Launch { .. } => |r| matches!(r, Role::Worker(_)),
        Source::Listen(_) => |r| r == Role::Joiner,
    };
    let door = Door::open(address.as_str(), key.clone(), Role::Driver, allowed).await.map_err(failed)?;
    let here = door.address().map_err(failed)?;
    let (greet, visitors) = unbounded_channel();
    tokio::spawn(door.attend(move |visitor| greet.send(visitor).is_ok()));
    let mut gathering = match source {
        Source::Launch { nodes, threads, memory, transport } => {
            let start =
                |node| Start { driver: here, key: key.clone(), node: NodeId(node), threads, memory: memory.clone(), transport };
            let launch = |node| launch::launch(&start(node));
            let mut workers = (0..nodes as u32).map(launch).collect::<Result<Vec<Launched>>>()?;
            launch::await_entries(&mut workers)?;
            Gathering { workers, ..Gathering::new(nodes, here, JOIN) }
        }
        Source::Listen(listen) => Gathering { open: true, ..Gathering::new(listen.workers, here, listen.within) },
    };
    let visitors = gathering.run(visitors).await?;
    let Gathering { workers, members, joins, open, told, .. } = gathering;
    let mut members: Vec<Member> = members.into_iter().flatten().collect();
    if transport == Transport::Shm {
        members.iter().try_for_each(read_memory)?;
    }
    let peers: Vec<Peer> = members.iter().enumerate().map(|(node, member)| peer(node, member)).collect();
    for (member, peer) in members.iter_mut().zip(&peers) {
        let welcomed = welcome(member, peer.node, peers.clone()).await;
        welcomed.map_err(|e| Error::Protocol { what: format!("welcoming the workers: {e}") })?;
    }
    let late = Late { visitors, joins, told: Told { open, told }, transport, peers };
    Ok(Gathered { workers, members, late })
}

/// Members on their way.
struct Gathering {
    /// Processes that were started, by node; none if workers come by themselves.
    workers: Vec<Launched>,
    /// Who is there, by node.
    members: Vec<Option<Member>>,
    /// Who has proved itself and is about to say who it is.
    joins: JoinSet<Joined>,
    here: SocketAddr,
    begin: Instant,
    within: Duration,
    /// Workers come by themselves.
    open: bool,
    told: usize,
    /// Who was turned away last, and why.
    refused: Option<String>,
}

impl Gathering {
    fn new(n: usize, here: SocketAddr, within: Duration) -> Gathering {
        let members = (0..n).map(|_| None).collect();
        let begin = Instant::now();
        let joins = JoinSet::new();
        Gathering { workers: Vec::new(), members, joins, here, begin, within, open: false, told: 0, refused: None }
    }

    /// Waits until all are there; gives the visitors back who are still to come.
    async fn run(&mut self, mut visitors: UnboundedReceiver<Visitor>) -> Result<UnboundedReceiver<Visitor>> {
        let mut progress = Progress::new();
        let look = if self.open { WAIT } else { LOOK };
        while self.members.iter().any(Option::is_none) {
            tokio::select! {
                Some(visitor) = visitors.recv() => match visitor {
                    Visitor::Member(role, stream, from) => drop(self.joins.spawn(read_join(role, stream, from))),
                    Visitor::Refused(from, why) => self.tell(from, &why.to_string()),
                },
                Some(Ok((role, from, result))) = self.joins.join_next() => match result {
                    Ok(member) => self.place(role, member).await,
                    Err(why) => self.tell(from, &why.to_string()),
                },
                node = left(&mut self.members) => {
                    if let Some(member) = self.members.get_mut(node).and_then(Option::take) {
                        self.tell(member.from, "it left before all workers were there");
                    }
                }
                () = tokio::time::sleep(look) => self.check(&mut progress)?,
            }
        }
        progress.end();
        Ok(visitors)
    }

    /// Gives a member its node.
    async fn place(&mut self, role: Role, mut member: Member) {
        let pid = member.join.pid;
        let node = match role {
            Role::Worker(node) => Some(node.0 as usize).filter(|&n| self.workers.get(n).is_some_and(|w| w.pid() == pid)),
            Role::Joiner => self.members.iter().position(Option::is_none),
            Role::Driver => None,
        };
        match node.and_then(|n| self.members.get_mut(n)) {
            Some(place @ None) => *place = Some(member),
            // Two that joined at once: one of them was late.
            Some(Some(_)) | None => refuse(&mut member, self.members.len()).await,
        }
    }

    /// Whether the others may still join.
    fn check(&mut self, progress: &mut Progress) -> Result<()> {
        let late = self.begin.elapsed() > self.within;
        for (node, worker) in self.workers.iter_mut().enumerate() {
            if late || worker.has_ended() {
                let why = if late { "it did not join in time" } else { "it ended before it joined" };
                return Err(Error::WorkerLost { node: node as u32, pid: worker.pid(), why: why.to_owned() });
            }
        }
        let (joined, wanted) = (self.members.iter().flatten().count() as u32, self.members.len() as u32);
        if late {
            let refused = self.refused.as_ref().map(|r| format!("; the last one that was refused: {r}")).unwrap_or_default();
            let why = format!("no other came within {:?}{refused}", self.within);
            return Err(Error::Join { address: self.here.to_string(), joined, wanted, why });
        }
        if self.open {
            progress.say(|| format!("{joined} of {wanted} workers have joined at {}", self.here));
        }
        Ok(())
    }

    /// Somebody was turned away.
    fn tell(&mut self, from: SocketAddr, why: &str) {
        self.refused = Some(format!("{from}: {why}"));
        let mut told = Told { open: self.open, told: self.told };
        told.tell(from, why);
        self.told = told.told;
    }
}

/// Whether, and how often, refusals were told of.
struct Told {
    open: bool,
    told: usize,
}

impl Told {
    /// Only a driver that workers join has somebody who waits for the reason.
    fn tell(&mut self, from: SocketAddr, why: &str) {
        self.told += 1;
        match self.told.cmp(&TOLD) {
            _ if !self.open => {}
            std::cmp::Ordering::Less => eprintln!("nums: turned away {from}: {why}"),
            std::cmp::Ordering::Equal => eprintln!("nums: turned away {from}: {why}; others are not told of any more"),
            std::cmp::Ordering::Greater => {}
        }
    }
}

/// The first member that left, of those that wait: whatever one says before it is welcomed breaks the protocol.
async fn left(members: &mut [Option<Member>]) -> usize {
    poll_fn(|context| {
        for (node, member) in members.iter_mut().enumerate() {
            if member.as_mut().is_some_and(|m| m.reader.poll_speaks(context).is_ready()) {
                return Poll::Ready(node);
            }
        }
        Poll::Pending
    })
    .await
}

/// What somebody said who has proved itself.
type Joined = (Role, SocketAddr, Result<Member, WireError>);

async fn read_join(role: Role, stream: Stream, from: SocketAddr) -> Joined {
    let (mut reader, writer) = link::split(stream, 0, &Arc::new(Traffic::default()));
    let join = tokio::time::timeout(auth::TIME, reader.read_plain()).await;
    let join = join.unwrap_or(Err(WireError::Late("a worker that joins")));
    (role, from, join.map(|join| Member { reader, writer, join, from }))
}

/// How others know a member.
fn peer(node: usize, member: &Member) -> Peer {
    Peer { node: NodeId(node as u32), pid: member.join.pid, address: member.join.address, mark: member.join.mark }
}

async fn welcome(member: &mut Member, node: NodeId, peers: Vec<Peer>) -> Result<(), WireError> {
    let welcome = Answer::Welcome(Welcome { node, epoch: EPOCH, trace: crate::trace::is_on(), peers });
    let written = tokio::time::timeout(auth::TIME, member.writer.write_plain(&welcome)).await;
    written.unwrap_or(Err(WireError::Late("a worker that is welcomed")))?;
    member.writer.set_epoch(EPOCH);
    member.reader.set_epoch(EPOCH);
    Ok(())
}

/// What the driver can read, other workers can.
fn read_memory(member: &Member) -> Result<()> {
    let Join { pid, mark, .. } = &member.join;
    if mark.is_some_and(|mark| mark.is_of(*pid)) {
        return Ok(());
    }
    let what = format!("NUMS_TRANSPORT=shm: the memory of worker process {pid} at {} cannot be read from here", member.from);
    Err(Error::Unsupported { what })
}

/// Tells one that is not needed why it must go.
async fn refuse(member: &mut Member, workers: usize) {
    let why = format!("the cluster has all its {workers} workers");
    // Somebody who left does not need the reason.
    drop(member.writer.write_plain(&Answer::Refused(why)).await);
}

/// Who comes after the first members.
pub(super) struct Late {
    visitors: UnboundedReceiver<Visitor>,
    joins: JoinSet<Joined>,
    told: Told,
    transport: Transport,
    /// All that ever were members.
    peers: Vec<Peer>,
}

impl Late {
    /// The next worker that has become a member, and how others know it. `is_gone` says whom it need not be told of. Whoever comes to
    /// workers that were started here is not needed.
    pub(super) async fn next(&mut self, is_gone: impl Fn(NodeId) -> bool) -> Option<(Peer, Member)> {
        loop {
            let joined = tokio::select! {
                visitor = self.visitors.recv() => match visitor? {
                    Visitor::Member(role, stream, from) => {
                        self.joins.spawn(read_join(role, stream, from));
                        continue;
                    }
                    Visitor::Refused(from, why) => (from, Err(why)),
                },
                Some(Ok((_, from, result))) = self.joins.join_next() => (from, result),
            };
            match joined {
                (from, Ok(mut member)) if !self.told.open => {
                    refuse(&mut member, self.peers.len()).await;
                    self.told.tell(from, "it is not needed");
                }
                (from, Ok(member)) if self.transport == Transport::Shm && read_memory(&member).is_err() => {
                    self.told.tell(from, "NUMS_TRANSPORT=shm, and its memory cannot be read from here");
                }
                (from, Ok(mut member)) => {
                    let peer = peer(self.peers.len(), &member);
                    let mut peers: Vec<Peer> = self.peers.iter().filter(|p| !is_gone(p.node)).copied().collect();
                    peers.push(peer);
                    match welcome(&mut member, peer.node, peers).await {
                        Ok(()) => {
                            self.peers.push(peer);
                            return Some((peer, member));
                        }
                        Err(why) => self.told.tell(from, &why.to_string()),
                    }
                }
                (from, Err(why)) => self.told.tell(from, &why.to_string()),
            }
        }
    }
}
