//! What a file's first bytes say it is: packed, in which encoding.

use std::io::{self, BufReader, Cursor, Read};

use super::utf16::{Endian, Utf16Reader};
use crate::{Compression, Error, Result};

/// How many of the first bytes are looked at.
const HEAD: usize = 8;

const PARQUET: &[u8] = b"PAR1";
const PARQUET_ENCRYPTED: &[u8] = b"PARE";
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const ZIP: &[u8] = b"PK\x03\x04";
const BOM_UTF8: &[u8] = &[0xef, 0xbb, 0xbf];
const BOM_UTF16_LE: &[u8] = &[0xff, 0xfe];
const BOM_UTF16_BE: &[u8] = &[0xfe, 0xff];

/// A stream whose first bytes are known and will be read again.
pub(crate) struct Head<R> {
    bytes: [u8; HEAD],
    len: usize,
    rest: R,
}

impl<R: Read> Head<R> {
    pub(crate) fn new(mut rest: R) -> io::Result<Self> {
        let mut bytes = [0; HEAD];
        let mut len = 0;
        while len < HEAD {
            match rest.read(&mut bytes[len..]) {
                Ok(0) => break,
                Ok(n) => len += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(Self { bytes, len, rest })
    }

    fn starts_with(&self, magic: &[u8]) -> bool {
        self.bytes[..self.len].starts_with(magic)
    }

    pub(crate) fn is_parquet(&self) -> bool {
        self.starts_with(PARQUET) || self.starts_with(PARQUET_ENCRYPTED)
    }

    /// The whole stream again, or without its first `skip` bytes.
    fn into_reader(self, skip: usize) -> impl Read {
        let mut head = Cursor::new(self.bytes);
        head.set_position(skip as u64);
        head.take((self.len - skip) as u64).chain(self.rest)
    }
}

/// A stream of UTF-8 text without a byte-order mark.
pub(super) struct Decoded<'a> {
    pub(super) compression: Option<Compression>,
    pub(super) reader: Box<dyn Read + 'a>,
}

/// Unpacks the stream and turns it into UTF-8.
pub(super) fn decode<'a>(name: &str, head: Head<impl Read + 'a>) -> Result<Decoded<'a>> {
    if head.starts_with(GZIP) {
        let packed = BufReader::with_capacity(1 << 16, head.into_reader(0));
        unpacked(name, Compression::Gzip, flate2::bufread::MultiGzDecoder::new(packed))
    } else if head.starts_with(ZSTD) {
        let packed = BufReader::with_capacity(1 << 16, head.into_reader(0));
        let reader = zstd::stream::read::Decoder::with_buffer(packed).map_err(|e| Error::from_io(name, e))?;
        unpacked(name, Compression::Zstd, reader)
    } else {
        Ok(Decoded { compression: None, reader: plain(name, head)? })
    }
}

fn unpacked<'a>(name: &str, compression: Compression, reader: impl Read + 'a) -> Result<Decoded<'a>> {
    let source = super::Source { name, compression: Some(compression) };
    let head = Head::new(reader).map_err(|e| source.io(1, e))?;
    if head.is_parquet() {
        return Err(source.whole(&format!("a Parquet file inside {compression}; unpack it first")));
    }
    if head.starts_with(GZIP) || head.starts_with(ZSTD) {
        return Err(source.whole("packed twice; unpack it once"));
    }
    Ok(Decoded { compression: Some(compression), reader: plain(name, head)? })
}

/// The stream as UTF-8 text.
fn plain<'a>(name: &str, head: Head<impl Read + 'a>) -> Result<Box<dyn Read + 'a>> {
    if head.is_parquet() {
        return Err(Error::invalid(format!("{name}: a Parquet file cannot be read from a stream; name the file itself")));
    }
    if head.starts_with(ZIP) {
        return Err(Error::invalid(format!("{name}: a zip archive or a spreadsheet workbook; unpack it, or save the sheet as CSV")));
    }
    Ok(if head.starts_with(BOM_UTF8) {
        Box::new(head.into_reader(BOM_UTF8.len()))
    } else if head.starts_with(BOM_UTF16_LE) {
        Box::new(Utf16Reader::new(head.into_reader(2), Endian::Little))
    } else if head.starts_with(BOM_UTF16_BE) {
        Box::new(Utf16Reader::new(head.into_reader(2), Endian::Big))
    } else {
        Box::new(head.into_reader(0))
    })
}
