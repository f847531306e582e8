//! Orders as somebody asks about them: `verify-order`, `load-order`,
//! `is-order-in-state` and `load-order-parameter`.

use krabice_plugin::{
    Answer, Decimal, Email, Failure, Fields, Outcome, Params, Phone, Timestamp, function,
};

use crate::Unit;
use crate::number::OrderNumber;
use crate::order::{self, Found, Line, Order, State};

/// The most characters of a parameter's name in the database.
const PARAMETER_MAX: usize = 16;

#[derive(Params)]
pub(crate) struct OrderAndEmail {
    #[param(flatten)]
    order: OrderNumber,
    #[param(
        label(en = "E-mail", cs = "E-mail", sk = "E-mail"),
        help(
            en = "An e-mail on the order. Capitals do not matter.",
            cs = "E-mail na objednávce. Na velikosti písmen nezáleží.",
            sk = "E-mail na objednávke. Na veľkosti písmen nezáleží."
        ),
        personal
    )]
    email: Email,
}

#[derive(Fields)]
pub(crate) struct Identity {
    #[field(label(en = "Id in POHODA", cs = "ID v POHODĚ", sk = "ID v POHODE"))]
    id: i64,
    #[field(label(en = "Number in POHODA", cs = "Číslo v POHODĚ", sk = "Číslo v POHODE"))]
    number: String,
}

#[function(
    reads,
    label(
        en = "Verify an order",
        cs = "Ověřit objednávku",
        sk = "Overiť objednávku"
    ),
    help(
        en = "True when there is one order of this number and it bears this e-mail; false when there is \
              none or more than one, and when it bears another e-mail or none.",
        cs = "Ano, když je jedna objednávka s tímto číslem a je na ní tento e-mail; ne, když není žádná \
              nebo jich je víc a když je na ní jiný e-mail nebo žádný.",
        sk = "Áno, keď je jedna objednávka s týmto číslom a je na nej tento e-mail; nie, keď nie je \
              žiadna alebo ich je viac a keď je na nej iný e-mail alebo žiadny."
    )
)]
pub(crate) fn verify_order(
    unit: &Unit,
    asked: OrderAndEmail,
) -> Result<Outcome<Identity>, Failure> {
    match order::look_for(unit, &asked.order.read()?)? {
        Found::One(order) if order.belongs_to(&asked.email) => Ok(Outcome::True(Identity {
            id: order.id,
            number: order.number()?.to_owned(),
        })),
        Found::One(_) | Found::Nothing | Found::Several => Ok(Outcome::False),
    }
}

#[derive(Fields)]
pub(crate) struct Detail {
    #[field(flatten)]
    identity: Identity,
    #[field(
        name = "shop-number",
        label(
            en = "Number of the shop",
            cs = "Číslo z e-shopu",
            sk = "Číslo z e-shopu"
        ),
        help(
            en = "Empty without one.",
            cs = "Prázdné, když není.",
            sk = "Prázdne, keď nie je."
        )
    )]
    shop_number: String,
    #[field(label(en = "Date", cs = "Datum", sk = "Dátum"))]
    date: Option<Timestamp>,
    #[field(label(en = "State", cs = "Stav", sk = "Stav"))]
    state: State,
    #[field(
        name = "cancelled-on",
        label(en = "Cancelled on", cs = "Stornována dne", sk = "Stornovaná dňa")
    )]
    cancelled_on: Option<Timestamp>,
    #[field(
        label(en = "Total", cs = "Celkem", sk = "Spolu"),
        help(
            en = "With VAT and rounding; absent where POHODA tells no amounts, as on some cancelled orders.",
            cs = "S DPH a zaokrouhlením; chybí, když POHODA částky nesděluje, třeba u stornované objednávky.",
            sk = "S DPH a zaokrúhlením; chýba, keď POHODA sumy neoznamuje, napríklad pri stornovanej objednávke."
        )
    )]
    total: Option<Decimal>,
    #[field(
        label(en = "Currency", cs = "Měna", sk = "Mena"),
        help(
            en = "The code of the currency; absent with the total.",
            cs = "Kód měny; chybí spolu s celkovou cenou.",
            sk = "Kód meny; chýba spolu s celkovou cenou."
        )
    )]
    currency: Option<String>,
    #[field(
        label(en = "Items", cs = "Položky", sk = "Položky"),
        help(
            en = "All lines but the one that rounds. An order may have none.",
            cs = "Všechny řádky kromě zaokrouhlení. Objednávka nemusí mít žádný.",
            sk = "Všetky riadky okrem zaokrúhlenia. Objednávka nemusí mať žiadny."
        )
    )]
    items: Vec<Item>,
    #[field(
        label(en = "Not delivered yet", cs = "Zbývá dodat", sk = "Zostáva dodať"),
        help(
            en = "The items of which something is still to be delivered, and how much.",
            cs = "Položky, ze kterých ještě něco není dodáno, a kolik.",
            sk = "Položky, z ktorých ešte niečo nie je dodané, a koľko."
        )
    )]
    waiting: Vec<Waiting>,
    #[field(
        label(en = "Payment", cs = "Platba", sk = "Platba"),
        help(
            en = "The unit's name of the way of payment; empty without one.",
            cs = "Název formy úhrady v účetní jednotce; prázdný, když není.",
            sk = "Názov formy úhrady v účtovnej jednotke; prázdny, keď nie je."
        )
    )]
    payment: String,
    #[field(
        label(en = "Carrier", cs = "Dopravce", sk = "Dopravca"),
        help(
            en = "Empty without one.",
            cs = "Prázdný, když není.",
            sk = "Prázdny, keď nie je."
        )
    )]
    carrier: String,
    #[field(label(en = "Name", cs = "Jméno", sk = "Meno"), personal)]
    name: String,
    #[field(label(en = "Company", cs = "Firma", sk = "Firma"), personal)]
    company: String,
    #[field(label(en = "Street", cs = "Ulice", sk = "Ulica"), personal)]
    street: String,
    #[field(label(en = "City", cs = "Obec", sk = "Obec"), personal)]
    city: String,
    #[field(label(en = "Postal code", cs = "PSČ", sk = "PSČ"), personal)]
    zip: String,
    #[field(label(en = "Phone", cs = "Telefon", sk = "Telefón"), personal)]
    phone: Option<Phone>,
    #[field(
        label(en = "E-mail", cs = "E-mail", sk = "E-mail"),
        help(
            en = "The first one on the order.",
            cs = "První na objednávce.",
            sk = "Prvý na objednávke."
        ),
        personal
    )]
    email: Option<Email>,
    #[field(
        label(
            en = "Parameters",
            cs = "Volitelné parametry",
            sk = "Voliteľné parametre"
        ),
        help(
            en = "What the unit's users have added to orders, where it has a value.",
            cs = "Co si uživatelé k objednávkám přidali, pokud to má hodnotu.",
            sk = "Čo si používatelia k objednávkam pridali, ak to má hodnotu."
        ),
        personal
    )]
    parameters: Vec<Parameter>,
}

#[derive(Fields)]
pub(crate) struct Item {
    #[field(label(en = "Name", cs = "Název", sk = "Názov"))]
    name: String,
    #[field(
        label(en = "Code", cs = "Kód", sk = "Kód"),
        help(
            en = "Empty for a line without stock, such as shipping.",
            cs = "Prázdný u řádku bez zásoby, například u dopravy.",
            sk = "Prázdny pri riadku bez zásoby, napríklad pri doprave."
        )
    )]
    code: String,
    #[field(label(en = "Quantity", cs = "Množství", sk = "Množstvo"))]
    quantity: Decimal,
    #[field(
        label(en = "Unit", cs = "Jednotka", sk = "Jednotka"),
        help(
            en = "Empty without one.",
            cs = "Prázdná, když není.",
            sk = "Prázdna, keď nie je."
        )
    )]
    unit: String,
    #[field(
        label(en = "Price", cs = "Cena", sk = "Cena"),
        help(
            en = "Of the whole line, with VAT and discount, in the order's currency.",
            cs = "Za celý řádek, s DPH a slevou, v měně objednávky.",
            sk = "Za celý riadok, s DPH a zľavou, v mene objednávky."
        )
    )]
    price: Option<Decimal>,
    #[field(label(
        en = "VAT in percent",
        cs = "DPH v procentech",
        sk = "DPH v percentách"
    ))]
    vat: Option<Decimal>,
}

#[derive(Fields)]
pub(crate) struct Waiting {
    #[field(label(en = "Name", cs = "Název", sk = "Názov"))]
    name: String,
    #[field(label(en = "Code", cs = "Kód", sk = "Kód"))]
    code: String,
    #[field(label(en = "Quantity", cs = "Množství", sk = "Množstvo"))]
    quantity: Decimal,
}

#[derive(Fields)]
pub(crate) struct Parameter {
    #[field(label(
        en = "Name in the database",
        cs = "Název v databázi",
        sk = "Názov v databáze"
    ))]
    name: String,
    #[field(label(en = "Value", cs = "Hodnota", sk = "Hodnota"))]
    value: String,
}

impl Detail {
    fn of(unit: &Unit, order: &Order) -> Result<Self, Failure> {
        let total = order.total(unit)?;
        let lines = order.lines()?;
        let waiting = lines.iter().filter(|line| line.delivered < line.quantity);
        let waiting = waiting.map(|line| Waiting {
            name: line.name.clone(),
            code: line.code.clone(),
            quantity: line.quantity - line.delivered,
        });
        let header = |path: &[&str]| order.header(path).unwrap_or_default().to_owned();
        let address = |name: &str| order.address(name).to_owned();
        let mobile = order.address("typ:mobilPhone");
        let phone = [mobile, order.address("typ:phone")];
        Ok(Self {
            identity: Identity {
                id: order.id,
                number: order.number()?.to_owned(),
            },
            shop_number: order.shop_number().to_owned(),
            date: order.date(unit, "ord:date"),
            state: order.state()?,
            cancelled_on: order.date(unit, "ord:dateCancellation"),
            total: total.as_ref().map(|total| total.amount),
            currency: total.map(|total| total.currency),
            waiting: waiting.collect(),
            items: lines.into_iter().map(Item::from).collect(),
            payment: header(&["ord:paymentType", "typ:ids"]),
            carrier: header(&["ord:carrier", "typ:ids"]),
            name: address("typ:name"),
            company: address("typ:company"),
            street: address("typ:street"),
            city: address("typ:city"),
            zip: address("typ:zip"),
            phone: phone
                .into_iter()
                .find(|phone| !phone.is_empty())
                .map(Phone::from),
            email: order
                .emails()
                .find(|email| email.contains('@'))
                .map(Email::from),
            parameters: parameters(order),
        })
    }
}

impl From<Line> for Item {
    fn from(line: Line) -> Self {
        Self {
            name: line.name,
            code: line.code,
            quantity: line.quantity,
            unit: line.unit,
            price: line.price,
            vat: line.vat,
        }
    }
}

fn parameters(order: &Order) -> Vec<Parameter> {
    let parameters = order.parameters().into_iter();
    parameters
        .map(|(name, value)| Parameter {
            name: name.to_owned(),
            value: value.to_owned(),
        })
        .collect()
}

#[function(
    reads,
    label(
        en = "Load an order",
        cs = "Načíst objednávku",
        sk = "Načítať objednávku"
    ),
    help(
        en = "True with the order's details; false when there is no such order. It asks for no e-mail: \
              verify the order first where a customer is to see it.",
        cs = "Ano s podrobnostmi objednávky; ne, když taková objednávka není. Na e-mail se neptá: než ji \
              uvidí zákazník, objednávku ověřte.",
        sk = "Áno s podrobnosťami objednávky; nie, keď taká objednávka nie je. Na e-mail sa nepýta: než ju \
              uvidí zákazník, objednávku overte."
    )
)]
pub(crate) fn load_order(unit: &Unit, asked: OrderNumber) -> Result<Outcome<Detail>, Failure> {
    match order::find(unit, &asked.read()?)? {
        Some(order) => Detail::of(unit, &order).map(Outcome::True),
        None => Ok(Outcome::False),
    }
}

#[derive(Params)]
pub(crate) struct OrderAndState {
    #[param(flatten)]
    order: OrderNumber,
    #[param(
        label(en = "State", cs = "Stav", sk = "Stav"),
        help(
            en = "Where the order should stand.",
            cs = "Jak má být objednávka vyřízena.",
            sk = "Ako má byť objednávka vybavená."
        )
    )]
    state: State,
}

#[derive(Fields)]
pub(crate) struct Standing {
    #[field(label(en = "State", cs = "Stav", sk = "Stav"))]
    state: State,
    #[field(
        name = "cancelled-on",
        label(en = "Cancelled on", cs = "Stornována dne", sk = "Stornovaná dňa")
    )]
    cancelled_on: Option<Timestamp>,
}

#[function(
    reads,
    label(
        en = "Is an order in a state?",
        cs = "Je objednávka v daném stavu?",
        sk = "Je objednávka v danom stave?"
    ),
    help(
        en = "True when the order stands so; false when it stands otherwise, and when there is no such order.",
        cs = "Ano, když je objednávka v tomto stavu; ne, když je v jiném a když taková objednávka není.",
        sk = "Áno, keď je objednávka v tomto stave; nie, keď je v inom a keď taká objednávka nie je."
    )
)]
pub(crate) fn is_order_in_state(
    unit: &Unit,
    asked: OrderAndState,
) -> Result<Outcome<Standing>, Failure> {
    let Some(order) = order::find(unit, &asked.order.read()?)? else {
        return Ok(Outcome::False);
    };
    let state = order.state()?;
    if state != asked.state {
        return Ok(Outcome::False);
    }
    Ok(Outcome::True(Standing {
        state,
        cancelled_on: order.date(unit, "ord:dateCancellation"),
    }))
}

#[derive(Params)]
pub(crate) struct OrderAndParameter {
    #[param(flatten)]
    order: OrderNumber,
    #[param(
        label(
            en = "Parameter",
            cs = "Volitelný parametr",
            sk = "Voliteľný parameter"
        ),
        help(
            en = "Its name in the database, such as VPrTracking, at most 16 characters.",
            cs = "Jeho název v databázi, například VPrTracking, nejvýš 16 znaků.",
            sk = "Jeho názov v databáze, napríklad VPrTracking, najviac 16 znakov."
        )
    )]
    parameter: String,
}

#[derive(Answer)]
#[answer(
    label(en = "Value", cs = "Hodnota", sk = "Hodnota"),
    help(
        en = "As text, whatever the parameter's type.",
        cs = "Jako text, ať je parametr jakéhokoli typu.",
        sk = "Ako text, nech je parameter akéhokoľvek typu."
    ),
    personal
)]
pub(crate) struct ParameterValue(String);

#[function(
    reads,
    label(
        en = "Load a parameter of an order",
        cs = "Načíst volitelný parametr objednávky",
        sk = "Načítať voliteľný parameter objednávky"
    ),
    help(
        en = "True with the value; false when it is empty, when the order has no such parameter, and when \
              there is no such order.",
        cs = "Ano s hodnotou; ne, když je prázdná, když objednávka takový parametr nemá a když taková \
              objednávka není.",
        sk = "Áno s hodnotou; nie, keď je prázdna, keď objednávka taký parameter nemá a keď taká \
              objednávka nie je."
    )
)]
pub(crate) fn load_order_parameter(
    unit: &Unit,
    asked: OrderAndParameter,
) -> Result<Outcome<ParameterValue>, Failure> {
    let parameter = asked.parameter.trim();
    if parameter.is_empty() || parameter.chars().count() > PARAMETER_MAX {
        return Err(Failure::invalid_parameter(
            "parameter",
            "is empty or longer than 16 characters",
        ));
    }
    let Some(order) = order::find(unit, &asked.order.read()?)? else {
        return Ok(Outcome::False);
    };
    let parameters = order.parameters();
    let found = parameters.iter().find(|(name, _)| *name == parameter);
    Ok(match found {
        Some((_, value)) => Outcome::True(ParameterValue((*value).to_owned())),
        None => Outcome::False,
    })
}
