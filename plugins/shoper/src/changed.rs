//! Orders whose status changed: `list-orders-changed-since`.

use krabice_plugin::{Failure, Fields, Outcome, Params, Timestamp, function};
use serde_json::json;

use crate::list::{self, Ordered};
use crate::order::{Number, Order};
use crate::{Shop, api};

/// How far back a first run looks, in months.
const FIRST_RUN: u32 = 6;

#[derive(Params)]
pub(crate) struct Cursor {
    #[param(
        label(en = "Since", cs = "Od", pl = "Od"),
        help(
            en = "From this moment on; left out, from six months ago. For the next run, the field \
                  last-changed of this one.",
            cs = "Od této chvíle; když chybí, od doby před šesti měsíci. Pro další běh pole \
                  last-changed z tohoto.",
            pl = "Od tej chwili; gdy brak, od sześciu miesięcy wstecz. Przy następnym uruchomieniu \
                  pole last-changed z tego."
        )
    )]
    since: Option<Timestamp>,
    #[param(
        label(en = "After the order", cs = "Po objednávce", pl = "Po zamówieniu"),
        help(
            en = "The last order seen of those that changed in that very second: the field last-order \
                  of the run before. Left out, none was seen.",
            cs = "Poslední zpracovaná objednávka z těch, které se změnily právě v té vteřině: pole \
                  last-order z minulého běhu. Když chybí, žádná.",
            pl = "Ostatnie przetworzone zamówienie z tych, które zmieniły się dokładnie w tej \
                  sekundzie: pole last-order z poprzedniego uruchomienia. Gdy brak, żadne."
        )
    )]
    after: Option<String>,
}

#[derive(Fields)]
pub(crate) struct Changed {
    #[field(
        label(
            en = "Number of orders",
            cs = "Počet objednávek",
            pl = "Liczba zamówień"
        ),
        help(
            en = "How many orders the list holds.",
            cs = "Kolik objednávek seznam obsahuje.",
            pl = "Ile zamówień zawiera lista."
        )
    )]
    count: i64,
    #[field(
        label(en = "There are more", cs = "Jsou další", pl = "Są kolejne"),
        help(
            en = "Whether to ask again from last-changed and last-order on.",
            cs = "Zda se ptát znovu od last-changed a last-order.",
            pl = "Czy pytać ponownie od last-changed i last-order."
        )
    )]
    more: bool,
    #[field(
        label(en = "Last change", cs = "Poslední změna", pl = "Ostatnia zmiana"),
        help(
            en = "When the last order of the list changed.",
            cs = "Kdy se změnila poslední objednávka seznamu.",
            pl = "Kiedy zmieniło się ostatnie zamówienie z listy."
        )
    )]
    last_changed: Timestamp,
    #[field(label(
        en = "Number of the last order",
        cs = "Číslo poslední objednávky",
        pl = "Numer ostatniego zamówienia"
    ))]
    last_order: String,
    #[field(
        label(en = "Orders", cs = "Objednávky", pl = "Zamówienia"),
        help(
            en = "In the order in which their statuses changed; of the same second, by number.",
            cs = "V pořadí, v jakém se měnily jejich stavy; z téže vteřiny podle čísla.",
            pl = "W kolejności zmian ich statusów; z tej samej sekundy według numeru."
        )
    )]
    orders: Vec<Ordered>,
}

#[function(
    reads,
    label(
        en = "List the orders changed since",
        cs = "Vypsat objednávky změněné od",
        pl = "Wypisz zamówienia zmienione od"
    ),
    help(
        en = "True with the orders whose status changed since then; false when there is none. Other \
              changes of an order leave no trace in the API.",
        cs = "Ano s objednávkami, jejichž stav se od té doby změnil; ne, když žádná není. Jiné změny \
              objednávky v API stopu nezanechávají.",
        pl = "Tak z zamówieniami, których status zmienił się od tego czasu; nie, gdy nie ma żadnego. \
              Inne zmiany zamówienia nie zostawiają śladu w API."
    )
)]
pub(crate) fn list_orders_changed_since(
    shop: &Shop,
    asked: Cursor,
) -> Result<Outcome<Changed>, Failure> {
    let seen = asked.after.as_deref().map(number).transpose()?;
    let since = asked.since.unwrap_or_else(|| shop.now().back(FIRST_RUN, 0));
    let since = since.clock();
    let filters = json!({ "status_date": { ">=": since } });
    let pages = api::pages(shop, list::PAGES, || {
        shop.get("webapi/rest/orders")
            .query("filters", &filters)
            .query("order", "status_date asc")
    })?;
    let read_all = pages.whole;
    let found = api::kept(pages, |order: &Order| {
        // Dates of one form sort as moments do.
        Ok(order.status_date.value().is_some_and(|at| at >= &since))
    })?;
    let mut orders = found.rows;
    list::distinct(&mut orders);
    let mut orders = placed(orders)?;
    // The API sorts by the second alone, so a last second that goes on behind the
    // last page may lack an order of a lower number.
    if !read_all {
        let last = orders.last().map(|(at, ..)| at.clone());
        let earlier = orders.iter().any(|(at, ..)| Some(at) != last.as_ref());
        orders.retain(|(at, ..)| !earlier || Some(at) != last.as_ref());
    }
    orders.retain(|(at, number, _)| *at > since || seen.is_none_or(|seen| *number > seen));
    let Some((_, _, last)) = orders.last() else {
        return if read_all {
            Ok(Outcome::False)
        } else {
            Err(Failure::unexpected_answer(
                "more orders changed in one second than are read",
            ))
        };
    };
    let (last_changed, last_order) = (
        api::known_moment(shop, &last.status_date, "status_date")?,
        last.number()?.clone(),
    );
    let orders: Vec<Order> = orders.into_iter().map(|(_, _, order)| order).collect();
    Ok(Outcome::True(Changed {
        count: i64::try_from(orders.len()).unwrap_or(i64::MAX),
        more: found.more,
        last_changed,
        last_order,
        orders: list::shown(shop, &orders)?,
    }))
}

fn number(after: &str) -> Result<u64, Failure> {
    let number = Number::read(after).ok().flatten();
    number
        .and_then(|number| number.value())
        .ok_or_else(|| Failure::invalid_parameter("after", "is not the number of an order"))
}

/// The orders by the second in which they changed, then by number.
fn placed(orders: Vec<Order>) -> Result<Vec<(String, u64, Order)>, Failure> {
    let place = |order: Order| {
        let number = order.number()?.parse();
        let number = number.map_err(|_| Failure::unexpected_answer("`order_id` is no number"))?;
        Ok((order.status_date.text(), number, order))
    };
    let mut orders = orders
        .into_iter()
        .map(place)
        .collect::<Result<Vec<_>, Failure>>()?;
    orders.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
    Ok(orders)
}
