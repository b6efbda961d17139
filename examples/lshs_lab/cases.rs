//! The cases of the lab: a function of `nums!`, its arrays, and the node grid that their blocks are dealt on.
//!
//! Each function is written as a user would; the lab reads its IR and binds it to the case's sizes. The contractions
//! (`mttkrp`, `tensordot`) are products that are summed at once: one operator, which the fused kernel is. `tsqr` has the tasks
//! of R in a tall QR: a small square of each block of rows, joined two by two; what joins them does not matter to a plan.

use super::setting::Outcome;
use nums::{Array, ClusterSpec, Plan, Result, Stage, nums};

nums! {
    fn sum(X: f64[n, d]) -> f64[d] { X.sum(axis=0) }
    fn xty(X: f64[n, d], Y: f64[n, e]) -> f64[d, e] { X.T @ Y }
    fn hessian(X: f64[n, d], theta: f64[d]) -> f64[d, d] {
        mu = 1 / (1 + np.exp(-(X @ theta)));
        s = mu * (1 - mu);
        (X.T * s) @ X
    }
    fn newton(X: f64[n, d], y: f64[n], theta: f64[d]) -> f64[d] {
        mu = 1 / (1 + np.exp(-(X @ theta)));
        s = mu * (1 - mu);
        theta - np.linalg.solve((X.T * s) @ X, X.T @ (mu - y))
    }
    fn matvec(X: f64[n, d], y: f64[d]) -> f64[n] { X @ y }
    fn outer(X: f64[n, d], Y: f64[m, d]) -> f64[n, m] { X @ Y.T }
    fn matmul(A: f64[n, k], B: f64[k, m]) -> f64[n, m] { A @ B }
    fn mttkrp(X: f64[i, j, k], B: f64[j, f], C: f64[k, f]) -> f64[i, f] {
        (X[:, :, :, None] * B[None, :, None, :] * C[None, None, :, :]).sum(axis=(1, 2))
    }
    fn tensordot(X: f64[i, j, k], Y: f64[j, k, f]) -> f64[i, f] {
        (X[:, :, :, None] * Y[None, :, :, :]).sum(axis=(1, 2))
    }
    fn tsqr(X: f64[b, n, d]) -> f64[n, d] { X.max(axis=0) }
    fn elementwise(X: f64[n, d], Y: f64[n, d]) -> f64[n, d] { X + Y }
}

/// An array of a case.
pub(crate) struct CaseArray {
    pub(crate) shape: Vec<usize>,
    pub(crate) block: Vec<usize>,
}

/// What the macro gives a function.
type PlanOf = fn(&ClusterSpec, &[&[usize]], &[&[usize]]) -> Result<Plan>;

/// A function with sizes.
pub(crate) struct Case {
    pub(crate) ir: String,
    pub(crate) arrays: Vec<CaseArray>,
    square: bool,
    one_operator: bool,
    pub(crate) plan: PlanOf,
    /// Submits it; the result is there when it is waited for.
    pub(crate) run: fn(&[Array<f64>]) -> Result<Array<f64>>,
}

impl Case {
    /// The node grid that blocks are dealt on: one axis, or a square.
    pub(crate) fn node_grid(&self, nodes: usize) -> Vec<usize> {
        let side = nodes.isqrt();
        if self.square && side * side == nodes { vec![side, side] } else { vec![nodes, 1] }
    }

    /// The arrays, filled with small numbers, on the cluster that is entered.
    pub(crate) fn make(&self) -> Result<Vec<Array<f64>>> {
        let make = |a: &CaseArray| {
            let value = |i: usize| (i * 7 % 11) as f64 / 11.0;
            let values: Vec<f64> = (0..a.shape.iter().product()).map(value).collect();
            let whole = nums::ndarray::ArrayD::from_shape_vec(a.shape.clone(), values);
            let whole = whole.map_err(|e| nums::Error::Shape { what: "a case".into(), why: e.to_string() })?;
            let array = Array::from_ndarray_blocked(&whole, &a.block)?;
            array.wait()?;
            Ok(array)
        };
        self.arrays.iter().map(make).collect()
    }

    /// Whether fusing makes no difference.
    pub(crate) fn is_one_operator(&self) -> bool {
        self.one_operator
    }
}

/// The names of all cases.
pub(crate) fn names() -> Vec<String> {
    let fixed = "sum xty hessian matvec outer-16x1 outer-4x4 matmul-16x1 matmul-4x4 mttkrp tensordot elementwise tsqr newton";
    fixed.split(' ').map(str::to_owned).chain((1..=8).map(|b| format!("reduce-b{b}"))).collect()
}

/// A case by name. `tasks` stretches the first axis of those that are cut along it alone, to about so many tasks.
pub(crate) fn case(name: &str, tasks: Option<usize>) -> Outcome<Case> {
    let rows = |a_block: usize| tasks.map_or(64, |t| (t / a_block).max(1)) * 8;
    let array = |shape: &[usize], block: &[usize]| CaseArray { shape: shape.to_vec(), block: block.to_vec() };
    macro_rules! case {
        ($f:ident, $square:expr, $one:expr, [$($arg:ident),*], $arrays:expr) => {
            Case {
                ir: $f::ir(Stage::Parsed),
                arrays: $arrays,
                square: $square,
                one_operator: $one,
                plan: |spec, shapes, blocks| $f::plan_with(spec, shapes, blocks, &[]),
                run: |arrays| {
                    let [$($arg),*] = arrays else { return Array::zeros(&[]) };
                    $f($($arg),*)
                },
            }
        };
    }
    let n = rows(2);
    let tall = || array(&[n, 8], &[8, 8]);
    Ok(match name {
        "sum" => case!(sum, false, true, [a], vec![tall()]),
        "xty" => case!(xty, false, true, [a, b], vec![tall(), tall()]),
        "hessian" => case!(hessian, false, false, [a, b], vec![tall(), array(&[8], &[8])]),
        "newton" => case!(newton, false, false, [a, b, c], vec![tall(), array(&[n], &[8]), array(&[8], &[8])]),
        "matvec" => case!(matvec, false, true, [a, b], vec![tall(), array(&[8], &[8])]),
        "outer-16x1" | "outer-4x4" => {
            case!(outer, name == "outer-4x4", true, [a, b], vec![array(&[128, 8], &[8, 8]), array(&[128, 8], &[8, 8])])
        }
        "matmul-16x1" | "matmul-4x4" => {
            let side = tasks.map_or(64, |t| 8 * ((t / 2) as f64).cbrt().round().max(1.0) as usize);
            case!(matmul, name == "matmul-4x4", true, [a, b], vec![array(&[side, side], &[8, 8]), array(&[side, side], &[8, 8])])
        }
        "mttkrp" => {
            let factor = || array(&[16, 6], &[4, 6]);
            case!(mttkrp, false, true, [a, b, c], vec![array(&[16, 16, 16], &[4, 4, 4]), factor(), factor()])
        }
        "tensordot" => {
            let arrays = vec![array(&[32, 16, 16], &[2, 4, 4]), array(&[16, 16, 6], &[4, 4, 6])];
            case!(tensordot, false, true, [a, b], arrays)
        }
        "tsqr" => case!(tsqr, false, true, [a], vec![array(&[n / 8, 8, 8], &[1, 8, 8])]),
        "elementwise" => case!(elementwise, false, true, [a, b], vec![tall(), tall()]),
        _ => match name.strip_prefix("reduce-b").and_then(|b| b.parse::<usize>().ok()) {
            Some(b @ 1..=8) => case!(sum, false, true, [a], vec![array(&[128 * b, 8], &[8, 8])]),
            Some(_) | None => return Err(format!("no case `{name}`: there are {}", names().join(", ")).into()),
        },
    })
}
