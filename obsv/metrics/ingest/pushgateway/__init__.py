"""Pushgateway: batch jobs push pages, which count as current until they push again or for as long as is configured."""
