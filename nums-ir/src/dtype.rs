//! The 13 element types and NumPy 2's promotion between them.
//!
//! A `DType` is what an array stores. Promotion (`DType::promote`) is NumPy's `result_type` for arrays; Python-like
//! scalars ("weak", NEP 50) adapt to the array instead, which `promote_weak` answers by kind alone. There is no float16:
//! where NumPy would make one, nums makes f32. Which operator accepts which dtype is the operator table's business.

use std::fmt;

/// The type of one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum DType {
    /// `bool`, one byte.
    Bool,
    /// Signed integer of 8 bits.
    I8,
    /// Signed integer of 16 bits.
    I16,
    /// Signed integer of 32 bits.
    I32,
    /// Signed integer of 64 bits.
    I64,
    /// Unsigned integer of 8 bits.
    U8,
    /// Unsigned integer of 16 bits.
    U16,
    /// Unsigned integer of 32 bits.
    U32,
    /// Unsigned integer of 64 bits.
    U64,
    /// IEEE single precision.
    F32,
    /// IEEE double precision.
    F64,
    /// Complex of two `f32`.
    C64,
    /// Complex of two `f64`.
    C128,
}

/// The kind of a dtype, in the order in which weak scalars climb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `bool`.
    Bool,
    /// Signed or unsigned integers.
    Int,
    /// `f32`, `f64`.
    Float,
    /// `c64`, `c128`.
    Complex,
}

impl DType {
    /// All dtypes, in the order of their tags.
    pub const ALL: [DType; 13] = [
        DType::Bool,
        DType::I8,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::U8,
        DType::U16,
        DType::U32,
        DType::U64,
        DType::F32,
        DType::F64,
        DType::C64,
        DType::C128,
    ];

    /// The name in source and IR text: `f64`.
    pub fn name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::I8 => "i8",
            DType::I16 => "i16",
            DType::I32 => "i32",
            DType::I64 => "i64",
            DType::U8 => "u8",
            DType::U16 => "u16",
            DType::U32 => "u32",
            DType::U64 => "u64",
            DType::F32 => "f32",
            DType::F64 => "f64",
            DType::C64 => "c64",
            DType::C128 => "c128",
        }
    }

    /// The dtype called `name`, also by NumPy's own names (`float64`, `int32`, `uint8`, `complex128`, `bool_`).
    pub fn from_name(name: &str) -> Option<DType> {
        let numpy = match name {
            "bool_" => "bool",
            "int8" => "i8",
            "int16" => "i16",
            "int32" => "i32",
            "int64" | "int_" => "i64",
            "uint8" => "u8",
            "uint16" => "u16",
            "uint32" => "u32",
            "uint64" => "u64",
            "float32" => "f32",
            "float64" => "f64",
            "complex64" => "c64",
            "complex128" => "c128",
            other => other,
        };
        DType::ALL.into_iter().find(|d| d.name() == numpy)
    }

    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            DType::Bool | DType::I8 | DType::U8 => 1,
            DType::I16 | DType::U16 => 2,
            DType::I32 | DType::U32 | DType::F32 => 4,
            DType::I64 | DType::U64 | DType::F64 | DType::C64 => 8,
            DType::C128 => 16,
        }
    }

    /// Bool, integer, float or complex.
    pub fn kind(self) -> Kind {
        match self {
            DType::Bool => Kind::Bool,
            DType::I8 | DType::I16 | DType::I32 | DType::I64 | DType::U8 | DType::U16 | DType::U32 | DType::U64 => Kind::Int,
            DType::F32 | DType::F64 => Kind::Float,
            DType::C64 | DType::C128 => Kind::Complex,
        }
    }

    /// Whether the dtype is a signed integer.
    pub fn is_signed_int(self) -> bool {
        matches!(self, DType::I8 | DType::I16 | DType::I32 | DType::I64)
    }

    /// Whether the dtype is an unsigned integer.
    pub fn is_unsigned_int(self) -> bool {
        matches!(self, DType::U8 | DType::U16 | DType::U32 | DType::U64)
    }

    /// The smallest dtype that NumPy 2 gives for two arrays: `i32` with `f32` is `f64`, `i64` with `u64` is `f64`.
    pub fn promote(self, other: DType) -> DType {
        let (low, high) = if self.kind() <= other.kind() { (self, other) } else { (other, self) };
        match (low.kind(), high.kind()) {
            (Kind::Bool, _) => high,
            (Kind::Int, Kind::Int) => promote_ints(low, high),
            (Kind::Float, Kind::Float) | (Kind::Complex, Kind::Complex) => low.max(high),
            (Kind::Int, Kind::Float) => low.to_float().max(high),
            (Kind::Int | Kind::Float, Kind::Complex) => low.to_float().to_complex().max(high),
            (Kind::Int | Kind::Float | Kind::Complex, _) => unreachable!("kinds are ordered"),
        }
    }

    /// The dtype of this array beside a weak scalar of `kind`: `f32` with a weak float stays `f32`, `i32` becomes `f64`.
    pub fn promote_weak(self, kind: Kind) -> DType {
        if kind <= self.kind() {
            return self;
        }
        match kind {
            Kind::Bool | Kind::Int => DType::I64,
            Kind::Float => DType::F64,
            Kind::Complex if self.kind() == Kind::Float => self.to_complex(),
            Kind::Complex => DType::C128,
        }
    }

    /// The float dtype that holds this integer in arithmetic with floats: 8 and 16 bits in `f32`, more in `f64`.
    /// Floats stay, complex becomes its real part's dtype.
    pub fn to_float(self) -> DType {
        match self {
            DType::Bool | DType::I8 | DType::U8 | DType::I16 | DType::U16 | DType::F32 | DType::C64 => DType::F32,
            DType::I32 | DType::I64 | DType::U32 | DType::U64 | DType::F64 | DType::C128 => DType::F64,
        }
    }

    /// The complex dtype over `to_float`.
    pub fn to_complex(self) -> DType {
        if self.to_float() == DType::F32 { DType::C64 } else { DType::C128 }
    }

    /// The dtype of a weak scalar of `kind` once it stands alone: `f64`, `i64`, `bool`, `c128`.
    pub fn default_of(kind: Kind) -> DType {
        match kind {
            Kind::Bool => DType::Bool,
            Kind::Int => DType::I64,
            Kind::Float => DType::F64,
            Kind::Complex => DType::C128,
        }
    }
}

fn promote_ints(a: DType, b: DType) -> DType {
    if a.is_signed_int() == b.is_signed_int() {
        return if a.size() >= b.size() { a } else { b };
    }
    let (signed, unsigned) = if a.is_signed_int() { (a, b) } else { (b, a) };
    if signed.size() > unsigned.size() {
        return signed;
    }
    match unsigned.size() {
        1 => DType::I16,
        2 => DType::I32,
        4 => DType::I64,
        _ => DType::F64,
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::DType;

    fn check(a: &str, b: &str, want: &str) {
        let [a, b, want] = [a, b, want].map(|n| DType::from_name(n).unwrap());
        assert_eq!(a.promote(b), want, "{a} with {b}");
        assert_eq!(b.promote(a), want, "{b} with {a}");
    }

    #[test]
    fn promotion_is_numpy_2() {
        check("bool", "i8", "i8");
        check("i8", "u8", "i16");
        check("i32", "u32", "i64");
        check("i64", "u64", "f64");
        check("u8", "i64", "i64");
        check("i16", "f32", "f32");
        check("i32", "f32", "f64");
        check("f32", "f64", "f64");
        check("i32", "c64", "c128");
        check("f64", "c64", "c128");
        check("f32", "c64", "c64");
        check("u64", "f32", "f64");
    }
}
