//! Elements taken from, and put into, positions of a block.
//!
//! Positions are of the whole array: each task moves those that lie in its block, and every task checks all of them, so that
//! an index outside is found whatever the cut.

use super::super::op::{self, Apply};
use super::super::{KernelError, room};
use crate::block::Block;
use crate::element::with_type;
use nums_ir::dtype::DType;

/// Where a block lies on the indexed axes.
pub(super) struct Where<'a> {
    /// First indexed axis.
    pub(super) axis: usize,
    /// Sizes of the whole array there.
    pub(super) sizes: &'a [usize],
    /// Position of the block there.
    pub(super) offset: &'a [usize],
}

/// The common shape of index blocks, and for each place the flat position inside the block, if it is inside.
struct Places {
    shape: Vec<usize>,
    at: Vec<Option<usize>>,
}

impl Where<'_> {
    fn places(&self, name: &str, own: &[usize], index: &[&Block]) -> Result<Places, KernelError> {
        let wrong = |why: &str| KernelError::mismatch(name, why);
        if index.len() != self.sizes.len() || self.offset.len() != self.sizes.len() {
            return Err(wrong("one index an axis"));
        }
        if own.len() < self.axis + self.sizes.len() {
            return Err(wrong("the block has fewer axes"));
        }
        let rank = index.iter().map(|b| b.shape().len()).max().unwrap_or(0);
        let mut shape = vec![1; rank];
        for block in index {
            if block.dtype() != DType::I64 {
                return Err(wrong("an index is i64"));
            }
            let lead = rank - block.shape().len();
            for (a, n) in block.shape().iter().enumerate() {
                match (shape[lead + a], *n) {
                    (_, 1) => {}
                    (1, n) => shape[lead + a] = n,
                    (m, n) if m == n => {}
                    _ => return Err(wrong("index blocks do not broadcast")),
                }
            }
        }
        let mut at: Vec<Option<usize>> = vec![Some(0); shape.iter().product()];
        for (k, block) in index.iter().enumerate() {
            let (n, low, len) = (self.sizes[k], self.offset[k], own[self.axis + k]);
            let all = block.as_slice::<i64>();
            let mut walk = Walk::new(block.shape(), &shape);
            for place in &mut at {
                let i = all[walk.next()];
                let position = if i < 0 { i.checked_add_unsigned(n as u64) } else { Some(i) };
                let position = position.and_then(|p| usize::try_from(p).ok()).filter(|p| *p < n).ok_or(KernelError::Index {
                    index: i,
                    axis: self.axis + k,
                    size: n,
                })?;
                *place = match (*place, position.checked_sub(low).filter(|p| *p < len)) {
                    (Some(flat), Some(p)) => Some(flat * len + p),
                    _ => None,
                };
            }
        }
        Ok(Places { shape, at })
    }
}

/// Flat positions of an operand as a broadcast shape is walked in C order.
struct Walk {
    shape: Vec<usize>,
    strides: Vec<usize>,
    index: Vec<usize>,
    at: usize,
}

impl Walk {
    fn new(own: &[usize], shape: &[usize]) -> Walk {
        let lead = shape.len() - own.len();
        let mut strides = vec![0; shape.len()];
        let mut stride = 1;
        for a in (0..own.len()).rev() {
            strides[lead + a] = if own[a] == 1 { 0 } else { stride };
            stride *= own[a];
        }
        Walk { shape: shape.to_vec(), strides, index: vec![0; shape.len()], at: 0 }
    }

    /// The position now, and moves on.
    fn next(&mut self) -> usize {
        let now = self.at;
        for a in (0..self.shape.len()).rev() {
            self.index[a] += 1;
            self.at += self.strides[a];
            if self.index[a] < self.shape[a] {
                break;
            }
            self.at -= self.strides[a] * self.shape[a];
            self.index[a] = 0;
        }
        now
    }
}

pub(super) fn take(place: &Where<'_>, shape: &[usize], first: bool, args: &[&Block]) -> Result<Block, KernelError> {
    let wrong = |why: &str| KernelError::mismatch("take", why);
    let (so_far, args) = match (first, args) {
        (true, args) => (None, args),
        (false, [so_far, args @ ..]) => (Some(*so_far), args),
        (false, []) => return Err(wrong("no operands")),
    };
    let [x, index @ ..] = args else { return Err(wrong("no operands")) };
    let places = place.places("take", x.shape(), index)?;
    let (axis, end) = (place.axis, place.axis + place.sizes.len());
    let own = x.shape();
    let want = [&own[..axis], &places.shape, &own[end..]].concat();
    if want != shape {
        return Err(wrong("the block that is made has another shape"));
    }
    let mut out = match so_far {
        None => room("take", x.dtype(), shape)?,
        Some(b) if b.shape() == shape && b.dtype() == x.dtype() => b.clone(),
        Some(_) => return Err(wrong("what has been taken is of another shape")),
    };
    let (lead, along, tail): (usize, usize, usize) =
        (own[..axis].iter().product(), own[axis..end].iter().product(), own[end..].iter().product());
    with_type!(x.dtype(), T => {
        let (from, to) = (x.as_slice::<T>(), out.as_mut_slice::<T>());
        for l in 0..lead {
            for (k, at) in places.at.iter().enumerate() {
                if let Some(at) = at {
                    let (s, d) = ((l * along + at) * tail, (l * places.at.len() + k) * tail);
                    to[d..d + tail].copy_from_slice(&from[s..s + tail]);
                }
            }
        }
    });
    Ok(out)
}

pub(super) fn put(place: &Where<'_>, add: bool, x: &Block, v: &Block, index: &[&Block]) -> Result<Block, KernelError> {
    let wrong = |why: &str| KernelError::mismatch("put", why);
    let places = place.places("put", x.shape(), index)?;
    let (axis, end) = (place.axis, place.axis + place.sizes.len());
    let own = x.shape();
    let target = [&own[..axis], &places.shape, &own[end..]].concat();
    if v.dtype() != x.dtype() || v.shape().len() > target.len() {
        return Err(wrong("the values are of another dtype or have too many axes"));
    }
    let skip = target.len() - v.shape().len();
    if v.shape().iter().zip(&target[skip..]).any(|(a, b)| a != b && *a != 1) {
        return Err(wrong("the values do not broadcast"));
    }
    let mut out = x.clone();
    let (lead, along, tail): (usize, usize, usize) =
        (own[..axis].iter().product(), own[axis..end].iter().product(), own[end..].iter().product());
    with_type!(x.dtype(), T => {
        let (from, to) = (v.as_slice::<T>(), out.as_mut_slice::<T>());
        let mut walk = Walk::new(v.shape(), &target);
        for l in 0..lead {
            for at in &places.at {
                for t in 0..tail {
                    let value = from[walk.next()];
                    if let Some(at) = at {
                        let slot = &mut to[(l * along + at) * tail + t];
                        *slot = if add { op::Add::apply((*slot, value)) } else { value };
                    }
                }
            }
        }
    });
    Ok(out)
}
