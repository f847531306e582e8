//! Lists of orders: what they tell of each.

use krabice_plugin::{Decimal, Failure, Fields, Timestamp, Url};

use crate::Shop;
use crate::archive::Rule;
use crate::id;
use crate::order::Order;
use crate::status::Statuses;

/// An order as every list tells it, and as [`load-order`](crate::loaded) begins.
#[derive(Fields)]
pub(crate) struct Listed {
    #[field(label(
        en = "Order ID in Base",
        cs = "ID objednávky v Base",
        pl = "ID zamówienia w Base",
        pt = "ID da encomenda na Base"
    ))]
    order_id: String,
    #[field(label(
        en = "Number in the shop",
        cs = "Číslo v e-shopu",
        pl = "Numer w sklepie",
        pt = "Número na loja"
    ))]
    shop_order: Option<String>,
    #[field(label(
        en = "Number in the marketplace",
        cs = "Číslo na tržišti",
        pl = "Numer na platformie sprzedaży",
        pt = "Número no marketplace"
    ))]
    external_order: Option<String>,
    #[field(
        label(en = "Source", cs = "Zdroj", pl = "Źródło", pt = "Origem"),
        help(
            en = "Such as shop, personal or allegro.",
            cs = "Například shop, personal nebo allegro.",
            pl = "Np. shop, personal lub allegro.",
            pt = "Como shop, personal ou allegro."
        )
    )]
    source: String,
    #[field(label(en = "Created", cs = "Vytvořeno", pl = "Utworzono", pt = "Criada"))]
    created: Timestamp,
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
    #[field(
        label(en = "Total", cs = "Celkem", pl = "Razem", pt = "Total"),
        help(
            en = "All lines and the delivery, computed exactly: the API tells no total.",
            cs = "Všechny řádky a doprava, spočteno přesně: API celkovou částku neříká.",
            pl = "Wszystkie pozycje i dostawa, policzone dokładnie: API nie podaje sumy.",
            pt = "Todas as linhas e a entrega, calculado ao certo: a API não diz o total."
        )
    )]
    total: Decimal,
    #[field(label(en = "Currency", cs = "Měna", pl = "Waluta", pt = "Moeda"))]
    currency: String,
    #[field(
        label(
            en = "Archived",
            cs = "Archivovaná",
            pl = "Archiwalne",
            pt = "Arquivada"
        ),
        help(
            en = "By the rule of the connection; absent where it has none.",
            cs = "Podle pravidla připojení; chybí, když žádné nemá.",
            pl = "Według reguły połączenia; brak, gdy jej nie ma.",
            pt = "Segundo a regra da ligação; ausente quando não há nenhuma."
        )
    )]
    archived: Option<bool>,
    #[field(
        label(
            en = "Link to the panel",
            cs = "Odkaz do panelu",
            pl = "Link do panelu",
            pt = "Ligação para o painel"
        ),
        help(
            en = "For the staff: it needs their login.",
            cs = "Pro obsluhu: vyžaduje její přihlášení.",
            pl = "Dla obsługi: wymaga jej logowania.",
            pt = "Para a equipa: exige o seu início de sessão."
        )
    )]
    panel_url: Url,
}

/// What lists of orders need besides the orders: asked for once.
pub(crate) struct Surroundings<'a> {
    shop: &'a Shop,
    statuses: Statuses,
    rule: Rule,
}

impl<'a> Surroundings<'a> {
    /// Asks for the statuses: one request. The rule is read before the first one.
    pub(crate) fn ask(shop: &'a Shop, rule: Rule) -> Result<Self, Failure> {
        Ok(Self {
            shop,
            rule,
            statuses: Statuses::of_orders(shop)?,
        })
    }

    /// What is told of an order.
    pub(crate) fn tell(&self, order: &Order) -> Result<Listed, Failure> {
        let status_id = order.order_status_id.required("order_status_id")?;
        Ok(Listed {
            order_id: order.id()?.clone(),
            shop_order: order.shop_order(),
            external_order: order.external_order(),
            source: order.order_source.text(),
            created: order.created()?,
            status_id: status_id.clone(),
            status: self.statuses.name(status_id),
            status_for_customer: self.statuses.name_for_customer(status_id),
            total: order.total()?,
            currency: order.currency.required("currency")?.clone(),
            archived: self.rule.applies(order, self.shop.now())?,
            panel_url: order.panel_link(self.shop)?,
        })
    }

    /// The orders, newest first.
    pub(crate) fn newest_first(&self, mut orders: Vec<Order>) -> Result<Vec<Listed>, Failure> {
        orders.sort_by_key(|order| {
            let id = order.order_id.value().and_then(|id| id::number(id));
            std::cmp::Reverse((order.date_add.value().copied(), id))
        });
        orders.iter().map(|order| self.tell(order)).collect()
    }
}
