//! What users rely on: clear answers to bad input, streaming equal to batch, no spike where nothing happened.

use fanpulse_core::scores::SpikeDetector;
use fanpulse_core::settings::SpikeSettings;
use fanpulse_core::spikes::{CounterPrecision, Reading, SeasonalRobust, Series, SeriesReport, SeriesStatus, common_pattern, counter_flows};
use fanpulse_core::{Day, ErrorKind, Instant};
use proptest::prelude::*;

use crate::null_series::{Noise, Null};

const DAY: i64 = 86_400_000_000;
const HOUR: i64 = DAY / 24;

fn start() -> Instant {
    Instant::from(Day::from_ymd(2025, 1, 1).unwrap())
}

fn report(values: &[f64], step: i64) -> SeriesReport {
    SeasonalRobust::default().report(&Series::new(start(), step, values)).unwrap()
}

fn once_a_year() -> SeasonalRobust {
    SeasonalRobust::try_new(SpikeSettings { false_alarms_per_year: 0.1, ..SpikeSettings::default() }).unwrap()
}

#[test]
fn a_surge_is_one_spike_with_its_start_peak_end_and_evidence() {
    let mut values = Null::LogAr(0.3, 0.1).draw(&mut Noise::new(1), 300, 1);
    let usual = 1000.0;
    for (i, factor) in [(200, 2.5), (201, 6.0), (202, 4.0), (203, 2.0)] {
        values[i] *= factor;
    }
    let spikes = once_a_year().report(&Series::new(start(), DAY, &values)).unwrap().spikes;
    assert_eq!(spikes.len(), 1, "{spikes:?}");
    let spike = &spikes[0];
    assert_eq!((spike.start_position, spike.peak_position, spike.end_position), (200, 201, Some(203)));
    assert_eq!(spike.peak, Instant::from(start().day().plus(201)));
    assert_eq!(spike.value, values[201]);
    assert!((spike.baseline / usual - 1.0).abs() < 0.15, "{}", spike.baseline);
    assert!((spike.lift.unwrap() - spike.value / spike.baseline).abs() < 1e-12);
    assert!(spike.z > 8.0 && spike.threshold < 5.0);
    let days: Vec<Day> = spike.evidence.iter().map(|e| e.day).collect();
    assert_eq!(days, (200..204).map(|i| start().day().plus(i)).collect::<Vec<_>>());
}

#[test]
fn a_spike_that_goes_on_has_no_end() {
    let mut values = Null::Poisson(100.0).draw(&mut Noise::new(2), 120, 1);
    values[119] = 900.0;
    let spikes = report(&values, DAY).spikes;
    let last = spikes.last().unwrap();
    assert_eq!((last.start_position, last.end, last.end_position), (119, None, None));
}

#[test]
fn a_new_level_is_one_spike_and_then_the_usual() {
    let mut values = Null::Poisson(1000.0).draw(&mut Noise::new(3), 400, 1);
    values[200..].iter_mut().for_each(|v| *v *= 3.0);
    let spikes = once_a_year().report(&Series::new(start(), DAY, &values)).unwrap().spikes;
    assert_eq!(spikes.len(), 1, "{spikes:?}");
    assert_eq!(spikes[0].start_position, 200);
    // Half of the window of 56 days, and a few days more.
    assert!(spikes[0].end_position.unwrap() < 240, "{spikes:?}");
}

#[test]
fn a_falling_series_does_not_spike() {
    let mut values = Null::Poisson(1000.0).draw(&mut Noise::new(4), 200, 1);
    values[150..153].iter_mut().for_each(|v| *v = 10.0);
    assert_eq!(once_a_year().report(&Series::new(start(), DAY, &values)).unwrap().spikes, []);
}

#[test]
fn too_little_is_a_status_not_an_answer() {
    let nothing = [f64::NAN; 90];
    for values in [&[][..], &[5.0], &nothing, &[7.0; 20]] {
        let report = report(values, DAY);
        assert_eq!((report.spikes.len(), report.judged), (0, 0));
        let SeriesStatus::InsufficientData(short) = report.status else { panic!("{:?}", report.status) };
        assert_eq!((short.have, short.need), (values.iter().filter(|v| !v.is_nan()).count() as f64, 28.0));
        let error = SeasonalRobust::default().detect(&Series::new(start(), DAY, values)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InsufficientData);
    }
}

#[test]
fn bad_input_is_named() {
    let check = |series: &Series<'_>, message: &str| {
        let error = SeasonalRobust::default().report(series).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Invalid, message));
    };
    check(&Series::new(start(), DAY, &[1.0, -3.0]), "reading 1 is -3, outside 0 to 1e15");
    check(&Series::new(start(), DAY, &[f64::INFINITY]), "reading 0 is inf, outside 0 to 1e15");
    check(&Series::new(start(), DAY, &[f64::NEG_INFINITY]), "reading 0 is -inf, outside 0 to 1e15");
    check(&Series::new(start(), DAY, &[1.0, 2.0]).with_common(&[1.0]), "1 common components for 2 values");
    check(&Series::new(start(), DAY, &[1.0]).with_common(&[0.0]), "reading 0 has the common component 0, outside 0.000001 to 1000000");
    check(&Series::new(start(), DAY, &[1.0]).with_resolution(&[f64::NAN]), "reading 0 has the resolution NaN, outside 0 to 1e15");
    check(&Series::new(start(), 0, &[1.0]), "step is 0 µs, outside 1 second to 7 days");
    let settings = SpikeSettings { false_alarms_per_year: 0.0, ..SpikeSettings::default() };
    assert_eq!(SeasonalRobust::try_new(settings).unwrap_err().to_string(), "spikes.false_alarms_per_year is 0, outside 0.001 to 50");
}

#[test]
fn zeros_and_constants_are_quiet() {
    for value in [0.0, 1.0, 5.5, 1e15] {
        for step in [DAY, HOUR, HOUR / 12, 7 * DAY] {
            let report = report(&[value; 2000], step);
            assert_eq!(report.spikes, [], "{value}");
            assert_eq!(report.status, SeriesStatus::Judged);
        }
    }
}

#[test]
fn a_gap_is_neither_zero_nor_news() {
    let mut values = Null::Poisson(500.0).draw(&mut Noise::new(5), 400, 1);
    // The series comes back after the window of 56 days at another level: it is learned afresh.
    values[150..250].fill(f64::NAN);
    values[250..].iter_mut().for_each(|v| *v *= 4.0);
    assert_eq!(once_a_year().report(&Series::new(start(), DAY, &values)).unwrap().spikes, []);
}

#[test]
fn rounded_counters_do_not_spike_and_their_surges_do() {
    let mut noise = Noise::new(6);
    for daily in [700.0, 3000.0, 9000.0, 40_000.0] {
        let mut total = 4_000_000.0;
        let mut totals: Vec<f64> = Vec::new();
        for day in 0..400 {
            total += noise.poisson(daily) + if day == 350 { 40.0 * daily + 80_000.0 } else { 0.0 };
            let unit = if total >= 1e7 { 1e5 } else { 1e4 };
            totals.push((total / unit).floor() * unit);
        }
        let flows = counter_flows(&totals, CounterPrecision::RoundedThreeFigures).unwrap();
        let told = Series::new(start(), DAY, &flows.values).with_resolution(&flows.resolution);
        let starts = |series: &Series<'_>| -> Vec<u64> {
            SeasonalRobust::default().report(series).unwrap().spikes.iter().map(|s| s.start_position).collect()
        };
        assert_eq!(starts(&told), [350], "{daily} a day");
        // Where it stalls more often than it moves, that shows without being told.
        if daily < 9000.0 {
            assert_eq!(starts(&Series::new(start(), DAY, &flows.values)), [350], "{daily} a day, not told");
        }
    }
}

#[test]
fn filled_in_days_do_not_spike() {
    let mut totals = vec![0.0];
    let mut noise = Noise::new(7);
    for day in 1..200 {
        totals.push(totals[day - 1] + noise.poisson(1000.0) * if (150..155).contains(&day) { 10.0 } else { 1.0 });
    }
    totals[150..154].fill(f64::NAN);
    let flows = counter_flows(&totals, CounterPrecision::Exact).unwrap();
    let bare = Series::new(start(), DAY, &flows.values);
    assert!(once_a_year().report(&bare).unwrap().spikes.iter().any(|s| s.start_position == 150));
    let told = bare.with_interpolated(&flows.interpolated);
    assert_eq!(once_a_year().report(&told).unwrap().spikes, []);
}

#[test]
fn what_the_whole_chart_does_is_not_viral() {
    let mut noise = Noise::new(8);
    let holiday = |day: usize| if (358..360).contains(&day) { 2.0 } else { 1.0 };
    let chart: Vec<Vec<f64>> = (0..30)
        .map(|_| (0..400).map(|day| noise.poisson(500.0 * holiday(day) * if day % 7 == 2 { 1.12 } else { 1.0 })).collect())
        .collect();
    let columns: Vec<&[f64]> = chart.iter().map(Vec::as_slice).collect();
    let pattern = common_pattern(&columns, 28, 10).unwrap();
    let at_christmas =
        |series: &Series<'_>| once_a_year().report(series).unwrap().spikes.iter().any(|s| (358..360).contains(&s.start_position));
    let with = columns.iter().filter(|c| at_christmas(&Series::new(start(), DAY, c).with_common(&pattern))).count();
    let without = columns.iter().filter(|c| at_christmas(&Series::new(start(), DAY, c))).count();
    assert_eq!((with, without), (0, 30));
}

/// A series with everything in it: gaps, zeros, jumps, fractions, roundings, a common component.
fn readings() -> impl Strategy<Value = Vec<Reading>> {
    let reading = (0_u32..40, 0.0_f64..1.0, 0_u32..20).prop_map(|(kind, u, flag)| {
        let value = match kind {
            0 => f64::NAN,
            1 | 2 => 0.0,
            3 => (u * 5000.0).floor(),
            4 => u * 300.0,
            5 => 1e15 * u,
            _ => (80.0 + u * 40.0).floor(),
        };
        Reading {
            value,
            resolution: if flag == 1 { 100.0 } else { 0.0 },
            interpolated: flag == 2,
            common: if flag == 3 { 1.5 } else { 1.0 },
        }
    });
    prop::collection::vec(reading, 0..600)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn streaming_gives_what_batch_gives(readings in readings(), step in prop::sample::select(vec![HOUR / 12, HOUR, 6 * HOUR, DAY, 7 * DAY]), cut in 0_usize..600) {
        let values: Vec<f64> = readings.iter().map(|r| r.value).collect();
        let resolution: Vec<f64> = readings.iter().map(|r| r.resolution).collect();
        let interpolated: Vec<bool> = readings.iter().map(|r| r.interpolated).collect();
        let common: Vec<f64> = readings.iter().map(|r| r.common).collect();
        let series = Series::new(start(), step, &values).with_resolution(&resolution).with_interpolated(&interpolated).with_common(&common);
        let detector = SeasonalRobust::default();
        let batch = detector.report(&series).unwrap();

        // Half of the readings go to a stream, the rest to a copy of it.
        let mut stream = detector.stream(start(), step).unwrap();
        let mut spikes = Vec::new();
        let mut judged = 0;
        for (i, &reading) in readings.iter().enumerate() {
            if i == cut {
                stream = stream.clone();
            }
            let verdict = stream.push(reading).unwrap();
            for number in [verdict.z, verdict.threshold].into_iter().flatten() {
                prop_assert!(number.is_finite(), "{number}");
            }
            prop_assert!(!(verdict.started && (reading.value.is_nan() || reading.interpolated)));
            prop_assert_eq!(verdict.started, stream.open().is_some_and(|open| open.start_position == i as u64));
            judged += u64::from(verdict.z.is_some());
            spikes.extend(verdict.ended.map(|spike| *spike));
        }
        spikes.extend(stream.open().cloned());
        for spike in &spikes {
            let numbers = [spike.value, spike.baseline, spike.z, spike.lift.unwrap_or(1.0)];
            prop_assert!(numbers.iter().all(|x| x.is_finite() && *x >= 0.0), "{:?}", spike);
            prop_assert!(spike.start <= spike.peak && spike.end.is_none_or(|end| spike.peak <= end));
            prop_assert!(!spike.evidence.is_empty());
        }
        prop_assert_eq!(judged, batch.judged);
        prop_assert_eq!(spikes, batch.spikes);
    }

    #[test]
    fn what_comes_later_changes_nothing(readings in readings(), step in prop::sample::select(vec![HOUR, DAY]), cut in 0_usize..600) {
        let values: Vec<f64> = readings.iter().map(|r| r.value).collect();
        let cut = cut.min(values.len());
        let whole = report(&values, step).spikes;
        let part = report(&values[..cut], step).spikes;
        let starts = |spikes: &[fanpulse_core::spikes::SeriesSpike]| -> Vec<u64> {
            spikes.iter().map(|s| s.start_position).filter(|&s| s < cut as u64).collect()
        };
        prop_assert_eq!(starts(&whole), starts(&part));
    }

    #[test]
    fn a_bad_reading_leaves_the_stream_as_it_was(values in prop::collection::vec(0.0_f64..200.0, 60..120), bad in prop::sample::select(vec![-1.0, f64::INFINITY, 1e16])) {
        let detector = SeasonalRobust::default();
        let mut clean = detector.stream(start(), DAY).unwrap();
        let mut disturbed = detector.stream(start(), DAY).unwrap();
        for &v in &values {
            prop_assert!(disturbed.push(Reading::new(bad)).is_err());
            prop_assert_eq!(clean.push(Reading::new(v)).unwrap(), disturbed.push(Reading::new(v)).unwrap());
        }
    }
}

/// Points per second; run alone: `cargo test --release --test spikes throughput -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn throughput() {
    for (name, step, per_day) in [("daily", DAY, 1), ("hourly", HOUR, 24), ("5 minutes", HOUR / 12, 288)] {
        for null in [Null::WeeklyNegativeBinomial(100.0, 0.1), Null::LogAr(0.5, 0.2), Null::Poisson(1000.0)] {
            let values = null.draw(&mut Noise::new(1), 50_000, per_day);
            let detector = SeasonalRobust::default();
            let mut best = f64::INFINITY;
            for _ in 0..7 {
                let mut stream = detector.stream(start(), step).unwrap();
                let clock = std::time::Instant::now();
                let mut started = 0;
                for &v in &values {
                    started += u32::from(stream.push(Reading::new(v)).unwrap().started);
                }
                best = best.min(clock.elapsed().as_secs_f64());
                assert!(started < 50_000);
            }
            println!("{name}, {null:?}: {:.2} M points/s", values.len() as f64 / best / 1e6);
        }
    }
}
