"""The registry asked at a steady rate, with few accounts and with many. `bench/README.md` says what is measured."""
