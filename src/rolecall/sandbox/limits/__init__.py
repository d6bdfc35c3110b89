"""What stands between a call and its answer: AWS's rates, and faults that a scenario asks for. Off unless asked for."""
