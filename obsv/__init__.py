"""obsv: a self-hostable observability appliance whose privacy policy is proved by the software."""

__version__ = "0.1.0"
