//! Files to whole arrays and back. Pure functions between a path and a `Block`; `array` cuts and places.

mod csv;
mod npy;
mod source;

pub use csv::{CsvOptions, read_csv, read_csv_from};
pub use npy::{read_npy, read_npy_from, write_npy};
pub use source::{Kept, UserFile};

use crate::error::Error;
use std::path::Path;
use std::sync::Arc;

/// The system's error about a file.
fn io_error(path: &Path, source: std::io::Error) -> Error {
    Error::Io { path: path.to_owned(), source: Arc::new(source) }
}

/// A file that is not what its name promises.
fn format_error(path: &Path, line: u64, column: u64, why: impl Into<String>) -> Error {
    Error::Format { path: path.to_owned(), line, column, why: why.into() }
}
