"""The names of the code: one name for one thing, in plain words."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
import re

ROOT = Path(__file__).parents[1]
FOLDERS = (ROOT / "custom_components", ROOT / "scripts")
MAX_SHARED_CLASS_NAMES = 5
BANNED_WORDS = frozenset({
    "asker", "cable", "dearest", "deed", "desk", "ears", "forgiven", "furnish", "habit", "habits", "haggle", "mouth",
    "nudge", "outlook", "owes", "petty", "stranger", "surroundings", "talk", "told", "wish", "wishes",
})  # fmt: skip


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for folder in FOLDERS:
        for path in sorted(folder.rglob("*.py")):
            if "node_modules" in path.parts:
                continue
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def identifiers(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """All names that a module defines: classes, functions, parameters, variables, attributes, aliases."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, node.lineno
            case ast.arg(arg=name):
                yield name, node.lineno
            case ast.Name(id=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.ExceptHandler(name=str(name)):
                yield name, node.lineno
            case ast.MatchAs(name=str(name)):
                yield name, node.lineno


def words(name: str) -> set[str]:
    """The words of snake_case, CamelCase and UPPER_CASE names, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def test_hardly_a_class_name_stands_for_two_things() -> None:
    classes = Counter(node.name for _, tree in trees() for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    shared = {name: count for name, count in classes.items() if count > 1}
    assert len(shared) <= MAX_SHARED_CLASS_NAMES, shared


def test_names_are_plain() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path, tree in trees()
        for name, line in identifiers(tree)
        if words(name) & BANNED_WORDS
    ]
    found += [f"{path.relative_to(ROOT)} (the module)" for path, _ in trees() if words(path.stem) & BANNED_WORDS]
    assert found == []


def test_the_words_of_a_name() -> None:
    assert words("_dearestHour2_HTTPStatus") == {"dearest", "hour", "http", "status"}
