"""Plugins are found by real entry points: distributions on the path, as an installer leaves them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from obsv.config import load_settings
from obsv.core.clock import ManualClock
from obsv.plugin_api import StoreContext
from obsv.plugin_loader import METRIC_STORES, NOTIFIERS, PluginError, discover, load, make_store, store_name

Install = Callable[..., None]

GOOD = """
from obsv.plugin_api import Message, PluginSettings, Receipt

class Pager:
    Target = PluginSettings
    async def send(self, message, target):
        return Receipt("paged")
    async def verify(self, target): ...
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a distribution with one module and its entry points on the path."""
    monkeypatch.syspath_prepend(tmp_path)
    modules: list[str] = []

    def add(name: str, source: str, points: dict[str, str], version: str = "1.0") -> None:
        (tmp_path / f"{name}.py").write_text(source)
        modules.append(name)
        info = tmp_path / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        text = "".join(f"[{group}]\n{point}\n" for group, point in points.items())
        (info / "entry_points.txt").write_text(text)

    yield add
    for module in modules:
        sys.modules.pop(module, None)


async def test_a_strangers_notifier_is_found_and_loaded(install: Install) -> None:
    install("acme_pager", GOOD, {NOTIFIERS: "acme = acme_pager:Pager"}, "2.1")
    found = next(plugin for plugin in discover() if plugin.name == "acme")
    assert (found.group, found.version, found.package, found.target, found.error) == (
        NOTIFIERS,
        "2.1",
        "acme_pager",
        "acme_pager:Pager",
        "",
    )
    assert (await load(NOTIFIERS, "acme")().send(None, None)).detail == "paged"


@pytest.mark.parametrize(
    ("source", "group", "error"),
    [
        ("raise RuntimeError('boom')", NOTIFIERS, "RuntimeError: boom"),
        ("import no_such_module", NOTIFIERS, "ModuleNotFoundError: No module named 'no_such_module'"),
        ("Pager = 1", NOTIFIERS, "TypeError: expected a class, got int"),
        ("class Pager:\n    async def send(self): ...", NOTIFIERS, "TypeError: Pager lacks verify, Target"),
        ("class Pager:\n    def open(self): ...", METRIC_STORES, "TypeError: Pager lacks Settings, close, write"),
        ("Other = 1", NOTIFIERS, "AttributeError: module 'bad_plugin' has no attribute 'Pager'"),
    ],
)
def test_a_broken_one_is_listed_and_matters_only_when_selected(
    install: Install, source: str, group: str, error: str
) -> None:
    install("bad_plugin", source, {group: "bad = bad_plugin:Pager"})
    found = next(plugin for plugin in discover() if plugin.name == "bad")
    assert found.error.startswith(error)
    with pytest.raises(PluginError) as caught:
        load(group, "bad")
    assert f"plugin 'bad' of {group} (bad_plugin:Pager): {error}" in str(caught.value)


def test_a_missing_one_names_those_that_are_there(install: Install) -> None:
    install("acme_pager", GOOD, {NOTIFIERS: "acme = acme_pager:Pager"})
    with pytest.raises(PluginError, match=r"no plugin 'amce' in obsv.notifiers; installed: .*acme"):
        load(NOTIFIERS, "amce")


STORE = """
from obsv.plugin_api import PluginSettings

class Store:
    class Settings(PluginSettings, frozen=True):
        shards: int = 1
    def __init__(self, settings, context):
        self.shards, self.context = settings.shards, context
    open = close = write = select = series = label_names = label_values = delete = stats = None
"""


def test_the_selected_store_is_made_with_its_own_settings(install: Install, tmp_path: Path) -> None:
    install("acme_store", STORE, {METRIC_STORES: "acme = acme_store:Store"})
    context = StoreContext(tmp_path, ManualClock())
    env = {"OBSV_METRICS__STORE": "acme", "OBSV_METRICS__STORES__ACME__SHARDS": "7"}
    made: Any = make_store(load_settings(env=env), context)
    assert (made.shards, made.context) == (7, context)
    with pytest.raises(PluginError, match=r"\[metrics.stores.acme\]: Object contains unknown field `shrds`"):
        make_store(
            load_settings(env={"OBSV_METRICS__STORE": "acme", "OBSV_METRICS__STORES__ACME__SHRDS": "7"}), context
        )


def test_the_store_follows_the_database() -> None:
    assert store_name(load_settings(env={})) == "sqlite"
    assert store_name(load_settings(env={"OBSV_DATABASE__URL": "postgres://h/d"})) == "postgres"


def test_two_of_one_name_are_refused_by_their_packages(install: Install) -> None:
    install("acme_pager", GOOD, {NOTIFIERS: "acme = acme_pager:Pager"})
    install("evil_pager", GOOD, {NOTIFIERS: "acme = evil_pager:Pager"})
    with pytest.raises(PluginError, match="comes from acme_pager and evil_pager: uninstall one"):
        load(NOTIFIERS, "acme")
