//! `Memory`: how many bytes of blocks a node may hold, and where those go for which there is no room.
//!
//! Without a word of the user a node has 80 % of what the control group of the process (v2 or v1) or the machine allows,
//! shared among the nodes of the host. `NUMS_MEMORY` gives the bytes of one node, `NUMS_SPILL` the folder for cold blocks.
//! `available` says what this process can still get, which gathers are held against. Who keeps to the budget is the worker
//! (`worker/room.rs`).

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The bytes that a node's blocks may take, in memory and on disk.
///
/// ```
/// use nums_runtime::memory::Memory;
/// assert_eq!(Memory::parse("1.5G"), Some(3 << 29));
/// assert_eq!(Memory::parse("200 kB"), Some(200_000));
/// assert_eq!(Memory::parse("much"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Memory {
    /// Bytes in memory.
    pub bytes: u64,
    /// The folder of the file for blocks that are not in memory.
    pub spill: PathBuf,
    /// Bytes that the file may have; the disk's limit without it.
    pub quota: Option<u64>,
}

/// Names the bytes of one node.
pub const VARIABLE: &str = "NUMS_MEMORY";
/// Names the folder for spilled blocks.
pub const SPILL: &str = "NUMS_SPILL";
/// What `NUMS_MEMORY` may be.
const EXPECTED: &str = "bytes, as in `800000000`, `512M`, `2GiB` or `1.5 GB`";
/// Where control groups are.
const GROUPS: &str = "/sys/fs/cgroup";
/// What a node has where nothing says how much there is.
const UNKNOWN: u64 = 16 << 30;

impl Memory {
    /// What the environment says of each of `nodes` nodes of this host; the rest by default.
    ///
    /// # Errors
    /// `Error::Setting` for a `NUMS_MEMORY` that is no number of bytes.
    pub fn from_env(nodes: usize) -> Result<Memory> {
        let bytes = match std::env::var(VARIABLE) {
            Ok(value) => match Memory::parse(&value) {
                Some(bytes) if bytes > 0 => bytes,
                Some(_) | None => return Err(Error::Setting { name: VARIABLE.into(), value, expected: EXPECTED }),
            },
            Err(_) => share(nodes),
        };
        let spill = std::env::var_os(SPILL).map_or_else(std::env::temp_dir, PathBuf::from);
        Ok(Memory { bytes, spill, quota: None })
    }

    /// No limit: for tests of what has nothing to do with memory.
    pub fn boundless() -> Memory {
        Memory { bytes: u64::MAX, spill: std::env::temp_dir(), quota: None }
    }

    /// A number of bytes: `K`, `M`, `G`, `T` and `KiB` to `TiB` are powers of 1024, `kB` to `TB` of 1000.
    pub fn parse(text: &str) -> Option<u64> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
        let (number, unit) = (text[..end].replace('_', ""), text[end..].trim());
        let (binary, decimal) = (1024f64, 1000f64);
        let factor = match unit.to_ascii_lowercase().as_str() {
            "" | "b" => 1.0,
            "k" | "kib" => binary,
            "m" | "mib" => binary.powi(2),
            "g" | "gib" => binary.powi(3),
            "t" | "tib" => binary.powi(4),
            "kb" => decimal,
            "mb" => decimal.powi(2),
            "gb" => decimal.powi(3),
            "tb" => decimal.powi(4),
            _ => return None,
        };
        if let (Ok(whole), 1.0) = (number.parse::<u64>(), factor) {
            return Some(whole);
        }
        let bytes = number.parse::<f64>().ok()? * factor;
        (bytes.is_finite() && bytes < 9e18).then_some(bytes as u64)
    }
}

/// 80 % of what there is, shared among so many nodes.
fn share(nodes: usize) -> u64 {
    let all = limit(Path::new(GROUPS), &read("/proc/self/cgroup")).into_iter().chain(machine("MemTotal:")).min();
    (all.unwrap_or(UNKNOWN) / 10 * 8 / nodes.max(1) as u64).max(1)
}

/// Bytes that this process can still get; `None` where nothing says so.
pub(crate) fn available() -> Option<u64> {
    let own = read("/proc/self/cgroup");
    let groups = Path::new(GROUPS);
    let left = limit(groups, &own).zip(usage(groups, &own)).map(|(limit, used)| limit.saturating_sub(used));
    left.into_iter().chain(machine("MemAvailable:")).chain(address_space()).min()
}

/// What `ulimit -v` leaves of the address space.
#[cfg(target_os = "linux")]
fn address_space() -> Option<u64> {
    let limits = read("/proc/self/limits");
    let line = limits.lines().find_map(|l| l.strip_prefix("Max address space"))?;
    let soft: u64 = line.split_whitespace().next()?.parse().ok()?;
    let pages: u64 = read("/proc/self/statm").split_whitespace().next()?.parse().ok()?;
    Some(soft.saturating_sub(pages * 4096))
}

#[cfg(not(target_os = "linux"))]
fn address_space() -> Option<u64> {
    None
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// A line of the machine's table of memory, in bytes.
fn machine(name: &str) -> Option<u64> {
    let text = read("/proc/meminfo");
    let kb: u64 = text.lines().find_map(|l| l.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse().ok())?;
    Some(kb * 1024)
}

/// Folders of the control groups of a process with memory of their own, innermost first, and the version of each.
fn groups(root: &Path, own: &str) -> Vec<(PathBuf, bool)> {
    let mut all = Vec::new();
    for line in own.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(kinds), Some(path)) = (parts.next(), parts.next()) else { continue };
        let v2 = kinds.is_empty();
        if !v2 && !kinds.split(',').any(|k| k == "memory") {
            continue;
        }
        let base = if v2 { root.to_owned() } else { root.join("memory") };
        // In a container the path may be that of the host: the outermost folder is what is visible here.
        let inner = base.join(path.trim_start_matches('/'));
        all.extend(inner.ancestors().take_while(|p| p.starts_with(&base)).map(|p| (p.to_owned(), v2)));
    }
    all
}

/// The least limit of a process's control groups.
fn limit(root: &Path, own: &str) -> Option<u64> {
    let file = |(folder, v2): (PathBuf, bool)| folder.join(if v2 { "memory.max" } else { "memory.limit_in_bytes" });
    let bytes = groups(root, own).into_iter().filter_map(|group| read(file(group)).trim().parse::<u64>().ok());
    // Version 1 writes "no limit" as the largest number of whole pages.
    bytes.filter(|n| *n < 1 << 60).min()
}

/// What the innermost control group uses, without files that can be dropped.
fn usage(root: &Path, own: &str) -> Option<u64> {
    groups(root, own).into_iter().find_map(|(folder, v2)| {
        let used: u64 = read(folder.join(if v2 { "memory.current" } else { "memory.usage_in_bytes" })).trim().parse().ok()?;
        let stat = read(folder.join("memory.stat"));
        let name = if v2 { "inactive_file " } else { "total_inactive_file " };
        let files: u64 = stat.lines().find_map(|l| l.strip_prefix(name)?.parse().ok()).unwrap_or(0);
        Some(used.saturating_sub(files))
    })
}

#[cfg(test)]
mod tests {
    use super::{Memory, limit};
    use std::fs;

    #[test]
    fn bytes_have_suffixes() {
        for (text, bytes) in [("7", 7), ("64K", 65536), ("64 KiB", 65536), ("64kB", 64000), ("2g", 2 << 30), ("0.5T", 1 << 39)] {
            assert_eq!(Memory::parse(text), Some(bytes), "{text}");
        }
        for text in ["", "G", "-1", "1 GB more", "1.2.3", "1e99T"] {
            assert_eq!(Memory::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_least_limit_of_all_groups_counts() {
        let root = std::env::temp_dir().join(format!("nums-groups-{}", std::process::id()));
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("a/memory.max", "4096\n");
        write("a/b/memory.max", "max\n");
        write("memory/c/memory.limit_in_bytes", "9223372036854771712\n");
        write("memory/memory.limit_in_bytes", "8192\n");
        assert_eq!(limit(&root, "0::/a/b\n"), Some(4096));
        assert_eq!(limit(&root, "0::/\n"), None);
        assert_eq!(limit(&root, "4:memory,hugetlb:/c\n3:cpu:/a\n"), Some(8192));
        assert_eq!(limit(&root, "4:memory:/of/the/host\n"), Some(8192), "what is not visible here is passed over");
        fs::remove_dir_all(&root).unwrap();
    }
}
