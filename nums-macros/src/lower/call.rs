//! Calls: the arguments, functions of NumPy, and functions of the same block, which are inlined.
//!
//! A call of a user's function inside its block has no instruction: its body is lowered again on the arguments, whose inferred
//! types are held to the declared ones first. What a function of NumPy makes of its arguments is `nums_ir::builtin`'s.

use super::{Failed, Frame, Local, Lower, Lowers, Origin, parameters, python_dtype};
use crate::ast::{Argument, Expr, Kind};
use nums_ir::builtin::signature::{Parameter, arguments, fits};
use nums_ir::builtin::{self, Given, Term};
use nums_ir::diag::{Diag, Loc};
use nums_ir::dtype::{DType, Kind as DKind};
use nums_ir::func::Scalar;
use nums_ir::infer::infer;
use nums_ir::types::Type;

impl Lower<'_> {
    pub(super) fn given(&mut self, callee: &Expr, args: &[Argument]) -> Lowers<Vec<Given>> {
        let mut given = Vec::with_capacity(args.len());
        let mut failed = false;
        let converts = matches!(&callee.kind, Kind::Attribute(_, name, _) if name == "astype");
        for arg in args {
            let loc = self.loc(&arg.value);
            let keyword = arg.keyword.as_ref().map(|(name, token)| (name.clone(), self.tokens.loc(*token, *token)));
            let wants_dtype = converts || keyword.as_ref().is_some_and(|(name, _)| name == "dtype");
            let term = match self.dtype_word(&arg.value).filter(|_| wants_dtype) {
                Some(dtype) => Ok(Term::DType(dtype)),
                None => self.expr(&arg.value),
            };
            match term {
                Ok(term) => given.push(Given { keyword, term, loc }),
                Err(Failed) => failed = true,
            }
        }
        if failed { Err(Failed) } else { Ok(given) }
    }

    /// Python's own name of a dtype, where no variable has it.
    fn dtype_word(&mut self, e: &Expr) -> Option<DType> {
        let Kind::Name(name, token) = &e.kind else { return None };
        let dtype = python_dtype(name)?;
        self.local(name, *token).is_none().then_some(dtype)
    }

    pub(super) fn call(&mut self, callee: &Expr, given: Lowers<Vec<Given>>, loc: Loc) -> Lowers<Term> {
        let term = match &callee.kind {
            Kind::Name(name, token) if self.local(name, *token).is_none() => {
                if let Some(at) = self.of_block(name) {
                    return self.inline(at, given?, loc);
                }
                let own: Vec<&str> = self.functions.iter().map(|f| f.name.as_str()).collect();
                let result = builtin::function(name, own, self.loc(callee));
                self.check(result)?
            }
            _ => self.expr(callee)?,
        };
        if let (Kind::Attribute(_, name, _), Term::Value(_) | Term::Shape(_)) = (&callee.kind, &term)
            && !self.tokens.begins_line(callee.last + 1)
        {
            return self.say(builtin::called_attribute(name, self.loc(callee)));
        }
        let given = given?;
        if let Term::Value(_) | Term::Number(_) | Term::Tuple(_) = &term
            && self.tokens.begins_line(callee.last + 1)
        {
            let at = self.tokens.loc(callee.last, callee.last);
            let help = "newlines do not matter: without `;` the next line belongs to this one";
            return self.say(Diag::new(at, "missing `;`").help(help));
        }
        let callee = (term, self.loc(callee));
        let result = builtin::call(&mut self.func, callee, given, loc);
        self.check(result)
    }

    /// The body of another function of the block, on these arguments.
    fn inline(&mut self, at: usize, given: Vec<Given>, loc: Loc) -> Lowers<Term> {
        let function = &self.functions[at];
        let name = &function.name;
        if self.stack.contains(&at) {
            let diag = Diag::new(loc, format!("`{name}` calls itself"));
            return self
                .say(diag.note("a call inside a block is inlined, so it cannot be recursive").help("write the loop in Rust"));
        }
        if function.broken || function.unread {
            return Err(Failed);
        }
        let params = parameters(self.tokens, function);
        let result = arguments(name, &params, given, loc);
        let args = self.check(result)?;
        let mut frame = Frame { locals: Vec::new(), symbols: Vec::new() };
        let mut kept = Vec::with_capacity(args.len());
        for (param, (term, arg_loc)) in params.iter().zip(args) {
            // A literal for a float parameter is a float.
            let term = match term {
                Term::Number(Scalar::Int(i)) if param.ty.weak && param.ty.dtype.kind() == DKind::Float => {
                    Term::Number(Scalar::Float(i as f64))
                }
                term => term,
            };
            let term = match term {
                Term::Number(_) if param.ty.weak => term,
                term => {
                    let value = builtin::value(&mut self.func, &(term, arg_loc));
                    Term::Value(self.check(value)?)
                }
            };
            if let Term::Value(value) = term {
                for (axis, dim) in param.ty.dims().unwrap_or_default().iter().enumerate() {
                    if let Some(symbol) = dim.as_symbol()
                        && frame.symbols.iter().all(|(s, _)| *s != **symbol)
                    {
                        frame.symbols.push((symbol.to_string(), Origin::Axis(value, i64::try_from(axis).unwrap_or(i64::MAX))));
                    }
                }
            }
            frame.locals.push(Local { name: param.name.clone(), term: Some(term.clone()), scope: 0, assigned: None, read: true });
            kept.push((term, arg_loc));
        }
        self.fits(name, &params, &kept)?;
        self.frames.push(frame);
        self.stack.push(at);
        let result = self.body(&function.body);
        self.stack.pop();
        self.frames.pop();
        result.map(|(term, _)| term).ok_or(Failed)
    }

    /// Holds the types of a call's arguments to the declared ones; the body is then inlined, and they would be lost.
    fn fits(&mut self, name: &str, params: &[Parameter], args: &[(Term, Loc)]) -> Lowers<()> {
        let mut probe = self.func.clone();
        probe.declared.clear();
        let value = |term: &Term| if let Term::Value(v) = term { Some(*v) } else { None };
        probe.results = args.iter().filter_map(|(term, _)| value(term)).collect();
        // A mistake before the call is reported when the whole function is inferred.
        let Ok(typed) = infer(&probe) else { return Ok(()) };
        let mut types = typed.results.iter().map(|v| typed.ty(*v).clone());
        let mut found = Vec::with_capacity(args.len());
        for (term, loc) in args {
            let ty = match term {
                Term::Number(n) => Some(Type::weak(n.kind())),
                _ => types.next(),
            };
            found.extend(ty.map(|ty| (ty, *loc)));
        }
        self.check(fits(name, params, &found))
    }
}
