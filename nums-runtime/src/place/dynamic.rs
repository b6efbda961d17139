//! `dynamic`: what a dynamic scheduler would do, for comparison: Dask's rule, played with estimated times.
//!
//! A task is assigned when its operands exist: to the holder of an operand (any node if it has none) with the least queued
//! time and time to fetch what it lacks; tasks without operands go to nodes in contiguous runs. A node without work takes the
//! last task of the longest queue if fetching its operands is shorter than the task. Results stay where they are made.
//! Source: the documentation of Dask's distributed scheduler ("Scheduling policies", "Work stealing"). It is no row of the
//! portfolio, since it does not bring results home.

use super::Simulation;
use nums_ir::graph::{BlockId, NodeId, TaskId};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

struct Play<'a, 'p> {
    simulation: &'a mut Simulation<'p>,
    queues: Vec<VecDeque<TaskId>>,
    /// Nanoseconds of the tasks queued and running, by node.
    queued: Vec<u64>,
    free: Vec<usize>,
    /// Ends of running tasks.
    ends: BinaryHeap<Reverse<(u64, TaskId, u32)>>,
    now: u64,
}

pub(super) fn place(simulation: &mut Simulation<'_>) {
    simulation.keep_sequence();
    let problem = simulation.problem();
    let n_tasks = problem.work.len();
    let mut missing = vec![0u32; n_tasks];
    let mut readers: Vec<Vec<u32>> = vec![Vec::new(); problem.n_blocks()];
    let mut roots = Vec::new();
    let mut ready = Vec::new();
    for t in 0..n_tasks as u32 {
        for b in problem.operands(TaskId(t)).filter(|b| b.0 as usize >= problem.n_inputs) {
            missing[t as usize] += 1;
            readers[b.0 as usize].push(t);
        }
        match (problem.operands(TaskId(t)).next(), missing[t as usize]) {
            (None, _) => roots.push(TaskId(t)),
            (Some(_), 0) => ready.push(TaskId(t)),
            (Some(_), _) => {}
        }
    }
    let n = problem.n_nodes();
    let free = problem.spec.nodes.iter().map(|node| node.threads.max(1)).collect();
    let mut play =
        Play { simulation, queues: vec![VecDeque::new(); n], queued: vec![0; n], free, ends: BinaryHeap::new(), now: 0 };
    for (i, root) in roots.iter().enumerate() {
        play.queue(*root, i * n / roots.len());
    }
    ready.into_iter().for_each(|task| play.assign(task));
    play.start();
    while let Some(Reverse((now, task, node))) = play.ends.pop() {
        play.now = now;
        play.free[node as usize] += 1;
        play.queued[node as usize] -= problem.work[task.0 as usize];
        for b in &problem.graph.tasks[task.0 as usize].outs {
            for reader in &readers[b.0 as usize] {
                missing[*reader as usize] -= 1;
                if missing[*reader as usize] == 0 {
                    play.assign(TaskId(*reader));
                }
            }
        }
        play.start();
    }
}

impl Play<'_, '_> {
    /// Time to fetch what `task` lacks on a node.
    fn fetch(&self, task: TaskId, node: usize) -> u64 {
        let problem = self.simulation.problem();
        let lacks = |b: &BlockId| !self.simulation.holds(NodeId(node as u32), *b);
        let to = NodeId(node as u32);
        let from = |b| self.simulation.owner(b).unwrap_or(to);
        problem.operands(task).filter(lacks).map(|b| problem.transfer(problem.bytes(b), from(b), to)).sum()
    }

    fn assign(&mut self, task: TaskId) {
        let holds = |node: &usize| {
            let mut operands = self.simulation.problem().operands(task);
            operands.any(|b| self.simulation.holds(NodeId(*node as u32), b))
        };
        let cost = |node: &usize| (self.queued[*node] / self.threads(*node) + self.fetch(task, *node), *node);
        let all = 0..self.queues.len();
        let node = all.clone().filter(holds).min_by_key(cost).or_else(|| all.min_by_key(cost)).unwrap_or(0);
        self.queue(task, node);
    }

    fn threads(&self, node: usize) -> u64 {
        self.simulation.problem().spec.nodes[node].threads.max(1) as u64
    }

    fn queue(&mut self, task: TaskId, node: usize) {
        self.queues[node].push_back(task);
        self.queued[node] += self.simulation.problem().work[task.0 as usize];
    }

    /// Starts what can run; idle nodes steal.
    fn start(&mut self) {
        loop {
            let mut started = false;
            for node in 0..self.queues.len() {
                while self.free[node] > 0 {
                    let Some(task) = self.queues[node].pop_front() else { break };
                    let end = self.now + self.fetch(task, node) + self.simulation.problem().work[task.0 as usize];
                    self.simulation.apply(task, NodeId(node as u32));
                    self.free[node] -= 1;
                    self.ends.push(Reverse((end, task, node as u32)));
                    started = true;
                }
            }
            let thief = (0..self.queues.len()).find(|node| self.free[*node] > 0 && self.steal(*node).is_some());
            match thief.and_then(|thief| Some((thief, self.steal(thief)?))) {
                Some((thief, victim)) => {
                    let Some(task) = self.queues[victim].pop_back() else { return };
                    self.queued[victim] -= self.simulation.problem().work[task.0 as usize];
                    self.queue(task, thief);
                }
                None if started => {}
                None => return,
            }
        }
    }

    /// Whom a node takes a task from: the longest queue, if the task is longer than the way.
    fn steal(&self, thief: usize) -> Option<usize> {
        let victim = (0..self.queues.len()).filter(|v| *v != thief).max_by_key(|v| (self.queued[*v], Reverse(*v)))?;
        let task = *self.queues[victim].back()?;
        (self.fetch(task, thief) < self.simulation.problem().work[task.0 as usize]).then_some(victim)
    }
}
