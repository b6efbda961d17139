//! Pace: a node that is much slower than the others costs more than it gives, and is given up as if it had been lost.
//!
//! Tasks that make blocks of one array do the same to blocks of several sizes. So within a call what the others took for each
//! unit of their work (`cost`) says what such a task of a node is due, whatever the task is; tasks that only one node has say nothing. A node is slow when its tasks
//! took `SLOW` times what they were due, over `EVIDENCE` and even without the worst of each of its threads: a machine that
//! stood still once is not slow. A node whose process gets to run only now and then (it is stopped again and again, or its
//! control group is throttled) answers late however little it computes; it is slow when it gets less than a quarter of the time
//! that the others get, over a few signs of life, and has work. It is kept where its loss would cost a block that nobody can
//! make again. Elements too can make a task slow (a sort, denormal numbers), and then the node that gets it next looks slow. So no more than a
//! quarter of the nodes is ever given up for their pace, though one may be, and never one without which most of those that there were
//! would be gone. What follows is recovery as after any loss; where a task runs changes no bits, so it does not matter that all
//! this follows clocks.

use super::{Action, Driver};
use crate::pool::Gid;
use nums_ir::cost::{Cost, costs};
use nums_ir::graph::{ArrayId, Graph, NodeId};
use std::collections::HashMap;

/// How long tasks of a running call took.
#[derive(Default)]
pub(super) struct Times {
    /// By the array of which they made blocks.
    arrays: HashMap<ArrayId, ByNode>,
    /// The work of every task, once it was asked for.
    work: Vec<u64>,
}

/// Work and microseconds of tasks, of all nodes together and of each.
#[derive(Default)]
struct ByNode {
    all: Spent,
    each: HashMap<NodeId, Spent>,
}

#[derive(Clone, Copy, Default)]
struct Spent {
    work: u64,
    micros: u64,
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

impl Times {
    /// The work of a task: what it moves and computes, in no unit.
    fn work_of(&mut self, graph: &Graph, task: usize) -> u64 {
        if self.work.is_empty() {
            let work = |cost: &Cost| cost.bytes_in.saturating_add(cost.bytes_out).saturating_add(cost.flops).max(1);
            self.work = costs(graph).iter().map(work).collect();
        }
        self.work[task]
    }
}

impl ByNode {
    /// Adds a task of a node, and says what it was due by what the others took.
    fn add(&mut self, node: NodeId, task: Spent) -> Option<u64> {
        let own = self.each.entry(node).or_default();
        let (work, micros) = (self.all.work - own.work, self.all.micros - own.micros);
        for sum in [&mut self.all, own] {
            sum.work = sum.work.saturating_add(task.work);
            sum.micros = sum.micros.saturating_add(task.micros);
        }
        let due = || u128::from(micros) * u128::from(task.work) / u128::from(work);
        (work > 0).then(|| u64::try_from(due()).unwrap_or(u64::MAX))
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
            let spent = Spent { work: running.times.work_of(graph, seq as usize), micros: micros.into() };
            let due = running.times.arrays.entry(graph.array_of(made)).or_default().add(node, spent);
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

    /// Gives a node up, unless too few would be left or a block would be gone for good; then it is judged anew.
    fn give_up_slow(&mut self, node: NodeId, why: String, actions: &mut Vec<Action>) {
        self.nodes[node.0 as usize].pace = Pace::default();
        if self.has_others(node) && self.can_spare(node) {
            self.nodes[node.0 as usize].was_slow = true;
            actions.push(Action::GiveUp(node));
            self.on_lost(node, why, actions);
        }
    }

    /// Whether enough nodes are left without this one: one at least, half of those that there were, and not more than a quarter of
    /// them given up for their pace.
    fn has_others(&self, node: NodeId) -> bool {
        let left = self.alive().filter(|n| *n != node).count();
        let given_up = 1 + self.nodes.iter().filter(|n| n.was_slow).count();
        let all = left + given_up;
        left >= given_up && given_up <= (all / 4).max(1)
    }

    /// Whether all that a node has, and what depends on it, can be had again.
    fn can_spare(&self, node: NodeId) -> bool {
        let stays = |known: &super::lineage::Known| known.node != node && !self.is_pending(known);
        let held: HashMap<Gid, NodeId> =
            self.lineage.blocks().filter(|(_, known)| stays(known)).map(|(id, known)| (id, known.node)).collect();
        self.demand(&held, &self.lineage.unfinished()).0.gone.is_empty()
    }
}
