//! Spikes in the daily series, in words.

use super::wording::{count, counted, day, days, name, paragraph, short, spoken};
use crate::report::ViralSeries;
use crate::settings::ViralSettings;

/// How many spikes are told one by one; the strongest ones.
const TOLD: usize = 8;

pub(super) fn tell(out: &mut String, spikes: &[ViralSeries], window: u32, settings: &ViralSettings) {
    match spikes.len() {
        0 => out.push_str(&format!("SPIKES  none in the daily series of the last {}\n", counted(u64::from(window), "day", "days"))),
        n => out.push_str(&format!("SPIKES  {n} in the daily series of the last {}\n", counted(u64::from(window), "day", "days"))),
    }
    let mut strongest: Vec<&ViralSeries> = spikes.iter().collect();
    strongest.sort_by(|a, b| b.z.total_cmp(&a.z));
    for spike in strongest.iter().take(TOLD) {
        let when = match spike.end {
            Some(end) if end == spike.start => day(end),
            Some(end) => days(spike.start, end),
            None => format!("since {}", day(spike.start)),
        };
        paragraph(out, "  ", "    ", &format!("{} {}, {when}", name(&spike.platform), spoken(spike.metric.as_str())));
        let lift = spike.lift.map_or_else(String::new, |lift| format!(", {} × the expected {}", short(lift, 1), count(spike.baseline)));
        let text = format!(
            "{} on {}{lift} (z = {}, {} needed)",
            count(spike.value),
            day(spike.peak),
            short(spike.z, 1),
            short(spike.threshold, 1)
        );
        paragraph(out, "    ", "    ", &text);
    }
    if spikes.len() > TOLD {
        out.push_str(&format!("  … and {} more\n", spikes.len() - TOLD));
    }
    let rule = format!(
        "A spike stands out of the series' own noise and reaches {} times what its past and the weekday let one expect, and {} in all. \
         Days that were filled in, and steps of a rounded counter, never count.",
        short(settings.min_lift, 2),
        short(settings.min_engagement, 0)
    );
    paragraph(out, "  ", "  ", &rule);
}
