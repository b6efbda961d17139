//! The operator table: one row an element-wise operator, one row a reduction. Everything else follows from the rows.
//!
//! A row of `for_each_map_op!` is: doc, Rust name, text name, NumPy aliases, operands, dtype rule, and the meaning on scalars by
//! dtype class (`bool`, `int` for all eight integers, `float`, `complex`). Consumers are local macros that take the rows:
//! this file makes `MapOp` from them, the evaluator its oracle, the runtime its kernels, the docs their operator list. The
//! meanings name `math::…` (transcendentals) and `scalar::…` (exact helpers), which the expanding module brings into
//! scope: the oracle's `math` is std's, the runtime's is its own vector math. A class that is not in a row is not accepted
//! (see `DTypeRule` for what promotes instead). `infer` applies the rules; this file holds no shape rule.

/// What an operator does with the dtypes of its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DTypeRule {
    /// Operands promote to one dtype, which is the result's. A missing `bool` class is a `TypeError`.
    Arith,
    /// As `Arith`, but booleans are computed as `i8`.
    ArithInt,
    /// Operands promote; booleans and integers are computed in `f64` (true division).
    Divide,
    /// Booleans and integers are computed in the float that holds them (`DType::to_float`).
    Float,
    /// Operands promote, the result is `bool`.
    Compare,
    /// Operands are read as truth values, the result is `bool`.
    Logic,
    /// Booleans and integers only; operands promote.
    Bitwise,
    /// Integers only; booleans are computed as `i8`; operands promote.
    Shift,
    /// As `Arith`; the result of complex operands is real.
    Abs,
    /// The first operand is a truth value, the others promote to the result's dtype.
    Where,
    /// One operand of any dtype of the row, the result is `bool`; integers and booleans have an exact answer.
    Predicate,
}

/// The rows of element-wise operators: `for_each_map_op!(consumer)`.
#[macro_export]
macro_rules! for_each_map_op {
    ($each:ident) => {
        $each! {
            /// Sum of two elements; of booleans, "or".
            Add "add" [] (a, b) Arith { bool: a | b; int: a.wrapping_add(b); float: a + b; complex: a + b; }
            /// Difference of two elements.
            Subtract "subtract" [] (a, b) Arith { int: a.wrapping_sub(b); float: a - b; complex: a - b; }
            /// Product of two elements; of booleans, "and".
            Multiply "multiply" [] (a, b) Arith { bool: a & b; int: a.wrapping_mul(b); float: a * b; complex: a * b; }
            /// True quotient, a float also for integers.
            Divide "divide" ["true_divide"] (a, b) Divide { float: a / b; complex: scalar::complex_div(a, b); }
            /// Quotient rounded towards minus infinity; an integer by zero is 0.
            FloorDivide "floor_divide" [] (a, b) ArithInt { int: scalar::Int::floor_div(a, b); float: scalar::Real::floor_div(a, b); }
            /// Remainder with the sign of the divisor; an integer by zero is 0.
            Remainder "remainder" ["mod"] (a, b) ArithInt { int: scalar::Int::floor_mod(a, b); float: scalar::Real::floor_mod(a, b); }
            /// First operand to the power of the second; negative powers of integers are an error.
            Power "power" ["pow"] (a, b) ArithInt { int: scalar::Int::power(a, b); float: math::pow(a, b); complex: math::complex_pow(a, b); }
            /// Minus the element.
            Negative "negative" [] (a) Arith { int: a.wrapping_neg(); float: -a; complex: -a; }
            /// The element itself.
            Positive "positive" [] (a) Arith { int: a; float: a; complex: a; }
            /// Magnitude.
            Absolute "absolute" ["abs"] (a) Abs { bool: a; int: scalar::Int::abs(a); float: a.abs(); complex: math::hypot(a.re, a.im); }
            /// The element times itself.
            Square "square" [] (a) ArithInt { int: a.wrapping_mul(a); float: a * a; complex: a * a; }
            /// Exponential function.
            Exp "exp" [] (a) Float { float: math::exp(a); complex: math::complex_exp(a); }
            /// Natural logarithm.
            Log "log" [] (a) Float { float: math::log(a); complex: math::complex_log(a); }
            /// Square root; of a negative real, NaN.
            Sqrt "sqrt" [] (a) Float { float: a.sqrt(); complex: math::complex_sqrt(a); }
            /// Sine, in radians.
            Sin "sin" [] (a) Float { float: math::sin(a); complex: math::complex_sin(a); }
            /// Cosine, in radians.
            Cos "cos" [] (a) Float { float: math::cos(a); complex: math::complex_cos(a); }
            /// Hyperbolic tangent.
            Tanh "tanh" [] (a) Float { float: math::tanh(a); complex: math::complex_tanh(a); }
            /// Tangent, in radians.
            Tan "tan" [] (a) Float { float: math::tan(a); complex: math::complex_tan(a); }
            /// Angle whose sine is the element; of a real number outside -1 to 1 NaN.
            Arcsin "arcsin" ["asin"] (a) Float { float: math::asin(a); complex: math::complex_asin(a); }
            /// Angle whose cosine is the element; of a real number outside -1 to 1 NaN.
            Arccos "arccos" ["acos"] (a) Float { float: math::acos(a); complex: math::complex_acos(a); }
            /// Angle whose tangent is the element.
            Arctan "arctan" ["atan"] (a) Float { float: math::atan(a); complex: math::complex_atan(a); }
            /// Hyperbolic sine.
            Sinh "sinh" [] (a) Float { float: math::sinh(a); complex: math::complex_sinh(a); }
            /// Hyperbolic cosine.
            Cosh "cosh" [] (a) Float { float: math::cosh(a); complex: math::complex_cosh(a); }
            /// Inverse hyperbolic sine.
            Arcsinh "arcsinh" ["asinh"] (a) Float { float: math::asinh(a); complex: math::complex_asinh(a); }
            /// Inverse hyperbolic cosine; of a real number below 1 NaN.
            Arccosh "arccosh" ["acosh"] (a) Float { float: math::acosh(a); complex: math::complex_acosh(a); }
            /// Inverse hyperbolic tangent; of a real number outside -1 to 1 NaN.
            Arctanh "arctanh" ["atanh"] (a) Float { float: math::atanh(a); complex: math::complex_atanh(a); }
            /// Two to the power of the element.
            Exp2 "exp2" [] (a) Float { float: math::exp2(a); complex: math::complex_exp2(a); }
            /// `exp(a) - 1`, exact near 0.
            Expm1 "expm1" [] (a) Float { float: math::expm1(a); complex: math::complex_expm1(a); }
            /// Logarithm to base 2.
            Log2 "log2" [] (a) Float { float: math::log2(a); complex: math::complex_log2(a); }
            /// Logarithm to base 10.
            Log10 "log10" [] (a) Float { float: math::log10(a); complex: math::complex_log10(a); }
            /// `log(1 + a)`, exact near 0.
            Log1p "log1p" [] (a) Float { float: math::log1p(a); complex: math::complex_log1p(a); }
            /// Cube root.
            Cbrt "cbrt" [] (a) Float { float: math::cbrt(a); }
            /// Degrees to radians.
            Deg2rad "deg2rad" ["radians"] (a) Float { float: scalar::Real::deg2rad(a); }
            /// Radians to degrees.
            Rad2deg "rad2deg" ["degrees"] (a) Float { float: scalar::Real::rad2deg(a); }
            /// Angle of the point (second, first), -π to π.
            Arctan2 "arctan2" ["atan2"] (a, b) Float { float: math::atan2(a, b); }
            /// `sqrt(a² + b²)` without overflow on the way.
            Hypot "hypot" [] (a, b) Float { float: math::hypot(a, b); }
            /// `log(exp(a) + exp(b))` without overflow on the way.
            Logaddexp "logaddexp" [] (a, b) Float { float: math::logaddexp(a, b); }
            /// `log2(2**a + 2**b)` without overflow on the way.
            Logaddexp2 "logaddexp2" [] (a, b) Float { float: math::logaddexp2(a, b); }
            /// The first with the sign of the second.
            Copysign "copysign" [] (a, b) Float { float: a.copysign(b); }
            /// The next float after the first in the direction of the second.
            Nextafter "nextafter" [] (a, b) Float { float: scalar::Real::next_after(a, b); }
            /// 0 below 0, 1 above, the second operand at 0.
            Heaviside "heaviside" [] (a, b) Float { float: scalar::Real::heaviside(a, b); }
            /// -1, 0 or 1; NaN of NaN. Of a complex number the one on the unit circle in its direction.
            Sign "sign" [] (a) Arith { int: scalar::Int::signum(a); float: scalar::Real::sign(a); complex: math::complex_sign(a); }
            /// Rounded down; integers stay.
            Floor "floor" [] (a) Arith { bool: a; int: a; float: a.floor(); }
            /// Rounded up; integers stay.
            Ceil "ceil" [] (a) Arith { bool: a; int: a; float: a.ceil(); }
            /// Rounded towards zero; integers stay.
            Trunc "trunc" ["fix"] (a) Arith { bool: a; int: a; float: a.trunc(); }
            /// Rounded to the nearest integer, halves to the even one; of a complex number both parts.
            Rint "rint" [] (a) Float { float: a.round_ties_even(); complex: scalar::complex_rint(a); }
            /// One divided by the element; of integers the quotient towards zero.
            Reciprocal "reciprocal" [] (a) ArithInt { int: scalar::Int::reciprocal(a); float: 1.0 / a; complex: scalar::complex_reciprocal(a); }
            /// Complex conjugate.
            Conjugate "conjugate" ["conj"] (a) ArithInt { int: a; float: a; complex: scalar::complex_conjugate(a); }
            /// Real part.
            Real "real" [] (a) Abs { bool: a; int: a; float: a; complex: a.re; }
            /// Imaginary part, 0 of real numbers.
            Imag "imag" [] (a) Abs { bool: { let _ = a; false }; int: a ^ a; float: scalar::Real::zero_of(a); complex: a.im; }
            /// The larger element; of a number and NaN the number.
            Fmax "fmax" [] (a, b) Arith { bool: a | b; int: a.max(b); float: scalar::Real::fmax(a, b); complex: scalar::complex_fmax(a, b); }
            /// The smaller element; of a number and NaN the number.
            Fmin "fmin" [] (a, b) Arith { bool: a & b; int: a.min(b); float: scalar::Real::fmin(a, b); complex: scalar::complex_fmin(a, b); }
            /// Remainder with the sign of the first operand; an integer by zero is 0.
            Fmod "fmod" [] (a, b) ArithInt { int: scalar::Int::remainder(a, b); float: a % b; }
            /// Greatest common divisor.
            Gcd "gcd" [] (a, b) Bitwise { int: scalar::Int::gcd(a, b); }
            /// Least common multiple.
            Lcm "lcm" [] (a, b) Bitwise { int: scalar::Int::lcm(a, b); }
            /// Whether the sign bit is set: also of -0.0 and of some NaN.
            Signbit "signbit" [] (a) Predicate { bool: { let _ = a; false }; int: scalar::Int::is_below_zero(a); float: a.is_sign_negative(); }
            /// The larger element; NaN if either is NaN. Complex numbers compare by real, then imaginary part.
            Maximum "maximum" [] (a, b) Arith { bool: a | b; int: a.max(b); float: scalar::Real::maximum(a, b); complex: scalar::complex_maximum(a, b); }
            /// The smaller element; NaN if either is NaN. Complex numbers compare by real, then imaginary part.
            Minimum "minimum" [] (a, b) Arith { bool: a & b; int: a.min(b); float: scalar::Real::minimum(a, b); complex: scalar::complex_minimum(a, b); }
            /// Whether the elements are equal.
            Equal "equal" [] (a, b) Compare { bool: a == b; int: a == b; float: a == b; complex: a == b; }
            /// Whether the elements differ.
            NotEqual "not_equal" [] (a, b) Compare { bool: a != b; int: a != b; float: a != b; complex: a != b; }
            /// Whether the first is less.
            Less "less" [] (a, b) Compare { bool: !a & b; int: a < b; float: a < b; complex: scalar::complex_less(a, b); }
            /// Whether the first is less or equal.
            LessEqual "less_equal" [] (a, b) Compare { bool: !a | b; int: a <= b; float: a <= b; complex: scalar::complex_less_equal(a, b); }
            /// Whether the first is greater.
            Greater "greater" [] (a, b) Compare { bool: a & !b; int: a > b; float: a > b; complex: scalar::complex_less(b, a); }
            /// Whether the first is greater or equal.
            GreaterEqual "greater_equal" [] (a, b) Compare { bool: a | !b; int: a >= b; float: a >= b; complex: scalar::complex_less_equal(b, a); }
            /// Both true.
            LogicalAnd "logical_and" [] (a, b) Logic { bool: a & b; }
            /// Either true.
            LogicalOr "logical_or" [] (a, b) Logic { bool: a | b; }
            /// Exactly one true.
            LogicalXor "logical_xor" [] (a, b) Logic { bool: a ^ b; }
            /// Not true.
            LogicalNot "logical_not" [] (a) Logic { bool: !a; }
            /// Bits set in both.
            BitwiseAnd "bitwise_and" [] (a, b) Bitwise { bool: a & b; int: a & b; }
            /// Bits set in either.
            BitwiseOr "bitwise_or" [] (a, b) Bitwise { bool: a | b; int: a | b; }
            /// Bits set in exactly one.
            BitwiseXor "bitwise_xor" [] (a, b) Bitwise { bool: a ^ b; int: a ^ b; }
            /// Bits flipped; of a boolean, "not".
            Invert "invert" ["bitwise_not", "bitwise_invert"] (a) Bitwise { bool: !a; int: !a; }
            /// Bits moved up; a count outside the width gives 0.
            LeftShift "left_shift" ["bitwise_left_shift"] (a, b) Shift { int: scalar::Int::left_shift(a, b); }
            /// Bits moved down, keeping the sign; a count outside the width gives 0 or -1.
            RightShift "right_shift" ["bitwise_right_shift"] (a, b) Shift { int: scalar::Int::right_shift(a, b); }
            /// Second operand where the first is true, third elsewhere.
            Where "where" [] (c, a, b) Where { bool: if c { a } else { b }; int: if c { a } else { b }; float: if c { a } else { b }; complex: if c { a } else { b }; }
            /// Whether the element is NaN.
            IsNan "isnan" [] (a) Predicate { bool: { let _ = a; false }; int: { let _ = a; false }; float: a.is_nan(); complex: a.re.is_nan() | a.im.is_nan(); }
            /// Whether the element is neither infinite nor NaN.
            IsFinite "isfinite" [] (a) Predicate { bool: { let _ = a; true }; int: { let _ = a; true }; float: a.is_finite(); complex: a.re.is_finite() & a.im.is_finite(); }
            /// Whether the element is infinite.
            IsInf "isinf" [] (a) Predicate { bool: { let _ = a; false }; int: { let _ = a; false }; float: a.is_infinite(); complex: a.re.is_infinite() | a.im.is_infinite(); }
        }
    };
}

macro_rules! map_op {
    ($( $(#[doc = $doc:literal])* $Name:ident $text:literal [$($alias:literal),*] ($($p:ident),*) $rule:ident
        { $($class:ident : $body:expr;)* } )*) => {
        /// An element-wise operator: a row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub enum MapOp { $( $(#[doc = $doc])* $Name ),* }

        impl MapOp {
            /// All rows, in table order.
            pub const ALL: &[MapOp] = &[$(MapOp::$Name),*];

            /// The name in IR text, which is NumPy's.
            pub fn name(self) -> &'static str { match self { $(MapOp::$Name => $text),* } }

            /// Other NumPy names of the operator.
            pub fn aliases(self) -> &'static [&'static str] { match self { $(MapOp::$Name => &[$($alias),*]),* } }

            /// How many operands it takes.
            pub fn arity(self) -> usize { match self { $(MapOp::$Name => [$(stringify!($p)),*].len()),* } }

            /// What it does with dtypes.
            pub fn rule(self) -> DTypeRule { match self { $(MapOp::$Name => DTypeRule::$rule),* } }

            /// The dtype classes whose meaning is in the row: `bool`, `int`, `float`, `complex`.
            pub fn classes(self) -> &'static [&'static str] { match self { $(MapOp::$Name => &[$(stringify!($class)),*]),* } }

            /// The row's doc line.
            pub fn doc(self) -> &'static str { match self { $(MapOp::$Name => concat!($($doc),*).trim_ascii()),* } }

            /// The name of the marker type in the runtime's `op` module: `Add`.
            pub fn rust_name(self) -> &'static str { match self { $(MapOp::$Name => stringify!($Name)),* } }

            /// The operator with this name or alias.
            pub fn from_name(name: &str) -> Option<MapOp> {
                MapOp::ALL.iter().copied().find(|op| op.name() == name || op.aliases().contains(&name))
            }
        }
    };
}
for_each_map_op!(map_op);

impl MapOp {
    /// Python's signs. A reader of Rust takes `//` for a comment, so that one is only printed.
    pub const SIGNS: &[(MapOp, &str)] = &[
        (MapOp::Add, "+"),
        (MapOp::Subtract, "-"),
        (MapOp::Multiply, "*"),
        (MapOp::Divide, "/"),
        (MapOp::FloorDivide, "//"),
        (MapOp::Remainder, "%"),
        (MapOp::Power, "**"),
        (MapOp::BitwiseAnd, "&"),
        (MapOp::BitwiseOr, "|"),
        (MapOp::BitwiseXor, "^"),
        (MapOp::LeftShift, "<<"),
        (MapOp::RightShift, ">>"),
        (MapOp::Equal, "=="),
        (MapOp::NotEqual, "!="),
        (MapOp::Less, "<"),
        (MapOp::LessEqual, "<="),
        (MapOp::Greater, ">"),
        (MapOp::GreaterEqual, ">="),
        (MapOp::Negative, "-"),
        (MapOp::Positive, "+"),
        (MapOp::Invert, "~"),
    ];

    /// Python's sign, of an operator that has one.
    pub fn sign(self) -> Option<&'static str> {
        MapOp::SIGNS.iter().find(|(op, _)| *op == self).map(|(_, sign)| *sign)
    }
}

/// What a reduction does with the dtype of its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReduceRule {
    /// Booleans and signed integers are computed in `i64`, unsigned in `u64`, the rest in their own dtype.
    Widen,
    /// The operand's dtype.
    Same,
    /// Operands are read as truth values, the result is `bool`.
    Logic,
    /// Booleans and integers are computed in `f64`, the rest in their own dtype.
    Mean,
}

/// The value of a reduction over nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// 0.
    Zero,
    /// 1.
    One,
    /// `false`.
    False,
    /// `true`.
    True,
    /// None: over an empty axis it is an error.
    None,
    /// NaN (the mean of nothing).
    Nan,
}

macro_rules! reduce_op {
    ($( $(#[doc = $doc:literal])* $Name:ident $text:literal [$($alias:literal),*] $rule:ident $identity:ident $combine:expr; )*
     => { $( $(#[doc = $inner_doc:literal])* $Inner:ident $inner_text:literal $inner_combine:expr; )* }) => {
        /// A reduction: a row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub enum ReduceOp { $( $(#[doc = $doc])* $Name, )* $( $(#[doc = $inner_doc])* $Inner, )* }

        impl ReduceOp {
            /// All rows that programs name, in table order.
            pub const ALL: &[ReduceOp] = &[$(ReduceOp::$Name),*];

            /// The name in IR text, which is NumPy's.
            pub fn name(self) -> &'static str { match self { $(ReduceOp::$Name => $text,)* $(ReduceOp::$Inner => $inner_text,)* } }

            /// Other NumPy names of the reduction.
            pub fn aliases(self) -> &'static [&'static str] { match self { $(ReduceOp::$Name => &[$($alias),*],)* $(ReduceOp::$Inner => &[],)* } }

            /// What it does with dtypes.
            pub fn rule(self) -> ReduceRule { match self { $(ReduceOp::$Name => ReduceRule::$rule,)* $(ReduceOp::$Inner => ReduceRule::Same,)* } }

            /// Its value over nothing.
            pub fn identity(self) -> Identity { match self { $(ReduceOp::$Name => Identity::$identity,)* $(ReduceOp::$Inner => Identity::Zero,)* } }

            /// The element-wise operator that joins two partial results; `None` where `decompose` rewrites the reduction, and for moments.
            pub fn combine(self) -> Option<MapOp> { match self { $(ReduceOp::$Name => $combine,)* $(ReduceOp::$Inner => $inner_combine,)* } }

            /// The row's doc line.
            pub fn doc(self) -> &'static str { match self { $(ReduceOp::$Name => concat!($($doc),*).trim_ascii(),)* $(ReduceOp::$Inner => concat!($($inner_doc),*).trim_ascii(),)* } }

            /// The reduction that IR text calls so.
            pub fn from_text(name: &str) -> Option<ReduceOp> {
                ReduceOp::ALL.iter().copied().chain([$(ReduceOp::$Inner),*]).find(|op| op.name() == name)
            }

            /// The reduction with this name or alias.
            pub fn from_name(name: &str) -> Option<ReduceOp> {
                ReduceOp::ALL.iter().copied().find(|op| op.name() == name || op.aliases().contains(&name))
            }
        }
    };
}
reduce_op! {
    /// Sum of the elements.
    Sum "sum" [] Widen Zero Some(MapOp::Add);
    /// Product of the elements.
    Prod "prod" [] Widen One Some(MapOp::Multiply);
    /// Largest element; NaN if one is NaN.
    Max "max" ["amax"] Same None Some(MapOp::Maximum);
    /// Smallest element; NaN if one is NaN.
    Min "min" ["amin"] Same None Some(MapOp::Minimum);
    /// Largest element but NaN; NaN where all are.
    NanMax "nanmax" [] Same None Some(MapOp::Fmax);
    /// Smallest element but NaN; NaN where all are.
    NanMin "nanmin" [] Same None Some(MapOp::Fmin);
    /// Whether any element is true.
    Any "any" [] Logic False Some(MapOp::LogicalOr);
    /// Whether all elements are true.
    All "all" [] Logic True Some(MapOp::LogicalAnd);
    /// Sum of the elements divided by their number.
    Mean "mean" [] Mean Nan None;
    => {
        /// Count, sum, and sum of squared deviations from the mean, along a new first axis of 3: what the pass `moments` makes.
        Moments "moments" None;
        /// Sum of squared deviations from the mean: what that pass makes where every row has its own. Blocks of a row are joined as moments.
        Spread "spread" None;
        /// Sum of the squares of the elements: what the pass `squares` makes.
        SquareSum "square_sum" Some(MapOp::Add);
    }
}
