//! One artist, a batch in any layout, a live artist and a grid: the same bits, the same refusals.

use fanpulse_core::error::Location;
use fanpulse_core::ingest::{
    Component, Dataset, GridColumns, GridComponent, Metric, Observation, ObservationColumns, ObservationTable, Times,
};
use fanpulse_core::time::MICROS_PER_DAY;
use fanpulse_core::{Day, Engine, Instant, Scores};
use ndarray::Array2;

use crate::pieces::InPieces;
use crate::properties::{Artist, Rhythm, Rng, artist, as_of, bits, json, small};

fn dataset(artists: &[Artist]) -> Dataset {
    let mut data = Dataset::default();
    for (i, a) in artists.iter().enumerate() {
        data.artists.intern(&id(i));
        a.observations.iter().for_each(|o| data.push_observation(o).unwrap());
        a.posts.iter().for_each(|p| data.push_post(p).unwrap());
    }
    data
}

fn id(i: usize) -> String {
    format!("artist-{i}")
}

fn artists(n: usize, rhythm: Rhythm) -> Vec<Artist> {
    (0..n).map(|i| artist(&id(i), 1000 + i as u64, rhythm)).collect()
}

fn in_order(table: &ObservationTable, order: &[usize]) -> ObservationTable {
    ObservationTable {
        artist: order.iter().map(|&i| table.artist[i]).collect(),
        component: order.iter().map(|&i| table.component[i]).collect(),
        at: order.iter().map(|&i| table.at[i]).collect(),
        value: order.iter().map(|&i| table.value[i]).collect(),
    }
}

/// Rows shuffled, sorted as the engine reads them in place, sorted by time, and only grouped by artist.
fn layouts(table: &ObservationTable) -> Vec<(&'static str, ObservationTable)> {
    let mut shuffled: Vec<usize> = (0..table.len()).collect();
    Rng(7).shuffle(&mut shuffled);
    let mut sorted = shuffled.clone();
    sorted.sort_by_key(|&i| (table.artist[i], table.component[i], table.at[i]));
    let mut by_time = shuffled.clone();
    by_time.sort_by_key(|&i| (table.artist[i], table.at[i]));
    let mut grouped = shuffled.clone();
    grouped.sort_by_key(|&i| table.artist[i]);
    [("shuffled", shuffled), ("sorted", sorted), ("by time", by_time), ("grouped", grouped)]
        .into_iter()
        .map(|(name, order)| (name, in_order(table, &order)))
        .collect()
}

fn columns<'a>(components: &'a [Component], t: &'a ObservationTable, days: Option<&'a [i32]>) -> ObservationColumns<'a> {
    let time = days.map_or(Times::Micros(&t.at), Times::Days);
    ObservationColumns { components, artist: &t.artist, component: &t.component, time, value: &t.value }
}

fn days_of(t: &ObservationTable) -> Vec<i32> {
    t.at.iter().map(|at| i32::try_from(at.div_euclid(MICROS_PER_DAY)).unwrap()).collect()
}

fn grid_of(data: &Dataset, n: usize) -> (Day, Vec<Array2<f64>>) {
    let days = days_of(&data.observations);
    let (first, last) = (*days.iter().min().unwrap(), *days.iter().max().unwrap());
    let shape = (n, (last - first) as usize + 1);
    let mut grid = vec![Array2::from_elem(shape, f64::NAN); data.components.len()];
    let t = &data.observations;
    for row in 0..t.len() {
        grid[usize::from(t.component[row])][(t.artist[row] as usize, (days[row] - first) as usize)] = t.value[row];
    }
    (Day::try_new(first).unwrap(), grid)
}

fn grid_scores(engine: &Engine, data: &Dataset, n: usize, as_of: Day) -> Scores {
    let (first_day, values) = grid_of(data, n);
    let components = data
        .components
        .iter()
        .zip(&values)
        .map(|(component, values)| GridComponent { component: component.clone(), values: values.view() })
        .collect();
    engine.score_grid(&GridColumns { first_day, components }, &data.posts(), as_of).unwrap()
}

fn live(engine: &Engine, id: &str, a: &Artist, seed: u64, as_of: Day) -> String {
    let mut rows: Vec<&Observation> = a.observations.iter().collect();
    Rng(seed).shuffle(&mut rows);
    let mut live = engine.live(id);
    let half = rows.len() / 2;
    rows[..half].iter().for_each(|o| live.observe_row(o).unwrap());
    // An analysis in between must leave no trace.
    live.analyze(as_of).unwrap();
    a.posts.iter().for_each(|p| live.observe_post(p).unwrap());
    rows[half..].iter().for_each(|o| live.observe_row(o).unwrap());
    json(&live.analyze(as_of).unwrap())
}

/// A batch in pieces gives what the whole gives, or, where rows are not sorted by artist, nothing.
fn check_pieces(engine: &Engine, artists: usize, columns: InPieces<'_>, as_of: Day, batch: &Scores) {
    let sorted = columns.0.artist.is_sorted();
    let scores = engine.score_pieces(artists, &columns, as_of).unwrap();
    assert_eq!(scores.is_some(), sorted);
    let Some(scores) = scores else { return };
    assert!(bits(&scores) == bits(batch), "in pieces");
    assert_eq!(scores.dropped_rows, batch.dropped_rows);
    for artist in 0..artists {
        assert!(scores.viral_rows(artist).eq(batch.viral_rows(artist)), "in pieces, {}", id(artist));
    }
}

fn check(artists: &[Artist], rhythm: Rhythm, as_of: Day) {
    let engine = Engine::default();
    let data = dataset(artists);
    let batch = engine.score(&data, as_of).unwrap();
    for (i, a) in artists.iter().enumerate() {
        let expected = json(&batch.analysis(i));
        if !(a.observations.is_empty() && a.posts.is_empty()) {
            assert_eq!(json(&engine.analyze(&a.observations, &a.posts, as_of).unwrap()), expected, "one, {}", id(i));
        }
        assert_eq!(live(&engine, &id(i), a, i as u64, as_of), expected, "live, {}", id(i));
    }
    for (name, table) in layouts(&data.observations) {
        let observations = columns(&data.components, &table, None);
        let scores = engine.score_batch(artists.len(), &observations, &data.posts(), as_of).unwrap();
        assert!(bits(&scores) == bits(&batch), "{name}");
        check_pieces(&engine, artists.len(), InPieces(observations, data.posts()), as_of, &scores);
        if rhythm == Rhythm::Daily {
            let days = days_of(&table);
            let observations = columns(&data.components, &table, Some(&days));
            let scores = engine.score_batch(artists.len(), &observations, &data.posts(), as_of).unwrap();
            assert!(bits(&scores) == bits(&batch), "{name}, days");
        }
    }
}

fn check_grid(artists: &[Artist], as_of: Day) {
    let (engine, data) = (Engine::default(), dataset(artists));
    if data.observations.is_empty() || grid_of(&data, artists.len()).0 > as_of {
        return;
    }
    let (grid, batch) = (grid_scores(&engine, &data, artists.len(), as_of), engine.score(&data, as_of).unwrap());
    for (i, (a, b)) in bits(&grid).iter().zip(bits(&batch)).enumerate() {
        assert_eq!(*a, b, "grid, column {} artist {}", i / artists.len(), i % artists.len());
    }
}

#[test]
fn a_grid_gives_the_same_bits() {
    for back in [0, 5] {
        for seed in 0..60 {
            check_grid(&[artist(&id(0), seed, Rhythm::Daily)], as_of().plus(-back));
        }
    }
}

#[test]
fn a_component_of_the_grid_that_an_artist_lacks_counts_for_nothing() {
    let mut artists = artists(60, Rhythm::Daily);
    artists[7] = Artist { observations: Vec::new(), posts: Vec::new() };
    artists[9].observations.clear();
    for back in [0, 5] {
        check_grid(&artists, as_of().plus(-back));
    }
}

#[test]
fn a_component_that_begins_after_as_of_counts_for_nothing() {
    let engine = Engine::default();
    let series = |metric: Metric, first: i32, last: i32, base: f64| {
        (first..=last).map(move |t| Observation {
            artist_id: "x".to_owned(),
            platform: "spotify".to_owned(),
            metric,
            observed_at: Instant::from(as_of().plus(t)),
            value: base + f64::from(t * t % 13),
        })
    };
    let streams: Vec<Observation> = series(Metric::Streams, -60, 5, 900.0).collect();
    let with: Vec<Observation> = series(Metric::Followers, 1, 5, 50.0).chain(streams.iter().cloned()).collect();
    let expected = json(&engine.analyze(&streams, &[], as_of()).unwrap());
    assert!(!expected.contains("momentum_reason"), "{expected}");
    assert_eq!(json(&engine.analyze(&with, &[], as_of()).unwrap()), expected);
    let a = Artist { observations: with, posts: Vec::new() };
    assert_eq!(live(&engine, "x", &a, 1, as_of()), expected);
}

#[test]
fn every_path_gives_the_same_bits() {
    for rhythm in [Rhythm::Any, Rhythm::Daily] {
        let artists = artists(40, rhythm);
        for back in [0, 17] {
            check(&artists, rhythm, as_of().plus(-back));
        }
    }
}

#[test]
fn a_batch_of_several_tasks_gives_the_same_bits() {
    let artists: Vec<Artist> = (0..2_150).map(|i| small(&id(i), i as u64)).collect();
    check(&artists, Rhythm::Daily, as_of());
}

#[test]
fn artists_without_rows_with_posts_only_and_before_all_data() {
    let mut artists = artists(9, Rhythm::Daily);
    artists[0].observations.clear();
    artists[3] = Artist { observations: Vec::new(), posts: Vec::new() };
    artists[4].observations.clear();
    artists[4].posts.clear();
    artists[8] = Artist { observations: Vec::new(), posts: Vec::new() };
    check(&artists, Rhythm::Daily, as_of());
    check(&artists, Rhythm::Any, as_of().plus(-200));
    let engine = Engine::default();
    let nobody = engine.score(&Dataset::default(), as_of()).unwrap();
    assert_eq!(nobody.artists(), 0);
    // Known by name only.
    let scores = engine.score(&dataset(&artists[3..4]), as_of()).unwrap();
    assert!(scores.analysis(0).fvs.is_err() && scores.analysis(0).momentum.is_err());
}

#[test]
fn exact_repeats_are_dropped_and_counted_on_every_path() {
    let engine = Engine::default();
    for rhythm in [Rhythm::Any, Rhythm::Daily] {
        let once = artists(12, rhythm);
        let mut repeated = once.clone();
        let mut repeats = 0;
        for (i, a) in repeated.iter_mut().enumerate() {
            let known: Vec<Observation> = a.observations.iter().filter(|o| o.observed_at.day() <= as_of()).cloned().collect();
            let rng = &mut Rng(i as u64);
            for _ in 0..known.len().min(3) {
                a.observations.push(known[rng.below(known.len())].clone());
                repeats += 1;
            }
        }
        let (expected, data) = (engine.score(&dataset(&once), as_of()).unwrap(), dataset(&repeated));
        for (name, table) in layouts(&data.observations) {
            let days = days_of(&table);
            let forms = if rhythm == Rhythm::Daily { vec![None, Some(&days[..])] } else { vec![None] };
            for days in forms {
                let scores = engine.score_batch(12, &columns(&data.components, &table, days), &data.posts(), as_of()).unwrap();
                assert!(bits(&scores) == bits(&expected), "{name}");
                assert_eq!(scores.dropped_rows, repeats, "{name}");
            }
        }
        let mut dropped = 0;
        for (i, a) in repeated.iter().enumerate() {
            let mut live = engine.live(id(i));
            a.observations.iter().for_each(|o| live.observe_row(o).unwrap());
            a.posts.iter().for_each(|p| live.observe_post(p).unwrap());
            assert_eq!(json(&live.analyze(as_of()).unwrap()), json(&expected.analysis(i)));
            dropped += live.dropped_rows();
        }
        assert_eq!(dropped, repeats);
    }
}

#[test]
fn a_contradiction_is_refused_and_its_row_named_on_every_path() {
    let engine = Engine::default();
    for rhythm in [Rhythm::Any, Rhythm::Daily] {
        for seed in 0..12_u64 {
            let mut all = artists(5, rhythm);
            let rng = &mut Rng(seed);
            let who = (0..5).filter(|&i| all[i].observations.len() > 20).nth(rng.below(2)).unwrap();
            let rows = &mut all[who].observations;
            rows.retain(|o| o.observed_at.day() <= as_of());
            let mut wrong = rows[rng.below(rows.len())].clone();
            let right = wrong.value;
            wrong.value = right + 1.0;
            rows.push(wrong.clone());
            let data = dataset(&all);
            let message = format!("two values for {} {} at", wrong.platform, wrong.metric);
            for (name, table) in layouts(&data.observations) {
                let key = |i: usize| (table.artist[i], table.component[i], table.at[i]);
                let mut pair = None;
                for i in 0..table.len() {
                    let row = (key(i), data.components[usize::from(table.component[i])].to_string());
                    let same = row.0.0 as usize == who && row.0.2 == wrong.observed_at.micros();
                    if same && row.1 == format!("{} {}", wrong.platform, wrong.metric) {
                        pair = Some(i);
                    }
                }
                let days = days_of(&table);
                let forms = if rhythm == Rhythm::Daily { vec![None, Some(&days[..])] } else { vec![None] };
                for days in forms {
                    let observations = columns(&data.components, &table, days);
                    let error = engine.score_batch(5, &observations, &data.posts(), as_of()).unwrap_err();
                    assert_eq!(error.location(), pair.map(Location::Observation), "{name}: {error}");
                    assert!(error.message().starts_with(&message), "{name}: {error}");
                    if table.artist.is_sorted() {
                        let error = engine.score_pieces(5, &InPieces(observations, data.posts()), as_of()).unwrap_err();
                        assert_eq!(error.location(), pair.map(Location::Observation), "{name}, in pieces: {error}");
                    }
                    let kept = Engine::builder().keep_first_of_conflicts().build().unwrap();
                    assert_eq!(kept.score_batch(5, &observations, &data.posts(), as_of()).unwrap().dropped_rows, 1);
                }
            }
            let rows = &all[who].observations;
            let error = engine.analyze(rows, &[], as_of()).unwrap_err();
            assert_eq!(error.location(), Some(Location::Observation(rows.len() - 1)));
            // A live artist has no rows; it names the component, and is then as before.
            let mut live = engine.live("x");
            rows[..rows.len() - 1].iter().for_each(|o| live.observe_row(o).unwrap());
            let before = json(&live.analyze(as_of()).unwrap());
            assert!(live.observe_row(&wrong).unwrap_err().message().starts_with(&message));
            assert_eq!(json(&live.analyze(as_of()).unwrap()), before);
        }
    }
}

#[test]
fn an_error_in_a_later_piece_names_the_row_of_the_whole() {
    let engine = Engine::default();
    let artists: Vec<Artist> = (0..1_300).map(|i| small(&id(i), i as u64)).collect();
    let mut data = dataset(&artists);
    let row = data.observations.len() - 3;
    data.observations.value[row] = -1.0;
    let error = engine.score_pieces(1_300, &InPieces(data.observations(), data.posts()), as_of()).unwrap_err();
    assert_eq!(error.location(), Some(Location::Observation(row)), "{error}");
    data.observations.value[row] = 1.0;
    let post = data.posts.len() - 2;
    data.posts.likes[post] = -1.0;
    let error = engine.score_pieces(1_300, &InPieces(data.observations(), data.posts()), as_of()).unwrap_err();
    assert_eq!(error.location(), Some(Location::Post(post)), "{error}");
}

#[test]
fn a_value_out_of_range_is_refused_and_its_row_named_on_every_path() {
    let engine = Engine::default();
    let components = [Component::new("spotify", Metric::Followers)];
    let n = 80;
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0] {
        // Before both windows, at their ends and within, and, in rows, after as_of.
        let within = [0, 14, 15, 37, 44, 45, 74];
        for at in within.into_iter().chain([75, n - 1]) {
            let days: Vec<i32> = (0..n as i32).map(|i| as_of().days() - 74 + i).collect();
            let mut value = vec![100.0; n];
            value[at] = bad;
            let (artist, component) = (vec![0; n], vec![0; n]);
            let micros: Vec<i64> = days.iter().map(|&d| i64::from(d) * MICROS_PER_DAY).collect();
            for time in [Times::Days(&days), Times::Micros(&micros)] {
                let o = ObservationColumns { components: &components, artist: &artist, component: &component, time, value: &value };
                let error = engine.score_batch(1, &o, &Dataset::default().posts(), as_of()).unwrap_err();
                assert_eq!(error.location(), Some(Location::Observation(at)), "{bad}: {error}");
            }
            let mut live = engine.live("x");
            assert!(live.observe_row(&row(as_of(), bad)).is_err());
            assert!(engine.analyze(&[row(as_of(), bad)], &[], as_of()).is_err());
            if !bad.is_nan() && within.contains(&at) {
                let values = Array2::from_shape_vec((1, n), value).unwrap();
                let grid = GridComponent { component: components[0].clone(), values: values.view() };
                let columns = GridColumns { first_day: Day::try_new(days[0]).unwrap(), components: vec![grid] };
                assert!(engine.score_grid(&columns, &Dataset::default().posts(), as_of()).is_err(), "{bad}");
            }
        }
    }
}

#[test]
fn a_negative_zero_is_a_zero() {
    let engine = Engine::default();
    for at in [0, 20, 50, 79] {
        let analysis = |zero: f64| {
            let value = |i: i32| if i == at { zero } else { 100.0 + f64::from(i) };
            let rows: Vec<_> = (0..80).map(|i| row(as_of().plus(i - 79), value(i))).collect();
            json(&engine.analyze(&rows, &[], as_of()).unwrap())
        };
        assert_eq!(analysis(-0.0), analysis(0.0), "{at}");
    }
}

fn row(day: Day, value: f64) -> Observation {
    let observed_at = Instant::from(day);
    Observation { artist_id: "x".into(), platform: "spotify".into(), metric: Metric::Followers, observed_at, value }
}
