//! The shapes of values, and the names in them.

use serde::ser::{self, Serialize};

use crate::pack::Unpackable;

/// A shape as a number, which tells whether it is known, and as text only where it is not.
#[derive(Default)]
pub(crate) struct Shape {
    number: u64,
    text: Option<String>,
}

impl Shape {
    /// An empty one that is written down as text too.
    pub(crate) fn written() -> Self {
        Self { number: 0, text: Some(String::new()) }
    }

    /// The number that stands for it.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// Its text, where it was written down.
    pub(crate) fn into_text(self) -> String {
        self.text.unwrap_or_default()
    }

    /// Something that shapes differ by.
    #[inline]
    fn mark(&mut self, part: &str) {
        let mut number = self.number ^ (part.len() as u64) << 56;
        let mut add = |word: u64| number = (number ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        let bytes = part.as_bytes();
        match bytes.last_chunk() {
            Some(last) => {
                bytes.as_chunks().0.iter().for_each(|chunk| add(u64::from_le_bytes(*chunk)));
                add(u64::from_le_bytes(*last));
            }
            None => add(bytes.iter().fold(0, |word, &byte| word << 8 | u64::from(byte))),
        }
        self.number = number;
    }

    /// A part of the text as it stands.
    pub(crate) fn push(&mut self, part: &str) {
        self.mark(part);
        if let Some(text) = &mut self.text {
            text.push_str(part);
        }
    }

    /// The next name of an object; names of fields hold nothing that JSON would escape.
    pub(crate) fn name(&mut self, name: &str) {
        self.mark(name);
        self.next('{');
        if let Some(text) = &mut self.text {
            text.extend(["\"", name, "\":"]);
        }
    }

    /// A comma, except behind what opens the object or list.
    pub(crate) fn next(&mut self, open: char) {
        if let Some(text) = self.text.as_mut().filter(|text| !text.ends_with(open)) {
            text.push(',');
        }
    }
}

/// The name of an entry of a map, which has to be text.
pub(crate) struct Key<'a>(pub(crate) &'a mut Shape);

macro_rules! no_keys {
    ($($name:ident($($type:ty),*);)*) => {
        $(fn $name(self, $(_: $type),*) -> Result<(), Unpackable> {
            Err(Self::no_text())
        })*
    };
}

impl Key<'_> {
    fn no_text() -> Unpackable {
        Unpackable("a map whose keys are not text".to_owned())
    }
}

impl ser::Serializer for Key<'_> {
    type Ok = ();
    type Error = Unpackable;
    type SerializeSeq = ser::Impossible<(), Unpackable>;
    type SerializeTuple = ser::Impossible<(), Unpackable>;
    type SerializeTupleStruct = ser::Impossible<(), Unpackable>;
    type SerializeTupleVariant = ser::Impossible<(), Unpackable>;
    type SerializeMap = ser::Impossible<(), Unpackable>;
    type SerializeStruct = ser::Impossible<(), Unpackable>;
    type SerializeStructVariant = ser::Impossible<(), Unpackable>;

    no_keys! {
        serialize_bool(bool); serialize_i8(i8); serialize_i16(i16); serialize_i32(i32); serialize_i64(i64);
        serialize_u8(u8); serialize_u16(u16); serialize_u32(u32); serialize_u64(u64); serialize_f32(f32); serialize_f64(f64);
        serialize_char(char); serialize_bytes(&[u8]); serialize_none(); serialize_unit(); serialize_unit_struct(&'static str);
    }

    fn serialize_str(self, name: &str) -> Result<(), Unpackable> {
        self.0.name(name);
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Unpackable> {
        self.serialize_str(variant)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unpackable> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Unpackable> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: &str, _: u32, _: &str, _: &T) -> Result<(), Unpackable> {
        Err(Self::no_text())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Unpackable> {
        Err(Self::no_text())
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unpackable> {
        Err(Self::no_text())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Unpackable> {
        Err(Self::no_text())
    }

    fn serialize_tuple_variant(self, _: &str, _: u32, _: &str, _: usize) -> Result<Self::SerializeTupleVariant, Unpackable> {
        Err(Self::no_text())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unpackable> {
        Err(Self::no_text())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Unpackable> {
        Err(Self::no_text())
    }

    fn serialize_struct_variant(self, _: &str, _: u32, _: &str, _: usize) -> Result<Self::SerializeStructVariant, Unpackable> {
        Err(Self::no_text())
    }
}
