//! One line on standard error while something takes long, if a person may be looking at it.
//!
//! Nothing is said in the first second, nor where standard error is no terminal. The line overwrites itself and is wiped at the
//! end.

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Time until something is long.
pub(super) const LONG: Duration = Duration::from_secs(1);

/// A line that shows that something goes on.
pub(super) struct Progress {
    begin: Instant,
    shown: bool,
    terminal: bool,
}

impl Progress {
    /// Something begins.
    pub(super) fn new() -> Progress {
        Progress { begin: Instant::now(), shown: false, terminal: is_terminal() }
    }

    /// Whether anybody would see it.
    pub(super) fn is_seen(&self) -> bool {
        self.terminal
    }

    /// It goes on.
    pub(super) fn say(&mut self, what: impl FnOnce() -> String) {
        if let Some(line) = self.line(what) {
            // A terminal that went away is nobody who looks.
            drop(write!(std::io::stderr(), "\r\x1b[K{line}"));
        }
    }

    /// What is shown now, if anything is.
    fn line(&mut self, what: impl FnOnce() -> String) -> Option<String> {
        let time = self.begin.elapsed();
        if !self.terminal || time < LONG {
            return None;
        }
        self.shown = true;
        Some(format!("nums: {} ({} s)", what(), time.as_secs()))
    }

    /// It is done.
    pub(super) fn end(&mut self) {
        if std::mem::take(&mut self.shown) {
            drop(write!(std::io::stderr(), "\r\x1b[K"));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

/// Whether standard error is one: asked once.
fn is_terminal() -> bool {
    static TERMINAL: OnceLock<bool> = OnceLock::new();
    *TERMINAL.get_or_init(|| std::io::stderr().is_terminal())
}

#[cfg(test)]
mod tests {
    use super::{LONG, Progress};
    use std::time::Instant;

    #[test]
    fn a_terminal_sees_what_takes_long_and_nobody_else_does() {
        let long_ago = Instant::now().checked_sub(LONG * 3).unwrap();
        let mut progress = Progress { begin: long_ago, shown: false, terminal: true };
        assert_eq!(progress.line(|| "2 calls to go".into()).unwrap(), "nums: 2 calls to go (3 s)");
        progress.shown = false;
        assert!(Progress { begin: Instant::now(), shown: false, terminal: true }.line(|| "soon".into()).is_none());
        assert!(Progress { begin: long_ago, shown: false, terminal: false }.line(|| "unseen".into()).is_none());
    }
}
