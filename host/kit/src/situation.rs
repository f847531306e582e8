//! The situations of a back end in which the check calls every function.

use serde::Serialize;

/// What the back end of the check does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Situation {
    /// 200 with an empty JSON object.
    EmptyObject,
    /// 200 with an empty JSON list.
    EmptyList,
    /// 200 with `null`.
    Null,
    /// 404.
    NotFound,
    /// 401: the back end refuses the credentials.
    Refused,
    /// 429 with `Retry-After` of 7 s.
    RateLimited,
    /// 500.
    Broken,
    /// 200 with a page of HTML.
    Html,
    /// 200 with JSON that is cut off.
    Truncated,
    /// 200 with JSON that is nested 100,000 levels deep.
    Deep,
    /// 200 with more bytes than an answer may have.
    Huge,
    /// 302 to the metadata service of a cloud.
    Redirect,
    /// No answer at all.
    Slow,
    /// A port on which nothing listens.
    Down,
}

impl Situation {
    /// All situations, the ordinary ones first.
    pub const ALL: [Situation; 14] = [
        Situation::EmptyObject,
        Situation::EmptyList,
        Situation::Null,
        Situation::NotFound,
        Situation::Refused,
        Situation::RateLimited,
        Situation::Broken,
        Situation::Html,
        Situation::Truncated,
        Situation::Deep,
        Situation::Huge,
        Situation::Redirect,
        Situation::Slow,
        Situation::Down,
    ];

    /// The situation as the rest of a sentence that begins with "the back end".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Situation::EmptyObject => "answers 200 `{}`",
            Situation::EmptyList => "answers 200 `[]`",
            Situation::Null => "answers 200 `null`",
            Situation::NotFound => "answers 404",
            Situation::Refused => "answers 401",
            Situation::RateLimited => "answers 429",
            Situation::Broken => "answers 500",
            Situation::Html => "answers 200 with HTML",
            Situation::Truncated => "answers 200 with JSON that is cut off",
            Situation::Deep => "answers 200 with JSON nested 100,000 deep",
            Situation::Huge => "answers 200 with 5 MiB",
            Situation::Redirect => "redirects to a metadata service",
            Situation::Slow => "does not answer in time",
            Situation::Down => "cannot be reached",
        }
    }

    /// Whether a request waits in vain, so that its time-outs should be short.
    pub(crate) fn gives_no_answer(self) -> bool {
        matches!(self, Situation::Slow | Situation::Down)
    }
}
