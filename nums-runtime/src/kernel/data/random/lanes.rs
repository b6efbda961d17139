//! Uniform and normal numbers of neighbouring positions, many at once.
//!
//! Everything is branch-free scalar Rust that LLVM vectorises: rounds of Philox, and for Box and Muller's method the logarithm and
//! the cosine of the `libm` crate (both FreeBSD's), written for the arguments that occur there. The bits are those of the crate,
//! which tests compare, whatever the instructions: no fused multiply-add, no table.

use crate::native::{Loop, vectorised};

/// Positions at a time: their words stay in the first cache.
pub(super) const LANES: usize = 256;

/// Ten rounds of Philox on a counter of four words.
#[inline(always)]
pub(super) fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
    const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
    for _ in 0..10 {
        let product = |m: u32, c: u32| {
            let wide = u64::from(m) * u64::from(c);
            ((wide >> 32) as u32, wide as u32)
        };
        let ((high0, low0), (high1, low1)) = (product(MULTIPLIERS[0], counter[0]), product(MULTIPLIERS[1], counter[2]));
        counter = [high1 ^ counter[1] ^ key[0], low1, high0 ^ counter[3] ^ key[1], low0];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

/// A uniform number in [0, 1) of 53 bits.
#[inline(always)]
pub(super) fn uniform(low: u32, high: u32) -> f64 {
    let word = u64::from(low) | u64::from(high) << 32;
    (word >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

/// A normal number from two uniform ones, by Box and Muller.
#[inline(always)]
pub(super) fn normal(u: f64, v: f64) -> f64 {
    (-2.0 * log(1.0 - u)).sqrt() * cos(2.0 * std::f64::consts::PI * v)
}

/// What a draw of neighbouring positions makes of the words of each.
#[derive(Clone, Copy)]
pub(super) enum Law {
    Uniform,
    Normal,
}

/// The first numbers of neighbouring positions: what `Source` gives one by one.
pub(super) struct Numbers {
    law: Law,
    key: [u32; 2],
    stream: u32,
    position: u64,
    first: [f64; LANES],
    second: [f64; LANES],
}

impl Numbers {
    pub(super) fn new(law: Law, key: [u32; 2], stream: u32, position: u64) -> Numbers {
        Numbers { law, key, stream, position, first: [0.0; LANES], second: [0.0; LANES] }
    }

    /// Those of the next `LANES` positions.
    pub(super) fn next(&mut self) -> &[f64; LANES] {
        vectorised(Step(self));
        self.position = self.position.wrapping_add(LANES as u64);
        &self.first
    }
}

struct Step<'a>(&'a mut Numbers);

impl Loop for Step<'_> {
    type Out = ();

    // Plain loops: a closure would be a function of its own, without the instructions.
    #[inline(always)]
    fn run(self) {
        let Numbers { law, key, stream, position, first, second } = self.0;
        for i in 0..LANES {
            let at = position.wrapping_add(i as u64);
            let [a, b, c, d] = philox([at as u32, (at >> 32) as u32, *stream, 0], *key);
            first[i] = uniform(a, b);
            second[i] = uniform(c, d);
        }
        match law {
            Law::Uniform => {}
            Law::Normal => {
                for i in 0..LANES {
                    first[i] = normal(first[i], second[i]);
                }
            }
        }
    }
}

/// `libm::log` for normal numbers above zero.
#[inline(always)]
fn log(x: f64) -> f64 {
    const LN2_HI: f64 = 0.693_147_180_369_123_8;
    const LN2_LO: f64 = 1.908_214_929_270_587_7e-10;
    const LG: [f64; 7] = [
        0.666_666_666_666_673_5,
        0.399_999_999_994_094_2,
        0.285_714_287_436_623_9,
        0.222_221_984_321_497_84,
        0.181_835_721_616_180_5,
        0.153_138_376_992_093_73,
        0.147_981_986_051_165_86,
    ];
    // `x` is 2^k times a number around 1: its exponent and mantissa as if 1 began at the root of a half.
    const ROOT: u64 = 0x3fe6_a09e << 32;
    const ONE: u64 = 0x3ff0_0000 << 32;
    let bits = x.to_bits() + (ONE - ROOT);
    let f = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) + ROOT) - 1.0;
    let k = (bits >> 52) as i32 - 0x3ff;
    let half = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (LG[1] + w * (LG[3] + w * LG[5]));
    let odd = z * (LG[0] + w * (LG[2] + w * (LG[4] + w * LG[6])));
    let k = f64::from(k);
    s * (half + (odd + even)) + k * LN2_LO - half + f + k * LN2_HI
}

/// `libm::cos` from 0 to 2π.
#[inline(always)]
fn cos(x: f64) -> f64 {
    // π/2 in parts of 33 bits, and what each part leaves.
    const PART: [f64; 3] = [1.570_796_326_734_125_6, 6.077_100_506_303_966e-11, 2.022_266_248_711_166_5e-21];
    const LEFT: [f64; 3] = [6.077_100_506_506_192e-11, 2.022_266_248_795_950_6e-21, 8.478_427_660_368_9e-32];
    let high = x.to_bits() >> 32;
    let turns = |from: u64| if high > from { 1.0 } else { 0.0 };
    // The nearest multiple of π/2.
    let n = turns(0x3fe9_21fb) + turns(0x4002_d97c) + turns(0x400f_6a7a) + turns(0x4015_fdbc);
    let first = (x - n * PART[0], n * LEFT[0]);
    // Beside the multiples more parts are needed, by how many bits cancel.
    let beside = (high == 0x3ff9_21fb) | (high == 0x4009_21fb) | (high == 0x4012_d97c) | (high == 0x4019_21fb);
    let lost = |(r, w): (f64, f64)| (x.to_bits() >> 52) as i64 - ((r - w).to_bits() >> 52 & 0x7ff) as i64;
    let next = |(t, _): (f64, f64), part: usize| {
        let w = n * PART[part];
        let r = t - w;
        (r, n * LEFT[part] - ((t - r) - w))
    };
    let second = next(first, 1);
    let third = next(second, 2);
    let (two, three) = (beside & (lost(first) > 16), beside & (lost(first) > 16) & (lost(second) > 49));
    let pick = |a: f64, b: f64, c: f64| {
        if three {
            c
        } else if two {
            b
        } else {
            a
        }
    };
    let rest = (pick(first.0, second.0, third.0), pick(first.1, second.1, third.1));
    let y = rest.0 - rest.1;
    let tail = (rest.0 - y) - rest.1;
    let (sine, cosine) = (sin_near(y, tail), cos_near(y, tail));
    let odd = (n == 1.0) | (n == 3.0);
    let value = if odd { sine } else { cosine };
    if (n == 1.0) | (n == 2.0) { -value } else { value }
}

/// The cosine of `x + y`, between -π/4 and π/4.
#[inline(always)]
fn cos_near(x: f64, y: f64) -> f64 {
    const C: [f64; 6] = [
        0.041_666_666_666_666_6,
        -0.001_388_888_888_887_411,
        2.480_158_728_947_673e-5,
        -2.755_731_435_139_066_3e-7,
        2.087_572_321_298_175e-9,
        -1.135_964_755_778_819_5e-11,
    ];
    let z = x * x;
    let w = z * z;
    let r = z * (C[0] + z * (C[1] + z * C[2])) + w * w * (C[3] + z * (C[4] + z * C[5]));
    let half = 0.5 * z;
    let w = 1.0 - half;
    w + (((1.0 - w) - half) + (z * r - x * y))
}

/// The sine of `x + y`, between -π/4 and π/4.
#[inline(always)]
fn sin_near(x: f64, y: f64) -> f64 {
    const S: [f64; 6] = [
        -0.166_666_666_666_666_32,
        0.008_333_333_333_322_49,
        -0.000_198_412_698_298_579_5,
        2.755_731_370_707_006_8e-6,
        -2.505_076_025_340_686_3e-8,
        1.589_690_995_211_55e-10,
    ];
    let z = x * x;
    let w = z * z;
    let r = S[1] + z * (S[2] + z * S[3]) + z * w * (S[4] + z * S[5]);
    let v = z * x;
    x - ((z * (0.5 * y - v * r) - y) - v * S[0])
}

#[cfg(test)]
mod tests {
    use super::normal;

    fn by_libm(u: f64, v: f64) -> f64 {
        (-2.0 * libm::log(1.0 - u)).sqrt() * libm::cos(2.0 * std::f64::consts::PI * v)
    }

    #[test]
    fn normal_numbers_have_the_bits_of_libm() {
        const UNIT: f64 = 1.0 / 9_007_199_254_740_992.0;
        let check = |u: f64, v: f64| assert_eq!(normal(u, v).to_bits(), by_libm(u, v).to_bits(), "{u:e} {v:e}");
        // Ends, and both sides of every eighth of a turn, where parts of π/2 cancel, at many distances.
        let last = 1.0 - UNIT;
        for (eighth, k) in (0..=8).flat_map(|e| (-300..=300).map(move |k| (f64::from(e) / 8.0, f64::from(k)))) {
            for shift in 0..36 {
                let x = eighth + k * f64::from(shift).exp2() * UNIT;
                if (0.0..1.0).contains(&x) {
                    check(0.3, x);
                    check(x, 0.1);
                }
            }
        }
        check(0.0, 0.0);
        check(last, last);
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 * UNIT
        };
        (0..200_000).for_each(|_| check(next(), next()));
    }
}
