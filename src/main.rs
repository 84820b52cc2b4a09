//! Arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    earmark::cli::main(std::env::args_os()).into()
}
