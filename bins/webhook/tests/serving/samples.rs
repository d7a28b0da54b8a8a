//! What the guides have other programs post, posted to the program that runs.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use cel::extractors::This;
use cel::{Context, Env, ExecutionError, Value as Cel};
use serde_json::{Map, json};
use tokio::runtime::Handle;

use super::*;

const REFERENCE: &str = include_str!("../../../../docs/reference/webhook.md");
const DOORS: &str = include_str!("../../../../docs/guides/other-doors.md");
/// What the service of the webhook is called in the guides.
const SERVICE: &str = "doorward.doorward.svc";

/// A webhook that serves as the service of the guides, and images whose names the guides could have.
struct Served {
    site: Site,
    files: Files,
    running: Running,
}

impl Served {
    async fn start() -> Self {
        let site = Site::start().await;
        let local = format!("'{}/*'", site.registry.address());
        let policy = site.policy("").replace(&local, "'registry.example/*'");
        let files = Files::new(&format!("{policy}---\n{}", site.key()));
        files.serve(&files.authority.issue(SERVICE));
        files.write("ca.crt", files.authority.ca_pem());
        let (registry, store) = (site.registry.address(), site.store.address());
        let options = [
            format!("--mirror=registry.example={registry}"),
            format!("--plain-http={registry},{store}"),
        ];
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let running = files.start(&options).await;
        Self {
            site,
            files,
            running,
        }
    }

    /// Pushes an image, signed under the name that the guides call it by. Returns that name.
    fn signed(&self, name: &str, tag: &str) -> String {
        let image = doorward_testkit::Image::sample(name);
        let digest = self.site.registry.push_image(name, tag, &image);
        let reference = format!("registry.example/{name}:{tag}");
        let signature = self.site.signer.sign(&reference, &digest);
        self.site.store.put(name, &digest, signature);
        reference
    }

    fn unsigned(&self, name: &str, tag: &str) -> String {
        let image = doorward_testkit::Image::sample(name);
        self.site.registry.push_image(name, tag, &image);
        format!("registry.example/{name}:{tag}")
    }

    /// A client for which the service is where the webhook is.
    fn client(&self, ca_pem: &str) -> reqwest::Result<Client> {
        Client::builder()
            .tls_certs_only([Certificate::from_pem(ca_pem.as_bytes())?])
            .resolve(SERVICE, self.running.address)
            .no_proxy()
            .timeout(Duration::from_secs(10))
            .build()
    }

    /// `https://doorward.doorward.svc/…` at the port where the webhook is.
    fn url(&self, written: &str) -> String {
        let path = written.strip_prefix(&format!("https://{SERVICE}")).unwrap();
        format!("https://{SERVICE}:{}{path}", self.running.address.port())
    }
}

// Kyverno's policies in CEL. Kyverno itself is not run: its library `http` is stood in for by functions that post as it does.

/// The policy of the guide.
fn cel_policy() -> Value {
    let mut texts = DOORS.split("```yaml\n").skip(1);
    let text = texts.find(|text| text.starts_with("apiVersion: policies.kyverno.io/"));
    let text = text.unwrap().split("```").next().unwrap();
    serde_yaml::from_str(text).unwrap()
}

/// What the policy makes of a request.
#[derive(Debug, PartialEq, Eq)]
enum Decided {
    Admitted,
    Denied(String),
    /// An expression cannot be evaluated, which refuses by `failurePolicy: Fail`.
    Failed(String),
    /// The policy is not for this request.
    Skipped,
}

fn json_of_cel(value: &Cel) -> Value {
    match value {
        Cel::List(items) => items.iter().map(json_of_cel).collect(),
        Cel::Map(map) => {
            let entries = map.map.iter();
            let members = entries.map(|(key, value)| (key.to_string(), json_of_cel(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Cel::String(text) => json!(text.as_str()),
        Cel::Bool(truth) => json!(truth),
        Cel::Int(number) => json!(number),
        Cel::Null => Value::Null,
        other => panic!("{other:?} is not to be sent"),
    }
}

/// Who answers `http.Post`: with the headers that it sends, and with a body or why there is none.
type Answers = Arc<dyn Fn(&str, &str, &Value, &Value) -> Result<Value, String> + Send + Sync>;

/// The library `http` of Kyverno (`pkg/cel/libs/http` in its repository): `Client` takes the PEM of an authority, `Post` sends a
/// body as JSON with the headers that it is given and no others. A status other than 2xx is an error, and so is what is not an object.
fn with_http(context: &mut Context<'_, '_>, answers: &Answers) {
    let client = |pem: Arc<String>| Cel::String(pem);
    context.add_function("http.Client", client).unwrap();
    let answers = Arc::clone(answers);
    let post = move |This(client): This<Arc<String>>, url: Arc<String>, data: Cel, headers: Cel| {
        let (data, headers) = (json_of_cel(&data), json_of_cel(&headers));
        let answer = answers(&client, &url, &data, &headers);
        let answer = answer.map_err(|why| ExecutionError::function_error("Post", why))?;
        let to_cel = cel::to_value(answer);
        to_cel.map_err(|why| ExecutionError::function_error("Post", why))
    };
    context.add_function("Post", post).unwrap();
}

fn decided(request: &Value, answers: &Answers) -> Decided {
    evaluated(request, answers).unwrap_or_else(Decided::Failed)
}

fn evaluated(request: &Value, answers: &Answers) -> Result<Decided, String> {
    let mut env = Env::stdlib();
    // `join` is of the library of Kubernetes too.
    env.add_extension(cel::extensions::strings).unwrap();
    let env = Arc::new(env);
    let policy = cel_policy();
    let spec = &policy["spec"];
    let mut variables = Map::new();
    let run = |expression: &Value, variables: &Map<String, Value>| -> Result<Value, String> {
        let source = expression.as_str().unwrap();
        let program = env.compile(source).map_err(|error| error.to_string())?;
        let mut context = Context::with_env(Arc::clone(&env));
        for (name, value) in [
            ("object", &request["object"]),
            ("oldObject", &request["oldObject"]),
            ("request", request),
            ("variables", &Value::Object(variables.clone())),
        ] {
            context.add_variable(name, value).unwrap();
        }
        with_http(&mut context, answers);
        let found = program
            .execute(&context)
            .map_err(|error| error.to_string())?;
        Ok(json_of_cel(&found))
    };
    for condition in spec["matchConditions"].as_array().unwrap() {
        if run(&condition["expression"], &variables)? != json!(true) {
            return Ok(Decided::Skipped);
        }
    }
    for variable in spec["variables"].as_array().unwrap() {
        let value = run(&variable["expression"], &variables)?;
        variables.insert(variable["name"].as_str().unwrap().to_owned(), value);
    }
    for validation in spec["validations"].as_array().unwrap() {
        if run(&validation["expression"], &variables)? != json!(true) {
            let message = run(&validation["messageExpression"], &variables)?;
            return Ok(Decided::Denied(message.as_str().unwrap().to_owned()));
        }
    }
    Ok(Decided::Admitted)
}

fn cel_pod(images: &[&str]) -> Value {
    let containers: Vec<Value> = images.iter().map(|image| json!({"image": image})).collect();
    json!({"metadata": {"name": "web"}, "spec": {"containers": containers}})
}

fn cel_creation(images: &[&str]) -> Value {
    json!({"operation": "CREATE", "namespace": "shop", "object": cel_pod(images), "oldObject": null})
}

fn saying(status: u16, body: Value) -> Answers {
    Arc::new(move |_, _, _, _| match status {
        200..300 => Ok(body.clone()),
        status => Err(format!("HTTP {status}")),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sample_in_cel_posts_to_a_webhook_that_runs_and_refuses_in_its_words() {
    let served = Arc::new(Served::start().await);
    let (good, bad) = (
        served.signed("shop/web", "1.0"),
        served.unsigned("shop/bad", "1.0"),
    );
    let (handle, asked) = (Handle::current(), Arc::clone(&served));
    let answers: Answers = Arc::new(move |pem, url, data, headers| {
        // The guide has a place for the authority there, and nothing else.
        assert!(pem.contains("the authority of the certificate"), "{pem}");
        let client = asked.client(asked.files.authority.ca_pem()).unwrap();
        // Kyverno sends no type of its own.
        let mut request = client.post(asked.url(url)).body(data.to_string());
        for (name, value) in headers.as_object().unwrap() {
            request = request.header(name, value.as_str().unwrap());
        }
        handle.block_on(async {
            let answer = request.send().await.map_err(|error| error.to_string())?;
            let status = answer.status();
            let body = answer.text().await.map_err(|error| error.to_string())?;
            if !status.is_success() {
                return Err(format!("HTTP {status}: {body}"));
            }
            serde_json::from_str(&body).map_err(|error| error.to_string())
        })
    });
    let requests = [cel_creation(&[&good]), cel_creation(&[&good, &bad])];
    let found =
        tokio::task::spawn_blocking(move || requests.map(|request| decided(&request, &answers)));
    let [admitted, denied] = found.await.unwrap();
    assert_eq!(admitted, Decided::Admitted);
    let Decided::Denied(message) = denied else {
        panic!("{denied:?}");
    };
    assert!(
        message.contains(&bad) && message.contains("[simple-no-signature]"),
        "{message}"
    );
    assert!(!message.contains(&good), "{message}");
}

#[test]
fn the_sample_in_cel_refuses_without_an_answer_about_each_image() {
    let report = |image: &str, verdict: &str| json!({"image": image, "verdict": verdict, "message": "said", "code": "code"});
    let [a, b] = ["r.example/a:1", "r.example/b:1"];
    let request = cel_creation(&[a, b]);
    for (status, body, is_denied) in [
        (200, json!({"allowed": true, "images": []}), true),
        (
            200,
            json!({"allowed": true, "images": [report(a, "allow")]}),
            true,
        ),
        (
            200,
            json!({"allowed": true, "images": [report(a, "allow"), report("r.example/c:1", "allow")]}),
            true,
        ),
        (
            200,
            json!({"allowed": true, "images": [report(a, "allow"), report(b, "perhaps")]}),
            true,
        ),
        (
            200,
            json!({"allowed": false, "images": [report(a, "deny"), report(b, "allow")]}),
            true,
        ),
        (200, json!({"allowed": true}), false),
        (
            200,
            json!({"allowed": true, "images": [{"image": a}, {"image": b}]}),
            false,
        ),
        (401, json!({"error": "no token of ours"}), false),
        (
            503,
            json!({"error": "busy", "code": "admission-busy"}),
            false,
        ),
    ] {
        let decided = decided(&request, &saying(status, body.clone()));
        let is_as_expected = match &decided {
            Decided::Denied(_) => is_denied,
            Decided::Failed(_) => !is_denied,
            Decided::Admitted | Decided::Skipped => false,
        };
        assert!(is_as_expected, "{status} {body}: {decided:?}");
    }
    let warned = json!({"allowed": true, "images": [report(a, "warn"), report(b, "allow")]});
    assert_eq!(decided(&request, &saying(200, warned)), Decided::Admitted);
}

#[test]
fn the_sample_in_cel_asks_about_every_place_of_an_image() {
    let mut request = cel_creation(&["c"]);
    let spec = &mut request["object"]["spec"];
    spec["initContainers"] = json!([{"image": "i"}]);
    spec["ephemeralContainers"] = json!([{"image": "e"}]);
    spec["volumes"] = json!([{"name": "x"}, {"name": "v", "image": {"reference": "v"}}, {"name": "w", "image": {"pullPolicy": "Always"}}]);
    let answers: Answers = Arc::new(|_, url, data, headers| {
        assert_eq!(url, format!("https://{SERVICE}/v1/check"));
        assert_eq!(*headers, json!({"Content-Type": "application/json"}));
        assert_eq!(data["namespace"], "shop");
        let mut images: Vec<&str> = data["images"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_str().unwrap())
            .collect();
        images.sort_unstable();
        assert_eq!(images, ["c", "e", "i", "v"]);
        let reports: Vec<_> = images
            .iter()
            .map(|image| json!({"image": image, "verdict": "allow"}))
            .collect();
        Ok(json!({"allowed": true, "images": reports}))
    });
    assert_eq!(decided(&request, &answers), Decided::Admitted);
}

#[test]
fn the_sample_in_cel_lets_go_on_what_runs_already_and_what_ends() {
    let update = |object: Value, stored: Value| json!({"operation": "UPDATE", "namespace": "shop", "object": object, "oldObject": stored});
    let nobody: Answers =
        Arc::new(|_, _, data, _| panic!("nobody is to be asked, and {data} is sent"));
    let mut ending = cel_pod(&["r.example/a:1"]);
    ending["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let (same, other) = (cel_pod(&["r.example/a:1"]), cel_pod(&["r.example/b:1"]));
    assert_eq!(
        decided(&update(other.clone(), ending), &nobody),
        Decided::Skipped
    );
    assert_eq!(
        decided(&update(same.clone(), same.clone()), &nobody),
        Decided::Admitted
    );
    let refused = json!({"allowed": false, "images": [{"image": "r.example/b:1", "verdict": "deny", "message": "m", "code": "c"}]});
    let decided = decided(&update(other, same), &saying(200, refused));
    assert_eq!(decided, Decided::Denied("r.example/b:1: m [c]".to_owned()));
}

#[test]
fn the_sample_in_cel_fails_closed_by_its_own_settings() {
    let policy = cel_policy();
    let spec = &policy["spec"];
    assert_eq!(spec["failurePolicy"], "Fail");
    assert_eq!(spec["validationActions"], json!(["Deny"]));
    let rule = &spec["matchConstraints"]["resourceRules"][0];
    assert_eq!(
        rule["resources"],
        json!(["pods", "pods/ephemeralcontainers"])
    );
    assert_eq!(rule["operations"], json!(["CREATE", "UPDATE"]));
}

// The commands of the reference.

/// The commands with `curl` of the reference that post to this path, as they are written.
fn commands(path: &str) -> Vec<&'static str> {
    let mut blocks = REFERENCE.split("```sh\n").skip(1);
    let mut found = Vec::new();
    for block in &mut blocks {
        let lines = block.split("```").next().unwrap().lines();
        found.extend(lines.filter(|line| line.contains("curl ") && line.ends_with(path)));
    }
    found
}

fn is_installed(program: &str) -> bool {
    let mut version = Command::new(program);
    version
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if version.status().is_ok_and(|status| status.success()) {
        return true;
    }
    assert!(
        std::env::var_os("DOORWARD_REQUIRE_TOOLS").is_none_or(|value| value != "1"),
        "{program} is not installed, and DOORWARD_REQUIRE_TOOLS=1 forbids skipping"
    );
    eprintln!("skipped: {program} is not installed");
    false
}

fn script(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What a command prints that is run as it is written, where `ca.crt` is. Its `curl` finds the service where the webhook is, and
/// its `kubectl` prints this object.
async fn printed(served: &Served, command: &'static str, object: &Value) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = std::env::var("PATH").unwrap();
    let connect = format!("--connect-to {SERVICE}:443:{}", served.running.address);
    let curl =
        format!("PATH='{path}' exec curl --silent --show-error --noproxy '*' {connect} \"$@\"");
    script(folder.path(), "curl", &curl);
    fs::write(folder.path().join("object.json"), object.to_string()).unwrap();
    script(
        folder.path(),
        "kubectl",
        "exec cat \"$(dirname \"$0\")/object.json\"",
    );
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .current_dir(served.files.directory.path());
    let output = tokio::task::spawn_blocking(move || shell.output().unwrap());
    let output = output.await.unwrap();
    let (said, wrong) = (output.stdout, String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command}: {wrong}");
    serde_json::from_slice(&said)
        .unwrap_or_else(|error| panic!("{command}: {error}: {}", String::from_utf8_lossy(&said)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_of_the_reference_checks_an_image() {
    if !is_installed("curl") {
        return;
    }
    let [command] = commands("/v1/check")[..] else {
        panic!("{:?}", commands("/v1/check"));
    };
    let served = Served::start().await;
    served.unsigned("shop/web", "1.0");
    let refused = printed(&served, command, &Value::Null).await;
    assert_eq!(refused["allowed"], false, "{refused}");
    assert_eq!(refused["images"][0]["code"], "simple-no-signature");
    // Another one, which was not told yet that there is no signature.
    let served = Served::start().await;
    let image = served.signed("shop/web", "1.0");
    let checked = printed(&served, command, &Value::Null).await;
    assert_eq!(checked["allowed"], true, "{checked}");
    assert_eq!(checked["images"][0]["image"], image);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_of_the_reference_has_a_deployment_reviewed_and_pinned() {
    if !is_installed("curl") {
        return;
    }
    let served = Served::start().await;
    let [command] = commands("/v1/admit")[..] else {
        panic!("{:?}", commands("/v1/admit"));
    };
    let deployment = |image: &str| {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {
                "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "web", "image": image}]},
                },
            },
        })
    };
    let (good, bad) = (
        served.signed("shop/web", "1.0"),
        served.unsigned("shop/bad", "1.0"),
    );
    let answer = printed(&served, command, &deployment(&good)).await;
    assert_eq!(answer["kind"], "AdmissionReview");
    assert_eq!(answer["response"]["allowed"], true, "{answer}");
    assert_eq!(answer["response"]["patchType"], "JSONPatch");
    let answer = printed(&served, command, &deployment(&bad)).await;
    assert_eq!(answer["response"]["allowed"], false, "{answer}");
    let message = answer["response"]["status"]["message"].as_str().unwrap();
    assert!(message.contains("simple-no-signature"), "{message}");
}
