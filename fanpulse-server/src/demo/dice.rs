//! Random numbers that a seed fixes on every machine.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// A stream of random numbers. Only additions, multiplications and divisions are made of its bits, which every
/// machine rounds alike; logarithms and powers, which differ in their last bits, are not.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of one artist: another artist's has nothing to do with it.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(bytes);
        rng.set_stream(stream);
        Self(rng)
    }

    /// A number from 0 to below 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number from `low` to below `high`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number from `low` to `high`.
    pub(super) fn whole(&mut self, low: u32, high: u32) -> u32 {
        let span = u64::from(high.saturating_sub(low)) + 1;
        // The bias of the remainder is far below anything a simulation shows.
        low + u32::try_from(self.0.next_u64() % span).unwrap_or(0)
    }

    /// Yes in a share `p` of the cases.
    pub(super) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// One of these.
    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let last = u32::try_from(from.len().checked_sub(1)?).unwrap_or(0);
        from.get(self.whole(0, last) as usize).copied()
    }

    /// Nearly a normal number of mean 0 and standard deviation 1: the sum of twelve uniform ones, less their mean.
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).fold(-6.0, |sum, _| sum + self.unit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_same_on_every_machine() {
        // Computed from the definition of ChaCha8 (key 7, stream 3) by another program.
        let mut dice = Dice::new(7, 3);
        let drawn: Vec<u32> = (0..4).map(|_| dice.whole(0, 999)).collect();
        assert_eq!(drawn, [366, 962, 749, 550]);
    }

    #[test]
    fn normal_numbers_have_their_moments() {
        let mut dice = Dice::new(1, 1);
        let drawn: Vec<f64> = (0..20_000).map(|_| dice.normal()).collect();
        let mean = drawn.iter().sum::<f64>() / 20_000.0;
        let variance = drawn.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }
}
