"""The permission matrix as a table: for the page, and for the reference of the documentation."""

from __future__ import annotations

from dataclasses import dataclass

from core.config import ROOT
from core.identity.permissions import EVERYTHING
from core.identity.permissions import Permission
from core.identity.permissions import matrix

FILE = ROOT / "docs" / "reference" / "permissions.md"

HEAD = """# Roles and permissions

What each role may do. This page is made from `core/identity/roles.toml` by
`python -m core.identity.matrix`; how rights work is told in
[roles and permissions](../explanation/roles-and-permissions.md).

A permission marked ⌂ concerns the whole installation: only a role held in every company grants it.
"""


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A permission and the roles that grant it."""

    permission: Permission
    granted: tuple[bool, ...]


def matrix_rows() -> dict[str, list[MatrixRow]]:
    """Return the rows by area, in the order of the file."""
    table = matrix()
    areas: dict[str, list[MatrixRow]] = {}
    for permission in table.permissions.values():
        granted = tuple(
            EVERYTHING in role.grants or permission.name in role.grants
            for role in table.roles.values()
        )
        areas.setdefault(permission.area, []).append(MatrixRow(permission, granted))
    return areas


def page() -> str:
    """Return the reference page."""
    roles = list(matrix().roles.values())
    lines = [HEAD]
    lines += [f"- **{role.title}** (`{role.name}`): {role.summary}" for role in roles]
    for area, rows in matrix_rows().items():
        lines += ["", f"## {area}", ""]
        lines.append("| permission | " + " | ".join(role.title for role in roles) + " |")
        lines.append("|---|" + "---|" * len(roles))
        for row in rows:
            mark = " ⌂" if row.permission.house else ""
            cells = " | ".join("●" if granted else "" for granted in row.granted)
            name = f"`{row.permission.name}`{mark} {row.permission.title}"
            lines.append(f"| {name} | {cells} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
