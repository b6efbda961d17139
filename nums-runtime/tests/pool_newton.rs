//! A real program on every kind of pool: from text through all stages to blocks, the same bits everywhere.

use nums_ir::bind::{Bound, bind};
use nums_ir::dtype::DType;
use nums_ir::graph::{Graph, NodeId, Placement};
use nums_ir::grid::Grid;
use nums_ir::{infer, pass, text, tile};
use nums_runtime::block::Block;
use nums_runtime::pool::{Call, Gid, Pool};
use std::sync::Arc;

const NEWTON: &str = "nums-ir 1
; stage: parsed
fn newton(%X: f64[n, d], %y: f64[n], %beta: f64[d]) -> f64[d] {
  %0 = matmul %X, %beta
  %1 = negative %0
  %2 = exp %1
  %3: i64 = const 1
  %4 = add %3, %2
  %mu = divide %3, %4
  %5 = transpose %X
  %6 = subtract %mu, %y
  %g = matmul %5, %6
  %7 = subtract %3, %mu
  %8 = multiply %mu, %7
  %9 = index %8, items=[:, newaxis]
  %10 = multiply %X, %9
  %H = matmul %5, %10
  %11 = solve %H, %g
  %12 = subtract %beta, %11
  return %12
}
";
const ROWS: usize = 100;
const STEPS: usize = 4;

fn x(row: usize, column: usize) -> f64 {
    ((row * 37 + column * 61) % 101) as f64 / 50.5 - 1.0
}

fn y(row: usize) -> f64 {
    f64::from(x(row, 0) + 0.5 * x(row, 1) + 0.9 * x(row * 7 + 3, 2) > 0.2)
}

fn graph(grids: &[Grid]) -> Arc<Graph> {
    let fused = pass::run(infer::infer(&text::parse(NEWTON).unwrap()).unwrap());
    let args: Vec<Bound> = grids.iter().map(|g| Bound::Array(DType::F64, g.shape().to_vec())).collect();
    Arc::new(tile::tile(&bind(&fused, &args).unwrap(), grids).unwrap())
}

/// Puts an array block by block, in turn over the nodes.
fn put(pool: &Pool, grid: &Grid, element: impl Fn(&[usize]) -> f64) -> Vec<Gid> {
    let nodes = pool.spec().nodes.len();
    let block = |index: usize| {
        let (offset, shape) = (grid.offset_at(index), grid.block_shape_at(index));
        let local = Grid::new(&shape, &vec![1; shape.len()]);
        let at = |i: usize| local.coords(i).iter().zip(&offset).map(|(a, b)| a + b).collect::<Vec<_>>();
        let elements: Vec<f64> = (0..shape.iter().product()).map(|i| element(&at(i))).collect();
        let id = pool.reserve(1);
        pool.put(id, NodeId((index % nodes) as u32), Block::from_slice(&elements, &shape)).unwrap();
        id
    };
    (0..grid.n_blocks()).map(block).collect()
}

/// Newton's steps on a pool. The last `beta`, and bytes that are left when all but it is released.
fn run(pool: &Pool) -> (Vec<f64>, u64) {
    let grids = [Grid::new(&[ROWS, 3], &[40, 2]), Grid::new(&[ROWS], &[30]), Grid::new(&[3], &[3])];
    let graph = graph(&grids);
    let nodes = pool.spec().nodes.len();
    let tasks = (0..graph.tasks.len()).map(|t| NodeId((t * 7 % nodes) as u32)).collect();
    let placement = Arc::new(Placement { policy: String::new(), tasks, homes: vec![], loads: vec![], copies: vec![] });
    let (xs, ys) = (put(pool, &grids[0], |at| x(at[0], at[1])), put(pool, &grids[1], |at| y(at[0])));
    let mut beta = put(pool, &grids[2], |_| 0.0);
    let n_inputs = xs.len() + ys.len() + beta.len();
    for number in 1..=STEPS as u64 {
        let first = pool.reserve((graph.n_blocks() - n_inputs) as u64);
        let call = Call {
            name: "newton".to_owned(),
            number,
            file: "newton.rs".to_owned(),
            graph: Arc::clone(&graph),
            placement: Arc::clone(&placement),
            inputs: [xs.as_slice(), &ys, &beta].concat(),
            scalars: vec![],
            first,
        };
        pool.submit(call).unwrap();
        let next = graph.array(graph.outputs[0].array).blocks().map(|b| first + u64::from(b.0) - n_inputs as u64).collect();
        pool.release(std::mem::replace(&mut beta, next));
    }
    let result = pool.fetch(&beta).unwrap().iter().flat_map(|b| b.as_slice::<f64>().to_vec()).collect();
    pool.release([xs, ys].concat());
    let left = pool.stats().nodes.iter().map(|n| n.resident).sum();
    (result, left)
}

/// The same steps by hand.
fn by_hand() -> [f64; 3] {
    let mut beta = [0.0; 3];
    for _ in 0..STEPS {
        let (mut g, mut h) = ([0.0; 3], [[0.0; 3]; 3]);
        for r in 0..ROWS {
            let row = [x(r, 0), x(r, 1), x(r, 2)];
            let z: f64 = row.iter().zip(&beta).map(|(a, b)| a * b).sum();
            let mu = 1.0 / (1.0 + (-z).exp());
            for i in 0..3 {
                g[i] += row[i] * (mu - y(r));
                for j in 0..3 {
                    h[i][j] += row[i] * row[j] * mu * (1.0 - mu);
                }
            }
        }
        let det = |m: &[[f64; 3]; 3]| {
            m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
                + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
        };
        let whole = det(&h);
        for i in 0..3 {
            // Cramer's rule: column `i` replaced by the gradient.
            let mut column = h;
            (0..3).for_each(|r| column[r][i] = g[r]);
            beta[i] -= det(&column) / whole;
        }
    }
    beta
}

#[test]
fn the_same_bits_on_threads_and_processes() {
    let (first, left) = run(&Pool::threads(1).unwrap());
    assert_eq!(left, 24, "only beta is left");
    for (got, want) in first.iter().zip(by_hand()) {
        assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{first:?} by hand {:?}", by_hand());
    }
    for pool in [Pool::threads(2), Pool::local(1, 2), Pool::local(2, 1), Pool::local(4, 1)] {
        let pool = pool.unwrap();
        let (other, left) = run(&pool);
        let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!((bits(&other), left), (bits(&first), 24));
        pool.finish().unwrap();
    }
}
