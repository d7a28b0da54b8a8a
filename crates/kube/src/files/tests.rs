use super::*;

fn tree(names: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in names {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    dir
}

fn names(dir: &Path) -> Vec<String> {
    let limits = FileLimits::default();
    let listing = list(&[dir.to_owned()], &limits).unwrap();
    let files = listing.whole(&limits).unwrap();
    files
        .iter()
        .map(|file| file.strip_prefix(dir).unwrap().display().to_string())
        .collect()
}

#[test]
fn a_directory_stands_for_the_manifests_in_it_in_order() {
    let dir = tree(&[
        "b.yaml",
        "a.json",
        "c.yml",
        ".hidden.yaml",
        "..data/x.yaml",
        "notes.txt",
        "d/e.yaml",
    ]);
    assert_eq!(names(dir.path()), ["a.json", "b.yaml", "c.yml", "d/e.yaml"]);
}

#[test]
fn a_file_given_by_name_needs_no_suffix_and_a_missing_one_is_an_error() {
    let dir = tree(&["policy"]);
    let file = dir.path().join("policy");
    let limits = FileLimits::default();
    assert_eq!(
        list(std::slice::from_ref(&file), &limits).unwrap().files,
        [file]
    );
    let (path, error) = list(&[dir.path().join("none")], &limits).unwrap_err();
    assert!(path.ends_with("none") && error.is_gone());
}

#[test]
fn links_that_lead_in_a_circle_are_followed_once() {
    let dir = tree(&["a/p.yaml"]);
    for n in 0..4 {
        std::os::unix::fs::symlink("..", dir.path().join(format!("a/up{n}"))).unwrap();
        std::os::unix::fs::symlink(".", dir.path().join(format!("a/same{n}"))).unwrap();
    }
    assert_eq!(names(dir.path()), ["a/p.yaml"]);
}

#[test]
fn a_mounted_config_map_is_read_through_its_links() {
    let dir = tree(&["..2026/p.yaml"]);
    std::os::unix::fs::symlink("..2026", dir.path().join("..data")).unwrap();
    std::os::unix::fs::symlink("..data/p.yaml", dir.path().join("p.yaml")).unwrap();
    assert_eq!(names(dir.path()), ["p.yaml"]);
    assert_eq!(
        read_regular(&dir.path().join("p.yaml"), 10),
        Ok(b"x".to_vec())
    );
}

#[test]
fn more_files_names_or_levels_than_the_bounds_allow_are_an_error() {
    let dir = tree(&["a.yaml", "b.yaml", "c/d/e.yaml", "notes.txt"]);
    for (limits, unit) in [
        (
            FileLimits {
                files: 1,
                ..FileLimits::default()
            },
            "files",
        ),
        (
            FileLimits {
                depth: 1,
                ..FileLimits::default()
            },
            "levels of directories",
        ),
        (
            FileLimits {
                names: 3,
                ..FileLimits::default()
            },
            "names",
        ),
    ] {
        let listing = list(&[dir.path().to_owned()], &limits).unwrap();
        let (_, error) = listing.whole(&limits).unwrap_err();
        assert!(
            matches!(error, FileError::TooLarge { unit: u, .. } if u == unit),
            "{error:?}"
        );
    }
}

#[test]
fn a_pipe_a_socket_and_a_device_are_no_files_and_nobody_waits_for_them() {
    let dir = tree(&[]);
    let pipe = dir.path().join("pipe.yaml");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    let socket = dir.path().join("socket.yaml");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert_eq!(names(dir.path()), ["pipe.yaml", "socket.yaml"]);
    for path in [&pipe, &socket, Path::new("/dev/zero")] {
        assert_eq!(
            read_regular(path, 10),
            Err(FileError::NotRegular),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_link_that_leads_nowhere_is_listed_and_what_belongs_there_may_be_a_policy() {
    let dir = tree(&[]);
    std::os::unix::fs::symlink("nowhere", dir.path().join("p.yaml")).unwrap();
    assert_eq!(names(dir.path()), ["p.yaml"]);
    std::os::unix::fs::symlink("nowhere", dir.path().join(".p.yaml")).unwrap();
    assert_eq!(names(dir.path()), ["p.yaml"], "what is hidden is no policy");
    let error = read_regular(&dir.path().join("p.yaml"), 10).unwrap_err();
    assert!(!error.is_no_file() && !error.is_gone());
    assert_eq!(
        error.to_string(),
        "a link to nowhere, where there is nothing"
    );
}

#[test]
fn what_cannot_be_looked_at_may_be_a_directory_of_policies_whatever_its_name() {
    let dir = tree(&["a.yaml"]);
    let at = |name: &str| dir.path().join(name);
    let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, at(name)).unwrap();
    link("gone", "floors");
    link("gone", "floors.d");
    link("gone", ".floors");
    link("round", "circle");
    link("circle", "round");
    let listing = list(&[dir.path().to_owned()], &FileLimits::default()).unwrap();
    assert_eq!(listing.files, [at("a.yaml")]);
    let names: Vec<_> = listing.unlisted.iter().map(|(path, _)| path).collect();
    let doubtful = ["circle", "floors", "floors.d", "round"].map(at);
    assert_eq!(names, doubtful.iter().collect::<Vec<_>>());
    assert_eq!(listing.passed_over, [] as [PathBuf; 0]);
    let mut files = listing.whole(&FileLimits::default()).unwrap();
    files.sort();
    assert_eq!(files.len(), 5, "reading them says why: {files:?}");
    assert!(files.iter().skip(1).all(|file| {
        read_regular(file, 10).is_err_and(|error| !error.is_gone() && !error.is_no_file())
    }));
}

#[test]
fn a_directory_beyond_a_bound_is_told_and_the_files_beside_it_are_listed() {
    let dir = tree(&["a.yaml", "b/c/d.yaml", "b/e.yaml", "z.yaml"]);
    let limits = FileLimits {
        depth: 1,
        ..FileLimits::default()
    };
    let listing = list(&[dir.path().to_owned()], &limits).unwrap();
    let at = |name| dir.path().join(name);
    assert_eq!(listing.files, [at("a.yaml"), at("b/e.yaml"), at("z.yaml")]);
    assert_eq!(
        listing.unlisted,
        [(at("b/c"), too_large(1, "levels of directories"))]
    );
    let limits = FileLimits {
        names: 4,
        ..FileLimits::default()
    };
    let listing = list(&[dir.path().to_owned()], &limits).unwrap();
    assert_eq!(listing.files, [at("a.yaml"), at("z.yaml")]);
    assert_eq!(listing.unlisted, [(at("b"), too_large(4, "names"))]);
    let limits = FileLimits { names: 2, ..limits };
    let listing = list(&[dir.path().to_owned()], &limits).unwrap();
    assert_eq!(
        listing.files,
        [] as [PathBuf; 0],
        "the root is too large, too"
    );
    assert_eq!(listing.unlisted.len(), 1);
}

#[test]
fn what_is_not_called_like_a_manifest_is_passed_over_and_named_unless_it_is_hidden() {
    let dir = tree(&[
        "a.yaml",
        "floor",
        "floor.yaml.tmpl",
        ".hidden",
        "lost+found/p.yaml",
    ]);
    let listing = list(&[dir.path().to_owned()], &FileLimits::default()).unwrap();
    let at = |name| dir.path().join(name);
    assert_eq!(listing.files, [at("a.yaml")]);
    assert_eq!(listing.passed_over, [at("floor"), at("floor.yaml.tmpl")]);
    assert_eq!(listing.unlisted, []);
}

#[test]
fn a_directory_that_is_called_like_a_manifest_is_a_directory() {
    let dir = tree(&["p.yaml/q.yaml"]);
    assert_eq!(names(dir.path()), ["p.yaml/q.yaml"]);
    assert!(
        !read_regular(&dir.path().join("p.yaml"), 10)
            .unwrap_err()
            .is_no_file()
    );
}

#[test]
fn a_directory_that_is_called_like_a_manifest_and_holds_none_is_told() {
    let dir = tree(&[
        "a.yaml",
        "floor.yaml/notes.txt",
        "deep.yaml/p.yaml/.hidden",
        "plain/x.txt",
    ]);
    let at = |name: &str| dir.path().join(name);
    let limits = FileLimits::default();
    let empty = |path: PathBuf| (path, FileError::NoManifest);
    let listing = list(&[dir.path().to_owned()], &limits).unwrap();
    assert_eq!(listing.files, [at("a.yaml")]);
    let told = [empty(at("deep.yaml/p.yaml")), empty(at("floor.yaml"))];
    assert_eq!(listing.unlisted, told);
    let (path, error) = listing.whole(&limits).unwrap_err();
    assert_eq!(
        (path, error),
        (Some(at("deep.yaml/p.yaml")), FileError::NoManifest)
    );
    let named = list(&[at("floor.yaml"), at("plain")], &limits).unwrap();
    assert_eq!(named.unlisted, [empty(at("floor.yaml"))]);
}

#[test]
fn a_path_that_is_given_and_is_neither_a_file_nor_a_directory_is_told() {
    let dir = tree(&[]);
    let link = dir.path().join("floors");
    std::os::unix::fs::symlink("/dev/null", &link).unwrap();
    let listing = list(std::slice::from_ref(&link), &FileLimits::default()).unwrap();
    assert_eq!(listing.files, [] as [PathBuf; 0]);
    assert_eq!(listing.unlisted, [(link, FileError::NotRegular)]);
}

#[test]
fn a_file_beyond_the_bound_is_an_error() {
    let dir = tree(&[]);
    let file = dir.path().join("p.yaml");
    fs::write(&file, "1234567890").unwrap();
    assert!(read_regular(&file, 10).is_ok());
    fs::write(&file, "12345678901").unwrap();
    assert!(matches!(
        read_regular(&file, 10),
        Err(FileError::TooLarge { .. })
    ));
}
