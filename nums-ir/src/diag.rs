//! A mistake in a user's program, in the user's words: one message, facts, a way out.
//!
//! Style: lower case, no full stop, names in backquotes, types as in the IR text, expected before found. `note`s give facts,
//! `help` gives an edit. The macro prints a `Diag` under the user's tokens, the runtime under file and line; the text is the
//! same because both come from `infer`.

use std::fmt;

/// Where in the source a value was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Loc {
    /// Line in the file, from 1; 0 is "nowhere".
    pub line: u32,
    /// Column in the line, from 1.
    pub column: u32,
    /// The macro's index of the tokens, first and last, in its own table. Never printed; 0 in parsed text.
    pub tokens: (u32, u32),
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diag {
    /// The expression that is wrong.
    pub loc: Loc,
    /// What is wrong, one line.
    pub message: String,
    /// Facts that explain it.
    pub notes: Vec<String>,
    /// An edit that would mend it.
    pub help: Option<String>,
}

impl Diag {
    /// A mistake at `loc`.
    pub fn new(loc: Loc, message: impl Into<String>) -> Diag {
        Diag { loc, message: message.into(), notes: Vec::new(), help: None }
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Diag {
        self.notes.push(note.into());
        self
    }

    /// Sets the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diag {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Diag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for note in &self.notes {
            write!(f, "\nnote: {note}")?;
        }
        match &self.help {
            Some(help) => write!(f, "\nhelp: {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diag {}

/// The name in `known` that a misspelt `name` most likely means; the two have something in common.
pub fn suggest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let budget = 1 + name.len() / 4;
    let near = |(d, _, k): &(usize, usize, &str)| *d <= budget && *d < name.len().max(k.len());
    // Of two that are as near the one that begins alike; another case alone is no distance.
    let begins = |k: &str| name.bytes().zip(k.bytes()).take_while(|(a, b)| a == b).count();
    let apart = |k: &str| match k {
        _ if name.eq_ignore_ascii_case(k) => 0,
        // The beginning of a word is as near as a slip.
        _ if name.len() > 1 && k.starts_with(name) => 1,
        _ => distance(name, k),
    };
    let measured = known.into_iter().map(|k| (apart(k), usize::MAX - begins(k), k));
    measured.filter(near).min().map(|(.., k)| k)
}

/// Edit distance with neighbouring swaps (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let cost = usize::from(a[i - 1] != b[j - 1]);
                let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + cost);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(rows[i - 2][j - 2] + 1);
                }
                best
            };
        }
    }
    rows[a.len()][b.len()]
}
