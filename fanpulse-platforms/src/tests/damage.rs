//! Whatever the bytes, a read ends with a report or an error.

use proptest::prelude::*;

use super::bad_input::gzip;
use super::writers::{days, file, texts};
use super::{FAN_EVENTS, OBSERVATIONS, POSTS, read_bytes, read_file};
use crate::{ColumnMap, ReadOptions};

/// Reads the bytes in every way.
fn read_all(bytes: &[u8]) {
    let map = ColumnMap::parse("date=observed_at,artist=artist_id,streams=value:streams").unwrap();
    for lenient in [false, true] {
        for map in [None, Some(map.clone())] {
            let options = ReadOptions { lenient, artist: Some("a1".to_owned()), map, ..ReadOptions::default() };
            let _ = read_bytes("a", bytes, &options);
        }
    }
}

fn small_parquet() -> Vec<u8> {
    let columns = [
        ("artist_id", texts((0..50).map(|i| if i < 30 { "a1" } else { "a2" }))),
        ("platform", texts((0..50).map(|_| "x"))),
        ("metric", texts((0..50).map(|_| "streams"))),
        ("observed_at", days(&(0..50).collect::<Vec<_>>())),
        ("value", std::sync::Arc::new(arrow::array::Float64Array::from_iter_values((0..50).map(f64::from))) as _),
    ];
    file(&columns, 20)
}

proptest! {
    #[test]
    fn arbitrary_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read_all(&bytes);
    }

    #[test]
    fn arbitrary_bytes_after_a_header(which in 0..5, bytes in "[a1,;\"\r\n\t {}:0-9.TZ-]{0,200}") {
        let head = [OBSERVATIONS, POSTS, FAN_EVENTS, "date,streams\n", "{\"artist_id\":1}\n"][which as usize];
        read_all(format!("{head}{bytes}").as_bytes());
    }

    #[test]
    fn damaged_gzip(at in 0_usize..200, byte in any::<u8>(), cut in 0_usize..200) {
        let mut packed = gzip(format!("{OBSERVATIONS}{}", "a1,spotify,streams,2026-01-01,1\n".repeat(50)).as_bytes());
        let len = packed.len();
        packed[at % len] = byte;
        packed.truncate(len - cut % len);
        read_all(&packed);
    }

    #[test]
    fn damaged_parquet(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in proptest::option::of(any::<prop::sample::Index>())) {
        let mut bytes = small_parquet();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        for lenient in [false, true] {
            let _ = read_file("a.parquet", &bytes, &ReadOptions { lenient, ..ReadOptions::default() });
        }
    }
}
