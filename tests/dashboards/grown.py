"""A dashboard with something of everything, such as is hard to write down."""

from __future__ import annotations

from typing import Any

GROWN: dict[str, Any] = {
    "key": "grown",
    "title": 'All "of" it \\ ä 😀',
    "description": "Several\nlines, with \"\"\" and ''' and \\ in them\n",
    "folder": "A/B c",
    "tags": ["x", "y z"],
    "time": {"start": "now-6h"},
    "refresh": "30s",
    "zone": "Europe/Berlin",
    "variables": [
        {
            "name": "job",
            "query": 'label_values(up{a="b\\n"}, job)',
            "regex": "/(a.*)/",
            "multi": True,
            "value": ["$__all"],
        },
        {"name": "way", "kind": "custom", "options": [{"value": "a", "text": "b"}, {"value": ""}]},
    ],
    "annotations": [{"name": "Deploys", "tags": ["deploy"], "enabled": False}],
    "links": [{"title": "Docs", "url": "/docs", "new_tab": True}],
    "panels": [
        {
            "id": 7,
            "title": "Rate",
            "grid": {"y": 3, "w": 24},
            "view": {"kind": "timeseries", "legend": {"calcs": ["last", "max"], "sort": "max", "descending": True}},
            "queries": [
                {"expr": "sum by (job) (\n  rate(x{a=~'b\\\\.c'}[5m])\n)", "legend": "{{job}}"},
                {"ref": "B", "expr": 'y{a="\t"}', "at": "instant", "hidden": True},
            ],
            "field": {
                "unit": "bytes",
                "decimals": 0,
                "min": 0.0,
                "max": 1e300,
                "thresholds": [{"color": "green"}, {"value": 0.1, "color": "red"}],
                "mappings": [{"value": "1", "text": "up"}, {"kind": "range", "low": -5.5, "text": "low"}],
                "dash": [5.0, 2.5],
                "hide_from": ["legend"],
                "center_zero": False,
            },
            "overrides": [{"by": "regex", "match": "a|b", "set": {"color": "#ff0000", "negate": True}}],
            "repeat": {"variable": "job", "direction": "v"},
        },
        {"id": 1, "view": {"kind": "text", "markdown": "# Hi\n\n```\ncode\n```\n"}},
        {"id": 2, "view": {"kind": "table", "columns": [{"name": "a"}], "sort": [{"column": "a"}]}},
        {"id": 3, "view": {"kind": "placeholder", "was": "map", "source": '{"a": "\\u0000"}'}},
    ],
}
