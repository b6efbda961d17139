//! Prints a `Func`: names are made unique and numbered, attributes stand in a fixed order, printing is deterministic.

use super::MAGIC;
use crate::alone::why;
use crate::diag::Loc;
use crate::func::{Func, IndexItem, Inst, Op, Scalar, Size, Stage, Value};
use crate::types::Type;
use std::collections::HashSet;
use std::fmt::{self, Write as _};

/// The text of `func`, without places.
pub fn print(func: &Func) -> String {
    Printer { locs: false }.func(func)
}

/// The text of `func`, each line followed by the place where it was written (`; 3:25`).
pub fn print_with_locs(func: &Func) -> String {
    Printer { locs: true }.func(func)
}

/// The tile programs of a fused function: the body of every kernel, over symbolic sizes.
pub fn print_kernels(func: &Func) -> String {
    let mut out = format!("{MAGIC}\n; stage: {}\n", Stage::Tiled);
    for inst in &func.insts {
        if let Op::Kernel(body) = &inst.op {
            out += print(body).splitn(3, '\n').nth(2).unwrap_or_default();
        }
    }
    out
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Parsed => "parsed",
            Stage::Typed => "typed",
            Stage::Fused => "fused",
            Stage::Tiled => "tiled",
            Stage::Placed => "placed",
        })
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Bool(b) => write!(f, "{b}"),
            Scalar::Int(i) => write!(f, "{i}"),
            Scalar::Float(x) if x.is_nan() => f.write_str("nan"),
            Scalar::Float(x) => write!(f, "{x:?}"),
            Scalar::Complex(re, im) => write!(f, "complex({}, {})", Scalar::Float(*re), Scalar::Float(*im)),
        }
    }
}

/// The printed names of a function's values, without `%`.
pub(crate) fn names(func: &Func) -> Vec<String> {
    let mut names = vec![String::new(); func.values.len()];
    let mut used: HashSet<String> = HashSet::new();
    let mut next = 0;
    let defined = func.params.iter().chain(func.insts.iter().flat_map(|i| &i.results));
    for v in defined {
        let given = func.data(*v).name.as_deref().filter(|n| is_name(n));
        let mut name = match given {
            Some(name) => name.to_owned(),
            None => {
                next += 1;
                (next - 1).to_string()
            }
        };
        if used.contains(&name) {
            let mut k = 1;
            while used.contains(&format!("{name}.{k}")) {
                k += 1;
            }
            name = format!("{name}.{k}");
        }
        used.insert(name.clone());
        names[v.0 as usize] = name;
    }
    names
}

/// Whether a source name can stand in the text as it is.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// How a parameter is walked.
fn rows(func: &Func, p: Value) -> String {
    match func.rows.iter().find(|(row, _)| *row == p) {
        None => String::new(),
        Some((_, 0)) => "rows ".to_owned(),
        Some((_, axis)) => format!("rows({axis}) "),
    }
}

struct Printer {
    locs: bool,
}

impl Printer {
    fn func(&self, func: &Func) -> String {
        let names = names(func);
        let mut out = format!("{MAGIC}\n; stage: {}\nfn {}(", func.stage, func.name);
        for (i, p) in func.params.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            let rows = rows(func, *p);
            write!(out, "{comma}{rows}%{}{}", names[p.0 as usize], typed(func.data(*p).ty.as_ref())).expect("a String");
        }
        out.push(')');
        match func.declared.as_slice() {
            [] => {}
            [one] => write!(out, " -> {one}").expect("a String"),
            many => {
                let types: Vec<String> = many.iter().map(Type::to_string).collect();
                write!(out, " -> ({})", types.join(", ")).expect("a String");
            }
        }
        out += " {\n";
        self.body(func, &names, 1, &mut out);
        out + "}\n"
    }

    fn body(&self, func: &Func, names: &[String], depth: usize, out: &mut String) {
        let indent = "  ".repeat(depth);
        for inst in &func.insts {
            out.push_str(&indent);
            for (i, r) in inst.results.iter().enumerate() {
                let (comma, data) = (if i == 0 { "" } else { ", " }, func.data(*r));
                write!(out, "{comma}%{}{}", names[r.0 as usize], typed(data.ty.as_ref())).expect("a String");
            }
            let loc = inst.results.first().map_or(Loc::default(), |r| func.data(*r).loc);
            out.push_str(" = ");
            let outermost = func.stage == Stage::Fused && depth == 1 && func.rows.is_empty() && !self.locs;
            let alone = outermost.then(|| why(func, inst)).flatten().map(|why| format!("  ; not fused: {why}"));
            let end = alone.unwrap_or_else(|| self.place(loc));
            if let Op::Kernel(body) = &inst.op {
                self.kernel(body, inst, names, &end, depth, out);
            } else {
                out.push_str(&line(&inst.op, &inst.args, names));
                out.push_str(&end);
            }
            out.push('\n');
        }
        let returned = func.results.len() - func.labels.len().min(func.results.len());
        let label = |i: usize| i.checked_sub(returned).map_or(String::new(), |k| format!(" \"{}\"", func.labels[k]));
        let results: Vec<String> =
            func.results.iter().enumerate().map(|(i, r)| format!("%{}{}", names[r.0 as usize], label(i))).collect();
        writeln!(out, "{indent}return {}", results.join(", ")).expect("a String");
    }

    fn kernel(&self, body: &Func, inst: &Inst, names: &[String], end: &str, depth: usize, out: &mut String) {
        let inner = self::names(body);
        write!(out, "kernel {}(", body.name).expect("a String");
        for (i, (p, arg)) in body.params.iter().zip(&inst.args).enumerate() {
            let (comma, ty) = (if i == 0 { "" } else { ", " }, typed(body.data(*p).ty.as_ref()));
            let rows = rows(body, *p);
            write!(out, "{comma}{rows}%{}{ty} = %{}", inner[p.0 as usize], names[arg.0 as usize]).expect("a String");
        }
        out.push_str(") {");
        out.push_str(end);
        out.push('\n');
        self.body(body, &inner, depth + 1, out);
        write!(out, "{}}}", "  ".repeat(depth)).expect("a String");
    }

    fn place(&self, loc: Loc) -> String {
        if self.locs && loc.line > 0 { format!(" ; {}:{}", loc.line, loc.column) } else { String::new() }
    }
}

fn typed(ty: Option<&Type>) -> String {
    ty.map_or(String::new(), |t| format!(": {t}"))
}

/// `op operands, attributes` of an instruction that is not a kernel.
pub(super) fn line(op: &Op, args: &[Value], names: &[String]) -> String {
    let mut parts: Vec<String> = args.iter().map(|a| format!("%{}", names[a.0 as usize])).collect();
    parts.extend(attributes(op, names));
    let name = op.name();
    if parts.is_empty() { name.to_owned() } else { format!("{name} {}", parts.join(", ")) }
}

pub(crate) fn attributes(op: &Op, names: &[String]) -> Vec<String> {
    let size = |s: &Size| match s {
        Size::Dim(d) => d.to_string(),
        Size::Value(v) => format!("%{}", names[v.0 as usize]),
    };
    let list = |sizes: &[Size]| format!("[{}]", sizes.iter().map(&size).collect::<Vec<_>>().join(", "));
    let flag = |name: &str, set: bool| set.then(|| format!("{name}=true"));
    let value = |v: Value| names[v.0 as usize].clone();
    match op {
        Op::Const(c) => vec![c.to_string()],
        Op::Dim(d) => vec![d.to_string()],
        Op::ShapeOf { axis } => vec![format!("axis={axis}")],
        Op::Map(_) | Op::Solve | Op::Kernel(_) | Op::Item | Op::Choose => vec![],
        Op::Data(op) => op.attrs().iter().map(|(name, attr)| format!("{name}={}", super::attr::shown(attr, &value))).collect(),
        Op::Call(call) => {
            let attrs = call.attrs.iter().map(|a| super::attr::shown(a, &value));
            vec![format!("name=\"{}\"", call.name), format!("with=[{}]", attrs.collect::<Vec<_>>().join(", "))]
        }
        Op::Cast(dtype) => vec![format!("dtype={dtype}")],
        Op::Reduce { op: _, axes, keepdims } => {
            let axes = axes.as_ref().map_or("all".to_owned(), |a| format!("{a:?}"));
            [Some(format!("axes={axes}")), flag("keepdims", *keepdims)].into_iter().flatten().collect()
        }
        Op::Matmul { trans_a, trans_b, symmetric } => {
            let flags = [flag("trans_a", *trans_a), flag("trans_b", *trans_b), flag("symmetric", *symmetric)];
            flags.into_iter().flatten().collect()
        }
        Op::Contract(c) => vec![format!("spec=\"{c}\"")],
        Op::Transpose { perm } => perm.iter().map(|p| format!("perm={p:?}")).collect(),
        Op::Reshape { shape } => vec![format!("shape={}", list(shape))],
        Op::Index { items } => {
            let items: Vec<String> = items
                .iter()
                .map(|item| match item {
                    IndexItem::At(i) => size(i),
                    IndexItem::NewAxis => "newaxis".into(),
                    IndexItem::Ellipsis => "...".into(),
                    IndexItem::Slice { start, stop, step } => {
                        let bound = |b: &Option<Size>| b.as_ref().map_or(String::new(), &size);
                        let step = if *step == 1 { String::new() } else { format!(":{step}") };
                        format!("{}:{}{step}", bound(start), bound(stop))
                    }
                })
                .collect();
            vec![format!("items=[{}]", items.join(", "))]
        }
        Op::Concatenate { axis } => vec![axis.map_or("axis=all".into(), |a| format!("axis={a}"))],
        Op::Fill { shape, dtype } => {
            let mut out = vec![format!("shape={}", list(shape))];
            out.extend(dtype.map(|d| format!("dtype={d}")));
            out
        }
        Op::Arange { dtype, len } => {
            let mut out: Vec<String> = dtype.iter().map(|d| format!("dtype={d}")).collect();
            out.extend(len.as_ref().map(|l| format!("len={l}")));
            out
        }
        Op::Eye { rows, cols, k, dtype } => {
            vec![format!("rows={}", size(rows)), format!("cols={}", size(cols)), format!("k={k}"), format!("dtype={dtype}")]
        }
    }
}
