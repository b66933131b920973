"""Files that are read again before they are used."""

from __future__ import annotations

from pathlib import Path

from ctdspec.store.manifest import content_digest


class Reread:
    """Digests of what is there now. A file of several names, as points of a sweep share it, is read once."""

    def __init__(self) -> None:
        self._digests: dict[tuple[int, int, int, int], str] = {}

    def digest(self, path: Path) -> str:
        """Give the digest of a file or of the truth's folder; see `content_digest`."""
        if path.is_dir():
            return content_digest(path)
        about = path.stat()
        file = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns)
        if file not in self._digests:
            self._digests[file] = content_digest(path)
        return self._digests[file]
