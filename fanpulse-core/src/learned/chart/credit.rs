//! Who is who in a credit such as `Kygo Featuring Conrad Sewell`.

/// Words that part two artists, where they stand between two others.
const BETWEEN: [&str; 10] = ["featuring", "feat", "feat.", "ft", "ft.", "&", "with", "and", "x", "+"];

/// The artists of a credit in lower case, the lead first.
///
/// A credit is parted at `Featuring`, `Feat.`, `Ft.`, `&`, `With`, `And`, `X`, `+`, `Duet With` and at commas. So a
/// band's name with an `and` in it shrinks to its first part, consistently, and `Tyler, The Creator` to `tyler`:
/// a rule without a list of names cannot know better.
///
/// # Example
/// ```
/// use fanpulse_core::learned::chart::split_credit;
/// assert_eq!(split_credit("Kygo Featuring Conrad Sewell & Ann"), ["kygo", "conrad sewell", "ann"]);
/// assert_eq!(split_credit("Justin Timberlake Duet With Beyonce"), ["justin timberlake", "beyonce"]);
/// assert_eq!(split_credit("X Ambassadors"), ["x ambassadors"]);
/// ```
#[must_use]
pub fn split_credit(credit: &str) -> Vec<String> {
    let lower = credit.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let mut names: Vec<String> = Vec::new();
    let mut name: Vec<&str> = Vec::new();
    for (i, &word) in words.iter().enumerate() {
        let last = i + 1 == words.len();
        if name.is_empty() && !names.is_empty() && ["with", "&", "and"].contains(&word) && !last {
            // The second word of `Duet With` and of `, &`.
            continue;
        }
        let between = BETWEEN.contains(&word) || word == "duet";
        if between && !name.is_empty() && !last {
            names.push(name.join(" "));
            name.clear();
        } else if let Some(before) = word.strip_suffix(',').filter(|_| !last) {
            name.push(before);
            names.push(name.join(" "));
            name.clear();
        } else {
            name.push(word);
        }
    }
    names.push(name.join(" "));
    names.retain(|n| !n.is_empty());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_as_charts_print_them() {
        let check = |credit: &str, expected: &[&str]| assert_eq!(split_credit(credit), expected, "{credit}");
        check("Drake Featuring Kanye West, Lil Wayne & Eminem", &["drake", "kanye west", "lil wayne", "eminem"]);
        check("Kevin Rudolf Featuring Birdman, Jay Sean, & Lil Wayne", &["kevin rudolf", "birdman", "jay sean", "lil wayne"]);
        check("Pitbull x El Chombo x Karol G Featuring Cutty Ranks", &["pitbull", "el chombo", "karol g", "cutty ranks"]);
        check("Florence + The Machine", &["florence", "the machine"]);
        check("Jamie N Commons & X Ambassadors", &["jamie n commons", "x ambassadors"]);
        check("Malcolm X", &["malcolm x"]);
        check("Tyler, The Creator", &["tyler", "the creator"]);
        check("  Adele  ", &["adele"]);
        check("AC/DC", &["ac/dc"]);
        check(",", &[","]);
        check("", &[]);
    }
}
