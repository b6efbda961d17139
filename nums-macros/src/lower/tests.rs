//! Sources to parsed IR, and the mistakes of names.

mod rustfmt;

use super::{Capture, expression, function};
use crate::ast::Content;
use crate::lex::Tokens;
use crate::parse::Parser;
use nums_ir::text::print;
use proc_macro2::{Span, TokenStream};

/// The last function or the expression as IR text with its captures, or the mistakes.
fn lowered(source: &str) -> String {
    lowered_tokens(source.parse().expect("Rust tokens"))
}

fn lowered_tokens(stream: TokenStream) -> String {
    let tokens = Tokens::new(stream, Span::call_site());
    let mut parser = Parser::new(&tokens);
    let content = parser.content();
    assert!(parser.diags.is_empty(), "{}", parser.diags[0]);
    let result = match &content {
        Content::Functions(all) => function(&tokens, all, all.len() - 1).map(|func| print(&func)),
        Content::Expression(e) => expression(&tokens, e).map(|(func, captures)| {
            let names = captures.iter().map(|c| match c {
                Capture::Name(name, _) => name.clone(),
                Capture::Splice(rust, _) => format!("{{ {rust} }}"),
            });
            format!("{}captures {}\n", print(&func), names.collect::<Vec<_>>().join(", "))
        }),
        Content::Broken => panic!("broken without a mistake"),
    };
    result.unwrap_or_else(|diags| diags.iter().map(|d| format!("{d}\n")).collect())
}

#[test]
fn long_and_deep_expressions_need_little_stack() {
    let run = || {
        let deep = format!("{}x{}", "exp(-".repeat(39), ")".repeat(39));
        for long in [deep, format!("x{}", " + x".repeat(199)), format!("x{}", ".T".repeat(199))] {
            assert!(lowered(&long).starts_with("nums-ir 1"), "{long}: {}", lowered(&long));
        }
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).expect("a thread").join().expect("no overflow");
}

#[test]
fn a_newton_step() {
    insta::assert_snapshot!(lowered(
        "fn newton_step(X: f64[n, d], y: f64[n], beta: f64[d]) -> f64[d] {
            mu = 1 / (1 + exp(-(X @ beta)));
            g = X.T @ (mu - y);
            H = X.T @ (X * (mu * (1 - mu))[:, None]);
            beta - linalg.solve(H, g)
        }"
    ), @r"
    nums-ir 1
    ; stage: parsed
    fn newton_step(%X: f64[n, d], %y: f64[n], %beta: f64[d]) -> f64[d] {
      %0 = matmul %X, %beta
      %1 = negative %0
      %2 = exp %1
      %3 = const 1
      %4 = add %3, %2
      %5 = const 1
      %mu = divide %5, %4
      %6 = transpose %X
      %7 = subtract %mu, %y
      %g = matmul %6, %7
      %8 = transpose %X
      %9 = const 1
      %10 = subtract %9, %mu
      %11 = multiply %mu, %10
      %12 = index %11, items=[:, newaxis]
      %13 = multiply %X, %12
      %H = matmul %8, %13
      %14 = solve %H, %g
      %15 = subtract %beta, %14
      return %15
    }
    ");
}

#[test]
fn symbols_lengths_and_integers_are_sizes() {
    insta::assert_snapshot!(lowered(
        "fn f(X: f64[n, d], k: usize) -> (f64[n, k], f64[d - 1], i64) {
            m = len(X);
            (zeros((m, k)), ones(d - 1), X.shape[1])
        }"
    ), @r"
    nums-ir 1
    ; stage: parsed
    fn f(%X: f64[n, d], %k: i64) -> (f64[n, k], f64[d - 1], i64) {
      %m = shape_of %X, axis=0
      %0 = const 0.0
      %1 = fill %0, shape=[%m, %k], dtype=f64
      %2 = dim d
      %3 = const 1
      %4 = subtract %2, %3
      %5 = const 1.0
      %6 = fill %5, shape=[%4], dtype=f64
      %7 = shape_of %X, axis=1
      return %1, %6, %7
    }
    ");
}

#[test]
fn captures_stand_in_order_of_first_use() {
    insta::assert_snapshot!(lowered("b = a[k:] - 1; np.mean(b + a) * { v.len() }"), @r"
    nums-ir 1
    ; stage: parsed
    fn expr(%a, %k, %0) {
      %1 = index %a, items=[%k:]
      %2 = const 1
      %b = subtract %1, %2
      %3 = add %b, %a
      %4 = mean %3, axes=all
      %5 = multiply %4, %0
      return %5
    }
    captures a, k, { v . len () }
    ");
}

#[test]
fn calls_inside_a_block_are_inlined() {
    insta::assert_snapshot!(lowered(
        "fn sigmoid(z: f64[m]) -> f64[m] { 1 / (1 + exp(-z)) }
         fn spread(x: f64[m], s: f64) -> (f64[m], f64[]) { c = x - mean(x); (c * s / m, sum(c)) }
         fn f(x: f64[n]) -> f64[n] { a, b = spread(sigmoid(x), s=2); a + b }"
    ), @r"
    nums-ir 1
    ; stage: parsed
    fn f(%x: f64[n]) -> f64[n] {
      %0 = negative %x
      %1 = exp %0
      %2 = const 1
      %3 = add %2, %1
      %4 = const 1
      %5 = divide %4, %3
      %6 = mean %5, axes=all
      %c = subtract %5, %6
      %7 = const 2.0
      %8 = multiply %c, %7
      %9 = shape_of %5, axis=0
      %a = divide %8, %9
      %b = sum %c, axes=all
      %10 = add %a, %b
      return %10
    }
    ");
}

#[test]
fn a_call_that_does_not_fit_is_refused() {
    let call = |body: &str| {
        lowered(&format!(
            "fn g(x: f64[m], y: f64[m], s: f64) -> f64[m] {{ x + y * s }} fn f(X: f64[n], Y: f64[d], k: usize) -> f64[n] {{ {body} }}"
        ))
    };
    insta::assert_snapshot!(call("g(X, Y, 1)"), @r"
    `g` wants `y: f64[m]`, found f64[d]
    note: axis 0 is `d`, expected `n`
    ");
    insta::assert_snapshot!(call("g(X, X, X)"), @r"
    `g` wants `s: f64`, found f64[n]
    note: this is an array, the parameter is a plain number
    ");
    insta::assert_snapshot!(call("g(X, X)"), @r"
    `g` wants the argument `s`
    note: it is called as `g(x, y, s)`
    ");
    insta::assert_snapshot!(call("g(X, X, s=1, z=2)"), @r"
    `g` has no argument `z`
    note: it is called as `g(x, y, s)`
    ");
}

#[test]
fn names_that_are_nothing_are_reported_once() {
    insta::assert_snapshot!(lowered("fn f(x: f64[n]) -> f64[n] { a = x + zz; b = a + 1; b + sqtr(x) }"), @r"
    unknown name `zz`
    help: make it a parameter, or assign it first: `zz = …;`
    unknown function `sqtr`
    note: functions of other `nums!` blocks are called from Rust, `let y = sqtr(&x)?;`: their result is stored, not fused
    help: a function with a similar name exists: `sqrt`
    ");
    insta::assert_snapshot!(lowered("fn f(x: f64[n]) -> f64[n] { y = x; y = x + 1; _z = 1; x }"), @r"
    `y` is assigned and never read
    help: remove it, or call it `_y`
    `y` is assigned and never read
    help: remove it, or call it `_y`
    ");
    insta::assert_snapshot!(lowered("fn f(x: f64[n]) -> f64[n] { f(x) }"), @r"
    `f` calls itself
    note: a call inside a block is inlined, so it cannot be recursive
    help: write the loop in Rust
    ");
    insta::assert_snapshot!(lowered("fn f(x: f64[n + 1]) -> f64[n + 1] { x }"), @r"
    symbol `n` stands only in the size `n + 1`
    note: a symbol is bound where it stands alone, or by an integer parameter of its name
    help: add a parameter such as `n: usize`
    ");
    insta::assert_snapshot!(lowered("fn f(x: f64[n]) -> (f64[n], f64[n]) { x }"), @r"
    2 results are declared, the body gives 1
    help: end the body with as many values, as in `a, b`
    ");
    insta::assert_snapshot!(lowered("fn f(x: f64[n]) -> f64[m] { x }"), @r"
    symbol `m` of the result is bound by no parameter
    help: add a parameter such as `m: usize`
    ");
    insta::assert_snapshot!(lowered("y = a + 1; a"), @r"
    `y` is assigned and never read
    note: an assignment inside `nums!` does not change the Rust variable `y`
    help: remove it, or call it `_y`
    ");
}

#[test]
fn names_shapes_and_syntax_are_judged_in_one_run() {
    insta::assert_snapshot!(lowered("fn f(x: f64[n], w: f64[m]) -> f64[n] { a = x + w; b = x.summ(); total = 1; a + b + Total }"), @r"
    shapes do not broadcast in `x + w`: f64[n] and f64[m]
    note: axes are aligned at the right: `n` meets `m`
    help: write the same symbol if they are equal
    arrays have no attribute `summ`
    help: a similar attribute exists: `sum`
    unknown name `Total`
    help: a similar name is in scope: `total`
    ");
}
