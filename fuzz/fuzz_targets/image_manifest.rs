//! Manifests and indexes. No document is both, all readers agree on which it is, and what is read of a descriptor is
//! written and read again as the same.

#![no_main]

use doorward_core::json::{self, Limits};
use doorward_core::{Descriptor, Descriptors, Index, Manifest, MediaType, Outline};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for served in [
        None,
        Some(MediaType::OCI_MANIFEST),
        Some(MediaType::OCI_INDEX),
    ] {
        look_at(bytes, served.as_ref());
    }
});

fn look_at(bytes: &[u8], served: Option<&MediaType>) {
    let outline = Outline::read(bytes, served);
    let (index, manifest) = (Index::parse(bytes, served), Manifest::parse(bytes, served));
    assert!(index.is_err() || manifest.is_err(), "both at once");
    if let Ok(index) = index {
        // An outline wants every entry of a list well-formed.
        if let Ok(outline) = &outline {
            let listed = outline.index.as_ref().map(|index| index.manifests);
            assert_eq!(listed, Some(index.manifests.entries().len()));
            assert_eq!(index.media_type, outline.media_type);
        }
        assert!(outline.is_ok() || index.manifests.clone().all().is_err());
        check(&index.manifests, index.subject.as_ref());
    }
    if let Ok(manifest) = manifest {
        let outline = outline.expect("a manifest has an outline");
        assert_eq!(outline.index, None);
        assert_eq!(outline.media_type, manifest.media_type);
        check(&manifest.layers, manifest.subject.as_ref());
        check(&Descriptors::default(), Some(&manifest.config));
    }
}

fn check(list: &Descriptors, own: Option<&Descriptor>) {
    assert!(list.entries().len() <= Descriptors::MAX);
    for descriptor in list.readable().chain(own) {
        assert!(i64::try_from(descriptor.size).is_ok());
        let written = serde_json::to_vec(descriptor).expect("a descriptor is JSON");
        let again = json::parse(&written, Limits::bytes(1 << 20)).expect("it is strict JSON");
        assert_eq!(Descriptor::from_json(&again).as_ref(), Ok(descriptor));
    }
    let whole = list.clone().all();
    assert_eq!(
        whole.is_ok(),
        list.readable().count() == list.entries().len()
    );
}
