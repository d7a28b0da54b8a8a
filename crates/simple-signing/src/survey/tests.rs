use doorward_core::{Answer, Budget, Class, Code, FetchError, Fetched, Run};

use super::*;

const STORE: &str = "https://user:s3cret@sigs.example/a@b?token=s3cret";

fn input(stores: &[&str]) -> SurveyInput {
    let store = |url: &&str| Store::lookaside(url, None).expect("it is an address");
    SurveyInput {
        repository: "registry.example/app".parse().expect("it is a name"),
        located: "mirror.example/app".parse().expect("it is a name"),
        digest: Some(Digest::sha256(b"image")),
        stores: stores.iter().map(store).collect(),
    }
}

/// What is shown where `fetch` answers, and what was asked for.
fn survey(input: SurveyInput, fetch: impl Fn(&str) -> Answer) -> (Section, Vec<String>) {
    let mut run = Run::new(SimpleSurvey::new(input));
    let mut asked = Vec::new();
    let ended = run.to_end(&mut Meter::new(Budget::default()), |wanted| {
        asked.push(wanted.resource.to_string());
        fetch(&wanted.resource.to_string())
    });
    (run.into_session().section(ended), asked)
}

fn page() -> Answer {
    Ok(Fetched::new(&b"<html>moved</html>"[..], None, "a page"))
}

fn codes(section: &Section) -> Vec<Code> {
    section.problems.iter().map(Problem::code).collect()
}

#[test]
fn without_a_digest_nothing_is_looked_for_and_that_is_an_idle_section() {
    let nowhere = SurveyInput {
        digest: None,
        ..input(&[STORE])
    };
    let (section, asked) = survey(nowhere, |_| Err(FetchError::NotFound));
    assert!(asked.is_empty() && section.is_idle());
    assert_eq!(section.lists.len(), 2);
}

#[test]
fn a_store_is_named_without_its_credentials_and_its_query() {
    let (section, asked) = survey(input(&[STORE]), |resource| {
        Err(match resource.starts_with("signature extension") {
            true => FetchError::NotSupported,
            false => FetchError::NotFound,
        })
    });
    assert_eq!(section.looked_in, ["https://sigs.example/a@b"]);
    assert_eq!(asked.len(), 2);
    assert!(!format!("{section:?}").contains("s3cret"), "{section:?}");
    // Nor where the store cannot be asked.
    let (section, _) = survey(input(&[STORE]), |resource| {
        Err(match resource.starts_with("signature extension") {
            true => FetchError::NotSupported,
            false => FetchError::Unauthorized {
                detail: "status 401".to_owned(),
            },
        })
    });
    assert_eq!(codes(&section), [codes::STORE_UNAUTHORIZED]);
    assert!(!format!("{section:?}").contains("s3cret"), "{section:?}");
    assert!(!format!("{:?}", input(&[STORE])).contains("s3cret"));
}

#[test]
fn signatures_that_unpack_to_more_than_the_budget_end_the_survey_and_leave_it_incomplete() {
    let mut run = Run::new(SimpleSurvey::new(input(&[STORE])));
    let mut budget = Budget::default();
    budget.unpacked = 0;
    // Compressed data (RFC 9580, section 5.6) of five bytes, ZIP without compression.
    let signature = b"\xa3\x01\x01\x05\x00\xfa\xffhello";
    let ended = run.to_end(&mut Meter::new(budget), |wanted| match wanted.resource {
        Resource::Lookaside { .. } => Ok(Fetched::new(&signature[..], None, "a store")),
        _ => Err(FetchError::NotSupported),
    });
    let section = run.into_session().section(ended);
    assert_eq!(codes(&section), [Code::BUDGET_EXCEEDED]);
    assert!(section.is_incomplete);
}

#[test]
fn a_registry_that_keeps_signatures_is_the_only_place_even_if_its_list_is_no_list() {
    let (section, asked) = survey(input(&[STORE]), |_| page());
    assert_eq!(asked.len(), 1);
    assert_eq!(section.looked_in, ["the registry mirror.example"]);
    assert_eq!(codes(&section), [codes::STORE_MALFORMED]);
    assert!(!section.is_incomplete);
}

#[test]
fn what_is_no_signature_is_the_last_that_is_read_of_a_store_and_the_next_store_is_read() {
    let stores = [STORE, "https://other.example"];
    let (section, asked) = survey(input(&stores), |resource| {
        match resource.starts_with("lookaside") {
            true => page(),
            false => Err(FetchError::NotSupported),
        }
    });
    assert_eq!(asked.len(), 3);
    assert_eq!(section.looked_in.len(), 2);
    let signatures = format!("{:?}", section.lists.get(1));
    assert_eq!(signatures.matches(r#""scheme":"unknown""#).count(), 2);
    assert_eq!(
        section.unverified,
        Some("anyone who can write to the store can claim anything")
    );
}

#[test]
fn a_store_that_cannot_be_asked_leaves_the_section_incomplete() {
    let (section, asked) = survey(input(&[STORE]), |resource| {
        Err(match resource.starts_with("lookaside") {
            true => FetchError::Unavailable {
                detail: "status 503".to_owned(),
            },
            false => FetchError::NotSupported,
        })
    });
    assert_eq!(asked.len(), 2);
    assert!(section.is_incomplete);
    let classes = section.problems.iter().map(Problem::class);
    assert_eq!(classes.collect::<Vec<_>>(), [Class::Unavailable]);
}

#[test]
fn a_store_without_end_is_read_to_the_bound_and_no_further() {
    let signature = Fetched::new(&b"\x90\x0d\x03\x00\x00"[..], None, "a store");
    let (section, asked) = survey(input(&[STORE]), |resource| {
        match resource.starts_with("lookaside") {
            true => Ok(signature.clone()),
            false => Err(FetchError::NotSupported),
        }
    });
    assert_eq!(asked.len(), 1 + MAX_SIGNATURES);
    let claims = section.parts.iter();
    let claims = claims.filter(|part| matches!(part, doorward_core::Part::Claim(_)));
    assert_eq!(claims.count(), MAX_SIGNATURES);
}

#[test]
fn answers_that_were_not_asked_for_end_the_survey_and_what_was_seen_is_shown() {
    let mut survey = SimpleSurvey::new(input(&[STORE]));
    let mut meter = Meter::new(Budget::default());
    assert!(matches!(
        survey.advance(Vec::new(), &mut meter),
        Step::Fetch(_)
    ));
    let Step::Done(ended) = survey.advance(Vec::new(), &mut meter) else {
        panic!("it goes on without an answer");
    };
    let section = survey.section(ended);
    assert_eq!(codes(&section), [Code::INTERNAL_ERROR]);
}
