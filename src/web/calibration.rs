//! One calibration as one HTML page that needs nothing else.
use crate::calibration::Report;
/// The page.
/// # Errors
/// When the template fails.
pub fn page(_: &Report) -> Result<String, std::fmt::Error> {
    Ok(String::new())
}
