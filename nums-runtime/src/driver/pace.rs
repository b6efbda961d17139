//! Pace: a node that is much slower than the others costs more than it gives, and is given up as if it had been lost.
//!
//! Tasks that make blocks of one array do the same to blocks of one size. So within a call the mean of the others says what such
//! a task of a node is due, whatever the task is; tasks that only one node has say nothing. A node is slow when its tasks
//! took `SLOW` times what they were due, over `EVIDENCE` and even without the worst of each of its threads: a machine that
//! stood still once is not slow. A node whose process gets to run only now and then (it is stopped again and again, or its
//! control group is throttled) answers late however little it computes; it is slow when it gets less than a quarter of the time
//! that the others get, over a few signs of life, and has work. It is kept where its loss would cost a block that nobody can
//! make again. What follows is recovery as after any loss; where a task runs changes no bits, so it does not matter that all
//! this follows clocks.

use super::{Action, Driver};
use crate::pool::Gid;
use nums_ir::graph::{ArrayId, NodeId};
use std::collections::HashMap;

/// How long tasks of a running call took, by the array of which they made blocks.
pub(super) type Times = HashMap<ArrayId, ByNode>;

/// Number and microseconds of tasks, of all nodes together and of each.
#[derive(Default)]
pub(super) struct ByNode {
    all: (u64, u64),
    each: HashMap<NodeId, (u64, u64)>,
}

/// How a node does.
pub(super) struct Pace {
    /// How long its tasks took, what they were due, and the worst of them, in microseconds.
    took: u64,
    due: u64,
    worst: u64,
    /// The share of time that its process got, in ten-thousandths; each sign of life counts as much as all before it.
    share: u32,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { took: 0, due: 0, worst: 0, share: 10_000 }
    }
}

/// So many times what is due is slow.
const SLOW: u64 = 4;
/// Microseconds of work before a node is judged.
const EVIDENCE: u64 = 500_000;
/// Microseconds of work that was due before the past counts half.
const MEMORY: u64 = 1_000_000;

impl ByNode {
    /// Adds a task of a node, and says what it was due by what the others took.
    fn add(&mut self, node: NodeId, micros: u64) -> Option<u64> {
        let own = self.each.entry(node).or_default();
        let others = (self.all.0 - own.0, self.all.1 - own.1);
        for (n, sum) in [&mut self.all, own] {
            *n += 1;
            *sum += micros;
        }
        (others.0 > 0).then(|| others.1 / others.0)
    }
}

impl Pace {
    fn add(&mut self, took: u64, due: u64) {
        self.took += took;
        self.due += due;
        self.worst = self.worst.max(took);
        if self.due > MEMORY {
            (self.took, self.due, self.worst) = (self.took / 2, self.due / 2, self.worst / 2);
        }
    }

    fn is_slow(&self, threads: u32) -> bool {
        let took = self.took.saturating_sub(self.worst * u64::from(threads));
        took > EVIDENCE && took > SLOW * self.due
    }
}

impl Driver {
    /// A node says how long tasks took: call, position in its order, microseconds.
    pub(super) fn measure(&mut self, node: NodeId, times: &[(u64, u32, u32)]) {
        for &(serial, seq, micros) in times {
            let Some(running) = self.running.get_mut(&serial) else { continue };
            let record = running.call.and_then(|call| self.lineage.record(call));
            let Some(graph) = record.map(|record| &record.call.graph) else { continue };
            let Some(&made) = graph.tasks.get(seq as usize).and_then(|task| task.outs.first()) else { continue };
            let due = running.times.entry(graph.array_of(made)).or_default().add(node, micros.into());
            if let Some(due) = due {
                self.nodes[node.0 as usize].pace.add(micros.into(), due);
            }
        }
    }

    /// Gives a node up whose tasks take long.
    pub(super) fn judge(&mut self, node: NodeId, actions: &mut Vec<Action>) {
        let judged = &mut self.nodes[node.0 as usize];
        if judged.pace.is_slow(judged.threads) {
            let times = judged.pace.took / judged.pace.due.max(1);
            self.give_up_slow(node, format!("its tasks took {times} times as long as those of the others"), actions);
        }
    }

    /// A node says what share of the time its process got, in percent, and is given up if that is little and it has work.
    pub(super) fn on_share(&mut self, node: NodeId, share: u8, actions: &mut Vec<Action>) {
        let pace = &mut self.nodes[node.0 as usize].pace;
        pace.share = u32::midpoint(pace.share, 100 * u32::from(share.min(100)));
        let own = u64::from(pace.share);
        let others: Vec<u64> = self.alive().filter(|&n| n != node).map(|n| self.nodes[n.0 as usize].pace.share.into()).collect();
        let slow = own * SLOW * (others.len() as u64) < others.iter().sum();
        let works = || self.running.values().any(|running| running.left[node.0 as usize] > 0);
        if slow && works() {
            self.give_up_slow(node, format!("its process got {} % of the time", own / 100), actions);
        }
    }

    /// Gives a node up, unless that would cost a block for good; then it is judged anew.
    fn give_up_slow(&mut self, node: NodeId, why: String, actions: &mut Vec<Action>) {
        self.nodes[node.0 as usize].pace = Pace::default();
        if self.alive().nth(1).is_some() && self.can_spare(node) {
            actions.push(Action::GiveUp(node));
            self.on_lost(node, why, actions);
        }
    }

    /// Whether all that a node has, and what depends on it, can be had again.
    fn can_spare(&self, node: NodeId) -> bool {
        let stays = |known: &super::lineage::Known| known.node != node && !self.running.contains_key(&known.run);
        let held: HashMap<Gid, NodeId> =
            self.lineage.blocks().filter(|(_, known)| stays(known)).map(|(id, known)| (id, known.node)).collect();
        self.demand(&held, &self.lineage.unfinished()).0.gone.is_empty()
    }
}
