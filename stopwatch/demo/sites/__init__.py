"""Six simulated warehouses whose order traffic a real Prometheus scrapes, with faults on demand."""
