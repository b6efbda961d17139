//! The textual IR: one grammar for every stage, printed and parsed.
//!
//! Text begins `nums-ir 1` and `; stage: …`, then one instruction a line: `%name: type = op %a, %b, attr=value`. Value names
//! come from the source where they are unique, others are numbered in order. It holds no paths, addresses, hashes or machine
//! sizes, and places (`; 3:25`) only when asked for. Programs are embedded in the user's binary and sent to workers in this
//! form, so the parser trusts nothing: it never panics, nests to a limit, and allocates what it has read.
//!
//! ```text
//! nums-ir 1
//! ; stage: typed
//! fn f(%X: f64[n, d], %w: f64[d]) -> f64[n] {
//!   %0: f64[n] = matmul %X, %w
//!   %1: f64[n] = exp %0
//!   return %1
//! }
//! ```

mod attr;
mod graph;
mod lex;
mod parse;
mod print;

pub use graph::{parse_graph, parse_placed, print_graph, print_placed};
pub use lex::ParseError;
pub use parse::{parse, parse_type};
pub use print::{print, print_kernels, print_with_locs};

pub(crate) use print::{attributes, names as value_names};

/// The first line of every text.
pub const MAGIC: &str = "nums-ir 1";

/// How deep kernels and sizes may nest.
const DEPTH: usize = 16;

#[cfg(test)]
mod tests {
    use super::{parse, parse_graph, parse_placed, print, print_graph, print_placed, print_with_locs};

    /// The text means what it prints.
    fn check(text: &str) {
        let func = parse(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_eq!(print(&func), text);
    }

    #[test]
    fn what_is_printed_is_parsed() {
        check(
            "nums-ir 1\n; stage: parsed\nfn f(%X, %k: i64) {\n  %0 = shape_of %X, axis=-1\n  %y = fill %0, shape=[%0, 3, d * n - 1]\n  return %y\n}\n",
        );
        check(
            "nums-ir 1\n; stage: typed\nfn f(%X: f64[n, d], %y: f64[..]) -> (f64[], f64) {\n  %0: f64[max(0, n - 1), d] = index %X, items=[1:, ...]\n  %1: f64[1, d] = index %X, items=[newaxis, -1]\n  %2: f64[] = sum %0, axes=[0, 1]\n  %c: f64 = const -0.0\n  %3: i64 = const 3\n  %x: c128[] = const complex(inf, nan)\n  return %2, %c\n}\n",
        );
        check(
            "nums-ir 1\n; stage: fused\nfn f(%x: f64[n]) {\n  %r: f64[n], %s: f64[] = kernel k0(%a: f64[n] = %x) {\n    %0: f64[n] = exp %a\n    %1: f64[] = sum %0, axes=[0], keepdims=true\n    return %0, %1\n  }\n  %e: f64[n, n] = eye rows=n, cols=n, k=-1, dtype=f64\n  %m: f64[n] = matmul %e, %r, trans_a=true  ; not fused: nothing else shares its rows in this pass\n  %t: f64[n, n] = transpose %e, perm=[1, 0]  ; not fused: it moves elements to other rows\n  return %m, %s\n}\n",
        );
        check("nums-ir 1\n; stage: typed\nfn f() {\n  return \n}\n");
    }

    #[test]
    fn places_are_read_back() {
        let text = "nums-ir 1\n; stage: typed\nfn f(%x: f64[n]) {\n  %0: f64[n] = exp %x ; 3:25\n  %1: f64[n] = kernel k0(%a: f64[n] = %0) { ; 4:1\n    %0: f64[n] = add %a, %a ; 5:2\n    return %0\n  }\n  return %1\n}\n";
        assert_eq!(print_with_locs(&parse(text).unwrap()), text);
    }

    #[test]
    fn hostile_text_is_an_error() {
        for text in [
            "",
            "nums-ir 2\n",
            "nums-ir 1\n; stage: typed\nfn f(%x: f64[n]) {\n  %0 = exq %x\n  return %0\n}\n",
            "nums-ir 1\n; stage: typed\nfn f(%x: f64[n]) {\n  return %y\n}\n",
            "nums-ir 1\n; stage: typed\nfn f(%x: f64[99999999999999999999999999999999999999999999]) {\n  return %x\n}\n",
            "nums-ir 1\n; stage: tiled\ngraph f {\n  array %x: f64[99999999999, 9999999] blocks [1, 1]\n  return \n}\n",
            &format!("nums-ir 1\n; stage: typed\nfn f(%x: f64[{}1", "max(1, ".repeat(10_000)),
        ] {
            assert!(parse(text).is_err() && parse_graph(text).is_err(), "{text}");
        }
    }

    #[test]
    fn graphs_and_placements_are_read_back() {
        let tiled = "nums-ir 1\n; stage: tiled\nfn k0(%x: f64[n]) {\n  %0: f64[] = sum %x, axes=[0]\n  return %0\n}\ngraph f {\n  input %x: f64[4] blocks [2]\n  array %p: f64[] blocks []\n  array %q: f64[] blocks []\n  array %s: f64[] blocks []\n  array %t: f64[3] blocks [3]\n  scalar %k: f64\n  %p[]: f64[] = kernel k0 %x[0]\n  %q[]: f64[] = kernel k0 %x[1]\n  %s[]: f64[] = combine sum %p[], %q[]\n  %t[0]: f64[3] = assemble %x[1], shape=[3], pieces=[(0, [1], [0], [3], [0], [-1])]\n  return %s weak, %t\n}\n";
        assert_eq!(print_graph(&parse_graph(tiled).unwrap()), tiled);
        let placed = "nums-ir 1\n; stage: placed\ngraph f {\n  input %x: f64[4] blocks [2]\n  array %p: f64[2] blocks [2]\n  policy lshs\n  home %x [0, 1]\n  n0  copy %x[1] from n1\n  n0  %p[0]: f64[2] = matmul %x[0], %x[1], trans_a=true\n  return %p\n}\nload n0 mem=32 in=16 out=0\nload n1 mem=16 in=0 out=16\n";
        let (graph, placement) = parse_placed(placed).unwrap();
        assert_eq!(print_placed(&graph, &placement), placed);
    }
}
