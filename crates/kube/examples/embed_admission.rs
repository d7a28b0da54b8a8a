//! The admission mapping in another webhook: a review on standard input, the answer on standard output.
//!
//! The decision here is a list of registries. Put your own in its place; the mapping stays the same.
//!
//! ```text
//! cargo run -p doorward-kube --example embed_admission -- registry.example < review.json
//! ```

use std::io::{Read, Write};

use doorward_core::{Code, Reference};
use doorward_kube::{ImageAnswer, ImageUse, Limits, Phase, Reason, Response, Review};

fn main() -> std::io::Result<()> {
    let registries: Vec<String> = std::env::args().skip(1).collect();
    let limits = Limits::default();
    let mut body = Vec::new();
    // One byte more than is allowed shows that there is more.
    std::io::stdin()
        .take(limits.bytes as u64 + 1)
        .read_to_end(&mut body)?;
    let response = match Review::parse_within(&body, &limits) {
        Ok(review) => {
            let decided = review
                .undecided()
                .map(|image| decide(image, &registries))
                .collect();
            Response::answer(&review, Phase::Mutate, decided)
        }
        Err(refused) => Response::refuse(&refused),
    };
    writeln!(std::io::stdout(), "{}", response.to_json())
}

fn decide<'a>(image: &'a ImageUse, registries: &[String]) -> ImageAnswer<'a> {
    let reference: Reference = match image.image.parse() {
        Ok(reference) => reference,
        Err(error) => {
            return ImageAnswer::deny(
                image,
                Reason::new(Code::REFERENCE_INVALID, error.to_string()),
            );
        }
    };
    // Normalised, so that `nginx` is judged as what it means: docker.io/library/nginx.
    let registry = reference.repository().canonical().registry().to_owned();
    if registries.contains(&registry) {
        return ImageAnswer::allow(image);
    }
    let message = format!(
        "images may come from {} only, not from {registry}",
        registries.join(", ")
    );
    ImageAnswer::deny(image, Reason::new(Code::POLICY_NO_MATCH, message))
}
