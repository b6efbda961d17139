//! Shape rules of products, joins, reshapes and `solve`. Notes say `operand 0`; `infer` puts the names of the source there.

use super::{broadcast, more_telling};
use crate::contraction::{Contraction, Index};
use crate::diag::{Diag, Loc};
use crate::dim::{Dim, Sameness};
use crate::types::{Shape, Type};
use std::collections::BTreeMap;

fn any(ty: &Type) -> Type {
    Type { dtype: ty.dtype, shape: Shape::Any, weak: false }
}

/// Sizes that must be equal.
fn same(a: &Dim, b: &Dim) -> Option<Dim> {
    match a.compare(b) {
        Sameness::Same => Some(a.clone()),
        Sameness::Unknown => Some(more_telling(a.clone(), b.clone())),
        Sameness::Different => None,
    }
}

pub(super) fn matmul(a: &Type, b: &Type, trans_a: bool, trans_b: bool, loc: Loc) -> Result<Type, Diag> {
    let (Some(left), Some(right)) = (a.dims(), b.dims()) else { return Ok(any(a)) };
    if left.is_empty() || right.is_empty() {
        let diag = Diag::new(loc, format!("`matmul` of a scalar: {a} and {b}"));
        return Err(diag.help("multiply by a scalar with `*`"));
    }
    if a.dtype != b.dtype {
        return Err(Diag::new(loc, format!("`matmul` computes in one dtype, operands are {} and {}", a.dtype, b.dtype)));
    }
    // (free axis, contracted axis) of each operand.
    let axes = |rank: usize, is_left: bool, trans: bool| match (rank, is_left != trans) {
        (1, _) => (None, 0),
        (_, true) => (Some(rank - 2), rank - 1),
        (_, false) => (Some(rank - 1), rank - 2),
    };
    let ((row, k_left), (column, k_right)) = (axes(left.len(), true, trans_a), axes(right.len(), false, trans_b));
    let clash = || Diag::new(loc, format!("shapes do not agree in `matmul`: {a} and {b}"));
    if same(&left[k_left], &right[k_right]).is_none() {
        let (x, y) = (&left[k_left], &right[k_right]);
        let diag = clash().note(format!("axis {k_left} of operand 0 is `{x}`, axis {k_right} of operand 1 is `{y}`"));
        let turned = |dims: &[Dim], k: usize, other: &Dim| dims.len() == 2 && same(&dims[1 - k], other).is_some();
        return Err(if turned(left, k_left, y) {
            diag.help("transpose operand 0 with `.T`")
        } else if turned(right, k_right, x) {
            diag.help("transpose operand 1 with `.T`")
        } else if x.as_symbol().is_some() && y.as_symbol().is_some() {
            diag.help("write the same symbol if they are equal")
        } else {
            diag
        });
    }
    let batch = |dims: &[Dim]| dims[..dims.len().saturating_sub(2)].to_vec();
    let mut dims = broadcast(&batch(left), &batch(right))
        .map_err(|(x, y)| clash().note(format!("the axes before the last two broadcast: `{x}` meets `{y}`")))?;
    dims.extend(row.map(|r| left[r].clone()));
    dims.extend(column.map(|c| right[c].clone()));
    Ok(Type::array(a.dtype, dims))
}

pub(super) fn contract(c: &Contraction, args: &[&Type], loc: Loc) -> Result<Type, Diag> {
    c.check().map_err(|why| Diag::new(loc, format!("`contract` \"{c}\": {why}")))?;
    let mut sizes: BTreeMap<Index, &Dim> = BTreeMap::new();
    for (set, ty) in c.operands.iter().zip(args) {
        let Some(dims) = ty.dims() else { return Ok(any(ty)) };
        if set.len() != dims.len() || ty.dtype != args[0].dtype {
            return Err(Diag::new(loc, format!("`contract` \"{c}\" of an operand {ty}")));
        }
        for (i, dim) in set.iter().zip(dims) {
            let known = sizes.entry(*i).or_insert(dim);
            if same(known, dim).is_none() {
                let index = char::from(*i);
                return Err(Diag::new(loc, format!("the index `{index}` of \"{c}\" has two sizes: `{known}` and `{dim}`")));
            }
        }
    }
    Ok(Type::array(args[0].dtype, c.result.iter().map(|i| sizes[i].clone()).collect()))
}

pub(super) fn transpose(x: &Type, perm: Option<&[i64]>, loc: Loc) -> Result<Type, Diag> {
    let (Some(dims), Some(perm)) = (x.dims(), perm) else { return Ok(any(x)) };
    let mut sorted = perm.to_vec();
    sorted.sort_unstable();
    if !sorted.iter().copied().eq(0..dims.len() as i64) {
        return Err(Diag::new(loc, format!("axes {perm:?} are no order of the {} axes of {x}", dims.len())));
    }
    Ok(Type::array(x.dtype, perm.iter().map(|p| dims[*p as usize].clone()).collect()))
}

/// The sizes of a reshape, with -1 solved.
pub(super) fn reshape(from: &[Dim], to: &[Dim], loc: Loc) -> Result<Vec<Dim>, Diag> {
    let product = |dims: &[Dim]| dims.iter().fold(Dim::Const(1), |p, d| p.mul(d));
    let (total, unknown) = (product(from), Dim::Const(-1));
    let open: Vec<usize> = (0..to.len()).filter(|i| to[*i] == unknown).collect();
    let shown = |dims: &[Dim]| Shape::Known(dims.to_vec()).to_string();
    let clash = || {
        Diag::new(loc, format!("cannot reshape {} into {}", shown(from), shown(to)))
            .note(format!("the array has `{total}` elements, the shape `{}`", product(to)))
    };
    let mut out = to.to_vec();
    match open[..] {
        [] => {}
        [i] => {
            out[i] = Dim::Const(1);
            let rest = product(&out);
            out[i] = match (total.as_const(), rest.as_const()) {
                (Some(t), Some(r)) if r <= 0 || t % r != 0 => {
                    return Err(Diag::new(loc, format!("cannot reshape {} into {}", shown(from), shown(to)))
                        .note(format!("{t} elements are no multiple of {r}")));
                }
                _ => total.floor_div(&rest).ok_or_else(clash)?,
            };
        }
        _ => return Err(Diag::new(loc, "a reshape solves one size: only one may be -1")),
    }
    not_negative(&out, loc)?;
    // With a floor division on the way the product is decided when sizes are bound.
    if open.is_empty() && total.compare(&product(&out)) == Sameness::Different {
        return Err(clash());
    }
    Ok(out)
}

pub(super) fn not_negative(dims: &[Dim], loc: Loc) -> Result<(), Diag> {
    match dims.iter().filter_map(Dim::as_const).find(|c| *c < 0) {
        Some(c) => Err(Diag::new(loc, format!("a size is negative: {c}"))),
        None => Ok(()),
    }
}

pub(super) fn concatenate(args: &[&Type], axis: Option<i64>, loc: Loc) -> Result<Type, Diag> {
    let Some(first) = args.first() else { return Err(Diag::new(loc, "`concatenate` wants at least one array")) };
    let all: Option<Vec<&[Dim]>> = args.iter().map(|t| t.dims()).collect();
    let Some(all) = all else { return Ok(any(first)) };
    let Some(axis) = axis else {
        let size = |dims: &[Dim]| dims.iter().fold(Dim::Const(1), |p, d| p.mul(d));
        let total = all.iter().fold(Dim::Const(0), |n, dims| n.add(&size(dims)));
        return Ok(Type::array(first.dtype, vec![total]));
    };
    if all[0].is_empty() {
        return Err(Diag::new(loc, "0-d arrays cannot be concatenated").help("reshape them to one axis first"));
    }
    let axis = super::normalise(axis, all[0].len(), loc).map_err(|d| super::told(d, first))?;
    let mut dims = all[0].to_vec();
    for (i, (other, ty)) in all.iter().zip(args).enumerate().skip(1) {
        let clash = || Diag::new(loc, format!("shapes do not agree in `concatenate`: {first} and {ty}"));
        if other.len() != dims.len() {
            return Err(clash().note("all arrays of `concatenate` have the same number of axes"));
        }
        for a in 0..dims.len() {
            if a == axis {
                dims[a] = dims[a].add(&other[a]);
            } else {
                let note = format!("axis {a} of operand 0 is `{}`, of operand {i} `{}`", dims[a], other[a]);
                dims[a] = same(&dims[a], &other[a]).ok_or_else(|| clash().note(note))?;
            }
        }
    }
    Ok(Type::array(first.dtype, dims))
}

pub(super) fn solve(a: &Type, b: &Type, loc: Loc) -> Result<Type, Diag> {
    let (Some(left), Some(right)) = (a.dims(), b.dims()) else { return Ok(any(a)) };
    let [rows, columns] = left else {
        return Err(Diag::new(loc, format!("`solve` wants a square matrix, found {a}")));
    };
    if same(rows, columns).is_none() {
        return Err(Diag::new(loc, format!("`solve` wants a square matrix, found {a}"))
            .note(format!("axis 0 is `{rows}`, axis 1 is `{columns}`")));
    }
    let clash = || Diag::new(loc, format!("shapes do not agree in `solve`: {a} and {b}"));
    if !matches!(right.len(), 1 | 2) {
        return Err(clash().note("the right side is a vector, or a matrix with a column for each system"));
    }
    if same(rows, &right[0]).is_none() {
        return Err(clash().note(format!("operand 0 has `{rows}` rows, operand 1 has `{}`", right[0])));
    }
    Ok(Type::array(a.dtype, right.to_vec()))
}
