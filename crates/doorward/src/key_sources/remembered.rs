//! Keys that outlive the process. Only those whose pin says which they are: what is remembered is trusted for nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use doorward_core::{StateKey, StateStore, Timestamp};
use doorward_policy::{KeyForm, KeyPin, KeySource};
use serde::{Deserialize, Serialize};

use super::key::{Key, max_bytes};

/// The version of the document's form.
const VERSION: u32 = 1;
/// The longest document. JSON writes a byte of a text as six at most, and base64 three bytes as four.
const MAX_DOCUMENT: usize = {
    let (text, binary) = (
        6 * max_bytes(KeyForm::PublicKey),
        2 * max_bytes(KeyForm::OpenPgp),
    );
    256 + if text > binary { text } else { binary }
};
/// How much younger a key must be than what is remembered for it to be written again, in seconds: others who share the memory
/// confirm it too.
const APART: i64 = 30 * 60;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    /// When it was last served.
    asked: i64,
    /// The file: a key in PEM as it is, and what may be binary in base64.
    key: String,
}

/// A file as the document has it.
fn written(source: &KeySource, file: &[u8]) -> String {
    match source.form() {
        KeyForm::Certificates | KeyForm::OpenPgp => STANDARD.encode(file),
        KeyForm::PublicKey => String::from_utf8_lossy(file).into_owned(),
    }
}

/// The file of a document.
fn file(source: &KeySource, written: String) -> Option<Vec<u8>> {
    match source.form() {
        KeyForm::Certificates | KeyForm::OpenPgp => STANDARD.decode(written).ok(),
        KeyForm::PublicKey => Some(written.into_bytes()),
    }
}

/// What is remembered is a key under a pin: two pins of one address, such as an old one and a new one, are two.
fn state_key(source: &KeySource) -> StateKey {
    let servers = vec![source.address().to_owned()];
    let name = match source.pin() {
        None => "key source".to_owned(),
        Some(KeyPin::File(digest)) => format!("key source with the file {digest}"),
        Some(KeyPin::Key(digest)) => format!("key source with the key {digest}"),
        Some(KeyPin::OpenPgp(key)) => format!("key source with the OpenPGP key {key}"),
    };
    StateKey::new("cluster", source.form().scheme(), servers, name)
}

fn read(bytes: &[u8]) -> Option<Document> {
    let document = (bytes.len() <= MAX_DOCUMENT).then(|| serde_json::from_slice(bytes).ok())??;
    let Document { version, .. } = &document;
    (*version == VERSION).then_some(document)
}

/// The file that is remembered, and when it was served. `None` if there is none: what is wrong with a memory is as if there were
/// none, because nobody is asked less for it.
pub(super) async fn load(
    memory: &dyn StateStore,
    source: &KeySource,
) -> Option<(Vec<u8>, Timestamp)> {
    // Without a pin, nothing is remembered.
    source.pin()?;
    let stored = memory.load(&state_key(source)).await.ok()?;
    let document = read(stored.bytes()?)?;
    let file = file(source, document.key)?;
    Some((file, Timestamp::from_unix(document.asked)))
}

/// Remembers a key, if that says anything new. Where others write at the same time, theirs is as good.
pub(super) async fn keep(memory: &dyn StateStore, source: &KeySource, key: &Key, now: Timestamp) {
    let name = state_key(source);
    let Ok(stored) = memory.load(&name).await else {
        return;
    };
    let file = written(source, key.file());
    let before = stored.bytes();
    let known = before.and_then(|bytes| read(bytes));
    let is_known = known.is_some_and(|known| {
        let age = now.since(Timestamp::from_unix(known.asked));
        known.key == file && (0..APART).contains(&age)
    });
    let document = Document {
        version: VERSION,
        asked: now.unix(),
        key: file,
    };
    if let (false, Ok(bytes)) = (is_known, serde_json::to_vec(&document)) {
        let _ = memory.replace(&name, before, Bytes::from(bytes)).await;
    }
}
