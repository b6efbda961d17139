//! Random numbers by counter: Philox 4×32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
//!
//! The key is the seed; the counter is the element's position in the whole array, the stream of the draw and the number of the
//! attempt, for methods that reject. So an element's number depends on nothing else: not on blocks, workers, or order.
//! Distributions that take one attempt and no parameters are drawn for many positions at once (`lanes`).
//! Normal by Box and Muller, gamma by Marsaglia and Tsang, Poisson and binomial by inversion for small and by Hörmann's
//! transformed rejection (PTRS, BTRS) for large means.

mod lanes;

use super::super::{KernelError, Operand, scalars, stale_room};
use crate::block::Block;
use crate::element::{Element, with_type};
use lanes::Law;
use nums_ir::data::Dist;
use nums_ir::dtype::DType;
use nums_ir::func::Scalar;

/// What is drawn.
pub(super) struct Draw<'a> {
    pub(super) dist: Dist,
    pub(super) stream: u64,
    /// Shape of the whole array.
    pub(super) whole: &'a [usize],
    /// Position and shape of the block.
    pub(super) offset: &'a [usize],
    pub(super) shape: &'a [usize],
    pub(super) dtype: DType,
}

impl Draw<'_> {
    /// What is drawn for many positions at once, if it is.
    fn law(&self) -> Option<Law> {
        match self.dist {
            Dist::Uniform => Some(Law::Uniform),
            Dist::Normal => Some(Law::Normal),
            Dist::Exponential | Dist::Gamma | Dist::Integers | Dist::Poisson | Dist::Binomial => None,
        }
    }

    /// The last axis of which the block is a part, or the first.
    fn along(&self) -> usize {
        (0..self.whole.len()).rev().find(|&a| self.shape[a] < self.whole[a]).unwrap_or(0)
    }

    /// Elements of the block that are neighbours in the whole array.
    fn run(&self) -> usize {
        self.shape[self.along()..].iter().product::<usize>().max(1)
    }

    /// Position in the whole array of the first element of a run.
    fn position(&self, mut run: usize) -> u64 {
        let (mut position, mut stride) = (0, 1);
        for a in (0..self.whole.len()).rev() {
            let mut c = self.offset[a];
            if a < self.along() {
                c += run % self.shape[a];
                run /= self.shape[a];
            }
            position += c * stride;
            stride *= self.whole[a];
        }
        position as u64
    }
}

/// The numbers of one element.
struct Source {
    key: [u32; 2],
    stream: u32,
    position: u64,
    attempt: u32,
}

impl Source {
    /// Four words; the next call has others.
    fn words(&mut self) -> [u32; 4] {
        let counter = [self.position as u32, (self.position >> 32) as u32, self.stream, self.attempt];
        self.attempt = self.attempt.wrapping_add(1);
        lanes::philox(counter, self.key)
    }

    /// Two uniform numbers in [0, 1) of 53 bits.
    fn uniform(&mut self) -> [f64; 2] {
        let [a, b, c, d] = self.words();
        [lanes::uniform(a, b), lanes::uniform(c, d)]
    }

    fn normal(&mut self) -> f64 {
        let [u, v] = self.uniform();
        lanes::normal(u, v)
    }

    /// Marsaglia and Tsang 2000; below a shape of 1 by one more power.
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape == 0.0 {
            return 0.0;
        }
        if shape < 1.0 {
            let [u, _] = self.uniform();
            return self.gamma(shape + 1.0) * libm::pow(1.0 - u, 1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = 1.0 + c * x;
            if v <= 0.0 {
                continue;
            }
            let v = v * v * v;
            let [u, _] = self.uniform();
            if libm::log(1.0 - u) < 0.5 * x * x + d - d * v + d * libm::log(v) {
                return d * v;
            }
        }
    }

    /// Uniform below `n` without bias, by Lemire's multiplication.
    fn below(&mut self, n: u64) -> u64 {
        loop {
            let [low, high, ..] = self.words();
            let wide = u128::from(u64::from(low) | u64::from(high) << 32) * u128::from(n);
            if wide as u64 >= n.wrapping_neg() % n {
                return (wide >> 64) as u64;
            }
        }
    }

    fn poisson(&mut self, rate: f64) -> f64 {
        if rate < 10.0 {
            // By inversion: steps up the distribution until it passes the uniform number.
            let [u, _] = self.uniform();
            let (mut k, mut p) = (0.0, libm::exp(-rate));
            let mut sum = p;
            while u >= sum && k < 1000.0 {
                k += 1.0;
                p *= rate / k;
                sum += p;
            }
            return k;
        }
        // Hörmann 1993, PTRS.
        let (slope, log_rate) = (rate.sqrt(), libm::log(rate));
        let b = 0.931 + 2.53 * slope;
        let a = -0.059 + 0.024_83 * b;
        let inverse = 1.1239 + 1.1328 / (b - 3.4);
        let v_r = 0.9277 - 3.6224 / (b - 2.0);
        loop {
            let [u, v] = self.uniform();
            let u = u - 0.5;
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + rate + 0.43).floor();
            if us >= 0.07 && v <= v_r {
                return k;
            }
            if k < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            let left = libm::log(v) + libm::log(inverse) - libm::log(a / (us * us) + b);
            if left <= -rate + k * log_rate - libm::lgamma(k + 1.0) {
                return k;
            }
        }
    }

    fn binomial(&mut self, n: f64, p: f64) -> f64 {
        if p > 0.5 {
            return n - self.binomial(n, 1.0 - p);
        }
        if n * p < 10.0 {
            let [u, _] = self.uniform();
            let q = 1.0 - p;
            let (mut k, mut chance) = (0.0, libm::exp(n * libm::log1p(-p)));
            let mut sum = chance;
            while u >= sum && k < n {
                chance *= (n - k) / (k + 1.0) * (p / q);
                k += 1.0;
                sum += chance;
            }
            return k;
        }
        // Hörmann 1993, BTRS.
        let spread = (n * p * (1.0 - p)).sqrt();
        let b = 1.15 + 2.53 * spread;
        let a = -0.0873 + 0.0248 * b + 0.01 * p;
        let c = n * p + 0.5;
        let v_r = 0.92 - 4.2 / b;
        let ratio = p / (1.0 - p);
        let alpha = (2.83 + 5.1 / b) * spread;
        let m = ((n + 1.0) * p).floor();
        loop {
            let [u, v] = self.uniform();
            let u = u - 0.5;
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + c).floor();
            if k < 0.0 || k > n {
                continue;
            }
            if us >= 0.07 && v <= v_r {
                return k;
            }
            let h = libm::lgamma(m + 1.0) + libm::lgamma(n - m + 1.0);
            let left = libm::log(v * alpha / (a / (us * us) + b));
            if left <= h - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0) + (k - m) * libm::log(ratio) {
                return k;
            }
        }
    }
}

/// Parameters that the distribution has a meaning for.
fn check(dist: Dist, parameters: &[Scalar]) -> Result<(), KernelError> {
    let number = |i: usize| real(parameters[i]);
    let fine = match dist {
        Dist::Uniform | Dist::Normal | Dist::Exponential => true,
        Dist::Gamma => number(0) >= 0.0 && number(0).is_finite(),
        Dist::Poisson => (0.0..9e15).contains(&number(0)),
        Dist::Integers => integer(parameters[0]) < integer(parameters[1]),
        Dist::Binomial => (0.0..9e15).contains(&number(0)) && (0.0..=1.0).contains(&number(1)),
    };
    if fine {
        return Ok(());
    }
    let shown: Vec<String> = parameters.iter().map(ToString::to_string).collect();
    Err(KernelError::Domain { op: dist.name().to_owned(), why: format!("its parameters are {}", shown.join(" and ")) })
}

fn real(s: Scalar) -> f64 {
    match s {
        Scalar::Bool(b) => f64::from(u8::from(b)),
        Scalar::Int(i) => i as f64,
        Scalar::Float(x) | Scalar::Complex(x, _) => x,
    }
}

fn integer(s: Scalar) -> i128 {
    if let Scalar::Int(i) = s { i } else { real(s) as i128 }
}

/// A parameter of a draw: for all elements, or for each its own.
enum Parameter<'a> {
    One(Scalar),
    Reals(&'a [f64]),
    Integers(&'a [i64]),
}

impl<'a> Parameter<'a> {
    fn of(arg: &Operand<'a>, shape: &[usize]) -> Result<Parameter<'a>, KernelError> {
        match arg {
            Operand::Block(block) if !block.shape().is_empty() => {
                if block.shape() != shape {
                    return Err(KernelError::mismatch("random", "a parameter has another shape"));
                }
                match block.dtype() {
                    DType::F64 => Ok(Parameter::Reals(block.as_slice())),
                    DType::I64 => Ok(Parameter::Integers(block.as_slice())),
                    other => Err(KernelError::mismatch("random", format!("a parameter is {other}"))),
                }
            }
            one => scalars::<1>("random", &[*one]).map(|[s]| Parameter::One(s)),
        }
    }

    /// The one of an element; of nothing there is none.
    fn at(&self, i: usize) -> Scalar {
        match self {
            Parameter::One(s) => *s,
            Parameter::Reals(all) => Scalar::Float(all.get(i).copied().unwrap_or(0.0)),
            Parameter::Integers(all) => Scalar::Int(all.get(i).copied().unwrap_or(0).into()),
        }
    }
}

pub(super) fn random(draw: &Draw<'_>, args: &[Operand<'_>]) -> Result<Block, KernelError> {
    let wrong = |why: &str| KernelError::mismatch("random", why);
    let rank = draw.whole.len();
    if draw.offset.len() != rank || draw.shape.len() != rank {
        return Err(wrong("a block of another rank"));
    }
    let inside = |a: usize| draw.offset[a].checked_add(draw.shape[a]).is_some_and(|end| end <= draw.whole[a]);
    if !(0..rank).all(inside) || draw.whole.iter().try_fold(1usize, |n, d| n.checked_mul(*d)).is_none() {
        return Err(wrong("a block outside its array"));
    }
    if args.len() != 1 + draw.dist.parameters() {
        return Err(wrong("another number of parameters"));
    }
    let seed = scalars::<1>("random", &args[..1]).map(|[s]| integer(s) as u64)?;
    let given: Vec<Parameter<'_>> = args[1..].iter().map(|a| Parameter::of(a, draw.shape)).collect::<Result<_, _>>()?;
    let mut parameters: Vec<Scalar> = given.iter().map(|p| p.at(0)).collect();
    let each = given.iter().any(|p| !matches!(p, Parameter::One(_)));
    if !each {
        check(draw.dist, &parameters)?;
    }
    let mut out = stale_room("random", draw.dtype, draw.shape)?;
    let key = [seed as u32, (seed >> 32) as u32];
    let run = draw.run();
    with_type!(draw.dtype, T => for (r, out) in out.as_mut_slice::<T>().chunks_mut(run).enumerate() {
        let first = draw.position(r);
        if let Some(law) = draw.law() {
            let mut numbers = lanes::Numbers::new(law, key, draw.stream as u32, first);
            for out in out.chunks_mut(lanes::LANES) {
                out.iter_mut().zip(numbers.next()).for_each(|(slot, x)| *slot = T::from_scalar(Scalar::Float(*x)));
            }
            continue;
        }
        for (i, slot) in out.iter_mut().enumerate() {
            if each {
                parameters.iter_mut().zip(&given).for_each(|(p, given)| *p = given.at(r * run + i));
                check(draw.dist, &parameters)?;
            }
            let mut source = Source { key, stream: draw.stream as u32, position: first + i as u64, attempt: 0 };
            *slot = T::from_scalar(one(draw.dist, &parameters, &mut source));
        }
    });
    Ok(out)
}

fn one(dist: Dist, parameters: &[Scalar], source: &mut Source) -> Scalar {
    let number = |i: usize| real(parameters[i]);
    match dist {
        Dist::Uniform => Scalar::Float(source.uniform()[0]),
        Dist::Normal => Scalar::Float(source.normal()),
        Dist::Exponential => Scalar::Float(-libm::log1p(-source.uniform()[0])),
        Dist::Gamma => Scalar::Float(source.gamma(number(0))),
        Dist::Integers => {
            let (low, high) = (integer(parameters[0]), integer(parameters[1]));
            Scalar::Int(low + i128::from(source.below((high - low) as u64)))
        }
        Dist::Poisson => Scalar::Int(source.poisson(number(0)) as i128),
        Dist::Binomial => Scalar::Int(source.binomial(number(0).floor(), number(1)) as i128),
    }
}

#[cfg(test)]
mod tests {
    use super::lanes::philox;
    use super::{Draw, Source, random};
    use crate::kernel::Operand;
    use nums_ir::data::Dist;
    use nums_ir::dtype::DType;
    use nums_ir::func::Scalar;

    #[test]
    fn philox_gives_the_known_answers_of_random123() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([u32::MAX; 4], [u32::MAX; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let pi = philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]);
        assert_eq!(pi, [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
    }

    fn drawn(dist: Dist, parameters: &[f64], n: usize) -> Vec<f64> {
        let at = |i: usize| Source { key: [7, 0], stream: 3, position: i as u64, attempt: 0 };
        let parameters: Vec<Scalar> = parameters.iter().map(|p| Scalar::Float(*p)).collect();
        (0..n).map(|i| super::real(super::one(dist, &parameters, &mut at(i)))).collect()
    }

    #[test]
    fn means_and_variances_are_those_of_the_distributions() {
        let cases: [(Dist, &[f64], f64, f64); 10] = [
            (Dist::Uniform, &[], 0.5, 1.0 / 12.0),
            (Dist::Normal, &[], 0.0, 1.0),
            (Dist::Exponential, &[], 1.0, 1.0),
            (Dist::Gamma, &[0.5], 0.5, 0.5),
            (Dist::Gamma, &[3.0], 3.0, 3.0),
            (Dist::Integers, &[-2.0, 9.0], 3.0, 10.0),
            (Dist::Poisson, &[2.5], 2.5, 2.5),
            (Dist::Poisson, &[40.0], 40.0, 40.0),
            (Dist::Binomial, &[20.0, 0.1], 2.0, 1.8),
            (Dist::Binomial, &[100.0, 0.7], 70.0, 21.0),
        ];
        let n = 40_000;
        for (dist, parameters, mean, variance) in cases {
            let all = drawn(dist, parameters, n);
            let found = all.iter().sum::<f64>() / n as f64;
            let spread = all.iter().map(|x| (x - found) * (x - found)).sum::<f64>() / n as f64;
            // Five deviations of the mean.
            let slack = 5.0 * (variance / n as f64).sqrt();
            assert!((found - mean).abs() < slack, "{} {parameters:?}: mean {found}, not {mean}", dist.name());
            assert!((spread / variance - 1.0).abs() < 0.06, "{} {parameters:?}: variance {spread}", dist.name());
        }
    }

    #[test]
    fn a_block_is_a_part_of_the_whole() {
        let draw = |offset: [usize; 2], shape: [usize; 2]| {
            let draw = Draw { dist: Dist::Normal, stream: 1, whole: &[6, 5], offset: &offset, shape: &shape, dtype: DType::F64 };
            random(&draw, &[Operand::Scalar(Scalar::Int(9))]).unwrap().as_slice::<f64>().to_vec()
        };
        let whole = draw([0, 0], [6, 5]);
        let part = draw([2, 1], [3, 2]);
        let want: Vec<f64> = (2..5).flat_map(|r| (1..3).map(move |c| r * 5 + c)).map(|i| whole[i]).collect();
        assert_eq!(part, want);
    }

    #[test]
    fn numbers_of_many_positions_are_those_of_each() {
        // Runs shorter and longer than what is drawn at once, across the border of a counter's word, and none.
        for (whole, offset, shape) in [
            (&[1000][..], &[3][..], &[700][..]),
            (&[7, 300], &[2, 0], &[4, 300]),
            (&[7, 300], &[2, 11], &[4, 260]),
            (&[3, 5, 1 << 31], &[1, 1, (1 << 31) - 3], &[2, 2, 3]),
            (&[1 << 33], &[(1 << 32) - 100], &[300]),
            (&[4, 0], &[0, 0], &[4, 0]),
            (&[], &[], &[]),
        ] {
            for dist in [Dist::Uniform, Dist::Normal] {
                for dtype in [DType::F64, DType::F32] {
                    let draw = Draw { dist, stream: 5, whole, offset, shape, dtype };
                    let got = random(&draw, &[Operand::Scalar(Scalar::Int(1 << 40))]).unwrap();
                    let position = |i: usize| {
                        let (mut rest, mut at, mut stride) = (i, 0, 1);
                        for a in (0..whole.len()).rev() {
                            at += (offset[a] + rest % shape[a]) * stride;
                            (rest, stride) = (rest / shape[a], stride * whole[a]);
                        }
                        at as u64
                    };
                    for i in 0..got.len() {
                        let mut source = Source { key: [0, 1 << 8], stream: 5, position: position(i), attempt: 0 };
                        let want = super::real(super::one(dist, &[], &mut source));
                        let same = match dtype {
                            DType::F32 => got.as_slice::<f32>()[i].to_bits() == (want as f32).to_bits(),
                            _ => got.as_slice::<f64>()[i].to_bits() == want.to_bits(),
                        };
                        assert!(same, "{} {dtype} of {whole:?} at {offset:?}, element {i}", dist.name());
                    }
                }
            }
        }
    }

    #[test]
    fn parameters_without_meaning_are_errors() {
        let draw = Draw { dist: Dist::Poisson, stream: 0, whole: &[1], offset: &[0], shape: &[1], dtype: DType::I64 };
        let got = random(&draw, &[Operand::Scalar(Scalar::Int(0)), Operand::Scalar(Scalar::Float(-1.0))]);
        assert_eq!(got.unwrap_err().to_string(), "`poisson` has no meaning: its parameters are -1.0");
    }
}
