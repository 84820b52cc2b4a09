//! A PostgreSQL server for the tests: the one that EARMARK_TEST_POSTGRES_URL names, or one of our own in a temporary
//! folder, which lives as long as the test program. Without either the tests say so in a line and leave it out.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Runs for the test program's life.
struct Server {
    url: String,
}

static SERVER: OnceLock<Option<Server>> = OnceLock::new();
static COUNT: AtomicU32 = AtomicU32::new(0);

/// The address of an empty database; `None` where there is no server.
pub async fn fresh() -> Option<String> {
    let server = tokio::task::spawn_blocking(|| SERVER.get_or_init(start).as_ref()).await.expect("a thread")?;
    let name = format!("earmark_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&format!("{}/postgres", server.url)).await.expect("the server answers");
    let text = format!("CREATE DATABASE {name}");
    sqlx::query(sqlx::AssertSqlSafe(text)).execute(&pool).await.expect("a database");
    pool.close().await;
    Some(format!("{}/{name}", server.url))
}

fn start() -> Option<Server> {
    if let Ok(url) = std::env::var("EARMARK_TEST_POSTGRES_URL") {
        return Some(Server { url: url.trim_end_matches('/').to_owned() });
    }
    match own(&[]) {
        // The folder is removed by the watcher, when this program is gone.
        Ok(server) => Some(Server { url: server.url.clone() }),
        Err(why) => {
            eprintln!("not run on PostgreSQL: {why} (set EARMARK_TEST_POSTGRES_URL, or install postgresql)");
            None
        }
    }
}

fn program(name: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders
        .extend(std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin")));
    let found = folders.into_iter().map(|folder| folder.join(name)).find(|file| file.is_file());
    found.ok_or_else(|| format!("{name} is not installed"))
}

/// A server of our own. It ends with this program, however that goes.
pub struct Own {
    pub url: String,
    child: Child,
    data: PathBuf,
    port: u16,
    options: Vec<String>,
}

/// Starts a server in a folder of its own, with more options.
pub fn own(options: &[&str]) -> Result<Own, String> {
    let initdb = program("initdb")?;
    let folder = tempfile::Builder::new().prefix("earmark-pg-").tempdir().map_err(|error| error.to_string())?;
    if is_root()? {
        // PostgreSQL refuses to run as root.
        run(Command::new("chown").arg("nobody").arg(folder.path()))?;
    }
    let data = folder.path().join("data");
    let mut init = as_user(is_root()?, &initdb);
    run(init.args(["--auth=trust", "--username=earmark", "--no-sync", "--encoding=UTF8", "-D"]).arg(&data))?;
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(|e| e.to_string())?.port();
    let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
    let child = started(&data, port, &options)?;
    // The folder is removed by the watcher.
    drop(folder.keep());
    Ok(Own { url: format!("postgres://earmark@127.0.0.1:{port}"), child, data, port, options })
}

fn started(data: &Path, port: u16, options: &[String]) -> Result<Child, String> {
    let postgres = program("postgres").or_else(|_| beside("initdb", "postgres"))?;
    let folder = data.parent().ok_or("a folder")?;
    let mut server = as_user(is_root()?, &postgres);
    server.arg("-D").arg(data).args(["-p", &port.to_string(), "-k"]).arg(folder);
    server.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=300"]).args(options);
    let mut child =
        server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(|e| e.to_string())?;
    watch_over(child.id(), folder);
    let begun = std::time::Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() || !is_ready(port) {
        if let Ok(Some(status)) = child.try_wait() {
            return Err(format!("postgres ended with {status}"));
        }
        if begun.elapsed().as_secs() > 60 {
            return Err("postgres did not start within a minute".into());
        }
        std::thread::yield_now();
    }
    Ok(child)
}

impl Own {
    /// Ends the server without a check point, as a crash would, and starts it again on what it wrote.
    pub fn restarted(mut self) -> Self {
        run(Command::new("kill").args(["-QUIT", &self.child.id().to_string()])).expect("told to end");
        self.child.wait().expect("gone");
        self.child = started(&self.data, self.port, &self.options).expect("it starts again");
        self
    }
}

fn is_root() -> Result<bool, String> {
    Ok(output("id", &["-u"])? == "0")
}

fn is_ready(port: u16) -> bool {
    let Ok(program) = program("pg_isready").or_else(|_| beside("initdb", "pg_isready")) else { return true };
    let mut ready = Command::new(program);
    ready.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]).status().is_ok_and(|status| status.success())
}

/// A program in the folder that another one really is in.
fn beside(known: &str, wanted: &str) -> Result<PathBuf, String> {
    let folder = program(known)?.canonicalize().map_err(|error| error.to_string())?;
    let file = folder.with_file_name(wanted);
    if file.is_file() { Ok(file) } else { Err(format!("{wanted} is not installed")) }
}

fn as_user(is_root: bool, program: &Path) -> Command {
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(program);
    command
}

/// Ends the server and removes its folder when this program ends.
fn watch_over(server: u32, folder: &Path) {
    let script = format!(
        "while kill -0 {} 2>/dev/null; do kill -0 {server} 2>/dev/null || exit 0; sleep 1; done; kill -QUIT {server}; \
         sleep 1; rm -rf '{}'",
        std::process::id(),
        folder.display()
    );
    let quiet = || Stdio::null();
    drop(Command::new("sh").arg("-c").arg(script).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn());
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
