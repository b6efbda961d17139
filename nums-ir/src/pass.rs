//! The pipeline on one page: passes from the typed to the fused stage, in order, each verified.
//!
//! A pass is a file in `passes/` and a row here. It never changes a bit of an answer. After every pass `verify` runs in tests
//! and debug builds; a failure names the pass and shows the text before and after.

use crate::func::{Func, Stage};
use crate::passes::{chain, cse, dce, decompose, fuse, moments, pairs, panel, simplify, squares, symmetric, transpose};
use crate::verify::verify;

/// One rewriting step over a `Func`.
pub struct Pass {
    /// The name in tools and tests.
    pub name: &'static str,
    /// What it does, one line.
    pub about: &'static str,
    /// The step.
    pub run: fn(&mut Func) -> Changed,
}

/// Whether a pass did anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It did.
    Yes,
    /// The function is as it was.
    No,
}

impl Changed {
    /// `Yes` if `changed`.
    pub fn of(changed: bool) -> Changed {
        if changed { Changed::Yes } else { Changed::No }
    }
}

/// All passes, in order.
pub const PIPELINE: &[Pass] = &[
    decompose::PASS,
    simplify::PASS,
    cse::PASS,
    transpose::PASS,
    chain::PASS,
    pairs::PASS,
    moments::PASS,
    squares::PASS,
    symmetric::PASS,
    dce::PASS,
    fuse::PASS,
    panel::PASS,
];

/// Runs the pipeline on a typed function; the result is fused.
pub fn run(mut func: Func) -> Func {
    for pass in PIPELINE {
        apply(pass, &mut func);
    }
    func.stage = Stage::Fused;
    func
}

/// Runs the pipeline without fusing: every operator makes its whole result, as in a library of array calls. To compare with; the
/// bits are those of `run`.
pub fn run_apart(mut func: Func) -> Func {
    let fuses = |pass: &&Pass| [fuse::PASS.name, panel::PASS.name].contains(&pass.name);
    for pass in PIPELINE.iter().filter(|p| !fuses(p)).chain([&fuse::APART]) {
        apply(pass, &mut func);
    }
    func.stage = Stage::Fused;
    func
}

/// Runs one pass and, in debug builds, verifies what it left.
///
/// # Panics
/// In debug builds, when the pass broke the function: a bug of nums, with both texts to report.
pub fn apply(pass: &Pass, func: &mut Func) -> Changed {
    let before = cfg!(debug_assertions).then(|| crate::text::print(func));
    let changed = (pass.run)(func);
    if let (Some(before), Changed::Yes) = (before, changed)
        && let Err(broken) = verify(func)
    {
        let after = crate::text::print(func);
        panic!("pass `{}` broke the function: {}\nbefore:\n{before}\nafter:\n{after}", pass.name, broken.join("; "));
    }
    changed
}
