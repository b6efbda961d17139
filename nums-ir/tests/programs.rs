//! Random programs: the pipeline and the cutting into blocks against the evaluator on whole arrays.
//!
//! Answers are the same to the last bit, however a program is fused and its arrays are cut. `random` says why, `blocks` runs
//! the tasks. The runtime's own tests run the same programs with its kernels.

mod blocks;
mod oracle;
mod random;

use nums_ir::bind::bind;
use nums_ir::eval::{Tensor, eval};
use nums_ir::func::Func;
use nums_ir::infer::infer;
use nums_ir::pass::{self, PIPELINE};
use nums_ir::text::{parse, parse_graph, print, print_graph};
use nums_ir::tile::tile;
use nums_ir::verify::verify;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use random::Program;
use std::cell::Cell;

/// The answers of `func` on blocks.
fn on_blocks(func: &Func, program: &Program, cut: usize) -> Result<Vec<Tensor>, String> {
    let grids: Vec<_> = program.arrays.iter().enumerate().map(|(at, x)| blocks::grid(x.shape(), at, cut)).collect();
    let graph = tile(func, &grids).map_err(|diag| diag.message)?;
    let text = print_graph(&graph);
    assert_eq!(parse_graph(&text).map(|read| print_graph(&read)), Ok(text), "a graph is what it prints");
    blocks::run(&graph, &program.arrays, &program.scalars, |task, args| oracle::run(&graph, task, args))
}

/// Holds `ours` to `theirs`; errors agree when both are one.
fn agree(
    what: &str,
    func: &Func,
    ours: &Result<Vec<Tensor>, String>,
    theirs: &Result<Vec<Tensor>, String>,
) -> Result<(), String> {
    let wrong = |why: String| Err(format!("{what}: {why}\n{}", print(func)));
    match (ours, theirs) {
        (Err(_), Err(_)) => Ok(()),
        (Ok(_), Err(why)) => wrong(format!("an answer, but the evaluator says: {why}")),
        (Err(why), Ok(_)) => wrong(format!("the evaluator has an answer, this says: {why}")),
        (Ok(ours), Ok(theirs)) => {
            for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
                if let Err(why) = random::identical(a, b) {
                    return wrong(format!("result {i}: {why}"));
                }
            }
            Ok(())
        }
    }
}

/// Whether the program had an answer.
fn check(choices: &[u16]) -> Result<bool, String> {
    let program = random::program(choices, true);
    let typed = infer(&program.func).expect("the program is well typed");
    verify(&typed).map_err(|broken| format!("{}\n{}", broken.join("; "), print(&typed)))?;
    let fused = pass::run(typed.clone());
    let mut rewritten = typed.clone();
    for pass in PIPELINE.iter().filter(|pass| !["fuse", "panel"].contains(&pass.name)) {
        pass::apply(pass, &mut rewritten);
    }
    let bound = program.bound();
    let (Ok(typed), Ok(fused), Ok(rewritten)) = (bind(&typed, &bound), bind(&fused, &bound), bind(&rewritten, &bound)) else {
        return match (bind(&typed, &bound), bind(&fused, &bound)) {
            (Ok(_), Err(diag)) | (Err(diag), Ok(_)) => {
                Err(format!("one is bound, the other not: {}\n{}", diag.message, print(&fused)))
            }
            (Ok(_), Ok(_)) => Err(format!("rewritten is not bound\n{}", print(&rewritten))),
            (Err(_), Err(_)) => Ok(false),
        };
    };
    verify(&fused).map_err(|broken| format!("{}\n{}", broken.join("; "), print(&fused)))?;
    for func in [&program.func, &typed, &fused] {
        let text = print(func);
        assert_eq!(parse(&text).map(|read| print(&read)), Ok(text), "a function is what it prints");
    }
    let tensors = program.tensors();
    let want = eval(&typed, &tensors);
    agree("fused", &fused, &eval(&fused, &tensors), &want)?;
    let inferred = bind(&program.func, &bound).map_err(|diag| format!("with numbers: {}\n{}", diag.message, print(&typed)))?;
    agree("inferred with numbers", &inferred, &eval(&inferred, &tensors), &want)?;
    for cut in 0..blocks::CUTS {
        agree(&format!("fused, cut {cut}"), &fused, &on_blocks(&fused, &program, cut), &want)?;
        let alone = random::unfused(&rewritten);
        agree(&format!("unfused, cut {cut}"), &alone, &on_blocks(&alone, &program, cut), &want)?;
    }
    Ok(want.is_ok())
}

#[test]
fn a_program_means_the_same_on_blocks_and_fused() {
    let (runs, answers) = (Cell::new(0), Cell::new(0));
    let config = ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(2), ..ProptestConfig::default() };
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&proptest::collection::vec(any::<u16>(), 20..160), |choices| {
        let answered = check(&choices).map_err(TestCaseError::fail)?;
        runs.set(runs.get() + 1);
        answers.set(answers.get() + usize::from(answered));
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    eprintln!("{} of {} programs had answers", answers.get(), runs.get());
    assert!(answers.get() * 2 > runs.get(), "most programs are refused: {} of {}", answers.get(), runs.get());
}
