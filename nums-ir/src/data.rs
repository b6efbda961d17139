//! Operators whose result depends on positions or on an order of the data: take and put, sort, scan, search, random numbers.
//!
//! `DataOp` is the operator on whole arrays, `DataTask` what a task does with blocks; `tile/data` makes one from the other.
//! Most of NumPy is written with these and the element-wise table (`expand`), so that each has one meaning and one kernel.
//! Positions are `i64`; indices count from the front or, negative, from the end, and one outside is an error of the call.

use crate::attr::{Attr, Field, operators};
use crate::dtype::DType;
use crate::func::{Scalar, Size};
use crate::ops::ReduceOp;

operators! {
    /// An operator on whole arrays. Operands are named in the docs in their order.
    #[derive(Clone, Debug, PartialEq)]
    DataOp {
        /// `x, i…`: the elements at positions `i…` (integers that broadcast) of the axes `axis..axis + count`, whose places the
        /// shape of the positions takes.
        Take "take" {
            /// First axis that is indexed.
            axis: usize,
            /// How many axes are; as many position operands there are.
            count: usize,
        }
        /// `x, v, i…`: `x` with the elements at these positions replaced by those of `v`, which broadcasts; the last one wins.
        /// With `add` they are added, in an order that sizes and cuts decide.
        Put "put" {
            /// First axis that is indexed.
            axis: usize,
            /// How many axes are.
            count: usize,
            /// Add instead of replace.
            add: bool,
        }
        /// `x`: sorted along an axis, NaN last; with `index` the positions of a stable sort.
        Sort "sort" {
            /// Which axis.
            axis: usize,
            /// Positions instead of values.
            index: bool,
        }
        /// `x`: along an axis, the element that a sort puts at place `k` is there, none before it is larger and none behind it smaller.
        Partition "partition" {
            /// Which axis.
            axis: usize,
            /// The place; from the end, if it is negative.
            k: Size,
        }
        /// `x`: running results of a reduction along an axis.
        Scan "scan" {
            /// `sum`, `prod`, `max` or `min`.
            op: ReduceOp,
            /// Which axis.
            axis: usize,
        }
        /// `x`: position of the first largest or smallest element along an axis, which stays with size 1; a NaN is both.
        ArgBest "arg_best" {
            /// `max` or `min`.
            op: ReduceOp,
            /// Which axis.
            axis: usize,
        }
        /// `x`: positions of the `k` largest elements along an axis, the largest first and the first of equals; NaN is largest.
        Top "top" {
            /// Which axis.
            axis: usize,
            /// How many; all where there are fewer.
            k: Size,
        }
        /// `x, k…`: the elements that a sort of the one axis of `x` puts at positions `k…`, one list of them after the other.
        Select "select" {
            /// Where there is no element: NaN instead of an error, which only floats have.
            nan: bool,
        }
        /// `a, v`: how many elements of the sorted `a` are before each of `v`.
        Search "search" {
            /// Equal elements count as well.
            right: bool,
        }
        /// `x`: the elements as they are; one that breaks the rule is an error.
        Check "check" {
            /// What they must be.
            rule: Rule,
        }
        /// `x`: a factor of a matrix, `x = Q R` with the columns of Q orthogonal and R upper triangular, both as small as can be.
        Qr "qr" {
            /// Q instead of R.
            q: bool,
        }
        /// `m`: the positions of the true elements of one axis.
        Positions "positions" {
            /// How many are true.
            count: Size,
        }
        /// `seed, parameters…`: independent random numbers; the one at a position depends on seed, stream and position alone.
        /// A parameter is one number, or has the shape of the result.
        Random "random" {
            /// Which distribution.
            dist: Dist,
            /// Which of the independent streams of the seed.
            stream: u64,
            /// Sizes.
            shape: Vec<Size>,
            /// Element type.
            dtype: DType,
        }
    }
}

operators! {
    /// What a task does with blocks. Operands are named in the docs in their order.
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
    DataTask {
        /// `x…, i…` or, not `first`, `so far, x…, i…`: the elements that lie in these blocks of `x`, of which there are one or more.
        Take "take" {
            /// First axis that is indexed.
            axis: usize,
            /// Sizes of the indexed axes of the whole array.
            sizes: Vec<usize>,
            /// Position of the blocks on these axes, one block after the other.
            offset: Vec<usize>,
            /// Shape of the block that is made.
            shape: Vec<usize>,
            /// Whether nothing has been taken before.
            first: bool,
        }
        /// `x` and once or more `v, i…`: the block with those elements of each `v` in turn that fall into it.
        Put "put" {
            /// First axis that is indexed.
            axis: usize,
            /// Sizes of the indexed axes of the whole array.
            sizes: Vec<usize>,
            /// Position of the block on these axes.
            offset: Vec<usize>,
            /// Add instead of replace.
            add: bool,
        }
        /// `x`: sorted along an axis; makes values, positions, or both.
        Sort "sort" {
            /// Which axis.
            axis: usize,
            /// Position of the block on the axis.
            offset: usize,
            /// Values are made.
            values: bool,
            /// Positions are made.
            index: bool,
        }
        /// `a, b` or `a, a's positions, b, b's positions`: both sorted; makes the lower and the upper part, of their sizes.
        Merge "merge" {
            /// Which axis.
            axis: usize,
            /// Positions go with the values.
            index: bool,
        }
        /// `x, k`: the lines along an axis with the element of place `k` there, none larger before it and none smaller behind it.
        Partition "partition" {
            /// Which axis.
            axis: usize,
        }
        /// `x…, p`: all elements of these blocks, those before `p` in the order first, then those equal to it, then those behind.
        Split "split" {}
        /// `a, b, p`: both split by `p`; makes two blocks of their sizes, split, the first with as many of the lowest as it holds.
        Exchange "exchange" {}
        /// `x` or `carry, x`: running results along an axis, from the carry on.
        Scan "scan" {
            /// Which reduction.
            op: ReduceOp,
            /// Which axis.
            axis: usize,
        }
        /// `x`: the result of the whole axis, which stays with size 1; makes `x`'s share of the next carry.
        Total "total" {
            /// Which reduction.
            op: ReduceOp,
            /// Which axis.
            axis: usize,
        }
        /// `x`: value and position of the best element along an axis, which stays with size 1.
        ArgBest "arg_best" {
            /// `max` or `min`.
            op: ReduceOp,
            /// Which axis.
            axis: usize,
            /// Position of the block on the axis.
            offset: usize,
        }
        /// `a, a's position, b, b's position`: value and position of the better.
        ArgJoin "arg_join" {
            /// `max` or `min`.
            op: ReduceOp,
        }
        /// `x`: values and positions of the `k` largest elements along an axis.
        Top "top" {
            /// Which axis.
            axis: usize,
            /// Position of the block on the axis.
            offset: usize,
            /// How many; all where the block has fewer.
            k: usize,
        }
        /// `a, a's positions, b, b's positions`: values and positions of the `k` largest of both.
        TopJoin "top_join" {
            /// Which axis.
            axis: usize,
            /// How many; all where there are fewer.
            k: usize,
        }
        /// `x, k…`: the elements that a sort of the block puts at positions `k…`.
        Select "select" {
            /// Where there is no element: NaN instead of an error, which only floats have.
            nan: bool,
        }
        /// `k…`: what is known of the elements at `len` of these positions from `low` on before a digit of their keys is: for each a
        /// row of the digits so far, which are none, and how many elements with these digits are before it.
        Ranks "ranks" {
            /// Number of the first position.
            low: usize,
            /// How many.
            len: usize,
            /// Size of the axis.
            size: usize,
        }
        /// `x` or, after the first digit, `x, known`: how many elements of the block have the digits known of each, by their next one.
        Tally "tally" {
            /// Number of the next digit.
            digit: usize,
        }
        /// `counts, known`: one digit more is known of each.
        Narrow "narrow" {}
        /// `known…`: the elements of these keys.
        Elements "elements" {
            /// Element type.
            dtype: DType,
        }
        /// `a, v`: how many elements of the sorted `a` are before each of `v`.
        Search "search" {
            /// Equal elements count as well.
            right: bool,
        }
        /// `x`: the elements as they are; one that breaks the rule is an error.
        Check "check" {
            /// What they must be.
            rule: Rule,
        }
        /// `x`: R of a matrix; makes, if they are kept, the factors that Q is made of (`reflections`), and R.
        Qr "qr" {
            /// Factors are kept.
            keep: bool,
            /// The rows are triangles under each other: R keeps the signs of the first.
            joined: bool,
        }
        /// `factors` or `factors, above`: Q, or the rows of Q below those of the matrix's triangle in a larger one.
        Orthogonal "orthogonal" {
            /// Rows of the matrix.
            rows: usize,
            /// Columns of the matrix.
            columns: usize,
            /// The rows were triangles under each other.
            joined: bool,
        }
        /// `m`: how many elements are true.
        Count "count" {}
        /// `before, m` or, not `first`, `so far, before, m`: positions of the true elements whose number lies in the block that is
        /// made; `before` is how many are true before this block.
        Positions "positions" {
            /// Position of the block of `m`.
            offset: usize,
            /// Number of the first true element that the block that is made holds.
            low: usize,
            /// How many it holds.
            len: usize,
            /// Whether nothing has been found before.
            first: bool,
        }
        /// `seed, parameters…`: random numbers for a block; a parameter is one number or a block of the same shape.
        Random "random" {
            /// Which distribution.
            dist: Dist,
            /// Which stream.
            stream: u64,
            /// Shape of the whole array.
            whole: Vec<usize>,
            /// Position of the block.
            offset: Vec<usize>,
            /// Shape of the block.
            shape: Vec<usize>,
            /// Element type.
            dtype: DType,
        }
    }
}

impl DataTask {
    /// Whether the first operand is what a result becomes, so that it may be written there if nobody else needs it.
    pub fn goes_on(&self) -> bool {
        matches!(
            self,
            DataTask::Put { .. }
                | DataTask::Take { first: false, .. }
                | DataTask::Positions { first: false, .. }
                | DataTask::Exchange {}
        )
    }
}

/// Bits of a digit of the keys by which elements are selected: so many that the counts of all digits stay in the first cache.
const DIGIT: u32 = 11;

/// How many digits the key of an element has.
pub fn digits(dtype: DType) -> usize {
    (8 * dtype.size()).div_ceil(DIGIT as usize)
}

/// How many bits of a key are behind a digit, and how many are in it; the first digit is the highest.
pub fn digit(dtype: DType, number: usize) -> Option<(u32, u32)> {
    let width = 8 * dtype.size() as u32;
    let before = u32::try_from(number).ok()?.checked_mul(DIGIT).filter(|before| *before < width)?;
    let bits = DIGIT.min(width - before);
    Some((width - before - bits, bits))
}

macro_rules! distributions {
    ($( $(#[doc = $doc:literal])* $Name:ident $text:literal $params:literal $kind:ident; )*) => {
        /// A distribution of random numbers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub enum Dist { $( $(#[doc = $doc])* $Name ),* }

        impl Dist {
            /// All, in order.
            pub const ALL: &[Dist] = &[$(Dist::$Name),*];

            /// The name in IR text.
            pub fn name(self) -> &'static str { match self { $(Dist::$Name => $text),* } }

            /// How many parameters it takes, the seed not counted.
            pub fn parameters(self) -> usize { match self { $(Dist::$Name => $params),* } }

            /// Whether it gives integers.
            pub fn is_integer(self) -> bool { match self { $(Dist::$Name => stringify!($kind).len() == 3),* } }
        }
    };
}
distributions! {
    /// Uniform in [0, 1).
    Uniform "uniform" 0 float;
    /// Normal of mean 0 and deviation 1.
    Normal "normal" 0 float;
    /// Exponential of scale 1.
    Exponential "exponential" 0 float;
    /// Gamma of this shape and scale 1.
    Gamma "gamma" 1 float;
    /// Uniform integers from low up to and without high.
    Integers "integers" 2 int;
    /// Number of events of this rate.
    Poisson "poisson" 1 int;
    /// Number of successes of n trials of this probability.
    Binomial "binomial" 2 int;
}

impl Field for Dist {
    fn attr(&self) -> Attr {
        Attr::Str(self.name().to_owned())
    }

    fn of(attr: Attr) -> Option<Dist> {
        if let Attr::Str(name) = attr { Dist::ALL.iter().copied().find(|d| d.name() == name) } else { None }
    }
}

macro_rules! rules {
    ($( $(#[doc = $doc:literal])* $Name:ident $text:literal $words:literal $holds:expr; )*) => {
        /// What a function asks of a parameter: of what the source writes when it is compiled, of the rest when it is computed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub enum Rule { $( $(#[doc = $doc])* $Name ),* }

        impl Rule {
            /// All, in order.
            pub const ALL: &[Rule] = &[$(Rule::$Name),*];

            /// The name in IR text.
            pub fn name(self) -> &'static str { match self { $(Rule::$Name => $text),* } }

            /// What must be, in words.
            pub fn words(self) -> &'static str { match self { $(Rule::$Name => $words),* } }

            /// Whether a number keeps to it.
            pub fn holds(self, x: f64) -> bool { match self { $(Rule::$Name => { let holds: fn(f64) -> bool = $holds; holds(x) }),* } }
        }
    };
}
// NaN is told of where NumPy tells of it.
rules! {
    /// A sum of weights, by which a mean is divided.
    Weights "weights" "weights must not sum to zero" |x| x != 0.0;
    /// A part of 1.
    Quantile "quantile" "quantiles must lie between 0 and 1" |x| (0.0..=1.0).contains(&x);
    /// A part of 100.
    Percentile "percentile" "percentiles must lie between 0 and 100" |x| (0.0..=100.0).contains(&x);
    /// A factor of a distribution's numbers.
    Scale "scale" "a scale must not be negative" |x| x.is_nan() || x >= 0.0;
    /// How far apart two bounds are.
    Width "width" "the higher bound must not be below the lower one" |x| x.is_nan() || x >= 0.0;
    /// A parameter that decides a distribution's shape.
    Shape "shape" "shapes and degrees of freedom must be positive" |x| x.is_nan() || x > 0.0;
}

impl Rule {
    /// Whether an element keeps to it; of a complex number, its magnitude.
    pub fn holds_of(self, element: Scalar) -> bool {
        self.holds(match element {
            Scalar::Bool(b) => f64::from(u8::from(b)),
            Scalar::Int(i) => i as f64,
            Scalar::Float(x) => x,
            Scalar::Complex(re, im) => re.abs().max(im.abs()),
        })
    }
}

impl Field for Rule {
    fn attr(&self) -> Attr {
        Attr::Str(self.name().to_owned())
    }

    fn of(attr: Attr) -> Option<Rule> {
        if let Attr::Str(name) = attr { Rule::ALL.iter().copied().find(|r| r.name() == name) } else { None }
    }
}
