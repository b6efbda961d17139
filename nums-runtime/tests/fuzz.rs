//! Every decoder that reads from the network or from a file, fed with damaged input: none panics, none aborts, none allocates
//! more than its input is worth.
//!
//! Inputs are seeds (what the library itself writes) changed by a generator; an input that brings an answer of a new kind
//! becomes a seed too. Everything follows from the number `NUMS_FUZZ_SEED`. A failing input is written to a file whose name
//! is told; what aborts the process leaves it in `fuzz-last-NAME` in the folder for temporary files. `docs/fuzzing.md` has the
//! log of long runs, which are started with `NUMS_FUZZ_EXECUTIONS` or `NUMS_FUZZ_SECONDS` and a test's name.

#[path = "fuzz/alloc.rs"]
mod alloc;
#[path = "fixture/graphs.rs"]
#[expect(dead_code, reason = "the fixture serves several tests")]
mod graphs;
#[path = "fuzz/mutate.rs"]
mod mutate;
#[path = "fuzz/seeds.rs"]
mod seeds;

use mutate::Mutator;
use nums_runtime::element::c64;
use nums_runtime::io::{CsvOptions, read_csv_from, read_npy_from};
use nums_runtime::launch::Start;
use nums_runtime::wire::auth::{self, ClusterId, Key, Role, Secret};
use nums_runtime::wire::codec::{BLOCK_FIXED, BlockHeader, decode};
use nums_runtime::wire::frame::Header;
use nums_runtime::wire::message::{Answer, FromOwner, Join, ToDriver, ToOwner, ToWorker};
use std::collections::HashSet;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// Executions of a target in an ordinary test run.
const EXECUTIONS: u64 = 40_000;
/// Bytes that a decoder may hold at once whatever its input, and for each byte of it.
const ALWAYS: usize = 4 << 20;
const EACH: usize = 256;
/// Inputs that are kept as seeds because their answers were new.
const KEPT: usize = 4096;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|v| v.parse().unwrap_or_else(|_| panic!("{name}={v}: expected a number")))
}

/// An answer without its numbers and names: two answers of one kind teach the same.
fn kind(answer: &str) -> String {
    let mut kind: String = answer.chars().filter(|c| !c.is_ascii_digit()).take(60).collect();
    if let Some((before, rest)) = kind.split_once('`') {
        kind = format!("{before}`{}", rest.split_once('`').map_or("", |(_, after)| after));
    }
    kind
}

/// Runs one target. It answers with what it made of its input; only its kind counts.
fn fuzz(name: &str, seeds: Vec<Vec<u8>>, target: impl Fn(&[u8]) -> String) {
    let seed = setting("NUMS_FUZZ_SEED").unwrap_or(1);
    let seconds = setting("NUMS_FUZZ_SECONDS");
    let executions = setting("NUMS_FUZZ_EXECUTIONS").unwrap_or(if seconds.is_some() { u64::MAX } else { EXECUTIONS });
    let end = Duration::from_secs(seconds.unwrap_or(u64::MAX));
    let last = std::env::temp_dir().join(format!("fuzz-last-{name}"));
    let file = std::fs::File::create(&last).unwrap();
    let mut mutator = Mutator::new(seed, seeds);
    let (mut kinds, mut most, begin) = (HashSet::new(), 0, Instant::now());
    let mut done = 0;
    while done < executions && (done % 1024 != 0 || begin.elapsed() < end) {
        let input = mutator.next(done);
        std::os::unix::fs::FileExt::write_all_at(&file, &input, 0).unwrap();
        let before = alloc::begin();
        let answer = catch_unwind(AssertUnwindSafe(|| target(&input)));
        let peak = alloc::peak_since(before);
        done += 1;
        most = most.max(peak);
        let wrong = match &answer {
            Err(_) => Some("panicked".to_owned()),
            Ok(_) if peak > ALWAYS + EACH * input.len() => Some(format!("held {peak} bytes for {} bytes of input", input.len())),
            Ok(_) => None,
        };
        if let Some(wrong) = wrong {
            let failed = std::env::temp_dir().join(format!("fuzz-failed-{name}-{seed}-{done}"));
            std::fs::write(&failed, &input).unwrap();
            panic!("{name} {wrong}: execution {done} of seed {seed}, {}", failed.display());
        }
        if let Ok(answer) = answer
            && kinds.len() < KEPT
            && kinds.insert(kind(&answer))
        {
            mutator.keep(input);
        }
    }
    drop(std::fs::remove_file(last));
    let (time, n) = (begin.elapsed().as_secs_f64(), kinds.len());
    println!("{name}: seed {seed}, {done} executions in {time:.0} s, {n} kinds of answers, at most {most} bytes held");
}

/// What a decoder says, in words.
fn said<T, E: Display>(result: Result<T, E>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(e) => e.to_string(),
    }
}

#[test]
fn frames() {
    fuzz("frames", seeds::frames(), |input| match Header::decode(input) {
        Ok(Some(header)) => format!("{:?}", header.kind),
        other => said(other),
    });
}

#[test]
fn hellos() {
    fuzz("hellos", seeds::hellos(), |input| format!("{}", auth::is_hello(input)));
}

#[test]
fn handshakes() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let key = Key { secret: Secret::of_token(b"fuzz"), cluster: ClusterId::UNKNOWN };
    fuzz("handshakes", seeds::handshakes(), |input| {
        runtime.block_on(async {
            let (mut ours, mut theirs) = tokio::io::duplex(1 << 16);
            tokio::io::AsyncWriteExt::write_all(&mut ours, input).await.unwrap();
            tokio::io::AsyncWriteExt::shutdown(&mut ours).await.unwrap();
            if input.first().is_some_and(|b| b % 2 == 0) {
                said(auth::accept(&mut theirs, &key, Role::Driver, |_| true).await)
            } else {
                said(auth::dial(&mut theirs, &key, Role::Joiner, Role::Driver).await)
            }
        })
    });
}

#[test]
fn starts() {
    fuzz("starts", seeds::starts(), |input| said(decode::<Start>(input)));
}

#[test]
fn messages() {
    fuzz("messages", seeds::messages(), |input| {
        let Some((which, bytes)) = input.split_first() else { return String::new() };
        let answer = match which % 6 {
            0 => match decode::<ToWorker>(bytes) {
                Ok(ToWorker::Tasks(batch)) => said(batch.check()),
                other => said(other),
            },
            1 => said(decode::<ToDriver>(bytes)),
            2 => said(decode::<ToOwner>(bytes)),
            3 => said(decode::<FromOwner>(bytes)),
            4 => said(decode::<Join>(bytes)),
            _ => said(decode::<Answer>(bytes)),
        };
        format!("{} {answer}", which % 6)
    });
}

#[test]
fn block_headers() {
    fuzz("block_headers", seeds::block_headers(), |input| {
        let Some((rest, bytes)) = input.split_first_chunk::<8>() else { return String::new() };
        let Some(fixed) = bytes.first_chunk::<BLOCK_FIXED>() else { return String::new() };
        let length = BlockHeader::len_of(fixed).map(|n| bytes.get(..n));
        match length {
            Ok(Some(header)) => said(BlockHeader::decode(header, u64::from_le_bytes(*rest))),
            Ok(None) => "short".to_owned(),
            Err(e) => e.to_string(),
        }
    });
}

#[test]
fn texts() {
    fuzz("texts", seeds::texts(), |input| {
        let text = String::from_utf8_lossy(input);
        match nums_ir::text::parse(&text) {
            Ok(func) => {
                let verified = nums_ir::verify::verify(&func);
                let printed = nums_ir::text::print(&func);
                let again = nums_ir::text::parse(&printed).map(|f| nums_ir::text::print(&f));
                assert_eq!(again.as_ref(), Ok(&printed), "what is printed is parsed");
                verified.map_or_else(|e| e.concat(), |()| format!("ok {}", func.insts.len()))
            }
            Err(e) => e.message,
        }
    });
}

#[test]
fn graphs_as_text() {
    fuzz("graphs_as_text", seeds::graphs(), |input| {
        let text = String::from_utf8_lossy(input);
        let placed = nums_ir::text::parse_placed(&text).map(|_| ()).map_err(|e| e.message);
        let graph = nums_ir::text::parse_graph(&text).map_err(|e| e.message);
        let verified = graph.map(|g| nums_ir::verify::verify_graph(&g).map_err(|e| e.concat()));
        format!("{verified:?} {placed:?}")
    });
}

#[test]
fn npy_files() {
    fuzz("npy_files", seeds::npy(), |input| {
        let block = read_npy_from(Path::new("x"), input, input.len() as u64);
        block.map_or_else(|e| e.to_string(), |b| format!("{} of {} axes", b.dtype(), b.shape().len()))
    });
}

#[test]
fn csv_files() {
    fuzz("csv_files", seeds::csv(), |input| {
        let Some((which, bytes)) = input.split_first() else { return String::new() };
        let options = CsvOptions::new().header(which & 8 != 0).delimiter(if which & 16 != 0 { b';' } else { b',' });
        let path = Path::new("x");
        match which % 5 {
            0 => said(read_csv_from::<f64>(path, bytes, &options)),
            1 => said(read_csv_from::<i8>(path, bytes, &options)),
            2 => said(read_csv_from::<u64>(path, bytes, &options)),
            3 => said(read_csv_from::<bool>(path, bytes, &options)),
            _ => said(read_csv_from::<c64>(path, bytes, &options)),
        }
    });
}
