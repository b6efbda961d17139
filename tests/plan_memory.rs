//! What plans hold: of every function of the tables, for 64 blocks on 8 nodes, at most three times a node's share of operands
//! and results. `plan_memory/calls.rs` has the calls, and the exceptions by name.

#[path = "plan_memory/calls.rs"]
mod calls;

use calls::{CALLS, KNOWN, NOTHING, OPERANDS};
use nums::{ClusterSpec, DType};
use nums_ir::bind::{Bound, bind_step};
use nums_ir::builtin::{self, Given, ROWS, Term};
use nums_ir::diag::Loc;
use nums_ir::func::{Func, Scalar};
use nums_ir::graph::Graph;
use nums_ir::grid::Grid;
use nums_ir::ops::{MapOp, ReduceOp};
use nums_ir::tile::tile;
use nums_ir::types::Type;
use nums_ir::wait::Step;
use nums_runtime::place::{homes, place};
use std::collections::HashMap;

const NODES: usize = 8;

/// A call as it is read: the program, and its operands in order.
struct Reader {
    func: Func,
    operands: Vec<(DType, Grid)>,
    known: HashMap<String, Term>,
}

impl Reader {
    fn operand(&mut self, name: &str) -> Option<Term> {
        if let Some(term) = self.known.get(name) {
            return Some(term.clone());
        }
        let (_, dtype, shape, block) = OPERANDS.iter().find(|(n, ..)| *n == name)?;
        let dtype = DType::from_name(dtype).unwrap();
        let value = self.func.param(name, Some(Type::of(dtype, shape)), Loc::default());
        self.operands.push((dtype, Grid::new(shape, block)));
        self.known.insert(name.to_owned(), Term::Value(value));
        Some(Term::Value(value))
    }

    fn term(&mut self, text: &str) -> Term {
        let text = text.trim();
        let inner = text.strip_prefix(['(', '[']).and_then(|t| t.strip_suffix([')', ']']));
        if let Some(inner) = inner {
            let parts = split(inner);
            return Term::Tuple(parts.iter().map(|p| (self.term(p), Loc::default())).collect());
        }
        if let Some(string) = text.strip_prefix('"') {
            return Term::Str(string.trim_end_matches('"').to_owned());
        }
        if let Ok(i) = text.parse::<i128>() {
            return Term::Number(Scalar::Int(i));
        }
        if let Ok(x) = text.parse::<f64>() {
            return Term::Number(Scalar::Float(x));
        }
        match text {
            "True" => Term::Number(Scalar::Bool(true)),
            "False" => Term::Number(Scalar::Bool(false)),
            _ => self.operand(text).or_else(|| builtin::name(text)).unwrap_or_else(|| panic!("`{text}` is no operand")),
        }
    }

    fn given(&mut self, text: &str) -> Given {
        let loc = Loc::default();
        match text.split_once('=') {
            Some((name, value)) => Given { keyword: Some((name.to_owned(), loc)), term: self.term(value), loc },
            None => Given { keyword: None, term: self.term(text), loc },
        }
    }
}

/// Arguments between commas that stand in no brackets or quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut quoted, mut from) = (Vec::new(), 0, false, 0);
    for (i, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 && !quoted => {
                parts.push(text[from..i].trim());
                from = i + 1;
            }
            _ => {}
        }
    }
    parts.push(text[from..].trim());
    parts
}

/// The program of a call, with its operands.
fn program(name: &str, arguments: &str) -> Reader {
    let loc = Loc::default();
    let mut reader = Reader { func: Func::new(name), operands: vec![], known: HashMap::new() };
    let callee = match name.split_once('.') {
        Some(("random", draw)) => {
            let seed = builtin::value(&mut reader.func, &(Term::Number(Scalar::Int(7)), loc)).unwrap();
            builtin::attribute(&mut reader.func, (Term::Generator(seed), loc), draw, loc)
        }
        Some(("linalg", inner)) => builtin::attribute(&mut reader.func, (Term::Module("linalg"), loc), inner, loc),
        Some((outer, inner)) => {
            let outer = builtin::function(outer, [], loc).unwrap();
            builtin::attribute(&mut reader.func, (outer, loc), inner, loc)
        }
        None if ROWS.iter().any(|r| r.name == name && !r.function) => {
            let first = split(arguments)[0].to_owned();
            let object = reader.term(&first);
            builtin::attribute(&mut reader.func, (object, loc), name, loc)
        }
        None => builtin::function(name, [], loc),
    };
    let callee = callee.unwrap_or_else(|d| panic!("{name}: {d:?}"));
    let mut given: Vec<Given> = split(arguments).into_iter().map(|a| reader.given(a)).collect();
    if matches!(&callee, Term::Method(object, _) if !matches!(**object, Term::Generator(_))) {
        given.remove(0);
    }
    let made = builtin::call(&mut reader.func, (callee, loc), given, loc).unwrap_or_else(|d| panic!("{name}: {d:?}"));
    let parts = match made {
        // One of the arrays: there are as many as axes or positions.
        Term::PerAxis(..) => {
            let first = builtin::Item::At(Term::Number(Scalar::Int(0)), loc);
            vec![(builtin::index(&mut reader.func, (made, loc), &[first], loc).unwrap(), loc)]
        }
        Term::Tuple(parts) => parts,
        one => vec![(one, loc)],
    };
    for part in &parts {
        let value = builtin::value(&mut reader.func, part).unwrap();
        reader.func.results.push(value);
    }
    reader
}

fn bytes(graph: &Graph, arrays: impl Iterator<Item = nums_ir::graph::ArrayId>) -> u64 {
    arrays.flat_map(|id| graph.array(id).blocks()).map(|b| graph.bytes(b)).sum()
}

/// The most bytes that a node holds, and its share of operands and results.
fn held(name: &str, arguments: &str) -> (u64, u64) {
    let spec = ClusterSpec::uniform(NODES, 1);
    let Reader { func, operands, .. } = program(name, arguments);
    let bounds: Vec<Bound> = operands.iter().map(|(dtype, grid)| Bound::Array(*dtype, grid.shape().to_vec())).collect();
    let mut grids: Vec<Grid> = operands.iter().map(|(_, grid)| grid.clone()).collect();
    let of_grid = |(dtype, grid): &(DType, Grid)| (grid.shape().iter().product::<usize>() * dtype.size()) as u64;
    let inputs: u64 = operands.iter().map(of_grid).sum();
    let mut step = bind_step(&func, None, &bounds).unwrap_or_else(|d| panic!("{name}: {}", d.message));
    let mut peak = 0;
    loop {
        let part = match &step {
            Step::Whole(part) => part,
            Step::Wait(wait) => &wait.first,
        };
        let graph = tile(part, &grids).unwrap_or_else(|d| panic!("{name}: {}", d.message));
        let at: Vec<_> = grids.iter().flat_map(|g| homes(g, NODES)).collect();
        let placed = place(graph, &spec, &at).unwrap_or_else(|e| panic!("{name}: {e}"));
        peak = placed.placement.loads.iter().map(|l| l.mem).max().unwrap_or(0).max(peak);
        let graph = &placed.graph;
        match step {
            Step::Whole(_) => {
                let results: Vec<_> = graph.outputs.iter().map(|o| o.array).collect();
                let distinct = results.iter().enumerate().filter(|(i, id)| !results[..*i].contains(id)).map(|(_, id)| *id);
                let distinct = distinct.filter(|id| !graph.inputs.contains(id));
                return (peak, (inputs + bytes(graph, distinct)).div_ceil(NODES as u64));
            }
            Step::Wait(wait) => {
                grids.extend(graph.outputs[1..].iter().map(|o| graph.array(o.array).grid.clone()));
                // Half of what could be there.
                step = wait.resume(Scalar::Int(1 << 20), &HashMap::new()).unwrap_or_else(|d| panic!("{name}: {}", d.message));
            }
        }
    }
}

/// The operands of an operator of the table.
fn operands_of(op: MapOp) -> &'static str {
    let has = |class| op.classes().contains(&class);
    match (op.arity(), has("float"), has("int")) {
        (1, true, _) => "v",
        (1, false, true) => "k",
        (1, false, false) => "b",
        (2, true, _) => "v, w",
        (2, false, true) => "k, l",
        (2, false, false) => "b, c",
        _ => "b, v, w",
    }
}

#[test]
fn every_function_holds_three_times_its_share() {
    let mut calls: Vec<(&str, String)> = MapOp::ALL.iter().map(|op| (op.name(), operands_of(*op).to_owned())).collect();
    for op in ReduceOp::ALL {
        calls.extend(["v", "m, 0", "m, 1"].map(|arguments| (op.name(), arguments.to_owned())));
    }
    calls.extend(CALLS.iter().map(|(name, arguments)| (*name, (*arguments).to_owned())));
    let mut wrong = Vec::new();
    for row in ROWS {
        let there = CALLS.iter().filter(|(name, _)| *name == row.name).count();
        if there != usize::from(!NOTHING.contains(&row.name)) {
            wrong.push(format!("`{}` is called {there} times", row.name));
        }
    }
    for (name, arguments) in calls {
        let (peak, share) = held(name, &arguments);
        let known = KNOWN.iter().any(|(n, _)| *n == name);
        // A few small blocks on the way weigh nothing.
        let many = peak > 3 * share + (64 << 10);
        if many != known {
            wrong
                .push(format!("{name}({arguments}): {peak} bytes, {:.1} times the share of {share}", peak as f64 / share as f64));
        }
    }
    assert!(wrong.is_empty(), "{} calls:\n{}", wrong.len(), wrong.join("\n"));
}
