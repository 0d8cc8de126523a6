"""Settings: one frozen tree, read once at start from TOML, the environment and flags."""

from obsv.config.check import warnings
from obsv.config.load import ConfigError, Problem, load_settings
from obsv.config.model import AuthProvider, Plan, Settings

__all__ = ["AuthProvider", "ConfigError", "Plan", "Problem", "Settings", "load_settings", "warnings"]
