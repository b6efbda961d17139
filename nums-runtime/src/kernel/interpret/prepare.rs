//! From a kernel's body to slots, places and buffers.
//!
//! Checks the form of the body (views that add axes, a group, reductions); what is not of the form is `Unsupported`. Buffers
//! are handed out by lifetime, so that a long chain uses as few as it has values alive at once.

use super::{Home, Kernel, Named, Origin, Output, Param, Reach, Reduce, Room, Slot, Source, frame};
use crate::kernel::KernelError;
use crate::kernel::map::{self, Code};
use crate::native;
use nums_ir::dtype::DType;
use nums_ir::func::{Func, IndexItem, Op, Value};
use nums_ir::group::{Group, Step, StepOp};
use nums_ir::tiling::Touched;
use std::collections::HashMap;

impl Kernel {
    /// Prepares a kernel's body.
    pub(in crate::kernel) fn prepare(body: &Func) -> Result<Kernel, KernelError> {
        check(body)?;
        let group = Group::of(body).unwrap_or(Group { inputs: Vec::new(), steps: Vec::new(), outputs: Vec::new() });
        let native = native::find(group.id());
        let mut b =
            Builder { body, origins: origins(body)?, slots: HashMap::new(), sources: Vec::new(), steps: group.steps.len() };
        for input in &group.inputs {
            b.source(input.value)?;
        }
        for (i, step) in group.steps.iter().enumerate() {
            b.slots.insert(step.value, group.inputs.len() + i);
        }
        let (mut reductions, mut reduced) = (Vec::new(), HashMap::new());
        for inst in &body.insts {
            if let Op::Reduce { op, axes, keepdims } = &inst.op {
                let slot = b.slot(inst.args[0])?;
                let rank = body.ty(inst.args[0]).rank().unwrap_or(0);
                reduced.insert(inst.results[0], reductions.len());
                reductions.push(Reduce { op: *op, axes: positions(axes.as_deref(), rank)?, keepdims: *keepdims, slot });
            }
        }
        let output = |b: &mut Builder<'_>, v: &Value| match reduced.get(v) {
            Some(&r) => Ok(Output::Reduced(r)),
            None => b.slot(*v).map(Output::Slot),
        };
        let results = body.results.iter().map(|v| output(&mut b, v)).collect::<Result<_, _>>()?;
        let param = |&v: &Value| Param { dtype: body.ty(v).dtype, rank: body.ty(v).rank().unwrap_or(0) };
        let mut kernel = Kernel {
            name: body.name.clone(),
            params: body.params.iter().map(param).collect(),
            sources: b.sources,
            group,
            native,
            codes: Vec::new(),
            touched: Touched::by(body),
            places: Vec::new(),
            once: Vec::new(),
            each: Vec::new(),
            homes: Vec::new(),
            copies: Vec::new(),
            reductions,
            results,
        };
        kernel.codes = kernel.group.steps.iter().map(|step| kernel.code(step)).collect::<Result<_, _>>()?;
        kernel.assign_places();
        Ok(kernel)
    }

    /// The loop of a step; none of a constant.
    fn code(&self, step: &Step) -> Result<Option<Code>, KernelError> {
        let dtypes: Vec<DType> = step.args.iter().map(|slot| self.dtype(*slot)).collect();
        match (step.op, dtypes.as_slice()) {
            (StepOp::Map(op), dtypes) => map::code(op, dtypes, step.dtype).map(Some),
            (StepOp::Cast, &[from]) => Ok(Some(map::cast_code(from, step.dtype))),
            (StepOp::Cast, _) => Err(self.mismatch("a cast of another number of operands")),
            (StepOp::Const(_), _) if step.splat => Ok(None),
            (StepOp::Const(_), _) => Err(self.mismatch("a constant with axes")),
        }
    }

    /// Decides where each step leaves its elements.
    pub(super) fn assign_places(&mut self) {
        self.homes.clear();
        self.places = if self.native.is_some() { self.native_places() } else { self.interpreted_places() };
        (self.once, self.each) = (Vec::new(), Vec::new());
        let interpreted = |step: &Step| step.splat || self.native.is_none();
        for (i, step) in self.group.steps.iter().enumerate().filter(|(_, step)| interpreted(step)) {
            let lane = |slot: &Slot| match self.slot(*slot) {
                Named::Source(s) => Some(s),
                Named::Step(s) => self.places[s].map(|home| self.sources.len() + home),
            };
            if let (Some(code), Some(home)) = (self.codes[i], self.places[i])
                && let Some(args) = step.args.iter().map(lane).collect()
            {
                let steps = if step.splat { &mut self.once } else { &mut self.each };
                steps.push(frame::Step { code, args, to: self.sources.len() + home });
            }
        }
        self.copies.clear();
        for output in &self.results {
            if let Output::Slot(slot) = *output
                && let (Named::Source(s), false) = (self.slot(slot), self.is_splat(slot))
                && !self.copies.iter().any(|(source, _)| *source == s)
            {
                self.copies.push((s, self.homes.len()));
                self.homes.push(Room { dtype: self.sources[s].dtype, reach: Reach::Space });
            }
        }
    }

    /// The reach of a step that leaves the group.
    fn reach(&self, step: usize) -> Reach {
        let slot = self.group.inputs.len() + step;
        let is_result = self.results.iter().any(|o| matches!(o, Output::Slot(s) if *s == slot));
        let is_reduced = self.reductions.iter().any(|r| r.slot == slot);
        match (self.group.steps[step].splat, is_result, is_reduced) {
            (true, _, _) => Reach::One,
            (false, true, _) => Reach::Space,
            (false, false, true) => Reach::Tile,
            (false, false, false) => Reach::Chunk,
        }
    }

    /// Outputs first, in order; then single elements, which are there without tiles too. The rest stays in registers.
    fn native_places(&mut self) -> Vec<Option<Home>> {
        let inputs = self.group.inputs.len();
        let splats = (0..self.group.steps.len()).filter(|i| self.group.steps[*i].splat);
        let outputs = self.group.outputs.iter().filter_map(|slot| slot.checked_sub(inputs));
        let mut places = vec![None; self.group.steps.len()];
        for step in outputs.chain(splats) {
            if places[step].is_none() {
                places[step] = Some(self.homes.len());
                self.homes.push(Room { dtype: self.group.steps[step].dtype, reach: self.reach(step) });
            }
        }
        places
    }

    /// One home a result and a single element; buffers are used again after their last reader.
    fn interpreted_places(&mut self) -> Vec<Option<Home>> {
        let last = self.last_uses();
        let mut places: Vec<Option<Home>> = Vec::with_capacity(self.group.steps.len());
        let mut free: Vec<Home> = Vec::new();
        for (i, step) in self.group.steps.iter().enumerate() {
            let reach = self.reach(i);
            let again = free.iter().position(|&home| reach == Reach::Chunk && self.homes[home].dtype == step.dtype);
            let home = match again {
                Some(at) => free.swap_remove(at),
                None => {
                    self.homes.push(Room { dtype: step.dtype, reach });
                    self.homes.len() - 1
                }
            };
            places.push(Some(home));
            // A step never writes where it reads: buffers are freed after their last reader has its own.
            for (before, home) in places.iter().enumerate() {
                if let Some(home) = *home
                    && self.homes[home].reach == Reach::Chunk
                    && last[before] == i
                    && !free.contains(&home)
                {
                    free.push(home);
                }
            }
        }
        places
    }

    /// By step: the last step that reads it.
    fn last_uses(&self) -> Vec<usize> {
        let inputs = self.group.inputs.len();
        let mut last = vec![0; self.group.steps.len()];
        for (i, step) in self.group.steps.iter().enumerate() {
            last[i] = last[i].max(i);
            for &arg in &step.args {
                if let Some(made) = arg.checked_sub(inputs) {
                    last[made] = last[made].max(i);
                }
            }
        }
        last
    }
}

/// The places of a body's values while it is prepared.
struct Builder<'a> {
    body: &'a Func,
    origins: HashMap<Value, Origin>,
    slots: HashMap<Value, Slot>,
    sources: Vec<Source>,
    steps: usize,
}

impl Builder<'_> {
    /// The slot of a value, made a source if it is neither step nor input of the group.
    fn slot(&mut self, v: Value) -> Result<Slot, KernelError> {
        if !self.slots.contains_key(&v) {
            self.source(v)?;
            // Sources after the group's inputs are numbered after the steps.
            self.slots.insert(v, self.sources.len() - 1 + self.steps);
        }
        Ok(self.slots[&v])
    }

    fn source(&mut self, v: Value) -> Result<(), KernelError> {
        let origin = self.origins.get(&v).cloned();
        let origin = origin.ok_or_else(|| KernelError::mismatch(&self.body.name, "a reduction of a reduction"))?;
        let ty = self.body.ty(v);
        self.slots.insert(v, self.sources.len());
        self.sources.push(Source { dtype: ty.dtype, splat: ty.rank() == Some(0), origin });
        Ok(())
    }
}

/// Refuses bodies that the rest of this file could not read.
fn check(body: &Func) -> Result<(), KernelError> {
    let wrong = |why: String| KernelError::mismatch(&body.name, why);
    let typed = |v: &Value| body.values.get(v.0 as usize).is_some_and(|d| d.ty.as_ref().is_some_and(|t| t.rank().is_some()));
    let mut known: Vec<Value> = body.params.clone();
    for inst in &body.insts {
        if inst.results.len() != 1 || !inst.args.iter().all(|a| known.contains(a)) {
            return Err(wrong(format!("`{}` is not in order", inst.op.name())));
        }
        let arity = match &inst.op {
            Op::Map(op) => op.arity(),
            Op::Cast(_) | Op::Reduce { .. } | Op::Index { .. } => 1,
            Op::Const(_) | Op::Dim(_) => 0,
            Op::ShapeOf { .. }
            | Op::Matmul { .. }
            | Op::Contract(_)
            | Op::Transpose { .. }
            | Op::Reshape { .. }
            | Op::Concatenate { .. }
            | Op::Fill { .. }
            | Op::Arange { .. }
            | Op::Eye { .. }
            | Op::Solve
            | Op::Data(_)
            | Op::Call(_)
            | Op::Item
            | Op::Choose
            | Op::Kernel(_) => return Err(KernelError::Unsupported(format!("`{}` inside a kernel", inst.op.name()))),
        };
        if inst.args.len() != arity {
            return Err(wrong(format!("`{}` of {} operands", inst.op.name(), inst.args.len())));
        }
        known.extend(&inst.results);
    }
    if !known.iter().all(typed) || !body.results.iter().all(|r| known.contains(r)) {
        return Err(wrong("a value without definition or type".to_owned()));
    }
    Ok(())
}

/// What the parameters and the views of the body are.
fn origins(body: &Func) -> Result<HashMap<Value, Origin>, KernelError> {
    let mut origins = HashMap::new();
    for (index, &v) in body.params.iter().enumerate() {
        let axes = (0..body.ty(v).rank().unwrap_or(0)).map(Some).collect();
        origins.insert(v, Origin::Param { index, axes });
    }
    for inst in &body.insts {
        match &inst.op {
            Op::Dim(n) => {
                let n = n.as_const().ok_or_else(|| KernelError::Unsupported("a size that is not bound".to_owned()))?;
                origins.insert(inst.results[0], Origin::Dim(n));
            }
            Op::Index { items } => {
                let Some(Origin::Param { index, axes }) = origins.get(&inst.args[0]) else {
                    return Err(KernelError::Unsupported("an index of a computed value inside a kernel".to_owned()));
                };
                let view = Origin::Param { index: *index, axes: view(axes, items)? };
                origins.insert(inst.results[0], view);
            }
            Op::Map(_) | Op::Cast(_) | Op::Const(_) | Op::Reduce { .. } => {}
            Op::ShapeOf { .. }
            | Op::Matmul { .. }
            | Op::Contract(_)
            | Op::Transpose { .. }
            | Op::Reshape { .. }
            | Op::Concatenate { .. }
            | Op::Fill { .. }
            | Op::Arange { .. }
            | Op::Eye { .. }
            | Op::Solve
            | Op::Data(_)
            | Op::Call(_)
            | Op::Item
            | Op::Choose
            | Op::Kernel(_) => {}
        }
    }
    Ok(origins)
}

/// The axes of a view under an index that only adds axes.
fn view(axes: &[Option<usize>], items: &[IndexItem]) -> Result<Vec<Option<usize>>, KernelError> {
    let other = || KernelError::Unsupported("an index inside a kernel that does more than add axes".to_owned());
    let mut rest = axes.iter().copied();
    let named = items.iter().filter(|i| matches!(i, IndexItem::Slice { .. })).count();
    let mut out = Vec::new();
    for item in items {
        match item {
            IndexItem::NewAxis => out.push(None),
            IndexItem::Slice { start: None, stop: None, step: 1 } => out.push(rest.next().ok_or_else(other)?),
            IndexItem::Ellipsis => out.extend(rest.by_ref().take(axes.len().saturating_sub(named))),
            IndexItem::At(_) | IndexItem::Slice { .. } => return Err(other()),
        }
    }
    out.extend(rest);
    Ok(out)
}

/// Axes as positions.
fn positions(axes: Option<&[i64]>, rank: usize) -> Result<Vec<usize>, KernelError> {
    let position = |&axis: &i64| usize::try_from(axis).ok().filter(|&a| a < rank);
    match axes {
        None => Ok((0..rank).collect()),
        Some(axes) => axes
            .iter()
            .map(|a| position(a).ok_or_else(|| KernelError::mismatch("reduce", format!("axis {a} of rank {rank}"))))
            .collect(),
    }
}
