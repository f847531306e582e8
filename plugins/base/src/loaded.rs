//! `load-order`: all that is known of an order.

use krabice_plugin::{
    Choice, Decimal, Email, Failure, Fields, Outcome, Phone, Timestamp, Url, function,
};

use crate::Shop;
use crate::address::{Address, Point};
use crate::archive::Rule;
use crate::listed::{Listed, Surroundings};
use crate::order::{Line, Order, OrderId, moment};
use crate::parcel::{Parcel, Told, of_order};

#[derive(Fields)]
pub(crate) struct Loaded {
    #[field(flatten)]
    listed: Listed,
    #[field(label(
        en = "Confirmed",
        cs = "Potvrzeno",
        pl = "Potwierdzone",
        pt = "Confirmada"
    ))]
    confirmed: bool,
    #[field(label(
        en = "Confirmed at",
        cs = "Potvrzeno kdy",
        pl = "Potwierdzono",
        pt = "Confirmada em"
    ))]
    confirmed_at: Option<Timestamp>,
    #[field(label(
        en = "In the status since",
        cs = "Ve stavu od",
        pl = "W statusie od",
        pt = "No estado desde"
    ))]
    status_since: Option<Timestamp>,
    #[field(flatten)]
    money: Money,
    #[field(label(
        en = "Way of delivery",
        cs = "Způsob dopravy",
        pl = "Sposób dostawy",
        pt = "Modo de entrega"
    ))]
    delivery_method: String,
    #[field(
        label(en = "E-mail", cs = "E-mail", pl = "E-mail", pt = "E-mail"),
        personal
    )]
    email: Option<Email>,
    #[field(
        label(en = "Phone", cs = "Telefon", pl = "Telefon", pt = "Telefone"),
        personal
    )]
    phone: Option<Phone>,
    #[field(
        label(
            en = "Customer's login",
            cs = "Přihlašovací jméno zákazníka",
            pl = "Login klienta",
            pt = "Utilizador do cliente"
        ),
        personal
    )]
    login: String,
    #[field(
        label(
            en = "Delivery address",
            cs = "Doručovací adresa",
            pl = "Adres dostawy",
            pt = "Morada de entrega"
        ),
        personal
    )]
    delivery: Address,
    #[field(
        label(
            en = "Pick-up point",
            cs = "Výdejní místo",
            pl = "Punkt odbioru",
            pt = "Ponto de recolha"
        ),
        help(
            en = "Absent where the order goes to an address.",
            cs = "Chybí, když objednávka jde na adresu.",
            pl = "Brak, gdy zamówienie idzie na adres.",
            pt = "Ausente quando a encomenda vai para uma morada."
        ),
        personal
    )]
    point: Option<Point>,
    #[field(
        label(
            en = "Billing address",
            cs = "Fakturační adresa",
            pl = "Dane do faktury",
            pt = "Morada de faturação"
        ),
        personal
    )]
    billing: Address,
    #[field(label(en = "Tax number", cs = "DIČ", pl = "NIP", pt = "NIF"), personal)]
    tax_number: String,
    #[field(label(
        en = "Wants an invoice",
        cs = "Chce fakturu",
        pl = "Chce fakturę",
        pt = "Quer fatura"
    ))]
    wants_invoice: Option<bool>,
    #[field(
        label(
            en = "Customer's comments",
            cs = "Poznámky zákazníka",
            pl = "Uwagi klienta",
            pt = "Comentários do cliente"
        ),
        personal
    )]
    customer_comments: String,
    #[field(
        label(
            en = "Staff's comments",
            cs = "Poznámky obsluhy",
            pl = "Uwagi obsługi",
            pt = "Comentários da equipa"
        ),
        help(
            en = "Not meant for the customer.",
            cs = "Zákazníkovi nejsou určené.",
            pl = "Nie są przeznaczone dla klienta.",
            pt = "Não se destinam ao cliente."
        ),
        personal
    )]
    staff_comments: String,
    #[field(
        name = "extra-field-1",
        label(
            en = "Extra field 1",
            cs = "Dodatečné pole 1",
            pl = "Pole dodatkowe 1",
            pt = "Campo extra 1"
        ),
        personal
    )]
    extra_field_1: String,
    #[field(
        name = "extra-field-2",
        label(
            en = "Extra field 2",
            cs = "Dodatečné pole 2",
            pl = "Pole dodatkowe 2",
            pt = "Campo extra 2"
        ),
        personal
    )]
    extra_field_2: String,
    #[field(
        label(en = "Picking", cs = "Vychystání", pl = "Kompletacja", pt = "Recolha"),
        help(
            en = "A number whose meaning is not documented; empty where Base tells none.",
            cs = "Číslo, jehož význam není popsán; prázdné, když Base žádné neříká.",
            pl = "Liczba o nieopisanym znaczeniu; puste, gdy Base jej nie podaje.",
            pt = "Um número cujo significado não está documentado; vazio quando a Base não o diz."
        )
    )]
    pick_status: String,
    #[field(
        label(en = "Packing", cs = "Balení", pl = "Pakowanie", pt = "Embalagem"),
        help(
            en = "A number whose meaning is not documented; empty where Base tells none.",
            cs = "Číslo, jehož význam není popsán; prázdné, když Base žádné neříká.",
            pl = "Liczba o nieopisanym znaczeniu; puste, gdy Base jej nie podaje.",
            pt = "Um número cujo significado não está documentado; vazio quando a Base não o diz."
        )
    )]
    pack_status: String,
    #[field(
        label(
            en = "Buyer's page",
            cs = "Stránka kupujícího",
            pl = "Strona kupującego",
            pt = "Página do comprador"
        ),
        help(
            en = "Whoever has this link sees the order: show it to its verified buyer alone.",
            cs = "Kdo má tento odkaz, objednávku vidí: ukazujte ho jen ověřenému kupujícímu.",
            pl = "Kto ma ten link, widzi zamówienie: pokazuj go tylko sprawdzonemu kupującemu.",
            pt = "Quem tem esta ligação vê a encomenda: mostre-a só ao comprador verificado."
        ),
        personal
    )]
    buyer_page: Option<Url>,
    #[field(label(en = "Items", cs = "Položky", pl = "Pozycje", pt = "Artigos"))]
    items: Vec<Item>,
    #[field(
        label(en = "Parcels", cs = "Zásilky", pl = "Przesyłki", pt = "Envios"),
        help(
            en = "All of them, those that go back to the shop, too.",
            cs = "Všechny, i ty, které se vracejí do e-shopu.",
            pl = "Wszystkie, także te, które wracają do sklepu.",
            pt = "Todos, também os que voltam à loja."
        )
    )]
    parcels: Vec<Sent>,
}

/// What an order costs.
#[derive(Fields)]
pub(crate) struct Money {
    #[field(label(en = "Paid", cs = "Zaplaceno", pl = "Zapłacono", pt = "Pago"))]
    paid: Decimal,
    #[field(
        label(
            en = "Paid in full",
            cs = "Zaplaceno celé",
            pl = "Opłacone w całości",
            pt = "Pago na totalidade"
        ),
        help(
            en = "One hundredth may be missing.",
            cs = "Jedna setina může chybět.",
            pl = "Może brakować jednej setnej.",
            pt = "Pode faltar um cêntimo."
        )
    )]
    paid_in_full: bool,
    #[field(label(
        en = "Price of delivery",
        cs = "Cena dopravy",
        pl = "Koszt dostawy",
        pt = "Preço da entrega"
    ))]
    delivery_price: Decimal,
    #[field(label(
        en = "Way of payment",
        cs = "Způsob platby",
        pl = "Sposób płatności",
        pt = "Modo de pagamento"
    ))]
    payment_method: String,
    #[field(label(
        en = "Cash on delivery",
        cs = "Dobírka",
        pl = "Pobranie",
        pt = "Pagamento na entrega"
    ))]
    cash_on_delivery: bool,
}

/// A line of an order.
#[derive(Fields)]
pub(crate) struct Item {
    #[field(label(en = "Name", cs = "Název", pl = "Nazwa", pt = "Nome"))]
    name: String,
    #[field(label(
        en = "Attributes",
        cs = "Vlastnosti",
        pl = "Atrybuty",
        pt = "Atributos"
    ))]
    attributes: String,
    #[field(label(en = "SKU", cs = "SKU", pl = "SKU", pt = "SKU"))]
    sku: String,
    #[field(label(en = "EAN", cs = "EAN", pl = "EAN", pt = "EAN"))]
    ean: String,
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
        label(en = "VAT", cs = "DPH", pl = "VAT", pt = "IVA"),
        help(
            en = "In per cent.",
            cs = "V procentech.",
            pl = "W procentach.",
            pt = "Em percentagem."
        )
    )]
    vat: Option<Decimal>,
}

/// A parcel, with the mark of its label.
#[derive(Fields)]
pub(crate) struct Sent {
    #[field(flatten)]
    parcel: Told,
    #[field(label(en = "Goes back", cs = "Vrací se", pl = "Wraca", pt = "Volta"))]
    is_return: bool,
    #[field(
        label(en = "Label", cs = "Štítek", pl = "Etykieta", pt = "Etiqueta"),
        help(
            en = "Whether it is worth asking for one; absent where the connection shows no labels.",
            cs = "Zda má smysl se o něj ptát; chybí, když připojení štítky nezobrazuje.",
            pl = "Czy warto o nią pytać; brak, gdy połączenie nie pokazuje etykiet.",
            pt = "Se vale a pena pedi-la; ausente quando a ligação não mostra etiquetas."
        )
    )]
    label: Option<Mark>,
}

/// What is known of a label before it is asked for.
#[derive(Debug, Clone, Copy, Choice)]
pub(crate) enum Mark {
    #[choice(label(
        en = "unknown until asked for",
        cs = "neznámo, dokud se o něj neřekne",
        pl = "nie wiadomo, dopóki się o nią nie zapyta",
        pt = "desconhecida até se pedir"
    ))]
    Unknown,
    #[choice(label(
        en = "no courier to ask",
        cs = "není jakého dopravce se ptát",
        pl = "nie ma jakiego kuriera pytać",
        pt = "sem transportadora a quem pedir"
    ))]
    None,
}

#[function(
    reads,
    label(
        en = "Load an order",
        cs = "Načíst objednávku",
        pl = "Wczytaj zamówienie",
        pt = "Carregar uma encomenda"
    ),
    help(
        en = "True with all that Base tells of the order; false when there is no such order. It does \
              not ask whose the order is: verify it first.",
        cs = "Ano se vším, co Base o objednávce říká; ne, když taková objednávka není. Neptá se, čí \
              objednávka je: napřed ji ověřte.",
        pl = "Tak ze wszystkim, co Base mówi o zamówieniu; nie, gdy nie ma takiego zamówienia. Nie \
              pyta, czyje jest zamówienie: najpierw je sprawdź.",
        pt = "Sim com tudo o que a Base diz da encomenda; não quando a encomenda não existe. Não \
              pergunta de quem é: verifique-a primeiro."
    )
)]
pub(crate) fn load_order(shop: &Shop, asked: OrderId) -> Result<Outcome<Loaded>, Failure> {
    let rule = Rule::of(shop.settings())?;
    let Some(id) = asked.read()? else {
        return Ok(Outcome::False);
    };
    let Some(order) = asked.find(shop)? else {
        return Ok(Outcome::False);
    };
    let parcels = of_order(shop, id)?;
    Ok(Outcome::True(Loaded {
        listed: Surroundings::ask(shop, rule)?.tell(&order)?,
        confirmed: *order.confirmed.required("confirmed")?,
        confirmed_at: moment(&order.date_confirmed, "date_confirmed")?,
        status_since: moment(&order.date_in_status, "date_in_status")?,
        money: money(&order)?,
        delivery_method: order.delivery_method.text(),
        email: order.email()?.map(|email| email.trim().into()),
        phone: order.phone.value().map(|phone| phone.trim().into()),
        login: order.user_login.text(),
        delivery: Address::of_delivery(&order),
        point: Point::of(&order),
        billing: Address::of_billing(&order),
        tax_number: order.invoice_nip.text(),
        wants_invoice: order.want_invoice.value().copied(),
        customer_comments: order.user_comments.text(),
        staff_comments: order.admin_comments.text(),
        extra_field_1: order.extra_field_1.text(),
        extra_field_2: order.extra_field_2.text(),
        pick_status: order.pick_status.text(),
        pack_status: order.pack_status.text(),
        buyer_page: Url::parse(order.order_page.text()),
        items: order.lines()?.iter().map(item).collect::<Result<_, _>>()?,
        parcels: parcels
            .iter()
            .map(|parcel| sent(shop, parcel))
            .collect::<Result<_, _>>()?,
    }))
}

fn money(order: &Order) -> Result<Money, Failure> {
    Ok(Money {
        paid: order.paid()?,
        paid_in_full: order.is_paid()?,
        delivery_price: order.delivery_price()?,
        payment_method: order.payment_method.text(),
        cash_on_delivery: order.payment_method_cod.value() == Some(&true),
    })
}

fn item(line: &Line) -> Result<Item, Failure> {
    Ok(Item {
        name: line.name.text(),
        attributes: line.attributes.text(),
        sku: line.sku.text(),
        ean: line.ean.text(),
        quantity: *line.quantity.required("quantity")?,
        price: *line.price_brutto.required("price_brutto")?,
        vat: line.tax_rate.value().copied(),
    })
}

fn sent(shop: &Shop, parcel: &Parcel) -> Result<Sent, Failure> {
    let mark = match parcel.courier_code.value() {
        Some(_) => Mark::Unknown,
        None => Mark::None,
    };
    Ok(Sent {
        parcel: parcel.tell(shop.language())?,
        is_return: parcel.is_return(),
        label: shop.settings().show_labels.then_some(mark),
    })
}
