//! Image references. What is accepted has bounded parts, survives being written and read again, and normalising it
//! once more changes nothing.

#![no_main]

use doorward_core::{Reference, Repository};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(reference) = text.parse::<Reference>() else {
        return;
    };
    let written = reference.to_string();
    assert_eq!(
        written.parse::<Reference>().as_ref(),
        Ok(&reference),
        "{written}"
    );

    let repository = reference.repository();
    assert_eq!(
        repository.to_string().parse::<Repository>().as_ref(),
        Ok(repository)
    );
    assert!(!repository.registry().is_empty() && !repository.path().is_empty());
    assert!(!repository.path().starts_with('/') && !repository.path().contains(['@', ':']));

    let canonical = reference.canonical();
    assert_eq!(canonical.canonical(), canonical);
    assert!(!reference.clone().or_latest().is_name_only());
    if reference.digest().is_some() {
        assert_eq!(reference.clone().digest_only().tag(), None);
    }
});
