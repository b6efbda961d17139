//! What a cluster did, as text for Prometheus: `NUMS_METRICS=host:port`, or `ClusterBuilder::metrics`.
//!
//! A thread answers `GET /metrics`, one request after the other, each within a second and from at most 4 KiB, so that nobody
//! costs more than that. It listens on this machine only unless plaintext beyond it was asked for by name.

use crate::error::{Error, Result};
use crate::pool::NodeStats;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Names the address.
pub(crate) const VARIABLE: &str = "NUMS_METRICS";
/// Time that a request may take, and bytes that it may have.
const TIME: Duration = Duration::from_secs(1);
const REQUEST: usize = 4096;

/// A row of the table: name, whether it only rises, meaning, value of a node.
type Row = (&'static str, bool, &'static str, fn(&NodeStats) -> u64);

/// What is told of each node.
const ROWS: [Row; 10] = [
    ("nums_tasks_total", true, "Tasks that ran.", |n| n.tasks),
    ("nums_groups_native_total", true, "Element-wise groups that ran as native code.", |n| n.native),
    ("nums_groups_interpreted_total", true, "Element-wise groups that were interpreted.", |n| n.interpreted),
    ("nums_pulled_bytes_total", true, "Bytes of blocks that came from other nodes for tasks.", |n| n.pulled),
    ("nums_net_in_bytes_total", true, "Bytes that came in over sockets.", |n| n.net_in),
    ("nums_net_out_bytes_total", true, "Bytes that went out over sockets.", |n| n.net_out),
    ("nums_resident_bytes", false, "Bytes of blocks on the node.", |n| n.resident),
    ("nums_peak_bytes", false, "The most bytes of blocks on the node at once.", |n| n.peak),
    ("nums_spilled_bytes_total", true, "Bytes of blocks that were written to disk for want of memory.", |n| n.spilled),
    ("nums_largest_block_bytes", false, "Bytes of the largest block that was on the node.", |n| n.largest),
];

/// The text of a cluster of this name.
pub(crate) fn text(cluster: &str, calls: u64, nodes: &[NodeStats]) -> String {
    let mut out = String::new();
    let cluster: String = cluster.chars().filter(|c| !matches!(c, '"' | '\\' | '\n')).collect();
    // Writing to a string does not fail.
    let _ = writeln!(out, "# HELP nums_calls_total Calls that were submitted.\n# TYPE nums_calls_total counter");
    let _ = writeln!(out, "nums_calls_total{{cluster=\"{cluster}\"}} {calls}");
    for (name, rises, help, value) in ROWS {
        let kind = if rises { "counter" } else { "gauge" };
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (node, stats) in nodes.iter().enumerate() {
            let _ = writeln!(out, "{name}{{cluster=\"{cluster}\",node=\"n{node}\",process=\"{}\"}} {}", stats.pid, value(stats));
        }
    }
    out
}

/// Metrics are not encrypted: beyond this machine plaintext must have been asked for by name.
pub(crate) fn allow(address: &str) -> Result<()> {
    let failed = |source| Error::Listen { address: address.to_owned(), source: Arc::new(source) };
    let inside = address.to_socket_addrs().map_err(failed)?.all(|a| a.ip().is_loopback());
    if inside || std::env::var_os("NUMS_INSECURE_PLAINTEXT").is_some_and(|v| v == "1") {
        return Ok(());
    }
    Err(Error::Plaintext { address: address.to_owned() })
}

/// A running responder; it ends when this is dropped.
pub(crate) struct Responder {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Answers at `address` with what `text` says.
pub(crate) fn respond(address: &str, text: impl Fn() -> String + Send + 'static) -> Result<Responder> {
    let failed = |source| Error::Listen { address: address.to_owned(), source: Arc::new(source) };
    let listener = TcpListener::bind(address).map_err(failed)?;
    let here = listener.local_addr().map_err(failed)?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let body = move || {
        for stream in listener.incoming() {
            if stopped.load(Ordering::Relaxed) {
                return;
            }
            // Whoever went away needs no answer.
            drop(stream.and_then(|stream| answer(stream, &text)));
        }
    };
    let thread = std::thread::Builder::new().name("nums-metrics".to_owned()).spawn(body).map_err(failed)?;
    Ok(Responder { address: here, stop, thread: Some(thread) })
}

fn answer(mut stream: TcpStream, text: &impl Fn() -> String) -> std::io::Result<()> {
    let end = Instant::now() + TIME;
    stream.set_write_timeout(Some(TIME))?;
    let mut request = Vec::new();
    let mut part = [0; 512];
    while !request.windows(4).any(|w| w == b"\r\n\r\n") && request.len() < REQUEST {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut part)? {
            0 => break,
            n => request.extend_from_slice(&part[..n]),
        }
    }
    let (status, body) = match request.starts_with(b"GET /metrics ") {
        true => ("200 OK", text()),
        false => ("404 Not Found", "GET /metrics\n".to_owned()),
    };
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

impl Responder {
    /// Where it answers.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes it up, to see that; an address that cannot be reached has nobody who waits.
        let woken = TcpStream::connect_timeout(&self.address, TIME);
        if let Some(thread) = self.thread.take()
            && woken.is_ok()
            && thread.thread().id() != std::thread::current().id()
        {
            // A thread that panicked has nothing more to say.
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{respond, text};
    use crate::pool::NodeStats;
    use std::io::{Read, Write};
    use std::net::TcpStream;

    #[test]
    fn every_node_has_a_line_of_each_kind() {
        let node = NodeStats { pid: 7, tasks: 3, ..NodeStats::default() };
        let text = text("local:2", 5, &[node.clone(), node]);
        assert!(text.contains("nums_calls_total{cluster=\"local:2\"} 5\n"));
        assert!(
            text.contains("# TYPE nums_tasks_total counter\nnums_tasks_total{cluster=\"local:2\",node=\"n0\",process=\"7\"} 3\n")
        );
        assert_eq!(text.lines().filter(|l| l.contains("node=\"n1\"")).count(), super::ROWS.len());
    }

    #[test]
    fn it_answers_what_it_knows_and_nothing_else() {
        let responder = respond("127.0.0.1:0", || "a 1\n".to_owned()).unwrap();
        let ask = |words: &[u8]| {
            let mut stream = TcpStream::connect(responder.address()).unwrap();
            stream.write_all(words).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        let answer = ask(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\na 1\n"), "{answer}");
        assert!(ask(b"GET /etc/passwd HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
        assert!(ask(&[0xff; 4096]).starts_with("HTTP/1.1 404"));
        assert!(ask(b"").starts_with("HTTP/1.1 404"));
        drop(responder);
    }
}
