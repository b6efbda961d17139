//! The error table of the docs: the largest error of every function, in units of the last place, against 100 bits.
//!
//! Points are fixed, and so is the table: `docs/accuracy.md` is held to what is measured (`NUMS_BLESS=1` writes it). No function
//! may be off by more than 1.5 ulp, in either precision.

use super::reference::{self as wide, Wide};
use super::*;
use std::fmt::Write as _;

/// A function of one or two arguments in both precisions, its reference, and where it is measured.
struct Row {
    name: &'static str,
    double: fn(f64, f64) -> f64,
    single: fn(f32, f32) -> f32,
    reference: fn(Wide, Wide) -> Wide,
    /// Ranges of the first argument; a geometric one between positive ends has points of all sizes.
    ranges: &'static [(f64, f64)],
    /// Range of the second argument, if there is one.
    second: Option<(f64, f64)>,
    note: &'static str,
}

macro_rules! row {
    ($name:ident, $ranges:expr, $note:literal) => {
        Row {
            name: stringify!($name),
            double: |x, _| $name(x),
            single: |x, _| $name(x),
            reference: |x, _| wide::$name(x),
            ranges: &$ranges,
            second: None,
            note: $note,
        }
    };
    ($name:ident, $ranges:expr, $second:expr, $note:literal) => {
        Row {
            name: stringify!($name),
            double: |x, y| $name(x, y),
            single: |x, y| $name(x, y),
            reference: |x, y| wide::$name(x, y),
            ranges: &$ranges,
            second: Some($second),
            note: $note,
        }
    };
}

/// A range of all sizes, of both signs.
const ALL: (f64, f64) = (1e-30, 1e30);

const ROWS: &[Row] = &[
    row!(exp, [(-1.0, 1.0), (-708.0, 709.7)], "0, infinity and subnormal results exact or within 1 ulp"),
    row!(log, [(0.5, 2.0), (1e-300, 1e300)], "`log(1) = 0`; subnormal arguments as others"),
    row!(sin, [(-4.0, 4.0), (-1.0e5, 1.0e5)], "beyond 1e5 the `libm` crate's, below 1 ulp"),
    row!(cos, [(-4.0, 4.0), (-1.0e5, 1.0e5)], "beyond 1e5 the `libm` crate's, below 1 ulp"),
    row!(tan, [(-1.5, 1.5), (-1.0e5, 1.0e5)], ""),
    row!(tanh, [(-0.7, 0.7), (-20.0, 20.0)], "±1 beyond 20"),
    row!(sinh, [(-1.0, 1.0), (1.0, 5.0), (-700.0, 700.0)], ""),
    row!(cosh, [(-1.0, 1.0), (1.0, 5.0), (-700.0, 700.0)], ""),
    row!(asin, [(-1.0, 1.0)], "NaN outside [-1, 1]"),
    row!(acos, [(-1.0, 1.0)], "NaN outside [-1, 1]"),
    row!(atan, [(-2.0, 2.0), ALL], ""),
    row!(asinh, [(-2.0, 2.0), (2.0, 9.0), (1e-30, 1e30)], ""),
    row!(acosh, [(1.0, 1.01), (1.0, 3.0), (1.0, 1e30)], "NaN below 1"),
    row!(atanh, [(-0.999, 0.999), (1e-30, 0.5)], "infinite at ±1, NaN outside"),
    row!(exp2, [(-1.0, 1.0), (-1020.0, 1020.0)], "integers exact"),
    row!(expm1, [(-1.0, 1.0), (-40.0, 700.0)], ""),
    row!(log2, [(0.5, 2.0), (1e-300, 1e300)], "powers of 2 exact"),
    row!(log10, [(0.5, 2.0), (1e-300, 1e300)], ""),
    row!(log1p, [(-0.9, 2.0), (1e-30, 1e30)], ""),
    row!(cbrt, [(-8.0, 8.0), ALL], ""),
    row!(
        pow,
        [(0.1, 10.0), (0.999, 1.001), (1e-3, 1e3)],
        (-100.0, 100.0),
        "powers that a float has are exact; special values as C99"
    ),
    row!(hypot, [(-10.0, 10.0), (1e-30, 1e30)], (-10.0, 10.0), "no overflow on the way"),
    row!(atan2, [(-10.0, 10.0)], (-10.0, 10.0), "quadrants and signed zeros as C99"),
    row!(logaddexp, [(0.0, 700.0)], (0.0, 700.0), "a result near 0 of negative arguments has the argument's absolute error"),
    row!(logaddexp2, [(0.0, 1000.0)], (0.0, 1000.0), "as `logaddexp`"),
];

/// Points of a range.
const POINTS: u64 = 10_000;

/// Fixed points of a range: even ones, or geometric ones of both signs where both ends are positive and far apart.
fn points((low, high): (f64, f64)) -> impl Iterator<Item = f64> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15 ^ low.to_bits() ^ high.to_bits().rotate_left(17);
    let geometric = low > 0.0 && high / low > 1e3;
    (0..POINTS).map(move |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let t = (state >> 11) as f64 / (1u64 << 53) as f64;
        if geometric { (low.ln() + (high.ln() - low.ln()) * t).exp() } else { low + (high - low) * t }
    })
}

/// The distance of `got` from `want` in units of the last of `digits` binary digits of `want`.
fn ulps(got: f64, want: Wide, digits: i32) -> f64 {
    let exponent = ((want.0.abs().to_bits() >> 52) as i32 - 1023).max(if digits == 53 { -1022 } else { -126 });
    let off = (got - want.0) - want.1;
    (off / 2f64.powi((exponent - digits + 1).max(-1022))).abs()
}

/// The largest errors in both precisions, and where that of `f64` is.
fn measure(row: &Row) -> (f64, f64, f64) {
    let (mut double, mut single, mut at) = (0.0, 0.0, 0.0);
    for &range in row.ranges {
        let mut second = points(row.second.unwrap_or((1.0, 2.0)));
        for x in points(range) {
            let y = second.next().unwrap_or(1.0);
            let e = ulps((row.double)(x, y), (row.reference)(x.into(), y.into()), 53);
            // The comparison is false for a NaN, which no point should give.
            assert!(e.is_finite(), "{} of {x:e}, {y:e}: {} ulp", row.name, e);
            if e > double {
                (double, at) = (e, x);
            }
            let (x, y) = (x as f32, y as f32);
            let want = (row.reference)(f64::from(x).into(), f64::from(y).into());
            if want.0.abs() < f64::from(f32::MAX) && x != 0.0 && f64::from(x).abs() >= range.0.abs().min(range.1.abs()).min(1e-30)
            {
                let e = ulps(f64::from((row.single)(x, y)), want, 24);
                if e > single {
                    single = e;
                }
            }
        }
    }
    (double, single, at)
}

#[test]
fn no_function_is_off_by_more_than_one_and_a_half_ulp_and_the_table_says_how_much() {
    let mut table = String::from("| function | measured on | f64, ulp | f32, ulp | besides |\n|---|---|---|---|---|\n");
    let mut wrong = Vec::new();
    for row in ROWS {
        let (double, single, at) = measure(row);
        if double > 1.5 || single > 1.5 {
            wrong.push(format!("{}: {double:.3} ulp at {at:e}, {single:.3} ulp in f32", row.name));
        }
        let range = |(a, b): &(f64, f64)| format!("{a:?} … {b:?}");
        let mut ranges: Vec<String> = row.ranges.iter().map(range).collect();
        if let Some(second) = &row.second {
            ranges = vec![format!("{}; second {}", ranges.join(", "), range(second))];
        }
        // Upwards, so that the table is a bound for the points that were taken.
        let up = |e: f64| (e * 10.0).ceil() / 10.0;
        writeln!(table, "| `{}` | {} | {:.1} | {:.1} | {} |", row.name, ranges.join(", "), up(double), up(single), row.note)
            .expect("a String");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/accuracy.md");
    let page = std::fs::read_to_string(&path).expect("docs/accuracy.md");
    let (before, rest) = page.split_once("<!-- table -->\n").expect("where the table begins");
    let (_, after) = rest.split_once("<!-- end -->\n").expect("where it ends");
    let new = format!("{before}<!-- table -->\n{table}<!-- end -->\n{after}");
    if std::env::var_os("NUMS_BLESS").is_some() {
        std::fs::write(&path, &new).expect("docs/accuracy.md");
    } else {
        assert_eq!(page, new, "docs/accuracy.md: NUMS_BLESS=1 writes what was measured");
    }
}

#[test]
fn the_reference_agrees_with_known_digits() {
    let close = |got: Wide, high: f64, low: f64| {
        let off = ((got.0 - high) + (got.1 - low)).abs() / high.abs();
        assert!(off < 1e-29, "{got:?}, want {high:?} {low:?}: off by {off:e}");
    };
    // e, ln 10, sin 1, atan 1 = π/4 to two floats each.
    close(wide::exp(1.0.into()), std::f64::consts::E, 1.445_646_891_729_250_2e-16);
    close(wide::log(10.0.into()), std::f64::consts::LN_10, -2.170_756_223_382_249_4e-16);
    close(wide::atan(1.0.into()), std::f64::consts::FRAC_PI_4, 3.061_616_997_868_383e-17);
    close(wide::log(wide::exp(0.75.into())), 0.75, 0.0);
    close(wide::tanh(wide::atanh(0.625.into())), 0.625, 0.0);
    close(wide::sin(wide::asin(0.8125.into())), 0.8125, 0.0);
    close(wide::cosh(wide::acosh(1.25.into())), 1.25, 0.0);
}
