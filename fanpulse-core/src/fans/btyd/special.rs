//! Gamma functions and the exponential on this crate's own logarithm, so that a fit has the same bits on every CPU.
//!
//! A library's would call the platform's `log`, whose last bit depends on the CPU, and none at hand has the
//! trigamma function, which the Hessian needs.

use crate::math::{exp_m1, ln};

/// eˣ, 0 below −700 and e⁷⁰⁰ above 700; relative error below 3 units in the last place.
#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    let clamped = x.clamp(-700.0, 700.0);
    // Adding and taking away 1.5·2⁵² rounds to the nearest integer, without a call; it then stands in the low bits.
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    let rounded = clamped * std::f64::consts::LOG2_E + MAGIC;
    let k = rounded - MAGIC;
    // Cody and Waite's two-part ln 2 keeps the rest exact.
    let rest = (clamped - k * 6.931_471_803_691_238e-1) - k * 1.908_214_929_270_587_7e-10;
    let power = f64::from_bits(1.0_f64.to_bits().wrapping_add(rounded.to_bits().wrapping_sub(MAGIC.to_bits()) << 52));
    if x < -700.0 { 0.0 } else { power * (1.0 + exp_m1(rest)) }
}

/// ln(1 + x) for x > −1.
#[inline(always)]
pub(super) fn ln_1p(x: f64) -> f64 {
    // Goldberg's correction: what 1 + x loses is made good to first order.
    let u = 1.0 + x;
    let lost = x - (u - 1.0);
    ln(u) + lost / u
}

/// (eᵘ − 1)/u, 1 at 0.
#[inline(always)]
pub(super) fn exp_m1_over(u: f64) -> f64 {
    if u.abs() < 1e-300 { 1.0 } else { exp_m1(u.clamp(-700.0, 700.0)) / u }
}

/// ln Γ, ψ and ψ′ at one point.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Gamma {
    pub(super) ln: f64,
    pub(super) digamma: f64,
    pub(super) trigamma: f64,
}

impl std::ops::Sub for Gamma {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { ln: self.ln - other.ln, digamma: self.digamma - other.digamma, trigamma: self.trigamma - other.trigamma }
    }
}

/// ln Γ(x), ψ(x), ψ′(x) for x > 0.
///
/// # Formula
/// Upwards by Γ(x+1) = xΓ(x) to x ≥ 10, then the asymptotic series (Abramowitz and Stegun 6.1.41, 6.3.18, 6.4.12).
pub(super) fn gamma(mut x: f64) -> Gamma {
    let (mut product, mut logs, mut digamma, mut trigamma) = (1.0, 0.0, 0.0, 0.0);
    while x < 10.0 {
        // The product stays a normal number; a tiny x only comes first.
        product *= x;
        if product < 1e-200 {
            logs += ln(product);
            product = 1.0;
        }
        let inverse = 1.0 / x;
        digamma -= inverse;
        trigamma += inverse * inverse;
        x += 1.0;
    }
    const HALF_LN_2PI: f64 = 0.918_938_533_204_672_8;
    let log = ln(x);
    let i = 1.0 / x;
    let i2 = i * i;
    let psi = i2 * (1.0 / 12.0 - i2 * (1.0 / 120.0 - i2 * (1.0 / 252.0 - i2 * (1.0 / 240.0 - i2 * (1.0 / 132.0 - i2 * 691.0 / 32_760.0)))));
    let psi1 = i2 * i * (1.0 / 6.0 - i2 * (1.0 / 30.0 - i2 * (1.0 / 42.0 - i2 * (1.0 / 30.0 - i2 * (5.0 / 66.0 - i2 * 691.0 / 2_730.0)))));
    Gamma {
        ln: (x - 0.5) * log - x + HALF_LN_2PI + stirling(x) - ln(product) - logs,
        digamma: digamma + log - 0.5 * i - psi,
        trigamma: trigamma + i + 0.5 * i2 + psi1,
    }
}

/// ln Γ(x) − [(x − ½) ln x − x + ½ ln 2π] for x ≥ 10.
fn stirling(x: f64) -> f64 {
    let i = 1.0 / x;
    let i2 = i * i;
    let tail = 1.0 / 1680.0 - i2 * (1.0 / 1188.0 - i2 * (691.0 / 360_360.0 - i2 / 156.0));
    i * (1.0 / 12.0 - i2 * (1.0 / 360.0 - i2 * (1.0 / 1260.0 - i2 * tail)))
}

/// ln B(a, b) for a, b > 0, to the last digits also where one of them is large.
pub(super) fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = (a.min(b), a.max(b));
    if large < 10.0 {
        return gamma(small).ln + gamma(large).ln - gamma(small + large).ln;
    }
    let sum = small + large;
    // ln Γ(large+small) − ln Γ(large) with the large parts taken off each other by hand.
    let ratio = (sum - 0.5) * ln_1p(small / large) + small * (ln(large) - 1.0) + (stirling(sum) - stirling(large));
    gamma(small).ln - ratio
}

/// ln Γ(c+x) − ln Γ(c), and the same of ψ and ψ′, for each whole number of an ascending list.
///
/// # Formula
/// Sums of ln(c+k), 1/(c+k) and −1/(c+k)², which lose no digits however large c is; a long gap is a difference of
/// the functions themselves.
pub(super) fn rising(c: f64, xs: &[u32], shift: u32, out: &mut Vec<Gamma>) {
    const LONG: u32 = 64;
    out.clear();
    let (mut sum, mut done) = (Gamma::default(), 0);
    for x in xs.iter().map(|x| x + shift) {
        if x - done > LONG {
            let jump = gamma(c + f64::from(x)) - gamma(c + f64::from(done));
            sum = Gamma { ln: sum.ln + jump.ln, digamma: sum.digamma + jump.digamma, trigamma: sum.trigamma + jump.trigamma };
        } else {
            for k in done..x {
                let at = c + f64::from(k);
                let inverse = 1.0 / at;
                sum.ln += ln(at);
                sum.digamma += inverse;
                sum.trigamma -= inverse * inverse;
            }
        }
        done = x;
        out.push(sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64, tolerance: f64) {
        assert!((got - want).abs() <= tolerance * want.abs().max(1.0), "{got} is not {want}");
    }

    #[test]
    fn gamma_functions_match_published_values() {
        // Abramowitz and Stegun, tables 6.1 and 6.2, and closed forms.
        let pi2 = std::f64::consts::PI * std::f64::consts::PI;
        const EULER: f64 = 0.577_215_664_901_532_9;
        let at = |x, ln, digamma, trigamma| {
            let g = gamma(x);
            close(g.ln, ln, 3e-15);
            close(g.digamma, digamma, 3e-15);
            close(g.trigamma, trigamma, 3e-15);
        };
        at(1.0, 0.0, -EULER, pi2 / 6.0);
        at(2.0, 0.0, 1.0 - EULER, pi2 / 6.0 - 1.0);
        at(0.5, 0.572_364_942_924_700_1, -1.963_510_026_021_423_5, pi2 / 2.0);
        at(1e-6, 13.815_509_980_749_432, -1_000_000.577_214_02, 1e12 + 1.644_931_662_728_8);
        at(100.0, 359.134_205_369_575_4, 4.600_161_852_738_087, 0.010_050_166_663_333_571);
        at(1e5, 1_051_287.708_973_656_8, 11.512_920_464_961_896, 1.000_005_000_016_666_7e-5);
    }

    #[test]
    fn rising_sums_are_differences_of_gamma_functions() {
        let xs = [0, 1, 2, 7, 60, 300, 100_000];
        let mut out = Vec::new();
        for c in [1e-3, 0.243, 4.4, 250.0] {
            rising(c, &xs, 0, &mut out);
            for (&x, got) in xs.iter().zip(&out) {
                let want = gamma(c + f64::from(x)) - gamma(c);
                close(got.ln, want.ln, 1e-12);
                close(got.digamma, want.digamma, 1e-11);
                close(got.trigamma, want.trigamma, 1e-9);
            }
        }
        // (c)₂ = c(c+1) to the last digits even where ln Γ(c) has none to spare.
        rising(1e12, &[2], 0, &mut out);
        close(out[0].ln, 1e12_f64.ln() + (1e12_f64 + 1.0).ln(), 1e-15);
    }

    #[test]
    fn ln_beta_keeps_its_digits() {
        // B(2, b) = 1/(b(b+1)), B(½, ½) = π.
        for b in [0.5, 9.0, 10.0, 1e5, 1e12] {
            close(ln_beta(2.0, b), -(b.ln() + (b + 1.0).ln()), 1e-14);
        }
        close(ln_beta(0.5, 0.5), std::f64::consts::PI.ln(), 1e-14);
    }

    #[test]
    fn exponential_and_logarithm_are_accurate() {
        for i in -6_990..6_990 {
            let x = f64::from(i) * 0.1 + 0.0123;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-15, "{x}");
        }
        assert_eq!((exp(-1e9), exp(0.0)), (0.0, 1.0));
        for x in [1e-300, 1e-17, 1e-9, 0.3, 5.0, -0.5, -1e-12, 1e300] {
            assert!((ln_1p(x) / f64::ln_1p(x) - 1.0).abs() < 1e-15, "{x}");
        }
        assert_eq!((exp_m1_over(0.0), exp_m1_over(1e-18)), (1.0, 1.0));
    }
}
