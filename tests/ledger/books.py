"""The books of a small seller, filled through the real imports; every figure is easy to check."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from core.config import ROOT
from core.config import Config
from core.ids import next_id
from core.kernel import lifecycle
from core.kernel.companies import CompanyInfo
from core.kernel.companies import create_company
from core.kernel.connections import create_connection
from core.kernel.connections import get_connection
from core.kernel.kernel import Kernel
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.orders.importing import import_order_file
from core.setup import prepare_company
from core.stock.importing import import_stock_file

ADDONS = ("file_channel", "own_warehouse", "profit_report", "tax_uk")

STOCK = """\
sku,warehouse,quantity,unit_cost,currency,received_on
MUG,MAIN,10,2.00,GBP,2026-01-01
MUG,MAIN,10,3.00,GBP,2026-01-02
PEN,MAIN,5,1.50,GBP,2026-01-01
"""

HEADER = "Document,Date,Code,Title,Quantity,Price,Buyer,Country\n"

# Of the mugs O-1 takes 4 at 2.00, O-2 takes 6 at 2.00 and 2 at 3.00, CN-1 puts one back at 2.00,
# W-2 finds 2 at the last cost of 3.00, and O-4 takes one at 2.00 and one at 3.00. O-4 was sold
# on the last day of March in UTC, but on the first of April in London.
FIRST = f"""{HEADER}\
O-1,2026-01-10 12:00,MUG,Blue mug,4,10.00,B1,GB
O-1,2026-01-10 12:00,POSTAGE,Postage,1,5.00,B1,GB
O-1,2026-01-10 12:00,DISCOUNT,Voucher,1,-3.00,B1,GB
O-2,2026-01-20 09:00,MUG,Blue mug,8,10.00,B2,DE
O-2,2026-01-20 09:00,PEN,Red pen,2,4.00,B2,DE
O-3,2026-02-05 15:00,PEN,Red pen,1,4.50,B3,FR
O-3,2026-02-05 15:00,SAMPLE,Sample,1,-2.00,B3,FR
CN-1,2026-02-10 10:00,MUG,Blue mug,-1,10.00,B1,GB
F-1,2026-02-15 00:00,FEE,Commission,1,-7.77,,GB
F-1,2026-02-15 00:00,BANK,Bank charge,1,-1.11,,GB
F-1,2026-02-15 00:00,PACK,Picking,1,-2.22,,GB
F-1,2026-02-15 00:00,SOFTWARE,Software,1,-3.33,,GB
W-1,2026-02-20 08:00,PEN,Broken,-1,0.00,,GB
W-2,2026-03-03 08:00,MUG,Found,2,0.00,,GB
O-4,2026-03-31 23:30 +0000,MUG,Blue mug,2,12.00,B4,GB
O-4,2026-03-31 23:30 +0000,GIFT,Gift wrap,1,1.50,B4,GB
"""

SECOND = f"{HEADER}S-1,2026-03-15 12:00,PEN,Red pen,1,5.00,B9,GB\n"

ORDERS = {"First": FIRST, "Second": SECOND}

MAPPING = """\
name = "books"

[columns]
document = "Document"
date = "Date"
code = "Code"
title = "Title"
quantity = "Quantity"
price = "Price"
customer = "Buyer"
country = "Country"

[dates]
formats = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M %z"]

[prices]
tax = "excluded"
currency = "GBP"

[shop]
marketplace = "web"
timezone = "Europe/London"

[options]
create_skus = true
shipped = true
"""

RULES = (
    'kind = "postage"\ncodes = ["POSTAGE"]',
    'kind = "discount"\ncodes = ["DISCOUNT"]',
    'kind = "sample"\ncodes = ["SAMPLE"]',
    'kind = "adjustment"\ncodes = ["GIFT"]',
    'kind = "fee"\naccount = "6000"\ncodes = ["FEE"]',
    'kind = "fee"\naccount = "9040"\ncodes = ["BANK"]',
    'kind = "fee"\naccount = "6120"\ncodes = ["PACK"]',
    'kind = "fee"\naccount = "8110"\ncodes = ["SOFTWARE"]',
    'kind = "return"\ndocument_prefix = "CN-"',
    'kind = "write_off"\nquantity = "negative"',
    'kind = "stock_gain"\nprice = "zero"\ncustomer = "absent"',
    'kind = "sale"',
)


def boot(database_url: str, folder: Path, *more_addons: Path) -> Kernel:
    """Return a kernel in which the addons that the books need are enabled."""
    kernel = Kernel.boot(Config(folder, database_url, (ROOT / "addons", *more_addons)))
    for name in ADDONS:
        lifecycle.install(kernel, name)
        lifecycle.enable(kernel, name)
    return kernel


def fill(kernel: Kernel, folder: Path) -> CompanyInfo:
    """Make a company and import its stock and its orders; its rent concerns no order."""
    with kernel.db.write() as session:
        company = create_company(
            session, "Books", country="GB", currency="GBP", timezone="Europe/London"
        )
        prepare_company(session, company)
    received = import_stock_file(kernel, company.id, write(folder / "stock.csv", STOCK))
    assert received.quarantined == 0
    for label in ORDERS:
        with kernel.db.write() as session:
            create_connection(session, "file_channel", label, {}, company_id=company.id)
        import_orders(kernel, company, label, folder)
    pay_rent(kernel, company, date(2026, 2, 28), 100_00)
    return company


def import_orders(kernel: Kernel, company: CompanyInfo, label: str, folder: Path) -> None:
    """Import the file of a connection."""
    rules = "".join(f"\n[[rule]]\n{rule}\n" for rule in RULES)
    mapping = write(folder / "mapping.toml", MAPPING + rules)
    file = write(folder / f"{label}.csv", ORDERS[label])
    with kernel.db.read() as session:
        connection = get_connection(session, label, company_id=company.id)
    assert import_order_file(kernel, connection, file, mapping=mapping).quarantine == []


def pay_rent(kernel: Kernel, company: CompanyInfo, day: date, amount: int) -> None:
    """Book an expense without any dimension."""
    with kernel.db.write() as session:
        journal = Journal(session, company.id, company.currency)
        entry = journal.entry(next_id(session), f"rent:{day}", "charge", day, narration="Rent")
        entry.add("8120", amount, Dimensions())
        entry.add("1000", -amount, Dimensions())
        journal.post()


def write(path: Path, content: str) -> Path:
    """Write a file and return its path."""
    path.write_text(content, encoding="utf-8")
    return path
