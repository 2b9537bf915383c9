//! The breakout prediction in words, with what would change it.

use super::reaches;
use super::wording::{paragraph, percent, short, signed, spoken};
use crate::report::Analysis;
use crate::scores::{Breakout, Momentum};
use crate::settings::{BreakoutSettings, Settings};

pub(super) fn tell(out: &mut String, analysis: &Analysis, settings: &Settings) {
    match (&analysis.breakout, &analysis.momentum) {
        (Ok(breakout), _) if !breakout.contributions.is_empty() => learned(out, breakout),
        (Ok(breakout), Ok(momentum)) => known(out, breakout, momentum, settings),
        (Err(lack), Ok(_)) => {
            let (have, need) = (short(lack.have, 2), short(lack.need, 2));
            out.push_str(&format!("BREAKOUT  none: the model has {have} of the {need} days or weeks it needs\n"));
        }
        _ => {
            out.push_str("BREAKOUT  none: it rests on momentum, which is missing\n");
        }
    }
}

fn headline(out: &mut String, breakout: &Breakout) {
    let level = match breakout.level {
        crate::scores::Level::Low => "low",
        crate::scores::Level::Medium => "medium",
        crate::scores::Level::High => "high",
    };
    out.push_str(&format!("BREAKOUT  {} likely, {level}\n", percent(breakout.probability)));
}

/// A learned model's features, the strongest first.
fn learned(out: &mut String, breakout: &Breakout) {
    headline(out, breakout);
    let text =
        format!("Learned from history (model: {}). What each feature adds to the log-odds, against the average artist:", breakout.model);
    paragraph(out, "  ", "  ", &text);
    let mut drivers: Vec<(&str, f64)> = breakout.drivers.iter().map(|d| &*d.0).zip(breakout.contributions.iter().copied()).collect();
    drivers.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    for (name, adds) in drivers {
        out.push_str(&format!("  {:<22}{:>6}\n", name.replace('_', " "), signed(adds, 2)));
    }
}

fn known(out: &mut String, breakout: &Breakout, momentum: &Momentum, settings: &Settings) {
    headline(out, breakout);
    let met = breakout.drivers.iter().filter(|d| d.1).count();
    paragraph(out, "  ", "  ", &format!("{met} of {} signs are met (model: {}).", breakout.drivers.len(), breakout.model));
    let built_in = breakout.model == "indicators";
    for (name, met) in &breakout.drivers {
        let (name, met) = (name.as_ref(), *met);
        let mark = if met { "  ✓ " } else { "  ✗ " };
        let mut text = format!("{:<15}", spoken(name));
        if built_in {
            text.push_str(&sign(name, momentum, settings));
        }
        out.push_str(mark);
        out.push_str(text.trim_end());
        out.push('\n');
    }
    if built_in {
        paragraph(out, "  ", "  ", &next(met, &settings.breakout));
    }
}

/// One sign: its score, the bar, and where the bar lies in what is measured.
fn sign(name: &str, momentum: &Momentum, settings: &Settings) -> String {
    let (s, m) = (&settings.breakout, &settings.momentum);
    let (threshold, bar) = match name {
        "acceleration" => {
            (s.acceleration, reaches(&m.acceleration_curve, s.acceleration).map(|x| format!("{} % a day on the pace before", signed(x, 2))))
        }
        "velocity" => (s.velocity, reaches(&m.velocity_curve, s.velocity).map(|x| format!("{} % a day", signed(x, 2)))),
        "consistency" => (s.consistency, Some(format!("{} of days above a week earlier", percent(s.consistency / 10.0)))),
        "viral_potential" => {
            let excess = reaches(&m.excess_curve, s.viral_potential).map(|x| format!("a post at {} × the others", short(1.0 + x, 2)));
            let share = reaches(&m.viral_share_curve, s.viral_potential).map(|x| format!("{} viral", percent(x)));
            let both: Vec<String> = excess.into_iter().chain(share).collect();
            (s.viral_potential, (!both.is_empty()).then(|| both.join(" or ")))
        }
        _ => return String::new(),
    };
    let score = momentum.components.iter().find(|c| c.name == name).map(|c| c.score);
    let bar = bar.map_or_else(String::new, |bar| format!(": {bar}"));
    let needs = short(threshold, 2);
    match score {
        Some(score) => format!("  {score:>4.1}, needs {needs}{bar}"),
        None => format!("  no data, needs {needs}{bar}"),
    }
}

/// What one sign more or less would do.
fn next(met: usize, s: &BreakoutSettings) -> String {
    let at = |n: usize| s.probabilities.get(n).copied().map(percent);
    let more = at(met + 1).map(|p| format!("one more sign makes it {p}"));
    let fewer = if more.is_some() { "one fewer" } else { "one sign fewer makes it" };
    let less = met.checked_sub(1).and_then(at).map(|p| format!("{fewer} {p}"));
    let text: Vec<String> = more.into_iter().chain(less).collect();
    let mut text = format!("{}.", text.join(", "));
    if let Some(first) = text.get(..1).map(str::to_uppercase) {
        text.replace_range(..1, &first);
    }
    text
}
