//! What NumPy has and nums does not have yet, and names that habit reaches for.
//!
//! A name here is answered by "not in nums yet" and, where there is one, by another way to write it. When an operator gets its
//! row, its name leaves this list (a test holds that).

use crate::diag::{Diag, Loc};

/// NumPy 2's functions without a row.
const FUNCTIONS: &str = "\
    apply_along_axis ascontiguousarray astensor bitwise_count block choose correlate delete diag_indices ediff1d \
    einsum_path fabs fill_diagonal frexp from_dlpack frombuffer fromfunction histogram2d histogramdd i0 indices insert ldexp \
    packbits piecewise place polyfit put resize rollaxis roots spacing trim_zeros unpackbits \
    unravel_index unwrap fft linalg.cholesky linalg.cond linalg.det linalg.eig linalg.eigh linalg.eigvals \
    linalg.eigvalsh linalg.inv linalg.lstsq linalg.matrix_rank linalg.multi_dot \
    linalg.pinv linalg.slogdet linalg.svd linalg.svdvals linalg.tensorinv linalg.tensorsolve";

/// Attributes and methods of NumPy's arrays without a row.
const ATTRIBUTES: &str = "\
    argpartition base byteswap choose compress ctypes data device dump dumps fill flags flat \
    itemsize nbytes partition put ptp resize setflags strides tobytes tofile tolist view";

/// Other ways to write what is missing, and what habit means.
const INSTEAD: &[(&str, &str)] = &[
    ("fabs", "write `abs(x)`"),
    ("ediff1d", "write `diff(x.ravel())`"),
    ("from_dlpack", "arrays are made in Rust, `Array::from_ndarray(&a)?`"),
    ("linalg.inv", "write `linalg.solve(a, b)`"),
    ("linalg.multi_dot", "write `a @ b @ c`: the order of products is chosen by cost"),
    ("place", "write `x[mask] = v;`"),
    ("put", "write `x[i] = v;`"),
    ("resize", "write `reshape(x, shape)`"),
    ("rollaxis", "write `moveaxis(x, from, to)`"),
];

/// Functions of Python and Rust that nums spells otherwise: the name, the help.
const OTHERS: &[(&str, &str)] = &[
    ("range", "write `arange(n)`"),
    ("complex", "write `x.astype(c128)`"),
    ("list", "arrays are made in Rust, `Array::from_vec(vec![…], &[…])?`"),
    ("tuple", "write `(a, b)`"),
    ("Some", "write the value itself"),
    ("solve", "write `linalg.solve(a, b)`"),
    ("inv", "write `linalg.solve(a, b)`"),
    ("norm", "write `np.linalg.norm(x)`"),
    ("product", "write `prod(x)`"),
    ("cumproduct", "write `cumprod(x)`"),
    ("alltrue", "write `all(x)`"),
    ("sometrue", "write `any(x)`"),
    ("round_", "write `round(x)`"),
    ("asmatrix", "an array with two axes is a matrix: products are `a @ b`"),
    ("matrix", "an array with two axes is a matrix: products are `a @ b`"),
    ("vectorize", "write the expression itself: it works on whole arrays"),
    ("apply", "write the expression itself: it works on whole arrays"),
    ("powf", "write `x ** y`"),
    ("powi", "write `x ** n`"),
    ("ln", "write `log(x)`"),
    ("relu", "write `maximum(x, 0)`"),
    ("sigmoid", "write `1 / (1 + exp(-x))`"),
    ("expit", "write `1 / (1 + exp(-x))`"),
    ("softmax", "write `e = exp(x - max(x)); e / sum(e)`"),
    ("sorted", "write `sort(x)`"),
    ("reversed", "write `flip(x)`, or `x[::-1]`"),
    ("zip", "compute on whole arrays: `a * b` works element by element"),
    ("map", "compute on whole arrays: a function takes the array itself"),
    ("enumerate", "compute on whole arrays, with positions by `arange(n)`"),
    ("type", "dtypes and ranks are written in the function's parameters"),
];

/// dtypes of NumPy that nums does not have.
const DTYPES: &[(&str, &str)] = &[
    ("float16", "where NumPy would make a float16, nums makes `f32`"),
    ("half", "where NumPy would make a float16, nums makes `f32`"),
    ("float128", "the widest float is `f64`"),
    ("longdouble", "the widest float is `f64`"),
    ("complex256", "the widest complex number is `c128`"),
    ("object_", "arrays hold numbers and booleans"),
    ("str_", "arrays hold numbers and booleans"),
    ("datetime64", "arrays hold numbers and booleans: take days or seconds as `i64`"),
];

/// Functions of NumPy's hidden generator and what a generator calls them.
const GENERATOR: &[(&str, &str)] = &[
    ("rand", "random"),
    ("random_sample", "random"),
    ("ranf", "random"),
    ("randn", "standard_normal"),
    ("randint", "integers"),
    ("random_integers", "integers"),
    ("gaussian", "normal"),
    ("gauss", "normal"),
    ("shuffle", "permutation"),
];

/// What a generator calls the draw that other generators call `name`.
pub(super) fn generator(name: &str) -> Option<&'static str> {
    find(GENERATOR, name)
}

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
    ("mm", "write `a @ b`"),
    ("norm", "write `np.linalg.norm(x)`"),
    ("apply", "write the expression itself: it works on whole arrays"),
    ("add", "write `a + b`"),
    ("sub", "write `a - b`"),
    ("mul", "write `a * b`"),
    ("div", "write `a / b`"),
    ("add_", "write `x += y;`"),
    ("unsqueeze", "write `expand_dims(x, axis)`"),
    ("permute", "write `x.transpose(axes)`"),
    ("numpy", "read it in Rust: `a.to_ndarray()?`"),
    ("compute", "read it in Rust: `a.to_ndarray()?`"),
    ("to_ndarray", "read it in Rust, outside `nums!`: `a.to_ndarray()?`"),
    ("to_vec", "read it in Rust, outside `nums!`: `a.to_vec()?`"),
    ("values", "write the name: it is the array"),
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
    if let Some(help) = find(DTYPES, name) {
        return Some(Diag::new(loc, format!("there is no dtype `{name}`")).help(help));
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

/// The mistake of an attribute of a function, `add.reduce`.
pub(super) fn of_function(function: &str, name: &str, loc: Loc) -> Diag {
    let reduction = match function {
        "add" => Some("sum(x)"),
        "multiply" => Some("prod(x)"),
        "maximum" => Some("max(x)"),
        "minimum" => Some("min(x)"),
        "logical_and" => Some("all(x)"),
        "logical_or" => Some("any(x)"),
        _ => None,
    };
    let diag = Diag::new(loc, format!("`{function}.{name}` is not in nums yet"));
    match (name, reduction) {
        ("reduce", Some(reduction)) => diag.help(format!("write `{reduction}`")),
        ("outer", _) => diag.help(format!("write `{function}(a[:, None], b)`")),
        ("at", _) => diag.help("write `x[i] = …;` for a new version of `x`"),
        _ => diag,
    }
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
