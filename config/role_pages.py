"""The page about roles, drawn from `config.roles`. `manage.py flows` writes it."""

from django.conf import settings

from config.approvals import KINDS
from config.roles import GRANTS, Role

PATH = settings.BASE_DIR / "docs" / "roles.md"
_HEAD = """# Who may do what

Drawn from `config/roles.py` and `config/approvals.py` by `make flows`. Change the tables, not this
page.

Staff sign in to the admin with phone, password and a code. Each role is a group; one person may
have several. `manage.py migrate` writes the groups as the table says. What stands in no line, only
a superuser may, and even a superuser decides about nobody's request but another's.
"""


def page() -> str:
    """Return the page."""
    names = [role.value for role in Role]
    rows = [
        [
            f"`{grant.permission}`",
            grant.what,
            *("yes" if role in grant.roles else "" for role in Role),
        ]
        for grant in GRANTS
    ]
    text = _HEAD + "\n" + _table(["permission", "to", *names], rows)
    if KINDS:
        asked = [
            [kind.words, f"`{kind.asking_permission}`", f"`{kind.permission}`"] for kind in KINDS
        ]
        text += "\n## What takes two people\n\n"
        text += _table(["what", "who asks has", "who decides has"], asked)
    return text


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"
