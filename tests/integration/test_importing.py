"""Importing tables: good rows become cases once, bad rows are named with line and reason, whatever happens in between."""

from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import func, select

from engine.defining.mapping import ImportMapping, read_mapping
from engine.ground.errors import Denied, Invalid, MakegoodError, NotFound, Unavailable
from engine.records.cases import CASE
from engine.usecases import importing
from engine.usecases.house import House
from engine.usecases.importing import Imported, import_cases, read_table
from tests.houses import as_
from tests.small import small_house

PROCEDURE = dedent("""\
    procedure: small
    number: "S-{serial:03}"
    calendar: office
    languages: [en]
    fields:
      who: {type: party}
      subject: {type: text, required: true, pattern: "[a-z]+"}
      loss: {type: money, currency: EUR}
    roles: {desk: {}, lab: {}, manager: {}, director: {}}
    opening: {by: desk}
    states:
      new: {actions: {close: {by: desk, to: done}}}
      done: {final: true}
    """)
MAPPING = "bundle: small\nkey: Id\ncustomer: {name: Name, email: Mail}\nfields: {subject: What, loss: Loss}\n"


@pytest.fixture
def house() -> House:
    return small_house(PROCEDURE)[0]


@pytest.fixture
def mapping(tmp_path: Path) -> ImportMapping:
    (tmp_path / "map.yaml").write_text(MAPPING)
    return read_mapping(tmp_path / "map.yaml")


def bring(house: House, mapping: ImportMapping, folder: Path, text: str | bytes, source: str = "s") -> Imported:
    path = folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return import_cases(house, read_table(path), mapping, as_("ann"), source=source)


def count(house: House) -> int:
    with house.store.reading() as conn:
        return conn.execute(select(func.count()).select_from(CASE)).scalar_one()


HEAD = "Id,Name,Mail,What,Loss\n"


def test_good_rows_are_kept_and_bad_ones_named(house: House, mapping: ImportMapping, tmp_path: Path) -> None:
    done = bring(house, mapping, tmp_path, HEAD + (
        "1,Rose,rose@x.example,kettle,12.50\n"
        "2,Rose,rose@x.example,KETTLE,\n"        # does not fit the pattern
        "\n"
        "3,Rose,not an address,kettle,\n"
        "4,Rose,rose@x.example,kettle\n"         # a cell is missing
        ",Rose,,kettle,\n"                       # no key
        "1,Rosa,,pot,\n"                         # the key of line 2 again
        '5,"two\nlines",,pot,1.234\n'            # too many decimals, after a row of two lines
        "6,,,kettle,\n"                          # nobody named: the party may be empty
    ))
    assert done.opened == ["S-001", "S-002"] and done.already == 0
    assert [line for line, _ in done.bad] == [3, 5, 6, 7, 8, 9]
    reasons = dict(done.bad)
    assert "subject" in reasons[3] and "email" in reasons[5] and "4 cells" in reasons[6] and "Id" in reasons[7] and "line 2" in reasons[8]
    assert count(house) == 2


def test_running_again_opens_what_is_missing_and_nothing_twice(house: House, mapping: ImportMapping, tmp_path: Path) -> None:
    rows = [f"{n},,,kettle,\n" for n in range(250)]
    first = bring(house, mapping, tmp_path, HEAD + "".join(rows[:120]))
    again = bring(house, mapping, tmp_path, HEAD + "".join(rows))
    assert (len(first.opened), len(again.opened), again.already, again.bad) == (120, 130, 120, [])
    other = bring(house, mapping, tmp_path, HEAD + rows[0], source="elsewhere")
    assert len(other.opened) == 1 and count(house) == 251


def test_an_import_that_dies_is_taken_up_where_it_was(house: House, mapping: ImportMapping, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(HEAD + "".join(f"{n},,,kettle,\n" for n in range(250)))

    def dies(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_cases(house, read_table(path), mapping, as_("ann"), source="s", progress=dies)
    assert count(house) == importing.BATCH
    done = import_cases(house, read_table(path), mapping, as_("ann"), source="s")
    assert (len(done.opened), done.already) == (150, 100)
    with house.store.reading() as conn:
        numbers = list(conn.execute(select(CASE.c.number).order_by(CASE.c.id)).scalars())
    assert numbers == [f"S-{n:03}" for n in range(1, 251)]       # refused and interrupted rows leave no gap


@pytest.mark.parametrize("content", [
    HEAD.encode() + "1,Zoë,,kettle,\n".encode(), b"\xef\xbb\xbf" + HEAD.encode() + "1,Zoë,,kettle,\n".encode(),
    HEAD.encode() + "1,王小明,,kettle,\n".encode("gb18030"), HEAD.replace(",", ";").encode() + b"1;Zoe;;kettle;\n",
    HEAD.replace(",", "\t").encode() + b"1\tZoe\t\tkettle\t\n", (HEAD + "1,Zoe,,kettle,\n").replace("\n", "\r\n").encode(),
], ids=["utf-8", "bom", "gb18030", "semicolons", "tabs", "windows"])
def test_tables_come_in_many_forms(house: House, mapping: ImportMapping, tmp_path: Path, content: bytes) -> None:
    assert bring(house, mapping, tmp_path, content).opened == ["S-001"]


@pytest.mark.parametrize(("content", "error"), [(b"", Invalid), (b"a,a\n1,2\n", Invalid), (b"a\xff\xfe\x80", Invalid)])
def test_a_table_that_is_none_is_refused(tmp_path: Path, content: bytes, error: type[MakegoodError]) -> None:
    (tmp_path / "table.csv").write_bytes(content)
    with pytest.raises(error):
        read_table(tmp_path / "table.csv")
    with pytest.raises(Unavailable):
        read_table(tmp_path / "nowhere.csv")


def test_whoever_may_not_open_imports_nothing(house: House, mapping: ImportMapping, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(HEAD + "1,,,kettle,\n")
    with pytest.raises(Denied):
        import_cases(house, read_table(tmp_path / "table.csv"), mapping, as_("eve"), source="s")
    assert count(house) == 0


def test_an_unknown_bundle_is_named(house: House, mapping: ImportMapping, tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(MAPPING.replace("small", "smal"))
    with pytest.raises(NotFound, match="smal"):
        bring(house, read_mapping(tmp_path / "map.yaml"), tmp_path, HEAD)
