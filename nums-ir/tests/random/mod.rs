//! Programs made of random choices, for the tests that hold executors to each other.
//!
//! A program is parsed IR over arrays of symbolic sizes. What `infer` refuses is left out again, so every program is well
//! typed, though sizes may still refuse it when they are bound; all values that nothing else uses are returned. Answers do not
//! depend on the order of accumulation: integers wrap, floats are reduced only by `max` and `min` (of magnitudes, since the
//! sign of a zero would tell the order), sums and products of floats go through integers. A program of exact operators has
//! the same bits on every executor; with transcendentals, on every one with the same `math`.

use nums_ir::bind::Bound;
use nums_ir::diag::Loc;
use nums_ir::dim::Dim;
use nums_ir::dtype::{DType, Kind};
use nums_ir::eval::Tensor;
use nums_ir::func::{Func, IndexItem, Op, Scalar, Size, Stage, Value};
use nums_ir::infer::infer;
use nums_ir::ops::{MapOp, ReduceOp};
use nums_ir::types::Type;

/// A program and arguments for it.
#[derive(Debug)]
pub(crate) struct Program {
    /// In the parsed stage.
    pub(crate) func: Func,
    /// Array arguments.
    pub(crate) arrays: Vec<Tensor>,
    /// Scalar arguments.
    pub(crate) scalars: Vec<Scalar>,
}

/// Numbers that decide; when they run out, everything is the first of its choices.
struct Choices<'a>(std::slice::Iter<'a, u16>);

impl Choices<'_> {
    fn below(&mut self, n: usize) -> usize {
        self.0.next().map_or(0, |c| usize::from(*c) % n)
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

const UNARY: &[MapOp] = &[
    MapOp::Negative,
    MapOp::Absolute,
    MapOp::Square,
    MapOp::Sqrt,
    MapOp::LogicalNot,
    MapOp::Invert,
    MapOp::IsNan,
    MapOp::IsFinite,
    MapOp::Positive,
];
const BINARY: &[MapOp] = &[
    MapOp::Add,
    MapOp::Multiply,
    MapOp::Subtract,
    MapOp::Divide,
    MapOp::FloorDivide,
    MapOp::Remainder,
    MapOp::Maximum,
    MapOp::Minimum,
    MapOp::Less,
    MapOp::GreaterEqual,
    MapOp::Equal,
    MapOp::NotEqual,
    MapOp::LogicalAnd,
    MapOp::LogicalXor,
    MapOp::BitwiseAnd,
    MapOp::BitwiseOr,
    MapOp::LeftShift,
    MapOp::RightShift,
];
const TRANSCENDENTAL: &[MapOp] = &[MapOp::Exp, MapOp::Log, MapOp::Sin, MapOp::Cos, MapOp::Tanh];
const DTYPES: &[DType] = &[DType::F64, DType::I64, DType::Bool, DType::F32, DType::U8, DType::I32, DType::C128];

/// The program that `choices` say; `exact` leaves transcendentals out.
pub(crate) fn program(choices: &[u16], exact: bool) -> Program {
    let mut maker = Maker { choices: Choices(choices.iter()), func: Func::new("random"), typed: Func::new("random"), exact };
    let (n, m) = (maker.choices.of(&[4, 3, 5, 1, 7, 2, 8, 0]), maker.choices.of(&[3, 5, 1, 2, 4, 0]));
    let (arrays, scalars) = maker.params(n, m);
    for _ in 0..3 + maker.choices.below(10) {
        maker.grow();
    }
    let used: Vec<Value> = maker.func.insts.iter().flat_map(|i| i.args.clone()).collect();
    let made = maker.func.insts.iter().flat_map(|i| i.results.clone());
    maker.func.results = made.filter(|v| !used.contains(v)).collect();
    if maker.func.results.is_empty() {
        maker.func.results = maker.func.params.clone();
    }
    Program { func: maker.func, arrays, scalars }
}

impl Program {
    /// The arguments as `bind` wants them: arrays, then scalars.
    pub(crate) fn bound(&self) -> Vec<Bound> {
        let arrays = self.arrays.iter().map(|x| Bound::Array(x.dtype(), x.shape().to_vec()));
        arrays.chain(self.scalars.iter().map(|s| Bound::Scalar(*s))).collect()
    }

    /// The arguments as `eval` wants them.
    pub(crate) fn tensors(&self) -> Vec<Tensor> {
        let scalar = |s: &Scalar| Tensor::constant(*s, DType::default_of(s.kind())).expect("a scalar of its kind");
        self.arrays.iter().cloned().chain(self.scalars.iter().map(scalar)).collect()
    }
}

struct Maker<'a> {
    choices: Choices<'a>,
    func: Func,
    /// What `infer` made of it last; its values have the same numbers.
    typed: Func,
    exact: bool,
}

impl Maker<'_> {
    fn params(&mut self, n: usize, m: usize) -> (Vec<Tensor>, Vec<Scalar>) {
        let (rows, columns) = (Dim::symbol("n"), Dim::symbol("m"));
        let sizes = |dims: &[Dim]| -> Vec<usize> {
            dims.iter()
                .map(|d| {
                    if *d == rows {
                        n
                    } else if *d == columns {
                        m
                    } else {
                        d.as_const().unwrap_or(1) as usize
                    }
                })
                .collect()
        };
        let one = Dim::Const(1);
        let shapes: [&[Dim]; 9] = [
            &[rows.clone(), columns.clone()],
            std::slice::from_ref(&columns),
            std::slice::from_ref(&rows),
            &[rows.clone(), one.clone()],
            &[one, columns.clone()],
            &[columns.clone(), rows.clone()],
            &[],
            &[Dim::Const(2), rows.clone(), columns.clone()],
            &[rows.clone(), rows.clone()],
        ];
        let mut arrays = Vec::new();
        for (i, name) in ["a", "b", "c", "x"].iter().enumerate().take(2 + self.choices.below(3)) {
            // The first one has both symbols.
            let dims = if i == 0 { shapes[0] } else { self.choices.of(&shapes) };
            let dtype = self.choices.of(DTYPES);
            self.func.param(name, Some(Type::array(dtype, dims.to_vec())), Loc::default());
            arrays.push(data(dtype, &sizes(dims), self.choices.below(1000) as u64));
        }
        let k = self.choices.of(&[2, 1, 3, 0]);
        self.func.param("s", Some(Type::weak(Kind::Float)), Loc::default());
        self.func.param("k", Some(Type::weak(Kind::Int)), Loc::default());
        self.typed = infer(&self.func).expect("parameters alone are right");
        (arrays, vec![Scalar::Float(self.choices.of(&[0.5, -3.0, 0.0, f64::INFINITY])), Scalar::Int(k)])
    }

    /// A value that is there, rather a late one.
    fn value(&mut self) -> Value {
        let made: Vec<Value> = self.func.params.iter().copied().chain(self.func.insts.iter().map(|i| i.results[0])).collect();
        let back = self.choices.below(made.len()).min(self.choices.below(made.len()));
        made[made.len() - 1 - back]
    }

    fn push(&mut self, op: Op, args: &[Value]) -> Value {
        self.func.push(op, args, Loc::default())
    }

    fn dtype(&self, v: Value) -> DType {
        self.typed.ty(v).dtype
    }

    /// One more operator, unless it does not fit its operands.
    fn grow(&mut self) {
        let before = (self.func.insts.len(), self.func.values.len());
        self.operator();
        match infer(&self.func) {
            Ok(typed) => self.typed = typed,
            Err(_) => {
                self.func.insts.truncate(before.0);
                self.func.values.truncate(before.1);
            }
        }
    }

    fn operator(&mut self) {
        let x = self.value();
        match self.choices.below(16) {
            0..5 => {
                let y = self.operand();
                let op = self.choices.of(BINARY);
                let args = if self.choices.below(2) == 0 { [x, y] } else { [y, x] };
                self.push(Op::Map(op), &args);
            }
            5 | 6 => {
                let op = if !self.exact && self.choices.below(2) == 0 {
                    self.choices.of(TRANSCENDENTAL)
                } else {
                    self.choices.of(UNARY)
                };
                self.push(Op::Map(op), &[x]);
            }
            7 => {
                let (y, z) = (self.operand(), self.operand());
                self.push(Op::Map(MapOp::Where), &[x, y, z]);
            }
            8 | 9 => self.reduce(x),
            10 => {
                let y = self.value();
                let [x, y] = [x, y].map(|v| self.integers(v));
                self.push(Op::Matmul { trans_a: false, trans_b: false, symmetric: false }, &[x, y]);
            }
            11 => {
                self.push(Op::Transpose { perm: None }, &[x]);
            }
            12 | 13 => {
                let items = self.index(x);
                self.push(Op::Index { items }, &[x]);
            }
            14 => {
                let dtype = self.choices.of(DTYPES);
                self.push(Op::Cast(dtype), &[x]);
            }
            _ => self.rare(x),
        }
    }

    /// A value, or a literal, or a size.
    fn operand(&mut self) -> Value {
        match self.choices.below(4) {
            0 => {
                let literals =
                    [Scalar::Int(2), Scalar::Float(0.5), Scalar::Int(1), Scalar::Int(0), Scalar::Float(-0.0), Scalar::Bool(true)];
                let c = self.choices.of(&literals);
                self.push(Op::Const(c), &[])
            }
            1 if self.choices.below(4) == 0 => self.push(Op::Dim(Dim::symbol("n")), &[]),
            _ => self.value(),
        }
    }

    fn reduce(&mut self, x: Value) {
        let rank = self.typed.ty(x).rank().unwrap_or(0) as i64;
        let axes = match self.choices.below(4) {
            0 => None,
            1 => Some(vec![0]),
            2 => Some(vec![-1]),
            _ => Some((0..rank).filter(|a| a % 2 == 0).collect()),
        };
        let keepdims = self.choices.below(3) == 0;
        let (x, ops): (Value, &[ReduceOp]) = match self.dtype(x).kind() {
            Kind::Bool => (x, &[ReduceOp::Sum, ReduceOp::Any, ReduceOp::All, ReduceOp::Mean, ReduceOp::Max]),
            Kind::Int => (x, &[ReduceOp::Sum, ReduceOp::Prod, ReduceOp::Max, ReduceOp::Min, ReduceOp::Any]),
            Kind::Float => {
                let reduced = self.choices.of(&[ReduceOp::Max, ReduceOp::Min]);
                let x = self.push(Op::Map(MapOp::Absolute), &[x]);
                self.push(Op::Reduce { op: reduced, axes, keepdims }, &[x]);
                return;
            }
            Kind::Complex => (x, &[ReduceOp::Any, ReduceOp::All]),
        };
        let op = self.choices.of(ops);
        self.push(Op::Reduce { op, axes, keepdims }, &[x]);
    }

    fn integers(&mut self, v: Value) -> Value {
        if self.dtype(v).kind() <= Kind::Int { v } else { self.push(Op::Cast(DType::I64), &[v]) }
    }

    fn index(&mut self, x: Value) -> Vec<IndexItem> {
        let rank = self.typed.ty(x).rank().unwrap_or(0);
        let mut items = Vec::new();
        for _ in 0..rank {
            let bound = |choices: &mut Choices<'_>| match choices.below(5) {
                0 | 1 => None,
                2 => Some(Size::Dim(Dim::Const(1))),
                3 => Some(Size::Dim(Dim::Const(-1))),
                _ => Some(Size::Dim(Dim::Const(3))),
            };
            let item = match self.choices.below(8) {
                0..2 => IndexItem::Slice { start: None, stop: None, step: 1 },
                2 => {
                    items.push(IndexItem::NewAxis);
                    IndexItem::Slice { start: None, stop: None, step: 1 }
                }
                3 if rank > 1 => IndexItem::At(Size::Dim(Dim::Const(self.choices.of(&[0, -1])))),
                4 => {
                    items.push(IndexItem::Ellipsis);
                    break;
                }
                _ => {
                    let (start, stop) = (bound(&mut self.choices), bound(&mut self.choices));
                    IndexItem::Slice { start, stop, step: self.choices.of(&[1, 2, -1, -2, 3]) }
                }
            };
            items.push(item);
        }
        if self.choices.below(3) == 0 {
            items.push(IndexItem::NewAxis);
        }
        items
    }

    fn rare(&mut self, x: Value) {
        let (n, m) = (Dim::symbol("n"), Dim::symbol("m"));
        match self.choices.below(6) {
            0 => {
                let y = self.value();
                let axis = self.choices.of(&[Some(0), Some(-1), None]);
                self.push(Op::Concatenate { axis }, &[x, y, x]);
            }
            1 => {
                let shape = self.choices.of(&[&[-1_i64][..], &[-1, 1], &[1, -1], &[-1, 2]]);
                self.push(Op::Reshape { shape: shape.iter().map(|s| Size::Dim(Dim::Const(*s))).collect() }, &[x]);
            }
            2 => {
                let shape = self.choices.of(&[[&n, &m], [&m, &n]]).map(|d| Size::Dim(d.clone())).to_vec();
                self.push(Op::Reshape { shape }, &[x]);
            }
            3 => {
                let start = self.push(Op::Const(Scalar::Int(0)), &[]);
                let stop = self.push(Op::Dim(n), &[]);
                let step = self.push(Op::Const(Scalar::Int(1)), &[]);
                self.push(Op::Arange { dtype: None, len: None }, &[start, stop, step]);
            }
            4 => {
                let (rows, cols) = (Size::Dim(n), Size::Dim(m));
                self.push(Op::Eye { rows, cols, k: 1, dtype: DType::I64 }, &[]);
            }
            _ => {
                let shape = vec![Size::Dim(n), Size::Dim(m)];
                self.push(Op::Fill { shape, dtype: None }, &[x]);
            }
        }
    }
}

/// Elements of every kind: small ones, extremes, and what floats have besides numbers.
fn data(dtype: DType, shape: &[usize], seed: u64) -> Tensor {
    let floats = [0.0, 1.0, -1.0, 0.5, 3.0, -7.25, -0.0, 100.0, 1e-300, f64::INFINITY, f64::NAN, f64::NEG_INFINITY, 1e300];
    let ints = [0, 1, -1, 2, 3, 7, 100, -128, 127, 255, i128::from(i32::MAX), i128::from(i64::MIN)];
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    let scalars = (0..shape.iter().product::<usize>()).map(|_| match dtype.kind() {
        Kind::Bool => Scalar::Bool(next(2) == 0),
        Kind::Int => Scalar::Int(ints[next(ints.len())]),
        Kind::Float => Scalar::Float(floats[next(floats.len())]),
        Kind::Complex => Scalar::Complex(floats[next(8)], floats[next(8)]),
    });
    Tensor::from_scalars(dtype, shape, scalars.collect()).expect("as many elements as the shape has")
}

/// Whether two tensors have the same bits; all NaN are one.
pub(crate) fn identical(a: &Tensor, b: &Tensor) -> Result<(), String> {
    if (a.dtype(), a.shape()) != (b.dtype(), b.shape()) {
        return Err(format!("{}{:?} is not {}{:?}", a.dtype(), a.shape(), b.dtype(), b.shape()));
    }
    let float = |x: f64, y: f64| x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan();
    let same = |x: Scalar, y: Scalar| match (x, y) {
        (Scalar::Float(x), Scalar::Float(y)) => float(x, y),
        (Scalar::Complex(a, b), Scalar::Complex(x, y)) => float(a, x) && float(b, y),
        (Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_) | Scalar::Complex(..), _) => x == y,
    };
    match a.scalars().into_iter().zip(b.scalars()).enumerate().find(|(_, (x, y))| !same(*x, *y)) {
        Some((i, (x, y))) => Err(format!("element {i} of {}{:?} is {x:?}, not {y:?}", a.dtype(), a.shape())),
        None => Ok(()),
    }
}

/// Each element-wise instruction, cast and reduction in a kernel of its own: what `fuse` would leave if it joined nothing.
pub(crate) fn unfused(func: &Func) -> Func {
    let mut out = func.clone();
    out.stage = Stage::Fused;
    let mut made = 0;
    for inst in &mut out.insts {
        if !matches!(inst.op, Op::Map(_) | Op::Cast(_) | Op::Reduce { .. }) {
            continue;
        }
        let mut body = Func::new(format!("k{made}"));
        body.stage = Stage::Fused;
        let params: Vec<Value> = inst.args.iter().map(|a| body.param("x", func.data(*a).ty.clone(), Loc::default())).collect();
        let result = body.push_typed(inst.op.clone(), &params, func.ty(inst.results[0]).clone(), Loc::default());
        body.results = vec![result];
        inst.op = Op::Kernel(Box::new(body));
        made += 1;
    }
    out
}
