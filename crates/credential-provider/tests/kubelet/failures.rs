//! Providers that give no answer. Each has words of its own, and none is "no credential".

use std::fs;
use std::time::Duration;

use crate::site::{Site, V1, answering, ask, failure, mode, users};

/// What is said of a provider that runs this script.
async fn told(script: &str) -> String {
    let site = Site::with(script).await;
    let told = failure(&site.providers(), "r.example/a").await;
    let (who, why) = told.split_once(" failed: ").unwrap();
    assert_eq!(who, "credential provider cloud");
    why.to_owned()
}

#[tokio::test]
async fn a_provider_that_ends_with_another_status_is_told_with_what_it_says_for_people() {
    assert_eq!(
        told("echo 'no such role' >&2; exit 3").await,
        "it failed with exit status: 3: no such role"
    );
    assert_eq!(
        told("kill -9 $$").await,
        "it failed with signal: 9 (SIGKILL)"
    );
}

#[tokio::test]
async fn a_provider_that_crashes_gives_no_credential_also_if_it_wrote_one() {
    let script = format!(
        "{}\nexit 1",
        answering("Image", None, &["r.example u s3cret"])
    );
    let told = told(&script).await;
    assert_eq!(told, "it failed with exit status: 1");
}

#[tokio::test]
async fn a_provider_whose_answer_cannot_be_read_is_told_without_its_content() {
    for (script, why) in [
        ("", "its answer cannot be used: it is no JSON document"),
        (
            "echo s3cret",
            "its answer cannot be used: it is no JSON document",
        ),
        (
            "echo '{}'",
            "its answer cannot be used: its apiVersion is not",
        ),
        (
            "echo '{\"password\":\"s3cret\"}'",
            "its answer cannot be used: it has a member that is none of the protocol",
        ),
    ] {
        let told = told(script).await;
        assert!(told.starts_with(why), "{told}");
        assert!(!told.contains("s3cret"), "{told}");
    }
}

#[tokio::test]
async fn an_answer_of_another_version_than_was_asked_in_is_refused() {
    let script = answering("Image", None, &["r.example u p"]).replace(V1, &format!("{V1}beta1"));
    assert_eq!(
        told(&script).await,
        format!("its answer cannot be used: its apiVersion is not {V1}")
    );
}

#[tokio::test]
async fn a_provider_that_does_not_stop_talking_is_not_heard_to_its_end() {
    assert_eq!(told("yes").await, "its answer is larger than 262144 bytes");
}

#[tokio::test]
async fn what_a_provider_says_for_people_takes_nothing_from_its_answer() {
    let answer = answering("Image", None, &["r.example u p"]);
    let script = format!("head -c 1000000 /dev/zero >&2\n{answer}");
    let site = Site::with(&script).await;
    assert_eq!(users(&site.providers(), "r.example/a").await, ["u"]);
}

#[tokio::test]
async fn a_provider_that_is_too_slow_ends_with_all_that_it_has_started() {
    let site = Site::empty().await;
    let mark = site.path("mark");
    let script = format!("(sleep 2; touch {0}) &\nsleep 2\ntouch {0}", mark.display());
    let site = site.and("cloud", "r.example", &script);
    let providers = site.providers().timeout(Duration::from_millis(500));
    assert_eq!(
        failure(&providers, "r.example/a").await,
        "credential provider cloud failed: it gave no answer within 0.5 s"
    );
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!mark.exists());
}

#[tokio::test]
async fn a_provider_that_did_not_answer_for_one_image_is_not_waited_for_again_at_once() {
    let site = Site::with("sleep 20").await;
    let providers = site.providers().timeout(Duration::from_millis(200));
    for _ in 0..3 {
        let told = failure(&providers, "r.example/a").await;
        assert!(told.ends_with("within 0.2 s"), "{told}");
    }
    assert_eq!(site.calls("cloud"), 1);
}

#[tokio::test]
async fn a_provider_that_is_late_for_one_image_does_not_fail_for_every_other() {
    let answer = answering("Image", None, &["r.example u p"]);
    let script = format!("grep -q r.example/a && sleep 20\n{answer}");
    let site = Site::with(&script).await;
    let hasty = site.providers().timeout(Duration::from_millis(500));
    let told = failure(&hasty, "r.example/a").await;
    assert!(told.ends_with("it gave no answer within 0.5 s"), "{told}");
    let patient = hasty.timeout(Duration::from_secs(20));
    assert_eq!(users(&patient, "r.example/b").await, ["u"]);
}

#[tokio::test]
async fn a_provider_that_hangs_leaves_time_for_the_next() {
    let site = Site::empty().await.and("one", "r.example", "sleep 20").and(
        "two",
        "r.example",
        &answering("Image", None, &["r.example two p"]),
    );
    let providers = site.providers().timeout(Duration::from_secs(4));
    let offer = ask(&providers, "r.example/a").await;
    assert_eq!((offer.credentials.len(), offer.failed.len()), (1, 1));
}

#[tokio::test]
async fn many_providers_that_hang_have_no_more_time_together_than_one() {
    let mut site = Site::empty().await;
    for number in 0..4 {
        site = site.and(&format!("p{number}"), "r.example", "sleep 20");
    }
    let providers = site.providers().timeout(Duration::from_secs(2));
    let offer = ask(&providers, "r.example/a").await;
    assert_eq!(offer.failed.len(), 4);
    for failed in &offer.failed {
        let told = failed.to_string();
        let (_, time) = told.split_once("no answer within ").unwrap();
        let time: f32 = time.strip_suffix(" s").unwrap().parse().unwrap();
        assert!(time <= 0.5, "{told}");
    }
}

#[tokio::test]
async fn a_provider_that_failed_for_one_image_is_asked_for_another() {
    let answer = answering("Image", None, &["r.example u p"]);
    let script = format!("grep -q r.example/a && exit 1\n{answer}");
    let site = Site::with(&script).await;
    let providers = site.providers();
    failure(&providers, "r.example/a").await;
    assert_eq!(users(&providers, "r.example/b").await, ["u"]);
    failure(&providers, "r.example/a").await;
    assert_eq!(site.calls("cloud"), 2);
}

#[tokio::test]
async fn a_provider_that_was_taken_away_is_not_there() {
    let site = Site::with(&answering("Image", None, &["r.example u p"])).await;
    let providers = site.providers();
    fs::remove_file(site.path("cloud")).unwrap();
    assert_eq!(
        failure(&providers, "r.example/a").await,
        "credential provider cloud failed: it is not installed"
    );
}

#[tokio::test]
async fn a_provider_that_others_may_change_by_now_is_not_run() {
    let site = Site::with(&answering("Image", None, &["r.example u p"])).await;
    let providers = site.providers();
    mode(&site.path("cloud"), 0o757);
    assert_eq!(
        failure(&providers, "r.example/a").await,
        "credential provider cloud failed: it cannot be run: everybody may write to it"
    );
    assert_eq!(site.calls("cloud"), 0);
}

#[tokio::test]
async fn a_program_without_an_interpreter_cannot_be_run() {
    let site = Site::with("").await;
    let providers = site.providers();
    fs::write(site.path("cloud"), "#!/nowhere/sh\n").unwrap();
    let told = failure(&providers, "r.example/a").await;
    assert!(
        told.starts_with("credential provider cloud failed: it cannot be run: No such file"),
        "{told}"
    );
}

#[tokio::test]
async fn providers_whose_turn_does_not_come_are_busy_and_not_slow() {
    // All are for something new, and so have half of the turns.
    let mut site = Site::empty().await;
    for number in 0..5 {
        site = site.and(
            &format!("p{number}"),
            &format!("r{number}.example"),
            "sleep 20",
        );
    }
    let providers = site.providers().timeout(Duration::from_secs(4));
    let slow: Vec<_> = (0..4)
        .map(|number| {
            let providers = providers.clone();
            tokio::spawn(async move { ask(&providers, &format!("r{number}.example/a")).await })
        })
        .collect();
    while (0..4).any(|number| site.calls(&format!("p{number}")) == 0) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let hasty = providers.timeout(Duration::from_millis(200));
    assert_eq!(
        failure(&hasty, "r4.example/a").await,
        "credential provider p4 failed: it was not asked, because other calls took too much of the 0.2 s for it"
    );
    for slow in slow {
        assert!(
            slow.await.unwrap().failed[0]
                .to_string()
                .ends_with("no answer within 4 s")
        );
    }
    assert_eq!(site.calls("p4"), 0);
}
