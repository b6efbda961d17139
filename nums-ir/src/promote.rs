//! Which dtypes a row of the operator table computes in, and which it answers in, for the dtypes it is given.
//!
//! The rules are `DTypeRule` and `ReduceRule`, the promotions `DType`'s: NumPy 2's, weak scalars by kind alone (NEP 50). A
//! row that has no meaning for the dtype its rule leads to is a type error, as in NumPy. Shapes are `infer`'s business.

use crate::dtype::{DType, Kind};
use crate::ops::{DTypeRule, MapOp, ReduceOp, ReduceRule};

/// The dtypes that `op` computes its operands in, and the dtype of its result. An operand is a dtype and whether it is weak.
///
/// # Errors
/// The row does not take these dtypes, in the user's words.
pub fn map_dtypes(op: MapOp, args: &[(DType, bool)]) -> Result<(Vec<DType>, DType), String> {
    if args.len() != op.arity() {
        return Err(format!("`{}` takes {} operands, not {}", op.name(), op.arity(), args.len()));
    }
    let all = |dtype: DType, result: DType| (vec![dtype; args.len()], dtype, result);
    let common = promote_all(args);
    // Python's integers where operators meet plain booleans, NumPy's smallest for functions and arrays of them.
    let plain = args.iter().all(|(_, weak)| *weak) && stays_weak(op, Kind::Bool);
    let (operands, computed, result) = match op.rule() {
        DTypeRule::Arith | DTypeRule::Bitwise => {
            let counts =
                matches!(op, MapOp::Add | MapOp::Subtract | MapOp::Multiply | MapOp::Negative | MapOp::Positive | MapOp::Invert);
            let computed = if common == DType::Bool && plain && counts { DType::I64 } else { common };
            all(computed, computed)
        }
        DTypeRule::ArithInt | DTypeRule::Shift => {
            let integer = if plain { DType::I64 } else { DType::I8 };
            let computed = if common == DType::Bool { integer } else { common };
            all(computed, computed)
        }
        DTypeRule::Divide => {
            let computed = if common.kind() <= Kind::Int { DType::F64 } else { common };
            all(computed, computed)
        }
        DTypeRule::Float => {
            // Arrays become floats each of its own: i8 beside u16 is f32, where their common integer would be f64.
            let float = |dtype: DType| if dtype.kind() == Kind::Complex { dtype } else { dtype.to_float() };
            let floats: Option<Vec<_>> = args.iter().map(|(dtype, weak)| (!weak).then(|| float(*dtype))).collect();
            let computed = floats.and_then(|f| f.into_iter().reduce(DType::promote)).unwrap_or_else(|| float(common));
            all(computed, computed)
        }
        DTypeRule::Abs => all(common, if common.kind() == Kind::Complex { common.to_float() } else { common }),
        DTypeRule::Compare | DTypeRule::Predicate => all(common, DType::Bool),
        DTypeRule::Logic => all(DType::Bool, DType::Bool),
        DTypeRule::Where => {
            let computed = promote_all(&args[1..]);
            (vec![DType::Bool, computed, computed], computed, computed)
        }
    };
    if op.classes().contains(&class(computed)) {
        return Ok((operands, result));
    }
    let given: Vec<&str> = args.iter().map(|(dtype, _)| dtype.name()).collect();
    Err(format!("`{}` does not take {}", op.name(), given.join(" with ")))
}

/// Whether a row of plain numbers of this kind gives a plain number: Python's operators do, NumPy's functions give NumPy's scalars.
/// The larger or smaller of integers stays one, so that it can be a size.
pub(crate) fn stays_weak(op: MapOp, kind: Kind) -> bool {
    match op.rule() {
        DTypeRule::Float | DTypeRule::Where | DTypeRule::Predicate => false,
        DTypeRule::Arith
        | DTypeRule::ArithInt
        | DTypeRule::Divide
        | DTypeRule::Compare
        | DTypeRule::Logic
        | DTypeRule::Bitwise
        | DTypeRule::Shift
        | DTypeRule::Abs => match op {
            MapOp::Maximum | MapOp::Minimum => kind <= Kind::Int,
            _ => !matches!(
                op,
                MapOp::Square
                    | MapOp::Floor
                    | MapOp::Ceil
                    | MapOp::Trunc
                    | MapOp::Sign
                    | MapOp::Fmax
                    | MapOp::Fmin
                    | MapOp::Fmod
                    | MapOp::Conjugate
                    | MapOp::Reciprocal
                    | MapOp::Gcd
                    | MapOp::Lcm
            ),
        },
    }
}

/// The dtype that `op` accumulates elements of `arg` in, and the dtype of its result.
///
/// # Errors
/// The reduction does not take this dtype, in the user's words.
pub fn reduce_dtypes(op: ReduceOp, arg: DType) -> Result<(DType, DType), String> {
    let dtype = match op.rule() {
        ReduceRule::Widen if arg.is_unsigned_int() => DType::U64,
        ReduceRule::Widen if arg.kind() <= Kind::Int => DType::I64,
        ReduceRule::Mean if arg.kind() <= Kind::Int => DType::F64,
        ReduceRule::Widen | ReduceRule::Mean | ReduceRule::Same => arg,
        ReduceRule::Logic => DType::Bool,
    };
    match op.combine() {
        Some(combine) if !combine.classes().contains(&class(dtype)) => Err(format!("`{}` does not take {arg}", op.name())),
        Some(_) | None => Ok((dtype, dtype)),
    }
}

/// The name of a dtype's class in the rows.
fn class(dtype: DType) -> &'static str {
    match dtype.kind() {
        Kind::Bool => "bool",
        Kind::Int => "int",
        Kind::Float => "float",
        Kind::Complex => "complex",
    }
}

/// One dtype for all: the arrays' promotion, which the highest kind of the weak scalars may raise; scalars alone take
/// their defaults.
pub(crate) fn promote_all(args: &[(DType, bool)]) -> DType {
    let of = |weak: bool| args.iter().filter(move |arg| arg.1 == weak).map(|arg| arg.0);
    let strong = of(false).reduce(DType::promote);
    let weak = of(true).map(DType::kind).max();
    match (strong, weak) {
        (Some(dtype), Some(kind)) => dtype.promote_weak(kind),
        (Some(dtype), None) => dtype,
        (None, kind) => DType::default_of(kind.unwrap_or(Kind::Bool)),
    }
}

#[cfg(test)]
mod tests {
    use super::{map_dtypes, reduce_dtypes};
    use crate::dtype::DType;
    use crate::ops::{MapOp, ReduceOp};

    #[test]
    fn weak_scalars_adapt() {
        let with = |op, a, b| map_dtypes(op, &[(a, false), (b, true)]).map(|(_, result)| result);
        assert_eq!(with(MapOp::Add, DType::F32, DType::F64), Ok(DType::F32));
        assert_eq!(with(MapOp::Add, DType::U8, DType::I64), Ok(DType::U8));
        assert_eq!(with(MapOp::Add, DType::I32, DType::F64), Ok(DType::F64));
        assert_eq!(with(MapOp::Divide, DType::I8, DType::I64), Ok(DType::F64));
        assert_eq!(with(MapOp::Less, DType::F32, DType::F64), Ok(DType::Bool));
        let plain = |op| map_dtypes(op, &vec![(DType::Bool, true); op.arity()]).map(|(_, result)| result);
        assert_eq!((plain(MapOp::Power), plain(MapOp::Reciprocal)), (Ok(DType::I64), Ok(DType::I8)));
        assert_eq!((plain(MapOp::Subtract), plain(MapOp::Invert)), (Ok(DType::I64), Ok(DType::I64)));
        assert_eq!((plain(MapOp::BitwiseAnd), plain(MapOp::Maximum)), (Ok(DType::Bool), Ok(DType::Bool)));
    }

    #[test]
    fn a_missing_class_is_a_type_error() {
        let both = [(DType::Bool, false); 2];
        assert_eq!(map_dtypes(MapOp::Subtract, &both), Err("`subtract` does not take bool with bool".to_owned()));
        assert_eq!(map_dtypes(MapOp::LeftShift, &both), Ok((vec![DType::I8; 2], DType::I8)));
        assert_eq!(map_dtypes(MapOp::Absolute, &[(DType::C64, false)]), Ok((vec![DType::C64], DType::F32)));
        let choice = [(DType::F64, false), (DType::I8, false), (DType::U8, false)];
        assert_eq!(map_dtypes(MapOp::Where, &choice), Ok((vec![DType::Bool, DType::I16, DType::I16], DType::I16)));
    }

    #[test]
    fn reductions_widen() {
        assert_eq!(reduce_dtypes(ReduceOp::Sum, DType::U8), Ok((DType::U64, DType::U64)));
        assert_eq!(reduce_dtypes(ReduceOp::Prod, DType::Bool), Ok((DType::I64, DType::I64)));
        assert_eq!(reduce_dtypes(ReduceOp::Mean, DType::F32), Ok((DType::F32, DType::F32)));
        assert_eq!(reduce_dtypes(ReduceOp::Any, DType::C64), Ok((DType::Bool, DType::Bool)));
    }
}
