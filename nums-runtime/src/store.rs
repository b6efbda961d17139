//! `Store`: the blocks of one node, each with what still needs it.
//!
//! A slot counts uses: operands of tasks here plus pulls by other nodes, as the driver announced them. A block goes when its
//! count is 0 and nobody keeps it (`kept`: a handle of the user lives). Counts may run ahead of the announcement (a pull that
//! overtakes the driver's message makes a slot with a negative count), but never end below 0. A failed block is a slot that
//! holds the `Failure` instead. What waits for a slot, tasks and readers, is handed back when it is filled; who runs or
//! sends is the `worker`'s business. A block may be in memory, on disk, or both: it never changes, so a copy on disk makes
//! the one in memory free to go. Which go is decided in `worker/room.rs`; here it is only kept count of. The last task that
//! uses a block may get it for itself (`give`): its slot stays until the task has ended, without the block.

use crate::block::Block;
use crate::error::Failure;
use crate::ids::Ids;
use crate::pool::Gid;
use crate::spill::Extent;
use nums_ir::graph::NodeId;
use std::sync::Arc;

/// What a filled slot holds.
pub type Content = Result<Arc<Block>, Arc<Failure>>;

/// Where a block is.
#[derive(Debug)]
pub enum Found<'a> {
    /// Not made yet, or unknown.
    Nowhere,
    /// In memory.
    Here(&'a Arc<Block>),
    /// On disk alone: so many bytes.
    OnDisk(u64),
    /// On its way from disk to memory.
    Coming,
    /// It cannot be had.
    Failed(&'a Arc<Failure>),
}

/// The blocks of one node.
#[derive(Default)]
pub struct Store {
    slots: Ids<Slot>,
    bytes: u64,
    peak: u64,
    largest: u64,
    /// Bytes of blocks that are on disk alone.
    away: u64,
    clock: u64,
    /// A number for each way to disk or back: the answer to an older one is no news.
    token: u64,
    freed: Vec<Arc<Extent>>,
}

/// Someone outside the node who waits for a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The driver wants the bytes.
    Driver,
    /// The driver wants to know when the block is there, and the others of this watch.
    Watch(u64),
    /// The driver wants a copy to keep, if the block can be made.
    Copy,
    /// Another node pulls it, which is so many uses.
    Peer(NodeId, u32),
}

/// What waited for a slot.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Tasks, by their number in the worker; one entry an operand.
    pub tasks: Vec<usize>,
    /// Readers outside the node.
    pub readers: Vec<Reader>,
}

#[derive(Default)]
struct Slot {
    /// In memory, or failed.
    content: Option<Content>,
    disk: Option<Box<OnDisk>>,
    uses: i64,
    /// Operands of tasks that were admitted: the block stays in memory.
    pins: u32,
    /// When it was last put here or used.
    last: u64,
    kept: bool,
    /// It was kept once: a result or an input of the user's, not an intermediate block.
    named: bool,
    /// The driver sent it: nobody else may have it.
    put: bool,
    /// Its last user has it: the bytes that are still here for it.
    given: Option<u64>,
    announced: bool,
    /// Nobody waits for most blocks.
    waiting: Option<Box<Waiting>>,
}

/// A block's copy on disk.
struct OnDisk {
    /// None while it is being written.
    extent: Option<Arc<Extent>>,
    token: u64,
    /// On its way to disk or back.
    moving: bool,
}

impl Slot {
    fn on_disk(&self) -> Option<&Arc<Extent>> {
        self.disk.as_ref().and_then(|d| d.extent.as_ref())
    }

    fn is_made(&self) -> bool {
        self.content.is_some() || self.on_disk().is_some() || self.given.is_some()
    }

    /// Nothing needs it any more.
    fn is_done(&self) -> bool {
        self.is_made() && self.uses == 0 && !self.kept && self.announced
    }
}

impl Store {
    /// The driver says that `id` will be made, put or pulled here and used so often. True if the node had heard of it before.
    pub fn announce(&mut self, id: Gid, uses: u32, kept: bool) -> bool {
        let slot = self.slots.or_default(id);
        let known = slot.announced;
        slot.announced = true;
        slot.uses += i64::from(uses);
        slot.kept |= kept;
        slot.named |= kept;
        if slot.is_done() {
            self.remove(id);
        }
        known
    }

    /// The driver sends the block, which is kept. It may be the only one who has it besides, or not even that.
    pub fn announce_put(&mut self, id: Gid) {
        self.announce(id, 0, true);
        self.slots.or_default(id).put = true;
    }

    /// Whether the driver has announced the block and it has not gone.
    pub fn knows(&self, id: Gid) -> bool {
        self.slots.get(id).is_some_and(|s| s.announced)
    }

    /// Where the block is.
    pub fn find(&self, id: Gid) -> Found<'_> {
        let Some(slot) = self.slots.get(id) else { return Found::Nowhere };
        match (&slot.content, &slot.disk) {
            (Some(Ok(block)), _) => Found::Here(block),
            (Some(Err(failure)), _) => Found::Failed(failure),
            (None, Some(disk)) if disk.moving => Found::Coming,
            (None, Some(disk)) => Found::OnDisk(disk.extent.as_ref().map_or(0, |e| e.bytes())),
            (None, None) => Found::Nowhere,
        }
    }

    /// What is in the slot now, in memory.
    pub fn content(&self, id: Gid) -> Option<&Content> {
        self.slots.get(id)?.content.as_ref()
    }

    /// Lets `task` wait for `id`.
    pub fn await_task(&mut self, id: Gid, task: usize) {
        self.slots.or_default(id).waiting.get_or_insert_default().tasks.push(task);
    }

    /// Lets a reader wait for `id`.
    pub fn await_reader(&mut self, id: Gid, reader: Reader) {
        self.slots.or_default(id).waiting.get_or_insert_default().readers.push(reader);
    }

    /// Fills the slot and hands back what waited for it. A block that nothing needs is gone at once; a second filling of a
    /// slot (a pull that was answered twice) changes nothing. Readers take their uses with `used`.
    pub fn fill(&mut self, id: Gid, content: Content) -> Waiting {
        let slot = self.slots.or_default(id);
        if slot.is_made() {
            return Waiting::default();
        }
        if let Ok(block) = &content {
            let bytes = block.nbytes() as u64;
            self.bytes += bytes;
            self.peak = self.peak.max(self.bytes);
            self.largest = self.largest.max(bytes);
        }
        slot.content = Some(content);
        self.clock += 1;
        slot.last = self.clock;
        let waiting = slot.waiting.take().map_or_else(Waiting::default, |waiting| *waiting);
        if waiting.readers.is_empty() && slot.is_done() {
            self.remove(id);
        }
        waiting
    }

    /// Keeps the block in memory for an admitted task.
    pub fn pin(&mut self, id: Gid) {
        self.clock += 1;
        let slot = self.slots.or_default(id);
        (slot.pins, slot.last) = (slot.pins + 1, self.clock);
    }

    /// A task that was not admitted after all no longer needs the block in memory.
    pub fn unpin(&mut self, id: Gid) {
        if let Some(slot) = self.slots.get_mut(id) {
            slot.pins = slot.pins.saturating_sub(1);
        }
    }

    /// Gives an admitted task a block for itself that nobody else will need: none that is kept, on its way to disk or elsewhere, or used
    /// again. What the user put stays until the task has ended: should a node be lost before that, all begins again, and from here
    /// alone it may be had. Other blocks could be lost with any node and are made again.
    pub fn give(&mut self, id: Gid) -> Option<Arc<Block>> {
        let slot = self.slots.get_mut(id)?;
        let last = (slot.uses, slot.pins) == (1, 1) && slot.announced && !slot.kept && !slot.put;
        if !last || slot.disk.is_some() || slot.waiting.is_some() {
            return None;
        }
        let block = slot.content.take_if(|c| c.as_mut().is_ok_and(|block| Arc::get_mut(block).is_some()))?.ok()?;
        slot.given = Some(block.nbytes() as u64);
        Some(block)
    }

    /// The task that was given the block has written a result over it, which is about to be put here.
    pub fn overwritten(&mut self, id: Gid) {
        if let Some(bytes) = self.slots.get_mut(id).and_then(|slot| slot.given.as_mut()) {
            self.bytes -= std::mem::take(bytes);
        }
    }

    /// An admitted task has used the block as one of its operands.
    pub fn done(&mut self, id: Gid) {
        let slot = self.slots.or_default(id);
        (slot.uses, slot.pins) = (slot.uses - 1, slot.pins.saturating_sub(1));
        if slot.is_done() {
            self.remove(id);
        }
    }

    /// How often blocks were used so far.
    pub fn clock(&self) -> u64 {
        self.clock
    }

    /// Blocks that may leave memory, the longest unused first.
    pub fn idle(&self) -> Vec<Gid> {
        let idle = |(id, slot): (Gid, &Slot)| match &slot.content {
            Some(Ok(block)) if slot.pins == 0 && block.nbytes() > 0 => Some((slot.last, id)),
            Some(_) | None => None,
        };
        let mut ids: Vec<(u64, Gid)> = self.slots.iter().filter_map(idle).collect();
        ids.sort_unstable();
        ids.into_iter().map(|(_, id)| id).collect()
    }

    /// Takes a block out of memory that is on disk too; its bytes, 0 if it must stay.
    pub fn evict(&mut self, id: Gid) -> u64 {
        let Some(slot) = self.slots.get_mut(id).filter(|s| s.pins == 0 && s.on_disk().is_some()) else { return 0 };
        let Some(Ok(block)) = slot.content.take_if(|c| c.is_ok()) else { return 0 };
        let bytes = block.nbytes() as u64;
        self.bytes -= bytes;
        self.away += bytes;
        bytes
    }

    /// The block to write to disk, with the number of this way; none if it is there already, on its way or in use.
    pub fn begin_write(&mut self, id: Gid) -> Option<(u64, Arc<Block>)> {
        let slot = self.slots.get_mut(id).filter(|s| s.pins == 0 && s.disk.is_none())?;
        let block = Arc::clone(slot.content.as_ref()?.as_ref().ok()?);
        self.token += 1;
        slot.disk = Some(Box::new(OnDisk { extent: None, token: self.token, moving: true }));
        Some((self.token, block))
    }

    /// The block is on disk, or could not be written.
    pub fn written(&mut self, id: Gid, token: u64, extent: Option<Arc<Extent>>) {
        let slot = self.slots.get_mut(id).filter(|s| s.disk.as_ref().is_some_and(|d| d.token == token));
        match (slot, extent) {
            (Some(slot), Some(extent)) => slot.disk = Some(Box::new(OnDisk { extent: Some(extent), token, moving: false })),
            (Some(slot), None) => slot.disk = None,
            (None, extent) => self.freed.extend(extent),
        }
    }

    /// What to read back from disk, with the number of this way; none if it is in memory or on its way.
    pub fn begin_read(&mut self, id: Gid) -> Option<(u64, Arc<Extent>)> {
        let slot = self.slots.get_mut(id).filter(|s| s.content.is_none())?;
        let disk = slot.disk.as_mut().filter(|d| !d.moving)?;
        let extent = Arc::clone(disk.extent.as_ref()?);
        self.token += 1;
        (disk.token, disk.moving) = (self.token, true);
        Some((self.token, extent))
    }

    /// The block is back in memory, or cannot be had any more; hands back what waited for it.
    pub fn read_back(&mut self, id: Gid, token: u64, content: Content) -> Waiting {
        let slot = self.slots.get_mut(id).filter(|s| s.disk.as_ref().is_some_and(|d| d.token == token && d.moving));
        let Some(slot) = slot else { return Waiting::default() };
        let bytes = slot.on_disk().map_or(0, |e| e.bytes());
        self.away -= bytes;
        match &content {
            Ok(_) => {
                self.bytes += bytes;
                self.peak = self.peak.max(self.bytes);
                slot.disk.iter_mut().for_each(|d| d.moving = false);
            }
            Err(_) => self.freed.extend(slot.disk.take().and_then(|d| d.extent)),
        }
        slot.content = Some(content);
        slot.waiting.take().map_or_else(Waiting::default, |waiting| *waiting)
    }

    /// Places on disk that are no longer needed.
    pub fn take_freed(&mut self) -> Vec<Arc<Extent>> {
        std::mem::take(&mut self.freed)
    }

    /// Takes `n` uses; the last one frees the block.
    pub fn used(&mut self, id: Gid, n: u32) {
        // A reader of the driver takes none, and the block may be gone with the reader before.
        if n > 0 {
            self.slots.or_default(id).uses -= i64::from(n);
        }
        if self.slots.get(id).is_some_and(Slot::is_done) {
            self.remove(id);
        }
    }

    /// The user's last handle is gone.
    pub fn release(&mut self, id: Gid) {
        if let Some(slot) = self.slots.get_mut(id) {
            slot.kept = false;
            if slot.is_done() {
                self.remove(id);
            }
        }
    }

    /// Forgets everything but finished blocks that are or were kept, which are kept from now on, without uses. Returns them.
    pub fn keep_named(&mut self) -> Vec<Gid> {
        let stays = |slot: &Slot| slot.named && slot.is_made() && slot.given.is_none() && !matches!(slot.content, Some(Err(_)));
        let (mut kept, mut gone) = (Vec::new(), Vec::new());
        for (id, slot) in self.slots.iter() {
            if stays(slot) { kept.push(id) } else { gone.push(id) }
        }
        for id in gone {
            self.remove(id);
        }
        for slot in self.slots.values_mut() {
            (slot.kept, slot.announced, slot.uses, slot.pins) = (true, true, 0, 0);
            slot.waiting = None;
        }
        kept.sort_unstable();
        kept
    }

    /// Whether a user's handle keeps the block.
    pub fn is_kept(&self, id: Gid) -> bool {
        self.slots.get(id).is_some_and(|s| s.kept)
    }

    /// Bytes of blocks that are on disk alone.
    pub fn away(&self) -> u64 {
        self.away
    }

    /// Bytes of all blocks in memory.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The most bytes that were here at once.
    pub fn peak(&self) -> u64 {
        self.peak
    }

    /// Bytes of the largest block that ever was here.
    pub fn largest(&self) -> u64 {
        self.largest
    }

    /// Blocks that are here or awaited.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether nothing is here or awaited.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn remove(&mut self, id: Gid) {
        let Some(Slot { content, disk, given, .. }) = self.slots.remove(id) else { return };
        self.bytes -= given.unwrap_or(0);
        let extent = disk.and_then(|d| d.extent);
        match (content, &extent) {
            (Some(Ok(block)), _) => self.bytes -= block.nbytes() as u64,
            (None, Some(extent)) => self.away -= extent.bytes(),
            (Some(Err(_)) | None, _) => {}
        }
        self.freed.extend(extent);
    }
}

#[cfg(test)]
mod tests {
    use super::{Reader, Store, Waiting};
    use crate::block::Block;
    use nums_ir::graph::NodeId;
    use std::sync::Arc;

    fn one() -> Arc<Block> {
        Arc::new(Block::from_slice(&[1.0f64], &[]))
    }

    #[test]
    fn a_block_goes_with_its_last_use() {
        let mut store = Store::default();
        assert!(!store.announce(7, 2, false));
        store.await_task(7, 3);
        assert_eq!(store.fill(7, Ok(one())), Waiting { tasks: vec![3], readers: vec![] });
        store.used(7, 1);
        assert_eq!((store.bytes(), store.len()), (8, 1));
        store.used(7, 1);
        assert_eq!((store.bytes(), store.len(), store.largest()), (0, 0, 8));
    }

    #[test]
    fn a_block_without_uses_goes_when_it_is_made() {
        let mut store = Store::default();
        store.announce(7, 0, false);
        store.fill(7, Ok(one()));
        assert!(store.is_empty());
    }

    #[test]
    fn a_kept_block_stays_until_released_and_used() {
        let mut store = Store::default();
        store.announce(7, 1, true);
        store.fill(7, Ok(one()));
        store.release(7);
        assert_eq!(store.len(), 1);
        store.used(7, 1);
        assert!(store.is_empty());
        store.announce(8, 0, true);
        store.fill(8, Ok(one()));
        store.release(8);
        assert!(store.is_empty());
    }

    #[test]
    fn a_pull_may_overtake_the_announcement() {
        let mut store = Store::default();
        store.await_reader(7, Reader::Peer(NodeId(1), 1));
        assert!(!store.knows(7));
        store.announce(7, 1, false);
        assert_eq!(store.fill(7, Ok(one())).readers, [Reader::Peer(NodeId(1), 1)]);
        assert_eq!(store.len(), 1, "the reader has not taken its use yet");
        store.used(7, 1);
        assert!(store.is_empty());
        store.used(9, 1);
        store.announce(9, 1, true);
        store.fill(9, Ok(one()));
        store.release(9);
        assert!(store.is_empty());
    }

    /// A store whose admitted task is about to run, with one operand.
    fn admitted(uses: u32, kept: bool) -> Store {
        let mut store = Store::default();
        store.announce(7, uses, kept);
        store.fill(7, Ok(one()));
        store.pin(7);
        store
    }

    #[test]
    fn the_last_user_of_a_block_gets_it_for_itself() {
        let mut store = admitted(1, false);
        let block = store.give(7).unwrap();
        assert_eq!((Arc::strong_count(&block), store.bytes(), store.len()), (1, 8, 1));
        assert!(store.knows(7) && store.give(7).is_none() && store.idle().is_empty() && store.begin_write(7).is_none());
        assert_eq!(store.fill(7, Ok(one())), Waiting::default(), "a second answer is no block");
        store.overwritten(7);
        store.announce(8, 0, true);
        store.fill(8, Ok(block));
        store.done(7);
        assert_eq!((store.bytes(), store.len(), store.peak()), (8, 1, 8));
        // In a new epoch nobody has it.
        let mut store = admitted(1, true);
        store.release(7);
        assert!(store.give(7).is_some());
        assert_eq!((store.keep_named(), store.bytes(), store.len()), (vec![], 0, 0));
    }

    #[test]
    fn a_block_that_somebody_may_need_is_not_given() {
        assert!(admitted(2, false).give(7).is_none(), "another use");
        assert!(admitted(1, true).give(7).is_none(), "a handle");
        let mut store = admitted(1, false);
        let held = store.content(7).cloned();
        assert!(store.give(7).is_none(), "somebody reads it");
        drop(held);
        let (token, block) = {
            store.unpin(7);
            store.begin_write(7).unwrap()
        };
        drop(block);
        store.pin(7);
        assert!(store.give(7).is_none(), "on its way to disk");
        store.written(7, token, None);
        store.pin(7);
        assert!(store.give(7).is_none(), "another task of an operand that reads it twice");
        store.unpin(7);
        assert!(store.give(7).is_some());
        let mut store = Store::default();
        store.announce_put(7);
        store.announce(7, 1, false);
        store.fill(7, Ok(one()));
        store.release(7);
        store.pin(7);
        assert!(store.give(7).is_none(), "the user put it");
        store.done(7);
        assert!(store.is_empty());
    }
}
