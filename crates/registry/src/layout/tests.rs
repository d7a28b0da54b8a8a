mod other_archives;

use std::fs;

use doorward_testkit::{Image, ImageBuilder, OciLayout};

use super::*;

const LIMIT: usize = 1 << 20;

fn repository() -> Repository {
    "r.example/team/app".parse().expect("a repository")
}

fn by_tag(tag: &str) -> Resource {
    Resource::Manifest {
        repository: repository(),
        selector: Selector::Tag(tag.parse().expect("a tag")),
    }
}

fn by_digest(digest: &Digest) -> Resource {
    Resource::Manifest {
        repository: repository(),
        selector: Selector::Digest(digest.clone()),
    }
}

async fn get(layout: &Layout, resource: Resource) -> Answer {
    layout.fetch(&Fetch::new(resource, LIMIT)).await
}

/// What is said of something that is not in the layout.
async fn refused(layout: &Layout, resource: Resource) -> String {
    match get(layout, resource).await {
        Err(FetchError::NotInLayout { detail }) => detail,
        other => panic!("not absent: {other:?}"),
    }
}

/// A folder with a layout of one image, tagged `1`.
fn made() -> (tempfile::TempDir, OciLayout, Image) {
    let folder = tempfile::tempdir().expect("a folder");
    let layout = OciLayout::create(folder.path().join("layout")).expect("a layout");
    let image = Image::sample("app");
    layout.push("1", &image).expect("pushed");
    (folder, layout, image)
}

/// The folder of a layout as an archive, with the members that `more` adds.
fn archived(
    layout: &OciLayout,
    name: &str,
    more: impl FnOnce(&mut tar::Builder<fs::File>),
) -> std::path::PathBuf {
    let path = layout.base().with_file_name(name);
    let mut builder = tar::Builder::new(fs::File::create(&path).expect("a file"));
    builder
        .append_dir_all(".", layout.base())
        .expect("archived");
    more(&mut builder);
    builder.finish().expect("finished");
    path
}

fn member(builder: &mut tar::Builder<fs::File>, name: &[u8], kind: tar::EntryType) {
    let mut header = tar::Header::new_gnu();
    header.as_gnu_mut().expect("a header").name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(0);
    header.set_cksum();
    builder.append(&header, &b""[..]).expect("appended");
}

#[tokio::test]
async fn an_image_is_found_by_tag_and_by_digest_in_a_folder_and_in_an_archive() {
    let (_folder, made, image) = made();
    for path in [
        made.base().to_owned(),
        archived(&made, "layout.tar", |_| {}),
    ] {
        let layout = Layout::open(&path).expect("a layout");
        let fetched = get(&layout, by_tag("1")).await.expect("a manifest");
        assert_eq!(fetched.bytes, image.manifest().bytes());
        assert_eq!(
            fetched.media_type.as_ref(),
            Some(image.manifest().media_type())
        );
        let fetched = get(&layout, by_digest(image.digest()))
            .await
            .expect("a manifest");
        assert_eq!(fetched.bytes, image.manifest().bytes());
        let blob = Resource::Blob {
            repository: repository(),
            digest: image.blobs()[0].digest().clone(),
        };
        assert_eq!(
            get(&layout, blob).await.expect("a blob").bytes,
            image.blobs()[0].bytes()
        );
        assert!(
            refused(&layout, by_tag("2"))
                .await
                .ends_with("has no image of this name; it has: 1")
        );
        assert!(
            refused(&layout, by_digest(&Digest::sha256(b"x")))
                .await
                .ends_with("has nothing with this digest")
        );
        let size = image.manifest().bytes().len();
        assert_eq!(
            layout.fetch(&Fetch::new(by_tag("1"), size - 1)).await,
            Err(FetchError::TooLarge { limit: size - 1 })
        );
    }
}

#[tokio::test]
async fn a_whole_reference_counts_for_its_own_repository_only() {
    let (_folder, made, _) = made();
    let (ours, theirs) = (Image::sample("ours"), Image::sample("theirs"));
    made.push("r.example/team/app:1", &ours).expect("pushed");
    made.push("r.example/other/app:2", &theirs).expect("pushed");
    let layout = Layout::open(made.base()).expect("a layout");
    let fetched = get(&layout, by_tag("1")).await.expect("a manifest");
    assert_eq!(fetched.bytes, ours.manifest().bytes());
    assert!(
        refused(&layout, by_tag("2"))
            .await
            .ends_with("it has: 1, r.example/other/app:2, r.example/team/app:1")
    );
}

/// Takes the names away from what the list has at `indices`.
fn unnamed(made: &OciLayout, indices: &[usize]) {
    let path = made.index_path();
    let mut list: serde_json::Value =
        serde_json::from_slice(&fs::read(&path).expect("read")).expect("JSON");
    for index in indices {
        list["manifests"][index]
            .as_object_mut()
            .expect("a descriptor")
            .remove("annotations");
    }
    fs::write(&path, list.to_string()).expect("written");
}

#[tokio::test]
async fn the_only_image_of_a_layout_needs_no_name_and_one_with_another_name_is_not_meant() {
    let (_folder, made, image) = made();
    let layout = Layout::open(made.base()).expect("a layout");
    refused(&layout, by_tag("2")).await;
    unnamed(&made, &[0]);
    let layout = Layout::open(made.base()).expect("a layout");
    for tag in ["1", "2", "latest"] {
        let fetched = get(&layout, by_tag(tag)).await.expect("a manifest");
        assert_eq!(fetched.bytes, image.manifest().bytes());
    }
}

#[tokio::test]
async fn of_several_images_without_a_name_none_is_guessed() {
    let (_folder, made, image) = made();
    made.push("2", &Image::sample("other")).expect("pushed");
    unnamed(&made, &[0]);
    let layout = Layout::open(made.base()).expect("a layout");
    assert!(
        refused(&layout, by_tag("1"))
            .await
            .ends_with("it has: 2; and 1 without a name")
    );
    unnamed(&made, &[1]);
    let layout = Layout::open(made.base()).expect("a layout");
    assert!(
        refused(&layout, by_tag("1"))
            .await
            .ends_with("it has 2 without a name: name one by its digest")
    );
    assert!(get(&layout, by_digest(image.digest())).await.is_ok());
}

#[tokio::test]
async fn a_message_about_a_layout_lists_few_and_short_names() {
    let (_folder, made, _) = made();
    for number in 0..20 {
        let name = format!("{number:02}{}", "x".repeat(500));
        made.push(&name, &Image::sample("app")).expect("pushed");
    }
    let layout = Layout::open(made.base()).expect("a layout");
    let said = refused(&layout, by_tag("2")).await;
    assert!(
        said.ends_with(" and 16 more") && said.len() < 1200,
        "{said}"
    );
}

#[tokio::test]
async fn a_tag_that_names_two_manifests_names_none() {
    let (_folder, made, _) = made();
    made.push("1", &Image::sample("other")).expect("pushed");
    let layout = Layout::open(made.base()).expect("a layout");
    assert!(matches!(
        get(&layout, by_tag("1")).await,
        Err(FetchError::Malformed { .. })
    ));
}

#[tokio::test]
async fn changed_content_is_refused() {
    let (_folder, made, image) = made();
    fs::write(made.blob_path(image.digest()), b"{}").expect("written");
    let layout = Layout::open(made.base()).expect("a layout");
    for resource in [by_tag("1"), by_digest(image.digest())] {
        assert!(matches!(
            get(&layout, resource).await,
            Err(FetchError::DigestMismatch { .. })
        ));
    }
}

#[tokio::test]
async fn referrers_are_those_that_say_so_and_those_of_the_tag() {
    let (_folder, made, image) = made();
    let artifact = |kind: &str| {
        ImageBuilder::new()
            .subject(image.manifest().descriptor())
            .artifact_type(kind)
            .build()
    };
    let layout = Layout::open(made.base()).expect("a layout");
    let resource = Resource::Referrers {
        repository: repository(),
        digest: image.digest().clone(),
    };
    let listed = |answer: Answer| {
        let bytes = answer.expect("a list").bytes;
        let index = doorward_core::Index::parse(&bytes, None).expect("an index");
        index.manifests.all().expect("good entries")
    };
    assert_eq!(listed(get(&layout, resource.clone()).await), []);
    let mut expected = Vec::new();
    for (tag, kind) in [("a", "application/a"), ("b", "application/b")] {
        let made_now = artifact(kind);
        made.push(tag, &made_now).expect("pushed");
        let mut descriptor = made_now.manifest().descriptor();
        descriptor.artifact_type = Some(MediaType::new(kind));
        expected.push(descriptor);
    }
    // One that refers to something else.
    let other = Image::sample("other").manifest().descriptor();
    made.push("c", &ImageBuilder::new().subject(other).build())
        .expect("pushed");
    let layout = Layout::open(made.base()).expect("a layout");
    assert_eq!(listed(get(&layout, resource).await), expected);
}

#[tokio::test]
async fn a_layout_has_no_extension_and_no_network() {
    let (folder, made, image) = made();
    let layout = Layout::open(made.base()).expect("a layout");
    let extension = Resource::SignatureExtension {
        repository: repository(),
        digest: image.digest().clone(),
    };
    assert_eq!(get(&layout, extension).await, Err(FetchError::NotSupported));
    let lookaside = |url: String| Resource::Lookaside { url, access: None };
    assert!(matches!(
        get(&layout, lookaside("https://store.example/x".to_owned())).await,
        Err(FetchError::NotAsked { .. })
    ));
    // What a trust server says about the image is not known, which is not that nothing is signed.
    let metadata = Resource::NotaryMetadata {
        servers: vec!["https://trust.example".to_owned()],
        gun: repository(),
        file: "root.json".to_owned(),
    };
    assert!(matches!(
        get(&layout, metadata).await,
        Err(FetchError::NotAsked { .. })
    ));
    let file = folder.path().join("signature-1");
    fs::write(&file, b"s").expect("written");
    let url = Url::from_file_path(&file).expect("a path").to_string();
    assert!(get(&layout, lookaside(url)).await.is_ok());
}

#[test]
fn what_is_not_a_layout_is_not_opened() {
    let (folder, made, _) = made();
    assert!(matches!(
        Layout::open(folder.path().join("nothing")),
        Err(LayoutError::Unreadable { .. })
    ));
    assert!(matches!(
        Layout::open(folder.path()),
        Err(LayoutError::Invalid { .. })
    ));
    let file = folder.path().join("file");
    fs::write(&file, vec![b'x'; 2048]).expect("written");
    assert!(matches!(
        Layout::open(&file),
        Err(LayoutError::Invalid { .. })
    ));
    for (name, content) in [
        ("oci-layout", r#"{"imageLayoutVersion": "2.0.0"}"#),
        ("oci-layout", "{}"),
        ("index.json", "[]"),
        ("index.json", r#"{"schemaVersion": 1, "manifests": []}"#),
    ] {
        let path = made.base().join(name);
        let before = fs::read(&path).expect("read");
        fs::write(&path, content).expect("written");
        assert!(
            matches!(Layout::open(made.base()), Err(LayoutError::Invalid { .. })),
            "{content}"
        );
        fs::write(&path, before).expect("written");
    }
}

#[test]
fn an_archive_with_members_that_it_may_not_have_is_not_opened() {
    let (_folder, made, _) = made();
    for (name, kind) in [
        (&b"../escape"[..], tar::EntryType::Regular),
        (b"/etc/passwd", tar::EntryType::Regular),
        (b"blobs/../../x", tar::EntryType::Regular),
        (b"index.json", tar::EntryType::Regular),
        (b"./index.json", tar::EntryType::Regular),
        (b"blobs/sha256/link", tar::EntryType::Symlink),
        (b"blobs/sha256/link", tar::EntryType::Link),
        (b"blobs/sha256/pipe", tar::EntryType::Fifo),
    ] {
        let path = archived(&made, "bad.tar", |builder| member(builder, name, kind));
        assert!(
            matches!(Layout::open(&path), Err(LayoutError::Invalid { .. })),
            "{}",
            String::from_utf8_lossy(name)
        );
    }
    let path = archived(&made, "cut.tar", |_| {});
    let bytes = fs::read(&path).expect("read");
    // Within the content of a member, wherever the first one begins.
    fs::write(&path, &bytes[..bytes.len() / 2 - 100]).expect("written");
    assert!(Layout::open(&path).is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_out_of_the_folder_is_not_followed() {
    let (folder, made, image) = made();
    let outside = folder.path().join("outside");
    let blob = made.blob_path(image.digest());
    fs::rename(&blob, &outside).expect("moved");
    std::os::unix::fs::symlink(&outside, &blob).expect("linked");
    let layout = Layout::open(made.base()).expect("a layout");
    assert!(matches!(
        get(&layout, by_digest(image.digest())).await,
        Err(FetchError::Malformed { .. })
    ));
}
