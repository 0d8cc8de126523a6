"""Dashboards that stand in files of the instance, and those that come with obsv: shown, starred, shared, never edited."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from obsv.app import create_app
from obsv.config import ConfigError, load_settings
from obsv.dashboards import shipped
from obsv.dashboards.model import Dashboard
from obsv.dashboards.shipped import BuiltIn
from tests.dashboards.stage import Stage

StageOf = Callable[..., Any]
OURS = 'key = "ours"\ntitle = "Ours"\nfolder = "Files"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    (made / "ours.toml").write_text(OURS)
    return made


@pytest.fixture
def built_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One dashboard that comes with obsv; the folder of those is read anew afterwards."""
    one = BuiltIn(("shop_orders", "shop_carts"), msgspec.convert({"key": "shop", "title": "Shop"}, Dashboard))
    monkeypatch.setattr(shipped, "built_in", lambda: {"shop": one})
    return


def settings(folder: Path) -> dict[str, object]:
    return {"dashboards.dir": str(folder), "dashboards.org": "acme"}


def sources(answer: Any) -> dict[str, str]:
    return {one["title"]: one["source"] for one in answer["dashboards"]}


async def test_files_are_read_only(stage_of: StageOf, folder: Path) -> None:
    async with stage_of(**settings(folder)) as stage:
        edi, eve = await stage.person("edi"), await stage.person("eve")
        seen = await edi.get("/dashboards/ours")
        assert (seen["source"], seen["file"], seen["may_edit"]) == ("file", "ours.toml", False)
        assert sources(await edi.get("/dashboards", q="our")) == {"Ours": "file"}
        assert sources(await eve.get("/dashboards")) == {}
        change = {"dashboard": {"key": "ours", "title": "Mine"}}
        for method, path, body in (
            ("PUT", "/dashboards/ours", change),
            ("POST", "/dashboards", change),
            ("DELETE", "/dashboards/ours", None),
            ("GET", "/dashboards/ours/versions", None),
        ):
            assert await edi.refused(method, path, body) == (409, "read_only")
        await edi.do("PUT", "/dashboards/ours/star")
        assert sources(await edi.get("/dashboards", starred=True)) == {"Ours": "file"}
        expires_at_ms = stage.clock.now_ms() + 60_000
        link = await edi.do("POST", "/dashboards/ours/links", {"expires_at_ms": expires_at_ms})
        visitor = await stage.nobody()
        assert (await visitor.get(f"/shared/{link['token']}"))["dashboard"]["title"] == "Ours"
        copied = await edi.do("POST", "/dashboards/ours/duplicate", {})
        assert sources(await edi.get("/dashboards")) == {"Ours": "file", "Ours (copy)": "stored"}
        assert copied["key"] == "ours-copy"


async def test_files_are_read_again_as_they_change(
    stage_of: StageOf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("obsv.dashboards.provisioning.LOOK_S", 0.0)
    async with stage_of(**settings(folder)) as stage:
        edi = await stage.person("edi")
        (folder / "more.json").write_text('{"key": "more", "title": "More"}')
        assert sources(await edi.get("/dashboards")) == {"More": "file", "Ours": "file"}
        (folder / "ours.toml").write_text("key = 5\n")
        assert sources(await edi.get("/dashboards")) == {"More": "file", "Ours": "file"}
        (folder / "ours.toml").unlink()
        assert sources(await edi.get("/dashboards")) == {"More": "file"}


def test_a_start_with_a_mistake_names_it(tmp_path: Path, folder: Path) -> None:
    def start(**overrides: object) -> None:
        create_app(load_settings(env={}, overrides={"data_dir": str(tmp_path), **settings(folder), **overrides}))

    (folder / "bad.toml").write_text('key = "bad"\ntitle = ""\n')
    with pytest.raises(ConfigError) as wrong:
        start()
    assert [str(one) for one in wrong.value.problems] == [
        f"{folder / 'bad.toml'}:2: title: expected `str` of length >= 1"
    ]
    with pytest.raises(ConfigError, match="is not a folder"):
        start(**{"dashboards.dir": str(tmp_path / "nowhere")})


@pytest.mark.skipif(os.getuid() == 0, reason="root reads everything")
def test_a_folder_that_cannot_be_read(tmp_path: Path, folder: Path) -> None:
    (folder / "ours.toml").chmod(0)
    with pytest.raises(ConfigError, match=r"Permission denied"):
        create_app(load_settings(env={}, overrides={"data_dir": str(tmp_path), **settings(folder)}))


async def report(stage: Stage, *names: str) -> None:
    writer = await stage.token("metrics:write")
    lines = "".join(f"{name} 1 {stage.clock.now_ms()}\n" for name in names)
    assert (await writer.client.post("/api/v1/import/prometheus", content=lines)).is_success


@pytest.mark.usefixtures("built_in")
async def test_what_comes_with_obsv_appears_with_its_metrics(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        edi = await stage.person("edi")
        await report(stage, "shop_orders")
        assert sources(await edi.get("/dashboards")) == {}
        await report(stage, "shop_carts")
        assert sources(await edi.get("/dashboards")) == {"Shop": "builtin"}
        assert (await edi.get("/dashboards/shop"))["source"] == "builtin"
        assert await edi.refused("PUT", "/dashboards/shop", {"dashboard": {"key": "shop", "title": "x"}}) == (
            409,
            "read_only",
        )
        await edi.do("POST", "/dashboards/shop/duplicate", {"key": "my-shop", "title": "Mine"})
        assert sources(await edi.get("/dashboards")) == {"Mine": "stored", "Shop": "builtin"}
