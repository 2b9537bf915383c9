//! Files → columns. The files are made once, in a temporary folder.

#[expect(dead_code, reason = "the shapes of all benches; this one takes the long columns")]
mod shapes;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Date32Array, DictionaryArray, Float64Array, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fanpulse_core::Engine;
use fanpulse_core::ingest::Dataset;
use fanpulse_platforms::{ReadOptions, read};
use mimalloc::MiMalloc;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use shapes::{Order, Shape, as_of};

/// That of the binary `fanpulse`.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const GROUP: usize = 1_000_000;

fn name(artist: u32) -> String {
    format!("a{artist:06}")
}

fn write_csv(shape: &Shape, path: &Path) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "artist_id,platform,metric,observed_at,value")?;
    for row in 0..shape.value.len() {
        let c = &shape.components[usize::from(shape.component[row])];
        let day = fanpulse_core::Day::try_new(shape.day[row]).expect("a day");
        writeln!(out, "{},{},{},{day},{}", name(shape.artist[row]), c.platform, c.metric, shape.value[row])?;
    }
    out.flush()
}

fn write_parquet(shape: &Shape, path: &Path) {
    let rows = shape.value.len();
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).set_max_row_group_row_count(Some(GROUP)).build();
    let mut writer = None;
    for start in (0..rows).step_by(GROUP) {
        let range = start..(start + GROUP).min(rows);
        let ids: StringArray = range.clone().map(|r| Some(name(shape.artist[r]))).collect();
        let text = |f: fn(&fanpulse_core::ingest::Component) -> &str| -> ArrayRef {
            let values = range.clone().map(|r| f(&shape.components[usize::from(shape.component[r])]));
            Arc::new(values.collect::<DictionaryArray<Int32Type>>())
        };
        let batch = RecordBatch::try_from_iter([
            ("artist_id", Arc::new(ids) as ArrayRef),
            ("platform", text(|c| c.platform.as_str())),
            ("metric", text(|c| c.metric.as_str())),
            ("observed_at", Arc::new(Date32Array::from(shape.day[range.clone()].to_vec())) as ArrayRef),
            ("value", Arc::new(Float64Array::from(shape.value[range].to_vec())) as ArrayRef),
        ])
        .expect("a batch");
        let writer = writer.get_or_insert_with(|| {
            ArrowWriter::try_new(File::create(path).expect("a file"), batch.schema(), Some(properties.clone())).expect("a writer")
        });
        writer.write(&batch).expect("a row group");
    }
    writer.expect("a shape with rows").close().expect("a footer");
}

fn readers(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut group = c.benchmark_group("read");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    for artists in [1_000, 33_000] {
        let shape = Shape::new(artists, Order::ComponentThenDay);
        let (csv, parquet) = (folder.path().join("rows.csv"), folder.path().join("rows.parquet"));
        write_csv(&shape, &csv).expect("a file");
        write_parquet(&shape, &parquet);
        group.throughput(Throughput::Elements(shape.value.len() as u64));
        for (format, path) in [("csv", &csv), ("parquet", &parquet)] {
            group.bench_function(BenchmarkId::new(format, shape.value.len()), |b| {
                b.iter(|| {
                    let mut data = Dataset::default();
                    read(path, &ReadOptions::default(), &mut data).expect("a data set");
                    data
                });
            });
        }
        let engine = Engine::default();
        group.bench_function(BenchmarkId::new("parquet-to-scores", shape.value.len()), |b| {
            b.iter(|| {
                let mut data = Dataset::default();
                read(&parquet, &ReadOptions::default(), &mut data).expect("a data set");
                engine.score(&data, as_of()).expect("scores")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, readers);
criterion_main!(benches);
