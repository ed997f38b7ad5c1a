"""What people and owners do on GitHub while the reviewer works: open, push, close, comment, rename, uninstall."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.standin.gitstore import GitFile, GitStore
from tests.standin.state import (
    Account,
    Installation,
    IssueComment,
    Pull,
    Repository,
    Review,
    ReviewComment,
    World,
    thread_reply,
)

Files = Mapping[str, str | bytes | GitFile]
"""A whole tree: path → content. Text may hold surrogate escapes for bytes that are no UTF-8, paths too."""


class People:
    """Everybody but the reviewer. Nothing done here sends a webhook; `tests.deliveries` makes those."""

    world: World

    def add_repository(
        self,
        full_name: str = "octo/shop",
        files: Files | None = None,
        *,
        private: bool = True,
        collaborators: Mapping[str, str] | None = None,
        owner_type: str = "Organization",
        installed: bool = True,
    ) -> Repository:
        """A repository whose default branch holds `files`, with the App installed on its owner's account.

        `collaborators` is login → role (admin, maintain, write, triage, read).
        """
        owner_name, _, name = full_name.partition("/")
        with self.world.lock:
            owner = self.world.account(owner_name, owner_type)
            number = next(self.world.small_ids)
            git = GitStore(self.world.folder / f"{number}.git")
            record = Repository(number, owner, name, private, git)
            git.set_ref("refs/heads/main", git.commit(files or {"README.md": f"# {name}\n"}))
            self.world.repositories[number] = record
            for login, role in (collaborators or {}).items():
                self.world.account(login)
                record.collaborators[login.lower()] = role
            if installed:
                self.installation(owner).repositories.add(number)
            return record

    def installation(self, owner: Account) -> Installation:
        """The App's installation on an account, made when there is none."""
        for known in self.world.installations.values():
            if known.account.id == owner.id:
                return known
        made = Installation(next(self.world.small_ids), owner)
        self.world.installations[made.id] = made
        return made

    def open_pull(
        self,
        repository: Repository | str = "octo/shop",
        *,
        head_files: Files,
        base_files: Files | None = None,
        title: str = "Change the shop",
        body: str | None = "What it says.",
        author: str = "mona",
        draft: bool = False,
        fork: bool = False,
        base_ref: str | None = None,
        head_ref: str = "change",
    ) -> Pull:
        """A pull request; both trees are whole, so a path that only `base_files` has is a deletion.

        Without `base_files` the base branch stays as it is. A name for a repository makes it when it is new.
        """
        with self.world.lock:
            record = self._record(repository)
            base_ref = base_ref or record.default_branch
            if base_files is not None:
                tip = record.git.branch(base_ref) or record.git.branch(record.default_branch)
                record.git.set_ref(f"refs/heads/{base_ref}", record.git.commit(base_files, (tip,) if tip else ()))
            base = record.git.branch(base_ref)
            if base is None:
                raise ValueError(f"{record.full_name} has no branch {base_ref}")
            head = record.git.commit(head_files, (base,), title)
            return self._pull(
                record, base_ref, head, title, body, author=author, draft=draft, fork=fork, head_ref=head_ref
            )

    def import_pull(
        self, repository: Repository | str, source: Path, base: str, head: str, *, title: str = "A real change"
    ) -> Pull:
        """A pull request with the commits of a real repository on this machine (its objects are borrowed)."""
        with self.world.lock:
            record = self._record(repository)
            record.git.set_ref(f"refs/heads/{record.default_branch}", record.git.fetch(source, base))
            sha = record.git.fetch(source, head)
            return self._pull(record, record.default_branch, sha, title, "Imported.")

    def _record(self, repository: Repository | str) -> Repository:
        if isinstance(repository, Repository):
            return repository
        return self.world.repository(repository) or self.add_repository(repository)

    def _pull(
        self,
        record: Repository,
        base_ref: str,
        head: str,
        title: str,
        body: str | None,
        *,
        author: str = "mona",
        draft: bool = False,
        fork: bool = False,
        head_ref: str = "change",
    ) -> Pull:
        now, number = self.world.now(), len(record.pulls) + 1
        person = self.world.account(author)
        base = record.git.branch(base_ref) or ""
        pull = Pull(
            id=next(self.world.ids),
            repository=record.id,
            number=number,
            title=title,
            body=body,
            author=person,
            draft=draft,
            base_ref=base_ref,
            base_sha=base,
            head_ref=head_ref,
            head_sha=head,
            head_login=author if fork else record.owner.login,
            head_repository=next(self.world.small_ids) if fork else record.id,
            created=now,
            updated=now,
            heads=[head],
        )
        record.pulls[number] = pull
        self._set_head(record, pull)
        return pull

    def push(self, pull: Pull, head_files: Files, *, force: bool = False) -> str:
        """A new head, on top of the old one or (`force`) instead of it, from the base; returns its SHA."""
        with self.world.lock:
            record = self.repository_of(pull)
            parent = pull.base_sha if force else pull.head_sha
            pull.head_sha = record.git.commit(head_files, (parent,), "Push")
            pull.heads.append(pull.head_sha)
            pull.updated = self.world.now()
            pull.base_sha = record.git.branch(pull.base_ref) or pull.base_sha
            self._set_head(record, pull)
            return pull.head_sha

    def push_back(self, pull: Pull, sha: str) -> None:
        """The head is an earlier commit again, by force."""
        with self.world.lock:
            pull.head_sha, pull.updated = sha, self.world.now()
            pull.heads.append(sha)
            self._set_head(self.repository_of(pull), pull)

    def _set_head(self, record: Repository, pull: Pull) -> None:
        record.git.set_ref(f"refs/pull/{pull.number}/head", pull.head_sha)
        if pull.head_repository == record.id:
            record.git.set_ref(f"refs/heads/{pull.head_ref}", pull.head_sha)

    def commit_to_base(self, repository: Repository, files: Files, *, branch: str | None = None) -> str:
        """A commit on a branch (the default one), as when the owner changes the configuration; returns its SHA."""
        with self.world.lock:
            name = branch or repository.default_branch
            tip = repository.git.branch(name)
            sha = repository.git.commit(files, (tip,) if tip else ())
            repository.git.set_ref(f"refs/heads/{name}", sha)
            return sha

    def retarget(self, pull: Pull, base_ref: str) -> None:
        """Another base branch: the whole diff changes without a push."""
        with self.world.lock:
            sha = self.repository_of(pull).git.branch(base_ref)
            if sha is None:
                raise ValueError(f"no branch {base_ref}")
            pull.base_ref, pull.base_sha = base_ref, sha

    def close(self, pull: Pull, *, merged: bool = False) -> None:
        """Close, or merge."""
        pull.state, pull.merged, pull.updated = "closed", merged, self.world.now()

    def reopen(self, pull: Pull) -> None:
        """Open again."""
        pull.state, pull.updated = "open", self.world.now()

    def mark_ready(self, pull: Pull) -> None:
        """A draft no more."""
        pull.draft, pull.updated = False, self.world.now()

    def delete_fork(self, pull: Pull) -> None:
        """The head's repository is gone; the head commit stays readable through the base repository."""
        pull.head_login = None

    def comment(self, pull: Pull, body: str, author: str = "mona", association: str = "MEMBER") -> IssueComment:
        """Somebody says something in the conversation."""
        with self.world.lock:
            now = self.world.now()
            person = self.world.account(author)
            made = IssueComment(next(self.world.ids), body, person, pull.number, now, now, association)
            self.repository_of(pull).issue_comments[made.id] = made
            return made

    def line_comment(self, pull: Pull, path: str, line: int, body: str, author: str = "mona") -> ReviewComment:
        """Somebody says something about a line of the diff."""
        with self.world.lock:
            now, person = self.world.now(), self.world.account(author)
            record = self.repository_of(pull)
            review = Review(next(self.world.ids), "", person, pull.number, pull.head_sha, "COMMENTED", now)
            record.reviews[review.id] = review
            made = ReviewComment(
                id=next(self.world.ids),
                body=body,
                author=person,
                pull=pull.number,
                review=review.id,
                commit=pull.head_sha,
                path=path,
                side="RIGHT",
                line=line,
                start_line=None,
                start_side=None,
                subject="line",
                hunk="@@",
                created=now,
                updated=now,
            )
            record.review_comments[made.id] = made
            return made

    def review_reply(self, pull: Pull, root: ReviewComment, body: str, author: str = "mona") -> ReviewComment:
        """Somebody answers a line comment."""
        with self.world.lock:
            return thread_reply(self.world, self.repository_of(pull), root, self.world.account(author), body)

    def resolve(self, root: ReviewComment, author: str = "mona", *, resolved: bool = True) -> None:
        """Somebody presses “Resolve conversation” (or “Unresolve”) on the thread that a comment began."""
        with self.world.lock:
            root.resolved = resolved
            root.resolved_by = self.world.account(author) if resolved else None

    def rename(self, repository: Repository, full_name: str) -> None:
        """Rename or transfer; the old name redirects from now on."""
        with self.world.lock:
            repository.former_names.append(repository.full_name)
            owner, _, name = full_name.partition("/")
            repository.owner, repository.name = self.world.account(owner, "Organization"), name

    def repository_of(self, pull: Pull) -> Repository:
        """The repository a pull request is in."""
        return self.world.repositories[pull.repository]
