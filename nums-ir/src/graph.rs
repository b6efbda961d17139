//! `Graph`: sizes are bound, arrays are cut into blocks, one task makes each block. `Placement` says where.
//!
//! `tile` makes a `Graph` from a fused `Func` and the grids of its inputs. Blocks are numbered over all arrays, so that a
//! block is a `u32` everywhere below; tasks stand in an order in which operands come first. A task's meaning depends on its
//! `TaskOp` and operand blocks alone, never on where it runs. A `Placement` is a side table over a `Graph` with the copies
//! that it implies. Planning is the runtime's (`place`); printing and parsing are `text`'s.
//!
//! ```text
//! %r[0]: f64[250000] = k0 %X[0, 0], %w[0], %y[0]
//! %s[0]: f64[256] = matmul %X[0, 0], %r[0], trans_a=true
//! %t[0]: f64[256] = combine sum %s[0], %s[1]
//! ```

use crate::contraction::Contraction;
use crate::data::DataTask;
use crate::diag::Loc;
use crate::dtype::DType;
use crate::func::{Func, Scalar};
use crate::grid::Grid;
use crate::ops::ReduceOp;

/// An array of a `Graph`: an index into `Graph::arrays`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArrayId(pub u32);

/// A block of a `Graph`, numbered over all arrays in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BlockId(pub u32);

/// A task of a `Graph`: an index into `Graph::tasks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TaskId(pub u32);

/// Block tasks of one call.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// The function's name.
    pub name: String,
    /// Bodies of the fused kernels, named `k0`, `k1`, …
    pub kernels: Vec<Func>,
    /// All arrays: inputs first, then what the tasks make, in order of their blocks.
    pub arrays: Vec<GraphArray>,
    /// Array inputs, in the order of the call's array parameters.
    pub inputs: Vec<ArrayId>,
    /// By input: how many kernels and other statements read it. No part of the text that is parsed.
    pub reads: Vec<usize>,
    /// Plain scalar inputs, in the order of the call's scalar parameters.
    pub scalars: Vec<GraphScalar>,
    /// What is returned, in order.
    pub outputs: Vec<GraphOutput>,
    /// Tasks, operands before uses.
    pub tasks: Vec<Task>,
    /// What the sizes of this call kept from being done, for people: `split p0: …`. No part of the text that is parsed.
    pub notes: Vec<String>,
}

/// An array cut into blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphArray {
    /// The name in print.
    pub name: String,
    /// Element type.
    pub dtype: DType,
    /// How it is cut; holds the shape.
    pub grid: Grid,
    /// Its first block; the others follow in C order of the grid.
    pub first: BlockId,
    /// Where the expression stands that made it.
    pub loc: Loc,
}

/// A plain scalar handed to a call: a run-time operand of tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphScalar {
    /// The parameter's name.
    pub name: String,
    /// `bool`, `i64`, `f64` or `c128`.
    pub dtype: DType,
}

/// A result of the call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GraphOutput {
    /// The array.
    pub array: ArrayId,
    /// The result is a weak scalar (of a 0-d array): `-> f64` and weak expressions.
    pub weak: bool,
}

/// One unit of work: makes one or more blocks from blocks and scalars.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// What is done.
    pub op: TaskOp,
    /// Operands.
    pub args: Vec<Arg>,
    /// Blocks that it makes.
    pub outs: Vec<BlockId>,
    /// Where the expression stands.
    pub loc: Loc,
}

/// An operand of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Arg {
    /// A block.
    Block(BlockId),
    /// A scalar of the call: an index into `Graph::scalars`.
    Scalar(u32),
}

/// What a task does with its operand blocks.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum TaskOp {
    /// Runs kernel `k` on the blocks; outputs are its results for the block: mapped values, and partial reductions.
    Kernel(u32),
    /// Runs a kernel of which some operands lie in parts of blocks.
    Sliced(SlicedTask),
    /// Joins partial results of a reduction, two or more, in a fixed tree: those of a range split at ⌈n/2⌉.
    Combine(ReduceOp),
    /// A product of two blocks (NumPy's matmul on the blocks' shapes after the transposes).
    Matmul {
        /// Left block is read transposed (last two axes).
        trans_a: bool,
        /// Right block is read transposed (last two axes).
        trans_b: bool,
        /// The product is symmetric: its lower triangle is computed and mirrored.
        symmetric: bool,
    },
    /// A contraction of windows of blocks.
    Contract(ContractTask),
    /// Puts regions of operand blocks together: slices, transposes, concatenation, changed grids.
    Assemble {
        /// Shape of the block that is made.
        shape: Vec<usize>,
        /// What is taken from where; together the pieces cover the block exactly once.
        pieces: Vec<Piece>,
    },
    /// Takes elements of operand blocks in C order of the whole array into a block of another shape.
    Reshape(ReshapeTask),
    /// One value everywhere; the operand is a scalar or a 0-d block.
    Fill {
        /// Shape of the block.
        shape: Vec<usize>,
        /// Element type.
        dtype: DType,
    },
    /// `start + step * (offset + i)`; operands are start and step, scalars or 0-d blocks.
    Arange {
        /// Position of the block's first element in the array.
        offset: usize,
        /// Elements in the block.
        len: usize,
        /// Element type.
        dtype: DType,
    },
    /// Ones where `offset[1] + column == offset[0] + row + k`.
    Eye {
        /// Position of the block's first element in the array.
        offset: [usize; 2],
        /// Shape of the block.
        shape: [usize; 2],
        /// Diagonal.
        k: i64,
        /// Element type.
        dtype: DType,
    },
    /// A constant as a 0-d block.
    Const {
        /// The value.
        value: Scalar,
        /// Element type.
        dtype: DType,
    },
    /// Solves `a x = b` on whole arrays in one block each.
    Solve,
    /// Looks at positions or at an order of the data.
    Data(DataTask),
}

/// A kernel that reads slices where they lie.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SlicedTask {
    /// The kernel, as in `TaskOp::Kernel`.
    pub kernel: u32,
    /// Shape of the task's part of the index space.
    pub space: Vec<usize>,
    /// By parameter of the kernel: where its elements are.
    pub operands: Vec<Reading>,
}

/// An operand of a sliced kernel.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Reading {
    /// An operand of the task as it is.
    Whole(u32),
    /// Of all the task's part of the index space: what `assemble` would put into one block.
    Pieces(Vec<Piece>),
}

/// A contraction of windows of operand blocks, pair by pair.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ContractTask {
    /// Index sets.
    pub spec: Contraction,
    /// The pairs, as in `Contraction::steps`.
    pub order: Vec<[usize; 2]>,
    /// By operand: the part of its block that is read.
    pub windows: Vec<Window>,
}

/// A part of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Window {
    /// First position on every axis.
    pub start: Vec<usize>,
    /// Size on every axis.
    pub shape: Vec<usize>,
}

/// A region of one operand block that becomes a region of the new block.
///
/// With `index` running over `shape` (axes of the new block): `new[dest + index] = operand[src + Σ index[i] · step[i]]`, where
/// axis `i` of the region walks axis `axes[i]` of the operand (`None` for a new axis of size 1).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Piece {
    /// Which operand of the task.
    pub arg: u32,
    /// First position in the operand block, one a operand axis.
    pub src: Vec<usize>,
    /// First position in the new block, one an axis.
    pub dest: Vec<usize>,
    /// Size of the region, one an axis of the new block.
    pub shape: Vec<usize>,
    /// The operand's axis that each axis walks.
    pub axes: Vec<Option<u32>>,
    /// Stride along that axis; may be negative.
    pub step: Vec<i64>,
}

/// The meaning of `TaskOp::Reshape`: operands are blocks of one array, found by their position in its grid.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReshapeTask {
    /// The operand array's grid.
    pub from: Grid,
    /// Index in `from` (C order) of each operand of the task.
    pub blocks: Vec<u32>,
    /// The result's grid.
    pub to: Grid,
    /// Index in `to` (C order) of the block that is made.
    pub block: u32,
}

/// A node of the cluster: a process with threads and memory of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NodeId(pub u32);

/// Where each task runs, and what that costs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placement {
    /// The policy that made it.
    pub policy: String,
    /// Node of each task, by `TaskId`.
    pub tasks: Vec<NodeId>,
    /// Node of each input block, by `BlockId` (inputs come first).
    pub homes: Vec<NodeId>,
    /// Simulated loads by node.
    pub loads: Vec<Load>,
    /// Blocks that go from node to node, in the order of the tasks that need them.
    pub copies: Vec<BlockCopy>,
}

/// The three loads of LSHS on one node, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Bytes of blocks on the node.
    pub mem: u64,
    /// Bytes that came in.
    pub net_in: u64,
    /// Bytes that went out.
    pub net_out: u64,
}

/// A block that goes from one node to another before a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockCopy {
    /// The task that needs it there.
    pub before: TaskId,
    /// Which block.
    pub block: BlockId,
    /// Source.
    pub from: NodeId,
    /// Target.
    pub to: NodeId,
}

impl Graph {
    /// The array that holds `block`.
    pub fn array_of(&self, block: BlockId) -> ArrayId {
        let after = self.arrays.partition_point(|a| a.first <= block);
        ArrayId(u32::try_from(after - 1).expect("fewer than 2^32 arrays"))
    }

    /// What `id` is.
    pub fn array(&self, id: ArrayId) -> &GraphArray {
        &self.arrays[id.0 as usize]
    }

    /// Bytes of `block`.
    pub fn bytes(&self, block: BlockId) -> u64 {
        let array = self.array(self.array_of(block));
        let shape = array.grid.block_shape_at((block.0 - array.first.0) as usize);
        (shape.iter().product::<usize>() * array.dtype.size()) as u64
    }

    /// Elements of every block, by `BlockId`.
    pub fn block_elements(&self) -> Vec<u64> {
        let mut out = Vec::with_capacity(self.n_blocks());
        for array in &self.arrays {
            let first = out.len();
            out.push(1);
            // Axis by axis: each entry so far becomes one entry a part.
            for axis in 0..array.grid.rank() {
                let lens: Vec<u64> = (0..array.grid.parts(axis)).map(|part| array.grid.range(axis, part).len() as u64).collect();
                let before = out.split_off(first);
                out.extend(before.iter().flat_map(|n| lens.iter().map(move |len| n * len)));
            }
        }
        out
    }

    /// Bytes of every block, by `BlockId`.
    pub fn block_bytes(&self) -> Vec<u64> {
        let mut bytes = self.block_elements();
        for array in &self.arrays {
            array.blocks().for_each(|b| bytes[b.0 as usize] *= array.dtype.size() as u64);
        }
        bytes
    }

    /// Blocks of all arrays together.
    pub fn n_blocks(&self) -> usize {
        self.arrays.last().map_or(0, |a| a.first.0 as usize + a.grid.n_blocks())
    }
}

impl TaskOp {
    /// The kernel that it runs, if it runs one.
    pub fn kernel(&self) -> Option<u32> {
        match self {
            TaskOp::Kernel(k) | TaskOp::Sliced(SlicedTask { kernel: k, .. }) => Some(*k),
            TaskOp::Combine(_)
            | TaskOp::Matmul { .. }
            | TaskOp::Contract(_)
            | TaskOp::Assemble { .. }
            | TaskOp::Reshape(_)
            | TaskOp::Fill { .. }
            | TaskOp::Arange { .. }
            | TaskOp::Eye { .. }
            | TaskOp::Const { .. }
            | TaskOp::Solve
            | TaskOp::Data(_) => None,
        }
    }
}

impl Reading {
    /// The pieces that it is made of.
    pub fn pieces(&self) -> &[Piece] {
        match self {
            Reading::Whole(_) => &[],
            Reading::Pieces(pieces) => pieces,
        }
    }
}

impl GraphArray {
    /// The blocks, in C order of the grid.
    pub fn blocks(&self) -> impl Iterator<Item = BlockId> + use<> {
        (self.first.0..self.first.0 + self.grid.n_blocks() as u32).map(BlockId)
    }
}
