//! Daily streams of the global top 200: Christmas moves the whole chart, and is not viral.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use fanpulse_core::Day;
use fanpulse_core::settings::SpikeSettings;
use fanpulse_core::spikes::{SeasonalRobust, Series, common_pattern};

/// Streams per artist and day, NaN where the artist was not in the top 200.
fn load(first: Day, days: usize) -> Option<Vec<Vec<f64>>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/artist_streams/global_daily_2018_2020q1.csv.gz");
    let Ok(file) = std::fs::File::open(path) else {
        eprintln!("skipped: ../shared/data/artist_streams is not there");
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut artists: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        // A name may contain commas, the other fields do not.
        let (date, rest) = line.split_once(',').unwrap();
        let mut fields = rest.rsplitn(3, ',');
        let (_, streams, name) = (fields.next().unwrap(), fields.next().unwrap(), fields.next().unwrap());
        let day = (date.parse::<Day>().unwrap().days() - first.days()) as usize;
        artists.entry(name.to_owned()).or_insert_with(|| vec![f64::NAN; days])[day] = streams.parse().unwrap();
    }
    Some(artists.into_values().filter(|s| s.iter().filter(|v| !v.is_nan()).count() >= 300).collect())
}

#[test]
fn christmas_is_common_to_the_chart() {
    let first = Day::from_ymd(2018, 1, 1).unwrap();
    let last = Day::from_ymd(2020, 3, 31).unwrap();
    let days = (last.days() - first.days() + 1) as usize;
    let Some(chart) = load(first, days) else { return };
    let columns: Vec<&[f64]> = chart.iter().map(Vec::as_slice).collect();
    let pattern = common_pattern(&columns, 28, 20).unwrap();
    let settings = SpikeSettings { false_alarms_per_year: 1.0, ..SpikeSettings::default() };
    let detector = SeasonalRobust::try_new(settings).unwrap();
    // Spikes per artist and year, and how many artists have one at Christmas.
    let count = |common: &[f64]| {
        let (mut spikes, mut judged, mut christmas) = (0, 0, 0);
        for column in &columns {
            let report = detector.report(&Series::daily(first, column).with_common(common)).unwrap();
            spikes += report.spikes.len();
            judged += report.judged;
            let at = |day: Day| (22..=26).contains(&day.to_string()[8..].parse::<u32>().unwrap()) && &day.to_string()[5..7] == "12";
            christmas += usize::from(report.spikes.iter().any(|s| at(s.start.day())));
        }
        (spikes as f64 / judged as f64 * 365.25, christmas)
    };
    let (alone, together) = (count(&vec![1.0; days]), count(&pattern));
    println!(
        "{} artists; spikes a year, artists with one at Christmas: {alone:?} alone, {together:?} with the chart's pattern",
        columns.len()
    );
    assert!(together.1 * 3 <= alone.1, "{alone:?} {together:?}");
}
