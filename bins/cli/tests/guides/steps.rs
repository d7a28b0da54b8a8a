//! What a reader of a guide does, step by step.

/// One block of a guide.
#[derive(Debug)]
pub(super) enum Step {
    /// A file is written.
    File { path: String, content: String },
    /// Commands are typed.
    Commands {
        /// What stands in the block.
        text: String,
        /// Whether the block says that the last command refuses.
        refused: bool,
        /// All that is printed, if the guide shows it: `…` stands for what is different every time.
        output: Option<String>,
    },
}

/// The steps of a page: each block of the kind `sh` is typed, with `sh,refused` as a command that ends with 3; a block of
/// the kind `yaml` below a line that ends with "`PATH`:" is written to that file; and `text,output` is what the commands
/// before it print. Other blocks of the kind `yaml` are to be read.
///
/// # Panics
/// If there are commands in another form: a block that is only indented, or of another kind.
pub(super) fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut before = "";
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        assert!(!line.starts_with("    "), "indented and not run: {line}");
        let Some(kind) = line.strip_prefix("```") else {
            if !line.is_empty() {
                before = line;
            }
            continue;
        };
        let mut text = String::new();
        for line in lines.by_ref().take_while(|line| *line != "```") {
            text.push_str(line);
            text.push('\n');
        }
        match kind {
            "sh" | "sh,refused" => steps.push(Step::Commands {
                text,
                refused: kind == "sh,refused",
                output: None,
            }),
            "yaml" => {
                let named = before
                    .strip_suffix("`:")
                    .and_then(|rest| rest.rsplit_once('`'));
                if let Some((_, path)) = named {
                    steps.push(Step::File {
                        path: path.to_owned(),
                        content: text,
                    });
                }
            }
            "text,output" => match steps.last_mut() {
                Some(Step::Commands { output, .. }) if output.is_none() => *output = Some(text),
                _ => panic!("no commands print this:\n{text}"),
            },
            _ => panic!("of no kind that is run or written: {kind}"),
        }
        before = "";
    }
    steps
}

/// Whether `printed` is what `shown` says, line by line. A line that is only `…` stands for any number of lines.
pub(super) fn shows(shown: &str, printed: &str) -> bool {
    let lines = |text| str::lines(text).collect::<Vec<_>>();
    lines_show(&lines(shown), &lines(printed))
}

fn lines_show(shown: &[&str], printed: &[&str]) -> bool {
    match (shown, printed) {
        ([], printed) => printed.is_empty(),
        (["…", rest @ ..], printed) => {
            (0..=printed.len()).any(|passed| lines_show(rest, &printed[passed..]))
        }
        ([first, rest @ ..], [printed, others @ ..]) => {
            line_shows(first, printed) && lines_show(rest, others)
        }
        (_, []) => false,
    }
}

fn line_shows(shown: &str, printed: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = parts.next().and_then(|first| printed.strip_prefix(first)) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        let Some(place) = rest.find(part) else {
            return false;
        };
        rest = &rest[place + part.len()..];
        last = Some(part);
    }
    // What stands after the last `…` is the end of the line.
    rest.is_empty() || last.is_some_and(|end| end.is_empty() || rest.ends_with(end))
}

#[test]
fn an_ellipsis_stands_for_what_is_left_open_and_nothing_else() {
    for (shown, printed, expected) in [
        ("a", "a", true),
        ("a", "ab", false),
        ("a…", "a", true),
        ("a…", "ab", true),
        ("a…c", "abc", true),
        ("a…c", "abcd", false),
        ("a…c", "acbc", true),
        ("…b…", "abc", true),
        ("…b…", "ac", false),
        ("x…", "ax", false),
    ] {
        assert_eq!(line_shows(shown, printed), expected, "{shown} {printed}");
    }
    for (shown, printed, expected) in [
        ("a\n", "a\n", true),
        ("a\n", "a\nb\n", false),
        ("a\nb\n", "a\n", false),
        ("a\n…\n", "a\n", true),
        ("a\n…\n", "a\nb\nc\n", true),
        ("a\n…\n", "b\n", false),
        ("a\n…\nc\n", "a\nb\n", false),
        ("…\nc\n", "a\nc\n", true),
    ] {
        assert_eq!(shows(shown, printed), expected, "{shown} {printed}");
    }
}

#[test]
fn commands_that_nobody_would_run_are_no_page() {
    for page in [
        "    notation sign\n",
        "```bash\nnotation sign\n```\n",
        "```text,output\na\n```\n",
    ] {
        assert!(std::panic::catch_unwind(|| steps(page)).is_err(), "{page}");
    }
}
