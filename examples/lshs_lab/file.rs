//! A case from a file: IR text with the grids and homes of its arrays.
//!
//! A function has a comment line for each array parameter, and may have one for the result and for each plain number, anywhere:
//!
//! ```text
//! nums-ir 1
//! ; stage: parsed
//! ; array X [64, 64] [8, 8] [4, 4]            shape, block sizes, node grid that blocks are dealt on in turn
//! ; array Y [64, 64] [8, 8] packed [16, 1]    in contiguous runs on a node grid
//! ; array b [64] [16] homes [0, 1, 2, 3]      block by block
//! ; scalar k 3
//! ; result [4, 4]                             for results: as for arrays; by default as the first array
//! fn f(%X: f64[n, k], %Y: f64[k, m], %b: f64[n], %k: i64) { … }
//! ```
//!
//! A tiled or placed graph (its inputs' `home` lines count) lays its results out by default. Lines follow the order of the parameters
//! or name them; dtypes are those of the function, f64 where it has none.

use super::setting::Outcome;
use nums_ir::bind::{Bound, typed};
use nums_ir::dtype::{DType, Kind};
use nums_ir::func::{Func, Scalar, Value};
use nums_ir::graph::{Graph, NodeId};
use nums_ir::grid::Grid;
use nums_ir::{pass, text, tile};
use nums_runtime::place::Layout;

/// Where the blocks of an array lie.
enum Homes {
    Layout(Layout),
    Nodes(Vec<NodeId>),
}

struct Line {
    name: String,
    shape: Vec<usize>,
    block: Vec<usize>,
    homes: Homes,
}

/// The graph of a file, and the homes of inputs and results.
pub(crate) fn read(text: &str, nodes: usize, fused: bool) -> Outcome<(Graph, Vec<NodeId>)> {
    if text.lines().any(|l| l.starts_with("graph ")) {
        return placed(text, nodes);
    }
    let func = text::parse(&program(text))?;
    let lines = text.lines().filter_map(|l| l.trim().strip_prefix("; array "));
    let lines = lines.map(|l| line(l).map_err(|why| format!("`; array {l}`: {why}").into())).collect::<Outcome<Vec<Line>>>()?;
    let scalars = text.lines().filter_map(|l| l.trim().strip_prefix("; scalar ")).collect::<Vec<_>>();
    let (mut args, mut arrays) = (Vec::new(), Vec::new());
    for p in &func.params {
        let name = func.data(*p).name.clone().unwrap_or_default();
        if let Some(value) = scalar(&func, *p, &name, &scalars)? {
            args.push(Bound::Scalar(value));
            continue;
        }
        let named = lines.iter().find(|l| l.name == name).or_else(|| lines.get(arrays.len()));
        let found = named.ok_or_else(|| format!("`%{name}` wants a line `; array {name} [shape] [blocks] [nodes]`"))?;
        let dtype = func.data(*p).ty.as_ref().map_or(DType::F64, |ty| ty.dtype);
        args.push(Bound::Array(dtype, found.shape.clone()));
        arrays.push(found);
    }
    let func = typed(&func, &args).map_err(|d| d.to_string())?;
    let func = if fused { pass::run(func) } else { pass::run_apart(func) };
    let grids: Vec<Grid> = arrays.iter().map(|a| Grid::new(&a.shape, &a.block)).collect();
    let graph = tile::tile(&func, &grids).map_err(|d| d.to_string())?;
    let result = text.lines().find_map(|l| l.trim().strip_prefix("; result "));
    let result = result.map(|l| homes_of(l).map_err(|why| format!("`; result {l}`: {why}"))).transpose()?;
    let mut homes = vec![NodeId(0); graph.n_blocks()];
    let default = Homes::Layout(Layout::Runs(nodes));
    for output in graph.outputs.iter().filter(|o| !graph.inputs.contains(&o.array)) {
        let like = result.as_ref().or(arrays.first().map(|a| &a.homes)).unwrap_or(&default);
        fill(&graph, output.array, like, &mut homes)?;
    }
    for (input, array) in graph.inputs.iter().zip(&arrays) {
        fill(&graph, *input, &array.homes, &mut homes)?;
    }
    Ok((graph, homes))
}

/// The text without the lines that are the lab's; a bare function is in the parsed stage.
fn program(text: &str) -> String {
    let ours = |l: &&str| ["; array ", "; scalar ", "; result "].iter().any(|mark| l.trim_start().starts_with(mark));
    let lines: Vec<&str> = text.lines().filter(|l| !ours(l)).collect();
    let rest = lines.join("\n").trim_start().to_owned() + "\n";
    if rest.starts_with("nums-ir") { rest } else { format!("nums-ir 1\n; stage: parsed\n{rest}") }
}

/// Homes of one array's blocks; those of results that are given block by block repeat.
fn fill(graph: &Graph, id: nums_ir::graph::ArrayId, homes: &Homes, all: &mut [NodeId]) -> Outcome<()> {
    let array = graph.array(id);
    let at = match homes {
        Homes::Layout(layout) => layout.homes(&array.grid),
        Homes::Nodes(nodes) if graph.inputs.contains(&id) && nodes.len() != array.grid.n_blocks() => {
            return Err(format!("`{}` has {} blocks and {} homes", array.name, array.grid.n_blocks(), nodes.len()).into());
        }
        Homes::Nodes(nodes) => (0..array.grid.n_blocks()).map(|i| nodes[i % nodes.len()]).collect(),
    };
    let first = array.first.0 as usize;
    all[first..first + at.len()].copy_from_slice(&at);
    Ok(())
}

/// A graph of block tasks, and where its inputs are.
fn placed(text: &str, nodes: usize) -> Outcome<(Graph, Vec<NodeId>)> {
    let has_homes = text.lines().any(|l| l.trim().starts_with("home "));
    let (graph, inputs) = match has_homes {
        true => text::parse_placed(text).map(|(graph, placement)| (graph, placement.homes))?,
        false => (text::parse_graph(text)?, vec![]),
    };
    let mut homes = vec![NodeId(0); graph.n_blocks()];
    let kept = graph.outputs.iter().map(|o| o.array).chain(graph.inputs.iter().copied().filter(|_| !has_homes));
    for id in kept {
        let layout = Homes::Layout(Layout::default_for(&graph.array(id).grid, nodes));
        fill(&graph, id, &layout, &mut homes)?;
    }
    homes[..inputs.len()].copy_from_slice(&inputs);
    Ok((graph, homes))
}

/// The value of a plain number: from its line, else 1 where the function says that it is one.
fn scalar(func: &Func, p: Value, name: &str, lines: &[&str]) -> Outcome<Option<Scalar>> {
    let ty = func.data(p).ty.as_ref();
    let line = lines.iter().find_map(|l| l.trim_start_matches('%').split_once(' ').filter(|(n, _)| *n == name));
    let value = match (line, ty.is_some_and(|ty| ty.weak)) {
        (None, false) => return Ok(None),
        (Some((_, value)), _) => value.trim(),
        (None, true) => "1",
    };
    let kind = ty.map_or(if value.contains('.') { Kind::Float } else { Kind::Int }, |ty| ty.dtype.kind());
    Ok(Some(match kind {
        Kind::Bool => Scalar::Bool(value != "0" && value != "false"),
        Kind::Int => Scalar::Int(value.parse()?),
        Kind::Float => Scalar::Float(value.parse()?),
        Kind::Complex => Scalar::Complex(value.parse()?, 0.0),
    }))
}

/// `NAME [shape] [blocks] …`
fn line(text: &str) -> Outcome<Line> {
    let open = text.find('[').ok_or("expected NAME [shape] [blocks] [nodes]")?;
    let (shape, rest) = list(&text[open..])?;
    let (block, rest) = list(rest)?;
    if shape.len() != block.len() || block.contains(&0) {
        return Err(format!("blocks {block:?} do not cut shape {shape:?}: one size an axis, none of them 0").into());
    }
    let name = text[..open].trim().trim_start_matches('%').to_owned();
    Ok(Line { name, shape, block, homes: homes_of(rest)? })
}

/// `[nodes]`, `packed [nodes]` or `homes [node, …]`
fn homes_of(text: &str) -> Outcome<Homes> {
    let open = text.find('[').ok_or("expected a list of nodes at the end")?;
    let (nodes, _) = list(&text[open..])?;
    if nodes.is_empty() {
        return Ok(Homes::Layout(Layout::Cyclic(vec![1])));
    }
    Ok(match text[..open].trim() {
        "" | "cyclic" => Homes::Layout(Layout::Cyclic(nodes)),
        "packed" => Homes::Layout(Layout::Packed(nodes)),
        "homes" => Homes::Nodes(nodes.into_iter().map(|n| u32::try_from(n).map(NodeId)).collect::<Result<_, _>>()?),
        other => return Err(format!("`{other}`: expected `cyclic`, `packed` or `homes`").into()),
    })
}

/// The numbers of a list in brackets, and what follows it.
fn list(text: &str) -> Outcome<(Vec<usize>, &str)> {
    let inside = text.trim_start().strip_prefix('[').and_then(|t| t.split_once(']'));
    let (inside, rest) = inside.ok_or_else(|| format!("`{}`: expected a list in brackets", text.trim()))?;
    let numbers = inside.split(',').map(str::trim).filter(|n| !n.is_empty()).map(str::parse).collect::<Result<_, _>>()?;
    Ok((numbers, rest))
}
