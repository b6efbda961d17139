//! A socket after the challenge: a reader and a writer of messages.
//!
//! A control message is one frame, decoded after its length was checked. A block's bytes go from the socket straight into the
//! block's buffer and from the block straight into the socket, in one system call with the frames before them. A large block
//! goes in pieces, and where order does not matter small messages pass between them. The writer takes messages from a
//! queue and flushes when the queue is empty, so that many small messages share a packet. Nagle's delay is off everywhere.

use super::WireError;
use super::cipher::{ReadHalf, Stream, WriteHalf};
use super::codec::{self, BLOCK_FIXED, BlockHeader};
use super::frame::{HEADER, Header, Kind, PIECE};
use super::message::Carries;
use crate::block::{Block, BytesError, Receiver};
use crate::pool::Gid;
use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::error::TryRecvError;

/// Bytes that went over the sockets of a process.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Received.
    pub net_in: AtomicU64,
    /// Sent.
    pub net_out: AtomicU64,
}

/// The reading half.
pub struct Reader {
    stream: BufReader<ReadHalf>,
    epoch: u32,
    traffic: Arc<Traffic>,
    /// A block that comes in pieces.
    large: Option<Large>,
    /// How long the other end may send nothing.
    patience: Option<Duration>,
}

/// The writing half.
pub struct Writer {
    stream: WriteHalf,
    /// Frames that wait for others to share a packet with.
    waiting: Vec<u8>,
    epoch: u32,
    traffic: Arc<Traffic>,
}

/// A block of which some bytes are here.
struct Large {
    id: Gid,
    receiver: Receiver,
    have: usize,
}

/// A block of which some bytes are sent, in the message that carries it.
struct Sending<M> {
    message: M,
    sent: usize,
}

/// Buffer of a socket: many small messages, but not a block.
const BUFFER: usize = 64 << 10;

/// Bytes that are read ahead: many small messages, and few of a block that follows them, since those are copied once more.
const AHEAD: usize = 16 << 10;

/// Takes a socket apart. Frames of another epoch are refused.
pub fn split(stream: Stream, epoch: u32, traffic: &Arc<Traffic>) -> (Reader, Writer) {
    let (read, write) = stream.into_split();
    let reader = Reader {
        stream: BufReader::with_capacity(AHEAD, read),
        epoch,
        traffic: Arc::clone(traffic),
        large: None,
        patience: None,
    };
    let writer = Writer { stream: write, waiting: Vec::with_capacity(BUFFER), epoch, traffic: Arc::clone(traffic) };
    (reader, writer)
}

impl Reader {
    /// The next message; `None` when the other end closed between two frames.
    pub async fn read<M: Carries>(&mut self) -> Result<Option<M>, WireError> {
        loop {
            let Some(header) = self.header().await? else { return Ok(None) };
            let (id, block) = match header.kind {
                Kind::Control => return codec::decode(&self.payload(header.length).await?).map(Some),
                Kind::Block => self.block(header.length).await?,
                Kind::Large => {
                    self.begin_large(header.length).await?;
                    continue;
                }
                Kind::Piece => match self.piece(header.length).await? {
                    Some(whole) => whole,
                    None => continue,
                },
                Kind::Auth => return Err(broken("a challenge in the middle of a connection")),
            };
            let message = M::with_block(id, Arc::new(block));
            return message.map(Some).ok_or_else(|| broken("a block where none is expected"));
        }
    }

    /// The next message, which must be there and carry no block.
    pub async fn read_plain<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, WireError> {
        match self.header().await? {
            Some(Header { kind: Kind::Control, length, .. }) => codec::decode(&self.payload(length).await?),
            Some(Header { kind: Kind::Auth | Kind::Block | Kind::Large | Kind::Piece, .. }) => {
                Err(broken("a frame out of order"))
            }
            None => Err(WireError::Broken("the other end closed".to_owned())),
        }
    }

    /// Ready when the other end says anything, or closes.
    pub fn poll_speaks(&mut self, context: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        std::pin::Pin::new(&mut self.stream).poll_fill_buf(context).map(drop)
    }

    /// Sets the epoch that frames must have from now on.
    pub fn set_epoch(&mut self, epoch: u32) {
        self.epoch = epoch;
    }

    /// From now on an end that sends no byte for so long is taken for lost.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = Some(patience);
    }

    /// Reads some bytes; `ahead` more than these if they are there. What is read ahead is copied once more, which is good for
    /// small messages and bad for blocks.
    async fn receive(&mut self, into: &mut [u8], ahead: bool) -> Result<usize, WireError> {
        let through = ahead || !self.stream.buffer().is_empty();
        let read = async { if through { self.stream.read(into).await } else { self.stream.get_mut().read(into).await } };
        match self.patience {
            None => Ok(read.await?),
            Some(patience) => match tokio::time::timeout(patience, read).await {
                Ok(read) => Ok(read?),
                Err(_) => Err(WireError::Silent(patience)),
            },
        }
    }

    async fn fill(&mut self, into: &mut [u8], ahead: bool) -> Result<(), WireError> {
        let mut have = 0;
        while have < into.len() {
            match self.receive(&mut into[have..], ahead).await? {
                0 => return Err(WireError::Broken("the other end closed within a frame".to_owned())),
                n => have += n,
            }
        }
        Ok(())
    }

    async fn header(&mut self) -> Result<Option<Header>, WireError> {
        let mut bytes = [0; HEADER];
        let mut have = 0;
        // After the pieces of a block that is not whole there is most likely the next one.
        let ahead = self.large.is_none();
        while have < HEADER {
            match self.receive(&mut bytes[have..], ahead).await? {
                0 if have == 0 => return Ok(None),
                0 => return Err(WireError::Broken("the other end closed within a frame".to_owned())),
                n => have += n,
            }
        }
        let header = Header::decode(&bytes)?;
        match header {
            Some(header) if header.epoch != self.epoch => {
                Err(WireError::Broken(format!("a frame of epoch {}, expected {}", header.epoch, self.epoch)))
            }
            Some(header) => {
                self.traffic.net_in.fetch_add(HEADER as u64 + header.length, Ordering::Relaxed);
                Ok(Some(header))
            }
            None => Err(WireError::Broken("a frame without a header".to_owned())),
        }
    }

    async fn payload(&mut self, length: u64) -> Result<Vec<u8>, WireError> {
        let mut payload = vec![0; length as usize];
        self.fill(&mut payload, true).await?;
        Ok(payload)
    }

    async fn block(&mut self, length: u64) -> Result<(Gid, Block), WireError> {
        let mut fixed = [0; BLOCK_FIXED];
        self.fill(&mut fixed, true).await?;
        let n = BlockHeader::len_of(&fixed)?;
        let mut bytes = fixed.to_vec();
        bytes.resize(n, 0);
        self.fill(&mut bytes[BLOCK_FIXED..], true).await?;
        let rest = length.checked_sub(n as u64).ok_or_else(|| WireError::Broken("a block shorter than its header".to_owned()))?;
        let header = BlockHeader::decode(&bytes, rest)?;
        let mut receiver = Receiver::new(header.dtype, &header.shape).map_err(unreadable)?;
        let small = rest < AHEAD as u64;
        self.fill(receiver.bytes_mut(), small).await?;
        Ok((header.id, receiver.finish().map_err(unreadable)?))
    }

    async fn begin_large(&mut self, length: u64) -> Result<(), WireError> {
        if self.large.is_some() {
            return Err(broken("a large block within another"));
        }
        let (BlockHeader { id, dtype, shape }, _) = BlockHeader::parse(&self.payload(length).await?)?;
        let receiver = Receiver::new(dtype, &shape).map_err(unreadable)?;
        self.large = Some(Large { id, receiver, have: 0 });
        Ok(())
    }

    /// Reads a piece; the block when it is whole.
    async fn piece(&mut self, length: u64) -> Result<Option<(Gid, Block)>, WireError> {
        let Some(mut large) = self.large.take() else { return Err(broken("a piece of no block")) };
        let all = large.receiver.bytes_mut();
        let size = all.len();
        let end = large.have + length as usize;
        let into = all.get_mut(large.have..end).filter(|piece| !piece.is_empty());
        self.fill(into.ok_or_else(|| broken("a piece that does not fit its block"))?, false).await?;
        if end < size {
            self.large = Some(Large { have: end, ..large });
            return Ok(None);
        }
        Ok(Some((large.id, large.receiver.finish().map_err(unreadable)?)))
    }
}

fn broken(what: &str) -> WireError {
    WireError::Broken(what.to_owned())
}

fn unreadable(e: BytesError) -> WireError {
    WireError::Broken(format!("a block that cannot be read: {e}"))
}

impl Writer {
    /// Writes messages from the queue until it is closed or the socket fails.
    pub async fn run<M: Carries>(mut self, mut queue: UnboundedReceiver<M>) -> Result<(), WireError> {
        let mut large: VecDeque<Sending<M>> = VecDeque::new();
        loop {
            match queue.try_recv() {
                Ok(message) => self.take(message, &mut large).await?,
                Err(TryRecvError::Empty | TryRecvError::Disconnected) if !large.is_empty() => self.send_piece(&mut large).await?,
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {
                    self.flush(&[]).await?;
                    let Some(message) = queue.recv().await else { break };
                    self.take(message, &mut large).await?;
                }
            }
        }
        self.flush(&[]).await?;
        Ok(self.stream.shutdown().await?)
    }

    /// Writes a message, or lets a large block wait for its turn; where order matters it goes at once.
    async fn take<M: Carries>(&mut self, message: M, large: &mut VecDeque<Sending<M>>) -> Result<(), WireError> {
        match message.block() {
            None => {
                let payload = codec::encode(&message)?;
                self.frame(Kind::Control, &payload, &[]).await?;
            }
            Some((id, block)) if block.nbytes() <= PIECE => {
                self.frame(Kind::Block, &header(id, block).encode()?, block.bytes()).await?;
            }
            Some(_) => {
                large.push_back(Sending { message, sent: 0 });
                while !M::MAY_PASS && !large.is_empty() {
                    self.send_piece(large).await?;
                }
            }
        }
        Ok(())
    }

    /// Writes the next piece of the first large block.
    async fn send_piece<M: Carries>(&mut self, large: &mut VecDeque<Sending<M>>) -> Result<(), WireError> {
        let Some(Sending { message, sent }) = large.front_mut() else { return Ok(()) };
        let Some((id, block)) = message.block() else { return Ok(()) };
        if *sent == 0 {
            self.frame(Kind::Large, &header(id, block).encode()?, &[]).await?;
        }
        let end = (*sent + PIECE).min(block.nbytes());
        self.frame(Kind::Piece, &[], &block.bytes()[*sent..end]).await?;
        *sent = end;
        if end == block.nbytes() {
            large.pop_front();
        }
        Ok(())
    }

    /// Writes one message that carries no block, at once.
    pub async fn write_plain<T: serde::Serialize>(&mut self, message: &T) -> Result<(), WireError> {
        let payload = codec::encode(message)?;
        self.frame(Kind::Control, &payload, &[]).await?;
        self.flush(&[]).await
    }

    /// Sets the epoch of frames from now on.
    pub fn set_epoch(&mut self, epoch: u32) {
        self.epoch = epoch;
    }

    /// A frame of `front` and `rest`. A small one waits for others; a large `rest` is written from where it is.
    async fn frame(&mut self, kind: Kind, front: &[u8], rest: &[u8]) -> Result<(), WireError> {
        let header = Header { kind, epoch: self.epoch, length: (front.len() + rest.len()) as u64 };
        self.traffic.net_out.fetch_add(HEADER as u64 + header.length, Ordering::Relaxed);
        self.waiting.extend(header.encode());
        self.waiting.extend(front);
        if rest.len() >= BUFFER {
            return self.flush(rest).await;
        }
        self.waiting.extend(rest);
        if self.waiting.len() >= BUFFER { self.flush(&[]).await } else { Ok(()) }
    }

    /// Writes what waits, and `rest` behind it, without copying that.
    async fn flush(&mut self, rest: &[u8]) -> Result<(), WireError> {
        let (mut first, mut rest) = (self.waiting.as_slice(), rest);
        while !(first.is_empty() && rest.is_empty()) {
            let n = self.stream.write_vectored(&[IoSlice::new(first), IoSlice::new(rest)]).await?;
            if n == 0 {
                return Err(WireError::Io(std::io::ErrorKind::WriteZero.into()));
            }
            let of_first = n.min(first.len());
            (first, rest) = (&first[of_first..], &rest[n - of_first..]);
        }
        self.waiting.clear();
        // A long message is the exception: its buffer does not stay.
        self.waiting.shrink_to(4 * BUFFER);
        Ok(self.stream.flush().await?)
    }
}

fn header(id: Gid, block: &Block) -> BlockHeader {
    BlockHeader { id, dtype: block.dtype(), shape: block.shape().to_vec() }
}

#[cfg(test)]
mod tests {
    use super::{Header, Kind, Traffic, split};
    use crate::block::Block;
    use crate::wire::WireError;
    use crate::wire::cipher::Stream;
    use crate::wire::message::{FromOwner, ToOwner, ToWorker};
    use std::sync::Arc;
    use std::sync::atomic::Ordering;
    use tokio::io::AsyncWriteExt;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::mpsc::unbounded_channel;

    fn with_sockets<T>(test: impl AsyncFnOnce(TcpStream, TcpStream) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let dialed = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (accepted, _) = listener.accept().await.unwrap();
            test(dialed, accepted).await
        })
    }

    #[test]
    fn messages_and_blocks_arrive_in_order_and_the_end_is_clean() {
        let big: Vec<f64> = (0..100_000).map(f64::from).collect();
        let blocks =
            [Block::from_slice(&big, &[100, 1000]), Block::from_slice(&[true], &[]), Block::from_slice::<i8>(&[], &[0, 3])];
        with_sockets(async |a, b| {
            let traffic = Arc::new(Traffic::default());
            let (_read, writer) = split(Stream::Plain(a), 7, &traffic);
            let (mut reader, _write) = split(Stream::Plain(b), 7, &Arc::new(Traffic::default()));
            let (queue, messages) = unbounded_channel();
            for (i, block) in blocks.iter().enumerate() {
                queue.send(ToWorker::Put(i as u64, Arc::new(block.clone()))).unwrap();
                queue.send(ToWorker::Release(vec![i as u64])).unwrap();
            }
            drop(queue);
            let written = tokio::spawn(writer.run(messages));
            for (i, block) in blocks.iter().enumerate() {
                let Some(ToWorker::Put(id, got)) = reader.read().await.unwrap() else { panic!("a block") };
                assert_eq!((id, got.dtype(), got.shape()), (i as u64, block.dtype(), block.shape()));
                assert_eq!(got.bytes(), block.bytes());
                assert!(matches!(reader.read().await.unwrap(), Some(ToWorker::Release(ids)) if ids == [i as u64]));
            }
            written.await.unwrap().unwrap();
            assert!(reader.read::<ToWorker>().await.unwrap().is_none());
            assert!(traffic.net_out.load(Ordering::Relaxed) > 800_000);
        });
    }

    #[test]
    fn small_messages_pass_between_the_pieces_of_a_large_block() {
        let large: Vec<u64> = (0..1_000_000).collect();
        let block = Arc::new(Block::from_slice(&large, &[large.len()]));
        with_sockets(async |a, b| {
            let (_read, writer) = split(Stream::Plain(a), 7, &Arc::new(Traffic::default()));
            let (mut reader, _write) = split(Stream::Plain(b), 7, &Arc::new(Traffic::default()));
            let (queue, messages) = unbounded_channel();
            queue.send(FromOwner::Block(1, Arc::clone(&block))).unwrap();
            queue.send(FromOwner::Block(2, Arc::new(Block::from_slice(&[5u8], &[1])))).unwrap();
            queue.send(FromOwner::Block(3, Arc::clone(&block))).unwrap();
            drop(queue);
            let written = tokio::spawn(writer.run(messages));
            let mut order = Vec::new();
            while let Some(message) = reader.read::<FromOwner>().await.unwrap() {
                let FromOwner::Block(id, got) = message else { panic!("a block") };
                assert!(id == 2 || got.bytes() == block.bytes());
                order.push(id);
            }
            assert_eq!(order, [2, 1, 3]);
            written.await.unwrap().unwrap();
        });
    }

    /// What a reader of epoch 7 says to these bytes and then the end of the connection.
    fn refused<M: super::Carries + std::fmt::Debug>(bytes: &[u8]) -> WireError {
        with_sockets(async |mut a, b| {
            a.write_all(bytes).await.unwrap();
            drop(a);
            let (mut reader, _write) = split(Stream::Plain(b), 7, &Arc::new(Traffic::default()));
            reader.read::<M>().await.unwrap_err()
        })
    }

    fn frame(kind: Kind, epoch: u32, payload: &[u8]) -> Vec<u8> {
        let header = Header { kind, epoch, length: payload.len() as u64 };
        [&header.encode(), payload].concat()
    }

    #[test]
    fn broken_frames_end_the_connection() {
        let says = |bytes: &[u8]| refused::<FromOwner>(bytes).to_string();
        assert_eq!(says(&frame(Kind::Control, 6, &[0])), "a frame of epoch 6, expected 7");
        assert_eq!(says(&frame(Kind::Auth, 7, &[0])), "a challenge in the middle of a connection");
        assert_eq!(says(&frame(Kind::Control, 7, &[0])[..9]), "the other end closed within a frame");
        assert!(says(&frame(Kind::Control, 7, &[200, 1])).starts_with("a message that cannot be read"));
        let truth = [&[0; 8][..], &[0, 0, 2]].concat();
        assert!(says(&frame(Kind::Block, 7, &truth)).starts_with("a block that cannot be read"));
        assert_eq!(says(&frame(Kind::Block, 7, &[0; 10])), "a block whose bytes do not fit its shape");
        assert_eq!(says(&frame(Kind::Piece, 7, &[1])), "a piece of no block");
        let eight = frame(Kind::Large, 7, &[&[0; 8][..], &[10, 0]].concat());
        assert_eq!(says(&[&eight[..], &eight].concat()), "a large block within another");
        assert_eq!(says(&[&eight[..], &frame(Kind::Piece, 7, &[0; 99])].concat()), "a piece that does not fit its block");
        assert_eq!(says(&[&eight[..], &frame(Kind::Piece, 7, &[])].concat()), "a piece that does not fit its block");
        let good = [&[0; 8][..], &[0, 0, 1]].concat();
        assert_eq!(refused::<ToOwner>(&frame(Kind::Block, 7, &good)).to_string(), "a block where none is expected");
    }
}
