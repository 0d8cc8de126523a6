"""`make bench`: obsv against real Prometheus and VictoriaMetrics, in one run, on one machine."""
