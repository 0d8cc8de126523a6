"""Every documented route, asked at random by who may do everything: it neither breaks nor answers what it doesn't say."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from tests.routes.cast import SAME_ORIGIN, Cast
from tests.routes.table import API, ROUTES

pytestmark = pytest.mark.slow

EXAMPLES = 8
LEFT_OUT = {
    f"GET {API}/access-log/export": "as the audit log's",
    "GET /federate": "text, while the document gives all of Prometheus' routes its JSON; tests/metrics/api has it",
    f"POST {API}/monitors/test": "asks whatever hosts are made up, as long as they may take; tests/monitors has it",
    f"POST {API}/session/end": "would sign out who asks; tests/routes/test_matrix.py and test_audit.py have it",
    f"POST {API}/audit/export": "CSV or lines of JSON by a parameter, which the document cannot say of one answer",
}
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def document(cast: Cast) -> Any:
    return schemathesis.openapi.from_url(cast.live.url + API + "/schema/openapi.json")


def test_left_out_is_there(document: Any) -> None:
    assert set(LEFT_OUT) <= set(ROUTES)


@pytest.mark.parametrize("name", [row for row in ROUTES if row not in LEFT_OUT])
def test_at_random(cast: Cast, document: Any, name: str) -> None:
    method, path = name.split(" ", 1)
    operation, sam = document[path][method], cast.people["sam"]
    headers = {**SAME_ORIGIN, "X-CSRF-Token": sam.csrf}
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def ask(case: Any) -> None:
        answer = case.call(headers=headers, cookies=dict(sam.client.cookies))
        case.validate_response(answer, checks=CHECKS)
        assert answer.status_code != 401

    ask()
