//! Base (formerly BaseLinker): orders, parcels, labels, returns and invoices of
//! an account.
//!
//! The API has one path and answers 200 to everything, its refusals included; the
//! module `api` tells them apart. *False* is said on proof alone. An account bears
//! 100 requests a minute, whoever makes them, so each function makes the fewest that
//! prove its answer; the README has the table.
//!
//! Facts come from the vendor's method pages (api.base.com) as far as they could
//! be read, and from independent clients where those are silent.

mod address;
mod api;
mod archive;
mod change;
mod customer;
mod id;
mod invoice;
mod label;
mod listed;
mod loaded;
mod note;
mod order;
mod parcel;
mod returned;
mod returns;
mod since;
mod status;
mod verify;

use krabice_plugin::{
    Authorisation, Context, Failure, Limits, Plugin, Secret, Settings, Url, export, functions,
};

use customer::{list_customer_orders, list_customer_orders_by_phone};
use invoice::load_invoice_file;
use label::{load_order_label, load_return_label};
use loaded::load_order;
use note::append_note;
use parcel::load_parcels;
use returned::list_returns;
use returns::{change_return_status, list_return_statuses};
use since::list_orders_since;
use status::{change_order_status, is_order_in_status, list_order_statuses};
use verify::verify_order;

/// What a connection needs.
#[derive(Settings)]
pub struct Account {
    #[setting(
        address,
        label(
            en = "API address",
            cs = "Adresa API",
            pl = "Adres API",
            pt = "Endereço da API"
        ),
        help(
            en = "Stays as it is, unless Base says otherwise.",
            cs = "Zůstává, jak je, pokud Base neřekne jinak.",
            pl = "Zostaje bez zmian, chyba że Base poda inny.",
            pt = "Fica como está, salvo indicação da Base."
        ),
        default = "https://api.baselinker.com"
    )]
    address: Url,
    #[setting(
        label(
            en = "API token",
            cs = "Token API",
            pl = "Token API",
            pt = "Token da API"
        ),
        help(
            en = "Made in the Base panel under Account & other > My account > API.",
            cs = "Vytvoří se v panelu Base v nabídce účtu: Můj účet > API.",
            pl = "Tworzy się go w panelu Base: Konto i inne > Moje konto > API.",
            pt = "Cria-se no painel da Base: Conta e outros > A minha conta > API."
        )
    )]
    token: Secret,
    #[setting(
        label(
            en = "Show shipping labels",
            cs = "Zobrazovat přepravní štítky",
            pl = "Pokazuj etykiety przewozowe",
            pt = "Mostrar etiquetas de envio"
        ),
        help(
            en = "A label bears the recipient's name and address. While this is off, both functions \
                  that load a label answer false without a request.",
            cs = "Na štítku je jméno a adresa příjemce. Dokud je vypnuto, obě funkce, které štítek \
                  načítají, odpovídají ne bez jediného požadavku.",
            pl = "Na etykiecie jest imię, nazwisko i adres odbiorcy. Gdy wyłączone, obie funkcje \
                  wczytujące etykietę odpowiadają nie, bez żadnego zapytania.",
            pt = "A etiqueta tem o nome e a morada do destinatário. Enquanto estiver desligado, as \
                  duas funções que carregam etiquetas respondem não, sem qualquer pedido."
        ),
        default = "false"
    )]
    show_labels: bool,
    #[setting(
        label(
            en = "Panel address",
            cs = "Adresa panelu",
            pl = "Adres panelu",
            pt = "Endereço do painel"
        ),
        help(
            en = "Where the account's staff signs in; links to orders begin with it. It differs by \
                  account.",
            cs = "Kde se přihlašuje obsluha účtu; odkazy na objednávky jím začínají. U různých účtů \
                  se liší.",
            pl = "Gdzie loguje się obsługa konta; od niego zaczynają się linki do zamówień. Zależy \
                  od konta.",
            pt = "Onde a equipa da conta inicia sessão; as ligações para encomendas começam por ele. \
                  Varia com a conta."
        ),
        default = "https://panel-f.baselinker.com"
    )]
    panel_address: Url,
    #[setting(
        label(
            en = "Statuses of archived orders",
            cs = "Stavy archivovaných objednávek",
            pl = "Statusy zamówień archiwalnych",
            pt = "Estados das encomendas arquivadas"
        ),
        help(
            en = "Numbers of statuses, separated by commas, such as 55190, 55191. The API does not \
                  tell which orders are archived, so the account's owner says it here.",
            cs = "Čísla stavů oddělená čárkami, například 55190, 55191. API neříká, které objednávky \
                  jsou archivované, a tak to zde určuje majitel účtu.",
            pl = "Numery statusów oddzielone przecinkami, np. 55190, 55191. API nie mówi, które \
                  zamówienia są w archiwum, więc określa to tutaj właściciel konta.",
            pt = "Números de estados separados por vírgulas, como 55190, 55191. A API não diz que \
                  encomendas estão arquivadas, por isso o dono da conta indica-o aqui."
        )
    )]
    archive_statuses: Option<String>,
    #[setting(
        label(
            en = "Archived after days in a status",
            cs = "Archivováno po dnech ve stavu",
            pl = "Archiwalne po dniach w statusie",
            pt = "Arquivada após dias num estado"
        ),
        help(
            en = "An order that has kept its status for longer counts as archived, too.",
            cs = "Objednávka, která je ve svém stavu déle, se také počítá mezi archivované.",
            pl = "Zamówienie, które dłużej nie zmienia statusu, też liczy się jako archiwalne.",
            pt = "Uma encomenda há mais tempo no mesmo estado também conta como arquivada."
        )
    )]
    archive_days: Option<i64>,
}

/// An account of Base.
type Shop = Context<Account>;

/// The plugin `base`.
pub static BASE: Plugin<Account> = Plugin::new(
    "base",
    env!("CARGO_PKG_VERSION"),
    &[
        ("en", "Base (BaseLinker)"),
        ("cs", "Base (BaseLinker)"),
        ("pl", "Base (BaseLinker)"),
        ("pt", "Base (BaseLinker)"),
    ],
)
.help(&[
    (
        "en",
        "Orders, parcels, labels, returns and invoices of an account in Base. Which orders are \
         archived is decided by a rule of the account's owner: the API does not tell.",
    ),
    (
        "cs",
        "Objednávky, zásilky, štítky, vratky a faktury účtu v Base. Které objednávky jsou \
         archivované, určuje pravidlo majitele účtu: API to neříká.",
    ),
    (
        "pl",
        "Zamówienia, przesyłki, etykiety, zwroty i faktury konta w Base. O tym, które zamówienia są \
         archiwalne, decyduje reguła właściciela konta: API tego nie mówi.",
    ),
    (
        "pt",
        "Encomendas, envios, etiquetas, devoluções e faturas de uma conta na Base. Que encomendas \
         estão arquivadas decide uma regra do dono da conta: a API não o diz.",
    ),
])
.authorisation(Authorisation::Header {
    name: "X-BLToken",
    prefix: "",
    setting: "token",
})
// Above it the token is blocked for minutes, for every program that uses it.
.limits(Limits {
    requests_at_once: None,
    requests_per_minute: Some(100),
    bucket: None,
})
.functions(functions![
    verify_order,
    load_order,
    is_order_in_status,
    list_order_statuses,
    change_order_status,
    list_customer_orders,
    list_customer_orders_by_phone,
    load_parcels,
    load_order_label,
    load_return_label,
    list_returns,
    list_return_statuses,
    change_return_status,
    list_orders_since,
    append_note,
    load_invoice_file,
])
.probe(probe);

export!(BASE);

/// Proves address and token by the list of statuses, and the archive rule by it.
fn probe(shop: &Shop) -> Result<String, Failure> {
    let rule = archive::Rule::of(shop.settings())?;
    let statuses = status::Statuses::of_orders(shop)?;
    let count = statuses.len();
    let line = match shop.language().split('-').next().unwrap_or_default() {
        "cs" => format!("stavy objednávek: {count}"),
        "pl" => format!("statusy zamówień: {count}"),
        "pt" => format!("estados de encomendas: {count}"),
        _ => format!("order statuses: {count}"),
    };
    let unknown: Vec<_> = rule.statuses().filter(|id| !statuses.has(id)).collect();
    if unknown.is_empty() {
        return Ok(line);
    }
    let unknown = unknown.join(", ");
    Ok(
        match shop.language().split('-').next().unwrap_or_default() {
            "cs" => format!("{line}; neznámé stavy archivu: {unknown}"),
            "pl" => format!("{line}; nieznane statusy archiwum: {unknown}"),
            "pt" => format!("{line}; estados de arquivo desconhecidos: {unknown}"),
            _ => format!("{line}; unknown statuses of the archive: {unknown}"),
        },
    )
}
