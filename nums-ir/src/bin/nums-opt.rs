//! `nums-opt FILE`: reads IR text or a file test, infers what is parsed, runs the pipeline, prints what comes out.
//!
//! `--pass=NAME` runs that pass alone (several: in the given order), `--dump` prints after every pass that changed something,
//! `--list` names the passes. A program that does not check is told as the macro would tell it, and the exit code is 1.

#[path = "../../tests/filetests/case.rs"]
#[allow(dead_code)]
mod case;

use nums_ir::func::{Func, Stage};
use nums_ir::infer::infer;
use nums_ir::pass::{self, Changed, PIPELINE, Pass};
use nums_ir::text;
use std::io::Write;
use std::process::ExitCode;

/// What the command line asks for.
struct Options {
    passes: Vec<&'static Pass>,
    dump: bool,
    file: String,
}

fn main() -> ExitCode {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|a| a == "--list") {
        let rows: Vec<String> = PIPELINE.iter().map(|p| format!("{:10} {}", p.name, p.about)).collect();
        return print(&rows.join("\n"));
    }
    let done = options(&mut args).and_then(|options| {
        let text = std::fs::read_to_string(&options.file).map_err(|e| format!("{}: {e}", options.file))?;
        let file = case::File::read(&text).map_err(|e| format!("{}: {e}", options.file))?;
        let (mut right, mut wrong) = (Vec::new(), Vec::new());
        for program in &file.cases {
            match run(&program.program(&file.stage), &options) {
                Ok(printed) => right.push(printed),
                Err(error) => wrong.push(format!("{}{error}", program.text)),
            }
        }
        Ok((right.join("\n"), wrong.join("\n\n")))
    });
    let (right, wrong) = done.unwrap_or_else(|error| (String::new(), error));
    let printed = print(&right);
    if wrong.is_empty() {
        return printed;
    }
    eprintln!("{wrong}");
    ExitCode::FAILURE
}

/// To stdout; a reader that has gone away (`| head`) is no failure to tell of.
fn print(text: &str) -> ExitCode {
    match writeln!(std::io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn options(args: &mut Vec<String>) -> Result<Options, String> {
    let (mut passes, mut dump, mut files) = (Vec::new(), false, Vec::new());
    for arg in args.drain(..) {
        if let Some(name) = arg.strip_prefix("--pass=") {
            let names = || PIPELINE.iter().map(|p| p.name).collect::<Vec<_>>().join(", ");
            let found = PIPELINE.iter().find(|p| p.name == name);
            passes.push(found.ok_or_else(|| format!("no pass is called `{name}`: there are {}", names()))?);
        } else if arg == "--dump" {
            dump = true;
        } else if arg.starts_with('-') {
            return Err(format!("unknown option `{arg}`: there are --pass=NAME, --dump and --list"));
        } else {
            files.push(arg);
        }
    }
    match <[String; 1]>::try_from(files) {
        Ok([file]) => Ok(Options { passes, dump, file }),
        Err(files) => Err(format!("usage: nums-opt [--pass=NAME]… [--dump] FILE (found {} files)", files.len())),
    }
}

/// One program, from its stage through the passes.
fn run(program: &str, options: &Options) -> Result<String, String> {
    let mut func = text::parse(program).map_err(|e| e.to_string())?;
    if func.stage == Stage::Parsed {
        func = infer(&func).map_err(|diags| diags.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    }
    let whole = options.passes.is_empty() && func.stage == Stage::Typed;
    let passes: Vec<&Pass> = if whole { PIPELINE.iter().collect() } else { options.passes.clone() };
    let mut out = String::new();
    let show = |what: &str, func: &Func| format!("; {what}\n{}\n", text::print(func));
    if options.dump {
        out += &show("before", &func);
    }
    for pass in passes {
        let changed = pass::apply(pass, &mut func);
        // Kernels belong to the fused stage, which the last pass begins.
        if pass.name == "fuse" {
            func.stage = Stage::Fused;
        }
        if options.dump && changed == Changed::Yes {
            out += &show(&format!("after {}", pass.name), &func);
        }
    }
    Ok(if options.dump { out } else { text::print(&func) })
}
