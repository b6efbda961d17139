//! Factors of tall, square and wide blocks, of joined ones, and of what is far from 1 or no number.

use super::{factor, orthogonal};
use crate::block::Block;
use crate::native::{Isa, with_isa};
use nums_ir::dtype::DType;

/// A matrix whose columns differ from one another by less and less: condition about `10^digits`.
fn matrix(m: usize, n: usize, digits: f64) -> Block {
    let x = |i: usize, j: usize| {
        let noise = ((i * 7919 + j * 104_729) % 10_007) as f64 / 10_007.0 - 0.5;
        (i as f64 * 0.37).sin() + noise * 10f64.powf(-digits * j as f64 / n as f64)
    };
    let x: Vec<f64> = (0..m * n).map(|at| x(at / n, at % n)).collect();
    Block::from_slice(&x, &[m, n])
}

/// The largest errors of `QᵀQ = I` and of `QR = A`, the latter beside the largest element.
fn errors(a: &Block, q: &Block, r: &Block) -> (f64, f64) {
    let (&[m, n], &[_, k]) = (a.shape(), q.shape()) else { panic!("matrices") };
    let (x, q, r) = (a.as_slice::<f64>(), q.as_slice::<f64>(), r.as_slice::<f64>());
    let (mut orthogonal, mut product) = (0f64, 0f64);
    for i in 0..k {
        for j in 0..k {
            let dot: f64 = (0..m).map(|t| q[t * k + i] * q[t * k + j]).sum();
            orthogonal = orthogonal.max((dot - f64::from(u8::from(i == j))).abs());
        }
    }
    let largest = x.iter().fold(0f64, |a, x| a.max(x.abs()));
    for i in 0..m {
        for j in 0..n {
            let sum: f64 = (0..k).map(|t| q[i * k + t] * r[t * n + j]).sum();
            product = product.max((sum - x[i * n + j]).abs() / largest);
        }
    }
    (orthogonal, product)
}

/// Q and R.
fn both(a: &Block) -> [Block; 2] {
    let &[m, n] = a.shape() else { panic!("a matrix") };
    let [kept, r] = &factor(a, true, false).unwrap()[..] else { panic!("two blocks") };
    [orthogonal(kept, None, (m, n), false).unwrap(), r.clone()]
}

#[test]
fn q_is_orthogonal_and_the_product_is_the_matrix() {
    let sizes = [(1, 1), (5, 3), (3, 5), (300, 7), (3000, 32), (2111, 5), (64, 64), (129, 33), (700, 90), (90, 200), (257, 40)];
    for (m, n) in sizes {
        for digits in [0.0, 3.0, 15.0] {
            let a = matrix(m, n, digits);
            let [q, r] = &both(&a);
            assert_eq!((q.shape(), r.shape()), (&[m, m.min(n)][..], &[m.min(n), n][..]));
            let (orthogonal, product) = errors(&a, q, r);
            assert!(orthogonal < 1e-13 && product < 1e-13, "{m} × {n}: {orthogonal:e}, {product:e}");
            let r = r.as_slice::<f64>();
            assert!((0..m.min(n)).all(|i| r[i * n..i * n + i].iter().all(|x| *x == 0.0)), "R is a triangle");
            assert_eq!(factor(&a, false, false).unwrap()[0].as_slice::<f64>(), r, "R alone is the same");
        }
    }
}

#[test]
fn blocks_join_to_the_whole() {
    // Two blocks, and their triangles under each other.
    for (m, n) in [(300, 7), (700, 45), (20, 33)] {
        let blocks = [matrix(m, n, 2.0), matrix(m + 5, n, 1.0)];
        let kept: Vec<Vec<Block>> = blocks.iter().map(|b| factor(b, true, false).unwrap()).collect();
        let stack = |parts: [&Block; 2]| {
            let rows: Vec<f64> = parts.iter().flat_map(|b| b.as_slice::<f64>()).copied().collect();
            Block::from_slice(&rows, &[rows.len() / parts[0].shape()[1], parts[0].shape()[1]])
        };
        let triangles = stack([&kept[0][1], &kept[1][1]]);
        let (rows, top) = (triangles.shape()[0], kept[0][1].shape()[0]);
        let [own, r] = &factor(&triangles, true, true).unwrap()[..] else { panic!("two blocks") };
        let q = orthogonal(own, None, (rows, n), true).unwrap();
        let k = q.shape()[1];
        let above = |from: usize, to: usize| Block::from_slice(&q.as_slice::<f64>()[from * k..to * k], &[to - from, k]);
        let parts = [(0, above(0, top)), (1, above(top, rows))];
        let [a, b] = parts.map(|(i, above)| orthogonal(&kept[i][0], Some(&above), (blocks[i].shape()[0], n), false).unwrap());
        let (off, product) = errors(&stack([&blocks[0], &blocks[1]]), &stack([&a, &b]), r);
        assert!(off < 1e-13 && product < 1e-13, "{m} × {n}: {off:e}, {product:e}");
        let signs = |r: &Block| (0..top.min(n)).map(|i| r.as_slice::<f64>()[i * n + i] > 0.0).collect::<Vec<_>>();
        assert_eq!(signs(r), signs(&kept[0][1]), "signs of the first triangle");
    }
}

#[test]
fn every_isa_with_fused_products_gives_the_same_bits() {
    for (m, n) in [(3000, 9), (500, 70)] {
        let a = matrix(m, n, 5.0);
        let run = |isa| with_isa(isa, || both(&a).map(|b| b.bytes().to_vec()));
        for isa in Isa::available().filter(|isa| isa.class() == Isa::detected().class()) {
            assert_eq!(run(isa), run(Isa::detected()), "{isa:?}");
        }
    }
}

#[test]
fn signs_are_those_of_numpy() {
    // np.linalg.qr of the same numbers, NumPy 2.4.
    let r =
        |x: &[f64], shape: [usize; 2]| factor(&Block::from_slice(x, &shape), false, false).unwrap()[0].as_slice::<f64>().to_vec();
    assert_eq!(r(&[3.0, 4.0, 0.0, 5.0], [2, 2]), [3.0, 4.0, 0.0, 5.0]);
    assert_eq!(r(&[0.0, 1.0, 1.0, 0.0], [2, 2]), [-1.0, 0.0, 0.0, -1.0]);
    assert_eq!(r(&[-3.0, 4.0], [2, 1]), [5.0]);
    assert_eq!(r(&[0.0, 2.0, 0.0, 3.0], [2, 2]), [0.0, 2.0, 0.0, 3.0]);
    let x = [0.3, 0.8, 0.3, -1.3, 0.9, 0.4, -0.5, 0.6, 0.4, 0.3, 0.0, 0.5, -0.7, -0.2, -0.5];
    let want = [-1.615_549_442_14, 0.674_693_062_04, 0.080_467_979_88, 0.0, -1.181_011_969_47, -0.749_957_523_85, 0.0, 0.0];
    let got = r(&x, [5, 3]);
    assert!(got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-11) && (got[8] + 0.584_027_924_53).abs() < 1e-11, "{got:?}");
}

#[test]
fn extreme_sizes_zeros_and_nothing() {
    for (low, high) in [(1e-200, 1e-200), (1e200, 1e200), (1e-308, 1e300), (5e-324, 1.0)] {
        let (m, n) = (400, 40);
        let mut a = matrix(m, n, 1.0);
        let scale = |at: usize| if (at % n).is_multiple_of(2) { low } else { high };
        a.as_mut_slice::<f64>().iter_mut().enumerate().for_each(|(at, x)| *x *= scale(at));
        let [q, r] = &both(&a);
        let (orthogonal, _) = errors(&a, q, r);
        assert!(orthogonal < 1e-13, "{low:e}: {orthogonal:e}");
        // Each column by itself is what Q and R make of it.
        let (x, q, r) = (a.as_slice::<f64>(), q.as_slice::<f64>(), r.as_slice::<f64>());
        for j in 0..n {
            let largest = (0..m).fold(0f64, |most, i| most.max(x[i * n + j].abs()));
            for i in 0..m {
                let off = (0..n).map(|t| q[i * n + t] * (r[t * n + j] / largest)).sum::<f64>() - x[i * n + j] / largest;
                assert!(off.abs() < 1e-13 || largest < 1e-310, "{low:e} and {high:e}: {off:e} of {largest:e}");
            }
        }
    }
    let zeros = both(&Block::zeros(DType::F64, &[6, 2]));
    assert_eq!(zeros[0].as_slice::<f64>()[..4], [1.0, 0.0, 0.0, 1.0]);
    for shape in [[0, 3], [3, 0]] {
        let none = factor(&Block::zeros(DType::F32, &shape), true, false).unwrap();
        let q = orthogonal(&none[0], None, (shape[0], shape[1]), false).unwrap();
        assert_eq!((q.shape(), none[1].shape()), (&[shape[0], 0][..], &[0, shape[1]][..]));
    }
    assert!(factor(&Block::zeros(DType::I64, &[2, 2]), true, false).is_err());
    assert!(factor(&Block::zeros(DType::F64, &[2]), true, false).is_err());
    assert!(orthogonal(&Block::zeros(DType::F64, &[7]), None, (2, 2), false).is_err());
}

#[test]
fn what_is_not_a_number_stays_in_sight() {
    for bad in [f64::NAN, f64::INFINITY] {
        let mut a = matrix(300, 5, 1.0);
        a.as_mut_slice::<f64>()[777] = bad;
        let [q, r] = both(&a);
        assert!(r.as_slice::<f64>().iter().any(|x| x.is_nan()) && q.as_slice::<f64>().iter().any(|x| x.is_nan()));
    }
}

#[test]
fn single_precision_of_small_columns() {
    let noise = |i: usize| ((i * 7919) % 10_007) as f32 / 10_007.0 - 0.5;
    for scale in [1.0, 1e-30, 1e30] {
        let x: Vec<f32> = (0..3000).map(|i| scale * noise(i)).collect();
        let a = Block::from_slice(&x, &[600, 5]);
        let [q, _] = both(&a);
        let q = q.as_slice::<f32>();
        for (i, j) in (0..25).map(|at| (at / 5, at % 5)) {
            let dot: f32 = (0..600).map(|t| q[t * 5 + i] * q[t * 5 + j]).sum();
            assert!((dot - f32::from(u8::from(i == j))).abs() < 1e-5, "{scale:e}: {dot:e}");
        }
    }
}
