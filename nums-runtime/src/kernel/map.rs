//! One element-wise operator, or a cast, over contiguous elements: the interpreter's step.
//!
//! An operand has as many elements as the result, or one that stands for all. Loops are monomorphic over the rows of `op`
//! and run with the best instructions of the machine. What a loop of single elements cannot do well is done here first:
//! negative powers of integers are found before anything is written, and `sin` and `cos` of a chunk without far arguments
//! run branch-free (with the same bits).

use super::KernelError;
use super::op::{self, Apply, Cast, Usual};
use crate::element::{Element, Slice, SliceMut, c64, c128, with_type};
use crate::native::{Loop, vectorised};
use nums_ir::dtype::DType;
use nums_ir::for_each_map_op;
use nums_ir::ops::MapOp;
use std::marker::PhantomData;

/// The loop of an operator, or of a cast, for operands of certain dtypes: what a kernel finds once for all its tiles.
pub(crate) type Code = fn(&[Slice<'_>], SliceMut<'_>) -> Result<(), Fault>;

/// Why a loop did not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not the number, dtypes or lengths of its operands.
    Operands,
    /// An integer to a negative power.
    NegativePower,
}

impl Fault {
    /// As a task's error.
    pub(crate) fn of(self, op: &str) -> KernelError {
        match self {
            Fault::Operands => KernelError::mismatch(op, "operands of other dtypes or lengths"),
            Fault::NegativePower => KernelError::NegativePower,
        }
    }
}

/// `dst = op(args)`.
pub(crate) fn map(op: MapOp, args: &[Slice<'_>], dst: SliceMut<'_>) -> Result<(), KernelError> {
    let dtypes: Vec<DType> = args.iter().map(Slice::dtype).collect();
    code(op, &dtypes, dst.dtype())?(args, dst).map_err(|fault| fault.of(op.name()))
}

/// The loop of an operator for these dtypes.
pub(crate) fn code(op: MapOp, args: &[DType], dst: DType) -> Result<Code, KernelError> {
    row(op, args, dst).ok_or_else(|| {
        let dtypes: Vec<_> = args.iter().map(|a| a.name()).collect();
        KernelError::mismatch(op.name(), format!("no `{}` of ({}) into {dst}", op.name(), dtypes.join(", ")))
    })
}

macro_rules! rows {
    ($( $(#[doc = $doc:literal])* $Name:ident $text:literal [$($alias:literal),*] $params:tt $rule:ident
        { $($class:ident : $body:expr;)* } )*) => {
        fn row(op: MapOp, args: &[DType], dst: DType) -> Option<Code> {
            match op {
                $(MapOp::$Name => { $( class!($class $Name $params args dst); )* })*
            }
            None
        }
    };
}

/// Tries the types of a class: returns from the function where operands and result are of the row. Only loops over floats get
/// the machine's best instructions: those over integers, truth values and complex numbers wait for memory, and each further
/// variant of them would cost every user seconds of compilation.
macro_rules! class {
    (bool $($rest:tt)*) => { one!(false bool; $($rest)*) };
    (int $($rest:tt)*) => {
        one!(false i8; $($rest)*); one!(false i16; $($rest)*); one!(false i32; $($rest)*); one!(false i64; $($rest)*);
        one!(false u8; $($rest)*); one!(false u16; $($rest)*); one!(false u32; $($rest)*); one!(false u64; $($rest)*);
    };
    (float $($rest:tt)*) => { one!(true f32; $($rest)*); one!(true f64; $($rest)*); };
    (complex $($rest:tt)*) => { one!(false c64; $($rest)*); one!(false c128; $($rest)*); };
}

macro_rules! one {
    ($fast:literal $t:ident; Power ($a:ident, $b:ident) $args:ident $dst:ident) => {
        if *$args == [<$t>::DTYPE; 2] && $dst == <$t>::DTYPE {
            return Some(power::<$fast, $t>);
        }
    };
    (true $t:ident; Sin ($a:ident) $args:ident $dst:ident) => {
        if *$args == [<$t>::DTYPE] && $dst == <$t>::DTYPE {
            return Some(angles::<op::Sin, $t>);
        }
    };
    (true $t:ident; Cos ($a:ident) $args:ident $dst:ident) => {
        if *$args == [<$t>::DTYPE] && $dst == <$t>::DTYPE {
            return Some(angles::<op::Cos, $t>);
        }
    };
    ($fast:literal $t:ident; $Name:ident ($a:ident) $args:ident $dst:ident) => {
        if *$args == [<$t>::DTYPE] && $dst == <op::$Name as Apply<($t,)>>::Out::DTYPE {
            return Some(unary::<$fast, op::$Name, $t>);
        }
    };
    ($fast:literal $t:ident; $Name:ident ($a:ident, $b:ident) $args:ident $dst:ident) => {
        if *$args == [<$t>::DTYPE; 2] && $dst == <op::$Name as Apply<($t, $t)>>::Out::DTYPE {
            return Some(binary::<$fast, op::$Name, $t>);
        }
    };
    ($fast:literal $t:ident; $Name:ident ($c:ident, $a:ident, $b:ident) $args:ident $dst:ident) => {
        if *$args == [DType::Bool, <$t>::DTYPE, <$t>::DTYPE] && $dst == <$t>::DTYPE {
            return Some(ternary::<$fast, op::$Name, $t>);
        }
    };
}
for_each_map_op!(rows);

fn typed<T: Element>(slice: Slice<'_>) -> Result<&[T], Fault> {
    T::slice(slice).ok_or(Fault::Operands)
}

fn typed_mut<T: Element>(slice: SliceMut<'_>) -> Result<&mut [T], Fault> {
    T::slice_mut(slice).ok_or(Fault::Operands)
}

fn run<const FAST: bool, L: Loop<Out = Option<()>>>(work: L) -> Result<(), Fault> {
    if FAST { vectorised(work) } else { work.run() }.ok_or(Fault::Operands)
}

fn unary<const FAST: bool, O, A>(args: &[Slice<'_>], dst: SliceMut<'_>) -> Result<(), Fault>
where
    A: Element,
    O: Apply<(A,), Out: Element>,
{
    let &[a] = args else { return Err(Fault::Operands) };
    run::<FAST, _>(Unary::<O, A, _> { a: typed(a)?, dst: typed_mut(dst)?, row: PhantomData })
}

fn binary<const FAST: bool, O, A>(args: &[Slice<'_>], dst: SliceMut<'_>) -> Result<(), Fault>
where
    A: Element,
    O: Apply<(A, A), Out: Element>,
{
    let &[a, b] = args else { return Err(Fault::Operands) };
    run::<FAST, _>(Binary::<O, A, _> { a: typed(a)?, b: typed(b)?, dst: typed_mut(dst)?, row: PhantomData })
}

fn ternary<const FAST: bool, O, A>(args: &[Slice<'_>], dst: SliceMut<'_>) -> Result<(), Fault>
where
    A: Element,
    O: Apply<(bool, A, A), Out: Element>,
{
    let &[c, a, b] = args else { return Err(Fault::Operands) };
    run::<FAST, _>(Ternary::<O, A, _> { c: typed(c)?, a: typed(a)?, b: typed(b)?, dst: typed_mut(dst)?, row: PhantomData })
}

/// A function of angles, by its shorter expression where no argument is far.
fn angles<O, A>(args: &[Slice<'_>], dst: SliceMut<'_>) -> Result<(), Fault>
where
    A: Element,
    O: Apply<(A,), Out: Element>,
{
    let &[a] = args else { return Err(Fault::Operands) };
    let usual = typed::<A>(a)?.iter().fold(true, |usual, &a| usual & O::is_usual(&(a,)));
    if usual { unary::<true, Usual<O>, A>(args, dst) } else { unary::<true, O, A>(args, dst) }
}

/// Powers, but for negative ones of integers: those are found before anything is written.
fn power<const FAST: bool, A>(args: &[Slice<'_>], dst: SliceMut<'_>) -> Result<(), Fault>
where
    A: Element,
    op::Power: Apply<(A, A), Out: Element>,
{
    if args.last().is_some_and(has_negative) {
        return Err(Fault::NegativePower);
    }
    binary::<FAST, op::Power, A>(args, dst)
}

struct Unary<'a, O, A, R> {
    a: &'a [A],
    dst: &'a mut [R],
    row: PhantomData<O>,
}

impl<O: Apply<(A,), Out = R>, A: Copy, R: Copy> Loop for Unary<'_, O, A, R> {
    type Out = Option<()>;

    #[inline(always)]
    fn run(self) -> Option<()> {
        if self.a.len() == self.dst.len() {
            for (d, &a) in self.dst.iter_mut().zip(self.a) {
                *d = O::apply((a,));
            }
        } else if let [a] = *self.a {
            self.dst.fill(O::apply((a,)));
        } else {
            return None;
        }
        Some(())
    }
}

struct Binary<'a, O, A, R> {
    a: &'a [A],
    b: &'a [A],
    dst: &'a mut [R],
    row: PhantomData<O>,
}

impl<O: Apply<(A, A), Out = R>, A: Copy, R: Copy> Loop for Binary<'_, O, A, R> {
    type Out = Option<()>;

    #[inline(always)]
    fn run(self) -> Option<()> {
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
            (_, _) => return None,
        }
        Some(())
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
    type Out = Option<()>;

    #[inline(always)]
    fn run(self) -> Option<()> {
        let n = self.dst.len();
        if [self.c.len(), self.a.len(), self.b.len()].iter().any(|&len| len != n && len != 1) {
            return None;
        }
        let at = |len: usize, i: usize| if len == n { i } else { 0 };
        match (self.a, self.b) {
            (a, b) if self.c.len() == n && a.len() == n && b.len() == n => {
                for (((d, &c), &a), &b) in self.dst.iter_mut().zip(self.c).zip(a).zip(b) {
                    *d = O::apply((c, a, b));
                }
            }
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
        Some(())
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

/// `dst = src` converted.
pub(crate) fn cast(src: Slice<'_>, dst: SliceMut<'_>) -> Result<(), KernelError> {
    cast_code(src.dtype(), dst.dtype())(&[src], dst).map_err(|fault| fault.of("cast"))
}

/// The loop of a cast between two dtypes.
pub(crate) fn cast_code(from: DType, to: DType) -> Code {
    with_type!(from, A => with_type!(to, R => convert::<A, R>))
}

fn convert<A: Element + Cast<R>, R: Element>(args: &[Slice<'_>], dst: SliceMut<'_>) -> Result<(), Fault> {
    let &[src] = args else { return Err(Fault::Operands) };
    match (typed::<A>(src)?, typed_mut::<R>(dst)?) {
        (src, dst) if src.len() == dst.len() => dst.iter_mut().zip(src).for_each(|(d, s)| *d = s.cast()),
        (&[one], dst) => dst.fill(one.cast()),
        (_, _) => return Err(Fault::Operands),
    }
    Ok(())
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
