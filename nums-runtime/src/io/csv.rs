//! Numbers separated by commas: one row a line, every row kept, or an error with line and column.

use super::{format_error, io_error};
use crate::block::Block;
use crate::element::Element;
use crate::error::{Error, Result};
use nums_ir::dtype::{DType, Kind};
use nums_ir::func::Scalar;
use std::path::Path;

/// How a CSV file is read.
///
/// ```
/// use nums_runtime::io::CsvOptions;
/// let options = CsvOptions::new().header(true).delimiter(b';');
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
pub struct CsvOptions {
    header: bool,
    delimiter: u8,
}

impl CsvOptions {
    /// No header, commas.
    pub fn new() -> CsvOptions {
        CsvOptions { header: false, delimiter: b',' }
    }

    /// Whether the first line is skipped, whatever it holds.
    #[must_use]
    pub fn header(mut self, header: bool) -> CsvOptions {
        self.header = header;
        self
    }

    /// The byte between fields.
    #[must_use]
    pub fn delimiter(mut self, delimiter: u8) -> CsvOptions {
        self.delimiter = delimiter;
        self
    }
}

impl Default for CsvOptions {
    fn default() -> CsvOptions {
        CsvOptions::new()
    }
}

/// The rows of a file as a matrix of `T`.
///
/// # Errors
/// `Error::Io`, or `Error::Format` with line and column: a field that is no `T`, or a row of another length than the first.
pub fn read_csv<T: Element>(path: &Path, options: &CsvOptions) -> Result<Block> {
    let file = std::fs::File::open(path).map_err(|e| io_error(path, e))?;
    read_csv_from::<T>(path, file, options)
}

/// As `read_csv`, from bytes that are named `path` in errors.
///
/// # Errors
/// As `read_csv`.
pub fn read_csv_from<T: Element>(path: &Path, bytes: impl std::io::Read, options: &CsvOptions) -> Result<Block> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(options.delimiter)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let mut elements: Vec<T> = Vec::new();
    let (mut rows, mut columns) = (0, None);
    let mut record = csv::StringRecord::new();
    let mut skip = options.header;
    while reader.read_record(&mut record).map_err(|e| csv_error(path, e))? {
        if std::mem::take(&mut skip) {
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line);
        let want = *columns.get_or_insert(record.len());
        if record.len() != want {
            let column = want.min(record.len()) as u64 + 1;
            return Err(format_error(path, line, column, format!("expected {want} fields, found {}", record.len())));
        }
        for (i, field) in record.iter().enumerate() {
            let value = number(field, T::DTYPE);
            let wrong = || format_error(path, line, i as u64 + 1, format!("expected {}, found `{field}`", T::DTYPE));
            elements.push(T::from_scalar(value.ok_or_else(wrong)?));
        }
        rows += 1;
    }
    Ok(Block::from_slice(&elements, &[rows, columns.unwrap_or(0)]))
}

/// The number that a field shows, if it is one of the dtype, exactly for integers.
fn number(field: &str, dtype: DType) -> Option<Scalar> {
    match dtype.kind() {
        Kind::Bool => match field {
            "true" | "True" | "1" => Some(Scalar::Bool(true)),
            "false" | "False" | "0" => Some(Scalar::Bool(false)),
            _ => None,
        },
        Kind::Int => {
            let i: i128 = field.parse().ok()?;
            let bits = dtype.size() as u32 * 8;
            let range = if dtype.is_unsigned_int() { 0..1i128 << bits } else { -(1i128 << (bits - 1))..1i128 << (bits - 1) };
            range.contains(&i).then_some(Scalar::Int(i))
        }
        Kind::Float => field.parse().ok().map(Scalar::Float),
        Kind::Complex => field.parse().ok().map(|re| Scalar::Complex(re, 0.0)),
    }
}

fn csv_error(path: &Path, error: csv::Error) -> Error {
    let line = error.position().map_or(0, csv::Position::line);
    let text = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(e) => io_error(path, e),
        _ => format_error(path, line, 0, text),
    }
}
