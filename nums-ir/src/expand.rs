//! Functions that are written with other operators: `median` is a sort and two positions, `einsum` transposes and products.
//!
//! The macro leaves such a call as one `Op::Call`, because what it becomes depends on the ranks, sizes and dtypes of its
//! operands. `infer` expands it here, one typed instruction after the other, so that every rule of `infer` holds inside and
//! nothing below the typed stage knows these functions. To add one: a row in `builtin/rows` and a function in the file of its
//! kind. `Expand` is what such a function works with: its parameters by position, and the operators.

mod bins;
mod contract;
mod dtypes;
mod linalg;
mod make;
mod order;
mod quantile;
mod random;
pub(crate) mod select;
mod series;
mod shape;
mod stats;

use crate::attr::Attr;
use crate::builtin::SHAPE;
use crate::data::{DataOp, Rule};
use crate::diag::{Diag, Loc};
use crate::dim::{Dim, Sameness};
use crate::dtype::{DType, Kind};
use crate::func::{Call, IndexItem, Op, Scalar, Size, Value};
use crate::infer::{Element, Infer};
use crate::ops::{MapOp, ReduceOp};
use crate::types::Type;

pub(crate) use dtypes::FLOAT_LIMITS;

/// What a call gives: one value or several.
type Made = Result<Vec<Value>, Diag>;
/// One value of an expansion.
type One = Result<Value, Diag>;

/// A row: NumPy's name and how it is written.
pub(crate) struct Expansion {
    pub(crate) name: &'static str,
    pub(crate) write: fn(&mut Expand<'_, '_>) -> Made,
}

/// The row of a name.
pub(crate) fn find(name: &str) -> Option<&'static Expansion> {
    [
        stats::ROWS,
        series::ROWS,
        linalg::ROWS,
        quantile::ROWS,
        bins::ROWS,
        make::ROWS,
        shape::ROWS,
        select::ROWS,
        order::ROWS,
        contract::ROWS,
        dtypes::ROWS,
        random::ROWS,
    ]
    .into_iter()
    .flatten()
    .find(|row| row.name == name)
}

/// The values that a call gives, as typed instructions of `infer`'s function.
pub(crate) fn expand(infer: &mut Infer<'_>, call: &Call, args: Vec<Value>, loc: Loc) -> Made {
    let row = find(call.name).ok_or_else(|| Diag::new(loc, format!("`{}` is not a function", call.name)))?;
    let mut x = Expand { infer, call, args, loc };
    // A clash inside is told of the function that the user wrote.
    (row.write)(&mut x).map_err(|mut diag| {
        let parts = diag.message.split_once("in `").and_then(|(before, rest)| Some((before, rest.split_once('`')?.1)));
        if let Some((before, after)) = parts {
            diag.message = format!("{before}in `{}`{after}", call.name);
        }
        diag.notes.iter_mut().for_each(|note| *note = note.replace("of `concatenate`", &format!("of `{}`", call.name)));
        // The operators inside have axes and operands of their own, which the user did not write.
        let about_operands = diag.message.starts_with("shapes do not agree") || diag.message.starts_with("axis ");
        if about_operands && diag.notes.is_empty() {
            let types = x.args.iter().enumerate().filter(|(_, v)| x.rank(**v) > 0);
            diag.notes.extend(types.map(|(i, v)| format!("operand {i} is {}", x.ty(*v))));
        }
        diag
    })
}

/// A call that is being expanded.
pub(crate) struct Expand<'a, 'f> {
    infer: &'a mut Infer<'f>,
    call: &'a Call,
    args: Vec<Value>,
    loc: Loc,
}

impl Expand<'_, '_> {
    // ---- the call's parameters, by position

    fn attr(&self, at: usize) -> &Attr {
        self.call.attrs.get(at).unwrap_or(&Attr::None)
    }

    fn fail<T>(&self, message: impl Into<String>) -> Result<T, Diag> {
        Err(Diag::new(self.loc, message))
    }

    fn name(&self) -> &'static str {
        self.call.name
    }

    /// The parameter's name, for messages.
    fn parameter(&self, at: usize) -> &'static str {
        // A drawn number has its place in the program as a parameter of its own.
        let at = if self.name().starts_with("random.") && at > 1 { at - 1 } else { at };
        crate::builtin::parameter(self.name(), at).unwrap_or("argument")
    }

    /// The array of a parameter that is always given.
    fn arg(&self, at: usize) -> Value {
        match self.attr(at) {
            Attr::Arg(i) => self.args[*i],
            _ => self.args[0],
        }
    }

    /// The array of a parameter that may be left out.
    fn given(&self, at: usize) -> Option<Value> {
        if let Attr::Arg(i) = self.attr(at) { self.args.get(*i).copied() } else { None }
    }

    /// The arrays of a list.
    fn list(&self, at: usize) -> Vec<Value> {
        match self.attr(at) {
            Attr::List(parts) => {
                parts.iter().filter_map(|p| if let Attr::Arg(i) = p { Some(self.args[*i]) } else { None }).collect()
            }
            Attr::Arg(i) => vec![self.args[*i]],
            _ => vec![],
        }
    }

    fn flag(&self, at: usize, default: bool) -> Result<bool, Diag> {
        match self.attr(at) {
            Attr::None => Ok(default),
            Attr::Bool(b) => Ok(*b),
            Attr::Int(i @ (0 | 1)) => Ok(*i == 1),
            _ => self.fail(format!("`{}` of `{}` is `True` or `False`", self.parameter(at), self.name())),
        }
    }

    fn integer(&self, at: usize) -> Result<Option<i64>, Diag> {
        match self.attr(at) {
            Attr::None => Ok(None),
            Attr::Int(i) => Ok(Some(*i)),
            Attr::List(_) => self.fail(format!("`{}` of `{}` is one literal integer", self.parameter(at), self.name())),
            _ => self.fail(format!("`{}` of `{}` is a literal integer", self.parameter(at), self.name())),
        }
    }

    fn word(&self, at: usize) -> Result<Option<&str>, Diag> {
        match self.attr(at) {
            Attr::None => Ok(None),
            Attr::Str(s) => Ok(Some(s)),
            _ => self.fail(format!("`{}` of `{}` is a string", self.parameter(at), self.name())),
        }
    }

    fn dtype_at(&self, at: usize) -> Result<Option<DType>, Diag> {
        match self.attr(at) {
            Attr::None => Ok(None),
            Attr::DType(d) => Ok(Some(*d)),
            _ => self.fail(format!("`dtype` of `{}` is a dtype", self.name())),
        }
    }

    /// An axis counted from the front.
    fn normal(&self, axis: i64, rank: usize) -> Result<usize, Diag> {
        crate::infer::normalise(axis, rank, self.loc)
    }

    fn axis_at(&self, at: usize, rank: usize) -> Result<Option<usize>, Diag> {
        self.integer(at)?.map(|a| self.normal(a, rank)).transpose()
    }

    /// Axes of a parameter, sorted; `None` for all.
    fn axes_at(&self, at: usize, rank: usize) -> Result<Option<Vec<usize>>, Diag> {
        let mut axes = match self.attr(at) {
            Attr::None => return Ok(None),
            Attr::Int(a) => vec![self.normal(*a, rank)?],
            Attr::List(parts) => {
                let axis = |p: &Attr| match p {
                    Attr::Int(a) => self.normal(*a, rank),
                    _ => self.fail("an axis is a literal integer"),
                };
                parts.iter().map(axis).collect::<Result<Vec<_>, _>>()?
            }
            _ => return self.fail("an axis is a literal integer"),
        };
        axes.sort_unstable();
        if axes.windows(2).any(|w| w[0] == w[1]) {
            return self.fail(format!("an axis stands twice in `{}`", self.name()));
        }
        Ok(Some(axes))
    }

    /// Sizes of a parameter: one, a list, or the shape of an array.
    fn sizes_at(&self, at: usize) -> Result<Vec<Dim>, Diag> {
        let sizes = self.integers_at(at)?;
        match sizes.iter().filter_map(Dim::as_const).find(|n| *n < 0) {
            Some(n) => self.fail(format!("a size is not negative: {n}")),
            None => Ok(sizes),
        }
    }

    /// Integers of a parameter, which are sizes or count from the end.
    fn integers_at(&self, at: usize) -> Result<Vec<Dim>, Diag> {
        fn sizes(x: &Expand<'_, '_>, attr: &Attr, out: &mut Vec<Dim>) -> Result<(), Diag> {
            match attr {
                Attr::Int(i) => out.push(Dim::Const(*i)),
                Attr::Size(Size::Dim(d)) => out.push(d.clone()),
                Attr::Arg(i) => out.push(x.as_dim(x.args[*i])?),
                Attr::List(parts) if parts.first() == Some(&Attr::Str(SHAPE.to_owned())) => {
                    if let Some(Attr::Arg(i)) = parts.get(1) {
                        out.extend(x.dims(x.args[*i]));
                    }
                }
                Attr::None => {}
                Attr::List(parts) => parts.iter().try_for_each(|p| sizes(x, p, out))?,
                _ => return x.fail(format!("a size of `{}` is an integer", x.name())),
            }
            Ok(())
        }
        let mut out = Vec::new();
        sizes(self, self.attr(at), &mut out)?;
        Ok(out)
    }

    // ---- what is known of values

    fn ty(&self, v: Value) -> &Type {
        self.infer.type_of(v)
    }

    fn dims(&self, v: Value) -> Vec<Dim> {
        self.ty(v).dims().unwrap_or_default().to_vec()
    }

    fn rank(&self, v: Value) -> usize {
        self.ty(v).rank().unwrap_or(0)
    }

    fn dtype(&self, v: Value) -> DType {
        self.ty(v).dtype
    }

    fn kind(&self, v: Value) -> Kind {
        self.dtype(v).kind()
    }

    /// The numbers that the source writes as elements of `v`.
    fn written(&self, v: Value) -> Vec<f64> {
        self.infer.elements(v).iter().filter_map(Element::number).collect()
    }

    /// A literal integer against the dtype that it is to have.
    fn fits(&self, v: Value, dtype: DType) -> Result<(), Diag> {
        match self.infer.constant_of(v) {
            Some(Scalar::Int(i)) if self.ty(v).weak && dtype.kind() == Kind::Int && !crate::infer::in_range(i, dtype) => {
                Err(crate::infer::out_of_bounds(i, dtype, self.loc))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// `v` in double precision, whose elements keep to a rule: those that are written are told of now, others when they are computed.
    fn checked(&mut self, v: Value, rule: Rule) -> One {
        if self.kind(v) == Kind::Complex {
            return self.fail(format!("parameters of `{}` are real, not {}", self.name(), self.ty(v)));
        }
        let written = self.written(v);
        if let Some(bad) = written.iter().find(|e| !rule.holds(**e)) {
            return self.fail(format!("{}, found {bad}", rule.words()));
        }
        let v = self.cast(v, DType::F64)?;
        let all = self.product(&self.dims(v)).as_const() == i64::try_from(written.len()).ok();
        if all { Ok(v) } else { self.data(DataOp::Check { rule }, &[v]) }
    }

    /// An index against the size of an axis of the first operand.
    fn inside(&self, i: &Dim, n: &Dim, axis: usize) -> Result<(), Diag> {
        crate::infer::at(i, n, axis, self.loc).map_err(|diag| diag.note(format!("operand 0 is {}", self.ty(self.arg(0)))))
    }

    /// The positions that the source writes into `index` against the size of the axis.
    fn all_inside(&self, index: Value, n: &Dim, axis: usize) -> Result<(), Diag> {
        self.infer.elements(index).iter().try_for_each(|e| match e {
            Element::Integer(i) => self.inside(i, n, axis),
            Element::Real(_) => Ok(()),
        })
    }

    fn is_same(&self, a: &Dim, b: &Dim) -> bool {
        a.compare(b) != Sameness::Different
    }

    // ---- operators

    fn op(&mut self, op: Op, args: &[Value]) -> One {
        self.infer.emit(op, args, self.loc)
    }

    fn map(&mut self, op: MapOp, args: &[Value]) -> One {
        self.op(Op::Map(op), args)
    }

    fn data(&mut self, op: DataOp, args: &[Value]) -> One {
        self.op(Op::Data(op), args)
    }

    fn reduce(&mut self, op: ReduceOp, x: Value, axes: &[usize], keepdims: bool) -> One {
        let axes = Some(axes.iter().map(|a| *a as i64).collect());
        self.op(Op::Reduce { op, axes, keepdims }, &[x])
    }

    fn number(&mut self, value: Scalar) -> One {
        self.op(Op::Const(value), &[])
    }

    fn int(&mut self, value: i64) -> One {
        self.number(Scalar::Int(value.into()))
    }

    fn float(&mut self, value: f64) -> One {
        self.number(Scalar::Float(value))
    }

    /// A size as a plain integer.
    fn dim(&mut self, dim: &Dim) -> One {
        match dim.as_const() {
            Some(c) => self.int(c),
            None => self.op(Op::Dim(dim.clone()), &[]),
        }
    }

    /// A size as a 0-d array.
    fn size_as(&mut self, dim: &Dim, dtype: DType) -> One {
        let n = self.op(Op::Dim(dim.clone()), &[])?;
        self.op(Op::Cast(dtype), &[n])
    }

    fn cast(&mut self, x: Value, dtype: DType) -> One {
        if self.dtype(x) == dtype && !self.ty(x).weak { Ok(x) } else { self.op(Op::Cast(dtype), &[x]) }
    }

    fn reshape(&mut self, x: Value, dims: &[Dim]) -> One {
        if self.dims(x) == dims && !self.ty(x).weak {
            return Ok(x);
        }
        self.op(Op::Reshape { shape: dims.iter().cloned().map(Size::Dim).collect() }, &[x])
    }

    fn ravel(&mut self, x: Value) -> One {
        if self.rank(x) == 1 {
            return Ok(x);
        }
        self.reshape(x, &[Dim::Const(-1)])
    }

    fn transpose(&mut self, x: Value, perm: &[usize]) -> One {
        if perm.iter().copied().eq(0..perm.len()) {
            return Ok(x);
        }
        self.op(Op::Transpose { perm: Some(perm.iter().map(|p| *p as i64).collect()) }, &[x])
    }

    fn concatenate(&mut self, arrays: &[Value], axis: usize) -> One {
        match arrays {
            [one] => Ok(*one),
            _ => self.op(Op::Concatenate { axis: Some(axis as i64) }, arrays),
        }
    }

    fn index(&mut self, x: Value, items: Vec<IndexItem>) -> One {
        self.op(Op::Index { items }, &[x])
    }

    /// `x[start:stop:step]` on one axis; the other axes whole.
    fn slice(&mut self, x: Value, axis: usize, start: Option<Dim>, stop: Option<Dim>, step: i64) -> One {
        let mut items = vec![whole(); axis];
        items.push(IndexItem::Slice { start: start.map(Size::Dim), stop: stop.map(Size::Dim), step });
        self.index(x, items)
    }

    /// `x[i]` on one axis.
    fn at(&mut self, x: Value, axis: usize, i: Dim) -> One {
        let mut items = vec![whole(); axis];
        items.push(IndexItem::At(Size::Dim(i)));
        self.index(x, items)
    }

    /// A new axis of size 1 before `axis`.
    fn unsqueeze(&mut self, x: Value, axis: usize) -> One {
        let mut items = vec![whole(); axis];
        items.push(IndexItem::NewAxis);
        self.index(x, items)
    }

    /// `value` everywhere.
    fn full(&mut self, dims: &[Dim], value: Value, dtype: DType) -> One {
        let shape = dims.iter().cloned().map(Size::Dim).collect();
        self.op(Op::Fill { shape, dtype: Some(dtype) }, &[value])
    }

    /// `0, 1, …` below `n`.
    fn arange(&mut self, n: &Dim) -> One {
        let (zero, stop, one) = (self.int(0)?, self.dim(n)?, self.int(1)?);
        self.op(Op::Arange { dtype: Some(DType::I64), len: None }, &[zero, stop, one])
    }

    fn choose(&mut self, c: Value, a: Value, b: Value) -> One {
        self.map(MapOp::Where, &[c, a, b])
    }

    /// `x` repeated along axes that are missing or of size 1.
    fn broadcast(&mut self, x: Value, dims: &[Dim]) -> One {
        if self.dims(x) == dims && !self.ty(x).weak {
            return Ok(x);
        }
        let own = self.dims(x);
        let lead = dims.len().checked_sub(own.len());
        let fits = |lead: usize| own.iter().zip(&dims[lead..]).all(|(a, b)| *a == Dim::Const(1) || self.is_same(a, b));
        if !lead.is_some_and(fits) {
            let (from, to) = (crate::types::Shape::Known(own), crate::types::Shape::Known(dims.to_vec()));
            return self.fail(format!("shape {from} does not broadcast to {to}"));
        }
        let lead = lead.unwrap_or(0);
        let mut out = self.cast(x, self.dtype(x))?;
        // A choice between `x` and itself, by conditions that have the new axes: one vector an axis.
        for (axis, dim) in dims.iter().enumerate() {
            if axis >= lead && own[axis - lead] == *dim {
                continue;
            }
            let mut shape = vec![Dim::Const(1); dims.len() - axis];
            shape[0] = dim.clone();
            let yes = self.number(Scalar::Bool(true))?;
            let yes = self.full(&shape, yes, DType::Bool)?;
            out = self.choose(yes, out, out)?;
        }
        Ok(out)
    }

    /// A 0-d value as a plain scalar, which the call waits for.
    fn item(&mut self, x: Value) -> One {
        if self.ty(x).weak { Ok(x) } else { self.op(Op::Item, &[x]) }
    }

    /// The size that a plain integer is.
    fn as_dim(&self, x: Value) -> Result<Dim, Diag> {
        match self.infer.dim_of(x) {
            Some(dim) => Ok(dim),
            None => self.fail(format!("a size is an integer, not {}", self.ty(x))),
        }
    }

    /// The number of true elements, as a size, and their positions.
    fn positions(&mut self, mask: Value) -> One {
        let flat = self.ravel(mask)?;
        let count = self.reduce(ReduceOp::Sum, flat, &[0], false)?;
        let count = self.item(count)?;
        let count = self.as_dim(count)?;
        self.data(DataOp::Positions { count: Size::Dim(count) }, &[flat])
    }

    /// `x[i]` by positions along one axis.
    fn take(&mut self, x: Value, index: Value, axis: usize) -> One {
        let index = self.cast(index, DType::I64)?;
        self.data(DataOp::Take { axis, count: 1 }, &[x, index])
    }

    /// The product of sizes.
    fn product(&self, dims: &[Dim]) -> Dim {
        dims.iter().fold(Dim::Const(1), |n, d| n.mul(d))
    }

    /// `x` in a float dtype.
    fn floating(&mut self, x: Value) -> One {
        match self.kind(x) {
            Kind::Bool | Kind::Int => self.cast(x, DType::F64),
            Kind::Float | Kind::Complex => Ok(x),
        }
    }

    /// `x` in the float that holds its dtype: of small integers `f32`.
    fn own_float(&mut self, x: Value) -> One {
        match self.kind(x) {
            Kind::Bool | Kind::Int if !self.ty(x).weak => self.cast(x, self.dtype(x).to_float()),
            Kind::Bool | Kind::Int | Kind::Float | Kind::Complex => self.floating(x),
        }
    }
}

/// One value, as what a call gives.
fn one(v: Value) -> Vec<Value> {
    vec![v]
}

/// A whole axis.
fn whole() -> IndexItem {
    IndexItem::Slice { start: None, stop: None, step: 1 }
}
