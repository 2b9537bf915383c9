//! Text as keys into a dictionary, and what the keys stand for.

use std::borrow::Cow;

use arrow::array::{Array, ArrayRef, DictionaryArray, StringArray};
use arrow::datatypes::Int32Type;

use super::Failure;
use super::chunk::damaged;

/// The key of a row where nothing stands.
const MISSING: i32 = -1;

/// Text as keys into a dictionary.
pub(super) struct Texts<'a> {
    keys: &'a DictionaryArray<Int32Type>,
    pub(super) values: &'a StringArray,
}

impl<'a> Texts<'a> {
    pub(super) fn new(array: &'a ArrayRef) -> Result<Self, Failure> {
        let keys = array.as_any().downcast_ref::<DictionaryArray<Int32Type>>();
        let values = keys.and_then(|k| k.values().as_any().downcast_ref::<StringArray>());
        match (keys, values) {
            (Some(keys), Some(values)) => Ok(Self { keys, values }),
            _ => Err(damaged("text was decoded as something else")),
        }
    }

    /// Each row's position in the dictionary, [`MISSING`] where nothing stands.
    pub(super) fn keys(&self) -> Cow<'a, [i32]> {
        let keys: &[i32] = self.keys.keys().values();
        match self.keys.nulls() {
            Some(nulls) if nulls.null_count() > 0 => {
                let key = |(&key, valid)| if valid { key } else { MISSING };
                Cow::Owned(keys.iter().zip(nulls.iter()).map(key).collect())
            }
            _ => Cow::Borrowed(keys),
        }
    }

    /// The text at a position of the dictionary, without the space around it.
    pub(super) fn get(&self, key: i32) -> Option<&'a str> {
        let key = usize::try_from(key).ok()?;
        (key < self.values.len() && self.values.is_valid(key)).then(|| self.values.value(key).trim_ascii())
    }
}

/// What the keys of a dictionary stand for, found once for each key.
pub(super) struct Known<T> {
    dictionary: SameDictionary,
    known: Vec<Option<T>>,
}

impl<T: Copy> Known<T> {
    pub(super) fn new() -> Self {
        Self { dictionary: SameDictionary::default(), known: Vec::new() }
    }

    /// Forgets what is known if the batch has another dictionary than the last one had.
    pub(super) fn look_at(&mut self, texts: &Texts<'_>) {
        if self.dictionary.is_new(texts.values) {
            self.known.clear();
            self.known.resize(texts.values.len(), None);
        }
    }

    /// What the key stands for.
    #[inline]
    pub(super) fn get<E>(&mut self, key: i32, find: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let slot = usize::try_from(key).ok().and_then(|key| self.known.get_mut(key));
        match slot {
            Some(Some(found)) => Ok(*found),
            Some(slot) => Ok(*slot.insert(find()?)),
            None => find(),
        }
    }
}

/// Remembers which dictionary was last looked at: the batches of a row group mostly share one.
#[derive(Default)]
struct SameDictionary(Option<StringArray>);

impl SameDictionary {
    /// Whether the dictionary is another than last time.
    fn is_new(&mut self, values: &StringArray) -> bool {
        // The array is kept, so that no other can come to stand at its address.
        let same = self.0.as_ref().is_some_and(|last| {
            last.len() == values.len()
                && std::ptr::eq(last.value_offsets().as_ptr(), values.value_offsets().as_ptr())
                && std::ptr::eq(last.value_data().as_ptr(), values.value_data().as_ptr())
        });
        if !same {
            self.0 = Some(values.clone());
        }
        !same
    }
}
