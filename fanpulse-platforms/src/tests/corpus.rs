//! The inputs that the fuzzers start from, and those on which they once failed.

use std::fs;
use std::path::Path;

use fanpulse_core::ingest::Dataset;

use crate::{ColumnMap, ReadOptions, read};

#[test]
fn every_file_of_the_corpus_is_read_or_refused() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let mut files = 0;
    for target in fs::read_dir(&corpus).unwrap() {
        for file in fs::read_dir(target.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let map = ColumnMap::parse("date=observed_at,artist=artist_id,streams=value:streams").unwrap();
            for (lenient, map) in [(false, None), (true, None), (true, Some(map))] {
                let options = ReadOptions { lenient, artist: Some("a1".to_owned()), map, ..ReadOptions::default() };
                let _ = read(&path, &options, &mut Dataset::default());
            }
            files += 1;
        }
    }
    assert!(files >= 10, "{files} files in {}", corpus.display());
}
