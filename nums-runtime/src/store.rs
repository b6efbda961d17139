//! `Store`: the blocks of one node, each with what still needs it.
//!
//! A slot counts uses: operands of tasks here plus pulls by other nodes, as the driver announced them. A block goes when its
//! count is 0 and nobody keeps it (`kept`: a handle of the user lives). Counts may run ahead of the announcement (a pull that
//! overtakes the driver's message makes a slot with a negative count), but never end below 0. A failed block is a slot that
//! holds the `Failure` instead. What waits for a slot, tasks and readers, is handed back when it is filled; who runs or
//! sends is the `worker`'s business.

use crate::block::Block;
use crate::error::Failure;
use crate::pool::Gid;
use nums_ir::graph::NodeId;
use std::collections::HashMap;
use std::sync::Arc;

/// What a filled slot holds.
pub type Content = Result<Arc<Block>, Arc<Failure>>;

/// The blocks of one node.
#[derive(Default)]
pub struct Store {
    slots: HashMap<Gid, Slot>,
    bytes: u64,
    peak: u64,
    largest: u64,
}

/// Someone outside the node who waits for a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The driver wants the bytes.
    Driver,
    /// The driver wants to know when the block is there.
    Watch,
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
    content: Option<Content>,
    uses: i64,
    kept: bool,
    announced: bool,
    waiting: Waiting,
}

impl Store {
    /// The driver says that `id` will be made, put or pulled here and used so often. True if the node had heard of it before.
    pub fn announce(&mut self, id: Gid, uses: u32, kept: bool) -> bool {
        let slot = self.slots.entry(id).or_default();
        let known = slot.announced;
        slot.announced = true;
        slot.uses += i64::from(uses);
        slot.kept |= kept;
        self.drop_if_done(id);
        known
    }

    /// Whether the driver has announced the block and it has not gone.
    pub fn knows(&self, id: Gid) -> bool {
        self.slots.get(&id).is_some_and(|s| s.announced)
    }

    /// What is in the slot now.
    pub fn content(&self, id: Gid) -> Option<&Content> {
        self.slots.get(&id)?.content.as_ref()
    }

    /// Lets `task` wait for `id`.
    pub fn await_task(&mut self, id: Gid, task: usize) {
        self.slots.entry(id).or_default().waiting.tasks.push(task);
    }

    /// Lets a reader wait for `id`.
    pub fn await_reader(&mut self, id: Gid, reader: Reader) {
        self.slots.entry(id).or_default().waiting.readers.push(reader);
    }

    /// Fills the slot and hands back what waited for it. A block that nothing needs is gone at once; a second filling of a
    /// slot (a pull that was answered twice) changes nothing. Readers take their uses with `used`.
    pub fn fill(&mut self, id: Gid, content: Content) -> Waiting {
        let slot = self.slots.entry(id).or_default();
        if slot.content.is_some() {
            return Waiting::default();
        }
        if let Ok(block) = &content {
            let bytes = block.bytes().len() as u64;
            self.bytes += bytes;
            self.peak = self.peak.max(self.bytes);
            self.largest = self.largest.max(bytes);
        }
        slot.content = Some(content);
        let waiting = std::mem::take(&mut slot.waiting);
        if waiting.readers.is_empty() {
            self.drop_if_done(id);
        }
        waiting
    }

    /// Takes `n` uses; the last one frees the block.
    pub fn used(&mut self, id: Gid, n: u32) {
        self.slots.entry(id).or_default().uses -= i64::from(n);
        self.drop_if_done(id);
    }

    /// The user's last handle is gone.
    pub fn release(&mut self, id: Gid) {
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.kept = false;
            self.drop_if_done(id);
        }
    }

    /// Whether a user's handle keeps the block.
    pub fn is_kept(&self, id: Gid) -> bool {
        self.slots.get(&id).is_some_and(|s| s.kept)
    }

    /// Bytes of all blocks here.
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

    fn drop_if_done(&mut self, id: Gid) {
        let Some(slot) = self.slots.get(&id) else { return };
        if slot.content.is_none() || slot.uses != 0 || slot.kept || !slot.announced {
            return;
        }
        if let Some(Slot { content: Some(Ok(block)), .. }) = self.slots.remove(&id) {
            self.bytes -= block.bytes().len() as u64;
        }
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
}
