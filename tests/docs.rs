//! Tables in `docs/` that follow from the operator table. `NUMS_BLESS=1 cargo test --test docs` writes them anew.

use nums_ir::builtin::{ROWS, signature_shown};
use nums_ir::ops::{MapOp, ReduceOp};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Compares a generated page with the stored one, or writes it.
fn check(page: &str, want: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    if std::env::var_os("NUMS_BLESS").is_some() {
        std::fs::write(&path, want).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == want, "docs/{page} is not what the tables say: run `NUMS_BLESS=1 cargo test --test docs`");
}

#[test]
fn the_operator_page_follows_from_the_table() {
    let mut page = String::from(
        "# Operators\n\nGenerated from the tables (`nums-ir/src/ops.rs`, `nums-ir/src/builtin/rows.rs`): do not edit.\n\n\
         ## Element-wise\n\nOperands broadcast as in NumPy. A dtype class that is missing promotes or is refused, by the rule.\n\n\
         | name | also | dtypes | rule | meaning |\n|---|---|---|---|---|\n",
    );
    for op in MapOp::ALL {
        let (also, classes) = (op.aliases().join(", "), op.classes().join(", "));
        writeln!(page, "| `{}` | {also} | {classes} | {:?} | {} |", op.name(), op.rule(), op.doc()).unwrap();
    }
    page += "\n## Reductions\n\nOver `axis` (an integer, negative too, a tuple, or none for all), with `keepdims`.\n\n\
             | name | also | rule | over nothing | meaning |\n|---|---|---|---|---|\n";
    for op in ReduceOp::ALL {
        let also = op.aliases().join(", ");
        writeln!(page, "| `{}` | {also} | {:?} | {:?} | {} |", op.name(), op.rule(), op.identity(), op.doc()).unwrap();
    }
    page += "\n## Structure\n\nThe operator `@` is `matmul`, the attribute `x.T` is `transpose(x)`, and `x.shape[i]` is a size. Constants are `np.pi`, `np.e`,\n\
             `np.inf`, `np.nan`, `np.newaxis`; a dtype is called as a function to convert, `f32(x)`.\n\n\
             | name | also | arguments | method | meaning |\n|---|---|---|---|---|\n";
    for row in ROWS {
        let arguments = signature_shown(row.signature);
        let (also, method) = (row.aliases.join(", "), if row.method { "yes" } else { "" });
        writeln!(page, "| `{}` | {also} | {} | {method} | {} |", row.name, arguments, row.doc).unwrap();
    }
    check("operators.md", &page);
}
