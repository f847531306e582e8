//! What a back end can do to a plugin.

use serde::Serialize;

/// How the back end of the check answers.
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
    /// 401: the credentials are refused.
    Refused,
    /// 429 with a wait of 7 s.
    RateLimited,
    /// 500.
    Broken,
    /// 200 with a page for people.
    Html,
    /// 200 with JSON that ends in the middle.
    Truncated,
    /// 200 with JSON that is nested 100,000 deep.
    Deep,
    /// 200 with more than an answer may have.
    Huge,
    /// 302 to a metadata service of clouds.
    Redirect,
    /// No answer at all.
    Slow,
    /// Nobody listens.
    Down,
}

impl Situation {
    /// Every situation; the ordinary ones first.
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

    /// What the back end does, after "the back end".
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
}
