//! Tasks from one end to the other.

use super::matmul::{Form, Product, Side};
use super::{KernelError, Operand, run};
use crate::block::Block;
use crate::element::c128;
use nums_ir::dtype::DType;
use nums_ir::func::Scalar;
use nums_ir::graph::{Piece, ReshapeTask, TaskOp};
use nums_ir::grid::Grid;
use nums_ir::ops::ReduceOp;

fn one(op: &TaskOp, args: &[&Block]) -> Result<Block, KernelError> {
    let args: Vec<Operand<'_>> = args.iter().map(|b| Operand::Block(b)).collect();
    let mut out = run(op, &[], &args)?;
    assert_eq!(out.len(), 1);
    Ok(out.remove(0))
}

fn counting(shape: &[usize]) -> Block {
    let x: Vec<f64> = (0..shape.iter().product()).map(|i| i as f64).collect();
    Block::from_slice(&x, shape)
}

fn product(a: &Block, b: &Block, trans_a: bool, trans_b: bool) -> Result<Block, KernelError> {
    one(&TaskOp::Matmul { trans_a, trans_b, symmetric: false }, &[a, b])
}

fn transposed(a: &Block) -> Block {
    let (n, m) = (a.shape()[0], a.shape()[1]);
    let x = a.as_slice::<f64>();
    let t: Vec<f64> = (0..m).flat_map(|j| (0..n).map(move |i| x[i * m + j])).collect();
    Block::from_slice(&t, &[m, n])
}

#[test]
fn products_agree_with_three_loops_under_every_transpose() {
    for (m, k, n) in [(1, 1, 1), (3, 4, 5), (17, 300, 1), (1, 300, 17), (40, 33, 20), (2, 0, 3), (0, 3, 2), (1, 130, 1)] {
        let (a, b) = (counting(&[m, k]), counting(&[k, n]));
        let (x, y) = (a.as_slice::<f64>(), b.as_slice::<f64>());
        let want: Vec<f64> = (0..m * n).map(|i| (0..k).map(|p| x[i / n * k + p] * y[p * n + i % n]).sum::<f64>()).collect();
        for (ta, tb) in [(false, false), (true, false), (false, true), (true, true)] {
            let (left, right) = (if ta { transposed(&a) } else { a.clone() }, if tb { transposed(&b) } else { b.clone() });
            let got = product(&left, &right, ta, tb).unwrap();
            assert_eq!(got.shape(), [m, n]);
            assert_eq!(got.as_slice::<f64>(), want, "{m}x{k}x{n} {ta} {tb}");
        }
    }
}

#[test]
fn vectors_and_stacks_multiply_as_in_numpy() {
    let (v, a) = (counting(&[3]), counting(&[3, 2]));
    let dot = product(&v, &v, false, false).unwrap();
    assert_eq!((dot.shape(), dot.as_slice::<f64>()), (&[][..], &[5.0][..]));
    assert_eq!(product(&v, &a, false, false).unwrap().as_slice::<f64>(), [10.0, 13.0]);
    assert_eq!(product(&a, &v, true, false).unwrap().as_slice::<f64>(), [10.0, 13.0]);
    let stack = counting(&[2, 1, 2, 3]);
    let got = product(&stack, &counting(&[4, 3, 2]), false, false).unwrap();
    assert_eq!(got.shape(), [2, 4, 2, 2]);
    // Row (6, 7, 8) of the second stack times the last matrix's first column (18, 20, 22).
    assert_eq!(got.as_slice::<f64>()[28], 6.0 * 18.0 + 7.0 * 20.0 + 8.0 * 22.0);
    assert!(matches!(product(&v, &counting(&[4]), false, false), Err(KernelError::Mismatch { .. })));
    assert!(matches!(product(&v, &counting(&[]), false, false), Err(KernelError::Mismatch { .. })));
}

#[test]
fn products_of_integers_wrap_and_of_booleans_are_and_or() {
    let a = Block::from_slice(&[100u8, 3], &[1, 2]);
    let b = Block::from_slice(&[3u8, 1], &[2, 1]);
    assert_eq!(product(&a, &b, false, false).unwrap().as_slice::<u8>(), [47]);
    let (p, q) = (Block::from_slice(&[true, true], &[2]), Block::from_slice(&[false, true], &[2]));
    assert_eq!(product(&p, &q, false, false).unwrap().as_slice::<bool>(), [true]);
    let i = Block::from_slice(&[c128::new(0.0, 1.0), c128::new(1.0, 0.0)], &[2]);
    assert_eq!(product(&i, &i, false, false).unwrap().as_slice::<c128>(), [c128::new(0.0, 0.0)]);
}

#[test]
fn what_was_in_a_buffer_is_not_in_a_product() {
    fn check<T: Product + PartialEq>(old: T, one: T, two: T, lower: bool) {
        for (rows, cols) in [(2, 2), (1, 3), (3, 1), (40, 40)] {
            let (a, b, mut out) = (vec![one; rows * 2], vec![one; 2 * cols], vec![old; rows * cols]);
            let (left, right) = (Side::strided(rows, 2, 2, 1), Side::strided(2, cols, cols, 1));
            let form = Form::of(&left, &right, rows == 1);
            T::product((&a, &left), (&b, &right), &mut out, form, lower && rows == cols);
            let defined = |i: usize| !lower || i % cols <= i / cols;
            assert!((0..out.len()).filter(|i| defined(*i)).all(|i| out[i] == two), "{} {rows}x{cols}", T::DTYPE);
        }
    }
    check(f64::NAN, 1.0, 2.0, false);
    check(f64::NAN, 1.0, 2.0, true);
    check(f32::NAN, 1.0, 2.0, false);
    check(c128::new(f64::NAN, f64::INFINITY), c128::new(1.0, 0.0), c128::new(2.0, 0.0), false);
    check(7i64, 1, 2, false);
    check(7u8, 1, 2, false);
    check(true, true, true, false);
}

#[test]
fn solving_inverts_a_product_and_finds_singular_matrices() {
    let n = 40;
    // Large on the other diagonal, so that every pivot is in another row.
    let mut x: Vec<f64> = (0..n * n).map(|i| ((i * i * 31 + i * 7) % 101) as f64 / 10.0 - 5.0).collect();
    (0..n).for_each(|i| x[i * n + n - 1 - i] += 60.0);
    let a = Block::from_slice(&x, &[n, n]);
    for shape in [&[n][..], &[n, 3]] {
        let want = counting(shape);
        let b = product(&a, &want, false, false).unwrap();
        let got = one(&TaskOp::Solve, &[&a, &b]).unwrap();
        assert_eq!(got.shape(), shape);
        for (g, w) in got.as_slice::<f64>().iter().zip(want.as_slice::<f64>()) {
            assert!((g - w).abs() < 1e-8, "{g}, expected {w}");
        }
    }
    let i = c128::new(0.0, 1.0);
    let rotation = Block::from_slice(&[c128::default(), i, i, c128::default()], &[2, 2]);
    let b = Block::from_slice(&[i, c128::new(2.0, 0.0)], &[2]);
    assert_eq!(one(&TaskOp::Solve, &[&rotation, &b]).unwrap().as_slice::<c128>(), [c128::new(0.0, -2.0), c128::new(1.0, 0.0)]);
    let singular = Block::from_slice(&[1.0f64, 2.0, 2.0, 4.0], &[2, 2]);
    assert_eq!(one(&TaskOp::Solve, &[&singular, &counting(&[2])]).unwrap_err(), KernelError::Singular);
    assert!(matches!(one(&TaskOp::Solve, &[&singular, &counting(&[3])]), Err(KernelError::Mismatch { .. })));
}

fn piece(arg: u32, src: &[usize], dest: &[usize], shape: &[usize], axes: &[Option<u32>], step: &[i64]) -> Piece {
    let [src, dest, shape] = [src, dest, shape].map(<[usize]>::to_vec);
    Piece { arg, src, dest, shape, axes: axes.to_vec(), step: step.to_vec() }
}

#[test]
fn pieces_are_slices_transposes_and_joins() {
    let a = counting(&[3, 4]);
    let assemble = |shape: &[usize], pieces: Vec<Piece>| one(&TaskOp::Assemble { shape: shape.to_vec(), pieces }, &[&a, &a]);
    let reversed = assemble(&[2, 2], vec![piece(0, &[2, 3], &[0, 0], &[2, 2], &[Some(0), Some(1)], &[-2, -1])]).unwrap();
    assert_eq!(reversed.as_slice::<f64>(), [11.0, 10.0, 3.0, 2.0]);
    let transpose = assemble(&[4, 3], vec![piece(0, &[0, 0], &[0, 0], &[4, 3], &[Some(1), Some(0)], &[1, 1])]).unwrap();
    assert_eq!(transpose.as_slice::<f64>(), transposed(&a).as_slice::<f64>());
    let row = piece(0, &[1, 0], &[0, 0], &[1, 4], &[None, Some(1)], &[1, 1]);
    let other = piece(1, &[2, 0], &[1, 0], &[1, 4], &[None, Some(1)], &[1, 1]);
    let joined = assemble(&[2, 4], vec![row.clone(), other]).unwrap();
    assert_eq!(joined.as_slice::<f64>(), [4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0]);
    let diagonal = assemble(&[3], vec![piece(0, &[0, 0], &[0], &[3], &[Some(1)], &[1])]).unwrap();
    assert_eq!(diagonal.as_slice::<f64>(), [0.0, 1.0, 2.0]);
    for bad in [
        piece(2, &[0, 0], &[0, 0], &[2, 4], &[Some(0), Some(1)], &[1, 1]),
        piece(0, &[2, 0], &[0, 0], &[2, 4], &[Some(0), Some(1)], &[1, 1]),
        piece(0, &[0, 0], &[1, 0], &[2, 4], &[Some(0), Some(1)], &[1, 1]),
        piece(0, &[0, 0], &[0, 0], &[2, 4], &[Some(0), Some(7)], &[1, 1]),
        piece(0, &[1, 0], &[0, 0], &[2, 4], &[Some(0), Some(1)], &[-2, 1]),
        piece(0, &[0], &[0, 0], &[2, 4], &[Some(0), Some(1)], &[1, 1]),
        row,
    ] {
        assert!(matches!(assemble(&[2, 4], vec![bad]), Err(KernelError::Mismatch { .. })));
    }
    let large = assemble(&[usize::MAX, 2], vec![]);
    assert!(matches!(large, Err(KernelError::Mismatch { .. })));
}

#[test]
fn a_large_transpose_is_walked_in_patches() {
    let a = counting(&[37, 50]);
    let whole = piece(0, &[0, 0], &[0, 0], &[50, 37], &[Some(1), Some(0)], &[1, 1]);
    let t = one(&TaskOp::Assemble { shape: vec![50, 37], pieces: vec![whole] }, &[&a]).unwrap();
    assert_eq!(t.as_slice::<f64>(), transposed(&a).as_slice::<f64>());
}

/// The piece, element by element.
fn copied(piece: &Piece, src: &Block, dest: &mut Block) {
    let flat = |shape: &[usize], at: &[usize]| shape.iter().zip(at).fold(0, |f, (n, i)| f * n + i);
    let shape = dest.shape().to_vec();
    for i in 0..piece.shape.iter().product() {
        let (mut rest, mut from, mut to) = (i, piece.src.clone(), piece.dest.clone());
        for axis in (0..shape.len()).rev() {
            let c = rest % piece.shape[axis];
            rest /= piece.shape[axis];
            to[axis] += c;
            if let Some(a) = piece.axes[axis] {
                from[a as usize] = (from[a as usize] as i64 + piece.step[axis] * c as i64) as usize;
            }
        }
        dest.as_mut_slice::<f64>()[flat(&shape, &to)] = src.as_slice::<f64>()[flat(src.shape(), &from)];
    }
}

#[test]
fn pieces_of_any_rank_order_and_step_are_copied_whole() {
    // Two pieces side by side along each axis of the new block, which walks the operand's axes turned round by `turn`.
    let sizes: [&[usize]; 9] = [&[], &[1], &[300], &[300, 1], &[1, 300], &[300, 3], &[20, 17], &[3, 40, 2], &[2, 3, 1, 18]];
    for own in sizes {
        let rank = own.len();
        for (turn, step) in (0..rank.max(1)).flat_map(|turn| [-3, -2, -1, 1, 2, 5].map(|step| (turn, step))) {
            let axes: Vec<usize> = (0..rank).map(|a| (a + turn) % rank).collect();
            let shape: Vec<usize> = axes.iter().map(|a| own[*a]).collect();
            // Steps alternate with 1, so that every axis meets both.
            let steps: Vec<i64> = axes.iter().map(|a| if (a + turn) % 2 == 0 { step } else { 1 }).collect();
            let reach = |a: usize| (own[axes[a]] - 1) * steps[a].unsigned_abs() as usize;
            let (mut size, mut begin) = (vec![0; rank], vec![0; rank]);
            for a in 0..rank {
                (size[axes[a]], begin[axes[a]]) = (reach(a) + 2, if steps[a] < 0 { reach(a) } else { 1 });
            }
            let operand = counting(&size);
            let walked: Vec<Option<u32>> = axes.iter().map(|a| Some(*a as u32)).collect();
            for axis in 0..rank.max(1) {
                let mut wide = shape.clone();
                let at = |i: usize| (0..rank).map(|a| if a == axis { i } else { 0 }).collect::<Vec<_>>();
                let mut pieces = vec![piece(0, &begin, &at(0), &shape, &walked, &steps)];
                if rank > 0 {
                    wide[axis] *= 2;
                    pieces.push(piece(0, &begin, &at(shape[axis]), &shape, &walked, &steps));
                }
                let mut want = Block::zeros(DType::F64, &wide);
                pieces.iter().for_each(|p| copied(p, &operand, &mut want));
                let got = one(&TaskOp::Assemble { shape: wide, pieces }, &[&operand]).unwrap();
                assert_eq!(got.as_slice::<f64>(), want.as_slice::<f64>(), "{own:?} turned by {turn}, step {step}, axis {axis}");
            }
        }
    }
    let empty = one(
        &TaskOp::Assemble { shape: vec![0, 3], pieces: vec![piece(0, &[0, 0], &[0, 0], &[0, 3], &[Some(0), Some(1)], &[1, 1])] },
        &[&counting(&[0, 3])],
    );
    assert_eq!(empty.unwrap().shape(), [0, 3]);
}

#[test]
fn a_reshape_takes_elements_in_c_order_from_every_block() {
    for block in [[4, 3], [4, 10], [1, 10], [6, 4], [6, 10]] {
        reshape_agrees_with_c_order(Grid::new(&[6, 10], &block));
    }
    let one_element = ReshapeTask { from: Grid::whole(&[]), blocks: vec![0], to: Grid::whole(&[1, 1]), block: 0 };
    assert_eq!(one(&TaskOp::Reshape(one_element), &[&Block::scalar(3.0)]).unwrap().as_slice::<f64>(), [3.0]);
    let empty = ReshapeTask { from: Grid::whole(&[0, 4]), blocks: vec![0], to: Grid::whole(&[2, 0]), block: 0 };
    assert_eq!(one(&TaskOp::Reshape(empty), &[&counting(&[0, 4])]).unwrap().shape(), [2, 0]);
}

fn reshape_agrees_with_c_order(from: Grid) {
    let shape = [6, 10];
    let blocks: Vec<Block> = (0..from.n_blocks())
        .map(|b| {
            let (size, at) = (from.block_shape_at(b), from.offset_at(b));
            let x: Vec<f64> =
                (0..size[0] * size[1]).map(|i| ((at[0] + i / size[1]) * shape[1] + at[1] + i % size[1]) as f64).collect();
            Block::from_slice(&x, &size)
        })
        .collect();
    let args: Vec<&Block> = blocks.iter().collect();
    let all: Vec<u32> = (0..blocks.len() as u32).collect();
    for (shape, cut) in [
        (&[60][..], &[7][..]),
        (&[5, 12], &[2, 5]),
        (&[5, 12], &[2, 12]),
        (&[3, 4, 5], &[3, 2, 5]),
        (&[20, 3], &[20, 3]),
        (&[60, 1], &[9, 1]),
        (&[1, 60], &[1, 60]),
    ] {
        let to = Grid::new(shape, cut);
        for block in 0..to.n_blocks() {
            let task = ReshapeTask { from: from.clone(), blocks: all.clone(), to: to.clone(), block: block as u32 };
            let got = one(&TaskOp::Reshape(task), &args).unwrap();
            let (size, at) = (to.block_shape_at(block), to.offset_at(block));
            assert_eq!(got.shape(), size);
            for (i, &x) in got.as_slice::<f64>().iter().enumerate() {
                let (mut rest, mut want, mut stride) = (i, 0, 1);
                for axis in (0..size.len()).rev() {
                    want += (at[axis] + rest % size[axis]) * stride;
                    rest /= size[axis];
                    stride *= to.shape()[axis];
                }
                assert_eq!(x, want as f64);
            }
        }
    }
    if let [_, other, ..] = args[..] {
        let task = ReshapeTask { from, blocks: vec![1], to: Grid::whole(&[60]), block: 0 };
        assert!(matches!(one(&TaskOp::Reshape(task), &[other]), Err(KernelError::Mismatch { .. })));
    }
}

#[test]
fn blocks_are_made_from_scalars() {
    let make = |op: TaskOp, args: &[Operand<'_>]| run(&op, &[], args).map(|mut b| b.remove(0));
    let two = Block::scalar(2i32);
    let fill = TaskOp::Fill { shape: vec![2, 2], dtype: DType::F32 };
    assert_eq!(make(fill, &[Operand::Block(&two)]).unwrap().as_slice::<f32>(), [2.0; 4]);
    let fill = TaskOp::Fill { shape: vec![1], dtype: DType::F64 };
    let minus = make(fill.clone(), &[Operand::Scalar(Scalar::Float(-0.0))]).unwrap();
    assert!(minus.as_slice::<f64>()[0].is_sign_negative());
    assert!(matches!(make(fill, &[Operand::Block(&counting(&[3]))]), Err(KernelError::Mismatch { .. })));
    let arange = TaskOp::Arange { offset: 3, len: 3, dtype: DType::I64 };
    let steps = [Operand::Scalar(Scalar::Int(10)), Operand::Scalar(Scalar::Int(-2))];
    assert_eq!(make(arange, &steps).unwrap().as_slice::<i64>(), [4, 2, 0]);
    let arange = TaskOp::Arange { offset: 1, len: 3, dtype: DType::F32 };
    let steps = [Operand::Block(&Block::scalar(0.1f32)), Operand::Block(&Block::scalar(0.7f32))];
    let delta = (0.1f32 + 0.7) - 0.1;
    assert_eq!(make(arange, &steps).unwrap().as_slice::<f32>(), [0.1f32 + 0.7, 0.1 + 2.0 * delta, 0.1 + 3.0 * delta]);
    let eye = TaskOp::Eye { offset: [2, 1], shape: [2, 3], k: 0, dtype: DType::U8 };
    assert_eq!(make(eye, &[]).unwrap().as_slice::<u8>(), [0, 1, 0, 0, 0, 1]);
    let constant = TaskOp::Const { value: Scalar::Complex(1.0, -1.0), dtype: DType::C128 };
    assert_eq!(make(constant, &[]).unwrap().as_slice::<c128>(), [c128::new(1.0, -1.0)]);
}

#[test]
fn partial_results_are_joined_by_their_reduction() {
    let (a, b) = (Block::from_slice(&[1i64, 5], &[2]), Block::from_slice(&[3i64, 4], &[2]));
    for (op, want) in [(ReduceOp::Sum, [4, 9]), (ReduceOp::Prod, [3, 20]), (ReduceOp::Max, [3, 5]), (ReduceOp::Min, [1, 4])] {
        assert_eq!(one(&TaskOp::Combine(op), &[&a, &b]).unwrap().as_slice::<i64>(), want);
    }
    assert!(matches!(one(&TaskOp::Combine(ReduceOp::Mean), &[&a, &b]), Err(KernelError::Unsupported(_))));
    assert!(matches!(one(&TaskOp::Combine(ReduceOp::Sum), &[&a]), Err(KernelError::Mismatch { .. })));
    assert!(matches!(one(&TaskOp::Combine(ReduceOp::Sum), &[&a, &counting(&[2])]), Err(KernelError::Mismatch { .. })));
    assert!(matches!(one(&TaskOp::Kernel(0), &[]), Err(KernelError::Mismatch { .. })));
}
