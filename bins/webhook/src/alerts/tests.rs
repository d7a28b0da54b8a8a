use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use doorward_core::Code;
use doorward_registry::NoticeError;
use serde_json::{Value, json};
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
    let object = Object::of_namespace(namespace);
    Alert::of_lost_trust(object, what, Timestamp::from_unix(0))
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
    let expected = json!({
        "specversion": "1.0", "id": "r-1", "source": "cluster-one",
        "type": "dev.doorward.trust.lost.v1", "time": "1970-01-01T00:00:00Z",
        "datacontenttype": "application/json",
        "data": {"message": "what was remembered is gone", "count": 1},
    });
    assert_eq!(event, expected);
}

/// An image that failed, of which every text is as long as somebody likes.
fn long(kind: AlertKind) -> Alert {
    let text = || "𐍈\n".repeat(100_000);
    let place = json!({"name": text(), "image": text()});
    let body = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "u", "namespace": "shop", "operation": "CREATE",
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "object": {"metadata": {"name": text()}, "spec": {"containers": [place]}},
        },
    });
    let review = Review::parse(body.to_string().as_bytes()).unwrap();
    let image = review.undecided().next().unwrap();
    let reason = Reason::new(Code::DEADLINE_EXCEEDED, text());
    let failure = Failure::unjudged(&image.image, &reason, Runs::IfAdmitted).at(image);
    let failure = Failure { kind, ..failure };
    Alert::of_image(object_of(&review), failure, Timestamp::from_unix(0))
}

#[test]
fn no_text_of_anybody_makes_an_event_larger_than_receivers_take_or_more_than_a_line() {
    let trust = lost(&"n".repeat(1 << 20), &"é\n".repeat(100_000));
    for alert in [long(AlertKind::Denied), trust] {
        let event = alert.event("r-1", "c", 1);
        assert!(
            event.to_string().len() < 32 << 10,
            "{}",
            event.to_string().len()
        );
        for text in [&event["data"]["message"], &event["subject"]] {
            assert!(!text.as_str().unwrap().contains('\n'), "{text}");
        }
        // What waits is as small as what is sent.
        let waits = format!("{alert:?}").len();
        assert!(waits < 64 << 10, "{waits}");
    }
}

#[tokio::test(start_paused = true)]
async fn names_that_no_namespace_has_share_the_room_of_one() {
    let world = World::with([]);
    for number in 0..200 {
        world.put(&format!("no namespace {number}"), "a");
    }
    world.put("calm", "a");
    let left_out: usize = world.counted("left-out").parse().unwrap();
    assert!((130..=136).contains(&left_out), "{left_out}");
}

#[tokio::test(start_paused = true)]
async fn what_is_rare_and_of_weight_has_room_and_goes_first_however_much_is_refused() {
    let mut world = World::with([]);
    let refused = || {
        let mut refused = lost("shop", "x");
        refused.kind = AlertKind::Denied;
        refused
    };
    for number in 0..1000 {
        let name = number.to_string();
        let board = &world.alerts.boards.other;
        board.put("shop", name, refused(), Instant::now());
    }
    world.put("shop", "the memory is gone");
    let seen = world.rest().await;
    assert_eq!(seen[0].1["type"], "dev.doorward.trust.lost.v1");
    assert!(seen.len() > 60);
}

#[tokio::test(start_paused = true)]
async fn of_more_failures_than_are_told_of_those_of_weight_are() {
    let mut world = World::with([]);
    let failed = (0..20).map(|number| {
        let containers = [json!({"name": "c", "image": format!("r.example/a:{number}")})];
        let body = json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {
                "uid": "u", "namespace": "shop", "operation": "CREATE",
                "resource": {"group": "", "version": "v1", "resource": "pods"},
                "object": {"metadata": {"name": "w"}, "spec": {"containers": containers}},
            },
        });
        let review = Review::parse(body.to_string().as_bytes()).unwrap();
        let reason = Reason::new(Code::DEADLINE_EXCEEDED, "late");
        let image = review.undecided().next().unwrap();
        let kind = if number == 19 {
            AlertKind::Excepted
        } else {
            AlertKind::Denied
        };
        Failure {
            kind,
            ..Failure::unjudged(&image.image, &reason, Runs::IfAdmitted)
        }
    });
    let object = Object::of_namespace("shop");
    world
        .alerts
        .tell_each(&object, failed, Timestamp::from_unix(0));
    let seen = world.rest().await;
    assert_eq!(seen.len(), MOST);
    assert_eq!(seen[0].1["type"], "dev.doorward.image.excepted.v1");
    let text = String::from_utf8(world.alerts.metrics.render().unwrap()).unwrap();
    let left_out = "doorward_alerts_total{about=\"denied\",outcome=\"left-out\"} 12";
    assert!(text.contains(left_out), "{text}");
}

#[test]
fn alerts_of_two_kinds_or_objects_have_two_names_and_the_same_has_one() {
    assert_eq!(lost("shop", "a").name(), lost("shop", "a").name());
    assert_ne!(lost("shop", "a").name(), lost("shop", "b").name());
    assert_ne!(lost("shop", "a").name(), lost("shopa", "").name());
    assert_ne!(
        long(AlertKind::Denied).name(),
        long(AlertKind::WouldBeDenied).name()
    );
    let words: BTreeSet<_> = AlertKind::ALL.map(AlertKind::word).into();
    assert_eq!(words.len(), AlertKind::ALL.len());
}
