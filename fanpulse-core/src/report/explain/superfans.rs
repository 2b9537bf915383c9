//! The fans in words: who they are, what they are worth, who is leaving, and how sure that is.

use super::wording::{count, counted, listed, name, paragraph, percent, short, signed, spoken};
use crate::error::Insufficient;
use crate::fans::{FitSource, FitStatus, ValueUnit};
use crate::report::superfans::{Clustering, Fan, Spread, Superfans};
use crate::settings::{FanSettings, Settings};

/// How many fans are told one by one.
const TOLD: usize = 5;
/// How many months are told.
const MONTHS: usize = 3;

pub(super) fn tell(out: &mut String, superfans: &Result<Superfans, Insufficient>, settings: &Settings) {
    let of = match superfans {
        Ok(of) => of,
        Err(_) => {
            out.push_str("SUPERFANS  none: no fan events\n");
            paragraph(out, "  ", "  ", "Fan events say what each fan did on which day: artist_id, fan_id, occurred_at, kind.");
            return;
        }
    };
    let s = &settings.fans;
    let active = percent_of(of.active_fans, of.fans);
    out.push_str(&format!(
        "SUPERFANS  {} of {}, {active} active in {}\n",
        people(of.superfans),
        counted(of.fans as u64, "fan", "fans"),
        counted(u64::from(s.segments.active_days), "day", "days")
    ));
    tiers(out, of, s);
    segments(out, of, s);
    worth(out, of);
    months(out, of);
    fans(out, of);
    models(out, of, s);
}

fn tiers(out: &mut String, of: &Superfans, s: &FanSettings) {
    let upper = of.tiers.0.iter().zip(s.tiers.shares).map(|((tier, n), share)| format!("{} {tier} (top {})", people(*n), percent(share)));
    let all: Vec<String> = upper.chain(std::iter::once(format!("{} bronze", people(of.tiers.of("bronze"))))).collect();
    let least = short(s.tiers.min_engagement, 1);
    let text = format!(
        "By engagement over {} days: {}. Ties share the better tier; below engagement {least} a fan stays bronze.",
        of.window_days,
        listed(&all)
    );
    paragraph(out, "  ", "  ", &text);
}

fn segments(out: &mut String, of: &Superfans, s: &FanSettings) {
    let g = &s.segments;
    let (engaged, silent) = (short(g.engaged, 1), g.silent_days);
    for (segment, n) in of.segments.0 {
        let means = match segment {
            "champions" => format!("engagement {} or more, top {} by value", short(g.champion_engagement, 1), percent(g.champion_share)),
            "at_risk" => format!("{engaged} or more when last seen, now silent for over {silent} days or more likely gone than not"),
            "new_promising" => format!("{engaged} or more, first seen within {} days", g.new_days),
            "loyal" => format!("{engaged} or more"),
            _ => "the rest".to_owned(),
        };
        let head = format!("  {:<15}{:>9}  ", spoken(segment), people(n));
        paragraph(out, &head, &" ".repeat(head.chars().count()), &means);
    }
    match &of.clusters {
        Clustering::NotAsked => {}
        Clustering::TooFew(lack) => {
            let text = format!("No clusters: {} fans where {} are needed.", short(lack.have, 0), short(lack.need, 0));
            paragraph(out, "  ", "  ", &text);
        }
        Clustering::Found(clusters) => {
            paragraph(out, "  ", "  ", "Clusters by k-means on silent days, active days and spend, each with its centre:");
            for c in clusters {
                let head = format!("  {:<19}{:>5}  ", spoken(&c.name), people(c.fans));
                let centre = format!(
                    "{} silent days, {} active days, {} spent",
                    short(c.silent_days, 0),
                    short(c.active_days, 1),
                    short(c.spend, 2)
                );
                paragraph(out, &head, &" ".repeat(head.chars().count()), &centre);
            }
        }
    }
}

fn worth(out: &mut String, of: &Superfans) {
    let money = money(of);
    let mut text = format!("Fan value is {} points on average{}.", short(of.fan_value.mean, 1), held(&of.fan_value));
    match (&of.spend, &of.expected_value) {
        (Some(spend), expected) => {
            text.push_str(&format!(" Spent so far: {}{money}{}.", amount(spend.total), held(spend)));
            if let Some(expected) = expected {
                text.push_str(&format!(" Expected within the next {}: {}{money}.", horizon(of), amount(expected.total)));
            }
        }
        (None, _) => text.push_str(" Nobody has paid, so that value is told in points."),
    }
    paragraph(out, "  ", "  ", &text);
}

fn held(spread: &Spread) -> String {
    let [first, rest @ ..] = &spread.held_by_top[..] else { return String::new() };
    let first = format!("the top {} of fans hold {} of it", percent(first.fans), percent(first.value));
    let rest = rest.iter().map(|h| format!("the top {} {}", percent(h.fans), percent(h.value)));
    format!(" ({})", std::iter::once(first).chain(rest).collect::<Vec<_>>().join(", "))
}

fn months(out: &mut String, of: &Superfans) {
    let last: Vec<String> = of
        .months
        .iter()
        .rev()
        .take(MONTHS)
        .rev()
        .map(|m| {
            let growth = m.growth.map_or_else(String::new, |g| format!(" ({} %)", signed(g, 1)));
            format!("{} in {}{growth}", count(m.new_fans as f64), m.month)
        })
        .collect();
    paragraph(out, "  ", "  ", &format!("New fans: {}.", listed(&last)));
}

fn fans(out: &mut String, of: &Superfans) {
    let best: Vec<&Fan> = of.best.fans.iter().take(TOLD).collect();
    if !best.is_empty() {
        paragraph(out, "  ", "  ", &format!("The best {} by engagement:", counted(best.len() as u64, "fan", "fans")));
    }
    for fan in best {
        let spend = if fan.spend > 0.0 { format!(", spent {}{}", amount(fan.spend), money(of)) } else { String::new() };
        let text = format!(
            "{}: {}, {}, engagement {}, value {}{spend}",
            name(&fan.fan_id),
            fan.tier,
            spoken(fan.segment.as_str()),
            short(fan.engagement, 1),
            short(fan.value, 0)
        );
        paragraph(out, "  + ", "    ", &text);
    }
    let leaving = &of.churn.fans;
    if leaving.is_empty() {
        return paragraph(out, "  ", "  ", "No engaged fan is at risk.");
    }
    let of_engaged = of.at_risk_share.map_or_else(String::new, |share| format!(" ({} of the engaged ones)", percent(share)));
    let text = format!(
        "{} at risk{of_engaged}, which would cost {}. The greatest losses:",
        if leaving.len() == 1 { "1 fan is".to_owned() } else { format!("{} fans are", people(leaving.len())) },
        lost(of, of.churn.value_lost)
    );
    paragraph(out, "  ", "  ", &text);
    for fan in leaving.iter().take(TOLD) {
        let alive = fan.fan.forecast.map_or_else(String::new, |f| format!(", {} likely to come back", chance(f.p_alive)));
        let text = format!(
            "{}: silent for {}{alive}, a loss of {} (engagement {}, was {})",
            name(&fan.fan.fan_id),
            counted(u64::from(fan.fan.silent_days), "day", "days"),
            loss(of, fan.value_lost),
            short(fan.fan.engagement, 1),
            short(fan.fan.engagement_at_last, 1)
        );
        paragraph(out, "  - ", "    ", &text);
    }
    if leaving.len() > TOLD {
        out.push_str(&format!("  … and {} more, all of them in the JSON\n", people(leaving.len() - TOLD)));
    }
}

fn models(out: &mut String, of: &Superfans, s: &FanSettings) {
    let fit = &of.activity.fit;
    let fans = counted(fit.customers as u64, "fan", "fans");
    let source = match of.activity.source {
        FitSource::Own => format!("the artist's own {fans}"),
        FitSource::Pooled => format!("the {fans} of all artists here, as this one has fewer than {}", s.forecast.min_fit_fans),
        _ => {
            let why = match fit.status {
                FitStatus::Degenerate(why) => why.to_string(),
                other => other.to_string(),
            };
            let text = format!(
                "No forecast: the model of who comes back (BG/NBD) cannot be fitted: {why}. Who is at risk rests on silent days alone."
            );
            return paragraph(out, "  ", "  ", &text);
        }
    };
    let doubt = match fit.status {
        FitStatus::Converged => String::new(),
        other => format!(" (with care: {other})"),
    };
    let text = format!("How likely a fan comes back is told by BG/NBD, fitted on {source}{doubt}.");
    paragraph(out, "  ", "  ", &text);
}

/// What all lose, in its unit.
fn lost(of: &Superfans, value: f64) -> String {
    match of.churn.unit {
        ValueUnit::Money => format!("{}{} of what is expected within {}", amount(value), money(of), horizon(of)),
        ValueUnit::Points => format!("{} points of fan value", short(value, 1)),
    }
}

/// What one loses, in its unit.
fn loss(of: &Superfans, value: f64) -> String {
    match of.churn.unit {
        ValueUnit::Money => format!("{}{}", amount(value), money(of)),
        ValueUnit::Points => format!("{} points", short(value, 1)),
    }
}

fn horizon(of: &Superfans) -> String {
    if of.value_days == 365 { "12 months".to_owned() } else { counted(u64::from(of.value_days), "day", "days") }
}

/// The currency after an amount.
fn money(of: &Superfans) -> String {
    of.currency.as_ref().map_or_else(String::new, |currency| format!(" {}", name(currency)))
}

/// A probability; a small one is not told as none.
fn chance(p: f64) -> String {
    if p > 0.0 && p < 0.01 { "under 1 %".to_owned() } else { format!("{:.0} %", 100.0 * p) }
}

fn amount(value: f64) -> String {
    if value >= 1000.0 { count(value) } else { format!("{value:.2}") }
}

fn people(n: usize) -> String {
    count(n as f64)
}

fn percent_of(part: usize, whole: usize) -> String {
    format!("{:.0} %", 100.0 * part as f64 / whole.max(1) as f64)
}
