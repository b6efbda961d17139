//! Parses a `Func` from its text. Trusts nothing: unknown names, bad counts and deep nesting are errors with a place.

use super::lex::{Lexer, ParseError, Token};
use super::{DEPTH, MAGIC};
use crate::attr::Attr;
use crate::contraction::Contraction;
use crate::data::DataOp;
use crate::diag::Loc;
use crate::dim::Dim;
use crate::dtype::DType;
use crate::func::{Call, Func, IndexItem, Inst, Op, Scalar, Size, Stage, Value, ValueData};
use crate::ops::{MapOp, ReduceOp};
use crate::types::{Shape, Type};
use std::collections::HashMap;

/// The `Func` that `text` shows.
///
/// # Errors
/// `ParseError` with line and column, if it shows none.
pub fn parse(text: &str) -> Result<Func, ParseError> {
    let (mut lexer, stage) = begin(text)?;
    lexer.want_word("fn")?;
    let func = function(&mut lexer, stage)?;
    match lexer.peek() {
        Token::End => Ok(func),
        _ => Err(lexer.expected("the end of the text")),
    }
}

/// Checks the first line and reads the stage.
pub(super) fn begin(text: &str) -> Result<(Lexer<'_>, Stage), ParseError> {
    let Some(rest) = text.strip_prefix(MAGIC) else {
        return Err(ParseError { line: 1, column: 1, message: format!("expected `{MAGIC}` as the first line") });
    };
    if !rest.starts_with('\n') {
        return Err(ParseError { line: 1, column: 1, message: "the text is of another version".into() });
    }
    let mut lexer = Lexer::new(text);
    lexer.want_word("nums")?;
    lexer.want('-')?;
    lexer.want_word("ir")?;
    let _: u32 = lexer.integer("a version")?;
    let stage = lexer.comment.and_then(|c| c.strip_prefix("stage: ")).and_then(stage_of);
    match stage {
        Some(stage) => Ok((lexer, stage)),
        None => Err(lexer.error("expected a comment `; stage: parsed | typed | fused | tiled | placed`")),
    }
}

fn stage_of(name: &str) -> Option<Stage> {
    let name = name.split_whitespace().next()?;
    [Stage::Parsed, Stage::Typed, Stage::Fused, Stage::Tiled, Stage::Placed].into_iter().find(|s| s.to_string() == name)
}

/// A function after the word `fn`.
pub(super) fn function(lexer: &mut Lexer<'_>, stage: Stage) -> Result<Func, ParseError> {
    let mut func = Func::new(lexer.word("a name")?);
    func.stage = stage;
    let mut scope = Scope::default();
    lexer.list('(', ')', |lexer| {
        let row = rows(lexer)?;
        let v = scope.define(lexer, &mut func)?;
        func.params.push(v);
        func.rows.extend(row.map(|axis| (v, axis)));
        Ok(())
    })?;
    if lexer.eat('-') {
        lexer.want('>')?;
        func.declared = if lexer.peek() == Token::Punct('(') { lexer.list('(', ')', ty)? } else { vec![ty(lexer)?] };
    }
    body(lexer, &mut func, scope, 0)?;
    Ok(func)
}

/// `rows`, which is axis 0, or `rows(1)`: the axis along which a parameter is walked.
fn rows(lexer: &mut Lexer<'_>) -> Result<Option<usize>, ParseError> {
    if !lexer.eat_word("rows") {
        return Ok(None);
    }
    if !lexer.eat('(') {
        return Ok(Some(0));
    }
    let axis = lexer.integer("an axis")?;
    lexer.want(')')?;
    Ok(Some(axis))
}

/// The values of one function by name.
#[derive(Default)]
struct Scope<'a> {
    values: HashMap<&'a str, Value>,
}

impl<'a> Scope<'a> {
    /// `%name[: type]`, a new value.
    fn define(&mut self, lexer: &mut Lexer<'a>, func: &mut Func) -> Result<Value, ParseError> {
        let Token::Value(text) = lexer.peek() else { return Err(lexer.expected("a value")) };
        if self.values.contains_key(text) {
            return Err(lexer.error(format!("`%{text}` is defined twice")));
        }
        lexer.next();
        let source = text.split('.').next().filter(|n| n.starts_with(|c: char| c.is_alphabetic() || c == '_'));
        let ty = if lexer.eat(':') { Some(ty(lexer)?) } else { None };
        let v = func.value(ValueData { name: source.map(str::to_owned), ty, loc: Loc::default() });
        self.values.insert(text, v);
        Ok(v)
    }

    fn value(&self, lexer: &mut Lexer<'a>) -> Result<Value, ParseError> {
        let Token::Value(text) = lexer.peek() else { return Err(lexer.expected("a value")) };
        let Some(v) = self.values.get(text) else { return Err(lexer.error(format!("`%{text}` is not defined"))) };
        lexer.next();
        Ok(*v)
    }

    fn size(&self, lexer: &mut Lexer<'a>) -> Result<Size, ParseError> {
        match lexer.peek() {
            Token::Value(_) => Ok(Size::Value(self.value(lexer)?)),
            _ => Ok(Size::Dim(dim(lexer)?)),
        }
    }
}

/// `{ inst… return … }`.
fn body<'a>(lexer: &mut Lexer<'a>, func: &mut Func, mut scope: Scope<'a>, depth: usize) -> Result<(), ParseError> {
    if depth > DEPTH {
        return Err(lexer.error("kernels nest too deep"));
    }
    lexer.want('{')?;
    while !lexer.eat_word("return") {
        let mut results = vec![scope.define(lexer, func)?];
        while lexer.eat(',') {
            results.push(scope.define(lexer, func)?);
        }
        lexer.want('=')?;
        // Results are not in scope of their own line, but operands are resolved by name: a use of one is caught by `verify`.
        lexer.comment = None;
        let (op, args, loc) = instruction(lexer, &scope, func.stage, depth)?;
        for r in &results {
            func.values[r.0 as usize].loc = loc;
        }
        func.insts.push(Inst { op, args, results });
    }
    if !lexer.eat('}') {
        loop {
            func.results.push(scope.value(lexer)?);
            if let Token::Str(label) = lexer.peek() {
                lexer.next();
                func.labels.push(label.to_owned());
            } else if !func.labels.is_empty() {
                return Err(lexer.expected("a label, as the results before it have"));
            }
            if !lexer.eat(',') {
                break;
            }
        }
        lexer.want('}')?;
    }
    Ok(())
}

/// `3:25` in the comment behind a line.
fn place(comment: Option<&str>) -> Loc {
    let place = comment.and_then(|c| c.split_once(':')).and_then(|(l, c)| Some((l.parse().ok()?, c.parse().ok()?)));
    place.map_or(Loc::default(), |(line, column)| Loc { line, column, tokens: (0, 0) })
}

fn instruction<'a>(
    lexer: &mut Lexer<'a>,
    scope: &Scope<'a>,
    stage: Stage,
    depth: usize,
) -> Result<(Op, Vec<Value>, Loc), ParseError> {
    let here = lexer.expected("an operator");
    let name = lexer.word("an operator")?;
    if name == "kernel" {
        return kernel(lexer, scope, stage, depth);
    }
    let mut args = Vec::new();
    let mut rest = false;
    while let Token::Value(_) = lexer.peek() {
        // `%a` begins the next line when it is followed by `:` or `=`; the comma between operands tells.
        if !args.is_empty() && !rest {
            break;
        }
        args.push(scope.value(lexer)?);
        rest = lexer.eat(',');
        if !rest {
            break;
        }
    }
    let first = args.is_empty() || rest;
    if name == "call" || DataOp::NAMES.contains(&name) {
        let attrs = super::attr::list(lexer, &|l| scope.value(l), first)?;
        let op = if name == "call" { call(attrs) } else { DataOp::from_attrs(name, attrs).map(Op::Data) };
        let op = op.ok_or_else(|| lexer.error(format!("`{name}` has other attributes")))?;
        return Ok((op, args, place(lexer.comment)));
    }
    let op = operator(lexer, scope, name, first).map_err(|e| if e.message.is_empty() { unknown(&here, name) } else { e })?;
    Ok((op, args, place(lexer.comment)))
}

/// `name="median", with=[…]`.
fn call(attrs: Vec<(String, Attr)>) -> Option<Op> {
    let [(_, Attr::Str(name)), (_, Attr::List(attrs))] = <[_; 2]>::try_from(attrs).ok()? else { return None };
    let name = crate::builtin::call_name(&name)?;
    Some(Op::Call(Call { name, attrs }))
}

fn unknown(here: &ParseError, name: &str) -> ParseError {
    ParseError { message: format!("unknown operator `{name}`"), ..here.clone() }
}

fn kernel<'a>(lexer: &mut Lexer<'a>, scope: &Scope<'a>, stage: Stage, depth: usize) -> Result<(Op, Vec<Value>, Loc), ParseError> {
    let mut func = Func::new(lexer.word("a kernel's name")?);
    func.stage = stage;
    let mut inner = Scope::default();
    let args = lexer.list('(', ')', |lexer| {
        let row = rows(lexer)?;
        let p = inner.define(lexer, &mut func)?;
        func.params.push(p);
        func.rows.extend(row.map(|axis| (p, axis)));
        lexer.want('=')?;
        scope.value(lexer)
    })?;
    lexer.comment = None;
    let Token::Punct('{') = lexer.peek() else { return Err(lexer.expected("`{`")) };
    body_with_place(lexer, func, inner, depth, args)
}

fn body_with_place<'a>(
    lexer: &mut Lexer<'a>,
    mut func: Func,
    inner: Scope<'a>,
    depth: usize,
    args: Vec<Value>,
) -> Result<(Op, Vec<Value>, Loc), ParseError> {
    // The place stands behind the brace: it is read when the brace is, before the first inner line.
    let mut probe = lexer.fork();
    probe.next();
    let loc = place(probe.comment);
    body(lexer, &mut func, inner, depth + 1)?;
    Ok((Op::Kernel(Box::new(func)), args, loc))
}

/// The attributes of one line, read in any order and taken by name.
struct Attributes {
    found: Vec<(&'static str, Attribute)>,
}

enum Attribute {
    Axes(Option<Vec<i64>>),
    Flag(bool),
    Sizes(Vec<Size>),
    Items(Vec<IndexItem>),
    Size(Size),
    Integer(i64),
    DType(DType),
}

/// How the value behind `name=` is written.
const ATTRIBUTES: &[&str] = &[
    "axes",
    "axis",
    "keepdims",
    "trans_a",
    "trans_b",
    "symmetric",
    "perm",
    "shape",
    "items",
    "dtype",
    "len",
    "rows",
    "cols",
    "k",
];

impl Attributes {
    fn read<'a>(lexer: &mut Lexer<'a>, scope: &Scope<'a>, first: bool) -> Result<Attributes, ParseError> {
        let mut found: Vec<(&'static str, Attribute)> = Vec::new();
        let mut more = first;
        loop {
            if !more && !lexer.eat(',') {
                return Ok(Attributes { found });
            }
            let Token::Word(word) = lexer.peek() else {
                if more {
                    return Ok(Attributes { found });
                }
                return Err(lexer.expected("an attribute"));
            };
            more = false;
            let Some(name) = ATTRIBUTES.iter().find(|a| **a == word) else {
                // Not an attribute: `return`, which ends a body whose last line has no operands.
                if found.is_empty() && first && word == "return" {
                    return Ok(Attributes { found });
                }
                return Err(lexer.error(format!("unknown attribute `{word}`")));
            };
            if found.iter().any(|(n, _)| n == name) {
                return Err(lexer.error(format!("`{name}` stands twice")));
            }
            lexer.next();
            lexer.want('=')?;
            found.push((name, attribute(lexer, scope, name)?));
        }
    }

    fn take(&mut self, name: &str) -> Option<Attribute> {
        let at = self.found.iter().position(|(n, _)| *n == name)?;
        Some(self.found.remove(at).1)
    }
}

fn attribute<'a>(lexer: &mut Lexer<'a>, scope: &Scope<'a>, name: &str) -> Result<Attribute, ParseError> {
    Ok(match name {
        "axes" | "axis" | "perm" => {
            if lexer.eat_word("all") {
                Attribute::Axes(None)
            } else if lexer.peek() == Token::Punct('[') {
                Attribute::Axes(Some(lexer.list('[', ']', |l| l.integer("an axis"))?))
            } else {
                Attribute::Integer(lexer.integer("an axis")?)
            }
        }
        "keepdims" | "trans_a" | "trans_b" | "symmetric" => match lexer.word("`true` or `false`")? {
            "true" => Attribute::Flag(true),
            "false" => Attribute::Flag(false),
            _ => return Err(lexer.expected("`true` or `false`")),
        },
        "shape" => Attribute::Sizes(lexer.list('[', ']', |l| scope.size(l))?),
        "items" => Attribute::Items(lexer.list('[', ']', |l| item(l, scope))?),
        "dtype" => Attribute::DType(dtype(lexer)?),
        "k" => Attribute::Integer(lexer.integer("an integer")?),
        _ => Attribute::Size(scope.size(lexer)?),
    })
}

fn item<'a>(lexer: &mut Lexer<'a>, scope: &Scope<'a>) -> Result<IndexItem, ParseError> {
    if lexer.eat_word("newaxis") {
        return Ok(IndexItem::NewAxis);
    }
    if lexer.eat('.') {
        lexer.want('.')?;
        lexer.want('.')?;
        return Ok(IndexItem::Ellipsis);
    }
    let bound = |lexer: &mut Lexer<'a>| match lexer.peek() {
        Token::Punct(':' | ',' | ']') => Ok(None),
        _ => scope.size(lexer).map(Some),
    };
    let start = bound(lexer)?;
    if !lexer.eat(':') {
        return start.map(IndexItem::At).ok_or_else(|| lexer.expected("an index"));
    }
    let stop = bound(lexer)?;
    let step = if lexer.eat(':') { lexer.integer("a step")? } else { 1 };
    Ok(IndexItem::Slice { start, stop, step })
}

/// The operator `name` with its constants; an error with an empty message if there is none of that name.
fn operator<'a>(lexer: &mut Lexer<'a>, scope: &Scope<'a>, name: &str, first: bool) -> Result<Op, ParseError> {
    match name {
        "const" => return Ok(Op::Const(scalar(lexer)?)),
        "dim" => return Ok(Op::Dim(dim(lexer)?)),
        "contract" => return contract(lexer).map(Op::Contract),
        _ => {}
    }
    let mut attrs = Attributes::read(lexer, scope, first)?;
    let missing = |what: &str| lexer.error(format!("`{name}` wants `{what}=…`"));
    let flag = |a: Option<Attribute>| matches!(a, Some(Attribute::Flag(true)));
    let op = if let Some(op) = MapOp::ALL.iter().find(|op| op.name() == name) {
        Op::Map(*op)
    } else if let Some(op) = ReduceOp::from_text(name) {
        let Some(Attribute::Axes(axes)) = attrs.take("axes") else { return Err(missing("axes")) };
        Op::Reduce { op, axes, keepdims: flag(attrs.take("keepdims")) }
    } else {
        match name {
            "shape_of" => match attrs.take("axis") {
                Some(Attribute::Integer(axis)) => Op::ShapeOf { axis },
                _ => return Err(missing("axis")),
            },
            "cast" => match attrs.take("dtype") {
                Some(Attribute::DType(dtype)) => Op::Cast(dtype),
                _ => return Err(missing("dtype")),
            },
            "matmul" => Op::Matmul {
                trans_a: flag(attrs.take("trans_a")),
                trans_b: flag(attrs.take("trans_b")),
                symmetric: flag(attrs.take("symmetric")),
            },
            "transpose" => match attrs.take("perm") {
                None => Op::Transpose { perm: None },
                Some(Attribute::Axes(Some(perm))) => Op::Transpose { perm: Some(perm) },
                Some(_) => return Err(missing("perm")),
            },
            "reshape" => match attrs.take("shape") {
                Some(Attribute::Sizes(shape)) => Op::Reshape { shape },
                _ => return Err(missing("shape")),
            },
            "index" => match attrs.take("items") {
                Some(Attribute::Items(items)) => Op::Index { items },
                _ => return Err(missing("items")),
            },
            "concatenate" => match attrs.take("axis") {
                Some(Attribute::Axes(None)) => Op::Concatenate { axis: None },
                Some(Attribute::Integer(axis)) => Op::Concatenate { axis: Some(axis) },
                _ => return Err(missing("axis")),
            },
            "fill" => match attrs.take("shape") {
                Some(Attribute::Sizes(shape)) => Op::Fill { shape, dtype: dtype_of(attrs.take("dtype")) },
                _ => return Err(missing("shape")),
            },
            "arange" => {
                let len = match attrs.take("len") {
                    None => None,
                    Some(Attribute::Size(Size::Dim(len))) => Some(len),
                    Some(_) => return Err(missing("len")),
                };
                Op::Arange { dtype: dtype_of(attrs.take("dtype")), len }
            }
            "eye" => match (attrs.take("rows"), attrs.take("cols"), attrs.take("k"), dtype_of(attrs.take("dtype"))) {
                (Some(Attribute::Size(rows)), Some(Attribute::Size(cols)), Some(Attribute::Integer(k)), Some(dtype)) => {
                    Op::Eye { rows, cols, k, dtype }
                }
                _ => return Err(lexer.error("`eye` wants `rows=…, cols=…, k=…, dtype=…`")),
            },
            "solve" => Op::Solve,
            "item" => Op::Item,
            "choose" => Op::Choose,
            _ => return Err(ParseError { line: 0, column: 0, message: String::new() }),
        }
    };
    match attrs.found.first() {
        None => Ok(op),
        Some((extra, _)) => Err(lexer.error(format!("`{name}` has no attribute `{extra}`"))),
    }
}

/// `spec="ab,bc->ac"`.
pub(super) fn contract(lexer: &mut Lexer<'_>) -> Result<Contraction, ParseError> {
    lexer.eat(',');
    lexer.want_word("spec")?;
    lexer.want('=')?;
    let Token::Str(text) = lexer.peek() else { return Err(lexer.expected("index sets")) };
    let spec = Contraction::parse(text).filter(|c| c.check().is_ok());
    let spec = spec.ok_or_else(|| lexer.error(format!("\"{text}\" are no index sets of a contraction")))?;
    lexer.next();
    Ok(spec)
}

fn dtype_of(attribute: Option<Attribute>) -> Option<DType> {
    match attribute {
        Some(Attribute::DType(d)) => Some(d),
        _ => None,
    }
}

fn dtype(lexer: &mut Lexer<'_>) -> Result<DType, ParseError> {
    let Token::Word(name) = lexer.peek() else { return Err(lexer.expected("a dtype")) };
    let dtype = DType::ALL.into_iter().find(|d| d.name() == name).ok_or_else(|| lexer.expected("a dtype"))?;
    lexer.next();
    Ok(dtype)
}

/// A type as in `Type`'s `Display`.
///
/// # Errors
/// `ParseError` if the text is none.
pub fn parse_type(text: &str) -> Result<Type, ParseError> {
    let mut lexer = Lexer::new(text);
    let ty = ty(&mut lexer)?;
    if lexer.peek() == Token::End { Ok(ty) } else { Err(lexer.expected("the end of the type")) }
}

pub(super) fn ty(lexer: &mut Lexer<'_>) -> Result<Type, ParseError> {
    let dtype = dtype(lexer)?;
    if lexer.peek() != Token::Punct('[') {
        return Ok(Type { dtype, shape: Shape::Known(Vec::new()), weak: true });
    }
    let mut any = false;
    let dims = lexer.list('[', ']', |l| {
        if l.eat('.') {
            l.want('.')?;
            any = true;
            return Ok(Dim::Const(0));
        }
        dim(l)
    })?;
    match (any, dims.len()) {
        (false, _) => Ok(Type::array(dtype, dims)),
        (true, 1) => Ok(Type { dtype, shape: Shape::Any, weak: false }),
        (true, _) => Err(lexer.error("`..` stands alone")),
    }
}

/// A size: `2 * n * d - 1`, `floordiv(n, 2)`, `max(0, n - 1)`.
pub(super) fn dim(lexer: &mut Lexer<'_>) -> Result<Dim, ParseError> {
    sum(lexer, 0)
}

fn sum(lexer: &mut Lexer<'_>, depth: usize) -> Result<Dim, ParseError> {
    let minus = lexer.eat('-');
    let mut total = product(lexer, depth)?;
    if minus {
        total = Dim::Const(0).sub(&total);
    }
    loop {
        if lexer.eat('+') {
            total = total.add(&product(lexer, depth)?);
        } else if lexer.eat('-') {
            total = total.sub(&product(lexer, depth)?);
        } else {
            return Ok(total);
        }
    }
}

fn product(lexer: &mut Lexer<'_>, depth: usize) -> Result<Dim, ParseError> {
    let mut total = factor(lexer, depth)?;
    while lexer.eat('*') {
        total = total.mul(&factor(lexer, depth)?);
    }
    Ok(total)
}

fn factor(lexer: &mut Lexer<'_>, depth: usize) -> Result<Dim, ParseError> {
    if depth > DEPTH {
        return Err(lexer.error("sizes nest too deep"));
    }
    if let Token::Number(_) = lexer.peek() {
        return Ok(Dim::Const(lexer.integer("a size")?));
    }
    let name = lexer.word("a size")?;
    if lexer.peek() != Token::Punct('(') {
        return Ok(Dim::symbol(name));
    }
    let args = lexer.list('(', ')', |l| sum(l, depth + 1))?;
    match (name, args.as_slice()) {
        ("floordiv", [a, b]) => a.floor_div(b).ok_or_else(|| lexer.error("a size is divided by 0")),
        ("max", [a, b]) => Ok(a.larger(b)),
        ("min", [a, b]) => Ok(a.smaller(b)),
        _ => Err(lexer.error(format!("`{name}` of {} sizes", args.len()))),
    }
}

pub(super) fn scalar(lexer: &mut Lexer<'_>) -> Result<Scalar, ParseError> {
    match lexer.peek() {
        Token::Word("true") => {
            lexer.next();
            Ok(Scalar::Bool(true))
        }
        Token::Word("false") => {
            lexer.next();
            Ok(Scalar::Bool(false))
        }
        Token::Word("complex") => {
            lexer.next();
            let parts = lexer.list('(', ')', real)?;
            match parts.as_slice() {
                [re, im] => Ok(Scalar::Complex(*re, *im)),
                _ => Err(lexer.error("`complex` wants two parts")),
            }
        }
        _ => {
            let mut probe = lexer.fork();
            probe.eat('-');
            match probe.peek() {
                Token::Number(n) if !n.contains(['.', 'e', 'E']) => Ok(Scalar::Int(lexer.integer("a number")?)),
                _ => Ok(Scalar::Float(real(lexer)?)),
            }
        }
    }
}

fn real(lexer: &mut Lexer<'_>) -> Result<f64, ParseError> {
    let minus = lexer.eat('-');
    let value = match lexer.peek() {
        Token::Word("inf") => f64::INFINITY,
        Token::Word("nan") => f64::NAN,
        Token::Number(n) => n.parse().map_err(|_| lexer.expected("a number"))?,
        _ => return Err(lexer.expected("a number")),
    };
    lexer.next();
    Ok(if minus { -value } else { value })
}
