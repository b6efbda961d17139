//! NumPy's `.npy` format, versions 1 to 3: read in either element order and byte order, written as version 1.0 in C order.
//!
//! The header is a Python dictionary literal; a small reader takes the three keys that the format defines and nothing else.
//! Its length and the data's are checked before anything is allocated.

use super::{format_error, io_error};
use crate::block::{Block, Receiver, byte_len};
use crate::error::{Error, Result};
use nums_ir::dtype::DType;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

const MAGIC: &[u8] = b"\x93NUMPY";
/// Bytes of the longest header that is read.
const HEADER: usize = 1 << 20;

/// What a header says.
struct Header {
    descr: String,
    fortran: bool,
    shape: Vec<usize>,
}

/// The whole array in a file, in C order.
///
/// # Errors
/// `Error::Io`; `Error::Format` for a file that is no npy file or is cut off; `Error::DType` for a dtype that nums does not have.
pub fn read_npy(path: &Path) -> Result<Block> {
    let file = File::open(path).map_err(|e| io_error(path, e))?;
    let size = file.metadata().map_err(|e| io_error(path, e))?.len();
    read_npy_from(path, BufReader::new(file), size)
}

/// As `read_npy`, from `size` bytes that are named `path` in errors.
///
/// # Errors
/// As `read_npy`.
pub fn read_npy_from(path: &Path, mut reader: impl Read, size: u64) -> Result<Block> {
    let (header, start) = read_header(path, &mut reader)?;
    let (dtype, swap) = dtype_of(path, &header.descr)?;
    let Some(bytes) = byte_len(dtype, &header.shape) else {
        return Err(format_error(path, 0, 0, format!("shape {:?} has too many elements", header.shape)));
    };
    let has = size.saturating_sub(start);
    if has < bytes as u64 {
        return Err(format_error(path, 0, 0, format!("the file is cut off: {bytes} bytes of data are due, {has} are there")));
    }
    let mut shape = header.shape;
    if header.fortran {
        shape.reverse();
    }
    let bad = |e: crate::block::BytesError| format_error(path, 0, 0, e.to_string());
    let mut receiver = Receiver::new(dtype, &shape).map_err(bad)?;
    reader.read_exact(receiver.bytes_mut()).map_err(|e| io_error(path, e))?;
    if swap {
        // A complex number is two floats, each with its own byte order.
        let item = if matches!(dtype, DType::C64 | DType::C128) { dtype.size() / 2 } else { dtype.size() };
        receiver.bytes_mut().chunks_exact_mut(item).for_each(<[u8]>::reverse);
    }
    let block = receiver.finish().map_err(bad)?;
    if header.fortran && shape.len() > 1 { transposed(path, &block) } else { Ok(block) }
}

/// A block with its axes reversed: what was written in Fortran order.
fn transposed(path: &Path, block: &Block) -> Result<Block> {
    let (item, from) = (block.dtype().size(), block.shape());
    let shape: Vec<usize> = from.iter().rev().copied().collect();
    let bad = |e: crate::block::BytesError| format_error(path, 0, 0, e.to_string());
    let mut receiver = Receiver::new(block.dtype(), &shape).map_err(bad)?;
    let mut strides = vec![item; from.len()];
    for a in (0..from.len() - 1).rev() {
        strides[a] = strides[a + 1] * from[a + 1];
    }
    strides.reverse();
    let mut index = vec![0; shape.len()];
    for to in receiver.bytes_mut().chunks_exact_mut(item) {
        let at: usize = index.iter().zip(&strides).map(|(i, s)| i * s).sum();
        to.copy_from_slice(&block.bytes()[at..at + item]);
        for a in (0..shape.len()).rev() {
            index[a] += 1;
            if index[a] < shape[a] {
                break;
            }
            index[a] = 0;
        }
    }
    receiver.finish().map_err(bad)
}

/// The header and the position of the data.
fn read_header(path: &Path, reader: &mut impl Read) -> Result<(Header, u64)> {
    let not_npy = |_| format_error(path, 0, 0, "not an npy file");
    let mut start = [0; 8];
    reader.read_exact(&mut start).map_err(not_npy)?;
    if &start[..6] != MAGIC {
        return Err(format_error(path, 0, 0, "not an npy file"));
    }
    let (width, length) = match start[6] {
        1 => {
            let mut b = [0; 2];
            reader.read_exact(&mut b).map_err(not_npy)?;
            (2, usize::from(u16::from_le_bytes(b)))
        }
        2 | 3 => {
            let mut b = [0; 4];
            reader.read_exact(&mut b).map_err(not_npy)?;
            (4, u32::from_le_bytes(b) as usize)
        }
        v => return Err(format_error(path, 0, 0, format!("npy version {v} is not known"))),
    };
    if length > HEADER {
        return Err(format_error(path, 0, 0, format!("a header of {length} bytes")));
    }
    let mut text = vec![0; length];
    reader.read_exact(&mut text).map_err(not_npy)?;
    let text = String::from_utf8_lossy(&text);
    let header =
        parse_header(&text).ok_or_else(|| format_error(path, 0, 0, format!("a header that is not npy's: {}", text.trim())))?;
    Ok((header, (8 + width + length) as u64))
}

/// `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`.
fn parse_header(text: &str) -> Option<Header> {
    let after = |key: &str| {
        let at = text.find(&format!("'{key}'")).or_else(|| text.find(&format!("\"{key}\"")))?;
        text[at + key.len() + 2..].trim_start().strip_prefix(':').map(str::trim_start)
    };
    let descr = after("descr")?;
    let descr = match descr.chars().next()? {
        quote @ ('\'' | '"') => descr[1..].split(quote).next()?,
        // A list of fields: a structured dtype, told as it stands.
        _ => descr.split_once(']').map_or(descr, |(fields, _)| fields),
    };
    let fortran = after("fortran_order")?;
    let fortran = if fortran.starts_with("True") { true } else { fortran.starts_with("False").then_some(false)? };
    let sizes = after("shape")?.strip_prefix('(')?.split_once(')')?.0;
    let sizes = sizes.split(',').map(|s| s.trim().trim_end_matches('L')).filter(|s| !s.is_empty());
    let shape = sizes.map(|s| s.parse().ok()).collect::<Option<Vec<usize>>>()?;
    (shape.len() <= 64).then(|| Header { descr: descr.to_owned(), fortran, shape })
}

/// The dtype of a `descr`, and whether its bytes must be turned round.
fn dtype_of(path: &Path, descr: &str) -> Result<(DType, bool)> {
    let (order, code) = match descr.split_at_checked(1) {
        Some((order @ ("<" | ">" | "|" | "="), code)) => (order, code),
        Some(_) | None => ("=", descr),
    };
    let dtype = match code {
        "b1" | "?" => DType::Bool,
        "i1" => DType::I8,
        "i2" => DType::I16,
        "i4" => DType::I32,
        "i8" => DType::I64,
        "u1" => DType::U8,
        "u2" => DType::U16,
        "u4" => DType::U32,
        "u8" => DType::U64,
        "f4" => DType::F32,
        "f8" => DType::F64,
        "c8" => DType::C64,
        "c16" => DType::C128,
        _ => {
            let what = path.display().to_string();
            let found =
                if code.starts_with('O') { "object (Python objects are never read)".into() } else { format!("`{descr}`") };
            return Err(Error::DType { what, expected: DType::F64, found });
        }
    };
    let big = match order {
        ">" => true,
        "=" | "|" => cfg!(target_endian = "big"),
        _ => false,
    };
    Ok((dtype, big != cfg!(target_endian = "big") && dtype.size() > 1))
}

/// Writes a whole array; the file appears under its name when it is complete.
///
/// # Errors
/// `Error::Io`.
pub fn write_npy(path: &Path, data: &Block) -> Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(format!(".{}.partial", std::process::id()));
    let partial = Path::new(&partial);
    let written = write(partial, data).and_then(|()| std::fs::rename(partial, path));
    written.map_err(|e| {
        // Best effort: the error that matters is the one that is returned.
        drop(std::fs::remove_file(partial));
        io_error(path, e)
    })
}

fn write(path: &Path, data: &Block) -> std::io::Result<()> {
    let code = match data.dtype() {
        DType::Bool => "|b1",
        DType::I8 => "|i1",
        DType::I16 => "<i2",
        DType::I32 => "<i4",
        DType::I64 => "<i8",
        DType::U8 => "|u1",
        DType::U16 => "<u2",
        DType::U32 => "<u4",
        DType::U64 => "<u8",
        DType::F32 => "<f4",
        DType::F64 => "<f8",
        DType::C64 => "<c8",
        DType::C128 => "<c16",
    };
    let code = if cfg!(target_endian = "big") { code.replace('<', ">") } else { code.to_owned() };
    let sizes: String = data.shape().iter().map(|n| format!("{n}, ")).collect();
    let shape = if data.shape().len() == 1 { sizes.trim_end().to_owned() } else { sizes.trim_end_matches(", ").to_owned() };
    let mut header = format!("{{'descr': '{code}', 'fortran_order': False, 'shape': ({shape}), }}");
    // Magic, version, length, header and newline fill a multiple of 64 bytes.
    let pad = 64 - (MAGIC.len() + 4 + header.len() + 1) % 64;
    header.extend(std::iter::repeat_n(' ', pad % 64));
    header.push('\n');
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(MAGIC)?;
    file.write_all(&[1, 0])?;
    file.write_all(&(header.len() as u16).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    file.write_all(data.bytes())?;
    file.flush()
}
