//! Habits of Python and Rust that nums does not share: each gets a message that says what to write instead.
//!
//! Where a habit can stand decides which function looks for it: at the beginning of the body, of a statement, as an operand, or
//! behind one. What dies in Rust's lexer (`'abc'`, f-strings, a backslash at the end of a line) never comes here.

use super::{Parsed, Parser};
use crate::lex::Tok;

/// Words that begin a statement in Python or Rust: what is wrong, what to write.
const STATEMENTS: &[(&str, &str, &str)] = &[
    ("for", "there are no loops in `nums!`", "compute on whole arrays, or loop in Rust around the call"),
    ("while", "there are no loops in `nums!`", "compute on whole arrays, or loop in Rust around the call"),
    ("loop", "there are no loops in `nums!`", "compute on whole arrays, or loop in Rust around the call"),
    (
        "if",
        "there is no `if` statement in `nums!`",
        "write `y = a if condition else b;`, or `where(condition, a, b)` for elements",
    ),
    ("match", "there is no `match` in `nums!`", "branch in Rust around the call"),
    ("return", "there is no `return` in `nums!`", "end the body with the expression, without `;`"),
    ("let", "assignments have no `let`", "write `y = …;`"),
    ("assert", "there is no `assert` in `nums!`", "assert in Rust on the result"),
    ("del", "there is no `del` in `nums!`", "values are freed after their last use"),
    ("with", "there is no `with` in `nums!`", "write it in Rust around the call"),
    ("try", "there is no `try` in `nums!`", "a call returns a `Result`: match on it in Rust"),
    ("pass", "there is no `pass` in `nums!`", "end the body with an expression"),
];

/// Words that begin a Python item.
const ITEMS: &[(&str, &str, &str)] = &[
    ("def", "functions begin with `fn`", "write `fn f(x: f64[n]) -> f64[n] { … }`"),
    ("import", "there is nothing to import", "NumPy's names are known, with and without `np.`"),
    ("from", "there is nothing to import", "NumPy's names are known, with and without `np.`"),
    ("class", "there are no classes in `nums!`", "write functions: `fn f(x: f64[n]) -> f64[n] { … }`"),
    ("impl", "functions of `nums!` stand at module level", "put it at module level: the `nums! { … }` stands outside the `impl`"),
    ("async", "functions of `nums!` are not `async`", "a call returns at once; wait with `wait_async()`"),
    ("unsafe", "functions of `nums!` are safe", "write `fn`"),
    ("const", "there are no `const` items in `nums!`", "write it outside, and pass it to the function"),
    ("struct", "there are no types in `nums!`", "write it outside"),
    ("use", "there is nothing to import", "NumPy's names are known, with and without `np.`"),
];

/// Words that are no operand.
const OPERANDS: &[(&str, &str, &str)] = &[
    ("lambda", "there is no `lambda` in `nums!`", "write a `fn` in the same `nums!` block and call it"),
    ("true", "`true` is written `True`, as in Python", "write `True`"),
    ("false", "`false` is written `False`, as in Python", "write `False`"),
    ("Some", "there is no `Some` in `nums!`", "write the value itself"),
    ("Ok", "there is no `Ok` in `nums!`", "write the value itself"),
    ("mut", "there is no `mut` in `nums!`", "values are immutable: assign a new name"),
    ("await", "there is no `await` in `nums!`", "a call returns at once; wait in Rust"),
    ("yield", "there is no `yield` in `nums!`", "end the body with the expression"),
    ("in", "there is no `in` in `nums!`", "write `any(x == value)`"),
    ("is", "there is no `is` in `nums!`", "write `==`"),
    ("as", "there is no `as` in `nums!`", "write `x.astype(f64)`"),
    ("else", "an `else` belongs to `a if condition else b`", "write the value and the condition before it"),
    ("move", "there are no closures in `nums!`", "write a `fn` in the same `nums!` block"),
    ("self", "there is no `self` in `nums!`", "write `{ self.field }`, or name it in Rust first: `let x = &self.field;`"),
    ("Self", "there is no `Self` in `nums!`", "write `{ Self::NAME }`"),
    ("super", "there are no paths in `nums!`", "write `{ super::NAME }`"),
    ("crate", "there are no paths in `nums!`", "write `{ crate::NAME }`"),
    ("_", "`_` is not a value", "give it a name"),
];

/// What is wrong behind an operand.
const BEHIND: &[(&str, &str, &str)] = &[
    ("as", "there is no `as` in `nums!`", "write `x.astype(f64)`"),
    ("is", "there is no `is` in `nums!`", "write `==`"),
    ("in", "there is no `in` in `nums!`", "write `any(x == value)`"),
    ("for", "there are no comprehensions in `nums!`", "compute on the whole array"),
    ("if", "there are no comprehensions in `nums!`", "compute on the whole array, or write `(a if condition else b)`"),
    ("..", "there are no Rust ranges in `nums!`", "write a slice, `x[0:n]`, or `arange(n)`"),
    (":=", "there is no `:=` in `nums!`", "assign in a statement of its own, `y = …;`"),
    ("#", "`#` does not begin a comment in Rust", "comments begin with `//`"),
    (
        "!",
        "there are no macros in `nums!`",
        "write `print(\"label\", x);` to look at a value; others stand in Rust around the call",
    ),
    ("?", "there is no `?` in `nums!`", "the call as a whole gives a `Result`"),
    ("&&", "there is no `&&` in `nums!`", "write `logical_and(a, b)`, or `a & b` of booleans"),
    ("||", "there is no `||` in `nums!`", "write `logical_or(a, b)`, or `a | b` of booleans"),
    ("=>", "there is no `=>` in `nums!`", "write `>=` for a comparison"),
    ("+=", "only a name or its elements can be updated", "write `x = x + …;`"),
    ("-=", "only a name or its elements can be updated", "write `x = x - …;`"),
    ("*=", "only a name or its elements can be updated", "write `x = x * …;`"),
    ("/=", "only a name or its elements can be updated", "write `x = x / …;`"),
    ("%=", "only a name or its elements can be updated", "write `x = x % …;`"),
    ("@=", "only a name or its elements can be updated", "write `x = x @ …;`"),
    ("&=", "only a name or its elements can be updated", "write `x = x & …;`"),
    ("|=", "only a name or its elements can be updated", "write `x = x | …;`"),
    ("^=", "only a name or its elements can be updated", "write `x = x ^ …;`"),
    ("<<=", "only a name or its elements can be updated", "write `x = x << …;`"),
    (">>=", "only a name or its elements can be updated", "write `x = x >> …;`"),
];

/// Marks that are no operand.
const BEFORE: &[(&str, &str, &str)] = &[
    ("&", "there are no references in `nums!`", "write the name: variables are borrowed"),
    ("&&", "there are no references in `nums!`", "write the name: variables are borrowed"),
    ("!", "there is no `!` in `nums!`", "write `~x` of booleans, or `logical_not(x)`"),
    ("#", "`#` does not begin a comment in Rust", "comments begin with `//`"),
    ("..", "there are no Rust ranges in `nums!`", "write a slice, `x[0:n]`, or `arange(n)`"),
    ("|", "there are no closures in `nums!`", "write a `fn` in the same `nums!` block"),
    ("||", "there are no closures in `nums!`", "write a `fn` in the same `nums!` block"),
    ("*", "there is no `*` before a value in `nums!`", "pass the values one by one"),
    ("**", "there is no `**` before a value in `nums!`", "pass the arguments one by one"),
];

type Table = [(&'static str, &'static str, &'static str)];

impl Parser<'_> {
    fn habit(&mut self, table: &Table, text: &str, first: usize, last: usize) -> Parsed<()> {
        match table.iter().find(|(word, ..)| *word == text) {
            Some((_, message, help)) => self.fail(first, last, *message, Some(help)),
            None => Ok(()),
        }
    }

    /// A word that begins an item elsewhere.
    pub(super) fn habit_of_items(&mut self, word: &str) -> Parsed<()> {
        // `from` and `class` may be names of variables: then an operator or nothing follows.
        match self.tok_at(self.at + 1) {
            Tok::Ident(_) | Tok::Open('{') => self.habit(ITEMS, word, self.at, self.at),
            _ => Ok(()),
        }
    }

    /// A word that begins a statement elsewhere.
    pub(super) fn habit_of_statements(&mut self, word: &str) -> Parsed<()> {
        let at = self.at;
        if word == "let" && *self.tok_at(at + 1) == Tok::Ident("mut".to_owned()) {
            return self.fail(at, at + 1, "values are immutable: there is no `let mut`", Some("write `y = …;`"));
        }
        self.habit(STATEMENTS, word, at, at)
    }

    /// A word that is no name.
    pub(super) fn reserved(&mut self, word: &str, at: usize) -> Parsed<()> {
        self.habit(STATEMENTS, word, at, at)?;
        self.habit(OPERANDS, word, at, at)
    }

    /// A mark where an operand should stand.
    pub(super) fn habit_of_operands(&mut self) -> Parsed<()> {
        let before = |n: usize| self.at.checked_sub(n).map(|at| self.tok_at(at));
        if let (Some(Tok::Op(op @ ("+" | "-"))), Some(Tok::Op(other)), true) = (before(1), before(2), self.ends_here())
            && op == other
        {
            let message = format!("there is no `{op}{op}` in `nums!`");
            return self.fail(self.at - 2, self.at - 1, message, Some(&format!("write `x {op}= 1;`")));
        }
        match self.tok() {
            Tok::Op(op) => self.habit(BEFORE, op, self.at, self.at),
            Tok::Other(text) if text.starts_with('\'') => {
                self.fail(self.at, self.at, "strings are written with `\"`", Some("write `\"…\"`"))
            }
            Tok::Other(text) => self.fail(self.at, self.at, format!("`{text}` means nothing in `nums!`"), None),
            Tok::Ident(_) | Tok::Number(_) | Tok::Str(_) | Tok::Open(_) | Tok::Close(_) | Tok::End => Ok(()),
        }
    }

    /// Whether a statement or bracket ends at this token.
    fn ends_here(&self) -> bool {
        matches!(self.tok(), Tok::Op(";" | ",") | Tok::Close(_) | Tok::End)
    }

    /// A word or mark behind an operand that Python or Rust would know.
    pub(super) fn habit_of_operators(&mut self) -> Parsed<()> {
        // Rust's lexer has told that it does not know the prefix; here is what to write.
        if let (Tok::Str(_), Some(Tok::Ident(prefix))) = (self.tok(), self.at.checked_sub(1).map(|at| self.tok_at(at)))
            && ["f", "F", "fr", "rf"].contains(&prefix.as_str())
        {
            let help = "write `print(\"label\", x)` to look at a value, and format texts in Rust";
            return self.fail(self.at - 1, self.at, "there are no f-strings in `nums!`", Some(help));
        }
        let text: &str = match self.tok() {
            Tok::Op(op) => op,
            Tok::Ident(word) => word,
            Tok::Number(_) | Tok::Str(_) | Tok::Open(_) | Tok::Close(_) | Tok::Other(_) | Tok::End => return Ok(()),
        };
        // The name that it would have given is not unknown on top of that.
        self.lost |= text == ":=";
        self.habit(BEHIND, text, self.at, self.at)
    }
}
