//! From names to the codes of a dataset, quick where rows repeat the names of the rows before.

use fanpulse_core::ingest::{Dataset, Metric, Names};

use crate::DropReason;
use crate::cell::utf8;
use crate::error::quoted;
use crate::fault::Fault;

/// The most components or platforms that a dataset's codes can tell apart.
const MOST: usize = 65_535;

/// Codes of artists.
#[derive(Debug, Default)]
pub(crate) struct ArtistCodes {
    last: Option<u32>,
}

impl ArtistCodes {
    /// The code of the artist; `column` is named where the id is not UTF-8.
    #[inline]
    pub(crate) fn code(&mut self, data: &mut Dataset, id: &[u8], column: &str) -> Result<u32, Box<Fault>> {
        if let Some(code) = self.last
            && data.artists.get(code).is_some_and(|last| last.as_bytes() == id)
        {
            return Ok(code);
        }
        let code = data.artists.intern(utf8(id, column)?);
        self.last = Some(code);
        Ok(code)
    }
}

/// Codes of components by platform and metric, as the file spells them.
#[derive(Debug, Default)]
pub(crate) struct ComponentCodes {
    /// `platform NUL metric`, one for each of `codes`.
    pairs: Names,
    codes: Vec<u16>,
    /// The pair of the last row; the next row mostly has this one or the one after it.
    last: usize,
    key: String,
}

/// Which column is named in a fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PairColumns<'a> {
    pub(crate) platform: &'a str,
    pub(crate) metric: &'a str,
}

impl ComponentCodes {
    /// The code of the component.
    #[inline]
    pub(crate) fn code(&mut self, data: &mut Dataset, platform: &[u8], metric: &[u8], columns: PairColumns<'_>) -> Result<u16, Box<Fault>> {
        let next = if self.last + 1 < self.codes.len() { self.last + 1 } else { 0 };
        for guess in [self.last, next] {
            if self.is(guess, platform, metric) {
                self.last = guess;
                return Ok(self.codes[guess]);
            }
        }
        self.look_up(data, platform, metric, columns)
    }

    #[inline]
    fn is(&self, pair: usize, platform: &[u8], metric: &[u8]) -> bool {
        let Some(key) = u32::try_from(pair).ok().and_then(|i| self.pairs.get(i)) else { return false };
        let key = key.as_bytes();
        key.len() == platform.len() + 1 + metric.len() && key.starts_with(platform) && key[platform.len()] == 0 && key.ends_with(metric)
    }

    fn look_up(&mut self, data: &mut Dataset, platform: &[u8], metric: &[u8], columns: PairColumns<'_>) -> Result<u16, Box<Fault>> {
        let (platform, metric) = (utf8(platform, columns.platform)?, utf8(metric, columns.metric)?);
        self.key.clear();
        self.key.extend([platform, "\0", metric]);
        let pair = match self.pairs.code(&self.key) {
            Some(pair) => pair as usize,
            None => {
                let code = component_code(data, platform, known_metric(metric, columns.metric)?)?;
                self.codes.push(code);
                self.pairs.intern(&self.key) as usize
            }
        };
        self.last = pair;
        Ok(self.codes[pair])
    }
}

/// The metric of that name.
pub(crate) fn known_metric(name: &str, column: &str) -> Result<Metric, Box<Fault>> {
    name.parse().map_err(|_| {
        let known: Vec<&str> = Metric::ALL.iter().map(|m| m.as_str()).collect();
        Fault::new(
            DropReason::UnknownMetric,
            format!("{column}: {} is no metric; the known ones are {}", quoted(name.as_bytes()), known.join(", ")),
        )
    })
}

/// The code of the component in the dataset.
pub(crate) fn component_code(data: &mut Dataset, platform: &str, metric: Metric) -> Result<u16, Box<Fault>> {
    let too_many = || Fault::new(DropReason::TooLarge, "more than 65,535 components (platform and metric)".to_owned());
    let known = |data: &Dataset| data.components.iter().any(|c| c.metric == metric && c.platform == platform);
    if data.components.len() >= MOST && !known(data) {
        return Err(too_many());
    }
    data.component_code(platform, metric).map_err(|_| too_many())
}

/// Codes of the posts' platforms.
#[derive(Debug, Default)]
pub(crate) struct PlatformCodes {
    last: Option<u16>,
}

impl PlatformCodes {
    /// The code of the platform.
    #[inline]
    pub(crate) fn code(&mut self, data: &mut Dataset, platform: &[u8], column: &str) -> Result<u16, Box<Fault>> {
        if let Some(code) = self.last
            && data.platforms.get(usize::from(code)).is_some_and(|p| p.as_bytes() == platform)
        {
            return Ok(code);
        }
        let code = platform_code(data, utf8(platform, column)?)?;
        self.last = Some(code);
        Ok(code)
    }
}

/// The code of the posts' platform in the dataset.
pub(crate) fn platform_code(data: &mut Dataset, platform: &str) -> Result<u16, Box<Fault>> {
    let too_many = || Fault::new(DropReason::TooLarge, "more than 65,535 platforms".to_owned());
    if data.platforms.len() >= MOST && !data.platforms.iter().any(|p| p == platform) {
        return Err(too_many());
    }
    data.platform_code(platform).map_err(|_| too_many())
}
