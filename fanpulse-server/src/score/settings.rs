//! The engine's settings as the command line gives them.

use std::fs;
use std::path::Path;

use fanpulse_core::settings::Settings;

use crate::error::{Failure, Result, said};

/// The defaults, what the file says otherwise, and the window of the command line.
pub(crate) fn load(file: Option<&Path>, window: Option<u32>) -> Result<Settings> {
    let mut settings = Settings::default();
    if let Some(path) = file {
        let name = path.display();
        let text = fs::read_to_string(path).map_err(|e| Failure::failed(format!("cannot read the settings {name}: {}", said(&e))))?;
        settings = serde_json::from_str(&text).map_err(|e| Failure::failed(format!("{name}: no settings as JSON: {e}")))?;
        settings.validate().map_err(|e| Failure::failed(format!("{name}: {}", e.message())))?;
    }
    if let Some(days) = window {
        settings.window_days = days;
    }
    Ok(settings)
}
