"""A damaged row is set aside and counted; all else still answers."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import numpy as np
import pytest

from obsv.metrics.store.base import StoreUnavailable
from obsv.metrics.store.blocks import Blocks, PostgresBlockRepository, SQLiteBlockRepository
from obsv.metrics.store.blocks.envelope import DamagedError, Kind, compress, expand, seal, unseal
from obsv.metrics.store.blocks.repository import Piece
from tests.metrics.blocks.conftest import Repositories
from tests.metrics.blocks.support import DAY, EVER, HOUR, START, Model, Samples, opened, read, settle
from tests.postgres import create_database

SERIES = range(20)


def samples(start_ms: int) -> Samples:
    return {(1, s): [(start_ms + i * 15_000, float(i * i % 7 + s)) for i in range(60)] for s in SERIES}


async def two_flushes(repositories: Repositories) -> tuple[Blocks, Model, Model]:
    """Blocks 1 and 2, an hour of samples each; what both hold, and what is left without the first."""
    blocks, both, rest = await opened(repositories()), Model(), Model()
    await blocks.flush(both.flush(samples(START)))
    rest.flush(samples(START))
    rest.drop_before(1, START + DAY)
    await blocks.flush(both.flush(samples(START + HOUR)))
    rest.flush(samples(START + HOUR))
    return blocks, both, rest


async def holds(blocks: Blocks, model: Model) -> bool:
    return await read(blocks, 1, SERIES) == model.expected(1, SERIES, *EVER)


@pytest.mark.parametrize("at", [0, 4, 5, 12, -1], ids=["checksum", "kind", "size", "header", "body"])
@pytest.mark.parametrize("piece", [Piece.BLOCK, Piece.TIMES])
async def test_samples_in_damaged_rows_are_left_out(repositories: Repositories, piece: Piece, at: int) -> None:
    blocks, both, rest = await two_flushes(repositories)
    await repositories.flip(piece, 1, at)
    assert await holds(blocks, rest)
    assert (await blocks.stats()).damaged == 1
    await blocks.close()

    blocks = await opened(repositories())
    await blocks.flush(both.flush(samples(START + 2 * HOUR)))
    rest.flush(samples(START + 2 * HOUR))
    await settle(blocks)
    assert await holds(blocks, rest)
    assert (await blocks.stats()).damaged == 1
    await blocks.drop_before(1, START + DAY)
    stats = await blocks.stats()
    assert (stats.damaged, stats.blocks) == (0, 0)
    await blocks.close()


async def test_compaction_that_meets_damage_keeps_what_it_can_read(repositories: Repositories) -> None:
    blocks, _, rest = await two_flushes(repositories)
    await repositories.flip(Piece.BLOCK, 1, -1)
    await settle(blocks)
    assert (await blocks.stats()).damaged == 1
    assert await holds(blocks, rest)
    await blocks.close()


async def test_erasure_takes_damaged_blocks_with_it(repositories: Repositories) -> None:
    blocks, _, rest = await two_flushes(repositories)
    await repositories.flip(Piece.BLOCK, 1, -1)
    assert await holds(blocks, rest)
    assert await blocks.delete(1, np.array([3], dtype=np.uint32), *EVER) == rest.delete(1, [3], *EVER)
    assert (await blocks.stats()).damaged == 0
    assert await holds(blocks, rest)
    await blocks.close()


async def test_erasure_that_meets_damage_ends(repositories: Repositories) -> None:
    blocks, _, rest = await two_flushes(repositories)
    await repositories.flip(Piece.BLOCK, 1, -1)
    assert await blocks.delete(1, np.array([3], dtype=np.uint32), *EVER) == rest.delete(1, [3], *EVER)
    assert (await blocks.stats()).damaged == 0
    assert await holds(blocks, rest)
    await blocks.close()


async def test_a_lost_segment_costs_its_series_alone(repositories: Repositories) -> None:
    blocks, model = await opened(repositories()), Model()
    await blocks.flush(Model().flush({(1, s): [(START, 1.0)] for s in (1, 2)}))
    await blocks.flush(model.flush({(1, s): [(START, 2.0)] for s in (3, 4)}))
    await blocks.close()
    await repositories.flip(Piece.SEGMENT, 1, -1)

    blocks = await opened(repositories())
    assert (await blocks.stats()).damaged == 1
    assert [part.sids.tolist() async for part in blocks.load_series()] == [[3, 4]]
    # Ids of the lost series may be given out again: the new ones must not see the old ones' samples.
    await blocks.flush(model.flush({(1, s): [(START + 5, 3.0)] for s in (1, 5)}))
    for _ in range(2):
        assert await read(blocks, 1, range(9)) == model.expected(1, range(9), *EVER)
        await settle(blocks)
        await blocks.close()
        blocks = await opened(repositories())
    await blocks.close()


def test_every_changed_byte_is_noticed() -> None:
    sealed = seal(Kind.BLOCK, [np.arange(5), np.array([7])], [b"body", b"more"])
    header, body = unseal(Kind.BLOCK, sealed)
    assert (header.tolist(), bytes(body)) == ([0, 1, 2, 3, 4, 7], b"bodymore")
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(DamagedError):
            unseal(Kind.BLOCK, bytes(changed))
    for short in range(len(sealed)):
        with pytest.raises(DamagedError):
            unseal(Kind.BLOCK, sealed[:short])
    with pytest.raises(DamagedError):
        unseal(Kind.TIMES, sealed)


def test_a_frame_that_lies_about_its_size_is_refused() -> None:
    frame = bytearray(compress(b"x" * 1000))
    assert expand(bytes(frame)) == b"x" * 1000
    for lie in (b"\x28\xb5\x2f\xfd\xe0" + b"\xff" * 8, bytes(frame[:-2]), b"", b"nonsense"):
        with pytest.raises(DamagedError):
            expand(lie)


async def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    blocks = SQLiteBlockRepository(tmp_path)
    with pytest.raises(StoreUnavailable, match="metric blocks"):
        await blocks.open()
    await blocks.close()


async def test_a_full_disk_keeps_the_store_as_it_was(tmp_path: Path) -> None:
    repository = SQLiteBlockRepository(tmp_path / "blocks.sqlite")
    blocks, model = await opened(repository), Model()
    await blocks.flush(model.flush(samples(START)))
    noise = np.random.default_rng(2).random((40, 400))
    many = {(1, 100 + s): [(START + i, float(noise[s, i])) for i in range(400)] for s in range(40)}
    await repository._write(lambda connection: connection.execute("PRAGMA max_page_count = 20").fetchall())
    with pytest.raises(StoreUnavailable, match="full"):
        await blocks.flush(Model().flush(many))
    assert blocks.flushed_seq() == model.flushed
    assert await holds(blocks, model)
    await repository._write(lambda connection: connection.execute("PRAGMA max_page_count = 100000").fetchall())
    await blocks.flush(model.flush(many))
    sids = [sid for _, sid in model.samples]
    assert await read(blocks, 1, sids) == model.expected(1, sids, *EVER)
    await blocks.close()


async def test_a_database_that_goes_away_is_unavailable_until_it_is_back(postgres_url: str) -> None:
    dsn = await create_database(postgres_url)
    name = urlsplit(dsn).path[1:]
    blocks, model = await opened(PostgresBlockRepository(dsn)), Model()
    await blocks.flush(model.flush(samples(START)))
    admin = await asyncpg.connect(postgres_url)
    await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
    for _ in range(3):
        with pytest.raises(StoreUnavailable, match="metric blocks"):
            await holds(blocks, model)
        with pytest.raises(StoreUnavailable, match="metric blocks"):
            await blocks.flush(Model().flush(samples(START + HOUR)))
    with pytest.raises(StoreUnavailable):
        await opened(PostgresBlockRepository(dsn))
    assert blocks.flushed_seq() == model.flushed
    await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    await admin.close()
    await blocks.flush(model.flush(samples(START + HOUR)))
    assert await holds(blocks, model)
    await blocks.close()
