//! What reading and judging a signed document costs beside parsing it as JSON, side by side in one run.
//!
//! `json`: `serde_json` into a tree of values. `read`: everything between the bytes and a document that rules can be held
//! against, with the checks that no member stands twice and nothing is beyond the bounds. `rules` and `condition`: what
//! comes on top. `…/read` divided by `…/json` is the ratio to watch.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark stops at what it cannot measure"
)]

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use doorward_core::{Digest, Timestamp};
use doorward_documents::{
    Condition, Document, InventoryRules, LicensePattern, PackagePattern, Predicate, ScanRules,
    Severity,
};

const NOW: Timestamp = Timestamp::from_unix(1_795_219_200);

/// A bill of materials of a large image, as syft writes one for Debian with an application in it.
fn cyclonedx(packages: usize) -> String {
    let mut components = String::new();
    for number in 0..packages {
        let comma = if number == 0 { "" } else { "," };
        write!(
            components,
            r#"{comma}{{"bom-ref":"pkg:deb/debian/library-{number}@1.2.{number}?arch=amd64","type":"library","name":"library-{number}","version":"1.2.{number}","licenses":[{{"license":{{"id":"GPL-2.0-only"}}}},{{"license":{{"name":"public-domain"}}}}],"cpe":"cpe:2.3:a:library:library-{number}:1.2:*:*:*:*:*:*:*","purl":"pkg:deb/debian/library-{number}@1.2.{number}?arch=amd64&distro=debian-12","properties":[{{"name":"syft:package:foundBy","value":"dpkg-db-cataloger"}},{{"name":"syft:location:0:path","value":"/var/lib/dpkg/status"}},{{"name":"syft:metadata:installedSize","value":"412"}}]}}"#
        )
        .unwrap();
    }
    format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[{components}]}}"#
    )
}

/// The same in SPDX, with all files of the packages.
fn spdx(packages: usize, files: usize) -> String {
    let mut listed = String::new();
    for number in 0..packages {
        let comma = if number == 0 { "" } else { "," };
        write!(
            listed,
            r#"{comma}{{"name":"library-{number}","SPDXID":"SPDXRef-Package-{number}","versionInfo":"1.2.{number}","supplier":"NOASSERTION","downloadLocation":"NOASSERTION","filesAnalyzed":false,"licenseConcluded":"NOASSERTION","licenseDeclared":"GPL-2.0-only AND MIT","externalRefs":[{{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:deb/debian/library-{number}@1.2.{number}"}}]}}"#
        )
        .unwrap();
    }
    let mut named = String::new();
    for number in 0..files {
        let comma = if number == 0 { "" } else { "," };
        write!(
            named,
            r#"{comma}{{"fileName":"usr/share/doc/library/file-{number}","SPDXID":"SPDXRef-File-{number}","checksums":[{{"algorithm":"SHA1","checksumValue":"0000000000000000000000000000000000000000"}}],"licenseConcluded":"NOASSERTION"}}"#
        )
        .unwrap();
    }
    format!(
        r#"{{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"app","documentNamespace":"https://a.example/1","packages":[{listed}],"files":[{named}]}}"#
    )
}

/// What Trivy says of an image that nobody has patched for long.
fn trivy(findings: usize) -> String {
    let mut found = String::new();
    for number in 0..findings {
        let comma = if number == 0 { "" } else { "," };
        let severity = match number % 3 {
            0 => "LOW",
            1 => "MEDIUM",
            _ => "HIGH",
        };
        write!(
            found,
            r#"{comma}{{"VulnerabilityID":"CVE-2026-{number}","PkgName":"library-{number}","InstalledVersion":"1.2.3","FixedVersion":"1.2.4","Status":"fixed","Severity":"{severity}","Title":"a title of some length, as they are","Description":"{description}","References":["https://a.example/{number}","https://b.example/{number}"]}}"#,
            description = "some words about what goes wrong and how to get out of it. ".repeat(8)
        )
        .unwrap();
    }
    format!(
        r#"{{"SchemaVersion":2,"ArtifactType":"container_image","Results":[{{"Target":"app (debian 12)","Class":"os-pkgs","Type":"debian","Vulnerabilities":[{found}]}}]}}"#
    )
}

fn documents(criterion: &mut Criterion) {
    let texts = [
        ("cyclonedx-2000", cyclonedx(2_000)),
        ("spdx-2000-files-30000", spdx(2_000, 30_000)),
        ("trivy-1000", trivy(1_000)),
    ];
    let mut group = criterion.benchmark_group("documents");
    group.sample_size(20);
    for (name, text) in &texts {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::new("json", name), |bencher| {
            bencher.iter(|| {
                serde_json::from_slice::<serde_json::Value>(black_box(text.as_bytes())).unwrap()
            });
        });
        group.bench_function(BenchmarkId::new("read", name), |bencher| {
            bencher.iter(|| Document::read(black_box(text.as_bytes()), None).unwrap());
        });
    }
    let [(_, materials), _, (_, report)] = &texts;
    let materials = Document::read(materials.as_bytes(), None).unwrap();
    let packages: Vec<PackagePattern> = [
        "pkg:npm/event-stream",
        "log4j-core@2.14.*",
        "xz-utils@5.6.*",
    ]
    .map(|pattern| PackagePattern::parse(pattern).unwrap())
    .into();
    let licenses: Vec<LicensePattern> = ["AGPL-*", "SSPL-1.0"]
        .map(|pattern| LicensePattern::parse(pattern).unwrap())
        .into();
    let rules = InventoryRules::new(packages, licenses).unwrap();
    group.bench_function(BenchmarkId::new("rules", "cyclonedx-2000"), |bencher| {
        let inventory = materials.inventory().unwrap();
        bencher.iter(|| assert!(rules.judge(black_box(inventory)).is_empty()));
    });
    let condition =
        Condition::parse("predicate.components.all(c, c.name != 'event-stream')").unwrap();
    group.bench_function(BenchmarkId::new("condition", "cyclonedx-2000"), |bencher| {
        bencher.iter(|| {
            let predicate = Predicate::new(black_box(materials.json()));
            assert!(condition.evaluate(&predicate).unwrap());
        });
    });
    let report = Document::read(report.as_bytes(), None).unwrap();
    let mut rules = ScanRules::default();
    rules.max_severity = Some(Severity::High);
    let image = Digest::sha256(b"image");
    group.bench_function(BenchmarkId::new("rules", "trivy-1000"), |bencher| {
        let scan = report.scan().unwrap();
        bencher.iter(|| {
            let outcome = rules.judge(black_box(scan), &[], &image, NOW);
            assert!(outcome.violations.is_empty());
        });
    });
    group.finish();
}

criterion_group!(benches, documents);
criterion_main!(benches);
