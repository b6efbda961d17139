//! What the library itself writes, for decoders to begin with. Texts are those of the IR's file tests; inputs that once broke a
//! decoder lie in `regressions/`, by target.

use crate::graphs::{Builder, in_turn};
use nums_ir::func::Scalar;
use nums_ir::graph::NodeId;
use nums_runtime::block::Block;
use nums_runtime::driver::{Action, Driver, Event};
use nums_runtime::error::Failure;
use nums_runtime::launch::Start;
use nums_runtime::memory::Memory;
use nums_runtime::native::Isa;
use nums_runtime::pool::{Call, NodeStats};
use nums_runtime::trace::{self, What};
use nums_runtime::wire::auth::{ClusterId, Key, Role, Secret, dial};
use nums_runtime::wire::codec::{BlockHeader, encode};
use nums_runtime::wire::frame::{Header, Kind};
use nums_runtime::wire::message::{Answer, FromOwner, Join, Peer, Report, ToDriver, ToOwner, ToWorker, Welcome};
use nums_runtime::wire::shared::{LARGE, Loans, Mark, Transport};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The seeds, and the inputs that once broke this target.
fn with_regressions(target: &str, mut seeds: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/regressions").join(target);
    for path in files(&folder) {
        seeds.push(std::fs::read(path).unwrap());
    }
    seeds
}

/// All files below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

pub(crate) fn frames() -> Vec<Vec<u8>> {
    let frame = |kind, length| Header { kind, epoch: 1, length }.encode().to_vec();
    with_regressions("frames", vec![frame(Kind::Auth, 78), frame(Kind::Control, 3), frame(Kind::Block, 1 << 20)])
}

fn key() -> Key {
    Key { secret: Secret::of_token(b"fuzz"), cluster: ClusterId::UNKNOWN }
}

/// What a dialer says first: a frame with its hello.
fn first_words(role: Role) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let (mut ours, mut theirs) = tokio::io::duplex(4096);
        let dialed = tokio::spawn(async move { drop(dial(&mut theirs, &key(), role, Role::Driver).await) });
        let mut words = vec![0; 4096];
        let n = tokio::io::AsyncReadExt::read(&mut ours, &mut words).await.unwrap();
        words.truncate(n);
        drop(ours);
        dialed.await.unwrap();
        words
    })
}

pub(crate) fn hellos() -> Vec<Vec<u8>> {
    let words = [Role::Driver, Role::Joiner, Role::Worker(NodeId(3))].map(first_words);
    with_regressions("hellos", words.iter().map(|w| w[20..].to_vec()).collect())
}

pub(crate) fn handshakes() -> Vec<Vec<u8>> {
    let words = [Role::Driver, Role::Joiner, Role::Worker(NodeId(3))].map(first_words);
    with_regressions("handshakes", words.to_vec())
}

pub(crate) fn starts() -> Vec<Vec<u8>> {
    let (driver, memory) = ("127.0.0.1:7077".parse().unwrap(), Memory::boundless());
    let start = Start { driver, key: key(), node: NodeId(2), threads: 4, memory, transport: Transport::Auto };
    with_regressions("starts", vec![encode(&start).unwrap()])
}

/// The messages of a call with a kernel, sums over a tree and blocks that move.
fn batches() -> Vec<ToWorker> {
    let mut b = Builder::new();
    let a = b.fill(4, 8);
    let squares = b.square(a);
    let sum = b.tree(squares);
    let graph = b.finish(&[squares, sum]);
    let placement = in_turn(&graph, 2);
    let first = 1;
    let call = Call {
        name: "f".to_owned(),
        number: 1,
        file: "src/main.rs".to_owned(),
        graph,
        placement,
        inputs: vec![],
        scalars: vec![Scalar::Float(0.5)],
        first,
    };
    let actions = Driver::new(&[1, 2], false).on(Event::Submit(1, Box::new(call)));
    let sent = |action| if let Action::Send(_, message) = action { Some(message) } else { None };
    actions.into_iter().filter_map(sent).collect()
}

pub(crate) fn messages() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let mut add = |which: u8, bytes: Vec<u8>| seeds.push([&[which], &bytes[..]].concat());
    for message in batches() {
        add(0, encode(&message).unwrap());
    }
    for message in [ToWorker::Get(vec![1, 1 << 40]), ToWorker::Release(vec![3]), ToWorker::Stats(9), ToWorker::Shutdown] {
        add(0, encode(&message).unwrap());
    }
    let failure = Failure {
        call: "f".into(),
        number: 1,
        file: "src/main.rs".into(),
        loc: nums_ir::diag::Loc::default(),
        op: "solve".into(),
        why: "singular".into(),
        block: vec![0, 1],
        shape: vec![3, 3],
        shortage: None,
    };
    let report = Report {
        ended: vec![(1, 7)],
        times: vec![(1, 3, 250)],
        failures: vec![failure.clone()],
        poisoned: vec![(5, 0)],
        ..Report::default()
    };
    for message in
        [ToDriver::Report(report), ToDriver::Ready(vec![4, 5]), ToDriver::Stats(1, NodeStats::default()), ToDriver::Alive(90)]
    {
        add(1, encode(&message).unwrap());
    }
    let event = trace::Event { what: What::Transfer { block: 3, from: 1, bytes: 80 }, thread: 2, begin: 5, end: 9 };
    for message in [ToDriver::Trace(vec![event]), ToDriver::Clock { asked: 1, theirs: 2 }] {
        add(1, encode(&message).unwrap());
    }
    add(2, encode(&ToOwner::Get { epoch: 0, id: 1 << 40, serial: 3, uses: 2 }).unwrap());
    add(2, encode(&ToOwner::Read { loan: 1, well: true }).unwrap());
    add(3, encode(&FromOwner::Failed(0, 4, failure)).unwrap());
    let lent = Loans::default().lend(6, Arc::new(Block::from_slice(&vec![0u8; LARGE], &[LARGE])));
    add(3, encode(&lent).unwrap());
    let address = "10.0.0.7:4000".parse().unwrap();
    add(4, encode(&Join { pid: 77, address, threads: 4, memory: 1 << 30, isa: Isa::Avx2, mark: Mark::own().ok() }).unwrap());
    let welcome =
        Welcome { node: NodeId(1), epoch: 1, trace: true, peers: vec![Peer { node: NodeId(0), pid: 7, address, mark: None }] };
    add(5, encode(&Answer::Welcome(welcome)).unwrap());
    add(5, encode(&Answer::Refused("all are there".into())).unwrap());
    with_regressions("messages", seeds)
}

pub(crate) fn block_headers() -> Vec<Vec<u8>> {
    let shapes = [vec![], vec![7], vec![2, 3, 4]];
    let header = |shape: &Vec<usize>| BlockHeader { id: 9, dtype: nums_ir::dtype::DType::F64, shape: shape.clone() };
    let bytes = |shape: &Vec<usize>| {
        let rest = shape.iter().product::<usize>() as u64 * 8;
        [&rest.to_le_bytes()[..], &header(shape).encode().unwrap()].concat()
    };
    with_regressions("block_headers", shapes.iter().map(bytes).collect())
}

/// Stages that a text may say it has.
const STAGES: [&str; 5] = ["parsed", "typed", "fused", "tiled", "placed"];

/// Programs of the file tests and what is expected of them, each with the first stage that `reads` accepts.
fn programs(reads: impl Fn(&str) -> bool) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../nums-ir/tests/filetests");
    let mut programs = Vec::new();
    for path in files(&folder).into_iter().filter(|p| p.extension().is_some_and(|e| e == "nir")) {
        let text = std::fs::read_to_string(path).unwrap();
        for paragraph in text.split("\n\n") {
            let (under, program): (Vec<&str>, Vec<&str>) = paragraph.lines().partition(|l| l.starts_with(';'));
            // Remarks over a program are no part of what is expected.
            let expected = under.iter().filter_map(|l| l.strip_prefix("; "));
            let expected: Vec<&str> = expected.skip_while(|l| !l.starts_with("fn ") && !l.starts_with("graph ")).collect();
            for piece in [program.join("\n"), expected.join("\n")] {
                let staged = STAGES.iter().map(|stage| format!("nums-ir 1\n; stage: {stage}\n{piece}\n"));
                programs.extend(staged.into_iter().find(|text| text.len() < 3000 && reads(text)));
            }
        }
    }
    assert!(programs.len() > 5, "only {} programs in {}", programs.len(), folder.display());
    programs.into_iter().map(String::into_bytes).collect()
}

pub(crate) fn texts() -> Vec<Vec<u8>> {
    with_regressions("texts", programs(|text| nums_ir::text::parse(text).is_ok()))
}

pub(crate) fn graphs() -> Vec<Vec<u8>> {
    let reads = |text: &str| nums_ir::text::parse_graph(text).is_ok() || nums_ir::text::parse_placed(text).is_ok();
    with_regressions("graphs_as_text", programs(reads))
}

pub(crate) fn npy() -> Vec<Vec<u8>> {
    let path = std::env::temp_dir().join(format!("nums-fuzz-{}.npy", std::process::id()));
    let blocks = [
        Block::from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]),
        Block::from_slice(&[true, false], &[2]),
        Block::from_slice(&[7i16], &[]),
    ];
    let mut seeds = Vec::new();
    for block in &blocks {
        nums_runtime::io::write_npy(&path, block).unwrap();
        seeds.push(std::fs::read(&path).unwrap());
    }
    std::fs::remove_file(&path).unwrap();
    let text = |header: &str| {
        let length = (header.len() as u16).to_le_bytes();
        [&b"\x93NUMPY\x01\0"[..], &length, header.as_bytes(), &[0; 96]].concat()
    };
    seeds.push(text("{'descr': '>c16', 'fortran_order': True, 'shape': (2, 3), }"));
    seeds.push(text("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"));
    seeds.push(text("{'descr': '|O', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"));
    with_regressions("npy_files", seeds)
}

pub(crate) fn csv() -> Vec<Vec<u8>> {
    let texts: [&[u8]; 5] = [
        b"\x001.5,2\n-3e300,nan\n",
        b"\x08a,b\n1,2\n",
        b"\x131;0\ntrue;false\n",
        b"\x02\"18446744073709551615\",0\r\n",
        b"\x04 1 , 2 \n",
    ];
    with_regressions("csv_files", texts.iter().map(|t| t.to_vec()).collect())
}
