//! Guides that are followed as a newcomer types them: every command in them is run.
//!
//! `notation` and `oras` are in no stable release of Debian yet, so these tests say so and pass where one is missing,
//! whatever is required.

mod reader;
mod steps;

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use doorward_core::{Descriptor, Digest, MediaType, Timestamp};
use doorward_testkit::{CertificateBuilder, EnvelopeBuilder};

use crate::pki::Pki;
use crate::{page, root, time_stamps};
use reader::Reader;

#[test]
fn the_guide_to_signatures_leads_from_the_first_one_to_the_first_refusal() {
    let Some(mut reader) = Reader::begin() else {
        return;
    };
    let authorities = tempfile::tempdir().unwrap();
    let stamps = time_stamps::start(&Pki::new(authorities.path()), authorities.path());
    let stamp_root = authorities.path().join("tsa-root.crt");
    fs::copy(stamp_root, reader.work().join("tsa-root.crt")).unwrap();
    reader.replace("http://timestamp.example", &stamps.url());
    sign_a_file(&reader.work());
    reader.follow(&page("guides/notation.md"));
    assert!(stamps.take_count() > 0);
}

#[test]
fn the_guide_to_documents_leads_from_the_first_one_to_the_first_refusal() {
    let Some(mut reader) = Reader::begin() else {
        return;
    };
    for sample in fs::read_dir(root().join("docs/guides/samples")).unwrap() {
        let sample = sample.unwrap();
        fs::copy(sample.path(), reader.work().join(sample.file_name())).unwrap();
    }
    // What the guide ignores until then, it ignores whenever this is run.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Timestamp::from_unix(i64::try_from(now.as_secs()).unwrap());
    let until = now.plus(30 * 86_400).to_string();
    reader.replace("2026-12-31", until.split('T').next().unwrap());
    reader.follow(&page("guides/sbom-and-scan.md"));
}

#[test]
fn every_sample_is_offered_by_the_guide() {
    let guide = page("guides/sbom-and-scan.md");
    let mut samples = 0;
    for sample in fs::read_dir(root().join("docs/guides/samples")).unwrap() {
        let name = sample.unwrap().file_name().into_string().unwrap();
        assert!(guide.contains(&format!("(samples/{name})")), "{name}");
        samples += 1;
    }
    assert!(samples > 0);
}

/// A file as `notation blob sign` leaves it, and a trust policy for files. No released `notation` signs files yet.
fn sign_a_file(folder: &Path) {
    let root = CertificateBuilder::authority("root").self_signed();
    let leaf = CertificateBuilder::code_signer("build").issued_by(&root);
    let content = b"a release\n";
    let size = u64::try_from(content.len()).unwrap();
    let kind = MediaType::new("application/octet-stream");
    let target = Descriptor::new(kind, Digest::sha256(content), size);
    let envelope = EnvelopeBuilder::new(&[&leaf, &root], &target).build();
    let store = folder.join("truststore/x509/ca/acme");
    fs::create_dir_all(&store).unwrap();
    let policy = r#"{"version": "1.0", "trustPolicies": [{
        "name": "release", "globalPolicy": true, "signatureVerification": {"level": "strict"},
        "trustStores": ["ca:acme"], "trustedIdentities": ["*"]}]}"#;
    fs::write(store.join("root.pem"), root.pem()).unwrap();
    fs::write(folder.join("app.tar.gz"), content).unwrap();
    fs::write(folder.join("app.tar.gz.jws.sig"), envelope.bytes()).unwrap();
    fs::write(folder.join("trustpolicy.blob.json"), policy).unwrap();
}
