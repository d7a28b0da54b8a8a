#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::{CacheKeyType, Configuration};

/// Longer than a test may wait for what never comes.
const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(100);

/// A provider for all of `r.example` that runs a script of `sh`, which is not written here: a program that is written
/// in one thread cannot be run while another one forks.
struct Site {
    folder: TempDir,
    station: Station,
    yard: Yard,
}

impl Site {
    fn with(script: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        symlink("/bin/sh", folder.path().join("cloud")).expect("a link");
        let script = script.replace("FOLDER", &folder.path().display().to_string());
        let configuration = format!(
            "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n  - name: cloud\n    \
             matchImages: [r.example]\n    defaultCacheDuration: 10m\n    apiVersion: credentialprovider.kubelet.k8s.io/v1\n    \
             args: ['-c', {}]\n",
            serde_json::Value::from(script)
        );
        let mut configuration =
            Configuration::parse("config.yaml", configuration.as_bytes()).expect("configuration");
        let provider = configuration.providers.remove(0);
        let yard = Yard {
            folder: ProgramFolder::open(folder.path()).expect("a folder of programs"),
            turns: Turns::default(),
        };
        Self {
            folder,
            station: Station::new(provider),
            yard,
        }
    }

    fn ask(&self, image: &str, length: Duration) -> Outcome {
        let window = Window::of(length, Instant::now());
        self.station.ask(&self.yard, &place(image), window)
    }

    /// Whether the program was run, if it says so in `called`.
    fn is_called(&self) -> bool {
        self.folder.path().join("called").exists()
    }

    /// A call for all images that is under way until it is landed here.
    fn under_way(&self, image: &str) -> Arc<Flight> {
        let flight = Arc::new(Flight::new(place(image)));
        let mut state = self.station.state();
        state.flights.insert(Key::All, Arc::clone(&flight));
        flight
    }
}

fn place(image: &str) -> Place {
    Place::of(&image.parse().expect("a repository"))
}

fn script(before: &str) -> String {
    let answer = r#"{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderResponse","cacheKeyType":"Image","auth":{"r.example":{"username":"u","password":"p"}}}"#;
    format!("cat > /dev/null; touch FOLDER/called; {before}; echo '{answer}'")
}

/// What may block, as it does where the client of registries asks.
fn blocking(ask: impl FnOnce() -> Outcome) -> Outcome {
    tokio::task::block_in_place(ask)
}

fn is_busy(outcome: &Outcome) -> bool {
    matches!(outcome, Err(Fault::Busy(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_call_that_says_nothing_of_them_other_images_do_not_wait_in_a_row() {
    // Each gives its answer only while the other one runs.
    let meet = "echo x >> FOLDER/here; until [ $(wc -l < FOLDER/here) -ge 2 ]; do sleep 0.02; done";
    let site = Site::with(&script(meet));
    let flight = site.under_way("r.example/first");
    let runtime = Handle::current();
    let outcomes = thread::scope(|scope| {
        let asked: Vec<_> = ["r.example/a", "r.example/b"]
            .map(|image| {
                let (site, runtime) = (&site, runtime.clone());
                scope.spawn(move || {
                    let _inside = runtime.enter();
                    site.ask(image, LONG)
                })
            })
            .into();
        // Both wait for it: with this one and the one on the list they hold it four times.
        while Arc::strong_count(&flight) < 4 {
            thread::yield_now();
        }
        site.station.state().flights.remove(&Key::All);
        Pilot(Arc::clone(&flight)).land(Err(Fault::Here("x")));
        asked
            .into_iter()
            .map(|asked| asked.join().expect("no panic"))
            .collect::<Vec<_>>()
    });
    for outcome in outcomes {
        assert!(outcome.is_ok(), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_for_one_image_that_hangs_does_not_hold_up_every_other() {
    let site = Site::with(&script(":"));
    let flight = site.under_way("r.example/first");
    let outcome = blocking(|| site.ask("r.example/a", LONG / 5));
    assert!(outcome.is_ok(), "{outcome:?}");
    assert!(flight.wait(Instant::now()).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_call_that_does_not_end_does_not_wait_for_ever() {
    let site = Site::with(&script(":"));
    let _flight = site.under_way("r.example/a");
    let outcome = blocking(|| site.ask("r.example/a", SHORT));
    assert!(is_busy(&outcome), "{outcome:?}");
    assert!(!site.is_called());
    assert!(site.station.known(&place("r.example/a")).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_came_while_a_turn_was_waited_for_takes_its_place() {
    let site = Site::with(&script(":"));
    let mut taken = Vec::new();
    for _ in 0..8 {
        taken.push(site.yard.turns.take(false).await.map_err(|_| ()));
    }
    let runtime = Handle::current();
    let outcome = thread::scope(|scope| {
        let asked = scope.spawn(|| {
            let _inside = runtime.enter();
            site.ask("r.example/a", LONG)
        });
        while site.station.state().flights.is_empty() {
            thread::yield_now();
        }
        let answer = Answer {
            cache_key_type: CacheKeyType::Registry,
            cache_duration: None,
            auth: Vec::new(),
        };
        let known = Ok(Arc::new(answer));
        let mut state = site.station.state();
        state
            .memory
            .keep(&place("r.example/b"), &known, LONG, Instant::now());
        drop(state);
        taken.clear();
        asked.join().expect("no panic")
    });
    let answer = outcome.expect("an answer");
    assert!(answer.auth.is_empty() && !site.is_called());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_a_turn_that_took_the_time_is_no_fault_of_the_provider() {
    let site = Site::with(&script(":"));
    let mut taken = Vec::new();
    for _ in 0..8 {
        taken.push(site.yard.turns.take(false).await.map_err(|_| ()));
    }
    let outcome = blocking(|| site.ask("r.example/a", SHORT));
    assert!(is_busy(&outcome), "{outcome:?}");
    assert!(!site.is_called());
    // And it is not spared for that.
    drop(taken);
    assert!(site.station.known(&place("r.example/a")).is_none());
    let outcome = blocking(|| site.ask("r.example/a", LONG));
    assert!(outcome.is_ok(), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_would_have_the_rest_of_a_moment_is_not_begun_and_called_late() {
    let site = Site::with(&script(":"));
    let window = Window {
        begin: Instant::now(),
        ..Window::of(LONG, Instant::now())
    };
    let outcome = blocking(|| site.station.ask(&site.yard, &place("r.example/a"), window));
    assert!(is_busy(&outcome), "{outcome:?}");
    assert!(!site.is_called());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flight_is_over_also_for_those_who_come_after_a_busy_one() {
    let site = Site::with(&script(":"));
    let outcome = blocking(|| site.ask("r.example/a", Duration::ZERO));
    assert!(is_busy(&outcome), "{outcome:?}");
    assert!(site.station.state().flights.is_empty());
}
