//! Admission reviews, and objects as their creation would be reviewed. An object with images about which nothing was decided is refused, one with a refused image is
//! refused without a patch, and one whose images were pinned is patched to exactly them.

#![no_main]

use doorward_core::{Code, Digest, Pinned, Reference};
use doorward_kube::{CustomWorkloads, ImageAnswer, Limits, Phase, Reason, Response, Review};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // A review, or an object that nobody has sent yet.
    let custom = CustomWorkloads::none();
    let review = match Review::parse_or_create(bytes, &Limits::default(), &custom) {
        Ok(review) => review,
        Err(refused) => {
            let response = Response::refuse(&refused);
            assert!(!response.is_allowed());
            is_json(&response);
            return;
        }
    };
    let undecided = review.undecided().count();
    let silent = Response::answer(&review, Phase::Mutate, Vec::new());
    // The mirror of a static Pod is reported, whatever came of it.
    let is_mirror = review.mirrors().is_some();
    assert_eq!(silent.is_allowed(), undecided == 0 || is_mirror);
    assert_eq!(silent.is_reported_only(), undecided > 0 && is_mirror);
    is_json(&silent);

    if undecided > 0 {
        let reason = || Reason::new(Code::POLICY_NO_MATCH, "no");
        let mut answers: Vec<_> = review.undecided().map(ImageAnswer::allow).collect();
        let last = review.undecided().last().expect("there is one");
        answers.pop();
        answers.push(ImageAnswer::deny(last, reason()));
        let response = Response::answer(&review, Phase::Mutate, answers);
        assert!(response.is_allowed() == is_mirror && response.patch().is_empty());
        assert!(
            is_mirror
                || response
                    .message()
                    .is_some_and(|message| message.len() <= 4096)
        );
        is_json(&response);
    }

    let pins: Option<Vec<_>> = review
        .undecided()
        .map(|image| {
            let reference: Reference = image.image.parse().ok()?;
            let digest = match reference.digest() {
                Some(digest) => digest.clone(),
                None => Digest::sha256(image.image.as_bytes()),
            };
            Some(ImageAnswer::pin(
                image,
                Pinned::new(reference.into_repository(), digest),
            ))
        })
        .collect();
    if let Some(pins) = pins {
        let response = Response::answer(&review, Phase::Mutate, pins);
        assert!(response.is_allowed(), "{:?}", response.message());
        is_json(&response);
    }
});

fn is_json(response: &Response) {
    let value: serde_json::Value = serde_json::from_str(&response.to_json()).expect("JSON");
    assert_eq!(value["response"]["allowed"], response.is_allowed());
}
