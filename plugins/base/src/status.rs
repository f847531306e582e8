//! Statuses: their lists, `is-order-in-status` and `change-order-status`.

use krabice_plugin::json::Loose;
use krabice_plugin::{Choice, Failure, Fields, LiveChoice, Outcome, Params, Timestamp, function};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::change::{Changed, Holder, change};
use crate::order::{self, OrderId, moment};
use crate::{Shop, api, id};

/// A status of orders or of returns, as the API answers it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Status {
    pub(crate) id: Loose<String>,
    pub(crate) name: Loose<String>,
    pub(crate) name_for_customer: Loose<String>,
    pub(crate) color: Loose<String>,
    pub(crate) group_id: Loose<String>,
    pub(crate) is_primary: Loose<bool>,
}

/// All statuses of one sort: they are the account's own, and orders and returns have
/// different ones.
#[derive(Debug, Deserialize)]
pub(crate) struct Statuses {
    statuses: Vec<Status>,
}

impl Statuses {
    /// Those of orders.
    pub(crate) fn of_orders(shop: &Shop) -> Result<Self, Failure> {
        api::read(shop, "getOrderStatusList", &json!({}))
    }

    /// Those of returns.
    pub(crate) fn of_returns(shop: &Shop) -> Result<Self, Failure> {
        api::read(shop, "getOrderReturnStatusList", &json!({}))
    }

    pub(crate) fn len(&self) -> usize {
        self.statuses.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Status> {
        self.statuses.iter()
    }

    /// The status of a number.
    fn get(&self, id: &str) -> Option<&Status> {
        let is = |status: &&Status| status.id.value().is_some_and(|own| own == id);
        self.iter().find(is)
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.get(id).is_some()
    }

    /// The name of a status; empty for one that the account no longer has.
    pub(crate) fn name(&self, id: &str) -> String {
        self.get(id).map(|it| it.name.text()).unwrap_or_default()
    }

    /// The name that customers see; empty where there is none.
    pub(crate) fn name_for_customer(&self, id: &str) -> String {
        let status = self.get(id);
        status
            .map(|it| it.name_for_customer.text())
            .unwrap_or_default()
    }

    /// The number of the status that is meant by its number or its exact name; `None`
    /// where the account has no such one.
    pub(crate) fn meant(&self, wanted: &str) -> Result<Option<String>, Failure> {
        let wanted = wanted.trim();
        if wanted.is_empty() {
            return Err(Failure::invalid_parameter("status", "is empty"));
        }
        if self.has(wanted) {
            return Ok(Some(wanted.to_owned()));
        }
        let mut named = self
            .iter()
            .filter(|status| status.name.text().trim() == wanted);
        let (first, second) = (named.next(), named.next());
        if second.is_some() {
            return Err(Failure::invalid_parameter(
                "status",
                "is the name of more than one status",
            ));
        }
        first
            .map(|status| status.id.required("id").cloned())
            .transpose()
    }

    /// The statuses as choices: numbers as values. The account has one name for each,
    /// which stands for every language.
    pub(crate) fn choices(&self) -> Result<Vec<Choice>, Failure> {
        let choice = |status: &Status| {
            let id = status.id.required("id")?;
            let name = status.name.value().cloned();
            let name = name.unwrap_or_else(|| format!("Status {id}"));
            Ok(Choice::new(id, [("en", name)]))
        };
        self.iter().map(choice).collect()
    }
}

#[derive(Fields)]
pub(crate) struct Listed {
    #[field(label(
        en = "Number of statuses",
        cs = "Počet stavů",
        pl = "Liczba statusów",
        pt = "Número de estados"
    ))]
    count: i64,
    #[field(label(en = "Statuses", cs = "Stavy", pl = "Statusy", pt = "Estados"))]
    statuses: Vec<ListedStatus>,
}

#[derive(Fields)]
pub(crate) struct ListedStatus {
    #[field(label(en = "ID", cs = "ID", pl = "ID", pt = "ID"))]
    id: String,
    #[field(label(en = "Name", cs = "Název", pl = "Nazwa", pt = "Nome"))]
    name: String,
    #[field(
        label(
            en = "Name for customers",
            cs = "Název pro zákazníky",
            pl = "Nazwa dla klientów",
            pt = "Nome para clientes"
        ),
        help(
            en = "Empty where there is none.",
            cs = "Prázdný, když není.",
            pl = "Pusta, gdy jej nie ma.",
            pt = "Vazio quando não existe."
        )
    )]
    name_for_customer: String,
    #[field(
        label(en = "Colour", cs = "Barva", pl = "Kolor", pt = "Cor"),
        help(
            en = "Such as #2E7D32; empty where there is none.",
            cs = "Například #2E7D32; prázdná, když není.",
            pl = "Np. #2E7D32; pusty, gdy go nie ma.",
            pt = "Como #2E7D32; vazia quando não existe."
        )
    )]
    colour: String,
}

#[function(
    reads,
    label(
        en = "List the statuses of orders",
        cs = "Vypsat stavy objednávek",
        pl = "Wypisz statusy zamówień",
        pt = "Listar os estados das encomendas"
    ),
    help(
        en = "True with the statuses that the account's owner made; false when there are none.",
        cs = "Ano se stavy, které si majitel účtu vytvořil; ne, když žádné nejsou.",
        pl = "Tak ze statusami utworzonymi przez właściciela konta; nie, gdy ich nie ma.",
        pt = "Sim com os estados criados pelo dono da conta; não quando não há nenhum."
    )
)]
pub(crate) fn list_order_statuses(shop: &Shop) -> Result<Outcome<Listed>, Failure> {
    let found = Statuses::of_orders(shop)?;
    let listed = |status: &Status| {
        Ok(ListedStatus {
            id: status.id.required("id")?.clone(),
            name: status.name.text(),
            name_for_customer: status.name_for_customer.text(),
            colour: status.color.text(),
        })
    };
    let statuses = found.iter().map(listed).collect::<Result<Vec<_>, _>>()?;
    if statuses.is_empty() {
        return Ok(Outcome::False);
    }
    let count = i64::try_from(statuses.len()).unwrap_or(i64::MAX);
    Ok(Outcome::True(Listed { count, statuses }))
}

#[derive(Params)]
pub(crate) struct Membership {
    #[param(flatten)]
    order: OrderId,
    #[param(
        label(en = "Statuses", cs = "Stavy", pl = "Statusy", pt = "Estados"),
        help(
            en = "Numbers of statuses, as List the statuses of orders gives them.",
            cs = "Čísla stavů, jak je dává Vypsat stavy objednávek.",
            pl = "Numery statusów, jak podaje je Wypisz statusy zamówień.",
            pt = "Números de estados, como os dá Listar os estados das encomendas."
        )
    )]
    statuses: Vec<String>,
}

#[derive(Fields)]
pub(crate) struct Current {
    #[field(label(
        en = "Status ID",
        cs = "ID stavu",
        pl = "ID statusu",
        pt = "ID do estado"
    ))]
    status_id: String,
    #[field(label(
        en = "In the status since",
        cs = "Ve stavu od",
        pl = "W statusie od",
        pt = "No estado desde"
    ))]
    since: Option<Timestamp>,
}

#[function(
    reads,
    label(
        en = "Is an order in a status",
        cs = "Je objednávka ve stavu",
        pl = "Czy zamówienie ma status",
        pt = "A encomenda está num estado"
    ),
    help(
        en = "True when the order is in one of the statuses, with that one; false when it is in \
              another, or there is no such order.",
        cs = "Ano, když je objednávka v jednom z těchto stavů, i s ním; ne, když je v jiném nebo \
              taková objednávka není.",
        pl = "Tak, gdy zamówienie ma jeden z tych statusów, wraz z nim; nie, gdy ma inny lub nie ma \
              takiego zamówienia.",
        pt = "Sim quando a encomenda está num destes estados, com esse estado; não quando está \
              noutro ou não existe."
    )
)]
pub(crate) fn is_order_in_status(
    shop: &Shop,
    asked: Membership,
) -> Result<Outcome<Current>, Failure> {
    let wanted: Vec<_> = asked.statuses.iter().map(|id| id.trim()).collect();
    if wanted.is_empty() || wanted.iter().any(|status| id::number(status).is_none()) {
        return Err(Failure::invalid_parameter(
            "statuses",
            "is no list of numbers of statuses",
        ));
    }
    let Some(order) = asked.order.find(shop)? else {
        return Ok(Outcome::False);
    };
    let status = order.order_status_id.required("order_status_id")?;
    if !wanted.contains(&status.as_str()) {
        return Ok(Outcome::False);
    }
    Ok(Outcome::True(Current {
        status_id: status.clone(),
        since: moment(&order.date_in_status, "date_in_status")?,
    }))
}

#[derive(Params)]
pub(crate) struct Change {
    #[param(flatten)]
    order: OrderId,
    #[param(
        label(
            en = "New status",
            cs = "Nový stav",
            pl = "Nowy status",
            pt = "Novo estado"
        ),
        help(
            en = "A status of the account. Its exact name is taken, too.",
            cs = "Stav z účtu. Lze zadat i jeho přesný název.",
            pl = "Status z konta. Można podać też jego dokładną nazwę.",
            pt = "Um estado da conta. O nome exato também serve."
        )
    )]
    status: LiveChoice,
}

#[function(
    // Not idempotent: setting a status may start the account's automatic actions.
    writes,
    label(
        en = "Change the status of an order",
        cs = "Změnit stav objednávky",
        pl = "Zmień status zamówienia",
        pt = "Mudar o estado de uma encomenda"
    ),
    help(
        en = "True when a second read shows the new status, or the order had it already; false when \
              there is no such order, the account has no such status, or the second read shows \
              another one. The account's automatic actions and e-mails may follow.",
        cs = "Ano, když druhé čtení ukáže nový stav nebo ho objednávka měla už dřív; ne, když taková \
              objednávka není, účet takový stav nemá nebo druhé čtení ukáže jiný. Mohou následovat \
              automatické akce a e-maily účtu.",
        pl = "Tak, gdy drugi odczyt pokazuje nowy status lub zamówienie już go miało; nie, gdy nie ma \
              takiego zamówienia, konto nie ma takiego statusu lub drugi odczyt pokazuje inny. Mogą \
              ruszyć automatyczne akcje i e-maile konta.",
        pt = "Sim quando uma segunda leitura mostra o novo estado ou a encomenda já o tinha; não \
              quando a encomenda não existe, a conta não tem esse estado ou a segunda leitura mostra \
              outro. Podem seguir-se ações automáticas e e-mails da conta."
    ),
    choices(status = order_statuses)
)]
pub(crate) fn change_order_status(shop: &Shop, asked: Change) -> Result<Outcome<Changed>, Failure> {
    let Some(order) = asked.order.read()? else {
        return Ok(Outcome::False);
    };
    let statuses = Statuses::of_orders(shop)?;
    change(&statuses, asked.status.as_str(), &Held { shop, order })
}

/// An order as what has a status.
struct Held<'a> {
    shop: &'a Shop,
    order: i64,
}

impl Holder for Held<'_> {
    fn status(&self) -> Result<Option<String>, Failure> {
        let Some(order) = order::find(self.shop, self.order)? else {
            return Ok(None);
        };
        order
            .order_status_id
            .required("order_status_id")
            .cloned()
            .map(Some)
    }

    fn set(&self, status: i64) -> Result<(), Failure> {
        let change = json!({ "order_id": self.order, "status_id": status });
        api::read::<Json>(self.shop, "setOrderStatus", &change).map(drop)
    }
}

/// The choices of `status`.
fn order_statuses(shop: &Shop) -> Result<Vec<Choice>, Failure> {
    Statuses::of_orders(shop)?.choices()
}
