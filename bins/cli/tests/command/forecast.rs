//! When images will be refused, and why: each kind of end, to the second.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::{MediaType, Timestamp};
use doorward_testkit::{
    Blob, CertificateBuilder, Certified, EnvelopeBuilder, Image, KeyKind, ListBuilder,
    OpenPgpSigner,
};
use serde_json::{Value, json};

use crate::common::{Run, Site};
use crate::notation::Notation;
use crate::trust_common::{IMAGE, TrustSite};

const NOW: &str = "2026-01-01T00:00:00Z";
const END: &str = "2026-01-20T10:30:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// That the forecast names this time and this code, that `verify` admits the image one second before, and refuses it for that reason then.
/// `run` runs the command with these arguments at a time.
#[track_caller]
pub(crate) fn ends(run: impl Fn(&[&str], &str) -> Run, end: &str, code: &str) {
    let forecast = run(&["forecast", "-o", "json"], NOW);
    assert_eq!(forecast.code, 3, "{forecast:#?}");
    let report = forecast.json();
    assert_eq!(report["kind"], "ForecastReport");
    assert_eq!(report["until"], "2026-01-31T00:00:00Z");
    let image = &report["images"][0];
    assert_eq!(
        (&image["refusedAt"], &image["complete"]),
        (&end.into(), &true.into()),
        "{report:#}"
    );
    let change = image["changes"].as_array().unwrap().last().unwrap();
    let seen = |time: Timestamp| run(&["verify", "-o", "json"], &time.to_string());
    let before = seen(at(end).plus(-1));
    assert_eq!(before.code, 0, "{before:#?}");
    let then = seen(at(end));
    assert_eq!(then.code, 3, "{then:#?}");
    let (then, codes) = (then.json(), (&change["code"], &change["message"]));
    let refused = &then["images"][0];
    assert_eq!(codes, (&refused["code"], &refused["message"]));
    assert!(
        refused["message"].as_str().unwrap().contains(code) || refused["code"] == code,
        "{refused:#}"
    );
    let shown = run(&["forecast"], NOW);
    shown.expect(3, &["ENDS", end, code]);
    // Looking less far, it is not refused.
    let span = format!("{}s", at(end).since(at(NOW)) - 1);
    let near = run(&["forecast", "--within", &span, "-o", "json"], NOW);
    assert_eq!(
        (near.code, &near.json()["images"][0]["refusedAt"]),
        (0, &Value::Null)
    );
}

/// Runs a command about an image by the files of a site.
fn of_site<'s>(site: &'s Site, files: &'s [&'s str]) -> impl Fn(&[&str], &str) -> Run + 's {
    let image = site.reference("shop/web");
    move |words, time| {
        let arguments = [words, &[image.as_str(), "--at", time], files].concat();
        site.doorward(&arguments).run()
    }
}

#[test]
fn a_key_that_expires() {
    let mut site = Site::new();
    let signer = || OpenPgpSigner::builder(KeyKind::Ed25519);
    // Made when all keys of tests are. The last second of its life counts.
    let created = at("2024-01-01T00:00:00Z");
    let lifetime = u32::try_from(at(END).since(created) - 1).unwrap();
    site.signer = signer().expires_after(lifetime).build();
    site.write("site.yaml", &site.documents());
    site.push_signed("shop/web");
    ends(
        of_site(&site, &["-f", "site.yaml"]),
        END,
        "simple-key-expired",
    );
}

#[test]
fn trust_metadata_and_a_root_that_expire() {
    for role in ["timestamp", "snapshot", "targets", "root"] {
        let mut trust = TrustSite::new();
        for other in ["timestamp", "snapshot", "targets", "root"] {
            trust.collection.set_expires(other, at(END).plus(86_400));
        }
        trust.collection.set_expires(role, at(END));
        trust.publish();
        trust.demand(&trust.pins());
        let run = |words: &[&str], time: &str| {
            let arguments = [words, &[IMAGE, "-f", "site.yaml", "--at", time]].concat();
            let mirror = format!("registry.example={}", trust.site.registry.address());
            trust
                .site
                .doorward(&arguments)
                .env("DOORWARD_MIRROR", mirror)
                .run()
        };
        ends(run, END, "notary-role-expired");
        let shown = run(&["forecast"], NOW);
        shown.expect(3, &[role]);
    }
}

/// An image that somebody signs as this envelope is, below this root.
fn signed(
    root: Certified,
    leaf: &Certified,
    envelope: impl Fn(EnvelopeBuilder) -> EnvelopeBuilder,
) -> Notation {
    let notation = Notation::below(root);
    let image = Image::sample("shop/web");
    notation.site.registry.push_image("shop/web", "1.0", &image);
    let target = image.manifest().descriptor();
    let built = EnvelopeBuilder::new(&[leaf, &notation.root], &target)
        .signed_at(at("2025-12-01T00:00:00Z"));
    let signature = envelope(built).build().attached_to(&target);
    notation.site.registry.push_referrer("shop/web", &signature);
    notation
}

const FILES: [&str; 4] = [
    "--trust-policy",
    "trustpolicy.json",
    "--trust-store",
    "truststore",
];

#[test]
fn a_certificate_that_ends_without_a_time_stamp() {
    let root = CertificateBuilder::authority("root").self_signed();
    // The last second in which it is valid.
    let last = at(END).plus(-1);
    let leaf = CertificateBuilder::code_signer("build").valid(at("2025-01-01T00:00:00Z"), last);
    let notation = signed(root.clone(), &leaf.issued_by(&root), |envelope| envelope);
    ends(
        of_site(&notation.site, &FILES),
        END,
        "notation-certificate-validity",
    );
}

#[test]
fn a_root_certificate_that_ends() {
    let root =
        CertificateBuilder::authority("root").valid(at("2025-01-01T00:00:00Z"), at(END).plus(-1));
    let root = root.self_signed();
    let leaf = CertificateBuilder::code_signer("build").issued_by(&root);
    let notation = signed(root, &leaf, |envelope| envelope);
    ends(
        of_site(&notation.site, &FILES),
        END,
        "notation-certificate-validity",
    );
}

#[test]
fn a_signature_that_its_signer_lets_expire() {
    let root = CertificateBuilder::authority("root").self_signed();
    let leaf = CertificateBuilder::code_signer("build").issued_by(&root);
    let notation = signed(root, &leaf, |envelope| envelope.expires(at(END)));
    ends(of_site(&notation.site, &FILES), END, "notation-expired");
}

/// A value of ASN.1, of less than 64 KiB.
fn asn1(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    match length {
        [0, short @ ..128] => [&[tag, short], &*content].concat(),
        [0, long] => [&[tag, 0x81, long], &*content].concat(),
        [high, low] => [&[tag, 0x82, high, low], &*content].concat(),
    }
}

/// One half of a signature by ECDSA.
fn integer(fixed: &[u8]) -> Vec<u8> {
    let start = fixed.iter().position(|byte| *byte != 0).unwrap();
    let sign: &[u8] = if fixed[start] < 0x80 { &[] } else { &[0] };
    asn1(0x02, &[sign, &fixed[start..]])
}

/// The bundle of sigstore in which a signer with a certificate says that this image is signed, without a log and without a stamp.
fn certified_bundle(signer: &Certified, image: &Image) -> Image {
    const BUNDLE: MediaType =
        MediaType::from_static("application/vnd.dev.sigstore.bundle.v0.3+json");
    const KIND: &str = "https://sigstore.dev/cosign/sign/v1";
    const STATEMENT: &str = "application/vnd.in-toto+json";
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1", "subject": [{"digest": {"sha256": image.digest().hex()}}],
        "predicateType": KIND, "predicate": {},
    });
    let statement = statement.to_string();
    let lengths = (STATEMENT.len(), statement.len());
    let signed = format!("DSSEv1 {} {STATEMENT} {} {statement}", lengths.0, lengths.1);
    let fixed = signer.sign_envelope(signed.as_bytes());
    let (r, s) = fixed.split_at(fixed.len() / 2);
    let signature = asn1(0x30, &[&integer(r), &integer(s)]);
    let bundle = json!({
        "mediaType": BUNDLE.as_str(),
        "verificationMaterial": {"certificate": {"rawBytes": STANDARD.encode(signer.der())}},
        "dsseEnvelope": {
            "payload": STANDARD.encode(&statement), "payloadType": STATEMENT,
            "signatures": [{"sig": STANDARD.encode(signature)}],
        },
    });
    let blob = Blob::new(BUNDLE, bundle.to_string());
    let empty = MediaType::from_static("application/vnd.oci.empty.v1+json");
    let config = Blob::new(empty, "{}");
    let media_type = MediaType::from_static("application/vnd.oci.image.manifest.v1+json");
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type.as_str(), "artifactType": BUNDLE.as_str(),
        "config": config.descriptor(), "layers": [blob.descriptor()], "subject": image.manifest().descriptor(),
        "annotations": {"dev.sigstore.bundle.predicateType": KIND},
    });
    Image::from_manifest(media_type, manifest.to_string(), [config, blob])
}

#[test]
fn a_certificate_of_ones_own_authority_of_sigstore_that_ends_and_the_authority_itself() {
    let (begin, last, far) = (
        at("2025-01-01T00:00:00Z"),
        at(END).plus(-1),
        at("2049-01-01T00:00:00Z"),
    );
    for (of_root, of_leaf, code) in [
        (far, last, "sigstore-certificate-expired"),
        (last, far, "sigstore-certificate-untrusted"),
    ] {
        let root = CertificateBuilder::authority("root").valid(begin, of_root);
        let root = root.self_signed();
        let name = asn1(0x82, &[b"signer.example"]);
        let leaf = CertificateBuilder::code_signer("signer")
            .extension("2.5.29.17", false, &asn1(0x30, &[&name]))
            .valid(begin, of_leaf)
            .issued_by(&root);
        let site = Site::new();
        let image = Image::sample("shop/web");
        site.registry.push_image("shop/web", "1.0", &image);
        let bundle = certified_bundle(&leaf, &image);
        site.registry.push_referrer("shop/web", &bundle);
        let policy = json!({
            "apiVersion": "doorward.dev/v1", "kind": "ClusterImagePolicy", "metadata": {"name": "own"},
            "spec": {"repositories": [{
                "name": format!("{}/*", site.registry.address()),
                "policy": {"sigstore": {"authorities": [{"certificate": {"caSecret": "ca", "dns": "signer.example"}}]}},
            }]},
        });
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "ca", "namespace": "doorward"},
            "stringData": {"ca.pem": root.pem()},
        });
        site.write("site.yaml", &format!("{policy}\n---\n{secret}\n"));
        ends(of_site(&site, &["-f", "site.yaml"]), END, code);
    }
}

#[test]
fn an_entry_that_begins_to_refuse() {
    let site = Site::new();
    let documents = site.documents();
    let from = format!("effectiveFrom: \"{END}\"\n    policy:\n");
    site.write("site.yaml", &documents.replace("policy:\n", &from));
    site.push("shop/web");
    ends(
        of_site(&site, &["-f", "site.yaml"]),
        END,
        "simple-no-signature",
    );
}

#[test]
fn an_exception_that_ends() {
    let site = Site::new();
    let documents = site.documents();
    let allowed = documents.replace("policy:\n", "exceptions: allowed\n    policy:\n");
    let exception = format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImageException\nmetadata: {{name: e}}\n\
         spec: {{images: [\"{}/*\"], codes: [simple-no-signature], until: \"{END}\", reason: r}}\n",
        site.registry.address()
    );
    site.write("site.yaml", &format!("{allowed}---\n{exception}"));
    site.push("shop/web");
    let files = ["-f", "site.yaml", "--max-exception", "30d"];
    ends(of_site(&site, &files), END, "simple-no-signature");
}

#[test]
fn images_of_workloads_are_looked_at_where_they_stand_and_what_ends_first_stands_first() {
    let site = Site::new();
    let documents = site.documents();
    let from = format!("effectiveFrom: \"{END}\"\n    policy:\n");
    site.write("site.yaml", &documents.replace("policy:\n", &from));
    site.push_signed("shop/web");
    site.push("shop/cart");
    let pod = |name: &str| {
        let image = site.reference(name);
        let name = name.replace('/', "-");
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: c, image: \"{image}\"}}]}}\n"
        )
    };
    site.write(
        "pods.yaml",
        &format!("{}---\n{}", pod("shop/web"), pod("shop/cart")),
    );
    let files = ["-f", "site.yaml", "-f", "pods.yaml", "--at", NOW];
    let run = site.doorward(&[&["forecast"], &files[..]].concat()).run();
    run.expect(
        3,
        &[
            "ENDS",
            "Pod default/shop-cart, container c",
            "HOLDS",
            "2 images until 2026-01-31T00:00:00Z: 1 will be denied, 1 admitted",
        ],
    );
    assert!(
        run.stdout.find("ENDS") < run.stdout.find("HOLDS"),
        "{}",
        run.stdout
    );
    let json = site
        .doorward(&[&["forecast", "-o", "json"], &files[..]].concat())
        .run()
        .json();
    assert_eq!(
        json["summary"],
        serde_json::json!({"holds": 1, "ends": 1, "refused": 0, "unknown": 0})
    );
    assert_eq!(json["images"][1]["uses"][0]["name"], "shop-cart");
    let only = site
        .doorward(&[&["forecast", "--exit-zero"], &files[..]].concat())
        .run();
    assert_eq!(only.code, 0);
}

#[test]
fn what_is_refused_now_and_what_cannot_be_asked_are_told_apart() {
    let site = Site::with_policy();
    site.push("shop/web");
    let run = of_site(&site, &["-f", "site.yaml"]);
    let refused = run(&["forecast"], NOW);
    refused.expect(3, &["DENIED NOW", "simple-no-signature"]);
    site.registry.stop();
    let unasked = run(&["forecast"], NOW);
    unasked.expect(5, &["NOT ALLOWED, inconclusive"]);
}

#[test]
fn a_forecast_without_images_workloads_or_a_time_to_look_at_is_a_wrong_command_line() {
    let site = Site::with_policy();
    let none = site.doorward(&["forecast"]).run();
    none.expect_failure(2, &["there is nothing to forecast"]);
    let image = site.reference("shop/web");
    let never = site
        .doorward(&["forecast", &image, "-f", "site.yaml", "--within", "0d"])
        .run();
    never.expect_failure(2, &["more than nothing"]);
    let empty = site.doorward(&["forecast", "-f", "site.yaml"]).run();
    assert_eq!(empty.code, 7, "{empty:#?}");
}

#[test]
fn a_revocation_list_that_ends_is_no_end_of_an_image_and_hides_none() {
    let root = CertificateBuilder::authority("root").self_signed();
    let leaf = |last: Timestamp| {
        let leaf = CertificateBuilder::code_signer("build").lists(&["http://127.0.0.1:1/ca.crl"]);
        leaf.valid(at("2025-01-01T00:00:00Z"), last)
            .issued_by(&root)
    };
    let run_of = |last: Timestamp| {
        let notation = signed(root.clone(), &leaf(last), |envelope| envelope);
        // It counts for days, and nobody can be asked for the next one.
        let list =
            ListBuilder::new(&root, at(NOW)).holds(at(NOW), Some(at("2026-01-05T00:00:00Z")));
        let list = list.build();
        std::fs::create_dir_all(notation.site.path("revocation")).unwrap();
        std::fs::write(notation.site.path("revocation/acme.crl"), list).unwrap();
        notation
    };
    let files = [&FILES[..], &["--revocation", "revocation"]].concat();
    let lasting = run_of(at("2049-01-01T00:00:00Z"));
    let run = of_site(&lasting.site, &files);
    let image =
        run(&["forecast", "--within", "90d", "-o", "json"], NOW).json()["images"][0].clone();
    assert_eq!(
        (&image["verdict"], &image["refusedAt"], &image["complete"]),
        (&"allow".into(), &Value::Null, &true.into()),
        "{image:#}"
    );
    // By then there is a new list, and `verify` says that there is none here.
    let later = run(&["verify", "-o", "json"], "2026-03-01T00:00:00Z").json()["images"][0].clone();
    assert_eq!(later["code"], "notation-revocation-unknown");
    let ending = run_of(at(END).plus(-1));
    let run = of_site(&ending.site, &files);
    let image = run(&["forecast", "-o", "json"], NOW).json()["images"][0].clone();
    assert_eq!(image["refusedAt"], END, "{image:#}");
    assert_eq!(image["changes"][0]["code"], "notation-certificate-validity");
}
