//! Prints and parses a `Graph` (tiled) and a `Placement` over it (placed).
//!
//! Kernels stand first, then arrays with their cut, then one line a task. The placed stage adds the node before each task, the
//! copies that the task needs, where inputs live, and the loads of every node.
//!
//! ```text
//! graph f {
//!   input %X: f64[1000, 4] blocks [250, 4]
//!   array %r: f64[1000] blocks [250]
//!   n0  %r[0]: f64[250] = kernel k0 %X[0, 0]
//!   n1  copy %X[1, 0] from n0
//!   return %r
//! }
//! ```

use super::lex::{Lexer, ParseError, Token};
use super::parse::{begin, function};
use super::{MAGIC, print};
use crate::attr::Attr;
use crate::data::DataTask;
use crate::diag::Loc;
use crate::dtype::DType;
use crate::func::{Func, Scalar, Stage};
use crate::graph::{
    Arg, ArrayId, BlockCopy, BlockId, ContractTask, Graph, GraphArray, GraphOutput, GraphScalar, Load, NodeId, Piece, Placement,
    Reading, ReshapeTask, SlicedTask, Task, TaskId, TaskOp, Window,
};
use crate::grid::Grid;
use crate::ops::ReduceOp;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

/// The text of a tiled graph.
pub fn print_graph(graph: &Graph) -> String {
    Printer::new(graph, None).text(Stage::Tiled)
}

/// The text of a graph with its placement.
pub fn print_placed(graph: &Graph, placement: &Placement) -> String {
    Printer::new(graph, Some(placement)).text(Stage::Placed)
}

struct Printer<'a> {
    graph: &'a Graph,
    placement: Option<&'a Placement>,
    names: Vec<String>,
}

fn list(items: &[usize]) -> String {
    format!("{items:?}")
}

impl<'a> Printer<'a> {
    fn new(graph: &'a Graph, placement: Option<&'a Placement>) -> Printer<'a> {
        let mut used: HashSet<String> = graph.scalars.iter().map(|s| s.name.clone()).collect();
        let mut names = Vec::new();
        for array in &graph.arrays {
            let mut name = array.name.clone();
            let mut k = 1;
            while !used.insert(name.clone()) {
                name = format!("{}.{k}", array.name);
                k += 1;
            }
            names.push(name);
        }
        Printer { graph, placement, names }
    }

    fn text(&self, stage: Stage) -> String {
        let g = self.graph;
        let mut out = format!("{MAGIC}\n; stage: {stage}\n");
        for k in &g.kernels {
            let text = print(k);
            out += text.splitn(3, '\n').nth(2).unwrap_or_default();
        }
        writeln!(out, "graph {} {{", g.name).expect("a String");
        let inputs: HashSet<ArrayId> = g.inputs.iter().copied().collect();
        for (i, array) in g.arrays.iter().enumerate() {
            let word = if inputs.contains(&ArrayId(i as u32)) { "input" } else { "array" };
            let (dtype, shape, block) = (array.dtype, list(array.grid.shape()), list(array.grid.block_shape()));
            writeln!(out, "  {word} %{}: {dtype}{shape} blocks {block}", self.names[i]).expect("a String");
        }
        for s in &g.scalars {
            writeln!(out, "  scalar %{}: {}", s.name, s.dtype).expect("a String");
        }
        self.homes(&mut out);
        let mut copies = self.placement.map_or(&[][..], |p| &p.copies).iter().peekable();
        for (i, task) in g.tasks.iter().enumerate() {
            while let Some(c) = copies.next_if(|c| c.before.0 as usize == i) {
                writeln!(out, "  n{}  copy {} from n{}", c.to.0, self.block(c.block), c.from.0).expect("a String");
            }
            let node = self.placement.map_or(String::new(), |p| format!("n{}  ", p.tasks[i].0));
            writeln!(out, "  {node}{}", self.task(task)).expect("a String");
        }
        let outputs: Vec<String> = g
            .outputs
            .iter()
            .map(|o| format!("%{}{}", self.names[o.array.0 as usize], if o.weak { " weak" } else { "" }))
            .collect();
        writeln!(out, "  return {}\n}}", outputs.join(", ")).expect("a String");
        self.loads(&mut out);
        out
    }

    fn homes(&self, out: &mut String) {
        let Some(p) = self.placement else { return };
        writeln!(out, "  policy {}", p.policy).expect("a String");
        for id in &self.graph.inputs {
            let nodes: Vec<u32> = self.graph.array(*id).blocks().map(|b| p.homes[b.0 as usize].0).collect();
            writeln!(out, "  home %{} {nodes:?}", self.names[id.0 as usize]).expect("a String");
        }
    }

    fn loads(&self, out: &mut String) {
        let Some(p) = self.placement else { return };
        for (i, Load { mem, net_in, net_out }) in p.loads.iter().enumerate() {
            writeln!(out, "load n{i} mem={mem} in={net_in} out={net_out}").expect("a String");
        }
    }

    fn block(&self, block: BlockId) -> String {
        let id = self.graph.array_of(block);
        let array = self.graph.array(id);
        format!("%{}{}", self.names[id.0 as usize], list(&array.grid.coords((block.0 - array.first.0) as usize)))
    }

    fn task(&self, task: &Task) -> String {
        let outs: Vec<String> = task
            .outs
            .iter()
            .map(|b| {
                let array = self.graph.array(self.graph.array_of(*b));
                let shape = array.grid.block_shape_at((b.0 - array.first.0) as usize);
                format!("{}: {}{}", self.block(*b), array.dtype, list(&shape))
            })
            .collect();
        let args: Vec<String> = task
            .args
            .iter()
            .map(|a| match a {
                Arg::Block(b) => self.block(*b),
                Arg::Scalar(s) => format!("%{}", self.graph.scalars[*s as usize].name),
            })
            .collect();
        let (name, attributes) = operator(&task.op, &self.graph.kernels);
        let operands = args.into_iter().chain(attributes).collect::<Vec<_>>().join(", ");
        format!("{} = {name} {operands}", outs.join(", ")).trim_end().to_owned()
    }
}

/// Name and attributes of a task.
fn operator(op: &TaskOp, kernels: &[Func]) -> (String, Vec<String>) {
    let flag = |name: &str, set: bool| set.then(|| format!("{name}=true"));
    match op {
        TaskOp::Kernel(k) => (format!("kernel {}", kernels[*k as usize].name), vec![]),
        TaskOp::Sliced(SlicedTask { kernel, space, operands }) => {
            let part = |part: &Reading| match part {
                Reading::Whole(arg) => arg.to_string(),
                Reading::Pieces(pieces) => format!("[{}]", pieces.iter().map(piece).collect::<Vec<_>>().join(", ")),
            };
            let parts: Vec<String> = operands.iter().map(part).collect();
            let attributes = vec![format!("space={}", list(space)), format!("operands=[{}]", parts.join(", "))];
            (format!("sliced {}", kernels[*kernel as usize].name), attributes)
        }
        TaskOp::Combine(op) => (format!("combine {}", op.name()), vec![]),
        TaskOp::Matmul { trans_a, trans_b, symmetric } => {
            let flags = [flag("trans_a", *trans_a), flag("trans_b", *trans_b), flag("symmetric", *symmetric)];
            ("matmul".into(), flags.into_iter().flatten().collect())
        }
        TaskOp::Contract(ContractTask { spec, order, windows }) => {
            let windows: Vec<String> = windows.iter().map(|w| format!("({}, {})", list(&w.start), list(&w.shape))).collect();
            let attributes =
                vec![format!("spec=\"{spec}\""), format!("order={order:?}"), format!("windows=[{}]", windows.join(", "))];
            ("contract".into(), attributes)
        }
        TaskOp::Assemble { shape, pieces } => {
            let pieces: Vec<String> = pieces.iter().map(piece).collect();
            ("assemble".into(), vec![format!("shape={}", list(shape)), format!("pieces=[{}]", pieces.join(", "))])
        }
        TaskOp::Reshape(ReshapeTask { from, blocks, to, block }) => {
            let grid = |g: &Grid| format!("[{}, {}]", list(g.shape()), list(g.block_shape()));
            (
                "reshape".into(),
                vec![
                    format!("from={}", grid(from)),
                    format!("blocks={blocks:?}"),
                    format!("to={}", grid(to)),
                    format!("block={block}"),
                ],
            )
        }
        TaskOp::Fill { shape, dtype } => ("fill".into(), vec![format!("shape={}", list(shape)), format!("dtype={dtype}")]),
        TaskOp::Arange { offset, len, dtype } => {
            ("arange".into(), vec![format!("offset={offset}"), format!("len={len}"), format!("dtype={dtype}")])
        }
        TaskOp::Eye { offset, shape, k, dtype } => (
            "eye".into(),
            vec![format!("offset={offset:?}"), format!("shape={shape:?}"), format!("k={k}"), format!("dtype={dtype}")],
        ),
        TaskOp::Const { value, dtype } => ("const".into(), vec![format!("value={value}"), format!("dtype={dtype}")]),
        TaskOp::Solve => ("solve".into(), vec![]),
        TaskOp::Data(task) => {
            let shown = |a: &Attr| super::attr::shown(a, &|_| String::new());
            (task.name().into(), task.attrs().iter().map(|(name, attr)| format!("{name}={}", shown(attr))).collect())
        }
    }
}

fn piece(p: &Piece) -> String {
    let axes: Vec<String> = p.axes.iter().map(|a| a.map_or("none".into(), |a| a.to_string())).collect();
    let (src, dest, shape) = (list(&p.src), list(&p.dest), list(&p.shape));
    format!("({}, {src}, {dest}, {shape}, [{}], {:?})", p.arg, axes.join(", "), p.step)
}

/// The `Graph` that `text` shows.
///
/// # Errors
/// `ParseError` with line and column, if it shows none.
pub fn parse_graph(text: &str) -> Result<Graph, ParseError> {
    Ok(Parser::read(text, Stage::Tiled)?.graph)
}

/// The `Graph` and `Placement` that `text` shows.
///
/// # Errors
/// `ParseError` with line and column, if it shows none.
pub fn parse_placed(text: &str) -> Result<(Graph, Placement), ParseError> {
    let parser = Parser::read(text, Stage::Placed)?;
    Ok((parser.graph, parser.placement))
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    placed: bool,
    graph: Graph,
    placement: Placement,
    arrays: HashMap<&'a str, ArrayId>,
    scalars: HashMap<&'a str, u32>,
}

type Parsed<T> = Result<T, ParseError>;

fn sizes(lexer: &mut Lexer<'_>) -> Parsed<Vec<usize>> {
    lexer.list('[', ']', |l| l.integer("a size"))
}

fn node(lexer: &mut Lexer<'_>) -> Parsed<NodeId> {
    let word = lexer.word("a node")?;
    match word.strip_prefix('n').and_then(|n| n.parse().ok()) {
        Some(n) => Ok(NodeId(n)),
        None => Err(lexer.error(format!("`{word}` is no node"))),
    }
}

impl<'a> Parser<'a> {
    fn read(text: &'a str, want: Stage) -> Parsed<Parser<'a>> {
        let (lexer, stage) = begin(text)?;
        if stage != want {
            return Err(lexer.error(format!("expected the stage {want}, found {stage}")));
        }
        let graph = Graph {
            name: String::new(),
            reads: vec![],
            notes: vec![],
            kernels: vec![],
            arrays: vec![],
            inputs: vec![],
            scalars: vec![],
            outputs: vec![],
            tasks: vec![],
        };
        let placement = Placement { policy: String::new(), tasks: vec![], homes: vec![], loads: vec![], copies: vec![] };
        let placed = stage == Stage::Placed;
        let mut p = Parser { lexer, placed, graph, placement, arrays: HashMap::new(), scalars: HashMap::new() };
        p.text()?;
        Ok(p)
    }

    fn text(&mut self) -> Parsed<()> {
        while self.lexer.eat_word("fn") {
            let kernel = function(&mut self.lexer, Stage::Fused)?;
            self.graph.kernels.push(kernel);
        }
        self.lexer.want_word("graph")?;
        self.graph.name = self.lexer.word("a name")?.to_owned();
        self.lexer.want('{')?;
        self.declarations()?;
        self.lines()?;
        while self.lexer.eat_word("load") {
            let _: NodeId = node(&mut self.lexer)?;
            let mut load = Load::default();
            for (name, slot) in [("mem", &mut load.mem), ("in", &mut load.net_in), ("out", &mut load.net_out)] {
                self.lexer.want_word(name)?;
                self.lexer.want('=')?;
                *slot = self.lexer.integer("bytes")?;
            }
            self.placement.loads.push(load);
        }
        if self.lexer.peek() == Token::End { Ok(()) } else { Err(self.lexer.expected("the end of the text")) }
    }

    fn declarations(&mut self) -> Parsed<()> {
        let mut first = 0u32;
        loop {
            let word = match self.lexer.peek() {
                Token::Word(w @ ("input" | "array" | "scalar" | "policy" | "home")) => w,
                _ => return Ok(()),
            };
            self.lexer.next();
            match word {
                "policy" => self.placement.policy = self.lexer.word("a policy")?.to_owned(),
                "home" => self.home()?,
                "scalar" => {
                    let (name, dtype) = (self.new_name()?, self.dtype()?);
                    self.scalars.insert(name, self.graph.scalars.len() as u32);
                    self.graph.scalars.push(GraphScalar { name: name.to_owned(), dtype });
                }
                _ => {
                    let (name, dtype) = (self.new_name()?, self.dtype()?);
                    let shape = sizes(&mut self.lexer)?;
                    self.lexer.want_word("blocks")?;
                    let block = sizes(&mut self.lexer)?;
                    if shape.len() != block.len() {
                        return Err(self.lexer.error("one block size an axis"));
                    }
                    let grid = Grid::new(&shape, &block);
                    let id = ArrayId(self.graph.arrays.len() as u32);
                    let blocks = (0..shape.len()).try_fold(1u32, |n, a| n.checked_mul(u32::try_from(grid.parts(a)).ok()?));
                    let next = blocks.and_then(|b| first.checked_add(b));
                    let Some(next) = next else { return Err(self.lexer.error("more than 2^32 blocks")) };
                    let array = GraphArray { name: name.to_owned(), dtype, grid, first: BlockId(first), loc: Loc::default() };
                    self.graph.arrays.push(array);
                    self.arrays.insert(name, id);
                    if word == "input" {
                        self.graph.inputs.push(id);
                    }
                    first = next;
                }
            }
        }
    }

    /// `%name:`, not used before.
    fn new_name(&mut self) -> Parsed<&'a str> {
        let Token::Value(name) = self.lexer.peek() else { return Err(self.lexer.expected("a value")) };
        if self.arrays.contains_key(name) || self.scalars.contains_key(name) {
            return Err(self.lexer.error(format!("`%{name}` is declared twice")));
        }
        self.lexer.next();
        self.lexer.want(':')?;
        Ok(name)
    }

    fn dtype(&mut self) -> Parsed<DType> {
        let Token::Word(name) = self.lexer.peek() else { return Err(self.lexer.expected("a dtype")) };
        let dtype = DType::ALL.into_iter().find(|d| d.name() == name).ok_or_else(|| self.lexer.expected("a dtype"))?;
        self.lexer.next();
        Ok(dtype)
    }

    fn array(&mut self) -> Parsed<ArrayId> {
        let Token::Value(name) = self.lexer.peek() else { return Err(self.lexer.expected("a value")) };
        let Some(id) = self.arrays.get(name) else { return Err(self.lexer.error(format!("`%{name}` is not declared"))) };
        self.lexer.next();
        Ok(*id)
    }

    fn block(&mut self) -> Parsed<BlockId> {
        let id = self.array()?;
        let coords = sizes(&mut self.lexer)?;
        let array = self.graph.array(id);
        let fits = coords.len() == array.grid.rank() && coords.iter().enumerate().all(|(a, c)| *c < array.grid.parts(a));
        if !fits {
            return Err(self.lexer.error("no such block"));
        }
        Ok(BlockId(array.first.0 + array.grid.index(&coords) as u32))
    }

    fn home(&mut self) -> Parsed<()> {
        let id = self.array()?;
        let nodes: Vec<NodeId> = self.lexer.list('[', ']', |l| Ok(NodeId(l.integer("a node")?)))?;
        if nodes.len() != self.graph.array(id).grid.n_blocks() {
            return Err(self.lexer.error("one home a block"));
        }
        self.placement.homes.extend(nodes);
        Ok(())
    }

    fn lines(&mut self) -> Parsed<()> {
        loop {
            if self.lexer.eat_word("return") {
                return self.outputs();
            }
            if self.placed {
                let at = node(&mut self.lexer)?;
                if self.lexer.eat_word("copy") {
                    let block = self.block()?;
                    self.lexer.want_word("from")?;
                    let from = node(&mut self.lexer)?;
                    let before = TaskId(self.graph.tasks.len() as u32);
                    self.placement.copies.push(BlockCopy { before, block, from, to: at });
                    continue;
                }
                self.placement.tasks.push(at);
            }
            let task = self.task()?;
            self.graph.tasks.push(task);
        }
    }

    fn outputs(&mut self) -> Parsed<()> {
        loop {
            if self.lexer.eat('}') {
                return Ok(());
            }
            let array = self.array()?;
            let weak = self.lexer.eat_word("weak");
            self.graph.outputs.push(GraphOutput { array, weak });
            if !self.lexer.eat(',') {
                return self.lexer.want('}');
            }
        }
    }

    fn task(&mut self) -> Parsed<Task> {
        let mut outs = Vec::new();
        loop {
            outs.push(self.block()?);
            self.lexer.want(':')?;
            let dtype = self.dtype()?;
            let shape = sizes(&mut self.lexer)?;
            let out = outs[outs.len() - 1];
            let array = self.graph.array(self.graph.array_of(out));
            if dtype != array.dtype || shape != array.grid.block_shape_at((out.0 - array.first.0) as usize) {
                return Err(self.lexer.error("the block is of another type"));
            }
            if !self.lexer.eat(',') {
                break;
            }
        }
        self.lexer.want('=')?;
        let mut name = self.lexer.word("an operator")?;
        let detail = if ["kernel", "sliced", "combine"].contains(&name) { self.lexer.word("a name")? } else { "" };
        let mut args = Vec::new();
        // A kernel of constants has no operands: the next value is the next task's.
        let mut more = !self.lexer.at_line_start();
        while let (true, Token::Value(v)) = (more, self.lexer.peek()) {
            args.push(match self.scalars.get(v) {
                Some(s) => {
                    self.lexer.next();
                    Arg::Scalar(*s)
                }
                None => Arg::Block(self.block()?),
            });
            more = self.lexer.eat(',');
        }
        if detail.is_empty() && name == "return" {
            name = "";
        }
        let op = self.operator(name, detail)?;
        Ok(Task { op, args, outs, loc: Loc::default() })
    }

    fn attribute(&mut self, name: &str) -> Parsed<()> {
        self.lexer.eat(',');
        self.lexer.want_word(name)?;
        self.lexer.want('=')
    }

    fn shape(&mut self, name: &str) -> Parsed<Vec<usize>> {
        self.attribute(name)?;
        sizes(&mut self.lexer)
    }

    fn number<T: TryFrom<i128>>(&mut self, name: &str) -> Parsed<T> {
        self.attribute(name)?;
        self.lexer.integer(name)
    }

    fn operator(&mut self, name: &str, detail: &str) -> Parsed<TaskOp> {
        if DataTask::NAMES.contains(&name) {
            self.lexer.eat(',');
            let attrs = super::attr::list(&mut self.lexer, &|l| Err(l.expected("an attribute")), true)?;
            let task = DataTask::from_attrs(name, attrs);
            return task.map(TaskOp::Data).ok_or_else(|| self.lexer.error(format!("`{name}` has other attributes")));
        }
        Ok(match name {
            "kernel" | "sliced" => {
                let Some(kernel) = self.graph.kernels.iter().position(|k| k.name == detail) else {
                    return Err(self.lexer.error(format!("no kernel `{detail}`")));
                };
                let kernel = kernel as u32;
                if name == "kernel" {
                    return Ok(TaskOp::Kernel(kernel));
                }
                let space = self.shape("space")?;
                self.attribute("operands")?;
                TaskOp::Sliced(SlicedTask { kernel, space, operands: self.lexer.list('[', ']', parse_part)? })
            }
            "combine" => match ReduceOp::from_text(detail) {
                Some(op) => TaskOp::Combine(op),
                None => return Err(self.lexer.error(format!("no reduction `{detail}`"))),
            },
            "matmul" => {
                let mut flag = |name: &str| {
                    let found = self.lexer.eat_word(name);
                    if found {
                        self.lexer.want('=')?;
                        self.lexer.want_word("true")?;
                        self.lexer.eat(',');
                    }
                    Ok(found)
                };
                TaskOp::Matmul { trans_a: flag("trans_a")?, trans_b: flag("trans_b")?, symmetric: flag("symmetric")? }
            }
            "contract" => {
                let spec = super::parse::contract(&mut self.lexer)?;
                self.attribute("order")?;
                let order = self.lexer.list('[', ']', |l| {
                    sizes(l)?.try_into().map_err(|_| l.error("a step of a contraction takes two operands"))
                })?;
                self.attribute("windows")?;
                TaskOp::Contract(ContractTask { spec, order, windows: self.lexer.list('[', ']', parse_window)? })
            }
            "assemble" => {
                let shape = self.shape("shape")?;
                self.attribute("pieces")?;
                TaskOp::Assemble { shape, pieces: self.lexer.list('[', ']', parse_piece)? }
            }
            "reshape" => {
                let from = self.grid("from")?;
                self.attribute("blocks")?;
                let blocks = self.lexer.list('[', ']', |l| l.integer("a block"))?;
                TaskOp::Reshape(ReshapeTask { from, blocks, to: self.grid("to")?, block: self.number("block")? })
            }
            "fill" => TaskOp::Fill { shape: self.shape("shape")?, dtype: self.named_dtype()? },
            "arange" => TaskOp::Arange { offset: self.number("offset")?, len: self.number("len")?, dtype: self.named_dtype()? },
            "eye" => {
                let (offset, shape) = (self.pair("offset")?, self.pair("shape")?);
                TaskOp::Eye { offset, shape, k: self.number("k")?, dtype: self.named_dtype()? }
            }
            "const" => {
                self.attribute("value")?;
                let value: Scalar = super::parse::scalar(&mut self.lexer)?;
                TaskOp::Const { value, dtype: self.named_dtype()? }
            }
            "solve" => TaskOp::Solve,
            _ => return Err(self.lexer.error(format!("unknown task `{name}`"))),
        })
    }

    fn named_dtype(&mut self) -> Parsed<DType> {
        self.attribute("dtype")?;
        self.dtype()
    }

    fn pair(&mut self, name: &str) -> Parsed<[usize; 2]> {
        self.shape(name)?.try_into().map_err(|_| self.lexer.error(format!("`{name}` wants two numbers")))
    }

    fn grid(&mut self, name: &str) -> Parsed<Grid> {
        self.attribute(name)?;
        let parts = self.lexer.list('[', ']', sizes)?;
        match parts.as_slice() {
            [shape, block] if shape.len() == block.len() => Ok(Grid::new(shape, block)),
            _ => Err(self.lexer.error("a grid is a shape and a block shape")),
        }
    }
}

fn parse_window(l: &mut Lexer<'_>) -> Parsed<Window> {
    l.want('(')?;
    let start = sizes(l)?;
    l.want(',')?;
    let shape = sizes(l)?;
    l.want(')')?;
    Ok(Window { start, shape })
}

fn parse_part(l: &mut Lexer<'_>) -> Parsed<Reading> {
    if l.peek() == Token::Punct('[') {
        return l.list('[', ']', parse_piece).map(Reading::Pieces);
    }
    l.integer("an operand").map(Reading::Whole)
}

fn parse_piece(l: &mut Lexer<'_>) -> Parsed<Piece> {
    l.want('(')?;
    let arg = l.integer("an operand")?;
    let part = |l: &mut Lexer<'_>| {
        l.want(',')?;
        sizes(l)
    };
    let (src, dest, shape) = (part(l)?, part(l)?, part(l)?);
    l.want(',')?;
    let axes = l.list('[', ']', |l| if l.eat_word("none") { Ok(None) } else { l.integer("an axis").map(Some) })?;
    l.want(',')?;
    let step = l.list('[', ']', |l| l.integer("a step"))?;
    l.want(')')?;
    Ok(Piece { arg, src, dest, shape, axes, step })
}
