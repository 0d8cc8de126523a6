"""Native histograms: what they are, arithmetic, quantiles, and their form on the wire."""

from obsv.metrics.histograms.model import CUSTOM, Hint, Histogram, is_token, place_of, places, token, tokens

__all__ = ["CUSTOM", "Hint", "Histogram", "is_token", "place_of", "places", "token", "tokens"]
