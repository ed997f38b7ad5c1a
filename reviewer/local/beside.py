"""What lies beside a configuration file on disk: the other files that its repository's owner lays down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.errors import UserError
from reviewer.core.owned import CONFIG_PATH, FOLDERS, SINGLE_PATHS
from reviewer.core.readable import decode
from reviewer.core.repository_config import CONFIG_BYTES_MAX

if TYPE_CHECKING:
    from pathlib import Path


def files_beside(config: Path) -> dict[str, str | UserError]:
    """The owner's files by path, without the configuration: the text, or why one cannot be read.

    Empty when the file does not lie in a folder `.github`: then it is no repository's yet.
    """
    github = config.absolute().parent
    if github.name != ".github":
        return {}
    top = github.parent
    paths = [path for path in SINGLE_PATHS if path != CONFIG_PATH and (top / path).is_file()]
    for folder in FOLDERS:
        there = top / folder.path
        names = (item.name for item in there.iterdir() if item.is_file()) if there.is_dir() else ()
        paths += [f"{folder.path}/{name}" for name in folder.wanted(names)]
    return {path: _text(top, path) for path in paths}


def _text(top: Path, path: str) -> str | UserError:
    try:
        with (top / path).open("rb") as file:
            text, reason = decode(file.read(CONFIG_BYTES_MAX + 1), CONFIG_BYTES_MAX)
    except OSError as error:
        text, reason = None, (error.strerror or "not readable").lower()
    return text if text is not None else UserError(f"{path} cannot be read: it is {reason}.")
