//! Accuracy and special values, against std, whose error is about half an ulp.

use super::{cos, cos_f64, exp, exp_f64, is_near, log, log_f64, pow, sin, sin_f64, tanh, tanh_f64};

/// Distance in units of the last place of `want`, minus nothing: std's own error is inside the bound.
fn ulps(got: f64, want: f64) -> f64 {
    if got == want || (got.is_nan() && want.is_nan()) {
        return 0.0;
    }
    let next = f64::from_bits(want.abs().to_bits() + 1);
    ((got - want) / (next - want.abs())).abs()
}

/// A fixed sequence of floats in `low..high`.
fn points(low: f64, high: f64) -> impl Iterator<Item = f64> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    (0..400_000).map(move |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        low + (high - low) * ((state >> 11) as f64 / (1u64 << 53) as f64)
    })
}

fn check(name: &str, f: fn(f64) -> f64, std: fn(f64) -> f64, points: impl Iterator<Item = f64>, bound: f64) {
    let (mut worst, mut at) = (0.0, 0.0);
    for x in points {
        let e = ulps(f(x), std(x));
        if e > worst {
            (worst, at) = (e, x);
        }
    }
    // Distances of rounded results are whole ulps: 1 means within 1.5 ulp of the truth.
    assert!(worst <= bound, "{name}: {worst} ulp at {at:e}: {:e}, expected {:e}", f(at), std(at));
}

#[test]
fn errors_are_one_ulp_of_std() {
    check("exp", exp_f64, f64::exp, points(-1.0, 1.0), 1.0);
    check("exp", exp_f64, f64::exp, points(-745.0, 709.7), 1.0);
    check("log", log_f64, f64::ln, points(0.5, 2.0), 1.0);
    check("log", log_f64, f64::ln, points(-700.0, 700.0).map(f64::exp), 1.0);
    check("sin", sin_f64, f64::sin, points(-4.0, 4.0), 1.0);
    check("sin", sin_f64, f64::sin, points(-1.0e5, 1.0e5), 1.0);
    check("cos", cos_f64, f64::cos, points(-4.0, 4.0), 1.0);
    check("cos", cos_f64, f64::cos, points(-1.0e5, 1.0e5), 1.0);
    // Near the zeros all digits of the reduced argument are lost in the first two parts of π/2.
    let zeros = || (0..60_000).map(|n| f64::from(n) * std::f64::consts::FRAC_PI_2);
    check("sin", sin_f64, f64::sin, zeros(), 1.0);
    check("cos", cos_f64, f64::cos, zeros(), 1.0);
    // std's tanh is itself up to 2 ulp off.
    check("tanh", tanh_f64, f64::tanh, points(-20.0, 20.0), 3.0);
    check("tanh", tanh_f64, f64::tanh, points(-0.7, 0.7), 3.0);
}

#[test]
fn tanh_is_accurate_against_a_compensated_reference() {
    // tanh = t / (t + 2) with t = expm1(2x): std's expm1 is below 1 ulp, and the quotient is taken with its error term.
    let reference = |x: f64| {
        let t = (2.0 * x).exp_m1();
        t / (t + 2.0)
    };
    check("tanh", tanh_f64, reference, points(-3.0, 3.0), 2.0);
}

#[test]
fn special_values_are_exact() {
    let bits = |x: f64| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() };
    let tiny = f64::from_bits(1);
    let (max, min) = (f64::MAX, f64::MIN_POSITIVE);
    let values = [0.0, 1.0, f64::INFINITY, f64::NAN, tiny, min, max, 0.6, 2.5e-308, 709.782_712_893_384, 709.8, 745.2, 1.0e300];
    for x in values.into_iter().flat_map(|x| [x, -x]) {
        assert_eq!(bits(tanh(x)), bits(x.tanh()), "tanh {x:e}");
        for (name, got, want) in
            [("exp", exp(x), x.exp()), ("log", log(x), x.ln()), ("sin", sin(x), x.sin()), ("cos", cos(x), x.cos())]
        {
            assert!(ulps(got, want) <= 1.0, "{name} {x:e}: {got:e}, expected {want:e}");
            if want == 0.0 || !want.is_finite() {
                assert_eq!(bits(got), bits(want), "{name} {x:e}");
            }
        }
    }
    for x in points(-745.2, -707.0).take(10_000) {
        let (got, want) = (exp(x), x.exp());
        assert!((got.to_bits() as i64 - want.to_bits() as i64).abs() <= 1, "subnormal exp {x:e}: {got:e}, expected {want:e}");
    }
    assert_eq!((exp(0.0), exp(-0.0), log(1.0), cos(0.0)), (1.0, 1.0, 0.0, 1.0));
}

#[test]
fn single_precision_is_rounded_once() {
    for x in points(-80.0, 80.0).take(50_000) {
        let x = x as f32;
        let wide = f64::from(x);
        assert_eq!(exp(x).to_bits(), (exp_f64(wide) as f32).to_bits());
        assert!((f64::from(exp(x)) - wide.exp()).abs() <= wide.exp() * 6.0e-8);
        assert!((f64::from(sin(x)) - wide.sin()).abs() <= wide.sin().abs() * 6.0e-8);
        assert!((f64::from(tanh(x)) - wide.tanh()).abs() <= wide.tanh().abs() * 6.0e-8);
    }
}

/// Powers of std's, which are correctly rounded but for one in a thousand.
#[test]
fn powers_are_one_ulp_of_std() {
    let exponents = || points(-1.0, 1.0).map(|t| 700.0 * t * t * t);
    for (x, y) in points(-5.0, 5.0).map(f64::exp).zip(exponents()) {
        let (got, want) = (pow(x, y), x.powf(y));
        let apart = (got.to_bits() as i64 - want.to_bits() as i64).abs();
        assert!(apart <= 1, "{x:e} ** {y:e}: {got:e}, expected {want:e}");
    }
    for (x, y) in points(-3.0e-5, 3.0e-5).zip(points(-1.0, 1.0)) {
        let (x, y) = (1.0 + x * x * x, 1.0e17 * y * y * y);
        assert!(ulps(pow(x, y), x.powf(y)) <= 1.0, "{x:e} ** {y:e}: {:e}, expected {:e}", pow(x, y), x.powf(y));
    }
}

#[test]
fn powers_that_floats_have_are_exact() {
    for base in 1..100i32 {
        let mut power = 1.0;
        for exponent in 0..54i32 {
            for sign in [1.0, -1.0] {
                let want = if exponent % 2 == 1 { sign * power } else { power };
                assert_eq!(pow(sign * f64::from(base), f64::from(exponent)), want, "{base} ** {exponent}");
            }
            power *= f64::from(base);
            if power > 9.0e15 {
                break;
            }
        }
    }
    for k in -1074..1024 {
        assert_eq!(pow(2.0, f64::from(k)), libm::scalbn(1.0, k), "2 ** {k}");
        assert_eq!(pow(libm::scalbn(1.0, k), 1.0), libm::scalbn(1.0, k), "(2 ** {k}) ** 1");
    }
}

#[test]
fn powers_of_special_values_are_std_s() {
    let large =
        [4.5e15, 4_503_599_627_370_495.5, 4_503_599_627_370_497.0, 9_007_199_254_740_991.0, 9_007_199_254_740_994.0, 1.0e18];
    let some = [0.0, 1.0, 0.5, 1.5, 2.0, 2.5, 3.0, 7.0, 1023.0, 1074.0, 1075.5, 1.0e300, f64::MAX, f64::INFINITY, f64::NAN];
    let small = [f64::from_bits(1), 3.0e-310, f64::MIN_POSITIVE, 1.0e-300, 1.0 + f64::EPSILON, 1.0 - f64::EPSILON / 2.0];
    let values: Vec<f64> = large.into_iter().chain(some).chain(small).flat_map(|x| [x, -x]).collect();
    for &x in &values {
        for &y in &values {
            let (got, want) = (pow(x, y), x.powf(y));
            if want.is_nan() {
                assert!(got.is_nan(), "{x:e} ** {y:e}: {got:e}, expected NaN");
            } else {
                let apart = (got.to_bits() as i64).wrapping_sub(want.to_bits() as i64).abs();
                assert!(
                    apart <= 1 && (want.is_normal() || got == want || want.is_subnormal()),
                    "{x:e} ** {y:e}: {got:e}, {want:e}"
                );
            }
            let (x, y) = (x as f32, y as f32);
            let (got, want) = (pow(x, y), f64::from(x).powf(f64::from(y)) as f32);
            let apart = i64::from(got.to_bits()) - i64::from(want.to_bits());
            assert!(got.is_nan() && want.is_nan() || apart == 0, "{x:e} ** {y:e}: {got:e}, expected {want:e} (f32)");
        }
    }
    assert_eq!((pow(3.0, 2.0), pow(0.0, 0.0), pow(f64::NAN, 0.0), pow(1.0, f64::NAN)), (9.0, 1.0, 1.0, 1.0));
    let complex = pow(-2.0f64, 0.5);
    assert!(complex.is_sign_negative() && complex.is_nan());
}

#[test]
fn the_short_sine_has_the_bits_of_the_long_one() {
    let values = [0.0, 1.0, 3.0e4, 1.0e5, f64::from_bits(1), f64::INFINITY, f64::NAN];
    for x in values.into_iter().flat_map(|x| [x, -x]) {
        assert!(is_near(x), "{x:e}");
        assert_eq!(super::sin_near(x).to_bits(), sin(x).to_bits(), "sin {x:e}");
        assert_eq!(super::cos_near(x).to_bits(), cos(x).to_bits(), "cos {x:e}");
    }
    for x in [1.0e5 + 0.1, 1.0e22, f64::MAX].into_iter().flat_map(|x| [x, -x]) {
        assert!(!is_near(x) && sin(x) == libm::sin(x) && cos(x) == libm::cos(x), "{x:e}");
    }
}
