//! The main example, from CSV to coefficients: the same answer on threads and processes, near another program's answer.

use nums::prelude::*;
use nums::{CsvOptions, Stage};

#[allow(dead_code)]
#[path = "../examples/logistic_regression.rs"]
mod example;

use example::{accuracy, newton_step, prepare};

/// Intercept and first coefficients, and the accuracy, as another program computes them.
const WANT: [f64; 5] = [0.214_502_7, -0.363_092_5, -0.387_675_4, -0.351_062_1, -0.435_609_8];
const ACCURACY: f64 = 0.987_70;

fn train(cluster: &Cluster, block_rows: Option<usize>) -> (Vec<f64>, f64) {
    let _entered = cluster.enter();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/breast_cancer.csv");
    let mut data = Array::<f64>::read_csv(file, CsvOptions::new().header(true)).unwrap();
    assert_eq!(data.shape(), [569, 31]);
    if let Some(rows) = block_rows {
        data = data.rechunk(&[rows, 31]).unwrap();
        assert_eq!(data.block_shape(), [rows, 31]);
    }
    let (x, y) = prepare(&data).unwrap();
    let mut beta = Array::<f64>::zeros(&[31]).unwrap();
    for _ in 0..10 {
        beta = newton_step(&x, &y, &beta, 1.0).unwrap().0;
    }
    (beta.to_vec().unwrap(), accuracy(&x, &y, &beta).unwrap())
}

/// All four clusters in one test: they are entered one after the other, and processes are costly on two cores.
#[test]
fn the_answer_is_right_and_for_a_block_shape_the_same_to_the_last_bit() {
    for block_rows in [None, Some(64)] {
        let mut first: Option<Vec<u64>> = None;
        for (name, start) in [
            ("threads:1", Cluster::threads as fn(usize) -> Result<Cluster>),
            ("threads:2", Cluster::threads),
            ("local:2", Cluster::local),
            ("local:4", Cluster::local),
        ] {
            let n = name.rsplit(':').next().unwrap().parse().unwrap();
            let cluster = start(n).unwrap();
            let (beta, accuracy) = train(&cluster, block_rows);
            cluster.finish().unwrap();
            for (i, want) in WANT.iter().enumerate() {
                assert!((beta[i] - want).abs() <= 1e-6, "{name}, {block_rows:?}: coefficient {i} is {}, want {want}", beta[i]);
            }
            assert!((accuracy - ACCURACY).abs() <= 5e-6, "{name}: accuracy {accuracy}");
            let bits: Vec<u64> = beta.iter().map(|b| b.to_bits()).collect();
            assert_eq!(first.get_or_insert_with(|| bits.clone()), &bits, "{name}, block rows {block_rows:?}: other bits");
        }
    }
}

#[test]
fn the_step_at_every_stage() {
    for (name, stage) in [("parsed", Stage::Parsed), ("typed", Stage::Typed), ("fused", Stage::Fused), ("tiled", Stage::Tiled)] {
        insta::assert_snapshot!(format!("newton_step_{name}"), newton_step::ir(stage));
    }
    let spec = nums::ClusterSpec::uniform(2, 1);
    let (shapes, blocks): ([&[usize]; 3], [&[usize]; 3]) = ([&[569, 31], &[569], &[31]], [&[285, 31], &[285], &[31]]);
    let plan = newton_step::plan_with(&spec, &shapes, &blocks, &[]).unwrap();
    insta::assert_snapshot!("newton_step_placed", plan.ir(Stage::Placed));
}
