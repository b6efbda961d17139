//! Where a function differs from NumPy's, for `docs/operators.md`: the name, and what is different.
//!
//! Arguments that are not taken follow from the signatures (`!`), dtypes from the rows; here stands what neither says.

/// Names of the tables and what is different.
pub const DIFFERENCES: &[(&str, &str)] = &[
    ("argpartition", "a whole stable sort"),
    ("argsort", "always stable"),
    ("broadcast_to", "an array of its own, not a view"),
    ("convolve", "one operand has a constant size"),
    ("copy", "the array itself: values do not change"),
    ("empty_like", "zeros"),
    ("gradient", "one axis a call, at one distance"),
    ("lexsort", "keys of a matrix are constant in number"),
    ("linalg.matrix_norm", "orders 1, -1, infinity, -infinity and Frobenius'"),
    ("linalg.matrix_power", "powers that are not negative"),
    ("linalg.norm", "of matrices the orders 1, -1, infinity, -infinity and Frobenius'"),
    ("linalg.solve", "one matrix, in one block"),
    ("linspace", "between numbers, not arrays; no `retstep`"),
    ("nanpercentile", "the method \"linear\" only; of nothing NaN for every quantile, where NumPy gives one"),
    ("nanquantile", "the method \"linear\" only; of nothing NaN for every quantile, where NumPy gives one"),
    ("pad", "five modes: constant, edge, reflect, symmetric, wrap"),
    ("partition", "either side in an order of its own; of several places a whole sort"),
    ("polyval", "the number of coefficients is constant"),
    ("put_along_axis", "gives a new version; NumPy's changes the array"),
    ("random.choice", "probabilities only with replacement"),
    ("random.default_rng", "Philox by position: other numbers than NumPy's, the same for any blocks and workers"),
    ("reshape", "in C order"),
    ("sort", "by a total order: -0.0 before 0.0, NaN last"),
    ("topk", "not NumPy's; ties by position"),
    ("unique", "along an axis the other sizes are constant"),
];

#[cfg(test)]
mod tests {
    use super::DIFFERENCES;
    use crate::builtin::Callable;

    #[test]
    fn differences_are_of_functions_that_are_there() {
        for (name, _) in DIFFERENCES {
            assert!(Callable::find(name).is_some_and(|c| c.name() == *name), "`{name}` has no row");
        }
        assert!(DIFFERENCES.is_sorted_by_key(|(name, _)| name), "the names are in order");
    }
}
