"""Templates of rules: what they give, held against the real promtool expanding the same."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from obsv.core.gotemplate import TemplateFailed
from obsv.metrics.rules.template import Expander, Sample, Surroundings, check_template

LABELS = {"instance": "web-1.example.org:9100", "job": "node", "ip": "10.0.0.1:80", "odd": '<a href="x">\'&\\'}
VALUE = 1234567.891

TEMPLATES = [
    "{{ $value }} {{ $labels.job }} {{ .Labels.instance }} [{{ $labels.missing }}] {{ .Value }}",
    "{{ printf \"%.2f|%8.1f|%-8d|%+d|%x|%q|%v|%s|%T|%t\" $value $value 5 7 255 \"a\\\"b\" 1.5 \"s\" $value true }}",
    "{{ printf \"%d %s %z\" 1.5 3 1 }}", "{{ printf \"%d\" }}", "{{ printf \"x\" 1 \"b\" }}", "{{ printf \"%[2]d %[1]d\" 1 2 }}",
    "{{ printf \"%*d|%-*d|%.*f\" 5 42 5 42 2 3.14159 }}", "{{ printf \"%e %E %g %G\" 1e21 1e-7 1e21 1e-7 }}", "{{ printf \"%08.3f|%+.1e|% d\" -3.14159 12345.678 5 }}",
    "{{ printf \"%5t|%q|%U|%c|%o|%b|%#x|%#o\" true 65 65 65 8 5 255 8 }}", "{{ printf \"%6.2f%%\" 12.3456 }}", "{{ printf \"%v %v\" $labels .ExternalLabels }}",
    "{{ printf \"%x %X % x\" \"hello\" \"hi\" \"abc\" }}", "{{ printf \"%5s|%-5s|%.2s\" \"ab\" \"ab\" \"abcdef\" }}", "{{ printf \"%!\" }}", "{{ printf \"%t\" 1 }}",
    "{{ humanize $value }} {{ humanize 0.00012 }} {{ humanize 0 }} {{ humanize \"1e12\" }} {{ humanize 999.99 }} {{ humanize -1234.5 }}",
    "{{ humanize1024 $value }} {{ humanize1024 0.5 }} {{ humanize1024 1024 }} {{ humanize1024 1e30 }}",
    "{{ humanizeDuration 0 }} {{ humanizeDuration 0.0123 }} {{ humanizeDuration 59.999 }} {{ humanizeDuration 3661 }} {{ humanizeDuration 90061 }} {{ humanizeDuration -75 }}",
    "{{ humanizePercentage 0.1234567 }} {{ humanizePercentage 1 }}", "{{ humanizeTimestamp 1435065584.128 }} {{ humanizeTimestamp 0 }} {{ humanizeTimestamp \"NaN\" }}",
    "{{ humanize \"x\" }}", "{{ humanize true }}", "{{ humanizeTimestamp 1e20 }}", "{{ (toTime 1435065584.128).Unix }} {{ toTime 1435065584 }}",
    "{{ parseDuration \"1h30m\" }} {{ parseDuration \"x\" }}", "{{ title \"hello wORLD it's\" }} {{ toUpper \"aé\" }} {{ toLower \"AÉ\" }}",
    "{{ stripPort $labels.ip }} {{ stripPort $labels.instance }} {{ stripPort \"[::1]:80\" }} {{ stripPort \"a:b:c\" }}",
    "{{ stripDomain $labels.instance }} {{ stripDomain $labels.ip }} {{ stripDomain \"a.b.c\" }} {{ stripDomain \"::1\" }} {{ stripDomain \"[fe80::1]:9\" }}",
    "{{ match \"^web-\\\\d\" $labels.instance }} {{ match \"x+\" \"abc\" }} {{ reReplaceAll \"(web)-(\\\\d)\" \"$2_${1}x$0\" $labels.instance }} {{ reReplaceAll \"a(b)?\" \"[$1x]\" \"abaa\" }}",
    "{{ eq 1 1.5 }}", "{{ eq $labels.job 1 }}", "{{ graphLink \"up{job=\\\"a b\\\"}\" }} {{ tableLink \"sum(x)\" }}",
    "{{ html $labels.odd }} {{ js $labels.odd }} {{ urlquery $labels.odd }}", "{{ safeHtml \"<b>\" }}",
    "{{ with query \"up\" }}{{ . | first | value }} {{ . | first | label \"instance\" }}{{ end }}", "{{ range query \"up\" | sortByLabel \"instance\" }}{{ .Labels.instance }}={{ .Value }};{{ end }}",
    "{{ query \"nothing\" | first | value }}", "{{ with query \"nothing\" }}yes{{ else }}no{{ end }}", "{{ query \"up{\" }}", "{{ query \"1+1\" | first | value | printf \"%.1f\" }}", "{{ len (query \"up\") }}",
    "{{ if gt $value 100.0 }}big{{ else if lt $value 1.0 }}small{{ else }}mid{{ end }}", "{{ if gt $value 100 }}x{{ end }}", "{{ eq $labels.job \"a\" \"node\" }} {{ ne 1 2 }} {{ le 1 1 }} {{ ge 2.5 2.5 }}",
    "{{ if and (eq $labels.job \"node\") (not false) }}a{{ end }}{{ or \"\" \"b\" }}{{ and 1 0 2 }}", "{{ index $labels \"job\" }} {{ index $labels \"none\" }}|", "{{ index $labels 1 }}", "{{ len $labels.job }} {{ slice \"abcdef\" 1 3 }} {{ slice \"abc\" 2 }}",
    "{{ slice \"abc\" 5 }}", "{{ range $i, $e := (query \"up\" | sortByLabel \"instance\") }}{{ $i }}:{{ $e.Value }},{{ end }}", "{{ range $k, $v := $labels }}{{ $k }}={{ len $v }} {{ end }}", "{{ range 3 }}{{ . }}{{ if eq . 1 }}{{ break }}{{ end }}{{ end }}",
    "a  {{- \" b \" -}}  c {{/* a comment */}} d {{- /* another */ -}} e", "{{ define \"x\" }}<{{ . }}>{{ end }}{{ template \"x\" $value }}{{ template \"x\" \"y\" }}", "{{ block \"q\" $labels.job }}b {{ . }}{{ end }}",
    "{{ template \"none\" }}", "{{ $x := 5 }}{{ $y := printf \"%d!\" $x }}{{ $x = 6 }}{{ $x }}{{ $y }}", "{{ $labels.job.foo }}", "{{ .Nope }}", "{{ $value.x }}", "{{ print 1 2 \"a\" 3 nil }}|{{ println 1 \"b\" }}|", "{{ print \"a\" \"b\" 1 2 }}",
    "{{ `raw \"text\"` }} {{ 'a' }} {{ 0x1F }} {{ 1_000 }} {{ 1e3 }} {{ 017 }} {{ 0b11 }} {{ true }} {{ -3.5 }}", "{{ args 1 \"b\" }} {{ (args 1 \"b\").arg1 }} {{ (args 1).argX }}", "{{ 1 2 }}", "{{ \"x\" | len | printf \"%03d\" }}",
    "{{ .Value | printf \"%.1f\" | len }}", "{{ $externalURL }} {{ $externalLabels.cluster }}", "é{{ $labels.job }}\n{{ humanize \"y\" }}", "{{ first 5 }}", "{{ label \"a\" 5 }}",
    "{{ printf $value }}", "{{ humanize 1 2 }}", "{{ toUpper 5 }}", "{{ toUpper $value }}", "{{ printf \"%.3g %.10g %g %v\" 123456.0 123456.0 100000.0 1000000.0 }}", "{{ 1e20 }} {{ 0.00001 }} {{ 123456789.0 }} {{ 100000.0 }}",
    "{{ len 5 }}", "{{ range $value }}x{{ end }}", "{{ lt \"a\" \"b\" }} {{ lt 1 1.5 }}", "{{ eq $labels $labels }}", "{{ (query \"up\" | sortByLabel \"instance\" | first).Labels.instance }}", "{{ with $labels.job }}{{ . }}{{ $labels.ip }}{{ end }}", "{{ with $x := 5 }}{{ $x }}{{ end }}",
    "{{ if $labels.missing }}a{{ end }}{{ if 0 }}b{{ end }}{{ if 0.1 }}c{{ end }}{{ if $labels }}d{{ end }}", "{{ nil }}x", "{{ not 1 }} {{ not \"\" }}", "{{ printf \"%v %d\" true true }}", "{{ strvalue (query \"up\" | first) }}|",
]  # fmt: skip
BAD = [
    "{{ foo }}", "{{ $nope }}", "{{", "{{ if }}x{{ end }}", "{{ range $x }}", "{{ end }}", "{{ if true }}", "{{ \"abc }}", "{{ 1x }}", "{{ | x }}", "{{ ) }}", "{{ (1 }}", "{{ break }}", "{{ else }}",
    "{{ template x }}", "{{ define }}", "{{ $x, $y := 1 }}", "{{ 1 | 2 }}", "{{ /* x }}", "{{ .a!b }}", "{{ # }}", "{{ \"\\q\" }}", "{{ }}", "{{ if true }}{{ else }}{{ else }}{{ end }}", "{{ 5.x }}", "{{ nil.x }}", "{{ ( }}",
]  # fmt: skip
EXTERNAL = {"cluster": "c1"}
URL = "https://obsv.example.org/path"


def promtool_file(folder: Path, templates: list[str]) -> Path:
    rules = [{"alert": f"A{i}", "expr": "v", "annotations": {"t": text}} for i, text in enumerate(templates)]
    (folder / "rules.json").write_bytes(msgspec.json.encode({"groups": [{"name": "g", "rules": rules}]}))
    labels = ",".join(f"{name}={msgspec.json.encode(value).decode()}" for name, value in LABELS.items())
    test = {
        "rule_files": ["rules.json"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "external_labels": EXTERNAL,
                "external_url": URL,
                "input_series": [
                    {"series": f"v{{{labels}}}", "values": f"{VALUE}x2"},
                    {"series": 'up{instance="b"}', "values": "1 1 1"},
                    {"series": 'up{instance="a"}', "values": "0 0 0"},
                ],
                "alert_rule_test": [
                    {"eval_time": "1m", "alertname": f"A{i}", "exp_alerts": []} for i in range(len(templates))
                ],
            }
        ],
    }
    (folder / "test.json").write_bytes(msgspec.json.encode(test))
    return folder / "test.json"


async def ask(query: str) -> Any:
    if query == "up":
        return [({"__name__": "up", "instance": "b"}, 1.0), ({"__name__": "up", "instance": "a"}, 0.0)]
    if query == "1+1":
        return [({}, 2.0)]
    if query == "up{":
        raise ValueError("1:4: parse error: unexpected end of input inside braces")
    return []


def promtool_annotations(peers: Path, folder: Path, templates: list[str]) -> dict[int, str]:
    done = subprocess.run(
        [str(peers / "promtool"), "test", "rules", str(promtool_file(folder, templates))], capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    found: dict[int, str] = {}
    for match in re.finditer(
        r'Labels:\{alertname="A(\d+)".*?\}\s+Annotations:\{t=("(?:[^"\\]|\\.)*")\}',
        done.stdout + done.stderr,
        re.DOTALL,
    ):
        from obsv.core.gotemplate.unquote import unquoted

        found[int(match[1])] = unquoted(match[2])
    return found


@pytest.mark.peers
async def test_every_template_as_promtool_expands_it(tmp_path: Path, peers: Path) -> None:
    theirs = promtool_annotations(peers, tmp_path, TEMPLATES)
    around, sample = Surroundings(URL, EXTERNAL, 60_000), Sample({"__name__": "v", **LABELS}, VALUE)
    ours = {i: await Expander(f"A{i}").expand(text, sample, around, ask) for i, text in enumerate(TEMPLATES)}
    assert len(theirs) == len(TEMPLATES)
    wrong = [(TEMPLATES[i], ours[i], text) for i, text in theirs.items() if ours[i] != text]
    assert not wrong, "\n".join(f"{text!r}\n  ours   {a!r}\n  theirs {b!r}" for text, a, b in wrong)


@pytest.mark.peers
def test_what_promtool_does_not_read_is_refused_in_the_same_words(tmp_path: Path, peers: Path) -> None:
    rules = [{"alert": "A", "expr": f"v > {i}", "annotations": {"t": text}} for i, text in enumerate(BAD)]
    (tmp_path / "rules.json").write_bytes(msgspec.json.encode({"groups": [{"name": "g", "rules": rules}]}))
    done = subprocess.run(
        [str(peers / "promtool"), "check", "rules", str(tmp_path / "rules.json")], capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    for i, text in enumerate(BAD, 1):
        with pytest.raises(TemplateFailed) as refused:
            check_template("A", text)
        assert f'rule {i}, "A": annotation "t": {refused.value}\n' in done.stdout + done.stderr, text


async def test_what_this_promtool_does_not_know_yet() -> None:
    around, sample = Surroundings(URL, EXTERNAL, 60_500), Sample(LABELS, VALUE)

    async def expanded(text: str) -> str:
        return await Expander("A").expand(text, sample, around, ask)

    assert await expanded("{{ toDuration 3661.5 }} {{ toDuration 0.25 }} {{ now }}") == "1h1m1.5s 250ms 60.5"
    assert await expanded('{{ urlQueryEscape "a b&c" }} {{ externalURL }} {{ pathPrefix }}') == f"a+b%26c {URL} /path"
    assert await expanded('{{ define "x" }}<{{ . }}>{{ end }}{{ tmpl "x" 5 }}') == "<5>"
    assert "error calling match: error parsing regexp" in await expanded('{{ match "(" "x" }}')


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{ range 1000000 }}{{ end }}", "more than 50000 steps"),
        ('{{ range 9000 }}{{ "12345678" }}{{ end }}', "more than 65536 characters"),
        ('{{ printf "%99999d" 1 }}', "a width or precision of more than"),
        ('{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}', "maximum template depth"),
        ('{{ range 30 }}{{ query (printf "v%d" .) }}{{ end }}', "more than 20 queries"),
        ("(" * 3, ""),
        ("{{" + "(" * 500, "nested more than 100 deep"),
        ("{{ if 1 }}" * 500, "nested more than 100 deep"),
    ],
)
async def test_a_template_costs_no_more_than_it_may(text: str, why: str) -> None:
    assert why in await Expander("A").expand(text, Sample(LABELS, VALUE), Surroundings(), ask)


async def expanded(text: str) -> str:
    async def ask(_: str) -> list[Any]:
        return []

    return await Expander("A").expand(text, Sample(LABELS, VALUE), Surroundings(), ask)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{{ define "a" }}{{ tmpl "a" . }}{{ end }}{{ tmpl "a" . }}', "maximum template depth"),
        ('{{ define "c" }}{{ range 300 }}{{ end }}{{ end }}{{ range 300 }}{{ tmpl "c" . }}{{ end }}', "steps"),
        ('{{ define "c" }}{{ printf "%9999d" 1 }}{{ end }}{{ range 9 }}{{ tmpl "c" . }}{{ end }}', "characters"),
        ('{{ define "a" }}' + "{{ if true }}" * 60 + '{{ template "a" }}' + "{{ end }}" * 60 + '{{ end }}{{ template "a" }}',
         "maximum template depth"),
        ('{{ $x := printf "%9999d" 1 }}{{ len (reReplaceAll "" $x $x) }}', "characters"),
        ("{{ 0x" + "f" * 9000 + " }}", "illegal number syntax"),
        ("{{ 9223372036854775808 }}", "illegal number syntax"),
    ],
)  # fmt: skip
async def test_no_template_costs_more_than_its_limits(text: str, why: str) -> None:
    assert why in await expanded(text)


async def test_what_is_made_can_be_stored() -> None:
    assert await expanded('{{ printf "%c %q" 0xD800 0xDFFF }} {{ -9223372036854775808 }}') == (
        "\ufffd '\ufffd' -9223372036854775808"
    )
