//! What rustfmt makes of a body means the same: a corpus is formatted in `nums!( … )` and `nums! { … }`, and its IR compared.

use super::{lowered, lowered_tokens};
use proc_macro2::{TokenStream, TokenTree};
use std::io::Write;
use std::process::{Command, Stdio};

/// Expressions with any spacing that a user may leave, and what rustfmt reads otherwise than NumPy.
const CORPUS: &[&str] = &[
    "x ** 2",
    "x**2+y * -1",
    "x   **   2",
    "x**-y**2",
    "-x ** -y ** 2",
    "x ** y ** z ** 2",
    "(x ** 2, y ** 0.5)",
    "x * y ** 2 / z ** 3",
    "a @ b",
    "a@b@c.T",
    "a @ b ** 2",
    "X.T@(X*(mu*(1-mu))[:,None])",
    "x[1:-1,::2]",
    "x[::-1]",
    "x[..., None] * x[None, ...]",
    "x[ : , 0 ]",
    "x[k:]",
    "a<-b",
    "a < - b",
    "0 < x",
    "0 < x <= n + 1",
    "(x > 0)&(x < 1)|~m",
    "x >> 1 << 2 ^ 3",
    "a if c else b",
    "(a if c > 0 else b) ** 2",
    "a if c else b if d else e",
    "np.sum(x,axis=0)",
    "np.sum(x , axis = -1 , keepdims = True) ** 2",
    "x.sum(axis=(0,1),keepdims=True)",
    "np.linalg.solve(a, b) ** 2 - linalg.solve(a,b)",
    "np . exp ( x ) + np . pi",
    ".5 + 1. + 1.e3 + 1e-3 + 2j",
    "1.5e3j * z ** 2j",
    "x + 0x1F + 1_000",
    "[1, 2, 3] + x",
    "np.array([[1,2],[3,4]]) ** 2",
    "(a,)",
    "a, b ** 2",
    "((x)) ** (2)",
    "x.astype(f64) ** 2",
    "x.astype(np.float32)",
    "np.einsum(\"ij,jk->ik\",a,b) ** 2",
    "np.zeros((3 , k), dtype = f32)",
    "where(x > 0, x ** 2, -x ** 2)",
    "y = x ** 2; y - -y ** 2",
    "a, b = x ** 2, y ** 3; a * *b",
    "x[0] = y ** 2; x",
    "x[m] += 1; x *= 2; x",
    "print(\"x\", x ** 2); x",
    "{ data.len() } ** 2 + { v[0] }",
    "x ** { f(2, 3) }",
    "not_a_keyword ** 2 + -(y ** 2)",
    "x.shape[0] ** 2 * len(x)",
    "np.maximum(x ** 2, np.minimum(y ** 2, np.inf))",
    "x - y - z ** 2 - (x - (y - z))",
    "a_rather_long_name_of_an_array ** 2 + another_rather_long_name_of_an_array ** 2 + yet_another_long_name_of_an_array ** 2 + b",
    "np.concatenate([first_long_name_of_an_array, second_long_name_of_an_array, third_long_name_of_an_array ** 2], axis=0)",
];

/// The formatted text of a function whose statements are the corpus, or `None` where there is no rustfmt.
fn formatted(open: &str, close: &str) -> Option<String> {
    let mut source = String::from("fn f() {\n");
    for expression in CORPUS {
        source += &format!("    let _ = nums!{open}{expression}{close};\n");
    }
    source += "}\n";
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take().expect("a pipe").write_all(source.as_bytes()).expect("rustfmt reads");
    let output = child.wait_with_output().expect("rustfmt ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).expect("text"))
}

/// The bodies of all `nums!` in a text.
fn bodies(tokens: TokenStream, out: &mut Vec<TokenStream>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    for (i, tree) in trees.iter().enumerate() {
        let TokenTree::Group(group) = tree else { continue };
        match (i.checked_sub(2).map(|at| trees[at].to_string()), i.checked_sub(1).map(|at| trees[at].to_string())) {
            (Some(name), Some(mark)) if name == "nums" && mark == "!" => out.push(group.stream()),
            _ => bodies(group.stream(), out),
        }
    }
}

#[test]
fn formatting_changes_no_meaning() {
    for (open, close) in [("(", ")"), ("( ", " )"), (" { ", " }")] {
        let Some(text) = formatted(open, close) else {
            eprintln!("skipped: there is no rustfmt here");
            return;
        };
        let mut found = Vec::new();
        bodies(text.parse().expect("Rust tokens"), &mut found);
        assert_eq!(found.len(), CORPUS.len(), "{text}");
        for (expression, body) in CORPUS.iter().zip(found) {
            let shown = body.to_string();
            assert_eq!(lowered_tokens(body), lowered(expression), "`{expression}` in `nums!{open}…{close}` became `{shown}`");
        }
        // rustfmt does rewrite what stands in parentheses: else the test shows nothing.
        assert!(open == " { " || text.contains("x * *2"), "{text}");
    }
}
