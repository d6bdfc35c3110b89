"""What broke after the deployment comes back, on the sandbox."""
