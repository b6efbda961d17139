//! `nums!` in an editor: hover, definitions, rename and completion, asked of rust-analyzer over its protocol.
//!
//! The server is `NUMS_RUST_ANALYZER`, or `rust-analyzer` on the path; where there is none the test says so and does nothing.
//! Nothing is built for it: a project description names the sources and the macro's library that this test was built with. The
//! test waits for messages of the server alone.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The program that is asked about. Marks say where; they are taken out.
const SOURCE: &str = r#"use nums::prelude::*;

nums! {
    /// One step.
    pub fn step(X: f64[n, d], y: f64[n], beta: f64[d]) -> f64[d] {
        mu = 1 / (1 + exp(-(X @ beta)));
        g = X.T @ (mu - y);
        g *= 2;
        beta - g / n + sum(mu ** 2)
    }
}

fn main() -> Result<()> {
    let alpha = Array::<f64>::zeros(&[2])?;
    let total: f64 = nums! { shifted = alpha + 1; np.sum(shifted * alpha) }?;
    println!("{total}");
    let _ = step(&alpha, &alpha, &alpha)?;
    Ok(())
}
"#;

/// The server, if there is one that answers.
fn server() -> Option<PathBuf> {
    let path = std::env::var_os("NUMS_RUST_ANALYZER").map_or_else(|| PathBuf::from("rust-analyzer"), PathBuf::from);
    let said = Command::new(&path).arg("--version").stderr(Stdio::null()).output().ok()?;
    said.status.success().then_some(path)
}

/// The macro's library: the newest beside this test.
fn macro_library() -> PathBuf {
    let beside = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let is_library = |p: &Path| {
        let name = p.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.contains("nums_macros-") && [".so", ".dylib", ".dll"].iter().any(|end| name.ends_with(end))
    };
    let all = std::fs::read_dir(beside).unwrap().filter_map(|e| Some(e.ok()?.path())).filter(|p| is_library(p));
    all.max_by_key(|p| p.metadata().and_then(|m| m.modified()).ok()).expect("the macro is built")
}

fn output(command: &str, args: &[&str]) -> String {
    String::from_utf8(Command::new(command).args(args).output().unwrap().stdout).unwrap().trim().to_owned()
}

/// A project of one file and the crates that its words come from.
fn project(folder: &Path) -> Value {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let sysroot = output("rustc", &["--print", "sysroot"]);
    let member = |name: &str, path: PathBuf, deps: Value| {
        json!({ "display_name": name, "root_module": path, "edition": "2024", "deps": deps, "is_workspace_member": true, "cfg": [],
                "env": { "CARGO_PKG_NAME": name, "CARGO_MANIFEST_DIR": root } })
    };
    let mut macros = member("nums_macros", root.join("nums-macros/src/lib.rs"), json!([]));
    macros["is_proc_macro"] = json!(true);
    macros["proc_macro_dylib_path"] = json!(macro_library());
    json!({
        "sysroot": sysroot,
        "crates": [
            member("asked", folder.join("main.rs"), json!([{ "crate": 1, "name": "nums" }])),
            member("nums", root.join("src/lib.rs"), json!([{ "crate": 2, "name": "nums_macros" }, { "crate": 3, "name": "nums_runtime" }])),
            macros,
            member("nums_runtime", root.join("nums-runtime/src/lib.rs"), json!([{ "crate": 4, "name": "nums_ir" }])),
            member("nums_ir", root.join("nums-ir/src/lib.rs"), json!([])),
        ],
    })
}

/// A conversation with the server.
struct Editor {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    file: String,
    text: String,
    version: u64,
    number: u64,
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Editor {
    fn start(server: &Path) -> Editor {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("editor");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("main.rs"), SOURCE).unwrap();
        let mut child = Command::new(server)
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let file = format!("file://{}", folder.join("main.rs").display());
        let mut editor = Editor { child, to, from, file, text: SOURCE.to_owned(), version: 1, number: 0 };
        let options = json!({
            "linkedProjects": [project(&folder)], "checkOnSave": false, "cachePriming": { "enable": false },
            "procMacro": { "enable": true }, "cargo": { "buildScripts": { "enable": false } },
        });
        editor.ask(
            "initialize",
            json!({ "processId": std::process::id(), "rootUri": format!("file://{}", folder.display()), "initializationOptions": options,
                    "capabilities": { "experimental": { "serverStatusNotification": true },
                                      "textDocument": { "hover": { "contentFormat": ["plaintext"] } } } }),
        );
        editor.tell("initialized", json!({}));
        let document = json!({ "uri": editor.file, "languageId": "rust", "version": 1, "text": SOURCE });
        editor.tell("textDocument/didOpen", json!({ "textDocument": document }));
        // Ready when it says that it is at rest.
        loop {
            let message = editor.read();
            if message["method"] == "experimental/serverStatus" && message["params"]["quiescent"] == true {
                return editor;
            }
        }
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.to, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.to.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The next message; questions of the server are answered with nothing.
    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.from.read_line(&mut line).unwrap() > 0, "the server ended");
            match line.trim() {
                "" => break,
                line => length = line.strip_prefix("Content-Length: ").map_or(length, |n| n.parse().unwrap()),
            }
        }
        let mut bytes = vec![0; length];
        self.from.read_exact(&mut bytes).unwrap();
        let message: Value = serde_json::from_slice(&bytes).unwrap();
        if message.get("method").is_some() && message.get("id").is_some() {
            let answer = if message["method"] == "workspace/configuration" { json!([null]) } else { Value::Null };
            self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": answer }));
        }
        message
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        loop {
            self.number += 1;
            let id = self.number;
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
            let answer = loop {
                let message = self.read();
                if message["id"] == id && message.get("method").is_none() {
                    break message;
                }
            };
            match answer["error"]["code"].as_i64() {
                None => return answer["result"].clone(),
                // The server was still reading a change: ask again.
                Some(-32802..=-32800) => {}
                Some(_) => panic!("{method}: {}", answer["error"]),
            }
        }
    }

    /// Another text of the file.
    fn change(&mut self, text: &str) {
        self.version += 1;
        self.text = text.to_owned();
        let document = json!({ "uri": self.file, "version": self.version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [{ "text": text }] }));
    }

    /// The place of the `nth` occurrence of `mark`, `skip` characters in.
    fn place(&self, mark: &str, nth: usize, skip: usize) -> Value {
        let at = self.text.match_indices(mark).nth(nth).unwrap_or_else(|| panic!("`{mark}` number {nth}")).0 + skip;
        let line = self.text[..at].matches('\n').count();
        let character = at - self.text[..at].rfind('\n').map_or(0, |i| i + 1);
        json!({ "textDocument": { "uri": self.file }, "position": { "line": line, "character": character } })
    }

    fn hover(&mut self, mark: &str, nth: usize, skip: usize) -> String {
        let place = self.place(mark, nth, skip);
        self.ask("textDocument/hover", place)["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }

    /// The line (from 0) where what stands at a place is defined, in this file.
    fn definition(&mut self, mark: &str, nth: usize, skip: usize) -> Vec<u64> {
        let place = self.place(mark, nth, skip);
        let found = self.ask("textDocument/definition", place);
        let lines = found.as_array().into_iter().flatten().filter(|l| l["uri"] == self.file.as_str());
        lines.filter_map(|l| l["range"]["start"]["line"].as_u64()).collect()
    }

    /// The text after a rename.
    fn renamed(&mut self, mark: &str, nth: usize, skip: usize, to: &str) -> String {
        let mut place = self.place(mark, nth, skip);
        place["newName"] = json!(to);
        let edit = self.ask("textDocument/rename", place);
        let changes = match edit["documentChanges"].as_array() {
            Some(all) => all.iter().flat_map(|d| d["edits"].as_array().cloned().unwrap_or_default()).collect(),
            None => edit["changes"][&self.file].as_array().cloned().unwrap_or_default(),
        };
        let mut edits: BTreeSet<(usize, usize, String)> = BTreeSet::new();
        for change in changes {
            let offset = |p: &Value| {
                let (line, character) = (p["line"].as_u64().unwrap() as usize, p["character"].as_u64().unwrap() as usize);
                self.text.split_inclusive('\n').take(line).map(str::len).sum::<usize>() + character
            };
            let range = &change["range"];
            edits.insert((offset(&range["start"]), offset(&range["end"]), change["newText"].as_str().unwrap().to_owned()));
        }
        let mut text = self.text.clone();
        for (start, end, new) in edits.into_iter().rev() {
            text.replace_range(start..end, &new);
        }
        text
    }

    /// What may stand behind `typed` in place of the body `beta - g / n + sum(mu ** 2)`.
    fn completions(&mut self, typed: &str) -> BTreeSet<String> {
        let text = SOURCE.replace("beta - g / n + sum(mu ** 2)", typed);
        self.change(&text);
        let nth = text[..SOURCE.find("beta - g / n").unwrap()].matches(typed).count();
        let place = self.place(typed, nth, typed.len());
        let found = self.ask("textDocument/completion", place);
        let items = if found.is_array() { found } else { found["items"].clone() };
        let label = |i: &Value| i["label"].as_str().unwrap_or_default().split('(').next().unwrap_or_default().to_owned();
        let labels = items.as_array().into_iter().flatten().map(label).collect();
        self.change(SOURCE);
        labels
    }
}

#[test]
fn an_editor_understands_a_body() {
    let Some(server) = server() else {
        eprintln!("skipped: no rust-analyzer on the path and none in NUMS_RUST_ANALYZER");
        return;
    };
    let mut editor = Editor::start(&server);

    // Hover: NumPy's words, and Rust's variables.
    for (mark, skip, want) in [
        ("sum(mu", 0, "Sum of"),
        ("X.T", 2, "attribute"),
        ("mu ** 2", 3, "to the power of"),
        ("exp(", 0, "Exponential"),
        ("X @ beta", 2, "matmul"),
    ] {
        let said = editor.hover(mark, 0, skip);
        assert!(said.contains(want), "hover over `{mark}`: {said:?}");
    }
    let said = editor.hover("alpha + 1", 0, 0);
    assert!(said.contains("alpha"), "hover over a captured variable: {said:?}");

    // Definitions: locals, parameters, symbols, functions, variables of Rust.
    let line_of = |mark: &str| SOURCE.lines().position(|l| l.contains(mark)).unwrap() as u64;
    for (mark, skip, want) in [
        ("(mu - y)", 1, "mu ="),
        ("(mu - y)", 6, "pub fn step"),
        ("beta - g", 0, "pub fn step"),
        ("g / n", 4, "pub fn step"),
        ("sum(shifted", 4, "shifted ="),
        ("alpha + 1", 0, "let alpha"),
        ("step(&alpha", 0, "pub fn step"),
    ] {
        assert!(editor.definition(mark, 0, skip).contains(&line_of(want)), "definition of what stands at `{mark}`");
    }

    // Rename: every place, and no other.
    let renamed = editor.renamed("mu =", 0, 0, "mean_of_y");
    let want = SOURCE.replace("mu = ", "mean_of_y = ").replace("(mu - y)", "(mean_of_y - y)").replace("mu **", "mean_of_y **");
    assert_eq!(renamed, want);
    let renamed = editor.renamed("g *=", 0, 0, "gradient");
    let want = SOURCE.replace("g = X", "gradient = X").replace("g *=", "gradient *=").replace("g / n", "gradient / n");
    assert_eq!(renamed, want);
    assert_eq!(editor.renamed("let alpha", 0, 4, "weights"), SOURCE.replace("alpha", "weights"));
    assert_eq!(
        editor.renamed("X: f64", 0, 0, "Z"),
        SOURCE.replace("X: f64", "Z: f64").replace("X @", "Z @").replace("X.T", "Z.T")
    );

    // Completion: attributes and methods, functions, names in scope; half-written too.
    for (typed, want) in [
        ("beta.", ["mean", "T", "astype"]),
        ("beta.me", ["mean", "mean", "mean"]),
        ("np.", ["sum", "linalg", "pi"]),
        ("be", ["beta", "beta", "beta"]),
    ] {
        let found = editor.completions(typed);
        assert!(want.iter().all(|w| found.contains(*w)), "completion of `{typed}`: {found:?}");
    }
}
