//! Sizes are bound: the arguments of a call give every symbol a number, and what was unknown is decided.
//!
//! A function (fused when it was compiled) has its symbols replaced and every instruction checked again by
//! `infer::result_types`, which now sees numbers only. An expression (parsed) gets its parameters' types from the arguments, then runs through
//! `infer` and the pipeline. Either way the result is a fused function with constant sizes, ready for `tile`, and mistakes have
//! the words that the compiler would have used.

use crate::diag::{Diag, Loc};
use crate::dim::{Dim, Symbol};
use crate::dtype::{DType, Kind};
use crate::func::{Func, Op, Scalar, Size, Stage, Value};
use crate::infer::{declared, in_range, infer_with, name_operands, out_of_bounds, result_types};
use crate::passes::{chain, visit_sizes};
use crate::types::{Shape, Type};
use crate::wait::Step;
use std::collections::{HashMap, HashSet};

/// An argument of a call: what sizes and types need of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// An array's dtype and shape.
    Array(DType, Vec<usize>),
    /// A plain scalar.
    Scalar(Scalar),
}

/// The integer and boolean parameters whose value some size or branch depends on: they belong to a plan's key, other scalars do not.
pub fn size_scalars(func: &Func) -> Vec<Symbol> {
    let mut wanted: HashSet<Value> = HashSet::new();
    let mut symbols: HashSet<Symbol> = HashSet::new();
    let mut see = |d: &Dim| {
        d.symbols(&mut |s| {
            symbols.insert(s.clone());
        });
    };
    symbols_of(func, &mut see);
    for inst in func.insts.iter().rev() {
        visit_sizes(&mut inst.op.clone(), &mut |size| {
            if let Size::Value(v) = size {
                wanted.insert(*v);
            }
        });
        // What a call makes of an integer is known when it is expanded; a condition chooses a program.
        let sizing = matches!(inst.op, Op::Arange { len: None, .. } | Op::Call(_) | Op::Choose);
        if sizing || inst.results.iter().any(|r| wanted.contains(r)) {
            wanted.extend(&inst.args);
        }
    }
    let named = |p: &Value| func.data(*p).name.as_deref().map(Symbol::from);
    let integer =
        |p: &&Value| func.data(**p).ty.as_ref().is_none_or(|t| t.weak && (t.dtype == DType::I64 || t.dtype == DType::Bool));
    let params = func.params.iter().filter(integer);
    params.filter_map(|p| named(p).filter(|n| wanted.contains(p) || symbols.contains(n))).collect()
}

/// Calls `see` with every size in the types and attributes of a function.
fn symbols_of(func: &Func, see: &mut dyn FnMut(&Dim)) {
    for dims in func.values.iter().filter_map(|d| d.ty.as_ref()?.dims()).chain(func.declared.iter().filter_map(Type::dims)) {
        dims.iter().for_each(&mut *see);
    }
    for inst in &func.insts {
        match &inst.op {
            Op::Dim(d) => see(d),
            Op::Arange { len: Some(len), .. } => see(len),
            Op::Kernel(body) => symbols_of(body, see),
            op => visit_sizes(&mut op.clone(), &mut |size| {
                if let Size::Dim(d) = size {
                    see(d);
                }
            }),
        }
    }
}

/// A plain integer that a program converts to an integer dtype: one that does not fit is a mistake, as in NumPy.
#[derive(Clone, Debug, PartialEq)]
pub struct Narrowed {
    /// Which parameter.
    pub param: usize,
    /// What it is converted to.
    pub dtype: DType,
    /// Where.
    pub loc: Loc,
}

impl Narrowed {
    /// The value against the dtype.
    ///
    /// # Errors
    /// It does not fit.
    pub fn check(&self, value: Scalar) -> Result<(), Diag> {
        match value {
            Scalar::Int(i) if !in_range(i, self.dtype) => Err(out_of_bounds(i, self.dtype, self.loc)),
            Scalar::Int(_) | Scalar::Bool(_) | Scalar::Float(_) | Scalar::Complex(..) => Ok(()),
        }
    }
}

/// The conversions of plain integers in a fused function. A plan outlives the values it was made for: every call checks them.
pub fn narrowed(func: &Func) -> Vec<Narrowed> {
    let mut found = Vec::new();
    for inst in &func.insts {
        let Op::Kernel(body) = &inst.op else { continue };
        for cast in &body.insts {
            let (Op::Cast(dtype), Some(p)) = (&cast.op, body.params.iter().position(|p| cast.args.contains(p))) else { continue };
            let param = func.params.iter().position(|p2| *p2 == inst.args[p]);
            let plain = func.ty(inst.args[p]).weak;
            if let (Some(param), true, Kind::Int) = (param, plain, dtype.kind()) {
                found.push(Narrowed { param, dtype: *dtype, loc: body.data(cast.results[0]).loc });
            }
        }
    }
    found
}

/// What a call does first: all of it, or a part whose value sizes or branches depend on.
///
/// # Errors
/// As `bind`.
pub fn bind_step(parsed: &Func, fused: Option<&Func>, args: &[Bound]) -> Result<Step, Diag> {
    if let Some(fused) = fused.filter(|f| !crate::wait::depends_on_data(f) && !chain::is_there(f))
        && let Ok(bound) = bind(fused, args)
    {
        return Ok(Step::Whole(bound));
    }
    let known = parsed.params.iter().zip(args).filter_map(|(p, arg)| match arg {
        Bound::Scalar(s) => Some((*p, *s)),
        Bound::Array(..) => None,
    });
    crate::wait::step(typed(parsed, args)?, &known.collect())
}

/// A call of a program: the fused form bound, or, where that cannot take these sizes, the parsed form.
///
/// The compiler reads `x[:k]` and `arange(k)` as if `k` were not negative, and a size that it could not compare as if it did not
/// stretch. A call that says otherwise is inferred anew with its numbers, which also words mistakes in the user's terms. So is one
/// with products of products, whose order numbers decide.
///
/// # Errors
/// As `bind`.
pub fn bind_call(parsed: &Func, fused: Option<&Func>, args: &[Bound]) -> Result<Func, Diag> {
    match fused.filter(|f| !chain::is_there(f)).map(|fused| bind(fused, args)) {
        Some(Ok(bound)) => Ok(bound),
        Some(Err(_)) | None => bind(parsed, args),
    }
}

/// The function with all sizes constant, in the fused stage, for arguments in the order of its parameters.
///
/// # Errors
/// The first thing that does not fit: an argument's dtype, rank or size, or an expression for these sizes.
pub fn bind(func: &Func, args: &[Bound]) -> Result<Func, Diag> {
    let (mut out, known) = numbers(func, args)?;
    if func.stage == Stage::Parsed {
        let typed = infer_with(&out, &known).map_err(|mut diags| diags.swap_remove(0))?;
        return Ok(crate::pass::run(typed));
    }
    recheck(&mut out)?;
    if out.stage == Stage::Fused {
        crate::passes::fuse::settle(&mut out);
    }
    Ok(out)
}

/// A parsed function in the typed stage, with all sizes constant.
///
/// # Errors
/// As `bind`.
pub fn typed(func: &Func, args: &[Bound]) -> Result<Func, Diag> {
    let (out, known) = numbers(func, args)?;
    infer_with(&out, &known).map_err(|mut diags| diags.swap_remove(0))
}

/// The function with numbers for its symbols, and the values of its integer parameters.
fn numbers(func: &Func, args: &[Bound]) -> Result<(Func, HashMap<Value, i64>), Diag> {
    if func.params.len() != args.len() {
        let (want, has) = (func.params.len(), args.len());
        return Err(Diag::new(Loc::default(), format!("`{}` takes {want} arguments, not {has}", func.name)));
    }
    let mut out = func.clone();
    let mut sizes = Sizes { numbers: HashMap::new(), from: HashMap::new() };
    let mut known: HashMap<Value, i64> = HashMap::new();
    for (p, arg) in func.params.iter().zip(args) {
        let ty = argument(func, *p, arg, &mut sizes)?;
        if let (Bound::Scalar(Scalar::Int(i)), true) = (arg, ty.dtype == DType::I64) {
            let i = i64::try_from(*i).map_err(|_| Diag::new(func.data(*p).loc, format!("the integer {i} does not fit i64")))?;
            known.insert(*p, i);
        }
        out.values[p.0 as usize].ty = Some(ty);
    }
    for (p, k) in &known {
        if let Some(name) = &func.data(*p).name {
            sizes.bind(name, *k, &format!("the argument `{name}`"), func.data(*p).loc)?;
        }
    }
    sizes.check(func, args)?;
    let value = |name: &str| sizes.numbers.get(name).map(|n| Dim::Const(*n));
    substitute(&mut out, &value);
    for ty in &out.declared {
        if let Some(n) = ty.sizes_or_negative() {
            let loc = func.results.first().map_or(Loc::default(), |r| func.data(*r).loc);
            return Err(Diag::new(loc, format!("the declared result {ty} has a negative size: {n}")));
        }
    }
    Ok((out, known))
}

/// The type of an argument, checked against the parameter's; symbols get their numbers.
fn argument(func: &Func, p: Value, arg: &Bound, sizes: &mut Sizes) -> Result<Type, Diag> {
    let data = func.data(p);
    let name = data.name.as_deref().unwrap_or("?");
    let clash = |has: &str| match &data.ty {
        Some(want) => Diag::new(data.loc, format!("argument `{name}`: expected {want}, found {has}")),
        None => Diag::new(data.loc, format!("argument `{name}`: found {has}")),
    };
    match (arg, &data.ty) {
        (Bound::Scalar(s), None) => Ok(Type::weak(s.kind())),
        (Bound::Scalar(s), Some(want)) if want.weak && s.kind() <= want.dtype.kind() => Ok(want.clone()),
        (Bound::Scalar(s), Some(_)) => Err(clash(&format!("the scalar {s}"))),
        (Bound::Array(dtype, shape), None) => Ok(Type::of(*dtype, shape)),
        (Bound::Array(dtype, shape), Some(want)) => {
            let has = Type::of(*dtype, shape);
            if want.weak || want.dtype != *dtype || want.rank().is_some_and(|r| r != shape.len()) {
                return Err(clash(&has.to_string()));
            }
            for (axis, (dim, n)) in want.dims().unwrap_or_default().iter().zip(shape).enumerate() {
                let n = i64::try_from(*n).unwrap_or(i64::MAX);
                if let Some(symbol) = dim.as_symbol() {
                    sizes.bind(symbol, n, &format!("axis {axis} of `{name}`"), data.loc)?;
                }
            }
            Ok(has)
        }
    }
}

/// The numbers that symbols have got, and where from.
struct Sizes {
    numbers: HashMap<Symbol, i64>,
    from: HashMap<Symbol, String>,
}

impl Sizes {
    fn bind(&mut self, symbol: &str, n: i64, place: &str, loc: Loc) -> Result<(), Diag> {
        match self.numbers.get(symbol) {
            Some(known) if *known != n => {
                let first = &self.from[symbol];
                Err(Diag::new(loc, format!("`{symbol}` is {known} in {first}, but {n} in {place}")))
            }
            Some(_) => Ok(()),
            None => {
                self.numbers.insert(symbol.into(), n);
                self.from.insert(symbol.into(), place.to_owned());
                Ok(())
            }
        }
    }

    /// Declared numbers and expressions (`f64[3, n - 1]`) against the arguments.
    fn check(&self, func: &Func, args: &[Bound]) -> Result<(), Diag> {
        for (p, arg) in func.params.iter().zip(args) {
            let (Some(ty), Bound::Array(_, shape)) = (&func.data(*p).ty, arg) else { continue };
            for (axis, (dim, n)) in ty.dims().unwrap_or_default().iter().zip(shape).enumerate() {
                let want = dim.substitute(&|name| self.numbers.get(name).map(|n| Dim::Const(*n)));
                if want != Dim::from(*n) {
                    let name = func.data(*p).name.as_deref().unwrap_or("?");
                    let equals = if dim.as_const().is_some() { String::new() } else { format!(", which is {want}") };
                    let message = format!("axis {axis} of `{name}` is declared `{dim}`{equals}, but has size {n}");
                    return Err(Diag::new(func.data(*p).loc, message));
                }
            }
        }
        Ok(())
    }
}

impl Type {
    /// A size below 0, if there is one.
    fn sizes_or_negative(&self) -> Option<i64> {
        self.dims()?.iter().filter_map(Dim::as_const).find(|c| *c < 0)
    }
}

/// Replaces symbols in all types and attributes.
pub(crate) fn substitute(func: &mut Func, value: &dyn Fn(&str) -> Option<Dim>) {
    let types = func.values.iter_mut().filter_map(|d| d.ty.as_mut()).chain(&mut func.declared);
    for ty in types {
        if let Shape::Known(dims) = &mut ty.shape {
            dims.iter_mut().for_each(|d| *d = d.substitute(value));
        }
    }
    for inst in &mut func.insts {
        match &mut inst.op {
            Op::Dim(d) => *d = d.substitute(value),
            Op::Arange { len: Some(len), .. } => *len = len.substitute(value),
            Op::Kernel(body) => substitute(body, value),
            op => visit_sizes(op, &mut |size| {
                if let Size::Dim(d) = size {
                    *d = d.substitute(value);
                }
            }),
        }
    }
}

/// Gives every value the type that its operands' numbers give, and holds results to their declaration.
pub(crate) fn recheck(func: &mut Func) -> Result<(), Diag> {
    for i in 0..func.insts.len() {
        let inst = &func.insts[i];
        let loc = func.data(inst.results[0]).loc;
        if matches!(inst.op, Op::Const(_) | Op::Dim(_)) {
            continue;
        }
        let args: Vec<&Type> = inst.args.iter().map(|a| func.ty(*a)).collect();
        let types = result_types(&inst.op, &args, loc).map_err(|d| name_operands(d, func, inst))?;
        for (r, ty) in inst.results.iter().zip(types) {
            let has = func.ty(*r);
            // A plain number stays one, also when casts on its way are not.
            let ty = Type { weak: has.weak && ty.rank() == Some(0), ..ty };
            // What the compiler derived from the wrong size (a mean's count) would be silently wrong.
            if *has != ty {
                return Err(Diag::new(loc, format!("`{}` was compiled for {has}, these sizes give {ty}", inst.op.name())));
            }
        }
        let args: Vec<Type> = func.insts[i].args.iter().map(|a| func.ty(*a).clone()).collect();
        if let Op::Kernel(body) = &mut func.insts[i].op {
            for (p, ty) in body.params.clone().iter().zip(args) {
                body.values[p.0 as usize].ty = Some(ty);
            }
            recheck(body)?;
        }
    }
    for (r, want) in func.results.iter().zip(&func.declared) {
        declared(want, func.ty(*r), func.data(*r).loc)?;
    }
    Ok(())
}

/// The kind of a scalar parameter, for plan keys: its value does not matter unless it sizes something.
pub fn scalar_kind(arg: &Bound) -> Option<Kind> {
    match arg {
        Bound::Array(..) => None,
        Bound::Scalar(s) => Some(s.kind()),
    }
}
