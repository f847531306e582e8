//! Findings: what is wrong in a file, shown with its position. They come from the check of a scenario
//! and from a connections file.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use krabice_egress::ConnectionProblem;
use krabice_scenario::{Diagnostic, Severity};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode, SourceSpan,
};
use serde::Serialize;

use crate::log::{self, SAID};
use crate::terminal;

/// One problem of a file. Its JSON form is what `krabice check --json` writes.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    /// The file, as the user named it.
    file: String,
    pub(crate) severity: Severity,
    code: &'static str,
    message: String,
    help: Option<String>,
    /// The JSON or TOML path, such as `boxes.load.true`.
    path: String,
    line: usize,
    column: usize,
    /// The range in bytes of the file.
    span: Range<usize>,
    #[serde(skip)]
    source: Arc<NamedSource<String>>,
}

impl Finding {
    /// What the finding says, without its position in the file: the same before and after an
    /// edit elsewhere.
    pub(crate) fn key(&self) -> String {
        format!("{} {} {}", self.code, self.path, self.message)
    }
}

/// A file that findings point into.
#[derive(Clone)]
pub(crate) struct SourceFile {
    name: String,
    source: Arc<NamedSource<String>>,
}

impl SourceFile {
    pub(crate) fn new(path: &Path, text: &str) -> SourceFile {
        let name = path.display().to_string();
        let source = Arc::new(NamedSource::new(&name, text.to_owned()));
        SourceFile { name, source }
    }

    pub(crate) fn diagnostic(&self, diagnostic: Diagnostic) -> Finding {
        let Diagnostic {
            code,
            severity,
            message,
            help,
            path,
            span,
            line,
            column,
        } = diagnostic;
        let code = code.as_str();
        let (file, source) = (self.name.clone(), self.source.clone());
        Finding {
            file,
            severity,
            code,
            message,
            help,
            path,
            line,
            column,
            span,
            source,
        }
    }

    pub(crate) fn connection_problem(&self, problem: ConnectionProblem) -> Finding {
        let ConnectionProblem {
            code,
            message,
            help,
            path,
            span,
            line,
            column,
            ..
        } = problem;
        let (file, source) = (self.name.clone(), self.source.clone());
        let severity = Severity::Error;
        Finding {
            file,
            severity,
            code,
            message,
            help,
            path,
            line,
            column,
            span,
            source,
        }
    }
}

impl SourceFile {
    pub(crate) fn configuration_problem(&self, problem: krabice_config::Problem) -> Finding {
        let krabice_config::Problem {
            code,
            message,
            help,
            path,
            source: _,
            text: _,
            span,
            line,
            column,
        } = problem;
        let (file, source) = (self.name.clone(), self.source.clone());
        Finding {
            file,
            severity: Severity::Error,
            code,
            message,
            help,
            path,
            line,
            column,
            span,
            source,
        }
    }

    /// A problem of the file as a whole.
    pub(crate) fn problem(
        &self,
        code: &'static str,
        message: String,
        help: Option<String>,
    ) -> Finding {
        Finding {
            file: self.name.clone(),
            severity: Severity::Error,
            code,
            message,
            help,
            path: String::new(),
            line: 1,
            column: 1,
            span: 0..0,
            source: self.source.clone(),
        }
    }
}

/// The style of findings, tables and paragraphs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum OutputStyle {
    /// For a terminal with this many columns: box-drawing characters, and colours if `anstream`
    /// lets them pass.
    Terminal(usize),
    /// For pipes and files: ASCII with a fixed width, the same everywhere.
    Plain,
}

/// The width of text that does not go to a terminal.
const PLAIN_WIDTH: usize = 100;

impl OutputStyle {
    /// The style for a stream.
    pub(crate) fn of(stream: &impl std::io::IsTerminal) -> OutputStyle {
        if stream.is_terminal() {
            OutputStyle::Terminal(textwrap::termwidth().clamp(40, 160))
        } else {
            OutputStyle::Plain
        }
    }

    pub(crate) fn width(self) -> usize {
        match self {
            OutputStyle::Terminal(width) => width,
            OutputStyle::Plain => PLAIN_WIDTH,
        }
    }
}

/// Findings as text, with a blank line after each.
pub(crate) fn render(findings: &[Finding], style: OutputStyle) -> String {
    let theme = match style {
        OutputStyle::Terminal(_) => GraphicalTheme::unicode(),
        OutputStyle::Plain => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(style.width())
        .with_context_lines(1);
    let mut text = String::new();
    for finding in findings {
        handler
            .render_report(&mut text, finding)
            .expect("a write into a `String` does not fail");
        text.push('\n');
    }
    text
}

/// Writes findings to standard error, each as an event where the log has one JSON object per line.
pub(crate) fn report(findings: &[Finding]) {
    if !log::is_json() {
        let style = OutputStyle::of(&std::io::stderr());
        return terminal::write_to_stderr(&render(findings, style));
    }
    for found in findings {
        let Finding {
            file,
            code,
            message,
            help,
            path,
            line,
            column,
            ..
        } = found;
        match found.severity {
            Severity::Error => {
                tracing::error!(target: SAID, file, line, column, path, code, help, "{message}");
            }
            Severity::Warning => {
                tracing::warn!(target: SAID, file, line, column, path, code, help, "{message}");
            }
        }
    }
}

/// The number of errors and warnings: `2 errors, 1 warning`.
pub(crate) fn count(findings: &[Finding]) -> String {
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .count();
    let warnings = findings.len() - errors;
    match (errors, warnings) {
        (0, 0) => "no errors".to_owned(),
        (errors, 0) => number(errors, "error"),
        (0, warnings) => number(warnings, "warning"),
        (errors, warnings) => format!(
            "{}, {}",
            number(errors, "error"),
            number(warnings, "warning")
        ),
    }
}

/// A number with its word: `1 scenario`, `2 scenarios`.
pub(crate) fn number(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Finding {}

impl miette::Diagnostic for Finding {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = SourceSpan::new(self.span.start.into(), self.span.len());
        let label = Some(self.path.clone()).filter(|path| !path.is_empty());
        Some(Box::new(std::iter::once(
            LabeledSpan::new_primary_with_span(label, span),
        )))
    }
}
