//! Challenges, by which a registry asks for a login: `WWW-Authenticate` (RFC 9110, section 11.6.1),
//! and the token services that `Bearer` challenges name (distribution/distribution,
//! `docs/content/spec/auth`).

use http::{HeaderMap, header};
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

/// The name of this program in a request with an identity token.
const CLIENT_ID: &str = "krabice";

/// The credential that a registry asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A token of this service.
    Bearer(TokenService),
    /// A user name and a password.
    Basic,
}

/// A service that gives tokens.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TokenService {
    realm: Url,
    /// `service` and `scope`: the registry and the access that the token is for.
    query: Vec<(&'static str, String)>,
}

/// The answer of a token service. The token has its old name, its name of OAuth 2.0, or both.
#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
}

impl Challenge {
    /// Reads the challenges of an answer: the first `Bearer` one that names an address, else a `Basic`
    /// one; None when there is neither.
    pub(super) fn of(headers: &HeaderMap, repository: &str) -> Option<Challenge> {
        let values = headers.get_all(header::WWW_AUTHENTICATE).iter();
        let texts = values.filter_map(|value| value.to_str().ok());
        let parsed = texts.filter_map(|text| http_auth::parse_challenges(text).ok());
        let challenges: Vec<_> = parsed.flatten().collect();
        let of_scheme = |scheme: &str| {
            let scheme = scheme.to_owned();
            let all = challenges.iter();
            all.filter(move |challenge| challenge.scheme.eq_ignore_ascii_case(&scheme))
        };
        let service = of_scheme("bearer").find_map(|challenge| {
            let part = |name: &str| {
                let mut parameters = challenge.params.iter();
                let found = parameters.find(|(known, _)| known.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.to_unescaped())
            };
            let scope = part("scope").unwrap_or_else(|| format!("repository:{repository}:pull"));
            let service = part("service").map(|service| ("service", service));
            Some(TokenService {
                realm: Url::parse(&part("realm")?).ok()?,
                query: service.into_iter().chain([("scope", scope)]).collect(),
            })
        });
        let basic = || of_scheme("basic").next().map(|_| Challenge::Basic);
        service.map(Challenge::Bearer).or_else(basic)
    }
}

impl TokenService {
    /// The address of the service.
    pub(super) fn realm(&self) -> &Url {
        &self.realm
    }

    /// The address with the query of a `GET`.
    pub(super) fn realm_with_query(&self) -> Url {
        let mut url = self.realm.clone();
        url.query_pairs_mut().extend_pairs(&self.query);
        url
    }

    /// The form of a `POST` with an identity token.
    pub(super) fn form(&self, identity: &str) -> String {
        Serializer::new(String::new())
            .extend_pairs(&self.query)
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_id", CLIENT_ID)
            .append_pair("refresh_token", identity)
            .finish()
    }
}

/// The token in the answer of a service; None when there is none.
pub(super) fn token(body: &[u8]) -> Option<String> {
    let answer: Answer = serde_json::from_slice(body).ok()?;
    let token = answer.token.or(answer.access_token)?;
    (!token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::WWW_AUTHENTICATE, value.parse().unwrap());
        }
        Challenge::of(&headers, "acme/shop").map(|challenge| match challenge {
            Challenge::Bearer(service) => service.realm_with_query().into(),
            Challenge::Basic => "Basic".to_owned(),
        })
    }

    #[test]
    fn a_challenge_is_found_among_others_and_read_as_it_is_quoted() {
        let bearer = r#"Basic realm="x, Bearer realm=", bearer Realm="https://tokens.example/t?a=1", scope="repository:a/\"b\":pull,push", service=s"#;
        let url =
            "https://tokens.example/t?a=1&service=s&scope=repository%3Aa%2F%22b%22%3Apull%2Cpush";
        assert_eq!(asked(&[bearer]).as_deref(), Some(url));
        assert_eq!(asked(&["Basic realm=\"x\"", bearer]).as_deref(), Some(url));
        let own = "https://tokens.example/t?scope=repository%3Aacme%2Fshop%3Apull";
        let without_scope = "Bearer realm=\"https://tokens.example/t\"";
        assert_eq!(asked(&[without_scope]).as_deref(), Some(own));
        for basic in [
            "Basic realm=\"https://a.example\"",
            "basic",
            "Negotiate, Basic realm=x",
        ] {
            assert_eq!(asked(&[basic]).as_deref(), Some("Basic"), "{basic}");
        }
        for none in ["", "Bearer", "Digest realm=\"x\"", "Bearer realm=\"x\""] {
            assert_eq!(asked(&[none]), None, "{none}");
        }
    }

    #[test]
    fn a_token_has_one_of_two_names_or_both() {
        for (answer, found) in [
            (r#"{"token":"a"}"#, Some("a")),
            (r#"{"access_token":"a"}"#, Some("a")),
            (r#"{"token":"a","access_token":"a"}"#, Some("a")),
            (r#"{"token":""}"#, None),
            (r#"{"expires_in":300}"#, None),
            ("a", None),
        ] {
            assert_eq!(token(answer.as_bytes()).as_deref(), found, "{answer}");
        }
    }
}
