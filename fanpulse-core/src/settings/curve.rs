//! Monotone piecewise-linear curves, by which raw values become scores.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The most knots a curve can have.
pub const MAX_KNOTS: usize = 8;

/// A monotone piecewise-linear function, constant outside its knots (`scoring.md` §1).
///
/// # Example: a curve of two knots
/// ```
/// use fanpulse_core::settings::Curve;
/// let curve = Curve::try_new(&[(0.0, 4.0), (0.1, 5.0)])?;
/// assert_eq!(curve.at(0.05), 4.5);
/// assert_eq!(curve.at(-1.0), 4.0);
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(f64, f64)>", into = "Vec<(f64, f64)>")]
pub struct Curve {
    len: usize,
    x: [f64; MAX_KNOTS],
    y: [f64; MAX_KNOTS],
    slope: [f64; MAX_KNOTS],
    low: [f64; MAX_KNOTS],
    high: [f64; MAX_KNOTS],
}

impl Curve {
    /// The curve through knots `(x, y)`.
    ///
    /// # Errors
    /// `invalid` unless there are 1–8 finite knots with strictly ascending x and monotone y.
    pub fn try_new(knots: &[(f64, f64)]) -> Result<Self> {
        if knots.is_empty() || knots.len() > MAX_KNOTS {
            return Err(Error::invalid(format!("a curve has {} knots where 1 to {MAX_KNOTS} are possible", knots.len())));
        }
        if let Some((x, y)) = knots.iter().find(|(x, y)| !x.is_finite() || !y.is_finite()) {
            return Err(Error::invalid(format!("curve knot ({x}, {y}) is not finite")));
        }
        if let Some(w) = knots.windows(2).find(|w| w[0].0 >= w[1].0) {
            return Err(Error::invalid(format!("curve knots are not ascending: {} then {}", w[0].0, w[1].0)));
        }
        let up = knots.windows(2).all(|w| w[0].1 <= w[1].1);
        let down = knots.windows(2).all(|w| w[0].1 >= w[1].1);
        if !up && !down {
            return Err(Error::invalid("a curve rises and falls; it must be monotone"));
        }
        let last = knots[knots.len() - 1].1;
        // Knots that are not used lie at infinity, so that the kernel always walks eight.
        let mut curve = Self {
            len: knots.len(),
            x: [f64::INFINITY; MAX_KNOTS],
            y: [last; MAX_KNOTS],
            slope: [0.0; MAX_KNOTS],
            low: [last; MAX_KNOTS],
            high: [last; MAX_KNOTS],
        };
        for (i, &(x, y)) in knots.iter().enumerate() {
            let next = knots.get(i + 1).copied().unwrap_or((f64::INFINITY, y));
            curve.x[i] = x;
            curve.y[i] = y;
            curve.slope[i] = if next.0.is_finite() { (next.1 - y) / (next.0 - x) } else { 0.0 };
            curve.low[i] = y.min(next.1);
            curve.high[i] = y.max(next.1);
        }
        Ok(curve)
    }

    /// The knots.
    #[must_use]
    pub fn knots(&self) -> Vec<(f64, f64)> {
        (0..self.len).map(|i| (self.x[i], self.y[i])).collect()
    }

    /// The least and the greatest value it takes.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        let (a, b) = (self.y[0], self.y[self.len - 1]);
        (a.min(b), a.max(b))
    }

    /// The value at `x`; NaN gives the first knot's value.
    #[must_use]
    #[inline(always)]
    pub fn at(&self, x: f64) -> f64 {
        // Branch-free: each knot at or below x takes over from the one before. Clamped to the segment,
        // so that rounding never makes a rising curve fall at a knot.
        let mut y = self.y[0];
        for i in 0..MAX_KNOTS {
            let on_segment = self.y[i] + (x - self.x[i]) * self.slope[i];
            let clamped = if on_segment > self.low[i] { on_segment } else { self.low[i] };
            let clamped = if clamped < self.high[i] { clamped } else { self.high[i] };
            y = if x >= self.x[i] { clamped } else { y };
        }
        y
    }
}

impl TryFrom<Vec<(f64, f64)>> for Curve {
    type Error = Error;

    fn try_from(knots: Vec<(f64, f64)>) -> Result<Self> {
        Self::try_new(&knots)
    }
}

impl From<Curve> for Vec<(f64, f64)> {
    fn from(curve: Curve) -> Self {
        curve.knots()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(knots: &[(f64, f64)], message: &str) {
        assert_eq!(Curve::try_new(knots).unwrap_err().to_string(), message);
    }

    #[test]
    fn passes_through_its_knots_and_is_constant_outside() {
        let c = Curve::try_new(&[(-25.0, 0.0), (0.0, 25.0), (5.0, 50.0), (20.0, 100.0)]).unwrap();
        for (x, y) in c.knots() {
            assert_eq!(c.at(x), y);
        }
        assert_eq!((c.at(-1e9), c.at(1e9)), (0.0, 100.0));
        assert_eq!((c.at(f64::NEG_INFINITY), c.at(f64::INFINITY)), (0.0, 100.0));
        assert_eq!(c.at(2.5), 37.5);
    }

    #[test]
    fn refuses_what_is_not_a_monotone_function() {
        check(&[], "a curve has 0 knots where 1 to 8 are possible");
        check(&[(0.0, 1.0), (0.0, 2.0)], "curve knots are not ascending: 0 then 0");
        check(&[(0.0, 1.0), (1.0, 2.0), (2.0, 0.0)], "a curve rises and falls; it must be monotone");
        check(&[(0.0, f64::NAN)], "curve knot (0, NaN) is not finite");
    }
}
