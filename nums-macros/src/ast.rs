//! What a user may write: functions, statements, expressions, each with its first and last token.
//!
//! The tree is Python's, with nothing resolved: names are names, operators are their spelling. A part that could not be parsed
//! is `Kind::Broken`; its mistake has been reported, and nothing is said about what contains it.

use nums_ir::dtype::DType;
use nums_ir::func::Scalar;
use nums_ir::types::Type;
use proc_macro2::{Span, TokenStream};

/// An expression.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: Kind,
    /// First token.
    pub(crate) first: usize,
    /// Last token.
    pub(crate) last: usize,
    /// Levels of expressions in it, itself included.
    pub(crate) depth: usize,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A literal number, `True`, `False`.
    Number(Scalar),
    /// A string.
    Str(String),
    /// `None`.
    None,
    /// `...`.
    Ellipsis,
    /// A bare name and its token (brackets may stand around it).
    Name(String, usize),
    /// `base.name`, and the name's token.
    Attribute(Box<Expr>, String, usize),
    /// `callee(arguments)`.
    Call(Box<Expr>, Vec<Argument>),
    /// `base[items]`.
    Index(Box<Expr>, Vec<Item>),
    /// `-a`, `+a`, `~a`.
    Unary(&'static str, Box<Expr>),
    /// `a + b`.
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// `a < b <= c`: the first operand, then each operator with the next one.
    Chain(Box<Expr>, Vec<(&'static str, Expr)>),
    /// `a if c else b`: the condition first.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `(a, b)`, `[a, b]`, and `a, b` where a tuple may stand.
    Tuple(Vec<Expr>),
    /// `{ rust }`.
    Splice(TokenStream),
    /// Not parsed; the mistake has been reported.
    Broken,
}

/// An argument of a call.
#[derive(Clone, Debug)]
pub(crate) struct Argument {
    /// The keyword and its token.
    pub(crate) keyword: Option<(String, usize)>,
    pub(crate) value: Expr,
}

/// An item between the brackets of an index.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// `i`, `None`, `...`.
    Expr(Expr),
    /// `start:stop:step`.
    Slice { start: Option<Expr>, stop: Option<Expr>, step: Option<Expr> },
}

/// `targets = value;`, `x[items] = value;`, `x += value;`
#[derive(Clone, Debug)]
pub(crate) struct Assign {
    /// Names and their tokens; several unpack a tuple.
    pub(crate) targets: Vec<(String, usize)>,
    /// What is replaced of the one target, in a new version of it.
    pub(crate) items: Option<Vec<Item>>,
    /// The operator of `+=` and its kin.
    pub(crate) op: Option<&'static str>,
    pub(crate) value: Expr,
}

/// Statements and a result.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) assigns: Vec<Assign>,
    /// `None` if it is missing, which has been reported.
    pub(crate) result: Option<Expr>,
}

/// A type as written: of a parameter or a result.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// What it says of the value; `None` for `Array` and `DynArray`, which leave dtype or shape open.
    pub(crate) ty: Option<Type>,
    pub(crate) rust: RustType,
    pub(crate) first: usize,
    pub(crate) last: usize,
}

/// The Rust type that stands for a written type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RustType {
    /// `Array<f64>`, by the dtype's name.
    Array(&'static str),
    /// `DynArray`.
    Dyn,
    /// A plain scalar: `f64`, `usize`.
    Scalar(&'static str),
    /// `T[n]` of a generic function.
    GenericArray,
    /// `T` as a parameter of a generic function.
    GenericScalar,
}

/// The type parameter of a function, and the dtype that it stands for in this version of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Generic {
    pub(crate) name: String,
    pub(crate) token: usize,
    pub(crate) dtype: DType,
}

/// A parameter.
#[derive(Clone, Debug)]
pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) token: usize,
    pub(crate) written: Written,
}

/// `fn name(params) -> results { body }`.
pub(crate) struct Function {
    /// Attributes, docs among them, as written, each with its name.
    pub(crate) attributes: Vec<(String, TokenStream)>,
    pub(crate) visibility: TokenStream,
    pub(crate) name: String,
    pub(crate) token: usize,
    pub(crate) generic: Option<Generic>,
    pub(crate) params: Vec<Param>,
    pub(crate) results: Vec<Written>,
    /// Whether the results are in parentheses, so that one is a tuple of one.
    pub(crate) tuple: bool,
    pub(crate) body: Body,
    /// A mistake was reported in it: it becomes a stub.
    pub(crate) broken: bool,
    /// The mistake is in its signature: its body would be judged by names that are not there.
    pub(crate) unread: bool,
}

/// The body of an expression-form `nums!`.
pub(crate) struct Expression {
    pub(crate) body: Body,
    /// Types after the arrow.
    pub(crate) results: Option<(Vec<Written>, bool)>,
    /// A mistake was reported in it.
    pub(crate) broken: bool,
    /// A statement was not read: names may be missing.
    pub(crate) unread: bool,
}

/// Which of the two forms.
pub(crate) enum Content {
    Functions(Vec<Function>),
    Expression(Expression),
    /// Neither; the mistake has been reported.
    Broken,
}

impl Expr {
    pub(crate) fn new(kind: Kind, first: usize, last: usize) -> Expr {
        let depth = 1 + kind.depth();
        Expr { kind, first, last, depth }
    }
}

impl Kind {
    /// The deepest part.
    fn depth(&self) -> usize {
        let deepest = |all: &mut dyn Iterator<Item = &Expr>| all.map(|e| e.depth).max().unwrap_or(0);
        match self {
            Kind::Number(_) | Kind::Str(_) | Kind::None | Kind::Ellipsis | Kind::Name(..) | Kind::Splice(_) | Kind::Broken => 0,
            Kind::Attribute(a, ..) | Kind::Unary(_, a) => a.depth,
            Kind::Call(callee, args) => callee.depth.max(deepest(&mut args.iter().map(|a| &a.value))),
            Kind::Index(base, items) => base.depth.max(deepest(&mut items.iter().flat_map(Item::parts))),
            Kind::Binary(_, a, b) => a.depth.max(b.depth),
            Kind::Chain(a, rest) => a.depth.max(deepest(&mut rest.iter().map(|(_, e)| e))),
            Kind::If(c, a, b) => c.depth.max(a.depth).max(b.depth),
            Kind::Tuple(parts) => deepest(&mut parts.iter()),
        }
    }
}

impl Item {
    fn parts(&self) -> impl Iterator<Item = &Expr> {
        let (a, b, c) = match self {
            Item::Expr(e) => (Some(e), None, None),
            Item::Slice { start, stop, step } => (start.as_ref(), stop.as_ref(), step.as_ref()),
        };
        a.into_iter().chain(b).chain(c)
    }
}

/// A span of the macro itself at the user's place: lints see a foreign macro, errors the user's tokens.
pub(crate) fn ours(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}
