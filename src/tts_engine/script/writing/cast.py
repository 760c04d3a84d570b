"""The running cast of a text that is worked on in pieces: one person keeps one name from the first piece to the last.

Every piece is asked about with the cast so far; its answer may add people, other names for known ones, and say that two
are the same. A line may only name somebody of the cast.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..model import NARRATOR, UNKNOWN, Role
from .checks import DESCRIPTION_CHARACTERS, check_name, check_object, check_words, is_pronoun

#: Most roles and most other names of one.
MOST_ROLES, MOST_ALIASES = 120, 8

_GIVEN = (NARRATOR, UNKNOWN)
_NARRATORS = ("叙述者", "旁白者", "narrator", "Narrator")
_NOBODY = ("", "null", "none", "None", "无")


class Cast:
    """Who may speak.

    Args:
        roles: known at the beginning.
        is_open: whether the model may add more.
    """

    def __init__(self, roles: Iterable[Role] = (), *, is_open: bool = True) -> None:
        self.is_open = is_open
        self._roles = {NARRATOR: Role(NARRATOR)}
        self._names = dict.fromkeys((NARRATOR, *_NARRATORS), NARRATOR)
        if is_open:
            self._names[UNKNOWN] = UNKNOWN
        for role in roles:
            self._roles[role.name] = role
            self._names.update(dict.fromkeys((role.name, *role.aliases), role.name))

    def declare(self, item: Any) -> None:
        """Takes one entry of an answer's cast.

        Raises:
            ValueError: it cannot be used.
        """
        if not self.is_open:
            raise ValueError("no roles may be added")
        entry = check_object(item, ("name",), ("same_as", "aliases", "description"))
        name, same_as = check_name(entry["name"]), entry.get("same_as") or ""
        if self._names.get(name) in _GIVEN and same_as in (*_NOBODY, name):
            return
        if is_pronoun(name):
            raise ValueError("a pronoun cannot be the name of a role")
        description = entry.get("description") or ""
        if description:
            description = check_words(description, "description", DESCRIPTION_CHARACTERS)
        if same_as not in (*_NOBODY, name):
            self._add(check_name(same_as))
            self._join(name, check_name(same_as))
        self._add(name)
        known = self._names[name]
        self._add_aliases(known, entry.get("aliases") or [])
        if description and not self._roles[known].description:
            self._roles[known] = replace(self._roles[known], description=description)

    def find(self, value: Any) -> str:
        """The name of a role as the cast calls it.

        Raises:
            ValueError: nobody is called so.
        """
        name = check_name(value)
        if name not in self._names:
            allowed = ", ".join(self._roles)
            raise ValueError(
                f"the role {name!r} is not in the cast ({allowed}); name somebody of it or add to cast first"
            )
        return self._names[name]

    def current(self, name: str) -> str:
        """What a role that was found earlier is called now, after two were found to be the same."""
        return self._names.get(name, name)

    def known(self) -> list[dict[str, Any]]:
        """The cast as data for the next question."""
        return [
            {"name": role.name, "aliases": list(role.aliases), "description": role.description}
            for role in self._roles.values()
        ]

    def role(self, name: str) -> Role:
        """A role by its name; ``UNKNOWN`` comes into being when it is first asked for."""
        return self._roles.get(name) or Role(name)

    def _add(self, name: str) -> None:
        if name in self._names:
            return
        if len(self._roles) >= MOST_ROLES:
            raise ValueError(f"at most {MOST_ROLES} roles are allowed")
        if is_pronoun(name):
            raise ValueError("a pronoun cannot be the name of a role")
        self._roles[name] = Role(name)
        self._names[name] = name

    def _join(self, name: str, same_as: str) -> None:
        """Makes ``name`` another name of ``same_as``; who was known under it is merged."""
        target = self._names[same_as]
        if target in _GIVEN or self._names.get(name) in _GIVEN:
            raise ValueError(f"{NARRATOR} and {UNKNOWN} cannot be the same as a role")
        old = self._names.get(name)
        if old == target:
            return
        if old is not None and old != name:
            raise ValueError(f"{name!r} is another name of {old!r} already")
        gone = self._roles.pop(name, None)
        for known, of in list(self._names.items()):
            if of == name:
                self._names[known] = target
        self._names[name] = target
        kept = self._roles[target]
        aliases = dict.fromkeys((*kept.aliases, name, *(gone.aliases if gone else ())))
        description = kept.description or (gone.description if gone else "")
        self._roles[target] = replace(kept, aliases=tuple(aliases), description=description)

    def _add_aliases(self, name: str, aliases: Any) -> None:
        if not isinstance(aliases, list):
            raise ValueError("aliases must be a list of names")
        role = self._roles[name]
        for value in aliases:
            alias = check_name(value)
            # what could mean two people is nobody's name
            if alias in self._names or is_pronoun(alias) or len(role.aliases) >= MOST_ALIASES:
                continue
            role = replace(role, aliases=(*role.aliases, alias))
            self._names[alias] = name
        self._roles[name] = role
