"""From Grafana's documents to ours."""
