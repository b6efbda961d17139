//! `print("label", x)` inside `nums!`: a report on standard error when `x` is computed.
//!
//! Shape, dtype, least, mean and largest element, and the first corner. The numbers are computed where the blocks are; only the
//! corner comes to the driver. A thread of its own waits, so that a call still returns when it is submitted, and
//! `Cluster::finish` waits for all of them. Nothing is changed by a report: it reads what the program keeps anyway.

use crate::array::{DynArray, once};
use crate::error::Result;
use nums_ir::diag::Loc;
use nums_ir::dim::Dim;
use nums_ir::dtype::Kind;
use nums_ir::func::{IndexItem, Op, Size};
use nums_ir::ops::ReduceOp;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

/// Elements of a corner along each axis.
const CORNER: i64 = 3;

static RUNNING: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

/// Reports on arrays, in order, when they are there.
pub(crate) fn later(arrays: Vec<(String, DynArray)>) {
    if arrays.is_empty() {
        return;
    }
    let report = move || {
        for (label, array) in arrays {
            let text = text(&label, &array).unwrap_or_else(|e| format!("{label}: {e}\n"));
            // A closed standard error is no reason to fail.
            let _ = std::io::stderr().lock().write_all(text.as_bytes());
        }
    };
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.retain(|thread| !thread.is_finished());
    if let Ok(thread) = std::thread::Builder::new().name("nums-print".into()).spawn(report) {
        running.push(thread);
    }
}

/// Waits for the reports that are under way.
pub(crate) fn wait() {
    let running = std::mem::take(&mut *RUNNING.lock().unwrap_or_else(PoisonError::into_inner));
    for thread in running {
        let _ = thread.join();
    }
}

/// The report: one line, then the corner.
fn text(label: &str, array: &DynArray) -> Result<String> {
    let mut out = format!("{label}: {}{:?}", array.dtype(), array.shape());
    if array.size() > 0 && array.dtype().kind() != Kind::Complex {
        for (name, op) in [("min", ReduceOp::Min), ("mean", ReduceOp::Mean), ("max", ReduceOp::Max)] {
            let one = apply(array, Op::Reduce { op, axes: None, keepdims: false })?;
            out += &format!(", {name} {one}");
        }
    }
    let first = || IndexItem::Slice { start: None, stop: Some(Size::Dim(Dim::Const(CORNER))), step: 1 };
    let corner = match array.ndim() {
        0 => array.clone(),
        n => apply(array, Op::Index { items: (0..n).map(|_| first()).collect() })?,
    };
    let dots = if corner.size() < array.size() { " …" } else { "" };
    Ok(format!("{out}\n{corner}{dots}\n"))
}

/// One operator on the array.
fn apply(array: &DynArray, op: Op) -> Result<DynArray> {
    once(array, "print", |func, x| func.push(op, &[x], Loc::default()))
}
