//! Small programs of the library itself (`full`, `astype`, what is printed), and plain scalars from 0-d arrays.

use super::DynArray;
use crate::call::{Arg, run_bound};
use crate::element::{Element, c64, c128};
use crate::error::{Error, Result};
use nums_ir::bind::{Bound, bind};
use nums_ir::diag::{Diag, Loc};
use nums_ir::dim::Dim;
use nums_ir::dtype::{DType, Kind};
use nums_ir::func::{Func, IndexItem, Op, Scalar, Size, Stage, Value};
use nums_ir::types::Type;

/// `full(shape, value)`, fused.
pub(super) fn full(dtype: DType, shape: &[usize], value: Scalar) -> Func {
    let mut func = Func::new("full");
    func.stage = Stage::Fused;
    let value = func.push_typed(Op::Const(value), &[], Type::of(dtype, &[]), Loc::default());
    let sizes = shape.iter().map(|n| Size::Dim(Dim::from(*n))).collect();
    let fill = Op::Fill { shape: sizes, dtype: Some(dtype) };
    let out = func.push_typed(fill, &[value], Type::of(dtype, shape), Loc::default());
    func.results = vec![out];
    func
}

/// `x.astype(dtype)`, typed.
pub(super) fn cast(from: DType, to: DType, shape: &[usize]) -> Func {
    let mut func = Func::new("astype");
    func.stage = Stage::Typed;
    let x = func.param("x", Some(Type::of(from, shape)), Loc::default());
    let out = func.push_typed(Op::Cast(to), &[x], Type::of(to, shape), Loc::default());
    func.results = vec![out];
    func
}

/// A small program of the library on one array, as a call of its own.
pub(crate) fn once(array: &DynArray, name: &str, write: impl FnOnce(&mut Func, Value) -> Value) -> Result<DynArray> {
    let mut func = Func::new(name);
    let x = func.param("x", None, Loc::default());
    let y = write(&mut func, x);
    func.results = vec![y];
    let wrong = |d: Diag| Error::Program { name: name.to_owned(), place: String::new(), message: d.to_string() };
    let bound = bind(&func, &[Bound::Array(array.dtype(), array.shape().to_vec())]).map_err(wrong)?;
    run_bound(array.cluster(), name, &bound, &[Arg::Array(array.clone())])
}

/// The first and last `edge` positions of every longer axis.
pub(super) fn edges(array: &DynArray, edge: usize) -> Result<DynArray> {
    let edge = i64::try_from(edge).unwrap_or(i64::MAX);
    let whole = || IndexItem::Slice { start: None, stop: None, step: 1 };
    let size = |n: i64| Some(Size::Dim(Dim::Const(n)));
    once(array, "print", |func, mut x| {
        for (axis, _) in array.shape().iter().enumerate().filter(|(_, n)| **n as i64 > 2 * edge) {
            let mut part = |start, stop| {
                let mut items: Vec<IndexItem> = (0..axis).map(|_| whole()).collect();
                items.push(IndexItem::Slice { start, stop, step: 1 });
                func.push(Op::Index { items }, &[x], Loc::default())
            };
            let (first, last) = (part(None, size(edge)), part(size(-edge), None));
            x = func.push(Op::Concatenate { axis: Some(axis as i64) }, &[first, last], Loc::default());
        }
        x
    })
}

/// Rust's plain numbers that a 0-d array can become without loss.
pub trait IntoScalar: Sized {
    /// The number in a 0-d array; waits.
    ///
    /// # Errors
    /// `Error::Shape` if the array has axes, `Error::DType` if the number is of another kind or does not fit.
    fn of(array: &DynArray) -> Result<Self>;
}

/// The only element of a 0-d array.
pub(crate) fn element(array: &DynArray) -> Result<Scalar> {
    if array.ndim() != 0 {
        let what = format!("a plain scalar from an array of shape {:?}", array.shape());
        return Err(Error::Shape { what, why: "it has axes".into() });
    }
    macro_rules! pick {
        ($($Name:ident $t:ty),*) => { match array.dtype() { $(DType::$Name => array.item::<$t>().map(Element::to_scalar)),* } };
    }
    pick!(
        Bool bool, I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64, F32 f32, F64 f64, C64 c64, C128 c128
    )
}

fn exact<T: Element>(array: &DynArray) -> Result<T> {
    let scalar = element(array)?;
    let value = T::from_scalar(scalar);
    let same = match (scalar, value.to_scalar()) {
        (Scalar::Float(a), Scalar::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
        (Scalar::Complex(ar, ai), Scalar::Complex(br, bi)) => {
            let part = |a: f64, b: f64| a == b || (a.is_nan() && b.is_nan());
            part(ar, br) && part(ai, bi)
        }
        (a, b) => a == b,
    };
    let kind = |k: Kind| k == T::DTYPE.kind();
    if same && kind(array.dtype().kind()) {
        return Ok(value);
    }
    Err(Error::DType { what: format!("a plain scalar ({scalar})"), expected: T::DTYPE, found: array.dtype().to_string() })
}

macro_rules! into_scalar {
    ($($t:ty),*) => { $(
        impl IntoScalar for $t {
            fn of(array: &DynArray) -> Result<Self> { exact(array) }
        }
    )* };
}
into_scalar!(bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, c64, c128);

impl IntoScalar for usize {
    fn of(array: &DynArray) -> Result<Self> {
        let wide: u64 = exact(array)?;
        usize::try_from(wide).map_err(|_| too_wide(wide, array))
    }
}

impl IntoScalar for isize {
    fn of(array: &DynArray) -> Result<Self> {
        let wide: i64 = exact(array)?;
        isize::try_from(wide).map_err(|_| too_wide(wide, array))
    }
}

fn too_wide(value: impl std::fmt::Display, array: &DynArray) -> Error {
    Error::DType { what: format!("a plain scalar ({value})"), expected: DType::I32, found: array.dtype().to_string() }
}
