"""Change sets: what a creation or an update of a stack would do, told before it is done."""
