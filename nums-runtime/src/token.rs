//! The token of a cluster whose workers come by themselves: text in a file, copied to each machine.
//!
//! It never stands in an argument or in the environment, which other users of a machine can read: only the name of its file or
//! the number of an open descriptor does. Space around it does not count.

use crate::error::{Error, Result};
use crate::wire::auth::Secret;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names the file with the token of this process's cluster.
pub const VARIABLE: &str = "NUMS_TOKEN_FILE";
/// Bytes that a token has at least: shorter ones can be guessed.
const LEAST: usize = 16;
/// Bytes that a token may have.
const MOST: u64 = 4096;
const EXPECTED: &str = "a file with 16 to 4096 bytes of text, the same on all machines (`nums-worker keygen FILE` writes one)";

/// The secret that a file holds.
///
/// # Errors
/// `Error::Io`; `Error::Setting` for a token that is too short or too long.
pub fn read_file(path: &Path) -> Result<Secret> {
    let file = std::fs::File::open(path).map_err(|e| io_error(path, e))?;
    read(file, path)
}

/// The secret that an open descriptor gives; it is read to its end and closed.
///
/// # Errors
/// As `read_file`.
#[cfg(target_os = "linux")]
pub fn read_descriptor(number: u32) -> Result<Secret> {
    // Opened anew by its name, so that the number needs no trust.
    let path = PathBuf::from(format!("/proc/self/fd/{number}"));
    read_file(&path)
}

fn read(file: impl Read, path: &Path) -> Result<Secret> {
    let mut text = Vec::new();
    file.take(MOST + 1).read_to_end(&mut text).map_err(|e| io_error(path, e))?;
    let token = text.trim_ascii();
    if token.len() < LEAST || text.len() as u64 > MOST {
        let value = format!("{} (with {} bytes)", path.display(), token.len());
        return Err(Error::Setting { name: "token".into(), value, expected: EXPECTED });
    }
    Ok(Secret::of_token(token))
}

/// The secret in the file that `NUMS_TOKEN_FILE` names.
///
/// # Errors
/// `Error::Setting` where the variable is not set; as `read_file`.
pub fn from_env() -> Result<Secret> {
    match std::env::var_os(VARIABLE) {
        Some(path) => read_file(Path::new(&path)),
        None => Err(Error::Setting { name: VARIABLE.into(), value: String::new(), expected: EXPECTED }),
    }
}

/// Writes a new token to a file that is not there yet, readable by its owner alone.
///
/// # Errors
/// `Error::Io`, also where the file exists: a token in use is not overwritten.
pub fn generate(path: &Path) -> Result<()> {
    let mut random = [0; 32];
    let source = Path::new("/dev/urandom");
    std::fs::File::open(source).and_then(|mut f| f.read_exact(&mut random)).map_err(|e| io_error(source, e))?;
    let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|e| io_error(path, e))?;
    writeln!(file, "{text}").map_err(|e| io_error(path, e))
}

fn io_error(path: &Path, source: std::io::Error) -> Error {
    Error::Io { path: PathBuf::from(path), source: Arc::new(source) }
}

#[cfg(test)]
mod tests {
    use super::{generate, read, read_file};
    use std::path::Path;

    fn refused(text: &[u8]) -> String {
        read(text, Path::new("t")).map(drop).unwrap_err().to_string()
    }

    #[test]
    fn a_token_is_long_enough_and_not_endless() {
        assert!(read(&b" 0123456789abcdef\n"[..], Path::new("t")).is_ok());
        assert!(refused(b"0123456789abcde\n\n\n").contains("t (with 15 bytes): expected a file with 16 to 4096"));
        assert!(refused(&[b'x'; 5000]).contains("expected"));
    }

    #[test]
    fn a_new_token_is_private_and_never_overwritten() {
        let folder = std::env::temp_dir().join(format!("nums-token-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("token");
        generate(&path).unwrap();
        assert!(read_file(&path).is_ok());
        assert!(generate(&path).unwrap_err().to_string().contains("exists"));
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&path).unwrap());
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
