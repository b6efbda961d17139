//! `Lineage`: where every named block is, and how it can be had again.
//!
//! A named block is a result of a call or a block that the user put. It is known while a handle of the user lives or a record
//! needs it. A record is a call that may have to run again, wholly or in part: it lives while the call has not ended or a known
//! block can be had from it alone, and it needs its inputs. A block of which the driver has a copy, or of which a file has one,
//! needs no record, which is what bounds chains of calls. A record is the call as it was submitted, so it costs a few words and shares graph and
//! placement with the plan. `recovery` reads this, `Driver` writes it; neither knows the other's rules.

use crate::error::{Error, Failure};
use crate::ids::Ids;
use crate::pool::{Call, Copy, Gid};
use nums_ir::graph::NodeId;
use std::collections::BTreeMap;
use std::num::NonZeroU64;

/// A call as lineage knows it: its place in the order of all calls.
pub(super) type CallId = NonZeroU64;

/// Named blocks and the calls that made them.
pub(super) struct Lineage {
    blocks: Ids<Known>,
    records: BTreeMap<CallId, Record>,
    /// Calls that were recorded so far.
    last: u64,
    small: usize,
    deep: u32,
}

/// A named block.
pub(super) struct Known {
    /// The node that holds it or will.
    pub(super) node: NodeId,
    /// How far it is.
    pub(super) made: Made,
    /// A handle of the user lives.
    pub(super) handle: bool,
    /// A copy is on its way to the driver.
    pub(super) copied: bool,
    /// It is being read again for its node.
    pub(super) coming: bool,
    /// Operands of records.
    refs: u32,
    /// The call that makes it, unless there is a copy.
    maker: Option<CallId>,
    besides: Besides,
}

/// How far a block is.
#[derive(Clone, Copy)]
pub(super) enum Made {
    /// The user put it.
    Put,
    /// The run with this serial makes it, or has made it.
    By(u64),
    /// Its node has said that it is there.
    Seen,
}

/// What is known of a block besides the node that holds it.
enum Besides {
    Nothing,
    /// Where else it can be had.
    Copy(Copy),
    /// Why it can never be had.
    Failure(Box<Cause>),
}

impl Known {
    fn new(node: NodeId, made: Made) -> Known {
        Known { node, made, handle: true, copied: false, coming: false, refs: 0, maker: None, besides: Besides::Nothing }
    }

    /// Where it can be had besides.
    pub(super) fn copy(&self) -> Option<&Copy> {
        match &self.besides {
            Besides::Copy(copy) => Some(copy),
            Besides::Nothing | Besides::Failure(_) => None,
        }
    }

    /// Why it can never be had.
    pub(super) fn failure(&self) -> Option<&Cause> {
        match &self.besides {
            Besides::Failure(cause) => Some(cause),
            Besides::Nothing | Besides::Copy(_) => None,
        }
    }
}

/// Why a block can never be had.
#[derive(Clone)]
pub(super) enum Cause {
    /// Its task failed, or one that it depends on.
    Task(Failure),
    /// It was lost, or what it must be read from again.
    Lost(Error),
}

/// A call that may have to run again.
pub(super) struct Record {
    /// The call.
    pub(super) call: Box<Call>,
    /// Known blocks that can be had from it alone.
    results: u32,
    /// Its tasks have not all ended.
    pub(super) unfinished: bool,
    /// Calls that may have to run again before it, one after the other.
    depth: u32,
}

/// Calls in a row that may have to run again; the results of the next one are copied to the driver.
const DEPTH: u32 = 64;
/// Results of so few blocks and bytes are always copied.
const SMALL: usize = 16;
const SMALL_BYTES: u64 = 64 << 10;

impl Default for Lineage {
    fn default() -> Lineage {
        Lineage { blocks: Ids::default(), records: BTreeMap::new(), last: 0, small: SMALL, deep: DEPTH }
    }
}

impl Lineage {
    /// Which results are copied.
    pub(super) fn copy_results(&mut self, blocks: usize, depth: u32) {
        (self.small, self.deep) = (blocks, depth);
    }

    /// A block that a handle names.
    pub(super) fn get(&self, id: Gid) -> Option<&Known> {
        self.blocks.get(id).filter(|k| k.handle)
    }

    /// A block, whoever needs it.
    pub(super) fn known(&self, id: Gid) -> Option<&Known> {
        self.blocks.get(id)
    }

    /// As `known`.
    pub(super) fn known_mut(&mut self, id: Gid) -> Option<&mut Known> {
        self.blocks.get_mut(id)
    }

    /// All known blocks.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (Gid, &Known)> {
        self.blocks.iter()
    }

    /// A call that may have to run again.
    pub(super) fn record(&self, call: CallId) -> Option<&Record> {
        self.records.get(&call)
    }

    /// As `record`.
    pub(super) fn record_mut(&mut self, call: CallId) -> Option<&mut Record> {
        self.records.get_mut(&call)
    }

    /// Calls that have not ended, in order.
    pub(super) fn unfinished(&self) -> Vec<CallId> {
        self.records.iter().filter(|(_, r)| r.unfinished).map(|(id, _)| *id).collect()
    }

    /// Calls that are remembered.
    #[cfg(test)]
    pub(super) fn n_records(&self) -> usize {
        self.records.len()
    }

    /// The call that makes a block.
    pub(super) fn maker(&self, id: Gid) -> Option<CallId> {
        self.blocks.get(id)?.maker
    }

    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.records.is_empty()
    }

    /// The user puts a block.
    pub(super) fn put(&mut self, id: Gid, node: NodeId, copy: Option<Copy>) {
        let besides = copy.map_or(Besides::Nothing, Besides::Copy);
        self.blocks.insert(id, Known { besides, ..Known::new(node, Made::Put) });
    }

    /// Whether the results of a call shall be copied to the driver: they are small, or a long chain of calls leads to them.
    pub(super) fn wants_copies(&self, call: &Call, results: &[usize]) -> bool {
        let bytes = || results.iter().map(|&b| call.graph.bytes(nums_ir::graph::BlockId(b as u32))).sum::<u64>();
        let small = results.len() <= self.small && bytes() <= SMALL_BYTES;
        small || self.depth(call) >= self.deep
    }

    fn depth(&self, call: &Call) -> u32 {
        let depth = |id: &Gid| self.maker(*id).and_then(|m| self.records.get(&m)).map_or(0, |r| r.depth + 1);
        call.inputs.iter().map(depth).max().unwrap_or(0)
    }

    /// The user submits a call, which makes these named blocks on these nodes. Its record, if it is kept.
    pub(super) fn submit(
        &mut self,
        call: Box<Call>,
        results: &[(Gid, NodeId)],
        run: u64,
        copied: bool,
        records: bool,
    ) -> Option<CallId> {
        let maker = records.then(|| self.keep(call, results.len() as u32, copied));
        for &(result, node) in results {
            self.blocks.insert(result, Known { copied, maker, ..Known::new(node, Made::By(run)) });
        }
        maker
    }

    fn keep(&mut self, call: Box<Call>, results: u32, copied: bool) -> CallId {
        let depth = if copied { 0 } else { self.depth(&call) };
        self.last += 1;
        let id = CallId::MIN.saturating_add(self.last);
        for input in &call.inputs {
            if let Some(known) = self.blocks.get_mut(*input) {
                known.refs += 1;
            }
        }
        self.records.insert(id, Record { call, results, unfinished: true, depth });
        id
    }

    /// All tasks of a call have ended.
    pub(super) fn end(&mut self, call: CallId) {
        if let Some(record) = self.records.get_mut(&call) {
            record.unfinished = false;
        }
        self.drop_records(vec![call]);
    }

    /// There is a copy of a block: its call is not needed for it any more.
    pub(super) fn cut(&mut self, id: Gid, copy: Copy) {
        let Some(known) = self.blocks.get_mut(id).filter(|known| known.failure().is_none()) else { return };
        known.besides = Besides::Copy(copy);
        self.forget_maker(id);
    }

    /// A block can never be had.
    pub(super) fn fail(&mut self, id: Gid, cause: Cause) {
        // The first cause stays.
        let Some(known) = self.blocks.get_mut(id).filter(|known| known.failure().is_none()) else { return };
        known.besides = Besides::Failure(Box::new(cause));
        self.forget_maker(id);
    }

    fn forget_maker(&mut self, id: Gid) {
        let maker = self.blocks.get_mut(id).and_then(|k| k.maker.take());
        if let Some(maker) = maker {
            if let Some(record) = self.records.get_mut(&maker) {
                record.results -= 1;
            }
            self.drop_records(vec![maker]);
        }
    }

    /// The user's handle is gone. The node that holds the block, if the handle was the last to name it there.
    pub(super) fn release(&mut self, id: Gid) -> Option<NodeId> {
        let known = self.blocks.get_mut(id).filter(|k| k.handle)?;
        known.handle = false;
        let node = known.node;
        let makers = self.drop_block(id).into_iter().collect();
        self.drop_records(makers);
        Some(node)
    }

    /// Drops a block that nobody needs; the call that made it has one result less.
    fn drop_block(&mut self, id: Gid) -> Option<CallId> {
        let known = self.blocks.get(id)?;
        if known.handle || known.refs > 0 {
            return None;
        }
        let maker = self.blocks.remove(id)?.maker?;
        self.records.get_mut(&maker)?.results -= 1;
        Some(maker)
    }

    /// Drops those of the calls that need not run again, and what only they need: a chain goes from its end.
    fn drop_records(&mut self, mut calls: Vec<CallId>) {
        while let Some(call) = calls.pop() {
            if self.records.get(&call).is_none_or(|r| r.unfinished || r.results > 0) {
                continue;
            }
            let Some(record) = self.records.remove(&call) else { continue };
            for input in &record.call.inputs {
                if let Some(known) = self.blocks.get_mut(*input) {
                    known.refs -= 1;
                }
                calls.extend(self.drop_block(*input));
            }
        }
    }
}
