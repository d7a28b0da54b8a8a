//! Archives that are no layout to read.

use super::*;

#[test]
fn a_compressed_archive_is_told_to_be_unpacked_and_none_of_its_bytes_are_quoted() {
    let (_folder, made, _) = made();
    let path = archived(&made, "layout.tar.x", |_| {});
    let plain = fs::read(&path).expect("read");
    for (magic, says) in [
        (
            &b"\x1f\x8b\x08\x00"[..],
            "compressed with gzip; unpack it first",
        ),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd; unpack it first"),
        (b"\xfd7zXZ\0", "compressed with xz; unpack it first"),
        (b"BZh9", "compressed with bzip2; unpack it first"),
        (b"\x04\x22\x4d\x18", "compressed with lz4; unpack it first"),
        (b"\x1b[2J\x07", "not a tar archive"),
        (b"\xff\xfe", "not a tar archive"),
    ] {
        let bytes = [magic, &plain[magic.len()..]].concat();
        fs::write(&path, bytes).expect("written");
        let error = Layout::open(&path).expect_err("no layout").to_string();
        assert!(error.contains(says), "{error}");
        assert!(error.is_ascii() && !error.contains('\u{1b}'), "{error:?}");
    }
    fs::write(&path, plain).expect("written");
    assert!(Layout::open(&path).is_ok());
    for short in [&b""[..], b"\x1f", b"BZ"] {
        fs::write(&path, short).expect("written");
        assert!(Layout::open(&path).is_err());
    }
}

#[test]
fn an_archive_of_docker_save_is_told_from_a_layout() {
    let (_folder, made, _) = made();
    fs::remove_file(made.base().join("oci-layout")).expect("removed");
    let told = |says: &str| {
        for path in [made.base().to_owned(), archived(&made, "saved.tar", |_| {})] {
            let error = Layout::open(&path).expect_err("no layout").to_string();
            assert!(error.contains(says), "{error}");
        }
    };
    told("it has no file oci-layout");
    fs::write(made.base().join("manifest.json"), "[]").expect("written");
    told("`docker save`");
}
