//! Returns: what the API says of them, `list-return-statuses` and
//! `change-return-status`.

use krabice_plugin::json::Loose;
use krabice_plugin::{Choice, Decimal, Failure, Fields, LiveChoice, Outcome, Params, function};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::change::{Changed, Holder, change};
use crate::status::{Status, Statuses};
use crate::{Shop, api, id};

/// A return, as the API answers it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Return {
    pub(crate) return_id: Loose<String>,
    order_id: Loose<String>,
    pub(crate) reference_number: Loose<String>,
    pub(crate) status_id: Loose<String>,
    pub(crate) date_add: Loose<i64>,
    pub(crate) date_in_status: Loose<i64>,
    pub(crate) currency: Loose<String>,
    pub(crate) refunded: Loose<Decimal>,
    pub(crate) fulfillment_status: Loose<i64>,
    pub(crate) delivery_package_module: Loose<String>,
    pub(crate) delivery_package_nr: Loose<String>,
    pub(crate) products: Option<Vec<Product>>,
}

/// A line of a return. Sources disagree about its key, which nothing needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Product {
    pub(crate) name: Loose<String>,
    pub(crate) sku: Loose<String>,
    pub(crate) attributes: Loose<String>,
    pub(crate) price_brutto: Loose<Decimal>,
    pub(crate) quantity: Loose<Decimal>,
    pub(crate) return_reason_id: Loose<String>,
}

#[derive(Deserialize)]
struct Returns {
    returns: Vec<Return>,
}

/// One answer of `getOrderReturns`.
pub(crate) fn page(shop: &Shop, asked: &Json) -> Result<Vec<Return>, Failure> {
    api::read(shop, "getOrderReturns", asked).map(|found: Returns| found.returns)
}

/// The order that a return belongs to; `None` for a return without one.
pub(crate) fn order_of(found: &Return) -> Result<Option<i64>, Failure> {
    Ok(id::or_none(&found.order_id).and_then(|order| id::number(&order)))
}

/// Finds a return; `None` on proof that there is none.
fn find(shop: &Shop, id: i64) -> Result<Option<Return>, Failure> {
    let found = page(shop, &json!({ "return_id": id }))?;
    if found.is_empty() {
        return Ok(None);
    }
    let id = id.to_string();
    let own = found
        .into_iter()
        .find(|found| found.return_id.value() == Some(&id));
    own.map(Some).ok_or_else(|| {
        Failure::unexpected_answer("getOrderReturns: other returns than the one asked for")
    })
}

/// A return by the number that Base gives it.
#[derive(Params)]
pub(crate) struct ReturnId {
    #[param(
        name = "return",
        label(
            en = "Return ID in Base",
            cs = "ID vratky v Base",
            pl = "ID zwrotu w Base",
            pt = "ID da devolução na Base"
        ),
        help(
            en = "As List the returns of an order gives it.",
            cs = "Jak ho dává Vypsat vratky objednávky.",
            pl = "Jakie podaje Wypisz zwroty zamówienia.",
            pt = "Como o dá Listar as devoluções de uma encomenda."
        )
    )]
    id: String,
}

impl ReturnId {
    fn read(&self) -> Result<Option<i64>, Failure> {
        id::given("return", &self.id)
    }

    /// Finds the return; `None` on proof that there is none.
    pub(crate) fn find(&self, shop: &Shop) -> Result<Option<Return>, Failure> {
        match self.read()? {
            Some(id) => find(shop, id),
            None => Ok(None),
        }
    }
}

#[derive(Fields)]
pub(crate) struct ListedStatuses {
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
    #[field(label(
        en = "Group ID",
        cs = "ID skupiny",
        pl = "ID grupy",
        pt = "ID do grupo"
    ))]
    group: Option<String>,
    #[field(
        label(en = "Primary", cs = "Hlavní", pl = "Główny", pt = "Principal"),
        help(
            en = "Absent where Base does not tell.",
            cs = "Chybí, když to Base neříká.",
            pl = "Brak, gdy Base tego nie podaje.",
            pt = "Ausente quando a Base não o diz."
        )
    )]
    primary: Option<bool>,
}

#[function(
    reads,
    label(
        en = "List the statuses of returns",
        cs = "Vypsat stavy vratek",
        pl = "Wypisz statusy zwrotów",
        pt = "Listar os estados das devoluções"
    ),
    help(
        en = "True with the statuses that the account's owner made; they are others than those of \
              orders. False when there are none.",
        cs = "Ano se stavy, které si majitel účtu vytvořil; jsou jiné než stavy objednávek. Ne, když \
              žádné nejsou.",
        pl = "Tak ze statusami utworzonymi przez właściciela konta; są inne niż statusy zamówień. \
              Nie, gdy ich nie ma.",
        pt = "Sim com os estados criados pelo dono da conta; são outros que os das encomendas. Não \
              quando não há nenhum."
    )
)]
pub(crate) fn list_return_statuses(shop: &Shop) -> Result<Outcome<ListedStatuses>, Failure> {
    let found = Statuses::of_returns(shop)?;
    let listed = |status: &Status| {
        Ok(ListedStatus {
            id: status.id.required("id")?.clone(),
            name: status.name.text(),
            name_for_customer: status.name_for_customer.text(),
            group: status.group_id.value().cloned(),
            primary: status.is_primary.value().copied(),
        })
    };
    let statuses = found.iter().map(listed).collect::<Result<Vec<_>, _>>()?;
    if statuses.is_empty() {
        return Ok(Outcome::False);
    }
    let count = i64::try_from(statuses.len()).unwrap_or(i64::MAX);
    Ok(Outcome::True(ListedStatuses { count, statuses }))
}

#[derive(Params)]
pub(crate) struct Change {
    #[param(flatten)]
    id: ReturnId,
    #[param(
        label(
            en = "New status",
            cs = "Nový stav",
            pl = "Nowy status",
            pt = "Novo estado"
        ),
        help(
            en = "A status of returns. Its exact name is taken, too.",
            cs = "Stav vratek. Lze zadat i jeho přesný název.",
            pl = "Status zwrotów. Można podać też jego dokładną nazwę.",
            pt = "Um estado de devoluções. O nome exato também serve."
        )
    )]
    status: LiveChoice,
}

#[function(
    // Not idempotent: setting a status may start the account's automatic actions.
    writes,
    label(
        en = "Change the status of a return",
        cs = "Změnit stav vratky",
        pl = "Zmień status zwrotu",
        pt = "Mudar o estado de uma devolução"
    ),
    help(
        en = "True when a second read shows the new status, or the return had it already; false when \
              there is no such return, the account has no such status, or the second read shows \
              another one. The account's automatic actions and e-mails may follow.",
        cs = "Ano, když druhé čtení ukáže nový stav nebo ho vratka měla už dřív; ne, když taková \
              vratka není, účet takový stav nemá nebo druhé čtení ukáže jiný. Mohou následovat \
              automatické akce a e-maily účtu.",
        pl = "Tak, gdy drugi odczyt pokazuje nowy status lub zwrot już go miał; nie, gdy nie ma \
              takiego zwrotu, konto nie ma takiego statusu lub drugi odczyt pokazuje inny. Mogą \
              ruszyć automatyczne akcje i e-maile konta.",
        pt = "Sim quando uma segunda leitura mostra o novo estado ou a devolução já o tinha; não \
              quando a devolução não existe, a conta não tem esse estado ou a segunda leitura mostra \
              outro. Podem seguir-se ações automáticas e e-mails da conta."
    ),
    choices(status = return_statuses)
)]
pub(crate) fn change_return_status(
    shop: &Shop,
    asked: Change,
) -> Result<Outcome<Changed>, Failure> {
    let Some(id) = asked.id.read()? else {
        return Ok(Outcome::False);
    };
    let statuses = Statuses::of_returns(shop)?;
    change(&statuses, asked.status.as_str(), &Held { shop, id })
}

/// A return as what has a status.
struct Held<'a> {
    shop: &'a Shop,
    id: i64,
}

impl Holder for Held<'_> {
    fn status(&self) -> Result<Option<String>, Failure> {
        let Some(found) = find(self.shop, self.id)? else {
            return Ok(None);
        };
        found.status_id.required("status_id").cloned().map(Some)
    }

    fn set(&self, status: i64) -> Result<(), Failure> {
        let change = json!({ "return_id": self.id, "status_id": status });
        api::read::<Json>(self.shop, "setOrderReturnStatus", &change).map(drop)
    }
}

/// The choices of `status`.
fn return_statuses(shop: &Shop) -> Result<Vec<Choice>, Failure> {
    Statuses::of_returns(shop)?.choices()
}
