//! The requests that the emulator knows, as in STORMWARE's schemas of April 2025.
//! What the schemas do not define is missing here, too, and therefore refused: an
//! order cannot be updated. What they define and the emulator does not do is listed
//! as not emulated.

use super::schema_documents::{INVOICE, PRINT};
use super::shape::Order::{All, Choice, Sequence};
use super::shape::Type::{
    Boolean, Date, Filled, Group as G, Id, Moment, NotEmulated, Number, OneOf, Text, Whole,
};
use super::shape::{Group, optional, repeated, required};

const VERSION_2: &[&str] = &["2.0"];

/// `data.xsd`, `dataPackType`. Its items are checked one by one.
pub(super) const PACK: Group = Group {
    order: Sequence,
    attributes: &[
        ("version", true, OneOf(VERSION_2)),
        ("id", true, Text(64)),
        ("ico", false, Text(15)),
        ("key", false, Text(64)),
        ("period", false, Text(0)),
        ("application", true, Text(100)),
        ("programVersion", false, Text(0)),
        ("note", true, Text(0)),
    ],
    parts: &[],
};

/// `data.xsd`, `dataPackItemType`.
pub(super) const ITEM: Group = Group {
    order: Choice,
    attributes: &[
        ("version", true, OneOf(VERSION_2)),
        ("id", true, Text(64)),
        ("code", false, Text(0)),
        ("stockTransfer", false, Boolean),
    ],
    parts: &[
        required("lst:listOrderRequest", G(&LIST_ORDER)),
        required("lst:listInvoiceRequest", G(&LIST_INVOICE)),
        required("ord:order", G(&ORDER)),
        required("inv:invoice", G(&INVOICE)),
        required("prn:print", G(&PRINT)),
        required("vyd:vydejka", NotEmulated),
        required("lst:listVydejkaRequest", NotEmulated),
    ],
};

/// `list.xsd`, `listOrderRequestType`.
const LIST_ORDER: Group = Group {
    order: Sequence,
    attributes: &[
        ("version", true, OneOf(VERSION_2)),
        ("orderVersion", true, OneOf(VERSION_2)),
        ("orderType", true, OneOf(&["receivedOrder", "issuedOrder"])),
        ("extSystem", false, Text(64)),
    ],
    parts: &[
        optional("lst:limit", G(&LIMIT)),
        required("lst:requestOrder", G(&REQUEST)),
        optional("lst:restrictionData", G(&RESTRICTION)),
    ],
};

/// `list.xsd`, `listInvoiceRequestType`.
const LIST_INVOICE: Group = Group {
    order: Sequence,
    attributes: &[
        ("version", true, OneOf(VERSION_2)),
        ("invoiceVersion", true, OneOf(VERSION_2)),
        (
            "invoiceType",
            true,
            OneOf(&[
                "issuedInvoice",
                "issuedAdvanceInvoice",
                "issuedProformaInvoice",
                "issuedCreditNotice",
                "issuedDebitNote",
                "receivedInvoice",
            ]),
        ),
        ("extSystem", false, Text(64)),
    ],
    parts: &[
        optional("lst:limit", G(&LIMIT)),
        required("lst:requestInvoice", G(&REQUEST)),
        optional("lst:restrictionData", G(&RESTRICTION)),
    ],
};

/// `filter.xsd`, `limitType`.
const LIMIT: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        optional("ftr:idFrom", Whole(i64::MIN, i64::MAX)),
        optional("ftr:count", Whole(1, 10_000)),
    ],
};

/// `filter.xsd`, `groupFilter_1`.
const REQUEST: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        optional("ftr:filter", G(&FILTER)),
        optional("ftr:queryFilter", G(&QUERY)),
        optional("ftr:userFilterName", NotEmulated),
    ],
};

/// `filter.xsd`, `filterDocsType`. The name is `dateTill`; there is no filter for the
/// shop's number, the e-mail or the state.
const FILTER: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        optional("ftr:id", Id),
        optional("ftr:extId", G(&EXT_ID)),
        optional("ftr:dateFrom", Date),
        optional("ftr:dateTill", Date),
        optional("ftr:selectedNumbers", G(&NUMBERS)),
        optional("ftr:selectedCompanys", NotEmulated),
        optional("ftr:selectedIco", NotEmulated),
        optional("ftr:lastChanges", Moment),
    ],
};

const NUMBERS: Group = Group {
    order: Sequence,
    attributes: &[],
    parts: &[repeated("ftr:number", G(&NUMBER))],
};

/// `type.xsd`, `numberType`.
const NUMBER: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        optional("typ:id", Id),
        optional("typ:ids", Text(19)),
        optional("typ:numberRequested", Filled(32)),
    ],
};

/// `type.xsd`, `extIdType`.
const EXT_ID: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        required("typ:ids", Text(64)),
        required("typ:exSystemName", Text(64)),
        optional("typ:exSystemText", Text(0)),
    ],
};

/// `filter.xsd`, `queryFilterType`.
const QUERY: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        optional("ftr:filter", Text(0)),
        optional("ftr:textName", Text(200)),
    ],
};

/// `list.xsd`, `restrictionDocParamType`.
const RESTRICTION: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        optional("lst:documents", Boolean),
        optional("lst:attachments", Boolean),
        optional("lst:parameters", Boolean),
        optional("lst:liquidations", Boolean),
    ],
};

/// `order.xsd`, `orderType`.
const ORDER: Group = Group {
    order: Sequence,
    attributes: &[("version", true, OneOf(VERSION_2))],
    parts: &[
        optional("ord:links", NotEmulated),
        optional("ord:actionType", G(&ACTION)),
        optional("ord:orderHeader", G(&ORDER_HEADER)),
        optional("ord:orderDetail", G(&ORDER_DETAIL)),
        optional("ord:orderSummary", NotEmulated),
        optional("ord:attachments", NotEmulated),
        optional("ord:print", NotEmulated),
    ],
};

/// `order.xsd`, `actionTypeType`: `update` is commented out there.
const ACTION: Group = Group {
    order: Choice,
    attributes: &[],
    parts: &[
        required("ord:add", Text(0)),
        required("ord:delete", G(&DELETE)),
    ],
};

const DELETE: Group = Group {
    order: All,
    attributes: &[],
    parts: &[required("ftr:filter", G(&DELETE_FILTER))],
};

/// `filter.xsd`, `filterDocsDeleteType`: a number has at most 10 characters here.
const DELETE_FILTER: Group = Group {
    order: All,
    attributes: &[(
        "agenda",
        true,
        OneOf(&["prijate_objednavky", "vydane_objednavky"]),
    )],
    parts: &[optional("ftr:id", Id), optional("ftr:number", Text(10))],
};

/// `order.xsd`, `orderHeaderType`, without the elements that are only exported: the
/// schema allows them in a request, and POHODA ignores them.
const ORDER_HEADER: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        optional("ord:extId", G(&EXT_ID)),
        optional("ord:orderType", OneOf(&["receivedOrder", "issuedOrder"])),
        optional("ord:number", G(&NUMBER)),
        optional("ord:numberOrder", Text(32)),
        optional("ord:date", Date),
        optional("ord:dateFrom", Date),
        optional("ord:dateTo", Date),
        optional("ord:text", Text(240)),
        optional("ord:partnerIdentity", G(&PARTNER)),
        optional("ord:paymentType", G(&PAYMENT)),
        optional("ord:isExecuted", Boolean),
        optional("ord:isReserved", Boolean),
        optional("ord:centre", NotEmulated),
        optional("ord:activity", NotEmulated),
        optional("ord:contract", NotEmulated),
        optional("ord:note", Text(0)),
        optional("ord:carrier", G(&CARRIER)),
        optional("ord:intNote", Text(0)),
        optional("ord:labels", NotEmulated),
        optional("ord:parameters", NotEmulated),
    ],
};

/// `type.xsd`, `address`.
pub(super) const PARTNER: Group = Group {
    order: Sequence,
    attributes: &[],
    parts: &[
        optional("typ:id", Id),
        optional("typ:extId", NotEmulated),
        optional("typ:address", G(&ADDRESS)),
        optional("typ:shipToAddress", NotEmulated),
    ],
};

/// `type.xsd`, `addressType`.
const ADDRESS: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        optional("typ:company", Text(255)),
        optional("typ:division", Text(32)),
        optional("typ:name", Text(64)),
        optional("typ:city", Text(45)),
        optional("typ:street", Text(64)),
        optional("typ:zip", Text(15)),
        optional("typ:ico", NotEmulated),
        optional("typ:dic", NotEmulated),
        optional("typ:country", NotEmulated),
        optional("typ:phone", Text(40)),
        optional("typ:mobilPhone", Text(24)),
        optional("typ:fax", NotEmulated),
        optional("typ:email", Text(98)),
    ],
};

/// `type.xsd`, `paymentType`.
const PAYMENT: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        optional("typ:id", NotEmulated),
        optional("typ:ids", Text(32)),
        optional("typ:paymentType", OneOf(PAYMENTS)),
    ],
};

/// `type.xsd`, `paymentType`.
pub(super) const PAYMENTS: &[&str] = &[
    "draft",
    "cash",
    "postal",
    "delivery",
    "creditcard",
    "advance",
    "encashment",
    "cheque",
    "compensation",
];

const CARRIER: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        optional("typ:id", NotEmulated),
        optional("typ:ids", Text(20)),
    ],
};

const ORDER_DETAIL: Group = Group {
    order: Sequence,
    attributes: &[],
    parts: &[repeated("ord:orderItem", G(&ORDER_ITEM))],
};

/// `type.xsd`, `vatRateEnum`, without the historical rates.
pub(super) const RATES: &[&str] = &["none", "high", "low", "third"];

/// `order.xsd`, `orderItemType`.
const ORDER_ITEM: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        optional("ord:link", NotEmulated),
        optional("ord:text", Text(90)),
        optional("ord:quantity", Number),
        optional("ord:unit", Text(10)),
        optional("ord:coefficient", Number),
        optional("ord:payVAT", Boolean),
        optional("ord:rateVAT", OneOf(RATES)),
        optional("ord:discountPercentage", NotEmulated),
        optional("ord:homeCurrency", G(&ITEM_AMOUNTS)),
        optional("ord:foreignCurrency", NotEmulated),
        optional("ord:note", Text(90)),
        optional("ord:code", Text(64)),
        optional("ord:stockItem", G(&STOCK)),
    ],
};

/// `type.xsd`, `typeCurrencyHomeItem`.
const ITEM_AMOUNTS: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        optional("typ:unitPrice", Number),
        optional("typ:price", Number),
        optional("typ:priceVAT", Number),
        optional("typ:priceSum", Number),
    ],
};

/// `type.xsd`, `stockItemType`.
const STOCK: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        optional("typ:store", NotEmulated),
        required("typ:stockItem", G(&STOCK_REFERENCE)),
    ],
};

const STOCK_REFERENCE: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        optional("typ:id", Id),
        optional("typ:ids", Text(64)),
        optional("typ:EAN", NotEmulated),
        optional("typ:PLU", NotEmulated),
    ],
};
