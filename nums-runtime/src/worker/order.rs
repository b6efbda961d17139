//! `Order`: a queue that gives the greatest first, as `BinaryHeap` does, for what mostly comes in falling order.
//!
//! Tasks of a call become ready about in the order in which they shall start. Those that do are kept as one sorted run, to which
//! adding and taking cost nothing, however long it is; a heap has the others.

use std::collections::{BinaryHeap, VecDeque};

/// A queue of what mostly comes in falling order.
pub(super) struct Order<T> {
    run: VecDeque<T>,
    others: BinaryHeap<T>,
}

impl<T: Ord> Order<T> {
    /// Nothing.
    pub(super) fn new() -> Order<T> {
        Order { run: VecDeque::new(), others: BinaryHeap::new() }
    }

    /// Adds one.
    pub(super) fn push(&mut self, item: T) {
        if self.run.back().is_none_or(|last| item <= *last) {
            self.run.push_back(item);
        } else {
            self.others.push(item);
        }
    }

    /// The greatest.
    pub(super) fn peek(&self) -> Option<&T> {
        self.run.front().max(self.others.peek())
    }

    /// Takes the greatest.
    pub(super) fn pop(&mut self) -> Option<T> {
        if self.run.front() >= self.others.peek() { self.run.pop_front() } else { self.others.pop() }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.run.len() + self.others.len()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes all away.
    pub(super) fn clear(&mut self) {
        *self = Order::new();
    }
}

#[cfg(test)]
mod tests {
    use super::Order;
    use proptest::prelude::*;
    use std::collections::BinaryHeap;

    proptest! {
        #[test]
        fn it_gives_what_a_heap_gives(steps in prop::collection::vec(prop::option::of(any::<u8>()), 0..200)) {
            let (mut order, mut heap) = (Order::new(), BinaryHeap::new());
            for step in steps {
                match step {
                    Some(item) => { order.push(item); heap.push(item); }
                    None => prop_assert_eq!(order.pop(), heap.pop()),
                }
                prop_assert_eq!((order.peek(), order.len(), order.is_empty()), (heap.peek(), heap.len(), heap.is_empty()));
            }
        }
    }
}
