"""Account checks: the roll call of one registered role, begun as a pipeline and kept as a history."""
