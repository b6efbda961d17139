//! What the code that `nums!` emits calls: nothing else of the library is named there.
//!
//! Not part of the public surface: it changes with the macro, which is pinned to the same version.

pub use crate::array::{Array, DynArray};
pub use crate::call::{Arg, FromOutputs, Program};
pub use crate::element::{Float, c64, c128};
pub use crate::error::Result;
pub use crate::place::ClusterSpec;
pub use crate::plan::Plan;
pub use nums_ir::dtype::DType;
pub use nums_ir::func::Stage;

pub use crate::native_group;

use crate::element::Element;
use nums_ir::func::Scalar;

/// What can be used inside `nums!`: arrays and plain numbers, by reference.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used inside `nums!`",
    label = "not an array or a number",
    note = "arrays are `Array<T>` and `DynArray`: make one with `Array::from_ndarray(&a)?` or `Array::from_vec(v, &shape)?`"
)]
pub trait Argument {
    /// The argument of a call.
    fn argument(&self) -> Arg;
}

impl<T: Element> Argument for Array<T> {
    fn argument(&self) -> Arg {
        Arg::Array(DynArray::clone(self))
    }
}

impl Argument for DynArray {
    fn argument(&self) -> Arg {
        Arg::Array(self.clone())
    }
}

impl<A: Argument + ?Sized> Argument for &A {
    fn argument(&self) -> Arg {
        (**self).argument()
    }
}

impl<A: Argument + ?Sized> Argument for &mut A {
    fn argument(&self) -> Arg {
        (**self).argument()
    }
}

macro_rules! scalars {
    ($($t:ty),*) => { $(
        impl Argument for $t {
            fn argument(&self) -> Arg { Arg::Scalar(Element::to_scalar(*self)) }
        }
    )* };
}
scalars!(bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, c64, c128);

impl Argument for usize {
    fn argument(&self) -> Arg {
        Arg::Scalar(Scalar::Int(*self as i128))
    }
}

impl Argument for isize {
    fn argument(&self) -> Arg {
        Arg::Scalar(Scalar::Int(*self as i128))
    }
}

/// A plain number of a generic function.
pub struct Plain(Scalar);

/// A plain number of a generic function as an argument.
pub fn plain<T: Float>(value: T) -> Plain {
    Plain(value.to_scalar())
}

impl Argument for Plain {
    fn argument(&self) -> Arg {
        Arg::Scalar(self.0)
    }
}

/// Whether a generic function is called for `f32`.
#[must_use]
pub fn is_single<T: Float>() -> bool {
    T::DTYPE == DType::F32
}

/// Runs a program; returns when it is planned and submitted, or for plain results when they are known.
///
/// # Errors
/// What does not fit, or for plain results the failure of the call.
pub fn call<R: FromOutputs>(program: &'static Program, args: &[&dyn Argument]) -> Result<R> {
    R::from_outputs(program.run(&arguments(args))?)
}

fn arguments(args: &[&dyn Argument]) -> Vec<Arg> {
    args.iter().map(|a| a.argument()).collect()
}

/// The text of a function at a stage that needs no sizes; what cannot be shown is said in a comment.
pub fn ir(program: &'static Program, stage: Stage) -> String {
    program.ir(stage).unwrap_or_else(|e| format!("nums-ir 1\n; stage: {stage}\n; {e}\n"))
}

/// The text of an expression at a stage, for its captures.
///
/// # Errors
/// What does not fit.
pub fn ir_of(program: &'static Program, stage: Stage, args: &[&dyn Argument]) -> Result<String> {
    program.ir_of(stage, &arguments(args))
}

/// The plan of a function for arrays of these shapes in their default blocks.
///
/// # Errors
/// What does not fit.
pub fn plan(program: &'static Program, spec: &ClusterSpec, shapes: &[&[usize]]) -> Result<Plan> {
    program.plan(spec, shapes, &[], &[])
}

/// The plan of a function for arrays of these shapes in these blocks, and values of its integer parameters, or of its integer and
/// boolean ones, in order.
///
/// # Errors
/// What does not fit.
pub fn plan_with(
    program: &'static Program,
    spec: &ClusterSpec,
    shapes: &[&[usize]],
    blocks: &[&[usize]],
    ints: &[i64],
) -> Result<Plan> {
    program.plan(spec, shapes, blocks, ints)
}
