//! Puts results where they belong: whole, or not at all.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

/// Writes `text` to `path`, or to standard output. A file appears only when it is complete; a reader of the pipe who
/// leaves early is no failure.
pub(super) fn write(text: &str, path: Option<&Path>) -> io::Result<()> {
    let Some(path) = path else {
        let mut out = io::stdout().lock();
        return match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            done => done,
        };
    };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".earmark-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    readable(file.path())?;
    file.persist(path).map(|_| ()).map_err(|error| error.error)
}

/// Temporary files are private; a result has the permissions of any new file.
#[cfg(unix)]
fn readable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Says on standard error what went wrong, with its causes.
pub(super) fn complain(error: &dyn std::error::Error) {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    say(&format!("error: {text}"));
}

/// A line on standard error; a closed standard error is no reason to stop.
pub(super) fn say(line: &(impl Display + ?Sized)) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Columns of the terminal on standard output, within what is readable; 100 where there is none.
pub(super) fn width() -> usize {
    let columns = io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    columns.map_or(100, |(terminal_size::Width(columns), _)| usize::from(columns)).clamp(60, 120)
}
