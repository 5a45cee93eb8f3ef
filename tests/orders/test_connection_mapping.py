"""An import without a mapping uses the one of its connection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.bootstrap import CompanyWish
from core.bootstrap import initialise
from core.config import ROOT
from core.config import Config
from core.demo import loading
from core.errors import InputError
from core.kernel.companies import find_company
from core.kernel.connecting import connect
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import connection_by_id
from core.kernel.kernel import Kernel
from core.orders.importing import import_order_file

FOLDER = Path(loading.__file__).parent


@pytest.fixture
def kernel(database_url: str, tmp_path: Path) -> Iterator[Kernel]:
    config = Config(tmp_path, database_url, (ROOT / "addons",))
    initialise(config, CompanyWish("Shop", "GB"))
    kernel = Kernel.boot(config)
    yield kernel
    kernel.db.dispose()


def till(kernel: Kernel, label: str, **settings: str) -> ConnectionInfo:
    with kernel.db.read() as session:
        company_id = find_company(session).id
    return connect(kernel, "file_channel", label, settings, company_id=company_id)


def test_the_mapping_of_the_connection_is_used(kernel: Kernel) -> None:
    plain = till(kernel, "Plain")
    mapped = till(kernel, "Mapped", mapping=str(FOLDER / "mapping.toml"))

    with pytest.raises(InputError, match="No bundled mapping fits"):
        import_order_file(kernel, plain, FOLDER / "orders.csv")
    result = import_order_file(kernel, mapped, FOLDER / "orders.csv")

    assert result.received == len((FOLDER / "orders.csv").read_text().splitlines()) - 1
    with kernel.db.read() as session:
        after = [
            connection_by_id(session, each.id, company_id=each.company_id).last_ok_at
            for each in (plain, mapped)
        ]
    assert after[0] is None
    assert after[1] is not None


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("no_such", "cannot be read"),
        ("../secret.toml", "Give the name of a bundled mapping"),
        ("/etc/passwd", "Give the name of a bundled mapping"),
    ],
)
def test_a_mapping_that_is_none_is_refused(kernel: Kernel, mapping: str, said: str) -> None:
    with pytest.raises(InputError, match=f"setting mapping: .*{said}"):
        till(kernel, "Till", mapping=mapping)


def test_a_bundled_mapping_is_called_by_its_name(kernel: Kernel) -> None:
    assert till(kernel, "Till", mapping="online_retail").settings == {"mapping": "online_retail"}
