//! A ranking for people: as wide as the terminal allows, with a line of each artist's window.

use anstyle::{AnsiColor, Style};
use fanpulse_core::error::Insufficient;
use fanpulse_core::scores::{Level, Status};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Selection;
use super::columns::level;
use super::explanation::banner;
use crate::terminal::{DIM, HEADING, harmless, styled};

/// What is drawn.
pub(crate) struct Table<'a> {
    pub(crate) selection: Selection<'a>,
    /// How many artists there are, shown or not.
    pub(crate) all: usize,
    /// The window of each artist of the selection, NaN = missing.
    pub(crate) lines: &'a [Vec<f64>],
    /// Columns of the terminal; none = as wide as it gets.
    pub(crate) width: Option<usize>,
    /// Whether no real artist stands behind the data.
    pub(crate) simulated: bool,
    /// How to see the artists that are not shown.
    pub(crate) rest: &'a str,
}

const NAME: usize = 1;
const INTERVAL: usize = 3;
const LINE: usize = 8;
const MARKS: usize = 9;
const TITLES: [&str; 10] = ["#", "artist", "index", "90 %", "status", "fvs", "breakout", "viral", "", "gaps"];
const RIGHT: [usize; 4] = [0, 2, 5, 7];
/// Longest name and longest line drawn.
const LONGEST_NAME: usize = 40;
const LONGEST_LINE: usize = 30;
/// Below this a line says nothing, a name not whose it is.
const SHORTEST_LINE: usize = 8;
const SHORTEST_NAME: usize = 12;
/// How far a name shrinks before a column goes.
const SHORT_NAME: usize = 17;

/// A cell: its text and its style.
type Cell = (String, Style);

/// The table as styled text.
pub(crate) fn render(table: &Table<'_>) -> String {
    let scores = table.selection.scores;
    let mut rows: Vec<[Cell; 10]> = (0..table.selection.artists.len()).map(|i| cells(table, i)).collect();
    let lacks: Vec<Option<Insufficient>> = table.selection.artists.iter().map(|&i| scores.analysis(i).momentum.err()).collect();
    let window = scores.settings().window_days;
    let titles = TITLES.map(|t| if t.is_empty() { format!("{window} days") } else { t.to_owned() });
    let mut widths: [usize; 10] = std::array::from_fn(|c| {
        let widest = rows.iter().map(|r| r[c].0.width()).max().unwrap_or(0);
        // A column without anything in it is not drawn.
        if widest == 0 && c != LINE { 0 } else { widest.max(titles[c].width()) }
    });
    widths[LINE] = LONGEST_LINE.min(window as usize);
    if table.lines.iter().all(|l| l.iter().all(|x| x.is_nan())) {
        widths[LINE] = 0;
    }
    fit(&mut widths, table.width);

    let mut out = banner(table.simulated);
    let title = format!("Momentum as of {}, {window} days, {}", scores.as_of(), counted(table.all as u64, "artist"));
    out.push_str(&format!("{}\n\n", styled(&title, HEADING)));
    out.push_str(&line(&titles.map(|t| (t, DIM)), &widths));
    for (i, row) in rows.iter_mut().enumerate() {
        row[NAME].0 = cut(&row[NAME].0, widths[NAME]);
        row[LINE].0 = sparkline(&table.lines[i], widths[LINE]);
        match &lacks[i] {
            None => out.push_str(&line(row, &widths)),
            Some(lack) => out.push_str(&without_index(row, lack, &widths, table.width)),
        }
    }
    out.push_str(&notes(table, &widths));
    out
}

fn cells(table: &Table<'_>, row: usize) -> [Cell; 10] {
    let scores = table.selection.scores;
    let i = table.selection.artists[row];
    let plain = Style::new();
    let status = scores.status(i);
    let (low, high) = (scores.momentum_low[i], scores.momentum_high[i]);
    let interval = if low.is_nan() { String::new() } else { format!("{low:.1}–{high:.1}") };
    let analysis = scores.analysis(i);
    let breakout = analysis.breakout.ok().map(|b| (format!("{} {:.0} %", level(b.level), 100.0 * b.probability), level_style(b.level)));
    let viral = scores.viral_posts[i];
    [
        ((row + 1).to_string(), DIM),
        (cut(&harmless(&scores.artist_id(i)), LONGEST_NAME), plain),
        // Two decimals, so that no index seems to stand on the bound of the next status.
        (figure(scores.momentum[i], 2), HEADING),
        (interval, DIM),
        status.map_or_else(|| (String::new(), plain), |s| (status_text(s).to_owned(), status_style(s))),
        (figure(scores.fvs[i], 1) + part(scores.fvs_coverage[i], scores.fvs[i]), plain),
        breakout.unwrap_or_default(),
        (if viral > 0 { viral.to_string() } else { String::new() }, AnsiColor::Magenta.on_default()),
        (String::new(), AnsiColor::Cyan.on_default()),
        (marks(scores.counter_resets[i], scores.filled_days[i], scores.missing_days[i]), DIM),
    ]
}

fn figure(x: f64, decimals: usize) -> String {
    if x.is_nan() { String::new() } else { format!("{x:.decimals$}") }
}

/// How much of its inputs a Fan Value Score has, where it is not all.
fn part(coverage: f64, score: f64) -> &'static str {
    match coverage {
        _ if score.is_nan() => "",
        c if c > 1.0 - 1e-9 => "  ",
        c if c >= 0.75 => " ◕",
        c if c >= 0.5 => " ◑",
        _ => " ◔",
    }
}

fn marks(resets: u32, filled: u32, missing: u32) -> String {
    let marks = [(resets, "↺"), (filled, "~"), (missing, "∅")];
    marks.iter().filter(|m| m.0 > 0).map(|(n, mark)| format!("{mark}{n}")).collect::<Vec<_>>().join(" ")
}

const fn status_text(status: Status) -> &'static str {
    match status {
        Status::Declining => "↓ declining",
        Status::Stable => "→ stable",
        Status::Growing => "↗ growing",
        Status::RapidGrowth => "↑ rapid growth",
        Status::Viral => "★ viral",
    }
}

fn status_style(status: Status) -> Style {
    match status {
        Status::Declining => AnsiColor::Red.on_default(),
        Status::Stable => DIM,
        Status::Growing => AnsiColor::Green.on_default(),
        Status::RapidGrowth => AnsiColor::Green.on_default().bold(),
        Status::Viral => AnsiColor::Magenta.on_default().bold(),
    }
}

fn level_style(level: Level) -> Style {
    match level {
        Level::Low => DIM,
        Level::Medium => AnsiColor::Yellow.on_default(),
        Level::High => AnsiColor::Green.on_default().bold(),
    }
}

/// Makes the columns as narrow as the terminal asks: first the line and the name shrink, then columns go.
fn fit(widths: &mut [usize; 10], width: Option<usize>) {
    let Some(width) = width else { return };
    let total = |w: &[usize; 10]| w.iter().filter(|&&w| w > 0).map(|w| w + 2).sum::<usize>().saturating_sub(2);
    let shrink = |w: &mut [usize; 10], column: usize, least: usize| {
        let over = total(w).saturating_sub(width);
        w[column] = w[column].saturating_sub(over).max(least.min(w[column]));
    };
    shrink(widths, LINE, SHORTEST_LINE);
    shrink(widths, NAME, SHORT_NAME);
    for column in [MARKS, INTERVAL, LINE] {
        if total(widths) > width {
            widths[column] = 0;
        }
    }
    shrink(widths, NAME, SHORTEST_NAME);
}

fn line(cells: &[Cell; 10], widths: &[usize; 10]) -> String {
    let mut out = String::new();
    let mut pending = 0;
    for (c, (text, style)) in cells.iter().enumerate() {
        let Some(blank) = widths[c].checked_sub(text.width()).filter(|_| widths[c] > 0) else { continue };
        let (before, after) = if RIGHT.contains(&c) { (blank, 0) } else { (0, blank) };
        // Blanks are held back until something follows, so that no line ends in them.
        pending += before;
        if !text.is_empty() {
            out.extend(std::iter::repeat_n(' ', pending));
            out.push_str(&styled(text, *style));
            pending = 0;
        }
        pending += after + 2;
    }
    out.push('\n');
    out
}

/// The row of an artist without an index: its name, the reason in as many words as there is room for, and the Fan
/// Value Score where there is one.
fn without_index(row: &[Cell; 10], lack: &Insufficient, widths: &[usize; 10], width: Option<usize>) -> String {
    let name = &row[NAME].0;
    let blank = " ".repeat(widths[NAME].saturating_sub(name.width()));
    let head = format!("{}–  {name}{blank}  ", " ".repeat(widths[0].saturating_sub(1)));
    let mut fvs = if row[5].0.is_empty() { String::new() } else { format!("; fvs {}", row[5].0.trim_end()) };
    // A learned model may need no index.
    if !row[6].0.is_empty() {
        fvs.push_str(&format!("; breakout {}", row[6].0));
    }
    let (need, have) = (lack.need, lack.have);
    let long = format!("no index: needs {need} days in each of the last two weeks, has {have}{fvs}");
    let short = format!("no index: {have} of {need} days a week{fvs}");
    let fits = width.is_none_or(|width| head.width() + long.width() <= width);
    format!("{head}{}\n", styled(if fits { &long } else { &short }, DIM))
}

/// What the signs mean, as far as they occur, and how many artists are not shown.
fn notes(table: &Table<'_>, widths: &[usize; 10]) -> String {
    let (scores, shown) = (table.selection.scores, table.selection.artists);
    let mut out = String::new();
    let hidden = table.all - shown.len();
    if hidden > 0 {
        out.push_str(&more(hidden, table.rest));
        out.push('\n');
    }
    let none = scores.momentum.iter().filter(|x| x.is_nan()).count();
    let mut legend = Vec::new();
    if none > 0 && hidden > 0 {
        legend.push(format!("{} of the artists have too few recent days for an index", thousands(none as u64)));
    }
    if shown.iter().any(|&i| !part(scores.fvs_coverage[i], scores.fvs[i]).trim().is_empty()) {
        legend.push("fvs ◕ ◑ ◔ from part of its inputs".to_owned());
    }
    if widths[MARKS] > 0 {
        let any = |column: &[u32]| shown.iter().any(|&i| column[i] > 0);
        let signs = [
            (any(&scores.counter_resets), "↺ counter resets"),
            (any(&scores.filled_days), "~ values carried forward"),
            (any(&scores.missing_days), "∅ days without an audience"),
        ];
        let signs: Vec<&str> = signs.iter().filter(|s| s.0).map(|s| s.1).collect();
        if !signs.is_empty() {
            legend.push(format!("gaps {}", signs.join(", ")));
        }
    }
    if !legend.is_empty() {
        out.push('\n');
        for text in legend {
            out.push_str(&styled(&text, DIM));
            out.push('\n');
        }
    }
    out
}

/// How many are not shown, and how to see them.
pub(crate) fn more(hidden: usize, rest: &str) -> String {
    styled(&format!("… and {} more; {rest}", thousands(hidden as u64)), DIM)
}

/// The name, cut to so many columns.
pub(super) fn cut(name: &str, columns: usize) -> String {
    if name.width() <= columns {
        return name.to_owned();
    }
    let mut used = 1;
    let head: String = name
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= columns
        })
        .collect();
    format!("{}…", head.trim_end())
}

/// The values as a line of so many columns, blank where there are none.
fn sparkline(values: &[f64], columns: usize) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    if columns == 0 || values.is_empty() {
        return String::new();
    }
    let cells: Vec<f64> = (0..columns)
        .map(|c| {
            let part = &values[c * values.len() / columns..((c + 1) * values.len() / columns).max(c * values.len() / columns + 1)];
            let present: Vec<f64> = part.iter().copied().filter(|x| !x.is_nan()).collect();
            present.iter().sum::<f64>() / present.len() as f64
        })
        .collect();
    let (low, high) = cells.iter().filter(|x| !x.is_nan()).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &x| (l.min(x), h.max(x)));
    if low > high {
        return String::new();
    }
    // A change of a few per cent is drawn small, so that a flat artist looks flat.
    let span = (high - low).max(0.05 * high);
    let base = (low + high - span) / 2.0;
    let text: String = cells
        .iter()
        .map(|x| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 8")]
            let step = ((x - base) / span * 8.0) as usize;
            if x.is_nan() { ' ' } else { BLOCKS[step.min(7)] }
        })
        .collect();
    text.trim_end().to_owned()
}

/// `1 artist`, `2 artists`.
pub(crate) fn counted(n: u64, what: &str) -> String {
    format!("{} {what}{}", thousands(n), if n == 1 { "" } else { "s" })
}

/// A count with its thousands set apart.
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_show_the_shape_and_leave_gaps() {
        assert_eq!(sparkline(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], 8), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&[1.0, 1.0, 1.001, 1.0], 4), "▄▄▅▄");
        assert_eq!(sparkline(&[1.0, f64::NAN, 2.0], 3), "▁ █");
        assert_eq!(sparkline(&[f64::NAN; 3], 3), "");
        // More columns than days, and fewer.
        assert_eq!(sparkline(&[1.0, 2.0], 4).chars().count(), 4);
        assert_eq!(sparkline(&[1.0, 1.0, 2.0, 2.0], 2), "▁█");
    }

    #[test]
    fn names_are_cut_by_columns_not_by_characters() {
        assert_eq!(cut("Low Tide", 8), "Low Tide");
        assert_eq!(cut("Low Tide", 6), "Low T…");
        assert_eq!(cut("宇多田ヒカル", 6), "宇多…");
    }

    #[test]
    fn a_narrow_terminal_loses_columns_before_names() {
        let wide = [3, 30, 8, 7, 14, 6, 10, 5, 30, 8];
        let total = |w: &[usize; 10]| w.iter().filter(|&&w| w > 0).map(|w| w + 2).sum::<usize>() - 2;
        for width in [80, 100, 120, 200] {
            let mut w = wide;
            fit(&mut w, Some(width));
            assert!(total(&w) <= width, "{width}: {w:?}");
            assert!(w[NAME] >= SHORTEST_NAME);
        }
        let mut w = wide;
        fit(&mut w, None);
        assert_eq!(w, wide);
    }
}
