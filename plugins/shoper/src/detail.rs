//! Everything about an order: `load-order`.

use krabice_plugin::json::Loose;
use krabice_plugin::{
    Decimal, Email, Failure, Fields, Outcome, Params, Phone, Timestamp, Url, function,
};
use serde::Deserialize;

use crate::method::{self, Currencies, Shippings};
use crate::order::{self, Address, Number, Order, OrderNumber};
use crate::parcel::{self, Shown};
use crate::status::{State, Statuses};
use crate::{Shop, address, api};

#[derive(Params)]
pub(crate) struct Asked {
    #[param(flatten)]
    order: OrderNumber,
    #[param(
        label(en = "E-mail", cs = "E-mail", pl = "E-mail"),
        help(
            en = "When given, the order has to bear it. Left out, the scenario has verified the order \
                  before.",
            cs = "Když je zadán, musí být na objednávce. Když chybí, scénář objednávku ověřil předtím.",
            pl = "Gdy podany, musi być na zamówieniu. Gdy brak, scenariusz sprawdził zamówienie \
                  wcześniej."
        ),
        personal
    )]
    email: Option<Email>,
}

#[derive(Fields)]
pub(crate) struct Detail {
    #[field(label(en = "Order number", cs = "Číslo objednávky", pl = "Numer zamówienia"))]
    number: String,
    #[field(flatten)]
    state: State,
    #[field(label(en = "Ordered", cs = "Objednáno", pl = "Zamówiono"))]
    date: Timestamp,
    #[field(
        label(en = "Status since", cs = "Stav od", pl = "Status od"),
        help(
            en = "When the order got its present status. The API keeps no earlier ones.",
            cs = "Kdy objednávka dostala nynější stav. Dřívější stavy API neuchovává.",
            pl = "Kiedy zamówienie otrzymało obecny status. Wcześniejszych API nie przechowuje."
        )
    )]
    changed: Option<Timestamp>,
    #[field(label(
        en = "Delivery planned for",
        cs = "Plánované doručení",
        pl = "Planowana dostawa"
    ))]
    delivery_date: Option<Timestamp>,
    #[field(label(
        en = "Order value",
        cs = "Hodnota objednávky",
        pl = "Wartość zamówienia"
    ))]
    sum: Decimal,
    #[field(label(en = "Cost of shipping", cs = "Cena dopravy", pl = "Koszt dostawy"))]
    shipping_cost: Decimal,
    #[field(label(en = "Paid amount", cs = "Zaplacená částka", pl = "Zapłacona kwota"))]
    paid_amount: Decimal,
    #[field(
        label(en = "To pay", cs = "K úhradě", pl = "Do zapłaty"),
        help(
            en = "The order's value without what is paid; 0 when nothing is left.",
            cs = "Hodnota objednávky bez toho, co je zaplaceno; 0, když nic nezbývá.",
            pl = "Wartość zamówienia bez tego, co zapłacono; 0, gdy nic nie zostało."
        )
    )]
    topay: Decimal,
    #[field(
        label(en = "Currency", cs = "Měna", pl = "Waluta"),
        help(
            en = "The code of the currency, such as PLN.",
            cs = "Kód měny, například PLN.",
            pl = "Kod waluty, na przykład PLN."
        )
    )]
    currency: String,
    #[field(label(en = "Paid", cs = "Zaplaceno", pl = "Opłacone"))]
    paid: bool,
    #[field(label(en = "Cash on delivery", cs = "Dobírka", pl = "Pobranie"))]
    cash_on_delivery: bool,
    #[field(
        label(en = "Payment", cs = "Platba", pl = "Płatność"),
        help(
            en = "The way of payment in the scenario's language, else in Polish; empty without one.",
            cs = "Způsob platby v jazyce scénáře, jinak polsky; prázdný, když není.",
            pl = "Sposób płatności w języku scenariusza, inaczej po polsku; pusty, gdy go nie ma."
        )
    )]
    payment: String,
    #[field(
        label(en = "Shipping", cs = "Doprava", pl = "Dostawa"),
        help(
            en = "The way of shipping in the scenario's language, else in Polish; empty without one.",
            cs = "Způsob dopravy v jazyce scénáře, jinak polsky; prázdný, když není.",
            pl = "Sposób dostawy w języku scenariusza, inaczej po polsku; pusty, gdy go nie ma."
        )
    )]
    shipping: String,
    #[field(
        label(
            en = "Customer's note",
            cs = "Poznámka zákazníka",
            pl = "Uwagi klienta"
        ),
        personal
    )]
    note: String,
    #[field(
        label(
            en = "Note to the customer",
            cs = "Poznámka pro zákazníka",
            pl = "Notatka dla klienta"
        ),
        personal
    )]
    public_note: String,
    #[field(
        label(en = "Staff's note", cs = "Poznámka obsluhy", pl = "Notatka obsługi"),
        help(
            en = "Not for the customer.",
            cs = "Není pro zákazníka.",
            pl = "Nie dla klienta."
        ),
        personal
    )]
    private_note: String,
    #[field(
        label(
            en = "Customer's page",
            cs = "Stránka pro zákazníka",
            pl = "Strona dla klienta"
        ),
        help(
            en = "The order in the customer's account.",
            cs = "Objednávka v účtu zákazníka.",
            pl = "Zamówienie na koncie klienta."
        )
    )]
    url: Option<Url>,
    #[field(label(en = "Link to pay", cs = "Odkaz k zaplacení", pl = "Link do płatności"))]
    payment_url: Option<Url>,
    #[field(
        label(
            en = "Link to the panel",
            cs = "Odkaz do administrace",
            pl = "Link do panelu"
        ),
        help(
            en = "For the shop's staff: it needs their login. The vendor does not document it.",
            cs = "Pro obsluhu obchodu: vyžaduje její přihlášení. Výrobce ho nedokumentuje.",
            pl = "Dla obsługi sklepu: wymaga jej zalogowania. Producent go nie dokumentuje."
        )
    )]
    panel_url: Option<Url>,
    #[field(label(
        en = "Delivery address",
        cs = "Doručovací adresa",
        pl = "Adres dostawy"
    ))]
    delivery: Option<Recipient>,
    #[field(label(en = "Items", cs = "Položky", pl = "Pozycje"))]
    items: Vec<Item>,
    #[field(label(en = "Parcels", cs = "Zásilky", pl = "Przesyłki"))]
    parcels: Vec<Shown>,
}

#[derive(Fields)]
struct Recipient {
    #[field(label(en = "First name", cs = "Jméno", pl = "Imię"), personal)]
    firstname: String,
    #[field(label(en = "Surname", cs = "Příjmení", pl = "Nazwisko"), personal)]
    lastname: String,
    #[field(label(en = "Company", cs = "Firma", pl = "Firma"), personal)]
    company: String,
    #[field(label(en = "Street", cs = "Ulice", pl = "Ulica"), personal)]
    street: String,
    #[field(label(en = "Postcode", cs = "PSČ", pl = "Kod pocztowy"), personal)]
    postcode: String,
    #[field(label(en = "City", cs = "Město", pl = "Miasto"), personal)]
    city: String,
    #[field(label(en = "Country", cs = "Země", pl = "Kraj"), personal)]
    country: String,
    #[field(label(en = "Phone", cs = "Telefon", pl = "Telefon"), personal)]
    phone: Option<Phone>,
}

impl From<Address> for Recipient {
    fn from(address: Address) -> Self {
        let street = [address.street1.text(), address.street2.text()];
        let street: Vec<_> = street.into_iter().filter(|it| !it.is_empty()).collect();
        Self {
            firstname: address.firstname.text(),
            lastname: address.lastname.text(),
            company: address.company.text(),
            street: street.join(", "),
            postcode: address.postcode.text(),
            city: address.city.text(),
            country: address.country.text(),
            phone: address.phone.value().map(|phone| phone.as_str().into()),
        }
    }
}

/// A line of an order as the API answers it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    order_id: Loose<String>,
    name: Loose<String>,
    code: Loose<String>,
    option: Loose<String>,
    quantity: Loose<Decimal>,
    unit: Loose<String>,
    price: Loose<Decimal>,
}

#[derive(Fields)]
struct Item {
    #[field(label(en = "Name", cs = "Název", pl = "Nazwa"))]
    name: String,
    #[field(
        label(en = "Code", cs = "Kód", pl = "Kod"),
        help(
            en = "Empty for a product without one.",
            cs = "Prázdný u produktu bez kódu.",
            pl = "Pusty, gdy produkt go nie ma."
        )
    )]
    code: String,
    #[field(
        label(en = "Variant", cs = "Varianta", pl = "Wariant"),
        help(
            en = "Such as Kolor: zielony; empty without one.",
            cs = "Například Kolor: zielony; prázdná, když není.",
            pl = "Na przykład Kolor: zielony; pusty, gdy go nie ma."
        )
    )]
    option: String,
    #[field(label(en = "Quantity", cs = "Množství", pl = "Ilość"))]
    quantity: Decimal,
    #[field(label(en = "Unit", cs = "Jednotka", pl = "Jednostka"))]
    unit: String,
    #[field(
        label(en = "Unit price", cs = "Cena za jednotku", pl = "Cena jednostkowa"),
        help(
            en = "With VAT, in the currency of the order.",
            cs = "S DPH, v měně objednávky.",
            pl = "Z VAT, w walucie zamówienia."
        )
    )]
    price: Decimal,
}

#[function(
    reads,
    label(
        en = "Load an order",
        cs = "Načíst objednávku",
        pl = "Wczytaj zamówienie"
    ),
    help(
        en = "True with the order's details; false when there is no such order, or it bears another \
              e-mail than the given one.",
        cs = "Ano s podrobnostmi objednávky; ne, když taková objednávka není nebo je na ní jiný \
              e-mail, než byl zadán.",
        pl = "Tak ze szczegółami zamówienia; nie, gdy nie ma takiego zamówienia lub jest na nim inny \
              e-mail niż podany."
    )
)]
pub(crate) fn load_order(shop: &Shop, asked: Asked) -> Result<Outcome<Detail>, Failure> {
    let Some(number) = asked.order.read()? else {
        return Ok(Outcome::False);
    };
    let Some(order) = order::find(shop, &number)? else {
        return Ok(Outcome::False);
    };
    if let Some(email) = &asked.email
        && !order.belongs_to(email)?
    {
        return Ok(Outcome::False);
    }
    detail(shop, &number, order).map(Outcome::True)
}

/// What the order itself does not tell is asked for one after the other, and not
/// at all where it refers to nothing.
fn detail(shop: &Shop, number: &Number, order: Order) -> Result<Detail, Failure> {
    let items = items(shop, number)?;
    let parcels = match order.total_parcels.value() {
        Some(0) => Vec::new(),
        _ => parcel::of(shop, number)?,
    };
    let state = Statuses::ask(shop)?.state(shop, &order)?;
    let payment = method::payment(shop, &order.payment_id)?;
    let shippings = Shippings::of(shop, &order.shipping_id, !parcels.is_empty())?;
    let currency = Currencies::ask(shop)?.code(&order.currency_id)?;
    let (sum, paid) = (*order.sum.required("sum")?, *order.paid.required("paid")?);
    let cash_on_delivery = order.is_cash_on_delivery.value();
    Ok(Detail {
        number: number.as_str().to_owned(),
        state,
        date: api::known_moment(shop, &order.date, "date")?,
        changed: api::moment(shop, &order.status_date),
        delivery_date: api::moment(shop, &order.delivery_date),
        sum,
        shipping_cost: *order.shipping_cost.required("shipping_cost")?,
        paid_amount: paid,
        topay: (sum - paid).max(Decimal::ZERO),
        currency,
        paid: *order.is_paid.required("is_paid")?,
        cash_on_delivery: cash_on_delivery.copied().unwrap_or_default(),
        payment,
        shipping: shippings.name(shop, &order.shipping_id),
        note: order.notes.text(),
        public_note: order.notes_pub.text(),
        private_note: order.notes_priv.text(),
        url: Url::parse(order.order_url.text()),
        payment_url: Url::parse(order.payment_url.text()),
        panel_url: panel(shop, number)?,
        delivery: order.delivery_address.map(Recipient::from),
        items,
        parcels: parcels
            .iter()
            .map(|parcel| parcel.shown(shop, &shippings))
            .collect::<Result<_, _>>()?,
    })
}

/// The order's page for the shop's staff, as tools that work inside the panel
/// have it.
fn panel(shop: &Shop, number: &Number) -> Result<Option<Url>, Failure> {
    let origin = address::origin(shop.settings().address.as_str())?;
    let number = number.as_str();
    Ok(Url::parse(format!(
        "{origin}/admin/orders/view/id/{number}"
    )))
}

/// The lines of an order, all of them.
fn items(shop: &Shop, number: &Number) -> Result<Vec<Item>, Failure> {
    let lines: Vec<Line> = api::all(shop, || {
        shop.get("webapi/rest/order-products")
            .query("filters", number.filter())
    })?;
    let mut items = Vec::new();
    for line in lines {
        if line.order_id.required("order_id")? != number.as_str() {
            continue;
        }
        items.push(Item {
            name: line.name.text(),
            code: line.code.text(),
            option: line.option.text(),
            quantity: *line.quantity.required("quantity")?,
            unit: line.unit.text(),
            price: *line.price.required("price")?,
        });
    }
    Ok(items)
}
