//! Tokens of the language: Rust's tokens, flattened, with operators glued as NumPy reads them.
//!
//! The whole body becomes one list, brackets included, so that a place in the source is two indices of that list (`Loc::tokens`).
//! Spacing never matters where it could not in Python: `**` is two stars however far apart (rustfmt writes `* *`); what only a
//! slice or a minus could mean (`::`, `<-`, `:-`) is never glued. A `//` after an operand is a comment that Rust has dropped: it
//! is found again through the source text, where there is one. What the tokens mean is the parser's business.

use nums_ir::diag::Loc;
use proc_macro2::{Delimiter, Group, LineColumn, Span, TokenStream, TokenTree};
use std::collections::VecDeque;

/// One token.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) tok: Tok,
    pub(crate) span: Span,
    /// For a bracket the index of its partner, else its own.
    pub(crate) partner: usize,
    /// A `//` comment follows on the same line.
    pub(crate) comment_after: bool,
    /// The invisible group of `macro_rules` (`$x:expr`) that it stands in, 0 for none: names in there are of another place.
    pub(crate) scope: usize,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tok {
    /// A name or keyword; raw identifiers without `r#`.
    Ident(String),
    /// A number, as written.
    Number(String),
    /// A string, without quotes and escapes.
    Str(String),
    /// A punctuation mark or operator.
    Op(&'static str),
    /// `(`, `[`, `{`; invisible groups of `macro_rules` are parentheses.
    Open(char),
    /// `)`, `]`, `}`.
    Close(char),
    /// What the language has no use for: characters, lifetimes, bytes.
    Other(String),
    /// The end of the body.
    End,
}

/// The tokens of one `nums!`, ended by `Tok::End`.
pub(crate) struct Tokens {
    list: Vec<Token>,
    groups: Vec<(usize, TokenStream)>,
    scope: usize,
}

/// Operators of several characters, longest first; these are glued only where they stand close together.
const GLUED: &[&str] = &[
    "<<=", ">>=", "->", "=>", "==", "!=", "<=", ">=", "<<", ">>", ":=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "@=", "&=",
    "|=", "^=",
];

/// Operators of one character.
const SINGLE: &[&str] =
    &["+", "-", "*", "/", "%", "@", "<", ">", "=", "!", "&", "|", "^", "~", ".", ",", ";", ":", "?", "#", "$", "'", "\\", "`"];

impl Tokens {
    /// Flattens `stream`; `end` is where an unexpected end is reported.
    pub(crate) fn new(stream: TokenStream, end: Span) -> Tokens {
        let mut tokens = Tokens { list: Vec::new(), groups: Vec::new(), scope: 0 };
        tokens.flatten(stream);
        tokens.push(Tok::End, end);
        tokens
    }

    pub(crate) fn get(&self, at: usize) -> &Token {
        &self.list[at.min(self.list.len() - 1)]
    }

    /// The Rust tokens between the brackets that open at `at`.
    pub(crate) fn stream(&self, at: usize) -> TokenStream {
        self.groups.iter().find(|(open, _)| *open == at).map(|(_, stream)| stream.clone()).unwrap_or_default()
    }

    /// The place of tokens `first..=last`.
    pub(crate) fn loc(&self, first: usize, last: usize) -> Loc {
        let LineColumn { line, column } = self.get(first).span.start();
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Loc { line: small(line), column: small(column + 1), tokens: (small(first), small(last)) }
    }

    /// Spans of the first and the last token of a place.
    pub(crate) fn spans(&self, loc: Loc) -> (Span, Span) {
        let span = |at: u32| self.get(at as usize).span;
        (span(loc.tokens.0), span(loc.tokens.1))
    }

    /// Whether the token begins a line (never, where the compiler does not tell lines).
    pub(crate) fn begins_line(&self, at: usize) -> bool {
        at > 0 && self.get(at).span.start().line > self.get(at - 1).span.end().line
    }

    /// Looks for `//` after operands in `text`, the source that begins at `start`.
    pub(crate) fn find_comments(&mut self, text: &str, start: LineColumn) {
        let lines: Vec<&str> = text.lines().collect();
        for token in &mut self.list {
            let word = match &token.tok {
                Tok::Ident(word) | Tok::Number(word) => word.clone(),
                Tok::Close(c) if *c != '}' => c.to_string(),
                Tok::Close(_) | Tok::Str(_) | Tok::Op(_) | Tok::Open(_) | Tok::Other(_) | Tok::End => continue,
            };
            let end = token.span.end();
            let Some(line) = end.line.checked_sub(start.line).and_then(|i| lines.get(i)) else { continue };
            let skipped = if end.line == start.line { start.column } else { 0 };
            let Some(column) = end.column.checked_sub(skipped) else { continue };
            let at = line.char_indices().nth(column).map_or(line.len(), |(i, _)| i);
            // The text must be the token's own: a token that came through another macro stands elsewhere.
            token.comment_after = line[..at].ends_with(&word) && line[at..].trim_start().starts_with("//");
        }
    }

    fn push(&mut self, tok: Tok, span: Span) -> usize {
        let at = self.list.len();
        self.list.push(Token { tok, span, partner: at, comment_after: false, scope: self.scope });
        at
    }

    /// Brackets may nest deeper than any stack: the groups that are open are a list.
    fn flatten(&mut self, stream: TokenStream) {
        let mut open: Vec<Open> = Vec::new();
        let mut trees: VecDeque<TokenTree> = stream.into_iter().collect();
        loop {
            match trees.pop_front() {
                Some(TokenTree::Group(group)) => {
                    let (inner, outer) = (group.stream().into_iter().collect(), self.scope);
                    let (first, close) = self.open(&group);
                    open.push(Open { first, close, span: group.span_close(), outer, rest: std::mem::replace(&mut trees, inner) });
                }
                Some(TokenTree::Ident(ident)) => {
                    let name = ident.to_string();
                    self.push(Tok::Ident(name.trim_start_matches("r#").to_owned()), ident.span());
                }
                Some(TokenTree::Literal(literal)) => {
                    let text = literal.to_string();
                    self.push(classify(&text), literal.span());
                }
                Some(tree @ TokenTree::Punct(_)) => {
                    let span = tree.span();
                    trees.push_front(tree);
                    let (op, used) = operator(&trees);
                    trees.drain(..used);
                    self.push(Tok::Op(op), span);
                }
                None => {
                    let Some(Open { first, close, span, outer, rest }) = open.pop() else { return };
                    self.scope = outer;
                    let last = self.push(Tok::Close(close), span);
                    self.list[first].partner = last;
                    self.list[last].partner = first;
                    trees = rest;
                }
            }
        }
    }

    /// Opens a group: where it begins, and what closes it.
    fn open(&mut self, group: &Group) -> (usize, char) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis | Delimiter::None => ('(', ')'),
            Delimiter::Bracket => ('[', ']'),
            Delimiter::Brace => ('{', '}'),
        };
        let before = self.list.last().map(|t| t.tok.clone());
        let first = self.push(Tok::Open(open), group.span_open());
        // Kept as Rust: splices, attributes, the scope of a visibility.
        if open == '{' || before == Some(Tok::Op("#")) || before == Some(Tok::Ident("pub".into())) {
            self.groups.push((first, group.stream()));
        }
        if group.delimiter() == Delimiter::None {
            self.scope = first + 1;
        }
        (first, close)
    }
}

/// A group whose tokens are being read.
struct Open {
    first: usize,
    close: char,
    span: Span,
    /// The scope behind it.
    outer: usize,
    /// What follows it.
    rest: VecDeque<TokenTree>,
}

/// The operator that begins here, and how many marks it takes.
fn operator(trees: &VecDeque<TokenTree>) -> (&'static str, usize) {
    let mut text = String::new();
    let mut joint = Vec::new();
    for tree in trees.iter().take(3) {
        let TokenTree::Punct(p) = tree else { break };
        text.push(p.as_char());
        joint.push(p.spacing() == proc_macro2::Spacing::Joint);
    }
    // Stars and dots mean the same whatever stands between them.
    for (op, n) in [("**", 2), ("...", 3), ("..", 2)] {
        if text.starts_with(op) {
            return (op, n);
        }
    }
    for op in GLUED {
        if text.starts_with(op) && joint.iter().take(op.len() - 1).all(|j| *j) {
            return (op, op.len());
        }
    }
    let one = SINGLE.iter().find(|op| text.starts_with(**op));
    (one.copied().unwrap_or("?"), 1)
}

/// A number, a string, or what the language does not read.
fn classify(text: &str) -> Tok {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return Tok::Number(text.to_owned());
    }
    match syn::parse_str::<syn::LitStr>(text) {
        Ok(s) => Tok::Str(s.value()),
        Err(_) => Tok::Other(text.to_owned()),
    }
}

impl Tok {
    /// The token in an error message.
    pub(crate) fn describe(&self) -> String {
        match self {
            Tok::Ident(s) | Tok::Number(s) | Tok::Other(s) => format!("`{s}`"),
            Tok::Str(s) => format!("`{s:?}`"),
            Tok::Op(s) => format!("`{s}`"),
            Tok::Open(c) | Tok::Close(c) => format!("`{c}`"),
            Tok::End => "the end".to_owned(),
        }
    }
}
