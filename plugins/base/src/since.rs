//! `list-orders-since`: what has come since a moment.

use krabice_plugin::{Failure, Fields, Outcome, Page, Pages, Params, Timestamp, function};
use serde_json::json;

use crate::Shop;
use crate::archive::Rule;
use crate::listed::{Listed, Surroundings};
use crate::order::{PAGE, page};

#[derive(Params)]
pub(crate) struct Since {
    #[param(
        label(en = "Since", cs = "Od", pl = "Od", pt = "Desde"),
        help(
            en = "Orders confirmed at this moment or later. Left out: three months ago. Afterwards \
                  give what the field Next said.",
            cs = "Objednávky potvrzené v této chvíli nebo později. Bez uvedení před třemi měsíci. \
                  Potom dávejte, co řeklo pole Příště od.",
            pl = "Zamówienia potwierdzone w tej chwili lub później. Bez podania: trzy miesiące temu. \
                  Potem podawaj wartość pola Następnym razem od.",
            pt = "Encomendas confirmadas neste momento ou depois. Se faltar: há três meses. Depois dê \
                  o que disse o campo Próxima desde."
        )
    )]
    since: Option<Timestamp>,
}

#[derive(Fields)]
pub(crate) struct Orders {
    #[field(label(
        en = "Number of orders",
        cs = "Počet objednávek",
        pl = "Liczba zamówień",
        pt = "Número de encomendas"
    ))]
    count: i64,
    #[field(
        label(en = "Orders", cs = "Objednávky", pl = "Zamówienia", pt = "Encomendas"),
        help(
            en = "Newest first. A change of status of an older order is not among them: the API does \
                  not tell it.",
            cs = "Od nejnovější. Změna stavu starší objednávky mezi nimi není: API ji neříká.",
            pl = "Od najnowszego. Nie ma tu zmian statusu starszych zamówień: API o nich nie mówi.",
            pt = "Da mais recente. Uma mudança de estado de uma encomenda mais antiga não consta: a \
                  API não a diz."
        )
    )]
    orders: Vec<Listed>,
    #[field(
        label(
            en = "Next",
            cs = "Příště od",
            pl = "Następnym razem od",
            pt = "Próxima desde"
        ),
        help(
            en = "What to ask for the next time: a second after the last confirmation.",
            cs = "Od čeho se ptát příště: vteřinu po posledním potvrzení.",
            pl = "Od czego pytać następnym razem: sekundę po ostatnim potwierdzeniu.",
            pt = "A partir de quando perguntar da próxima vez: um segundo após a última confirmação."
        )
    )]
    next: Timestamp,
    #[field(
        label(
            en = "More exist",
            cs = "Existují další",
            pl = "Są kolejne",
            pt = "Há mais"
        ),
        help(
            en = "Ask again at once with Next: there are more orders than one call reads.",
            cs = "Zeptejte se hned znovu s polem Příště od: objednávek je víc, než jedno volání \
                  přečte.",
            pl = "Zapytaj od razu znowu, podając Następnym razem od: zamówień jest więcej, niż czyta \
                  jedno wywołanie.",
            pt = "Pergunte logo de novo com Próxima desde: há mais encomendas do que uma chamada lê."
        )
    )]
    more: bool,
}

/// The months of a first run.
const MONTHS: u32 = 3;

/// The most answers of 100 orders that are read at once.
const PAGES: u32 = 3;

#[function(
    reads,
    label(
        en = "List the orders since",
        cs = "Vypsat objednávky od",
        pl = "Wypisz zamówienia od",
        pt = "Listar as encomendas desde"
    ),
    help(
        en = "True with the orders that were confirmed since a moment; false when there are none.",
        cs = "Ano s objednávkami potvrzenými od dané chvíle; ne, když žádné nejsou.",
        pl = "Tak z zamówieniami potwierdzonymi od danej chwili; nie, gdy ich nie ma.",
        pt = "Sim com as encomendas confirmadas desde um momento; não quando não há nenhuma."
    )
)]
pub(crate) fn list_orders_since(shop: &Shop, asked: Since) -> Result<Outcome<Orders>, Failure> {
    let rule = Rule::of(shop.settings())?;
    let since = match asked.since {
        Some(since) => since,
        None => shop.now().back(MONTHS, 0),
    };
    let since = since
        .unix()
        .ok_or_else(|| Failure::invalid_parameter("since", "is no moment with an offset"))?;
    // The vendor's own loop: answers come in the order of confirmation.
    let mut next = since;
    let found = Pages::read(PAGES, |_| {
        let items = page(shop, json!({ "date_confirmed_from": next }))?;
        let more = items.len() >= PAGE;
        for order in &items {
            let confirmed = *order.date_confirmed.required("date_confirmed")?;
            if confirmed < since {
                return Err(Failure::unexpected_answer(
                    "getOrders: an order confirmed before the moment asked for",
                ));
            }
            next = next.max(confirmed + 1);
        }
        Ok(Page { items, more })
    })?;
    if found.items.is_empty() {
        return Ok(Outcome::False);
    }
    let orders = Surroundings::ask(shop, rule)?.newest_first(found.items)?;
    let count = i64::try_from(orders.len()).unwrap_or(i64::MAX);
    Ok(Outcome::True(Orders {
        count,
        orders,
        next: Timestamp::from_unix(next)
            .ok_or_else(|| Failure::unexpected_answer("`date_confirmed` is no moment"))?,
        more: !found.whole,
    }))
}
