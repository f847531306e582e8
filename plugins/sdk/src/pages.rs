//! Lists that a back end gives in pages.

use crate::contract::Failure;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items of the page.
    pub items: Vec<T>,
    /// Whether the back end says that another page follows.
    pub more: bool,
}

/// A list, read page by page.
///
/// How a back end counts its pages, and what it calls them, is known to the plugin. All lists have
/// in common that they are read until the back end says that there is no more, but never further
/// than a function can afford. Whether that was the whole list is kept: the absence of an item from
/// a part of a list proves nothing.
///
/// ```
/// # use krabice_plugin::{Context, Failure};
/// use krabice_plugin::json::Loose;
/// use krabice_plugin::{Page, Pages};
///
/// #[derive(serde::Deserialize)]
/// struct Listed {
///     list: Vec<Status>,
///     pages: Loose<i64>,
/// }
/// # #[derive(serde::Deserialize)]
/// # struct Status {}
///
/// # fn example(shop: &Context) -> Result<Vec<Status>, Failure> {
/// let statuses = Pages::read(20, |number| {
///     let request = shop.get("statuses").query("limit", 50).query("page", number);
///     let listed: Listed = request.send()?.json()?;
///     let more = *listed.pages.required("pages")? > i64::from(number);
///     Ok(Page { items: listed.list, more })
/// })?;
/// statuses.whole()
/// # }
/// ```
///
/// A list whose next page begins after the last item, instead of having a number, is read in the
/// same way: the closure remembers the last item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages<T> {
    /// The items of the pages that were read, in their order.
    pub items: Vec<T>,
    /// How many pages were read.
    pub read: u32,
    /// Whether these are all items of the list.
    pub whole: bool,
}

impl<T> Pages<T> {
    /// Reads at most `most` pages. The closure gets their numbers, from 1.
    ///
    /// # Errors
    /// The first failure of the closure.
    pub fn read(
        most: u32,
        mut page: impl FnMut(u32) -> Result<Page<T>, Failure>,
    ) -> Result<Self, Failure> {
        let mut pages = Self {
            items: Vec::new(),
            read: 0,
            whole: false,
        };
        while pages.read < most && !pages.whole {
            pages.read += 1;
            let Page { items, more } = page(pages.read)?;
            pages.items.extend(items);
            pages.whole = !more;
        }
        Ok(pages)
    }

    /// The items of a list that was read to its end.
    ///
    /// # Errors
    /// [`Failure::UnexpectedAnswer`] for a list with more pages than were read.
    pub fn whole(self) -> Result<Vec<T>, Failure> {
        if self.whole {
            return Ok(self.items);
        }
        let read = self.read;
        Err(Failure::unexpected_answer(format!(
            "the list is longer than the {read} pages that are read"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pages of a back end that has `all` of them, and the numbers asked for.
    fn read(most: u32, all: u32) -> (Pages<u32>, Vec<u32>) {
        let mut asked = Vec::new();
        let pages = Pages::read(most, |number| {
            asked.push(number);
            Ok(Page {
                items: vec![number * 10, number * 10 + 1],
                more: number < all,
            })
        });
        (pages.unwrap(), asked)
    }

    #[test]
    fn a_list_is_read_until_there_is_no_more() {
        let (pages, asked) = read(5, 3);
        assert_eq!(asked, [1, 2, 3]);
        assert_eq!((pages.read, pages.whole), (3, true));
        assert_eq!(pages.whole(), Ok(vec![10, 11, 20, 21, 30, 31]));
    }

    #[test]
    fn a_list_of_exactly_as_many_pages_is_whole() {
        let (pages, asked) = read(3, 3);
        assert_eq!((asked.len(), pages.whole), (3, true));
    }

    #[test]
    fn a_longer_list_is_cut_and_says_so() {
        let (pages, asked) = read(2, 3);
        assert_eq!(asked, [1, 2]);
        assert_eq!((pages.items.len(), pages.whole), (4, false));
        assert_eq!(
            pages.whole(),
            Err(Failure::unexpected_answer(
                "the list is longer than the 2 pages that are read"
            )),
        );
    }

    #[test]
    fn a_failure_on_any_page_is_a_failure() {
        let pages = Pages::read(5, |number| match number {
            1 => Ok(Page {
                items: vec![1],
                more: true,
            }),
            _ => Err(Failure::unavailable("the back end took too long")),
        });
        assert_eq!(
            pages,
            Err(Failure::unavailable("the back end took too long"))
        );
    }
}
