//! Lenient reads drop what is wrong and count it by reason.

use std::collections::BTreeMap;

use super::{OBSERVATIONS, POSTS, observations, posts, read_bytes};
use crate::{DropReason, ReadOptions};

const LENIENT: ReadOptions<'_> = ReadOptions { lenient: true, artist: None, map: None, progress: None };

#[test]
fn rows_are_dropped_by_reason() {
    let text = [
        OBSERVATIONS.as_bytes(),
        b"a1,spotify,followers,2026-01-01,1\na1,spotify,followers,2026-01-02,x\na1,spotify,followers,2026-01-03,-1\n\
          a1,spotify,followers,2026-01-04,NaN\na1,spotify,followers,soon,1\na1,spotify,plays,2026-01-05,1\n\
          gone,spotify,followers,2026-01-05,\na1,spotify,followers,2026-01-05\n\xff,spotify,followers,2026-01-05,1\n\
          a2,spotify,followers,2026-01-06,2\n",
    ]
    .concat();
    let (data, report) = read_bytes("a.csv", &text, &LENIENT).unwrap();
    assert_eq!(observations(&data), ["a1 spotify followers 2026-01-01T00:00:00Z 1", "a2 spotify followers 2026-01-06T00:00:00Z 2"]);
    // No artist and no component whose rows were all dropped.
    assert_eq!(data.artists.iter().collect::<Vec<_>>(), ["a1", "a2"]);
    assert_eq!(data.components.len(), 1);
    let reasons = [
        DropReason::BadNumber,
        DropReason::Negative,
        DropReason::NotFinite,
        DropReason::BadTime,
        DropReason::UnknownMetric,
        DropReason::MissingField,
        DropReason::InvalidUtf8,
        DropReason::WrongFieldCount,
    ];
    assert_eq!(report.dropped, reasons.map(|r| (r, 1)).into_iter().collect::<BTreeMap<_, _>>());
    assert_eq!((report.rows, report.observations, report.dropped_total()), (10, 2, 8));
}

#[test]
fn json_lines_are_dropped_too() {
    let row = r#"{"artist_id":"a1","platform":"spotify","metric":"streams","observed_at":"2026-01-01","value":1}"#;
    let text = format!("{row}\nnonsense\n{}\n{row}", row.replace("\"a1\"", "1"));
    let (data, report) = read_bytes("a", text.as_bytes(), &LENIENT).unwrap();
    assert_eq!(data.observations.len(), 2);
    assert_eq!(report.dropped, [(DropReason::BadJson, 1), (DropReason::BadText, 1)].into());
}

#[test]
fn posts_are_dropped_too() {
    let text = format!("{POSTS}a1,x,p1,2026-01-01,1.5,,,,\na1,x,p2,2026-01-01,1,,,,\na1,x,p3,2026-01-01,1e300,,,,\n");
    let (data, report) = read_bytes("a", text.as_bytes(), &LENIENT).unwrap();
    assert_eq!(posts(&data), ["a1 x p2 2026-01-01T00:00:00Z 1/NaN/NaN/NaN/NaN"]);
    assert_eq!(report.dropped, [(DropReason::BadNumber, 1), (DropReason::TooLarge, 1)].into());
}

#[test]
fn faults_of_the_file_stay_errors() {
    for text in ["", OBSERVATIONS, "a,b\n1,2\n", "{\n"] {
        assert!(read_bytes("a", text.as_bytes(), &LENIENT).is_err(), "{text}");
    }
}
