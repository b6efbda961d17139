//! The second-level cache for which tiles are made: what this machine says, or `NUMS_CACHE` for experiments.

use crate::error::{Error, Result};
use crate::memory::Memory;
use std::sync::OnceLock;

/// The variable that takes the place of what the machine says.
const VARIABLE: &str = "NUMS_CACHE";

/// Bytes of second-level cache of a core of this machine, or what `nums_ir::tiling` assumes where it says none.
pub(super) fn found() -> u64 {
    static FOUND: OnceLock<u64> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let said = std::fs::read_to_string("/sys/devices/system/cpu/cpu0/cache/index2/size").ok();
        said.and_then(|text| Memory::parse(text.trim())).filter(|n| *n > 0).unwrap_or(nums_ir::tiling::CACHE as u64)
    })
}

/// What the environment says, else what was found.
pub(super) fn from_env() -> Result<u64> {
    let Ok(value) = std::env::var(VARIABLE) else { return Ok(found()) };
    let wrong =
        || Error::Setting { name: VARIABLE.to_owned(), value: value.clone(), expected: "a number of bytes: `1048576`, `1M`" };
    Memory::parse(&value).filter(|n| *n > 0).ok_or_else(wrong)
}
