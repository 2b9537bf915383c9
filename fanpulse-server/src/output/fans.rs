//! The fans for people: a row per artist, and who is leaving.

use anstyle::{AnsiColor, Style};
use fanpulse_core::fans::{FanInsights, FanSegment, Tier, ValueUnit};
use fanpulse_core::report::{Clustering, LeavingFan, Superfans};
use unicode_width::UnicodeWidthStr;

use super::Selection;
use super::explanation::banner;
use super::table::{counted, cut, thousands};
use crate::terminal::{DIM, HEADING, harmless, styled};

/// Leaving fans, and best fans of a single artist, that are shown.
const SHOWN: usize = 10;
/// Longest id that is drawn.
const LONGEST_ID: usize = 32;

/// What is drawn.
pub(crate) struct Fans<'a> {
    pub(crate) selection: Selection<'a>,
    /// Columns of the terminal; none = as wide as it gets.
    pub(crate) width: Option<usize>,
    /// Whether no real artist stands behind the data.
    pub(crate) simulated: bool,
    /// How to see all fans at risk.
    pub(crate) rest: &'a str,
    /// How many artists are not shown and how to see them, where nothing else says so.
    pub(crate) more: Option<String>,
}

/// The fans of the selected artists as styled text; empty where nobody has any.
pub(crate) fn render(fans: &Fans<'_>) -> String {
    let Selection { scores, artists, fans: report, fan_ids, .. } = fans.selection;
    let known: Vec<(usize, &FanInsights)> = artists.iter().filter_map(|&i| Some((i, report.insights(i)?))).collect();
    if known.is_empty() {
        return String::new();
    }
    let mut out = banner(fans.simulated);
    let total: usize = known.iter().map(|(_, of)| of.fans).sum();
    let settings = &scores.settings().fans;
    let title = format!(
        "Superfans as of {}, {} days, {} of {}",
        scores.as_of(),
        settings.window_days,
        counted(total as u64, "fan"),
        counted(known.len() as u64, "artist")
    );
    out.push_str(&format!("{}\n\n", styled(&title, HEADING)));
    let all: Vec<(usize, Superfans)> = known.iter().filter_map(|&(i, _)| Some((i, report.superfans(i, fan_ids).ok()?))).collect();
    out.push_str(&overview(fans, &known));
    if let Some(more) = &fans.more {
        out.push_str(&format!("{more}\n"));
    }
    out.push_str(&clusters(fans, &all));
    if let [(_, only)] = &all[..] {
        out.push_str(&best(only, fans.width));
    }
    out.push_str(&leaving(fans, &all));
    let without = artists.len() - known.len();
    if without > 0 {
        let verb = if without == 1 { "has" } else { "have" };
        out.push_str(&format!("\n{}\n", styled(&format!("{} {verb} no fan events", counted(without as u64, "artist")), DIM)));
    }
    out
}

/// One row per artist: how many fans of which kind.
fn overview(fans: &Fans<'_>, known: &[(usize, &FanInsights)]) -> String {
    let mut grid = Grid::new(&[
        ("artist", false),
        ("fans", true),
        ("active", true),
        ("platinum", true),
        ("gold", true),
        ("silver", true),
        ("champions", true),
        ("at risk", true),
        ("new", true),
        ("loyal", true),
        ("this month", true),
        ("top 5 % hold", true),
    ]);
    for &(artist, of) in known {
        let segment = |segment: FanSegment| people(of.by_segment[segment as usize]);
        let tier = |tier: Tier| people(of.by_tier[tier as usize]);
        let month = of.months.last().map_or_else(String::new, |m| match m.growth {
            Some(growth) => format!("{growth:+.0} %"),
            None => format!("+{}", thousands(m.new_fans)),
        });
        let held = of.fan_value.top.map_or_else(String::new, |top| format!("{:.0} %", 100.0 * top[1]));
        grid.row(vec![
            (cut(&harmless(&fans.selection.scores.artist_id(artist)), LONGEST_ID), Style::new()),
            (thousands(of.fans as u64), HEADING),
            (format!("{:.0} %", 100.0 * of.active as f64 / of.fans.max(1) as f64), Style::new()),
            (tier(Tier::Platinum), AnsiColor::Magenta.on_default()),
            (tier(Tier::Gold), AnsiColor::Yellow.on_default()),
            (tier(Tier::Silver), Style::new()),
            (segment(FanSegment::Champions), AnsiColor::Green.on_default().bold()),
            (segment(FanSegment::AtRisk), AnsiColor::Red.on_default()),
            (segment(FanSegment::NewPromising), AnsiColor::Green.on_default()),
            (segment(FanSegment::Loyal), AnsiColor::Green.on_default()),
            (month, DIM),
            (held, DIM),
        ]);
    }
    grid.render(fans.width)
}

/// The clusters of each artist, where they were asked for.
fn clusters(fans: &Fans<'_>, all: &[(usize, Superfans)]) -> String {
    let mut out = String::new();
    for (artist, of) in all {
        let text = match &of.clusters {
            Clustering::NotAsked => continue,
            Clustering::TooFew(lack) => format!("{} fans, clusters need {}", lack.have, lack.need),
            Clustering::Found(found) => {
                let parts: Vec<String> =
                    found.iter().map(|c| format!("{} {}", thousands(c.fans as u64), c.name.replace('_', " "))).collect();
                parts.join(" · ")
            }
        };
        if out.is_empty() {
            out.push_str(&format!("\n{}\n\n", styled("Clusters by silent days, active days and spend", HEADING)));
        }
        out.push_str(&format!("{}  {text}\n", cut(&harmless(&fans.selection.scores.artist_id(*artist)), LONGEST_ID)));
    }
    out
}

/// The best fans of a single artist.
fn best(of: &Superfans, width: Option<usize>) -> String {
    let mut grid = Grid::new(&[
        ("fan", false),
        ("tier", false),
        ("segment", false),
        ("engagement", true),
        ("value", true),
        ("silent", true),
        ("spent", true),
    ]);
    for fan in of.best.fans.iter().take(SHOWN) {
        grid.row(vec![
            (cut(&harmless(&fan.fan_id), LONGEST_ID), Style::new()),
            (fan.tier.to_string(), tier_style(fan.tier)),
            (fan.segment.as_str().replace('_', " "), Style::new()),
            (format!("{:.1}", fan.engagement), HEADING),
            (format!("{:.0}", fan.value), Style::new()),
            (days(fan.silent_days), DIM),
            (if fan.spend > 0.0 { money(fan.spend, of) } else { String::new() }, DIM),
        ]);
    }
    format!("\n{}\n\n{}", styled("Best fans by engagement", HEADING), grid.render(width))
}

/// The fans at risk of all artists, the greatest loss first, money before points.
fn leaving(fans: &Fans<'_>, all: &[(usize, Superfans)]) -> String {
    let mut list: Vec<(usize, &Superfans, &LeavingFan)> =
        all.iter().flat_map(|(artist, of)| of.churn.fans.iter().map(move |fan| (*artist, of, fan))).collect();
    if list.is_empty() {
        return format!("\n{}\n", styled("No engaged fan is at risk", DIM));
    }
    let in_points = |of: &Superfans| of.churn.unit == ValueUnit::Points;
    list.sort_by(|(a, x, f), (b, y, g)| {
        in_points(x).cmp(&in_points(y)).then(g.value_lost.total_cmp(&f.value_lost)).then(a.cmp(b)).then(f.fan.fan_id.cmp(&g.fan.fan_id))
    });
    let mut grid = Grid::new(&[
        ("fan", false),
        ("artist", false),
        ("silent", true),
        ("comes back", true),
        ("engagement", true),
        ("was", true),
        ("expected loss", true),
    ]);
    for (artist, of, leaving) in list.iter().take(SHOWN) {
        let fan = &leaving.fan;
        let loss = if in_points(of) { format!("{:.0} points", leaving.value_lost) } else { money(leaving.value_lost, of) };
        grid.row(vec![
            (cut(&harmless(&fan.fan_id), LONGEST_ID), Style::new()),
            (cut(&harmless(&fans.selection.scores.artist_id(*artist)), LONGEST_ID), Style::new()),
            (days(fan.silent_days), AnsiColor::Red.on_default()),
            (fan.forecast.map_or_else(String::new, |f| chance(f.p_alive)), Style::new()),
            (format!("{:.1}", fan.engagement), Style::new()),
            (format!("{:.1}", fan.engagement_at_last), DIM),
            (loss, HEADING),
        ]);
    }
    let title = format!("Leaving: {} at risk", counted(list.len() as u64, "engaged fan"));
    let mut out = format!("\n{}\n\n{}", styled(&title, HEADING), grid.render(fans.width));
    let hidden = list.len().saturating_sub(SHOWN);
    if hidden > 0 {
        out.push_str(&format!("{}\n", styled(&format!("… and {} more; {}", thousands(hidden as u64), fans.rest), DIM)));
    }
    out
}

/// A number of people; nothing for none.
fn people(n: usize) -> String {
    if n == 0 { String::new() } else { thousands(n as u64) }
}

/// A probability; a small one is not shown as none.
fn chance(p: f64) -> String {
    if p > 0.0 && p < 0.01 { "<1 %".to_owned() } else { format!("{:.0} %", 100.0 * p) }
}

fn days(n: u32) -> String {
    format!("{n} d")
}

fn money(value: f64, of: &Superfans) -> String {
    let currency = of.currency.as_ref().map_or_else(String::new, |c| format!(" {}", harmless(c)));
    format!("{value:.2}{currency}")
}

const fn tier_style(tier: Tier) -> Style {
    match tier {
        Tier::Platinum => AnsiColor::Magenta.on_default(),
        Tier::Gold => AnsiColor::Yellow.on_default(),
        Tier::Silver | Tier::Bronze => Style::new(),
    }
}

/// Columns of text, as wide as their widest cell.
struct Grid {
    titles: Vec<(&'static str, bool)>,
    rows: Vec<Vec<(String, Style)>>,
}

impl Grid {
    /// Titles, and whether each column is flush right.
    fn new(titles: &[(&'static str, bool)]) -> Self {
        Self { titles: titles.to_vec(), rows: Vec::new() }
    }

    fn row(&mut self, cells: Vec<(String, Style)>) {
        self.rows.push(cells);
    }

    /// The lines; columns without anything in them are left out, and on a narrow terminal those that find no room.
    fn render(&self, width: Option<usize>) -> String {
        let widest = |c: usize| self.rows.iter().map(|row| row[c].0.width()).max().unwrap_or(0);
        let mut used = 0;
        let mut widths: Vec<usize> = Vec::new();
        for (c, (title, _)) in self.titles.iter().enumerate() {
            let own = widest(c).max(title.width());
            let fits = width.is_none_or(|width| used + own <= width);
            let shown = widest(c) > 0 && fits;
            used += if shown { own + 2 } else { 0 };
            widths.push(if shown { own } else { 0 });
        }
        let mut out = line(self.titles.iter().map(|(title, right)| (*title, DIM, *right)), &widths);
        for row in &self.rows {
            out.push_str(&line(row.iter().zip(&self.titles).map(|((text, style), (_, right))| (text.as_str(), *style, *right)), &widths));
        }
        out
    }
}

fn line<'a>(cells: impl Iterator<Item = (&'a str, Style, bool)>, widths: &[usize]) -> String {
    let mut out = String::new();
    let mut pending = 0;
    for ((text, style, right), &width) in cells.zip(widths) {
        if width == 0 {
            continue;
        }
        let blank = width.saturating_sub(text.width());
        let (before, after) = if right { (blank, 0) } else { (0, blank) };
        // Blanks are held back until something follows, so that no line ends in them.
        pending += before;
        if !text.is_empty() {
            out.extend(std::iter::repeat_n(' ', pending));
            out.push_str(&styled(text, style));
            pending = 0;
        }
        pending += after + 2;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_asked_and_empty_ones_go() {
        let mut grid = Grid::new(&[("name", false), ("n", true), ("none", true)]);
        for (name, n) in [("a", "1,000"), ("long name", "7")] {
            grid.row(vec![(name.to_owned(), Style::new()), (n.to_owned(), Style::new()), (String::new(), Style::new())]);
        }
        let plain = |width| anstream::adapter::strip_str(&grid.render(width)).to_string();
        assert_eq!(plain(None), "name           n\na          1,000\nlong name      7\n");
        assert_eq!(plain(Some(12)), "name\na\nlong name\n");
    }
}
