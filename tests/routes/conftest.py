"""One appliance for everybody who tries its routes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live import appliance
from tests.routes.cast import Cast, gather


@pytest.fixture(scope="session")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with appliance(tmp_path_factory.mktemp("routes")) as live:
        cast = gather(live)
        yield cast
        for person in cast.people.values():
            person.client.close()
