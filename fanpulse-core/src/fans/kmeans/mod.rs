//! Segments found rather than defined: k-means on recency, frequency and spend.

mod lloyd;

use rayon::prelude::*;
use serde::Serialize;

use self::lloyd::{Points, logarithms};
use super::segmentation::{FanSegmenter, Segmentation};
use super::table::{FanRow, FanTable};
use crate::{Day, Error, ErrorKind, Result};

/// What a fan is clustered by.
const FEATURES: [&str; 3] = ["silent days", "active days", "spend"];
const MIN_FANS: usize = 10;
const MAX_CLUSTERS: usize = 16;
/// Up to how many clusters the elbow is looked for.
const MAX_ELBOW: usize = 8;
/// Fans that the centres are found on; more do not move them.
const SAMPLE: usize = 20_000;
/// Fans that one thread takes at a time; fixed, so that the sums do not depend on the threads.
const CHUNK: usize = 4_096;

/// One cluster.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cluster {
    /// What its centre says of it against the mean fan: recent or not, frequent or not, paying or not.
    pub name: String,
    /// The centre: silent days, active days, spend (each the geometric mean of 1 + value, less 1).
    pub centre: [f64; 3],
    /// How many fans.
    pub fans: usize,
}

/// The clusters, and each fan's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Clusters {
    /// The clusters, the most recent, frequent and paying first.
    pub clusters: Vec<Cluster>,
    /// Each fan's cluster, a position in `clusters`.
    pub of_fan: Vec<u16>,
}

/// k-means on the logarithms of silent days, active days and spend, each scaled to unit variance.
///
/// # Example: two kinds of fans
/// ```
/// use fanpulse_core::fans::KMeansSegments;
/// let features: Vec<[f64; 3]> =
///     (0..40).map(|i| if i % 4 == 0 { [2.0, 60.0 + f64::from(i), 80.0] } else { [70.0, 2.0 + f64::from(i % 3), 0.0] }).collect();
/// let found = KMeansSegments::elbow(7).cluster(&features)?;
/// assert_eq!(found.clusters.len(), 2);
/// assert_eq!((found.clusters[0].name.as_str(), found.clusters[0].fans), ("champions", 10));
/// assert_eq!(found.clusters[1].name, "hibernating");
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct KMeansSegments {
    clusters: Option<usize>,
    seed: u64,
}

impl KMeansSegments {
    /// As many clusters as the caller chooses, 2–16; fewer where fewer fans differ.
    ///
    /// # Errors
    /// `invalid` outside 2 to 16.
    pub fn with_clusters(clusters: usize, seed: u64) -> Result<Self> {
        if !(2..=MAX_CLUSTERS).contains(&clusters) {
            return Err(Error::invalid(format!("clusters is {clusters}, outside 2 to {MAX_CLUSTERS}")));
        }
        Ok(Self { clusters: Some(clusters), seed })
    }

    /// As many clusters as the elbow of the within-cluster variance says, at most 8.
    ///
    /// # Formula
    /// The number of clusters whose inertia lies furthest below the line from one cluster to eight (Satopää et al.,
    /// "Finding a Kneedle in a Haystack", 2011).
    #[must_use]
    pub const fn elbow(seed: u64) -> Self {
        Self { clusters: None, seed }
    }

    /// Clusters fans by silent days, active days and spend.
    ///
    /// # Errors
    /// `insufficient_data` for fewer than 10 fans; `invalid` for a feature that is not finite or is negative,
    /// naming the fan's position and the feature.
    pub fn cluster(&self, features: &[[f64; 3]]) -> Result<Clusters> {
        if features.len() < MIN_FANS {
            return Err(Error::new(ErrorKind::InsufficientData, format!("{} fans where clusters need {MIN_FANS}", features.len())));
        }
        for (i, feature) in features.iter().enumerate() {
            if let Some(f) = feature.iter().position(|v| !(0.0..=1e18).contains(v)) {
                return Err(Error::invalid(format!("fan {i}: {} is {}, outside 0 to 1e18", FEATURES[f], feature[f])));
            }
        }
        let scale = Scale::of(features);
        let stride = features.len().div_ceil(SAMPLE);
        let sample: Vec<[f64; 3]> = features.iter().step_by(stride).copied().collect();
        let centres = self.centres(&scale.apply(&sample));
        let mut nearest = vec![0; features.len()];
        nearest.par_chunks_mut(CHUNK).zip(features.par_chunks(CHUNK)).for_each(|(out, features)| {
            let found = scale.apply(features).nearest(&centres);
            out.iter_mut().zip(found.of_point).for_each(|(out, c)| *out = c as u16);
        });
        Ok(describe(&centres, &scale, nearest))
    }

    /// Clusters the fans of one artist.
    ///
    /// # Errors
    /// Those of [`KMeansSegments::cluster`].
    pub fn cluster_fans(&self, rows: &[FanRow], as_of: Day) -> Result<Clusters> {
        let features: Vec<[f64; 3]> =
            rows.iter().map(|row| [f64::from(row.silent_days(as_of)), f64::from(row.active_days), row.spend]).collect();
        self.cluster(&features)
    }

    fn centres(&self, sample: &Points) -> Vec<[f64; 3]> {
        let [x, y, z] = &sample.columns;
        let mut distinct: Vec<[u64; 3]> = (0..sample.len()).map(|i| [x[i], y[i], z[i]].map(f64::to_bits)).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let most = distinct.len();
        if most == 1 {
            return vec![distinct[0].map(f64::from_bits)];
        }
        if let Some(k) = self.clusters {
            return sample.centres(k.min(most), self.seed);
        }
        let top = MAX_ELBOW.min(most);
        let inertia = |centres: &[[f64; 3]]| sample.nearest(centres).inertia();
        // With one cluster the centre is the mean, 0 after scaling.
        let mut found = vec![(vec![[0.0; 3]], inertia(&[[0.0; 3]]))];
        for k in 2..=top {
            let centres = sample.centres(k, self.seed);
            let spread = inertia(&centres);
            found.push((centres, spread));
        }
        let (first, last) = (found[0].1, found[found.len() - 1].1);
        let below = |i: usize| first + (last - first) * i as f64 / (top - 1) as f64 - found[i].1;
        // The first of equals, and with two or three candidates at least two clusters.
        let best = (1..found.len()).fold(1, |best, i| if below(i) > below(best) { i } else { best });
        found.swap_remove(best).0
    }
}

/// Logarithms scaled to mean 0 and variance 1; a feature that does not vary stays 0.
struct Scale {
    mean: [f64; 3],
    sd: [f64; 3],
}

impl Scale {
    fn of(features: &[[f64; 3]]) -> Self {
        let mean = mean_of_logarithms(features, |_, log| log);
        let variance = mean_of_logarithms(features, |i, log| (log - mean[i]) * (log - mean[i]));
        Self { mean, sd: variance.map(f64::sqrt) }
    }

    fn apply(&self, features: &[[f64; 3]]) -> Points {
        let mut logs = vec![0.0; 3 * features.len()];
        logarithms(features.as_flattened(), &mut logs);
        let scale = |i: usize| {
            let (mean, per_sd) = (self.mean[i], if self.sd[i] > 1e-9 { 1.0 / self.sd[i] } else { 0.0 });
            logs.iter().skip(i).step_by(3).map(|log| (log - mean) * per_sd).collect()
        };
        Points { columns: std::array::from_fn(scale) }
    }

    fn undo(&self, scaled: &[f64; 3]) -> [f64; 3] {
        std::array::from_fn(|i| crate::math::exp_m1((scaled[i] * self.sd[i] + self.mean[i]).min(700.0)).max(0.0))
    }
}

/// The mean of what `of` makes of each feature's logarithm.
fn mean_of_logarithms(features: &[[f64; 3]], of: impl Fn(usize, f64) -> f64 + Sync) -> [f64; 3] {
    let sum = |features: &[[f64; 3]]| {
        let (mut logs, mut sum) = (vec![0.0; 3 * features.len()], [0.0; 3]);
        logarithms(features.as_flattened(), &mut logs);
        for log in logs.as_chunks::<3>().0 {
            (0..3).for_each(|i| sum[i] += of(i, log[i]));
        }
        sum
    };
    let parts: Vec<[f64; 3]> = features.par_chunks(CHUNK).map(sum).collect();
    std::array::from_fn(|i| parts.iter().map(|p| p[i]).sum::<f64>() / features.len() as f64)
}

/// Orders, counts and names the clusters; those that no fan is nearest to are left out.
fn describe(centres: &[[f64; 3]], scale: &Scale, nearest: Vec<u16>) -> Clusters {
    let mut sizes = vec![0; centres.len()];
    nearest.iter().for_each(|&c| sizes[usize::from(c)] += 1);
    let mut order: Vec<usize> = (0..centres.len()).filter(|&c| sizes[c] > 0).collect();
    let standing = |c: usize| centres[c][1] + centres[c][2] - centres[c][0];
    order.sort_by(|&a, &b| standing(b).total_cmp(&standing(a)).then(a.cmp(&b)));
    let mut places = vec![0; centres.len()];
    let mut clusters: Vec<Cluster> = Vec::with_capacity(order.len());
    for (place, &c) in order.iter().enumerate() {
        places[c] = place as u16;
        let plain = if order.len() == 1 { "all_alike" } else { name(&centres[c]) };
        let same = order[..place].iter().filter(|&&o| name(&centres[o]) == plain).count();
        let name = if same == 0 { plain.to_owned() } else { format!("{plain}_{}", same + 1) };
        clusters.push(Cluster { name, centre: scale.undo(&centres[c]), fans: sizes[c] });
    }
    Clusters { clusters, of_fan: nearest.into_iter().map(|c| places[usize::from(c)]).collect() }
}

/// A name by whether the centre is more recent, more frequent and pays more than the mean fan.
const fn name(centre: &[f64; 3]) -> &'static str {
    match (centre[0] <= 0.0, centre[1] > 0.0, centre[2] > 0.0) {
        (true, true, true) => "champions",
        (true, true, false) => "loyal",
        (true, false, true) => "big_spenders",
        (true, false, false) => "new_or_occasional",
        (false, true, true) => "cannot_lose",
        (false, true, false) => "fading",
        (false, false, true) => "lapsed_spenders",
        (false, false, false) => "hibernating",
    }
}

impl FanSegmenter for KMeansSegments {
    fn segment(&self, table: &FanTable) -> Result<Segmentation> {
        let found = self.cluster_fans(table.rows(), table.as_of())?;
        Segmentation::try_new(found.clusters.into_iter().map(|c| c.name).collect(), found.of_fan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four clouds at the corners of recency and frequency, of which only the frequent pay.
    fn clouds(n: u32) -> Vec<[f64; 3]> {
        (0..n)
            .map(|i| {
                let wobble = 1.0 + 0.1 * f64::from(i * 7 % 11) / 11.0;
                let (recent, frequent) = (i % 2 == 0, i % 4 < 2);
                let days = if frequent { 50.0 } else { 2.0 };
                [if recent { 1.0 } else { 80.0 } * wobble, days * wobble, if frequent { 40.0 * wobble } else { 0.0 }]
            })
            .collect()
    }

    #[test]
    fn well_separated_clouds_are_found_and_named_by_their_centres() {
        let found = KMeansSegments::with_clusters(4, 1).unwrap().cluster(&clouds(400)).unwrap();
        let names: Vec<&str> = found.clusters.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["champions", "cannot_lose", "new_or_occasional", "hibernating"]);
        assert!(found.clusters.iter().all(|c| c.fans == 100), "{:?}", found.clusters);
        assert!((found.clusters[0].centre[1] - 52.5).abs() < 2.5, "{:?}", found.clusters[0]);
        assert_eq!(&found.of_fan[..4], [0, 1, 2, 3]);
    }

    #[test]
    fn the_same_seed_gives_the_same_clusters_whatever_the_threads() {
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| KMeansSegments::elbow(5).cluster(&clouds(2_000)).unwrap())
        };
        assert_eq!(run(1), run(2));
    }

    #[test]
    fn bad_input_is_named_and_fans_who_are_alike_are_one_cluster() {
        let any = KMeansSegments::elbow(0);
        let mut features = clouds(20);
        features[3][2] = f64::NAN;
        assert_eq!(any.cluster(&features).unwrap_err().to_string(), "fan 3: spend is NaN, outside 0 to 1e18");
        assert_eq!(any.cluster(&features[..9]).unwrap_err().kind(), ErrorKind::InsufficientData);
        let alike = any.cluster(&[[3.0, 1.0, 0.0]; 50]).unwrap();
        assert_eq!((alike.clusters.len(), alike.clusters[0].name.as_str(), alike.clusters[0].fans), (1, "all_alike", 50));
        let (two, _) = (KMeansSegments::with_clusters(9, 0).unwrap(), ());
        let mut pairs = vec![[3.0, 1.0, 0.0]; 30];
        pairs.push([80.0, 1.0, 0.0]);
        assert_eq!(two.cluster(&pairs).unwrap().clusters.len(), 2);
        assert!(KMeansSegments::with_clusters(1, 0).is_err());
    }
}
