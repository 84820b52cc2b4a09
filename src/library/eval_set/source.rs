//! Rows of labelled answers as other people publish them: CSV, TSV or JSON Lines, told by the content.

use super::super::table::shown;
use crate::domain::Fault;
use serde_json::{Map, Value};

/// A row with the line it begins on; columns in the order of the file.
pub(super) struct Row {
    pub line: usize,
    pub cells: Map<String, Value>,
}

impl Row {
    /// The cell as text; `None` where there is none, or it is empty.
    pub(super) fn text(&self, column: &str) -> Option<String> {
        let text = match self.cells.get(column)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Bool(yes) => yes.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    /// Several texts in one cell: a list of texts, or of objects with `text`; a text alone is a list of one.
    pub(super) fn texts(&self, column: &str) -> Vec<String> {
        let text = |value: &Value| {
            let text = value.as_str().or_else(|| value.get("text").and_then(Value::as_str))?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        match self.cells.get(column) {
            Some(Value::Array(list)) => list.iter().filter_map(text).collect(),
            _ => self.text(column).into_iter().collect(),
        }
    }
}

/// The rows of a file, and its columns in their order.
pub(super) struct Source {
    pub form: &'static str,
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

/// Reads a table or JSON Lines.
pub(super) fn read(text: &str) -> Result<Source, Vec<Fault>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.trim_start();
    if first.is_empty() {
        return Err(vec![Fault::whole("the file is empty", "name a CSV, TSV or JSON Lines file with answers")]);
    }
    if first.starts_with('{') { json_lines(text) } else { table(text) }
}

fn json_lines(text: &str) -> Result<Source, Vec<Fault>> {
    let (mut rows, mut columns, mut faults) = (Vec::new(), Vec::<String>::new(), Vec::new());
    for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str::<Value>(line) {
            Ok(Value::Object(cells)) => {
                for key in cells.keys().filter(|key| !columns.contains(key)).cloned().collect::<Vec<_>>() {
                    columns.push(key);
                }
                rows.push(Row { line: place + 1, cells });
            }
            Ok(_) => faults.push(Fault::at(place + 1, "this line is no JSON object", "write one object a line")),
            Err(error) => {
                let what = format!("this line is no JSON: {error}");
                faults.push(Fault::at(place + 1, what, "write one object a line"));
            }
        }
    }
    if faults.is_empty() { Ok(Source { form: "JSON Lines", columns, rows }) } else { Err(faults) }
}

fn table(text: &str) -> Result<Source, Vec<Fault>> {
    let heading = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |mark: char| heading.matches(mark).count();
    let (delimiter, form) = match (count('\t'), count(','), count(';')) {
        (tabs, commas, marks) if tabs > 0 && tabs >= commas.max(marks) => (b'\t', "TSV"),
        (_, commas, marks) if marks > commas => (b';', "CSV"),
        _ => (b',', "CSV"),
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::Headers)
        .from_reader(text.as_bytes());
    let columns: Vec<String> = match reader.headers() {
        Ok(heading) => heading.iter().map(str::to_owned).collect(),
        Err(error) => {
            return Err(vec![Fault::at(1, format!("the heading cannot be read: {error}"), "check the quotes")]);
        }
    };
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map(|place| place.line() as usize);
                let hint = "check the quotes around texts that hold commas or line breaks".to_owned();
                faults.push(Fault { line, what: format!("this row cannot be read: {error}"), hint });
                continue;
            }
        };
        let line = record.position().map_or(0, |place| place.line() as usize);
        if record.len() != columns.len() {
            let what = format!("this row has {} cells, and the heading {}", record.len(), columns.len());
            let hint = format!("the columns are: {}", columns.iter().map(|c| shown(c)).collect::<Vec<_>>().join(", "));
            faults.push(Fault::at(line, what, hint));
            continue;
        }
        let cells = columns.iter().cloned().zip(record.iter().map(|cell| Value::String(cell.to_owned()))).collect();
        rows.push(Row { line, cells });
    }
    if faults.is_empty() { Ok(Source { form, columns, rows }) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_told_by_the_content() {
        let form = |text: &str| read(text).map(|source| source.form).map_err(|faults| faults[0].what.clone());
        assert_eq!(form("id,answer\n1,\"a, b\"\n"), Ok("CSV"));
        assert_eq!(form("id\tanswer\n1\ta, b\n"), Ok("TSV"));
        assert_eq!(form("{\"id\": 1}\n"), Ok("JSON Lines"));
        assert_eq!(form(" \n"), Err("the file is empty".into()));
    }

    #[test]
    fn a_cell_may_span_lines_and_the_next_row_still_knows_its_own() {
        let source = read("id,answer\n1,\"two\nlines\"\n2,x\n").unwrap_or_else(|_| panic!("a table"));
        assert_eq!(source.rows[0].text("answer").as_deref(), Some("two\nlines"));
        assert_eq!(source.rows[1].line, 4);
    }

    #[test]
    fn every_row_that_does_not_fit_is_named() {
        let faults = read("id,answer\n1\n2,b\n3,c,d\n").err().unwrap_or_default();
        assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [Some(2), Some(4)]);
    }
}
