"""Write docs/settings.md from the settings themselves: `python -m scripts.settings_page`."""

from __future__ import annotations

from pathlib import Path

from store.settings import Settings

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
_HEAD = """# Settings

Environment variables, or lines of the file that `VIGIE_ENV_FILE` names. This page is written by
`python -m scripts.settings_page` from `store/settings.py`.

| variable | default | meaning |
|---|---|---|
"""


def page() -> str:
    """Return the page: one row a setting, with its default and its meaning."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, "") else f"`{field.default}`"
        rows.append(f"| `VIGIE_{name.upper()}` | {default} | {field.description or ''} |\n")
    return _HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
