//! Wrong usage, help, completions.

use super::run::{fanpulse, observations, put, text};

#[test]
fn wrong_usage_is_exit_code_2() {
    let dir = tempfile::tempdir().unwrap();
    let o = text(&put(dir.path(), "o.csv", observations()));
    for (args, message) in [
        (vec!["score"], "required arguments were not provided"),
        (vec!["scoer"], "unrecognized subcommand 'scoer'"),
        (vec!["score", &o, "--as-of", "31.3.2026"], "`31.3.2026` is not a date of the form YYYY-MM-DD"),
        (vec!["score", &o, "--window", "3"], "3 is not in 14..=366"),
        (vec!["score", &o, "--map", "a=when"], "`when` is no canonical column"),
        (vec!["score", &o, "--format", "xml"], "invalid value 'xml'"),
        (vec!["score", &o, "--explain", "x", "--format", "json"], "cannot be used with"),
        (vec!["score", &o, "--threads", "0"], "0 is not in 1..=1024"),
        (vec!["score", "-", "-"], "`-` is given twice"),
        (vec!["score", &o, "--out", &o], "is read, so it cannot be the output too"),
        (vec!["demo", "--artists", "0"], "0 is not in 1..=20000"),
        (vec!["train", "--data", &o, "--label", "top=10"], "--out <FILE>"),
        (vec!["train", "--data", &o, "--label", "best", "--out", "m.json"], "`best` is none of top=PLACE, growth=FACTOR, column=NAME"),
        (
            vec!["train", "--data", &o, "--label", "top=10", "--lenient", "--out", "m.json"],
            "--lenient goes with --label growth=FACTOR only",
        ),
        (vec!["train", "--data", &o, "--label", "growth=2", "--out", &o], "is read, so it cannot be the output too"),
        (vec!["train", "--data", &o, "--label", "growth=2", "--out", "m.md"], "cannot be both the model and its card"),
        (vec!["backtest"], "--label <LABEL>"),
        (vec!["backtest", "momentum"], "--data <FILE>..."),
        (vec!["score", &o, "--chart", "c.csv"], "--breakout-model <FILE>"),
        (vec!["completions", "tcsh"], "invalid value 'tcsh'"),
    ] {
        let ran = fanpulse(&args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{args:?}: {}", ran.err);
        assert!(ran.err.starts_with("error: ") && ran.err.contains(message), "{args:?}: {}", ran.err);
    }
    assert_eq!(std::fs::read_to_string(&o).unwrap(), observations());
}

#[test]
fn help_names_what_there_is() {
    let bare = fanpulse::<&str>(&[]);
    assert_eq!(bare.code, Some(2));
    assert!(bare.err.contains("score") && bare.err.contains("train") && bare.err.contains("demo"), "{}", bare.err);
    let help = fanpulse(&["score", "--help"]).ok();
    for option in ["--as-of", "--window", "--format", "--out", "--lenient", "--map", "--explain", "--segments", "fan events", "Exit codes"]
    {
        assert!(help.out.contains(option), "{option}");
    }
    assert!(fanpulse(&["--version"]).ok().out.starts_with("fanpulse "));
}

#[test]
fn shells_complete_our_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = fanpulse(&["completions", shell]).ok();
        assert!(ran.out.contains("as-of"), "{shell}");
    }
}
