//! From a row of the dataset back to the row of a file.

use fanpulse_core::error::Location;
use fanpulse_core::ingest::Dataset;

use super::{OBSERVATIONS, POSTS};
use crate::{ReadOptions, Sources, read_from};

fn add(data: &mut Dataset, sources: &mut Sources, name: &str, text: &str) {
    let options = ReadOptions { lenient: true, artist: Some("a1".to_owned()), ..ReadOptions::default() };
    sources.push(read_from(name, text.as_bytes(), &options, data).unwrap()).unwrap();
}

#[test]
fn rows_are_found_again() {
    let (mut data, mut sources) = (Dataset::default(), Sources::default());
    let row = "a1,spotify,followers,2026-01-01,1\n";
    add(&mut data, &mut sources, "a.csv", &format!("{OBSERVATIONS}{row}x,x,x,x,x\n\n\"a\n1\",spotify,followers,2026-01-01,1\n{row}"));
    add(&mut data, &mut sources, "p.csv", &format!("{POSTS}a1,x,p1,2026-01-01,,,,,\n"));
    add(&mut data, &mut sources, "b.csv", &format!("{OBSERVATIONS}{row}"));
    let wide = "date,listeners,streams,followers\n2026-01-01,1,2,3\n2026-01-02,1,,3\n2026-01-03,1,2,3\n";
    add(&mut data, &mut sources, "w.csv", wide);
    let places: Vec<String> = (0..data.observations.len()).map(|i| sources.locate(Location::Observation(i)).unwrap()).collect();
    let expected = [
        "a.csv: line 2",
        "a.csv: line 5",
        "a.csv: line 7",
        "b.csv: line 2",
        "w.csv: line 2",
        "w.csv: line 2",
        "w.csv: line 3",
        "w.csv: line 4",
        "w.csv: line 4",
    ];
    assert_eq!(places, expected);
    assert_eq!(sources.locate(Location::Post(0)).as_deref(), Some("p.csv: line 2"));
    assert_eq!(sources.locate(Location::Post(1)), None);
    let e = sources.explain(fanpulse_core::Error::invalid("two values").at(Location::Observation(3)));
    assert_eq!(e.to_string(), "b.csv: line 2: two values");
    let e = sources.explain(fanpulse_core::Error::invalid("no data"));
    assert_eq!(e.to_string(), "no data");
}

#[test]
fn posts_are_found_again_after_repeats_were_dropped() {
    let (mut data, mut sources) = (Dataset::default(), Sources::default());
    let post = |id: &str, likes: u32| format!("a1,x,{id},2026-01-01,{likes},,,,\n");
    add(&mut data, &mut sources, "a.csv", &format!("{POSTS}{}{}{}", post("p1", 1), post("p1", 1), post("p2", 2)));
    add(&mut data, &mut sources, "b.csv", &format!("{POSTS}{}{}{}", post("p2", 2), post("p3", 3), post("p1", 1)));
    assert_eq!(sources.drop_repeated_posts(&mut data, false).unwrap(), 3);
    let places = |sources: &Sources, n: usize| (0..n).map(|i| sources.locate(Location::Post(i)).unwrap()).collect::<Vec<_>>();
    assert_eq!(places(&sources, data.posts.len()), ["a.csv: line 2", "a.csv: line 4", "b.csv: line 3"]);
    add(&mut data, &mut sources, "c.csv", &format!("{POSTS}{}{}", post("p3", 4), post("p4", 4)));
    let e = sources.drop_repeated_posts(&mut data, false).unwrap_err();
    let expected = "c.csv: line 2: post `p3` of artist `a1` on x stands twice with different values; it stood first in b.csv: line 3";
    assert_eq!(e.to_string(), expected);
    assert_eq!(sources.drop_repeated_posts(&mut data, true).unwrap(), 1);
    assert_eq!(places(&sources, data.posts.len()), ["a.csv: line 2", "a.csv: line 4", "b.csv: line 3", "c.csv: line 3"]);
}
