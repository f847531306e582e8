//! A plugin with every shape that a parameter, a field or a setting can have.

use krabice_plugin::{
    Answer, Authorisation, Bucket, Choice, Context, Credentials, Cursor, Decimal, Email, Failure,
    Feed, Fields, File, Limits, LiveChoice, Login, Outcome, Params, Phone, Plugin, Secret,
    Settings, Timestamp, Url, function, functions, texts,
};

#[derive(Settings)]
pub(crate) struct Account {
    #[setting(address, label(en = "Address", cs = "Adresa"))]
    address: Url,
    #[setting(label(en = "User"))]
    user: String,
    #[setting(label(en = "Key"))]
    key: Secret,
    #[setting(name = "store-id", label(en = "Store"), default = "7")]
    store: i64,
    #[setting(label(en = "Note"))]
    note: Option<String>,
    #[setting(label(en = "Pace"), default = "fast")]
    pace: Pace,
}

pub(crate) type Shop = Context<Account>;

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
pub(crate) enum Pace {
    #[choice(label(en = "Slow", cs = "Pomalu"))]
    Slow,
    #[choice(value = "fast", label(en = "Fast", cs = "Rychle"))]
    VeryFast,
}

#[derive(Params)]
pub(crate) struct Shared {
    #[param(label(en = "Order", pt_br = "Pedido"), help(en = "As printed."))]
    order_number: String,
    #[param(label(en = "Status"))]
    r#type: LiveChoice,
}

#[derive(Params)]
pub(crate) struct Everything {
    #[param(flatten)]
    shared: Shared,
    #[param(label(en = "Flag"), default = true)]
    flag: bool,
    #[param(label(en = "Count"), default = 3)]
    count: i64,
    #[param(label(en = "Price"), default = Decimal::new(150, 2))]
    price: Decimal,
    #[param(label(en = "E-mail"), personal)]
    email: Option<Email>,
    #[param(label(en = "Phone"))]
    phone: Option<Phone>,
    #[param(label(en = "Address"))]
    url: Option<Url>,
    #[param(label(en = "Moment"))]
    moment: Option<Timestamp>,
    #[param(label(en = "Pace"), default = Pace::Slow)]
    pace: Pace,
    #[param(label(en = "Tags"))]
    tags: Vec<String>,
    #[param(label(en = "Items"))]
    items: Vec<Item>,
    #[param(label(en = "Parcel"))]
    parcel: Option<Item>,
}

#[derive(Params)]
pub(crate) struct Item {
    #[param(label(en = "Code"))]
    code: String,
    #[param(label(en = "Weight"), default = Decimal::new(10, 1))]
    weight: Decimal,
    #[param(label(en = "Note"))]
    note: Option<String>,
}

#[derive(Fields)]
pub(crate) struct Echo {
    #[field(flatten)]
    pub(crate) first: First,
    #[field(label(en = "Price"))]
    pub(crate) price: Decimal,
    #[field(label(en = "E-mail"), personal)]
    pub(crate) email: Option<Email>,
    #[field(label(en = "Moment"))]
    pub(crate) moment: Option<Timestamp>,
    #[field(label(en = "Pace"))]
    pub(crate) pace: Pace,
    #[field(label(en = "Tags"))]
    pub(crate) tags: Vec<String>,
    #[field(label(en = "Lines"))]
    pub(crate) lines: Vec<Line>,
    #[field(label(en = "Parcel"))]
    pub(crate) parcel: Option<Line>,
}

#[derive(Fields)]
pub(crate) struct First {
    #[field(name = "order", label(en = "Order"))]
    pub(crate) order_number: String,
    #[field(label(en = "Flag"))]
    pub(crate) flag: bool,
    #[field(label(en = "Count"))]
    pub(crate) count: i64,
}

#[derive(Fields)]
pub(crate) struct Line {
    /// Code
    pub(crate) code: String,
    /// Weight
    ///
    /// In kilograms,
    /// without the packaging.
    pub(crate) weight: Decimal,
    /// For developers.
    #[field(label(en = "Note"))]
    pub(crate) note: Option<String>,
}

impl From<Item> for Line {
    fn from(item: Item) -> Self {
        Self {
            code: item.code,
            weight: item.weight,
            note: item.note,
        }
    }
}

// Answers with what it was asked.
#[function(reads, label(en = "Echo"), choices(r#type = kinds))]
pub(crate) fn echo(_: &Shop, asked: Everything) -> Result<Outcome<Echo>, Failure> {
    assert_eq!(asked.shared.r#type.as_str(), "a");
    assert_eq!(asked.phone.map(String::from).as_deref(), None);
    assert_eq!(asked.url, None);
    Ok(Outcome::True(Echo {
        first: First {
            order_number: asked.shared.order_number,
            flag: asked.flag,
            count: asked.count,
        },
        price: asked.price,
        email: asked.email,
        moment: asked.moment,
        pace: asked.pace,
        tags: asked.tags,
        lines: asked.items.into_iter().map(Line::from).collect(),
        parcel: asked.parcel.map(Line::from),
    }))
}

pub(crate) fn kinds(shop: &Shop) -> Result<Vec<Choice>, Failure> {
    Ok(vec![Choice::new(
        shop.settings().store.to_string(),
        [("en", "Seven")],
    )])
}

#[derive(Answer)]
#[answer(label(en = "Moment"), help(en = "Now."))]
pub(crate) struct Moment(Timestamp);

#[function(reads, name = "now", label(en = "The moment"))]
pub(crate) fn the_moment(shop: &Shop) -> Result<Outcome<Moment>, Failure> {
    Ok(Outcome::True(Moment(shop.now().clone())))
}

#[derive(Params)]
pub(crate) struct Named {
    #[param(label(en = "Name"))]
    name: String,
}

#[derive(Params)]
pub(crate) struct Complaint {
    #[param(flatten)]
    order: OrderNumber,
    /// E-mail
    #[param(personal)]
    email: Email,
    /// Photo
    #[param(personal)]
    photo: Option<File>,
}

#[derive(Params)]
pub(crate) struct OrderNumber {
    /// Order
    order_number: String,
}

#[derive(Fields)]
pub(crate) struct Received {
    #[field(flatten)]
    order: OrderId,
    /// Photo
    photo: Option<File>,
}

#[derive(Fields)]
pub(crate) struct OrderId {
    /// Order
    order_id: String,
    /// Status
    status: String,
}

/// Receive
#[function(
    reads,
    purposes(verifies_identity),
    subject(order = order_number, field = order_id)
)]
pub(crate) fn receive(_: &Shop, asked: Complaint) -> Result<Outcome<Received>, Failure> {
    if !asked.email.is("jana@example.com") {
        return Ok(Outcome::False);
    }
    Ok(Outcome::True(Received {
        order: OrderId {
            order_id: asked.order.order_number,
            status: "new".to_owned(),
        },
        photo: asked.photo,
    }))
}

/// Add a note
#[function(writes, purposes(append_note), subject(order = order), exclusive)]
pub(crate) fn add_note(shop: &Shop, asked: Note) -> Result<Outcome, Failure> {
    let request = shop.get("orders/{order}").segment("order", &asked.order);
    let note = request.reads().send()?.text()?.to_owned();
    let request = shop.put("orders/{order}").segment("order", &asked.order);
    request.body("text/plain", note + &asked.text).send()?;
    Ok(Outcome::True(()))
}

#[derive(Params)]
pub(crate) struct Note {
    /// Order
    order: String,
    /// Text
    text: String,
}

#[derive(Params)]
pub(crate) struct Since {
    /// Since
    since: Option<Timestamp>,
}

#[derive(Fields)]
pub(crate) struct Changes {
    /// Orders
    orders: Vec<ChangedOrder>,
    /// Next
    next: Timestamp,
    /// More
    more: bool,
}

#[derive(Fields)]
pub(crate) struct ChangedOrder {
    /// Number
    number: String,
    #[field(flatten)]
    id: OrderId,
}

/// List changes
#[function(reads, listing(order = orders, key = order_id, subject = number))]
pub(crate) fn list_changes(shop: &Shop, asked: Since) -> Result<Outcome<Changes>, Failure> {
    Ok(Outcome::True(Changes {
        orders: Vec::new(),
        next: asked.since.unwrap_or_else(|| shop.now().clone()),
        more: false,
    }))
}

/// Load
#[function(reads, subject(order = order_number, field = order_id))]
pub(crate) fn load(_: &Shop, asked: OrderNumber) -> Result<Outcome<OrderId>, Failure> {
    Ok(Outcome::True(OrderId {
        order_id: asked.order_number,
        status: "new".to_owned(),
    }))
}

/// Write
#[function(writes_idempotently)]
pub(crate) fn write(shop: &Shop, asked: Named) -> Result<Outcome, Failure> {
    shop.put("things/{name}/state")
        .segment("name", &asked.name)
        .header("X-Key", shop.key())
        .send()?;
    shop.post("form")
        .named("write")
        .form(&[("a b", "č&="), ("c", "")])
        .send()?;
    shop.patch("raw").body("text/xml", "<a/>").send()?;
    Ok((shop
        .delete("things")
        .query("a", 1)
        .query("b", "x y")
        .allow(404)
        .send()?
        .status()
        == 200)
        .into())
}

#[function(writes, label(en = "Forget"))]
pub(crate) fn forget_a_segment(shop: &Shop) -> Result<Outcome, Failure> {
    shop.get("things/{name}").send().map(|_| Outcome::True(()))
}

#[function(reads, label(en = "Settings"))]
pub(crate) fn settings(shop: &Shop) -> Result<Outcome, Failure> {
    let Account {
        address,
        user,
        key: Secret,
        store,
        note,
        pace,
    } = shop.settings();
    let seen = (
        address.as_str(),
        user.as_str(),
        *store,
        note.as_deref(),
        *pace,
    );
    Ok((seen
        == (
            "https://back-end.example.com",
            "somebody",
            7,
            None,
            Pace::VeryFast,
        ))
        .into())
}

pub(crate) static PLUGIN: Plugin<Account> = Plugin::new(
    "every-shape",
    "1.2.3",
    texts!("plugin.label", "Every shape"),
)
.help(&[("en", "For tests.")])
.authorisation(Authorisation::Login(Login {
    path: "login",
    credentials: Credentials::Json {
        username: "u",
        password: "p",
    },
    username: "user",
    password: "key",
    token: "/token",
    expires_in: Some("/expires"),
    header: "Authorization",
    prefix: "Bearer ",
}))
.hosts(&["https://files.example.com"])
.limits(Limits {
    requests_at_once: None,
    requests_per_minute: Some(60),
    bucket: Some(Bucket {
        fill: "x-calls",
        size: "x-limit",
        drain: "x-drain",
    }),
})
.functions(functions![
    echo,
    the_moment,
    write,
    forget_a_segment,
    settings,
    receive,
    add_note,
    list_changes,
    load,
])
.feeds(&[Feed {
    name: "orders",
    label: &[("en", "Orders")],
    help: &[("en", "New ones, and changes of a status.")],
    function: "list-changes",
    since: Some("since"),
    cursor: &[Cursor {
        field: "next",
        parameter: "since",
        overlap: 60,
    }],
    more: Some("more"),
    changes: &["status"],
    reread: Some("load"),
    every: 300,
}])
.probe(|shop| shop.get("ping").send()?.text().map(str::to_owned));
