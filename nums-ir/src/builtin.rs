//! NumPy's names: what `np.sum(x, axis=0)`, `x.T`, `a + b` and `x[1:, None]` mean as operators.
//!
//! The macro resolves a user's own names and hands everything else here as `Term`s; here it becomes instructions of a parsed
//! `Func`, or a `Diag` in the user's words. Element-wise operators and reductions come from the operator table, structural ones
//! from the rows of `builtin/rows`, arguments are bound by signatures as NumPy writes them (`builtin/bind`). What NumPy has and
//! nums does not is listed in `builtin/missing`, so that it is "not in nums yet" and not "unknown". No dtype or shape is judged
//! here: that is `infer`'s.

mod bind;
mod calls;
mod differences;
mod dtypes;
mod index;
mod missing;
mod reduce;
mod rows;
pub mod signature;
#[cfg(test)]
mod tests;
mod words;

use crate::attr::Attr;
use crate::diag::{Diag, Loc, suggest};
use crate::dtype::DType;
use crate::func::{Call, Func, Op, Scalar, Size, Value};
use crate::ops::{DTypeRule, MapOp, ReduceOp};
pub use bind::Given;
pub use bind::{signature_left_out, signature_shown};
pub(crate) use calls::SHAPE;
pub use differences::DIFFERENCES;
pub use dtypes::About;
pub use index::{Item, assign, index};
pub use rows::{ROWS, Row};
pub use words::{Word, attributes, constants, words};

/// What an expression of the language stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// An array or a scalar that the program computes.
    Value(Value),
    /// A literal, which is an operand or an attribute, as its place wants.
    Number(Scalar),
    /// `None`, `np.newaxis`.
    None,
    /// `...`.
    Ellipsis,
    /// A string.
    Str(String),
    /// A dtype.
    DType(DType),
    /// A tuple or list.
    Tuple(Vec<(Term, Loc)>),
    /// `x.shape`.
    Shape(Value),
    /// `np` (the empty path), `linalg`.
    Module(&'static str),
    /// A function.
    Callable(Callable),
    /// A method and its object.
    Method(Box<Term>, Callable),
    /// A call that gives an array an axis, which is taken by `[i]` or by unpacking: `nonzero(x)`.
    PerAxis(Call, Vec<Value>),
    /// A generator of random numbers, by its seed.
    Generator(Value),
    /// The common dtype of arrays, numbers and dtypes, `x.dtype`, or what is known of it.
    OfTypes(About, Vec<(Term, Loc)>),
}

/// Something that can be called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Callable {
    /// A row of the operator table.
    Map(MapOp),
    /// A row by the name of a function of Python's own, `abs(x)`, which leaves a plain number plain.
    Python(MapOp),
    /// A reduction of the operator table.
    Reduce(ReduceOp),
    /// A structural function.
    Row(&'static Row),
}

impl Callable {
    /// NumPy's name.
    pub fn name(self) -> &'static str {
        match self {
            Callable::Map(op) | Callable::Python(op) => op.name(),
            Callable::Reduce(op) => op.name(),
            Callable::Row(row) => row.name,
        }
    }

    /// The arguments, as `bind` reads them.
    pub fn signature(self) -> &'static str {
        match self {
            Callable::Map(MapOp::Where) => "condition, x=, y=",
            Callable::Map(op) | Callable::Python(op) if op.arity() == 1 => "x, out!, where!, dtype!",
            Callable::Map(_) | Callable::Python(_) => "x1, x2, out!, where!, dtype!",
            Callable::Reduce(op) => reduce::signature(op),
            Callable::Row(row) => row.signature,
        }
    }

    fn is_method(self) -> bool {
        match self {
            Callable::Map(op) => op == MapOp::Conjugate,
            Callable::Python(_) => false,
            Callable::Reduce(_) => true,
            Callable::Row(row) => row.method,
        }
    }

    fn is_function(self) -> bool {
        match self {
            Callable::Map(_) | Callable::Python(_) | Callable::Reduce(_) => true,
            Callable::Row(row) => row.function,
        }
    }

    /// The callable with this path, `linalg.solve` or `sum`.
    pub fn find(path: &str) -> Option<Callable> {
        let row = || ROWS.iter().find(|r| r.name == path || r.aliases.contains(&path)).map(Callable::Row);
        MapOp::from_name(path).map(Callable::Map).or_else(|| ReduceOp::from_name(path).map(Callable::Reduce)).or_else(row)
    }

    /// Names of all callables, with their aliases.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let maps = MapOp::ALL.iter().flat_map(|op| [op.name()].into_iter().chain(op.aliases().iter().copied()));
        let reductions = ReduceOp::ALL.iter().flat_map(|op| [op.name()].into_iter().chain(op.aliases().iter().copied()));
        let rows = ROWS.iter().flat_map(|r| [r.name].into_iter().chain(r.aliases.iter().copied()));
        maps.chain(reductions).chain(rows)
    }
}

/// Constants of the module `np`.
const CONSTANTS: &[(&str, Term)] = &[
    ("pi", Term::Number(Scalar::Float(std::f64::consts::PI))),
    ("e", Term::Number(Scalar::Float(std::f64::consts::E))),
    ("euler_gamma", Term::Number(Scalar::Float(0.577_215_664_901_532_9))),
    ("inf", Term::Number(Scalar::Float(f64::INFINITY))),
    ("nan", Term::Number(Scalar::Float(f64::NAN))),
    ("newaxis", Term::None),
];

/// Attributes of arrays that are no methods.
const ATTRIBUTES: &[&str] = &["T", "mT", "shape", "size", "ndim", "dtype", "real", "imag"];

/// What a bare name means before an attribute, and as an argument: a module or a dtype. Functions have their meaning only where
/// they are called.
pub fn name(name: &str) -> Option<Term> {
    match name {
        "np" => Some(Term::Module("")),
        "linalg" => Some(Term::Module("linalg")),
        "numpy" => Some(Term::Module("")),
        _ => DType::from_name(name).map(Term::DType),
    }
}

/// What a bare name means where it is called.
///
/// # Errors
/// No function of NumPy has this name, or nums does not have it yet. `own` are the names of functions that the user defined.
pub fn function<'a>(name: &str, own: impl IntoIterator<Item = &'a str>, loc: Loc) -> Result<Term, Diag> {
    match Callable::find(name).filter(|c| c.is_function()) {
        Some(Callable::Map(op)) if matches!(name, "abs" | "pow") => return Ok(Term::Callable(Callable::Python(op))),
        Some(callable) => return Ok(Term::Callable(callable)),
        None => {}
    }
    if let Some(dtype) = DType::from_name(name) {
        return Ok(Term::DType(dtype));
    }
    if let Some(diag) = missing::function(name, loc) {
        return Err(diag);
    }
    let diag = Diag::new(loc, format!("unknown function `{name}`")).note(format!(
        "functions of other `nums!` blocks are called from Rust, `let y = {name}(&x)?;`: their result is stored, not fused"
    ));
    Err(match suggest(name, own.into_iter().chain(Callable::names().map(|n| -> &'a str { n }))) {
        Some(near) => diag.help(format!("a function with a similar name exists: `{near}`")),
        None => diag,
    })
}

/// The mistake of a bare name that is nothing in scope; `known` are the names that are.
pub fn unknown_name<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, loc: Loc) -> Diag {
    let diag = Diag::new(loc, format!("unknown name `{name}`"));
    if CONSTANTS.iter().any(|(constant, _)| *constant == name) {
        return diag.help(format!("write `np.{name}`"));
    }
    if let Some(callable) = Callable::find(name) {
        return Diag::new(loc, format!("`{name}` is a function")).help(format!("call it: `{name}({})`", bind::shown(callable)));
    }
    match suggest(name, known) {
        Some(near) => diag.help(format!("a similar name is in scope: `{near}`")),
        None if LIBRARIES.contains(&name) => diag.help(NO_LIBRARY),
        None => diag.help(format!("make it a parameter, or assign it first: `{name} = …;`")),
    }
}

/// Modules of Python that have functions of NumPy's names.
const LIBRARIES: &[&str] = &["math", "cmath", "scipy", "torch", "jax", "jnp", "cupy", "cp", "tf", "da", "statistics"];

const NO_LIBRARY: &str = "write NumPy's functions without a module, or with `np.`: `sin(x)`, `np.sin(x)`";

/// The name of the Rust variable that a term is, of which no type is known.
fn captured<'f>(func: &'f Func, term: &Term) -> Option<&'f str> {
    let Term::Value(v) = term else { return None };
    let data = func.data(*v);
    if func.params.contains(v) && data.ty.is_none() { data.name.as_deref() } else { None }
}

/// The mistake of calling what is an attribute: `x.T()`.
pub fn called_attribute(name: &str, loc: Loc) -> Diag {
    Diag::new(loc, format!("`{name}` is an attribute, not a method")).help(format!("write it without brackets: `x.{name}`"))
}

/// What `base.name` means. `loc` is the whole expression.
///
/// # Errors
/// There is no such attribute.
pub fn attribute(func: &mut Func, base: (Term, Loc), name: &str, loc: Loc) -> Result<Term, Diag> {
    if let Term::Module(module) = base.0 {
        return module_attribute(module, name, loc);
    }
    if let (Term::Callable(Callable::Map(op)), "accumulate") = (&base.0, name)
        && let Some(callable) = Callable::find(&format!("{}.accumulate", op.name()))
    {
        return Ok(Term::Callable(callable));
    }
    if let Term::Callable(callable) = base.0 {
        return Err(missing::of_function(callable.name(), name, loc));
    }
    if let Term::Generator(_) = base.0 {
        return match Callable::find(&format!("random.{name}")) {
            Some(callable) => Ok(Term::Method(Box::new(base.0), callable)),
            None => {
                let names = Callable::names().filter_map(|n| n.strip_prefix("random."));
                let all: Vec<&str> = names.filter(|n| *n != "default_rng").collect();
                let diag = Diag::new(loc, format!("a generator has no method `{name}`"));
                Err(match missing::generator(name).or_else(|| suggest(name, all.iter().copied())) {
                    Some(near) => diag.help(format!("a similar method exists: `{near}`")),
                    None => diag.note(format!("it has {}", all.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" "))),
                })
            }
        };
    }
    if let Term::OfTypes(about, parts) = &base.0 {
        return dtypes::attribute(func, *about, parts, name, loc);
    }
    if let Some(call) = match name {
        "mT" => Some("matrix_transpose"),
        "size" => Some("size"),
        "ndim" => Some("ndim"),
        _ => None,
    } {
        let x = value(func, &base)?;
        return Ok(calls::pushed(func, Call { name: call, attrs: vec![Attr::Arg(0)] }, &[x], 1, loc));
    }
    if let "real" | "imag" = name {
        let x = value(func, &base)?;
        let op = if name == "real" { MapOp::Real } else { MapOp::Imag };
        return Ok(Term::Value(func.push(Op::Map(op), &[x], loc)));
    }
    match name {
        "T" => {
            let x = value(func, &base)?;
            return Ok(Term::Value(func.push(Op::Transpose { perm: None }, &[x], loc)));
        }
        "shape" => return Ok(Term::Shape(value(func, &base)?)),
        "dtype" => return Ok(Term::OfTypes(About::DType, vec![(Term::Value(value(func, &base)?), loc)])),
        _ => {}
    }
    if let Some(callable) = Callable::find(name) {
        if callable.is_method() {
            value(func, &base)?;
            return Ok(Term::Method(Box::new(base.0), callable));
        }
        let diag = Diag::new(loc, format!("`{name}` is a function, not a method"));
        return Err(diag.help(format!("write `{name}({})`", bind::shown(callable))));
    }
    if let Some(diag) = missing::attribute(name, loc) {
        return Err(diag);
    }
    let diag = Diag::new(loc, format!("arrays have no attribute `{name}`"));
    let methods = Callable::names().filter(|n| Callable::find(n).is_some_and(Callable::is_method));
    let near = suggest(name, ATTRIBUTES.iter().copied().chain(methods));
    Err(match (captured(func, &base.0), near) {
        (Some(library), _) if LIBRARIES.contains(&library) => diag.help(NO_LIBRARY),
        (_, Some(near)) => diag.help(format!("a similar attribute exists: `{near}`")),
        (Some(value), None) => {
            diag.help(format!("a field or a method of a Rust value stands between braces: `{{ {value}.{name} }}`"))
        }
        (None, None) => diag,
    })
}

fn module_attribute(module: &'static str, name: &str, loc: Loc) -> Result<Term, Diag> {
    if module.is_empty() {
        if name == "linalg" {
            return Ok(Term::Module("linalg"));
        }
        if name == "random" {
            return Ok(Term::Module("random"));
        }

        if let Some((_, term)) = CONSTANTS.iter().find(|(constant, _)| *constant == name) {
            return Ok(term.clone());
        }
        if let Some(callable) = Callable::find(name).filter(|c| c.is_function()) {
            return Ok(Term::Callable(callable));
        }
        if let Some(dtype) = DType::from_name(name) {
            return Ok(Term::DType(dtype));
        }
        if let Some(diag) = missing::function(name, loc) {
            return Err(diag);
        }
    }
    let path = format!("{module}.{name}");
    if module == "random" && name != "default_rng" {
        let method = missing::generator(name).or_else(|| Callable::find(&path).map(|_| name));
        if let Some(method) = method {
            return Err(Diag::new(loc, format!("`np.random.{name}` draws from a hidden generator"))
                .help(format!("write `rng = np.random.default_rng(seed);` and `rng.{method}(…)`")));
        }
    }
    if let Some(callable) = Callable::find(&path) {
        return Ok(Term::Callable(callable));
    }
    if let Some(diag) = missing::function(&path, loc) {
        return Err(diag);
    }
    let shown = if module.is_empty() { format!("np.{name}") } else { path };
    let diag = Diag::new(loc, format!("unknown function `{shown}`"));
    let prefix = if module.is_empty() { String::new() } else { format!("{module}.") };
    let near = suggest(name, Callable::names().filter_map(|n| n.strip_prefix(prefix.as_str())));
    Err(match near {
        Some(near) if module.is_empty() => diag.help(format!("a function with a similar name exists: `np.{near}`")),
        Some(near) => diag.help(format!("a function with a similar name exists: `{module}.{near}`")),
        None => diag,
    })
}

/// The instruction of a Python operator: `-` with one or two operands, `@`, `<=`.
///
/// # Errors
/// An operand is no array or number, or the operator asks for the truth of an array.
pub fn operator(func: &mut Func, op: &str, operands: &[(Term, Loc)], loc: Loc) -> Result<Term, Diag> {
    if let ("@", [a, b]) = (op, operands) {
        let (a, b) = (value(func, a)?, value(func, b)?);
        return Ok(Term::Value(func.push(Op::Matmul { trans_a: false, trans_b: false, symmetric: false }, &[a, b], loc)));
    }
    if let Some(flag) = dtypes::compared(func, op, operands, loc)? {
        return Ok(flag);
    }
    let plain = |(term, _): &(Term, Loc)| {
        let weak = |v: &Value| func.data(*v).ty.as_ref().is_some_and(|ty| ty.weak);
        matches!(term, Term::Tuple(_) | Term::Number(_)) || matches!(term, Term::Value(v) if weak(v))
    };
    if operands.iter().any(|(term, _)| matches!(term, Term::Tuple(_))) && operands.iter().all(plain) {
        let diag = Diag::new(loc, format!("`{op}` of lists and numbers is Python's, which joins and repeats lists"));
        return Err(
            diag.help("make an array, `np.array([1, 2])`; what gives several arrays is unpacked first, `q, r = divmod(a, b);`")
        );
    }
    let Some(map) = operator_row(op, operands.len()) else {
        let words = match op {
            "not" => "write `logical_not(a)`, or `~a` of booleans",
            "and" => "write `logical_and(a, b)`, or `a & b` of booleans",
            _ => "write `logical_or(a, b)`, or `a | b` of booleans",
        };
        return Err(Diag::new(loc, format!("`{op}` asks for the truth of a whole array, which is ambiguous")).help(words));
    };
    let values = operands.iter().map(|o| value(func, o)).collect::<Result<Vec<_>, _>>()?;
    Ok(Term::Value(func.push(Op::Map(map), &values, loc)))
}

/// NumPy's function of a Python operator with so many operands.
pub fn operator_name(op: &str, operands: usize) -> Option<&'static str> {
    if op == "@" { Some("matmul") } else { operator_row(op, operands).map(MapOp::name) }
}

/// The row of a Python operator with so many operands.
fn operator_row(op: &str, operands: usize) -> Option<MapOp> {
    MapOp::SIGNS.iter().find(|(row, sign)| *sign == op && row.arity() == operands).map(|(row, _)| *row)
}

/// Whether both hold, element by element: `a < b < c`.
///
/// # Errors
/// An operand is no array or number.
pub fn both(func: &mut Func, operands: &[(Term, Loc)], loc: Loc) -> Result<Term, Diag> {
    let values = operands.iter().map(|o| value(func, o)).collect::<Result<Vec<_>, _>>()?;
    Ok(Term::Value(func.push(Op::Map(MapOp::LogicalAnd), &values, loc)))
}

/// `a if c else b`. A literal condition chooses now.
///
/// # Errors
/// The condition or a branch is no array or number.
pub fn choose(func: &mut Func, c: (Term, Loc), a: (Term, Loc), b: (Term, Loc), loc: Loc) -> Result<Term, Diag> {
    if let Term::Number(Scalar::Bool(c)) = c.0 {
        return Ok(if c { a.0 } else { b.0 });
    }
    let (c, a, b) = (value(func, &c)?, value(func, &a)?, value(func, &b)?);
    Ok(Term::Value(func.push(Op::Choose, &[c, a, b], loc)))
}

/// What a call gives.
///
/// # Errors
/// The callee cannot be called, or not with these arguments.
pub fn call(func: &mut Func, callee: (Term, Loc), args: Vec<Given>, loc: Loc) -> Result<Term, Diag> {
    let (callable, receiver) = match callee.0 {
        Term::Callable(callable) => (callable, None),
        Term::Method(object, callable) => (callable, Some((*object, callee.1))),
        Term::DType(dtype) => {
            let mut bound = bind::bind("x", dtype.name(), None, args, loc)?;
            let x = value(func, &bound.required(0)?)?;
            return Ok(Term::Value(func.push(Op::Cast(dtype), &[x], loc)));
        }
        Term::Value(_)
        | Term::Number(_)
        | Term::None
        | Term::Ellipsis
        | Term::Str(_)
        | Term::Tuple(_)
        | Term::Shape(_)
        | Term::PerAxis(..)
        | Term::Generator(_)
        | Term::OfTypes(..)
        | Term::Module(_) => {
            return Err(Diag::new(callee.1, "this is not a function")
                .help("an element is `x[i]`, a product `a * b`; statements end with `;`"));
        }
    };
    let method = receiver.is_some();
    let mut bound = bind::bind(callable.signature(), callable.name(), receiver, args, loc)?;
    match callable {
        // With a condition alone: the positions where it holds.
        Callable::Map(MapOp::Where) if !bound.has(1) && !bound.has(2) => {
            let c = value(func, &bound.required(0)?)?;
            Ok(Term::PerAxis(Call { name: "nonzero", attrs: vec![Attr::Arg(0)] }, vec![c]))
        }
        Callable::Map(MapOp::Conjugate) if method => {
            let x = value(func, &bound.required(0)?)?;
            Ok(calls::pushed(func, Call { name: "conj", attrs: vec![Attr::Arg(0)] }, &[x], 1, loc))
        }
        Callable::Map(op) | Callable::Python(op) => {
            let terms = (0..op.arity()).map(|i| bound.required(i)).collect::<Result<Vec<_>, _>>()?;
            let mut values = terms.iter().map(|term| value(func, term)).collect::<Result<Vec<_>, _>>()?;
            // A function of NumPy's makes a NumPy scalar of literals, where the operator of its name keeps Python's.
            let literal = |(term, _): &(Term, Loc)| if let Term::Number(n) = term { Some(n.kind()) } else { None };
            let kinds: Option<Vec<_>> = terms.iter().map(literal).collect();
            // The parts of a plain number are its own, and plain.
            let strong = matches!(callable, Callable::Map(_))
                && !matches!(op.rule(), DTypeRule::Float | DTypeRule::Where)
                && !matches!(op, MapOp::Real | MapOp::Imag);
            if let (Some(kind), true) = (kinds.and_then(|kinds| kinds.into_iter().max()), strong) {
                values[0] = func.push(Op::Cast(DType::default_of(kind)), &values[..1], loc);
            }
            let made = func.push(Op::Map(op), &values, loc);
            // Of other plain numbers too; whether they are is known when they have types. `floor_divide` is also Python's `//`.
            if strong && op != MapOp::FloorDivide && may_be_plain(func, made) {
                return Ok(calls::pushed(func, Call { name: "numpy_scalar", attrs: vec![Attr::Arg(0)] }, &[made], 1, loc));
            }
            Ok(Term::Value(made))
        }
        Callable::Reduce(op) => reduce::reduction(func, op, &mut bound),
        Callable::Row(row) => {
            // What makes an array makes it in its own dtype first.
            let to = if row.makes { bound.take_dtype() } else { None };
            let made = match row.build {
                rows::Build::With(build) => build(func, &mut bound)?,
                rows::Build::Call(gives) => calls::call(func, &mut bound, gives)?,
            };
            match to {
                Some(to) => {
                    let made = value(func, &(made, loc))?;
                    dtypes::converted(func, made, &to, loc)
                }
                None => Ok(made),
            }
        }
    }
}

/// Whether a value may be a plain number: a parameter that is one or has no type yet, or made of such by operators.
fn may_be_plain(func: &Func, value: Value) -> bool {
    let mut plain: Vec<bool> = func.values.iter().map(|data| data.ty.as_ref().is_some_and(|ty| ty.weak)).collect();
    for p in &func.params {
        plain[p.0 as usize] |= func.data(*p).ty.is_none();
    }
    for inst in &func.insts {
        let of_plain = matches!(inst.op, Op::Map(_) | Op::Const(_)) && inst.args.iter().all(|a| plain[a.0 as usize]);
        inst.results.iter().for_each(|r| plain[r.0 as usize] |= of_plain);
    }
    plain[value.0 as usize]
}

/// One array of a call that gives one an axis.
/// `names` is how many it was unpacked to.
fn of_axis(func: &mut Func, call: &Call, args: &[Value], axis: i64, names: Option<i64>, loc: Loc) -> Term {
    let mut call = call.clone();
    call.attrs.push(Attr::Int(axis));
    call.attrs.extend(names.map(Attr::Int));
    calls::pushed(func, call, args, 1, loc)
}

/// The parts of a value that is assigned to `n` names.
///
/// # Errors
/// It has another number of parts.
pub fn unpack(func: &mut Func, term: Term, n: usize, loc: Loc) -> Result<Vec<(Term, Loc)>, Diag> {
    match term {
        Term::Tuple(parts) if parts.len() == n => Ok(parts),
        Term::Tuple(parts) => Err(Diag::new(loc, format!("{n} names for {} values", parts.len()))),
        Term::PerAxis(call, args) => {
            let n = n as i64;
            Ok((0..n).map(|i| (of_axis(func, &call, &args, i, Some(n), loc), loc)).collect())
        }
        Term::Shape(x) => {
            let call = Call { name: "unpack_shape", attrs: vec![Attr::Arg(0), Attr::Int(n as i64)] };
            match calls::pushed(func, call, &[x], n, loc) {
                Term::Tuple(parts) => Ok(parts),
                one => Ok(vec![(one, loc)]),
            }
        }
        _ => Err(Diag::new(loc, format!("{n} names for one value")).help("take parts by index: `a = x[0]; b = x[1];`")),
    }
}

/// The value of a term: a literal becomes an instruction.
///
/// # Errors
/// The term is no array or number.
pub fn value(func: &mut Func, term: &(Term, Loc)) -> Result<Value, Diag> {
    let loc = term.1;
    let diag = |message: &str| Err(Diag::new(loc, message));
    match &term.0 {
        Term::Value(v) => Ok(*v),
        Term::Number(scalar) => Ok(func.push(Op::Const(*scalar), &[], loc)),
        Term::None => diag("`None` is not an array or a number"),
        Term::Ellipsis => diag("`...` stands only in an index"),
        Term::Str(_) => diag("a string is not an array or a number"),
        Term::DType(dtype) => {
            let help = format!("convert with `x.astype({dtype})`");
            Err(Diag::new(loc, format!("`{dtype}` is a dtype, not an array or a number")).help(help))
        }
        Term::Tuple(_) => {
            // A list of numbers is an array, as NumPy reads it.
            let mut args = Vec::new();
            let list = calls::nested(func, term, &mut args)?;
            let call = Call { name: "array", attrs: vec![list, Attr::None] };
            match calls::pushed(func, call, &args, 1, loc) {
                Term::Value(v) => Ok(v),
                _ => diag("a tuple or list is not an array"),
            }
        }
        Term::PerAxis(call, _) => Err(Diag::new(loc, format!("`{}` gives several arrays", call.name))
            .help(format!("take one, `{}(x)[0]`, or unpack them: `i, j = {}(x);`", call.name, call.name))),
        Term::Generator(_) => {
            Err(Diag::new(loc, "a generator of random numbers is not an array").help("draw from it: `rng.normal(size=(n, d))`"))
        }
        Term::OfTypes(About::DType, _) => diag("a dtype is not an array or a number"),
        Term::OfTypes(About::Finfo | About::Iinfo, _) => diag("limits of a dtype are no array: take one, `np.finfo(f64).eps`"),
        Term::Shape(_) => Err(Diag::new(loc, "a shape is not an array").help("take one size, `x.shape[0]`")),
        Term::Module(_) => diag("a module is not an array or a number"),
        Term::Callable(c) => Err(Diag::new(loc, format!("`{}` is a function", c.name())).help(format!(
            "call it: `{}({})`",
            c.name(),
            bind::shown(*c)
        ))),
        Term::Method(_, c) => {
            Err(Diag::new(loc, format!("`{}` is a method", c.name())).help(format!("call it: `x.{}()`", c.name())))
        }
    }
}

/// A size, an index or a bound of a slice: a literal integer or an integer that the program computes.
fn size(term: &(Term, Loc), what: &str) -> Result<Size, Diag> {
    match &term.0 {
        Term::Number(Scalar::Int(i)) => match i64::try_from(*i) {
            Ok(i) => Ok(Size::Dim(crate::dim::Dim::Const(i))),
            Err(_) => Err(Diag::new(term.1, format!("{what} is at most 2^63 - 1"))),
        },
        Term::Value(v) => Ok(Size::Value(*v)),
        Term::Shape(_) => Err(Diag::new(term.1, format!("{what} is one integer, not a shape")).help("write `x.shape[0]`")),
        Term::Str(_) => Err(Diag::new(term.1, format!("{what} is an integer, not a string"))
            .help("axes and columns have no names: take one by its position, `x[:, 0]`")),
        Term::Number(_)
        | Term::None
        | Term::Ellipsis
        | Term::DType(_)
        | Term::Tuple(_)
        | Term::Module(_)
        | Term::Callable(_)
        | Term::PerAxis(..)
        | Term::Generator(_)
        | Term::OfTypes(..)
        | Term::Method(..) => Err(Diag::new(term.1, format!("{what} is an integer"))),
    }
}

/// Takes the `print`s out of a lowered function: what they print becomes results behind the returned ones, with labels.
///
/// # Errors
/// A label is no string.
pub fn printed(func: &mut Func) -> Result<(), Diag> {
    let is_print = |v: &Value| matches!(func.def(*v).map(|i| &i.op), Some(Op::Call(call)) if call.name == "print");
    let mut used = func.insts.iter().flat_map(|i| &i.args).chain(&func.results);
    if let Some(v) = used.find(|v| is_print(v)) {
        let diag = Diag::new(func.data(*v).loc, "`print` gives no value");
        return Err(diag.help("write it as a statement of its own, `print(\"x\", x);`, and use `x`"));
    }
    for inst in std::mem::take(&mut func.insts) {
        match &inst.op {
            Op::Call(call) if call.name == "print" => {
                let [Attr::Str(label), Attr::Arg(_)] = call.attrs.as_slice() else {
                    let diag = Diag::new(func.data(inst.results[0]).loc, "the label of `print` is a string");
                    return Err(diag.help("write `print(\"x\", x);`"));
                };
                func.labels.push(label.clone());
                func.results.push(inst.args[0]);
            }
            _ => func.insts.push(inst),
        }
    }
    Ok(())
}

/// The name of a parameter of a function.
pub(crate) fn parameter(name: &str, at: usize) -> Option<&'static str> {
    let callable = Callable::find(name)?;
    bind::params(callable.signature()).nth(at).map(|p| p.name)
}

/// The name of a function that is written with other operators, for the text.
pub(crate) fn call_name(name: &str) -> Option<&'static str> {
    crate::expand::find(name).map(|row| row.name)
}
