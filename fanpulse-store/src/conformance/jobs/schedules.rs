//! What schedules enqueue.

use fanpulse_core::Instant;
use serde_json::json;

use super::{claim, claim_one};
use crate::{ErrorKind, JobState, JobStore, Missed, Outcome, Schedule, ScheduledJob};

fn time(time: &str) -> Instant {
    time.parse().expect("a time")
}

fn daily() -> Schedule {
    let (name, cron, zone) = ("scores".to_owned(), "0 3 * * *".to_owned(), "UTC".to_owned());
    Schedule { name, cron, zone, missed: Missed::Once, job: ScheduledJob::new("sync", "score_all", json!({ "days": 90 })) }
}

async fn put(store: &impl JobStore, schedule: &Schedule, now: &str) {
    store.put_schedule(schedule, time(now)).await.expect("a schedule");
}

/// The times that fired.
async fn fire(store: &impl JobStore, now: &str) -> Vec<String> {
    store.fire_schedules(time(now)).await.expect("schedules fire").into_iter().map(|f| format!("{} {}", f.schedule, f.at)).collect()
}

pub(super) async fn a_time_fires_once(store: &impl JobStore) {
    put(store, &daily(), "2026-03-01T12:00:00Z").await;
    put(store, &Schedule { name: "alerts".to_owned(), cron: "0 */3 * * *".to_owned(), ..daily() }, "2026-03-01T12:00:00Z").await;
    assert!(fire(store, "2026-03-01T14:59:59.999Z").await.is_empty());
    assert_eq!(fire(store, "2026-03-01T15:00:00Z").await, ["alerts 2026-03-01T15:00:00Z"]);
    assert!(fire(store, "2026-03-01T15:00:00Z").await.is_empty());
    assert!(fire(store, "2026-03-01T15:00:30Z").await.is_empty());
    let job = claim_one(store, "w", time("2026-03-01T15:00:01Z")).await;
    assert_eq!((job.new.kind.as_str(), job.new.payload), ("score_all", json!({ "days": 90 })));
    assert_eq!(fire(store, "2026-03-02T03:00:07.5Z").await, ["alerts 2026-03-02T03:00:00Z", "scores 2026-03-02T03:00:00Z"]);
    // A clock that was put back fires nothing again.
    assert!(fire(store, "2026-03-01T15:00:00Z").await.is_empty());
    let next: Vec<String> = store.schedules().await.expect("schedules").into_iter().map(|(s, at)| format!("{} {at}", s.name)).collect();
    assert_eq!(next, ["alerts 2026-03-02T06:00:00Z", "scores 2026-03-03T03:00:00Z"]);
    assert!(store.remove_schedule("alerts").await.expect("a removal"));
    assert!(!store.remove_schedule("alerts").await.expect("a removal"));
    assert_eq!(fire(store, "2026-03-03T03:00:00Z").await, ["scores 2026-03-03T03:00:00Z"]);

    let e = store.run_schedule("alerts", time("2026-03-03T05:00:00Z")).await.expect_err("it is gone");
    assert!(e.kind() == ErrorKind::NotFound && e.message().contains("`alerts`"), "{e}");
    let run = store.run_schedule("scores", time("2026-03-03T05:00:00Z")).await.expect("it runs");
    assert!(run.is_new);
    let job = store.job(run.id).await.expect("a query").expect("the job");
    assert_eq!((job.state, job.new.run_at), (JobState::Queued, time("2026-03-03T05:00:00Z")));
    assert_eq!(fire(store, "2026-03-04T03:00:00Z").await, ["scores 2026-03-04T03:00:00Z"], "its times stay");
}

pub(super) async fn missed_times_are_made_up_once_or_not(store: &impl JobStore) {
    put(store, &daily(), "2026-03-01T12:00:00Z").await;
    put(store, &Schedule { name: "skips".to_owned(), missed: Missed::Skip, ..daily() }, "2026-03-01T12:00:00Z").await;
    assert_eq!(fire(store, "2026-03-05T12:00:00Z").await, ["scores 2026-03-05T03:00:00Z"], "four days were missed");
    assert_eq!(claim(store, "w", 9, time("2026-03-05T12:00:00Z")).await.len(), 1);
    assert!(fire(store, "2026-03-06T02:59:00Z").await.is_empty());
    let both = ["scores 2026-03-06T03:00:00Z", "skips 2026-03-06T03:00:00Z"];
    assert_eq!(fire(store, "2026-03-06T03:00:45Z").await, both, "some seconds late is not missed");
}

pub(super) async fn a_zone_has_its_summer(store: &impl JobStore) {
    let berlin = Schedule { cron: "0 8 * * MON".to_owned(), zone: "Europe/Berlin".to_owned(), ..daily() };
    put(store, &berlin, "2026-03-20T00:00:00Z").await;
    // Summer time begins on Sunday, March 29.
    assert_eq!(fire(store, "2026-03-23T07:00:00Z").await, ["scores 2026-03-23T07:00:00Z"]);
    assert!(fire(store, "2026-03-30T05:59:59Z").await.is_empty());
    assert_eq!(fire(store, "2026-03-30T06:00:00Z").await, ["scores 2026-03-30T06:00:00Z"]);

    // It ends on October 25: the hour from 02:00 comes twice, half past two counts once.
    put(store, &Schedule { cron: "30 2 * * *".to_owned(), ..berlin }, "2026-10-24T12:00:00Z").await;
    let mut fired = Vec::new();
    for quarter in 0..16 {
        let now = Instant::try_new(time("2026-10-24T23:00:00Z").micros() + quarter * 900_000_000).expect("a time");
        fired.append(&mut fire(store, &now.to_string()).await);
    }
    assert_eq!(fired.len(), 1, "{fired:?}");
}

pub(super) async fn a_schedule_is_said_again(store: &impl JobStore) {
    put(store, &daily(), "2026-03-01T12:00:00Z").await;
    // A process that starts at the time itself, before anybody fired it, does not take it away.
    let fewer_days = Schedule { job: ScheduledJob::new("sync", "score_all", json!({ "days": 30 })), ..daily() };
    put(store, &fewer_days, "2026-03-02T03:00:00Z").await;
    assert_eq!(fire(store, "2026-03-02T03:00:01Z").await, ["scores 2026-03-02T03:00:00Z"]);
    assert_eq!(claim_one(store, "w", time("2026-03-02T03:00:01Z")).await.new.payload, json!({ "days": 30 }));
    // Another expression counts from when it is said.
    put(store, &Schedule { cron: "0 4 * * *".to_owned(), ..fewer_days.clone() }, "2026-03-05T12:00:00Z").await;
    assert!(fire(store, "2026-03-05T13:00:00Z").await.is_empty());
    // And the first one again does not fire what it had fired.
    put(store, &fewer_days, "2026-03-02T02:00:00Z").await;
    assert!(fire(store, "2026-03-02T03:00:01Z").await.is_empty());
}

pub(super) async fn a_key_holds_for_schedules_too(store: &impl JobStore) {
    let mut schedule = Schedule { cron: "* * * * *".to_owned(), ..daily() };
    schedule.job.unique_key = Some("all".to_owned());
    put(store, &schedule, "2026-03-01T12:00:00Z").await;
    let first = store.fire_schedules(time("2026-03-01T12:01:00Z")).await.expect("it fires");
    let second = store.fire_schedules(time("2026-03-01T12:02:00Z")).await.expect("it fires");
    assert_eq!(first[0].job, second[0].job, "the first is still queued");
    let running = claim_one(store, "w", time("2026-03-01T12:02:00Z")).await;
    store.settle_one(running.lease(), Outcome::Done, time("2026-03-01T12:02:30Z")).await.expect("it is done");
    let third = store.fire_schedules(time("2026-03-01T12:03:00Z")).await.expect("it fires");
    assert_ne!(first[0].job, third[0].job);
}

pub(super) async fn what_cannot_be_read_is_refused(store: &impl JobStore) {
    let mut nameless = daily();
    nameless.job.kind = String::new();
    let wrong = [
        (Schedule { cron: "every day".to_owned(), ..daily() }, "`every day`"),
        (Schedule { cron: "0 25 * * *".to_owned(), ..daily() }, "`0 25 * * *`"),
        (Schedule { cron: "0 3 30 2 *".to_owned(), ..daily() }, "never fires"),
        (Schedule { zone: "Europe/Atlantis".to_owned(), ..daily() }, "`Europe/Atlantis`"),
        (nameless, "kind"),
    ];
    for (wrong, says) in wrong {
        let e = store.put_schedule(&wrong, time("2026-03-01")).await.expect_err("it cannot be read");
        assert!(e.kind() == ErrorKind::Invalid && e.message().contains(says), "{e}");
    }
    assert!(store.schedules().await.expect("schedules").is_empty());
}
