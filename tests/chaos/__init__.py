"""What is left after a run that was killed, throttled or cut off: nothing that the next run does not finish."""
