//! Fan events from every format, and what is wrong with some.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray, UInt32Array, UInt64Array};
use fanpulse_core::error::Location;
use fanpulse_core::ingest::{Dataset, FanEvent, FanEventKind};
use fanpulse_core::{Day, Instant};
use proptest::prelude::*;

use super::bad_input::gzip;
use super::writers::{days, file, micros, texts};
use super::{FAN_EVENTS, read_bytes, read_file};
use crate::{ColumnMap, Compression, DropReason, Error, FileReport, Format, ReadOptions, Sources, TableKind, read, read_from};

/// The fan events as lines of text.
fn events(data: &Dataset) -> Vec<String> {
    let c = data.fan_events();
    (0..c.len())
        .map(|i| {
            let kind = FanEventKind::ALL[usize::from(c.kind[i])];
            let count = c.count.map_or(1, |count| count[i]);
            let [amount, seconds] = [c.amount, c.seconds].map(|column| column.map_or(f64::NAN, |column| column[i]));
            let currency = c.currency.and_then(|currency| currency.names.get(usize::from(currency.code[i]))).map_or("-", String::as_str);
            let (artist, fan) = (data.artists.get(c.artist[i]).unwrap(), data.fans.get(c.fan[i]).unwrap());
            format!("{artist} {fan} {} {kind} {count} {amount} {seconds} {currency}", Day::try_new(c.day[i]).unwrap())
        })
        .collect()
}

const ROWS: [&str; 4] = [
    "a1 f1 2026-01-01 stream 12 NaN 2400.5 -",
    "a1 f2 2026-01-02 purchase 1 24.99 NaN EUR",
    "a2 f1 2026-01-02 share 1 NaN NaN -",
    "a1 f1 2026-01-03 ticket 2 80 NaN EUR",
];

fn csv() -> String {
    format!(
        "{FAN_EVENTS}a1,f1,2026-01-01,stream,12,,2400.5,\na1,f2,2026-01-02T23:59:59Z,purchase,,24.99,,EUR\n\
         a2, f1 ,2026-01-03T01:00:00+02:00,share,1,,,\na1,f1,2026-01-03,ticket,2,80,,eur\n"
    )
}

#[track_caller]
fn check(bytes: impl AsRef<[u8]>, format: Format, compression: Option<Compression>) {
    let (data, report) = read_bytes("a", bytes.as_ref(), &ReadOptions::default()).unwrap();
    assert_eq!(events(&data), ROWS);
    assert_eq!((report.format, report.compression, report.table), (format, compression, TableKind::FanEvents));
    assert_eq!((report.rows, report.fan_events, report.observations, report.posts), (4, 4, 0, 0));
}

#[test]
fn text_of_every_kind() {
    check(csv(), Format::Csv, None);
    check(csv().replace(',', "\t"), Format::Csv, None);
    check(gzip(csv().as_bytes()), Format::Csv, Some(Compression::Gzip));
    check(zstd::encode_all(csv().as_bytes(), 3).unwrap(), Format::Csv, Some(Compression::Zstd));
    check(
        r#"{"artist_id":"a1","fan_id":"f1","occurred_at":"2026-01-01","kind":"stream","count":12,"seconds":2400.5}
           {"artist_id":"a1","fan_id":"f2","occurred_at":"2026-01-02","kind":"purchase","amount":24.99,"currency":"EUR","city":"Oslo"}
           {"kind":"share","artist_id":"a2","fan_id":"f1","occurred_at":"2026-01-02","amount":null}
           {"artist_id":"a1","fan_id":"f1","occurred_at":"2026-01-03","kind":"ticket","count":2,"amount":80,"currency":"EUR"}"#,
        Format::Ndjson,
        None,
    );
}

#[test]
fn what_is_not_said_takes_no_room() {
    let (data, _) = read_bytes("a", b"fan_id,artist_id,kind,occurred_at\nf1,a1,follow,2026-01-01\n", &ReadOptions::default()).unwrap();
    let t = &data.fan_events;
    assert_eq!((t.len(), t.count.len(), t.amount.len(), t.seconds.len(), t.currency.len()), (1, 0, 0, 0, 0));
    let options = ReadOptions { artist: Some("a9".to_owned()), ..ReadOptions::default() };
    let (data, report) = read_bytes("a", b"fan_id,kind,occurred_at\nf1,follow,2026-01-01\n", &options).unwrap();
    assert_eq!(events(&data), ["a9 f1 2026-01-01 follow 1 NaN NaN -"]);
    assert_eq!(report.artist.as_deref(), Some("a9"));
}

#[test]
fn other_columns_are_mapped() {
    let map = ColumnMap::parse("buyer=fan_id,sold=occurred_at,what=kind,total=amount,cur=currency").unwrap();
    let options = ReadOptions { artist: Some("a1".to_owned()), map: Some(map), ..ReadOptions::default() };
    let (data, _) = read_bytes("a", b"buyer,sold,what,total,cur\nx,2026-01-01,purchase,9.5,USD\n", &options).unwrap();
    assert_eq!(events(&data), ["a1 x 2026-01-01 purchase 1 9.5 NaN USD"]);
    let json = b"{\"buyer\":\"x\",\"sold\":\"2026-01-01\",\"what\":\"purchase\"}\n{\"buyer\":\"y\",\"sold\":\"2026-01-01\",\"what\":\"purchase\",\"total\":3}\n";
    let map = ColumnMap::parse("buyer=fan_id,sold=occurred_at,what=kind,total=amount").unwrap();
    let (data, _) = read_bytes("a", json, &ReadOptions { map: Some(map), ..options }).unwrap();
    assert_eq!(events(&data), ["a1 x 2026-01-01 purchase 1 NaN NaN -", "a1 y 2026-01-01 purchase 1 3 NaN -"]);
}

fn refused(text: &str) -> String {
    read_bytes("a.csv", text.as_bytes(), &ReadOptions::default()).map(|(_, r): (_, FileReport)| r).unwrap_err().to_string()
}

#[test]
fn bad_rows_are_named() {
    let check = |row: &str, expected: &str| {
        let text = format!("{FAN_EVENTS}a1,f1,2026-01-01,stream,,,,\n{row}\n");
        assert_eq!(refused(&text), format!("a.csv: line 3: {expected}"));
    };
    let kinds = "stream, like, comment, share, save, playlist_add, purchase, ticket, follow";
    check("a1,,2026-01-01,stream,,,,", "fan_id: nothing stands there");
    check("a1,f1,2026-01-01,,,,,", "kind: nothing stands there");
    check("a1,f1,2026-01-01,streem,,,,", &format!("kind: \"streem\" is no kind of fan event; the known ones are {kinds}"));
    check("a1,f1,1969-12-31,stream,,,,", "occurred_at: day 1969-12-31 is outside 1970-01-01 to 2199-12-31");
    check("a1,f1,2026-01-01,stream,1.5,,,", "count: 1.5 is not a whole number");
    check("a1,f1,2026-01-01,stream,-1,,,", "count: \"-1\" is below 0");
    check("a1,f1,2026-01-01,stream,4294967296,,,", "count: 4294967296 is above 4294967295");
    check("a1,f1,2026-01-01,purchase,1,-5,,", "amount: \"-5\" is below 0; net refunds against what they refund");
    check("a1,f1,2026-01-01,purchase,1,NaN,,", "amount: \"NaN\" is not a finite number");
    check("a1,f1,2026-01-01,purchase,1,1e13,,", "amount: 10000000000000 is above 1000000000000");
    check("a1,f1,2026-01-01,stream,1,,inf,", "seconds: \"inf\" is not a finite number");
    check("a1,f1,2026-01-01,stream,1,,2e9,", "seconds: 2000000000 is above 1000000000");
    check("a1,f1,2026-01-01,stream,1,", "6 fields where the header has 8, the first is \"a1\"");
    assert_eq!(
        refused("artist_id,fan_id,when\n"),
        "a.csv: line 1: columns `occurred_at`, `kind` are missing for fan events; the columns are `artist_id`, `fan_id`, `when`"
    );
    assert_eq!(
        refused("fan_id,occurred_at,kind\n"),
        "a.csv: line 1: column `artist_id` is missing for fan events; the columns are `fan_id`, `occurred_at`, `kind`"
    );
}

#[test]
fn lenient_reads_drop_and_count() {
    let text = csv() + "a3,f3,2026-01-01,streem,,,,\na3,f3,2026-01-01,like,,-1,,\na3,f3,soon,like,,,,\na3,f3,2026-01-01,like,5e9,,,\n";
    let options = ReadOptions { lenient: true, ..ReadOptions::default() };
    let (data, report) = read_bytes("a", text.as_bytes(), &options).unwrap();
    assert_eq!(events(&data), ROWS);
    assert_eq!(data.artists.iter().collect::<Vec<_>>(), ["a1", "a2"]);
    let reasons = [DropReason::UnknownKind, DropReason::Negative, DropReason::BadTime, DropReason::TooLarge];
    assert_eq!(report.dropped, reasons.map(|r| (r, 1)).into());
}

#[test]
fn rows_are_found_again() {
    let (mut data, mut sources) = (Dataset::default(), Sources::default());
    let mut add =
        |name: &str, text: &str| sources.push(read_from(name, text.as_bytes(), &ReadOptions::default(), &mut data).unwrap()).unwrap();
    add("o.csv", &format!("{}a1,spotify,followers,2026-01-01,1\n", super::OBSERVATIONS));
    add("f.csv", &csv());
    add("g.csv", &csv());
    assert_eq!(sources.locate(Location::FanEvent(0)).as_deref(), Some("f.csv: line 2"));
    assert_eq!(sources.locate(Location::FanEvent(5)).as_deref(), Some("g.csv: line 3"));
    assert_eq!(sources.locate(Location::FanEvent(8)), None);
    assert_eq!(sources.locate(Location::Observation(0)).as_deref(), Some("o.csv: line 2"));
    let e: Error = sources.explain(fanpulse_core::Error::invalid("amounts are in EUR, USD").at(Location::FanEvent(4)));
    assert_eq!(e.to_string(), "g.csv: line 2: amounts are in EUR, USD");
}

type Columns = Vec<(&'static str, ArrayRef)>;

fn columns() -> Columns {
    vec![
        ("artist_id", texts(["a1", "a1", "a2", "a1"].into_iter())),
        ("fan_id", texts(["f1", "f2", "f1", "f1"].into_iter())),
        ("occurred_at", days(&[20_454, 20_455, 20_455, 20_456])),
        ("kind", texts(["stream", "purchase", "share", "ticket"].into_iter())),
        ("count", Arc::new(UInt32Array::from(vec![Some(12), None, Some(1), Some(2)]))),
        ("amount", Arc::new(Float64Array::from(vec![None, Some(24.99), None, Some(80.0)]))),
        ("seconds", Arc::new(Float64Array::from(vec![Some(2400.5), None, None, None]))),
        ("currency", Arc::new(StringArray::from(vec![None, Some("EUR"), Some(""), Some("eur")]))),
    ]
}

fn with(name: &'static str, array: ArrayRef) -> Columns {
    let mut columns = columns();
    columns.iter_mut().find(|(n, _)| *n == name).unwrap().1 = array;
    columns
}

#[test]
fn parquet_of_every_grouping() {
    for rows_per_group in 1..=4 {
        let (data, report) = read_file("a", &file(&columns(), rows_per_group), &ReadOptions::default()).unwrap();
        assert_eq!(events(&data), ROWS);
        assert_eq!((report.table, report.rows, report.fan_events), (TableKind::FanEvents, 4, 4));
    }
    let instants = micros(&[20_454, 20_455, 20_455, 20_456].map(|d: i64| d * 86_400_000_000 + 86_399_999_999));
    let (data, _) = read_file("a", &file(&with("occurred_at", instants), 2), &ReadOptions::default()).unwrap();
    assert_eq!(events(&data), ROWS);
}

#[test]
fn files_with_and_without_columns_follow_each_other() {
    let plain: Columns = columns().into_iter().take(4).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, columns: &Columns| {
        let path = folder.path().join(name);
        std::fs::write(&path, file(columns, 3)).unwrap();
        path
    };
    let (plain, full) = (path("plain", &plain), path("full", &columns()));
    for order in [[&plain, &full, &plain], [&full, &plain, &full]] {
        let mut data = Dataset::default();
        for file in order {
            read(file, &ReadOptions::default(), &mut data).unwrap();
        }
        read_from("c", csv().as_bytes(), &ReadOptions::default(), &mut data).unwrap();
        let expected: Vec<String> =
            order
                .iter()
                .flat_map(|&file| {
                    ROWS.map(|row| {
                        if *file == full { row.to_owned() } else { row.split(' ').take(4).collect::<Vec<_>>().join(" ") + " 1 NaN NaN -" }
                    })
                })
                .chain(ROWS.map(str::to_owned))
                .collect();
        assert_eq!(events(&data), expected);
    }
}

#[test]
fn parquet_rows_at_fault() {
    let check = |columns: &Columns, expected: &str| {
        for rows_per_group in [1, 2, 4] {
            let e = read_file("a.parquet", &file(columns, rows_per_group), &ReadOptions::default()).map(|(_, r)| r).unwrap_err();
            assert_eq!(e, format!("a.parquet: {expected}"));
        }
    };
    let kinds = "stream, like, comment, share, save, playlist_add, purchase, ticket, follow";
    check(&with("fan_id", texts(["f1", "f2", " ", "f1"].into_iter())), "row 3: fan_id: nothing stands there");
    check(
        &with("kind", texts(["stream", "stream", "share", "streem"].into_iter())),
        &format!("row 4: kind: \"streem\" is no kind of fan event; the known ones are {kinds}"),
    );
    check(&with("count", Arc::new(UInt64Array::from(vec![1, 1 << 40, 1, 1]))), "row 2: count: 1099511627776 is above 4294967295");
    check(
        &with("amount", Arc::new(Float64Array::from(vec![1.0, 2.0, -3.0, 1.0]))),
        "row 3: amount: -3 is below 0; net refunds against what they refund",
    );
    check(&with("seconds", Arc::new(Float64Array::from(vec![1.0, f64::NAN, 3.0, 1.0]))), "row 2: seconds: NaN is not a finite number");
    check(&with("occurred_at", days(&[0, -1, 0, 0])), "row 2: occurred_at: time 1969-12-31T00:00:00Z is outside 1970-01-01 to 2199-12-31");
    check(&with("count", texts(["1", "1", "1", "1"].into_iter())), "column `count` holds Utf8, not numbers");
}

#[test]
fn lenient_parquet_keeps_the_good_rows() {
    let bad = |columns: Columns, rows_per_group| {
        let options = ReadOptions { lenient: true, ..ReadOptions::default() };
        read_file("a", &file(&columns, rows_per_group), &options).unwrap()
    };
    for rows_per_group in 1..=4 {
        let mut columns = with("kind", texts(["stream", "purchase", "streem", "ticket"].into_iter()));
        columns[5].1 = Arc::new(Float64Array::from(vec![None, Some(-1.0), None, Some(80.0)]));
        let (data, report) = bad(columns, rows_per_group);
        assert_eq!(events(&data), [ROWS[0], ROWS[3]]);
        assert_eq!(data.fans.iter().collect::<Vec<_>>(), ["f1"]);
        assert_eq!(report.dropped, [(DropReason::UnknownKind, 1), (DropReason::Negative, 1)].into());
        assert_eq!((report.rows, report.fan_events), (4, 2));
    }
}

fn any_event() -> impl Strategy<Value = FanEvent> {
    let name = || "[a-z]{1,3}";
    let number = |most: f64| proptest::option::of(prop_oneof![Just(0.0), Just(most), 0.0..most]);
    let kind = (0..FanEventKind::ALL.len()).prop_map(|k| FanEventKind::ALL[k]);
    let day = (0..=Day::MAX.days()).prop_map(|d| Instant::from(Day::try_new(d).unwrap()));
    let currency = proptest::option::of(prop_oneof![Just("EUR".to_owned()), Just("USD".to_owned())]);
    (name(), name(), day, kind, proptest::option::of(any::<u32>()), number(1e12), number(1e9), currency).prop_map(
        |(artist_id, fan_id, occurred_at, kind, count, amount, seconds, currency)| FanEvent {
            artist_id,
            fan_id,
            occurred_at,
            kind,
            count,
            amount,
            seconds,
            currency,
        },
    )
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_back(rows in proptest::collection::vec(any_event(), 1..40), rows_per_group in 1_usize..40) {
        let mut data = Dataset::default();
        rows.iter().for_each(|e| data.push_fan_event(e).unwrap());
        let expected = events(&data);
        let shown = |x: Option<f64>| x.map_or_else(String::new, |x| x.to_string());
        let mut text = FAN_EVENTS.to_owned();
        let mut json = String::new();
        for e in &rows {
            let count = e.count.map_or_else(String::new, |n| n.to_string());
            let currency = e.currency.as_deref().unwrap_or("");
            text += &format!("{},{},{},{},{count},{},{},{currency}\n", e.artist_id, e.fan_id, e.occurred_at, e.kind, shown(e.amount), shown(e.seconds));
            json += &(serde_json::to_string(e).unwrap() + "\n");
        }
        prop_assert_eq!(&events(&read_bytes("a", text.as_bytes(), &ReadOptions::default()).unwrap().0), &expected);
        prop_assert_eq!(&events(&read_bytes("a", json.as_bytes(), &ReadOptions::default()).unwrap().0), &expected);
        let columns: Columns = vec![
            ("artist_id", texts(rows.iter().map(|e| e.artist_id.as_str()))),
            ("fan_id", texts(rows.iter().map(|e| e.fan_id.as_str()))),
            ("occurred_at", days(&rows.iter().map(|e| e.occurred_at.day().days()).collect::<Vec<_>>())),
            ("kind", texts(rows.iter().map(|e| e.kind.as_str()))),
            ("count", Arc::new(rows.iter().map(|e| e.count).collect::<UInt32Array>())),
            ("amount", Arc::new(rows.iter().map(|e| e.amount).collect::<Float64Array>())),
            ("seconds", Arc::new(rows.iter().map(|e| e.seconds).collect::<Float64Array>())),
            ("currency", Arc::new(rows.iter().map(|e| e.currency.as_deref()).collect::<StringArray>())),
        ];
        let (read, _) = read_file("a", &file(&columns, rows_per_group), &ReadOptions::default()).unwrap();
        prop_assert_eq!(events(&read), expected);
    }
}
