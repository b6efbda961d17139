//! Sizes as a reader of NumPy would write them: powers, `//`, and what grows fastest first.
//!
//! `Display` is the IR's form, which is read back. This one stands in explanations only: `d**2 * n + 2 * d**3 // 3 + 4 * d`.

use super::{Atom, Dim};

impl Dim {
    /// The highest power of sizes in it.
    pub(crate) fn degree(&self) -> usize {
        self.terms().iter().map(|(atoms, _)| degree(atoms)).max().unwrap_or(0)
    }

    /// As a formula.
    pub(crate) fn formula(&self) -> String {
        let mut terms = self.terms();
        terms.sort_by_key(|(atoms, _)| std::cmp::Reverse(degree(atoms)));
        let mut out = String::new();
        for (atoms, c) in &terms {
            out += match (out.is_empty(), *c < 0) {
                (true, true) => "-",
                (true, false) => "",
                (false, true) => " - ",
                (false, false) => " + ",
            };
            out += &product(atoms, c.unsigned_abs());
        }
        if out.is_empty() { "0".to_owned() } else { out }
    }

    /// As a factor of a product.
    pub(crate) fn factor(&self) -> String {
        let text = self.formula();
        if text.contains(['+', '-', '/']) { format!("({text})") } else { text }
    }
}

fn degree(atoms: &[Atom]) -> usize {
    let of = |atom: &Atom| match atom {
        Atom::Symbol(_) => 1,
        Atom::FloorDiv(a, b) => a.degree().saturating_sub(b.degree()),
        Atom::Max(a, b) => a.degree().max(b.degree()),
        Atom::Min(a, b) => a.degree().min(b.degree()),
    };
    atoms.iter().map(of).sum()
}

/// One term: equal atoms stand side by side.
fn product(atoms: &[Atom], coefficient: u64) -> String {
    let mut factors: Vec<String> = Vec::new();
    if coefficient != 1 || atoms.is_empty() {
        factors.push(coefficient.to_string());
    }
    for equal in atoms.chunk_by(|a, b| a == b) {
        let base = match &equal[0] {
            Atom::Symbol(s) => s.to_string(),
            Atom::FloorDiv(a, b) => {
                let (left, right) = (a.formula(), b.formula());
                let left = if left.contains(" + ") || left.contains(" - ") { format!("({left})") } else { left };
                let right = if right.contains(' ') { format!("({right})") } else { right };
                let quotient = format!("{left} // {right}");
                if atoms.len() > 1 || coefficient != 1 { format!("({quotient})") } else { quotient }
            }
            Atom::Max(a, b) => format!("max({}, {})", a.formula(), b.formula()),
            Atom::Min(a, b) => format!("min({}, {})", a.formula(), b.formula()),
        };
        factors.push(if equal.len() > 1 { format!("{base}**{}", equal.len()) } else { base });
    }
    factors.join(" * ")
}

#[cfg(test)]
mod tests {
    use super::Dim;

    #[test]
    fn what_grows_fastest_stands_first() {
        let (n, d) = (Dim::symbol("n"), Dim::symbol("d"));
        let times = |a: &Dim, c: i64| a.mul(&Dim::Const(c));
        let cube = times(&d.mul(&d).mul(&d), 2).floor_div(&Dim::Const(3)).unwrap();
        let sum = times(&d, 4).add(&d.mul(&d).mul(&n)).add(&cube).sub(&Dim::Const(3));
        assert_eq!(sum.formula(), "d**2 * n + 2 * d**3 // 3 + 4 * d - 3");
        assert_eq!(times(&n.add(&Dim::Const(1)).floor_div(&Dim::Const(2)).unwrap(), 3).formula(), "3 * ((n + 1) // 2)");
        assert_eq!(
            (Dim::Const(0).formula(), n.sub(&d).factor(), times(&n, -1).larger(&d).formula()),
            ("0".into(), "(-d + n)".into(), "max(d, -n)".into())
        );
    }
}
