"""Scripts that a page carries, and the digest by which alone a browser runs them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any


def inline_script(paths: Sequence[Path]) -> dict[str, Any]:
    """Give the text of some scripts as one, and the digest that the page's security policy names.

    Any other script, as in a title that somebody wrote, stays unrun.
    """
    from markupsafe import Markup

    text = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    digest = base64.b64encode(sha256(text.encode()).digest()).decode()
    return {"script": Markup(text), "script_digest": f"sha256-{digest}"}


def viewer_script() -> dict[str, Any]:
    """Give what turns spaces and shows chosen neurons."""
    folder = Path(__file__).parent / "viewers"
    return inline_script([folder / name for name in ("shared.js", "space.js", "neurons.js")])
