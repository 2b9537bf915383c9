use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::run::{Ran, binary, text};

/// Runs on a database, with nothing of the environment.
fn on(database: &str, args: &[&str]) -> Ran {
    with(&[], database, args)
}

fn with(variables: &[(&str, &str)], database: &str, args: &[&str]) -> Ran {
    let mut command = std::process::Command::new(binary());
    command.env_remove("FANPULSE_KEYS").env_remove("FANPULSE_KEY_FILE").env_remove("REDIS_URL").env("DATABASE_URL", database);
    let done = command.args(args).envs(variables.iter().copied()).output().unwrap();
    let string = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: done.status.code(), out: string(&done.stdout), err: string(&done.stderr) }
}

fn lines(out: &str, word: &str) -> usize {
    out.lines().filter(|line| line.contains(word)).count()
}

fn goes_up_and_down(database: &str) {
    assert_eq!(on(database, &["migrate", "to", "0"]).ok().out, "nothing to do\n");
    let steps = on(database, &["migrate", "status"]).ok().out;
    assert!(lines(&steps, "missing") == lines(&steps, "_") && steps.starts_with("0001_observations"), "{steps}");
    let up = on(database, &["migrate", "up"]).ok().out;
    assert_eq!(lines(&up, "applied 0"), lines(&steps, "missing"));
    assert_eq!(on(database, &["migrate", "up"]).ok().out, "nothing to do\n");
    assert_eq!(lines(&on(database, &["migrate", "status"]).ok().out, "missing"), 0);
    assert_eq!(lines(&on(database, &["migrate", "down"]).ok().out, "undone  0"), 1);
    assert_eq!(lines(&on(database, &["migrate", "to", "1"]).ok().out, "undone"), lines(&steps, "_") - 2);
    let doctor = on(database, &["doctor"]);
    assert!(doctor.code == Some(1) && doctor.out.contains("BAD  schema") && doctor.out.contains("fanpulse migrate up"), "{}", doctor.out);
    let e = on(database, &["migrate", "to", "77"]);
    assert!(e.code == Some(1) && e.error().contains("77"), "{}", e.err);
    on(database, &["migrate", "up"]).ok();
    assert_eq!(lines(&on(database, &["doctor"]).ok().out, "ok "), 4);
}

#[test]
fn the_schema_goes_up_and_down() {
    let folder = tempfile::tempdir().unwrap();
    goes_up_and_down(&text(&folder.path().join("fanpulse.db")));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    goes_up_and_down(&runtime.block_on(fanpulse_store::testing::postgres()));
}

#[test]
fn a_backup_is_made_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| text(&folder.path().join(name));
    let (database, copy) = (path("fanpulse.db"), path("copy.db"));
    on(&database, &["migrate", "up"]).ok();
    on(&database, &["backup", &copy]).ok();
    assert!(on(&database, &["backup", &copy]).error().contains("exists already"));
    on(&database, &["migrate", "to", "0"]).ok();
    assert!(on(&database, &["restore", &copy]).error().contains("--force"));
    on(&database, &["restore", &copy, "--force"]).ok();
    on(&database, &["doctor"]).ok();
    on(&path("elsewhere.db"), &["restore", &copy]).ok();
    let url = "postgres://fan:secret@db.example/fans";
    assert!(on(url, &["restore", &copy]).error().contains("pg_restore"));
}

#[test]
fn keys_rotate_in_their_file_or_from_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let database = text(&folder.path().join("fanpulse.db"));
    on(&database, &["migrate", "up"]).ok();
    assert!(on(&database, &["keys", "rotate"]).ok().out.starts_with("key 1 of "));
    assert!(on(&database, &["keys", "rotate"]).ok().out.starts_with("key 2 of "));
    let file = format!("{database}.keys");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let keys = std::fs::read_to_string(&file).unwrap();
    assert_eq!(keys.lines().count(), 2);
    let given = keys.replace('\n', ",");
    let ran = with(&[("FANPULSE_KEYS", &given)], &database, &["keys", "rotate"]).ok();
    assert!(ran.out.starts_with("key 2 of FANPULSE_KEYS seals from now on; 0 secrets"), "{}", ran.out);
    let ran = with(&[("FANPULSE_KEYS", "1:tooshort")], &database, &["doctor"]);
    assert!(ran.code == Some(1) && ran.out.contains("BAD  keys: FANPULSE_KEYS: key 1") && !ran.out.contains("tooshort"), "{}", ran.out);
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    assert!(on(&database, &["doctor"]).out.contains("chmod 600"));
}

#[test]
fn what_cannot_be_used_is_said_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| text(&folder.path().join(name));
    for args in [vec!["doctor"], vec!["migrate", "status"], vec!["backup", "x.db"], vec!["keys", "rotate"]] {
        let ran = on(&path("none.db"), &args);
        assert!(ran.code == Some(1) && (ran.out + &ran.err).contains("fanpulse migrate up"), "{args:?}");
    }
    assert!(!Path::new(&path("none.db")).exists());
    let ran = on("postgres://fan:secret@127.0.0.1:1/fans", &["doctor"]);
    assert!(ran.code == Some(1) && ran.out.contains("fans on 127.0.0.1") && !(ran.out + &ran.err).contains("secret"));
    std::fs::write(path("notes.db"), "notes ".repeat(500)).unwrap();
    let ran = on(&path("notes.db"), &["doctor"]);
    assert!(ran.code == Some(1) && ran.out.contains("is not a SQLite database") && ran.out.contains("to do: "), "{}", ran.out);
}

#[test]
fn the_doctor_looks_at_redis_where_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let database = text(&folder.path().join("fanpulse.db"));
    on(&database, &["migrate", "up"]).ok();
    let mut server = fanpulse_store::testing::RedisServer::start();
    let url = server.url().replace("127.0.0.1", "fan:hushhush@127.0.0.1");
    let doctor = |url: &str| with(&[("REDIS_URL", url)], &database, &["doctor"]);
    assert!(doctor(&server.url()).ok().out.ends_with("ok   redis\n"));
    assert_eq!(lines(&on(&database, &["doctor", "--redis", &server.url()]).ok().out, "ok "), 5);
    assert_eq!(lines(&doctor("").ok().out, "redis"), 0);
    let refused = doctor(&url);
    assert!(refused.code == Some(1) && refused.out.contains("BAD  redis: redis 127.0.0.1:"), "{}", refused.out);
    server.cli(&["config", "set", "requirepass", "other"]);
    let locked = doctor(&server.url());
    assert!(locked.code == Some(1) && locked.out.contains("Authentication required"), "{}", locked.out);
    server.kill();
    for url in [&*url, "rediss://fan:hushhush@127.0.0.1:6379", "redis:/hushhush", "mysql://fan:hushhush@localhost"] {
        let ran = doctor(url);
        assert!(ran.code == Some(1) && ran.out.contains("BAD  redis: ") && ran.out.contains("or unset REDIS_URL"), "{}", ran.out);
        assert!(!(ran.out + &ran.err).contains("hushhush"));
    }
}
