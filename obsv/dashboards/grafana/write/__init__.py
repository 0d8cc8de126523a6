"""Writing a dashboard as Grafana has it."""
