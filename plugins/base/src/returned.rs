//! `list-returns`: what came back of an order.

use krabice_plugin::json::Loose;
use krabice_plugin::{Choice, Decimal, Failure, Fields, Outcome, Page, Pages, Timestamp, function};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::order::{OrderId, PAGE, moment};
use crate::returns::{Product, Return, order_of, page};
use crate::status::Statuses;
use crate::{Shop, api, id};

/// How far a return is, whatever its status is called.
#[derive(Debug, Clone, Copy, Choice)]
pub(crate) enum Progress {
    #[choice(label(en = "active", cs = "probíhá", pl = "w toku", pt = "em curso"))]
    Active,
    #[choice(label(en = "accepted", cs = "přijata", pl = "przyjęty", pt = "aceite"))]
    Accepted,
    #[choice(label(en = "done", cs = "vyřízena", pl = "zakończony", pt = "concluída"))]
    Done,
    #[choice(label(en = "cancelled", cs = "zrušena", pl = "anulowany", pt = "cancelada"))]
    Cancelled,
}

impl Progress {
    fn of(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Active),
            5 => Some(Self::Accepted),
            1 => Some(Self::Done),
            2 => Some(Self::Cancelled),
            _ => None,
        }
    }
}

#[derive(Fields)]
pub(crate) struct Listed {
    #[field(label(
        en = "Number of returns",
        cs = "Počet vratek",
        pl = "Liczba zwrotów",
        pt = "Número de devoluções"
    ))]
    count: i64,
    #[field(label(en = "Returns", cs = "Vratky", pl = "Zwroty", pt = "Devoluções"))]
    returns: Vec<ListedReturn>,
}

#[derive(Fields)]
pub(crate) struct ListedReturn {
    #[field(label(
        en = "Return ID in Base",
        cs = "ID vratky v Base",
        pl = "ID zwrotu w Base",
        pt = "ID da devolução na Base"
    ))]
    return_id: String,
    #[field(
        label(
            en = "Reference number",
            cs = "Referenční číslo",
            pl = "Numer referencyjny",
            pt = "Número de referência"
        ),
        help(
            en = "Such as RMA/17; empty where there is none.",
            cs = "Například RMA/17; prázdné, když není.",
            pl = "Np. RMA/17; pusty, gdy go nie ma.",
            pt = "Como RMA/17; vazio quando não existe."
        )
    )]
    reference: String,
    #[field(label(en = "Created", cs = "Vytvořena", pl = "Utworzono", pt = "Criada"))]
    created: Option<Timestamp>,
    #[field(label(
        en = "Status ID",
        cs = "ID stavu",
        pl = "ID statusu",
        pt = "ID do estado"
    ))]
    status_id: String,
    #[field(
        label(en = "Status", cs = "Stav", pl = "Status", pt = "Estado"),
        help(
            en = "Its name in the account; empty for a status that the account no longer has.",
            cs = "Jeho název v účtu; prázdný u stavu, který už účet nemá.",
            pl = "Nazwa w koncie; pusta, gdy konto nie ma już takiego statusu.",
            pt = "O nome na conta; vazio quando a conta já não tem esse estado."
        )
    )]
    status: String,
    #[field(
        label(
            en = "Status for customers",
            cs = "Stav pro zákazníky",
            pl = "Status dla klientów",
            pt = "Estado para clientes"
        ),
        help(
            en = "The name that customers see; empty where there is none.",
            cs = "Název, který vidí zákazníci; prázdný, když není.",
            pl = "Nazwa, którą widzą klienci; pusta, gdy jej nie ma.",
            pt = "O nome que os clientes veem; vazio quando não existe."
        )
    )]
    status_for_customer: String,
    #[field(label(
        en = "In the status since",
        cs = "Ve stavu od",
        pl = "W statusie od",
        pt = "No estado desde"
    ))]
    since: Option<Timestamp>,
    #[field(
        label(en = "Progress", cs = "Průběh", pl = "Przebieg", pt = "Andamento"),
        help(
            en = "How far the return is, whatever its status is called; absent where Base says \
                  something new.",
            cs = "Jak daleko vratka je, ať se její stav jmenuje jakkoli; chybí, když Base řekne něco \
                  nového.",
            pl = "Jak daleko jest zwrot, bez względu na nazwę statusu; brak, gdy Base poda coś \
                  nowego.",
            pt = "Até onde chegou a devolução, seja qual for o nome do estado; ausente quando a Base \
                  diz algo novo."
        )
    )]
    progress: Option<Progress>,
    #[field(label(en = "Refunded", cs = "Vráceno", pl = "Zwrócono", pt = "Reembolsado"))]
    refunded: Decimal,
    #[field(label(en = "Currency", cs = "Měna", pl = "Waluta", pt = "Moeda"))]
    currency: String,
    #[field(label(en = "Products", cs = "Produkty", pl = "Produkty", pt = "Produtos"))]
    products: Vec<ListedProduct>,
}

#[derive(Fields)]
pub(crate) struct ListedProduct {
    #[field(label(en = "Name", cs = "Název", pl = "Nazwa", pt = "Nome"))]
    name: String,
    #[field(
        label(
            en = "Attributes",
            cs = "Vlastnosti",
            pl = "Atrybuty",
            pt = "Atributos"
        ),
        help(
            en = "Such as Colour: green; empty where there are none.",
            cs = "Například Barva: zelená; prázdné, když nejsou.",
            pl = "Np. Kolor: zielony; puste, gdy ich nie ma.",
            pt = "Como Cor: verde; vazio quando não existem."
        )
    )]
    attributes: String,
    #[field(label(en = "SKU", cs = "SKU", pl = "SKU", pt = "SKU"))]
    sku: String,
    #[field(label(en = "Quantity", cs = "Množství", pl = "Ilość", pt = "Quantidade"))]
    quantity: Decimal,
    #[field(
        label(en = "Price", cs = "Cena", pl = "Cena", pt = "Preço"),
        help(
            en = "Of one piece, with VAT.",
            cs = "Za kus, s DPH.",
            pl = "Za sztukę, brutto.",
            pt = "De uma unidade, com IVA."
        )
    )]
    price: Decimal,
    #[field(
        label(en = "Reason", cs = "Důvod", pl = "Powód", pt = "Motivo"),
        help(
            en = "Its name in the account; empty where none is given.",
            cs = "Jeho název v účtu; prázdný, když není uveden.",
            pl = "Nazwa w koncie; pusta, gdy go nie podano.",
            pt = "O nome na conta; vazio quando não foi indicado."
        )
    )]
    reason: String,
}

/// The most answers of 100 returns that are read for an order, which has a few.
const PAGES: u32 = 3;

#[function(
    reads,
    label(
        en = "List the returns of an order",
        cs = "Vypsat vratky objednávky",
        pl = "Wypisz zwroty zamówienia",
        pt = "Listar as devoluções de uma encomenda"
    ),
    help(
        en = "True with the returns of the order, newest first; false when there is none.",
        cs = "Ano s vratkami objednávky, od nejnovější; ne, když žádná není.",
        pl = "Tak ze zwrotami zamówienia, od najnowszego; nie, gdy nie ma żadnego.",
        pt = "Sim com as devoluções da encomenda, da mais recente; não quando não há nenhuma."
    )
)]
pub(crate) fn list_returns(shop: &Shop, asked: OrderId) -> Result<Outcome<Listed>, Failure> {
    let Some(order) = asked.read()? else {
        return Ok(Outcome::False);
    };
    let mut found = of_order(shop, order)?;
    if found.is_empty() {
        return Ok(Outcome::False);
    }
    found.sort_by_key(|found| {
        let id = found.return_id.value().and_then(|id| id::number(id));
        std::cmp::Reverse((found.date_add.value().copied(), id))
    });
    let statuses = Statuses::of_returns(shop)?;
    let reasons = Reasons::ask(shop, &found)?;
    let listed = found.iter().map(|found| tell(found, &statuses, &reasons));
    let returns = listed.collect::<Result<Vec<_>, _>>()?;
    let count = i64::try_from(returns.len()).unwrap_or(i64::MAX);
    Ok(Outcome::True(Listed { count, returns }))
}

fn of_order(shop: &Shop, order: i64) -> Result<Vec<Return>, Failure> {
    let mut from = None;
    let found = Pages::read(PAGES, |_| {
        let mut asked = json!({ "order_id": order });
        if let Some(from) = from {
            asked["id_from"] = Json::from(from);
        }
        let items = page(shop, &asked)?;
        for found in &items {
            if order_of(found)? != Some(order) {
                return Err(Failure::unexpected_answer(
                    "getOrderReturns: a return of another order",
                ));
            }
            let id = id::number(found.return_id.required("return_id")?);
            from = from.max(id.map(|id| id + 1));
        }
        let more = items.len() >= PAGE;
        Ok(Page { items, more })
    })?;
    found.whole()
}

fn tell(found: &Return, statuses: &Statuses, reasons: &Reasons) -> Result<ListedReturn, Failure> {
    let status_id = found.status_id.required("status_id")?;
    let products = found.products.as_deref();
    let products =
        products.ok_or_else(|| Failure::unexpected_answer("the answer lacks `products`"))?;
    let product = |product: &Product| {
        Ok(ListedProduct {
            name: product.name.text(),
            attributes: product.attributes.text(),
            sku: product.sku.text(),
            quantity: *product.quantity.required("quantity")?,
            price: *product.price_brutto.required("price_brutto")?,
            reason: reasons.name(&product.return_reason_id),
        })
    };
    let progress = found.fulfillment_status.known("fulfillment_status")?;
    Ok(ListedReturn {
        return_id: found.return_id.required("return_id")?.clone(),
        reference: found.reference_number.text(),
        created: moment(&found.date_add, "date_add")?,
        status_id: status_id.clone(),
        status: statuses.name(status_id),
        status_for_customer: statuses.name_for_customer(status_id),
        since: moment(&found.date_in_status, "date_in_status")?,
        progress: progress.copied().and_then(Progress::of),
        refunded: *found.refunded.required("refunded")?,
        currency: found.currency.required("currency")?.clone(),
        products: products.iter().map(product).collect::<Result<_, _>>()?,
    })
}

/// The reasons that the account's owner made.
#[derive(Deserialize)]
struct Reasons {
    return_reasons: Vec<Reason>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reason {
    return_reason_id: Loose<String>,
    name: Loose<String>,
}

impl Reasons {
    /// Asks for them, where a product names one.
    fn ask(shop: &Shop, returns: &[Return]) -> Result<Self, Failure> {
        let mut products = returns.iter().flat_map(|it| it.products.iter().flatten());
        if products.any(|product| id::or_none(&product.return_reason_id).is_some()) {
            api::read(shop, "getOrderReturnReasonsList", &json!({}))
        } else {
            Ok(Self {
                return_reasons: Vec::new(),
            })
        }
    }

    fn name(&self, id: &Loose<String>) -> String {
        let own = |reason: &&Reason| {
            id.value().is_some() && reason.return_reason_id.value() == id.value()
        };
        let reason = self.return_reasons.iter().find(own);
        reason.map(|it| it.name.text()).unwrap_or_default()
    }
}
