//! A new membership epoch on one node: what was begun is forgotten, what is finished and has a name is kept.
//!
//! When a node is lost, or two nodes cannot reach each other, the driver begins a new epoch. Every survivor then drops its
//! unfinished tasks, pulls and intermediate blocks, and says which named blocks it holds; the driver works out from these
//! answers what must be made again, and sends nothing before all have answered. So no message of the new epoch can meet a node
//! that is still in the old one, and messages of old epochs are told by their number and ignored. A job that runs meanwhile
//! ends for nothing: its number is below `base`.

use super::pulls::{Pulls, Turns};
use super::{Action, Worker};
use crate::wire::message::{Epoch, Report, ToDriver};

impl Worker {
    /// Begins `epoch` and answers with what is held.
    pub(super) fn begin(&mut self, epoch: Epoch, actions: &mut Vec<Action>) {
        self.epoch = epoch;
        self.base += self.tasks.len();
        let admitted = self.tasks.iter().flatten().filter_map(|task| task.reserved).sum();
        self.forget_tasks(admitted);
        self.tasks.clear();
        self.free.clear();
        self.ready.clear();
        self.pulls = Pulls::default();
        self.turns = Turns::default();
        self.report = Report::default();
        self.watches.clear();
        self.ended = 0;
        actions.push(Action::Tell(ToDriver::Inventory(epoch, self.store.keep_named())));
    }
}
