//! Random programs on the runtime's kernels: fused and unfused, however arrays are cut, the same to the last bit.
//!
//! Programs of exact operators are also the evaluator's to the last bit. The same programs run on the evaluator's meaning of
//! tasks in the tests of `nums-ir`, so that what fails there is the planning, and what fails only here a kernel.

#[path = "../../nums-ir/tests/blocks/mod.rs"]
mod blocks;
#[path = "../../nums-ir/tests/random/mod.rs"]
mod random;
mod tasks;

use nums_ir::bind::bind;
use nums_ir::eval::{Tensor, eval};
use nums_ir::func::Func;
use nums_ir::infer::infer;
use nums_ir::pass::{self, PIPELINE};
use nums_ir::text::print;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use random::Program;
use std::cell::Cell;

fn on_blocks(func: &Func, program: &Program, cut: usize) -> Result<Vec<Tensor>, String> {
    let grids: Vec<_> = program.arrays.iter().enumerate().map(|(at, x)| blocks::grid(x.shape(), at, cut)).collect();
    tasks::answers(func, &program.arrays, &program.scalars, &grids)
}

/// Whether the program had an answer; the error says which executors differ.
fn check(choices: &[u16], exact: bool) -> Result<bool, String> {
    let program = random::program(choices, exact);
    let typed = infer(&program.func).expect("the program is well typed");
    let mut rewritten = typed.clone();
    for pass in PIPELINE.iter().filter(|pass| !["fuse", "panel"].contains(&pass.name)) {
        pass::apply(pass, &mut rewritten);
    }
    let bound = program.bound();
    let (Ok(fused), Ok(rewritten)) = (bind(&pass::run(typed.clone()), &bound), bind(&rewritten, &bound)) else {
        return Ok(false);
    };
    let unfused = random::unfused(&rewritten);
    let want = if exact {
        eval(&bind(&typed, &bound).expect("as the fused one"), &program.tensors())
    } else {
        on_blocks(&unfused, &program, 0)
    };
    for (what, func) in [("fused", &fused), ("unfused", &unfused)] {
        for cut in 0..blocks::CUTS {
            let wrong = |why: String| format!("{what}, cut {cut}: {why}\n{}", print(func));
            match (on_blocks(func, &program, cut), &want) {
                (Err(_), Err(_)) => {}
                (Ok(_), Err(why)) => return Err(wrong(format!("an answer where the other has the error: {why}"))),
                (Err(why), Ok(_)) => return Err(wrong(format!("an error where the other has an answer: {why}"))),
                (Ok(ours), Ok(theirs)) => {
                    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
                        random::identical(a, b).map_err(|why| wrong(format!("result {i}: {why}")))?;
                    }
                }
            }
        }
    }
    Ok(want.is_ok())
}

fn run(seed: u64, exact: bool) {
    let (runs, answers) = (Cell::new(0), Cell::new(0));
    let config = ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(seed), ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&proptest::collection::vec(any::<u16>(), 20..160), |choices| {
        let answered = check(&choices, exact).map_err(TestCaseError::fail)?;
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

#[test]
fn exact_operators_give_the_evaluator_s_bits_on_every_cut() {
    run(3, true);
}

#[test]
fn transcendentals_give_the_same_bits_fused_and_unfused() {
    run(4, false);
}
