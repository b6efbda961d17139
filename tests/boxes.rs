//! Assignments to boxes: as plain loops say, on every cut, without a list of positions.

use nums::prelude::*;
use nums::{ClusterSpec, Stage};

nums! {
    fn inner(v: f64[n, m], w: f64[n - 2, m - 3]) -> f64[n, m] { v[1:-1, 2:-1] = w; v }
    fn rows(v: f64[n, m], w: f64[m]) -> f64[n, m] { v[2:5] = w; v }
    fn column(v: f64[n, m], w: f64[n]) -> f64[n, m] { v[:, -1] = w; v }
    fn number(v: f64[n, m]) -> f64[n, m] { v[3:, 1:4] = 7.0; v }
    fn corner(v: f64[n, m], s: f64) -> f64[n, m] { v[0, 0] = s; v }
    fn stack(v: f64[n, m], w: f64[n, 1]) -> f64[n, m] { v[:, :2] = w; v }
    fn nothing(v: f64[n, m]) -> f64[n, m] { v[2:2] = 1.0; v }
    fn everything(v: f64[n, m]) -> f64[n, m] { v[:] = 1.0; v }
    fn added(v: f64[n, m]) -> f64[n, m] { v[1:3, 1:] += 1.0; v }
    fn strided(v: f64[n, m]) -> f64[n, m] { v[::2, 1:] = -1.0; v }
    fn seen(v: f64[n]) -> (f64[n], i64[n]) { i = arange(len(v)); v[i] = 2.0; (v, i) }
}

const N: usize = 9;
const M: usize = 7;

/// `run` on an array of `N` by `M` in blocks of every kind, against its elements by row and column.
fn check(name: &str, run: impl Fn(&Array<f64>) -> Result<Array<f64>>, want: impl Fn(usize, usize) -> f64) {
    let cluster = Cluster::threads(2).unwrap();
    let _entered = cluster.enter();
    let whole = Array::from_vec((0..N * M).map(|i| i as f64).collect(), &[N, M]).unwrap();
    for block in [[N, M], [5, 4], [2, 7], [1, 1]] {
        let got = run(&whole.rechunk(&block).unwrap()).unwrap().to_vec().unwrap();
        let want: Vec<f64> = (0..N * M).map(|i| want(i / M, i % M)).collect();
        assert_eq!(got, want, "{name} in blocks of {block:?}");
    }
}

/// The old element.
fn old(i: usize, j: usize) -> f64 {
    (i * M + j) as f64
}

#[test]
fn a_box_takes_its_values_and_leaves_the_rest() {
    let values =
        |shape: &[usize]| Array::from_vec((0..shape.iter().product()).map(|i| 100.0 + i as f64).collect(), shape).unwrap();
    let pick = |inside: bool, new: f64, i, j| if inside { new } else { old(i, j) };
    check(
        "inner",
        |v| inner(v, &values(&[N - 2, M - 3])),
        |i, j| {
            let inside = (1..N - 1).contains(&i) && (2..M - 1).contains(&j);
            if inside { 100.0 + ((i - 1) * (M - 3) + j - 2) as f64 } else { old(i, j) }
        },
    );
    check("rows", |v| rows(v, &values(&[M])), |i, j| pick((2..5).contains(&i), 100.0 + j as f64, i, j));
    check("column", |v| column(v, &values(&[N])), |i, j| pick(j == M - 1, 100.0 + i as f64, i, j));
    check("number", number, |i, j| pick(i >= 3 && (1..4).contains(&j), 7.0, i, j));
    check("corner", |v| corner(v, 5.0), |i, j| pick(i == 0 && j == 0, 5.0, i, j));
    check("stack", |v| stack(v, &values(&[N, 1])), |i, j| pick(j < 2, 100.0 + i as f64, i, j));
    check("nothing", nothing, old);
    check("everything", everything, |_, _| 1.0);
    check("added", added, |i, j| pick((1..3).contains(&i) && j >= 1, old(i, j) + 1.0, i, j));
    check("strided", strided, |i, j| pick(i % 2 == 0 && j >= 1, -1.0, i, j));
    check("seen", |v| seen(&nums!(reshape(v, -1))?).and_then(|(v, _)| nums!(reshape(v, (9, 7)))), |_, _| 2.0);
}

#[test]
fn no_positions_are_made_or_looked_at() {
    let spec = ClusterSpec::uniform(1, 2);
    let plan = inner::plan_with(&spec, &[&[9, 7], &[7, 4]], &[&[4, 7], &[3, 4]], &[]).unwrap();
    let text = plan.ir(Stage::Tiled);
    assert!(text.matches(" = ").count() == text.matches(" = assemble").count(), "{text}");
}
