"""[[scrape]] and [[metrics.rules]]: nested lists of tables, free tables, and what must hold in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from obsv.config import ConfigError, load_settings

GOOD = """\
[[scrape]]
org = "operator"
job = "node"
targets = ["web-1:9100"]
labels = {env = "prod"}
params = {"collect[]" = ["cpu", "meminfo"], module = "http"}
"""


def load(tmp_path: Path, text: str):
    path = tmp_path / "obsv.toml"
    path.write_text(text)
    return load_settings(path, env={})


def test_an_entry_and_its_rules(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("geheim\n")
    text = GOOD + (
        f'bearer_token_file = "{tmp_path}/token"\n'
        '[[scrape.relabel]]\nsource_labels = ["a", "b"]\ntarget_label = "c"\n'
        '[[scrape.metric_relabel]]\naction = "labeldrop"\nregex = "tmp_.*"\n'
        '[[scrape]]\norg = "operator"\njob = "files"\nfile_sd = ["targets/*.yml"]\ninterval = "15s"\n'
        '[[metrics.rules]]\norg = "operator"\nfiles = ["rules/*.yml"]\n'
    )
    settings = load(tmp_path, text)
    node, files = settings.scrapes
    assert node.labels == {"env": "prod"}
    assert node.params == {"collect[]": ("cpu", "meminfo"), "module": ("http",)}
    assert node.bearer_token == "geheim"
    assert [(rule.action, rule.source_labels) for rule in node.relabel] == [("replace", ("a", "b"))]
    assert [rule.regex for rule in node.metric_relabel] == ["tmp_.*"]
    assert (files.interval, files.timeout, files.relabel) == (15_000, 10_000, ())
    assert settings.metrics.rules[0].files == ("rules/*.yml",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD + '[[scrape.relabel]]\naction = "drop"\n[[scrape.relabel]]\nregex = "("\ntarget_label = "x"\n', "9: scrape.0.relabel.1: regex: missing )"),
        (GOOD + '[[scrape.relabel]]\naction = "keepequal"\n', "7: scrape.0.relabel.0: target_label is needed"),
        (GOOD + '[[scrape.metric_relabel]]\naction = "hashmod"\ntarget_label = "x"\n', "7: scrape.0.metric_relabel.0: modulus is needed"),
        (GOOD + '[[scrape.relabel]]\nactoin = "keep"\n', '8: scrape.0.relabel.0.actoin: unknown key; did you mean "action"?'),
        (GOOD + GOOD, "7: scrape.1: expected a different job"),
        (GOOD + 'timeout = "2m"\n', "1: scrape.0: timeout: expected at most interval"),
        (GOOD + 'user = "u"\nbearer_token = "t"\n', "1: scrape.0: expected user and password, or bearer_token"),
        (GOOD.replace("web-1:9100", "http://web-1/metrics"), "1: scrape.0: targets: expected host:port"),
        (GOOD.replace('"prod"', "1"), '5: scrape.0.labels: expected table like {name = "text"}'),
        (GOOD.replace('["cpu", "meminfo"]', "[1]"), "6: scrape.0.params: expected table like"),
        ('[[scrape]]\norg = "operator"\njob = "x"\n', "1: scrape.0: targets or file_sd is needed"),
        ('[[scrape]]\ntargets = ["a:1"]\n', "1: scrape.0: job is needed"),
        ('[[scrape]]\norg = "o"\njob = "x"\nfile_sd = ["a.txt"]\n', "1: scrape.0: file_sd: expected a path"),
        ('[[metrics.rules]]\norg = "operator"\n', "1: metrics.rules.0: files is needed"),
    ],
)  # fmt: skip
def test_mistakes_are_named_by_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, text)
    assert f"obsv.toml:{problem}" in str(raised.value)
