//! Series without spikes, from a seed.

/// SplitMix64 (Steele, Lea, Flood 2014) and what is drawn with it.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// In (0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// Box and Muller (1958).
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Products of uniforms (Knuth), the mean in pieces that e⁻ᵐ can express.
    pub(crate) fn poisson(&mut self, mean: f64) -> f64 {
        let mut count = 0.0;
        let mut left = mean;
        while left > 0.0 {
            let piece = left.min(200.0);
            left -= piece;
            let floor = (-piece).exp();
            let mut product = self.uniform();
            while product > floor {
                count += 1.0;
                product *= self.uniform();
            }
        }
        count
    }

    /// Marsaglia and Tsang (2000), shape ≥ 1; below 1 by a power of a uniform.
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0) * self.uniform().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    pub(crate) fn negative_binomial(&mut self, mean: f64, dispersion: f64) -> f64 {
        let rate = self.gamma(1.0 / dispersion) * dispersion * mean;
        self.poisson(rate)
    }
}

/// A family of series without spikes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Null {
    Poisson(f64),
    NegativeBinomial(f64, f64),
    /// Mean·exp(AR(1)): autocorrelation, standard deviation of the logarithm.
    LogAr(f64, f64),
    /// Mean·(1 + AR(1)): autocorrelation, relative standard deviation.
    Ar(f64, f64),
    WeeklyPoisson(f64),
    WeeklyNegativeBinomial(f64, f64),
    WeeklyLogAr(f64, f64),
}

impl Null {
    /// `n` steps, `per_day` of them in a day; means are per day, with a daily pattern where the steps are finer and the family seasonal.
    pub(crate) fn draw(self, noise: &mut Noise, n: usize, per_day: usize) -> Vec<f64> {
        let mut ar = noise.normal();
        let mut next_ar = |noise: &mut Noise, phi: f64, sd: f64| {
            ar = phi * ar + (1.0 - phi * phi).sqrt() * noise.normal();
            sd * ar
        };
        let scale = if per_day == 1 { 1.0 } else { 4.0 / per_day as f64 };
        (0..n)
            .map(|i| {
                let weekday = (i / per_day) % 7;
                let weekly = (0.3 * (std::f64::consts::TAU * weekday as f64 / 7.0).cos() + if weekday >= 5 { 0.2 } else { 0.0 }).exp();
                let daily =
                    if per_day == 1 { 1.0 } else { (0.8 * (std::f64::consts::TAU * (i % per_day) as f64 / per_day as f64).sin()).exp() };
                let season = weekly * daily * scale;
                match self {
                    Self::Poisson(mean) => noise.poisson(mean * scale),
                    Self::NegativeBinomial(mean, dispersion) => noise.negative_binomial(mean * scale, dispersion),
                    Self::LogAr(phi, sd) => 1000.0 * scale * next_ar(noise, phi, sd).exp(),
                    Self::Ar(phi, sd) => 1000.0 * scale * (1.0 + next_ar(noise, phi, sd)).max(0.0),
                    Self::WeeklyPoisson(mean) => noise.poisson(mean * season),
                    Self::WeeklyNegativeBinomial(mean, dispersion) => noise.negative_binomial(mean * season, dispersion),
                    Self::WeeklyLogAr(phi, sd) => 1000.0 * season * next_ar(noise, phi, sd).exp(),
                }
            })
            .collect()
    }
}
