//! The trace as JSON that Chrome and Perfetto show.
//!
//! The driver is process 0, worker `n` of the first cluster process `n + 1`, of the second `1001 + n`, and so on; threads are
//! theirs. Tasks, idle time, spills and steps are complete events, which nest on their thread; transfers overlap and are asynchronous
//! ones. Times are microseconds of the driver's clock.

use super::{Clock, Event, Lane, State, What};
use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Process numbers that a cluster has.
const STRIDE: u32 = 1000;

/// Writes the file; it appears under its name when it is complete.
pub(super) fn write(path: &Path, state: &State) -> std::io::Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(format!(".{}.partial", std::process::id()));
    let mut file = BufWriter::new(std::fs::File::create(&partial)?);
    let written = write_to(&mut file, state).and_then(|()| file.flush()).and_then(|()| std::fs::rename(&partial, path));
    if written.is_err() {
        // The error that matters is the first.
        drop(std::fs::remove_file(&partial));
    }
    written
}

fn write_to(file: &mut impl Write, state: &State) -> std::io::Result<()> {
    write!(file, "{{\"displayTimeUnit\":\"ms\",\"otherData\":{{\"dropped\":{}}},\"traceEvents\":[", state.dropped)?;
    let mut line = String::new();
    process(&mut line, 0, &format!("driver (process {})", std::process::id()));
    file.write_all(line.as_bytes())?;
    write_events(file, 0, Clock::default(), &state.events)?;
    for lane in &state.workers {
        let Lane { cluster, node, pid, events, clock } = lane;
        let number = cluster * STRIDE + node + 1;
        line.clear();
        line.push_str(",\n");
        process(&mut line, number, &format!("n{node} (process {pid})"));
        file.write_all(line.as_bytes())?;
        write_events(file, number, *clock, events)?;
    }
    file.write_all(b"\n]}\n")
}

fn process(line: &mut String, number: u32, name: &str) {
    let name = quoted(name);
    // Writing to a string does not fail.
    let _ = write!(line, "{{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":{number},\"args\":{{\"name\":{name}}}}}");
}

fn write_events(file: &mut impl Write, process: u32, clock: Clock, events: &[Event]) -> std::io::Result<()> {
    for event in events {
        let Event { what, thread, begin, end } = event;
        let (begin, end) = (clock.here(*begin), clock.here(*end));
        let (at, took) = (micros(begin), micros(end - begin));
        match what {
            What::Task { call, number, seq, op, bytes } => write!(
                file,
                ",\n{{\"ph\":\"X\",\"cat\":\"task\",\"name\":{},\"pid\":{process},\"tid\":{thread},\"ts\":{at},\"dur\":{took},\
                 \"args\":{{\"call\":{},\"number\":{number},\"seq\":{seq},\"bytes\":{bytes}}}}}",
                quoted(op),
                quoted(call)
            )?,
            What::Idle => span(file, "idle", "idle", process, *thread, (&at, &took))?,
            What::Disk { block, write, bytes } => write!(
                file,
                ",\n{{\"ph\":\"X\",\"cat\":\"spill\",\"name\":\"{}\",\"pid\":{process},\"tid\":{thread},\"ts\":{at},\"dur\":{took},\
                 \"args\":{{\"block\":\"g{block}\",\"bytes\":{bytes}}}}}",
                if *write { "spill" } else { "read back" }
            )?,
            What::Step(name) => span(file, "step", name, process, *thread, (&at, &took))?,
            What::Transfer { block, from, bytes } => {
                let same = format!(
                    "\"cat\":\"transfer\",\"name\":\"from n{from}\",\"id\":\"{block:x}-{process}\",\"pid\":{process},\"tid\":{thread}"
                );
                write!(file, ",\n{{\"ph\":\"b\",{same},\"ts\":{at},\"args\":{{\"block\":\"g{block}\",\"bytes\":{bytes}}}}}")?;
                write!(file, ",\n{{\"ph\":\"e\",{same},\"ts\":{}}}", micros(end))?;
            }
        }
    }
    Ok(())
}

fn span(
    file: &mut impl Write,
    cat: &str,
    name: &str,
    process: u32,
    thread: u32,
    (at, took): (&str, &str),
) -> std::io::Result<()> {
    let name = quoted(name);
    write!(
        file,
        ",\n{{\"ph\":\"X\",\"cat\":\"{cat}\",\"name\":{name},\"pid\":{process},\"tid\":{thread},\"ts\":{at},\"dur\":{took}}}"
    )
}

/// Nanoseconds as microseconds, exactly.
fn micros(nanos: u64) -> String {
    format!("{}.{:03}", nanos / 1000, nanos % 1000)
}

/// A string of JSON.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c < ' ' => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::{micros, quoted, write_to};
    use crate::trace::{Clock, Event, Lane, State, What};

    #[test]
    fn strings_and_times_are_those_of_json() {
        assert_eq!(quoted("a\"b\\c\nd é"), "\"a\\\"b\\\\c\\u000ad é\"");
        assert_eq!((micros(0), micros(1_234_567)), ("0.000".into(), "1234.567".into()));
    }

    #[test]
    fn workers_are_processes_and_their_clocks_are_turned_to_the_drivers() {
        let event = |what, begin, end| Event { what, thread: 3, begin, end };
        let transfer = event(What::Transfer { block: 255, from: 0, bytes: 8 }, 1000, 2000);
        let lane = Lane { cluster: 1, node: 4, pid: 77, events: vec![transfer], clock: Clock { offset: 500, took: 1 } };
        let events = vec![event(What::Step("plan f".into()), 0, 10)];
        let mut out = Vec::new();
        write_to(&mut out, &State { events, workers: vec![lane], ..State::default() }).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("\"name\":\"n4 (process 77)\"") && text.contains("\"pid\":1005"), "{text}");
        assert!(text.contains("\"ph\":\"b\"") && text.contains("\"ts\":1.500") && text.contains("\"ts\":2.500"), "{text}");
        assert!(text.ends_with("\n]}\n"));
    }
}
