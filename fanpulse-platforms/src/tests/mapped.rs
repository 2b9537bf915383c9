//! Tables of other shapes, read with a column map.

use super::{OBSERVATIONS, observations, posts, read_bytes};
use crate::{ColumnMap, DropReason, ReadOptions};

fn mapped(map: &str) -> ReadOptions<'static> {
    ReadOptions { map: Some(ColumnMap::parse(map).unwrap()), ..ReadOptions::default() }
}

#[test]
fn a_value_column_is_one_metric() {
    let csv = "date,artist,streams,cum_streams\n2018-01-01,21 Savage,1637801,1637801\n2018-01-01,\"Tyler, The Creator\",7,9\n";
    let options = mapped("date=observed_at,artist=artist_id,streams=value:streams");
    let (data, report) = read_bytes("a", csv.as_bytes(), &options).unwrap();
    let expected = ["21 Savage all streams 2018-01-01T00:00:00Z 1637801", "Tyler, The Creator all streams 2018-01-01T00:00:00Z 7"];
    assert_eq!(observations(&data), expected);
    assert_eq!(report.skipped_columns, ["cum_streams"]);
}

#[test]
fn a_wide_table_gives_an_observation_for_each_filled_cell() {
    let csv = "day;who;plays;fans;platform\n2026-01-01;a1;1;2;deezer\n2026-01-02;a1;;3;\n2026-01-03;a1;;;deezer\n";
    let options = mapped("day=observed_at,who=artist_id,plays=value:streams,fans=value:tidal/followers");
    let (data, report) = read_bytes("a", csv.as_bytes(), &options).unwrap();
    let expected = [
        "a1 deezer streams 2026-01-01T00:00:00Z 1",
        "a1 tidal followers 2026-01-01T00:00:00Z 2",
        "a1 tidal followers 2026-01-02T00:00:00Z 3",
    ];
    assert_eq!(observations(&data), expected);
    assert_eq!((report.rows, report.observations), (3, 3));
    let json = "{\"day\":\"2026-01-01\",\"who\":\"a1\",\"fans\":2}\n{\"day\":\"2026-01-02\",\"who\":\"a1\",\"plays\":1,\"fans\":null}\n";
    let (data, _) = read_bytes("a", json.as_bytes(), &options).unwrap();
    assert_eq!(observations(&data), ["a1 tidal followers 2026-01-01T00:00:00Z 2", "a1 all streams 2026-01-02T00:00:00Z 1"]);
}

#[test]
fn single_cells_are_dropped() {
    let csv = "day,who,plays,fans\n2026-01-01,a1,x,2\n2026-01-02,a1,3,-1\nsoon,a1,1,1\n";
    let options = ReadOptions { lenient: true, ..mapped("day=observed_at,who=artist_id,plays=value:streams,fans=value:followers") };
    let (data, report) = read_bytes("a", csv.as_bytes(), &options).unwrap();
    assert_eq!(observations(&data), ["a1 all followers 2026-01-01T00:00:00Z 2", "a1 all streams 2026-01-02T00:00:00Z 3"]);
    assert_eq!(report.dropped, [(DropReason::BadNumber, 1), (DropReason::Negative, 1), (DropReason::BadTime, 1)].into());
}

#[test]
fn columns_get_other_names() {
    let csv = "id,artist_id,metric,When,value\nx,a1,streams,2026-01-01,1\n";
    let (data, _) = read_bytes("a", csv.as_bytes(), &mapped("when=observed_at,id=platform")).unwrap();
    assert_eq!(observations(&data), ["a1 x streams 2026-01-01T00:00:00Z 1"]);
    // The map's column wins over one that has the name already.
    let (data, _) = read_bytes("a", csv.as_bytes(), &mapped("when=observed_at,id=artist_id")).unwrap();
    assert_eq!(observations(&data), ["x all streams 2026-01-01T00:00:00Z 1"]);
    let csv = "artist_id,id,t,hearts\na1,p1,2026-01-01,3\n";
    let (data, _) = read_bytes("a", csv.as_bytes(), &mapped("id=post_id,t=published_at,hearts=likes")).unwrap();
    assert_eq!(posts(&data), ["a1 all p1 2026-01-01T00:00:00Z 3/NaN/NaN/NaN/NaN"]);
}

#[test]
fn columns_that_are_not_there() {
    let options = mapped("day=observed_at,who=artist_id,plays=value:streams");
    let check = |text: &str, expected: &str| {
        let e = read_bytes("a", text.as_bytes(), &options).map(|(_, r)| r).unwrap_err();
        assert_eq!(e.to_string(), expected);
    };
    check("day,who,x\n1,2,3\n", "a: line 1: the column map names `plays`, but the columns are `day`, `who`, `x`");
    check("x\n1\n", "a: line 1: the column map names `day`, `who`, `plays`, but the columns are `x`");
    // A table that it does not concern is read by its own header.
    let (data, _) = read_bytes("a", format!("{OBSERVATIONS}a1,x,streams,2026-01-01,1\n").as_bytes(), &options).unwrap();
    assert_eq!(data.observations.len(), 1);
}
