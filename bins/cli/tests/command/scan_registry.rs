//! How a registry is asked by a scan: a few repositories at a time, as often as it may be, and later where it wants that.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use doorward_testkit::{Fault, FaultRule};

use crate::common::{Run, Site};

/// Repositories whose images are judged at a time.
const AT_ONCE: usize = 8;

/// A registry that has nothing, and takes its time to say so.
struct Empty {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    requests: Vec<Instant>,
    /// Repositories that wait for an answer.
    waiting: HashSet<String>,
    most_waiting: usize,
}

impl Empty {
    fn start(takes: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let noting = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let noting = Arc::clone(&noting);
                std::thread::spawn(move || answer(stream, takes, &noting));
            }
        });
        Self { address, seen }
    }

    /// So many repositories of it, a Pod for each.
    fn pods(&self, count: usize) -> String {
        let pods = (0..count).map(|number| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}}}\n\
                 spec: {{containers: [{{name: c, image: '{}/app{number}:1'}}]}}\n",
                self.address
            )
        });
        pods.collect::<Vec<_>>().join("---\n")
    }

    /// Scans these Pods under a policy that wants every image to be looked at.
    fn scan(&self, count: usize, more: &[&str]) -> Run {
        let site = Site::new();
        let policy = "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: all}\nspec: {repositories: \
                      [{name: '*', policy: {sigstore: {authorities: [{keySecret: k}]}}}]}\n";
        let key = doorward_testkit::CosignKey::generate().public_pem();
        let secret = format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: k, namespace: doorward}}\nstringData: {{cosign.pub: {key:?}}}\n"
        );
        site.write("site.yaml", &format!("{policy}---\n{secret}"));
        site.write("pods.yaml", &self.pods(count));
        let host = self.address.to_string();
        let files = ["scan", "-f", "site.yaml", "-f", "pods.yaml", "-o", "json"];
        let arguments = [&files[..], &["--plain-http", &host], more].concat();
        site.doorward(&arguments).run()
    }
}

/// Answers what comes on one connection: that it speaks the protocol at once, and that there is no manifest a little later.
fn answer(stream: TcpStream, takes: Duration, noting: &Mutex<Seen>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or_default() == 0 {
            return;
        }
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header).unwrap_or_default() <= 2 {
                break;
            }
        }
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let name = path
            .strip_prefix("/v2/")
            .and_then(|rest| rest.split('/').next());
        let name = name.filter(|name| !name.is_empty()).map(str::to_owned);
        {
            let mut seen = noting.lock().unwrap();
            seen.requests.push(Instant::now());
            seen.waiting.extend(name.clone());
            seen.most_waiting = seen.most_waiting.max(seen.waiting.len());
        }
        let (status, body) = match name {
            Some(_) => (
                "404 Not Found",
                r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#,
            ),
            None => ("200 OK", "{}"),
        };
        if let Some(name) = name {
            std::thread::sleep(takes);
            noting.lock().unwrap().waiting.remove(&name);
        }
        let said = write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if said.is_err() {
            return;
        }
    }
}

/// That every image was decided on, because the registry said that it does not have it.
#[track_caller]
fn all_were_asked_about(run: &Run, count: usize) {
    let report = run.json();
    let images = report["images"].as_array().unwrap();
    assert_eq!(images.len(), count);
    for image in images {
        assert_eq!(image["code"], "registry-not-found", "{image:#}");
    }
}

#[test]
fn a_few_repositories_are_asked_about_at_a_time_however_many_there_are() {
    let registry = Empty::start(Duration::from_millis(100));
    let run = registry.scan(3 * AT_ONCE, &[]);
    all_were_asked_about(&run, 3 * AT_ONCE);
    let most = registry.seen.lock().unwrap().most_waiting;
    assert!((2..=AT_ONCE).contains(&most), "{most}");
}

#[test]
fn a_registry_is_asked_no_more_often_than_the_operator_says_and_the_wait_is_nobodys_timeout() {
    let registry = Empty::start(Duration::ZERO);
    // Far more than a second is needed for so many requests.
    let more = ["--registry-qps", "10", "--timeout", "1s"];
    let run = registry.scan(24, &more);
    all_were_asked_about(&run, 24);
    let seen = registry.seen.lock().unwrap();
    let (first, last) = (seen.requests[0], *seen.requests.last().unwrap());
    // Each image is one question at least.
    let pauses = 23;
    assert!(seen.requests.len() > 23, "{}", seen.requests.len());
    // The first request may have been noted a little late.
    let least = Duration::from_millis(100) * pauses - Duration::from_millis(100);
    assert!(
        last - first >= least,
        "{pauses} pauses in {:?}",
        last - first
    );
}

#[test]
fn a_registry_that_is_asked_too_often_is_waited_for() {
    let site = Site::with_policy();
    let names: Vec<String> = (0..12).map(|number| format!("shop/app{number}")).collect();
    let pods = names.iter().enumerate().map(|(number, name)| {
        site.push_signed(name);
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}}}\nspec: {{containers: [{{name: c, image: '{}'}}]}}\n",
            site.reference(name)
        )
    });
    site.write("pods.yaml", &pods.collect::<Vec<_>>().join("---\n"));
    let busy = Fault::TooManyRequests {
        retry_after: Some(1),
    };
    site.registry.fault(FaultRule::new(busy).times(1));
    let begin = Instant::now();
    let files = ["scan", "-f", "site.yaml", "-f", "pods.yaml", "-o", "json"];
    let run = site.doorward(&files).run();
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(run.json()["summary"]["allowed"], names.len());
    assert!(begin.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_rate_that_is_none_and_one_without_workloads_are_wrong_command_lines() {
    let site = Site::with_policy();
    for wrong in ["0", "-1", "1001", "many", "NaN"] {
        let option = format!("--registry-qps={wrong}");
        let run = site.doorward(&["scan", "-f", "site.yaml", &option]).run();
        run.expect_failure(2, &["expected a number from 0.001 to 1000"]);
    }
    let image = site.reference("shop/web");
    let arguments = ["forecast", &image, "-f", "site.yaml", "--registry-qps", "5"];
    let run = site.doorward(&arguments).run();
    run.expect_failure(2, &["--registry-qps is about the images of workloads"]);
}
