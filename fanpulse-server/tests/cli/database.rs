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

/// The doctor looked at everything and found nothing.
fn is_well(database: &str) {
    let out = on(database, &["doctor"]).ok().out;
    let looked_at = ["structure", "schema", "observations", "secrets"].iter().filter(|what| out.contains(&format!("ok   {what}\n")));
    assert!(looked_at.count() == 4 && lines(&out, "ok   ") == out.lines().count(), "{out}");
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
    is_well(database);
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
    std::fs::write(path("notes.db"), "notes ".repeat(500)).unwrap();
    let refused = on(&path("elsewhere.db"), &["restore", &path("notes.db"), "--force"]);
    assert!(refused.error().contains("notes.db") && refused.error().contains("not a SQLite database"), "{}", refused.err);
    on(&path("elsewhere.db"), &["doctor"]).ok();
}

/// What `backup` and `restore` say of PostgreSQL is typed as it stands, and brings everything to an empty database and
/// back to the one that it came from.
#[test]
fn postgresql_is_backed_up_and_restored_as_they_say() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let copy = text(&folder.path().join("copy.dump"));
    let typed = |said: &Ran, database: &str| {
        let command = said.error().split_once("PostgreSQL brings its own: ").unwrap().1.replace("BACKUP", &copy);
        let ran = std::process::Command::new("sh").args(["-c", &command]).env("DATABASE_URL", database).output().unwrap();
        assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
    };
    let [full, empty] = [(), ()].map(|()| runtime.block_on(fanpulse_store::testing::postgres()));
    let points = |database: &str| {
        let count = "select coalesce(sum(points), 0), max(data::text) from observation_blocks";
        let ran = std::process::Command::new("psql").args([database, "-Atc", count]).output().unwrap();
        String::from_utf8(ran.stdout).unwrap()
    };
    on(&full, &["migrate", "up"]).ok();
    runtime.block_on(append(&full));
    let before = points(&full);
    assert!(before.starts_with("60|"), "{before}");
    typed(&on(&full, &["backup", &copy]), &full);
    for database in [&empty, &full] {
        typed(&on(database, &["restore", &copy]), database);
        assert_eq!(points(database), before);
        is_well(database);
    }
}

/// Sixty days of an artist, over several months.
async fn append(database: &str) {
    use fanpulse_core::ingest::{Dataset, Metric, Observation};
    use fanpulse_store::{ObservationStore, Store};
    let first = fanpulse_core::Day::from_ymd(2026, 1, 10).unwrap();
    let mut data = Dataset::default();
    for day in 0..60_i32 {
        let (artist_id, platform, metric) = ("low-tide", "spotify", Metric::Followers);
        let observed_at = fanpulse_core::Instant::from(first.plus(day));
        data.push_observation(&Observation { artist_id, platform, metric, observed_at, value: f64::from(day) }).unwrap();
    }
    let store = Store::connect(database).await.unwrap();
    store.append(&"api".into(), "2026-04-01".parse().unwrap(), &data).await.unwrap();
    store.close().await;
}

/// A file that was damaged in the middle is refused by name, wherever it is read, and the doctor says what to do.
#[test]
fn a_damaged_file_is_named_and_mended_as_the_doctor_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| text(&folder.path().join(name));
    let (database, copy) = (path("fanpulse.db"), path("copy.db"));
    on(&database, &["migrate", "up"]).ok();
    tokio::runtime::Runtime::new().unwrap().block_on(append(&database));
    on(&database, &["backup", &copy]).ok();
    let good = std::fs::read(&database).unwrap();
    let mut bad = good.clone();
    // From the second page on, and not the header.
    bad[4096..].iter_mut().for_each(|byte| *byte ^= 0x5a);
    std::fs::write(&database, &bad).unwrap();
    let doctor = on(&database, &["doctor"]);
    assert!(doctor.code == Some(1) && doctor.out.contains(&database) && doctor.out.contains("is damaged"), "{}", doctor.out);
    assert!(!doctor.out.contains("fanpulse doctor"), "{}", doctor.out);
    let todo = doctor.out.lines().find_map(|line| line.trim().strip_prefix("to do: ")).unwrap();
    let ran = on(&database, &["backup", &path("other.db")]);
    assert!(ran.error().contains(&database) && ran.error().contains("fanpulse doctor"), "{}", ran.err);
    assert!(!Path::new(&path("other.db")).exists());
    let command = todo.split_once("fanpulse restore BACKUP").unwrap().1.trim();
    on(&database, &["restore", &copy, command]).ok();
    is_well(&database);
}

/// Two at once: the secrets of neither are sealed with a key that is gone.
#[test]
fn keys_that_rotate_together_all_stay() {
    let folder = tempfile::tempdir().unwrap();
    let database = text(&folder.path().join("fanpulse.db"));
    on(&database, &["migrate", "up"]).ok();
    on(&database, &["keys", "rotate"]).ok();
    let said: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| on(&database, &["keys", "rotate"]).ok().out)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for key in 2..=5 {
        assert_eq!(said.iter().filter(|out| out.starts_with(&format!("key {key} of "))).count(), 1, "{said:?}");
    }
    assert_eq!(std::fs::read_to_string(format!("{database}.keys")).unwrap().lines().count(), 5);
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
    for args in [vec!["doctor"], vec!["migrate", "status"], vec!["migrate", "down"], vec!["backup", "x.db"], vec!["keys", "rotate"]] {
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
    let url = server.url().replace("127.0.0.1", "fan:sesame@127.0.0.1");
    let doctor = |url: &str| with(&[("REDIS_URL", url)], &database, &["doctor"]);
    assert!(doctor(&server.url()).ok().out.ends_with("ok   redis\n"));
    assert_eq!(lines(&on(&database, &["doctor", "--redis", &server.url()]).ok().out, "ok   redis"), 1);
    assert_eq!(lines(&doctor("").ok().out, "redis"), 0);
    let refused = doctor(&url);
    assert!(refused.code == Some(1) && refused.out.contains("BAD  redis: redis 127.0.0.1:"), "{}", refused.out);
    server.cli(&["config", "set", "requirepass", "other"]);
    let locked = doctor(&server.url());
    assert!(locked.code == Some(1) && locked.out.contains("Authentication required"), "{}", locked.out);
    server.kill();
    for url in [&*url, "rediss://fan:sesame@127.0.0.1:6379", "redis:/sesame", "mysql://fan:sesame@localhost"] {
        let ran = doctor(url);
        assert!(ran.code == Some(1) && ran.out.contains("BAD  redis: ") && ran.out.contains("or unset REDIS_URL"), "{}", ran.out);
        assert!(!(ran.out + &ran.err).contains("sesame"));
    }
}
