//! Who may know whom (`ARCHITECTURE.md`): the edges between the crates, what core must not pull in, and who reads a clock.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What each crate of the workspace may depend on. The root owns tests, benches and examples and may use them all.
const ALLOWED: &[(&str, &[&str])] = &[
    ("fanpulse-core", &[]),
    ("fanpulse-platforms", &["fanpulse-core"]),
    ("fanpulse-store", &["fanpulse-core"]),
    ("fanpulse-server", &["fanpulse-core", "fanpulse-platforms", "fanpulse-store"]),
];

/// The bindings, by the folder they live in.
const BINDINGS: &[&str] = &["fanpulse-core"];

const NOT_IN_CORE: &[&str] = &["tokio", "sqlx", "reqwest", "axum"];

/// As `deny.toml` has it, seen here without a further tool: crates that must not be in the lock file, and those of which
/// there must be one version.
const BANNED: &[&str] = &["openssl-sys", "native-tls", "ring", "rsa"];
const ONCE: &[&str] = &["ndarray", "arrow-array", "sqlx-core", "reqwest"];

/// The one file that reads a clock.
const CLOCK: &str = "fanpulse-server/src/clock.rs";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn metadata() -> Value {
    let out = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn strings(value: &Value) -> BTreeSet<&str> {
    value.as_array().unwrap().iter().filter_map(Value::as_str).collect()
}

/// The packages of the workspace by id.
fn members(metadata: &Value) -> BTreeMap<&str, &Value> {
    let ids = strings(&metadata["workspace_members"]);
    let packages = metadata["packages"].as_array().unwrap();
    packages.iter().filter(|p| ids.contains(p["id"].as_str().unwrap())).map(|p| (p["id"].as_str().unwrap(), p)).collect()
}

#[test]
fn crates_depend_only_on_those_they_may_know() {
    let metadata = metadata();
    let members = members(&metadata);
    let names: BTreeSet<&str> = members.values().map(|p| p["name"].as_str().unwrap()).collect();
    assert!(names.contains("fanpulse-core"), "{names:?}");
    let mut wrong = Vec::new();
    for package in members.values() {
        let name = package["name"].as_str().unwrap();
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        let binding = manifest.strip_prefix(root()).is_ok_and(|p| p.starts_with("bindings"));
        let allowed = match ALLOWED.iter().find(|a| a.0 == name) {
            Some(a) => a.1,
            None if binding => BINDINGS,
            None => &[],
        };
        for dependency in package["dependencies"].as_array().unwrap() {
            let (to, kind) = (dependency["name"].as_str().unwrap(), dependency["kind"].as_str());
            let root_test = name == "fanpulse" && kind == Some("dev");
            if names.contains(to) && !allowed.contains(&to) && !root_test {
                wrong.push(format!("{name} -> {to} ({})", kind.unwrap_or("normal")));
            }
        }
    }
    assert!(wrong.is_empty(), "edges that must not be: {wrong:?}");
}

#[test]
fn core_pulls_in_no_runtime_no_database_and_no_network() {
    let metadata = metadata();
    let members = members(&metadata);
    let core = members.iter().find(|(_, p)| p["name"] == "fanpulse-core").map(|(id, _)| *id).unwrap();
    let nodes: BTreeMap<&str, &Value> =
        metadata["resolve"]["nodes"].as_array().unwrap().iter().map(|n| (n["id"].as_str().unwrap(), n)).collect();
    let name = |id: &str| {
        let package = metadata["packages"].as_array().unwrap().iter().find(|p| p["id"] == id).unwrap();
        package["name"].as_str().unwrap().to_owned()
    };
    let (mut seen, mut open) = (BTreeSet::from([core]), vec![core]);
    while let Some(id) = open.pop() {
        for dependency in nodes[id]["deps"].as_array().unwrap() {
            let normal = dependency["dep_kinds"].as_array().unwrap().iter().any(|k| k["kind"] != "dev");
            let to = dependency["pkg"].as_str().unwrap();
            if normal && seen.insert(to) {
                open.push(to);
            }
        }
    }
    let tree: BTreeSet<String> = seen.into_iter().map(name).collect();
    assert!(tree.contains("serde"), "{tree:?}");
    let banned = |name: &&String| NOT_IN_CORE.iter().any(|b| *name == b || name.starts_with(&format!("{b}-")));
    let wrong: Vec<&String> = tree.iter().filter(banned).collect();
    assert!(wrong.is_empty(), "core depends on {wrong:?}");
}

#[test]
fn nothing_pulls_in_a_banned_crate_or_a_second_version_of_some() {
    // The lock file also lists what a feature that nobody turns on would bring: `ring` of `rustls-webpki`.
    let tree = ["tree", "--workspace", "--all-features", "--target", "all", "--prefix", "none", "--format", "{p}", "--locked"];
    let out = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into())).args(tree).current_dir(root()).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let tree = String::from_utf8(out.stdout).unwrap();
    let packages: BTreeSet<(&str, &str)> = tree
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next()?))
        })
        .collect();
    let mut versions: BTreeMap<&str, u32> = BTreeMap::new();
    for (name, _) in packages {
        *versions.entry(name).or_default() += 1;
    }
    assert!(versions.contains_key("fanpulse-core"), "{} packages", versions.len());
    let banned: Vec<_> = BANNED.iter().filter(|name| versions.contains_key(**name)).collect();
    assert!(banned.is_empty(), "banned: {banned:?}");
    let twice: Vec<_> = ONCE.iter().filter(|name| versions.get(**name).is_some_and(|&n| n > 1)).collect();
    assert!(twice.is_empty(), "more than one version: {twice:?}");
}

#[test]
fn only_one_file_reads_a_clock() {
    let metadata = metadata();
    let mut files = Vec::new();
    for package in members(&metadata).values() {
        let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
        rust_files(&folder.join("src"), &mut files);
    }
    assert!(files.len() > 20, "{} files", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let name = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
        let text = std::fs::read_to_string(&file).unwrap();
        for (number, line) in (1..).zip(text.lines()).filter(|_| name != CLOCK) {
            let code = line.split("//").next().unwrap_or_default();
            if ["Utc::now", "Local::now", "SystemTime::now", "Instant::now"].iter().any(|call| code.contains(call)) {
                wrong.push(format!("{name}:{number}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "clocks outside {CLOCK}: {wrong:#?}");
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}
