//! Expressions: a Pratt parser with Python's precedence.
//!
//! ```text
//! or 1 · and 2 · not 3 · comparisons 4 · | 5 · ^ 6 · & 7 · << >> 8 · + - 9 · * / % @ 10 · unary 11 · ** 12, right-associative
//! ```
//!
//! `**` binds tighter than a minus on its left and looser than one on its right. Comparisons chain; `a if c else b` binds
//! loosest. Numbers are read here,
//! because Rust's lexer cuts some of Python's in pieces (`.5`, `1.e3`).

use super::{DEPTH, Failed, LENGTH, Parsed, Parser};
use crate::ast::{Argument, Expr, Item, Kind};
use crate::lex::Tok;
use nums_ir::func::Scalar;

/// Left binding power of a binary operator.
const BINARY: &[(&str, u8)] = &[
    ("or", 1),
    ("and", 2),
    ("==", COMPARE),
    ("!=", COMPARE),
    ("<", COMPARE),
    ("<=", COMPARE),
    (">", COMPARE),
    (">=", COMPARE),
    ("|", 5),
    ("^", 6),
    ("&", 7),
    ("<<", 8),
    (">>", 8),
    ("+", 9),
    ("-", 9),
    ("*", 10),
    ("/", 10),
    ("%", 10),
    ("@", 10),
    ("**", POWER),
];
const NOT: u8 = 3;
const COMPARE: u8 = 4;
const UNARY: u8 = 11;
const POWER: u8 = 12;

impl Parser<'_> {
    /// `a, b` or one expression, ending before `end`.
    pub(super) fn tuple_or_expr(&mut self, end: usize) -> Parsed<Expr> {
        let first = self.expr(0)?;
        if !self.is_op(",") {
            return Ok(first);
        }
        let begin = first.first;
        let mut parts = vec![first];
        while self.at < end && self.eat_op(",") {
            if self.at == end || self.is_op(";") {
                break;
            }
            parts.push(self.expr(0)?);
        }
        Ok(Expr::new(Kind::Tuple(parts), begin, self.at - 1))
    }

    /// An expression whose operators bind at least as tightly as `power`.
    pub(super) fn expr(&mut self, power: u8) -> Parsed<Expr> {
        self.nested += 1;
        let expr = if self.nested > DEPTH { self.too_deep(self.at, DEPTH) } else { self.conditional(power) };
        self.nested -= 1;
        expr
    }

    fn too_deep<T>(&mut self, at: usize, levels: usize) -> Parsed<T> {
        let message = format!("this expression nests deeper than {levels} levels");
        self.fail(at, at, message, Some("assign parts of it to names"))
    }

    /// `a if c else b`, which binds loosest.
    fn conditional(&mut self, power: u8) -> Parsed<Expr> {
        let value = self.operators(power)?;
        // `if` behind a value is Python's, in a loop's place a comprehension's.
        if power > 0 || !self.is_word("if") {
            return Ok(value);
        }
        let at = self.at;
        self.at += 1;
        let condition = self.operators(1)?;
        if !self.is_word("else") {
            let help = "write `a if condition else b`";
            return self.fail(at, at, "an `if` without `else` has no value", Some(help));
        }
        self.at += 1;
        let other = self.expr(0)?;
        let (first, last) = (value.first, other.last);
        Ok(Expr::new(Kind::If(Box::new(condition), Box::new(value), Box::new(other)), first, last))
    }

    fn operators(&mut self, power: u8) -> Parsed<Expr> {
        let mut left = self.prefix()?;
        while let Some((op, binding)) = self.binary() {
            if binding < power {
                break;
            }
            let at = self.at;
            self.at += 1;
            // The exponent may begin with a minus and groups to the right.
            let right = self.expr(if op == "**" { UNARY } else { binding + 1 })?;
            if binding == COMPARE && self.binary().is_some_and(|(_, b)| b == COMPARE) {
                left = self.chain(left, op, right)?;
                continue;
            }
            let (first, last) = (left.first, right.last);
            left = Expr::new(Kind::Binary(op, Box::new(left), Box::new(right)), first, last);
            if left.depth > LENGTH {
                return self.too_deep(at, LENGTH);
            }
        }
        Ok(left)
    }

    /// The rest of `a < b <= c`.
    fn chain(&mut self, first: Expr, op: &'static str, second: Expr) -> Parsed<Expr> {
        let begin = first.first;
        let mut rest = vec![(op, second)];
        while let Some((op, COMPARE)) = self.binary() {
            self.at += 1;
            rest.push((op, self.expr(COMPARE + 1)?));
        }
        let last = self.at - 1;
        Ok(Expr::new(Kind::Chain(Box::new(first), rest), begin, last))
    }

    /// The binary operator at this token.
    fn binary(&self) -> Option<(&'static str, u8)> {
        let text: &str = match self.tok() {
            Tok::Op(op) => op,
            Tok::Ident(word) => word,
            Tok::Number(_) | Tok::Str(_) | Tok::Open(_) | Tok::Close(_) | Tok::Other(_) | Tok::End => return None,
        };
        BINARY.iter().find(|(op, _)| *op == text).copied()
    }

    fn prefix(&mut self) -> Parsed<Expr> {
        let first = self.at;
        let (op, power) = match self.tok() {
            Tok::Op("-") => ("-", UNARY),
            Tok::Op("+") => ("+", UNARY),
            Tok::Op("~") => ("~", UNARY),
            Tok::Ident(word) if word == "not" => ("not", NOT),
            _ => return self.postfix(),
        };
        self.at += 1;
        let operand = self.expr(power)?;
        let last = operand.last;
        // A minus before a number is part of the number, so that -128 fits where 128 does not.
        let kind = match (op, operand.kind) {
            ("-", Kind::Number(Scalar::Int(i))) => Kind::Number(Scalar::Int(-i)),
            ("-", Kind::Number(Scalar::Float(x))) => Kind::Number(Scalar::Float(-x)),
            (op, kind) => Kind::Unary(op, Box::new(Expr::new(kind, operand.first, last))),
        };
        Ok(Expr::new(kind, first, last))
    }

    /// An operand and what is attached to it: attributes, calls, indices.
    fn postfix(&mut self) -> Parsed<Expr> {
        let mut base = self.operand()?;
        loop {
            let first = base.first;
            let next = match self.tok() {
                Tok::Op(".") => {
                    self.at += 1;
                    match self.tok() {
                        Tok::Ident(name) => {
                            self.at += 1;
                            Kind::Attribute(Box::new(base), name.clone(), self.at - 1)
                        }
                        _ => {
                            // The operand is kept: an editor asks what may stand behind its dot.
                            let _ = self.expected::<()>("an attribute's name after `.`");
                            break;
                        }
                    }
                }
                Tok::Open('(') => {
                    let close = self.tokens.get(self.at).partner;
                    let arguments = self.arguments(close);
                    Kind::Call(Box::new(base), arguments)
                }
                Tok::Open('[') => {
                    let close = self.tokens.get(self.at).partner;
                    match self.items(close) {
                        Ok(items) => Kind::Index(Box::new(base), items),
                        Err(Failed) => {
                            self.at = close + 1;
                            Kind::Broken
                        }
                    }
                }
                _ => break,
            };
            base = Expr::new(next, first, self.at - 1);
            if base.depth > LENGTH {
                return self.too_deep(self.at - 1, LENGTH);
            }
        }
        if self.tokens.get(self.at - 1).comment_after {
            let help = "write `floor_divide(a, b)` for a quotient; a comment stands on its own line, or after `;`, `,`, an operator or an \
                        opening bracket";
            return self.fail(
                self.at - 1,
                self.at - 1,
                "`//` begins a comment in Rust: the rest of this line is lost",
                Some(help),
            );
        }
        Ok(base)
    }

    fn operand(&mut self) -> Parsed<Expr> {
        let at = self.at;
        self.at += 1;
        let kind = match self.tok_at(at) {
            Tok::Ident(word) => match word.as_str() {
                "True" => Kind::Number(Scalar::Bool(true)),
                "False" => Kind::Number(Scalar::Bool(false)),
                "None" => Kind::None,
                _ => {
                    self.reserved(word, at)?;
                    Kind::Name(word.clone(), at)
                }
            },
            Tok::Number(text) => Kind::Number(self.number(text, at)?),
            Tok::Str(text) => Kind::Str(text.clone()),
            Tok::Op("...") => Kind::Ellipsis,
            // `.5`: Rust's lexer reads a dot and a number.
            Tok::Op(".") => match self.tok() {
                Tok::Number(digits) => {
                    self.at += 1;
                    Kind::Number(self.scalar(&format!("0.{digits}"), at)?)
                }
                _ => return self.expected("digits after `.`"),
            },
            Tok::Open('(') => return self.group(at),
            Tok::Open('[') => return self.list(at),
            Tok::Open(_) => {
                self.at = self.tokens.get(at).partner + 1;
                Kind::Splice(self.tokens.stream(at))
            }
            Tok::Op(_) | Tok::Close(_) | Tok::Other(_) | Tok::End => {
                self.at = at;
                self.habit_of_operands()?;
                return self.expected("an expression");
            }
        };
        Ok(Expr::new(kind, at, self.at - 1))
    }

    /// `(a)`, `(a, b)`, `()`.
    fn group(&mut self, open: usize) -> Parsed<Expr> {
        let close = self.tokens.get(open).partner;
        let (parts, comma) = self.parts(close);
        self.at = close + 1;
        let kind = match parts {
            Err(Failed) => Kind::Broken,
            Ok(mut parts) if parts.len() == 1 && !comma => parts.pop().map_or(Kind::Broken, |e| e.kind),
            Ok(parts) => Kind::Tuple(parts),
        };
        Ok(Expr::new(kind, open, close))
    }

    /// `[a, b]`.
    fn list(&mut self, open: usize) -> Parsed<Expr> {
        let close = self.tokens.get(open).partner;
        let (parts, _) = self.parts(close);
        self.at = close + 1;
        Ok(Expr::new(parts.map_or(Kind::Broken, Kind::Tuple), open, close))
    }

    /// Expressions with commas between them up to `close`, and whether there was a comma.
    fn parts(&mut self, close: usize) -> (Parsed<Vec<Expr>>, bool) {
        let (mut parts, mut comma) = (Vec::new(), false);
        while self.at < close {
            match self.expr(0) {
                Ok(part) => parts.push(part),
                Err(Failed) => return (Err(Failed), comma),
            }
            if self.at < close {
                if !self.eat_op(",") {
                    return (self.not_closed(close), comma);
                }
                comma = true;
            }
        }
        (Ok(parts), comma)
    }

    /// Something between brackets does not go on as it should.
    fn not_closed<T>(&mut self, close: usize) -> Parsed<T> {
        self.habit_of_operators()?;
        let expected = format!("`,` or {}", self.tok_at(close).describe());
        self.expected(&expected)
    }

    /// The arguments of a call; a broken one is `Kind::Broken`, the others are kept.
    fn arguments(&mut self, close: usize) -> Vec<Argument> {
        self.at += 1;
        let mut arguments = Vec::new();
        while self.at < close {
            let begin = self.at;
            match self.argument(close) {
                Ok(argument) => arguments.push(argument),
                Err(Failed) => {
                    self.at = begin;
                    self.skip_item(close);
                    arguments.push(Argument { keyword: None, value: Expr::new(Kind::Broken, begin, self.at - 1) });
                    self.at += usize::from(self.at < close);
                }
            }
        }
        self.at = close + 1;
        arguments
    }

    fn argument(&mut self, close: usize) -> Parsed<Argument> {
        let keyword = match (self.tok(), self.tok_at(self.at + 1)) {
            (Tok::Ident(name), Tok::Op("=")) => {
                self.at += 2;
                Some((name.clone(), self.at - 2))
            }
            _ => None,
        };
        let value = self.expr(0)?;
        if self.at < close && !self.eat_op(",") {
            return self.not_closed(close);
        }
        Ok(Argument { keyword, value })
    }

    pub(super) fn items(&mut self, close: usize) -> Parsed<Vec<Item>> {
        self.at += 1;
        let mut items = Vec::new();
        while self.at < close {
            items.push(self.item(close)?);
            if self.at < close && !self.eat_op(",") {
                return self.not_closed(close);
            }
        }
        self.at = close + 1;
        if items.is_empty() {
            return self.fail(close - 1, close, "an index says what it takes", Some("write `x[0]` or `x[:]`"));
        }
        Ok(items)
    }

    fn item(&mut self, close: usize) -> Parsed<Item> {
        let start = self.bound(close)?;
        if !self.eat_op(":") {
            return match start {
                Some(expr) => Ok(Item::Expr(expr)),
                None => self.expected("an index"),
            };
        }
        let stop = self.bound(close)?;
        let step = if self.eat_op(":") { self.bound(close)? } else { None };
        Ok(Item::Slice { start, stop, step })
    }

    /// A bound of a slice, if there is one before the next `:`, `,` or the bracket.
    fn bound(&mut self, close: usize) -> Parsed<Option<Expr>> {
        if self.at == close || self.is_op(":") || self.is_op(",") { Ok(None) } else { self.expr(0).map(Some) }
    }

    // ---- numbers

    /// The number at `at`, with the pieces that Rust's lexer cut off: `1.e3`, `1.e-3`, `2.j`.
    fn number(&mut self, text: &str, at: usize) -> Parsed<Scalar> {
        let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
        if let (true, Tok::Op("."), Tok::Ident(tail)) = (digits, self.tok(), self.tok_at(self.at + 1)) {
            let exponent = tail.strip_prefix(['e', 'E']).map(|t| t.trim_end_matches(['j', 'J']));
            let sign = match self.tok_at(self.at + 2) {
                Tok::Op(sign @ ("-" | "+")) => Some(*sign),
                _ => None,
            };
            match (exponent, sign, self.tok_at(self.at + 3)) {
                (Some(""), Some(sign), Tok::Number(power)) => {
                    self.at += 4;
                    return self.scalar(&format!("{text}.{tail}{sign}{power}"), at);
                }
                (Some(e), _, _) if !e.is_empty() && e.bytes().all(|b| b.is_ascii_digit()) => {
                    self.at += 2;
                    return self.scalar(&format!("{text}.{tail}"), at);
                }
                _ if tail == "j" || tail == "J" => {
                    self.at += 2;
                    return self.scalar(&format!("{text}.j"), at);
                }
                _ => {}
            }
        }
        self.scalar(text, at)
    }

    fn scalar(&mut self, text: &str, at: usize) -> Parsed<Scalar> {
        let plain = text.replace('_', "").to_ascii_lowercase();
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
            if let Some(digits) = plain.strip_prefix(prefix) {
                return match i128::from_str_radix(digits, radix) {
                    Ok(i) => Ok(Scalar::Int(i)),
                    Err(_) => self.not_a_number(text, at),
                };
            }
        }
        if let Some(imaginary) = plain.strip_suffix('j') {
            return match imaginary.parse() {
                Ok(x) => Ok(Scalar::Complex(0.0, x)),
                Err(_) => self.not_a_number(text, at),
            };
        }
        if plain.bytes().all(|b| b.is_ascii_digit()) {
            if plain.len() > 1 && plain.starts_with('0') && plain.bytes().any(|b| b != b'0') {
                return self.fail(at, at, format!("`{text}` begins with 0"), Some("octal numbers are written `0o17`"));
            }
            return match plain.parse() {
                Ok(i) => Ok(Scalar::Int(i)),
                Err(_) => self.fail(at, at, format!("`{text}` fits no dtype"), None),
            };
        }
        match plain.parse() {
            Ok(x) => Ok(Scalar::Float(x)),
            Err(_) => self.not_a_number(text, at),
        }
    }

    fn not_a_number<T>(&mut self, text: &str, at: usize) -> Parsed<T> {
        let help = "numbers have no Rust suffix: literals take the dtype of what stands beside them";
        self.fail(at, at, format!("`{text}` is not a number"), Some(help))
    }
}
