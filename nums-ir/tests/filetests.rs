//! File tests: programs as IR text, each followed by what a stage or a pass makes of it, or by the mistakes it finds.
//!
//! `tests/filetests/KIND/*.nir`; `filetests/case.rs` describes the form. The kinds are `parse`, `infer`, `verify`, every pass by
//! its name, `pipeline`, `explain`, `bind` and `tile`; a program of the parsed stage is inferred before passes. `NUMS_BLESS=1` rewrites expectations, and nothing else:
//! read the diff. Whatever is printed must be read back to the same text and pass `verify`.

#[path = "filetests/case.rs"]
mod case;

use case::{Case, File};
use nums_ir::bind::{Bound, Narrowed, bind_call, narrowed};
use nums_ir::diag::{Diag, Loc};
use nums_ir::func::{Func, Op, Scalar, Stage};
use nums_ir::graph::Graph;
use nums_ir::grid::Grid;
use nums_ir::infer::infer;
use nums_ir::pass::{self, Changed, PIPELINE};
use nums_ir::text::ParseError;
use nums_ir::{text, tile, verify};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[test]
fn files_say_what_happens() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/filetests");
    let bless = std::env::var_os("NUMS_BLESS").is_some();
    let (mut wrong, mut programs) = (Vec::new(), 0);
    let files = files(&root);
    for path in &files {
        let name = path.strip_prefix(&root).unwrap_or(path).display().to_string();
        let source = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut file = File::read(&source).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(name.starts_with(&format!("{}/", file.kind)), "{name}: a test of `{}` in another folder", file.kind);
        for case in &mut file.cases {
            programs += 1;
            let found = check(&file.kind, &file.stage, case).unwrap_or_else(|e| panic!("{name}: {e}\n{}", case.text));
            if found != case.expected {
                wrong.push(format!("{name}\n{}expected\n{}\nfound\n{found}\n", case.text, case.expected));
                case.expected = found;
            }
        }
        if bless {
            std::fs::write(path, write(&file)).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }
    assert!(files.len() > 40 && programs > 200, "the walk found only {} files with {programs} programs", files.len());
    assert!(bless || wrong.is_empty(), "{} programs (bless with NUMS_BLESS=1)\n{}", wrong.len(), wrong.join("\n"));
}

/// All `.nir` files, sorted.
fn files(root: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let read = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        read.map(|entry| entry.expect("an entry").path()).collect()
    };
    let folders = entries(root).into_iter().filter(|p| p.is_dir());
    let mut files: Vec<PathBuf> =
        folders.flat_map(|f| entries(&f)).filter(|p| p.extension().is_some_and(|e| e == "nir")).collect();
    files.sort();
    files
}

fn write(file: &File) -> String {
    let mut out = file.head.join("\n") + "\n";
    for case in &file.cases {
        out += "\n";
        case.remarks.iter().for_each(|l| out += &format!("{l}\n"));
        out += &case.text;
        case.expected.lines().for_each(|l| out += &format!("; {l}\n"));
    }
    out
}

/// What the stage or pass says of a program.
fn check(kind: &str, stage: &str, case: &Case) -> Result<String, String> {
    let program = case.program(stage);
    if kind == "parse" {
        return parse(stage, &program, case);
    }
    let mut func = text::parse(&program).map_err(|e| e.to_string())?;
    round_trip(&func)?;
    if kind == "verify" {
        return Ok(verify::verify(&func).map_or_else(|broken| broken.join("\n"), |()| "ok".into()));
    }
    place(&mut func, case);
    let errors = |diags: Vec<Diag>| diags.iter().map(|d| error(d, case)).collect::<Vec<_>>().join("\n");
    let parsed = func.clone();
    let typed = match func.stage {
        Stage::Parsed if !captures(&func) => match infer(&func) {
            Ok(typed) => good(typed)?,
            Err(diags) if kind == "infer" => return Ok(errors(diags)),
            Err(diags) => return Err(errors(diags)),
        },
        _ => good(func)?,
    };
    match kind {
        "infer" => shown(&typed),
        "pipeline" => {
            let fused = good(pass::run(typed))?;
            Ok(format!("{}\n{}", shown(&fused)?, structure(&fused)))
        }
        "explain" => Ok(nums_ir::explain::explain(&good(pass::run(typed))?).trim_end().to_owned()),
        "bind" | "tile" => {
            let (args, grids) = arguments(case)?;
            // As the macro does: a rank that is not known leaves the parsed form alone.
            let fused = if typed.stage == Stage::Typed && typed.is_ranked() { Some(good(pass::run(typed))?) } else { None };
            match bind_call(&parsed, fused.as_ref(), &args) {
                Err(diag) => Ok(error(&diag, case)),
                Ok(func) if kind == "bind" => {
                    let fits = |n: &Narrowed| match &args[n.param] {
                        Bound::Scalar(s) => n.check(*s).err(),
                        Bound::Array(..) => None,
                    };
                    match narrowed(&func).iter().find_map(fits) {
                        Some(diag) => Ok(error(&diag, case)),
                        None => shown(&good(func)?),
                    }
                }
                Ok(func) => match tile::tile(&good(func)?, &grids) {
                    Ok(graph) => tiled(&graph),
                    Err(diag) => Ok(error(&diag, case)),
                },
            }
        }
        name => {
            let pass = PIPELINE.iter().find(|p| p.name == name).ok_or(format!("no kind or pass is called `{name}`"))?;
            let mut func = typed;
            let changed = pass::apply(pass, &mut func);
            // `fuse` makes the next stage, which `pass::run` states.
            if name == "fuse" {
                func.stage = Stage::Fused;
            }
            let func = good(func)?;
            Ok(if changed == Changed::Yes { shown(&func)? } else { "unchanged".into() })
        }
    }
}

/// Whether a function is an expression: its parameters have no types before the call.
fn captures(func: &Func) -> bool {
    func.params.iter().any(|p| func.data(*p).ty.is_none())
}

/// The text as the printer would write it, or where it is wrong.
fn parse(stage: &str, program: &str, case: &Case) -> Result<String, String> {
    let at = |e: ParseError| format!("error {}:{}: {}", e.line.saturating_sub(2), e.column, e.message);
    let printed = match stage {
        "tiled" => text::parse_graph(program).map(|g| text::print_graph(&g)),
        "placed" => text::parse_placed(program).map(|(g, p)| text::print_placed(&g, &p)),
        _ => text::parse(program).map(|f| text::print(&f)),
    };
    match printed {
        Err(e) => Ok(at(e)),
        Ok(printed) if printed == program => Ok("as it is".into()),
        Ok(printed) => {
            let again = Case { text: body(&printed), remarks: vec![], expected: String::new() };
            match parse(stage, &printed, &again)?.as_str() {
                "as it is" => Ok(body(&printed).trim_end().to_owned()),
                other => Err(format!("the printed text is read as another: {other}\nof\n{}", case.text)),
            }
        }
    }
}

/// A text without its first two lines.
fn body(text: &str) -> String {
    text.lines().skip(2).map(|l| format!("{l}\n")).collect()
}

fn round_trip(func: &Func) -> Result<(), String> {
    let printed = text::print(func);
    let again = text::parse(&printed).map_err(|e| format!("{e}\n{printed}"))?;
    if text::print(&again) == printed { Ok(()) } else { Err(format!("read back as another text\n{printed}")) }
}

/// A function that keeps the rules and is read back as it is printed.
fn good(func: Func) -> Result<Func, String> {
    verify::verify(&func).map_err(|broken| format!("verify: {}\n{}", broken.join("\n"), text::print(&func)))?;
    round_trip(&func)?;
    Ok(func)
}

fn shown(func: &Func) -> Result<String, String> {
    Ok(body(&text::print(func)).trim_end().to_owned())
}

fn tiled(graph: &Graph) -> Result<String, String> {
    verify::verify_graph(graph).map_err(|broken| format!("verify_graph: {}", broken.join("\n")))?;
    let printed = text::print_graph(graph);
    let again = text::parse_graph(&printed).map_err(|e| format!("{e}\n{printed}"))?;
    if text::print_graph(&again) != printed {
        return Err(format!("read back as another text\n{printed}"));
    }
    let notes: String = graph.notes.iter().map(|n| format!("; {n}\n")).collect();
    Ok(format!("{notes}{}", body(&printed).trim_end()))
}

/// How many instructions of each operator there are, and the flops: it survives renames and says what matters.
fn structure(func: &Func) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for inst in &func.insts {
        *counts.entry(inst.op.name()).or_default() += 1;
    }
    let line = counts.iter().fold("structure".to_owned(), |line, (name, n)| format!("{line} {name}={n}"));
    if func.is_ranked() { format!("{line}, flops {}", nums_ir::flops::total(func)) } else { line }
}

/// Gives every value the line on which it stands, so that a mistake can show it.
fn place(func: &mut Func, case: &Case) {
    let mut line = 1;
    for v in func.params.clone() {
        func.values[v.0 as usize].loc = Loc { line, ..Loc::default() };
    }
    for i in 0..func.insts.len() {
        line += 1;
        for v in func.insts[i].results.clone() {
            func.values[v.0 as usize].loc = Loc { line, ..Loc::default() };
        }
        if let Op::Kernel(_) = func.insts[i].op {
            let rest = case.text.lines().skip(line as usize);
            line += 1 + rest.take_while(|l| *l != "  }").count() as u32;
        }
    }
}

/// A mistake under the line where it is.
fn error(diag: &Diag, case: &Case) -> String {
    let line = diag.loc.line.checked_sub(1).and_then(|n| case.text.lines().nth(n as usize));
    let place = line.map_or("nowhere".to_owned(), |l| format!("`{}`", l.trim().trim_end_matches('{').trim_end()));
    format!("error in {place}\n{}", diag.to_string().lines().map(|l| format!("  {l}")).collect::<Vec<_>>().join("\n"))
}

/// The arguments of a call, from the remarks over a program.
fn arguments(case: &Case) -> Result<(Vec<Bound>, Vec<Grid>), String> {
    let (mut args, mut grids) = (Vec::new(), Vec::new());
    for arg in case.remarks.iter().filter_map(|l| l.strip_prefix("; arg ")) {
        if let Some(scalar) = scalar(arg) {
            args.push(Bound::Scalar(scalar));
            continue;
        }
        let (ty, blocks) = arg.split_once(" blocks ").map_or((arg, None), |(ty, blocks)| (ty, Some(blocks)));
        let ty = text::parse_type(ty).map_err(|e| e.to_string())?;
        let shape = ty.sizes().ok_or(format!("the argument {ty} has no sizes"))?;
        grids.push(match blocks {
            // A list of sizes reads as the shape of a type.
            Some(blocks) => {
                let blocks = text::parse_type(&format!("bool{blocks}")).map_err(|e| e.to_string())?;
                Grid::new(&shape, &blocks.sizes().ok_or("blocks have no sizes")?)
            }
            None => Grid::default_for(&shape, ty.dtype),
        });
        args.push(Bound::Array(ty.dtype, shape));
    }
    Ok((args, grids))
}

fn scalar(text: &str) -> Option<Scalar> {
    let bool = text.parse().map(Scalar::Bool);
    bool.or_else(|_| text.parse().map(Scalar::Int)).or_else(|_| text.parse().map(Scalar::Float)).ok()
}
