//! An analysis in words: for each score the number, what it is made of, the days it rests on, how sure it is,
//! and what would change it or is missing.

mod breakout;
mod fan_value;
mod momentum;
mod series;
mod superfans;
mod wording;

use self::wording::{count, counted, day, name, paragraph, short};
use super::{Analysis, ViralPost};
use crate::scores::ComponentScore;
use crate::settings::{Curve, Settings};

/// How many viral posts are told one by one; the strongest ones.
const POSTS_TOLD: usize = 8;

/// How each number of an analysis came about, as plain text in lines of at most 80 characters.
///
/// A line that does not begin with a space is a heading, whose first word is in capitals except for the artist's
/// name at the top. `settings` are those behind the analysis; with others, the thresholds told would be wrong.
///
/// # Example: why an artist grows
/// ```
/// use fanpulse_core::ingest::{Component, Metric};
/// use fanpulse_core::report::explain;
/// use fanpulse_core::{Day, Engine, Instant};
/// let engine = Engine::default();
/// let mut artist = engine.live("low-tide");
/// let followers = artist.component(Component::new("spotify", Metric::Followers));
/// let first = Day::from_ymd(2026, 1, 1)?;
/// for day in 0..60 {
///     artist.observe(followers, Instant::from(first.plus(day)), 1000.0 * 1.01_f64.powi(day))?;
/// }
/// let text = explain(&artist.analyze(first.plus(59))?, engine.settings());
/// assert!(text.contains("velocity          +1.00 % a day"));
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
#[must_use]
pub fn explain(analysis: &Analysis, settings: &Settings) -> String {
    let mut out = String::new();
    let last = analysis.as_of;
    #[expect(clippy::cast_possible_wrap, reason = "366 at most")]
    let first = last.plus(1 - analysis.window_days as i32);
    out.push_str(&name(&analysis.artist_id));
    out.push('\n');
    let window = format!("As of {}, over the {} days from {}.", day(last), analysis.window_days, day(first));
    paragraph(&mut out, "  ", "  ", &window);
    out.push('\n');
    momentum::tell(&mut out, analysis, settings);
    out.push('\n');
    breakout::tell(&mut out, analysis, settings);
    out.push('\n');
    viral(&mut out, analysis, settings);
    out.push('\n');
    if let Some(spikes) = &analysis.viral_series {
        series::tell(&mut out, spikes, analysis.window_days, &settings.viral);
        out.push('\n');
    }
    fan_value::tell(&mut out, analysis, settings);
    out.push('\n');
    if let Some(superfans) = &analysis.superfans {
        superfans::tell(&mut out, superfans, settings);
        out.push('\n');
    }
    data(&mut out, analysis, settings);
    out
}

/// A row of a score's parts: what, measured, score, weight, what it adds.
struct Row {
    what: String,
    measured: String,
    score: String,
    weight: String,
    adds: String,
}

impl Row {
    /// The row of a component with data.
    fn of(component: &ComponentScore, measured: String) -> Self {
        Self {
            what: wording::spoken(component.name),
            measured,
            score: format!("{:.1}", component.score),
            weight: wording::percent(component.weight),
            adds: format!("{:.2}", component.contribution),
        }
    }
}

/// Appends the parts of a score as a table, with their sum below.
fn table(out: &mut String, rows: &[Row], total: f64) {
    let mut line = |what: &str, measured: &str, score: &str, weight: &str, adds: &str| {
        let text = format!("  {what:<17} {measured:<36} {score:>6} {weight:>7} {adds:>6}");
        out.push_str(text.trim_end());
        out.push('\n');
    };
    line("", "measured", "score", "weight", "adds");
    for row in rows {
        line(&row.what, &row.measured, &row.score, &row.weight, &row.adds);
    }
    line("together", "", "", "", &format!("{total:.2}"));
}

/// The least x at which a rising curve reaches `score`; none where it never does, or already everywhere.
fn reaches(curve: &Curve, score: f64) -> Option<f64> {
    let knots = curve.knots();
    if knots.first()?.1 >= score {
        return None;
    }
    let pair = knots.windows(2).find(|w| w[1].1 >= score)?;
    let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
    Some(x0 + (score - y0) / (y1 - y0) * (x1 - x0))
}

fn viral(out: &mut String, analysis: &Analysis, settings: &Settings) {
    let (posts, v) = (&analysis.viral_posts, &settings.viral);
    let within = counted(u64::from(v.baseline_days), "day", "days");
    match posts.len() {
        0 => out.push_str(&format!("VIRAL POSTS  none in the last {within}\n")),
        n => out.push_str(&format!("VIRAL POSTS  {n} in the last {within}\n")),
    }
    let mut strongest: Vec<&ViralPost> = posts.iter().collect();
    strongest.sort_by(|a, b| b.lift.unwrap_or(f64::INFINITY).total_cmp(&a.lift.unwrap_or(f64::INFINITY)));
    for post in strongest.iter().take(POSTS_TOLD) {
        let id = if post.post_id.is_empty() { String::new() } else { format!(" {}", name(&post.post_id)) };
        paragraph(out, "  ", "    ", &format!("{}{id}, {}", name(&post.platform), day(post.published_at.day())));
        paragraph(out, "    ", "    ", &evidence(post));
    }
    if posts.len() > POSTS_TOLD {
        out.push_str(&format!("  … and {} more\n", posts.len() - POSTS_TOLD));
    }
    let rule = format!(
        "Viral is a post with more likes, comments and shares than the mean of the platform's other posts plus {} standard \
         deviations, {} times that mean and {} in all; {} other posts are needed to say so.",
        short(v.sigmas, 2),
        short(v.min_lift, 2),
        short(v.min_engagement, 0),
        v.min_others,
    );
    paragraph(out, "  ", "  ", &rule);
}

/// The numbers behind a viral post.
fn evidence(post: &ViralPost) -> String {
    let mut text = format!("{} likes, comments and shares", count(post.engagement));
    match post.lift {
        Some(lift) => text.push_str(&format!(": {} × the mean of the {} others", short(lift, 1), post.others)),
        None => text.push_str(&format!(", where the {} others have none", post.others)),
    }
    text.push_str(&format!(" ({} ± {}", count(post.mean), count(post.sd)));
    if let Some(z) = post.z {
        text.push_str(&format!("; z = {}", short(z, 1)));
    }
    text.push(')');
    text
}

fn data(out: &mut String, analysis: &Analysis, settings: &Settings) {
    let q = &analysis.quality;
    let mut marks = Vec::new();
    if q.missing_days > 0 {
        marks.push(format!("{} of {} days have no audience figure", q.missing_days, analysis.window_days));
    }
    if q.filled_days > 0 {
        let most = counted(u64::from(settings.max_fill_days), "day", "days");
        let values = counted(u64::from(q.filled_days), "daily value was", "daily values were");
        marks.push(format!("{values} carried forward from the day before (over {most} at most)"));
    }
    if q.counter_resets > 0 {
        let counters = counted(u64::from(q.counter_resets), "counter reading", "counter readings");
        marks.push(format!("{counters} fell, which is taken for a reset: that day is left out, never counted as a loss"));
    }
    if marks.is_empty() {
        out.push_str("DATA  complete\n");
        paragraph(out, "  ", "  ", "Every day of the window has an audience figure; nothing was carried forward, no counter fell.");
    } else {
        out.push_str("DATA  with gaps\n");
        for mark in marks {
            paragraph(out, "  - ", "    ", &format!("{mark}."));
        }
    }
    paragraph(out, "  ", "  ", &format!("Scores by {}, settings {}.", analysis.algorithm, analysis.settings_hash));
}

#[cfg(test)]
mod tests;
