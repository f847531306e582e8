"""The independent library `pohoda` against the emulator of POHODA's mServer.

The library makes the documents: lists of orders, invoices of orders. Another author thus reads the same
schemas as the plugin. It does not send them, so that `requests` does, and `lxml` reads the answers.
"""

import base64
import json
import pathlib
import sys
import tempfile
import unittest
import urllib.request

import requests
from lxml import etree
from pohoda import Pohoda

EMULATOR = json.loads(sys.argv.pop())["pohoda"]
NAMES = {
    prefix: f"http://www.stormware.cz/schema/version_2/{file}.xsd"
    for prefix, file in {
        "rsp": "response",
        "rdc": "documentresponse",
        "lst": "list",
        "ord": "order",
        "inv": "invoice",
        "typ": "type",
    }.items()
}


def control(method, path, body=None):
    request = urllib.request.Request(
        EMULATOR["control"] + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        text = answer.read()
    return json.loads(text) if text else None


class MServer(unittest.TestCase):
    def setUp(self):
        control("POST", "/reset")
        self.broken = set()
        settings = control("GET", "/state")["settings"]
        login = f"{settings['user']}:{settings['password']}".encode()
        self.headers = {
            "STW-Authorization": "Basic " + base64.b64encode(login).decode(),
            "STW-Application": "tests",
            "Content-Type": "text/xml",
        }
        self.ico = settings["ico"]

    def tearDown(self):
        self.assertEqual({it["rule"] for it in control("GET", "/violations")}, self.broken)

    def send(self, agenda, item="1", encoding="windows-1250", **headers):
        """Sends a document of the library; gives the item of the answer and its state."""
        pohoda = Pohoda.Pohoda(self.ico, "pack-" + item, note="tests", encoding=encoding)
        pohoda.add_item(item, agenda(pohoda))
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "request.xml")
            pohoda.write(str(file), pretty_print=False)
            document = file.read_bytes()
        # What Python's libraries write, with single quotes.
        self.assertTrue(document.startswith(b"<?xml version='1.0' encoding='"), document[:60])
        answer = requests.post(
            EMULATOR["address"] + "/xml",
            data=document,
            headers={**self.headers, **headers},
            timeout=20,
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        pack = etree.fromstring(answer.content)
        self.assertEqual((pack.get("state"), pack.get("id")), ("ok", "pack-" + item))
        [found] = pack.findall("rsp:responsePackItem", NAMES)
        self.assertEqual(found.get("id"), item)
        return found

    @staticmethod
    def orders(**conditions):
        def agenda(pohoda):
            request = pohoda.create("ListRequest", {"type": "Order"})
            return request.add_filter(conditions) if conditions else request

        return agenda

    def numbers(self, item):
        path = ".//ord:orderHeader/ord:number/typ:numberRequested"
        return [number.text for number in item.findall(path, NAMES)]

    def test_all_orders_are_listed(self):
        item = self.send(self.orders())
        self.assertEqual(item.get("state"), "ok")
        self.assertIn("26OP00042", self.numbers(item))

    def test_changed_orders_are_listed(self):
        item = self.send(self.orders(lastChanges="2027-01-01T00:00:00"))
        self.assertEqual((item.get("state"), self.numbers(item)), ("ok", []))

    def test_letters_come_back_as_they_are(self):
        names = self.send(self.orders()).findall(".//ord:partnerIdentity//typ:name", NAMES)
        text = "".join(name.text or "" for name in names)
        self.assertNotIn("?", text)
        self.assertTrue(any(ord(letter) > 127 for letter in text))

    def test_utf_8_and_application_xml_are_answered_and_noted(self):
        self.broken = {"encoding", "content-type"}
        item = self.send(self.orders(), encoding="utf-8", **{"Content-Type": "application/xml"})
        self.assertEqual(item.get("state"), "ok")

    @staticmethod
    def invoice_of(number):
        def agenda(pohoda):
            invoice = pohoda.create(
                "Invoice",
                {
                    "invoiceType": "issuedInvoice",
                    "date": "2026-03-02",
                    "partnerIdentity": {"address": {"name": "Jana Ukázková", "city": "Brno"}},
                },
            )
            xml = invoice.get_xml()
            # The schema wants the links first; the library writes them behind the header.
            invoice_name, typ = "{%s}" % NAMES["inv"], "{%s}" % NAMES["typ"]
            links = etree.Element(invoice_name + "links")
            link = etree.SubElement(links, typ + "link")
            etree.SubElement(link, typ + "sourceAgenda").text = "receivedOrder"
            document = etree.SubElement(link, typ + "sourceDocument")
            etree.SubElement(document, typ + "number").text = number
            xml.insert(0, links)
            invoice.get_xml = lambda: xml
            return invoice

        return agenda

    def test_an_invoice_that_names_its_partner_is_made_of_an_order(self):
        item = self.send(self.invoice_of("26OP00043"))
        self.assertEqual(item.get("state"), "ok", etree.tostring(item))
        self.assertIsNotNone(item.find(".//rdc:producedDetails/rdc:id", NAMES))

    def test_an_unknown_order_makes_no_invoice(self):
        item = self.send(self.invoice_of("26OP99999"))
        self.assertEqual(item.find("inv:invoiceResponse", NAMES).get("state"), "error")


if __name__ == "__main__":
    unittest.main()
