//! Pull secrets of the cluster: each parsed once for as long as it is the same, and together no more than a review may have.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use doorward_kube::SecretData;
use doorward_registry::PullSecret;

/// The bytes that all pull secrets of one review may have. The author of a Pod chooses how many it names.
const BYTES_OF_ONE: usize = 512 << 10;
/// The entries that they may have. Each is held as long as the review waits for registries, and looked through for each image.
const ENTRIES_OF_ONE: usize = 1_024;
/// The entries of all that are kept, of which each takes some 600 bytes.
const MOST_ENTRIES: usize = 16_384;
/// How many are kept, with or without entries.
const MOST: usize = 4_096;

/// What is left for one review.
#[derive(Debug)]
pub(super) struct Room {
    bytes: usize,
    entries: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            bytes: BYTES_OF_ONE,
            entries: ENTRIES_OF_ONE,
        }
    }
}

/// Those that were parsed, by namespace and name.
#[derive(Debug, Default)]
pub(super) struct Parsed(Mutex<HashMap<(String, String), Known>>);

#[derive(Debug)]
struct Known {
    /// What it was parsed from.
    data: Weak<SecretData>,
    secret: Arc<PullSecret>,
}

impl Parsed {
    /// The Secret as something to pull with. What finds no room beside those that the review names before it offers nothing,
    /// and says why if access is refused.
    pub(super) fn read(
        &self,
        namespace: &str,
        name: &str,
        data: &Arc<SecretData>,
        room: &mut Room,
    ) -> Arc<PullSecret> {
        let bytes = data.items().values().map(Vec::len).sum();
        let Some(left) = room.bytes.checked_sub(bytes) else {
            return beyond(namespace, name, BYTES_OF_ONE, "bytes");
        };
        // Taken before it is read, whether or not it turns out to be of use: reading is what costs.
        room.bytes = left;
        let secret = self.parsed(namespace, name, data);
        let Some(left) = room.entries.checked_sub(secret.entries()) else {
            return beyond(namespace, name, ENTRIES_OF_ONE, "entries");
        };
        room.entries = left;
        secret
    }

    fn parsed(&self, namespace: &str, name: &str, data: &Arc<SecretData>) -> Arc<PullSecret> {
        let key = (namespace.to_owned(), name.to_owned());
        if let Some(known) = self.locked().get(&key)
            && Weak::as_ptr(&known.data) == Arc::as_ptr(data)
        {
            return Arc::clone(&known.secret);
        }
        // Without the lock: it takes as long as somebody's Secret is large.
        let secret = Arc::new(PullSecret::read(namespace, name, data.items()));
        let mut known = self.locked();
        let has_room = |known: &HashMap<_, Known>| {
            let entries: usize = known.values().map(|one| one.secret.entries()).sum();
            known.len() < MOST && entries + secret.entries() <= MOST_ENTRIES
        };
        if !has_room(&known) {
            known.retain(|_, one| one.data.strong_count() > 0);
        }
        if !has_room(&known) {
            known.clear();
        }
        let one = Known {
            data: Arc::downgrade(data),
            secret: Arc::clone(&secret),
        };
        known.insert(key, one);
        secret
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<(String, String), Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn beyond(namespace: &str, name: &str, limit: usize, what: &str) -> Arc<PullSecret> {
    let detail =
        format!("with the pull secrets that are named before it, it has more than {limit} {what}");
    Arc::new(PullSecret::unusable(namespace, name, detail))
}

#[cfg(test)]
mod tests {
    use doorward_core::Repository;
    use doorward_kube::Limits;
    use doorward_registry::Keychain as _;
    use serde_json::json;

    use super::*;

    /// A Secret with a credential for `r.example` and so many others, the last of which is this long.
    fn secret(others: usize, padding: usize) -> Arc<SecretData> {
        let entry = |host: String| (host, json!({"username": "u", "password": "p"}));
        let mut auths: serde_json::Map<_, _> = (0..others)
            .map(|number| entry(format!("r{number}.example")))
            .collect();
        auths.extend([entry("r.example".to_owned())]);
        let config = json!({"auths": auths, "padding": "x".repeat(padding)}).to_string();
        let object = json!({"stringData": {".dockerconfigjson": config}});
        Arc::new(SecretData::read(&object, &Limits::default()).unwrap())
    }

    fn offers(secret: &PullSecret) -> usize {
        let repository: Repository = "r.example/app".parse().unwrap();
        secret.credentials(&repository).len()
    }

    #[test]
    fn what_is_the_same_is_parsed_once_and_what_changed_again() {
        let parsed = Parsed::default();
        let (first, second) = (secret(1, 0), secret(1, 0));
        let read = |data: &Arc<SecretData>| parsed.read("shop", "pull", data, &mut Room::default());
        let one = read(&first);
        assert!(Arc::ptr_eq(&one, &read(&first)));
        assert!(!Arc::ptr_eq(&one, &read(&second)));
        let other = parsed.read("other", "pull", &second, &mut Room::default());
        assert!(!Arc::ptr_eq(&other, &read(&second)));
    }

    #[test]
    fn pull_secrets_that_are_too_much_together_offer_nothing_and_say_why() {
        for (large, said) in [
            (secret(600, 0), "1024 entries"),
            (secret(0, 300 << 10), "524288 bytes"),
        ] {
            let (parsed, mut room) = (Parsed::default(), Room::default());
            let first = parsed.read("shop", "first", &large, &mut room);
            assert_eq!(offers(&first), 1, "{said}");
            let second = parsed.read("shop", "second", &large, &mut room);
            assert_eq!(offers(&second), 0, "{said}");
            let dropped = second.dropped(&"r.example/app".parse().unwrap());
            let told = dropped[0].to_string();
            assert!(
                told.contains("pull secret shop/second") && told.contains(said),
                "{told}"
            );
            // What is small still counts after it.
            let third = parsed.read("shop", "third", &secret(0, 0), &mut room);
            assert_eq!(offers(&third), 1, "{said}");
        }
    }

    #[test]
    fn pull_secrets_that_are_of_no_use_are_not_all_read_either() {
        let (parsed, mut room) = (Parsed::default(), Room::default());
        let useless = secret(1_100, 0);
        for number in 0..32 {
            parsed.read("shop", &number.to_string(), &useless, &mut room);
        }
        let bytes: usize = useless.items().values().map(Vec::len).sum();
        assert_eq!(parsed.locked().len(), BYTES_OF_ONE / bytes);
    }

    #[test]
    fn no_more_entries_are_kept_than_there_is_room_for() {
        let parsed = Parsed::default();
        let held: Vec<_> = (0..40).map(|_| secret(1_000, 0)).collect();
        for (number, data) in held.iter().enumerate() {
            parsed.read("shop", &number.to_string(), data, &mut Room::default());
            let known = parsed.locked();
            let entries: usize = known.values().map(|one| one.secret.entries()).sum();
            assert!(entries <= MOST_ENTRIES, "{number}");
        }
    }
}
