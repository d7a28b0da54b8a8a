//! A decision about an image by its scan reports and the statements about them, against a registry that lists, holds and
//! answers what somebody put there. It ends within its bounds, and admits the image only by a report that the scanner
//! signed; never by an older one than the newest that is there.

#![no_main]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use doorward::policy::{Document, PolicySet, read_documents};
use doorward::{Context, Decision, Engine, Rules, Secret, StaticSecrets};
use doorward_core::{
    Answer, Descriptor, Fetch, FetchError, FetchFuture, Fetched, Fetcher, MediaType, Timestamp,
};
use doorward_fuzz::held::Held;
use doorward_testkit::{Blob, CertificateBuilder, Certified, EnvelopeBuilder, Image, ImageBuilder};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};

/// 2026-01-01.
const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);
const HOUR: i64 = 3600;
const TRIVY: &str = "application/vnd.aquasec.trivy.report+json";
const SIGNATURE: &str = "application/vnd.cncf.notary.signature";
const POLICY: &str = "apiVersion: doorward.dev/v1
kind: ImagePolicy
metadata: {name: p, namespace: shop}
spec:
  repositories:
  - name: '*'
    policy:
      vulnerability:
        report:
          maxSeverity: medium
          artifactType: application/vnd.aquasec.trivy.report+json
          signedBy:
            notation:
              trustStores: [{type: ca, secret: acme}]
              trustedIdentities: ['*']
";

#[derive(Arbitrary, Debug)]
struct Input {
    attached: Vec<Attached>,
    failures: Vec<u8>,
    answers: Vec<Vec<u8>>,
}

/// Something that refers to the image.
#[derive(Arbitrary, Debug)]
struct Attached {
    what: What,
    is_typed: bool,
    /// Whether the signature on it is there.
    is_signed: bool,
}

#[derive(Arbitrary, Debug)]
enum What {
    /// A clean report by a signer whom nobody trusts, as new as can be.
    Foreign,
    /// A clean report, so many hours old.
    Clean(u8),
    /// A report with a critical finding, so many hours old.
    Grave(u8),
    /// A clean report about another image.
    Other,
    /// What somebody made of it; nobody signed it.
    Made(Vec<u8>),
}

struct World {
    image: Image,
    root: Certified,
    scanner: Certified,
    stranger: Certified,
    strange_root: Certified,
    rules: Rules,
    secrets: StaticSecrets,
}

fn report(severity: Option<&str>) -> String {
    let found = severity.map_or_else(String::new, |severity| {
        format!(
            r#"{{"VulnerabilityID":"CVE-2026-1","PkgName":"a","InstalledVersion":"1","Severity":"{severity}"}}"#
        )
    });
    format!(
        r#"{{"SchemaVersion":2,"ArtifactType":"container_image","Results":[{{"Target":"t","Class":"os-pkgs","Vulnerabilities":[{found}]}}]}}"#
    )
}

fn document(subject: &Descriptor, content: impl Into<bytes::Bytes>) -> Image {
    let empty = MediaType::from_static("application/vnd.oci.empty.v1+json");
    ImageBuilder::new()
        .artifact_type(TRIVY)
        .config(Blob::new(empty, "{}"))
        .blob(Blob::new(MediaType::from_static(TRIVY), content))
        .subject(subject.clone())
        .build()
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let root = CertificateBuilder::authority("root").self_signed();
    let strange_root = CertificateBuilder::authority("strange").self_signed();
    let (documents, _) = read_documents("p.yaml", POLICY.as_bytes());
    let policies = documents.into_iter().filter_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
    });
    let (set, mistakes) = PolicySet::compile(policies.collect());
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let mut secrets = StaticSecrets::default();
    let items = BTreeMap::from([("root.crt".to_owned(), root.pem().into_bytes())]);
    secrets.insert("shop", "acme", Secret::new(items));
    World {
        image: Image::sample("app"),
        scanner: CertificateBuilder::code_signer("scanner").issued_by(&root),
        stranger: CertificateBuilder::code_signer("scanner").issued_by(&strange_root),
        root,
        strange_root,
        rules: Rules::Policies(Arc::new(set)),
        secrets,
    }
});

/// For deadlines. Everything is answered at once, so nothing is ever waited for.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime")
});

/// What is there, and what is known about it.
#[derive(Default)]
struct There {
    held: Held,
    newest_clean: Option<u8>,
    newest_grave: Option<u8>,
}

impl There {
    fn attach(&mut self, attached: &Attached) {
        let world = &*WORLD;
        let image = world.image.manifest().descriptor();
        let other = Image::sample("other").manifest().descriptor();
        let trusted = (&world.scanner, &world.root);
        let (document, signer, age) = match &attached.what {
            What::Clean(age) => (document(&image, report(None)), trusted, *age),
            What::Grave(age) => (document(&image, report(Some("CRITICAL"))), trusted, *age),
            What::Foreign => {
                let strange = (&world.stranger, &world.strange_root);
                (document(&image, report(Some("LOW"))), strange, 0)
            }
            What::Other => (document(&other, report(None)), trusted, 0),
            What::Made(content) => (document(&image, content.clone()), trusted, 0),
        };
        let kind = attached.is_typed.then_some(TRIVY);
        self.held.attach(&image, &document, kind);
        if !attached.is_signed || matches!(attached.what, What::Made(_)) {
            return;
        }
        let target = document.manifest().descriptor();
        let envelope = EnvelopeBuilder::new(&[signer.0, signer.1], &target)
            .signed_at(NOW.plus(-HOUR * i64::from(age)))
            .build();
        let signature = envelope.attached_to(&target);
        self.held.attach(&target, &signature, Some(SIGNATURE));
        let newest = match &attached.what {
            What::Clean(_) => &mut self.newest_clean,
            What::Grave(_) => &mut self.newest_grave,
            _ => return,
        };
        *newest = Some(newest.map_or(age, |known| known.min(age)));
    }
}

/// A registry, and what goes wrong on the way.
struct Way {
    there: Held,
    wrong: Mutex<(std::vec::IntoIter<u8>, std::vec::IntoIter<Vec<u8>>, usize)>,
}

impl Way {
    fn answer(&self, fetch: &Fetch) -> Answer {
        let mut wrong = self.wrong.lock().expect("nobody panicked");
        wrong.2 += 1;
        assert!(wrong.2 <= 1024, "the decision does not end");
        match wrong.0.next() {
            Some(1) => Err(FetchError::NotFound),
            Some(2) => Err(FetchError::Unavailable {
                detail: "fuzz".into(),
            }),
            Some(3) => Ok(Fetched::new(
                wrong.1.next().unwrap_or_default(),
                None,
                "fuzz",
            )),
            _ => self.there.answer(fetch),
        }
    }
}

impl Fetcher for Way {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        Box::pin(std::future::ready(self.answer(fetch)))
    }
}

fuzz_target!(|input: Input| {
    let world = &*WORLD;
    let mut there = There::default();
    there.held.push(&world.image);
    for attached in input.attached.iter().take(12) {
        there.attach(attached);
    }
    let is_disturbed = input.failures.iter().any(|one| (1..=3).contains(one));
    let way = Way {
        there: there.held,
        wrong: Mutex::new((input.failures.into_iter(), input.answers.into_iter(), 0)),
    };
    let context =
        Context::new(&world.rules, &world.secrets, Arc::new(way), NOW).in_namespace("shop");
    let image = format!("registry.example/app@{}", world.image.digest());
    let verdict = RUNTIME.block_on(Engine::default().decide(&image, &context));
    let is_allowed = verdict.decision() == Decision::Allow;
    // A trusted clean report that is newer than every grave one. Where nothing is hidden, that decides.
    let is_good = there
        .newest_clean
        .is_some_and(|clean| there.newest_grave.is_none_or(|grave| clean < grave));
    if is_allowed {
        assert!(there.newest_clean.is_some(), "admitted without a report");
        // What is kept away with "not found" may be hidden: who can do that can delete it too.
        assert!(
            is_good || is_disturbed,
            "an older report admitted the image"
        );
    } else if !is_disturbed {
        assert!(!is_good, "{}", verdict.message());
    }
});
