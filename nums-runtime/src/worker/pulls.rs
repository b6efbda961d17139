//! Pulls: operands that live on other nodes, asked for in the order of the tasks that need them.
//!
//! At most `PULLS` are under way, each asked for once its task's turn is near (`place::ahead`, by which plans count too) and there is
//! room for its block (`room`), and one serves all who wait for its block. What was asked of a node that is gone never comes: the
//! driver begins a new epoch, which begins without pulls. What arrives is a block like any other (`Worker::fill`).

use super::{Action, Worker};
use crate::place::ahead;
use crate::pool::Gid;
use crate::store::Content;
use crate::wire::message::{BatchBlock, ToOwner};
use nums_ir::graph::NodeId;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Pulls under way at a time.
pub(super) const PULLS: usize = 64;

/// Blocks that are awaited from other nodes.
#[derive(Default)]
pub(super) struct Pulls {
    by_id: HashMap<Gid, Pull>,
    queue: VecDeque<Gid>,
    under_way: usize,
}

struct Pull {
    from: NodeId,
    serial: u64,
    bytes: u64,
    uses: u32,
    asked: bool,
    /// The first task that needs the block, and its turn, which is its place in the queue.
    first: Option<(usize, u64)>,
}

/// Whose turn it is: tasks are numbered as they come, which is the order of the plan.
#[derive(Default)]
pub(super) struct Turns {
    /// The lowest that is not done.
    lowest: u64,
    /// Whether it and those after it are done.
    done: VecDeque<bool>,
}

impl Turns {
    /// The turn of one more task.
    pub(super) fn take(&mut self) -> u64 {
        self.done.push_back(false);
        self.lowest + self.done.len() as u64 - 1
    }

    /// A task is done.
    pub(super) fn end(&mut self, turn: u64) {
        if let Some(done) = turn.checked_sub(self.lowest).and_then(|at| self.done.get_mut(at as usize)) {
            *done = true;
        }
        while self.done.front() == Some(&true) {
            self.done.pop_front();
            self.lowest += 1;
        }
    }

    /// How many tasks from the lowest that is not done to this one.
    fn until(&self, turn: u64) -> u64 {
        turn.saturating_sub(self.lowest)
    }
}

impl Worker {
    /// A batch says that a block comes from another node. A copy that is here or under way serves it too: the owner need not send
    /// this one, but must not wait for it either.
    pub(super) fn expect_pull(&mut self, block: &BatchBlock, from: NodeId, serial: u64, known: bool, actions: &mut Vec<Action>) {
        let BatchBlock { id, bytes, .. } = *block;
        match (known, self.pulls.by_id.get_mut(&id)) {
            (true, Some(pull)) if !pull.asked => pull.uses += 1,
            (true, _) => actions.push(Action::Ask(from, ToOwner::Used { epoch: self.epoch, id, uses: 1 })),
            (false, _) => {
                self.pulls.by_id.insert(id, Pull { from, serial, bytes, uses: 1, asked: false, first: None });
            }
        }
    }

    /// Lets the pull of `id` stand in the queue at the place of the first task that needs it.
    pub(super) fn queue_pull(&mut self, id: Gid, task: usize, turn: u64) {
        if let Some(pull) = self.pulls.by_id.get_mut(&id)
            && pull.first.is_none()
        {
            pull.first = Some((task, turn));
            self.pulls.queue.push_back(id);
        }
    }

    /// Asks for blocks in the order of the tasks that need them.
    pub(super) fn pull(&mut self, actions: &mut Vec<Action>) {
        while self.pulls.under_way < PULLS
            && let Some(&id) = self.pulls.queue.front()
        {
            let Some(pull) = self.pulls.by_id.get(&id) else {
                self.pulls.queue.pop_front();
                continue;
            };
            let (bytes, first) = (pull.bytes, pull.first.map(|(task, _)| task));
            let turn = pull.first.map_or(0, |(_, turn)| self.turns.until(turn));
            if turn >= ahead(self.threads, bytes) as u64 {
                break;
            }
            if !self.has_room_for_pull(bytes, first) {
                let Some(failure) = self.no_room_for_pull(bytes, first) else { break };
                self.pulls.queue.pop_front();
                self.pulls.by_id.remove(&id);
                self.fill(id, Err(Arc::new(failure)), actions);
                continue;
            }
            self.pulls.queue.pop_front();
            self.reserve_pull(bytes);
            let Some(pull) = self.pulls.by_id.get_mut(&id) else { continue };
            pull.asked = true;
            self.pulls.under_way += 1;
            actions.push(Action::Ask(pull.from, ToOwner::Get { epoch: self.epoch, id, serial: pull.serial, uses: pull.uses }));
        }
    }

    pub(super) fn on_pulled(&mut self, id: Gid, content: Content, actions: &mut Vec<Action>) {
        if self.pulls.by_id.get(&id).is_none_or(|p| !p.asked) {
            return;
        }
        let Some(pull) = self.pulls.by_id.remove(&id) else { return };
        self.pulls.under_way -= 1;
        self.release_pull(pull.bytes);
        if let Ok(block) = &content {
            self.stats.pulled += block.bytes().len() as u64;
        }
        self.fill(id, content, actions);
    }
}
