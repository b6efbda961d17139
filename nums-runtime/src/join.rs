//! How a process on any machine becomes a worker of a driver that listens: `nums-worker`, or a program of one's own that
//! calls `worker_main`.
//!
//! Its arguments say where the driver is and which file or descriptor holds the token. A driver that is not there yet is
//! waited for. The process ends with the driver: status 0 when the driver closed the cluster, 1 when the driver was lost or
//! turned it away, 2 for arguments that make no sense.

use crate::error::{Error, Result};
use crate::memory::Memory;
use crate::wire::auth::{ClusterId, Key, Role, Secret};
use crate::wire::shared::Transport;
use crate::worker::serve::{self, End, Entry};
use crate::{cluster, hook, token};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// What the arguments may be.
pub const USAGE: &str = "\
usage: nums-worker --join HOST:PORT (--token-file FILE | --token-fd N) [--threads N] [--wait SECONDS]
       nums-worker keygen FILE
       nums-worker --help | --version

--join HOST:PORT   the driver's address: what NUMS_CLUSTER=tcp://HOST:PORT or `Cluster::listen` says there
--token-file FILE  holds the token that the driver's NUMS_TOKEN_FILE holds
--token-fd N       an open descriptor that gives the token
--threads N        compute threads (default: NUMS_THREADS, or all cores)
--wait SECONDS     how long a driver that is not there yet is waited for (default: 60)
keygen FILE        writes a new token, readable by its owner alone
";

/// Time that a driver which is not there yet is waited for, and pause between two attempts.
const WAIT: Duration = Duration::from_secs(60);
const AGAIN: Duration = Duration::from_millis(200);

/// What the arguments ask for.
#[derive(Debug, PartialEq, Eq)]
enum Command {
    Join { driver: String, token: Token, threads: Option<usize>, wait: Duration },
    Keygen(PathBuf),
    Help,
    Version,
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    File(PathBuf),
    Descriptor(u32),
}

/// Runs this process as a worker by its arguments, and ends it. What a worker program's `main` consists of.
pub fn worker_main() -> ! {
    hook::init();
    let arguments: Result<Vec<String>, _> = std::env::args_os().skip(1).map(std::ffi::OsString::into_string).collect();
    let command = arguments.map_err(|a| format!("an argument that is no text: {}", a.display())).and_then(|a| parse(&a));
    let status = match command {
        Ok(command) => match run(command) {
            Ok(()) => 0,
            Err(e) => {
                eprintln!("nums-worker: {e}");
                1
            }
        },
        Err(why) => {
            eprintln!("nums-worker: {why}\n\n{USAGE}");
            2
        }
    };
    std::process::exit(status)
}

fn parse(arguments: &[String]) -> Result<Command, String> {
    let (mut driver, mut token, mut threads, mut wait) = (None, None, None, WAIT);
    let mut rest = arguments.iter();
    while let Some(name) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{name} wants a value"));
        let number = |text: &String, most: u32| match text.parse() {
            Ok(n) if n <= most => Ok(n),
            Ok(_) | Err(_) => Err(format!("{name} {text}: expected a number of at most {most}")),
        };
        match name.as_str() {
            "--help" | "-h" => return Ok(Command::Help),
            "--version" | "-V" => return Ok(Command::Version),
            "keygen" => return Ok(Command::Keygen(PathBuf::from(value()?))),
            "--join" => driver = Some(value()?.clone()),
            "--token-file" => token = Some(Token::File(PathBuf::from(value()?))),
            "--token-fd" => token = Some(Token::Descriptor(number(value()?, 1 << 20)?)),
            "--threads" => threads = Some(number(value()?, 4096)?.max(1) as usize),
            "--wait" => wait = Duration::from_secs(number(value()?, 1 << 20)?.into()),
            other => return Err(format!("`{other}` is not known")),
        }
    }
    let driver = driver.ok_or("--join HOST:PORT is missing")?;
    if driver.rsplit_once(':').is_none_or(|(host, port)| host.is_empty() || port.parse::<u16>().is_err()) {
        return Err(format!("--join {driver}: expected HOST:PORT"));
    }
    let token = token.ok_or("the token is missing: --token-file FILE or --token-fd N")?;
    Ok(Command::Join { driver, token, threads, wait })
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Help => println(USAGE.trim_end()),
        Command::Version => println(concat!("nums-worker ", env!("CARGO_PKG_VERSION"))),
        Command::Keygen(path) => token::generate(&path)?,
        Command::Join { driver, token, threads, wait } => {
            let secret = match token {
                Token::File(path) => token::read_file(Path::new(&path))?,
                Token::Descriptor(number) => token::read_descriptor(number)?,
            };
            join(&driver, secret, threads.map_or_else(|| cluster::threads_each(1), Ok)?, wait)?;
        }
    }
    Ok(())
}

fn println(text: &str) {
    use std::io::Write;
    // Nobody who reads is nobody to tell.
    drop(writeln!(std::io::stdout(), "{text}"));
}

/// Serves the driver at `address` until it closes the cluster.
///
/// # Errors
/// `Error::Io` named after the address where no driver answers in time; `Error::Protocol` where it turns this worker away or
/// is lost.
fn join(address: &str, secret: Secret, threads: usize, wait: Duration) -> Result<()> {
    let (memory, transport) = (Memory::from_env(1)?, Transport::of_env()?);
    let failed = |source| Error::Io { path: PathBuf::from(address), source: std::sync::Arc::new(source) };
    let broken = |what| Error::Protocol { what: format!("the driver at {address}: {what}") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        let stream = connect(address, wait).await.map_err(failed)?;
        let key = Key { secret, cluster: ClusterId::UNKNOWN };
        let entry = Entry { stream, key, role: Role::Joiner, threads, memory, transport };
        match serve::work(entry).await {
            Ok(End::Shutdown) => Ok(()),
            Ok(End::Gone) => Err(broken("it ended without closing the cluster".to_owned())),
            Err(e) => Err(broken(e.to_string())),
        }
    })
}

/// Dials until somebody answers.
async fn connect(address: &str, wait: Duration) -> std::io::Result<TcpStream> {
    let end = Instant::now() + wait;
    loop {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(e) if Instant::now() >= end => return Err(e),
            Err(_) => tokio::time::sleep(AGAIN).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, Token, WAIT, parse};
    use std::time::Duration;

    fn command(line: &str) -> Result<Command, String> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_are_understood() {
        let (driver, token) = ("host:7077".to_owned(), Token::File("t".into()));
        let want = Command::Join { driver, token, threads: None, wait: WAIT };
        assert_eq!(command("--join host:7077 --token-file t"), Ok(want));
        let (driver, token) = ("[::1]:1".to_owned(), Token::Descriptor(3));
        let want = Command::Join { driver, token, threads: Some(2), wait: Duration::ZERO };
        assert_eq!(command("--wait 0 --threads 2 --token-fd 3 --join [::1]:1"), Ok(want));
        assert_eq!(command("keygen t"), Ok(Command::Keygen("t".into())));
        assert_eq!(command("--help"), Ok(Command::Help));
    }

    #[test]
    fn arguments_that_make_no_sense_are_named() {
        let why = |line| command(line).unwrap_err();
        assert_eq!(why(""), "--join HOST:PORT is missing");
        assert_eq!(why("--join host --token-fd 3"), "--join host: expected HOST:PORT");
        assert_eq!(why("--join a:1"), "the token is missing: --token-file FILE or --token-fd N");
        assert_eq!(why("--join a:1 --token-fd x"), "--token-fd x: expected a number of at most 1048576");
        assert_eq!(why("--join"), "--join wants a value");
        assert_eq!(why("--token secret"), "`--token` is not known");
    }
}
