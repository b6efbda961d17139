//! `Ids`: values by the name of a block.
//!
//! Names are given out in runs, one for the blocks of a call, and are used in runs. So values of neighbours lie side by side in a
//! page: a full page costs what its values take, a page of one value little more than that value, and whoever goes through the
//! blocks of an array goes through memory in order. A hash table of single blocks has none of this.

use crate::pool::Gid;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Names of a page.
const PAGE: u64 = 32;

/// Values by block.
#[derive(Debug)]
pub(crate) struct Ids<T> {
    pages: HashMap<u64, Page<T>, BuildHasherDefault<Spread>>,
    len: usize,
}

/// The values of those of `PAGE` names that have one, in the order of the names.
#[derive(Debug)]
struct Page<T> {
    /// Which, by bit.
    has: u32,
    values: Vec<T>,
}

/// Numbers that rise one by one are spread well by one multiplication.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, n: u64) {
        // The golden ratio: neighbours come to lie far apart, also in the upper bits.
        self.0 = (self.0 ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl<T> Default for Ids<T> {
    fn default() -> Ids<T> {
        Ids { pages: HashMap::default(), len: 0 }
    }
}

impl<T> Default for Page<T> {
    fn default() -> Page<T> {
        Page { has: 0, values: Vec::new() }
    }
}

impl<T> Page<T> {
    /// Whether name `bit` has a value, and where it is or would be.
    fn place(&self, bit: u32) -> (bool, usize) {
        (self.has >> bit & 1 == 1, (self.has & ((1 << bit) - 1)).count_ones() as usize)
    }
}

fn split(id: Gid) -> (u64, u32) {
    (id / PAGE, (id % PAGE) as u32)
}

impl<T> Ids<T> {
    /// The value of a block.
    pub(crate) fn get(&self, id: Gid) -> Option<&T> {
        let (page, bit) = split(id);
        let page = self.pages.get(&page)?;
        let (has, at) = page.place(bit);
        if has { page.values.get(at) } else { None }
    }

    /// As `get`.
    pub(crate) fn get_mut(&mut self, id: Gid) -> Option<&mut T> {
        let (page, bit) = split(id);
        let page = self.pages.get_mut(&page)?;
        let (has, at) = page.place(bit);
        if has { page.values.get_mut(at) } else { None }
    }

    /// Whether a block has a value.
    pub(crate) fn contains(&self, id: Gid) -> bool {
        self.get(id).is_some()
    }

    /// The value of a block, made if it has none.
    pub(crate) fn or_insert_with(&mut self, id: Gid, value: impl FnOnce() -> T) -> &mut T {
        let (page, bit) = split(id);
        let page = self.pages.entry(page).or_default();
        let (has, at) = page.place(bit);
        if !has {
            page.has |= 1 << bit;
            page.values.insert(at, value());
            self.len += 1;
        }
        &mut page.values[at]
    }

    /// The value of a block, the default if it has none.
    pub(crate) fn or_default(&mut self, id: Gid) -> &mut T
    where
        T: Default,
    {
        self.or_insert_with(id, T::default)
    }

    /// Gives a block this value instead of any that it has.
    pub(crate) fn insert(&mut self, id: Gid, value: T) {
        let mut value = Some(value);
        let place = self.or_insert_with(id, || value.take().expect("the closure is called once"));
        if let Some(value) = value {
            *place = value;
        }
    }

    /// Takes the value of a block away.
    pub(crate) fn remove(&mut self, id: Gid) -> Option<T> {
        let (number, bit) = split(id);
        let page = self.pages.get_mut(&number)?;
        let (has, at) = page.place(bit);
        if !has {
            return None;
        }
        page.has &= !(1 << bit);
        let value = page.values.remove(at);
        self.len -= 1;
        if page.has == 0 {
            self.pages.remove(&number);
        } else if page.values.len() * 4 <= page.values.capacity() {
            page.values.shrink_to(page.values.len() * 2);
        }
        Some(value)
    }

    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All blocks with their values, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Gid, &T)> {
        self.pages.iter().flat_map(|(number, page)| names(*number, page.has).zip(&page.values))
    }

    /// All values, in no order.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.pages.values_mut().flat_map(|page| &mut page.values)
    }
}

impl<T> FromIterator<(Gid, T)> for Ids<T> {
    fn from_iter<I: IntoIterator<Item = (Gid, T)>>(values: I) -> Ids<T> {
        let mut ids = Ids::default();
        values.into_iter().for_each(|(id, value)| ids.insert(id, value));
        ids
    }
}

/// The names of a page that have values.
fn names(page: u64, mut has: u32) -> impl Iterator<Item = Gid> {
    std::iter::from_fn(move || {
        let bit = has.trailing_zeros();
        has &= has.checked_sub(1)?;
        Some(page * PAGE + u64::from(bit))
    })
}

#[cfg(test)]
mod tests {
    use super::Ids;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Whatever is done, it is a map.
        #[test]
        fn it_is_a_map(steps in prop::collection::vec((0u8..5, 0u64..200, any::<u16>()), 0..400)) {
            let (mut ids, mut map) = (Ids::default(), BTreeMap::new());
            for (what, id, value) in steps {
                // Runs, their ends, and names far away.
                let id = if id > 150 { u64::MAX - id } else { id };
                match what {
                    0 | 1 => { ids.insert(id, value); map.insert(id, value); }
                    2 => { prop_assert_eq!(*ids.or_insert_with(id, || value), *map.entry(id).or_insert(value)); }
                    3 => prop_assert_eq!(ids.remove(id), map.remove(&id)),
                    _ => { if let Some(v) = ids.get_mut(id) { *v = value; } map.entry(id).and_modify(|v| *v = value); }
                }
                prop_assert_eq!(ids.get(id), map.get(&id));
                prop_assert_eq!((ids.len(), ids.is_empty()), (map.len(), map.is_empty()));
            }
            let mut all: Vec<_> = ids.iter().map(|(id, v)| (id, *v)).collect();
            all.sort_unstable();
            prop_assert_eq!(all, map.iter().map(|(id, v)| (*id, *v)).collect::<Vec<_>>());
            for id in map.keys().copied() {
                ids.remove(id);
            }
            prop_assert!(ids.pages.is_empty(), "a page without values is gone");
        }
    }
}
