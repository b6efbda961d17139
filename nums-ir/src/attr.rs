//! Attributes: the constants of an operator as its text writes them, `name=value`.
//!
//! Operators of `data` and calls of functions that are written with other operators have many small attributes. They are
//! declared once, by `operators!`, as fields of an enum; printing and parsing follow from the fields' types (`Field`), so that
//! a new operator needs no line in the text's printer and parser.

use crate::dim::Dim;
use crate::dtype::DType;
use crate::func::Size;
use crate::ops::ReduceOp;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Attr {
    /// `none`.
    None,
    /// `true`, `false`.
    Bool(bool),
    /// `3`.
    Int(i64),
    /// `0.5`.
    Float(f64),
    /// `"ij,jk->ik"`: letters, digits and marks, no quote and no backslash.
    Str(String),
    /// `f64`.
    DType(DType),
    /// `(n + 1)`, and in the parsed stage `(%3)`.
    Size(Size),
    /// `@0`: an operand of the instruction.
    Arg(usize),
    /// `[1, 2]`.
    List(Vec<Attr>),
}

impl Attr {
    /// Calls `see` with every size in it.
    pub fn visit_sizes(&mut self, see: &mut dyn FnMut(&mut Size)) {
        match self {
            Attr::Size(size) => see(size),
            Attr::List(parts) => parts.iter_mut().for_each(|p| p.visit_sizes(see)),
            Attr::None | Attr::Bool(_) | Attr::Int(_) | Attr::Float(_) | Attr::Str(_) | Attr::DType(_) | Attr::Arg(_) => {}
        }
    }
}

/// A type that a field of an operator may have.
pub trait Field: Sized {
    /// As an attribute.
    fn attr(&self) -> Attr;
    /// From an attribute, if it is of this type.
    fn of(attr: Attr) -> Option<Self>;
    /// Calls `see` with every size in it.
    fn sizes(&mut self, _see: &mut dyn FnMut(&mut Size)) {}
}

impl Field for bool {
    fn attr(&self) -> Attr {
        Attr::Bool(*self)
    }

    fn of(attr: Attr) -> Option<bool> {
        if let Attr::Bool(b) = attr { Some(b) } else { None }
    }
}

macro_rules! integers {
    ($($t:ty)*) => {$(
        impl Field for $t {
            fn attr(&self) -> Attr { Attr::Int(i64::try_from(*self).unwrap_or(i64::MAX)) }
            fn of(attr: Attr) -> Option<$t> { if let Attr::Int(i) = attr { <$t>::try_from(i).ok() } else { None } }
        }
    )*};
}
integers!(i64 usize u64 u32);

impl Field for DType {
    fn attr(&self) -> Attr {
        Attr::DType(*self)
    }

    fn of(attr: Attr) -> Option<DType> {
        if let Attr::DType(d) = attr { Some(d) } else { None }
    }
}

impl Field for Size {
    fn attr(&self) -> Attr {
        Attr::Size(self.clone())
    }

    fn of(attr: Attr) -> Option<Size> {
        match attr {
            Attr::Size(size) => Some(size),
            Attr::Int(i) => Some(Size::Dim(Dim::Const(i))),
            Attr::None | Attr::Bool(_) | Attr::Float(_) | Attr::Str(_) | Attr::DType(_) | Attr::Arg(_) | Attr::List(_) => None,
        }
    }

    fn sizes(&mut self, see: &mut dyn FnMut(&mut Size)) {
        see(self);
    }
}

impl Field for ReduceOp {
    fn attr(&self) -> Attr {
        Attr::Str(self.name().to_owned())
    }

    fn of(attr: Attr) -> Option<ReduceOp> {
        if let Attr::Str(name) = attr { ReduceOp::ALL.iter().copied().find(|op| op.name() == name) } else { None }
    }
}

impl<T: Field> Field for Vec<T> {
    fn attr(&self) -> Attr {
        Attr::List(self.iter().map(Field::attr).collect())
    }

    fn of(attr: Attr) -> Option<Vec<T>> {
        if let Attr::List(parts) = attr { parts.into_iter().map(T::of).collect() } else { None }
    }

    fn sizes(&mut self, see: &mut dyn FnMut(&mut Size)) {
        self.iter_mut().for_each(|part| part.sizes(see));
    }
}

/// Declares an enum of operators whose fields are attributes: its names, printing, parsing and sizes.
macro_rules! operators {
    ($(#[$meta:meta])* $Enum:ident { $( $(#[doc = $doc:literal])* $Name:ident $text:literal {
        $( $(#[doc = $field_doc:literal])* $field:ident : $t:ty ),* $(,)? } )* }) => {
        $(#[$meta])*
        pub enum $Enum { $( $(#[doc = $doc])* $Name { $( $(#[doc = $field_doc])* $field: $t ),* } ),* }

        impl $Enum {
            /// The names of all, in IR text.
            pub const NAMES: &[&str] = &[$($text),*];

            /// The name in IR text.
            pub fn name(&self) -> &'static str {
                match self { $($Enum::$Name { .. } => $text),* }
            }

            /// The attributes, in the order of the fields.
            pub fn attrs(&self) -> Vec<(&'static str, $crate::attr::Attr)> {
                match self {
                    $($Enum::$Name { $($field),* } => vec![$((stringify!($field), $crate::attr::Field::attr($field))),*]),*
                }
            }

            /// The operator of this name with these attributes; `None` where one is missing, unknown or of another type.
            pub fn from_attrs(name: &str, attrs: Vec<(String, $crate::attr::Attr)>) -> Option<$Enum> {
                match name {
                    $($text => {
                        #[allow(unused_mut)]
                        let mut attrs = attrs;
                        $(
                            let at = attrs.iter().position(|(n, _)| n == stringify!($field))?;
                            let $field = $crate::attr::Field::of(attrs.remove(at).1)?;
                        )*
                        attrs.is_empty().then_some($Enum::$Name { $($field),* })
                    })*
                    _ => None,
                }
            }

            /// Calls `see` with every size attribute.
            #[allow(unused_variables)]
            pub fn visit_sizes(&mut self, see: &mut dyn FnMut(&mut $crate::func::Size)) {
                match self { $($Enum::$Name { $($field),* } => { $($crate::attr::Field::sizes($field, see);)* })* }
            }
        }
    };
}
pub(crate) use operators;
