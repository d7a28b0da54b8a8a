use std::sync::atomic::{AtomicUsize, Ordering};

use doorward_policy::PolicyObject;
use serde_json::json;
use tokio::time::sleep;

use super::*;
use crate::view::ClusterView;

/// Answers by the name of the policy, and counts how often it was asked about each.
#[derive(Default)]
struct ByName {
    asked: Mutex<Vec<String>>,
    is_broken: AtomicUsize,
}

impl PolicyCheck for ByName {
    fn check<'a>(
        &'a self,
        policy: &'a PolicyObject,
    ) -> Pin<Box<dyn Future<Output = PolicyReadiness> + Send + 'a>> {
        Box::pin(async move {
            self.asked.lock().unwrap().push(policy.name.clone());
            if policy.name.starts_with("bad") && self.is_broken.load(Ordering::Relaxed) == 0 {
                PolicyReadiness::NotReady {
                    code: Code::SECRET_NOT_FOUND,
                    message: "no".to_owned(),
                }
            } else {
                PolicyReadiness::Ready
            }
        })
    }
}

impl ByName {
    fn times(&self, name: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|asked| *asked == name).count()
    }
}

/// These policies, each `NAMESPACE/NAME` in its first generation, but for one in its second.
fn wanted(names: &[&str], changed: &str) -> Wanted {
    let objects = names.iter().map(|name| {
        let (namespace, name) = name.split_once('/').unwrap();
        json!({
            "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy", "metadata": {"name": name, "namespace": namespace},
            "spec": {"repositories": [{"name": "*", "policy": {"unchecked": true}}]},
        })
    });
    let objects: Vec<_> = objects.collect();
    let mut view = ClusterView::new("default");
    view.reset("\0imagepolicies.doorward.dev", &objects);
    let policies = view.policies();
    let places = policies.objects().iter().enumerate();
    let places = places.map(|(index, policy)| {
        let namespace = policy.namespace.as_deref().unwrap();
        let generation = if policy.name == changed { 2 } else { 1 };
        let path = format!("/namespaces/{namespace}/x/{}", policy.name);
        (path, (Some(generation), index))
    });
    let places = Arc::new(places.collect());
    Wanted::new(policies, places)
}

fn started(first: Wanted) -> (Arc<ByName>, watch::Sender<Wanted>, Arc<Found>) {
    let (check, found) = (Arc::<ByName>::default(), Arc::<Found>::default());
    let (sender, receiver) = watch::channel(first);
    let asked = Arc::clone(&check);
    tokio::spawn(look(asked, receiver, Arc::clone(&found)));
    (check, sender, found)
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_looked_at_when_it_changes_and_again_sooner_where_it_is_not_ready() {
    let all = ["shop/good", "shop/bad"];
    let (check, sender, found) = started(wanted(&all, ""));
    sleep(Duration::from_secs(1)).await;
    assert_eq!((check.times("good"), check.times("bad")), (1, 1));
    let of =
        |name: &str, generation| found.of(&format!("/namespaces/shop/x/{name}"), Some(generation));
    assert_eq!(of("good", 1), Some(PolicyReadiness::Ready));
    assert!(matches!(
        of("bad", 1),
        Some(PolicyReadiness::NotReady { .. })
    ));
    // What is known of what it was says nothing of what it is.
    assert_eq!(of("good", 2), None);

    sleep(SOON).await;
    assert_eq!((check.times("good"), check.times("bad")), (1, 2));
    check.is_broken.store(1, Ordering::Relaxed);
    sleep(SOON).await;
    assert_eq!(of("bad", 1), Some(PolicyReadiness::Ready));
    sender.send_replace(wanted(&all, "good"));
    sleep(Duration::from_secs(1)).await;
    assert_eq!((check.times("good"), check.times("bad")), (2, 3));
    sleep(AGAIN).await;
    assert_eq!((check.times("good"), check.times("bad")), (3, 4));
}

#[tokio::test(start_paused = true)]
async fn a_namespace_with_many_policies_holds_up_no_other() {
    let many: Vec<String> = (0..50).map(|number| format!("loud/p{number}")).collect();
    let mut all: Vec<&str> = many.iter().map(String::as_str).collect();
    all.extend(["calm/a", "zoo/b"]);
    let (check, _sender, _) = started(wanted(&all, ""));
    sleep(Duration::from_secs(1)).await;
    let asked = check.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 52);
    let first: Vec<&str> = asked.iter().take(3).map(String::as_str).collect();
    assert!(first.contains(&"a") && first.contains(&"b"), "{first:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_forgotten_and_nothing_is_looked_at_when_nobody_wants_it() {
    let (check, sender, found) = started(wanted(&["shop/good"], ""));
    sleep(Duration::from_secs(1)).await;
    sender.send_replace(Wanted::default());
    sleep(2 * AGAIN).await;
    assert_eq!(check.times("good"), 1);
    assert!(found.locked().is_empty());
    drop(sender);
    sleep(2 * AGAIN).await;
    assert_eq!(check.times("good"), 1);
}
