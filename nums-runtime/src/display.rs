//! Arrays as text, as NumPy's `str` shows them: brackets, one common width, eight digits, the corners of large arrays.

use crate::block::Block;
use crate::element::Slice;
use std::fmt::Write as _;

/// Elements above which only the edges are shown, and how many there.
const SUMMARY: usize = 1000;
/// Positions of an axis that are shown at each end.
pub const EDGE: usize = 3;
/// Characters of a line.
const LINE: usize = 75;
/// Digits behind the point at the most.
const DIGITS: usize = 8;

/// The text of a whole array.
pub fn format(data: &Block) -> String {
    let summary = data.len() > SUMMARY;
    let shown = positions(data.shape(), summary);
    let texts = texts(data, &shown);
    let width = texts.iter().map(|t| t.chars().count()).max().unwrap_or(0);
    let mut out = Printer { shape: data.shape(), summary, width, texts: texts.into_iter() };
    out.axis(0, String::new())
}

/// The text of a large array of this shape, by its edges: the first and last `EDGE` positions of every longer axis.
pub fn format_edges(edges: &Block, shape: &[usize]) -> String {
    let texts = texts(edges, &(0..edges.len()).collect::<Vec<_>>());
    let width = texts.iter().map(|t| t.chars().count()).max().unwrap_or(0);
    let mut out = Printer { shape, summary: true, width, texts: texts.into_iter() };
    out.axis(0, String::new())
}

/// Indices along an axis that are shown.
fn visible(n: usize, summary: bool) -> Vec<usize> {
    if summary && n > 2 * EDGE { (0..EDGE).chain(n - EDGE..n).collect() } else { (0..n).collect() }
}

/// Flat positions of all elements that are shown, in order.
fn positions(shape: &[usize], summary: bool) -> Vec<usize> {
    shape.iter().fold(vec![0], |at, &n| {
        let axis = visible(n, summary);
        at.iter().flat_map(|p| axis.iter().map(move |i| p * n + i)).collect()
    })
}

fn texts(data: &Block, shown: &[usize]) -> Vec<String> {
    macro_rules! plain {
        ($s:expr) => {
            shown.iter().map(|i| $s[*i].to_string()).collect()
        };
    }
    let flat = data.shape().is_empty();
    match data.slice() {
        Slice::Bool(s) => shown.iter().map(|i| if s[*i] { "True" } else { "False" }.to_owned()).collect(),
        Slice::I8(s) => plain!(s),
        Slice::I16(s) => plain!(s),
        Slice::I32(s) => plain!(s),
        Slice::I64(s) => plain!(s),
        Slice::U8(s) => plain!(s),
        Slice::U16(s) => plain!(s),
        Slice::U32(s) => plain!(s),
        Slice::U64(s) => plain!(s),
        Slice::F32(s) => floats(&shown.iter().map(|i| Number::of32(s[*i])).collect::<Vec<_>>(), flat),
        Slice::F64(s) => floats(&shown.iter().map(|i| Number::of64(s[*i])).collect::<Vec<_>>(), flat),
        Slice::C64(s) => complex(shown.iter().map(|i| (Number::of32(s[*i].re), Number::of32(s[*i].im))).collect(), flat),
        Slice::C128(s) => complex(shown.iter().map(|i| (Number::of64(s[*i].re), Number::of64(s[*i].im))).collect(), flat),
    }
}

/// A float with the digits that its own type needs: `0.1f32` is `0.1`.
struct Number {
    value: f64,
    /// Shortest digits that read back as the same number: plain, and scientific.
    plain: String,
    scientific: String,
}

impl Number {
    fn of32(x: f32) -> Number {
        Number { value: f64::from(x), plain: format!("{x}"), scientific: format!("{x:e}") }
    }

    fn of64(x: f64) -> Number {
        Number { value: x, plain: format!("{x}"), scientific: format!("{x:e}") }
    }

    /// Digits behind the point.
    fn digits(text: &str) -> usize {
        text.split_once('.').map_or(0, |(_, d)| d.len())
    }
}

fn floats(numbers: &[Number], alone: bool) -> Vec<String> {
    let finite = || numbers.iter().filter(|n| n.value.is_finite());
    let magnitudes = || finite().map(|n| n.value.abs()).filter(|x| *x != 0.0);
    let (most, least) = (magnitudes().fold(0.0, f64::max), magnitudes().fold(f64::INFINITY, f64::min));
    // NumPy's rule for scientific notation; a number alone is shown in full.
    let wide = !alone && most / least > 1000.0;
    let scientific = most >= if alone { 1e16 } else { 1e8 } || least < 1e-4 || wide;
    let limit = if alone { 17 } else { DIGITS };
    let special = |n: &Number| match n.value {
        x if x.is_nan() => Some("nan".to_owned()),
        x if x == f64::INFINITY => Some("inf".to_owned()),
        x if x == f64::NEG_INFINITY => Some("-inf".to_owned()),
        _ => None,
    };
    if scientific {
        let mantissa = |n: &Number| Number::digits(n.scientific.split('e').next().unwrap_or_default());
        let digits = finite().map(mantissa).max().unwrap_or(0).min(limit);
        return numbers.iter().map(|n| special(n).unwrap_or_else(|| exponent(n.value, digits))).collect();
    }
    let point = |n: &Number| {
        let text = if Number::digits(&n.plain) > limit { format!("{:.limit$}", n.value) } else { n.plain.clone() };
        let text = if text.contains('.') { text.trim_end_matches('0').to_owned() } else { format!("{text}.") };
        if alone && text.ends_with('.') { format!("{text}0") } else { text }
    };
    let texts: Vec<String> = numbers.iter().map(|n| special(n).unwrap_or_else(|| point(n))).collect();
    // Points stand under each other: trailing zeros are spaces.
    let digits = texts.iter().map(|t| Number::digits(t)).max().unwrap_or(0);
    let pad = |t: String| if t.contains('.') { format!("{t}{}", " ".repeat(digits - Number::digits(&t))) } else { t };
    if alone { texts } else { texts.into_iter().map(pad).collect() }
}

/// `1.500e+10`
fn exponent(x: f64, digits: usize) -> String {
    let text = format!("{x:.digits$e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = if mantissa.contains('.') { mantissa.to_owned() } else { format!("{mantissa}.") };
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |p| ('-', p));
    format!("{mantissa}e{sign}{power:0>2}")
}

fn complex(numbers: Vec<(Number, Number)>, alone: bool) -> Vec<String> {
    let (re, im): (Vec<Number>, Vec<Number>) = numbers.into_iter().unzip();
    let (re, im) = (floats(&re, alone), floats(&im, alone));
    let signed = |t: &str| if t.starts_with('-') { t.to_owned() } else { format!("+{t}") };
    let join = |(re, im): (&String, &String)| {
        let (digits, pad) = (im.trim_end(), im.len() - im.trim_end().len());
        format!("{re}{}j{}", signed(digits), " ".repeat(pad))
    };
    re.iter().zip(&im).map(join).collect()
}

struct Printer<'a> {
    shape: &'a [usize],
    summary: bool,
    width: usize,
    texts: std::vec::IntoIter<String>,
}

impl Printer<'_> {
    /// The text of one axis and those inside it; `indent` stands before its continuation lines.
    fn axis(&mut self, axis: usize, indent: String) -> String {
        let Some(&n) = self.shape.get(axis) else {
            return format!("{:>1$}", self.texts.next().unwrap_or_default(), self.width);
        };
        let indent = indent + " ";
        let shown = visible(n, self.summary);
        let gap = shown.len() < n;
        let mut out = String::from("[");
        if axis + 1 == self.shape.len() {
            self.row(&mut out, shown.len(), gap, &indent);
        } else {
            let between = "\n".repeat(self.shape.len() - axis - 1);
            for i in 0..shown.len() {
                if i > 0 {
                    write!(out, "{between}{indent}").expect("a String");
                }
                if gap && i == EDGE {
                    write!(out, "...{between}{indent}").expect("a String");
                }
                out += &self.axis(axis + 1, indent.clone());
            }
        }
        out + "]"
    }

    /// The elements of the last axis, wrapped.
    fn row(&mut self, out: &mut String, n: usize, gap: bool, indent: &str) {
        let mut column = indent.len();
        let mut put = |out: &mut String, text: &str, first: bool| {
            if !first && column + 1 + text.len() > LINE {
                write!(out, "\n{indent}{text}").expect("a String");
                column = indent.len() + text.len();
            } else {
                let space = if first { "" } else { " " };
                write!(out, "{space}{text}").expect("a String");
                column += space.len() + text.len();
            }
        };
        for i in 0..n {
            if gap && i == EDGE {
                put(out, "...", false);
            }
            let text = format!("{:>1$}", self.texts.next().unwrap_or_default(), self.width);
            put(out, &text, i == 0);
        }
    }
}
