"""What Prometheus scrapes: the registry's state as its database tells it, and this process's own traffic."""
