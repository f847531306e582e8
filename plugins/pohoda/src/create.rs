//! `create-order`.

use krabice_plugin::{Choice, Decimal, Email, Failure, Fields, Outcome, Params, Phone, function};

use crate::answer::{Item as Imported, Produced};
use crate::number::external_id;
use crate::xml::{Node, node, text};
use crate::{Unit, number, pack};

/// The first of the two ids by which POHODA knows that this was imported before. The
/// other one is the shop's number.
const BUSINESS: &str = "krabice-create-order";

#[derive(Params)]
pub(crate) struct Order {
    #[param(
        label(
            en = "Number of the shop",
            cs = "Číslo z e-shopu",
            sk = "Číslo z e-shopu"
        ),
        help(
            en = "Under which POHODA shall know the order: letters without accents, digits, /, _ and -, at \
                  most 32. An order is created once for each number.",
            cs = "Pod kterým má POHODA objednávku znát: písmena bez diakritiky, číslice, /, _ a -, nejvýš \
                  32. Pro každé číslo se objednávka založí jednou.",
            sk = "Pod ktorým má POHODA objednávku poznať: písmená bez diakritiky, číslice, /, _ a -, \
                  najviac 32. Pre každé číslo sa objednávka založí raz."
        )
    )]
    order: String,
    #[param(
        label(en = "Name", cs = "Jméno", sk = "Meno"),
        help(
            en = "Of the customer, at most 64 characters.",
            cs = "Zákazníka, nejvýš 64 znaků.",
            sk = "Zákazníka, najviac 64 znakov."
        ),
        personal
    )]
    name: String,
    #[param(
        label(en = "Company", cs = "Firma", sk = "Firma"),
        help(
            en = "At most 255 characters.",
            cs = "Nejvýš 255 znaků.",
            sk = "Najviac 255 znakov."
        ),
        personal
    )]
    company: Option<String>,
    #[param(
        label(en = "E-mail", cs = "E-mail", sk = "E-mail"),
        help(
            en = "At most 98 characters.",
            cs = "Nejvýš 98 znaků.",
            sk = "Najviac 98 znakov."
        ),
        personal
    )]
    email: Option<Email>,
    #[param(
        label(en = "Phone", cs = "Telefon", sk = "Telefón"),
        help(
            en = "At most 40 characters.",
            cs = "Nejvýš 40 znaků.",
            sk = "Najviac 40 znakov."
        ),
        personal
    )]
    phone: Option<Phone>,
    #[param(
        label(en = "Street", cs = "Ulice", sk = "Ulica"),
        help(
            en = "With the number of the house, at most 64 characters.",
            cs = "S číslem domu, nejvýš 64 znaků.",
            sk = "S číslom domu, najviac 64 znakov."
        ),
        personal
    )]
    street: Option<String>,
    #[param(
        label(en = "City", cs = "Obec", sk = "Obec"),
        help(
            en = "At most 45 characters.",
            cs = "Nejvýš 45 znaků.",
            sk = "Najviac 45 znakov."
        ),
        personal
    )]
    city: Option<String>,
    #[param(
        label(en = "Postal code", cs = "PSČ", sk = "PSČ"),
        help(
            en = "At most 15 characters.",
            cs = "Nejvýš 15 znaků.",
            sk = "Najviac 15 znakov."
        ),
        personal
    )]
    zip: Option<String>,
    #[param(
        label(en = "Payment", cs = "Platba", sk = "Platba"),
        help(
            en = "The unit's name of the way of payment, at most 32 characters.",
            cs = "Název formy úhrady v účetní jednotce, nejvýš 32 znaků.",
            sk = "Názov formy úhrady v účtovnej jednotke, najviac 32 znakov."
        )
    )]
    payment: Option<String>,
    #[param(
        label(en = "Carrier", cs = "Dopravce", sk = "Dopravca"),
        help(
            en = "The unit's short name of the carrier, at most 20 characters.",
            cs = "Zkratka dopravce v účetní jednotce, nejvýš 20 znaků.",
            sk = "Skratka dopravcu v účtovnej jednotke, najviac 20 znakov."
        )
    )]
    carrier: Option<String>,
    #[param(
        label(en = "Note", cs = "Poznámka", sk = "Poznámka"),
        help(
            en = "Printed with the order.",
            cs = "Tiskne se s objednávkou.",
            sk = "Tlačí sa s objednávkou."
        ),
        personal
    )]
    note: Option<String>,
    #[param(
        label(en = "Items", cs = "Položky", sk = "Položky"),
        help(
            en = "At least one. Shipping and payment are items, too.",
            cs = "Nejméně jedna. Doprava a platba jsou také položky.",
            sk = "Najmenej jedna. Doprava a platba sú tiež položky."
        )
    )]
    items: Vec<Line>,
}

#[derive(Params)]
pub(crate) struct Line {
    #[param(
        label(en = "Name", cs = "Název", sk = "Názov"),
        help(
            en = "At most 90 characters.",
            cs = "Nejvýš 90 znaků.",
            sk = "Najviac 90 znakov."
        )
    )]
    name: String,
    #[param(
        label(en = "Code", cs = "Kód", sk = "Kód"),
        help(
            en = "Of the stock in POHODA, at most 64 characters. Left out: a line of text, such as shipping.",
            cs = "Kód zásoby v POHODĚ, nejvýš 64 znaků. Když chybí: textový řádek, například doprava.",
            sk = "Kód zásoby v POHODE, najviac 64 znakov. Keď chýba: textový riadok, napríklad doprava."
        )
    )]
    code: Option<String>,
    #[param(
        label(en = "Quantity", cs = "Množství", sk = "Množstvo"),
        help(en = "More than 0.", cs = "Víc než 0.", sk = "Viac než 0.")
    )]
    quantity: Decimal,
    #[param(
        label(en = "Price of one", cs = "Cena za kus", sk = "Cena za kus"),
        help(
            en = "With VAT, in the home currency.",
            cs = "S DPH, v domácí měně.",
            sk = "S DPH, v domácej mene."
        )
    )]
    price: Decimal,
    #[param(
        label(en = "Rate of VAT", cs = "Sazba DPH", sk = "Sadzba DPH"),
        help(
            en = "How the unit calls the rate.",
            cs = "Jak se sazba v účetní jednotce jmenuje.",
            sk = "Ako sa sadzba v účtovnej jednotke volá."
        ),
        default = Rate::High
    )]
    vat: Rate,
}

/// The rates of VAT that POHODA knows by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub(crate) enum Rate {
    #[choice(label(en = "Basic", cs = "Základní", sk = "Základná"))]
    High,
    #[choice(label(en = "Reduced", cs = "Snížená", sk = "Znížená"))]
    Low,
    #[choice(label(en = "Second reduced", cs = "Druhá snížená", sk = "Druhá znížená"))]
    Third,
    #[choice(label(en = "None", cs = "Žádná", sk = "Žiadna"))]
    None,
}

impl Rate {
    fn as_str(self) -> &'static str {
        match self {
            Rate::High => "high",
            Rate::Low => "low",
            Rate::Third => "third",
            Rate::None => "none",
        }
    }
}

#[derive(Fields)]
pub(crate) struct Created {
    #[field(
        label(en = "Created now", cs = "Založena teď", sk = "Založená teraz"),
        help(
            en = "False where the order was created before and is there already.",
            cs = "Ne, když byla objednávka založena dřív a už existuje.",
            sk = "Nie, keď bola objednávka založená skôr a už existuje."
        )
    )]
    created: bool,
    #[field(label(en = "Id in POHODA", cs = "ID v POHODĚ", sk = "ID v POHODE"))]
    id: i64,
    #[field(
        label(en = "Number in POHODA", cs = "Číslo v POHODĚ", sk = "Číslo v POHODE"),
        help(
            en = "Empty where POHODA does not tell it.",
            cs = "Prázdné, když ho POHODA nesdělí.",
            sk = "Prázdne, keď ho POHODA neoznámi."
        )
    )]
    number: String,
    #[field(
        label(en = "Warnings", cs = "Upozornění", sk = "Upozornenia"),
        help(
            en = "What POHODA changed on its own, in its words.",
            cs = "Co POHODA sama změnila, jejími slovy.",
            sk = "Čo POHODA sama zmenila, jej slovami."
        ),
        personal
    )]
    warnings: Vec<String>,
}

#[function(
    // POHODA takes the same number once.
    writes_idempotently,
    label(en = "Create an order", cs = "Založit objednávku", sk = "Založiť objednávku"),
    help(
        en = "True with the received order, also when it was created before under the same number; false \
              when it was created before and deleted since.",
        cs = "Ano s přijatou objednávkou, i když byla pod stejným číslem založena už dřív; ne, když byla \
              založena dřív a od té doby smazána.",
        sk = "Áno s prijatou objednávkou, aj keď bola pod rovnakým číslom založená už skôr; nie, keď bola \
              založená skôr a odvtedy zmazaná."
    )
)]
pub(crate) fn create_order(unit: &Unit, asked: Order) -> Result<Outcome<Created>, Failure> {
    let number = number::read(&asked.order)?;
    check(&asked)?;
    let document = document(unit, number.as_str(), &asked);
    let created = |created, Produced { id, number }, warnings| {
        Ok(Outcome::True(Created {
            created,
            id,
            number: number.unwrap_or_default(),
            warnings,
        }))
    };
    match pack::import(unit, BUSINESS, number.as_str(), document)? {
        Imported::Done(reply) => created(true, reply.produced()?, reply.warnings),
        Imported::Duplicate(record) => match record.id {
            Some(id) => {
                let number = record.number;
                created(false, Produced { id, number }, Vec::new())
            }
            None => Ok(Outcome::False),
        },
    }
}

/// What POHODA's schemas would refuse, told by the name of the parameter.
fn check(order: &Order) -> Result<(), Failure> {
    let short = |name: &str, value: Option<&str>, most: usize| {
        let length = value.map_or(0, |value| value.trim().chars().count());
        if length > most {
            let detail = format!("is longer than {most} characters");
            return Err(Failure::invalid_parameter(name, detail));
        }
        Ok(())
    };
    if order.name.trim().is_empty() {
        return Err(Failure::invalid_parameter("name", "is empty"));
    }
    short("name", Some(&order.name), 64)?;
    short("company", order.company.as_deref(), 255)?;
    short("email", order.email.as_ref().map(Email::as_str), 98)?;
    short("phone", order.phone.as_ref().map(Phone::as_str), 40)?;
    short("street", order.street.as_deref(), 64)?;
    short("city", order.city.as_deref(), 45)?;
    short("zip", order.zip.as_deref(), 15)?;
    short("payment", order.payment.as_deref(), 32)?;
    short("carrier", order.carrier.as_deref(), 20)?;
    if order.items.is_empty() {
        return Err(Failure::invalid_parameter("items", "is empty"));
    }
    for line in &order.items {
        short("items.name", Some(&line.name), 90)?;
        short("items.code", line.code.as_deref(), 64)?;
        if line.quantity <= Decimal::ZERO {
            return Err(Failure::invalid_parameter(
                "items.quantity",
                "is not above zero",
            ));
        }
    }
    Ok(())
}

fn document(unit: &Unit, number: &str, order: &Order) -> Node {
    let today = unit.now().clock();
    let today = today.split(' ').next().unwrap_or_default();
    let mut header = Vec::new();
    if let Ok(system) = unit.settings().external_system() {
        header.push(external_id("ord:extId", number, system));
    }
    header.extend([
        text("ord:orderType", "receivedOrder"),
        text("ord:numberOrder", number),
        text("ord:date", today),
        node("ord:partnerIdentity").holding([node("typ:address").holding(address(order))]),
    ]);
    header.extend(named("ord:paymentType", order.payment.as_deref()));
    header.push(text("ord:isExecuted", "false"));
    header.extend(filled("ord:note", order.note.as_deref()));
    header.extend(named("ord:carrier", order.carrier.as_deref()));
    node("ord:order").with("version", "2.0").holding([
        node("ord:orderHeader").holding(header),
        node("ord:orderDetail").holding(order.items.iter().map(line)),
    ])
}

fn address(order: &Order) -> Vec<Node> {
    let parts = [
        ("typ:company", order.company.as_deref()),
        ("typ:name", Some(order.name.as_str())),
        ("typ:city", order.city.as_deref()),
        ("typ:street", order.street.as_deref()),
        ("typ:zip", order.zip.as_deref()),
        ("typ:phone", order.phone.as_ref().map(Phone::as_str)),
        ("typ:email", order.email.as_ref().map(Email::as_str)),
    ];
    parts
        .into_iter()
        .filter_map(|(name, value)| filled(name, value))
        .collect()
}

fn line(line: &Line) -> Node {
    let mut parts = vec![
        text("ord:text", line.name.trim()),
        text("ord:quantity", line.quantity),
        text("ord:payVAT", "true"),
        text("ord:rateVAT", line.vat.as_str()),
        node("ord:homeCurrency").holding([text("typ:unitPrice", line.price)]),
    ];
    let code = line.code.as_deref().map(str::trim);
    if let Some(code) = code.filter(|code| !code.is_empty()) {
        parts.push(text("ord:code", code));
        let stock = node("typ:stockItem").holding([text("typ:ids", code)]);
        parts.push(node("ord:stockItem").holding([stock]));
    }
    node("ord:orderItem").holding(parts)
}

/// An element with a text, where there is one.
fn filled(name: &'static str, value: Option<&str>) -> Option<Node> {
    let value = value?.trim();
    (!value.is_empty()).then(|| text(name, value))
}

/// A reference by a name, where there is one.
fn named(name: &'static str, value: Option<&str>) -> Option<Node> {
    Some(node(name).holding([filled("typ:ids", value)?]))
}
