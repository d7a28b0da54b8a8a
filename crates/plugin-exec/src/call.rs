//! One call: a process, its input and its output.

use std::path::Path;
use std::process::Stdio;

use bytes::Bytes;
use doorward_core::{PluginCommand, PluginError};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use crate::failed;
use crate::said::reason;

/// The most that is kept of standard error. An error of the protocol has some hundred bytes.
const ERROR_BYTES: usize = 64 << 10;

/// A process and all that it has started. They end when this is dropped.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // Nobody is left: that is what is wanted. The number stays taken as long as anybody of the group is there,
            // and is not given out again in the moment after.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

/// Runs a plug-in to its end. Dropping the future ends it at once.
pub(crate) async fn call(
    program: &Path,
    command: PluginCommand,
    request: &Bytes,
    max_bytes: usize,
) -> Result<Bytes, PluginError> {
    let mut child = Command::new(program)
        .arg(command.as_str())
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("it cannot be run: {error}")))?;
    let _group = Group::of(&child);
    let (Some(mut stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(failed("it has no input or output".to_owned()));
    };
    let tell = async move {
        // A plug-in may answer without reading all of the request.
        let _ = stdin.write_all(request).await;
        let _ = stdin.shutdown().await;
        Ok(())
    };
    let ((), answer, errors) = tokio::try_join!(
        tell,
        read(stdout, max_bytes),
        beginning(stderr, ERROR_BYTES)
    )?;
    let status = child
        .wait()
        .await
        .map_err(|error| failed(format!("its end is not known: {error}")))?;
    if status.success() {
        return Ok(answer.into());
    }
    Err(failed(format!(
        "it failed with {status}{}",
        reason(&errors)
    )))
}

/// All that comes, if it is no more than `limit` bytes.
async fn read(from: impl AsyncRead + Unpin, limit: usize) -> Result<Vec<u8>, PluginError> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    from.take(most)
        .read_to_end(&mut bytes)
        .await
        .map_err(|error| failed(format!("what it says cannot be read: {error}")))?;
    if bytes.len() > limit {
        return Err(PluginError::TooLarge { limit });
    }
    Ok(bytes)
}

/// The first `limit` bytes of all that comes. What follows is taken and thrown away: a plug-in that says much beside its
/// answer has said its answer all the same, and would wait for ever if nobody listened.
async fn beginning(mut from: impl AsyncRead + Unpin, limit: usize) -> Result<Vec<u8>, PluginError> {
    let cannot = |error| failed(format!("what it says cannot be read: {error}"));
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut first = (&mut from).take(most);
    first.read_to_end(&mut bytes).await.map_err(cannot)?;
    tokio::io::copy(&mut from, &mut tokio::io::sink())
        .await
        .map_err(cannot)?;
    Ok(bytes)
}
