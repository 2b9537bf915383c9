//! The momentum index in words.

use super::wording::{counted, days, listed, paragraph, percent, short, signed, spoken};
use super::{Row, reaches, table};
use crate::Day;
use crate::report::Analysis;
use crate::scores::{ComponentScore, Momentum};
use crate::settings::{MomentumSettings, Settings};

/// The days of week k, counted back from `as_of`.
fn week(as_of: Day, k: i32) -> String {
    days(as_of.plus(1 - 7 * k), as_of.plus(7 - 7 * k))
}

pub(super) fn tell(out: &mut String, analysis: &Analysis, settings: &Settings) {
    let s = &settings.momentum;
    match &analysis.momentum {
        Ok(momentum) => known(out, analysis, momentum, s),
        Err(lack) => {
            out.push_str("MOMENTUM  none: too little data\n");
            let text = format!(
                "It needs {} days with an audience figure in each of the last two weeks ({} and {}); the poorer of the two has {}. \
                 Followers, subscribers or monthly listeners count, or streams where there is none of them.",
                short(lack.need, 2),
                week(analysis.as_of, 2),
                week(analysis.as_of, 1),
                short(lack.have, 2),
            );
            paragraph(out, "  ", "  ", &text);
        }
    }
}

fn known(out: &mut String, analysis: &Analysis, momentum: &Momentum, s: &MomentumSettings) {
    out.push_str(&format!("MOMENTUM  {:.2} of 10, {}\n", momentum.index, spoken(momentum.status.as_str())));
    if let Some(velocity) = momentum.components.iter().find(|c| c.name == "velocity") {
        paragraph(out, "  ", "  ", &pace(analysis, momentum, velocity));
    }
    table(out, &rows(momentum, s), momentum.index);
    let absent: Vec<String> = absences(momentum, s);
    for text in absent {
        paragraph(out, "  - ", "    ", &text);
    }
    match momentum.interval90 {
        Some((low, high)) => {
            let text = format!(
                "90 % interval {low:.1} to {high:.1}: where the index would fall, nine times in ten, had the days been noisy in another way."
            );
            paragraph(out, "  ", "  ", &text);
        }
        None => paragraph(out, "  ", "  ", "No interval: too few days in a row to tell growth from noise."),
    }
}

/// What velocity compares, and how it changed.
fn pace(analysis: &Analysis, momentum: &Momentum, velocity: &ComponentScore) -> String {
    let (this, before) = (week(analysis.as_of, 1), week(analysis.as_of, 2));
    let v = velocity.raw;
    let verb = if v.abs() < 0.005 {
        "held still".to_owned()
    } else if v > 0.0 {
        format!("grew {v:.2} % a day")
    } else {
        format!("shrank {:.2} % a day", -v)
    };
    let error = momentum.velocity_se.map_or_else(String::new, |se| format!(" (± {} standard error)", short(se, 3)));
    let mut text = format!("The audience {verb}{error}: the mean of {this} against that of {before}.");
    if let Some(a) = momentum.components.iter().find(|c| c.name == "acceleration") {
        let weeks = i32::try_from(analysis.window_days / 7).unwrap_or(0);
        text.push_str(&format!(
            " In the weeks before, from {} on at the earliest, it was {} % a day.",
            first_of_week(analysis.as_of, weeks),
            signed(v - a.raw, 2)
        ));
    }
    text
}

fn first_of_week(as_of: Day, k: i32) -> String {
    as_of.plus(1 - 7 * k).date().format("%-d %B").to_string()
}

fn rows(momentum: &Momentum, s: &MomentumSettings) -> Vec<Row> {
    let mut rows: Vec<Row> = momentum.components.iter().map(|c| Row::of(c, measured(c, s))).collect();
    // Too little history counts as neither good nor bad, and is told where it stands in the sum.
    let has = |name: &str| momentum.components.iter().any(|c| c.name == name);
    let built_in = has("velocity");
    let viral = if has("viral_potential") { s.viral_potential_weight } else { 0.0 };
    let total = s.velocity_weight + s.acceleration_weight + s.consistency_weight + viral;
    for (place, name, weight) in [(1, "acceleration", s.acceleration_weight), (2, "consistency", s.consistency_weight)] {
        if built_in && !has(name) {
            rows.insert(
                place.min(rows.len()),
                Row {
                    what: spoken(name),
                    measured: "too little history, counts as neutral".to_owned(),
                    score: format!("{:.1}", s.neutral_score),
                    weight: percent(weight),
                    adds: format!("{:.2}", weight * s.neutral_score / total),
                },
            );
        }
    }
    rows
}

fn measured(c: &ComponentScore, s: &MomentumSettings) -> String {
    match c.name {
        "velocity" => format!("{} % a day", signed(c.raw, 2)),
        "acceleration" => format!("{} % a day on the pace before", signed(c.raw, 2)),
        "consistency" => format!("{} of days above a week earlier", percent(c.raw)),
        "viral_potential" => potential(c, s),
        _ => short(c.raw, 3),
    }
}

/// The best post, or the share of viral posts where it is that which counted.
fn potential(c: &ComponentScore, s: &MomentumSettings) -> String {
    if s.excess_curve.at(c.raw) < c.score - 1e-9 {
        let at_least = c.score >= s.viral_share_curve.range().1;
        if let Some(share) = reaches(&s.viral_share_curve, c.score) {
            return format!("{}{} of the posts viral", if at_least { "over " } else { "" }, percent(share));
        }
    }
    format!("best post {} × the others' mean", short(1.0 + c.raw, 1))
}

/// Why a component is not there.
fn absences(momentum: &Momentum, s: &MomentumSettings) -> Vec<String> {
    let has = |name: &str| momentum.components.iter().any(|c| c.name == name);
    if !has("velocity") {
        return Vec::new();
    }
    let mut reasons = Vec::new();
    if !has("acceleration") {
        let n = counted(u64::from(s.min_week_days), "day", "days");
        reasons.push(format!("Acceleration needs a third week or an earlier one with {n} of data within the window."));
    }
    if !has("consistency") {
        let n = counted(u64::from(s.min_pairs), "day", "days");
        reasons.push(format!("Consistency needs {n} that can be compared with the same weekday of the week before."));
    }
    if !has("viral_potential") {
        let others = listed(&[format!("velocity ({})", percent(s.velocity_weight)), "acceleration".to_owned(), "consistency".to_owned()]);
        reasons.push(format!("Viral potential needs {} posts within the window; without them {others} share out the whole.", s.min_posts));
    }
    reasons
}
