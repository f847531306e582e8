//! A customer's orders: `list-customer-orders` and
//! `list-customer-orders-by-phone`.

use krabice_plugin::json::Loose;
use krabice_plugin::{Email, Failure, Fields, Outcome, Params, Phone, function};
use serde::Deserialize;
use serde_json::{Map, json};

use crate::archive::Rule;
use crate::listed::{Listed, Surroundings};
use crate::order::{Order, all, find, searched};
use crate::{Shop, api, id};

#[derive(Params)]
pub(crate) struct ByEmail {
    #[param(
        label(en = "E-mail", cs = "E-mail", pl = "E-mail", pt = "E-mail"),
        help(
            en = "Whoever types an e-mail need not own it: verify an order first.",
            cs = "Kdo e-mail napíše, nemusí být jeho majitel: napřed ověřte objednávku.",
            pl = "Kto wpisuje e-mail, nie musi być jego właścicielem: najpierw sprawdź zamówienie.",
            pt = "Quem escreve um e-mail pode não ser o dono: verifique primeiro uma encomenda."
        ),
        personal
    )]
    email: Email,
    #[param(
        label(
            en = "Months back",
            cs = "Měsíců zpět",
            pl = "Miesięcy wstecz",
            pt = "Meses para trás"
        ),
        help(
            en = "How far back orders are listed; 0 lists all.",
            cs = "Jak daleko zpět se objednávky vypíší; 0 vypíše všechny.",
            pl = "Jak daleko wstecz wypisać zamówienia; 0 wypisuje wszystkie.",
            pt = "Até quando listar encomendas; 0 lista todas."
        ),
        default = 3
    )]
    months: i64,
}

#[derive(Params)]
pub(crate) struct ByPhone {
    #[param(
        label(en = "Phone", cs = "Telefon", pl = "Telefon", pt = "Telefone"),
        help(
            en = "As it stands on orders. The last nine digits have to be the same; a prefix such as \
                  +48 may differ, but Base may not find the number with one.",
            cs = "Jak je na objednávkách. Shodovat se musí posledních devět číslic; předvolba jako \
                  +48 se lišit může, ale Base s ní číslo nemusí najít.",
            pl = "Taki, jak na zamówieniach. Zgadzać się musi ostatnie dziewięć cyfr; prefiks, np. \
                  +48, może się różnić, ale Base może z nim nie znaleźć numeru.",
            pt = "Como está nas encomendas. Os últimos nove algarismos têm de coincidir; um prefixo \
                  como +48 pode diferir, mas a Base pode não encontrar o número com ele."
        ),
        personal
    )]
    phone: Phone,
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
    #[field(label(en = "Orders", cs = "Objednávky", pl = "Zamówienia", pt = "Encomendas"))]
    orders: Vec<Listed>,
    #[field(
        label(
            en = "More exist",
            cs = "Existují další",
            pl = "Są kolejne",
            pt = "Há mais"
        ),
        help(
            en = "The list is not whole: there are more orders than one call reads.",
            cs = "Seznam není celý: objednávek je víc, než jedno volání přečte.",
            pl = "Lista nie jest pełna: zamówień jest więcej, niż czyta jedno wywołanie.",
            pt = "A lista não está completa: há mais encomendas do que uma chamada lê."
        )
    )]
    more: bool,
}

/// The most answers of 100 orders that are read for a list. With [`SINGLES`] a call
/// stays at 25 requests, a quarter of what the account bears in a minute.
const PAGES: u32 = 3;

/// The most orders that are read one by one.
const SINGLES: usize = 20;

/// The most months back: a century, above which a year is a slip of the pen.
const MONTHS: i64 = 1200;

#[function(
    reads,
    label(
        en = "List the customer's orders",
        cs = "Vypsat objednávky zákazníka",
        pl = "Wypisz zamówienia klienta",
        pt = "Listar as encomendas do cliente"
    ),
    help(
        en = "True with the orders that bear this e-mail, newest first; false when there is none. \
              Archived orders are marked by the connection's rule; whether Base gives orders that \
              were moved to the panel's archive is not documented.",
        cs = "Ano s objednávkami, na kterých je tento e-mail, od nejnovější; ne, když žádná není. \
              Archivované objednávky označuje pravidlo připojení; zda Base vydává i ty přesunuté do \
              archivu panelu, není popsáno.",
        pl = "Tak z zamówieniami z tym e-mailem, od najnowszego; nie, gdy nie ma żadnego. Archiwalne \
              oznacza reguła połączenia; czy Base podaje też przeniesione do archiwum panelu, nie \
              jest opisane.",
        pt = "Sim com as encomendas com este e-mail, da mais recente; não quando não há nenhuma. As \
              arquivadas são marcadas pela regra da ligação; não está documentado se a Base dá as que \
              foram movidas para o arquivo do painel."
    )
)]
pub(crate) fn list_customer_orders(
    shop: &Shop,
    asked: ByEmail,
) -> Result<Outcome<Orders>, Failure> {
    let rule = Rule::of(shop.settings())?;
    let email = searched(&asked.email)?;
    let from = since(shop, asked.months)?;
    let mut filters = Map::from_iter([("filter_email".to_owned(), json!(email))]);
    if let Some(from) = from {
        filters.insert("date_from".to_owned(), json!(from));
    }
    let pages = all(shop, filters, PAGES)?;
    let (mut orders, mut more) = (pages.items, !pages.whole);
    // A second search, because it is not documented which of the two leaves out the
    // archive, and the first one gives the oldest orders where there are too many.
    let hits: Hits = api::read(shop, "getOrdersByEmail", &json!({ "email": email }))?;
    let mut hits = hits.newest_first()?;
    hits.retain(|hit| {
        from.is_none_or(|from| hit.added >= from)
            && !orders
                .iter()
                .any(|order| order.order_id.value() == Some(&hit.id.to_string()))
    });
    more |= hits.len() > SINGLES;
    orders.extend(singles(shop, &hits)?);
    let mut own = Vec::new();
    for order in orders {
        if order.belongs_to(&asked.email)? {
            own.push(order);
        }
    }
    outcome(shop, rule, own, more)
}

/// From which second on; `None` for all orders.
fn since(shop: &Shop, months: i64) -> Result<Option<i64>, Failure> {
    if months == 0 {
        return Ok(None);
    }
    let back = u32::try_from(months).ok().filter(|_| months <= MONTHS);
    let back = back.ok_or_else(|| {
        Failure::invalid_parameter("months", format!("is not between 0 and {MONTHS}"))
    })?;
    Ok(shop.now().back(back, 0).unix())
}

#[function(
    reads,
    label(
        en = "List the customer's orders by phone",
        cs = "Vypsat objednávky zákazníka podle telefonu",
        pl = "Wypisz zamówienia klienta według telefonu",
        pt = "Listar as encomendas do cliente por telefone"
    ),
    help(
        en = "True with the 20 newest orders that bear this phone number; false when there is none.",
        cs = "Ano s 20 nejnovějšími objednávkami, na kterých je tento telefon; ne, když žádná není.",
        pl = "Tak z 20 najnowszymi zamówieniami z tym telefonem; nie, gdy nie ma żadnego.",
        pt = "Sim com as 20 encomendas mais recentes com este telefone; não quando não há nenhuma."
    )
)]
pub(crate) fn list_customer_orders_by_phone(
    shop: &Shop,
    asked: ByPhone,
) -> Result<Outcome<Orders>, Failure> {
    let rule = Rule::of(shop.settings())?;
    let phone = asked.phone.as_str().trim();
    if digits(phone).is_empty() {
        return Err(Failure::invalid_parameter("phone", "holds no digit"));
    }
    let hits: Hits = api::read(shop, "getOrdersByPhone", &json!({ "phone": phone }))?;
    let hits = hits.newest_first()?;
    let more = hits.len() > SINGLES;
    let mut own = singles(shop, &hits)?;
    // How the search compares is not documented; a hit is no proof.
    own.retain(|order| is_same_phone(phone, &order.phone.text()));
    outcome(shop, rule, own, more)
}

/// A hit of a search: the search tells ids and dates alone.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Found {
    order_id: Loose<String>,
    date_add: Loose<i64>,
}

#[derive(Deserialize)]
struct Hits {
    orders: Vec<Found>,
}

struct Hit {
    id: i64,
    added: i64,
}

impl Hits {
    fn newest_first(self) -> Result<Vec<Hit>, Failure> {
        let mut hits = Vec::new();
        for found in self.orders {
            let id = id::number(found.order_id.required("order_id")?)
                .ok_or_else(|| Failure::unexpected_answer("`order_id` is no number"))?;
            let added = *found.date_add.required("date_add")?;
            hits.push(Hit { id, added });
        }
        hits.sort_by_key(|hit| std::cmp::Reverse((hit.added, hit.id)));
        Ok(hits)
    }
}

/// The orders of the newest hits, one request each.
fn singles(shop: &Shop, hits: &[Hit]) -> Result<Vec<Order>, Failure> {
    let mut orders = Vec::new();
    for hit in hits.iter().take(SINGLES) {
        orders.extend(find(shop, hit.id)?);
    }
    Ok(orders)
}

fn outcome(
    shop: &Shop,
    rule: Rule,
    orders: Vec<Order>,
    more: bool,
) -> Result<Outcome<Orders>, Failure> {
    if orders.is_empty() {
        return if more {
            Err(Failure::unexpected_answer(
                "the search found more orders than are read, and none of those that were is the \
                 customer's",
            ))
        } else {
            Ok(Outcome::False)
        };
    }
    let orders = Surroundings::ask(shop, rule)?.newest_first(orders)?;
    let count = i64::try_from(orders.len()).unwrap_or(i64::MAX);
    Ok(Outcome::True(Orders {
        count,
        orders,
        more,
    }))
}

fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

/// The digits of a number without its country: in Poland, Czechia and Portugal.
const NATIONAL: usize = 9;

/// Whether two numbers are one: their national digits are the same. Shorter numbers
/// are the same only as a whole.
fn is_same_phone(one: &str, other: &str) -> bool {
    let (one, other) = (digits(one), digits(other));
    let national = |digits: &str| digits.len().checked_sub(NATIONAL);
    match (national(&one), national(&other)) {
        (Some(from), Some(other_from)) => one[from..] == other[other_from..],
        _ => !one.is_empty() && one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::is_same_phone;

    #[test]
    fn a_prefix_may_differ_and_no_other_digit() {
        for other in [
            "500100200",
            "+48 500 100 200",
            "0048500100200",
            "500-100-200",
        ] {
            assert!(is_same_phone("500100200", other), "{other}");
            assert!(is_same_phone("+48500100200", other), "{other}");
        }
        for other in ["", "500100201", "100200", "50010020", "5001002001"] {
            assert!(!is_same_phone("500100200", other), "{other}");
        }
        assert!(is_same_phone("112", "112") && !is_same_phone("", ""));
    }
}
