//! Portuguese, of Portugal and of Brazil: in Portugal `encomenda` is an order, in Brazil a
//! parcel.

use super::{Mark, Words};

pub(super) const PORTUGAL: Words = Words {
    yes: "sim, s, ss, claro, claro que sim, com certeza, certo, exato, exatamente, correto, isso, isso mesmo, é isso, é, pois, \
          pois é, pois claro, está bem, tá bem, pode ser, concordo, confirmo",
    no: "não, n, nn, no, não não, nada disso, não é isso, errado, incorreto, nunca, de modo nenhum, não quero, dispenso, \
         não obrigado, não obrigada",
    unclear: "pois não, pois sim, de nada, se calhar, talvez",
    fillers: "por favor, pf, pfv, quero, queria, posso, olá, oi, bom dia, boa tarde",
    thanks: "obrigado, obrigada, muito obrigado, muito obrigada, obg",
    order: "encomenda, encomendas, compra",
    other: "fatur*, factur*, ft, recibo*, envio, volume, objeto, guia, seguimento, cliente, postal, nif, telefone*, \
            telemóvel, telemovel",
    number: "n.º, nº, n°, n, num, núm, número, ref, ref.ª, referência, código",
    between: "é, da, de, do, a, o, tel",
    at: "arroba",
    dot: "ponto",
    dash: "hífen, traço",
    underscore: "underscore, traço baixo",
    domains: "sapo.pt, iol.pt, clix.pt, netcabo.pt, mail.telepac.pt, live.com.pt, outlook.pt, portugalmail.pt",
    misspelt: "sapo.tp sapo.p spao.pt sap.pt > sapo.pt; netcado.pt > netcabo.pt; outlok.pt > outlook.pt; gmail.pt > gmail.com",
    months: [
        "janeiro, jan",
        "fevereiro, fev",
        "março, mar",
        "abril, abr",
        "maio, mai",
        "junho, jun",
        "julho, jul",
        "agosto, ago",
        "setembro, set",
        "outubro, out",
        "novembro, nov",
        "dezembro, dez",
    ],
    months_have_cases: false,
    date_form: "{d} de {m} de {y}",
    two_months: &[],
    weekdays: [
        "segunda-feira, segunda, seg, 2.ª, 2ª",
        "terça-feira, terça, ter, 3.ª, 3ª",
        "quarta-feira, quarta, qua, 4.ª, 4ª",
        "quinta-feira, quinta, qui, 5.ª, 5ª",
        "sexta-feira, sexta, sex, 6.ª, 6ª",
        "sábado, sáb",
        "domingo, dom",
    ],
    short_weekdays: ["seg.", "ter.", "qua.", "qui.", "sex.", "sáb.", "dom."],
    ordinal: |_| "º",
    days: [
        "anteontem, antes de ontem",
        "ontem",
        "hoje",
        "amanhã",
        "depois de amanhã",
    ],
    ago_before: "há, faz",
    ago_after: "dias, dia, dias atrás, dia atrás",
    around_dates: "em, no, na, dia, de, desde, foi, a",
    counts: [
        "um, uma",
        "dois, duas",
        "três",
        "quatro",
        "cinco",
        "seis",
        "sete",
        "oito",
        "nove",
        "dez",
    ],
    units: "un, uni, unid, unidade, unidades, peça, peças, pç, pçs, cx, par, pares",
    thousand: "mil",
    comma: Mark::Fraction,
    point: Mark::Groups,
};

pub(super) const BRAZIL: Words = Words {
    yes: "sim, s, ss, aham, uhum, claro, com certeza, certo, certinho, isso, isso aí, isso mesmo, exato, é, é isso, positivo, \
          tá, tá bom, tá certo, beleza, blz, pode, pode ser, quero, confirmo, bora, fechou",
    no: "não, n, nn, no, num, nem, negativo, errado, tá errado, não é isso, nunca, jamais, não quero, deixa, não obrigado, \
         não obrigada, obrigado, obrigada",
    unclear: "pois não, imagina, de nada, sei lá, talvez",
    thanks: "obrigado, obrigada, valeu, obg, brigado, brigada, vlw",
    order: "pedido, pedidos, compra, compras",
    other: "nota, fiscal, nf, nf-e, boleto*, encomenda*, pacote*, objeto*, rastreio, rastreamento, cliente, protocolo, cpf, \
            cnpj, cep, telefone*, celular, cel",
    underscore: "underline, underscore",
    domains: "uol.com.br, bol.com.br, terra.com.br, ig.com.br, globo.com, globomail.com, yahoo.com.br, outlook.com.br, \
              hotmail.com.br, r7.com, oi.com.br, zipmail.com.br",
    misspelt: "uol.con.br uol.com.b uol.combr > uol.com.br; yahoo.com.b yaho.com.br > yahoo.com.br; tera.com.br > terra.com.br; \
               gmail.com.br > gmail.com",
    ..PORTUGAL
};
