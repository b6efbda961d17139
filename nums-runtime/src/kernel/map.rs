//! One element-wise operator, or a cast, over contiguous elements: the interpreter's step.
//!
//! An operand has as many elements as the result, or one that stands for all. Loops are monomorphic over the rows of `op`
//! and run with the best instructions of the machine. What a loop of single elements cannot do well is done here first:
//! negative powers of integers are found before anything is written, and `sin` and `cos` of a tile whose arguments are all
//! near run branch-free (with the same bits).

use super::KernelError;
use super::op::{self, Apply, Cast, CosNear, SinNear};
use crate::element::{Element, Slice, SliceMut, c64, c128, with_type};
use crate::native::{Loop, vectorised};
use crate::vmath::TRIG_LIMIT;
use nums_ir::for_each_map_op;
use nums_ir::ops::MapOp;
use std::marker::PhantomData;

/// `dst = op(args)`.
pub(crate) fn map(op: MapOp, args: &[Slice<'_>], dst: SliceMut<'_>) -> Result<(), KernelError> {
    let n = dst.len();
    if let Some(arg) = args.iter().find(|a| a.len() != n && a.len() != 1) {
        return Err(KernelError::mismatch(op.name(), format!("{} elements beside {n}", arg.len())));
    }
    if op == MapOp::Power && args.get(1).is_some_and(has_negative) {
        return Err(KernelError::NegativePower);
    }
    if matches!(op, MapOp::Sin | MapOp::Cos) && args.first().is_some_and(all_near) {
        return near(op, args, dst);
    }
    row(op, args, dst)
}

macro_rules! rows {
    ($( $(#[doc = $doc:literal])* $Name:ident $text:literal [$($alias:literal),*] $params:tt $rule:ident
        { $($class:ident : $body:expr;)* } )*) => {
        fn row(op: MapOp, args: &[Slice<'_>], mut dst: SliceMut<'_>) -> Result<(), KernelError> {
            match op {
                $(MapOp::$Name => { $( class!($class $Name $params args dst); )* })*
            }
            let dtypes: Vec<_> = args.iter().map(|a| a.dtype().name()).collect();
            Err(KernelError::mismatch(op.name(), format!("no `{}` of ({}) into {}", op.name(), dtypes.join(", "), dst.dtype())))
        }
    };
}

/// Runs a loop with the baseline's instructions. Loops over integers, truth values and complex numbers wait for memory; each
/// further variant of them would cost every user seconds of compilation.
fn plain<L: Loop>(body: L) -> L::Out {
    body.run()
}

/// Tries the types of a class: returns from the function where operands and result are of the row.
macro_rules! class {
    (bool $($rest:tt)*) => { one!(plain bool; $($rest)*) };
    (int $($rest:tt)*) => {
        one!(plain i8; $($rest)*); one!(plain i16; $($rest)*); one!(plain i32; $($rest)*); one!(plain i64; $($rest)*);
        one!(plain u8; $($rest)*); one!(plain u16; $($rest)*); one!(plain u32; $($rest)*); one!(plain u64; $($rest)*);
    };
    (float $($rest:tt)*) => { one!(vectorised f32; $($rest)*); one!(vectorised f64; $($rest)*); };
    (complex $($rest:tt)*) => { one!(plain c64; $($rest)*); one!(plain c128; $($rest)*); };
}

macro_rules! one {
    ($how:ident $t:ident; $Name:ident ($a:ident) $args:ident $dst:ident) => {
        if let [a] = $args
            && let Some(a) = <$t>::slice(*a)
            && let Some(dst) = Element::slice_mut($dst.reborrow())
        {
            $how(Unary::<op::$Name, $t, _> { a, dst, row: PhantomData });
            return Ok(());
        }
    };
    ($how:ident $t:ident; $Name:ident ($a:ident, $b:ident) $args:ident $dst:ident) => {
        if let [a, b] = $args
            && let (Some(a), Some(b)) = (<$t>::slice(*a), <$t>::slice(*b))
            && let Some(dst) = Element::slice_mut($dst.reborrow())
        {
            $how(Binary::<op::$Name, $t, _> { a, b, dst, row: PhantomData });
            return Ok(());
        }
    };
    ($how:ident $t:ident; $Name:ident ($c:ident, $a:ident, $b:ident) $args:ident $dst:ident) => {
        if let [c, a, b] = $args
            && let (Some(c), Some(a), Some(b)) = (bool::slice(*c), <$t>::slice(*a), <$t>::slice(*b))
            && let Some(dst) = Element::slice_mut($dst.reborrow())
        {
            $how(Ternary::<op::$Name, $t, _> { c, a, b, dst, row: PhantomData });
            return Ok(());
        }
    };
}
for_each_map_op!(rows);

struct Unary<'a, O, A, R> {
    a: &'a [A],
    dst: &'a mut [R],
    row: PhantomData<O>,
}

impl<O: Apply<(A,), Out = R>, A: Copy, R: Copy> Loop for Unary<'_, O, A, R> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        if self.a.len() == self.dst.len() {
            for (d, &a) in self.dst.iter_mut().zip(self.a) {
                *d = O::apply((a,));
            }
        } else if let [a] = *self.a {
            self.dst.fill(O::apply((a,)));
        }
    }
}

struct Binary<'a, O, A, R> {
    a: &'a [A],
    b: &'a [A],
    dst: &'a mut [R],
    row: PhantomData<O>,
}

impl<O: Apply<(A, A), Out = R>, A: Copy, R: Copy> Loop for Binary<'_, O, A, R> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let n = self.dst.len();
        match (self.a, self.b) {
            (a, b) if a.len() == n && b.len() == n => {
                for ((d, &a), &b) in self.dst.iter_mut().zip(a).zip(b) {
                    *d = O::apply((a, b));
                }
            }
            (a, &[b]) if a.len() == n => {
                for (d, &a) in self.dst.iter_mut().zip(a) {
                    *d = O::apply((a, b));
                }
            }
            (&[a], b) if b.len() == n => {
                for (d, &b) in self.dst.iter_mut().zip(b) {
                    *d = O::apply((a, b));
                }
            }
            (&[a], &[b]) => self.dst.fill(O::apply((a, b))),
            _ => unreachable!("`map` has checked the lengths"),
        }
    }
}

struct Ternary<'a, O, A, R> {
    c: &'a [bool],
    a: &'a [A],
    b: &'a [A],
    dst: &'a mut [R],
    row: PhantomData<O>,
}

impl<O: Apply<(bool, A, A), Out = R>, A: Copy, R: Copy> Loop for Ternary<'_, O, A, R> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let n = self.dst.len();
        let at = |len: usize, i: usize| if len == n { i } else { 0 };
        if self.c.len() == n && self.a.len() == n && self.b.len() == n {
            for (((d, &c), &a), &b) in self.dst.iter_mut().zip(self.c).zip(self.a).zip(self.b) {
                *d = O::apply((c, a, b));
            }
            return;
        }
        match (self.a, self.b) {
            (a, &[b]) if a.len() == n && self.c.len() == n => {
                for ((d, &c), &a) in self.dst.iter_mut().zip(self.c).zip(a) {
                    *d = O::apply((c, a, b));
                }
            }
            (&[a], b) if b.len() == n && self.c.len() == n => {
                for ((d, &c), &b) in self.dst.iter_mut().zip(self.c).zip(b) {
                    *d = O::apply((c, a, b));
                }
            }
            (a, b) => {
                for (i, d) in self.dst.iter_mut().enumerate() {
                    *d = O::apply((self.c[at(self.c.len(), i)], a[at(a.len(), i)], b[at(b.len(), i)]));
                }
            }
        }
    }
}

/// Whether an integer operand has a negative element.
fn has_negative(slice: &Slice<'_>) -> bool {
    match slice {
        Slice::I8(s) => s.iter().any(|&x| x < 0),
        Slice::I16(s) => s.iter().any(|&x| x < 0),
        Slice::I32(s) => s.iter().any(|&x| x < 0),
        Slice::I64(s) => s.iter().any(|&x| x < 0),
        Slice::Bool(_) | Slice::U8(_) | Slice::U16(_) | Slice::U32(_) | Slice::U64(_) => false,
        Slice::F32(_) | Slice::F64(_) | Slice::C64(_) | Slice::C128(_) => false,
    }
}

/// Whether all elements are reals that `sin_near` and `cos_near` take; a NaN is not.
fn all_near(slice: &Slice<'_>) -> bool {
    match slice {
        Slice::F32(s) => s.iter().fold(true, |near, x| near & (f64::from(x.abs()) <= TRIG_LIMIT)),
        Slice::F64(s) => s.iter().fold(true, |near, x| near & (x.abs() <= TRIG_LIMIT)),
        Slice::Bool(_) | Slice::I8(_) | Slice::I16(_) | Slice::I32(_) | Slice::I64(_) => false,
        Slice::U8(_) | Slice::U16(_) | Slice::U32(_) | Slice::U64(_) | Slice::C64(_) | Slice::C128(_) => false,
    }
}

fn near(op: MapOp, args: &[Slice<'_>], dst: SliceMut<'_>) -> Result<(), KernelError> {
    match (op, args, dst) {
        (MapOp::Sin, [Slice::F64(a)], SliceMut::F64(dst)) => vectorised(Unary::<SinNear, _, _> { a, dst, row: PhantomData }),
        (MapOp::Sin, [Slice::F32(a)], SliceMut::F32(dst)) => vectorised(Unary::<SinNear, _, _> { a, dst, row: PhantomData }),
        (MapOp::Cos, [Slice::F64(a)], SliceMut::F64(dst)) => vectorised(Unary::<CosNear, _, _> { a, dst, row: PhantomData }),
        (MapOp::Cos, [Slice::F32(a)], SliceMut::F32(dst)) => vectorised(Unary::<CosNear, _, _> { a, dst, row: PhantomData }),
        (op, args, dst) => return row(op, args, dst),
    }
    Ok(())
}

/// `dst = src` converted.
pub(crate) fn cast(src: Slice<'_>, dst: SliceMut<'_>) -> Result<(), KernelError> {
    let (from, to, n) = (src.dtype(), dst.dtype(), dst.len());
    if src.len() != n && src.len() != 1 {
        return Err(KernelError::mismatch("cast", format!("{} elements beside {n}", src.len())));
    }
    with_type!(from, A => with_type!(to, R => {
        if let (Some(src), Some(dst)) = (A::slice(src), R::slice_mut(dst)) {
            convert(src, dst);
        }
    }));
    Ok(())
}

fn convert<A: Element + Cast<R>, R: Element>(src: &[A], dst: &mut [R]) {
    if let ([one], true) = (src, src.len() != dst.len()) {
        dst.fill(one.cast());
        return;
    }
    for (d, &s) in dst.iter_mut().zip(src) {
        *d = s.cast();
    }
}

#[cfg(test)]
mod tests {
    use super::map;
    use crate::block::Block;
    use crate::kernel::KernelError;
    use crate::native::{Isa, with_isa};
    use nums_ir::dtype::DType;
    use nums_ir::ops::MapOp;

    fn reals(n: usize) -> Block {
        let x: Vec<f64> = (0..n).map(|i| ((i * 7919) % 1000) as f64 / 50.0 - 10.0).collect();
        Block::from_slice(&x, &[n])
    }

    #[test]
    fn every_isa_gives_the_same_bits() {
        let (a, b) = (reals(1003), reals(1003));
        for &op in MapOp::ALL {
            let run = |isa| {
                let dtype = if op.rule() == nums_ir::ops::DTypeRule::Compare { DType::Bool } else { DType::F64 };
                let mut dst = Block::zeros(dtype, &[1003]);
                let args = [a.slice(), b.slice()];
                with_isa(isa, || map(op, &args[..op.arity().min(2)], dst.slice_mut())).map(|()| dst.bytes().to_vec())
            };
            let base = run(Isa::Base);
            for isa in Isa::available() {
                assert_eq!(run(isa), base, "{} on {isa:?}", op.name());
            }
        }
    }

    #[test]
    fn one_element_stands_for_all() {
        let (a, two) = (reals(300), Block::scalar(2.0f64));
        let full = Block::from_slice(&[2.0f64; 300], &[300]);
        for op in [MapOp::Subtract, MapOp::Power, MapOp::Maximum, MapOp::Remainder] {
            for (x, y, full_x, full_y) in [(&a, &two, &a, &full), (&two, &a, &full, &a)] {
                let (mut got, mut want) = (Block::zeros(DType::F64, &[300]), Block::zeros(DType::F64, &[300]));
                map(op, &[x.slice(), y.slice()], got.slice_mut()).unwrap();
                map(op, &[full_x.slice(), full_y.slice()], want.slice_mut()).unwrap();
                assert_eq!(got.bytes(), want.bytes(), "{}", op.name());
            }
        }
    }

    #[test]
    fn far_angles_take_the_slow_way_and_near_ones_keep_their_bits() {
        let near = reals(64);
        let mut mixed = near.clone();
        mixed.as_mut_slice::<f64>()[63] = 1.0e22;
        let sin = |x: &Block| {
            let mut y = Block::zeros(DType::F64, &[64]);
            map(MapOp::Sin, &[x.slice()], y.slice_mut()).unwrap();
            y
        };
        assert_eq!(sin(&near).bytes()[..63 * 8], sin(&mixed).bytes()[..63 * 8]);
        assert_eq!(sin(&mixed).as_slice::<f64>()[63], libm::sin(1.0e22));
    }

    #[test]
    fn operands_that_do_not_fit_are_errors() {
        let (a, b) = (reals(4), reals(3));
        let mut dst = Block::zeros(DType::F64, &[4]);
        assert!(matches!(map(MapOp::Add, &[a.slice(), b.slice()], dst.slice_mut()), Err(KernelError::Mismatch { .. })));
        assert!(matches!(map(MapOp::Invert, &[a.slice()], dst.slice_mut()), Err(KernelError::Mismatch { .. })));
        assert!(matches!(map(MapOp::Add, &[a.slice()], dst.slice_mut()), Err(KernelError::Mismatch { .. })));
        let (x, e) = (Block::from_slice(&[2i32, 3], &[2]), Block::from_slice(&[1i32, -1], &[2]));
        let mut out = Block::zeros(DType::I32, &[2]);
        assert_eq!(map(MapOp::Power, &[x.slice(), e.slice()], out.slice_mut()), Err(KernelError::NegativePower));
    }
}
