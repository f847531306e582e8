//! The lists of the API.

use krabice_plugin::json::Loose;
use krabice_plugin::{Failure, Page, Pages, Request};
use serde::Deserialize;
use serde_json::Value;

use crate::Desk;

/// The items of a page. Public clients ask for as many. If the server gives fewer, more pages are
/// read.
const PAGE: u32 = 100;

/// The most pages that are read. Arbitrary: an order number has a handful of hits and an account a
/// few dozen states, which is enough even with ten items in a page.
const PAGES: u32 = 10;

/// A page of any list of the API. An answer without the list itself is not a page, and proves
/// nothing.
#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    count: Loose<i64>,
    #[serde(default)]
    current_page: Loose<i64>,
    #[serde(default)]
    total_pages: Loose<i64>,
    results: Vec<Value>,
}

/// Reads the list that `request` asks for, page by page.
pub(crate) fn list<'a>(request: impl Fn() -> Request<'a>) -> Result<Pages<Value>, Failure> {
    Pages::read(PAGES, |number| {
        let request = request().query("page", number).query("page_size", PAGE);
        let response = request.send()?;
        let listed: Listed = response.json()?;
        let number = i64::from(number);
        // A server that ignored the number would answer with the first page again and again, as if it
        // were the whole list.
        if listed
            .current_page
            .value()
            .is_some_and(|page| *page != number)
        {
            return Err(response.unexpected("the answer is another page than the one asked for"));
        }
        Ok(Page {
            more: *listed.total_pages.required("total_pages")? > number,
            items: listed.results,
        })
    })
}

/// The number of states of the account, by a request for one of them; `None` if the API does not
/// count them. It proves that the address is the API's and the token is valid.
pub(crate) fn count_of_states(desk: &Desk) -> Result<Option<i64>, Failure> {
    let request = desk.get("states").query("page", 1).query("page_size", 1);
    let listed: Listed = request.reads().send()?.json()?;
    listed.total_pages.required("total_pages")?;
    Ok(listed.count.value().copied())
}
