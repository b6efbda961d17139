//! A call: bind sizes, tile, place, submit. A plan is made once for each kind of call.
//!
//! `Program` is what the macro embeds: IR text, decoded at first use. Its plans are cached by what they depend on: dtypes,
//! shapes, cuts and homes of the arrays, kinds of the scalars, values of the scalars that size something, and the cluster's
//! nodes. So the second iteration of a loop binds, tiles and places nothing.

mod outputs;

pub use outputs::{FromOutput, FromOutputs, Output};

use crate::array::{DynArray, Homes};
use crate::cluster::Cluster;
use crate::error::{Error, Result};
use crate::place::{ClusterSpec, Placed, homes, place};
use crate::plan::{Plan, tiled};
use crate::pool::Call;
use nums_ir::bind::{Bound, Narrowed, bind_call, bind_step, narrowed, size_scalars};
use nums_ir::diag::Diag;
use nums_ir::dim::Symbol;
use nums_ir::dtype::{DType, Kind};
use nums_ir::explain::explain;
use nums_ir::func::{Func, Op, Scalar, Stage, Value};
use nums_ir::graph::{ArrayId, Graph, NodeId, Placement};
use nums_ir::grid::Grid;
use nums_ir::wait::{Step, Wait};
use nums_ir::{infer, pass, text, tile, tiling, window};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A program embedded by the macro: the text of its parsed and, for functions, its fused form.
pub struct Program {
    name: &'static str,
    parsed: &'static [u8],
    fused: Option<&'static [u8]>,
    file: &'static str,
    unoptimised: bool,
    decoded: OnceLock<Result<Decoded>>,
}

struct Decoded {
    parsed: Func,
    fused: Option<Func>,
    /// Integer parameters that size something.
    sizing: Vec<Symbol>,
    plans: Mutex<HashMap<Key, Arc<Route>>>,
}

/// What a kind of call does: one plan, or a part to wait for and what follows it.
enum Route {
    Whole(Planned),
    Wait {
        first: Planned,
        wait: Box<Wait>,
        /// What follows, by the awaited value.
        then: Mutex<HashMap<ValueKey, Arc<Route>>>,
    },
}

/// An awaited value as a key: an integer, or the bits of another plain number.
type ValueKey = (Kind, i128);

/// Plans that a program keeps; past that it begins anew.
const PLANS: usize = 256;

/// Whether the user was told that kernels are slow.
static SAID: AtomicBool = AtomicBool::new(false);
const UNOPTIMISED: &str = "are compiled at opt-level 0, about 50 times slower than at 2: add `[profile.dev] opt-level = 2` and \
    `[profile.dev.package.\"*\"] opt-level = 3` to Cargo.toml, or build with --release";

/// What a plan depends on: what it is asked for, where its inputs are, and all that planning knows of the cluster as its members are
/// now.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    args: Vec<ArgKey>,
    spec: ClusterSpec,
    living: Arc<[NodeId]>,
}

#[derive(PartialEq, Eq, Hash)]
enum ArgKey {
    Array(DType, Grid, Homes),
    /// The kind of a scalar; its value where it sizes something.
    Scalar(Kind, Option<i128>),
}

/// A plan that can be submitted again and again.
struct Planned {
    graph: Arc<Graph>,
    placement: Arc<Placement>,
    outputs: Vec<PlannedOutput>,
    /// Labels of the last outputs, which are reported and not returned.
    labels: Vec<String>,
    n_inputs: usize,
    /// The blocks that are read of each array argument, by their numbers; `None` for all.
    read: Vec<Option<Vec<usize>>>,
    /// Plain integers that must fit a dtype, which every call checks.
    narrowed: Vec<Narrowed>,
}

struct PlannedOutput {
    array: ArrayId,
    weak: bool,
    homes: Arc<[NodeId]>,
}

/// An argument of a call.
#[derive(Clone)]
pub enum Arg {
    /// A handle.
    Array(DynArray),
    /// A plain scalar.
    Scalar(Scalar),
}

impl Program {
    /// A program from its texts. `fused` is `None` for expressions.
    pub const fn new(name: &'static str, parsed: &'static [u8], fused: Option<&'static [u8]>, file: &'static str) -> Program {
        Program { name, parsed, fused, file, unoptimised: false, decoded: OnceLock::new() }
    }

    /// As `new`, in a crate whose kernels are compiled without optimisation: that is said once when one is called.
    pub const fn unoptimised(
        name: &'static str,
        parsed: &'static [u8],
        fused: Option<&'static [u8]>,
        file: &'static str,
    ) -> Program {
        Program { name, parsed, fused, file, unoptimised: true, decoded: OnceLock::new() }
    }

    fn decoded(&self) -> Result<&Decoded> {
        let decoded = self.decoded.get_or_init(|| {
            let read = |bytes: &[u8]| {
                let text = std::str::from_utf8(bytes).map_err(|e| Error::Protocol { what: format!("embedded IR: {e}") })?;
                text::parse(text).map_err(|e| Error::Protocol { what: format!("embedded IR of `{}`: {e}", self.name) })
            };
            let parsed = read(self.parsed)?;
            let fused = self.fused.map(read).transpose()?;
            let sizing = size_scalars(&parsed).into_iter().chain(fused.iter().flat_map(size_scalars)).collect();
            Ok(Decoded { parsed, fused, sizing, plans: Mutex::new(HashMap::new()) })
        });
        decoded.as_ref().map_err(Clone::clone)
    }

    /// A mistake that only sizes show, with file, line and column.
    fn mistake(&self, diag: &Diag) -> Error {
        // A parameter has its place in the message alone.
        let place = match diag.loc.line {
            0 => self.file.to_owned(),
            line => format!("{}:{line}:{}", self.file, diag.loc.column),
        };
        Error::Program { name: self.name.to_owned(), place, message: diag.to_string() }
    }

    /// Runs the program on arguments; returns when it is submitted.
    pub(crate) fn run(&'static self, args: &[Arg]) -> Result<Vec<Output>> {
        let cluster = cluster_of(args)?;
        let decoded = self.decoded()?;
        if self.unoptimised && self.fused.is_some() && !SAID.swap(true, Ordering::Relaxed) {
            eprintln!("nums: `{}` and its kernels {UNOPTIMISED}", self.name);
        }
        let key = decoded.key(args, &cluster);
        let known = decoded.plans.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let route = match known {
            Some(route) => route,
            None => {
                let step = decoded.step(&bounds(args)).map_err(|d| self.mistake(&d))?;
                let route = Arc::new(Route::new(step, args, &cluster, &|d| self.mistake(d))?);
                keep(&decoded.plans, key, &route);
                route
            }
        };
        self.follow(&route, &cluster, args.to_vec())
    }

    /// Submits a route part by part; waits where a value decides how it goes on.
    fn follow(&'static self, route: &Arc<Route>, cluster: &Cluster, mut args: Vec<Arg>) -> Result<Vec<Output>> {
        let mut route = Arc::clone(route);
        loop {
            let (planned, wait, then) = match &*route {
                Route::Whole(planned) => {
                    self.narrow(planned, &args)?;
                    let mut outputs = planned.submit(cluster, self.name, self.file, &args)?;
                    let printed = outputs.split_off(outputs.len() - planned.labels.len());
                    let printed = planned.labels.iter().cloned().zip(printed.into_iter().map(|o| o.array));
                    crate::report::later(printed.collect());
                    return Ok(outputs);
                }
                Route::Wait { first, wait, then } => (first, wait, then),
            };
            self.narrow(planned, &args)?;
            let mut outputs = planned.submit(cluster, self.name, self.file, &args)?.into_iter();
            let Some(awaited) = outputs.next() else {
                return Err(Error::Protocol { what: format!("a part of `{}` has no value to wait for", self.name) });
            };
            let value = crate::array::element(&awaited.array)?;
            args.extend(outputs.map(|o| Arg::Array(o.array)));
            let key = (value.kind(), bits(value));
            let next = then.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
            route = match next {
                Some(next) => next,
                None => {
                    let plain = |(p, a): (&Value, &Arg)| if let Arg::Scalar(s) = a { Some((*p, *s)) } else { None };
                    let known = wait.params().iter().zip(&args).filter_map(plain).collect();
                    let step = wait.resume(value, &known).map_err(|d| self.mistake(&d))?;
                    let next = Arc::new(Route::new(step, &args, cluster, &|d| self.mistake(d))?);
                    keep(then, key, &next);
                    next
                }
            };
        }
    }

    /// Plain integers that must fit a dtype.
    fn narrow(&self, planned: &Planned, args: &[Arg]) -> Result<()> {
        for narrowed in &planned.narrowed {
            if let Some(Arg::Scalar(value)) = args.get(narrowed.param) {
                narrowed.check(*value).map_err(|d| self.mistake(&d))?;
            }
        }
        Ok(())
    }

    /// The text at a stage that needs no sizes.
    pub(crate) fn ir(&self, stage: Stage) -> Result<String> {
        let decoded = self.decoded()?;
        let typed = || infer::infer(&decoded.parsed).map_err(|d| self.mistake(&d[0]));
        let fused = || match &decoded.fused {
            Some(fused) => Ok(fused.clone()),
            None => match typed()? {
                typed if typed.is_ranked() => Ok(pass::run(typed)),
                _ => Err(Error::Unsupported {
                    what: format!("fusing `{}` before its ranks are known: ask `plan(&spec, shapes)`", self.name),
                }),
            },
        };
        Ok(match stage {
            Stage::Parsed => text::print(&decoded.parsed),
            Stage::Typed => text::print(&typed()?),
            Stage::Fused => fused().map(|f| text::print(&f) + &explain(&f))?,
            Stage::Tiled => fused().map(|f| text::print_kernels(&f) + &tiling::explain(kernels(&f), None) + &explain(&f))?,
            Stage::Placed => {
                return Err(Error::Unsupported { what: "placing without sizes: ask `plan(&spec, shapes)`".into() });
            }
        })
    }

    /// The text at a stage for these arguments: the only one that an expression has after the parsed stage.
    pub(crate) fn ir_of(&self, stage: Stage, args: &[Arg]) -> Result<String> {
        let decoded = self.decoded()?;
        if stage == Stage::Parsed {
            return Ok(text::print(&decoded.parsed));
        }
        let bound = decoded.bind(&bounds(args)).map_err(|d| self.mistake(&d))?;
        if stage <= Stage::Fused {
            let typed = nums_ir::bind::typed(&decoded.parsed, &bounds(args)).map_err(|d| self.mistake(&d))?;
            return Ok(if stage == Stage::Typed { text::print(&typed) } else { text::print(&bound) + &explain(&bound) });
        }
        let cluster = cluster_of(args)?;
        let planned = Planned::new(&bound, args, &cluster, &|d| self.mistake(d))?;
        Ok(match stage {
            Stage::Placed => text::print_placed(&planned.graph, &planned.placement),
            Stage::Parsed | Stage::Typed | Stage::Fused | Stage::Tiled => tiled(&planned.graph, &cluster.spec()),
        })
    }

    /// The plan for array parameters of these shapes, in blocks of these sizes (the default cut where there are none), and
    /// values of the integer parameters, or of the integer and boolean ones.
    pub(crate) fn plan(&self, spec: &ClusterSpec, shapes: &[&[usize]], blocks: &[&[usize]], ints: &[i64]) -> Result<Plan> {
        let decoded = self.decoded()?;
        let func = decoded.fused.as_ref().unwrap_or(&decoded.parsed);
        let what = || format!("plan of `{}`", self.name);
        let scalars = self.scalars(decoded, func, ints)?;
        let (mut shapes, mut blocks, mut scalars) = (shapes.iter(), blocks.iter(), scalars.into_iter());
        let (mut args, mut grids) = (Vec::new(), Vec::new());
        for p in &func.params {
            let data = func.data(*p);
            let name = data.name.as_deref().unwrap_or("?");
            let Some(ty) = &data.ty else {
                return Err(Error::Unsupported { what: format!("{}: `{name}` has no declared type", what()) });
            };
            if ty.weak {
                args.extend(scalars.next().map(Bound::Scalar));
                continue;
            }
            let Some(shape) = shapes.next() else {
                return Err(Error::Shape { what: what(), why: format!("no shape for `{name}`") });
            };
            args.push(Bound::Array(ty.dtype, shape.to_vec()));
            grids.push(match blocks.next() {
                Some(block) if block.len() == shape.len() && !block.contains(&0) => Grid::new(shape, block),
                Some(block) => {
                    let why = format!("blocks {block:?} do not fit shape {shape:?} of `{name}`");
                    return Err(Error::Shape { what: what(), why });
                }
                None => Grid::default_for(shape, ty.dtype),
            });
        }
        if shapes.next().is_some() {
            return Err(Error::Shape { what: what(), why: format!("more shapes than the {} array parameters", grids.len()) });
        }
        let bound = match decoded.step(&args).map_err(|d| self.mistake(&d))? {
            Step::Whole(bound) => bound,
            Step::Wait(wait) => return Err(self.mistake(&unplanned(self.name, &wait))),
        };
        let graph = tile::tile(&bound, &grids).map_err(|d| self.mistake(&d))?;
        let at: Vec<NodeId> = grids.iter().flat_map(|g| homes(g, spec.nodes.len())).collect();
        Ok(Plan::new(place(graph, spec, &at)?, spec.clone(), bound))
    }

    /// The plain parameters of a plan. `given` are the integers in order, or the integers and booleans; one that sizes something or
    /// chooses a branch must be among them, and the others do not change a plan.
    fn scalars(&self, decoded: &Decoded, func: &Func, given: &[i64]) -> Result<Vec<Scalar>> {
        let refused = |why: String| Error::Shape { what: format!("plan of `{}`", self.name), why };
        let plain: Vec<Value> =
            func.params.iter().copied().filter(|p| func.data(*p).ty.as_ref().is_some_and(|t| t.weak)).collect();
        let count = |kind: Kind| plain.iter().filter(|p| func.ty(**p).dtype.kind() == kind).count();
        let (ints, bools) = (count(Kind::Int), count(Kind::Bool));
        let with_bools = given.len() == ints + bools;
        if !with_bools && given.len() > ints {
            let why = format!("{} values for {ints} integer and {bools} boolean parameters", given.len());
            return Err(refused(why));
        }
        let mut given = given.iter().copied();
        let scalar = |p: &Value| {
            let kind = func.ty(*p).dtype.kind();
            let value = match kind {
                Kind::Int => given.next(),
                Kind::Bool if with_bools => given.next(),
                Kind::Bool | Kind::Float | Kind::Complex => None,
            };
            let name = func.data(*p).name.as_deref().unwrap_or("?");
            if value.is_none() && decoded.sizing.iter().any(|s| **s == *name) {
                return Err(refused(match kind {
                    Kind::Bool => format!("`{name}` chooses a branch: give the integers and booleans to `plan_with`, True as 1"),
                    Kind::Int | Kind::Float | Kind::Complex => {
                        format!("`{name}` decides a size or a branch: give its value to `plan_with`")
                    }
                }));
            }
            Ok(match kind {
                Kind::Bool => Scalar::Bool(value.is_some_and(|v| v != 0)),
                Kind::Int => Scalar::Int(i128::from(value.unwrap_or(1))),
                Kind::Float => Scalar::Float(0.0),
                Kind::Complex => Scalar::Complex(0.0, 0.0),
            })
        };
        plain.iter().map(scalar).collect()
    }
}

/// A call that waits on its way has no plan as a whole.
fn unplanned(name: &str, wait: &Wait) -> Diag {
    let (loc, value) = wait.awaited();
    let what = value.map_or_else(|| "a value".to_owned(), |v| format!("the value of `{v}`"));
    Diag::new(loc, format!("`{name}` waits here for {what}, which decides a size or a branch: it has no plan as a whole"))
        .help("plan its parts: make functions of what stands before and behind")
}

/// Keeps a route; a full table begins anew.
fn keep<K: Eq + std::hash::Hash>(table: &Mutex<HashMap<K, Arc<Route>>>, key: K, route: &Arc<Route>) {
    let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
    if table.len() >= PLANS {
        table.clear();
    }
    table.insert(key, Arc::clone(route));
}

/// A plain number as an integer that no other of its kind has.
fn bits(value: Scalar) -> i128 {
    match value {
        Scalar::Bool(b) => i128::from(b),
        Scalar::Int(i) => i,
        Scalar::Float(x) => i128::from(x.to_bits()),
        Scalar::Complex(re, im) => i128::from(re.to_bits()) << 64 | i128::from(im.to_bits()),
    }
}

impl Route {
    fn new(step: Step, args: &[Arg], cluster: &Cluster, mistake: &dyn Fn(&Diag) -> Error) -> Result<Route> {
        let _step = crate::trace::step("plan", "");
        Ok(match step {
            Step::Whole(bound) => Route::Whole(Planned::new(&bound, args, cluster, mistake)?),
            Step::Wait(wait) => {
                let first = Planned::new(&wait.first, args, cluster, mistake)?;
                Route::Wait { first, wait, then: Mutex::new(HashMap::new()) }
            }
        })
    }
}

impl Decoded {
    /// What a call with these arguments does first.
    fn step(&self, args: &[Bound]) -> std::result::Result<Step, Diag> {
        bind_step(&self.parsed, self.fused.as_ref(), args)
    }

    /// The program with the sizes of these arguments.
    fn bind(&self, args: &[Bound]) -> std::result::Result<Func, Diag> {
        bind_call(&self.parsed, self.fused.as_ref(), args)
    }

    fn key(&self, args: &[Arg], cluster: &Cluster) -> Key {
        let (spec, living) = cluster.pool().planning();
        let func = self.fused.as_ref().unwrap_or(&self.parsed);
        let sizes = |p: &Value| func.data(*p).name.as_deref().is_some_and(|n| self.sizing.iter().any(|s| &**s == n));
        let args = args.iter().zip(&func.params).map(|(arg, p)| match arg {
            Arg::Array(a) => ArgKey::Array(a.dtype(), a.grid().clone(), a.homes_key(&living)),
            Arg::Scalar(s @ (Scalar::Int(_) | Scalar::Bool(_))) if sizes(p) => ArgKey::Scalar(s.kind(), Some(bits(*s))),
            Arg::Scalar(s) => ArgKey::Scalar(s.kind(), None),
        });
        Key { args: args.collect(), spec, living: living.nodes }
    }
}

impl Planned {
    /// `mistake` words what does not fit at these sizes.
    fn new(bound: &Func, args: &[Arg], cluster: &Cluster, mistake: &dyn Fn(&Diag) -> Error) -> Result<Planned> {
        let arrays = || args.iter().filter_map(|a| if let Arg::Array(a) = a { Some(a) } else { None });
        let grids: Vec<Grid> = arrays().map(|a| a.grid().clone()).collect();
        // What follows depends on what is read, not on what there is.
        let (bound, windows) = window::windows(bound, &grids);
        let read: Vec<Option<Vec<usize>>> =
            windows.iter().zip(&grids).map(|(w, g)| (!w.is_whole(g)).then(|| w.blocks(g))).collect();
        let grids: Vec<Grid> = windows.into_iter().map(|w| w.grid).collect();
        let graph = tile::tile(&bound, &grids).map_err(|d| mistake(&d))?;
        let (spec, living) = cluster.pool().planning();
        let inputs = arrays().zip(&read).flat_map(|(a, read)| picked(&a.homes(&living), read.as_deref()));
        let inputs: Vec<NodeId> = inputs.map(|n| living.number(n)).collect();
        let Placed { graph, placement, .. } = place(graph, &spec, &inputs)?;
        let placement = living.name(placement);
        let outputs = graph.outputs.iter().map(|o| {
            let made = graph.tasks.iter().zip(&placement.tasks).flat_map(|(t, n)| t.outs.iter().map(move |b| (*b, *n)));
            let by_block: HashMap<_, _> = made.collect();
            let at = graph.array(o.array).blocks().map(|b| by_block.get(&b).copied().unwrap_or_default()).collect();
            PlannedOutput { array: o.array, weak: o.weak, homes: at }
        });
        let outputs = outputs.collect();
        let n_inputs = inputs.len();
        let (narrowed, labels) = (narrowed(&bound), bound.labels);
        Ok(Planned { graph: Arc::new(graph), placement: Arc::new(placement), outputs, labels, n_inputs, read, narrowed })
    }

    fn submit(&self, cluster: &Cluster, name: &str, file: &str, args: &[Arg]) -> Result<Vec<Output>> {
        let arrays: Vec<&DynArray> = args.iter().filter_map(|a| if let Arg::Array(a) = a { Some(a) } else { None }).collect();
        let scalars = args.iter().filter_map(|a| if let Arg::Scalar(s) = a { Some(*s) } else { None }).collect();
        let made = (self.graph.n_blocks() - self.n_inputs) as u64;
        let first = cluster.pool().reserve(made);
        let call = Call {
            name: name.to_owned(),
            number: cluster.next_call(),
            file: file.to_owned(),
            graph: Arc::clone(&self.graph),
            placement: Arc::clone(&self.placement),
            inputs: arrays.iter().zip(&self.read).flat_map(|(a, read)| picked(a.blocks(), read.as_deref())).collect(),
            scalars,
            first,
        };
        cluster.pool().submit(call)?;
        // One handle an array, also when it is returned twice: the last one releases its blocks.
        let mut handles: HashMap<ArrayId, DynArray> = HashMap::new();
        let outputs = self.outputs.iter().map(|o| {
            let input = self.graph.inputs.iter().position(|i| *i == o.array);
            let array = match input {
                Some(i) => arrays[i].clone(),
                None => handles
                    .entry(o.array)
                    .or_insert_with(|| {
                        let array = self.graph.array(o.array);
                        let gid = |b: nums_ir::graph::BlockId| first + u64::from(b.0) - self.n_inputs as u64;
                        let blocks = array.blocks().map(gid).collect();
                        DynArray::new(cluster.clone(), array.dtype, array.grid.clone(), blocks, Arc::clone(&o.homes))
                    })
                    .clone(),
            };
            Output { array, weak: o.weak }
        });
        Ok(outputs.collect())
    }
}

/// Those of `all` that are read.
fn picked<T: Copy>(all: &[T], read: Option<&[usize]>) -> Vec<T> {
    match read {
        Some(read) => read.iter().map(|i| all[*i]).collect(),
        None => all.to_vec(),
    }
}

/// Runs a bound function of the library itself; the first result.
pub(crate) fn run_bound(cluster: &Cluster, name: &str, func: &Func, args: &[Arg]) -> Result<DynArray> {
    let wrong = |d: &Diag| Error::Program { name: name.to_owned(), place: String::new(), message: d.to_string() };
    let planned = Planned::new(func, args, cluster, &wrong)?;
    Ok(planned.submit(cluster, name, "", args)?.swap_remove(0).array)
}

fn bounds(args: &[Arg]) -> Vec<Bound> {
    let bound = |arg: &Arg| match arg {
        Arg::Array(a) => Bound::Array(a.dtype(), a.shape().to_vec()),
        Arg::Scalar(s) => Bound::Scalar(*s),
    };
    args.iter().map(bound).collect()
}

/// The cluster of the operands; without any the current one.
fn cluster_of(args: &[Arg]) -> Result<Cluster> {
    let mut found: Option<&Cluster> = None;
    for arg in args {
        let Arg::Array(array) = arg else { continue };
        match found {
            Some(cluster) if cluster != array.cluster() => {
                let why = format!("operands live on {cluster:?} and on {:?}", array.cluster());
                return Err(Error::Clusters { why });
            }
            Some(_) => {}
            None => found = Some(array.cluster()),
        }
    }
    found.map_or_else(Cluster::current, |c| Ok(c.clone()))
}

/// The kernels of a fused function.
fn kernels(func: &Func) -> impl Iterator<Item = &Func> {
    func.insts.iter().filter_map(|inst| if let Op::Kernel(body) = &inst.op { Some(&**body) } else { None })
}
