//! `Func`: a program over whole arrays in static single assignment, the form of the parsed, typed and fused stages.
//!
//! One instruction a line, operands before uses. Values carry a name from the source, a type once `infer` has run, and the
//! place where they were written. Each stage only adds: `parsed` has sizes as operands (`Size::Value`), `typed` has every
//! type, explicit casts and resolved sizes, `fused` has `Op::Kernel` instructions whose body is a `Func` of its own, so that
//! a kernel means what its body means and only its execution differs.
//!
//! ```text
//! fn f(%X: f64[n, d], %w: f64[d]) -> f64[n] {
//!   %0: f64[n] = matmul %X, %w
//!   %1: f64[n] = exp %0
//!   return %1
//! }
//! ```

use crate::attr::Attr;
use crate::contraction::Contraction;
use crate::data::DataOp;
use crate::diag::Loc;
use crate::dim::Dim;
use crate::dtype::{DType, Kind};
use crate::ops::{MapOp, ReduceOp};
use crate::types::Type;

/// The name of an array or scalar in a `Func`: an index into `Func::values`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub u32);

/// What has been done to a `Func`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// As written: names resolved, no types but the declared ones.
    Parsed,
    /// Every value has a type, casts are explicit, sizes are resolved.
    Typed,
    /// Passes have run; element-wise chains and their reductions are kernels.
    Fused,
    /// Sizes bound, arrays cut into blocks, one line a task (`Graph`).
    Tiled,
    /// Every task has a node (`Placement`).
    Placed,
}

/// A program over whole arrays.
#[derive(Clone, Debug, PartialEq)]
pub struct Func {
    /// The name in the source; `expr` for expressions, `k0`, `k1`, … for kernels.
    pub name: String,
    /// What has been done to it.
    pub stage: Stage,
    /// Parameters in the order of the call. Their types are declared, or unknown for captures of the expression form.
    pub params: Vec<Value>,
    /// Of a panel's body (`panel`): the parameters that it walks, each with the axis along which. Empty elsewhere.
    pub rows: Vec<(Value, usize)>,
    /// Instructions, operands before uses.
    pub insts: Vec<Inst>,
    /// What is returned.
    pub results: Vec<Value>,
    /// The last results are not returned but reported under these labels: `print("label", x)`.
    pub labels: Vec<String>,
    /// Declared result types, in the order of `results`; empty where nothing was declared.
    pub declared: Vec<Type>,
    /// Names, types and places of all values.
    pub values: Vec<ValueData>,
}

/// What is known of a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueData {
    /// The name in the source, if it has one. Printed when unique, else numbered.
    pub name: Option<String>,
    /// The type, once known.
    pub ty: Option<Type>,
    /// Where it was written.
    pub loc: Loc,
}

/// One line: `results = op args`.
#[derive(Clone, Debug, PartialEq)]
pub struct Inst {
    /// What is done, with its constants.
    pub op: Op,
    /// Operands, in the operator's order.
    pub args: Vec<Value>,
    /// Values that the line defines: one, but for kernels.
    pub results: Vec<Value>,
}

/// A scalar constant.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Scalar {
    /// `True`, `False`.
    Bool(bool),
    /// An integer; wide enough for every `i64` and `u64`.
    Int(i128),
    /// A float.
    Float(f64),
    /// A complex number.
    Complex(f64, f64),
}

/// A size attribute: resolved, or in the parsed stage a weak integer value computed by the program.
#[derive(Clone, Debug, PartialEq)]
pub enum Size {
    /// Known, as a polynomial.
    Dim(Dim),
    /// The value of a weak integer scalar; `infer` replaces it by its `Dim`.
    Value(Value),
}

/// One item of a basic index `x[…]`.
#[derive(Clone, Debug, PartialEq)]
pub enum IndexItem {
    /// `i`: takes one position, the axis goes. Negative counts from the end.
    At(Size),
    /// `start:stop:step`, NumPy's clipping.
    Slice {
        /// First position; `None` is the end the step starts from.
        start: Option<Size>,
        /// Position to stop before; `None` is all.
        stop: Option<Size>,
        /// Stride, not 0; negative walks back.
        step: i64,
    },
    /// `None`: a new axis of size 1.
    NewAxis,
    /// `...`: as many full slices as fit.
    Ellipsis,
}

/// A call of a function of `builtin`'s table that is written with other operators.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// NumPy's name.
    pub name: &'static str,
    /// One attribute a parameter; arrays are `Attr::Arg`.
    pub attrs: Vec<Attr>,
}

/// What an instruction does. Structural operators are variants; element-wise ones and reductions are rows of the table.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A constant. Weak if its type is (literals are).
    Const(Scalar),
    /// A size as a weak integer: `n`, `k`.
    Dim(Dim),
    /// `shape(x)[axis]` as a weak integer; `len(x)` is axis 0. Parsed stage only: `infer` makes it a `Dim`.
    ShapeOf {
        /// Which axis; negative counts from the end.
        axis: i64,
    },
    /// An element-wise operator with broadcasting.
    Map(MapOp),
    /// Elements converted, as NumPy's `astype` does.
    Cast(DType),
    /// A reduction.
    Reduce {
        /// Which.
        op: ReduceOp,
        /// Axes; `None` is all. After `infer` sorted, not negative, never `None`.
        axes: Option<Vec<i64>>,
        /// Whether reduced axes stay with size 1.
        keepdims: bool,
    },
    /// NumPy's `matmul`, with transposes of the last two axes absorbed.
    Matmul {
        /// Left operand is read transposed.
        trans_a: bool,
        /// Right operand is read transposed.
        trans_b: bool,
        /// The result is symmetric: its lower triangle is computed and mirrored (`passes/symmetric.rs`).
        symmetric: bool,
    },
    /// A product of arrays summed over shared indices; not those that `Matmul` takes.
    Contract(Contraction),
    /// Axes in another order; `None` reverses them (parsed stage only).
    Transpose {
        /// `perm[i]` is the operand's axis that becomes axis `i`.
        perm: Option<Vec<i64>>,
    },
    /// The same elements in C order under another shape.
    Reshape {
        /// Sizes; one may be -1 in the parsed stage.
        shape: Vec<Size>,
    },
    /// A basic index (slices, integers, new axes, ellipsis).
    Index {
        /// One item a place between the brackets.
        items: Vec<IndexItem>,
    },
    /// Operands joined along an axis.
    Concatenate {
        /// Which axis; `None` joins the ravelled operands.
        axis: Option<i64>,
    },
    /// The scalar operand repeated to a shape: `zeros`, `ones`, `full`.
    Fill {
        /// Sizes.
        shape: Vec<Size>,
        /// Element type; `None` (parsed stage only) takes the operand's.
        dtype: Option<DType>,
    },
    /// `start, start + step, …` below `stop`; operands are `start, stop, step`.
    Arange {
        /// Element type; `None` (parsed stage only) promotes the operands'.
        dtype: Option<DType>,
        /// Number of elements; `None` in the parsed stage.
        len: Option<Dim>,
    },
    /// Ones on the k-th diagonal.
    Eye {
        /// Rows.
        rows: Size,
        /// Columns.
        cols: Size,
        /// Diagonal: 0 the main one, positive above.
        k: i64,
        /// Element type.
        dtype: DType,
    },
    /// `linalg.solve(a, b)`.
    Solve,
    /// An operator that looks at positions or at an order of the data.
    Data(DataOp),
    /// A function that is written with other operators. Parsed stage only: `infer` expands it, knowing its operands' types.
    Call(Call),
    /// The value of a 0-d array as a plain scalar, which sizes and branches may depend on: a call waits for it.
    Item,
    /// `a if c else b`: operands are a plain scalar and two values of one type. Only what is taken is computed.
    Choose,
    /// A fused computation: the body over whole arrays, run block by block and tile by tile. Fused stage only.
    Kernel(Box<Func>),
}

impl Op {
    /// The name in IR text.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Const(_) => "const",
            Op::Dim(_) => "dim",
            Op::ShapeOf { .. } => "shape_of",
            Op::Map(op) => op.name(),
            Op::Cast(_) => "cast",
            Op::Reduce { op, .. } => op.name(),
            Op::Matmul { .. } => "matmul",
            Op::Contract(_) => "contract",
            Op::Transpose { .. } => "transpose",
            Op::Reshape { .. } => "reshape",
            Op::Index { .. } => "index",
            Op::Concatenate { .. } => "concatenate",
            Op::Fill { .. } => "fill",
            Op::Arange { .. } => "arange",
            Op::Eye { .. } => "eye",
            Op::Solve => "solve",
            Op::Data(op) => op.name(),
            Op::Call(_) => "call",
            Op::Item => "item",
            Op::Choose => "choose",
            Op::Kernel(_) => "kernel",
        }
    }
}

impl Scalar {
    /// Its kind, which is all that matters of a weak scalar's type.
    pub fn kind(self) -> Kind {
        match self {
            Scalar::Bool(_) => Kind::Bool,
            Scalar::Int(_) => Kind::Int,
            Scalar::Float(_) => Kind::Float,
            Scalar::Complex(..) => Kind::Complex,
        }
    }
}

impl Func {
    /// An empty function of the parsed stage.
    pub fn new(name: impl Into<String>) -> Func {
        Func {
            name: name.into(),
            stage: Stage::Parsed,
            params: Vec::new(),
            rows: Vec::new(),
            insts: Vec::new(),
            results: Vec::new(),
            labels: Vec::new(),
            declared: Vec::new(),
            values: Vec::new(),
        }
    }

    /// A new value that nothing defines yet.
    pub fn value(&mut self, data: ValueData) -> Value {
        self.values.push(data);
        Value(u32::try_from(self.values.len() - 1).expect("fewer than 2^32 values"))
    }

    /// A new parameter.
    pub fn param(&mut self, name: &str, ty: Option<Type>, loc: Loc) -> Value {
        let v = self.value(ValueData { name: Some(name.to_owned()), ty, loc });
        self.params.push(v);
        v
    }

    /// Appends `op args` and returns its value, untyped.
    pub fn push(&mut self, op: Op, args: &[Value], loc: Loc) -> Value {
        let v = self.value(ValueData { name: None, ty: None, loc });
        self.insts.push(Inst { op, args: args.to_vec(), results: vec![v] });
        v
    }

    /// Appends `op args` with a known type.
    pub fn push_typed(&mut self, op: Op, args: &[Value], ty: Type, loc: Loc) -> Value {
        let v = self.push(op, args, loc);
        self.values[v.0 as usize].ty = Some(ty);
        v
    }

    /// What is known of `v`.
    pub fn data(&self, v: Value) -> &ValueData {
        &self.values[v.0 as usize]
    }

    /// The type of `v`; every value has one from the typed stage on.
    ///
    /// # Panics
    /// In the parsed stage, for a value without a type: a bug of the caller.
    pub fn ty(&self, v: Value) -> &Type {
        self.data(v).ty.as_ref().expect("a typed value")
    }

    /// Whether the rank of every value is known. A typed function with `f64[..]` is checked as far as it goes, but passes want
    /// ranks: it is bound from its parsed form.
    pub fn is_ranked(&self) -> bool {
        self.values.iter().filter_map(|d| d.ty.as_ref()).all(|t| t.rank().is_some())
    }

    /// The instruction that defines `v`, unless it is a parameter.
    pub fn def(&self, v: Value) -> Option<&Inst> {
        self.insts.iter().find(|i| i.results.contains(&v))
    }
}
