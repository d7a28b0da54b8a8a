//! Documents that are attached to the image and signed for themselves.

use doorward::core::{Digest, MediaType};
use doorward_testkit::{Blob, CosignBuilder, CosignForm, CosignKey, Image, ImageBuilder};

use crate::site::{REPOSITORY, Site, allowed, refused};

const REVIEW: &str = "application/vnd.acme.review+json";
const EMPTY: MediaType = MediaType::from_static("application/vnd.oci.empty.v1+json");
const BODY: &str = "attestations: [{artifactType: application/vnd.acme.review+json, conditions: [predicate.passed], \
                    signedBy: {sigstore: {authorities: [{keySecret: k}]}}}]";

fn review(site: &Site, passed: bool) -> Image {
    let document = ImageBuilder::new()
        .artifact_type(REVIEW)
        .config(Blob::new(EMPTY, "{}"))
        .blob(Blob::new(
            MediaType::from_static(REVIEW),
            format!("{{\"passed\": {passed}}}"),
        ))
        .subject(site.image.manifest().descriptor())
        .build();
    site.registry.push_referrer(REPOSITORY, &document);
    document
}

/// Attaches a signature to a document, which says that it is for this digest.
fn sign(site: &Site, key: &CosignKey, document: &Image, form: CosignForm, of: &Digest) {
    let signature = CosignBuilder::new(key, document).form(form).claiming(of);
    let referrer = signature
        .build()
        .referrer(&document.manifest().descriptor());
    site.registry.push_referrer(REPOSITORY, &referrer);
}

#[tokio::test]
async fn a_genuine_signature_of_something_else_attached_to_a_document_changes_no_verdict() {
    let elsewhere = Digest::sha256(b"another document");
    let forms = [CosignForm::Bundle, CosignForm::Layer];
    for passed in [true, false] {
        for foreign_comes_first in [true, false] {
            let site = Site::new(true).await;
            let document = review(&site, passed);
            let foreign = || {
                for form in forms {
                    sign(&site, &site.key, &document, form, &elsewhere);
                }
            };
            if foreign_comes_first {
                foreign();
                // Alone they vouch for nothing.
                refused(&site.decide_body(BODY).await, "document-unsigned");
            }
            let own = document.digest();
            sign(&site, &site.key, &document, CosignForm::Bundle, own);
            if !foreign_comes_first {
                foreign();
            }
            let verdict = site.decide_body(BODY).await;
            match passed {
                true => allowed(&verdict),
                false => refused(&verdict, "document-condition-failed"),
            }
        }
    }
}
