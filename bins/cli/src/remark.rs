//! What the reader of a verdict should know although it decided nothing.

use doorward::{Decision, Note, NoteKind, Verdict};

use crate::settings::Memory;
use crate::terminal::Terminal;

/// Prints the notes of `verdicts`, each once.
pub(crate) fn all(verdicts: &[Verdict], memory: &Memory, terminal: Terminal) {
    let mut said: Vec<&Note> = Vec::new();
    let notes = verdicts
        .iter()
        .flat_map(|verdict| verdict.notes().iter().map(move |note| (verdict, note)));
    for (verdict, note) in notes {
        if said.contains(&note) {
            continue;
        }
        match note.kind {
            // Without a directory every run is the first contact with everything. What was refused was not for that.
            NoteKind::FirstContact if memory.store.is_none() => {
                if verdict.decision() == Decision::Deny {
                    continue;
                }
                if !said.iter().any(|known| known.kind == note.kind) {
                    terminal.note(
                        "nothing is remembered from one run to the next, so older trust metadata than was seen before \
                         would not be noticed; --state-dir remembers",
                    );
                }
            }
            // It stands in the result itself.
            NoteKind::Exception => continue,
            NoteKind::Finding | NoteKind::Lost => terminal.warn(note),
            _ => terminal.note(note),
        }
        said.push(note);
    }
}
