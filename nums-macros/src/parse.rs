//! Tokens to ast: the two forms, functions, statements. Types are in `parse/types`, expressions in `parse/expr`, habits of other
//! languages in `parse/habit`.
//!
//! A mistake is a `Diag` in `Parser::diags`; parsing goes on behind it, at the closing bracket, the next `;` or the next function,
//! so that one run reports all independent mistakes. Newlines never matter: they are only looked at to word a message.

mod expr;
mod habit;
#[cfg(test)]
mod tests;
mod types;

use crate::ast::{Assign, Body, Content, Expr, Expression, Function, Generic, Item, Kind, Param, RustType, Written, ours};
use crate::lex::{Tok, Tokens};
use nums_ir::diag::Diag;
use nums_ir::dtype::DType;
use nums_ir::types::Type;
use proc_macro2::TokenStream;
use quote::quote_spanned;

/// A mistake was reported; the caller goes on behind it.
pub(crate) struct Failed;

type Parsed<T> = Result<T, Failed>;

/// Reads one list of tokens.
pub(crate) struct Parser<'a> {
    tokens: &'a Tokens,
    at: usize,
    /// How many expressions are being read inside each other.
    nested: usize,
    /// The type parameter of the function that is being read.
    generic: Option<Generic>,
    /// A statement was not read and may have given names: what they are is not judged.
    lost: bool,
    pub(crate) diags: Vec<Diag>,
}

/// How deep an expression may nest: the macro reads it by recursion, on a stack of 2 MB where the compiler gives it no more.
const DEPTH: usize = 80;

/// How many operators, attributes and calls may follow each other, which are read in a loop.
const LENGTH: usize = 200;

/// Names of modules that a function may not have: `mod f` would stand before the crate.
const CRATES: &[&str] = &["std", "core", "alloc", "nums"];

/// An expression that is not assigned.
enum Statement {
    /// The body's result.
    Result(Expr),
    /// `print("label", x);`.
    Print(Expr),
}

/// Operators that update a name, and what they do.
const UPDATES: &[(&str, &str)] = &[
    ("+=", "+"),
    ("-=", "-"),
    ("*=", "*"),
    ("/=", "/"),
    ("%=", "%"),
    ("@=", "@"),
    ("&=", "&"),
    ("|=", "|"),
    ("^=", "^"),
    ("<<=", "<<"),
    (">>=", ">>"),
];

impl<'a> Parser<'a> {
    pub(crate) fn new(tokens: &'a Tokens) -> Parser<'a> {
        Parser { tokens, at: 0, nested: 0, generic: None, lost: false, diags: Vec::new() }
    }

    /// A whole `nums!`: functions if it begins like items, else an expression.
    pub(crate) fn content(&mut self) -> Content {
        let begins_items = match self.tok() {
            Tok::Op(op) => *op == "#",
            Tok::Ident(word) => ["pub", "fn"].contains(&word.as_str()),
            Tok::Number(_) | Tok::Str(_) | Tok::Open(_) | Tok::Close(_) | Tok::Other(_) | Tok::End => false,
        };
        if begins_items {
            return Content::Functions(self.functions());
        }
        match self.expression() {
            Ok(expression) => Content::Expression(expression),
            Err(Failed) => Content::Broken,
        }
    }

    // ---- reading tokens

    fn tok(&self) -> &'a Tok {
        self.tok_at(self.at)
    }

    fn tok_at(&self, at: usize) -> &'a Tok {
        let tokens: &'a Tokens = self.tokens;
        &tokens.get(at).tok
    }

    fn is(&self, tok: &Tok) -> bool {
        self.tok() == tok
    }

    fn is_op(&self, op: &str) -> bool {
        matches!(self.tok(), Tok::Op(o) if *o == op)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.tok(), Tok::Ident(w) if w == word)
    }

    fn eat_op(&mut self, op: &str) -> bool {
        let found = self.is_op(op);
        self.at += usize::from(found);
        found
    }

    /// Records a mistake at tokens `first..=last`.
    fn fail<T>(&mut self, first: usize, last: usize, message: impl Into<String>, help: Option<&str>) -> Parsed<T> {
        let mut diag = Diag::new(self.tokens.loc(first, last), message);
        diag.help = help.map(str::to_owned);
        self.diags.push(diag);
        Err(Failed)
    }

    /// Records that something else was expected here.
    fn expected<T>(&mut self, what: &str) -> Parsed<T> {
        let found = match self.tok() {
            Tok::Close(_) | Tok::End => "the end".to_owned(),
            tok => tok.describe(),
        };
        self.fail(self.at, self.at, format!("expected {what}, found {found}"), None)
    }

    /// Goes behind the next `;` before `end`, or to `end`.
    fn skip_statement(&mut self, end: usize) {
        while self.at < end {
            match self.tok() {
                Tok::Op(";") => {
                    self.at += 1;
                    return;
                }
                Tok::Open(_) => self.at = self.tokens.get(self.at).partner + 1,
                Tok::Ident(_) | Tok::Number(_) | Tok::Str(_) | Tok::Op(_) | Tok::Close(_) | Tok::Other(_) | Tok::End => {
                    self.at += 1
                }
            }
        }
        self.at = end;
    }

    // ---- functions

    fn functions(&mut self) -> Vec<Function> {
        let mut functions = Vec::new();
        while !self.is(&Tok::End) {
            let (begin, mistakes) = (self.at, self.diags.len());
            match self.function(DType::F64) {
                Ok(function) => {
                    let again = function.generic.is_some();
                    functions.push(function);
                    if again {
                        // The other version is read from the same tokens: its mistakes have been told.
                        let end = std::mem::replace(&mut self.at, begin);
                        let told = self.diags.len();
                        functions.extend(self.function(DType::F32).ok());
                        self.diags.truncate(told.max(mistakes));
                        self.at = end;
                    }
                }
                Err(Failed) => self.skip_function(),
            }
        }
        functions
    }

    /// Goes behind the next braces, which are most likely the broken function's body.
    fn skip_function(&mut self) {
        loop {
            match self.tok() {
                Tok::End => return,
                Tok::Open('{') => {
                    self.at = self.tokens.get(self.at).partner + 1;
                    return;
                }
                Tok::Open(_) => self.at = self.tokens.get(self.at).partner + 1,
                Tok::Ident(_) | Tok::Number(_) | Tok::Str(_) | Tok::Op(_) | Tok::Close(_) | Tok::Other(_) => self.at += 1,
            }
        }
    }

    /// A function; where it is generic, the version of a dtype.
    fn function(&mut self, dtype: DType) -> Parsed<Function> {
        let attributes = self.attributes()?;
        let visibility = self.visibility();
        if !self.is_word("fn") {
            if let Tok::Ident(word) = self.tok() {
                self.habit_of_items(word)?;
            }
            return self.expected("`fn`");
        }
        self.at += 1;
        let token = self.at;
        let Tok::Ident(name) = self.tok() else { return self.expected("a function's name") };
        self.reserved(name, token)?;
        self.at += 1;
        if CRATES.contains(&name.as_str()) {
            let message = format!("a function called `{name}` would hide the crate `{name}`");
            return self.fail(token, token, message, Some("give it another name"));
        }
        self.generic = None;
        if self.is_op("<") {
            self.generic = Some(self.type_parameter(dtype)?);
        }
        if !self.is(&Tok::Open('(')) {
            return self.expected("`(` and the parameters");
        }
        let mistakes = self.diags.len();
        let params = self.params();
        let (results, tuple) = self.arrow()?;
        if self.is_op(",") && !tuple {
            let help = "write several results in brackets: `-> (f64[n], f64[n])`";
            return self.fail(self.at, self.at, "a function has one result, or a tuple of them", Some(help));
        }
        if !self.is(&Tok::Open('{')) {
            return self.expected("`{` and the function's body");
        }
        let end = self.tokens.get(self.at).partner;
        self.at += 1;
        let unread = self.diags.len() > mistakes;
        let body = self.body(end);
        let unread = std::mem::take(&mut self.lost) || unread;
        self.at = end + 1;
        let broken = self.diags.len() > mistakes;
        let (generic, name) = (self.generic.take(), name.clone());
        Ok(Function { attributes, visibility, name, token, generic, params, results, tuple, body, broken, unread })
    }

    /// `<T: Float>`.
    fn type_parameter(&mut self, dtype: DType) -> Parsed<Generic> {
        let first = self.at;
        let parameter = match (self.tok_at(first + 1), self.tok_at(first + 2), self.tok_at(first + 3), self.tok_at(first + 4)) {
            (Tok::Ident(name), Tok::Op(":"), Tok::Ident(bound), Tok::Op(">")) if bound == "Float" => {
                Some(Generic { name: name.clone(), token: first + 1, dtype })
            }
            _ => None,
        };
        match parameter {
            Some(generic) => {
                self.at = first + 5;
                Ok(generic)
            }
            None => {
                let help = "write `fn f<T: Float>(x: T[n]) -> T[n]`: it is made for f32 and f64";
                self.fail(first, first, "a function has one type parameter, a `Float`", Some(help))
            }
        }
    }

    fn attributes(&mut self) -> Parsed<Vec<(String, TokenStream)>> {
        let mut attributes = Vec::new();
        while self.is_op("#") {
            if *self.tok_at(self.at + 1) != Tok::Open('[') {
                return self.fail(self.at, self.at, "`#` does not begin a comment in Rust", Some("comments begin with `//`"));
            }
            let stream = self.tokens.stream(self.at + 1);
            let name = match self.tok_at(self.at + 2) {
                Tok::Ident(name) => name.clone(),
                _ => String::new(),
            };
            let span = self.tokens.get(self.at).span;
            attributes.push((name, quote_spanned!(span=> #[#stream])));
            self.at = self.tokens.get(self.at + 1).partner + 1;
        }
        Ok(attributes)
    }

    fn visibility(&mut self) -> TokenStream {
        if !self.is_word("pub") {
            return TokenStream::new();
        }
        let span = ours(self.tokens.get(self.at).span);
        self.at += 1;
        if self.is(&Tok::Open('(')) {
            let scope = self.tokens.stream(self.at);
            self.at = self.tokens.get(self.at).partner + 1;
            return quote_spanned!(span=> pub(#scope));
        }
        quote_spanned!(span=> pub)
    }

    fn params(&mut self) -> Vec<Param> {
        let end = self.tokens.get(self.at).partner;
        self.at += 1;
        let mut params: Vec<Param> = Vec::new();
        while self.at < end {
            match self.param() {
                Ok(param) if params.iter().any(|p| p.name == param.name) => {
                    let message = format!("two parameters are called `{}`", param.name);
                    let _ = self.fail::<()>(param.token, param.token, message, None);
                }
                Ok(param) => params.push(param),
                Err(Failed) => self.skip_item(end),
            }
            if self.at < end && !self.eat_op(",") {
                let _ = self.expected::<()>("`,` or `)`");
                self.skip_item(end);
                self.at += usize::from(self.at < end);
            }
        }
        self.at = end + 1;
        params
    }

    /// Goes to the next `,` before `end`, or to `end`.
    fn skip_item(&mut self, end: usize) {
        while self.at < end && !self.is_op(",") {
            self.at = self.tokens.get(self.at).partner.max(self.at) + 1;
        }
    }

    fn param(&mut self) -> Parsed<Param> {
        let token = self.at;
        if self.is_op("&") {
            return self.fail(token, token, "parameters are written without `&`", Some("write `x: f64[n]`: arrays are borrowed"));
        }
        let Tok::Ident(name) = self.tok() else { return self.expected("a parameter's name") };
        if name == "self" {
            return self.fail(
                token,
                token,
                "functions of `nums!` have no `self`",
                Some("put it at module level: the `nums! { … }` stands outside the `impl`"),
            );
        }
        self.reserved(name, token)?;
        self.at += 1;
        if !self.eat_op(":") {
            let help = format!("write `{name}: f64[n]` for an array, `{name}: f64` for a number");
            return self.fail(token, token, format!("`{name}` has no type"), Some(&help));
        }
        let mut written = self.written()?;
        match &mut written.ty {
            // Only the kind of a plain parameter matters, whatever its Rust type.
            Some(ty) if ty.weak => *ty = Type::weak(ty.dtype.kind()),
            Some(_) => {}
            None => {
                let help = format!("write `{name}: f64[..]` for any rank");
                return self.fail(written.first, written.last, "a parameter says its dtype and shape", Some(&help));
            }
        }
        Ok(Param { name: name.clone(), token, written })
    }

    fn arrow(&mut self) -> Parsed<(Vec<Written>, bool)> {
        if !self.eat_op("->") {
            return self.fail(
                self.at - 1,
                self.at - 1,
                "a function says what it returns",
                Some("write `-> f64[n]` after the parameters"),
            );
        }
        self.results()
    }

    /// The types after an arrow, and whether they are a tuple.
    fn results(&mut self) -> Parsed<(Vec<Written>, bool)> {
        if !self.is(&Tok::Open('(')) {
            let one = self.written()?;
            if one.rust == RustType::GenericScalar {
                let help = "write `T[]`, and take `.item()?` in Rust";
                return self.fail(one.first, one.last, "a generic function returns arrays", Some(help));
            }
            return Ok((vec![one], false));
        }
        let (first, end) = (self.at, self.tokens.get(self.at).partner);
        self.at += 1;
        let mut results = Vec::new();
        while self.at < end {
            results.push(self.written()?);
            if self.at < end && !self.eat_op(",") {
                return self.expected("`,` or `)`");
            }
        }
        self.at = end + 1;
        match results.len() {
            _ if results.iter().any(|r| r.rust == RustType::GenericScalar) => {
                self.fail(first, end, "a generic function returns arrays", Some("write `T[]`, and take `.item()?` in Rust"))
            }
            0 => self.fail(first, end, "a function returns something", Some("write `-> f64[n]`")),
            1..=12 => Ok((results, true)),
            n => self.fail(first, end, format!("at most 12 results, not {n}"), None),
        }
    }

    // ---- bodies

    fn expression(&mut self) -> Parsed<Expression> {
        let mut end = self.at;
        while *self.tok_at(end) != Tok::End && *self.tok_at(end) != Tok::Op("->") {
            end = self.tokens.get(end).partner.max(end) + 1;
        }
        if self.at == end {
            return self.fail(end, end, "nothing to compute", Some("write an expression: `nums! { a @ b + 1 }`"));
        }
        if let Tok::Ident(word) = self.tok() {
            self.habit_of_items(word)?;
        }
        let mistakes = self.diags.len();
        let body = self.body(end);
        self.at = end;
        let results = match self.eat_op("->") {
            true => Some(self.results()?),
            false => None,
        };
        if results.is_some() && !self.is(&Tok::End) {
            return self.expected("the end after the type of the result");
        }
        Ok(Expression { body, results, broken: self.diags.len() > mistakes, unread: self.lost })
    }

    /// Statements and the result, up to the token `end`.
    fn body(&mut self, end: usize) -> Body {
        let (begin, mistakes) = (self.at, self.diags.len());
        let mut body = Body { assigns: Vec::new(), result: None };
        while self.at < end {
            let first = self.at;
            let done = match (self.update(), self.targets()) {
                (Some(update), _) => update.and_then(|u| self.assign(u.0, u.1, u.2, end)).map(|assign| body.assigns.push(assign)),
                (None, Some(targets)) => self.assign(targets, None, None, end).map(|assign| body.assigns.push(assign)),
                (None, None) => self.result(end).map(|statement| match statement {
                    Statement::Result(result) => body.result = Some(result),
                    // Its value is not a value: a name that nobody can read.
                    Statement::Print(value) => {
                        let targets = vec![("_".to_owned(), value.first)];
                        body.assigns.push(Assign { targets, items: None, op: None, value });
                    }
                }),
            };
            if done.is_err() {
                // What follows is still read for its mistakes, with the names that this statement would have given; what is missing
                // is not said of a broken body.
                self.at = first;
                while self.is_word("let") || self.is_word("mut") {
                    self.at += 1;
                }
                let targets = self.targets();
                self.skip_statement(end);
                match targets {
                    Some(targets) => {
                        let value = Expr::new(Kind::Broken, begin, begin);
                        body.assigns.push(Assign { targets, items: None, op: None, value });
                    }
                    None if self.at == end => drop(body.result.get_or_insert(Expr::new(Kind::Broken, begin, begin))),
                    None => self.lost = true,
                }
            }
        }
        if body.result.is_none() && self.diags.len() == mistakes {
            self.no_result(&body, begin, end);
        }
        body
    }

    /// `a =`, `a, b =`, `(a, b) =`, if the statement begins so.
    fn targets(&mut self) -> Option<Vec<(String, usize)>> {
        let mut at = self.at;
        let parens = (*self.tok_at(at) == Tok::Open('(')).then(|| self.tokens.get(at).partner);
        at += usize::from(parens.is_some());
        let mut targets = Vec::new();
        while let Tok::Ident(name) = self.tok_at(at) {
            targets.push((name.clone(), at));
            at += 1;
            if *self.tok_at(at) != Tok::Op(",") {
                break;
            }
            at += 1;
        }
        at = match parens {
            Some(close) if close == at => at + 1,
            Some(_) => return None,
            None => at,
        };
        if targets.is_empty() || *self.tok_at(at) != Tok::Op("=") {
            return None;
        }
        self.at = at + 1;
        Some(targets)
    }

    /// `x[items] =`, `x[items] +=`, `x +=`, if the statement begins so.
    #[allow(clippy::type_complexity)]
    fn update(&mut self) -> Option<Parsed<(Vec<(String, usize)>, Option<Vec<Item>>, Option<&'static str>)>> {
        let at = self.at;
        let Tok::Ident(name) = self.tok() else { return None };
        let open = at + 1;
        let indexed = *self.tok_at(open) == Tok::Open('[');
        let behind = if indexed { self.tokens.get(open).partner + 1 } else { open };
        let Tok::Op(mark) = self.tok_at(behind) else { return None };
        let op = UPDATES.iter().find(|(update, _)| update == mark).map(|(_, op)| *op);
        if op.is_none() && !(indexed && *mark == "=") {
            return None;
        }
        let targets = vec![(name.clone(), at)];
        let items = if indexed {
            self.at = open;
            match self.items(behind - 1) {
                Ok(items) => Some(items),
                Err(Failed) => return Some(Err(Failed)),
            }
        } else {
            None
        };
        self.at = behind + 1;
        Some(Ok((targets, items, op)))
    }

    fn assign(
        &mut self,
        targets: Vec<(String, usize)>,
        items: Option<Vec<Item>>,
        op: Option<&'static str>,
        end: usize,
    ) -> Parsed<Assign> {
        for (name, at) in targets.iter().filter(|(name, _)| name != "_") {
            self.reserved(name, *at)?;
        }
        let value = self.tuple_or_expr(end)?;
        if self.at < end && !self.eat_op(";") {
            self.not_ended(end)?;
        }
        Ok(Assign { targets, items, op, value })
    }

    /// An expression that is not assigned: the result, if nothing follows.
    fn result(&mut self, end: usize) -> Parsed<Statement> {
        if let Tok::Ident(word) = self.tok() {
            self.habit_of_statements(word)?;
        }
        let value = self.tuple_or_expr(end)?;
        if self.at == end {
            return Ok(Statement::Result(value));
        }
        let semicolon = self.at;
        if !self.eat_op(";") {
            self.not_ended(end)?;
            return Err(Failed);
        }
        if let Kind::Call(callee, _) = &value.kind
            && matches!(&callee.kind, Kind::Name(name, _) if name == "print")
        {
            return Ok(Statement::Print(value));
        }
        if self.at == end {
            let help = "remove it: the last expression without `;` is the result";
            return self.fail(semicolon, semicolon, "`;` after the result throws it away", Some(help));
        }
        self.fail(value.first, value.last, "this value is not used", Some("assign it, `y = …;`, or remove it"))
    }

    /// A statement does not go on as it should. Where only a `;` is missing the next statement is read.
    fn not_ended(&mut self, end: usize) -> Parsed<()> {
        self.habit_of_operators()?;
        let at = self.at;
        let chained = |at: usize| matches!(self.tok_at(at - 1), Tok::Ident(_)) && *self.tok_at(at - 2) == Tok::Op("=");
        if self.is_op("=") && at >= 2 && chained(at) {
            self.lost = true;
            return self.fail(at, at, "one name is assigned at a time", Some("write `y = …; x = y;`"));
        }
        if self.is_op("=") {
            let help = "write `x = …;`, or `x[i] = …;` for a new version of `x`";
            return self.fail(at, at, "only names and their elements can be assigned", Some(help));
        }
        if self.is_op(":") {
            return self.fail(
                at,
                at,
                "a name has no type where it is assigned",
                Some("write `y = …;`, converted by `.astype(f64)`"),
            );
        }
        if self.tokens.begins_line(at) {
            let help = "statements end with `;`: newlines do not matter";
            let message = format!("missing `;` after {}", self.tok_at(at - 1).describe());
            let _ = self.fail::<()>(at - 1, at - 1, message, Some(help));
            return Ok(());
        }
        let what = if at < end { self.tok().describe() } else { "the end".to_owned() };
        self.fail(at, at, format!("expected an operator or `;`, found {what}"), None)
    }

    /// The body has statements only: perhaps because a line ran into the next.
    fn no_result(&mut self, body: &Body, begin: usize, end: usize) {
        if body.assigns.is_empty() {
            let _ = self.fail::<()>(begin.saturating_sub(1), end, "the body is empty", Some("write an expression"));
            return;
        }
        let runs_on = |at: &usize| {
            let marks = [Tok::Op("-"), Tok::Open('('), Tok::Open('[')];
            self.tokens.begins_line(*at) && marks.contains(self.tok_at(*at)) && self.ends_operand(at - 1)
        };
        let last = body.assigns.last().map_or(begin, |a| a.value.first);
        match (last + 1..end).find(runs_on) {
            Some(at) => {
                let help = "newlines do not matter: without `;` the next line belongs to this one";
                let message = format!("missing `;` after {}", self.tok_at(at - 1).describe());
                let _ = self.fail::<()>(at - 1, at - 1, message, Some(help));
                self.lost = true;
            }
            None => {
                let name = body.assigns.last().and_then(|a| a.targets.first()).map_or("x", |(name, _)| name);
                let help = format!("an assignment gives no value: end the body with an expression without `;`, as `{name}`");
                let _ = self.fail::<()>(end - 1, end - 1, "the body has no result", Some(&help));
            }
        }
    }

    fn ends_operand(&self, at: usize) -> bool {
        match self.tok_at(at) {
            Tok::Ident(_) | Tok::Number(_) | Tok::Str(_) | Tok::Close(_) => true,
            Tok::Op(_) | Tok::Open(_) | Tok::Other(_) | Tok::End => false,
        }
    }
}
