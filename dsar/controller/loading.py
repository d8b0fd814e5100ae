"""Reads a controller's folder whole: all files, all mistakes, then the dataclasses."""

from __future__ import annotations

import hashlib
from pathlib import Path

from dsar.controller.crosscheck import Map, Mapped, check_coverage, check_references, check_register, check_sources
from dsar.controller.datasets import default_categories, own_categories, read_datasets
from dsar.controller.nodes import LARGEST_FILE, Node, read_text, read_toml, read_yaml
from dsar.controller.problems import ControllerError, Page, Problem, nearest
from dsar.controller.register import read_register
from dsar.controller.shape import Controller, Register
from dsar.controller.sources import read_sources
from dsar.controller.who import read_who

TOP_FILES = ("controller.toml", "register.yml", "sources.yml")


def load_controller(folder: Path) -> Controller:
    """The controller that `folder` describes.

    Raises ControllerError with every mistake of every file.
    """
    problems: list[Problem] = []
    if not folder.is_dir():
        raise ControllerError(
            [Problem(str(folder), 1, "There is no such folder.", "Set CONTROLLER_DIR to a folder with controller.toml.")]
        )
    digest = hashlib.sha256()
    trees: dict[str, tuple[Node | None, Page]] = {}
    for file in (*TOP_FILES, *_dataset_files(folder)):
        page = Page(file, problems)
        trees[file] = (_read_file(folder, page, digest), page)
    world = _datasets({file: tree for file, tree in trees.items() if file not in TOP_FILES}, problems)
    (who_root, who_page), (register_root, register_page), (sources_root, sources_page) = (trees[file] for file in TOP_FILES)
    who = read_who(who_root, who_page) if who_root else None
    register = read_register(register_root, register_page) if register_root else None
    sources = read_sources(sources_root, sources_page) if sources_root else None
    check_references(world)
    if register is not None and register_root is not None:
        check_register(register, register_root, register_page, world)
    if sources is not None and sources_root is not None:
        check_sources(sources, sources_root, sources_page, world)
    if register is not None and sources is not None:
        check_coverage(register, sources.values(), world)
    if problems or who is None or register is None or sources is None:
        raise ControllerError(problems)
    return Controller(
        **vars(who),
        register=Register(register.activities),
        sources=sources,
        datasets={key: one.dataset for key, one in world.mapped.items()},
        fingerprint=digest.hexdigest(),
    )


def _dataset_files(folder: Path) -> list[str]:
    found = [
        path for pattern in ("*.yml", "*.yaml") for path in (folder / "datasets").glob(pattern) if not path.name.startswith(".")
    ]
    return sorted(path.relative_to(folder).as_posix() for path in found)


def _read_file(folder: Path, page: Page, digest: hashlib._Hash) -> Node | None:
    place = folder / page.file
    try:
        with place.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
        size = place.stat().st_size
    except FileNotFoundError:
        near = nearest(page.file, [path.name for path in folder.iterdir() if path.is_file()], cutoff=0.75)
        page.problem(
            1,
            "The file is missing.",
            f"Rename {near} to {page.file}." if near else f"Add {page.file}; docs/controller.md says what belongs in it.",
        )
        return None
    except OSError as error:
        page.problem(1, f"The file cannot be read: {error.strerror}.", "Make it a file that this product’s user may read.")
        return None
    digest.update(f"{page.file}\0{len(content)}\0".encode() + content)
    text = read_text(content, page, size)
    if text is None:
        return None
    before = len(page.problems)
    root = read_toml(text, page) if page.file.endswith(".toml") else read_yaml(text, page)
    if (root is None or root.value is None) and len(page.problems) == before:
        page.problem(1, "The file is empty.", "docs/controller.md says what belongs in it.")
    elif root is not None and not isinstance(root.value, dict):
        page.problem(root.line, "The file must hold keys with values.", "docs/controller.md says which.")
    return root if root is not None and isinstance(root.value, dict) else None


def _datasets(trees: dict[str, tuple[Node | None, Page]], problems: list[Problem]) -> Map:
    if not trees:
        problems.append(Problem("datasets", 1, "There is no dataset.", "Add a Fides dataset file, such as datasets/school.yml."))
    categories = default_categories().union(*(own_categories(root) for root, _ in trees.values() if root))
    mapped: dict[str, Mapped] = {}
    complete = True
    for root, page in trees.values():
        before = len(page.problems)
        found = list(read_datasets(root, page, categories)) if root else []
        for dataset, node in found:
            if dataset.key in mapped:
                message = f"The dataset {dataset.key} is in {mapped[dataset.key].page.file} already."
                page.problem(node.line, message, "Give each dataset a fides_key of its own.")
            mapped.setdefault(dataset.key, Mapped(dataset, node, page))
        complete = complete and root is not None and len(page.problems) == before
    return Map(mapped, complete=complete)
