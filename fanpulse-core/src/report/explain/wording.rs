//! Numbers, days and paragraphs as a person writes them.

use crate::Day;

/// The longest line of an explanation, in characters.
pub(super) const WIDTH: usize = 80;

/// A number of people or events, with thousands set apart: `128,400`.
pub(super) fn count(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut out = String::new();
    if value < 0.0 && digits != "0" {
        out.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with at most `decimals` of them, without trailing zeros.
pub(super) fn short(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A change with its sign; what rounds to nothing has none.
pub(super) fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{value:+.decimals$}");
    if text.chars().any(|c| c.is_ascii_digit() && c != '0') { text.replace('-', "−") } else { format!("{:.decimals$}", 0.0) }
}

/// A share of 1 in percent: `35 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", short(100.0 * share, 1))
}

/// `1 day`, `2 days`.
pub(super) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(f64::from(u32::try_from(n).unwrap_or(u32::MAX))), if n == 1 { one } else { many })
}

/// `31 March 2026`.
pub(super) fn day(day: Day) -> String {
    day.date().format("%-d %B %Y").to_string()
}

/// `25–31 March` or `28 March – 3 April`.
pub(super) fn days(first: Day, last: Day) -> String {
    let (a, b) = (first.date(), last.date());
    if a.format("%Y-%m").to_string() == b.format("%Y-%m").to_string() {
        format!("{}–{}", a.format("%-d"), b.format("%-d %B"))
    } else {
        format!("{} – {}", a.format("%-d %B"), b.format("%-d %B"))
    }
}

/// A name from outside, on one line and without characters that a terminal would act on.
pub(super) fn name(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// A component's name as it is spoken: `viral potential`.
pub(super) fn spoken(name: &str) -> String {
    name.replace('_', " ")
}

/// A list as it is spoken: `a, b and c`.
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// Appends `text` as lines of at most [`WIDTH`] characters; the first begins with `first`, the others with `rest`.
pub(super) fn paragraph(out: &mut String, first: &str, rest: &str, text: &str) {
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(&line);
            out.push('\n');
            line = rest.to_owned();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(&line);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(["0", "999", "1,000", "1,234,568"], [0.0, 999.0, 1000.0, 1_234_567.8].map(count).each_ref().map(String::as_str));
        assert_eq!(["7", "7.5", "0"], [7.0, 7.5, -0.001].map(|x| short(x, 2)).each_ref().map(String::as_str));
        assert_eq!(["+0.61", "−0.30", "0.00"], [0.61, -0.3, -0.001].map(|x| signed(x, 2)).each_ref().map(String::as_str));
        assert_eq!((percent(0.35), percent(0.125)), ("35 %".to_owned(), "12.5 %".to_owned()));
    }

    #[test]
    fn days_name_their_month_once() {
        let d = |m, d| Day::from_ymd(2026, m, d).unwrap();
        assert_eq!(days(d(3, 25), d(3, 31)), "25–31 March");
        assert_eq!(days(d(3, 28), d(4, 3)), "28 March – 3 April");
        assert_eq!(day(d(3, 1)), "1 March 2026");
    }

    #[test]
    fn paragraphs_wrap_between_words() {
        let mut out = String::new();
        paragraph(&mut out, "  ", "    ", &"word ".repeat(30));
        assert!(out.lines().all(|l| l.chars().count() <= WIDTH));
        assert!(out.lines().nth(1).unwrap().starts_with("    word"));
    }
}
