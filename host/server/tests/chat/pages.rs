//! The chat page, the widget and the demo shop.

use crate::client::{Answer, Client};
use crate::stage::{ECHO, Setup, Stage, patient};

/// The addresses that a page loads, as paths of the server.
fn parts(page: &str, answer: &Answer) -> Vec<String> {
    let base = url::Url::parse("http://chat.example").unwrap();
    let base = base.join(page).unwrap();
    let text = String::from_utf8(answer.body.clone()).unwrap();
    let loads = text.split("<script src=\"").skip(1);
    let loads = loads.chain(text.split("rel=\"stylesheet\" href=\"").skip(1));
    loads
        .map(|rest| rest.split_once('"').unwrap().0)
        .map(|address| base.join(address).unwrap().path().to_owned())
        .collect()
}

async fn page(client: &Client, path: &str) -> Answer {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{path}");
    let policy = answer.header("content-security-policy").unwrap();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.contains(rule), "{path}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{path}: {policy}");
    assert_eq!(answer.header("x-content-type-options").unwrap(), "nosniff");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_scenario_has_a_page_and_every_part_of_it_is_there() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let chat = page(&stage.client, "/chat/echo").await;
    assert!(
        chat.header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    let parts = parts("/chat/echo", &chat);
    assert!(parts.contains(&"/widget.js".to_owned()), "{parts:?}");
    let (assets, _): (Vec<_>, Vec<_>) = parts
        .into_iter()
        .partition(|part| part.starts_with("/assets/"));
    assert!(!assets.is_empty());
    for part in assets {
        let answer = stage.client.get(&part).await;
        assert_eq!(answer.status, 200, "{part}");
        assert!(
            answer
                .header("cache-control")
                .unwrap()
                .contains("immutable")
        );
        assert_eq!(answer.header("access-control-allow-origin").unwrap(), "*");
    }
    stage
        .client
        .get("/chat/nowhere")
        .await
        .refused(404, "not-found");
    stage
        .client
        .get("/assets/..%2fchat.html")
        .await
        .refused(404, "not-found");
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_widget_is_small_and_its_panel_is_there() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let widget = stage.client.get("/widget.js").await;
    assert_eq!(widget.status, 200);
    assert!(
        widget
            .header("content-type")
            .unwrap()
            .starts_with("text/javascript")
    );
    let text = String::from_utf8(widget.body).unwrap();
    let at = text.find("panel-").unwrap();
    let name: String = text[at..]
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-.".contains(*c))
        .collect();
    let panel = stage.client.get(&format!("/assets/{name}")).await;
    assert_eq!(panel.status, 200, "{name}");
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_shop_lists_the_scenarios_and_is_there_on_demand_alone() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    for path in ["/", "/demo/", "/demo/demo.js"] {
        stage.client.get(path).await.refused(404, "not-found");
    }
    stage.server.stop().await;

    let stage = Stage::set(Setup {
        scenarios: Some(vec![("echo.json", ECHO.to_owned())]),
        demo: true,
        ..Setup::default()
    })
    .await;
    let shop = page(&stage.client, "/demo/").await;
    let parts = parts("/demo/", &shop);
    assert!(parts.len() >= 2, "{parts:?}");
    for part in parts {
        assert_eq!(stage.client.get(&part).await.status, 200, "{part}");
    }
    let json = [("accept", "application/json")];
    let listed = stage
        .client
        .send("GET", "/?lang=en", &json, None)
        .await
        .ok();
    assert_eq!(listed[0]["name"], "echo");
    let moved = stage.client.get("/").await;
    assert_eq!(moved.header("location").unwrap(), "/demo/");
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_shown_in_frames_of_its_scenarios_sites_only() {
    let second = ECHO.replace("\"echo\"", "\"closed\"");
    let mut settings = patient();
    let sites = ["https://shop.example", "http://localhost:3000"].map(|site| site.parse().unwrap());
    settings
        .access
        .origins
        .insert("echo".to_owned(), sites.to_vec());
    let scenarios = vec![("echo.json", ECHO.to_owned()), ("closed.json", second)];
    let stage = Stage::set(Setup {
        scenarios: Some(scenarios),
        settings,
        demo: true,
        ..Setup::default()
    })
    .await;
    let framed = stage.client.get("/chat/echo").await;
    let policy = framed.header("content-security-policy").unwrap();
    assert!(
        policy.ends_with("frame-ancestors https://shop.example http://localhost:3000"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    for path in ["/chat/closed", "/demo/"] {
        page(&stage.client, path).await;
    }
    // The widget's frame names the site that it is in.
    let framed = stage.client.get("/chat/echo?embed=http://localhost:3000");
    assert_eq!(framed.await.status, 200);
    let refused = stage.client.get("/chat/closed?embed=https://shop.example");
    refused.await.refused(403, "origin-refused");
    stage.server.stop().await;
}

/// A browser gets a page that may be shown anywhere, because it has no script and no data; the operator
/// gets a count.
#[tokio::test(flavor = "multi_thread")]
async fn a_chat_that_is_not_set_up_is_a_page_and_is_counted() {
    let mut settings = patient();
    let site = "https://shop.example".parse().unwrap();
    settings
        .access
        .origins
        .insert("echo".to_owned(), vec![site]);
    let stage = Stage::set(Setup {
        scenarios: Some(vec![("echo.json", ECHO.to_owned())]),
        settings,
        ..Setup::default()
    })
    .await;
    let browser = [("accept", "text/html,application/xhtml+xml")];
    for (path, status) in [
        ("/chat/nowhere", 404),
        ("/chat/echo?embed=https://other.example", 403),
        ("/chat/echo?embed=a&embed=b", 400),
        ("/chat", 404),
        ("/", 404),
    ] {
        let shown = stage.client.send("GET", path, &browser, None).await;
        assert_eq!(shown.status, status, "{path}");
        let policy = shown.header("content-security-policy").unwrap();
        assert!(policy.ends_with("frame-ancestors *"), "{path}: {policy}");
        let text = String::from_utf8(shown.body.clone()).unwrap();
        assert!(text.contains("This chat is not set up here."), "{path}");
        assert!(!text.contains("<script"), "{path}");
    }
    // Another site's widget cannot start a session, and can read why.
    for (path, origin, code) in [
        (
            "/api/v1/scenarios/echo",
            "https://other.example",
            (403, "origin-refused"),
        ),
        (
            "/api/v1/scenarios/nowhere",
            "https://other.example",
            (404, "not-found"),
        ),
    ] {
        let told = stage
            .client
            .send("GET", path, &[("origin", origin)], None)
            .await;
        told.refused(code.0, code.1);
        assert_eq!(told.header("access-control-allow-origin").unwrap(), "*");
    }
    let admin = Client::of(stage.server.admin_address().unwrap());
    let metrics = admin.get("/metrics").await;
    let metrics = String::from_utf8(metrics.body).unwrap();
    for line in [
        "krabice_not_set_up_total{reason=\"origin\",scenario=\"echo\"} 2",
        "krabice_not_set_up_total{reason=\"scenario\",scenario=\"\"} 2",
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line}\n{metrics}"
        );
    }
    stage.server.stop().await;
}
