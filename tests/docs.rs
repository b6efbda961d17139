//! Tables in `docs/` that follow from the operator table. `NUMS_BLESS=1 cargo test --test docs` writes them anew.

#[path = "plan_memory/calls.rs"]
#[allow(dead_code, reason = "the calls themselves are for the test of memory")]
mod calls;

use nums_ir::builtin::{Callable, DIFFERENCES, ROWS, operator_name, signature_left_out, signature_shown};
use nums_ir::dtype::{DType, Kind};
use nums_ir::ops::{MapOp, ReduceOp};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Functions and constants of the standard, in its order.
const ARRAY_API: &str = "e inf nan newaxis pi arange asarray empty empty_like eye from_dlpack full full_like linspace meshgrid ones \
    ones_like tril triu zeros zeros_like astype broadcast_arrays broadcast_to can_cast finfo iinfo isdtype result_type abs acos acosh \
    add asin asinh atan atan2 atanh bitwise_and bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor ceil clip \
    conj copysign cos cosh divide equal exp expm1 floor floor_divide greater greater_equal hypot imag isfinite isinf isnan less \
    less_equal log log10 log1p log2 logaddexp logical_and logical_not logical_or logical_xor maximum minimum multiply negative nextafter \
    not_equal positive pow real reciprocal remainder round sign signbit sin sinh square sqrt subtract tan tanh trunc matmul \
    matrix_transpose tensordot vecdot broadcast_shapes concat expand_dims flip moveaxis permute_dims repeat reshape roll squeeze stack \
    tile unstack argmax argmin count_nonzero nonzero searchsorted where unique_all unique_counts unique_inverse unique_values argsort \
    sort take take_along_axis cumulative_prod cumulative_sum max mean min prod std sum var all any diff linalg.cholesky linalg.cross \
    linalg.det linalg.diagonal linalg.eigh linalg.eigvalsh linalg.inv linalg.matmul linalg.matrix_norm linalg.matrix_power \
    linalg.matrix_rank linalg.matrix_transpose linalg.outer linalg.pinv linalg.qr linalg.slogdet linalg.solve linalg.svd linalg.svdvals \
    linalg.tensordot linalg.trace linalg.vecdot linalg.vector_norm fft.fft fft.ifft fft.fftn fft.ifftn fft.rfft fft.irfft fft.fftfreq";

/// Names that are constants.
const CONSTANTS: [&str; 5] = ["e", "inf", "nan", "newaxis", "pi"];

/// Compares a generated page with the stored one, or writes it.
fn check(page: &str, want: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    if std::env::var_os("NUMS_BLESS").is_some() {
        std::fs::write(&path, want).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == want, "docs/{page} is not what the tables say: run `NUMS_BLESS=1 cargo test --test docs`");
}

/// Compares a generated part of a page, between its marks, with what the tables say, or writes it.
fn check_part(page: &str, part: &str, want: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let begin = format!("<!-- generated: {part} -->\n");
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("docs/{page} has no part `{part}`"));
    let (found, after) =
        rest.split_once("<!-- end -->").unwrap_or_else(|| panic!("the part `{part}` of docs/{page} does not end"));
    if std::env::var_os("NUMS_BLESS").is_some() {
        std::fs::write(&path, format!("{before}{begin}{want}<!-- end -->{after}")).unwrap();
        return;
    }
    assert!(found == want, "docs/{page}, `{part}`, is not what the tables say: run `NUMS_BLESS=1 cargo test --test docs`");
}

/// Python's operators from the loosest to the tightest, with their number of operands.
const OPERATORS: [(&str, &[(&str, usize)]); 8] = [
    ("comparisons", &[("==", 2), ("!=", 2), ("<", 2), ("<=", 2), (">", 2), (">=", 2)]),
    ("bits, or", &[("|", 2)]),
    ("bits, exclusive or", &[("^", 2)]),
    ("bits, and", &[("&", 2)]),
    ("shifts", &[("<<", 2), (">>", 2)]),
    ("sums", &[("+", 2), ("-", 2)]),
    ("products", &[("*", 2), ("/", 2), ("%", 2), ("@", 2)]),
    ("signs", &[("-", 1), ("+", 1), ("~", 1)]),
];

#[test]
fn the_tables_of_the_language_page_follow_from_the_tables() {
    let mut part = String::from("| operators | are |\n|---|---|\n");
    for (_, row) in OPERATORS {
        let shown: Vec<String> = row.iter().map(|(op, _)| format!("`{}`", op.replace('|', "\\|"))).collect();
        let are: Vec<String> = row.iter().map(|(op, n)| format!("`{}`", operator_name(op, *n).unwrap())).collect();
        writeln!(part, "| {} | {} |", shown.join(" "), are.join(" ")).unwrap();
    }
    writeln!(part, "| `**` (groups to the right) | `{}` |", operator_name("**", 2).unwrap()).unwrap();
    check_part("language.md", "operators", &part);

    let header = |first: &str, all: &[&str]| format!("| {first} | {} |\n|---|{}\n", all.join(" | "), "---|".repeat(all.len()));
    let names = DType::ALL.map(DType::name);
    let mut part = header("", &names);
    for a in DType::ALL {
        let row = DType::ALL.map(|b| a.promote(b).name());
        writeln!(part, "| **{}** | {} |", a.name(), row.join(" | ")).unwrap();
    }
    check_part("language.md", "promotion", &part);

    let kinds = [Kind::Bool, Kind::Int, Kind::Float, Kind::Complex];
    let mut part = header("array", &["`bool`", "integer", "float", "complex"]);
    for a in DType::ALL {
        let row = kinds.map(|k| a.promote_weak(k).name());
        writeln!(part, "| **{}** | {} |", a.name(), row.join(" | ")).unwrap();
    }
    check_part("language.md", "weak", &part);
}

/// What is different from NumPy's function, if anything.
fn difference(name: &str) -> &'static str {
    DIFFERENCES.iter().find(|(n, _)| *n == name).map_or("", |(_, text)| *text)
}

#[test]
fn the_operator_page_follows_from_the_table() {
    let mut page = String::from(
        "# Operators\n\nGenerated from the tables (`nums-ir/src/ops.rs`, `nums-ir/src/builtin/rows.rs`): do not edit. `out=` is never taken, because\n\
         values do not change; other arguments of NumPy's that are not taken are named.\n\n\
         ## Element-wise\n\nOperands broadcast as in NumPy. A dtype class that is missing promotes or is refused, by the rule.\n\n\
         | name | also | dtypes | rule | meaning | different |\n|---|---|---|---|---|---|\n",
    );
    for op in MapOp::ALL {
        let (also, classes) = (op.aliases().join(", "), op.classes().join(", "));
        writeln!(page, "| `{}` | {also} | {classes} | {:?} | {} | {} |", op.name(), op.rule(), op.doc(), difference(op.name()))
            .unwrap();
    }
    page += "\n## Reductions\n\nOver `axis` (an integer, negative too, a tuple, or none for all).\n\n\
             | name | also | arguments | rule | over nothing | meaning | different |\n|---|---|---|---|---|---|---|\n";
    for op in ReduceOp::ALL {
        let (also, arguments) = (op.aliases().join(", "), signature_shown(Callable::Reduce(*op).signature()));
        let (name, rule, identity) = (op.name(), op.rule(), op.identity());
        writeln!(page, "| `{name}` | {also} | {arguments} | {rule:?} | {identity:?} | {} | {} |", op.doc(), difference(name))
            .unwrap();
    }
    page += "\n## Structure\n\nThe operator `@` is `matmul`, the attribute `x.T` is `transpose(x)`, and `x.shape[i]` is a size. Constants are `np.pi`, `np.e`,\n\
             `np.inf`, `np.nan`, `np.newaxis`; a dtype is called as a function to convert, `f32(x)`.\n\n\
             | name | also | arguments | not taken | method | meaning | different |\n|---|---|---|---|---|---|---|\n";
    for row in ROWS {
        let (arguments, left_out) =
            (signature_shown(row.signature), signature_left_out(row.signature).replace("out, ", "").replace("out", ""));
        let (also, method, different) = (row.aliases.join(", "), if row.method { "yes" } else { "" }, difference(row.name));
        writeln!(page, "| `{}` | {also} | {arguments} | {left_out} | {method} | {} | {different} |", row.name, row.doc).unwrap();
    }
    page += "\n## Memory\n\nA plan for 64 blocks on 8 nodes holds on every node at most three times its share of operands and results (`tests/plan_memory.rs`\n\
             makes one of every function), but of these:\n\n| name | why |\n|---|---|\n";
    for (name, why) in calls::KNOWN {
        writeln!(page, "| `{name}` | {why} |").unwrap();
    }
    page += "\n## The Array API standard 2024.12\n\nWhat is written `no` is known and a compile error says that it is not there yet.\n\n\
             | name | NumPy's name | there |\n|---|---|---|\n";
    for name in ARRAY_API.split_whitespace() {
        let callable = Callable::find(name);
        let there = callable.is_some() || CONSTANTS.contains(&name);
        let numpy = callable.map_or("", Callable::name);
        writeln!(
            page,
            "| `{name}` | {} | {} |",
            if numpy.is_empty() { String::new() } else { format!("`{numpy}`") },
            if there { "yes" } else { "no" }
        )
        .unwrap();
    }
    check("operators.md", &page);
}
