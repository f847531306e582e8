//! The sections of `BENCHMARKS.md` that benchmarks write.

use std::path::Path;

/// Writes a table between its marks, and prints it.
pub(crate) fn write(root: &Path, name: &str, table: &str) {
    let file = root.join("BENCHMARKS.md");
    let text = std::fs::read_to_string(&file).unwrap();
    let begin = format!("<!-- {name}: written by `make bench` -->\n");
    let end = format!("<!-- end of {name} -->");
    let (before, rest) = text.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    std::fs::write(&file, format!("{before}{begin}{table}{end}{after}")).unwrap();
    println!("{table}");
}

/// The resident memory of a process, in KiB.
pub(crate) fn resident_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}
