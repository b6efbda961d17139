//! Types as written: `f64[n, d]`, `f64[..]`, `usize`, `Array<f64>`, and `T[n]` of a generic function.
//!
//! Sizes are numbers, symbols, and sums, differences and products of these. What a symbol is bound by is judged when a function is
//! lowered; a dtype that is none is told here, with the one that was meant.

use super::{Failed, Parsed, Parser};
use crate::ast::{Expr, Generic, Kind, RustType, Written};
use crate::lex::Tok;
use nums_ir::dim::Dim;
use nums_ir::dtype::DType;
use nums_ir::func::Scalar;
use nums_ir::types::{Shape, Type};

/// The dtype of a Rust scalar that a parameter or a result may be.
fn scalar(name: &str) -> Option<(&'static str, DType)> {
    match name {
        "usize" => Some(("usize", DType::I64)),
        "isize" => Some(("isize", DType::I64)),
        _ => DType::ALL.into_iter().find(|d| d.name() == name).map(|d| (d.name(), d)),
    }
}

impl Parser<'_> {
    pub(super) fn written(&mut self) -> Parsed<Written> {
        let first = self.at;
        let Tok::Ident(name) = self.tok() else {
            if self.is_op("&") {
                let help = "write `f64[n]`: arrays are borrowed, numbers copied";
                return self.fail(first, first, "types are written without `&`", Some(help));
            }
            if self.is(&Tok::Open('[')) {
                let last = self.tokens.get(first).partner;
                return self.fail(first, last, "a type begins with its dtype", Some("write `f64[n]`"));
            }
            return self.expected("a type such as `f64[n, d]`");
        };
        self.at += 1;
        if let ("np" | "numpy", Tok::Op("."), Tok::Ident(dtype)) = (name.as_str(), self.tok(), self.tok_at(self.at + 1)) {
            let help = match DType::from_name(dtype) {
                Some(dtype) => format!("write `{dtype}[n]`"),
                None => "write `f64[n]`".to_owned(),
            };
            return self.fail(first, first + 2, "types are written without a module", Some(&help));
        }
        if self.is(&Tok::Open('(')) {
            let (last, help) = (self.tokens.get(self.at).partner, format!("write `{name}[n]`"));
            return self.fail(first, last, "a shape stands between square brackets", Some(&help));
        }
        if let Some(generic) = self.generic.clone().filter(|g| g.name == *name) {
            return self.generic_type(&generic, first);
        }
        if name == "Array" || name == "DynArray" {
            return self.rust_array(name, first);
        }
        if self.is(&Tok::Open('[')) {
            let Some(dtype) = DType::ALL.into_iter().find(|d| d.name() == name) else {
                return self.unknown_dtype(name, first);
            };
            let end = self.tokens.get(self.at).partner;
            let shape = self.shape(end);
            self.at = end + 1;
            if self.is(&Tok::Open('[')) {
                let (last, help) = (self.tokens.get(self.at).partner, format!("write `{name}[n, d]`"));
                return self.fail(first, last, "sizes stand in one pair of brackets", Some(&help));
            }
            let ty = Type { dtype, shape: shape?, weak: false };
            return Ok(Written { ty: Some(ty), rust: RustType::Array(dtype.name()), first, last: end });
        }
        match scalar(name) {
            Some((name, dtype)) => {
                let ty = Type { dtype, shape: Shape::Known(Vec::new()), weak: true };
                Ok(Written { ty: Some(ty), rust: RustType::Scalar(name), first, last: first })
            }
            None => self.unknown_dtype(name, first),
        }
    }

    /// `T[n]`, and `T` of a parameter.
    fn generic_type(&mut self, generic: &Generic, first: usize) -> Parsed<Written> {
        if !self.is(&Tok::Open('[')) {
            let ty = Type { dtype: generic.dtype, shape: Shape::Known(Vec::new()), weak: true };
            return Ok(Written { ty: Some(ty), rust: RustType::GenericScalar, first, last: first });
        }
        let end = self.tokens.get(self.at).partner;
        let shape = self.shape(end);
        self.at = end + 1;
        let ty = Type { dtype: generic.dtype, shape: shape?, weak: false };
        Ok(Written { ty: Some(ty), rust: RustType::GenericArray, first, last: end })
    }

    fn unknown_dtype<T>(&mut self, name: &str, at: usize) -> Parsed<T> {
        let known = DType::ALL.map(DType::name);
        let python = match name {
            "float" => Some("f64"),
            "int" => Some("i64"),
            "complex" => Some("c128"),
            "Vec" | "Tensor" | "ndarray" | "ArrayD" | "Array1" => Some("f64[n]"),
            "Array2" | "Matrix" => Some("f64[n, d]"),
            _ => DType::from_name(name).map(DType::name),
        };
        let help = match python.or_else(|| nums_ir::diag::suggest(name, known)) {
            Some(near) => format!("write `{near}`"),
            None => format!("dtypes are {}", known.map(|d| format!("`{d}`")).join(" ")),
        };
        self.fail(at, at, format!("unknown dtype `{name}`"), Some(&help))
    }

    /// `Array`, `Array<f64>`, `DynArray`, as in Rust.
    fn rust_array(&mut self, name: &str, first: usize) -> Parsed<Written> {
        if !self.eat_op("<") {
            return Ok(Written { ty: None, rust: RustType::Dyn, first, last: first });
        }
        let Tok::Ident(dtype) = self.tok() else { return self.expected("a dtype") };
        let Some(dtype) = DType::ALL.into_iter().find(|d| d.name() == dtype && name == "Array") else {
            return self.unknown_dtype(dtype, self.at);
        };
        self.at += 1;
        let last = self.at;
        if !self.eat_op(">") {
            return self.expected("`>`");
        }
        Ok(Written { ty: None, rust: RustType::Array(dtype.name()), first, last })
    }

    /// The sizes between the brackets that close at `end`.
    fn shape(&mut self, end: usize) -> Parsed<Shape> {
        self.at += 1;
        if (self.is_op("..") || self.is_op("...")) && self.at + 1 == end {
            return Ok(Shape::Any);
        }
        let mut dims = Vec::new();
        while self.at < end {
            let size = self.expr(0)?;
            dims.push(self.dim(&size)?);
            if self.at < end && !self.eat_op(",") {
                return self.expected("`,` or `]`");
            }
        }
        Ok(Shape::Known(dims))
    }

    /// A size in a type: numbers, symbols, sums, differences, products.
    fn dim(&mut self, size: &Expr) -> Parsed<Dim> {
        match &size.kind {
            Kind::Number(Scalar::Int(n)) if *n < 0 => {
                self.fail(size.first, size.last, format!("a size is not negative: {n}"), Some("write `n` for any size"))
            }
            Kind::Number(Scalar::Int(n)) => match i64::try_from(*n) {
                Ok(n) => Ok(Dim::Const(n)),
                Err(_) => self.fail(size.first, size.last, "a size is at most 2^63 - 1", None),
            },
            Kind::Name(name, _) => Ok(Dim::symbol(name)),
            Kind::Binary(op @ ("+" | "-" | "*"), a, b) => {
                let (a, b) = (self.dim(a)?, self.dim(b)?);
                Ok(match *op {
                    "+" => a.add(&b),
                    "-" => a.sub(&b),
                    _ => a.mul(&b),
                })
            }
            Kind::Broken => Err(Failed),
            Kind::Number(_)
            | Kind::Str(_)
            | Kind::None
            | Kind::Ellipsis
            | Kind::Attribute(..)
            | Kind::Call(..)
            | Kind::Index(..)
            | Kind::Unary(..)
            | Kind::Binary(..)
            | Kind::Chain(..)
            | Kind::If(..)
            | Kind::Tuple(_)
            | Kind::Splice(_) => {
                let help = "sizes are numbers, symbols, and `+ - *` of these; `f64[..]` is any rank";
                self.fail(size.first, size.last, "this is not a size", Some(help))
            }
        }
    }
}
