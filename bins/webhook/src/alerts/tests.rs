use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use doorward_registry::NoticeError;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::alert::{Alert, AlertKind, Object};
use super::delivery::Receives;
use super::*;

/// A receiver that answers what it was given to answer, and takes everything else.
struct Scripted {
    answers: Mutex<VecDeque<NoticeError>>,
    seen: mpsc::UnboundedSender<(Instant, Value)>,
}

impl Receives for Scripted {
    async fn take(&self, body: Vec<u8>) -> Result<(), NoticeError> {
        let event = serde_json::from_slice(&body).unwrap();
        self.seen.send((Instant::now(), event)).unwrap();
        self.answers.lock().unwrap().pop_front().map_or(Ok(()), Err)
    }
}

struct World {
    alerts: Alerts,
    seen: mpsc::UnboundedReceiver<(Instant, Value)>,
}

impl World {
    fn with(answers: impl IntoIterator<Item = NoticeError>) -> Self {
        let (sender, seen) = mpsc::unbounded_channel();
        let receiver = Scripted {
            answers: Mutex::new(answers.into_iter().collect()),
            seen: sender,
        };
        let metrics = Arc::new(Metrics::new().unwrap());
        Self {
            alerts: Alerts::to(receiver, "cluster-one".to_owned(), metrics),
            seen,
        }
    }

    fn put(&self, namespace: &str, what: &str) {
        self.alerts.put(lost(namespace, what));
    }

    /// What the receiver sees until nothing comes for an hour.
    async fn rest(&mut self) -> Vec<(Instant, Value)> {
        let mut all = Vec::new();
        while let Ok(Some(seen)) = timeout(Duration::from_secs(3600), self.seen.recv()).await {
            all.push(seen);
        }
        all
    }

    fn counted(&self, outcome: &str) -> String {
        let text = String::from_utf8(self.alerts.metrics.render().unwrap()).unwrap();
        let line = format!("doorward_alerts_total{{about=\"trust-lost\",outcome=\"{outcome}\"}} ");
        let found = text.lines().find_map(|found| found.strip_prefix(&line));
        found.unwrap().to_owned()
    }
}

fn lost(namespace: &str, what: &str) -> Alert {
    Alert::of_lost_trust(
        Object::of_namespace(namespace),
        what.to_owned(),
        Timestamp::from_unix(0),
    )
}

fn down(wait: Option<u64>) -> NoticeError {
    NoticeError::Unavailable {
        detail: "sink.example answered 503".to_owned(),
        wait: wait.map(Duration::from_secs),
    }
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_does_not_arrive_is_sent_again_with_the_same_id_and_ever_later() {
    let mut world = World::with([down(None), down(None), down(Some(20))]);
    world.put("shop", "a");
    let seen = world.rest().await;
    let ids: Vec<_> = seen.iter().map(|(_, event)| &event["id"]).collect();
    assert_eq!(ids.len(), 4);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let waits: Vec<_> = seen
        .windows(2)
        .map(|two| two[1].0.duration_since(two[0].0).as_secs())
        .collect();
    assert_eq!(waits, [1, 2, 20]);
    assert_eq!(world.counted("sent"), "1");
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_never_there_is_given_up_after_so_many_tries_and_no_alert_waits_for_ever()
 {
    let mut world = World::with((0..8).map(|_| down(None)));
    world.put("shop", "a");
    world.put("shop", "b");
    let seen = world.rest().await;
    assert_eq!(seen.len(), 9);
    assert_eq!(seen[8].1["data"]["message"], "b");
    assert_ne!(seen[8].1["id"], seen[7].1["id"]);
    assert_eq!(
        (world.counted("given-up"), world.counted("sent")),
        ("1".into(), "1".into())
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_receiver_will_not_have_is_not_sent_again() {
    let refused = NoticeError::Refused {
        detail: "sink.example answered 400".to_owned(),
    };
    let mut world = World::with([refused]);
    world.put("shop", "a");
    assert_eq!(world.rest().await.len(), 1);
    assert_eq!(world.counted("refused"), "1");
}

#[tokio::test(start_paused = true)]
async fn no_receiver_has_an_alert_wait_longer_than_a_minute() {
    let mut world = World::with([down(Some(86_400))]);
    world.put("shop", "a");
    let seen = world.rest().await;
    assert_eq!(seen[1].0.duration_since(seen[0].0), Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn what_repeats_is_one_alert_with_a_count_every_ten_minutes() {
    let mut world = World::with([]);
    for _ in 0..3 {
        world.put("shop", "a");
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    tokio::time::sleep(terms::QUIET).await;
    world.put("shop", "a");
    let counts: Vec<_> = world
        .rest()
        .await
        .iter()
        .map(|(_, event)| event["data"]["count"].clone())
        .collect();
    assert_eq!(counts, [1, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_namespace_in_which_much_is_refused_leaves_room_and_turns_to_others() {
    let mut world = World::with([]);
    for number in 0..1000 {
        world.put("loud", &number.to_string());
    }
    world.put("calm", "a");
    let seen = world.rest().await;
    assert_eq!(seen[1].1["subject"], "calm");
    assert!(seen.len() < 100, "{}", seen.len());
    assert_eq!(
        world.counted("left-out").parse::<usize>().unwrap(),
        1001 - seen.len()
    );
}

#[test]
fn an_event_has_what_cloudevents_demand_and_says_nothing_that_it_does_not_know() {
    let event = lost("", "what was remembered is gone").event("r-1", "cluster-one", 1);
    let expected = serde_json::json!({
        "specversion": "1.0", "id": "r-1", "source": "cluster-one",
        "type": "dev.doorward.trust.lost.v1", "time": "1970-01-01T00:00:00Z",
        "datacontenttype": "application/json",
        "data": {"message": "what was remembered is gone", "count": 1},
    });
    assert_eq!(event, expected);
}

#[test]
fn no_text_of_a_publisher_makes_an_event_larger_than_receivers_take_or_more_than_a_line() {
    let event = lost("shop", &format!("a\nb{}", "é".repeat(100_000))).event("r-1", "c", 1);
    let text = event.to_string();
    assert!(text.len() < 64 << 10, "{}", text.len());
    let message = event["data"]["message"].as_str().unwrap();
    assert!(!message.contains('\n'), "{message}");
}

#[test]
fn alerts_of_two_kinds_or_objects_have_two_names_and_the_same_has_one() {
    assert_eq!(lost("shop", "a").name(), lost("shop", "a").name());
    assert_ne!(lost("shop", "a").name(), lost("shop", "b").name());
    assert_ne!(lost("shop", "a").name(), lost("shopa", "").name());
    let words: std::collections::BTreeSet<_> = AlertKind::ALL.map(AlertKind::word).into();
    assert_eq!(words.len(), AlertKind::ALL.len());
}
