"""Colours, both ways: Grafana's hues become the palette's tokens, which suit both themes; others keep their value."""

from __future__ import annotations

import colorsys
import re
from typing import Final

NAMED: Final = {
    "green": "ok",
    "yellow": "warn",
    "red": "bad",
    "orange": "orange",
    "blue": "blue",
    "purple": "violet",
    "text": "text",
    "transparent": "",
}
TOKENS: Final = {
    "teal": "#0b7a82",
    "rose": "#b8326b",
    "olive": "#6b7a1f",
    "brown": "#8a5a3c",
    "grey": "#5f6b75",
    "info": "#2b5fb3",
    "accent": "#0b6e75",
}
"""The palette's tokens that Grafana has no hue for, with their value on the light theme."""

_SHADES: Final = {
    "red": "#ffa6b0 #ff7383 #e02f44 #c4162a",
    "orange": "#ffcb7d #ffb357 #ff780a #fa6400",
    "yellow": "#fff899 #ffee52 #f2cc0c #e0b400",
    "green": "#c8f2c2 #96d98d #56a64b #37872d",
    "blue": "#c0d8ff #8ab8ff #3274d9 #1f60c4",
    "purple": "#deb6f2 #ca95e5 #a352cc #8f3bb8",
}
_STEPS: Final = ("super-light", "light", "semi-dark", "dark")
SHADES: Final = {
    f"{step}-{hue}": value for hue, row in _SHADES.items() for step, value in zip(_STEPS, row.split(), strict=True)
}
CSS: Final = {
    "white": "#ffffff",
    "black": "#000000",
    "gray": "#808080",
    "grey": "#808080",
    "darkgray": "#a9a9a9",
    "lightgray": "#d3d3d3",
    "silver": "#c0c0c0",
    "brown": "#a52a2a",
    "cyan": "#00ffff",
    "magenta": "#ff00ff",
    "pink": "#ffc0cb",
    "lime": "#00ff00",
    "navy": "#000080",
    "teal": "#008080",
    "olive": "#808000",
    "maroon": "#800000",
    "gold": "#ffd700",
    "darkgreen": "#006400",
    "darkred": "#8b0000",
    "darkblue": "#00008b",
    "darkorange": "#ff8c00",
    "violet": "#ee82ee",
    "indigo": "#4b0082",
    "tomato": "#ff6347",
    "salmon": "#fa8072",
    "coral": "#ff7f50",
    "crimson": "#dc143c",
    "turquoise": "#40e0d0",
}
_TO_TOKEN: Final = {value: token for token, value in TOKENS.items()}
_FROM_TOKEN: Final = {token: hue for hue, token in NAMED.items()} | TOKENS
_FUNCTION: Final = re.compile(r"(rgb|hsl)a?\(\s*([^)]*)\)")
_OPAQUE: Final = 0.999


def to_color(text: str) -> tuple[str, str]:
    """Ours for Grafana's, and what was lost of it."""
    plain = text.strip().lower()
    if plain in NAMED:
        return NAMED[plain], ""
    value = SHADES.get(plain) or CSS.get(plain) or plain
    if found := re.fullmatch(r"#([0-9a-f]{6})([0-9a-f]{2})?", value):
        return _token(f"#{found[1]}"), _lost(int(found[2] or "ff", 16) / 255)
    if found := re.fullmatch(r"#([0-9a-f])([0-9a-f])([0-9a-f])", value):
        return _token("#" + "".join(digit * 2 for digit in found.groups())), ""
    if found := _FUNCTION.fullmatch(value):
        return _from_function(found[1], found[2])
    return "", f"the colour {text!r} is not known here"


def from_color(color: str) -> str:
    """Grafana's for ours."""
    return _FROM_TOKEN.get(color, color)


def _token(value: str) -> str:
    return _TO_TOKEN.get(value, value)


def _from_function(kind: str, inner: str) -> tuple[str, str]:
    parts = [part for part in re.split(r"[\s,/]+", inner.strip()) if part]
    try:
        numbers = [float(part.rstrip("%").removesuffix("deg")) for part in parts]
        percents = [part.endswith("%") for part in parts]
        alpha = 1.0 if len(numbers) < 4 else numbers[3] / (100 if percents[3] else 1)
        if kind == "rgb":
            red, green, blue = (
                one * 2.55 if percent else one for one, percent in zip(numbers[:3], percents, strict=False)
            )
        else:
            hue, saturation, light = numbers[:3]
            red, green, blue = (255 * one for one in colorsys.hls_to_rgb(hue / 360 % 1, light / 100, saturation / 100))
        value = "#" + "".join(f"{min(max(round(one), 0), 255):02x}" for one in (red, green, blue))
    except (ValueError, OverflowError):
        return "", f"the colour {kind}({inner}) is not known here"
    if alpha <= 0:
        return "", ""
    return _token(value), _lost(alpha)


def _lost(alpha: float) -> str:
    return "" if alpha > _OPAQUE else "a colour is opaque here"
