//! POHODA: received orders and issued invoices of one accounting unit, by the
//! XML of its mServer.
//!
//! The API reads and creates; it cannot edit an order, set it executed or cancel
//! it. What a function says of that is in the README. *False* is said on proof
//! alone: an empty list, another e-mail, another state.
//!
//! Facts come from STORMWARE's pages for developers ("POHODA mServer", "Základní
//! struktura XML dokumentu", "Podrobnosti zpracování"), from its published schemas
//! (state of April 2025), and from public clients where both are silent.

mod amount;
mod answer;
mod cancel;
mod changes;
mod create;
mod detail;
mod invoice;
mod issue;
mod number;
mod order;
mod pack;
mod print;
mod unit;
mod windows_1250;
mod xml;

use krabice_plugin::{
    Authorisation, Context, Failure, Limits, Plugin, Secret, Settings, Url, export, functions,
};

use cancel::may_order_be_cancelled;
use changes::list_orders_changed_since;
use create::create_order;
use detail::{is_order_in_state, load_order, load_order_parameter, verify_order};
use invoice::load_invoice;
use issue::issue_invoice;
use number::NumberKind;
use print::{email_invoice, load_invoice_pdf};

/// What a connection needs.
#[derive(Settings)]
pub struct Account {
    #[setting(
        address,
        label(
            en = "Address of the mServer",
            cs = "Adresa mServeru",
            sk = "Adresa mServera"
        ),
        help(
            en = "Computer and port of the mServer, without a path, such as http://192.168.1.10:444",
            cs = "Počítač a port mServeru, bez cesty, například http://192.168.1.10:444",
            sk = "Počítač a port mServera, bez cesty, napríklad http://192.168.1.10:444"
        )
    )]
    address: Url,
    #[setting(
        label(en = "User", cs = "Uživatel", sk = "Používateľ"),
        help(
            en = "A user of POHODA, not of Windows, with letters without accents. Make one for \
                  Krabice alone, with the rights to XML and to received orders and issued invoices.",
            cs = "Uživatel POHODY, ne Windows, bez diakritiky. Založte ho jen pro Krabici, s právy k XML \
                  a k přijatým objednávkám a vydaným fakturám.",
            sk = "Používateľ POHODY, nie Windows, bez diakritiky. Založte ho len pre Krabicu, s právami \
                  k XML a k prijatým objednávkam a vydaným faktúram."
        )
    )]
    user: String,
    #[setting(
        label(en = "Password", cs = "Heslo", sk = "Heslo"),
        help(
            en = "The password of the same user, with letters without accents.",
            cs = "Heslo téhož uživatele, bez diakritiky.",
            sk = "Heslo toho istého používateľa, bez diakritiky."
        )
    )]
    password: Secret,
    #[setting(
        label(en = "Company number", cs = "IČO", sk = "IČO"),
        help(
            en = "The IČO of the accounting unit that the mServer serves.",
            cs = "IČO účetní jednotky, kterou mServer obsluhuje.",
            sk = "IČO účtovnej jednotky, ktorú mServer obsluhuje."
        )
    )]
    ico: String,
    #[setting(
        label(en = "Home currency", cs = "Domácí měna", sk = "Domáca mena"),
        help(
            en = "The code of the unit's currency, CZK or EUR: POHODA does not tell it.",
            cs = "Kód měny účetní jednotky, CZK nebo EUR: POHODA ho nesděluje.",
            sk = "Kód meny účtovnej jednotky, CZK alebo EUR: POHODA ho neoznamuje."
        ),
        default = "CZK"
    )]
    currency: String,
    #[setting(
        label(
            en = "Which number customers know",
            cs = "Které číslo zákazníci znají",
            sk = "Ktoré číslo zákazníci poznajú"
        ),
        help(
            en = "By which number functions look for an order.",
            cs = "Podle kterého čísla funkce objednávku hledají.",
            sk = "Podľa ktorého čísla funkcie objednávku hľadajú."
        ),
        default = "pohoda"
    )]
    order_number: NumberKind,
    #[setting(
        label(en = "External system", cs = "Externí systém", sk = "Externý systém"),
        help(
            en = "The name under which orders were imported with an external id. Needed where \
                  customers know that id; where it is given, created orders get one.",
            cs = "Název, pod kterým byly objednávky importovány s externím ID. Je potřeba, když \
                  zákazníci znají toto ID; když je vyplněn, dostanou ho i založené objednávky.",
            sk = "Názov, pod ktorým boli objednávky importované s externým ID. Je potrebný, keď \
                  zákazníci poznajú toto ID; keď je vyplnený, dostanú ho aj založené objednávky."
        )
    )]
    external_system: Option<String>,
    #[setting(
        label(
            en = "Column of the shop's number",
            cs = "Sloupec s číslem z e-shopu",
            sk = "Stĺpec s číslom z e-shopu"
        ),
        help(
            en = "Where received orders hold the shop's number in the database, such as OBJ.PDoklad. \
                  POHODA can filter by it in SQL alone.",
            cs = "Kde přijaté objednávky v databázi mají číslo z e-shopu, například OBJ.PDoklad. POHODA \
                  podle něj umí filtrovat jen v SQL.",
            sk = "Kde prijaté objednávky v databáze majú číslo z e-shopu, napríklad OBJ.PDoklad. POHODA \
                  podľa neho vie filtrovať len v SQL."
        ),
        default = "OBJ.PDoklad"
    )]
    shop_number_column: String,
    #[setting(
        label(
            en = "Print form of invoices",
            cs = "Tisková sestava faktur",
            sk = "Tlačová zostava faktúr"
        ),
        help(
            en = "The id of the print form, from its properties in POHODA. Needed for the PDF of an \
                  invoice and for sending it.",
            cs = "ID tiskové sestavy z jejích vlastností v POHODĚ. Je potřeba pro PDF faktury a pro její \
                  odeslání.",
            sk = "ID tlačovej zostavy z jej vlastností v POHODE. Je potrebné pre PDF faktúry a pre jej \
                  odoslanie."
        )
    )]
    invoice_report: Option<i64>,
    #[setting(
        label(
            en = "Folder for PDF files",
            cs = "Složka pro PDF",
            sk = "Priečinok pre PDF"
        ),
        help(
            en = "A folder of the computer that POHODA runs on, where its user may write. POHODA makes \
                  each PDF there and removes it again.",
            cs = "Složka na počítači s POHODOU, do které její uživatel smí zapisovat. POHODA v ní každé \
                  PDF vytvoří a zase smaže.",
            sk = "Priečinok na počítači s POHODOU, do ktorého jej používateľ smie zapisovať. POHODA v ňom \
                  každé PDF vytvorí a zase zmaže."
        ),
        default = "C:\\Windows\\Temp"
    )]
    pdf_folder: String,
    #[setting(
        label(
            en = "Issue invoices",
            cs = "Vystavovat faktury",
            sk = "Vystavovať faktúry"
        ),
        help(
            en = "Whether scenarios may issue invoices, which are tax documents and move stock.",
            cs = "Zda scénáře smí vystavovat faktury, což jsou daňové doklady a hýbou skladem.",
            sk = "Či scenáre smú vystavovať faktúry, čo sú daňové doklady a hýbu skladom."
        ),
        default = "false"
    )]
    issue_invoices: bool,
}

impl Account {
    /// The external system, where one is needed.
    fn external_system(&self) -> Result<&str, Failure> {
        let system = self.external_system.as_deref().map(str::trim);
        system
            .filter(|system| !system.is_empty())
            .ok_or_else(|| missing_setting("external-system"))
    }
}

/// A setting that only some functions need is not there.
fn missing_setting(name: &str) -> Failure {
    Failure::invalid_parameter(name, "is not among the connection's settings")
}

/// An accounting unit of POHODA.
type Unit = Context<Account>;

/// The plugin `pohoda`.
pub static POHODA: Plugin<Account> = Plugin::new(
    "pohoda",
    env!("CARGO_PKG_VERSION"),
    &[("en", "POHODA"), ("cs", "POHODA"), ("sk", "POHODA")],
)
.help(&[
    (
        "en",
        "Received orders and issued invoices of an accounting unit of POHODA.",
    ),
    (
        "cs",
        "Přijaté objednávky a vydané faktury účetní jednotky POHODY.",
    ),
    (
        "sk",
        "Prijaté objednávky a vydané faktúry účtovnej jednotky POHODY.",
    ),
])
.authorisation(Authorisation::Basic {
    header: "STW-Authorization",
    username: "user",
    password: "password",
})
// POHODA takes one request after the other: others would only wait there.
.limits(Limits {
    requests_at_once: Some(1),
    ..Limits::NONE
})
.functions(functions![
    verify_order,
    load_order,
    is_order_in_state,
    load_order_parameter,
    list_orders_changed_since,
    load_invoice,
    load_invoice_pdf,
    email_invoice,
    create_order,
    issue_invoice,
    may_order_be_cancelled,
])
.probe(unit::probe);

export!(POHODA);
