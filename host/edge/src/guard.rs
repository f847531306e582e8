//! What holds for every request and every response of an edge.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::uri::Authority;
use http::{HeaderMap, Version, header};

use crate::problem::{Problem, ProblemCode};

/// Refuses requests that a proxy may have taken for other ones, and gives every refusal of the routes a
/// problem document: also those of the routing itself, such as a path that cannot be decoded.
pub fn guarded<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.layer(middleware::from_fn(guard))
}

async fn guard(request: Request, next: Next) -> Response {
    if !names_one_host(request.version(), request.headers()) {
        return Problem::from(ProblemCode::BadRequest).into_response();
    }
    documented(next.run(request).await)
}

/// Whether a request names one host (RFC 9112, 3.2). In HTTP/1.0 it may name none. Of two, one server on
/// the way may take the first and another one the second.
fn names_one_host(version: Version, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => version < Version::HTTP_11,
        (Some(host), None) => {
            let host = Authority::try_from(host.as_bytes());
            host.is_ok_and(|host| !host.as_str().contains('@'))
        }
        (Some(_), Some(_)) => false,
    }
}

/// A response, with a problem document if it is a refusal without one.
fn documented(response: Response) -> Response {
    let Some(code) = ProblemCode::of_status(response.status()) else {
        return response;
    };
    if response.extensions().get::<ProblemCode>().is_some() {
        return response;
    }
    let mut documented = Problem::from(code).into_response();
    let allowed = response.headers().get_all(header::ALLOW);
    for methods in allowed {
        documented
            .headers_mut()
            .append(header::ALLOW, methods.clone());
    }
    documented
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_one_host() {
        let names_one = |version, hosts: &[&str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(header::HOST, host.parse().unwrap());
            }
            names_one_host(version, &headers)
        };
        for host in [
            "chat.example.cz",
            "localhost:8080",
            "[::1]:8080",
            "192.0.2.1",
        ] {
            assert!(names_one(Version::HTTP_11, &[host]), "{host}");
        }
        for hosts in [
            &[][..],
            &["a.example", "b.example"],
            &["a.example", "a.example"],
            &["a.example, b.example"],
            &["user@a.example"],
            &["a.example/"],
            &[""],
        ] {
            assert!(!names_one(Version::HTTP_11, hosts), "{hosts:?}");
        }
        assert!(names_one(Version::HTTP_10, &[]));
        assert!(!names_one(Version::HTTP_10, &["a.example", "b.example"]));
    }
}
