"""What schemathesis sends for our scalars: good values, near misses and attacks.

It runs in an environment of its own, without the program; ids that exist come in LEADLIGHT_IDS.
"""

import os

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

ATTACKS = [
    "", " ", "0", "-1", "null", "NaN", "1e999", "\u0000", "\u202eabc", "é" * 300, "x" * 5_000, "☃",
    "' OR 1=1 --", "'; DROP TABLE lead; --", '"}) { __typename }', "%", "_", "\\", "${7*7}",
    "{{7*7}}",
    "<script>alert(1)</script>", '<img src=x onerror="alert(1)">', "javascript:alert(1)",
    "../../etc/passwd", "http://169.254.169.254/", "a@b.example\r\nBcc: c@d.example", "=1+1",
    "Europe/Berlin'; SELECT 1; --", "9" * 400, "２０２６-０１-０１",
]  # fmt: skip
GOOD = {
    "Color": ["#1F6FEB"],
    "CurrencyCode": ["EUR"],
    "Cursor": ["AAAAAAAAAAAAAAAAAAAAAA"],
    "Date": ["2026-03-01", "0001-01-01", "9999-12-31", "2026-02-30"],
    "DateTime": [
        "2026-03-01T09:30:00.000000Z",
        "2026-03-01T09:30:00+14:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999999-12:00",
    ],
    "Decimal": ["12.50", "-999999999999.999999", "1000000000000", "0.0000001"],
    "EmailAddress": ["ann@team.example", "ann@bücher.example", "анна@team.example"],
    "HTML": ["<p>Hello <strong>there</strong></p>"],
    "IdempotencyKey": [f"key-{number}" for number in range(20)],
    "LanguageTag": ["de-AT"],
    "PhoneNumber": ["+4930123456", "030 123456"],
    "TimeZone": ["Europe/Berlin", "localtime", "posixrules", "../UTC"],
    "URL": ["https://shop.example/lamps", "http://127.0.0.1", "https://user:x@shop.example"],
    "Version": ["AAAAAAAAAAAAAAAAAAAAAA"],
    "ID": os.environ.get("LEADLIGHT_IDS", "").split(),
}

for name, values in GOOD.items():
    known = st.sampled_from(values) if values else st.nothing()
    anything = st.sampled_from(ATTACKS) | st.text(max_size=40)
    schemathesis.graphql.scalar(name, (known | known | known | anything).map(nodes.String))
