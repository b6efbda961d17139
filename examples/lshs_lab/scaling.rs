//! The scaling curve: microseconds and bytes a task of greedy LSHS, and microseconds of the portfolio, as a picture (SVG).
//!
//! Tasks grow from 10³ to 10⁶ (the portfolio's to 10⁵) on 4 to 1,024 nodes. Each point is the best of three plans of the same call; the
//! numbers are printed as they are drawn.

use super::memory;
use super::setting::Outcome;
use super::{cases, setting};
use nums::Order;
use nums_runtime::place::place_at;
use std::fmt::Write as _;
use std::time::Instant;

const NODES: [usize; 5] = [4, 16, 64, 256, 1024];
const TASKS: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
const COLORS: [&str; 5] = ["#4477aa", "#228833", "#ccbb44", "#ee6677", "#aa3377"];
/// Size of the picture, and of its margins.
const SIZE: (f64, f64) = (760.0, 420.0);
const MARGIN: f64 = 60.0;
/// The top of the picture, in microseconds a task.
const TOP: f64 = 10.0;

/// Microseconds and bytes a task.
fn measure(tasks: usize, nodes: usize, policy: Option<&str>) -> Outcome<(f64, f64)> {
    let case = cases::case("sum", Some(tasks))?;
    let setting = setting::setting(&case, nodes, false, Order::Fastest, "cyclic")?;
    let spec = nums::ClusterSpec { order: Order::Fastest, ..setting::machines(nodes) };
    let (mut least, mut most) = (f64::MAX, 0);
    for _ in 0..3 {
        let graph = setting.graph.clone();
        let before = memory::watch();
        let start = Instant::now();
        let placed = place_at(graph, &spec, &setting.homes, policy)?;
        least = least.min(start.elapsed().as_secs_f64() * 1e6);
        most = memory::most_since(before).max(most);
        drop(placed);
    }
    let n = setting.graph.tasks.len() as f64;
    Ok((least / n, most as f64 / n))
}

/// Measures, prints, and writes the picture.
pub(crate) fn draw(file: &str) -> Outcome<()> {
    let mut svg = frame();
    for (policy, dashes, tasks) in [(Some("lshs"), "", &TASKS[..]), (None, "6 4", &TASKS[..3])] {
        for (nodes, color) in NODES.into_iter().zip(COLORS) {
            let mut points = String::new();
            for &n in tasks {
                let (micros, bytes) = measure(n, nodes, policy)?;
                let name = policy.unwrap_or("portfolio");
                println!(
                    "{{\"policy\": \"{name}\", \"nodes\": {nodes}, \"tasks\": {n}, \"us_a_task\": {micros:.3}, \"bytes_a_task\": {bytes:.1}}}"
                );
                write!(points, "{:.1},{:.1} ", x(n as f64), y(micros))?;
            }
            writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"/>",
                points.trim_end()
            )?;
        }
    }
    svg.push_str("</svg>\n");
    std::fs::write(file, svg).map_err(|e| format!("{file}: {e}").into())
}

/// Tasks from left to right, by powers of ten.
fn x(tasks: f64) -> f64 {
    MARGIN + (tasks.log10() - 3.0) / 3.0 * (SIZE.0 - 3.0 * MARGIN)
}

/// Microseconds from the bottom.
fn y(micros: f64) -> f64 {
    SIZE.1 - MARGIN - micros.min(TOP) / TOP * (SIZE.1 - 2.0 * MARGIN)
}

/// Axes and what colours mean.
fn frame() -> String {
    let (width, height) = SIZE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n\
         <text x=\"{MARGIN}\" y=\"24\" font-size=\"15\">planning: µs a task, greedy LSHS (lines) and portfolio (dashes)</text>\n"
    );
    let mut text = |x: f64, y: f64, anchor: &str, color: &str, what: &str| {
        svg.push_str(&format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{color}\">{what}</text>\n"));
    };
    for (i, tasks) in TASKS.iter().enumerate() {
        text(x(*tasks as f64), height - MARGIN + 20.0, "middle", "black", ["10³ tasks", "10⁴", "10⁵", "10⁶"][i]);
    }
    for micros in [0.0, 1.0, 2.0, 5.0, TOP] {
        text(MARGIN - 8.0, y(micros) + 4.0, "end", "black", &format!("{micros}"));
    }
    for (i, (nodes, color)) in NODES.iter().zip(COLORS).enumerate() {
        text(width - 1.8 * MARGIN, MARGIN + 20.0 * i as f64, "start", color, &format!("{nodes} nodes"));
    }
    for micros in [0.0, 1.0, 2.0, 5.0, TOP] {
        let at = y(micros);
        svg.push_str(&format!(
            "<line x1=\"{MARGIN}\" y1=\"{at:.1}\" x2=\"{:.1}\" y2=\"{at:.1}\" stroke=\"#dddddd\"/>\n",
            width - 2.0 * MARGIN
        ));
    }
    svg
}
