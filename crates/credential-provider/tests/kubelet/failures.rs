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
            "its answer cannot be used: it has the member password",
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
        format!("its answer cannot be used: its apiVersion is not {V1}, but {V1}beta1")
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
    for image in ["r.example/a", "r.example/a", "r.example/b"] {
        assert!(failure(&providers, image).await.ends_with("within 0.2 s"));
    }
    assert_eq!(site.calls("cloud"), 1);
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
    let mut site = Site::empty().await;
    for number in 0..9 {
        site = site.and(
            &format!("p{number}"),
            &format!("r{number}.example"),
            "sleep 20",
        );
    }
    let providers = site.providers().timeout(Duration::from_secs(4));
    let slow: Vec<_> = (0..8)
        .map(|number| {
            let providers = providers.clone();
            tokio::spawn(async move { ask(&providers, &format!("r{number}.example/a")).await })
        })
        .collect();
    while (0..8).any(|number| site.calls(&format!("p{number}")) == 0) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let hasty = providers.timeout(Duration::from_millis(200));
    assert_eq!(
        failure(&hasty, "r8.example/a").await,
        "credential provider p8 failed: as many providers as may ran already, for 0.2 s"
    );
    for slow in slow {
        assert!(
            slow.await.unwrap().failed[0]
                .to_string()
                .ends_with("no answer within 4 s")
        );
    }
    assert_eq!(site.calls("p8"), 0);
}
