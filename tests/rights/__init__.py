"""Each command works with its published policy, and each action of the policy is needed."""
