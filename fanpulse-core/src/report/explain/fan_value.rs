//! The Fan Value Score in words.

use super::wording::{count, days, listed, paragraph, percent, short, signed};
use super::{Row, table};
use crate::report::Analysis;
use crate::scores::{ComponentScore, FanValue};
use crate::settings::Settings;

/// The parts in their order, with what each needs.
const PARTS: [(&str, &str); 4] = [
    ("engagement", "a post of the window on a platform whose followers are known"),
    ("growth", "followers or listeners both in this window and in the one before"),
    ("reach", "a follower or listener figure that is not too old"),
    ("conversion", "saves, shares or playlist adds next to streams or views"),
];

pub(super) fn tell(out: &mut String, analysis: &Analysis, settings: &Settings) {
    match &analysis.fvs {
        Ok(fan_value) => known(out, analysis, fan_value, settings),
        Err(lack) => {
            out.push_str("FAN VALUE  none: too little data\n");
            let text = format!(
                "The parts with data weigh {} together; {} are needed. What each part needs:",
                percent(lack.have),
                percent(lack.need)
            );
            paragraph(out, "  ", "  ", &text);
            for (name, needs) in PARTS {
                paragraph(out, "  - ", "    ", &format!("{name}: {needs}"));
            }
        }
    }
}

fn known(out: &mut String, analysis: &Analysis, fan_value: &FanValue, settings: &Settings) {
    let whole = fan_value.coverage > 1.0 - 1e-9;
    let part = if whole { String::new() } else { format!(", from {} of its weights", percent(fan_value.coverage)) };
    out.push_str(&format!("FAN VALUE  {:.1} of 100{part}\n", fan_value.score));
    let rows: Vec<Row> = fan_value.components.iter().map(|c| Row::of(c, measured(c, analysis.window_days))).collect();
    table(out, &rows, fan_value.score);
    let has = |name: &str| fan_value.components.iter().any(|c| c.name == name);
    if has("growth") {
        #[expect(clippy::cast_possible_wrap, reason = "366 at most")]
        let (last, window) = (analysis.as_of, analysis.window_days as i32);
        let text =
            format!("Growth sets {} against {}.", days(last.plus(1 - window), last), days(last.plus(1 - 2 * window), last.plus(-window)));
        paragraph(out, "  ", "  ", &text);
    }
    if has("reach") {
        let oldest = settings.max_level_age_days;
        paragraph(
            out,
            "  ",
            "  ",
            &format!("Reach is followers plus half of the monthly listeners, each as last seen, {oldest} days old at most."),
        );
    }
    let absent: Vec<String> = PARTS.iter().filter(|(name, _)| !has(name)).map(|(name, needs)| format!("{name} (needs {needs})")).collect();
    if !whole && !absent.is_empty() && fan_value.components.iter().all(|c| PARTS.iter().any(|p| p.0 == c.name)) {
        let text = format!("Missing: {}. The other weights share out the whole.", listed(&absent));
        paragraph(out, "  ", "  ", &text);
    }
}

fn measured(c: &ComponentScore, window: u32) -> String {
    match c.name {
        "engagement" => format!("{} % of followers react to a post", short(c.raw, 2)),
        "growth" => format!("{} % on the {window} days before", signed(c.raw, 1)),
        "reach" => format!("{} people", count(c.raw)),
        "conversion" => format!("{} saves/shares/adds per 100 plays", short(c.raw, 2)),
        _ => short(c.raw, 3),
    }
}
