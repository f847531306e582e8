//! Lists that a back end gives in pages.

use crate::Failure;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What stands on it.
    pub items: Vec<T>,
    /// Whether the back end says that another page follows.
    pub more: bool,
}

/// A list, read page by page.
///
/// How a back end counts its pages, and what it calls them, is the plugin's to
/// know. What all lists have in common stands here: they are read until the back
/// end says that there is no more, but never further than a function can afford,
/// and whether that was all is not forgotten, for a list that is not whole
/// proves nothing about what it lacks.
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
/// A list that goes on after its last item instead of having numbered pages is
/// read in the same way: the closure keeps where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages<T> {
    /// The items of the pages that were read, in their order.
    pub items: Vec<T>,
    /// How many pages were read.
    pub read: u32,
    /// Whether these are all items there are.
    pub whole: bool,
}

impl<T> Pages<T> {
    /// Reads at most `most` pages. The closure is given their numbers, from 1.
    ///
    /// # Errors
    /// The first failure of the closure: half a list is none.
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

    /// The items, where these are all.
    ///
    /// # Errors
    /// [`Failure::UnexpectedAnswer`] where there are more than were read.
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
