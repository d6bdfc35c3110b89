"""The kinds of operations on a stack set, one file each. They use the deployer; the runner uses them."""
