//! Structural functions and methods: one row each, with NumPy's signature and how it becomes instructions.
//!
//! To add one, add a row: `docs/operators.md`, the macro's names and the suggestions follow from it.

use super::bind::{Bound, dtype, integer};
use super::calls::{Gives, SHAPE, pushed};
use super::dtypes::{can_cast, converted, finfo, iinfo, isdtype, result_type};
use super::{About, Term, size, value};
use crate::attr::Attr;
use crate::diag::{Diag, Loc};
use crate::dim::Dim;
use crate::dtype::DType;
use crate::func::{Call, Func, Op, Scalar, Size, Value};

/// A structural function or method.
#[derive(Debug)]
pub struct Row {
    /// NumPy's name, with its module: `linalg.solve`.
    pub name: &'static str,
    /// Other NumPy names.
    pub aliases: &'static [&'static str],
    /// Parameters, see `bind`.
    pub signature: &'static str,
    /// `x.name(…)` is allowed; the object is the first parameter.
    pub method: bool,
    /// `np.name(x, …)` is allowed.
    pub function: bool,
    /// It makes an array, whose dtype may be that of others: `dtype=x.dtype`.
    pub(super) makes: bool,
    /// One line of documentation.
    pub doc: &'static str,
    pub(super) build: Build,
}

/// How a row becomes instructions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Build {
    /// By a function here.
    With(fn(&mut Func, &mut Bound) -> Result<Term, Diag>),
    /// By a call that `infer` expands.
    Call(Gives),
}

impl PartialEq for Row {
    fn eq(&self, other: &Row) -> bool {
        self.name == other.name
    }
}

macro_rules! rows {
    ($($doc:literal $name:literal [$($alias:literal),*] $signature:literal $method:ident $function:ident $build:ident $(($gives:expr))?;)*) => {
        /// All rows.
        pub const ROWS: &[Row] = &[$(Row {
            name: $name, aliases: &[$($alias),*], signature: $signature, method: rows!($method), function: rows!(called $function), makes: rows!(makes $function),
            doc: $doc, build: rows!(build $build $($gives)?),
        }),*];
    };
    (build calls $gives:expr) => { Build::Call($gives) };
    (build $build:ident) => { Build::With($build) };
    (method) => { true };
    (called function) => { true };
    (called maker) => { true };
    (called no) => { false };
    (makes maker) => { true };
    (makes function) => { false };
    (makes no) => { false };
    (no) => { false };
}

rows! {
    "Axes in another order; without `axes` reversed." "transpose" ["permute_dims"] "a, *axes" method function transpose;
    "The same elements in C order under another shape; one size may be -1." "reshape" [] "a, *shape" method function reshape;
    "All elements in one axis." "ravel" [] "a" method function ravel;
    "All elements in one axis." "flatten" [] "a" method no ravel;
    "The array itself: values are immutable." "copy" [] "a" method function copy;
    "Elements converted." "astype" [] "x, dtype, copy=" method function astype;
    "Arrays joined along an axis; with `axis=None` ravelled first." "concatenate" ["concat"] "arrays, axis=, out!, dtype!" no function concatenate;
    "Zeros." "zeros" ["empty"] "shape, dtype=" no maker zeros;
    "Ones." "ones" [] "shape, dtype=" no maker ones;
    "One value repeated." "full" [] "shape, fill_value, dtype=" no maker full;
    "`start`, `start + step`, … below `stop`." "arange" [] "start, stop=, step=, dtype=" no maker arange;
    "Ones on a diagonal." "eye" [] "N, M=, k=, dtype=" no maker eye;
    "Ones on the main diagonal." "identity" [] "n, dtype=" no maker identity;
    "Product of matrices, stacks and vectors." "matmul" ["linalg.matmul"] "x1, x2, out!" no function matmul;
    "The solution of `a @ x == b`." "linalg.solve" [] "a, b" no function solve;
    "The size of axis 0." "len" [] "x" no function len;
    "The sizes of the axes." "shape" [] "a" no function shape;
    "The dtype that arrays, numbers and dtypes promote to." "result_type" [] "*arrays_and_dtypes" no function result_type;
    "Limits of a float dtype: `np.finfo(f32).eps`." "finfo" [] "dtype" no function finfo;
    "Limits of an integer dtype: `np.iinfo(i32).max`." "iinfo" [] "type" no function iinfo;
    "Whether a dtype holds another without loss." "can_cast" [] "from_, to" no function can_cast;
    "Whether a dtype is of a kind, as \"real floating\"." "isdtype" [] "dtype, kind" no function isdtype;

    // Written with other operators: `calls` binds them, `expand` writes them.
    "A new axis of size 1, or several." "expand_dims" [] "a:v, axis" no function calls(Gives::Exactly(1));
    "Axes of size 1 dropped." "squeeze" [] "a:v, axis=" method function calls(Gives::Exactly(1));
    "Two axes exchanged." "swapaxes" [] "a:v, axis1, axis2" method function calls(Gives::Exactly(1));
    "Axes moved to other places." "moveaxis" [] "a:v, source, destination" no function calls(Gives::Exactly(1));
    "The last two axes exchanged; also `x.mT`." "matrix_transpose" ["linalg.matrix_transpose"] "x:v" no function calls(Gives::Exactly(1));
    "At least one axis." "atleast_1d" [] "a:v" no function calls(Gives::Exactly(1));
    "At least two axes." "atleast_2d" [] "a:v" no function calls(Gives::Exactly(1));
    "At least three axes." "atleast_3d" [] "a:v" no function calls(Gives::Exactly(1));
    "Elements in reverse order along axes." "flip" [] "m:v, axis=" no function calls(Gives::Exactly(1));
    "Columns in reverse order." "fliplr" [] "m:v" no function calls(Gives::Exactly(1));
    "Rows in reverse order." "flipud" [] "m:v" no function calls(Gives::Exactly(1));
    "Turned by 90 degrees, k times." "rot90" [] "m:v, k=1, axes=" no function calls(Gives::Exactly(1));
    "Elements moved around along axes." "roll" [] "a:v, shift, axis=" no function calls(Gives::Exactly(1));
    "The array repeated along each axis." "tile" [] "A:v, reps" no function calls(Gives::Exactly(1));
    "Each element repeated." "repeat" [] "a:v, repeats:a, axis=" method function calls(Gives::Exactly(1));
    "Repeated to a shape." "broadcast_to" [] "array:v, shape" no function calls(Gives::Exactly(1));
    "Arrays along an axis, one a position: `a, b = unstack(x)`, or `unstack(x)[0]`." "unstack" [] "x:v, axis=0" no function calls(Gives::Axes);
    "All arrays repeated to their common shape." "broadcast_arrays" [] "*args:vs" no function calls(Gives::List);
    "Arrays joined along a new axis." "stack" [] "arrays:vs, axis=0, out!, dtype!" no function calls(Gives::Exactly(1));
    "Arrays joined by rows." "vstack" ["row_stack"] "tup:vs, dtype!" no function calls(Gives::Exactly(1));
    "Arrays joined by columns." "hstack" [] "tup:vs, dtype!" no function calls(Gives::Exactly(1));
    "Arrays joined along the third axis." "dstack" [] "tup:vs, dtype!" no function calls(Gives::Exactly(1));
    "Vectors as the columns of a matrix." "column_stack" [] "tup:vs" no function calls(Gives::Exactly(1));
    "Values joined to the end." "append" [] "arr:v, values:v, axis=" no function calls(Gives::Exactly(1));
    "Numbers written one by one, in nested lists." "array" ["asarray"] "object:n, dtype=" no maker calls(Gives::Exactly(1));
    "Equal parts along an axis, or parts between places." "split" [] "ary:v, indices_or_sections, axis=0" no function calls(Gives::Parts);
    "Parts along an axis that may differ by one." "array_split" [] "ary:v, indices_or_sections, axis=0" no function calls(Gives::Parts);
    "Parts by rows." "vsplit" [] "ary:v, indices_or_sections" no function calls(Gives::Parts);
    "Parts by columns." "hsplit" [] "ary:v, indices_or_sections" no function calls(Gives::Parts);
    "Parts along the third axis." "dsplit" [] "ary:v, indices_or_sections" no function calls(Gives::Parts);
    "Elements added at the ends of axes." "pad" [] "array:v, pad_width, mode=, constant_values:v=" no function calls(Gives::Exactly(1));
    "Zeros of the shape and dtype of an array." "zeros_like" [] "a:v, dtype=" no maker calls(Gives::Exactly(1));
    "Ones of the shape and dtype of an array." "ones_like" [] "a:v, dtype=" no maker calls(Gives::Exactly(1));
    "An array of the shape and dtype of another; zeros." "empty_like" [] "prototype:v, dtype=" no maker calls(Gives::Exactly(1));
    "One value in the shape and dtype of an array." "full_like" [] "a:v, fill_value:v, dtype=" no maker calls(Gives::Exactly(1));
    "The number of elements; also `x.size`." "size" [] "a:v" no function calls(Gives::Exactly(1));
    "The number of axes; also `x.ndim`." "ndim" [] "a:v" no function calls(Gives::Exactly(1));
    "Numbers at equal distances, the end included." "linspace" [] "start:v, stop:v, num=, endpoint=, dtype=" no maker calls(Gives::Exactly(1));
    "Powers of 10 at equal distances of the exponent." "logspace" [] "start:v, stop:v, num=, endpoint=, dtype=, base:v=" no maker calls(Gives::Exactly(1));
    "Numbers at equal ratios." "geomspace" [] "start:v, stop:v, num=" no function calls(Gives::Exactly(1));
    "Coordinates of a grid." "meshgrid" [] "*xi:vs, indexing=" no function calls(Gives::List);
    "Ones at and below a diagonal." "tri" [] "N, M=, k=0, dtype=" no maker calls(Gives::Exactly(1));
    "Zeros above a diagonal." "tril" [] "m:v, k=0" no function calls(Gives::Exactly(1));
    "Zeros below a diagonal." "triu" [] "m:v, k=0" no function calls(Gives::Exactly(1));
    "Powers of a vector as columns." "vander" [] "x:v, N=, increasing=" no function calls(Gives::Exactly(1));

    "Variance: the mean squared distance from the mean." "var" [] "a:v, axis=, dtype=, out!, ddof=, keepdims=, where!, mean!, correction=" method function calls(Gives::Exactly(1));
    "Square root of the variance." "std" [] "a:v, axis=, dtype=, out!, ddof=, keepdims=, where!, mean!, correction=" method function calls(Gives::Exactly(1));
    "Largest less smallest." "ptp" [] "a:v, axis=, keepdims=, out!" no function calls(Gives::Exactly(1));
    "How many elements are not zero." "count_nonzero" [] "a:v, axis=, keepdims=" no function calls(Gives::Exactly(1));
    "Sum of what is not NaN." "nansum" [] "a:v, axis=, dtype=, out!, keepdims=, initial!, where!" no function calls(Gives::Exactly(1));
    "Product of what is not NaN." "nanprod" [] "a:v, axis=, dtype=, out!, keepdims=, initial!, where!" no function calls(Gives::Exactly(1));
    "Mean of what is not NaN." "nanmean" [] "a:v, axis=, dtype=, out!, keepdims=, initial!, where!" no function calls(Gives::Exactly(1));
    "Variance of what is not NaN." "nanvar" [] "a:v, axis=, dtype=, out!, ddof=, keepdims=, where!, mean!, correction=" no function calls(Gives::Exactly(1));
    "Deviation of what is not NaN." "nanstd" [] "a:v, axis=, dtype=, out!, ddof=, keepdims=, where!, mean!, correction=" no function calls(Gives::Exactly(1));
    "Mean with weights." "average" [] "a:v, axis=, weights:v=, returned=, keepdims=" no function calls(Gives::Flags(&[3]));
    "The middle of the sorted elements." "median" [] "a:v, axis=, keepdims=" no function calls(Gives::Exactly(1));
    "The median of what is not NaN." "nanmedian" [] "a:v, axis=, keepdims=" no function calls(Gives::Exactly(1));
    "Quantiles of hundredths, by NumPy's thirteen methods." "percentile" [] "a:v, q:v, axis=, method=, keepdims=" no function calls(Gives::Exactly(1));
    "Quantiles, by NumPy's thirteen methods." "quantile" [] "a:v, q:v, axis=, method=, keepdims=" no function calls(Gives::Exactly(1));
    "Quantiles of hundredths of what is not NaN, by linear interpolation." "nanpercentile" [] "a:v, q:v, axis=, method=, keepdims=" no function calls(Gives::Exactly(1));
    "Quantiles of what is not NaN, by linear interpolation." "nanquantile" [] "a:v, q:v, axis=, method=, keepdims=" no function calls(Gives::Exactly(1));
    "Running sums." "cumsum" [] "a:v, axis=, dtype=" method function calls(Gives::Exactly(1));
    "Running products." "cumprod" [] "a:v, axis=, dtype=" method function calls(Gives::Exactly(1));
    "Running sums, NaN as 0." "nancumsum" [] "a:v, axis=, dtype=" no function calls(Gives::Exactly(1));
    "Running products, NaN as 1." "nancumprod" [] "a:v, axis=, dtype=" no function calls(Gives::Exactly(1));
    "Running maxima." "maximum.accumulate" [] "array:v, axis=0" no function calls(Gives::Exactly(1));
    "Running minima." "minimum.accumulate" [] "array:v, axis=0" no function calls(Gives::Exactly(1));
    "Running sums of one axis." "cumulative_sum" [] "x:v, axis=, dtype=, include_initial=" no function calls(Gives::Exactly(1));
    "Running products of one axis." "cumulative_prod" [] "x:v, axis=, dtype=, include_initial=" no function calls(Gives::Exactly(1));
    "Differences of neighbours, n times." "diff" [] "a:v, n=1, axis=-1" no function calls(Gives::Exactly(1));
    "Slopes: central differences, one-sided at the ends." "gradient" [] "f:v, varargs:v=, axis=" no function calls(Gives::Exactly(1));
    "The integral by trapezoids." "trapezoid" ["trapz"] "y:v, x:v=, dx:v=, axis=-1" no function calls(Gives::Exactly(1));
    "Elements held between two bounds." "clip" [] "a:v, min:v=, max:v=" method function calls(Gives::Exactly(1));
    "Rounded to decimals, halves to even." "round" ["around"] "a:v, decimals=0" method function calls(Gives::Exactly(1));
    "NaN and infinities replaced by numbers." "nan_to_num" [] "x:v, nan:v=, posinf:v=, neginf:v=" no function calls(Gives::Exactly(1));
    "Whether the element is plus infinity." "isposinf" [] "x:v" no function calls(Gives::Exactly(1));
    "Whether the element is minus infinity." "isneginf" [] "x:v" no function calls(Gives::Exactly(1));
    "Whether the imaginary part is 0." "isreal" [] "x:v" no function calls(Gives::Exactly(1));
    "Whether the imaginary part is not 0." "iscomplex" [] "x:v" no function calls(Gives::Exactly(1));
    "The angle of a complex number." "angle" [] "z:v, deg=" no function calls(Gives::Exactly(1));
    "Powers in double precision." "float_power" [] "x1:v, x2:v" no function calls(Gives::Exactly(1));
    "Quotient rounded down, and remainder." "divmod" [] "x1:v, x2:v" no function calls(Gives::Exactly(2));
    "Fraction and whole part." "modf" [] "x:v" no function calls(Gives::Exactly(2));
    "`sin(π x) / (π x)`." "sinc" [] "x:v" no function calls(Gives::Exactly(1));
    "Whether elements are equal within tolerances." "isclose" [] "a:v, b:v, rtol:v=, atol:v=, equal_nan=" no function calls(Gives::Exactly(1));
    "Whether all elements are equal within tolerances." "allclose" [] "a:v, b:v, rtol:v=, atol:v=, equal_nan=" no function calls(Gives::Exactly(1));
    "Whether shapes and elements are equal." "array_equal" [] "a1:v, a2:v, equal_nan=" no function calls(Gives::Exactly(1));
    "Covariances of the rows." "cov" [] "m:v, rowvar=, bias=, ddof=" no function calls(Gives::Exactly(1));
    "Correlations of the rows." "corrcoef" [] "x:v, rowvar=" no function calls(Gives::Exactly(1));
    "How often each integer stands." "bincount" [] "x:v, weights:v=, minlength=0" no function calls(Gives::Exactly(1));
    "How many elements lie in each bin, and the edges." "histogram" [] "a:v, bins:a=, range:vs=, weights:v=, density=" no function calls(Gives::Exactly(2));
    "The bin of each element, of increasing edges." "digitize" [] "x:v, bins:v, right=" no function calls(Gives::Exactly(1));
    "Linear interpolation between given points." "interp" [] "x:v, xp:v, fp:v, left:v=, right:v=" no function calls(Gives::Exactly(1));
    "Sums of products of shifted arrays." "convolve" [] "a:v, v:v, mode=" no function calls(Gives::Exactly(1));
    "The value of a polynomial." "polyval" [] "p:v, x:v" no function calls(Gives::Exactly(1));
    "The length of vectors, or the size of matrices, by an order." "linalg.norm" [] "x:v, ord=, axis=, keepdims=" no function calls(Gives::Exactly(1));
    "The length of vectors by an order." "linalg.vector_norm" [] "x:v, axis=, keepdims=, ord=" no function calls(Gives::Exactly(1));
    "The size of matrices by an order that needs no decomposition." "linalg.matrix_norm" [] "x:v, keepdims=, ord=" no function calls(Gives::Exactly(1));
    "A product of equal matrices." "linalg.matrix_power" [] "a:v, n" no function calls(Gives::Exactly(1));

    "Elements at positions." "take" [] "a:v, indices:v, axis=, mode=, out!" method function calls(Gives::Exactly(1));
    "Elements at a position for each place along an axis." "take_along_axis" [] "arr:v, indices:v, axis" no function calls(Gives::Exactly(1));
    "A new version with values at positions along an axis." "put_along_axis" [] "arr:v, indices:v, values:v, axis" no function calls(Gives::Exactly(1));
    "Slices along an axis where a condition holds." "compress" [] "condition:v, a:v, axis=" no function calls(Gives::Exactly(1));
    "Elements where a condition holds." "extract" [] "condition:v, arr:v" no function calls(Gives::Exactly(1));
    "Positions of what is not zero, an array an axis." "nonzero" [] "a:v" method function calls(Gives::Axes);
    "Positions of what is not zero in the ravelled array." "flatnonzero" [] "a:v" no function calls(Gives::Exactly(1));
    "Positions of what is not zero, a row each." "argwhere" [] "a:v" no function calls(Gives::Exactly(1));
    "A diagonal of two axes." "diagonal" ["linalg.diagonal"] "a:v, offset=0, axis1=0, axis2=1" method function calls(Gives::Exactly(1));
    "A diagonal of a matrix, or a matrix of a diagonal." "diag" [] "v:v, k=0" no function calls(Gives::Exactly(1));
    "A matrix of a diagonal." "diagflat" [] "v:v, k=0" no function calls(Gives::Exactly(1));
    "The sum of a diagonal." "trace" ["linalg.trace"] "a:v, offset=0, axis1=0, axis2=1" method function calls(Gives::Exactly(1));
    "The first choice whose condition holds." "select" [] "condlist:vs, choicelist:vs, default:v=" no function calls(Gives::Exactly(1));

    "Sorted along an axis, NaN last." "sort" [] "a:v, axis=-1, descending=, kind=, order!, stable=" method function calls(Gives::Exactly(1));
    "Positions of a stable sort." "argsort" [] "a:v, axis=-1, descending=, kind=, order!, stable=" method function calls(Gives::Exactly(1));
    "The element that a sort puts at a place there, none larger before it and none smaller behind it; of several places sorted." "partition" [] "a:v, kth, axis=-1" no function calls(Gives::Exactly(1));
    "Positions of a sort, which is a partition at every place." "argpartition" [] "a:v, kth, axis=-1" no function calls(Gives::Exactly(1));
    "The k largest and their positions." "topk" [] "x:v, k, axis=-1" no function calls(Gives::Exactly(2));
    "Positions of a sort by several keys, the last first." "lexsort" [] "keys:vs" no function calls(Gives::Exactly(1));
    "Position of the first largest element." "argmax" [] "a:v, axis=, keepdims=, out!" method function calls(Gives::Exactly(1));
    "Position of the first smallest element." "argmin" [] "a:v, axis=, keepdims=, out!" method function calls(Gives::Exactly(1));
    "Position of the first largest element but NaN." "nanargmax" [] "a:v, axis=, keepdims=" no function calls(Gives::Exactly(1));
    "Position of the first smallest element but NaN." "nanargmin" [] "a:v, axis=, keepdims=" no function calls(Gives::Exactly(1));
    "Where values belong in a sorted array." "searchsorted" [] "a:v, v:v, side=, sorter!" method function calls(Gives::Exactly(1));
    "Whether each element stands among others." "isin" ["in1d"] "element:v, test_elements:v, invert=" no function calls(Gives::Exactly(1));
    "Distinct values, sorted." "unique" [] "ar:v, return_index=, return_inverse=, return_counts=, axis=, equal_nan=" no function calls(Gives::Flags(&[1, 2, 3]));
    "Distinct values, sorted." "unique_values" [] "x:v" no function calls(Gives::Exactly(1));
    "Distinct values, where each first stands, which each element is, how often each stands." "unique_all" [] "x:v" no function calls(Gives::Exactly(4));
    "Distinct values and how often they stand." "unique_counts" [] "x:v" no function calls(Gives::Exactly(2));
    "Distinct values and which each element is." "unique_inverse" [] "x:v" no function calls(Gives::Exactly(2));
    "Distinct values of both arrays." "union1d" [] "ar1:v, ar2:v" no function calls(Gives::Exactly(1));
    "Distinct values that both arrays have." "intersect1d" [] "ar1:v, ar2:v" no function calls(Gives::Exactly(1));
    "Distinct values of the first that the second lacks." "setdiff1d" [] "ar1:v, ar2:v" no function calls(Gives::Exactly(1));
    "Distinct values that one of the arrays has." "setxor1d" [] "ar1:v, ar2:v" no function calls(Gives::Exactly(1));

    "Sums of products by index." "einsum" [] "subscripts, *operands:vs, optimize=" no function calls(Gives::Exactly(1));
    "Orthogonal columns and a triangle whose product is the matrix: `Q, R = linalg.qr(a)`." "linalg.qr" [] "a:v, mode!" no function calls(Gives::Exactly(2));
    "Sums of products over axes." "tensordot" ["linalg.tensordot"] "a:v, b:v, axes=2" no function calls(Gives::Exactly(1));
    "The product of vectors and matrices." "dot" [] "a:v, b:v, out!" method function calls(Gives::Exactly(1));
    "The product over the last axes." "inner" [] "a:v, b:v" no function calls(Gives::Exactly(1));
    "All products of two vectors." "outer" ["linalg.outer"] "a:v, b:v, out!" no function calls(Gives::Exactly(1));
    "The product of two vectors, the first conjugated." "vdot" [] "a:v, b:v" no function calls(Gives::Exactly(1));
    "Products of vectors along an axis." "vecdot" ["linalg.vecdot"] "x1:v, x2:v, axis=-1" no function calls(Gives::Exactly(1));
    "Products of matrices and vectors." "matvec" [] "x1:v, x2:v" no function calls(Gives::Exactly(1));
    "Products of vectors and matrices." "vecmat" [] "x1:v, x2:v" no function calls(Gives::Exactly(1));
    "All products, block by block." "kron" [] "a:v, b:v" no function calls(Gives::Exactly(1));
    "The vector product of three elements." "cross" ["linalg.cross"] "a:v, b:v, axis=-1" no function calls(Gives::Exactly(1));

    "A generator of random numbers." "random.default_rng" [] "seed:v" no function generator;
    "Uniform in [0, 1)." "random.random" [] "rng:g, size=, dtype=" no function calls(Gives::Exactly(1));
    "Uniform between two bounds." "random.uniform" [] "rng:g, low:v=, high:v=, size=" no function calls(Gives::Exactly(1));
    "Normal of a mean and a deviation." "random.normal" [] "rng:g, loc:v=, scale:v=, size=" no function calls(Gives::Exactly(1));
    "Normal of mean 0 and deviation 1." "random.standard_normal" [] "rng:g, size=, dtype=" no function calls(Gives::Exactly(1));
    "Exponential of a scale." "random.exponential" [] "rng:g, scale:v=, size=" no function calls(Gives::Exactly(1));
    "Exponential of scale 1." "random.standard_exponential" [] "rng:g, size=, dtype=" no function calls(Gives::Exactly(1));
    "Gamma of a shape and a scale." "random.gamma" [] "rng:g, shape:v, scale:v=, size=" no function calls(Gives::Exactly(1));
    "Chi-square of degrees of freedom." "random.chisquare" [] "rng:g, df:v, size=" no function calls(Gives::Exactly(1));
    "Beta of two shapes." "random.beta" [] "rng:g, a:v, b:v, size=" no function calls(Gives::Exactly(1));
    "Integers from low up to and without high." "random.integers" [] "rng:g, low:v, high:v=, size=, dtype=, endpoint=" no function calls(Gives::Exactly(1));
    "Numbers of events of a rate." "random.poisson" [] "rng:g, lam:v, size=" no function calls(Gives::Exactly(1));
    "Numbers of successes of n trials." "random.binomial" [] "rng:g, n:v, p:v, size=" no function calls(Gives::Exactly(1));
    "A random order of 0 to n, or of the rows of an array." "random.permutation" [] "rng:g, x:v" no function calls(Gives::Exactly(1));
    "Random elements." "random.choice" [] "rng:g, a:v, size=, replace=, p:v=" no function calls(Gives::Exactly(1));

    "One value as a plain integer, which the call waits for." "int" [] "x:v" no function plain;
    "One value as a plain float, which the call waits for." "float" [] "x:v" no function plain;
    "Shape, dtype, least, mean, largest and a corner of an array on standard error, when it is computed; a statement." "print" [] "label, x:v" no function calls(Gives::Exactly(1));
    "One value as a plain number, which the call waits for." "item" [] "a:v" method no plain;
}

/// `(2, 3)`, `2`, or the arguments `2, 3`.
fn sizes(arg: &(Term, Loc)) -> Result<Vec<Size>, Diag> {
    match &arg.0 {
        Term::Tuple(parts) => match parts.as_slice() {
            [(Term::Tuple(inner), _)] => inner.iter().map(|p| size(p, "a size")).collect(),
            parts => parts.iter().map(|p| size(p, "a size")).collect(),
        },
        Term::Shape(_) => {
            Err(Diag::new(arg.1, "a whole shape as an argument is not in nums yet").help("write its sizes, `(x.shape[0], …)`"))
        }
        _ => Ok(vec![size(arg, "a size")?]),
    }
}

/// Sizes of a new array: none is negative.
fn new_sizes(arg: &(Term, Loc)) -> Result<Vec<Size>, Diag> {
    let sizes = sizes(arg)?;
    for s in &sizes {
        if let Size::Dim(Dim::Const(n)) = s
            && *n < 0
        {
            return Err(Diag::new(arg.1, format!("a size is not negative: {n}")));
        }
    }
    Ok(sizes)
}

/// The rest of the arguments as a flat list: `(1, 0)` is `1, 0`.
fn flat(arg: (Term, Loc)) -> Vec<(Term, Loc)> {
    match arg.0 {
        Term::Tuple(mut parts) => match parts.as_mut_slice() {
            [(Term::Tuple(inner), _)] => std::mem::take(inner),
            _ => parts,
        },
        term => vec![(term, arg.1)],
    }
}

fn transpose(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let x = value(func, &bound.required(0)?)?;
    let perm = match bound.optional(1).map(flat) {
        None => None,
        Some(axes) if matches!(axes.as_slice(), [(Term::None, _)]) => None,
        Some(axes) => Some(axes.iter().map(|a| integer(a, "axes")).collect::<Result<Vec<_>, _>>()?),
    };
    Ok(Term::Value(func.push(Op::Transpose { perm }, &[x], bound.loc)))
}

/// The array whose shape an argument is, `zeros(x.shape)`.
fn shape_of(arg: &(Term, Loc)) -> Option<Value> {
    match &arg.0 {
        Term::Shape(x) => Some(*x),
        Term::Tuple(parts) => {
            if let [(Term::Shape(x), _)] = parts.as_slice() {
                Some(*x)
            } else {
                None
            }
        }
        _ => None,
    }
}

/// A call on `x` and the shape of another array.
fn with_shape(func: &mut Func, name: &'static str, x: Value, of: Value, loc: Loc) -> Term {
    let shape = Attr::List(vec![Attr::Str(SHAPE.to_owned()), Attr::Arg(1)]);
    pushed(func, Call { name, attrs: vec![Attr::Arg(0), shape] }, &[x, of], 1, loc)
}

fn reshape(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let x = value(func, &bound.required(0)?)?;
    let shape = bound.required(1)?;
    if let Some(of) = shape_of(&shape) {
        return Ok(with_shape(func, "reshape_to", x, of, bound.loc));
    }
    let shape = sizes(&shape)?;
    Ok(Term::Value(func.push(Op::Reshape { shape }, &[x], bound.loc)))
}

fn ravel(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let x = value(func, &bound.required(0)?)?;
    Ok(Term::Value(func.push(Op::Reshape { shape: vec![Size::Dim(Dim::Const(-1))] }, &[x], bound.loc)))
}

fn copy(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    Ok(Term::Value(value(func, &bound.required(0)?)?))
}

fn astype(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let x = value(func, &bound.required(0)?)?;
    let to = bound.required(1)?;
    if let Term::OfTypes(About::DType, _) = to.0 {
        return converted(func, x, &to, bound.loc);
    }
    let dtype = dtype(&to)?;
    Ok(Term::Value(func.push(Op::Cast(dtype), &[x], bound.loc)))
}

fn concatenate(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let arrays = bound.required(0)?;
    let Term::Tuple(parts) = &arrays.0 else {
        return Err(Diag::new(arrays.1, "`concatenate` wants a list of arrays").help("write `concatenate([a, b], axis=0)`"));
    };
    let axis = match bound.optional(1) {
        None => Some(0),
        Some((Term::None, _)) => None,
        Some(axis) => Some(integer(&axis, "axis")?),
    };
    if parts.is_empty() {
        return Err(Diag::new(arrays.1, "`concatenate` wants at least one array"));
    }
    let values = parts.iter().map(|p| value(func, p)).collect::<Result<Vec<_>, _>>()?;
    Ok(Term::Value(func.push(Op::Concatenate { axis }, &values, bound.loc)))
}

fn filled(func: &mut Func, bound: &mut Bound, with: f64) -> Result<Term, Diag> {
    let shape = bound.required(0)?;
    let dtype = bound.optional(1).map_or(Ok(DType::F64), |d| dtype(&d))?;
    let one = func.push(Op::Const(Scalar::Float(with)), &[], bound.loc);
    if let Some(of) = shape_of(&shape) {
        let one = func.push(Op::Cast(dtype), &[one], bound.loc);
        return Ok(with_shape(func, "broadcast_to", one, of, bound.loc));
    }
    let shape = new_sizes(&shape)?;
    Ok(Term::Value(func.push(Op::Fill { shape, dtype: Some(dtype) }, &[one], bound.loc)))
}

fn zeros(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    filled(func, bound, 0.0)
}

fn ones(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    filled(func, bound, 1.0)
}

fn full(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let shape = bound.required(0)?;
    let mut with = value(func, &bound.required(1)?)?;
    let dtype = bound.optional(2).map(|d| dtype(&d)).transpose()?;
    if let Some(of) = shape_of(&shape) {
        if let Some(dtype) = dtype {
            with = func.push(Op::Cast(dtype), &[with], bound.loc);
        }
        return Ok(with_shape(func, "broadcast_to", with, of, bound.loc));
    }
    let shape = new_sizes(&shape)?;
    Ok(Term::Value(func.push(Op::Fill { shape, dtype }, &[with], bound.loc)))
}

fn arange(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let first = bound.required(0)?;
    let (start, stop) = match bound.optional(1) {
        None | Some((Term::None, _)) => ((Term::Number(Scalar::Int(0)), bound.loc), first),
        Some(stop) => (first, stop),
    };
    let step = bound.optional(2).unwrap_or((Term::Number(Scalar::Int(1)), bound.loc));
    if let Term::Number(Scalar::Int(0)) = step.0 {
        return Err(Diag::new(step.1, "the step of `arange` is not 0"));
    }
    let dtype = bound.optional(3).map(|d| dtype(&d)).transpose()?;
    let args = [value(func, &start)?, value(func, &stop)?, value(func, &step)?];
    Ok(Term::Value(func.push(Op::Arange { dtype, len: None }, &args, bound.loc)))
}

fn eye(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let rows = size(&bound.required(0)?, "a size")?;
    let cols = match bound.optional(1) {
        None | Some((Term::None, _)) => rows.clone(),
        Some(cols) => size(&cols, "a size")?,
    };
    let k = bound.optional(2).map_or(Ok(0), |k| integer(&k, "k"))?;
    let dtype = bound.optional(3).map_or(Ok(DType::F64), |d| dtype(&d))?;
    Ok(Term::Value(func.push(Op::Eye { rows, cols, k, dtype }, &[], bound.loc)))
}

fn identity(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let rows = size(&bound.required(0)?, "a size")?;
    let dtype = bound.optional(1).map_or(Ok(DType::F64), |d| dtype(&d))?;
    Ok(Term::Value(func.push(Op::Eye { cols: rows.clone(), rows, k: 0, dtype }, &[], bound.loc)))
}

fn matmul(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let (a, b) = (value(func, &bound.required(0)?)?, value(func, &bound.required(1)?)?);
    Ok(Term::Value(func.push(Op::Matmul { trans_a: false, trans_b: false, symmetric: false }, &[a, b], bound.loc)))
}

fn solve(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let (a, b) = (value(func, &bound.required(0)?)?, value(func, &bound.required(1)?)?);
    Ok(Term::Value(func.push(Op::Solve, &[a, b], bound.loc)))
}

fn generator(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    Ok(Term::Generator(value(func, &bound.required(0)?)?))
}

/// `int(x)`, `float(x)`, `x.item()`: a literal stays one.
fn plain(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let x = bound.required(0)?;
    let (name, loc) = (bound.name, bound.loc);
    if let (Term::Number(n), "int") = (&x.0, name) {
        return match n {
            Scalar::Int(_) => Ok(x.0),
            Scalar::Float(f) => Ok(Term::Number(Scalar::Int(*f as i128))),
            Scalar::Bool(b) => Ok(Term::Number(Scalar::Int(i128::from(*b)))),
            Scalar::Complex(..) => Err(Diag::new(loc, "a complex number is no integer")),
        };
    }
    let mut v = value(func, &x)?;
    match name {
        "int" => v = func.push(Op::Cast(DType::I64), &[v], loc),
        "float" => v = func.push(Op::Cast(DType::F64), &[v], loc),
        _ => {}
    }
    Ok(Term::Value(func.push(Op::Item, &[v], loc)))
}

fn len(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let x = bound.required(0)?;
    if let Term::Tuple(parts) = &x.0 {
        return Ok(Term::Number(Scalar::Int(parts.len() as i128)));
    }
    let x = value(func, &x)?;
    Ok(Term::Value(func.push(Op::ShapeOf { axis: 0 }, &[x], bound.loc)))
}

fn shape(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    Ok(Term::Shape(value(func, &bound.required(0)?)?))
}
