//! Results of any serialisable type for JavaScript: their shapes as text, their numbers in one array.
//!
//! One call per property would cost more than the scores themselves, and JSON would print and read every number. So each
//! value is written as its shape, which many values share, and a run of numbers; `ts/unpack.ts` turns a shape into the
//! function that makes such objects, their names in camelCase.

use std::fmt::{self, Write};

use fanpulse_core::ingest::Names;
use napi::bindgen_prelude::Float64Array;
use napi_derive::napi;
use rayon::prelude::*;
use serde::ser::{self, Serialize};

use crate::error::{Failure, Outcome};
use crate::shape::{Key, Shape};
use crate::text::Text;

/// Values per pack: few enough that reading one takes less than a millisecond or two.
const PACK: usize = 256;
/// Numbers of an analysis, about.
const NUMBERS: usize = 80;

/// Some values. A number is itself, none is NaN, a truth value is 0 or 1, a text its position in `texts`; a list is its
/// length and each item as the position of its shape and its numbers.
#[napi(object, object_from_js = false)]
pub struct Pack {
    /// Shapes as JSON: `"n"` number or null, `"b"` truth value, `"s"` text, `"a"` list; lists of fixed length and objects as such.
    pub shapes: Vec<String>,
    /// How many values there are.
    pub len: u32,
    /// The values, each as the position of its shape and its numbers.
    pub numbers: Float64Array,
    /// The texts.
    pub texts: Text,
}

/// Packs values on all processors, in order.
pub(crate) fn packs<T: Serialize>(len: usize, value: impl Fn(usize) -> T + Sync) -> Outcome<Vec<Pack>> {
    packs_by(len, |packer, &mut (), i| packer.item(&value(i)).map(|_| ()))
}

/// Packs values by a function that writes one of them; values of one pack share what `S` holds.
pub(crate) fn packs_by<S: Default>(
    len: usize,
    write: impl Fn(&mut Packer, &mut S, usize) -> Result<(), Unpackable> + Sync,
) -> Outcome<Vec<Pack>> {
    let one = |pack: usize| {
        let range = pack * PACK..((pack + 1) * PACK).min(len);
        let mut shared = S::default();
        let mut packer = Packer { numbers: Vec::with_capacity(range.len() * NUMBERS), ..Packer::default() };
        #[expect(clippy::cast_possible_truncation, reason = "at most PACK")]
        let len = range.len() as u32;
        for i in range {
            write(&mut packer, &mut shared, i)?;
        }
        let Packer { shapes, numbers, texts, .. } = packer;
        Ok(Pack { shapes, len, numbers: Float64Array::new(numbers), texts: Text::of(texts.iter()) })
    };
    let made: Result<_, Unpackable> = match len.div_ceil(PACK) {
        // A single one is made before another thread would be awake.
        few @ ..2 => (0..few).map(one).collect(),
        many => (0..many).into_par_iter().map(one).collect(),
    };
    made.map_err(Failure::from)
}

/// Something that results do not hold.
#[derive(Debug)]
pub(crate) struct Unpackable(pub(crate) String);

impl fmt::Display for Unpackable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unpackable {}

impl ser::Error for Unpackable {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl From<Unpackable> for Failure {
    fn from(e: Unpackable) -> Self {
        fanpulse_core::Error::new(fanpulse_core::ErrorKind::Internal, "a result cannot be handed to JavaScript").caused_by(e).into()
    }
}

/// A pack in the making.
#[derive(Default)]
pub(crate) struct Packer {
    /// The shapes so far, and the number that stands for each; there are few.
    shapes: Vec<String>,
    known: Vec<u64>,
    pub(crate) numbers: Vec<f64>,
    texts: Names,
    /// The shape of the value at hand.
    shape: Shape,
    /// A text that is being printed.
    printed: String,
}

impl Packer {
    /// Writes a value with its own shape, whose position stands at the place that is given back.
    pub(crate) fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<usize, Unpackable> {
        let outer = std::mem::take(&mut self.shape);
        let place = self.numbers.len();
        self.numbers.push(0.0);
        value.serialize(&mut *self)?;
        let number = self.shape.number();
        let position = match self.known.iter().position(|&known| known == number) {
            Some(position) => position,
            None => {
                // Once more, for the text.
                self.numbers.truncate(place + 1);
                self.shape = Shape::written();
                value.serialize(&mut *self)?;
                self.shapes.push(std::mem::take(&mut self.shape).into_text());
                self.known.push(number);
                self.shapes.len() - 1
            }
        };
        self.shape = outer;
        #[expect(clippy::cast_precision_loss, reason = "fewer shapes than values")]
        let position = position as f64;
        self.numbers[place] = position;
        Ok(place)
    }

    fn leaf(&mut self, shape: &str, number: f64) {
        self.shape.push(shape);
        self.numbers.push(number);
    }

    fn text(&mut self, text: &str) {
        let position = self.position(text);
        self.leaf("\"s\"", position);
    }

    /// The position of a text among those of the pack.
    pub(crate) fn position(&mut self, text: &str) -> f64 {
        f64::from(self.texts.intern(text))
    }

    /// The position of what a value prints.
    pub(crate) fn printed<T: fmt::Display + ?Sized>(&mut self, value: &T) -> Result<f64, Unpackable> {
        let mut printed = std::mem::take(&mut self.printed);
        printed.clear();
        write!(printed, "{value}").map_err(ser::Error::custom)?;
        let position = self.position(&printed);
        self.printed = printed;
        Ok(position)
    }

    /// Writes figures, NaN where one is not finite.
    pub(crate) fn figures(&mut self, figures: &[f64]) {
        self.numbers.extend(figures.iter().map(|&x| if x.is_finite() { x } else { f64::NAN }));
    }
}

/// `growth_rate` as `growthRate`.
pub(crate) fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut up = false;
    for c in name.chars() {
        match c {
            '_' => up = true,
            c if up => {
                out.extend(c.to_uppercase());
                up = false;
            }
            c => out.push(c),
        }
    }
    out
}

/// An object or a list under way; what closes it.
pub(crate) struct Open<'a> {
    packer: &'a mut Packer,
    end: &'static str,
    /// Where the length of a list stands, and how many items it has so far.
    list: Option<(usize, u32)>,
}

impl<'a> Open<'a> {
    fn new(packer: &'a mut Packer, start: &str, end: &'static str) -> Self {
        packer.shape.push(start);
        Self { packer, end, list: None }
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Unpackable> {
        self.packer.shape.name(name);
        value.serialize(&mut *self.packer)
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unpackable> {
        if let Some((_, len)) = &mut self.list {
            *len += 1;
            return self.packer.item(value).map(|_| ());
        }
        self.packer.shape.next('[');
        value.serialize(&mut *self.packer)
    }

    fn close(self) {
        self.packer.shape.push(self.end);
        if let Some((place, len)) = self.list {
            self.packer.numbers[place] = f64::from(len);
        }
    }
}

macro_rules! numbers {
    ($($name:ident: $type:ty),*) => {
        $(fn $name(self, v: $type) -> Result<(), Unpackable> {
            self.leaf("\"n\"", v as f64);
            Ok(())
        })*
    };
}

impl<'a> ser::Serializer for &'a mut Packer {
    type Ok = ();
    type Error = Unpackable;
    type SerializeSeq = Open<'a>;
    type SerializeTuple = Open<'a>;
    type SerializeTupleStruct = Open<'a>;
    type SerializeTupleVariant = ser::Impossible<(), Unpackable>;
    type SerializeMap = Open<'a>;
    type SerializeStruct = Open<'a>;
    type SerializeStructVariant = ser::Impossible<(), Unpackable>;

    numbers!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32);

    fn serialize_bool(self, v: bool) -> Result<(), Unpackable> {
        self.leaf("\"b\"", f64::from(u8::from(v)));
        Ok(())
    }

    fn serialize_f64(self, v: f64) -> Result<(), Unpackable> {
        self.leaf("\"n\"", if v.is_finite() { v } else { f64::NAN });
        Ok(())
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Unpackable> {
        let position = self.printed(value)?;
        self.leaf("\"s\"", position);
        Ok(())
    }

    fn serialize_char(self, v: char) -> Result<(), Unpackable> {
        self.text(v.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, v: &str) -> Result<(), Unpackable> {
        self.text(v);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Unpackable> {
        Err(Unpackable("bytes".to_owned()))
    }

    fn serialize_none(self) -> Result<(), Unpackable> {
        self.leaf("\"n\"", f64::NAN);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unpackable> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unpackable> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unpackable> {
        self.serialize_none()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Unpackable> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Unpackable> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: &str, _: u32, variant: &str, value: &T) -> Result<(), Unpackable> {
        let mut open = Open::new(self, "{", "}");
        open.field(variant, value)?;
        open.close();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Open<'a>, Unpackable> {
        let place = self.numbers.len();
        self.leaf("\"a\"", 0.0);
        Ok(Open { packer: self, end: "", list: Some((place, 0)) })
    }

    fn serialize_tuple(self, _: usize) -> Result<Open<'a>, Unpackable> {
        Ok(Open::new(self, "[", "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Open<'a>, Unpackable> {
        self.serialize_tuple(len)
    }

    fn serialize_tuple_variant(self, _: &str, _: u32, variant: &str, _: usize) -> Result<Self::SerializeTupleVariant, Unpackable> {
        Err(Unpackable(variant.to_owned()))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Open<'a>, Unpackable> {
        Ok(Open::new(self, "{", "}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Open<'a>, Unpackable> {
        Ok(Open::new(self, "{", "}"))
    }

    fn serialize_struct_variant(self, _: &str, _: u32, variant: &str, _: usize) -> Result<Self::SerializeStructVariant, Unpackable> {
        Err(Unpackable(variant.to_owned()))
    }
}

macro_rules! open {
    ($($trait:ident $method:ident;)*) => {$(
        impl ser::$trait for Open<'_> {
            type Ok = ();
            type Error = Unpackable;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unpackable> {
                self.element(value)
            }

            fn end(self) -> Result<(), Unpackable> {
                self.close();
                Ok(())
            }
        }
    )*};
}

open! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
}

impl ser::SerializeStruct for Open<'_> {
    type Ok = ();
    type Error = Unpackable;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unpackable> {
        self.field(name, value)
    }

    fn end(self) -> Result<(), Unpackable> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeMap for Open<'_> {
    type Ok = ();
    type Error = Unpackable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unpackable> {
        key.serialize(Key(&mut self.packer.shape))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unpackable> {
        value.serialize(&mut *self.packer)
    }

    fn end(self) -> Result<(), Unpackable> {
        self.close();
        Ok(())
    }
}
