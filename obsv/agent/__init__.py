"""The host agent: collects a host's metrics, scrapes endpoints, and sends both by Prometheus remote write.

Standard library only and nothing from the rest of obsv, since the same files travel alone in `/agent.pyz`.
"""
