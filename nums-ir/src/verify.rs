//! The specification of the IR: what every `Func` and `Graph` keeps, checked after every pass and on arrival from the wire.
//!
//! A `Func`:
//! * every value is a parameter or the result of exactly one instruction, which stands before its uses;
//! * an instruction has as many operands as its operator takes, and one result, unless it is a kernel;
//! * from the typed stage on every value has a type; no `shape_of`, no size by value, no open attribute is left;
//! * from the typed stage on a result has the type that `infer::result_types` gives; a 0-d one may be weak;
//! * kernels stand only in the fused stage; a body's parameters have the operands' types, its results the kernel's; it holds
//!   views that add axes, then element-wise instructions that are 0-d or of one common shape, and reductions of such;
//! * a kernel with rows (`rows %X`, along the first axis, or `rows(1) %X`) is a panel: its body holds such kernels, products, contractions
//!   and `arg_best`, which keep the rules of `panel`.
//!
//! A `Graph`:
//! * inputs come first; every other block is made by exactly one task, which stands before its uses;
//! * kernels and operands exist; an `assemble` covers its block exactly once and reads inside its operands, and so do the
//!   pieces of a `sliced` kernel's operand.

use crate::data::DataOp;
use crate::func::{Func, IndexItem, Op, Size, Stage, Value};
use crate::graph::{Arg, BlockId, Graph, Piece, Reading, SlicedTask, Task, TaskOp};
use crate::passes::visit_sizes;
use crate::types::Type;
use std::collections::HashSet;

/// Checks a function; the messages name values as the text does.
///
/// # Errors
/// One message a broken rule.
pub fn verify(func: &Func) -> Result<(), Vec<String>> {
    let mut check =
        Check { func, names: crate::text::value_names(func), defined: vec![false; func.values.len()], broken: vec![] };
    check.func();
    if check.broken.is_empty() { Ok(()) } else { Err(check.broken) }
}

struct Check<'a> {
    func: &'a Func,
    names: Vec<String>,
    defined: Vec<bool>,
    broken: Vec<String>,
}

impl Check<'_> {
    fn func(&mut self) {
        let count = self.func.values.len();
        let all = self.func.insts.iter().flat_map(|i| i.args.iter().chain(&i.results));
        if all.chain(&self.func.params).chain(&self.func.results).any(|v| v.0 as usize >= count) {
            self.broken.push("a value does not exist".into());
            return;
        }
        if self.func.stage != Stage::Parsed && !self.are_typed() {
            return;
        }
        for p in &self.func.params {
            self.define(*p);
        }
        for at in 0..self.func.insts.len() {
            self.inst(at);
        }
        for r in &self.func.results {
            self.used(*r, "return");
        }
        if !self.func.declared.is_empty() && self.func.declared.len() + self.func.labels.len() != self.func.results.len() {
            self.broken.push(format!("{} results, {} are declared", self.func.results.len(), self.func.declared.len()));
        }
    }

    /// Whether everything that is used has a type: rules about types are asked of nothing else.
    fn are_typed(&mut self) -> bool {
        let all = self.func.insts.iter().flat_map(|i| i.args.iter().chain(&i.results)).chain(&self.func.params);
        let mut untyped: Vec<Value> = all.copied().filter(|v| self.func.data(*v).ty.is_none()).collect();
        untyped.sort_unstable();
        untyped.dedup();
        let messages: Vec<String> = untyped.iter().map(|v| format!("{} has no type", self.name(*v))).collect();
        self.broken.extend(messages);
        untyped.is_empty()
    }

    fn name(&self, v: Value) -> String {
        format!("%{}", self.names[v.0 as usize])
    }

    fn define(&mut self, v: Value) {
        if std::mem::replace(&mut self.defined[v.0 as usize], true) {
            self.broken.push(format!("{} is defined twice", self.name(v)));
        }
    }

    fn used(&mut self, v: Value, by: &str) {
        if !self.defined[v.0 as usize] {
            self.broken.push(format!("{} is used by `{by}` before it is defined", self.name(v)));
        }
    }

    fn inst(&mut self, at: usize) {
        let inst = &self.func.insts[at];
        for arg in &inst.args {
            self.used(*arg, inst.op.name());
        }
        if let Some(want) = arity(&inst.op)
            && inst.args.len() != want
        {
            self.broken.push(format!("`{}` takes {want} operands, not {}", inst.op.name(), inst.args.len()));
        }
        let before = self.broken.len();
        match &inst.op {
            Op::Kernel(body) => self.kernel(body, &inst.args, &inst.results),
            Op::Call(_) => {
                if self.func.stage > Stage::Typed {
                    self.broken.push(format!("`{}` is not expanded", inst.op.name()));
                }
            }
            _ if inst.results.len() != 1 => self.broken.push(format!("`{}` has {} results", inst.op.name(), inst.results.len())),
            // What a rank decides stays open where the rank is not known.
            _ if inst.args.iter().any(|a| self.func.data(*a).ty.as_ref().is_some_and(|t| t.rank().is_none())) => {}
            op => self.attributes(op),
        }
        for r in &inst.results {
            self.define(*r);
        }
        if self.func.stage != Stage::Parsed && self.broken.len() == before {
            self.symmetric(inst);
            self.types(at);
        }
    }

    /// Results have the types that the rules give.
    fn types(&mut self, at: usize) {
        let inst = &self.func.insts[at];
        // Literals and sizes have the type that they were given.
        if matches!(inst.op, Op::Const(_) | Op::Dim(_) | Op::Call(_)) {
            return;
        }
        let args: Vec<_> = inst.args.iter().map(|a| self.func.ty(*a)).collect();
        let Some(&first) = inst.results.first() else { return };
        match crate::infer::result_types(&inst.op, &args, self.func.data(first).loc) {
            Ok(types) => {
                for (r, ty) in inst.results.iter().zip(&types) {
                    let has = self.func.ty(*r);
                    // Plain numbers of two kinds meet through casts, which are strong; what comes of them is plain again.
                    let plain = has.weak && *has == Type { weak: true, ..ty.clone() };
                    if has != ty && !plain {
                        let name = self.name(*r);
                        self.broken.push(format!("{name} has type {has}, `{}` gives {ty}", inst.op.name()));
                    }
                }
            }
            Err(diag) => self.broken.push(format!("{}: {}", self.name(first), diag.message)),
        }
    }

    /// A symmetric product is a square matrix.
    fn symmetric(&mut self, inst: &crate::func::Inst) {
        let square = |v: Value| matches!(self.func.data(v).ty.as_ref().and_then(Type::dims), Some([n, m]) if n == m);
        if matches!(inst.op, Op::Matmul { symmetric: true, .. }) && !inst.results.iter().all(|r| square(*r)) {
            self.broken.push("a symmetric `matmul` whose result is not a square matrix".into());
        }
    }

    fn attributes(&mut self, op: &Op) {
        if self.func.stage == Stage::Parsed {
            return;
        }
        let mut open = matches!(
            op,
            Op::ShapeOf { .. }
                | Op::Transpose { perm: None }
                | Op::Fill { dtype: None, .. }
                | Op::Arange { dtype: None, .. }
                | Op::Arange { len: None, .. }
                | Op::Reduce { axes: None, .. }
        );
        visit_sizes(&mut op.clone(), &mut |size| open |= matches!(size, Size::Value(_)));
        if open {
            self.broken.push(format!("`{}` has an open attribute after the parsed stage", op.name()));
        }
    }

    fn kernel(&mut self, body: &Func, args: &[Value], results: &[Value]) {
        if self.func.stage != Stage::Fused {
            self.broken.push(format!("kernel {} stands before the fused stage", body.name));
            return;
        }
        if body.stage == Stage::Parsed {
            self.broken.push(format!("kernel {} has no types", body.name));
            return;
        }
        if body.params.len() != args.len() || body.results.len() != results.len() {
            self.broken.push(format!("kernel {} has {} operands and {} results", body.name, args.len(), results.len()));
            return;
        }
        if let Err(inner) = verify(body) {
            self.broken.extend(inner.into_iter().map(|e| format!("kernel {}: {e}", body.name)));
            return;
        }
        for (p, arg) in body.params.iter().zip(args) {
            if body.ty(*p) != self.func.ty(*arg) {
                self.broken.push(format!("kernel {}: {} has another type than its parameter", body.name, self.name(*arg)));
            }
        }
        if !body.rows.is_empty() {
            if let Err(why) = crate::panel::roles(body) {
                self.broken.push(format!("panel {}: {why}", body.name));
            }
            return;
        }
        let mut space = None;
        for inst in &body.insts {
            let shape = match &inst.op {
                Op::Map(_) | Op::Cast(_) => &body.ty(inst.results[0]).shape,
                Op::Reduce { .. } => &body.ty(inst.args[0]).shape,
                Op::Const(_) | Op::Dim(_) => continue,
                Op::Index { items } if items.iter().all(|i| !matches!(i, IndexItem::At(_))) => continue,
                _ => {
                    self.broken.push(format!("kernel {}: `{}` has no place in a kernel", body.name, inst.op.name()));
                    continue;
                }
            };
            let rank = body.ty(inst.results[0]).rank();
            if rank == Some(0) && !matches!(inst.op, Op::Reduce { .. }) {
                continue;
            }
            if *space.get_or_insert(shape) != shape {
                self.broken.push(format!("kernel {} has two index spaces", body.name));
            }
        }
    }
}

/// How many operands an operator takes, where that is fixed.
fn arity(op: &Op) -> Option<usize> {
    match op {
        Op::Const(_) | Op::Dim(_) | Op::Eye { .. } => Some(0),
        Op::Map(op) => Some(op.arity()),
        Op::ShapeOf { .. }
        | Op::Cast(_)
        | Op::Reduce { .. }
        | Op::Transpose { .. }
        | Op::Reshape { .. }
        | Op::Index { .. }
        | Op::Fill { .. } => Some(1),
        Op::Matmul { .. } | Op::Solve => Some(2),
        Op::Arange { .. } => Some(3),
        Op::Item => Some(1),
        Op::Choose => Some(3),
        Op::Data(op) => Some(match op {
            DataOp::Select { .. } => return None,
            DataOp::Take { count, .. } => 1 + count,
            DataOp::Put { count, .. } => 2 + count,
            DataOp::Qr { .. }
            | DataOp::Sort { .. }
            | DataOp::Scan { .. }
            | DataOp::ArgBest { .. }
            | DataOp::Top { .. }
            | DataOp::Partition { .. }
            | DataOp::Positions { .. }
            | DataOp::Check { .. } => 1,
            DataOp::Search { .. } => 2,
            DataOp::Random { dist, .. } => 1 + dist.parameters(),
        }),
        Op::Contract(c) => Some(c.operands.len()),
        Op::Concatenate { .. } | Op::Kernel(_) | Op::Call(_) => None,
    }
}

/// Checks a graph; the messages name tasks by number.
///
/// # Errors
/// One message a broken rule.
pub fn verify_graph(graph: &Graph) -> Result<(), Vec<String>> {
    let mut broken = Vec::new();
    // The sizes are anybody's: what is kept is what tasks name.
    let n_blocks = graph.n_blocks();
    let mut made: HashSet<BlockId> = HashSet::new();
    let is_input = |b: BlockId| (b.0 as usize) < n_blocks && graph.inputs.contains(&graph.array_of(b));
    for (i, id) in graph.inputs.iter().enumerate() {
        if id.0 as usize != i {
            broken.push(format!("input {i} is array {}", id.0));
        }
    }
    for (t, task) in graph.tasks.iter().enumerate() {
        for arg in &task.args {
            match arg {
                Arg::Block(b) if !made.contains(b) && !is_input(*b) => {
                    broken.push(format!("task {t} reads block {} before it is made", b.0));
                }
                Arg::Scalar(s) if *s as usize >= graph.scalars.len() => broken.push(format!("task {t}: no scalar {s}")),
                Arg::Block(_) | Arg::Scalar(_) => {}
            }
        }
        if let Some(k) = task.op.kernel()
            && k as usize >= graph.kernels.len()
        {
            broken.push(format!("task {t}: no kernel {k}"));
        }
        if let TaskOp::Sliced(op) = &task.op {
            broken.extend(sliced(graph, task, op).map(|e| format!("task {t}: {e}")));
        }
        if let TaskOp::Assemble { shape, pieces } = &task.op {
            broken.extend(assemble(graph, task, shape, pieces).map(|e| format!("task {t}: {e}")));
        }
        for out in &task.outs {
            if out.0 as usize >= n_blocks {
                broken.push(format!("task {t} makes block {} of no array", out.0));
            } else if is_input(*out) || !made.insert(*out) {
                broken.push(format!("task {t} makes block {} again", out.0));
            }
        }
    }
    for out in &graph.outputs {
        if !graph.inputs.contains(&out.array) && !graph.array(out.array).blocks().all(|b| made.contains(&b)) {
            broken.push(format!("output {} is not made", graph.array(out.array).name));
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(broken) }
}

/// A sliced kernel has its operands, each of a part of the space.
fn sliced(graph: &Graph, task: &Task, op: &SlicedTask) -> Option<String> {
    let params = graph.kernels.get(op.kernel as usize).map(|body| body.params.len());
    if params.is_some_and(|n| n != op.operands.len()) {
        return Some(format!("{} operands of a kernel", op.operands.len()));
    }
    op.operands.iter().find_map(|part| match part {
        Reading::Whole(arg) => task.args.get(*arg as usize).is_none().then(|| "an operand that is not there".into()),
        Reading::Pieces(pieces) => assemble(graph, task, &op.space, pieces),
    })
}

/// Pieces together cover the block exactly once, and read inside their operands. The sizes are anybody's: nothing is allocated
/// or walked by them.
fn assemble(graph: &Graph, task: &Task, shape: &[usize], pieces: &[Piece]) -> Option<String> {
    let volume = |shape: &[usize]| shape.iter().try_fold(1usize, |n, &k| n.checked_mul(k));
    let Some(whole) = volume(shape) else { return Some("a block larger than any memory".into()) };
    let mut covered = 0;
    for (i, p) in pieces.iter().enumerate() {
        let Some(Arg::Block(block)) = task.args.get(p.arg as usize) else { return Some("a piece of no operand".into()) };
        if block.0 as usize >= graph.n_blocks() {
            return Some("a piece of no block".into());
        }
        let array = graph.array(graph.array_of(*block));
        let source = array.grid.block_shape_at((block.0 - array.first.0) as usize);
        let n = shape.len();
        if [p.dest.len(), p.shape.len(), p.axes.len(), p.step.len()] != [n; 4] || p.src.len() != source.len() {
            return Some("a piece of another rank".into());
        }
        if p.shape.contains(&0) {
            continue;
        }
        let fits = (0..n).all(|i| p.dest[i].checked_add(p.shape[i]).is_some_and(|end| end <= shape[i]));
        if !fits || !reads_inside(p, &source) {
            return Some("a piece reads or writes outside its blocks".into());
        }
        let apart = |q: &Piece| {
            q.shape.contains(&0) || (0..n).any(|i| p.dest[i] + p.shape[i] <= q.dest[i] || q.dest[i] + q.shape[i] <= p.dest[i])
        };
        if !pieces[..i].iter().all(apart) {
            return Some("pieces do not cover the block exactly once".into());
        }
        // Within the block and apart, they are together no larger than it.
        covered += volume(&p.shape).unwrap_or(0);
    }
    (covered != whole).then(|| "pieces do not cover the block exactly once".into())
}

/// Whether the first and the last positions that a piece reads are inside a block of this shape.
fn reads_inside(p: &Piece, source: &[usize]) -> bool {
    let mut ends: Vec<(i128, i128)> = p.src.iter().map(|&s| (s as i128, s as i128)).collect();
    for ((&size, axis), &step) in p.shape.iter().zip(&p.axes).zip(&p.step) {
        let Some(axis) = axis else { continue };
        let Some((low, high)) = ends.get_mut(*axis as usize) else { return false };
        // Below 2^127: both are below 2^64.
        let span = (size as i128 - 1) * i128::from(step);
        *if span < 0 { low } else { high } += span;
    }
    ends.iter().zip(source).all(|(&(low, high), &size)| low >= 0 && high < size as i128)
}
