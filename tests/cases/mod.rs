//! What the tests of executions share: programs, the axes that they are over, and who runs them.
//!
//! A program is a function of arrays of `f64` whose axes are letters; a `Cut` says how long an axis is and into how many blocks it
//! goes. `check` holds all executions of all programs to each other: the evaluator, natively, interpreted, fused and not, with
//! every set of instructions, on threads and processes, in large tiles and in the smallest.

use crate::tasks;
use nums::__emitted::{Argument, FromOutputs, Program, call};
use nums::{Array, Cluster, DType, DynArray, Stage};
use nums_ir::bind::{Bound, bind, typed};
use nums_ir::eval::{Tensor, eval};
use nums_ir::grid::Grid;
use nums_ir::pass::run_apart;
use nums_ir::text;
use nums_runtime::call::{FromOutput, Output};

/// A program: its name, its code, its text, and the axes of its operands.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) program: &'static Program,
    pub(crate) text: fn(Stage) -> String,
    pub(crate) operands: &'static [&'static str],
}

macro_rules! programs {
    ($($name:ident($($axes:literal),*);)*) => {
        &[$(crate::cases::Case { name: stringify!($name), program: &$name::PROGRAM, text: $name::ir, operands: &[$($axes),*] }),*]
    };
}

/// How many rows there are, and into how many blocks rows and the other axes are cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    pub(crate) n: usize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl Cut {
    /// Size and block size of an axis.
    fn axis(self, name: char) -> (usize, usize) {
        let (size, parts) = match name {
            'n' => (self.n, self.rows),
            'd' => (13, self.columns),
            'k' => (5, self.columns),
            'm' => (40, self.columns),
            '1' => (1, 1),
            '2' => (2, 1),
            _ => panic!("no axis `{name}`"),
        };
        (size, size.div_ceil(parts).max(1))
    }

    fn shape(self, axes: &str) -> Vec<usize> {
        axes.chars().map(|a| self.axis(a).0).collect()
    }

    fn block(self, axes: &str) -> Vec<usize> {
        axes.chars().map(|a| self.axis(a).1).collect()
    }
}

/// Elements between -1 and 1 without a pattern (splitmix64), so that matrices have their full rank.
fn noise(n: usize, seed: usize) -> Vec<f64> {
    let of = |i: usize| {
        let mut z = ((seed << 32 | i) as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..n).map(of).collect()
}

impl Case {
    /// Elements and shapes of the operands.
    fn arrays(&self, cut: Cut) -> impl Iterator<Item = (Vec<f64>, Vec<usize>)> {
        self.operands.iter().enumerate().map(move |(at, axes)| {
            let shape = cut.shape(axes);
            (noise(shape.iter().product(), at), shape)
        })
    }

    fn tensors(&self, cut: Cut) -> Vec<Tensor> {
        self.arrays(cut).map(|(v, shape)| Tensor::from_vec(&shape, v).unwrap()).collect()
    }

    fn bounds(&self, cut: Cut) -> Vec<Bound> {
        self.arrays(cut).map(|(_, shape)| Bound::Array(DType::F64, shape)).collect()
    }

    fn parsed(&self, stage: Stage) -> nums_ir::func::Func {
        text::parse(&(self.text)(stage)).unwrap_or_else(|e| panic!("{}: {e}", self.name))
    }

    /// The program whose every operator makes its whole result. Where products follow each other a call looks for their order anew
    /// and fuses: `unfused` does not.
    fn apart(&self) -> &'static Program {
        let fused: &'static str = text::print(&run_apart(self.parsed(Stage::Typed))).leak();
        let parsed: &'static str = (self.text)(Stage::Parsed).leak();
        Box::leak(Box::new(Program::new(self.name, parsed.as_bytes(), Some(fused.as_bytes()), "unfused")))
    }

    /// Calls `program` on the cluster that is entered.
    pub(crate) fn call(&self, program: &'static Program, cut: Cut) -> nums::Result<Vec<DynArray>> {
        let array = |((v, shape), axes): ((Vec<f64>, Vec<usize>), &&str)| {
            Array::from_vec(v, &shape).and_then(|a| a.rechunk(&cut.block(axes)))
        };
        let arrays: Vec<Array<f64>> = self.arrays(cut).zip(self.operands).map(array).collect::<nums::Result<_>>()?;
        let args: Vec<&dyn Argument> = arrays.iter().map(|a| a as &dyn Argument).collect();
        call::<All>(program, &args).map(|All(answer)| answer)
    }

    /// The answers of `program` on a cluster.
    fn run(&self, cluster: &Cluster, program: &'static Program, cut: Cut) -> Found {
        let _entered = cluster.enter();
        self.call(program, cut).and_then(|answer| answer.iter().map(bits).collect()).map_err(|e| e.to_string())
    }

    /// The evaluator's answers on whole arrays.
    fn evaluated(&self, n: usize) -> Result<Vec<Vec<f64>>, String> {
        let cut = Cut { n, rows: 1, columns: 1 };
        let func = bind(&self.parsed(Stage::Typed), &self.bounds(cut)).map_err(|e| e.to_string())?;
        let answer = eval(&func, &self.tensors(cut)).map_err(|e| e.to_string())?;
        Ok(answer.iter().map(|t| t.cast(DType::F64).to_vec::<f64>().unwrap()).collect())
    }

    /// The answers where every operator makes its whole result, its tasks run one by one in this thread.
    fn unfused(&self, cut: Cut) -> Found {
        let typed = typed(&self.parsed(Stage::Parsed), &self.bounds(cut)).map_err(|e| e.to_string())?;
        let grids: Vec<Grid> = self.operands.iter().map(|axes| Grid::new(&cut.shape(axes), &cut.block(axes))).collect();
        let answer = tasks::answers(&run_apart(typed), &self.tensors(cut), &[], &grids)?;
        let bits = |t: &Tensor| t.cast(DType::F64).to_vec::<f64>().unwrap().iter().map(|x| x.to_bits()).collect();
        Ok(answer.iter().map(|t| (t.dtype(), t.shape().to_vec(), bits(t))).collect())
    }
}

/// All results of a call, however many.
struct All(Vec<DynArray>);

impl FromOutputs for All {
    fn from_outputs(outputs: Vec<Output>) -> nums::Result<All> {
        outputs.into_iter().map(DynArray::from_output).collect::<nums::Result<_>>().map(All)
    }
}

/// Elements as bits, with dtype and shape.
type Bits = Vec<(DType, Vec<usize>, Vec<u64>)>;

/// An answer, or why there is none.
type Found = Result<Bits, String>;

fn bits(a: &DynArray) -> nums::Result<(DType, Vec<usize>, Vec<u64>)> {
    Ok((a.dtype(), a.shape().to_vec(), a.astype::<f64>()?.to_vec()?.iter().map(|x| x.to_bits()).collect()))
}

/// Both answers; none of errors on both sides, an error where only one of them has an answer.
fn both<'a, A, B>(found: &'a Result<A, String>, want: &'a Result<B, String>) -> Option<Result<(&'a A, &'a B), String>> {
    match (found, want) {
        (Ok(found), Ok(want)) => Some(Ok((found, want))),
        (Err(_), Err(_)) => None,
        (Err(why), Ok(_)) => Some(Err(format!("the error {why}"))),
        (Ok(_), Err(why)) => Some(Err(format!("an answer in place of the error {why}"))),
    }
}

/// Where an answer is not what was evaluated, to rounding.
fn far(found: &Found, want: &Result<Vec<Vec<f64>>, String>) -> Option<String> {
    let (found, want) = match both(found, want)? {
        Ok(both) => both,
        Err(why) => return Some(why),
    };
    found.iter().zip(want).enumerate().find_map(|(k, ((dtype, _, bits), want))| {
        let unit = if *dtype == DType::F32 { 1e-5 } else { 1e-10 };
        let mut elements = bits.iter().map(|b| f64::from_bits(*b)).zip(want).enumerate();
        // NaN is near NaN alone.
        let near = |x: f64, w: f64| (x - w).abs() <= unit * (1.0 + w.abs()) || x.is_nan() && w.is_nan();
        let (i, (x, w)) = elements.find(|(_, (x, w))| !near(*x, **w))?;
        Some(format!("result {k} at {i} is {x}, evaluated {w}"))
    })
}

/// Where two answers differ in a bit, a dtype or a shape.
fn differs(found: &Found, want: &Found) -> Option<String> {
    let (found, want) = match both(found, want)? {
        Ok(both) => both,
        Err(why) => return Some(why),
    };
    found.iter().zip(want).enumerate().find_map(|(k, (found, want))| {
        if (&found.0, &found.1) != (&want.0, &want.1) {
            return Some(format!("result {k} is {}{:?}, natively {}{:?}", found.0, found.1, want.0, want.1));
        }
        let (i, (x, w)) = found.2.iter().zip(&want.2).enumerate().find(|(_, (x, w))| x != w)?;
        Some(format!("result {k} at {i} is {:e}, natively {:e}", f64::from_bits(*x), f64::from_bits(*w)))
    })
}

/// Holds all executions of all programs to each other on cuts of `n` rows.
pub(crate) fn check(programs: &[Case], n: usize, cuts: &[(usize, usize)]) {
    let threads = || Cluster::builder().threads(2);
    let best = threads().start().unwrap();
    // Whether programs run unfused as well.
    let mut others = vec![
        ("interpreted", true, threads().interpreted().start().unwrap()),
        ("one thread", false, Cluster::threads(1).unwrap()),
        ("the smallest tiles", false, threads().cache(1).start().unwrap()),
        ("the smallest tiles, interpreted", false, threads().cache(1).interpreted().start().unwrap()),
        ("processes", true, Cluster::local(2).unwrap()),
        ("processes, interpreted", false, Cluster::builder().workers(3).threads(1).cache(1).interpreted().start().unwrap()),
    ];
    // The other set of instructions of the same class, where the machine has both.
    if let Ok(cluster) = threads().isa("avx2").start() {
        others.push(("avx2", false, cluster));
    }
    let baseline = threads().isa("baseline").start().unwrap();
    let mut broken: Vec<String> = Vec::new();
    for case in programs {
        let (evaluated, apart) = (case.evaluated(n), case.apart());
        // Without rows some sums have no value.
        assert!(n == 0 || evaluated.is_ok(), "{}: {evaluated:?}", case.name);
        for (rows, columns) in cuts.iter().copied() {
            let cut = Cut { n, rows, columns };
            let mut say =
                |what: &str, wrong: Option<String>| broken.extend(wrong.map(|w| format!("{}, {what}, {cut:?}: {w}", case.name)));
            let native = case.run(&best, case.program, cut);
            say("native", far(&native, &evaluated));
            say("unfused", differs(&case.unfused(cut), &native));
            for (name, unfused, cluster) in &others {
                say(name, differs(&case.run(cluster, case.program, cut), &native));
                if *unfused {
                    say(&format!("{name}, unfused"), differs(&case.run(cluster, apart, cut), &native));
                }
            }
            // Without fused multiply-add products are another class of numbers.
            say("baseline", far(&case.run(&baseline, case.program, cut), &evaluated));
        }
    }
    for cluster in others.into_iter().map(|(.., c)| c).chain([best, baseline]) {
        cluster.finish().unwrap();
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
