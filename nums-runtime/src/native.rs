//! Native loops of element-wise groups, which the macro emits, and the choice of instructions for all loops of the runtime.
//!
//! `native_group!` turns a group into an entry of `NATIVE` in the crate that is being compiled: one loop over contiguous
//! slices in three variants (baseline, AVX2, AVX-512). The driver names the variant in the task's message (`Code`), so that a
//! cluster has one numeric class and a test can ask for any. The interpreter looks entries up by the group's id and falls back to
//! its own loops; both expand the same rows of the operator table, and no multiplication and addition is ever contracted, so
//! every variant and the interpreter give the same bits. Entries of one id are equal, so any will do. Everything that needs
//! `unsafe` for vector instructions is here; `kernel`'s loops come through `vectorised`.
#![allow(unsafe_code)]

mod cache;

use crate::element::{Element, Slice, SliceMut};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::OnceLock;

#[doc(hidden)]
pub use linkme;

/// A loop over `len` positions: reads the group's inputs (one element of a splat), writes its outputs. A fault if the
/// operands are not those of the group, or have no answer.
///
/// Calling one is sound where the CPU has the instructions of the field that it stands in.
#[doc(hidden)]
pub type Run = for<'a> unsafe fn(usize, &mut Ins<'a>, &mut Outs<'a>) -> std::result::Result<(), Fault>;

#[doc(hidden)]
pub use crate::kernel::Fault;

/// Positions whose elements a native loop looks at together, where some may be unusual.
#[doc(hidden)]
pub const CHUNK: usize = 256;

/// Operands of a group one by one: nothing is collected for a tile.
#[doc(hidden)]
pub type Ins<'a> = dyn Iterator<Item = Slice<'a>> + 'a;

/// Where its results go, one by one.
#[doc(hidden)]
pub type Outs<'a> = dyn Iterator<Item = SliceMut<'a>> + 'a;

/// The native code of one element-wise group. Made by `native_group!` alone.
#[doc(hidden)]
#[derive(Debug)]
pub struct Native {
    /// `Group::id`.
    pub id: u128,
    /// Needs nothing.
    pub base: Run,
    /// Needs AVX2 and FMA.
    pub avx2: Run,
    /// Needs AVX-512 F, BW, DQ and VL.
    pub avx512: Run,
}

/// All native groups that were linked in.
#[doc(hidden)]
#[linkme::distributed_slice]
pub static NATIVE: [Native];

/// The entry of a group.
pub(crate) fn find(id: u128) -> Option<&'static Native> {
    static BY_ID: OnceLock<HashMap<u128, &'static Native>> = OnceLock::new();
    BY_ID.get_or_init(|| NATIVE.iter().map(|n| (n.id, n)).collect()).get(&id).copied()
}

/// Vector instructions that a loop may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Isa {
    /// What the target guarantees.
    Base,
    /// AVX2 and FMA.
    Avx2,
    /// AVX-512 F, BW, DQ and VL.
    Avx512,
}

/// What decides the bits of products: whether they use fused multiply-add. A cluster has one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NumericClass {
    /// Products round once a term.
    Fma,
    /// Products round twice a term.
    Plain,
}

impl Isa {
    /// All, least first.
    pub const ALL: [Isa; 3] = [Isa::Base, Isa::Avx2, Isa::Avx512];

    /// The name in `NUMS_ISA`.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Base => "baseline",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
        }
    }

    /// The class of its answers.
    pub fn class(self) -> NumericClass {
        match self {
            Isa::Base => NumericClass::Plain,
            Isa::Avx2 | Isa::Avx512 => NumericClass::Fma,
        }
    }

    /// The best of this machine.
    pub fn detected() -> Isa {
        static DETECTED: OnceLock<Isa> = OnceLock::new();
        *DETECTED.get_or_init(detect)
    }

    /// All of this machine, for tests that demand equal bits of them.
    #[cfg(test)]
    pub(crate) fn available() -> impl Iterator<Item = Isa> {
        Isa::ALL.into_iter().filter(|&isa| isa <= Isa::detected())
    }
}

/// Which code tasks run. The message that brings a task says so, and a worker guesses nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The instructions of all loops.
    pub isa: Isa,
    /// Whether groups run as native code where there is some; else all are interpreted.
    pub native: bool,
    /// Bytes of second-level cache for which tiles are made: no bit depends on it.
    pub cache: u64,
}

/// The variable that keeps a cluster from the best instructions of its machines.
const VARIABLE: &str = "NUMS_ISA";
const EXPECTED: &str = "`baseline`, `avx2` or `avx512`, and no more than this machine has";

impl Default for Code {
    /// The best of this machine.
    fn default() -> Code {
        Code { isa: Isa::detected(), native: true, cache: cache::found() }
    }
}

impl Code {
    /// What `NUMS_ISA` and `NUMS_CACHE` say; without them the best of this machine.
    ///
    /// # Errors
    /// `Error::Setting` for a name that is none, instructions that this machine does not have, or a size that is none.
    pub fn from_env() -> Result<Code> {
        let code = std::env::var(VARIABLE).map_or_else(|_| Ok(Code::default()), |value| Code::named(&value))?;
        Ok(Code { cache: cache::from_env()?, ..code })
    }

    /// Native code with these instructions.
    ///
    /// # Errors
    /// As `from_env`.
    pub fn named(name: &str) -> Result<Code> {
        let named = Isa::ALL.into_iter().find(|isa| isa.name() == name && *isa <= Isa::detected());
        let wrong = || Error::Setting { name: VARIABLE.to_owned(), value: name.to_owned(), expected: EXPECTED };
        named.map(|isa| Code { isa, ..Code::default() }).ok_or_else(wrong)
    }
}

#[cfg(target_arch = "x86_64")]
fn detect() -> Isa {
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    match (avx2, avx512) {
        (true, true) => Isa::Avx512,
        (true, false) => Isa::Avx2,
        (false, _) => Isa::Base,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn detect() -> Isa {
    Isa::Base
}

thread_local! {
    /// What the running task's message named.
    static CODE: Cell<Option<Code>> = const { Cell::new(None) };
}

/// Runs `f` with this code on this thread. Instructions that the machine does not have are never run: the best that it has
/// takes their place, and gives the same bits within a numeric class.
pub(crate) fn with_code<R>(code: Code, f: impl FnOnce() -> R) -> R {
    /// Puts back what was there, also when `f` panics.
    struct Before(Option<Code>);
    impl Drop for Before {
        fn drop(&mut self) {
            CODE.set(self.0);
        }
    }
    let _before = Before(CODE.replace(Some(Code { isa: code.isa.min(Isa::detected()), ..code })));
    f()
}

/// Runs `f` with the loops of this thread restricted to `isa`.
#[cfg(test)]
pub(crate) fn with_isa<R>(isa: Isa, f: impl FnOnce() -> R) -> R {
    with_code(Code { isa, ..Code::default() }, f)
}

/// The code of this thread's task.
pub(crate) fn code() -> Code {
    CODE.get().unwrap_or_default()
}

/// The instructions that loops of this thread use.
#[inline]
pub(crate) fn isa() -> Isa {
    CODE.get().map_or_else(Isa::detected, |code| code.isa)
}

/// Bytes of cache for which tiles of this thread are made.
pub(crate) fn cache() -> usize {
    CODE.get().map_or_else(cache::found, |code| code.cache).try_into().unwrap_or(usize::MAX)
}

impl Native {
    /// Runs the variant of this thread's task.
    pub(crate) fn run<'a>(&self, len: usize, ins: &mut Ins<'a>, outs: &mut Outs<'a>) -> std::result::Result<(), Fault> {
        // SAFETY: `isa` is at most what was detected on this CPU, and each field needs just the features of its variant.
        unsafe {
            match isa() {
                Isa::Base => (self.base)(len, ins, outs),
                Isa::Avx2 => (self.avx2)(len, ins, outs),
                Isa::Avx512 => (self.avx512)(len, ins, outs),
            }
        }
    }
}

/// A loop that is worth vector instructions. `run` must be `#[inline(always)]`, or it keeps the baseline's.
pub(crate) trait Loop {
    type Out;
    fn run(self) -> Self::Out;
}

/// Runs a loop with the best instructions of this machine.
#[inline]
pub(crate) fn vectorised<L: Loop>(work: L) -> L::Out {
    #[cfg(target_arch = "x86_64")]
    match isa() {
        Isa::Base => work.run(),
        // SAFETY: the features of `avx2` were detected on this CPU.
        Isa::Avx2 => unsafe { avx2(work) },
        // SAFETY: the features of `avx512` were detected on this CPU.
        Isa::Avx512 => unsafe { avx512(work) },
    }
    #[cfg(not(target_arch = "x86_64"))]
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<L: Loop>(work: L) -> L::Out {
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn avx512<L: Loop>(work: L) -> L::Out {
    work.run()
}

/// An operand with one element a position.
#[doc(hidden)]
#[inline(always)]
pub fn full<T: Element>(slice: Option<Slice<'_>>, len: usize) -> std::result::Result<&[T], Fault> {
    slice.and_then(T::slice).and_then(|s| s.get(..len)).ok_or(Fault::Operands)
}

/// An operand with one element for all positions.
#[doc(hidden)]
#[inline(always)]
pub fn splat<T: Element>(slice: Option<Slice<'_>>) -> std::result::Result<T, Fault> {
    slice.and_then(T::slice).and_then(|s| s.first()).copied().ok_or(Fault::Operands)
}

/// Where an output goes.
#[doc(hidden)]
#[inline(always)]
pub fn output<T: Element>(slice: Option<SliceMut<'_>>, len: usize) -> std::result::Result<&mut [T], Fault> {
    slice.and_then(T::slice_mut).and_then(|s| s.get_mut(..len)).ok_or(Fault::Operands)
}

/// An entry of `NATIVE` from a group: inputs, steps that are computed once, steps for each position, outputs. `chunked` stands for
/// `each` where elements may be unusual (`Apply::usual`): the loop then looks at those of a chunk before it goes on.
///
/// ```text
/// native_group! {
///     id 0x0123u128;
///     in (v0: full f64) (v1: splat f64);
///     once [v2: f64 = Float(0x4000000000000000)] [v3: f64 = Multiply(v1, v2)];
///     each [v4: f64 = Add(v0, v3)] [v5: f32 = cast(v4)];
///     out (full v4: f64) (full v5: f32);
/// }
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! native_group {
    (id $id:literal; in $(($in:ident : $kind:ident $in_t:ident))*; once $($once:tt)*) => {
        $crate::native_group! { @once $id; [$(($in : $kind $in_t))*]; []; $($once)* }
    };
    (@once $id:literal; $ins:tt; [$($once:tt)*]; [$($step:tt)*] $($rest:tt)*) => {
        $crate::native_group! { @once $id; $ins; [$($once)* [$($step)*]]; $($rest)* }
    };
    (@once $id:literal; $ins:tt; $once:tt; ; $how:ident $($each:tt)*) => {
        $crate::native_group! { @each $id; $ins; $once; $how []; $($each)* }
    };
    (@each $id:literal; $ins:tt; $once:tt; $how:ident [$($each:tt)*]; [$($step:tt)*] $($rest:tt)*) => {
        $crate::native_group! { @each $id; $ins; $once; $how [$($each)* [$($step)*]]; $($rest)* }
    };
    (@each $id:literal; [$(($in:ident : $kind:ident $in_t:ident))*]; $once:tt; $how:ident $each:tt; ;
        out $(($out_kind:ident $out:ident : $out_t:ident))*; ) => {
        const _: () = {
            // One parameter for all inputs, however many. Outputs stay apart, so that the compiler knows that nothing else overlaps them.
            struct Ins<'a> {
                from: &'a usize,
                to: &'a usize,
                $($in: $crate::native_group!(@param 'a $kind $in_t),)*
            }

            $crate::native_group! {
                @loops $how [$(($in : $kind $in_t))*] $once $each [$(($out_kind $out : $out_t))*]
            }

            #[inline(always)]
            fn checked<'a>(
                len: usize,
                ins: &mut $crate::native::Ins<'a>,
                outs: &mut $crate::native::Outs<'a>,
            ) -> ::core::result::Result<(), $crate::native::Fault> {
                $(let $in = $crate::native_group!(@operand $kind $in_t ins len);)*
                let all = positions(
                    &Ins { from: &0, to: &len, $($in: $crate::native_group!(@borrow $kind $in),)* },
                    $($crate::native_group!(@output $out_kind $out_t outs len),)*
                );
                let _ = (ins, outs);
                if all { Ok(()) } else { Err($crate::native::Fault::NegativePower) }
            }

            fn base<'a>(
                len: usize,
                ins: &mut $crate::native::Ins<'a>,
                outs: &mut $crate::native::Outs<'a>,
            ) -> ::core::result::Result<(), $crate::native::Fault> {
                checked(len, ins, outs)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2<'a>(
                len: usize,
                ins: &mut $crate::native::Ins<'a>,
                outs: &mut $crate::native::Outs<'a>,
            ) -> ::core::result::Result<(), $crate::native::Fault> {
                checked(len, ins, outs)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            fn avx512<'a>(
                len: usize,
                ins: &mut $crate::native::Ins<'a>,
                outs: &mut $crate::native::Outs<'a>,
            ) -> ::core::result::Result<(), $crate::native::Fault> {
                checked(len, ins, outs)
            }

            #[cfg(not(target_arch = "x86_64"))]
            use base as avx2;
            #[cfg(not(target_arch = "x86_64"))]
            use base as avx512;

            #[$crate::native::linkme::distributed_slice($crate::native::NATIVE)]
            #[linkme(crate = $crate::native::linkme)]
            static ENTRY: $crate::native::Native = $crate::native::Native { id: $id, base, avx2, avx512 };
        };
    };

    (@loops each $ins:tt $once:tt [$($each:tt)*] [$(($out_kind:ident $out:ident : $out_t:ident))*]) => {
        $crate::native_group! { @apart [$($out)*]
            #[inline(always)]
            fn positions(ins: &Ins<'_>, $($out: &mut [$crate::element::types::$out_t],)*) -> bool {
                $crate::native_group!(@begin ins $ins $once [$(($out_kind $out))*]);
                for i in *ins.from..*ins.to {
                    $crate::native_group!(@position i $ins [$(($out_kind $out))*] $($crate::native_group!(@step $each);)*);
                }
                true
            }
        }
    };
    (@loops chunked $ins:tt $once:tt [$($each:tt)*] [$(($out_kind:ident $out:ident : $out_t:ident))*]) => {
        $crate::native_group! { @apart [$($out)*]
            #[inline(always)]
            fn positions(ins: &Ins<'_>, $($out: &mut [$crate::element::types::$out_t],)*) -> bool {
                $crate::native_group!(@begin ins $ins $once [$(($out_kind $out))*]);
                let mut from = *ins.from;
                while from < *ins.to {
                    let to = (*ins.to).min(from + $crate::native::CHUNK);
                    let mut usual = true;
                    for i in from..to {
                        $crate::native_group!(@position i $ins [$(($out_kind $out))*]
                            $($crate::native_group!(@usual usual $each);)*);
                    }
                    if !usual && !unusual(&Ins { from: &from, to: &to, ..*ins }, $(&mut *$out),*) {
                        return false;
                    }
                    from = to;
                }
                true
            }
        }

        // Rare, so that one variant is enough.
        $crate::native_group! { @apart [$($out)*]
            #[cold]
            #[inline(never)]
            fn unusual(ins: &Ins<'_>, $($out: &mut [$crate::element::types::$out_t],)*) -> bool {
                $crate::native_group!(@begin ins $ins $once [$(($out_kind $out))*]);
                let mut defined = true;
                for i in *ins.from..*ins.to {
                    $crate::native_group!(@position i $ins [$(($out_kind $out))*]
                        $($crate::native_group!(@defined defined $each);)*);
                }
                defined
            }
        }
    };

    // Clippy counts parameters, those of macros too; up to six outputs need no permission.
    (@apart [$a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $($more:ident)+] $($function:tt)*) => {
        #[allow(clippy::too_many_arguments)]
        $($function)*
    };
    (@apart [$($few:ident)*] $($function:tt)*) => { $($function)* };

    (@begin $all:ident [$(($in:ident : $kind:ident $in_t:ident))*] [$($once:tt)*] $outs:tt) => {
        $(let $in = $crate::native_group!(@value $kind $all $in);)*
        // The inner scope names a slot's value as the outer one names its output.
        let once = {
            $($crate::native_group!(@step $once);)*
            $crate::native_group!(@used $($once)*);
            $crate::native_group!(@outputs splat $outs)
        };
        $crate::native_group!(@keep once, 0, splat $outs);
        $($crate::native_group!(@step $once);)*
    };
    (@position $i:ident [$(($in:ident : $kind:ident $in_t:ident))*] $outs:tt $($steps:tt)*) => {
        let each = {
            $($crate::native_group!(@load $kind $in $i);)*
            $($steps)*
            $crate::native_group!(@outputs full $outs)
        };
        $crate::native_group!(@keep each, $i, full $outs);
    };
    (@outputs $want:ident [$($outs:tt)*]) => { $crate::native_group!(@values $want $($outs)*) };
    (@keep $values:ident, $i:expr, $want:ident [$($outs:tt)*]) => {
        $crate::native_group!(@store $values, $i, $want $($outs)*);
    };

    (@usual $usual:ident [$v:ident : $t:ident = cast($a:ident)]) => {
        $crate::native_group!(@step [$v : $t = cast($a)]);
    };
    (@usual $usual:ident [$v:ident : $t:ident = $Op:ident($($a:ident),+)]) => {
        $usual &= <$crate::kernel::op::$Op as $crate::kernel::op::Apply<_>>::is_usual(&($($a,)+));
        let $v: $crate::element::types::$t = <$crate::kernel::op::$Op as $crate::kernel::op::Apply<_>>::usual(($($a,)+));
    };
    (@defined $defined:ident [$v:ident : $t:ident = cast($a:ident)]) => {
        $crate::native_group!(@step [$v : $t = cast($a)]);
    };
    (@defined $defined:ident [$v:ident : $t:ident = $Op:ident($($a:ident),+)]) => {
        $defined &= <$crate::kernel::op::$Op as $crate::kernel::op::Apply<_>>::is_defined(&($($a,)+));
        $crate::native_group!(@step [$v : $t = $Op($($a),+)]);
    };

    (@param $a:lifetime full $t:ident) => { &$a [$crate::element::types::$t] };
    (@param $a:lifetime splat $t:ident) => { &$a $crate::element::types::$t };
    (@borrow full $in:ident) => { $in };
    (@borrow splat $in:ident) => { &$in };
    (@value full $ins:ident $in:ident) => { $ins.$in };
    (@value splat $ins:ident $in:ident) => { *$ins.$in };
    (@operand full $t:ident $ins:ident $len:ident) => {
        $crate::native::full::<$crate::element::types::$t>($ins.next(), $len)?
    };
    (@operand splat $t:ident $ins:ident $len:ident) => { $crate::native::splat::<$crate::element::types::$t>($ins.next())? };
    (@output full $t:ident $outs:ident $len:ident) => {
        $crate::native::output::<$crate::element::types::$t>($outs.next(), $len)?
    };
    (@output splat $t:ident $outs:ident $len:ident) => {
        $crate::native::output::<$crate::element::types::$t>($outs.next(), 1)?
    };
    (@load full $in:ident $i:ident) => { let $in = $in[$i]; };
    (@load splat $in:ident $i:ident) => {};

    (@step [$v:ident : $t:ident = Bool($b:literal)]) => {
        let $v: $crate::element::types::$t = $crate::native::constant($crate::native::Scalar::Bool($b));
    };
    (@step [$v:ident : $t:ident = Int($x:expr)]) => {
        let $v: $crate::element::types::$t = $crate::native::constant($crate::native::Scalar::Int($x));
    };
    (@step [$v:ident : $t:ident = Float($x:literal)]) => {
        let $v: $crate::element::types::$t = $crate::native::constant($crate::native::Scalar::Float(f64::from_bits($x)));
    };
    (@step [$v:ident : $t:ident = Complex($re:literal, $im:literal)]) => {
        let $v: $crate::element::types::$t =
            $crate::native::constant($crate::native::Scalar::Complex(f64::from_bits($re), f64::from_bits($im)));
    };
    (@step [$v:ident : $t:ident = cast($a:ident)]) => {
        let $v = $crate::kernel::op::cast::<_, $crate::element::types::$t>($a);
    };
    (@step [$v:ident : $t:ident = $Op:ident($($a:ident),+)]) => {
        let $v: $crate::element::types::$t = <$crate::kernel::op::$Op as $crate::kernel::op::Apply<_>>::apply(($($a,)+));
    };

    (@used $([$v:ident : $($step:tt)*])*) => { $(let _ = $v;)* };

    (@values $want:ident) => { () };
    (@values full (full $v:ident) $($rest:tt)*) => { ($v, $crate::native_group!(@values full $($rest)*)) };
    (@values splat (splat $v:ident) $($rest:tt)*) => { ($v, $crate::native_group!(@values splat $($rest)*)) };
    (@values $want:ident ($other:ident $v:ident) $($rest:tt)*) => { $crate::native_group!(@values $want $($rest)*) };

    (@store $values:ident, $i:expr, $want:ident) => { let () = $values; };
    (@store $values:ident, $i:expr, full (full $v:ident) $($rest:tt)*) => {
        let (value, others) = $values;
        $v[$i] = value;
        $crate::native_group!(@store others, $i, full $($rest)*);
    };
    (@store $values:ident, $i:expr, splat (splat $v:ident) $($rest:tt)*) => {
        let (value, others) = $values;
        $v[$i] = value;
        $crate::native_group!(@store others, $i, splat $($rest)*);
    };
    (@store $values:ident, $i:expr, $want:ident ($other:ident $v:ident) $($rest:tt)*) => {
        $crate::native_group!(@store $values, $i, $want $($rest)*);
    };
}

#[doc(hidden)]
pub use nums_ir::func::Scalar;

/// A constant of a group as an element.
#[doc(hidden)]
#[inline(always)]
pub fn constant<T: Element>(scalar: Scalar) -> T {
    T::from_scalar(scalar)
}

#[cfg(test)]
pub(crate) mod tests;
