//! Names that nobody has.

/// Words that mean nothing in any language we know of, so that no real artist is called by them.
const FIRST: [&str; 40] = [
    "velmara",
    "ostrin",
    "quillfen",
    "brondal",
    "mirrowen",
    "taskeld",
    "nuvarre",
    "yselith",
    "corvane",
    "fendrick",
    "halvorne",
    "jessamar",
    "kestrova",
    "lundrith",
    "morwick",
    "nelbray",
    "orlanth",
    "pellwyn",
    "quorra",
    "rastelle",
    "sorvane",
    "tulbrek",
    "umbrell",
    "varnoche",
    "wexley",
    "xanthal",
    "yorvik",
    "zephrine",
    "aldwenn",
    "brismoor",
    "caldrith",
    "dunmarrow",
    "elvast",
    "farrowe",
    "gristane",
    "hexwold",
    "ivorne",
    "jorvale",
    "kelmoth",
    "lorwynd",
];
const SECOND: [&str; 40] = [
    "harbour",
    "lantern",
    "orchard",
    "signal",
    "parade",
    "meadow",
    "thunder",
    "paper",
    "river",
    "static",
    "garden",
    "engine",
    "winter",
    "copper",
    "motel",
    "satellite",
    "feather",
    "granite",
    "bicycle",
    "tide",
    "cinema",
    "lighthouse",
    "compass",
    "velvet",
    "monsoon",
    "pavilion",
    "ferry",
    "almanac",
    "canyon",
    "ember",
    "postcard",
    "radio",
    "saffron",
    "timber",
    "umbrella",
    "weather",
    "zenith",
    "arcade",
    "bonfire",
    "caravan",
];

/// The id of artist number `i` under a seed; `sim-` says what it is wherever it turns up.
pub(super) fn id(seed: u64, i: u32) -> String {
    let all = (FIRST.len() * SECOND.len()) as u64;
    // A step without a common factor with the number of names visits each of them once before any comes again.
    let at = (seed.wrapping_mul(577) % all + u64::from(i) * 641) % all;
    let (first, second) = ((at / SECOND.len() as u64) as usize, (at % SECOND.len() as u64) as usize);
    let round = u64::from(i) / all;
    let number = if round == 0 { String::new() } else { format!("-{}", round + 1) };
    format!("sim-{}-{}{number}", FIRST[first], SECOND[second])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_name_comes_twice() {
        for seed in [0, 7, u64::MAX] {
            let names: BTreeSet<String> = (0..5000).map(|i| id(seed, i)).collect();
            assert_eq!(names.len(), 5000);
            assert!(names.iter().all(|n| n.starts_with("sim-")));
        }
    }
}
