//! Lloyd's algorithm on three columns.
//!
//! linfa-clustering 0.8 does the same for any number of features, point by point and ten times as slowly: over
//! columns a loop takes several points at once, and the bits do not depend on how many.

use multiversion::multiversion;

use crate::math::{Draws, LANES, ln, reduce};

/// Starts, of which the best end counts, and steps of each.
const RUNS: usize = 3;
const ITERATIONS: usize = 100;
/// Squared way that the centres together may still move, in variances.
const TOLERANCE: f64 = 1e-4;
/// Points whose distances stay in the nearest cache from one centre to the next.
const BLOCK: usize = 256;

/// Points in columns.
#[derive(Debug, Default)]
pub(super) struct Points {
    pub(super) columns: [Vec<f64>; 3],
}

/// Each point's nearest centre and the squared distance to it.
#[derive(Debug, Default)]
pub(super) struct Nearest {
    /// A position among the centres; a float, so that it is as wide as the distance that decides it.
    pub(super) of_point: Vec<f64>,
    distances: Vec<f64>,
}

impl Points {
    pub(super) fn len(&self) -> usize {
        self.columns[0].len()
    }

    fn point(&self, i: usize) -> [f64; 3] {
        std::array::from_fn(|c| self.columns[c][i])
    }

    /// The first of equally near centres is the nearest.
    pub(super) fn nearest(&self, centres: &[[f64; 3]]) -> Nearest {
        let mut nearest = Nearest::default();
        self.find_nearest(centres, &mut nearest);
        nearest
    }

    fn find_nearest(&self, centres: &[[f64; 3]], out: &mut Nearest) {
        out.of_point.clear();
        out.of_point.resize(self.len(), 0.0);
        out.distances.clear();
        out.distances.resize(self.len(), f64::INFINITY);
        assign(&self.columns, centres, 0, &mut out.of_point, &mut out.distances);
    }

    /// `k` centres, of the start that ends with the least inertia.
    pub(super) fn centres(&self, k: usize, seed: u64) -> Vec<[f64; 3]> {
        let mut draws = Draws::new(seed);
        let mut best = (Vec::new(), f64::INFINITY);
        for _ in 0..RUNS {
            let run = self.climb(self.start(k, &mut draws));
            if run.1 < best.1 || best.0.is_empty() {
                best = run;
            }
        }
        best.0
    }

    /// # Formula
    /// Each centre is drawn with the probability of its squared distance from those before it, the best of
    /// 2 + ln k draws: Arthur and Vassilvitskii, "k-means++" (2007), section 5.
    fn start(&self, k: usize, draws: &mut Draws) -> Vec<[f64; 3]> {
        let trials = 2 + ln(k as f64) as usize;
        let mut centres = vec![self.point(draws.below(self.len()))];
        let mut nearest = self.nearest(&centres);
        let mut tried = Nearest::default();
        while centres.len() < k {
            let mut sum = 0.0;
            let add = |d: &f64| {
                sum += d;
                sum
            };
            let up_to: Vec<f64> = nearest.distances.iter().map(add).collect();
            let mut best: Option<([f64; 3], f64, Nearest)> = None;
            for _ in 0..trials {
                let aim = draws.share() * sum;
                let point = self.point(up_to.partition_point(|&s| s <= aim).min(self.len() - 1));
                tried.of_point.clone_from(&nearest.of_point);
                tried.distances.clone_from(&nearest.distances);
                assign(&self.columns, &[point], centres.len(), &mut tried.of_point, &mut tried.distances);
                let inertia = tried.inertia();
                if best.as_ref().is_none_or(|b| inertia < b.1) {
                    best = Some((point, inertia, std::mem::take(&mut tried)));
                }
            }
            let Some((point, _, with_it)) = best else { break };
            centres.push(point);
            nearest = with_it;
        }
        centres
    }

    /// Moves the centres to the middle of their points until they rest; with the inertia.
    fn climb(&self, mut centres: Vec<[f64; 3]>) -> (Vec<[f64; 3]>, f64) {
        let mut nearest = self.nearest(&centres);
        for _ in 0..ITERATIONS {
            // Count and sums of each cluster.
            let mut sums = vec![[0.0; 4]; centres.len()];
            let [x, y, z] = &self.columns;
            for (((c, x), y), z) in nearest.of_point.iter().zip(x).zip(y).zip(z) {
                let sum = &mut sums[*c as usize];
                let point = [1.0, *x, *y, *z];
                (0..4).for_each(|i| sum[i] += point[i]);
            }
            let mut moved = 0.0;
            for (centre, [count, sum @ ..]) in centres.iter_mut().zip(sums) {
                // A centre that no point is nearest to goes to the point that is furthest from its own.
                let to = if count > 0.0 { sum.map(|s| s / count) } else { self.point(nearest.take_furthest()) };
                moved += (0..3).map(|i| (to[i] - centre[i]) * (to[i] - centre[i])).sum::<f64>();
                *centre = to;
            }
            self.find_nearest(&centres, &mut nearest);
            if moved <= TOLERANCE {
                break;
            }
        }
        let inertia = nearest.inertia();
        (centres, inertia)
    }
}

impl Nearest {
    /// Σ of the squared distances.
    pub(super) fn inertia(&self) -> f64 {
        let (whole, rest) = self.distances.as_chunks::<LANES>();
        let mut lanes = [0.0; LANES];
        for chunk in whole {
            for l in 0..LANES {
                lanes[l] += chunk[l];
            }
        }
        reduce(lanes) + rest.iter().sum::<f64>()
    }

    /// The first of the points that are furthest from their centre, which then is at no distance.
    fn take_furthest(&mut self) -> usize {
        let furthest = (1..self.distances.len()).fold(0, |f, i| if self.distances[i] > self.distances[f] { i } else { f });
        self.distances[furthest] = 0.0;
        furthest
    }
}

/// Notes for each point which of the centres, numbered from `first`, is nearer than what was nearest so far.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+bmi1+bmi2+popcnt+lzcnt", "x86_64+avx2+bmi1+bmi2+popcnt+lzcnt"))]
fn assign([x, y, z]: &[Vec<f64>; 3], centres: &[[f64; 3]], first: usize, of_point: &mut [f64], distances: &mut [f64]) {
    let blocks = of_point.chunks_mut(BLOCK).zip(distances.chunks_mut(BLOCK));
    for (((of_point, distances), x), (y, z)) in blocks.zip(x.chunks(BLOCK)).zip(y.chunks(BLOCK).zip(z.chunks(BLOCK))) {
        let n = x.len();
        let (y, z, of_point, distances) = (&y[..n], &z[..n], &mut of_point[..n], &mut distances[..n]);
        for (c, centre) in centres.iter().enumerate() {
            let name = (first + c) as f64;
            for i in 0..n {
                let (dx, dy, dz) = (x[i] - centre[0], y[i] - centre[1], z[i] - centre[2]);
                let d = dx * dx + dy * dy + dz * dz;
                let nearer = d < distances[i];
                of_point[i] = if nearer { name } else { of_point[i] };
                distances[i] = if nearer { d } else { distances[i] };
            }
        }
    }
}

/// ln(1 + x) of numbers that are not negative.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+bmi1+bmi2+popcnt+lzcnt", "x86_64+avx2+bmi1+bmi2+popcnt+lzcnt"))]
pub(super) fn logarithms(values: &[f64], out: &mut [f64]) {
    for (o, v) in out.iter_mut().zip(values) {
        *o = ln(1.0 + v);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points about some centres.
    fn cloud(n: usize, centres: &[[f64; 3]]) -> Points {
        let mut draws = Draws::new(11);
        let mut points = Points::default();
        for i in 0..n {
            let centre = centres[i % centres.len()];
            points.columns.iter_mut().zip(centre).for_each(|(column, at)| column.push(at + draws.share() - 0.5));
        }
        points
    }

    #[test]
    fn every_point_is_with_its_nearest_centre_and_every_centre_in_the_middle_of_its_points() {
        let points = cloud(3_001, &[[0.0, 0.0, 0.0], [1.0, 0.3, 0.0], [0.0, 1.0, 2.0]]);
        for k in [2, 5, 9] {
            let centres = points.centres(k, 3);
            let nearest = points.nearest(&centres);
            let distance = |i: usize, c: &[f64; 3]| points.point(i).iter().zip(c).map(|(p, c)| (p - c) * (p - c)).sum::<f64>();
            for (i, &own) in nearest.of_point.iter().enumerate() {
                assert!(centres.iter().all(|c| distance(i, &centres[own as usize]) <= distance(i, c)), "point {i}");
            }
            for (c, centre) in centres.iter().enumerate() {
                let own: Vec<usize> = (0..points.len()).filter(|&i| nearest.of_point[i] == c as f64).collect();
                for (j, &at) in centre.iter().enumerate() {
                    let mean = own.iter().map(|&i| points.columns[j][i]).sum::<f64>() / own.len() as f64;
                    assert!((at - mean).abs() < 0.01, "centre {c} of {k}: {at} and {mean}");
                }
            }
        }
    }

    #[test]
    fn a_centre_without_points_goes_where_it_is_needed() {
        // Two places, and a start with all centres in one of them.
        let points = Points { columns: [vec![0.0, 0.0, 9.0, 9.0], vec![0.0; 4], vec![0.0; 4]] };
        let (centres, inertia) = points.climb(vec![[0.0; 3], [0.0; 3]]);
        assert_eq!((centres, inertia), (vec![[0.0; 3], [9.0, 0.0, 0.0]], 0.0));
    }
}
