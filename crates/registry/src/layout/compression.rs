//! Compressed archives, which are not read: members are looked up where they lie.

use std::fs::File;
use std::io::{self, Read, Seek as _};

/// How the formats begin, what they are called, and what unpacks them.
const FORMATS: [(&[u8], &str, &str); 7] = [
    (b"\x1f\x8b", "gzip", "gunzip"),
    (b"\x28\xb5\x2f\xfd", "zstd", "unzstd"),
    (b"\xfd7zXZ\0", "xz", "unxz"),
    (b"BZh", "bzip2", "bunzip2"),
    (b"\x04\x22\x4d\x18", "lz4", "unlz4"),
    (b"PK\x03\x04", "zip", "unzip"),
    (b"\x1f\x9d", "compress", "uncompress"),
];
/// As many bytes as the longest beginning has.
const LONGEST: u64 = 6;

/// What to say of a file that begins as a compressed one does. Leaves the file at its beginning.
pub(super) fn refusal(file: &mut File) -> io::Result<Option<String>> {
    let mut start = Vec::new();
    Read::by_ref(file).take(LONGEST).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(FORMATS
        .iter()
        .find(|(magic, ..)| start.starts_with(magic))
        .map(|(_, name, tool)| {
            format!("it is compressed with {name}; unpack it first, such as with {tool}")
        }))
}
