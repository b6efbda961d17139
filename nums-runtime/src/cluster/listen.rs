//! What a driver that workers join must know: where it listens, for how many, and which token they must have.
//!
//! Settings come from the builder, else from the environment: `NUMS_WORKERS`, `NUMS_TOKEN_FILE`, `NUMS_JOIN_SECONDS`. Whether
//! connections are encrypted is the `cipher`'s rule.

use super::positive;
use crate::error::{Error, Result};
use crate::pool::{Listen, Pool};
use crate::token;
use crate::wire::cipher;
use std::net::ToSocketAddrs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How many workers are waited for.
const WORKERS: &str = "NUMS_WORKERS";
/// How long they are waited for.
const SECONDS: &str = "NUMS_JOIN_SECONDS";
/// How long workers are waited for where nobody says.
const WITHIN: Duration = Duration::from_secs(600);

/// What the builder was told of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Listening {
    pub(super) address: Option<String>,
    pub(super) token_file: Option<PathBuf>,
    pub(super) within: Option<Duration>,
}

impl Listening {
    /// Waits for the workers at `address`; returns the pool and its name. `workers` is 0 where the builder was not told.
    pub(super) fn start(self, address: &str, workers: usize) -> Result<(Pool, String)> {
        let workers = match (workers, std::env::var(WORKERS)) {
            (0, Ok(value)) => positive(WORKERS, &value, &value)?,
            (0, Err(_)) => 1,
            (workers, _) => workers,
        };
        let within = match (self.within, std::env::var(SECONDS)) {
            (Some(within), _) => within,
            (None, Ok(value)) => seconds(value)?,
            (None, Err(_)) => WITHIN,
        };
        let secret = self.token_file.map_or_else(token::from_env, |path| token::read_file(&path))?;
        allow(address)?;
        let listen = Listen { address: address.to_owned(), workers, secret, within };
        Ok((Pool::listen(listen)?, format!("tcp://{address}")))
    }
}

fn seconds(value: String) -> Result<Duration> {
    match value.parse::<u32>() {
        Ok(n) => Ok(Duration::from_secs(n.into())),
        Err(_) => Err(Error::Setting { name: SECONDS.into(), value, expected: "seconds as a whole number" }),
    }
}

/// Whether this build may listen at `host:port`.
pub(super) fn allow(address: &str) -> Result<()> {
    let failed = |source| Error::Listen { address: address.to_owned(), source: Arc::new(source) };
    cipher::allow(address, address.to_socket_addrs().map_err(failed)?.map(|a| a.ip()))
}
