//! Calls of functions that are written with other operators, and choices between values.
//!
//! A call is expanded where it stands: `expand` asks here for one typed instruction after the other. On arrays of any rank it stays
//! a call until sizes are bound, with the dtype that it has on a matrix. `a if c else b` has two branches of one type.

use super::results::any_shape;
use super::{Infer, count};
use crate::diag::{Diag, Loc};
use crate::dim::Dim;
use crate::dtype::DType;
use crate::expand;
use crate::func::{Call, Inst, Op, Scalar, Value, ValueData};
use crate::types::Type;

impl Infer<'_> {
    /// A function that is written with other operators.
    pub(super) fn call(&mut self, inst: &Inst, call: &Call, args: Vec<Value>, loc: Loc) -> Result<(), Diag> {
        let mut call = call.clone();
        self.resolve(|see| call.attrs.iter_mut().for_each(|a| a.visit_sizes(see)), loc).map_err(|diag| Diag {
            message: diag.message.replacen("a size is", &format!("a size of `{}` is", call.name), 1),
            ..diag
        })?;
        if args.iter().any(|a| self.out.ty(*a).rank().is_none()) {
            return self.unranked(inst, &call, args, loc);
        }
        let made = expand::expand(self, &call, args, loc)?;
        if made.len() != inst.results.len() {
            let (n, want) = (made.len(), inst.results.len());
            return Err(Diag::new(loc, format!("`{}` gives {}, not {want}", call.name, count(n, "array", "arrays"))));
        }
        for (result, new) in inst.results.iter().zip(made) {
            if let Some(name) = self.from.data(*result).name.clone() {
                self.out.values[new.0 as usize].name.get_or_insert(name);
            }
            self.map[result.0 as usize] = new;
        }
        Ok(())
    }

    /// A call on arrays of any rank stays a call until sizes are bound; its dtype is that of the call on matrices.
    fn unranked(&mut self, inst: &Inst, call: &Call, args: Vec<Value>, loc: Loc) -> Result<(), Diag> {
        let (insts, values) = (self.out.insts.len(), self.out.values.len());
        let types: Vec<Type> = args.iter().map(|a| self.out.ty(*a).clone()).collect();
        let mut found = Err(Diag::new(loc, format!("`{}` has no meaning here", call.name)));
        for rank in [2, 1, 3, 0] {
            for (arg, ty) in args.iter().zip(&types) {
                if ty.rank().is_none() {
                    // Every array of any rank stands for one of the same sizes: only the dtype is looked at.
                    let dims = (0..rank).map(Dim::from_data).collect();
                    self.out.values[arg.0 as usize].ty = Some(Type::array(ty.dtype, dims));
                }
            }
            let made = expand::expand(self, call, args.clone(), loc);
            // A plain number, as a size is, has no rank to know.
            let open = |ty: &Type| if ty.weak { ty.clone() } else { any_shape(ty.dtype) };
            let types = made.map(|made| made.iter().map(|v| open(self.out.ty(*v))).collect::<Vec<_>>());
            self.out.insts.truncate(insts);
            self.out.values.truncate(values);
            self.forget(values);
            if types.is_ok() || found.is_err() {
                found = types;
            }
            if found.is_ok() {
                break;
            }
        }
        for (arg, ty) in args.iter().zip(types) {
            self.out.values[arg.0 as usize].ty = Some(ty);
        }
        for (result, ty) in inst.results.iter().zip(found?) {
            if ty.weak && ty.dtype == DType::I64 {
                self.dims.insert(*result, Dim::from_data(result.0));
            }
            self.out.values[result.0 as usize].ty = Some(ty);
        }
        self.out.insts.push(Inst { op: Op::Call(call.clone()), args, results: inst.results.clone() });
        Ok(())
    }

    /// The type of a value of the typed function.
    pub(crate) fn type_of(&self, v: Value) -> &Type {
        self.out.ty(v)
    }

    /// The size that a plain integer of the typed function is.
    pub(crate) fn dim_of(&self, v: Value) -> Option<Dim> {
        self.dims.get(&v).cloned()
    }

    /// The number that a literal of the typed function is.
    pub(crate) fn constant_of(&self, v: Value) -> Option<Scalar> {
        self.constants.get(&v).copied()
    }

    /// A new value of an expansion.
    pub(crate) fn emit(&mut self, op: Op, args: &[Value], loc: Loc) -> Result<Value, Diag> {
        let new = self.out.value(ValueData { name: None, ty: None, loc });
        self.typed(&Inst { op, args: args.to_vec(), results: vec![new] }, args.to_vec(), new, loc)?;
        Ok(new)
    }

    /// `a if c else b`.
    pub(super) fn choose(&mut self, mut args: Vec<Value>, result: Value, loc: Loc) -> Result<(), Diag> {
        let condition = self.out.ty(args[0]).clone();
        if condition.rank().is_some_and(|r| r > 0) {
            return Err(Diag::new(loc, format!("the condition of `a if c else b` is one value, not {condition}"))
                .help("choose element by element with `where(c, a, b)`"));
        }
        // A parameter's value is there when the function is called; anything else is computed first, and waited for.
        if !self.from.params.contains(&args[0]) {
            args[0] = self.emit(Op::Item, &args[..1], loc)?;
        }
        let (a, b) = (self.out.ty(args[1]).clone(), self.out.ty(args[2]).clone());
        if a.weak && b.weak {
            let kind = a.dtype.kind().max(b.dtype.kind());
            for arg in &mut args[1..] {
                *arg = self.cast(*arg, DType::default_of(kind), loc)?;
                let ty = Type::weak(kind);
                self.out.values[arg.0 as usize].ty = Some(ty);
            }
        }
        self.push(result, Op::Choose, args, loc)
    }
}
