"""Settings: one frozen tree, read once at start from TOML, the environment and flags."""

from obsv.config.check import warnings
from obsv.config.load import ConfigError, Problem, load_settings
from obsv.config.model import Plan, Settings

__all__ = ["ConfigError", "Plan", "Problem", "Settings", "load_settings", "warnings"]
