"""A screen is added by one file and one line, as `docs/ussd/engine.md` has them."""

import re
from dataclasses import replace
from types import ModuleType, SimpleNamespace

import pytest

from tests.architecture import tree
from tests.ussd.phone import Phone
from ussd.engine.application import Application, Item
from ussd.gateways import views
from ussd.menu import APPLICATION, MEMBER, TREE
from workers.identity import services as identity

DOCUMENT = tree.ROOT / "docs" / "ussd" / "engine.md"
ADVICE = "CON Never tell anyone your PIN.\n0. Back"


def documented() -> Application:
    """Return the application with the screen of the document, its file and line as they stand."""
    file, line = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)[:2]
    module = ModuleType("ussd.screens.tip")
    exec(compile(file, "ussd/screens/tip.py", "exec"), module.__dict__)  # noqa: S102 - our own document
    names = {"Item": Item, "MEMBER": MEMBER, "_": str, "tip": SimpleNamespace(FLOW=module.FLOW)}
    entry = line.partition("\n")[2].strip()  # below the comment that says where it goes
    item = eval(entry, names)  # noqa: S307 - our own document
    return replace(APPLICATION, tree=(*TREE, item))


@pytest.mark.django_db
def test_the_documents_file_and_line_are_all_it_takes(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "APPLICATION", documented())
    identity.create_account(phone.number, channel="test")
    assert "13. Tip" in phone.dial()
    assert phone.enter("13") == ADVICE
    assert phone.enter("7") == ADVICE.replace("CON ", "CON Wrong choice. Try again.\n")
    assert "1. Balance" in phone.enter("0")
    phone.enter("13")
    phone.lose_session()
    assert phone.enter("9") == ADVICE.replace("CON ", "CON Wrong choice. Try again.\n")


def test_the_engine_needs_nothing_of_ours_but_what_the_document_names() -> None:
    named = set(re.findall(r"`(\w+)`", DOCUMENT.read_text().rpartition("`nannychain` alone:")[2]))
    storeys = r"^from (nannychain|wallets|workers|payments)\b\.?(\w*).* import (.+)$"
    imports = re.compile(storeys, re.MULTILINE)
    used: set[str] = set()
    for path in (tree.ROOT / "ussd" / "engine").glob("*.py"):
        for storey, package, names in imports.findall(path.read_text()):
            assert storey == "nannychain", path
            used |= {package} if package else {name.strip() for name in names.split(",")}
    assert used == named
