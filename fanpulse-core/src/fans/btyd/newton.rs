//! Maximum of a smooth function of a few parameters within a box.
//!
//! Why not a general optimiser: with four parameters the Hessian costs little more than the gradient and is
//! wanted for the standard errors anyway; Newton's steps need some ten evaluations where BFGS with a line search
//! needs fifty; and every end has to be a status, also on a ridge, in a corner and on data without a maximum.
//! (`argmin`'s trust region has no stopping rule and no bounds, and it reads a clock, which the engine must not.)

/// Value, gradient and Hessian.
#[derive(Debug, Clone, Copy)]
pub(super) struct Derivatives<const N: usize> {
    pub(super) value: f64,
    pub(super) gradient: [f64; N],
    pub(super) hessian: [[f64; N]; N],
}

impl<const N: usize> Derivatives<N> {
    pub(super) const ZERO: Self = Self { value: 0.0, gradient: [0.0; N], hessian: [[0.0; N]; N] };

    /// Fills the lower triangle from the upper.
    pub(super) fn mirror(&mut self) {
        for i in 0..N {
            for j in 0..i {
                self.hessian[i][j] = self.hessian[j][i];
            }
        }
    }

    /// The derivatives by ln p of a function whose derivatives by p are given.
    pub(super) fn by_logarithms(mut self, p: &[f64; N]) -> Self {
        for i in 0..N {
            for j in 0..N {
                self.hessian[i][j] *= p[i] * p[j];
            }
            self.gradient[i] *= p[i];
            self.hessian[i][i] += self.gradient[i];
        }
        self
    }

    fn is_finite(&self) -> bool {
        self.value.is_finite() && self.gradient.iter().chain(self.hessian.iter().flatten()).all(|v| v.is_finite())
    }
}

/// How a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// At a maximum inside the box.
    Inside,
    /// Where only leaving the box would gain, by the parameter of this number.
    AtBound(usize),
    /// Where steps gain nothing that can be seen, though the slope is not yet that of a maximum.
    Flat,
    /// Out of iterations.
    Exhausted,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Maximum<const N: usize> {
    pub(super) at: [f64; N],
    pub(super) derivatives: Derivatives<N>,
    pub(super) end: End,
    pub(super) iterations: u32,
}

/// The gain that another Newton step promises, in units of the function (a log-likelihood), at which a search
/// ends: the parameters are then within √(2·10⁻⁹), 0.00005, of a standard error.
const ENOUGH: f64 = 1e-9;
/// What rounding makes of a sum of logarithms, relative to it: a gain below that cannot be seen in the function.
const ROUNDING: f64 = 1e-14;
/// Steps in a row without a gain after which none is expected.
const IDLE: u32 = 15;
/// The longest step in one parameter.
const MAX_STEP: f64 = 2.0;

/// Climbs from `start`, by Newton's steps damped after Levenberg and Marquardt.
pub(super) fn maximise<const N: usize>(
    start: [f64; N],
    bounds: [(f64, f64); N],
    max_iterations: u32,
    mut evaluate: impl FnMut(&[f64; N]) -> Derivatives<N>,
) -> Maximum<N> {
    let mut at = start;
    let mut here = evaluate(&at);
    let mut damping = 1e-3;
    let (mut iterations, mut idle) = (0, 0);
    let mut end = End::Exhausted;
    while iterations < max_iterations {
        iterations += 1;
        let rounding = ROUNDING * here.value.abs();
        // A parameter at its bound that only wants further out is held there.
        let held: [bool; N] = std::array::from_fn(|i| {
            let (low, high) = bounds[i];
            at[i] <= low && here.gradient[i] <= 0.0 || at[i] >= high && here.gradient[i] >= 0.0
        });
        let undamped = step(&here, &held, 0.0);
        let gain = undamped.map(|s| 0.5 * dot(&s, &here.gradient));
        if gain.is_some_and(|g| g <= ENOUGH.max(rounding)) || here.gradient.iter().zip(held).all(|(g, held)| held || g.abs() < 1e-12) {
            // The step that promised the rest is taken if it keeps the promise, since it doubles the digits.
            if let Some(s) = undamped {
                let to: [f64; N] = std::array::from_fn(|i| (at[i] + s[i]).clamp(bounds[i].0, bounds[i].1));
                let there = evaluate(&to);
                if there.is_finite() && there.value >= here.value - rounding {
                    (at, here) = (to, there);
                }
            }
            end = held.iter().position(|&h| h).map_or(End::Inside, End::AtBound);
            break;
        }
        let Some(s) = (if damping < 1e-6 { undamped } else { None }).or_else(|| step(&here, &held, damping)) else {
            damping = (damping * 10.0).max(1e-6);
            if damping > 1e12 {
                break;
            }
            continue;
        };
        if idle == IDLE {
            end = End::Flat;
            break;
        }
        let longest = s.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        let shrink = if longest > MAX_STEP { MAX_STEP / longest } else { 1.0 };
        let to: [f64; N] = std::array::from_fn(|i| (at[i] + shrink * s[i]).clamp(bounds[i].0, bounds[i].1));
        let there = evaluate(&to);
        idle = if there.value > here.value + ENOUGH.max(rounding) { 0 } else { idle + 1 };
        if there.is_finite() && there.value > here.value - rounding {
            (at, here) = (to, there);
            damping *= 0.1;
        } else {
            damping = (damping * 10.0).max(1e-6);
            if damping > 1e12 {
                break;
            }
        }
    }
    Maximum { at, derivatives: here, end, iterations }
}

/// The step that solves (−H + damping·D) s = g over the parameters that are not held, if that matrix is positive definite.
fn step<const N: usize>(d: &Derivatives<N>, held: &[bool; N], damping: f64) -> Option<[f64; N]> {
    let mut matrix = [[0.0; N]; N];
    let mut gradient = [0.0; N];
    for i in 0..N {
        for j in 0..N {
            let free = !held[i] && !held[j];
            matrix[i][j] = if free { -d.hessian[i][j] } else { 0.0 };
        }
        matrix[i][i] = if held[i] { 1.0 } else { matrix[i][i] + damping * (d.hessian[i][i].abs() + 1e-3) };
        gradient[i] = if held[i] { 0.0 } else { d.gradient[i] };
    }
    Some(solve(&cholesky(&matrix)?, &gradient))
}

/// The lower factor of a matrix, if it is positive definite beyond rounding.
fn cholesky<const N: usize>(matrix: &[[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let mut l = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            let rest = matrix[i][j] - (0..j).map(|k| l[i][k] * l[j][k]).sum::<f64>();
            if i == j {
                if rest.is_nan() || rest <= 1e-13 * matrix[i][i].abs() {
                    return None;
                }
                l[i][i] = rest.sqrt();
            } else {
                l[i][j] = rest / l[j][j];
            }
        }
    }
    Some(l)
}

fn solve<const N: usize>(l: &[[f64; N]; N], b: &[f64; N]) -> [f64; N] {
    let mut y = [0.0; N];
    for i in 0..N {
        y[i] = (b[i] - (0..i).map(|k| l[i][k] * y[k]).sum::<f64>()) / l[i][i];
    }
    let mut x = [0.0; N];
    for i in (0..N).rev() {
        x[i] = (y[i] - (i + 1..N).map(|k| l[k][i] * x[k]).sum::<f64>()) / l[i][i];
    }
    x
}

fn dot<const N: usize>(a: &[f64; N], b: &[f64; N]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// √ of the diagonal of (−H)⁻¹: standard errors of maximum-likelihood estimates. None where −H is not positive definite.
pub(super) fn standard_errors<const N: usize>(hessian: &[[f64; N]; N]) -> Option<[f64; N]> {
    let information: [[f64; N]; N] = std::array::from_fn(|i| std::array::from_fn(|j| -hessian[i][j]));
    let l = cholesky(&information)?;
    let mut errors = [0.0; N];
    for (i, error) in errors.iter_mut().enumerate() {
        let unit: [f64; N] = std::array::from_fn(|j| f64::from(u8::from(i == j)));
        *error = solve(&l, &unit)[i].sqrt();
    }
    errors.iter().all(|e| e.is_finite()).then_some(errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// −(1 − x)² − 100(y − x²)², Rosenbrock's valley upside down.
    fn rosenbrock(p: &[f64; 2]) -> Derivatives<2> {
        let [x, y] = *p;
        let v = y - x * x;
        Derivatives {
            value: -(1.0 - x) * (1.0 - x) - 100.0 * v * v,
            gradient: [2.0 * (1.0 - x) + 400.0 * x * v, -200.0 * v],
            hessian: [[-2.0 + 400.0 * v - 800.0 * x * x, 400.0 * x], [400.0 * x, -200.0]],
        }
    }

    #[test]
    fn finds_the_top_of_a_curved_ridge() {
        let top = maximise([-1.2, 1.0], [(-5.0, 5.0); 2], 100, rosenbrock);
        assert_eq!(top.end, End::Inside);
        assert!(top.at.iter().all(|v| (v - 1.0).abs() < 1e-8), "{:?}", top.at);
    }

    #[test]
    fn ends_at_a_bound_or_out_of_iterations_with_a_finite_point() {
        let top = maximise([-1.2, 1.0], [(-5.0, 0.5), (-5.0, 5.0)], 100, rosenbrock);
        assert_eq!(top.end, End::AtBound(0));
        assert!((top.at[0] - 0.5).abs() < 1e-12 && (top.at[1] - 0.25).abs() < 1e-6);
        assert_eq!(maximise([-1.2, 1.0], [(-5.0, 5.0); 2], 2, rosenbrock).end, End::Exhausted);
    }

    #[test]
    fn a_ridge_without_an_end_is_left_when_nothing_is_gained() {
        // −e⁻ˣ rises without end, by less and less, while its slope and curvature say that there is more.
        let mut calls = 0;
        let ridge = |p: &[f64; 1]| {
            calls += 1;
            Derivatives { value: -(-p[0]).exp(), gradient: [(-p[0]).exp() + 1e-3], hessian: [[1.0]] }
        };
        let top = maximise([30.0], [(-5.0, 1e9)], 10_000, ridge);
        assert_eq!(top.end, End::Flat);
        assert!(calls < 100, "{calls}");
    }

    #[test]
    fn a_function_that_is_nan_somewhere_is_never_left_there() {
        let log = |p: &[f64; 1]| Derivatives { value: p[0].ln() - p[0], gradient: [1.0 / p[0] - 1.0], hessian: [[-1.0 / (p[0] * p[0])]] };
        let top = maximise([3.9], [(-9.0, 9.0)], 100, log);
        assert!((top.at[0] - 1.0).abs() < 1e-8);
    }
}
