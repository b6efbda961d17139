//! What NumPy has and nums does not have yet, and names that habit reaches for.
//!
//! A name here is answered by "not in nums yet" and, where there is one, by another way to write it. When an operator gets its
//! row, its name leaves this list (a test holds that).

use crate::diag::{Diag, Loc};

/// NumPy 2's functions without a row.
const FUNCTIONS: &str = "\
    angle append apply_along_axis argmax argmin argpartition \
    argsort argwhere around array array_equal array_split asarray ascontiguousarray astensor \
    atleast_1d atleast_2d atleast_3d average bincount bitwise_count block broadcast_arrays broadcast_to choose clip \
    column_stack compress convolve corrcoef correlate count_nonzero cov cross cumprod cumsum \
    cumulative_prod cumulative_sum delete diag diag_indices diagflat diagonal diff digitize divmod dot dsplit \
    dstack ediff1d einsum einsum_path empty empty_like extract fabs fill_diagonal flip fliplr flipud float_power \
    frexp frombuffer fromfunction full_like geomspace gradient histogram histogram2d \
    histogramdd hsplit hstack i0 indices inner insert interp intersect1d isclose iscomplex isin isreal kron ldexp \
    lexsort linspace logspace matrix_transpose matvec median meshgrid modf moveaxis \
    nan_to_num nanmean nanmedian nanpercentile nanprod nanquantile nanstd nansum nanvar ndim nonzero \
    ones_like outer packbits pad partition percentile piecewise place polyfit polyval ptp put quantile \
    repeat resize roll rollaxis roots rot90 round row_stack searchsorted select setdiff1d setxor1d \
    sinc size sort spacing split squeeze stack std swapaxes take take_along_axis tensordot tile trace trapezoid tri tril \
    trim_zeros triu union1d unique unpackbits unravel_index unstack unwrap vander var vdot vecdot vecmat vstack \
    zeros_like print fft random linalg.cholesky linalg.cond linalg.det linalg.eig linalg.eigh linalg.eigvals linalg.eigvalsh \
    linalg.inv linalg.lstsq linalg.matrix_norm linalg.matrix_power linalg.matrix_rank linalg.multi_dot linalg.norm linalg.pinv \
    linalg.qr linalg.slogdet linalg.svd linalg.svdvals linalg.tensorinv linalg.tensorsolve linalg.trace linalg.vector_norm";

/// Attributes and methods of NumPy's arrays without a row.
const ATTRIBUTES: &str = "\
    argmax argmin argpartition argsort base byteswap choose clip compress conj conjugate ctypes cumprod cumsum data device \
    diagonal dot dtype dump dumps fill flags flat imag item itemsize mT nbytes ndim nonzero partition put ptp real repeat resize \
    round searchsorted setflags size sort squeeze std strides swapaxes take tobytes tofile tolist trace var view";

/// Other ways to write what is missing, and what habit means.
const INSTEAD: &[(&str, &str)] = &[
    ("array", "make it in Rust, `Array::from_vec(vec![…], &[…])?`, and pass it"),
    ("asarray", "write the name: it is an array already"),
    ("average", "write `mean(x)`"),
    ("clip", "write `minimum(maximum(x, low), high)`"),
    ("dot", "write `a @ b`"),
    ("empty", "write `zeros(shape)`"),
    ("full_like", "write `full((x.shape[0], …), value)`"),
    ("hstack", "write `concatenate([a, b], axis=1)`"),
    ("inner", "write `a @ b`"),
    ("item", "declare the result as `-> f64`"),
    ("linalg.inv", "write `linalg.solve(a, b)`"),
    ("linalg.norm", "write `sqrt(sum(x ** 2))`"),
    ("mT", "write `x.T` of a matrix"),
    ("ndim", "the rank is in the type of the parameter"),
    ("ones_like", "write `ones((x.shape[0], …))`"),
    ("outer", "write `a[:, None] * b[None, :]`"),
    ("print", "print the result in Rust"),
    ("size", "write `x.shape[0] * x.shape[1]`"),
    ("squeeze", "write `x[:, 0]`, or `reshape`"),
    ("std", "write `sqrt(mean((x - mean(x)) ** 2))`"),
    ("swapaxes", "write `transpose(x, (1, 0))`"),
    ("var", "write `mean((x - mean(x)) ** 2)`"),
    ("vstack", "write `concatenate([a, b], axis=0)`"),
    ("zeros_like", "write `zeros((x.shape[0], …))`"),
];

/// Functions of Python and Rust that nums spells otherwise: the name, the help.
const OTHERS: &[(&str, &str)] = &[
    ("range", "write `arange(n)`"),
    ("float", "write `x.astype(f64)`"),
    ("int", "write `x.astype(i64)`"),
    ("complex", "write `x.astype(c128)`"),
    ("list", "arrays are made in Rust, `Array::from_vec(vec![…], &[…])?`"),
    ("tuple", "write `(a, b)`"),
    ("Some", "write the value itself"),
    ("solve", "write `linalg.solve(a, b)`"),
    ("inv", "write `linalg.solve(a, b)`"),
    ("norm", "write `sqrt(sum(x ** 2))`"),
    ("powf", "write `x ** y`"),
    ("powi", "write `x ** n`"),
    ("ln", "write `log(x)`"),
];

/// Attributes that other libraries have: the name, the help.
const OTHER_ATTRIBUTES: &[(&str, &str)] = &[
    ("t", "write `x.T`"),
    ("transposed", "write `x.T`"),
    ("len", "write `len(x)`"),
    ("clone", "write the name: values are shared, not moved"),
    ("to_owned", "write the name: values are shared, not moved"),
    ("view", "write the name: values are shared, not moved"),
    ("mapv", "write the expression itself: it works on whole arrays"),
    ("map", "write the expression itself: it works on whole arrays"),
    ("iter", "write the expression itself: it works on whole arrays"),
    ("unwrap", "the call as a whole gives a `Result`"),
    ("powf", "write `x ** y`"),
    ("powi", "write `x ** n`"),
    ("ln", "write `log(x)`"),
    ("sum_axis", "write `sum(x, axis=0)`"),
    ("mean_axis", "write `mean(x, axis=0)`"),
    ("matmul", "write `a @ b`"),
    ("slice", "write `x[a:b]`"),
    ("is_nan", "write `isnan(x)`"),
];

fn has(list: &str, name: &str) -> bool {
    list.split_ascii_whitespace().any(|n| n == name)
}

fn find(table: &[(&'static str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(n, _)| *n == name).map(|(_, help)| *help)
}

/// The mistake of calling a function that nums does not have, if NumPy or habit has it.
pub(super) fn function(name: &str, loc: Loc) -> Option<Diag> {
    if let Some(help) = find(OTHERS, name) {
        return Some(Diag::new(loc, format!("there is no function `{name}`")).help(help));
    }
    if !has(FUNCTIONS, name) {
        return None;
    }
    Some(not_yet(&format!("np.{name}"), name, loc))
}

/// The mistake of an attribute that nums does not have, if NumPy or habit has it.
pub(super) fn attribute(name: &str, loc: Loc) -> Option<Diag> {
    if let Some(help) = find(OTHER_ATTRIBUTES, name) {
        return Some(Diag::new(loc, format!("arrays have no attribute `{name}`")).help(help));
    }
    if has(ATTRIBUTES, name) {
        return Some(not_yet(&format!("x.{name}"), name, loc));
    }
    // A function that is missing is missing as a method too.
    has(FUNCTIONS, name).then(|| not_yet(&format!("np.{name}"), name, loc))
}

fn not_yet(shown: &str, name: &str, loc: Loc) -> Diag {
    let diag = Diag::new(loc, format!("`{shown}` is not in nums yet"));
    match find(INSTEAD, name) {
        Some(help) => diag.help(help),
        None => diag,
    }
}

#[cfg(test)]
mod tests {
    use super::{ATTRIBUTES, FUNCTIONS, INSTEAD, has};
    use crate::builtin::Callable;

    #[test]
    fn what_is_missing_is_not_there() {
        for name in FUNCTIONS.split_ascii_whitespace() {
            assert_eq!(Callable::find(name), None, "`{name}` has a row and is listed as missing");
        }
        for name in ATTRIBUTES.split_ascii_whitespace() {
            assert!(!Callable::find(name).is_some_and(Callable::is_method), "`{name}` is a method and is listed as missing");
        }
    }

    #[test]
    fn another_way_is_given_for_what_is_missing() {
        for (name, _) in INSTEAD {
            assert!(has(FUNCTIONS, name) || has(ATTRIBUTES, name), "`{name}` is not listed as missing");
        }
    }
}
