//! Ast to the parsed `Func`: names resolved, assignments in single-assignment form, places kept.
//!
//! A name is a local or a parameter first, then a symbol, a module or a dtype; in the expression form what is left is captured from
//! Rust, in order of first use. What a function, operator or index means is `nums_ir::builtin`'s. Calls of functions of the same
//! block are inlined. A mistake poisons the name that it was assigned to, so that one mistake is reported once.

mod call;
#[cfg(test)]
mod tests;

use crate::ast::{Assign, Body, Expr, Expression, Function, Generic, Item, Kind, Written};
use crate::lex::Tokens;
use nums_ir::builtin::signature::{self, Parameter, bound_symbols, unbound_symbols};
use nums_ir::builtin::{self, Term};
use nums_ir::diag::{Diag, Loc};
use nums_ir::dim::Dim;
use nums_ir::dtype::DType;
use nums_ir::func::{Func, Op, Scalar, Value};
use nums_ir::infer::infer;
use nums_ir::types::Type;
use nums_ir::wait;
use proc_macro2::TokenStream;

/// What an expression captures from Rust.
#[derive(Clone, Debug)]
pub(crate) enum Capture {
    /// A variable, by its first token.
    Name(String, usize),
    /// `{ rust }`, by its first token.
    Splice(TokenStream, usize),
}

/// A mistake was reported.
struct Failed;

type Lowers<T> = Result<T, Failed>;

/// A name in scope.
struct Local {
    name: String,
    /// `Token::scope` of its first place.
    scope: usize,
    /// `None` after a mistake.
    term: Option<Term>,
    /// The token of its assignment; parameters and captures need not be read.
    assigned: Option<usize>,
    read: bool,
}

/// What a function's body may name.
struct Frame {
    locals: Vec<Local>,
    /// Symbols and where their value comes from.
    symbols: Vec<(String, Origin)>,
}

/// Where a symbol's value comes from.
#[derive(Clone)]
enum Origin {
    /// The symbol itself, in the function that declares it.
    Own,
    /// An axis of an argument, in a function that was inlined.
    Axis(Value, i64),
}

struct Lower<'a> {
    tokens: &'a Tokens,
    functions: &'a [Function],
    func: Func,
    diags: Vec<Diag>,
    frames: Vec<Frame>,
    /// Indices of the functions that are being inlined, the outermost first.
    stack: Vec<usize>,
    captures: Option<Vec<Capture>>,
    /// A statement of the expression could not be read.
    broken: bool,
}

/// A function of the block as its parsed `Func`, or its mistakes. `at` is its index in `functions`.
pub(crate) fn function(tokens: &Tokens, functions: &[Function], at: usize) -> Result<Func, Vec<Diag>> {
    let function = &functions[at];
    let mut lower = Lower::new(tokens, functions, &function.name, None);
    let params = parameters(tokens, function);
    let results: Vec<(Type, Loc)> = function.results.iter().filter_map(|w| Some((w.ty.clone()?, place(tokens, w)))).collect();
    // A symbol of the result that no parameter binds is what the data gives, if sizes come from data.
    let (open, closed): (Vec<Diag>, Vec<Diag>) =
        unbound_symbols(&params, &results).into_iter().partition(|d| results.iter().any(|(_, loc)| *loc == d.loc));
    lower.diags = closed;
    let mut frame = Frame { locals: Vec::new(), symbols: Vec::new() };
    for param in &params {
        let value = lower.func.param(&param.name, Some(param.ty.clone()), param.loc);
        frame.locals.push(Local {
            name: param.name.clone(),
            term: Some(Term::Value(value)),
            scope: 0,
            assigned: None,
            read: true,
        });
    }
    frame.symbols.extend(bound_symbols(&params).iter().map(|s| (s.to_string(), Origin::Own)));
    lower.frames.push(frame);
    lower.stack.push(at);
    lower.func.declared = results.iter().map(|(ty, _)| ty.clone()).collect();
    for w in function.results.iter().filter(|w| w.ty.is_none()) {
        let loc = place(tokens, w);
        lower.diags.push(
            Diag::new(loc, "a function says the dtype and shape of its result").help("write `f64[n]`, or `f64[..]` for any rank"),
        );
    }
    let result = lower.body(&function.body);
    lower.results(result, function.results.len());
    // A body with a mistake in its result cannot tell whether its sizes come from data.
    if !open.is_empty() && lower.func.results.len() == function.results.len() {
        match wait::waits(&lower.func) {
            true => signature::from_data(&params, &mut lower.func.declared),
            false => lower.diags.extend(open),
        }
    }
    if function.broken || !lower.diags.is_empty() {
        // Shapes of the statements without a mistake are judged all the same.
        let mut sound = lower.func.clone();
        (sound.declared, sound.results, sound.labels) = (Vec::new(), Vec::new(), Vec::new());
        lower.diags.extend(infer(&sound).err().unwrap_or_default());
        lower.diags.sort_by_key(|d| d.loc);
        return Err(lower.diags);
    }
    lower.finish().map(|(func, _)| func)
}

/// An expression as its parsed `Func` and what it captures, or its mistakes.
pub(crate) fn expression(tokens: &Tokens, expression: &Expression) -> Result<(Func, Vec<Capture>), Vec<Diag>> {
    let mut lower = Lower::new(tokens, &[], "expr", Some(Vec::new()));
    lower.broken = expression.broken;
    lower.frames.push(Frame { locals: Vec::new(), symbols: Vec::new() });
    let result = lower.body(&expression.body);
    lower.declare(expression);
    let wanted = expression.results.as_ref().map(|(types, _)| types.len());
    let parts = match &result {
        Some((Term::Tuple(parts), _)) => parts.len(),
        _ => 1,
    };
    lower.results(result, wanted.unwrap_or(parts));
    lower.finish().map(|(func, captures)| (func, captures.unwrap_or_default()))
}

fn parameters(tokens: &Tokens, function: &Function) -> Vec<Parameter> {
    let param = |p: &crate::ast::Param| {
        Some(Parameter { name: p.name.clone(), ty: p.written.ty.clone()?, loc: tokens.loc(p.token, p.written.last) })
    };
    function.params.iter().filter_map(param).collect()
}

/// What Python's own types are as dtypes.
fn python_dtype(name: &str) -> Option<DType> {
    match name {
        "float" => Some(DType::F64),
        "int" => Some(DType::I64),
        "complex" => Some(DType::C128),
        _ => None,
    }
}

fn place(tokens: &Tokens, written: &Written) -> Loc {
    tokens.loc(written.first, written.last)
}

impl<'a> Lower<'a> {
    fn new(tokens: &'a Tokens, functions: &'a [Function], name: &str, captures: Option<Vec<Capture>>) -> Lower<'a> {
        let func = Func::new(name);
        Lower { tokens, functions, func, diags: Vec::new(), frames: Vec::new(), stack: Vec::new(), captures, broken: false }
    }

    fn finish(self) -> Result<(Func, Option<Vec<Capture>>), Vec<Diag>> {
        if self.diags.is_empty() { Ok((self.func, self.captures)) } else { Err(self.diags) }
    }

    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a frame stands from the first statement to the last")
    }

    fn loc(&self, e: &Expr) -> Loc {
        self.tokens.loc(e.first, e.last)
    }

    fn say<T>(&mut self, diag: Diag) -> Lowers<T> {
        self.diags.push(diag);
        Err(Failed)
    }

    fn check<T>(&mut self, result: Result<T, Diag>) -> Lowers<T> {
        result.or_else(|diag| self.say(diag))
    }

    /// The types after an expression's arrow, where they say shapes. Plain numbers alone are left to the conversion to Rust,
    /// which is more generous with dtypes.
    fn declare(&mut self, expression: &Expression) {
        let Some((written, _)) = &expression.results else { return };
        let types: Option<Vec<Type>> = written.iter().map(|w| w.ty.clone()).collect();
        let Some(types) = types.filter(|types| types.iter().any(|ty| !ty.weak)) else { return };
        for (w, ty) in written.iter().zip(&types) {
            let mut free = None;
            for dim in ty.dims().unwrap_or_default() {
                dim.symbols(&mut |s| {
                    if !self.func.params.iter().any(|p| self.func.data(*p).name.as_deref() == Some(&**s)) {
                        free.get_or_insert_with(|| s.clone());
                    }
                });
            }
            if let Some(symbol) = free {
                let diag = Diag::new(place(self.tokens, w), format!("the size `{symbol}` is no variable of the expression"));
                self.diags.push(diag.help(format!("write `{}[..]` for any shape", ty.dtype)));
            }
        }
        self.func.declared = types;
    }

    // ---- statements

    fn body(&mut self, body: &Body) -> Option<(Term, Loc)> {
        for assign in &body.assigns {
            self.assign(assign);
        }
        let result = body.result.as_ref()?;
        let term = self.expr(result).ok();
        for local in std::mem::take(&mut self.frame().locals) {
            self.is_read(&local);
        }
        Some((term?, self.loc(result)))
    }

    fn assign(&mut self, assign: &Assign) {
        let mut value = self.expr(&assign.value);
        let loc = self.loc(&assign.value);
        if assign.items.is_some() || assign.op.is_some() {
            value = self.update(assign, value);
        }
        let [(name, token)] = assign.targets.as_slice() else {
            let terms = match value {
                Ok(term) => {
                    let parts = builtin::unpack(&mut self.func, term, assign.targets.len(), loc);
                    self.check(parts).ok()
                }
                Err(Failed) => None,
            };
            for (i, (name, token)) in assign.targets.iter().enumerate() {
                let term = terms.as_ref().map(|t| t[i].0.clone());
                self.define(name, *token, term);
            }
            return;
        };
        // A literal becomes a value here, so that it has a name; as a size or an axis it is still the same number.
        let term = value.ok().map(|term| match (&term, self.captures.is_some()) {
            (Term::Number(Scalar::Int(_) | Scalar::Bool(_)), _) => term,
            (Term::Number(_), _) => builtin::value(&mut self.func, &(term.clone(), loc)).map_or(term, Term::Value),
            _ => term,
        });
        self.define(name, *token, term);
    }

    /// A new version of a name: `x[items] = value;`, `x += value;`.
    fn update(&mut self, assign: &Assign, value: Lowers<Term>) -> Lowers<Term> {
        let [(name, token)] = assign.targets.as_slice() else { return Err(Failed) };
        let at = self.tokens.loc(*token, *token);
        let whole = self.tokens.loc(*token, assign.value.last);
        let base = self.name(name, *token);
        let items = match &assign.items {
            Some(items) => Some(self.items(items)?),
            None => None,
        };
        let base = (base?, at);
        let loc = self.loc(&assign.value);
        let mut given = (value?, loc);
        if let Some(op) = assign.op {
            let old = match &items {
                Some(items) => {
                    let old = builtin::index(&mut self.func, base.clone(), items, whole);
                    self.check(old)?
                }
                None => base.0.clone(),
            };
            let new = builtin::operator(&mut self.func, op, &[(old, at), given], whole);
            given = (self.check(new)?, loc);
        }
        match items {
            Some(items) => {
                let new = builtin::assign(&mut self.func, base, &items, given, whole);
                self.check(new)
            }
            None => Ok(given.0),
        }
    }

    fn define(&mut self, name: &str, token: usize, term: Option<Term>) {
        if let Some(Term::Value(v)) = term {
            self.func.values[v.0 as usize].name.get_or_insert_with(|| name.to_owned());
        }
        let local = Local { name: name.to_owned(), scope: self.scope(token), term, assigned: Some(token), read: false };
        let scope = local.scope;
        let frame = self.frame();
        let old = frame.locals.iter().position(|l| l.name == name && l.scope == scope).map(|i| frame.locals.remove(i));
        frame.locals.push(local);
        if let Some(old) = old {
            self.is_read(&old);
        }
    }

    fn is_read(&mut self, local: &Local) {
        let Some(token) = local.assigned else { return };
        // A statement that could not be read may have read it.
        let broken = self.stack.last().is_some_and(|at| self.functions[*at].broken) || self.broken;
        if broken || local.read || local.name.starts_with('_') || local.term.is_none() {
            return;
        }
        let name = &local.name;
        let mut diag = Diag::new(self.tokens.loc(token, token), format!("`{name}` is assigned and never read"));
        if self.captures.is_some() {
            diag = diag.note(format!("an assignment inside `nums!` does not change the Rust variable `{name}`"));
        }
        self.diags.push(diag.help(format!("remove it, or call it `_{name}`")));
    }

    fn results(&mut self, result: Option<(Term, Loc)>, wanted: usize) {
        let Some((term, loc)) = result else { return };
        let parts = match term {
            Term::Tuple(parts) => parts,
            term => vec![(term, loc)],
        };
        if parts.len() != wanted {
            let (s, are) = if wanted == 1 { ("", "is") } else { ("s", "are") };
            let found = parts.len();
            let diag = Diag::new(loc, format!("{wanted} result{s} {are} declared, the body gives {found}"));
            self.diags.push(match wanted {
                1 => diag.help("declare them all, as in `-> (f64[n], i64[n])`, or take one: `[0]`"),
                _ => diag.help("end the body with as many values, as in `a, b`"),
            });
            return;
        }
        for part in &parts {
            let value = builtin::value(&mut self.func, part);
            if let Ok(value) = self.check(value) {
                self.func.results.push(value);
            }
        }
        let printed = builtin::printed(&mut self.func);
        let _ = self.check(printed);
    }

    // ---- expressions

    fn expr(&mut self, e: &Expr) -> Lowers<Term> {
        let loc = self.loc(e);
        match &e.kind {
            Kind::Number(n) => Ok(Term::Number(*n)),
            Kind::Str(s) => Ok(Term::Str(s.clone())),
            Kind::None => Ok(Term::None),
            Kind::Ellipsis => Ok(Term::Ellipsis),
            Kind::Name(name, token) => self.name(name, *token),
            Kind::Attribute(base, name, _) => {
                let base = (self.base(base)?, self.loc(base));
                let result = builtin::attribute(&mut self.func, base, name, loc);
                self.check(result)
            }
            Kind::Call(callee, args) => {
                let given = self.given(callee, args);
                self.call(callee, given, loc)
            }
            Kind::Index(base, items) => {
                let term = self.expr(base);
                let items = self.items(items)?;
                let base = (term?, self.loc(base));
                let result = builtin::index(&mut self.func, base, &items, loc);
                self.check(result)
            }
            Kind::Unary(op, a) => {
                let a = (self.expr(a)?, self.loc(a));
                let result = builtin::operator(&mut self.func, op, &[a], loc);
                self.check(result)
            }
            Kind::Binary(..) => self.operators(e),
            Kind::Chain(first, rest) => {
                let mut left = (self.expr(first)?, self.loc(first));
                let mut all: Option<Term> = None;
                for (op, e) in rest {
                    let right = (self.expr(e)?, self.loc(e));
                    let one = builtin::operator(&mut self.func, op, &[left, right.clone()], loc);
                    let one = self.check(one)?;
                    all = Some(match all {
                        None => one,
                        Some(before) => {
                            let both = builtin::both(&mut self.func, &[(before, loc), (one, loc)], loc);
                            self.check(both)?
                        }
                    });
                    left = right;
                }
                all.ok_or(Failed)
            }
            Kind::If(c, a, b) => {
                let (condition, a, b) = (self.expr(c), (self.expr(a), self.loc(a)), (self.expr(b), self.loc(b)));
                let (condition, a, b) = ((condition?, self.loc(c)), (a.0?, a.1), (b.0?, b.1));
                let result = builtin::choose(&mut self.func, condition, a, b, loc);
                self.check(result)
            }
            Kind::Tuple(parts) => {
                let terms: Vec<_> = parts.iter().map(|p| self.expr(p).map(|term| (term, self.loc(p)))).collect();
                terms.into_iter().collect::<Lowers<Vec<_>>>().map(Term::Tuple)
            }
            Kind::Splice(stream) => self.splice(stream, e.first, loc),
            Kind::Broken => Err(Failed),
        }
    }

    /// `a + b - c`: a sum of many terms is a loop here, as it is in the parser.
    fn operators(&mut self, e: &Expr) -> Lowers<Term> {
        let (mut first, mut rest) = (e, Vec::new());
        while let Kind::Binary(op, a, b) = &first.kind {
            rest.push((first, op, a, b));
            first = a;
        }
        let mut left = self.expr(first);
        for (whole, op, a, b) in rest.into_iter().rev() {
            let right = self.expr(b);
            left = match (left, right) {
                (Ok(left), Ok(right)) => {
                    let operands = [(left, self.loc(a)), (right, self.loc(b))];
                    let loc = self.loc(whole);
                    let result = builtin::operator(&mut self.func, op, &operands, loc);
                    self.check(result)
                }
                _ => Err(Failed),
            };
        }
        left
    }

    /// The base of an attribute: a module's name is one only here.
    fn base(&mut self, e: &Expr) -> Lowers<Term> {
        if let Kind::Name(name, token) = &e.kind
            && self.local(name, *token).is_none()
            && let Some(module @ Term::Module(_)) = builtin::name(name)
        {
            return Ok(module);
        }
        self.expr(e)
    }

    fn local(&mut self, name: &str, token: usize) -> Option<&mut Local> {
        let scope = self.scope(token);
        self.frame().locals.iter_mut().find(|l| l.name == name && l.scope == scope)
    }

    /// Where a captured name is from: the same word in `$x:expr` of a `macro_rules` and beside it are two variables.
    fn scope(&self, token: usize) -> usize {
        if self.captures.is_some() { self.tokens.get(token).scope } else { 0 }
    }

    fn name(&mut self, name: &str, token: usize) -> Lowers<Term> {
        let loc = self.tokens.loc(token, token);
        if let Some(local) = self.local(name, token) {
            local.read = true;
            return local.term.clone().ok_or(Failed);
        }
        if let Some((_, origin)) = self.frame().symbols.iter().find(|(s, _)| s == name) {
            return Ok(Term::Value(match origin.clone() {
                Origin::Own => self.func.push(Op::Dim(Dim::symbol(name)), &[], loc),
                Origin::Axis(value, axis) => self.func.push(Op::ShapeOf { axis }, &[value], loc),
            }));
        }
        if let Some(generic) = self.generic().filter(|g| g.name == name) {
            return Ok(Term::DType(generic.dtype));
        }
        match builtin::name(name) {
            Some(dtype @ Term::DType(_)) => return Ok(dtype),
            Some(Term::Module(_)) if self.captures.is_none() => {
                return self.say(Diag::new(loc, format!("`{name}` is a module")).help(format!("write `{name}.…`")));
            }
            _ => {}
        }
        if self.captures.is_some() {
            return Ok(self.capture(name, Capture::Name(name.to_owned(), token), loc));
        }
        if let Some(dtype) = python_dtype(name) {
            return Ok(Term::DType(dtype));
        }
        let frame = self.frame();
        let known: Vec<String> =
            frame.locals.iter().map(|l| l.name.clone()).chain(frame.symbols.iter().map(|(s, _)| s.clone())).collect();
        let diag = builtin::unknown_name(name, known.iter().map(String::as_str), loc);
        // The name that was meant is not unread on top of that.
        for local in frame.locals.iter_mut().filter(|l| diag.help.as_ref().is_some_and(|h| h.contains(&format!("`{}`", l.name))))
        {
            local.read = true;
        }
        self.say(diag)
    }

    /// The type parameter of the function whose body this is.
    fn generic(&self) -> Option<&'a Generic> {
        self.stack.last().and_then(|at| self.functions[*at].generic.as_ref())
    }

    /// The function of the block with this name; of a generic one the version of the caller's dtype, else that of f64.
    fn of_block(&self, name: &str) -> Option<usize> {
        let dtype = self.generic().map_or(DType::F64, |g| g.dtype);
        let fits = |f: &Function| f.name == name && f.generic.as_ref().is_none_or(|g| g.dtype == dtype);
        self.functions.iter().position(fits)
    }

    fn capture(&mut self, name: &str, capture: Capture, loc: Loc) -> Term {
        let value = self.func.param(name, None, loc);
        let scope = self.scope(loc.tokens.0 as usize);
        if let Some(captures) = &mut self.captures {
            captures.push(capture);
        }
        let term = Term::Value(value);
        self.frame().locals.push(Local { name: name.to_owned(), scope, term: Some(term.clone()), assigned: None, read: true });
        term
    }

    fn splice(&mut self, stream: &TokenStream, token: usize, loc: Loc) -> Lowers<Term> {
        let Some(captures) = &self.captures else {
            let help = "make it a parameter, and pass the value from Rust";
            return self.say(Diag::new(loc, "`{ … }` takes a Rust value only in the expression form").help(help));
        };
        if stream.is_empty() {
            return self.say(Diag::new(loc, "`{}` gives no value").help("write a Rust expression, `{ data.len() }`"));
        }
        // Not a name that a user can write.
        let name = format!("rust.{}", captures.len());
        Ok(self.capture(&name, Capture::Splice(stream.clone(), token), loc))
    }

    fn items(&mut self, items: &[Item]) -> Lowers<Vec<builtin::Item>> {
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            out.push(match item {
                Item::Expr(e) => builtin::Item::At(self.expr(e)?, self.loc(e)),
                Item::Slice { start, stop, step } => {
                    let mut bound = |e: &Option<Expr>| match e {
                        None => Ok(None),
                        Some(e) => self.expr(e).map(|term| Some((term, self.loc(e)))),
                    };
                    builtin::Item::Slice { start: bound(start)?, stop: bound(stop)?, step: bound(step)? }
                }
            });
        }
        Ok(out)
    }
}
