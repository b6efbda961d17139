//! House rules that a test can hold: headers, file lengths, names that say something, a README on one page.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Every Rust file of the repository but must-fail cases and build output.
fn rust_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
            if path.is_dir() && !["target", "ui", ".git"].contains(&name.as_str()) {
                folders.push(path);
            } else if name.ends_with(".rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(files.len() > 40, "the walk found only {} files", files.len());
    files
}

/// Collects what breaks a rule, so that one run shows all.
fn check(rule: &str, broken: impl Fn(&Path, &str) -> Option<String>) {
    let say = |path: &PathBuf| broken(path, &read(path)).map(|why| format!("{}: {why}", path.display()));
    let found: Vec<String> = rust_files().iter().filter_map(say).collect();
    assert!(found.is_empty(), "{rule}\n{}", found.join("\n"));
}

#[test]
fn every_file_begins_with_a_header() {
    check("a file begins with `//!`", |_, text| (!text.starts_with("//!")).then(|| "no header".into()));
}

#[test]
fn no_file_has_grown_into_a_program() {
    check("at most 800 lines a file", |_, text| (text.lines().count() > 800).then(|| text.lines().count().to_string()));
}

#[test]
fn names_say_something() {
    check("no file without a noun", |path, _| {
        let stem = path.file_stem()?.to_str()?;
        ["util", "utils", "common", "helpers", "base", "misc"].contains(&stem).then(|| stem.to_owned())
    });
}

#[test]
fn nothing_is_left_for_later() {
    let marks = ["todo", "unimplemented", "dbg"].map(|m| format!("{m}!(")).into_iter().chain([format!("#[{}", "ignore")]);
    let marks: Vec<String> = marks.collect();
    check("no unfinished mark", |_, text| {
        let line = text.lines().position(|line| marks.iter().any(|m| line.contains(m)))?;
        Some(format!("line {}", line + 1))
    });
}

/// No path comes from a wire: what a worker computes with, and what it says and hears, opens nothing.
#[test]
fn workers_open_no_file_of_a_user() {
    let wire = ["worker", "wire", "kernel", "driver"].map(|folder| root().join("nums-runtime/src").join(folder));
    let opens = ["File::open", "File::create", "OpenOptions", "fs::read", "fs::write", "fs::remove"];
    check("workers, kernels, messages and the driver's state open no file", |path, text| {
        let module = path.with_extension("");
        wire.iter().find(|folder| module.starts_with(folder))?;
        let line = text.lines().find(|line| opens.iter().any(|o| line.contains(o)) && !line.contains("urandom"))?;
        Some(line.trim().to_owned())
    });
}

#[test]
fn the_readme_is_one_page() {
    let lines = read(&root().join("README.md")).lines().count();
    assert!(lines <= 100, "README.md has {lines} lines");
}

#[test]
fn the_readme_program_is_the_example_that_ci_times() {
    let readme = read(&root().join("README.md"));
    let program = readme.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a program in README.md");
    let example = read(&root().join("examples/readme.rs"));
    let (_header, body) = example.split_once("\n\n").expect("a header, then the program");
    assert_eq!(body.trim(), program.trim(), "examples/readme.rs is the README's program under a header");
}
