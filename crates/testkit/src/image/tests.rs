use doorward_core::{Digest, MediaType};
use serde_json::Value;

use super::{Image, ImageBuilder, ImageFormat, IndexBuilder, Layer, OciLayout};

fn json(image: &Image) -> Value {
    serde_json::from_slice(image.manifest().bytes()).unwrap()
}

#[test]
fn every_descriptor_of_a_manifest_has_the_digest_and_size_of_its_blob() {
    for format in [ImageFormat::Oci, ImageFormat::Docker] {
        let image = ImageBuilder::new()
            .format(format)
            .file("a", "1")
            .file("b", "2")
            .build();
        let manifest = json(&image);
        let mut described = vec![manifest["config"].clone()];
        described.extend(manifest["layers"].as_array().unwrap().iter().cloned());
        assert_eq!(described.len(), image.blobs().len());
        for (descriptor, blob) in described.iter().zip(image.blobs()) {
            assert_eq!(descriptor["digest"], blob.digest().as_str());
            assert_eq!(descriptor["size"], blob.bytes().len());
            assert_eq!(descriptor["mediaType"], blob.media_type().as_str());
            assert!(blob.digest().matches(blob.bytes()));
        }
        assert_eq!(
            manifest["mediaType"],
            image.manifest().media_type().as_str()
        );
    }
}

/// Snapshot tests elsewhere hold these digests. A change here breaks them for everybody.
#[test]
fn the_digests_of_samples_do_not_change_between_versions() {
    let digests = [
        Image::sample("app").digest().to_string(),
        ImageBuilder::new()
            .format(ImageFormat::Docker)
            .file("name", "app")
            .build()
            .digest()
            .to_string(),
    ];
    assert_eq!(
        digests,
        [
            "sha256:1c06ccd176dda361c6b4e099de75dd032ff2f158060ed482b2459def73385f27",
            "sha256:dce42115dc6b2b2e309901d9f139c67f002a7840cbe4379702ff4f641cde576d"
        ]
    );
}

#[test]
fn the_configuration_lists_the_digests_of_the_layers_before_compression() {
    let image = ImageBuilder::new()
        .format(ImageFormat::Docker)
        .file("a", "content")
        .build();
    let config: Value = serde_json::from_slice(image.blobs()[0].bytes()).unwrap();
    let mut unpacked = Vec::new();
    std::io::copy(
        &mut flate2::read::GzDecoder::new(&image.blobs()[1].bytes()[..]),
        &mut unpacked,
    )
    .unwrap();
    assert_eq!(
        config["rootfs"]["diff_ids"][0],
        Digest::sha256(&unpacked).as_str()
    );
}

#[test]
fn a_layer_of_files_is_a_tar_archive() {
    let image = ImageBuilder::new()
        .layer(Layer::files([("x/y", &b"one"[..]), ("z", b"two")]))
        .build();
    let mut archive = tar::Archive::new(&image.blobs()[1].bytes()[..]);
    let paths: Vec<_> = archive
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().display().to_string())
        .collect();
    assert_eq!(paths, ["x/y", "z"]);
}

#[test]
fn raw_layers_are_kept_byte_for_byte() {
    for format in [ImageFormat::Oci, ImageFormat::Docker] {
        let image = ImageBuilder::new()
            .format(format)
            .layer(Layer::raw("not a tar"))
            .build();
        assert_eq!(&image.blobs()[1].bytes()[..], b"not a tar");
    }
}

#[test]
fn an_index_names_its_images_with_their_platforms() {
    let amd = Image::sample("amd");
    let arm = Image::sample("arm");
    let index = IndexBuilder::new()
        .image("linux/amd64", amd.clone())
        .image("linux/arm64/v8", arm)
        .image("", Image::sample("attestation"))
        .build();
    let json = json(&index);
    assert!(index.manifest().media_type().is_index());
    assert_eq!(json["manifests"][0]["digest"], amd.digest().as_str());
    assert_eq!(json["manifests"][1]["platform"]["variant"], "v8");
    assert!(json["manifests"][2].get("platform").is_none());
}

#[test]
fn a_manifest_of_an_artifact_carries_its_subject_and_type() {
    let subject = Image::sample("app").manifest().descriptor();
    let artifact = ImageBuilder::new()
        .artifact_type("application/vnd.example")
        .subject(subject.clone())
        .annotation("k", "v")
        .build();
    let json = json(&artifact);
    assert_eq!(json["subject"]["digest"], subject.digest.as_str());
    assert_eq!(json["artifactType"], "application/vnd.example");
    assert_eq!(json["annotations"]["k"], "v");
}

#[test]
fn a_manifest_of_any_form_can_be_made() {
    let image = Image::from_manifest(MediaType::OCI_MANIFEST, "not json", []);
    assert_eq!(image.digest(), &Digest::sha256(b"not json"));
}

#[test]
fn a_layout_holds_every_blob_under_its_digest_and_every_tag_in_its_index() {
    let base = tempfile::tempdir().unwrap();
    let layout = OciLayout::create(base.path().join("layout")).unwrap();
    let image = Image::sample("app");
    let index = IndexBuilder::new()
        .image("linux/amd64", image.clone())
        .build();
    layout.push("single", &image).unwrap();
    layout.push("multi", &index).unwrap();
    let blobs = image
        .blobs()
        .iter()
        .chain([image.manifest(), index.manifest()]);
    for blob in blobs {
        let bytes = std::fs::read(layout.blob_path(blob.digest())).unwrap();
        assert!(blob.digest().matches(&bytes));
    }
    let listed: Value =
        serde_json::from_slice(&std::fs::read(layout.index_path()).unwrap()).unwrap();
    assert_eq!(listed["manifests"].as_array().unwrap().len(), 2);
    assert_eq!(
        listed["manifests"][1]["annotations"]["org.opencontainers.image.ref.name"],
        "multi"
    );
    assert_eq!(listed["manifests"][1]["digest"], index.digest().as_str());
}
