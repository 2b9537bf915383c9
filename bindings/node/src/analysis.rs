//! Analyses in packs. Nearly all have one of a few shapes: each is written out once, from then on the numbers alone.

use fanpulse_core::error::Insufficient;
use fanpulse_core::report::ViralPost;
use fanpulse_core::scores::ComponentScore;
use fanpulse_core::{Analysis, Day};

use crate::pack::{Packer, Unpackable};

/// The components in their order; which of them an analysis has is part of its shape.
const FAN_VALUE: [&str; 4] = ["engagement", "growth", "reach", "conversion"];
const MOMENTUM: [&str; 4] = ["velocity", "acceleration", "consistency", "viral_potential"];
const LEVELS: [&str; 3] = ["low", "medium", "high"];

/// What analyses of one pack have in common.
#[derive(Default)]
pub(crate) struct Analyses {
    /// Shapes that are known, and their positions in the pack.
    known: Vec<(u32, f64)>,
    /// Each field's last text and its position.
    last: [Option<(String, f64)>; Field::PostId as usize + 1],
    as_of: Option<(Day, f64)>,
    drivers: Vec<String>,
    /// The position of the shape of viral posts, once one has been written.
    post: Option<f64>,
}

#[derive(Clone, Copy)]
enum Field {
    Artist,
    Algorithm,
    Hash,
    Kind,
    Status,
    Level,
    Model,
    Platform,
    PostId,
}

impl Analyses {
    /// Writes an analysis with its shape.
    pub(crate) fn write(&mut self, packer: &mut Packer, analysis: &Analysis) -> Result<(), Unpackable> {
        let Some(key) = self.key(analysis) else { return packer.item(analysis).map(|_| ()) };
        if let Some((_, position)) = self.known.iter().find(|(known, _)| *known == key) {
            packer.numbers.push(*position);
            return self.numbers(packer, analysis);
        }
        let start = packer.numbers.len();
        packer.item(analysis)?;
        let end = packer.numbers.len();
        self.numbers(packer, analysis)?;
        // The short way is taken where it says the same.
        let (long, short) = (&packer.numbers[start + 1..end], &packer.numbers[end..]);
        if long.len() == short.len() && long.iter().zip(short).all(|(a, b)| a == b || a.is_nan() && b.is_nan()) {
            self.known.push((key, packer.numbers[start]));
        }
        packer.numbers.truncate(end);
        Ok(())
    }

    /// What shapes differ by; none where there is more than the short way writes.
    fn key(&mut self, a: &Analysis) -> Option<u32> {
        fn parts(components: &[ComponentScore], names: &[&str; 4]) -> Option<u32> {
            let (mut set, mut next) = (0, 0);
            for component in components {
                let place = next + names[next..].iter().position(|name| *name == component.name)?;
                set |= 1 << place;
                next = place + 1;
            }
            Some(set)
        }
        if a.viral_series.is_some() || a.superfans.is_some() {
            return None;
        }
        let fan_value = match &a.fvs {
            Ok(fan_value) => 1 | parts(&fan_value.components, &FAN_VALUE)? << 1,
            Err(_) => 0,
        };
        let momentum = match &a.momentum {
            Ok(m) => {
                1 | u32::from(m.interval90.is_some()) << 1
                    | u32::from(m.neutral_contribution > 0.0) << 2
                    | parts(&m.components, &MOMENTUM)? << 3
            }
            Err(_) => 0,
        };
        let breakout = match &a.breakout {
            Ok(breakout) if !breakout.contributions.is_empty() => return None,
            Ok(breakout) => {
                if self.drivers.is_empty() {
                    self.drivers = breakout.drivers.iter().map(|(name, _)| name.to_string()).collect();
                }
                if !breakout.drivers.iter().map(|(name, _)| name).eq(&self.drivers) {
                    return None;
                }
                1
            }
            Err(_) => 0,
        };
        Some(fan_value | momentum << 8 | breakout << 16)
    }

    /// The numbers of an analysis, in the order in which it is serialised.
    fn numbers(&mut self, packer: &mut Packer, a: &Analysis) -> Result<(), Unpackable> {
        self.text(packer, Field::Artist, &a.artist_id);
        match self.as_of {
            Some((day, position)) if day == a.as_of => packer.numbers.push(position),
            _ => {
                let position = packer.printed(&a.as_of)?;
                self.as_of = Some((a.as_of, position));
                packer.numbers.push(position);
            }
        }
        packer.numbers.push(f64::from(a.window_days));
        self.text(packer, Field::Algorithm, a.algorithm);
        self.text(packer, Field::Hash, &a.settings_hash);
        match &a.fvs {
            Ok(fan_value) => {
                packer.figures(&[fan_value.score, fan_value.coverage]);
                components(packer, &fan_value.components);
            }
            Err(lack) => self.lack(packer, lack),
        }
        match &a.momentum {
            Ok(momentum) => {
                packer.figures(&[momentum.index]);
                self.text(packer, Field::Status, momentum.status.as_str());
                packer.figures(&[momentum.coverage]);
                match momentum.interval90 {
                    Some((low, high)) => packer.figures(&[low, high]),
                    None => packer.figures(&[f64::NAN]),
                }
                packer.figures(&[momentum.velocity_se.unwrap_or(f64::NAN)]);
                components(packer, &momentum.components);
                if momentum.neutral_contribution > 0.0 {
                    packer.figures(&[momentum.neutral_contribution]);
                }
            }
            Err(lack) => self.lack(packer, lack),
        }
        packer.figures(&[a.viral_posts.len() as f64]);
        for post in &a.viral_posts {
            self.post(packer, post)?;
        }
        packer.figures(&[f64::NAN]); // series
        match &a.breakout {
            Ok(breakout) => {
                packer.figures(&[breakout.probability]);
                self.text(packer, Field::Level, LEVELS[breakout.level as usize]);
                self.text(packer, Field::Model, breakout.model);
                packer.numbers.extend(breakout.drivers.iter().map(|(_, speaks)| f64::from(u8::from(*speaks))));
            }
            Err(lack) => self.lack(packer, lack),
        }
        packer.figures(&[f64::NAN]); // superfans
        packer.figures(&[a.quality.counter_resets, a.quality.filled_days, a.quality.missing_days].map(f64::from));
        Ok(())
    }

    fn post(&mut self, packer: &mut Packer, post: &ViralPost) -> Result<(), Unpackable> {
        let Some(position) = self.post else {
            let place = packer.item(post)?;
            self.post = Some(packer.numbers[place]);
            return Ok(());
        };
        packer.numbers.push(position);
        self.text(packer, Field::Platform, &post.platform);
        self.text(packer, Field::PostId, &post.post_id);
        let published = packer.printed(&post.published_at)?;
        packer.figures(&[published, post.engagement, post.mean, post.sd]);
        packer.figures(&[post.z.unwrap_or(f64::NAN), post.lift.unwrap_or(f64::NAN), f64::from(post.others)]);
        Ok(())
    }

    fn lack(&mut self, packer: &mut Packer, lack: &Insufficient) {
        packer.figures(&[f64::NAN]);
        self.text(packer, Field::Kind, "insufficient_data");
        packer.figures(&[lack.have, lack.need]);
    }

    fn text(&mut self, packer: &mut Packer, field: Field, text: &str) {
        let last = &mut self.last[field as usize];
        let position = match last {
            Some((known, position)) if known == text => *position,
            _ => last.insert((text.to_owned(), packer.position(text))).1,
        };
        packer.numbers.push(position);
    }
}

fn components(packer: &mut Packer, components: &[ComponentScore]) {
    for c in components {
        packer.figures(&[c.raw, c.score, c.weight, c.contribution]);
    }
}
