//! What counts as a breakout, as it is typed: `top=10`, `growth=1.5`, `column=broke_out`.

use std::str::FromStr;

/// What a model learns to predict, and with it what the files have to be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Label {
    /// A place up to this on a chart.
    Top(u32),
    /// Growth of the daily audience or streams by this factor.
    Growth(f64),
    /// The column of a table of examples.
    Column(String),
}

impl FromStr for Label {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let unknown = || format!("`{typed}` is none of top=PLACE, growth=FACTOR, column=NAME");
        let (kind, value) = typed.split_once('=').ok_or_else(unknown)?;
        match kind {
            "top" => match value.parse() {
                Ok(place) if (1..=999).contains(&place) => Ok(Self::Top(place)),
                _ => Err(format!("top: `{value}` is not a place from 1 to 999")),
            },
            "growth" => match value.parse::<f64>() {
                Ok(factor) if factor > 1.0 && factor <= 1e6 => Ok(Self::Growth(factor)),
                _ => Err(format!("growth: `{value}` is not a factor above 1, at most 1000000")),
            },
            "column" if !value.is_empty() => Ok(Self::Column(value.to_owned())),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_and_bad_ones_named() {
        assert_eq!("top=10".parse(), Ok(Label::Top(10)));
        assert_eq!("growth=1.5".parse(), Ok(Label::Growth(1.5)));
        assert_eq!("column=a=b".parse(), Ok(Label::Column("a=b".into())));
        for (typed, message) in [
            ("top10", "`top10` is none of top=PLACE, growth=FACTOR, column=NAME"),
            ("column=", "`column=` is none of top=PLACE, growth=FACTOR, column=NAME"),
            ("top=0", "top: `0` is not a place from 1 to 999"),
            ("growth=1", "growth: `1` is not a factor above 1, at most 1000000"),
            ("growth=NaN", "growth: `NaN` is not a factor above 1, at most 1000000"),
        ] {
            assert_eq!(typed.parse::<Label>(), Err(message.to_owned()));
        }
    }
}
