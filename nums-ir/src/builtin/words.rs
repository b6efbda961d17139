//! The vocabulary as a list: what an editor may complete and explain. It follows from the tables, as the operator page does.

use super::bind::signature_shown;
use super::{ATTRIBUTES, CONSTANTS, Callable};

/// A function or method by one of its names.
#[derive(Clone, Debug)]
pub struct Word {
    /// NumPy's name with its module: `sum`, `linalg.solve`, `random.normal`.
    pub path: &'static str,
    /// Its parameters, as a reader wants them.
    pub signature: String,
    /// One line of documentation.
    pub doc: &'static str,
    /// `x.name(…)` is allowed.
    pub method: bool,
    /// `np.name(x, …)` is allowed.
    pub function: bool,
}

/// All functions and methods.
pub fn words() -> impl Iterator<Item = Word> {
    Callable::names().filter_map(|path| {
        let callable = Callable::find(path)?;
        let doc = match callable {
            Callable::Map(op) | Callable::Python(op) => op.doc(),
            Callable::Reduce(op) => op.doc(),
            Callable::Row(row) => row.doc,
        };
        let signature = signature_shown(callable.signature());
        Some(Word { path, signature, doc, method: callable.is_method(), function: callable.is_function() })
    })
}

/// Attributes of arrays that are no methods.
pub fn attributes() -> &'static [&'static str] {
    ATTRIBUTES
}

/// Constants of the module `np`.
pub fn constants() -> impl Iterator<Item = &'static str> {
    CONSTANTS.iter().map(|(name, _)| *name)
}
