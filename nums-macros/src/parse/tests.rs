//! Precedence, numbers, slices and habits: expressions as they are read, printed with all their brackets.

use super::Parser;
use crate::ast::{Content, Expr, Item, Kind};
use crate::lex::Tokens;
use proc_macro2::{Span, TokenStream};

/// The result of the body as it is read, or the mistakes.
fn read(source: &str) -> String {
    let stream: TokenStream = source.parse().expect("Rust tokens");
    let tokens = Tokens::new(stream, Span::call_site());
    let mut parser = Parser::new(&tokens);
    match parser.content() {
        Content::Expression(e) if !e.broken => e.body.result.as_ref().map_or("nothing".to_owned(), shown),
        Content::Expression(_) | Content::Functions(_) | Content::Broken => {
            let all: Vec<String> = parser.diags.iter().map(ToString::to_string).collect();
            all.join("; ").replace('\n', " | ")
        }
    }
}

fn shown(e: &Expr) -> String {
    let list = |all: &[Expr]| all.iter().map(shown).collect::<Vec<_>>().join(", ");
    match &e.kind {
        Kind::Number(n) => {
            format!("{n:?}").replace("Int(", "").replace("Float(", "").replace("Bool(", "").trim_end_matches(')').to_owned()
        }
        Kind::Str(s) => format!("{s:?}"),
        Kind::None => "None".to_owned(),
        Kind::Ellipsis => "...".to_owned(),
        Kind::Name(name, _) => name.clone(),
        Kind::Attribute(base, name, _) => format!("{}.{name}", shown(base)),
        Kind::Call(f, args) => {
            let args = args.iter().map(|a| match &a.keyword {
                Some((name, _)) => format!("{name}={}", shown(&a.value)),
                None => shown(&a.value),
            });
            format!("{}({})", shown(f), args.collect::<Vec<_>>().join(", "))
        }
        Kind::Index(base, items) => {
            let bound = |e: &Option<Expr>| e.as_ref().map_or(String::new(), shown);
            let items = items.iter().map(|i| match i {
                Item::Expr(e) => shown(e),
                Item::Slice { start, stop, step } => format!("{}:{}:{}", bound(start), bound(stop), bound(step)),
            });
            format!("{}[{}]", shown(base), items.collect::<Vec<_>>().join(", "))
        }
        Kind::Unary(op, a) => format!("({op} {})", shown(a)),
        Kind::Binary(op, a, b) => format!("({} {op} {})", shown(a), shown(b)),
        Kind::Chain(first, rest) => {
            let rest = rest.iter().map(|(op, e)| format!(" {op} {}", shown(e)));
            format!("({}{})", shown(first), rest.collect::<String>())
        }
        Kind::If(c, a, b) => format!("({} if {} else {})", shown(a), shown(c), shown(b)),
        Kind::Tuple(parts) => format!("<{}>", list(parts)),
        Kind::Splice(rust) => format!("{{{rust}}}"),
        Kind::Broken => "broken".to_owned(),
    }
}

fn check(source: &str, want: &str) {
    assert_eq!(read(source), want, "of `{source}`");
}

#[test]
fn operators_bind_as_in_python() {
    check("a + b * c", "(a + (b * c))");
    check("a - b - c", "((a - b) - c)");
    check("-x ** -y ** 2", "(- (x ** (- (y ** 2))))");
    check("2 ** 3 ** 2", "(2 ** (3 ** 2))");
    check("X.T @ (mu - y) + x", "((X.T @ (mu - y)) + x)");
    check("a < b & c", "(a < (b & c))");
    check("~(x < y) & (x != y) | mu >> 1", "(((~ (x < y)) & (x != y)) | (mu >> 1))");
    check("a | b ^ c & d << 1", "(a | (b ^ (c & (d << 1))))");
    check("not a == b and c or d", "(((not (a == b)) and c) or d)");
    check("a @ b * c / d % e", "((((a @ b) * c) / d) % e)");
    check("-a.T[0] ** 2", "(- (a.T[0] ** 2))");
}

#[test]
fn stars_mean_the_same_whatever_the_spacing() {
    check("x ** 2", "(x ** 2)");
    check("x * *2", "(x ** 2)");
    check("x**-2", "(x ** -2)");
}

#[test]
fn what_rust_lexes_otherwise_is_put_together() {
    check("a<-b", "(a < (- b))");
    check("x[:-1]", "x[:-1:]");
    check("x[::-1]", "x[::-1]");
    check("x[1:-1, ::2]", "x[1:-1:, ::2]");
    check("x[..., None]", "x[..., None]");
    check(".5 + 1. + 1.e3", "((0.5 + 1.0) + 1000.0)");
    check("1.e-3 + 1e-3 + 0x1F + 1_000", "(((0.001 + 0.001) + 31) + 1000)");
    check("2j + 1.5e3j", "(Complex(0.0, 2.0 + Complex(0.0, 1500.0)");
    check("2.j", "Complex(0.0, 2.0");
    check("f(x, axis=-1)", "f(x, axis=-1)");
    check("a, b", "<a, b>");
    check("(a,)", "<a>");
    check("[a, b]", "<a, b>");
}

#[test]
fn rust_stands_between_braces() {
    check("a + { v.len() }", "(a + {v . len ()})");
}

#[test]
fn habits_are_told_apart() {
    for (source, want) in [
        ("for i in x { i }", "there are no loops in `nums!`"),
        ("if a { b }", "there is no `if` statement in `nums!`"),
        ("a if c", "an `if` without `else` has no value"),
        ("[y for y in x]", "there are no comprehensions in `nums!`"),
        ("return x", "there is no `return` in `nums!`"),
        ("import numpy as np", "there is nothing to import"),
        ("x is None", "there is no `is` in `nums!`"),
        ("(y := x) + y", "there is no `:=` in `nums!`"),
        ("x as f64", "there is no `as` in `nums!`"),
        ("x[0..n]", "there are no Rust ranges in `nums!`"),
        ("exp(&x)", "there are no references in `nums!`"),
        ("sum(x, keepdims=true)", "`true` is written `True`, as in Python"),
        ("sum(x, axis=Some(0))", "there is no `Some` in `nums!`"),
        ("x # twice", "`#` does not begin a comment in Rust"),
        ("let mut y = x; y", "values are immutable: there is no `let mut`"),
        ("f(x) += 1; x", "only a name or its elements can be updated"),
        ("x + 1;", "`;` after the result throws it away"),
        ("0777", "`0777` begins with 0"),
        ("1f64", "`1f64` is not a number"),
        ("self.x + 1", "there is no `self` in `nums!`"),
        ("_ + 1", "`_` is not a value"),
    ] {
        let found = read(source);
        assert!(found.starts_with(want), "of `{source}`: {found}");
    }
}

#[test]
fn conditions_chains_and_updates_read_as_in_python() {
    check("a if c > 0 else b if d else e", "(a if (c > 0) else (b if d else e))");
    check("0 < x <= n + 1", "(0 < x <= (n + 1))");
    check("(a if c else b) + 1", "((a if c else b) + 1)");
    assert_eq!(read("x[0] = 1; x[m] += y; x *= 2; x"), read("x[0]=1;x[m]+=y;x*=2;x"));
}

#[test]
fn several_mistakes_are_found_in_one_run() {
    let found = read("a = x as f64; b = f(&x, true); a + b");
    assert_eq!(found.matches("help:").count(), 3, "{found}");
}

#[test]
fn depth_has_a_limit() {
    let deep = format!("{}x{}", "(".repeat(5000), ")".repeat(5000));
    assert!(read(&deep).starts_with("this expression nests deeper"));
    let long = format!("x{}", " + x".repeat(5000));
    assert!(read(&long).starts_with("this expression nests deeper"));
    check(&format!("x{}", ".T".repeat(50)), &format!("x{}", ".T".repeat(50)));
}

/// Whatever the compiler gives its threads, and without optimisation.
#[test]
fn what_is_within_the_limit_needs_half_of_a_small_stack() {
    let run = || {
        let deep = format!("{}x{}", "exp(-".repeat(39), ")".repeat(39));
        assert!(read(&deep).starts_with("exp((- exp("), "{}", read(&deep));
        assert!(read(&format!("{}x{}", "(".repeat(79), ")".repeat(79))) == "x");
        assert!(read(&format!("x{}", " ** x".repeat(78))).starts_with("(x ** (x ** "));
        assert!(read(&format!("{}x{}", "[".repeat(100_000), "]".repeat(100_000))).starts_with("this expression nests deeper"));
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(run).expect("a thread").join().expect("no overflow");
}

#[test]
fn a_line_that_runs_into_the_next_lacks_a_semicolon() {
    assert!(read("y = x\n-y").starts_with("missing `;` after `x`"));
    assert!(read("y = x\nz = y; z").starts_with("missing `;` after `x`"));
    assert!(read("y = x + 1;").starts_with("the body has no result"));
}
