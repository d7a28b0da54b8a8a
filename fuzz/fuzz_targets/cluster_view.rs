//! The view of a cluster under events in any order. What is in force is what there is, however it came to be; an event that
//! changes nothing compiles nothing; and whatever an object says, the others stay.

#![no_main]

use std::collections::BTreeMap;

use doorward_kube::{Changed, ClusterView, ObjectName};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

// One event for each line: `+` and an object in JSON, `-` and a name, or `=`, which gives all that is there once more.
fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut view = ClusterView::new("default");
    let mut outcome: BTreeMap<ObjectName, Value> = BTreeMap::new();
    for line in text.lines().take(64) {
        let before = view.policies();
        let changed = match line.as_bytes().first() {
            Some(b'+') => {
                let Ok(object) = serde_json::from_str::<Value>(&line[1..]) else {
                    continue;
                };
                let changed = view.apply("s", &object);
                outcome.insert(ObjectName::of(&object), object);
                changed
            }
            Some(b'-') => {
                let (namespace, name) = line[1..].split_once('/').unwrap_or(("", &line[1..]));
                let name = ObjectName {
                    namespace: Some(namespace.to_owned()).filter(|text| !text.is_empty()),
                    name: name.to_owned(),
                };
                outcome.remove(&name);
                view.delete("s", &name)
            }
            Some(b'=') => {
                let changed = view.reset("s", outcome.values());
                assert_eq!(changed, Changed::Nothing, "{line}");
                changed
            }
            _ => continue,
        };
        let after = view.policies();
        if changed < Changed::Policies {
            assert_eq!(before.set().fingerprint(), after.set().fingerprint());
        }
        let _ = view.objects();
    }
    let mut given = ClusterView::new("default");
    given.reset("s", outcome.values());
    let (one, other) = (view.policies(), given.policies());
    assert_eq!(one.set().fingerprint(), other.set().fingerprint());
    assert_eq!(one.objects(), other.objects());
});
