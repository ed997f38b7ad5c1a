"""What a repository's owner lays down for its reviews, read at the default branch: alone, or beside the first texts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from reviewer.core.errors import TransientError, UserError
from reviewer.core.owned import FOLDERS, SINGLE_PATHS
from reviewer.core.readable import decode
from reviewer.core.repository_config import CONFIG_BYTES_MAX
from reviewer.github.answers import JSON, GraphAnswer, shaped
from reviewer.github.blob import Blob, is_content
from reviewer.github.failures import AbsentError, HttpRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewer.github.client import Repository


class _Object(BaseModel):
    oid: str


class _Branch(BaseModel):
    target: _Object | None = None


class _Entry(BaseModel):
    name: str
    type: str
    object: Blob | None = None


class _Listed(BaseModel):
    name: str
    type: str


class _Folder(BaseModel):
    entries: list[_Entry] | None = None


class _Account(BaseModel):
    type: str = ""


class _Listing(BaseModel):
    private: bool
    owner: _Account


class _Owner(BaseModel):
    typename: str = Field(alias="__typename")


@dataclass(frozen=True, slots=True)
class OwnerFiles:
    """What an owner laid down on the default branch.

    `files` holds the texts of SINGLE_PATHS and of FOLDERS that exist, or why one cannot be read. `sha` is the
    commit they were read at, "" where the host does not say. `private` is whether strangers cannot read the repository.
    `of_organisation` is whether its account is an organisation, not a person.
    """

    files: Mapping[str, str | UserError] = field(default_factory=dict)
    sha: str = ""
    private: bool = True
    of_organisation: bool = False


OWNED: Final = " ".join(
    [
        "isPrivate owner { __typename }",
        *(f'c{at}: object(expression: "HEAD:{path}") {{ oid ...text }}' for at, path in enumerate(SINGLE_PATHS)),
        *(
            f'd{at}: object(expression: "HEAD:{folder.path}")'
            " { ... on Tree { entries { name type object { oid ...text } } } }"
            for at, folder in enumerate(FOLDERS)
        ),
        "defaultBranchRef { target { oid } }",
    ]
)
"""Owner files at HEAD: of a repository on GitHub that is the default branch, whatever the pull request's base is."""

TEXT: Final = "fragment text on Blob { oid text isBinary byteSize }"
"""What OWNED needs besides."""

_QUERY: Final = (
    "query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { " + OWNED + " } } " + TEXT
)


async def read_owner_files(repository: Repository) -> OwnerFiles:
    """What the owner laid down, in one request.

    TransientError when a file is missing because of an error: that must not read as "there is none".
    """
    owner, _, name = repository.full_name.partition("/")
    try:
        answer = await repository.graphql(_QUERY, {"owner": owner, "name": name})
    except HttpRefusedError:  # a repository that is not there is not there by REST either, and that is an error
        return await owner_files_by_rest(repository)
    data = answer.data.get("repository")
    if not isinstance(data, dict):
        said = answer.errors[0].message if answer.errors else "it is not there"
        raise TransientError(f"GraphQL could not tell all of the repository: {said}")
    return owner_files_told(answer, data)


def owner_files_told(answer: GraphAnswer, data: Mapping[str, JSON]) -> OwnerFiles:
    """The same, by the fields OWNED of an answer; errors of blobs by id (`b0`, …) are for who asked for those."""
    for error in answer.errors:
        if not error.path.startswith("repository.b"):
            raise TransientError(f"GraphQL could not tell all of the repository: {error.message}")
    found: dict[str, str | UserError] = {}
    for at, path in enumerate(SINGLE_PATHS):
        if (value := data.get(f"c{at}")) is not None:
            found[path] = _proved(path, shaped(Blob, value, "GraphQL"))
    for at, folder in enumerate(FOLDERS):
        listed = shaped(_Folder, data.get(f"d{at}") or {}, "GraphQL")
        blobs = {entry.name: entry.object for entry in listed.entries or () if entry.type == "blob"}
        for name in folder.wanted(blobs):
            path, blob = f"{folder.path}/{name}", blobs[name]
            found[path] = UserError(f"{path} cannot be read.") if blob is None else _proved(path, blob)
    branch = data.get("defaultBranchRef")
    target = None if branch is None else shaped(_Branch, branch, "GraphQL").target
    account = shaped(_Owner, data.get("owner"), "GraphQL").typename
    is_private = data.get("isPrivate") is not False
    return OwnerFiles(found, "" if target is None else target.oid, is_private, account == _ORGANISATION)


async def owner_files_by_rest(repository: Repository) -> OwnerFiles:
    """The same files one by one, from a host that refuses GraphQL."""
    listing = (await repository.get("/repos/{owner}/{repo}")).into(_Listing)
    route = "/repos/{owner}/{repo}/contents/{path}"
    paths = list(SINGLE_PATHS)
    for folder in FOLDERS:
        with suppress(AbsentError, ValidationError):  # there is no such folder, or a file of that name
            listed = _LISTED.validate_json((await repository.get(route, path=folder.path)).body)
            names = folder.wanted(item.name for item in listed if item.type == "file")
            paths += [f"{folder.path}/{name}" for name in names]
    found: dict[str, str | UserError] = {}
    for path in paths:
        try:
            answer = await repository.get(route, accept="application/vnd.github.raw+json", path=path)
        except AbsentError:
            continue
        found[path] = _text(path, answer.body)
    return OwnerFiles(found, "", listing.private, listing.owner.type == _ORGANISATION)


def _proved(path: str, blob: Blob) -> str | UserError:
    text = (blob.text or "").encode("utf-8", "surrogatepass")
    if is_content(blob.oid, text):
        return _text(path, text)
    return UserError(f"{path} is not UTF-8 text of at most {CONFIG_BYTES_MAX // 1024} KB.")


def _text(path: str, data: bytes) -> str | UserError:
    text, reason = decode(data, CONFIG_BYTES_MAX)
    return text if text is not None else UserError(f"{path} cannot be read: it is {reason}.")


_ORGANISATION: Final = "Organization"
"""GitHub's word for it, as a type of GraphQL and as the `type` of an account of REST's."""

_LISTED: Final = TypeAdapter(list[_Listed])
